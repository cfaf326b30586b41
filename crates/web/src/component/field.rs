//! Fields of a form. Each shows its label, an optional hint, what is wrong with it, and what the
//! person typed, exactly as typed.

use super::{Errors, components};
use askama::Template;
use std::fmt::Display;

/// One line of text.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "component/text_field.html")]
pub struct TextField {
    name: String,
    label: String,
    hint: Option<String>,
    error: Option<String>,
    value: String,
    kind: &'static str,
    mode: Option<&'static str>,
    autocomplete: Option<&'static str>,
    classes: &'static str,
    length_max: u32,
    has_spelling: bool,
}

impl TextField {
    /// A field for `name` with the label `label`.
    pub fn new(name: &str, label: impl Display) -> Self {
        Self {
            name: name.to_owned(),
            label: label.to_string(),
            kind: "text",
            length_max: 200,
            ..Self::default()
        }
    }

    /// What to type, in one sentence.
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// What was typed before.
    pub fn value(mut self, value: impl Display) -> Self {
        self.value = value.to_string();
        self
    }

    /// Takes its error, if there is one for this name.
    pub fn errors(mut self, errors: &Errors) -> Self {
        self.error = errors.of(&self.name);
        self
    }

    /// Digits with spaces allowed: a keypad on phones.
    pub fn digits(mut self) -> Self {
        self.mode = Some("numeric");
        self
    }

    /// A telephone number.
    pub fn telephone(mut self) -> Self {
        self.kind = "tel";
        self.autocomplete = Some("tel");
        self
    }

    /// A one-time code, which a phone may offer to fill in.
    pub fn one_time_code(mut self) -> Self {
        self.mode = Some("numeric");
        self.autocomplete = Some("one-time-code");
        self.classes = "w-8 code";
        self
    }

    /// A password.
    pub fn password(mut self) -> Self {
        self.kind = "password";
        self.autocomplete = Some("current-password");
        self
    }

    /// What a browser may fill in, by its standard token.
    pub fn autocomplete(mut self, token: &'static str) -> Self {
        self.autocomplete = Some(token);
        self
    }

    /// As wide as 4, 8 or 20 characters: `w-4`, `w-8`, `w-20`.
    pub fn width(mut self, class: &'static str) -> Self {
        self.classes = class;
        self
    }
}

/// Several lines of text.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "component/text_area.html")]
pub struct TextArea {
    name: String,
    label: String,
    hint: Option<String>,
    error: Option<String>,
    value: String,
    is_long: bool,
}

impl TextArea {
    /// A field for `name` with the label `label`.
    pub fn new(name: &str, label: impl Display) -> Self {
        Self { name: name.to_owned(), label: label.to_string(), ..Self::default() }
    }

    /// What to write, in one sentence.
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// What was typed before.
    pub fn value(mut self, value: impl Display) -> Self {
        self.value = value.to_string();
        self
    }

    /// A list: four times as long as other texts.
    pub fn long(mut self) -> Self {
        self.is_long = true;
        self
    }

    /// Takes its error, if there is one for this name.
    pub fn errors(mut self, errors: &Errors) -> Self {
        self.error = errors.of(&self.name);
        self
    }
}

/// One possible answer of a [`Choice`], [`Checks`] or [`SelectField`].
#[derive(Clone, Debug)]
pub struct Pick {
    value: String,
    label: String,
    hint: Option<String>,
    is_chosen: bool,
}

impl Pick {
    /// An answer that sends `value` and reads `label`.
    pub fn new(value: impl Display, label: impl Display) -> Self {
        Self { value: value.to_string(), label: label.to_string(), hint: None, is_chosen: false }
    }

    /// A second, lighter line.
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// Chosen already.
    pub fn chosen(mut self, is_chosen: bool) -> Self {
        self.is_chosen = is_chosen;
        self
    }
}

/// One answer out of several, all visible (radio buttons).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "component/choice.html")]
pub struct Choice {
    name: String,
    label: String,
    hint: Option<String>,
    error: Option<String>,
    picks: Vec<Pick>,
}

impl Choice {
    /// A choice for `name` under the legend `label`.
    pub fn new(name: &str, label: impl Display, picks: Vec<Pick>) -> Self {
        Self { name: name.to_owned(), label: label.to_string(), picks, ..Self::default() }
    }

