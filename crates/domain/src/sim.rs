//! The identities of a SIM: the card (ICCID), the subscription in the network (IMSI), the phone
//! (IMEI) and the chip of an eSIM (EID).

mod keys;

pub use keys::SimKeys;

use crate::finding::{Finding, Findings};
use crate::inline::Inline;
use crate::msisdn::range::Network;
use crate::refusal::Refusal;
use std::fmt;

/// The number of a SIM card or eSIM profile, ITU-T E.118: `89…`, 19 or 20 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iccid(Inline<20>);

impl Iccid {
    /// Reads it as printed, with spaces or dashes, or nibble-swapped as the card's file EF_ICCID
    /// holds it (`98680…`), in upper or lower case.
    ///
    /// Chinese cards (8986) may carry the letters A–F and a last digit that is no Luhn digit, so
    /// there neither refuses: see [`Iccid::fits_luhn`].
    pub fn parse(text: &str) -> Result<Self, SimRefusal> {
        Self::parse_bytes(text.as_bytes())
    }

    /// The same from bytes, without allocation.
    pub fn parse_bytes(text: &[u8]) -> Result<Self, SimRefusal> {
        let written = compact::<20>(text, true)?;
        let straight = match written.as_bytes() {
            [b'8', b'9', ..] => written,
            [b'9', b'8', ..] => swap_nibbles(written.as_bytes()).ok_or(SimRefusal::IccidPrefix)?,
            [] => return Err(SimRefusal::Empty),
            _ => return Err(SimRefusal::IccidPrefix),
        };
        // A card of 19 digits is padded with F to whole bytes.
        let text = match straight.as_bytes() {
            [front @ .., b'F'] if front.len() == 19 => Inline::new(front).unwrap_or(straight),
            _ => straight,
        };
        if !matches!(text.len(), 19 | 20) {
            return Err(SimRefusal::IccidLength);
        }
        let iccid = Self(text);
        if !iccid.is_chinese() {
            if text.as_bytes().iter().any(|b| !b.is_ascii_digit()) {
                return Err(SimRefusal::NotDigits);
            }
            if !iccid.fits_luhn() {
                return Err(SimRefusal::IccidCheck);
            }
        }
        Ok(iccid)
    }

    /// Whether the last digit is the Luhn digit of the rest; always so outside China.
    pub fn fits_luhn(&self) -> bool {
        luhn_digit(self.0.as_bytes()).is_some_and(|(wanted, given)| wanted == given)
    }

    /// Whether letters stand in it, as some Chinese vendors print.
    pub fn has_letters(&self) -> bool {
        self.0.as_bytes().iter().any(u8::is_ascii_alphabetic)
    }

    /// Whether the issuer is Chinese: 89 for telecom, 86 for the country.
    pub fn is_chinese(&self) -> bool {
        self.0.as_bytes().starts_with(b"8986")
    }

    /// The network that issued it, if it is a Chinese one we know.
    pub fn network(&self) -> Option<Network> {
        match self.0.as_bytes().get(..6)? {
            b"898600" | b"898602" | b"898604" | b"898607" => Some(Network::ChinaMobile),
            b"898601" | b"898606" | b"898609" => Some(Network::ChinaUnicom),
            b"898603" | b"898611" => Some(Network::ChinaTelecom),
            b"898615" => Some(Network::ChinaBroadnet),
            _ => None,
        }
    }

    /// What is odd about it, or worth knowing.
    pub fn findings(&self) -> Findings {
        let mut findings = Findings::NONE;
        findings.add_if(!self.fits_luhn(), Finding::IccidLuhn);
        let is_strange = self.is_chinese() && self.network().is_none();
        findings.add_if(is_strange, Finding::IccidIssuerUnknown);
        findings.add_if(self.has_letters(), Finding::IccidLetters);
        findings
    }

    /// The characters, upper case.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

fn swap_nibbles(bytes: &[u8]) -> Option<Inline<20>> {
    let mut swapped = Inline::EMPTY;
    for pair in bytes.chunks(2) {
        let &[low, high] = pair else { return None };
        if !(swapped.push(high) && swapped.push(low)) {
            return None;
        }
    }
    Some(swapped)
}

/// The subscription in the network: country (MCC), network (MNC), and up to ten digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Imsi(Inline<15>);

impl Imsi {
    /// Reads 6 to 15 digits; spaces and dashes may stand between.
    pub fn parse(text: &str) -> Result<Self, SimRefusal> {
        Self::parse_bytes(text.as_bytes())
    }

