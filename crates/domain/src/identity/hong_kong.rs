//! 香港身份证: one or two letters, six digits, and a check character in brackets.

use super::{Checked, Facts, read};
use crate::finding::{Finding, Findings};
use crate::inline::Inline;

/// Checks `A123456(3)`, with or without the brackets.
pub fn check(text: &[u8]) -> Checked {
    let written = match read(text, b"()") {
        Ok(Some(written)) => written,
        Ok(None) => return Checked::refused(Finding::NotHongKongId),
        Err(finding) => return Checked::unread(text, finding),
    };
    let (front, given) = match written.as_bytes() {
        [front @ .., b'(', given, b')'] | [front @ .., given] => (front, *given),
        [] => return Checked::refused(Finding::Empty),
    };
    let Some(wanted) = wanted(front) else { return Checked::refused(Finding::NotHongKongId) };
    let mut value = Inline::EMPTY;
    let pushed = front.iter().chain([b'(', given, b')'].iter()).all(|&byte| value.push(byte));
    debug_assert!(pushed, "at most eleven characters");
    let facts = Facts { wanted_check: Some(char::from(wanted)), ..Facts::default() };
    let mut findings = Findings::NONE;
    findings.add_if(wanted != given, Finding::CheckCharacter);
    Checked { value, facts, findings }
}

/// The check character: weights 9 to 2, a missing first letter counting as 36, modulo 11.
fn wanted(front: &[u8]) -> Option<u8> {
    let letters = front.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let are_digits = front.get(letters..)?.iter().all(u8::is_ascii_digit);
    if !(1..=2).contains(&letters) || front.len() != letters + 6 || !are_digits {
        return None;
    }
    let start = if letters == 1 { 36 * 9 } else { 0 };
    let weights = (2..=u32::try_from(front.len()).ok()? + 1).rev();
    let sum: u32 = front.iter().zip(weights).map(|(&byte, weight)| value(byte) * weight).sum();
    match (11 - (start + sum) % 11) % 11 {
        10 => Some(b'A'),
        digit => Some(b'0' + u8::try_from(digit).ok()?),
    }
}

fn value(byte: u8) -> u32 {
    match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        _ => u32::from(byte) - u32::from(b'A') + 10,
    }
}
