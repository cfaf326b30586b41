//! Photos: the tile that takes one, and the pictures that show how it should and should not be.

use super::{Html, components};
use askama::Template;
use std::fmt::Display;
use words::Lang;

/// In what state a [`FileTile`] is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FileState {
    /// No photo yet.
    #[default]
    Empty,
    /// There is one, and nothing is wrong with it.
    Checked,
    /// There is one that may be sent back: what is wrong with it.
    Warning(Vec<String>),
    /// The photo just sent was not taken: why. An earlier one may still be there.
    Failed(String),
}

/// Takes one photo with two inputs: from the album, and from the camera.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "component/file_tile.html")]
pub struct FileTile {
    t: Lang,
    label: String,
    state: FileState,
    preview: Option<(String, String)>,
    facing: &'static str,
}

impl FileTile {
    /// A tile for the photo `label`. The inputs are named `photo` and `camera`.
    pub fn new(t: Lang, label: impl Display) -> Self {
        Self { t, label: label.to_string(), facing: "environment", ..Self::default() }
    }

    /// What is known of the photo so far.
    pub fn state(mut self, state: FileState) -> Self {
        self.state = state;
        self
    }

    /// The photo that is kept now, and its text alternative.
    pub fn preview(mut self, src: impl Display, alt: impl Display) -> Self {
        self.preview = Some((src.to_string(), alt.to_string()));
        self
    }

    /// The camera on the side of the screen: for portraits.
    pub fn towards_person(mut self) -> Self {
        self.facing = "user";
        self
    }

    fn class(&self) -> &'static str {
        match self.state {
            FileState::Empty => "",
            FileState::Checked => " checked",
            FileState::Warning(_) => " warning",
            FileState::Failed(_) => " failed",
        }
    }
}

/// How a photo should be, or one way in which it should not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Example {
    /// Whole, sharp, evenly lit.
    Good,
    /// D1.
    Blur,
    /// D2.
    Glare,
    /// D3.
    CutOff,
    /// D4.
    Covered,
    /// D5.
    Dark,
    /// D6.
    WrongSide,
}

impl Example {
    /// Every example, the good one first.
    pub const ALL: [Self; 7] = [
        Self::Good,
        Self::Blur,
        Self::Glare,
        Self::CutOff,
        Self::Covered,
        Self::Dark,
        Self::WrongSide,
    ];

    /// The example that shows the fault of a reason code such as `D2`.
    pub fn of_reason(code: &str) -> Option<Self> {
        Some(match code {
            "D1" => Self::Blur,
            "D2" => Self::Glare,
            "D3" => Self::CutOff,
            "D4" => Self::Covered,
            "D5" => Self::Dark,
            "D6" => Self::WrongSide,
            _ => return None,
        })
    }

    fn name(self, t: Lang) -> &'static str {
        match self {
            Self::Good => t.example_good(),
            Self::Blur => t.example_blur(),
            Self::Glare => t.example_glare(),
            Self::CutOff => t.example_cut_off(),
            Self::Covered => t.example_covered(),
            Self::Dark => t.example_dark(),
            Self::WrongSide => t.example_wrong_side(),
        }
    }

    fn fix(self, t: Lang) -> &'static str {
        match self {
            Self::Good => t.example_good_fix(),
            Self::Blur => t.example_blur_fix(),
            Self::Glare => t.example_glare_fix(),
            Self::CutOff => t.example_cut_off_fix(),
            Self::Covered => t.example_covered_fix(),
            Self::Dark => t.example_dark_fix(),
            Self::WrongSide => t.example_wrong_side_fix(),
        }
    }

    /// The drawing; decoration beside its name, so it carries no text of its own.
    fn drawing(self) -> Html {
        const CARD: &str = r##"<rect x="14" y="16" width="92" height="58" rx="5" fill="#fff" stroke="#4a5a66" stroke-width="2"/><circle cx="84" cy="38" r="9" fill="#a9b7c0"/><path d="M68 66c2-12 30-12 32 0z" fill="#a9b7c0"/><path d="M24 32h30M24 44h24M24 56h36" stroke="#4a5a66" stroke-width="4" stroke-linecap="round"/>"##;
        const TICK: &str = r##"<circle cx="104" cy="76" r="11" fill="#0f5132"/><path d="m98.500 76 4 4.500 7.500-8.500" fill="none" stroke="#fff" stroke-width="3"/>"##;
        const CROSS: &str = r##"<circle cx="104" cy="76" r="11" fill="#7a1712"/><path d="m99.500 71.500 9 9m0-9-9 9" stroke="#fff" stroke-width="3"/>"##;
        let (card, over, mark) = match self {
            Self::Good => (CARD.to_owned(), "", TICK),
            Self::Blur => (
                format!(
                    r#"<g opacity=".35">{CARD}</g><g opacity=".35" transform="translate(4 2)">{CARD}</g><g opacity=".35" transform="translate(-4 -2)">{CARD}</g>"#
                ),
                "",
                CROSS,
            ),
            Self::Glare => (
                CARD.to_owned(),
                r##"<path d="M30 16h22L34 74H14V64z" fill="#fff" stroke="#e0b000" stroke-dasharray="3 3"/><path d="m44 30 3 8 8 3-8 3-3 8-3-8-8-3 8-3z" fill="#f2c200"/>"##,
                CROSS,
            ),
            Self::CutOff => (format!(r#"<g transform="translate(30 -22)">{CARD}</g>"#), "", CROSS),
            Self::Covered => (
                CARD.to_owned(),
                r##"<path d="M0 90V58c12-10 34-10 40 2 4 8-4 12-10 10l-6 20z" fill="#d9a57c" stroke="#8a5a33"/>"##,
                CROSS,
            ),
            Self::Dark => (
                CARD.to_owned(),
                r##"<rect width="120" height="90" fill="#14212b" opacity=".78"/>"##,
                CROSS,
            ),
            Self::WrongSide => (
                r##"<rect x="8" y="10" width="72" height="46" rx="5" fill="#fff" stroke="#4a5a66" stroke-width="2"/><rect x="32" y="34" width="72" height="46" rx="5" fill="#fff" stroke="#4a5a66" stroke-width="2"/><path d="M50 46a11 11 0 1 1-3 15m0 0v-8m0 8h8" fill="none" stroke="#7a1712" stroke-width="3"/>"##.to_owned(),
                "",
                CROSS,
            ),
        };
        Html(format!(
            r#"<svg viewBox="0 0 120 90" width="120" height="90" aria-hidden="true">{card}{over}{mark}</svg>"#
        ))
    }
}

/// A strip of examples with a name and a fix under each.
#[derive(Clone, Debug, Template)]
#[template(path = "component/examples.html")]
pub struct Examples {
    t: Lang,
    examples: Vec<Example>,
}

impl Examples {
    /// The strip of `examples`.
    pub fn new(t: Lang, examples: Vec<Example>) -> Self {
        Self { t, examples }
    }
}

components!(FileTile, Examples);
