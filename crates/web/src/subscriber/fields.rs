//! What a form sent, read by name.

use domain::application::form::DateText;
use std::collections::HashMap;

/// Longer texts are cut: nothing we ask for is longer.
const FIELD_CHARACTERS_MAX: usize = 2000;

/// Two hundred and one card numbers with their line ends fit in.
const LIST_CHARACTERS_MAX: usize = 8000;

/// The fields of a sent form.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Fields(HashMap<String, String>);

impl Fields {
    /// What was typed, as typed; empty if the field was not sent.
    pub(crate) fn text(&self, name: &str) -> String {
        let typed = self.0.get(name).map_or("", String::as_str);
        typed.chars().take(FIELD_CHARACTERS_MAX).collect()
    }

    /// A list, one entry a line, as typed.
    pub(crate) fn long_text(&self, name: &str) -> String {
        let typed = self.0.get(name).map_or("", String::as_str);
        typed.chars().take(LIST_CHARACTERS_MAX).collect()
    }

    /// What was typed, without blanks around it.
    pub(crate) fn trimmed(&self, name: &str) -> String {
        self.text(name).trim().to_owned()
    }

    /// Whether a tick was set.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| value == "on")
    }

    /// The three parts of a date, as typed.
    pub(crate) fn date(&self, name: &str) -> DateText {
        let part = |part: &str| self.text(&format!("{name}-{part}"));
        DateText { year: part("year"), month: part("month"), day: part("day") }
    }
}
