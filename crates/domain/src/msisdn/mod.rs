//! Telephone numbers: the numbers we serve, and anybody's number to reach a person by.
//!
//! A [`Msisdn`] is a Chinese mobile number, 11 digits (or 13 for machines) after the country code.
//! An [`E164`] is a number of any country: for contact only, never for service.

pub mod range;
pub mod vanity;
mod world;

use crate::finding::{Finding, Findings};
use crate::refusal::Refusal;
use range::{Class, Range};
use std::fmt;
use std::str::FromStr;

/// Buckets by which the big tables are spread.
pub const BUCKETS: i64 = 1024;

/// Numbers in one block (万号段): those that share all but the last four digits.
pub const BLOCK_SIZE: u64 = 10_000;

const CHINA: u64 = 86;
const ELEVEN: u64 = 100_000_000_000;
const THIRTEEN: u64 = 10_000_000_000_000;

/// A mobile number as E.164 digits with the country code: `8613800138000`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Msisdn(u64);

impl Msisdn {
    /// From E.164 digits including 86; `None` if no range of ours holds it.
    ///
    /// ```
    /// # use domain::msisdn::Msisdn;
    /// assert!(Msisdn::from_e164(8613800138000).is_some());
    /// assert!(Msisdn::from_e164(447911123456).is_none());
    /// ```
    pub const fn from_e164(digits: u64) -> Option<Self> {
        let (country, national) = if digits / ELEVEN == CHINA {
            (CHINA * ELEVEN, digits % ELEVEN)
        } else {
            (CHINA * THIRTEEN, digits % THIRTEEN)
        };
        if digits - national != country || range_of(national).is_none() {
            return None;
        }
        Some(Self(digits))
    }

    /// From a stored integer.
    pub fn from_i64(stored: i64) -> Option<Self> {
        Self::from_e164(u64::try_from(stored).ok()?)
    }

    /// As stored.
    #[expect(clippy::cast_possible_wrap, reason = "at most 15 digits")]
    pub const fn as_i64(self) -> i64 {
        self.0 as i64
    }

    /// E.164 digits including 86.
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The block of 10,000 numbers this one lies in.
    pub const fn block(self) -> u64 {
        self.0 / BLOCK_SIZE
    }

    /// The place within the block, 0..10,000: the last four digits.
    pub const fn offset(self) -> u64 {
        self.0 % BLOCK_SIZE
    }

    /// The bucket, 0..1024: a hash of the block, so a block and all its rows lie together.
    pub const fn bucket(self) -> i64 {
        bucket_of_block(self.block())
    }

    /// The last four digits, as texts name a number.
    pub fn tail4(self) -> String {
        format!("{:04}", self.offset())
    }

    /// Without the country code: `13800138000`.
    pub const fn national(self) -> u64 {
        if self.0 / ELEVEN == CHINA { self.0 % ELEVEN } else { self.0 % THIRTEEN }
    }

    /// The range of the allocation table it lies in.
    pub fn range(self) -> Range {
        range_of(self.national()).expect("checked when made")
    }

    /// What is worth knowing about the range it lies in.
    pub fn findings(self) -> Findings {
        Findings::of(match self.range().class {
            Class::Ordinary => Finding::PhonePortable,
            Class::Resale => Finding::PhoneResale,
            Class::Satellite => Finding::PhoneSatellite,
            Class::Iot => Finding::PhoneIot,
            Class::Test => Finding::PhoneTest,
        })
    }

    /// Reads what people write: `138 0013 8000`, `+86-138…`, `0086138…`, `8613800138000`.
    pub fn parse(text: &str) -> Result<Self, PhoneRefusal> {
        Self::parse_bytes(text.as_bytes())
    }