    /// The same from bytes, without allocation.
    pub fn parse_bytes(text: &[u8]) -> Result<Self, SimRefusal> {
        let digits = compact::<15>(text, false).map_err(|refusal| match refusal {
            SimRefusal::TooLong => SimRefusal::ImsiLength,
            other => other,
        })?;
        match digits.len() {
            0 => Err(SimRefusal::Empty),
            6..=15 => Ok(Self(digits)),
            _ => Err(SimRefusal::ImsiLength),
        }
    }

    /// The mobile country code, such as 460.
    pub fn mcc(&self) -> &str {
        self.0.as_str().get(..3).unwrap_or_default()
    }

    /// The network, if the code is a Chinese one that was given out.
    pub fn network(&self) -> Option<Network> {
        match self.0.as_bytes().get(..5)? {
            b"46000" | b"46002" | b"46004" | b"46007" | b"46008" | b"46013" => {
                Some(Network::ChinaMobile)
            }
            b"46001" | b"46006" | b"46009" | b"46010" => Some(Network::ChinaUnicom),
            b"46003" | b"46005" | b"46011" | b"46012" => Some(Network::ChinaTelecom),
            b"46015" => Some(Network::ChinaBroadnet),
            _ => None,
        }
    }

    /// Whether it belongs to the test network 001 01.
    pub fn is_test(&self) -> bool {
        self.0.as_bytes().starts_with(b"00101")
    }

