//! Keys, sealing and proofs: what keeps a name unreadable at rest and an audit log honest.
//!
//! Three layers of keys. The **key file** ([`Keyring`]) holds the wrapping keys and the index key;
//! it never enters the database. Each person has one **data key** ([`DataKey`]), stored wrapped by
//! the key file; deleting the wrapped key erases the person everywhere, backups included. From the
//! data key come one key for fields and one fresh key **per blob**.
//!
//! * A field is sealed with AES-256-GCM-SIV under a random nonce. Its associated data is where it
//!   lives ([`Place`]: table, column, row) and the id of its data key, so that a sealed value
//!   copied to another row or column does not open.
//! * A blob is sealed in chunks of 64 KiB; index and last flag are in each nonce, so that chunks
//!   cannot be dropped, repeated, swapped or cut off unnoticed ([`blob`]).
//! * A **blind index** ([`Keyring::blind`]) is HMAC-SHA-256 of a value under a key of the key file:
//!   equal values of one column meet, and nobody without the key file can try out candidates.
//! * The audit log is a hash chain ([`audit`]).
//! * [`Sensitive`] wraps personal data in memory, so that it cannot reach a log by `{:?}`.
//!
//! Randomness is made in [`entropy`] and nowhere else. This crate knows nothing of the others.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = std::env::temp_dir().join(format!("seal-doc-{:x}", seal::entropy::below(1 << 60)));
//! # std::fs::create_dir(&dir)?;
//! let keyring = seal::Keyring::open_or_create(&dir.join("keys"))?;
//! let key = seal::DataKey::generate(7);
//! let place = seal::Place { table: "party", column: "name", row: b"42" };
//! let sealed = key.seal("张三".as_bytes(), &place.aad());
//! let wrapped = keyring.wrap(&key);
//! let again = keyring.unwrap(7, &wrapped)?;
//! assert_eq!(again.open(&sealed, &place.aad())?, "张三".as_bytes());
//! # std::fs::remove_dir_all(&dir)?;
//! # Ok(())
//! # }
//! ```

pub mod audit;
pub mod blob;
mod data_key;
pub mod entropy;
mod key_file;
mod keyring;
mod place;
mod sensitive;
pub mod totp;

pub use data_key::DataKey;
pub use keyring::{KeyFileError, Keyring};
pub use place::Place;
pub use sensitive::Sensitive;

use std::fmt::Write as _;

/// A sealed value did not open: wrong key, wrong place, or changed bytes. It deliberately says no
/// more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value did not open: wrong key, wrong place or damaged")]
pub struct OpenError;

/// SHA-256, for hashing what is already unpredictable (session ids, tokens) or public (files).
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// HMAC-SHA256 (RFC 2104) of `text` under `key`, for signing what is sent to another system.
pub fn hmac_sha256(key: &[u8], text: &[u8]) -> [u8; 32] {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key);
    let tag = aws_lc_rs::hmac::sign(&key, text);
    tag.as_ref().try_into().expect("a tag of SHA-256 has 32 bytes")
}

/// A hash as it is written down: two small hexadecimal digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// SHA-256 of what comes in pieces.
#[derive(Clone)]
pub struct Sha256(aws_lc_rs::digest::Context);

impl Sha256 {
    /// One more piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all pieces.
    pub fn finish(self) -> [u8; 32] {
        self.0.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self(aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256))
    }
}

impl std::fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sha256")
    }
}

/// Whether two secrets are equal, in time that depends on their lengths only.
pub fn is_same_secret(left: &[u8], right: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(left, right).is_ok()
}
