//! 统一社会信用代码, GB 32100-2015: the number of a company, school, society or government office.

use super::{Checked, Facts, Province, decimal, read};
use crate::finding::{Finding, Findings};

/// Digits and letters without I, O, S, V and Z; a character's value is its place.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Checks the 18 characters: authority, kind, region, organisation (nine), check character.
pub fn check(text: &[u8]) -> Checked {
    let written = match read(text, b"") {
        Ok(Some(written)) if written.len() == 18 => written,
        Ok(_) => return Checked::refused(Finding::CreditLength),
        Err(finding) => return Checked::unread(text, finding),
    };
    let bytes = written.as_bytes();
    let (mut sum, mut weight) = (0, 1);
    for &byte in bytes.iter().take(17) {
        let Some(value) = value(byte) else { return Checked::refused(Finding::CreditAlphabet) };
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    let wanted = ALPHABET.get((31 - sum % 31) % 31).copied();
    let mut findings = Findings::NONE;
    if bytes.last().copied().and_then(value).is_none() {
        findings.add(Finding::CreditAlphabet);
    } else {
        findings.add_if(wanted != bytes.last().copied(), Finding::CheckCharacter);
    }
    // 1 offices, 2 foreign, 3 justice, 4 culture, 5 civil affairs, 6 tourism, 7 religion,
    // 8 trade unions, 9 market regulation, A military, N agriculture, Y others.
    let is_known = matches!(bytes.first(), Some(b'1'..=b'9' | b'A' | b'N' | b'Y'));
    findings.add_if(!is_known, Finding::CreditAuthorityUnknown);
    let region = bytes.get(2..4).and_then(decimal);
    let province = region.and_then(|code| Province::of_code(u8::try_from(code).ok()?));
    // 10 is the state itself: organisations registered with the central authorities.
    findings.add_if(province.is_none() && region != Some(10), Finding::RegionUnknown);
    let wanted_check = wanted.map(char::from);
    let facts = Facts { province, wanted_check, ..Facts::default() };
    Checked { value: written, facts, findings }
}

fn value(byte: u8) -> Option<usize> {
    ALPHABET.iter().position(|&letter| letter == byte)
}
