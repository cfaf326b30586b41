//! Typed identifiers: one generic id, a kind per entity, so that two ids cannot be swapped.
//!
//! An id is 16 bytes (UUID version 7, made by `seal::entropy`), shown as `app_` + 32 hex digits.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// What an id belongs to; see [`Id`].
pub trait Kind {
    /// The prefix in text, without the underscore, such as `app`.
    const PREFIX: &'static str;
}

/// The id of one entity of kind `K`.
pub struct Id<K>(u128, PhantomData<fn() -> K>);

impl<K: Kind> Id<K> {
    /// From the 128 bits of a UUID.
    pub const fn from_u128(bits: u128) -> Self {
        Self(bits, PhantomData)
    }

    /// The 128 bits.
    pub const fn as_u128(self) -> u128 {
        self.0
    }

    /// The 16 bytes, big-endian, as stored.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// From stored bytes; `None` unless there are exactly 16.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self::from_u128(u128::from_be_bytes(bytes.try_into().ok()?)))
    }

    /// The bucket (0..1024) of this id, for tables that are not keyed by a number.
    pub const fn bucket(self) -> i64 {
        // The low bits of a version 7 UUID are random.
        let [.., high, low] = self.0.to_be_bytes();
        i64::from_be_bytes([0, 0, 0, 0, 0, 0, high, low]) & 1023
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{:032x}", K::PREFIX, self.0)
    }
}
impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not `prefix_` and 32 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a valid id")
    }
}
impl std::error::Error for InvalidId {}

impl<K: Kind> FromStr for Id<K> {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let hex =
            text.strip_prefix(K::PREFIX).and_then(|t| t.strip_prefix('_')).ok_or(InvalidId)?;
        if hex.len() != 32 || !hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(InvalidId);
        }
        u128::from_str_radix(hex, 16).map(Self::from_u128).map_err(|_| InvalidId)
    }
}
impl<K: Kind> serde::Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de, K: Kind> serde::Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $alias:ident $prefix:literal;)*) => {$(
        #[doc = concat!("Marker of [`", stringify!($alias), "`].")]
        #[derive(Debug)]
        pub enum $kind {}
        impl Kind for $kind {
            const PREFIX: &'static str = $prefix;
        }
        $(#[$doc])*
        pub type $alias = Id<$kind>;
    )*};
}

kinds! {
    /// A person or organisation.
    PartyKind PartyId "pty";
    /// A request that needs identity.
    ApplicationKind ApplicationId "app";
    /// One uninterrupted holding of one number by one party.
    EpisodeKind EpisodeId "eps";
    /// A member of an operator's staff.
    StaffKind StaffId "stf";
    /// A sealed blob on disk or in an object store.
    BlobKind BlobId "blb";
    /// A notice to a person.
    NoticeKind NoticeId "ntc";
    /// A data key, one per party.
    DataKeyKind DataKeyId "key";
    /// An entry of the audit log.
    AuditKind AuditId "aud";
    /// A job of the outbox.
    JobKind JobId "job";
    /// A review of an application.
    ReviewKind ReviewId "rev";
    /// A token of the operator API.
    TokenKind TokenId "tok";
}

/// An operator (tenant): small, so a plain integer from 1 up.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct OperatorId(pub i64);

impl fmt::Display for OperatorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_round_trip_and_kinds_do_not_mix() {
        let id = ApplicationId::from_u128(0x0190_0000_0000_7000_8000_0000_0000_002a);
        assert_eq!(id.to_string(), "app_0190000000007000800000000000002a");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(ApplicationId::from_bytes(&id.to_bytes()), Some(id));
        assert_eq!(id.to_string().parse::<PartyId>(), Err(InvalidId));
        assert_eq!(id.bucket(), 42);
    }
}
