//! Things that lead on: buttons, page links, the chip that says how much time is left.

use super::{Tone, components};
use askama::Template;
use std::fmt::Display;

/// How loud a button is; one primary button per page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// The one thing to do here.
    #[default]
    Primary,
    /// Another way.
    Quiet,
    /// Takes something away.
    Danger,
}

impl ButtonKind {
    fn class(self) -> &'static str {
        match self {
            Self::Primary => "",
            Self::Quiet => " quiet",
            Self::Danger => " danger",
        }
    }
}

/// A button that sends its form, or a link that looks like one.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "component/button.html")]
pub struct Button {
    text: String,
    kind: ButtonKind,
    href: Option<String>,
    name: Option<(String, String)>,
    busy: &'static str,
    action: Option<String>,
}

impl Button {
    /// The primary button of a form.
    pub fn new(t: words::Lang, text: impl Display) -> Self {
        Self { text: text.to_string(), busy: t.common_sending(), ..Self::default() }
    }

    /// A link to `href`.
    pub fn link(text: impl Display, href: impl Display) -> Self {
        Self { text: text.to_string(), href: Some(href.to_string()), ..Self::default() }
    }

    /// Less loud.
    pub fn quiet(mut self) -> Self {
        self.kind = ButtonKind::Quiet;
        self
    }

    /// Takes something away.
    pub fn danger(mut self) -> Self {
        self.kind = ButtonKind::Danger;
        self
    }

    /// Sends `value` as `name` when it is this button that was pressed.
    pub fn sends(mut self, name: &str, value: impl Display) -> Self {
        self.name = Some((name.to_owned(), value.to_string()));
        self
    }

    /// Sends the form somewhere else.
    pub fn action(mut self, action: impl Display) -> Self {
        self.action = Some(action.to_string());
        self
    }
}

/// Links to the pages before and after.
#[derive(Clone, Debug, Template)]
#[template(path = "component/pagination.html")]
pub struct Pagination {
    t: words::Lang,
    label: String,
    previous: Option<String>,
    next: Option<String>,
}

impl Pagination {
    /// Links to `previous` and `next`; `label` says where this page is, such as 第 2 页.
    pub fn new(
        t: words::Lang,
        label: impl Display,
        previous: Option<String>,
        next: Option<String>,
    ) -> Self {
        Self { t, label: label.to_string(), previous, next }
    }
}

/// How much time is left, in words; colour is only extra.
#[derive(Clone, Debug, Template)]
#[template(path = "component/due_chip.html")]
pub struct DueChip {
    tone: Tone,
    machine: String,
    text: String,
}

impl DueChip {
    /// Time left from `now` to `due`, both in milliseconds; `machine` is `due` for `datetime`.
    pub fn new(t: words::Lang, now_millis: i64, due_millis: i64, machine: String) -> Self {
        let left = due_millis.saturating_sub(now_millis);
        let (hours, minutes) = (left.abs() / 3_600_000, left.abs() / 60_000);
        let span = match (hours, minutes) {
            (48.., _) => t.common_days(hours / 24),
            (1.., _) => t.common_hours(hours),
            _ => t.common_minutes(minutes),
        };
        let text = if left < 0 { t.common_overdue(span) } else { t.common_left(span) };
        let tone = match left {
            ..0 => Tone::Red,
            0..14_400_000 => Tone::Amber,
            _ => Tone::Grey,
        };
        Self { tone, machine, text }
    }
}

components!(Button, Pagination, DueChip);
