//! Drawn documents with known truth, photographed by a made-up camera, and how well they are read.
//! The figures say how the reader does on drawn cards; real cards differ.

mod camera;
mod dice;
mod draw;
pub mod faces;
mod font;
mod people;
mod run;
mod score;
mod travellers;

pub use camera::Level;
pub use font::{Fonts, Missing};
pub use people::Person;
pub use run::Run;
pub use score::{Rate, Score, Verdict};
pub use travellers::{Firm, Traveller};

use camera::photograph;
use dice::Dice;
use domain::application::form::has_back;
use domain::identity::DocumentKind;
use domain::reading::{FieldName, Side, fields_of};
use draw::{licence, passport, permit, resident};
use vision::Picture;

/// The kinds that are drawn and measured: all that are read.
pub const KINDS: [DocumentKind; 9] = [
    DocumentKind::ResidentId,
    DocumentKind::TemporaryResidentId,
    DocumentKind::ResidencePermit,
    DocumentKind::PermanentResidence,
    DocumentKind::HongKongMacaoPermit,
    DocumentKind::TaiwanPermit,
    DocumentKind::ChinesePassport,
    DocumentKind::ForeignPassport,
    DocumentKind::BusinessLicence,
];

/// Which fonts and seeds: one set to tune the reader on, one only to measure it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// For tuning.
    Development,
    /// For measuring: other fonts, other seeds, never used for tuning.
    HeldOut,
}

impl Set {
    /// The word on the command line and in reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::HeldOut => "held-out",
        }
    }

    /// Seeds of the two sets never meet, nor do those of two kinds.
    fn seed(self, kind: DocumentKind, index: u32, level: Level) -> u64 {
        let set = match self {
            Self::Development => 0x1000_0000_0000,
            Self::HeldOut => 0x7000_0000_0000,
        };
        let of = KINDS.iter().position(|known| *known == kind).unwrap_or(KINDS.len());
        set + ((of as u64) << 36) + ((level as u64) << 32) + u64::from(index)
    }
}

/// What a drawn document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// A card laid out like the resident's.
    Person(Person),
    /// A document of travel or residence.
    Traveller(Traveller),
    /// A licence.
    Firm(Firm),
}

/// A drawn document with its truth and a photo of each side.
#[derive(Debug)]
pub struct Specimen {
    /// Which document.
    pub kind: DocumentKind,
    /// The truth.
    pub truth: Truth,
    /// The photo files as a phone would send them: JPEG, with the side each shows.
    pub photos: Vec<(Side, Vec<u8>)>,
}

impl Specimen {
    /// What a perfect reader would say; `None` of what the document does not show.
    pub fn truth(&self, name: FieldName) -> Option<String> {
        let sides = [Side::Front, Side::Back];
        if !sides.iter().any(|side| fields_of(self.kind, *side).contains(&name)) {
            return None;
        }
        match &self.truth {
            Truth::Person(person) => Some(person.truth(name)),
            Truth::Traveller(traveller) => traveller.truth(self.kind, name),
            Truth::Firm(firm) => firm.truth(name),
        }
    }
}

/// Draws specimen number `index` of a set at a level. Of kinds with two forms in use, every second
/// is of the earlier one.
pub fn specimen(fonts: &Fonts, set: Set, kind: DocumentKind, level: Level, index: u32) -> Specimen {
    drawn(fonts, (set, kind, level, index), None)
}

/// The same with a photo of a face in the place of the drawn portrait, for cards laid out like the
/// resident's.
pub fn specimen_with_face(
    fonts: &Fonts,
    set: Set,
    kind: DocumentKind,
    level: Level,
    index: u32,
    face: &Picture,
) -> Specimen {
    drawn(fonts, (set, kind, level, index), Some(face))
}

fn drawn(
    fonts: &Fonts,
    (set, kind, level, index): (Set, DocumentKind, Level, u32),
    face: Option<&Picture>,
) -> Specimen {
    let mut dice = Dice::new(set.seed(kind, index, level));
    let faces = fonts.faces(index);
    let is_old = (index / 2) % 2 == 1;
    let dice = &mut dice;
    let (truth, front, back) = match kind {
        DocumentKind::BusinessLicence => {
            let firm = Firm::drawn(dice, |c| faces.has(c));
            let sheet = licence::sheet(&firm, &faces, dice);
            (Truth::Firm(firm), sheet, None)
        }
        DocumentKind::ResidentId
        | DocumentKind::TemporaryResidentId
        | DocumentKind::ResidencePermit => {
            let person = Person::drawn(dice, |c| faces.has(c)).with(kind, dice);
            let front = resident::front(kind, &person, &faces, dice);
            let front = match face {
                Some(face) => resident::with_face(&front, face),
                None => front,
            };
            let back = resident::back(kind, &person, &faces, dice);
            (Truth::Person(person), front, Some(back))
        }
        _ => {
            let holder = Traveller::drawn(kind, is_old, dice, |c| faces.has(c));
            let (front, back) = match kind {
                DocumentKind::PermanentResidence => (
                    permit::permanent(is_old, &holder, &faces, dice),
                    Some(permit::permanent_back(&holder, &faces, dice)),
                ),
                kind if has_back(kind) => (
                    permit::front(kind, &holder, &faces, dice),
                    Some(permit::back(kind, &holder, &faces, dice)),
                ),
                _ => (passport::page(kind, &holder, &faces, dice), None),
            };
            (Truth::Traveller(holder), front, back)
        }
    };
    let sides = [(Side::Front, Some(front)), (Side::Back, back)];
    let photo = |card: &Picture, dice: &mut Dice| photograph(card, level, dice);
    let drawn = sides.into_iter().filter_map(|(side, card)| Some((side, photo(&card?, dice))));
    Specimen { kind, truth, photos: drawn.collect() }
}
