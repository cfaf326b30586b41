//! Travel permits of residents of Hong Kong, Macao and Taiwan. Their printed numbers carry no
//! check digit; only the form is judged.

use super::{Checked, Facts, decimal, read};
use crate::finding::{Finding, Findings};
use crate::inline::Inline;

/// Checks 港澳居民来往内地通行证: `H` or `M` and eight digits, which are the person's for life, with
/// two digits of issue count on cards before 2013; or `HA`, `MA` and seven digits for permanent
/// residents who are not Chinese citizens (since July 2024).
pub fn check_hong_kong_macao(text: &[u8]) -> Checked {
    let written = match read(text, b"") {
        Ok(Some(written)) => written,
        Ok(None) => return Checked::refused(Finding::NotHongKongMacaoPermit),
        Err(finding) => return Checked::unread(text, finding),
    };
    let mut findings = Findings::NONE;
    let mut facts = Facts::default();
    let are_digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
    match written.as_bytes() {
        [b'H' | b'M', digits @ ..] if digits.len() == 8 && are_digits(digits) => {}
        [b'H' | b'M', digits @ ..] if digits.len() == 10 && are_digits(digits) => {
            findings.add(Finding::ReissueCount);
            facts.issue = digits.get(8..).and_then(decimal).and_then(|n| u8::try_from(n).ok());
        }
        [b'H' | b'M', b'A', digits @ ..] if digits.len() == 7 && are_digits(digits) => {
            findings.add(Finding::NonChineseResident);
        }
        _ => return Checked::refused(Finding::NotHongKongMacaoPermit),
    }
    Checked { value: written, facts, findings }
}

/// The part of a Hong Kong or Macao permit that stays the person's: the first nine characters.
pub fn lifelong(number: &Inline<20>) -> &str {
    number.as_str().get(..9).unwrap_or(number.as_str())
}

/// Checks 台湾居民来往大陆通行证: eight digits since 2015, ten with or without a letter before, and
/// 10 to 12 characters on permits for one journey.
pub fn check_taiwan(text: &[u8]) -> Checked {
    let written = match read(text, b"") {
        Ok(Some(written)) => written,
        Ok(None) => return Checked::refused(Finding::NotTaiwanPermit),
        Err(finding) => return Checked::unread(text, finding),
    };
    let bytes = written.as_bytes();
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let findings = match (bytes.len(), digits) {
        (8, 8) | (10, 10) | (11, 10..) => Findings::NONE,
        (10..=12, 1..) => Findings::of(Finding::OneJourney),
        _ => return Checked::refused(Finding::NotTaiwanPermit),
    };
    Checked { value: written, findings, ..Checked::default() }
}

/// Checks a permit whose kind is not said: a letter in front is Hong Kong's or Macao's.
pub fn check(text: &[u8]) -> Checked {
    match text.trim_ascii().first() {
        Some(b'H' | b'M' | b'h' | b'm') => check_hong_kong_macao(text),
        Some(b'0'..=b'9') => check_taiwan(text),
        _ => match read(text, b"") {
            Err(finding) => Checked::unread(text, finding),
            Ok(_) => Checked::refused(Finding::NotPermit),
        },
    }
}
