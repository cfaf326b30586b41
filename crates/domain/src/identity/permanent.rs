//! 外国人永久居留身份证: the 18 digits since December 2023, and the 15 characters before.
//!
//! Both are valid until they expire, so one person may have two numbers. The new form is 9,
//! province, numeric country (ISO 3166-1), day of birth, sequence, MOD 11-2; the old is the
//! country's three letters, place, day of birth, sequence, and a digit that follows ICAO's 7-3-1
//! on the cards seen, but is not promised anywhere: there it only warns.

use super::country::Country;
use super::mrz::check_digit;
use super::{Checked, Facts, Province, date_of, decimal, mod_11_2, read, resident};
use crate::finding::{Finding, Findings};
use crate::inline::Inline;
use jiff::civil::Date;

/// Checks the number of a permanent residence card of either form.
pub fn check(text: &[u8], today: Date) -> Checked {
    match read(text, b"") {
        Ok(Some(written)) => match written.as_bytes() {
            [b'9', ..] if written.len() == 18 => check_new(written, today),
            [b'A'..=b'Z', ..] if written.len() == 15 => check_old(written, today),
            _ => Checked::refused(Finding::NotPermanentResidence),
        },
        Ok(None) => Checked::refused(Finding::NotPermanentResidence),
        Err(finding) => Checked::unread(text, finding),
    }
}

fn check_new(number: Inline<20>, today: Date) -> Checked {
    let bytes = number.as_bytes();
    let (Some(wanted), Some(&given)) = (mod_11_2(bytes), bytes.last()) else {
        return Checked::refused(Finding::Characters);
    };
    let mut findings = Findings::NONE;
    findings.add_if(given != wanted, Finding::CheckCharacter);
    let code = |from, to| bytes.get(from..to).and_then(decimal);
    let province = code(1, 3).and_then(|n| Province::of_code(u8::try_from(n).ok()?));
    let country = code(3, 6).and_then(|n| Country::of_numeric(u16::try_from(n).ok()?));
    findings.add_if(province.is_none(), Finding::RegionUnknown);
    findings.add_if(country.is_none(), Finding::CountryImpossible);
    let born = bytes.get(6..14).and_then(date_of);
    let birth = resident::judge_birth(born, today, &mut findings);
    let wanted_check = Some(char::from(wanted));
    let facts = Facts { birth, province, country, wanted_check, ..Facts::default() };
    Checked { value: number, facts, findings }
}

fn check_old(number: Inline<20>, today: Date) -> Checked {
    let bytes = number.as_bytes();
    let (Some((front, &[given])), Some((letters, digits))) =
        (bytes.split_at_checked(14), bytes.split_at_checked(3))
    else {
        return Checked::refused(Finding::NotPermanentResidence);
    };
    let are_letters = letters.iter().all(u8::is_ascii_uppercase);
    if !are_letters || !digits.iter().all(u8::is_ascii_digit) {
        return Checked::refused(Finding::NotPermanentResidence);
    }
    let mut findings = Findings::NONE;
    let country = Country::of_alpha(letters);
    findings.add_if(country.is_none(), Finding::CountryImpossible);
    let wanted = check_digit(front.iter().copied());
    findings.add_if(wanted != Some(given), Finding::PrintedCheck);
    let province = digits
        .get(..2)
        .and_then(decimal)
        .and_then(|code| Province::of_code(u8::try_from(code).ok()?));
    findings.add_if(province.is_none(), Finding::RegionUnknown);
    let birth = digits.get(4..10).and_then(|six| born_by(six, today));
    findings.add_if(birth.is_none(), Finding::BirthImpossible);
    let wanted_check = wanted.map(char::from);
    let facts = Facts { birth, province, country, wanted_check, ..Facts::default() };
    Checked { value: number, facts, findings }
}

/// The latest day with these two last digits of the year that is not after `today`.
pub(super) fn born_by(six: &[u8], today: Date) -> Option<Date> {
    let mut eight = *b"20000000";
    eight.get_mut(2..)?.copy_from_slice(six);
    if let Some(day) = date_of(&eight).filter(|&day| day <= today) {
        return Some(day);
    }
    eight.get_mut(..2)?.copy_from_slice(b"19");
    date_of(&eight)
}
