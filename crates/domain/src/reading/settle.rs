//! How the fields of a document stand: by their form and sureness, and against each other.

use super::{Field, FieldName, LONG_TERM, Standing, Thresholds, is_ideograph, is_people};
use crate::finding::Finding;
use crate::identity::mrz::Mrz;
use crate::identity::{self, DocumentKind, Sex};
use jiff::ToSpan;
use jiff::civil::Date;

/// What a check digit of the machine-readable zone covers may be as faint as this, of a hundred:
/// one wrong sign in ten passes the digit (weights of 7, 3, 1, modulo 10), so sureness still
/// counts.
const CHECKED_PERCENT_MIN: f32 = 40.0;

/// Judges every field of a document of `kind` on `today`: by confidence, by form, and against each
/// other. Values stay as they were read; judging again gives the same, or what other thresholds
/// make of it.
pub fn settle(kind: DocumentKind, fields: &mut [Field], today: Date, thresholds: &Thresholds) {
    for field in &mut *fields {
        field.standing = alone(kind, field, today, thresholds);
    }
    let number = fields.iter().find(|f| f.name == FieldName::Number).map(|f| f.value.clone());
    if let Some(number) = number {
        against_number(kind, fields, &number, today);
    }
    let zone = fields.iter().find(|f| f.name == FieldName::Zone).map(|f| f.value.clone());
    if let Some(zone) = zone {
        against_zone(fields, &Mrz::read(&zone, today));
    }
    validity(kind, fields);
}

/// What a field says of itself.
fn alone(kind: DocumentKind, field: &Field, today: Date, thresholds: &Thresholds) -> Standing {
    let value = field.value.as_str();
    let is_formed = match field.name {
        FieldName::Name => is_name_of(kind, value),
        FieldName::LatinName => is_latin_name(value),
        FieldName::LegalPerson => is_name(value),
        FieldName::Sex => matches!(value, "男" | "女"),
        FieldName::Ethnicity => is_people(value),
        FieldName::Nationality => identity::country::Country::of_alpha(value.as_bytes()).is_some(),
        FieldName::Birth | FieldName::ValidFrom => value.parse::<Date>().is_ok(),
        FieldName::ValidUntil => value == LONG_TERM || value.parse::<Date>().is_ok(),
        FieldName::Address => value.chars().filter(|c| is_ideograph(*c)).count() >= 5,
        FieldName::Issuer => is_issuer(kind, value),
        FieldName::IssueCount => matches!(value.parse::<u8>(), Ok(1..)),
        FieldName::PermitNumber => {
            let kinds = [DocumentKind::HongKongMacaoPermit, DocumentKind::TaiwanPermit];
            kinds.iter().any(|kind| identity::check(*kind, value, today).is_valid())
        }
        FieldName::Number => {
            if !identity::check(kind, value, today).is_valid() {
                return Standing::Conflicting;
            }
            true
        }
        FieldName::Zone => Mrz::read(value, today).is_valid(),
    };
    let least = if is_unproven(kind, field.name) {
        thresholds.clear_text_percent_min
    } else {
        thresholds.clear_percent_min
    };
    let is_sure = field.confidence * 100.0 >= least as f32;
    if is_formed && is_sure { Standing::Clear } else { Standing::Doubtful }
}

/// Free text, and numbers without a check character: nothing else contradicts them when they are
/// wrong.
const fn is_unproven(kind: DocumentKind, name: FieldName) -> bool {
    match name {
        FieldName::Number => matches!(
            kind,
            DocumentKind::HongKongMacaoPermit
                | DocumentKind::TaiwanPermit
                | DocumentKind::ChinesePassport
                | DocumentKind::ForeignPassport
        ),
        FieldName::Name
        | FieldName::LatinName
        | FieldName::LegalPerson
        | FieldName::Address
        | FieldName::Issuer
        | FieldName::PermitNumber => true,
        _ => false,
    }
}

fn is_name_of(kind: DocumentKind, value: &str) -> bool {
    match kind {
        DocumentKind::ForeignPassport => is_latin_name(value),
        DocumentKind::PermanentResidence => is_name(value) || is_latin_name(value),
        DocumentKind::BusinessLicence => {
            value.chars().count() >= 3 && value.chars().any(is_ideograph)
        }
        _ => is_name(value),
    }
}

/// Two or more ideographs, with middle dots between parts of names from other languages.
fn is_name(value: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.chars().all(is_ideograph);
    value.chars().count() >= 2 && value.split('·').all(is_part)
}

fn is_latin_name(value: &str) -> bool {
    let is_of_it = |c: char| c.is_ascii_uppercase() || " ,.'-".contains(c);
    value.chars().all(is_of_it) && value.chars().filter(char::is_ascii_uppercase).count() >= 2
}

/// Cards of residents come from an office of public security; others from the immigration
/// administration too.
fn is_issuer(kind: DocumentKind, value: &str) -> bool {
    let is_office = value.ends_with('局');
    let is_formed = match kind {
        DocumentKind::ResidentId
        | DocumentKind::TemporaryResidentId
        | DocumentKind::ResidencePermit => is_office,
        _ => is_office || value.ends_with('部') || value.ends_with("出入境管理"),
    };
    is_formed && value.chars().count() >= 5
}

