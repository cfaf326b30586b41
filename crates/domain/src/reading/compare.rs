//! What was typed, held against what was read.

use super::{FieldName, Reading};
use crate::identity::mrz::name::words;
use serde::{Deserialize, Serialize};
use std::fmt;

/// From so many letters on a name in a machine-readable zone may be cut off (39 columns).
const CUT_LETTERS_MIN: usize = 34;

/// What the applicant typed, as far as a document shows it too.
#[derive(Clone, PartialEq, Eq)]
pub struct Typed {
    /// The name; `None` if the applicant could not type it.
    pub name: Option<String>,
    /// The document's number.
    pub number: Option<String>,
    /// Day of birth, as `2006-01-31`; `None` if it was not typed.
    pub birth: Option<String>,
    /// Who stands for an organisation; `None` if not told.
    pub legal_person: Option<String>,
    /// The last day, or [`super::LONG_TERM`]; `None` if not told.
    pub valid_until: Option<String>,
}

/// Never the values: they are personal.
impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Typed").finish_non_exhaustive()
    }
}

/// How a typed value and a read one stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// The same.
    Agrees,
    /// Read clearly, and something else.
    Differs,
    /// Not read clearly: nothing can be said.
    NotRead,
}

impl Agreement {
    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Differs => "differs",
            Self::NotRead => "not_read",
        }
    }
}

/// Compares what was typed with what was read on the sides of one document. Only clear values
/// count: a doubtful one proves nothing in either direction. A document that prints the name in
/// two scripts agrees with either.
pub fn compare(typed: &Typed, readings: &[&Reading]) -> Vec<(FieldName, Agreement)> {
    let read = |name| readings.iter().find_map(|reading| reading.clear(name));
    let mut judged = Vec::new();
    if let Some(name) = &typed.name {
        let printed = [read(FieldName::Name), read(FieldName::LatinName)];
        judged.push((FieldName::Name, name_agreement(name, printed)));
    }
    let told = [
        (FieldName::Number, typed.number.as_deref()),
        (FieldName::Birth, typed.birth.as_deref()),
        (FieldName::LegalPerson, typed.legal_person.as_deref()),
        (FieldName::ValidUntil, typed.valid_until.as_deref()),
    ];
    judged.extend(told.into_iter().filter_map(|(name, typed)| {
        let agreement = match read(name) {
            None => Agreement::NotRead,
            Some(read) if folded(read) == folded(typed?) => Agreement::Agrees,
            Some(_) => Agreement::Differs,
        };
        typed.map(|_| (name, agreement))
    }));
    judged
}

/// A typed name against the printed ones. One that was typed in a script of which nothing was read
/// clearly is not judged.
fn name_agreement(typed: &str, printed: [Option<&str>; 2]) -> Agreement {
    let mut is_comparable = false;
    for read in printed.into_iter().flatten() {
        if folded(read) == folded(typed) || is_same_latin(read, typed) {
            return Agreement::Agrees;
        }
        is_comparable |= is_latin(read) == is_latin(typed);
    }
    if is_comparable { Agreement::Differs } else { Agreement::NotRead }
}

fn is_latin(name: &str) -> bool {
    name.chars().filter(|c| c.is_alphabetic()).all(|c| c < '\u{250}')
}

/// The same words in any order; forms ask for the family name first, people write it last.
fn is_same_latin(read: &str, typed: &str) -> bool {
    if !is_latin(read) || !is_latin(typed) {
        return false;
    }
    let [read, _] = words(read);
    words(typed).into_iter().any(|mut typed| {
        let (mut sorted, joined) = (read.clone(), typed.concat());
        let is_cut = read.concat().len() >= CUT_LETTERS_MIN && joined.starts_with(&read.concat());
        sorted.sort();
        typed.sort();
        !read.is_empty() && (sorted == typed || read.concat() == joined || is_cut)
    })
}

/// Spaces, letter case and the many middle dots make no difference.
fn folded(value: &str) -> String {
    let signs = value.chars().filter(|c| !c.is_whitespace()).map(|c| match c {
        '•' | '・' | '‧' | '∙' | '．' | '.' => '·',
        '（' => '(',
        '）' => ')',
        other => other.to_ascii_uppercase(),
    });
    signs.collect()
}