    /// What is odd about it, or worth knowing. Other countries' networks are theirs to know.
    pub fn findings(&self) -> Findings {
        let mut findings = Findings::NONE;
        let is_strange = self.mcc() == "460" && self.network().is_none();
        findings.add_if(is_strange, Finding::ImsiNetworkUnknown);
        findings.add_if(self.is_test(), Finding::ImsiTest);
        findings
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// A phone's number: 15 digits, the last one Luhn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Imei(Inline<15>);

impl Imei {
    /// Reads 15 digits; spaces, dashes and slashes may stand between.
    pub fn parse(text: &str) -> Result<Self, SimRefusal> {
        Self::parse_bytes(text.as_bytes())
    }

    /// The same from bytes, without allocation.
    pub fn parse_bytes(text: &[u8]) -> Result<Self, SimRefusal> {
        let digits = compact::<17>(text, false)?;
        let digits = match digits.len() {
            0 => return Err(SimRefusal::Empty),
            15 => Inline::new(digits.as_bytes()).ok_or(SimRefusal::ImeiLength)?,
            _ => return Err(SimRefusal::ImeiLength),
        };
        match luhn_digit(digits.as_bytes()) {
            Some((wanted, given)) if wanted == given => Ok(Self(digits)),
            _ => Err(SimRefusal::ImeiCheck),
        }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The number of an eSIM chip: 32 digits that leave 1 when divided by 97 (SGP.02 annex J, SGP.29).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Eid(Inline<32>);

impl Eid {
    /// Reads 32 digits; spaces and dashes may stand between. SGP.29 lets it begin otherwise
    /// than with 89.
    pub fn parse(text: &str) -> Result<Self, SimRefusal> {
        Self::parse_bytes(text.as_bytes())
    }

    /// The same from bytes, without allocation.
    pub fn parse_bytes(text: &[u8]) -> Result<Self, SimRefusal> {
        let digits = compact::<32>(text, false).map_err(|refusal| match refusal {
            SimRefusal::TooLong => SimRefusal::EidLength,
            other => other,
        })?;
        match digits.len() {
            0 => return Err(SimRefusal::Empty),
            32 => {}
            _ => return Err(SimRefusal::EidLength),
        }
        let rest =
            digits.as_bytes().iter().fold(0_u32, |rest, b| (rest * 10 + u32::from(b - b'0')) % 97);
        if rest == 1 { Ok(Self(digits)) } else { Err(SimRefusal::EidCheck) }
    }

    /// What is worth knowing about it.
    pub fn findings(&self) -> Findings {
        let mut findings = Findings::NONE;
        findings.add_if(!self.0.as_bytes().starts_with(b"89"), Finding::EidPrefix);
        findings
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Drops spaces and dashes, makes letters upper case, refuses what is no digit (or, with
/// `hex`, no hexadecimal digit).
fn compact<const N: usize>(text: &[u8], hex: bool) -> Result<Inline<N>, SimRefusal> {
    let mut kept = Inline::EMPTY;
    for &byte in text {
        match byte.to_ascii_uppercase() {
            b' ' | b'-' | b'/' | b'\t' => {}
            digit @ b'0'..=b'9' => kept.push(digit).then_some(()).ok_or(SimRefusal::TooLong)?,
            letter @ b'A'..=b'F' if hex => {
                kept.push(letter).then_some(()).ok_or(SimRefusal::TooLong)?;
            }
            _ => return Err(SimRefusal::NotDigits),
        }
    }
    Ok(kept)
}

/// The Luhn digit the others ask for, and the one that stands last; `None` with letters in it.
fn luhn_digit(text: &[u8]) -> Option<(u8, u8)> {
    let (&last, front) = text.split_last()?;
    let mut sum = 0_u32;
    for (place, &byte) in front.iter().rev().enumerate() {
        let digit = u32::from(byte.checked_sub(b'0').filter(|&d| d < 10)?);
        let doubled = if place % 2 == 0 { digit * 2 } else { digit };
        sum += doubled / 10 + doubled % 10;
    }
    let wanted = u8::try_from((10 - sum % 10) % 10).ok()?;
    Some((wanted, last.checked_sub(b'0').filter(|&d| d < 10)?))
}

macro_rules! shown_as_text {
    ($($name:ident)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl std::str::FromStr for $name {
            type Err = SimRefusal;
            fn from_str(text: &str) -> Result<Self, SimRefusal> {
                Self::parse(text)
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

shown_as_text! { Iccid Imsi Imei Eid }

/// Why a text is no identity of a SIM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SimRefusal {
    /// Nothing was written.
    Empty,
    /// Letters or other signs in it.
    NotDigits,
    /// More characters than any such number has.
    TooLong,
    /// An ICCID begins with 89.
    IccidPrefix,
    /// An ICCID has 19 or 20 characters.
    IccidLength,
    /// The last digit of the ICCID does not fit the others.
    IccidCheck,
    /// An IMSI has at most 15 digits and at least 6.
    ImsiLength,
    /// An IMEI has 15 digits.
    ImeiLength,
    /// The last digit of the IMEI does not fit the others.
    ImeiCheck,
    /// An EID has 32 digits.
    EidLength,
    /// The check digits of the EID do not fit.
    EidCheck,
    /// K and OPc have 32 hexadecimal digits each.
    KeyShape,
}

impl SimRefusal {
    /// Every reason, for the test that each has its message.
    pub const ALL: &[Self] = &[
        Self::Empty,
        Self::NotDigits,
        Self::TooLong,
        Self::IccidPrefix,
        Self::IccidLength,
        Self::IccidCheck,
        Self::ImsiLength,
        Self::ImeiLength,
        Self::ImeiCheck,
        Self::EidLength,
        Self::EidCheck,
        Self::KeyShape,
    ];
}

impl Refusal for SimRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "sim.empty",
            Self::NotDigits => "sim.not_digits",
            Self::TooLong => "sim.too_long",
            Self::IccidPrefix => "sim.iccid_prefix",
            Self::IccidLength => "sim.iccid_length",
            Self::IccidCheck => "sim.iccid_check",
            Self::ImsiLength => "sim.imsi_length",
            Self::ImeiLength => "sim.imei_length",
            Self::ImeiCheck => "sim.imei_check",
            Self::EidLength => "sim.eid_length",
            Self::EidCheck => "sim.eid_check",
            Self::KeyShape => "sim.key_shape",
        }
    }
}

impl fmt::Display for SimRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl std::error::Error for SimRefusal {}

#[cfg(test)]
mod tests;
