//! The check by machine: what was typed against what models read on the document.
//!
//! It passes when everything typed stands clearly on the document; *mismatch* fails with the
//! catalogue's reason; *unreadable* is a doubt; what was not read is *unavailable*. It never
//! changes a value, and none of its outcomes refuses anybody: a person looks.

use crate::application::form::has_back;
use crate::check::{Check, CheckKind, Outcome};
use crate::identity::DocumentKind;
use crate::reading::{
    Agreement, FieldName, Problem, Reading, Seen, Side, Typed, compare, fields_of,
};
use crate::reason::{Item, Reason};

const KIND: CheckKind = CheckKind::MachineRead;

/// Whether documents of this kind are read by machine.
pub const fn is_read(kind: DocumentKind) -> bool {
    !fields_of(kind, Side::Front).is_empty()
}

/// What a reading is judged as: the kind that was recognised, else the one that was chosen.
pub fn kind_of(reading: &Reading, chosen: DocumentKind) -> DocumentKind {
    reading.document.unwrap_or(chosen)
}

/// Which side of a document a photo of `item` must show; `None` if it is not read.
pub const fn side_of(item: Item) -> Option<Side> {
    match item {
        Item::DocumentFront => Some(Side::Front),
        Item::DocumentBack => Some(Side::Back),
        _ => None,
    }
}

/// Why nothing but a person can tell what a photo shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// No text, another document, or several.
    Problem(Problem),
    /// Another document than the one that was chosen.
    OtherDocument(DocumentKind),
    /// The other side of the document.
    OtherSide,
}

impl Unreadable {
    /// The stable word; the words are the messages `reading-…`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Problem(problem) => problem.code(),
            Self::OtherDocument(_) => "other_document",
            Self::OtherSide => "other_side",
        }
    }

    /// The catalogue's reason, where there is one.
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Self::Problem(Problem::NoText) => Some(Reason::D1),
            Self::Problem(Problem::UnknownDocument | Problem::SeveralDocuments)
            | Self::OtherDocument(_) => None,
            Self::OtherSide => Some(Reason::D6),
        }
    }
}

/// What keeps a reading of `item` from being used for a document of the kind that was chosen;
/// `None` if nothing does.
pub fn unreadable(chosen: DocumentKind, item: Item, reading: &Reading) -> Option<Unreadable> {
    if let Some(problem) = reading.problem {
        return Some(Unreadable::Problem(problem));
    }
    if let Some(other) = reading.document.filter(|document| *document != chosen) {
        return Some(Unreadable::OtherDocument(other));
    }
    let is_other = reading.side.is_some() && reading.side != side_of(item);
    is_other.then_some(Unreadable::OtherSide)
}

/// The check of a document of the kind that was chosen: of each photo, or of each typed value,
/// that there is something to say of; one passed check if there is nothing.
pub fn check(chosen: DocumentKind, typed: &Typed, photos: &[(Item, Seen)]) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut readings: Vec<&Reading> = Vec::new();
    let sides = [(Item::DocumentFront, Side::Front), (Item::DocumentBack, Side::Back)];
    for (item, side) in sides {
        if side == Side::Back && !has_back(chosen) {
            continue;
        }
        let seen = photos.iter().find(|(of, _)| *of == item).map(|(_, seen)| seen);
        match seen {
            None => checks.push(Check::unavailable(KIND).of(item).with("because", "no photo")),
            Some(Seen::Unread(why)) => {
                let why = why.code().replace('_', " ");
                checks.push(Check::unavailable(KIND).of(item).with("because", why));
            }
            Some(Seen::Read(reading)) => match unreadable(chosen, item, reading) {
                Some(fault) => {
                    let check = Check::new(KIND, Outcome::Warn).of(item);
                    let check = Check { reason: fault.reason(), ..check };
                    checks.push(check.with("found", fault.code()));
                }
                None => readings.push(reading),
            },
        }
    }
    let judged = judge(chosen, typed, &readings);
    if checks.is_empty() && judged.is_empty() {
        return vec![passed(&readings)];
    }
    checks.extend(judged);
    checks
}

