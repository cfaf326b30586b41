//! 公民身份号码, GB 11643-1999: region, day of birth, sequence, check character.
//!
//! The region is where the number was *first* issued. Districts are founded, renamed and
//! abolished, and tables always lag, so only province and prefecture are judged, present and past,
//! and an unknown one warns.

use super::{Checked, Facts, Province, Sex, date_of, mod_11_2, read, region};
use crate::finding::{Finding, Findings};
use crate::inline::Inline;
use jiff::civil::Date;

/// Years before this one do not occur on a document of a living person.
const YEAR_MIN: i16 = 1850;

/// Checks a resident identity number of 18 characters, or of 15 digits from an old card, which
/// is upgraded.
///
/// ```
/// # use domain::identity::resident;
/// let today = jiff::civil::date(2026, 11, 24);
/// let checked = resident::check(b"11010519491231002x", today);
/// assert!(checked.is_valid());
/// assert_eq!(checked.value.as_str(), "11010519491231002X");
/// ```
pub fn check(text: &[u8], today: Date) -> Checked {
    let written = match read(text, b"") {
        Ok(Some(written)) => written,
        Ok(None) => return Checked::refused(Finding::ResidentLength),
        Err(finding) => return Checked::unread(text, finding),
    };
    let checked = match written.len() {
        18 => check_18(written, today),
        15 => match upgrade(&written) {
            Some(whole) => {
                let mut checked = check_18(whole, today);
                checked.findings.add(Finding::Upgraded);
                checked
            }
            None => Checked::refused(Finding::Characters),
        },
        _ => return Checked::refused(Finding::ResidentLength),
    };
    if !checked.is_valid() {
        return checked;
    }
    match checked.value.as_bytes() {
        [b'8', b'1'..=b'3', b'0', b'0', b'0', b'0', ..] => {
            Checked { findings: Findings::of(Finding::IsResidencePermit), ..checked }
        }
        [b'9', ..] => Checked { findings: Findings::of(Finding::IsPermanentResidence), ..checked },
        _ => checked,
    }
}

/// Inserts the century and appends the check character.
fn upgrade(fifteen: &Inline<20>) -> Option<Inline<20>> {
    let (region, rest) = fifteen.as_bytes().split_at_checked(6)?;
    let mut whole = Inline::new(region)?;
    let mut pushed = true;
    for &byte in b"19".iter().chain(rest) {
        pushed &= whole.push(byte);
    }
    pushed &= whole.push(mod_11_2(whole.as_bytes())?);
    pushed.then_some(whole)
}

/// What residents' numbers and residence permits share: the check character, the day of birth,
/// the sex, the province.
pub(super) fn check_18(number: Inline<20>, today: Date) -> Checked {
    let bytes = number.as_bytes();
    let (Some(wanted), &[r1, r2, r3, r4, ref rest @ ..]) = (mod_11_2(bytes), bytes) else {
        return Checked::refused(Finding::Characters);
    };
    let (birth, sequence, given) = (rest.get(2..10), rest.get(10..13), rest.last());
    let (Some(birth), Some(&[hundred, ten, odd]), Some(&given)) = (birth, sequence, given) else {
        return Checked::refused(Finding::ResidentLength);
    };
    let mut findings = Findings::NONE;
    if !matches!(given, b'0'..=b'9' | b'X') {
        findings.add(Finding::Characters);
    } else if given != wanted {
        findings.add(Finding::CheckCharacter);
    }
    let birth = judge_birth(date_of(birth), today, &mut findings);
    let (code, prefecture) = ((r1 - b'0') * 10 + (r2 - b'0'), (r3 - b'0') * 10 + (r4 - b'0'));
    let province = Province::of_code(code);
    findings.add_if(!region::is_prefecture(code, prefecture), Finding::RegionUnknown);
    let is_centenarian = hundred == b'9' && ten == b'9' && odd >= b'6';
    findings.add_if(is_centenarian, Finding::Centenarian);
    let facts = Facts {
        birth,
        sex: Some(if odd % 2 == 1 { Sex::Male } else { Sex::Female }),
        province,
        wanted_check: Some(char::from(wanted)),
        ..Facts::default()
    };
    Checked { value: number, facts, findings }
}

/// Adds what is wrong or odd about a day of birth; returns it if it exists.
pub(super) fn judge_birth(
    birth: Option<Date>,
    today: Date,
    findings: &mut Findings,
) -> Option<Date> {
    match birth {
        None => findings.add(Finding::BirthImpossible),
        Some(day) if day.year() < YEAR_MIN => findings.add(Finding::BirthImpossible),
        Some(day) if day > today => findings.add(Finding::BirthFuture),
        Some(day) if day.year() < 1910 => findings.add(Finding::BornBefore1910),
        Some(_) => {}
    }
    birth
}
