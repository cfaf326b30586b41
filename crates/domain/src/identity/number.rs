//! The number of a person's document, as stored and compared.

use super::{Checked, DocumentKind, check, permit};
use crate::finding::{Finding, Findings};
use crate::inline::Inline;
use jiff::civil::Date;
use std::fmt;

/// The longest free-form number, in characters.
const FREE_FORM_MAX: usize = 40;

/// A document's number that passed its check, in canonical form. Personal: it shows itself only
/// through [`IdentityNumber::as_str`] and, with the middle covered, in `Debug`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdentityNumber {
    kind: DocumentKind,
    value: String,
}

impl IdentityNumber {
    /// Reads what was typed. The findings come with it: warnings and notes do not refuse.
    pub fn read(kind: DocumentKind, text: &str, today: Date) -> Result<(Self, Checked), Finding> {
        let checked = check(kind, text, today);
        if let Some(error) = checked.findings.first_error() {
            return Err(error);
        }
        let value = if checked.value.is_empty() {
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        } else {
            checked.value.as_str().to_owned()
        };
        Ok((Self { kind, value }, checked))
    }

    /// From the store, where only checked numbers are kept.
    pub fn from_stored(kind: DocumentKind, value: String) -> Self {
        Self { kind, value }
    }

    /// The document it stands on.
    pub fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// The canonical form.
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// The text by which two documents are one person's: the same number on the resident card, the
    /// temporary card and the household register; the first nine characters of a Hong Kong or
    /// Macao permit, which reissues keep; elsewhere kind and number.
    pub fn match_key(&self) -> String {
        let value = match self.kind {
            DocumentKind::HongKongMacaoPermit => Inline::new(self.value.as_bytes())
                .map_or(self.value.clone(), |number| permit::lifelong(&number).to_owned()),
            _ => self.value.clone(),
        };
        let kind = match self.kind {
            DocumentKind::TemporaryResidentId | DocumentKind::HouseholdRegister => {
                DocumentKind::ResidentId
            }
            other => other,
        };
        format!("{}:{value}", kind.as_str())
    }

    /// With the middle covered: `110•••••••••••0014`.
    pub fn masked(&self) -> String {
        let count = self.value.chars().count();
        let (front, back) = if count >= 11 { (3, 4) } else { (1, 2.min(count / 3)) };
        let cover = |(place, c): (usize, char)| {
            if place < front.min(count / 3) || place >= count - back { c } else { '•' }
        };
        self.value.chars().enumerate().map(cover).collect()
    }
}

impl fmt::Debug for IdentityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:•••", self.kind.as_str())
    }
}

/// Military and other documents: any text, to be looked at by a person.
pub(super) fn check_free_form(text: &str) -> Checked {
    let text = text.trim();
    if text.is_empty() {
        return Checked::refused(Finding::Empty);
    }
    if text.chars().count() > FREE_FORM_MAX {
        return Checked::refused(Finding::FreeFormLength);
    }
    if text.chars().any(char::is_control) {
        return Checked::refused(Finding::Characters);
    }
    Checked { findings: Findings::of(Finding::NeedsPerson), ..Checked::default() }
}
