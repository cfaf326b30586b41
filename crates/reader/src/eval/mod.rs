//! Drawn documents with known truth, photographed by a made-up camera, and how well they are read.
//! The figures say how the reader does on drawn cards; real cards differ.

mod camera;
mod card;
mod dice;
pub mod faces;
mod font;
mod people;
mod run;
mod score;

pub use camera::Level;
pub use font::{Fonts, Missing};
pub use people::Person;
pub use run::Run;
pub use score::{Rate, Score, Verdict};

use camera::photograph;
use dice::Dice;
use domain::reading::Side;
use vision::Picture;

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

    /// Seeds of the two sets never meet.
    const fn seed(self, index: u32, level: Level) -> u64 {
        let set = match self {
            Self::Development => 0x1000_0000_0000,
            Self::HeldOut => 0x7000_0000_0000,
        };
        set + ((level as u64) << 32) + index as u64
    }
}

/// A drawn card with its truth and a photo of each side.
#[derive(Debug)]
pub struct Specimen {
    /// The truth.
    pub person: Person,
    /// The photo files as a phone would send them: JPEG, with the side each shows.
    pub photos: [(Side, Vec<u8>); 2],
}

/// Draws specimen number `index` of a set at a level.
pub fn specimen(fonts: &Fonts, set: Set, level: Level, index: u32) -> Specimen {
    let mut dice = Dice::new(set.seed(index, level));
    let faces = fonts.faces(index);
    let person = Person::drawn(&mut dice, |c| faces.has(c));
    let front = card::front(&person, &faces, &mut dice);
    let back = card::back(&person, &faces, &mut dice);
    let photo = |card: &Picture, dice: &mut Dice| photograph(card, level, dice);
    let photos = [(Side::Front, photo(&front, &mut dice)), (Side::Back, photo(&back, &mut dice))];
    Specimen { person, photos }
}