/// A valid number tells day of birth, sex and citizenship: what agrees is clear, however faint;
/// what does not, conflicts.
fn against_number(kind: DocumentKind, fields: &mut [Field], number: &str, today: Date) {
    let checked = identity::check(kind, number, today);
    if !checked.is_valid() {
        return;
    }
    let birth = checked.facts.birth.map(|birth| birth.to_string());
    let sex = checked.facts.sex.map(printed_sex);
    let country = checked.facts.country.map(|country| country.to_string());
    let (mut facts, mut agreed) = (0, 0);
    for field in &mut *fields {
        let told = match field.name {
            FieldName::Birth => birth.as_deref(),
            FieldName::Sex => sex,
            FieldName::Nationality => country.as_deref(),
            _ => continue,
        };
        let Some(told) = told else { continue };
        facts += 1;
        if told == field.value {
            agreed += 1;
            field.standing = Standing::Clear;
        } else if field.standing == Standing::Clear {
            field.standing = Standing::Conflicting;
        }
    }
    let conflicts = fields.iter().any(|f| f.standing == Standing::Conflicting);
    for field in fields.iter_mut().filter(|f| f.name == FieldName::Number) {
        if agreed == 2 && facts == 2 {
            field.standing = Standing::Clear;
        } else if agreed == 0 && conflicts {
            field.standing = Standing::Conflicting;
        }
    }
}

/// As cards print it.
const fn printed_sex(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "男",
        Sex::Female => "女",
    }
}

/// A machine-readable zone proves what its check digits cover and contradicts the rest.
fn against_zone(fields: &mut [Field], mrz: &Mrz) {
    if mrz.form.is_none() {
        return;
    }
    let name = [mrz.surname.as_str(), mrz.given.as_str()].join(" ");
    for field in fields {
        let (told, check) = match field.name {
            FieldName::Number => {
                (Some(mrz.number.as_str().to_owned()), Some(Finding::MrzNumberCheck))
            }
            FieldName::Birth => (mrz.birth.map(|d| d.to_string()), Some(Finding::MrzBirthCheck)),
            FieldName::ValidUntil => {
                (mrz.expires.map(|d| d.to_string()), Some(Finding::MrzExpiryCheck))
            }
            FieldName::Sex => (mrz.sex.map(|sex| printed_sex(sex).to_owned()), None),
            FieldName::Nationality => (mrz.nationality.map(|c| c.to_string()), None),
            FieldName::LatinName => (Some(name.trim().to_owned()), None),
            FieldName::Name if is_latin_name(&field.value) => (Some(name.trim().to_owned()), None),
            _ => continue,
        };
        let is_same = told.as_deref() == Some(field.value.as_str());
        match check {
            // What the digit contradicts is never offered, whoever misread it.
            Some(check) if mrz.findings.has(check) => field.standing = Standing::Conflicting,
            Some(_) if is_same => {
                let is_sure = field.confidence * 100.0 >= CHECKED_PERCENT_MIN;
                if is_sure && field.standing == Standing::Doubtful {
                    field.standing = Standing::Clear;
                }
            }
            _ if is_same => {}
            _ => field.standing = Standing::Conflicting,
        }
    }
}

/// Resident cards are valid for 5, 10 or 20 years, or without end (Law on Resident Identity Cards,
/// art. 5), temporary ones for three months; permits and permanent-resident cards for five or ten
/// years, many to the day before. Where practice varies, other spans prove nothing.
fn validity(kind: DocumentKind, fields: &mut [Field]) {
    let of = |name| fields.iter().find(|field| field.name == name).map(|f| f.value.as_str());
    let (Some(from), Some(until)) = (of(FieldName::ValidFrom), of(FieldName::ValidUntil)) else {
        return;
    };
    let (Ok(from), Ok(until)) = (from.parse::<Date>(), until.parse::<Date>()) else { return };
    let is_resident = kind == DocumentKind::ResidentId;
    let agrees = match kind {
        DocumentKind::ResidentId => is_years(from, until, &[5, 10, 20]),
        DocumentKind::TemporaryResidentId => is_months(from, until, 3),
        DocumentKind::BusinessLicence => false,
        _ => {
            let next = until.tomorrow().unwrap_or(until);
            is_years(from, until, &[5, 10]) || is_years(from, next, &[5, 10])
        }
    };
    let standing = match (agrees, is_resident || until <= from) {
        (true, _) => Standing::Clear,
        (false, true) => Standing::Conflicting,
        (false, false) => return,
    };
    let both = [FieldName::ValidFrom, FieldName::ValidUntil];
    for field in fields.iter_mut().filter(|field| both.contains(&field.name)) {
        // A day that the zone's check digit contradicts stays so.
        if field.standing != Standing::Conflicting {
            field.standing = standing;
        }
    }
}

fn is_years(from: Date, until: Date, years: &[i16]) -> bool {
    let is_same_day = (from.month(), from.day()) == (until.month(), until.day())
        // A card issued on 29 February may end on the 28th or on 1 March.
        || (from.month(), from.day()) == (2, 29);
    is_same_day && years.contains(&(until.year() - from.year()))
}

fn is_months(from: Date, until: Date, months: i32) -> bool {
    let last = from.checked_add(months.months()).unwrap_or(from);
    until == last || until.tomorrow().is_ok_and(|next| next == last)
}