/// What is said of the typed values; the values of a side that was not read are left out.
fn judge(chosen: DocumentKind, typed: &Typed, readings: &[&Reading]) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for (name, agreement) in compare(typed, readings) {
        let item = match name {
            FieldName::Name | FieldName::LegalPerson => Item::Name,
            _ => Item::DocumentNumber,
        };
        let is_in_front = fields_of(chosen, Side::Front).contains(&name);
        let side = if is_in_front { Side::Front } else { Side::Back };
        if !readings.iter().any(|reading| reading.side == Some(side)) {
            continue;
        }
        let check = match agreement {
            Agreement::Agrees => continue,
            Agreement::Differs => Check::new(KIND, Outcome::Fail).because(match item {
                Item::Name => Reason::M1,
                _ => Reason::M2,
            }),
            Agreement::NotRead => Check::new(KIND, Outcome::Warn),
        };
        let check = check.of(item).with(name.code(), agreement.code());
        // Of one item there is one check: the worse outcome, with the evidence of both.
        match checks.iter_mut().find(|known| known.item == Some(item)) {
            Some(known) => {
                known.evidence.extend(check.evidence);
                if check.outcome > known.outcome {
                    (known.outcome, known.reason) = (check.outcome, check.reason);
                }
            }
            None => checks.push(check),
        }
    }
    checks
}