    /// The same from bytes, without allocation.
    pub fn parse_bytes(text: &[u8]) -> Result<Self, PhoneRefusal> {
        // As most files write them; anything else is looked at in full below.
        if let Some(msisdn) = plain_digits(text).and_then(Self::from_e164) {
            return Ok(msisdn);
        }
        let written = Written::read(text)?;
        let national = match (written.is_international, written.digits, written.count) {
            (false, n, 11 | 13) if is_mobile_like(n, written.count) => n,
            (_, n, 13) if n / ELEVEN == CHINA => n % ELEVEN,
            (_, n, 15) if n / THIRTEEN == CHINA => n % THIRTEEN,
            (false, n, 15) if n / 1_000_000_000_000 == 700 => {
                return Err(PhoneRefusal::Intermediary);
            }
            (true, n, 17) if n / 1_000_000_000_000 == 86_700 => {
                return Err(PhoneRefusal::Intermediary);
            }
            (true, n, count) if !starts_with_china(n, count) => {
                return Err(PhoneRefusal::Foreign);
            }
            (_, _, count) => return Err(length_refusal(written.is_international, count)),
        };
        let base = if national < ELEVEN { CHINA * ELEVEN } else { CHINA * THIRTEEN };
        match range_of(national) {
            Some(_) => Ok(Self(base + national)),
            None => Err(PhoneRefusal::Unallocated),
        }
    }
}

/// The number that `8613800138000` or `13800138000` says, if it is written like that.
fn plain_digits(text: &[u8]) -> Option<u64> {
    let base = match text {
        [b'8', b'6', b'1', ..] if text.len() == 13 => 0,
        [b'1', ..] if text.len() == 11 => CHINA * ELEVEN,
        _ => return None,
    };
    let mut number = 0;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + u64::from(digit);
    }
    Some(base + number)
}

/// The bucket of a block: the top ten bits of its product with 2^64 divided by the golden ratio,
/// which spreads neighbouring blocks evenly. Stored in keys, so it never changes.
pub const fn bucket_of_block(block: u64) -> i64 {
    (block.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54).cast_signed()
}

/// Whether a number of `count` digits without country code begins as a Chinese mobile or machine
/// number does, so that `8613…` is never taken for a national number.
const fn is_mobile_like(national: u64, count: u32) -> bool {
    match count {
        11 => national / 10_000_000_000 == 1,
        _ => national / 1_000_000_000_000 == 1,
    }
}

const fn starts_with_china(digits: u64, count: u32) -> bool {
    count >= 2 && digits / 10_u64.pow(count - 2) == CHINA
}

fn length_refusal(is_international: bool, count: u32) -> PhoneRefusal {
    let whole = if is_international { 13 } else { 11 };
    if count < whole { PhoneRefusal::TooShort } else { PhoneRefusal::TooLong }
}

const fn range_of(national: u64) -> Option<Range> {
    if national >= ELEVEN {
        return if national < THIRTEEN { range::iot(national / 100_000_000) } else { None };
    }
    match range::mobile(national / 10_000_000) {
        None => range::split(national / 1_000_000),
        found => found,
    }
}

impl fmt::Display for Msisdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Msisdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Msisdn {
    type Err = PhoneRefusal;

    fn from_str(text: &str) -> Result<Self, PhoneRefusal> {
        Self::parse(text)
    }
}

impl serde::Serialize for Msisdn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Msisdn {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A telephone number of any country, for contact only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct E164(u64);

impl E164 {
    /// Reads `+44 7911 123456` or `0044…`; without either prefix it must be a Chinese mobile.
    ///
    /// Only the country code and the length are checked: other countries' plans are theirs.
    pub fn parse(text: &str) -> Result<Self, PhoneRefusal> {
        let written = Written::read(text.as_bytes())?;
        if !written.is_international {
            return Msisdn::parse(text).map(Self::from);
        }
        let country = world::calling_code(written.digits, written.count)
            .ok_or(PhoneRefusal::UnknownCountry)?;
        match (country, written.count) {
            (86, _) => match Msisdn::parse(text) {
                Ok(msisdn) => Ok(msisdn.into()),
                // A landline with its area code is a number to be reached by.
                Err(_) if (11..=13).contains(&written.count) && !is_china_mobile(&written) => {
                    Ok(Self(written.digits))
                }
                Err(refusal) => Err(refusal),
            },
            (_, ..8) => Err(PhoneRefusal::TooShort),
            (_, 8..=15) => Ok(Self(written.digits)),
            (_, 16..) => Err(PhoneRefusal::TooLong),
        }
    }

    /// The digits, country code first.
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The country calling code, such as 44.
    pub fn calling_code(self) -> u64 {
        world::calling_code(self.0, self.0.checked_ilog10().map_or(1, |n| n + 1)).unwrap_or(0)
    }

