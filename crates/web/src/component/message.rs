//! What a page says to the person: errors, notices, the one thing to read now, tags, messages.

use super::{Html, components};
use askama::Template;
use domain::application::form::Problem;
use std::borrow::Cow;
use std::fmt::Display;
use words::Lang;

/// A ground colour; colour never says anything alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing in particular.
    #[default]
    Grey,
    /// Under way.
    Blue,
    /// Something to do.
    Amber,
    /// Stopped or failed.
    Red,
    /// Waiting for somebody outside.
    Violet,
    /// In order.
    Green,
}

impl Tone {
    /// Every tone.
    pub const ALL: [Self; 6] =
        [Self::Grey, Self::Blue, Self::Amber, Self::Red, Self::Violet, Self::Green];

    /// The class in the sheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Grey => "grey",
            Self::Blue => "blue",
            Self::Amber => "amber",
            Self::Red => "red",
            Self::Violet => "violet",
            Self::Green => "green",
        }
    }

    /// From the name the use cases give, such as `amber`; grey if unknown.
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|tone| tone.class() == name).unwrap_or_default()
    }
}

/// What is wrong with the fields of a form: name of the field and message, in the order shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors(Vec<(String, String)>);

impl Errors {
    /// Nothing wrong.
    pub fn none() -> Self {
        Self::default()
    }

    /// One thing wrong.
    pub fn one(field: &str, message: impl Display) -> Self {
        let mut errors = Self::default();
        errors.push(field, message);
        errors
    }

    /// Adds one.
    pub fn push(&mut self, field: &str, message: impl Display) {
        self.0.push((field.to_owned(), message.to_string()));
    }

    /// The message of a refusal at the field it names, or at `otherwise` if it names none.
    pub fn refused(t: Lang, refused: &service::Refused, otherwise: &str) -> Self {
        let message = Self::message(t, refused.code, &refused.values);
        Self::one(refused.field.unwrap_or(otherwise), message)
    }

    /// The messages of a form's problems, each at its field.
    pub fn problems(t: Lang, problems: &[Problem]) -> Self {
        let mut errors = Self::none();
        for problem in problems {
            errors.push(problem.field, Self::message(t, problem.code, &problem.values));
        }
        errors
    }

    /// The message of a code; never empty, even if the code has none.
    pub fn message(t: Lang, code: &str, values: &[(&str, Cow<'_, str>)]) -> String {
        t.refusal(code, values).unwrap_or_else(|| t.shell_bad_title().to_owned())
    }

    /// The same messages, all at the field `name`.
    pub fn all_at(self, name: &str) -> Self {
        Self(self.0.into_iter().map(|(_, message)| (name.to_owned(), message)).collect())
    }

    /// The first message; empty if nothing is wrong.
    pub fn first(&self) -> String {
        self.0.first().map(|(_, message)| message.clone()).unwrap_or_default()
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The message for the field `name`.
    pub fn of(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, message)| message.clone())
    }

    /// The summary for the top of the page; empty if nothing is wrong.
    pub fn summary(&self, t: Lang) -> Html {
        if self.is_empty() {
            return Html::default();
        }
        let summary =
            ErrorSummary { title: t.common_error_summary().to_owned(), errors: self.0.clone() };
        super::Component::html(&summary)
    }
}

/// All errors of a page, above everything, each a link to its field.
#[derive(Clone, Debug, Template)]
#[template(path = "component/error_summary.html")]
pub struct ErrorSummary {
    title: String,
    errors: Vec<(String, String)>,
}

/// Something worth knowing on this page.
#[derive(Clone, Debug, Template)]
#[template(path = "component/notice.html")]
pub struct Notice {
    tone: Tone,
    title: Option<String>,
    text: String,
    link: Option<(String, String)>,
    is_live: bool,
}

impl Notice {
    /// A notice of one or two sentences.
    pub fn new(tone: Tone, text: impl Display) -> Self {
        Self { tone, title: None, text: text.to_string(), link: None, is_live: false }
    }

    /// With a line in bold above.
    pub fn title(mut self, title: impl Display) -> Self {
        self.title = Some(title.to_string());
        self
    }

    /// With a link below.
    pub fn link(mut self, text: impl Display, href: impl Display) -> Self {
        self.link = Some((text.to_string(), href.to_string()));
        self
    }

    /// Read out by screen readers when it appears.
    pub fn live(mut self) -> Self {
        self.is_live = true;
        self
    }
}

/// The one thing to read before going on: an interruption, or the outcome of sending.
#[derive(Clone, Debug, Template)]
#[template(path = "component/panel.html")]
pub struct Panel {
    heading: String,
    strong: Option<String>,
    text: Vec<String>,
}

impl Panel {
    /// A panel with the page's heading.
    pub fn new(heading: impl Display) -> Self {
        Self { heading: heading.to_string(), strong: None, text: Vec::new() }
    }

    /// The line to be kept, large.
    pub fn strong(mut self, text: impl Display) -> Self {
        self.strong = Some(text.to_string());
        self
    }

    /// One more paragraph.
    pub fn text(mut self, text: impl Display) -> Self {
        self.text.push(text.to_string());
        self
    }
}

/// A state in one or two words.
#[derive(Clone, Debug, Template)]
#[template(source = r#"<strong class="tag {{ tone.class() }}">{{ text }}</strong>"#, ext = "html")]
pub struct Tag {
    tone: Tone,
    text: String,
}

impl Tag {
    /// The state `text` on the ground `tone`.
    pub fn new(tone: Tone, text: impl Display) -> Self {
        Self { tone, text: text.to_string() }
    }
}

/// Nothing here yet: what that means, and one thing to do.
#[derive(Clone, Debug, Template)]
#[template(path = "component/empty.html")]
pub struct Empty {
    text: String,
    link: Option<(String, String)>,
}

impl Empty {
    /// An empty state that says `text`.
    pub fn new(text: impl Display) -> Self {
        Self { text: text.to_string(), link: None }
    }

    /// With the next thing to do.
    pub fn link(mut self, text: impl Display, href: impl Display) -> Self {
        self.link = Some((text.to_string(), href.to_string()));
        self
    }
}

/// An SMS exactly as it is sent, with its count of segments.
#[derive(Clone, Debug, Template)]
#[template(path = "component/sms.html")]
pub struct SmsBubble {
    label: String,
    text: String,
    segments: String,
    tag: &'static str,
}

impl SmsBubble {
    /// The text in the language `of`; `segments` as counted for sending.
    pub fn new(t: Lang, of: Lang, text: impl Display, segments: usize) -> Self {
        let text = text.to_string();
        let segments = t.common_segments(text.chars().count(), segments);
        let label = match of {
            Lang::Zh => t.common_language_zh_native(),
            Lang::En => t.common_language_en_native(),
        };
        Self { label: label.to_owned(), text, segments, tag: of.tag() }
    }
}

components!(ErrorSummary, Notice, Panel, Tag, Empty, SmsBubble);
