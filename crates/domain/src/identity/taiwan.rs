//! 台湾身份证: a letter of the place of first registration, nine digits, the last a check digit.

use super::{Checked, Facts, Sex, read};
use crate::finding::{Finding, Findings};

/// The two-digit values of A to Z.
const LETTERS: [u32; 26] = [
    10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30,
    31, 33,
];

/// Checks `A123456789`; foreign residents' numbers since 2021 have 8 or 9 in place of 1 or 2.
pub fn check(text: &[u8]) -> Checked {
    let written = match read(text, b"") {
        Ok(Some(written)) if written.len() == 10 => written,
        Ok(_) => return Checked::refused(Finding::NotTaiwanId),
        Err(finding) => return Checked::unread(text, finding),
    };
    let &[letter @ b'A'..=b'Z', sex @ (b'1' | b'2' | b'8' | b'9'), ref rest @ ..] =
        written.as_bytes()
    else {
        return Checked::refused(Finding::NotTaiwanId);
    };
    let (Some((&given, front)), true) = (rest.split_last(), rest.iter().all(u8::is_ascii_digit))
    else {
        return Checked::refused(Finding::NotTaiwanId);
    };
    let place = LETTERS.get(usize::from(letter - b'A')).copied().unwrap_or_default();
    let digits = std::iter::once(&sex).chain(front);
    let sum: u32 = place / 10
        + place % 10 * 9
        + digits.zip((1..=8).rev()).map(|(&b, weight)| u32::from(b - b'0') * weight).sum::<u32>();
    let wanted = u8::try_from((10 - sum % 10) % 10).unwrap_or_default() + b'0';
    let mut findings = Findings::NONE;
    findings.add_if(wanted != given, Finding::CheckCharacter);
    let facts = Facts {
        sex: Some(if matches!(sex, b'1' | b'8') { Sex::Male } else { Sex::Female }),
        wanted_check: Some(char::from(wanted)),
        ..Facts::default()
    };
    Checked { value: written, facts, findings }
}