    /// The same number as one of ours, if it is a Chinese mobile.
    pub fn as_msisdn(self) -> Option<Msisdn> {
        Msisdn::from_e164(self.0)
    }
}

fn is_china_mobile(written: &Written) -> bool {
    written.count == 13 && written.digits / 10_000_000_000 == 861
}

impl From<Msisdn> for E164 {
    fn from(msisdn: Msisdn) -> Self {
        Self(msisdn.0)
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for E164 {
    type Err = PhoneRefusal;

    fn from_str(text: &str) -> Result<Self, PhoneRefusal> {
        Self::parse(text)
    }
}

/// The digits of a number as somebody wrote it.
struct Written {
    digits: u64,
    count: u32,
    is_international: bool,
}

impl Written {
    /// Skips spaces, dashes, dots and brackets; takes `+` or `00` as "country code follows".
    fn read(text: &[u8]) -> Result<Self, PhoneRefusal> {
        let mut written = Self { digits: 0, count: 0, is_international: false };
        let mut leading_zeros = 0;
        for &byte in text {
            match byte {
                b'0' if written.count == 0 && !written.is_international => leading_zeros += 1,
                b'0'..=b'9' if written.count == 0 && byte == b'0' => {
                    return Err(PhoneRefusal::UnknownCountry);
                }
                b'0'..=b'9' => {
                    written.count += 1;
                    if written.count > 17 {
                        return Err(PhoneRefusal::TooLong);
                    }
                    written.digits = written.digits * 10 + u64::from(byte - b'0');
                }
                b'+' if written.count == 0 && leading_zeros == 0 && !written.is_international => {
                    written.is_international = true;
                }
                b' ' | b'-' | b'.' | b'(' | b')' | b'\t' => {}
                0x80.. => return Err(non_ascii_refusal(text)),
                _ => return Err(PhoneRefusal::NotDigits),
            }
        }
        written.is_international |= leading_zeros == 2;
        match (written.count, leading_zeros) {
            (0, 0) => Err(PhoneRefusal::Empty),
            (_, 1 | 3..) => Err(PhoneRefusal::Landline),
            _ => Ok(written),
        }
    }
}

/// Tells full-width digits (typed with a Chinese keyboard) from other characters.
fn non_ascii_refusal(text: &[u8]) -> PhoneRefusal {
    let is_full_width =
        std::str::from_utf8(text).is_ok_and(|t| t.chars().any(|c| ('０'..='９').contains(&c)));
    if is_full_width { PhoneRefusal::FullWidth } else { PhoneRefusal::NotDigits }
}

/// Why a text is not a telephone number we can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PhoneRefusal {
    /// Nothing was written.
    Empty,
    /// Letters or other signs in it.
    NotDigits,
    /// Full-width digits.
    FullWidth,
    /// Too few digits.
    TooShort,
    /// Too many digits.
    TooLong,
    /// No operator was given this prefix.
    Unallocated,
    /// A 15-digit 700 number stands between two callers and is nobody's subscription.
    Intermediary,
    /// A fixed line.
    Landline,
    /// A number of another country, where one of ours is wanted.
    Foreign,
    /// No country has this calling code.
    UnknownCountry,
}

impl PhoneRefusal {
    /// Every reason, for the test that each has its message.
    pub const ALL: &[Self] = &[
        Self::Empty,
        Self::NotDigits,
        Self::FullWidth,
        Self::TooShort,
        Self::TooLong,
        Self::Unallocated,
        Self::Intermediary,
        Self::Landline,
        Self::Foreign,
        Self::UnknownCountry,
    ];
}

impl Refusal for PhoneRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "phone.empty",
            Self::NotDigits => "phone.not_digits",
            Self::FullWidth => "phone.full_width",
            Self::TooShort => "phone.too_short",
            Self::TooLong => "phone.too_long",
            Self::Unallocated => "phone.unallocated",
            Self::Intermediary => "phone.intermediary",
            Self::Landline => "phone.landline",
            Self::Foreign => "phone.foreign",
            Self::UnknownCountry => "phone.unknown_country",
        }
    }
}

impl fmt::Display for PhoneRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl std::error::Error for PhoneRefusal {}

impl Class {
    /// Whether numbers of this class are served to people.
    pub const fn is_personal(self) -> bool {
        !matches!(self, Self::Iot)
    }
}

#[cfg(test)]
mod tests;
