//! Machine-readable zones of travel documents, ICAO Doc 9303: TD1 (three lines of 30), TD2 (two of
//! 36) and TD3 (two of 44).
//!
//! Three things are judged in this order: may this character stand in this column; do the check
//! digits fit; do the dates exist. Sex is outside every check digit.

mod layout;
pub mod name;

use super::country::Country;
use super::permanent::born_by;
use super::{Sex, date_of};
use crate::finding::{Finding, Findings};
use crate::inline::Inline;
use jiff::civil::Date;
use layout::{Layout, Span};
use std::fmt;

/// The form of a machine-readable zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Cards: three lines of 30.
    Td1,
    /// Larger cards: two lines of 36.
    Td2,
    /// Passports: two lines of 44.
    Td3,
}

/// The most characters of any form: passports.
pub const CHARACTERS_MAX: usize = 90;

/// What a machine-readable zone says, and what is wrong with it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Mrz {
    /// The form; `None` if the text has none of the three.
    pub form: Option<Form>,
    /// The document's letters, such as `P` or `CR`.
    pub document: Inline<2>,
    /// Who issued it.
    pub issuer: Option<Country>,
    /// The document number, without fillers.
    pub number: Inline<20>,
    /// Citizenship.
    pub nationality: Option<Country>,
    /// Day of birth.
    pub birth: Option<Date>,
    /// Sex; `None` if unspecified.
    pub sex: Option<Sex>,
    /// Day of expiry.
    pub expires: Option<Date>,
    /// Family name, with spaces between its parts.
    pub surname: Inline<39>,
    /// Given names, with spaces between them.
    pub given: Inline<39>,
    /// The issuer's own field (a personal number), without fillers.
    pub personal: Inline<30>,
    /// What was found.
    pub findings: Findings,
}

/// Shows the form and the findings only: the rest is personal.
impl fmt::Debug for Mrz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Mrz");
        shown.field("form", &self.form).field("findings", &self.findings).finish_non_exhaustive()
    }
}

impl Mrz {
    /// Reads lines as they stand in the document. They may be joined by `/` or line breaks, or run
    /// on without a break; spaces around a line do not count, lower case does.
    pub fn read(text: &str, today: Date) -> Self {
        let mut whole = Inline::<CHARACTERS_MAX>::EMPTY;
        let mut is_strange = false;
        let mut fits = true;
        for line in text.split(['/', '\n', '\r']) {
            for c in line.trim().chars() {
                match u8::try_from(c).map(|byte| byte.to_ascii_uppercase()) {
                    Ok(byte @ (b'A'..=b'Z' | b'0'..=b'9' | b'<')) => fits &= whole.push(byte),
                    _ => is_strange = true,
                }
            }
        }
        let refused = |finding| Self { findings: Findings::of(finding), ..Self::default() };
        match (whole.len(), is_strange, fits) {
            (0, false, _) => refused(Finding::Empty),
            (_, true, _) => refused(Finding::Characters),
            (90, _, true) => Self::read_form(Form::Td1, &Layout::TD1, whole.as_bytes(), today),
            (72, _, true) => Self::read_form(Form::Td2, &Layout::TD2, whole.as_bytes(), today),
            (88, _, true) => Self::read_form(Form::Td3, &Layout::TD3, whole.as_bytes(), today),
            _ => refused(Finding::MrzShape),
        }
    }

    fn read_form(form: Form, layout: &Layout, zone: &[u8], today: Date) -> Self {
        let mut mrz = Self { form: Some(form), ..Self::default() };
        mrz.judge_document(zone, form);
        if !layout.fits_columns(zone) {
            mrz.findings.add(Finding::MrzColumn);
        }
        mrz.issuer = country(layout.issuer.of(zone), &mut mrz.findings);
        mrz.nationality = country(layout.nationality.of(zone), &mut mrz.findings);
        mrz.read_number(layout, zone);
        mrz.read_dates(layout, zone, today);
        mrz.sex = match layout.sex.of(zone) {
            b"F" => Some(Sex::Female),
            b"M" => Some(Sex::Male),
            _ => None,
        };
        if form == Form::Td3 {
            let (field, check) = (layout.optional.of(zone), layout.optional_check(zone));
            let is_blank = field.iter().all(|&b| b == b'<') && check == Some(b'<');
            mrz.findings.add_if(!is_blank && !fits(field, check), Finding::MrzPersonalCheck);
        }
        let all = layout.composite.iter().flat_map(|span| span.of(zone)).copied();
        let composite = layout.composite_check.of(zone).first().copied();
        mrz.findings.add_if(check_digit(all) != composite, Finding::MrzCompositeCheck);
        mrz.read_names(layout.names.of(zone));
        mrz
    }

    fn judge_document(&mut self, zone: &[u8], form: Form) {
        let letters: Vec<u8> = zone.iter().take(2).copied().filter(|&b| b != b'<').collect();
        self.document = Inline::new(&letters).unwrap_or(Inline::EMPTY);
        match (letters.first(), form) {
            (Some(b'P'), _) | (Some(b'A' | b'C' | b'I'), Form::Td1 | Form::Td2) => {}
            (Some(b'V'), _) => self.findings.add(Finding::MrzVisa),
            _ => self.findings.add(Finding::MrzDocument),
        }
    }