    /// What to choose, in one sentence.
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// Chooses the answer that sends `value`.
    pub fn value(mut self, value: &str) -> Self {
        for pick in &mut self.picks {
            pick.is_chosen = pick.value == value;
        }
        self
    }

    /// Takes its error, if there is one for this name.
    pub fn errors(mut self, errors: &Errors) -> Self {
        self.error = errors.of(&self.name);
        self
    }
}

/// Any number of ticks; each pick sends `on` under its own name.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "component/checks.html")]
pub struct Checks {
    label: String,
    hint: Option<String>,
    error: Option<String>,
    picks: Vec<Pick>,
}

impl Checks {
    /// Ticks under the legend `label`; the value of a pick is the name it is sent under.
    pub fn new(label: impl Display, picks: Vec<Pick>) -> Self {
        Self { label: label.to_string(), picks, ..Self::default() }
    }

    /// What ticking means, in one sentence.
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// Takes the first error that belongs to one of the ticks.
    pub fn errors(mut self, errors: &Errors) -> Self {
        self.error = self.picks.iter().find_map(|pick| errors.of(&pick.value));
        self
    }

    fn id(&self) -> &str {
        self.picks.first().map_or("", |pick| pick.value.as_str())
    }
}

/// One answer out of many, in a list that opens.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "component/select.html")]
pub struct SelectField {
    id: Option<String>,
    name: String,
    label: String,
    hint: Option<String>,
    error: Option<String>,
    picks: Vec<Pick>,
}

impl SelectField {
    /// A list for `name` with the label `label`.
    pub fn new(name: &str, label: impl Display, picks: Vec<Pick>) -> Self {
        Self { name: name.to_owned(), label: label.to_string(), picks, ..Self::default() }
    }

    /// What to choose, in one sentence.
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// An id of its own, where the same list stands on a page more than once.
    pub fn id(mut self, id: String) -> Self {
        self.id = Some(id);
        self
    }

    /// Chooses the answer that sends `value`.
    pub fn value(mut self, value: &str) -> Self {
        for pick in &mut self.picks {
            pick.is_chosen = pick.value == value;
        }
        self
    }

    /// Takes its error, if there is one for this name.
    pub fn errors(mut self, errors: &Errors) -> Self {
        self.error = errors.of(&self.name);
        self
    }
}

/// A date in three boxes, sent as `<name>-year`, `<name>-month`, `<name>-day`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "component/date_field.html")]
pub struct DateField {
    name: String,
    label: String,
    hint: Option<String>,
    error: Option<String>,
    parts: Vec<(&'static str, &'static str, String)>,
}

impl DateField {
    /// A date for `name`; `value` is what was typed as year, month and day.
    pub fn new(name: &str, label: impl Display, value: [&str; 3], t: words::Lang) -> Self {
        let [year, month, day] = value.map(str::to_owned);
        let parts = vec![
            ("year", t.common_year(), year),
            ("month", t.common_month(), month),
            ("day", t.common_day(), day),
        ];
        Self { name: name.to_owned(), label: label.to_string(), parts, ..Self::default() }
    }

    /// Which date, in one sentence.
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// Takes its error, if there is one for this name.
    pub fn errors(mut self, errors: &Errors) -> Self {
        self.error = errors.of(&self.name);
        self
    }
}

/// A value the form carries without showing it.
#[derive(Clone, Debug, Template)]
#[template(source = r#"<input type="hidden" name="{{ name }}" value="{{ value }}">"#, ext = "html")]
pub struct Hidden {
    name: String,
    value: String,
}

impl Hidden {
    /// Sends `value` as `name`.
    pub fn new(name: &str, value: impl Display) -> Self {
        Self { name: name.to_owned(), value: value.to_string() }
    }
}

impl SelectField {
    fn id_or_name(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.name)
    }
}

components!(TextField, TextArea, Choice, Checks, SelectField, DateField, Hidden);

impl Choice {
    /// The first answer carries the name itself, so that an error can link to it.
    fn id(&self, index: usize) -> String {
        if index == 0 { self.name.clone() } else { format!("{}-{index}", self.name) }
    }
}