fn passed(readings: &[&Reading]) -> Check {
    let named = [FieldName::Name, FieldName::Number, FieldName::ValidUntil];
    let sure = readings.iter().flat_map(|reading| &reading.fields);
    let sure = sure.filter(|field| named.contains(&field.name)).map(|field| field.confidence);
    let least = sure.fold(1.0_f32, f32::min);
    Check::pass(KIND).with("confidence", format!("{least:.2}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::{Field, LONG_TERM, Place, Standing, Unread};

    const NUMBER: &str = "11010519491231002X";

    fn read(side: Side, fields: &[(FieldName, &str, Standing)]) -> Seen {
        let field = |(name, value, standing): &(FieldName, &str, Standing)| Field {
            name: *name,
            value: (*value).to_owned(),
            confidence: 0.97,
            place: Place::default(),
            standing: *standing,
        };
        let fields = fields.iter().map(field).collect();
        Seen::Read(Reading { side: Some(side), fields, ..Reading::default() })
    }

    fn front(name: &str, number: &str) -> (Item, Seen) {
        let fields = [
            (FieldName::Name, name, Standing::Clear),
            (FieldName::Number, number, Standing::Clear),
        ];
        (Item::DocumentFront, read(Side::Front, &fields))
    }

    fn back(until: &str, standing: Standing) -> (Item, Seen) {
        let fields = [(FieldName::ValidUntil, until, standing)];
        (Item::DocumentBack, read(Side::Back, &fields))
    }

    fn typed() -> Typed {
        Typed {
            name: Some("张三".to_owned()),
            number: Some(NUMBER.to_owned()),
            birth: None,
            legal_person: None,
            valid_until: Some(LONG_TERM.to_owned()),
        }
    }

    type Said = (Option<Item>, Outcome, Option<Reason>);

    fn said(photos: &[(Item, Seen)]) -> Vec<Said> {
        check(DocumentKind::ResidentId, &typed(), photos)
            .iter()
            .map(|c| (c.item, c.outcome, c.reason))
            .collect()
    }

    #[test]
    fn what_agrees_passes_and_says_how_sure_it_is() {
        let photos = [front("张三", NUMBER), back(LONG_TERM, Standing::Clear)];
        let checks = check(DocumentKind::ResidentId, &typed(), &photos);
        assert_eq!(checks, [Check::pass(KIND).with("confidence", "0.97")]);
    }

    #[test]
    fn a_mismatch_fails_with_its_reason_and_repairs_nothing() {
        let photos = [front("张三丰", "110105194912310038"), back("2036-03-04", Standing::Clear)];
        let expected = [
            (Some(Item::Name), Outcome::Fail, Some(Reason::M1)),
            (Some(Item::DocumentNumber), Outcome::Fail, Some(Reason::M2)),
        ];
        assert_eq!(said(&photos), expected);
        let evidence = &check(DocumentKind::ResidentId, &typed(), &photos)[1].evidence;
        let named: Vec<_> = evidence.iter().map(|e| (e.name.as_str(), e.value.as_str())).collect();
        assert_eq!(named, [("number", "differs"), ("valid_until", "differs")], "and no value");
    }

    #[test]
    fn what_cannot_be_read_is_a_doubt() {
        let photos = [front("张三", NUMBER), back("2036-03-04", Standing::Doubtful)];
        assert_eq!(said(&photos), [(Some(Item::DocumentNumber), Outcome::Warn, None)]);
        let blank = Reading { problem: Some(Problem::NoText), ..Reading::default() };
        let photos = [(Item::DocumentFront, Seen::Read(blank)), back(LONG_TERM, Standing::Clear)];
        let expected = [(Some(Item::DocumentFront), Outcome::Warn, Some(Reason::D1))];
        assert_eq!(said(&photos), expected);
    }

    #[test]
    fn the_other_side_is_told_and_its_values_are_not_judged() {
        let (_, emblem) = back(LONG_TERM, Standing::Clear);
        let photos = [(Item::DocumentFront, emblem), back(LONG_TERM, Standing::Clear)];
        let expected = [(Some(Item::DocumentFront), Outcome::Warn, Some(Reason::D6))];
        assert_eq!(said(&photos), expected);
    }

    #[test]
    fn what_was_not_read_is_unavailable_and_never_passes() {
        for why in Unread::ALL {
            let photos =
                [(Item::DocumentFront, Seen::Unread(why)), back(LONG_TERM, Standing::Clear)];
            let expected = [(Some(Item::DocumentFront), Outcome::Unavailable, None)];
            assert_eq!(said(&photos), expected, "{why:?}");
            assert_eq!(Unread::from_code(why.code()), Some(why));
        }
        assert!(said(&[]).iter().all(|(_, outcome, _)| *outcome == Outcome::Unavailable));
    }

    #[test]
    fn a_name_that_could_not_be_typed_is_not_held_against_anybody() {
        let typed = Typed { name: None, ..typed() };
        let photos = [front("㛃", NUMBER), back(LONG_TERM, Standing::Clear)];
        assert_eq!(check(DocumentKind::ResidentId, &typed, &photos)[0].outcome, Outcome::Pass);
    }

    #[test]
    fn another_document_than_the_chosen_one_is_told_and_not_judged() {
        let chosen = DocumentKind::ForeignPassport;
        let (item, seen) = front("张三丰", NUMBER);
        let Seen::Read(reading) = seen else { panic!("it was read") };
        let other = Reading { document: Some(DocumentKind::ResidentId), ..reading };
        let fault = unreadable(chosen, item, &other);
        assert_eq!(fault, Some(Unreadable::OtherDocument(DocumentKind::ResidentId)));
        let checks = check(chosen, &typed(), &[(item, Seen::Read(other))]);
        let said: Vec<_> = checks.iter().map(|c| (c.item, c.outcome, c.reason)).collect();
        assert_eq!(said, [(Some(Item::DocumentFront), Outcome::Warn, None)]);
    }

    #[test]
    fn a_passport_has_no_other_side_to_wait_for() {
        let chosen = DocumentKind::ForeignPassport;
        let fields = [
            (FieldName::Name, "ERIKSSON ANNA", Standing::Clear),
            (FieldName::Number, "L898902C3", Standing::Clear),
            (FieldName::ValidUntil, "2030-04-15", Standing::Clear),
        ];
        let page = (Item::DocumentFront, read(Side::Front, &fields));
        let typed = |until: &str| Typed {
            name: Some("Anna Eriksson".to_owned()),
            number: Some("L898902C3".to_owned()),
            birth: None,
            legal_person: None,
            valid_until: Some(until.to_owned()),
        };
        let outcomes = |typed: &Typed| {
            let checks = check(chosen, typed, std::slice::from_ref(&page));
            checks.iter().map(|c| (c.item, c.outcome)).collect::<Vec<_>>()
        };
        assert_eq!(outcomes(&typed("2030-04-15")), [(None, Outcome::Pass)]);
        let fails = [(Some(Item::DocumentNumber), Outcome::Fail)];
        assert_eq!(outcomes(&typed("2031-04-15")), fails);
    }

    #[test]
    fn a_licence_is_held_against_the_organisation_and_whoever_stands_for_it() {
        let chosen = DocumentKind::BusinessLicence;
        let fields = [
            (FieldName::Name, "样本(北京)有限公司", Standing::Clear),
            (FieldName::Number, "91110000600037341L", Standing::Clear),
            (FieldName::LegalPerson, "张三", Standing::Clear),
        ];
        let licence = (Item::DocumentFront, read(Side::Front, &fields));
        let typed = |person: Option<&str>, until: Option<&str>| Typed {
            name: Some("样本（北京）有限公司".to_owned()),
            number: Some("9111 0000 6000 3734 1L".to_owned()),
            birth: None,
            legal_person: person.map(str::to_owned),
            valid_until: until.map(str::to_owned),
        };
        let said = |typed: &Typed| {
            let checks = check(chosen, typed, std::slice::from_ref(&licence));
            checks.iter().map(|c| (c.item, c.outcome, c.reason)).collect::<Vec<_>>()
        };
        let pass = [(None, Outcome::Pass, None)];
        assert_eq!(said(&typed(Some("张三"), None)), pass);
        assert_eq!(said(&typed(None, None)), pass, "a licence may name nobody");
        let other = [(Some(Item::Name), Outcome::Fail, Some(Reason::M1))];
        assert_eq!(said(&typed(Some("李四"), None)), other);
        let unread = [(Some(Item::DocumentNumber), Outcome::Warn, None)];
        assert_eq!(said(&typed(Some("张三"), Some("2035-07-26"))), unread);
    }
}