    /// A number longer than nine characters goes on in the optional field of cards: `<` stands for
    /// its check digit, and the last character before the next `<` is it (Doc 9303-5 4.2.2).
    fn read_number(&mut self, layout: &Layout, zone: &[u8]) {
        let (number, check) = (layout.number.of(zone), layout.number_check.of(zone).first());
        let optional = layout.optional.of(zone);
        let tail = optional.iter().position(|&b| b == b'<').unwrap_or(optional.len());
        let (rest, after) = optional.split_at_checked(tail).unwrap_or_default();
        let runs_on = check == Some(&b'<') && self.form != Some(Form::Td3) && rest.len() > 1;
        let (whole, check): (Vec<u8>, Option<u8>) = match (runs_on, rest.split_last()) {
            (true, Some((&last, more))) => ([number, more].concat(), Some(last)),
            _ => (number.to_vec(), check.copied()),
        };
        self.findings.add_if(!fits(&whole, check), Finding::MrzNumberCheck);
        self.number = without_fillers(&whole);
        self.personal = without_fillers(if runs_on { after } else { optional });
    }

    fn read_dates(&mut self, layout: &Layout, zone: &[u8], today: Date) {
        let birth = layout.birth.of(zone);
        let check = layout.birth_check.of(zone).first().copied();
        self.findings.add_if(!fits(birth, check), Finding::MrzBirthCheck);
        if birth.contains(&b'<') {
            self.findings.add(Finding::BirthIncomplete);
        } else {
            self.birth = born_by(birth, today);
            self.findings.add_if(self.birth.is_none(), Finding::BirthImpossible);
        }
        let expiry = layout.expiry.of(zone);
        let check = layout.expiry_check.of(zone).first().copied();
        self.findings.add_if(!fits(expiry, check), Finding::MrzExpiryCheck);
        self.expires = expires_near(expiry, today);
        match self.expires {
            None => self.findings.add(Finding::ExpiryImpossible),
            Some(day) => self.findings.add_if(day < today, Finding::Expired),
        }
    }

    fn read_names(&mut self, field: &[u8]) {
        let end = field.iter().rposition(|&b| b != b'<').map_or(0, |last| last + 1);
        let text = field.get(..end).unwrap_or_default();
        self.findings.add_if(text.is_empty(), Finding::MrzNameMissing);
        self.findings.add_if(end == field.len(), Finding::NameTruncated);
        let split = text.windows(2).position(|pair| pair == b"<<").unwrap_or(text.len());
        let (surname, given) = text.split_at_checked(split).unwrap_or_default();
        self.surname = spaced(surname);
        self.given = spaced(given);
    }

    /// Whether no error was found; warnings may remain.
    pub fn is_valid(&self) -> bool {
        !self.findings.has_error()
    }

    /// Whether the name did not fit, so that only its beginning can be compared.
    pub fn is_name_truncated(&self) -> bool {
        self.findings.has(Finding::NameTruncated)
    }
}

/// The ICAO check digit: weights 7, 3, 1; letters count from A = 10, fillers 0; modulo 10.
pub fn check_digit(characters: impl Iterator<Item = u8>) -> Option<u8> {
    let mut sum = 0;
    for (byte, weight) in characters.zip([7, 3, 1].into_iter().cycle()) {
        sum += weight
            * match byte {
                b'0'..=b'9' => u32::from(byte - b'0'),
                b'A'..=b'Z' => u32::from(byte - b'A') + 10,
                b'<' => 0,
                _ => return None,
            };
    }
    Some(b'0' + u8::try_from(sum % 10).ok()?)
}

fn fits(field: &[u8], check: Option<u8>) -> bool {
    check_digit(field.iter().copied()) == check
}

fn country(letters: &[u8], findings: &mut Findings) -> Option<Country> {
    let end = letters.iter().position(|&b| b == b'<').unwrap_or(letters.len());
    let found = Country::of_alpha(letters.get(..end).unwrap_or_default());
    findings.add_if(found.is_none(), Finding::CountryUnknown);
    findings.add_if(found.is_some_and(Country::is_specimen), Finding::Specimen);
    found
}

/// The day with these two last digits of the year that is nearest to `today`.
fn expires_near(six: &[u8], today: Date) -> Option<Date> {
    let century = |front: &[u8; 2]| {
        let mut eight = *b"20000000";
        eight.get_mut(..2)?.copy_from_slice(front);
        eight.get_mut(2..)?.copy_from_slice(six);
        date_of(&eight)
    };
    [b"19", b"20", b"21"]
        .into_iter()
        .filter_map(century)
        .min_by_key(|day| (i32::from(day.year()) - i32::from(today.year())).abs())
}

fn without_fillers<const N: usize>(field: &[u8]) -> Inline<N> {
    let end = field.iter().rposition(|&b| b != b'<').map_or(0, |last| last + 1);
    Inline::new(field.get(..end).unwrap_or_default()).unwrap_or(Inline::EMPTY)
}

/// Single fillers as spaces, several as one.
fn spaced(field: &[u8]) -> Inline<39> {
    let mut text = Inline::EMPTY;
    for word in field.split(|&b| b == b'<').filter(|word| !word.is_empty()) {
        let is_first = text.is_empty();
        let pushed = (is_first || text.push(b' ')) && word.iter().all(|&byte| text.push(byte));
        debug_assert!(pushed, "the field has at most 39 characters");
    }
    text
}

/// A span of one column.
const fn column(place: usize) -> Span {
    Span { from: place, to: place + 1 }
}

#[cfg(test)]
mod tests;
