//! Photos: the tile that takes one, and the pictures that show how it should and should not be.

use super::components;
use askama::Template;
use domain::portrait::FindingKind;
use std::fmt::Display;
use words::Lang;

/// In what state a [`FileTile`] is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FileState {
    /// No photo yet.
    #[default]
    Empty,
    /// One came and is being looked at.
    Waiting,
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
            FileState::Empty | FileState::Waiting => "",
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
    /// A face as it should be.
    FaceGood,
    /// A face with this fault.
    Face(FindingKind),
}

impl Example {
    /// Every example of a document, the good one first.
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

    /// Every example of a face, the good one first.
    pub fn faces() -> Vec<Self> {
        [Self::FaceGood].into_iter().chain(FindingKind::ALL.map(Self::Face)).collect()
    }

    fn is_good(self) -> bool {
        matches!(self, Self::Good | Self::FaceGood)
    }

    fn name(self, t: Lang) -> String {
        let name = match self {
            Self::Good => t.example_good(),
            Self::Blur => t.example_blur(),
            Self::Glare => t.example_glare(),
            Self::CutOff => t.example_cut_off(),
            Self::Covered => t.example_covered(),
            Self::Dark => t.example_dark(),
            Self::WrongSide => t.example_wrong_side(),
            Self::FaceGood => t.portrait_good(),
            Self::Face(kind) => return portrait_words(t, kind).0,
        };
        name.to_owned()
    }

    fn fix(self, t: Lang) -> String {
        let fix = match self {
            Self::Good => t.example_good_fix(),
            Self::Blur => t.example_blur_fix(),
            Self::Glare => t.example_glare_fix(),
            Self::CutOff => t.example_cut_off_fix(),
            Self::Covered => t.example_covered_fix(),
            Self::Dark => t.example_dark_fix(),
            Self::WrongSide => t.example_wrong_side_fix(),
            Self::FaceGood => t.portrait_good_fix(),
            Self::Face(kind) => return portrait_words(t, kind).1,
        };
        fix.to_owned()
    }
}

/// What is wrong with a portrait, and the one thing to do about it.
pub fn portrait_words(t: Lang, kind: FindingKind) -> (String, String) {
    let id = format!("portrait-{}", kind.code().replace('_', "-"));
    let fix = t.by_id(&format!("{id}-fix"), &[]).unwrap_or_default();
    (t.by_id(&id, &[]).unwrap_or_default(), fix)
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
