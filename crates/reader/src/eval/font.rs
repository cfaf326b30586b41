//! Fonts of the system, to write specimens with.

use crate::eval::Set;
use ab_glyph::{Font, FontVec, Glyph, PxScale, ScaleFont, point};
use std::path::{Path, PathBuf};

/// Where font files are looked for.
const FOLDER: &str = "/usr/share/fonts";
/// Folders below it that are entered.
const DEPTH_MAX: usize = 4;

/// A file name, and which font of a collection.
type Place = (&'static str, u32);

/// Fonts of each set: for text, for the number, and for machine-readable zones. `FontVec` indices
/// follow the files of Debian's packages fonts-noto-cjk (its third font is the simplified one),
/// fonts-ocr-b, fonts-wqy-microhei, fonts-wqy-zenhei and fonts-dejavu-core.
const DEVELOPMENT: [&[Place]; 3] = [
    &[
        ("NotoSansCJK-Regular.ttc", 2),
        ("NotoSansCJK-Bold.ttc", 2),
        ("NotoSerifCJK-Regular.ttc", 2),
        ("NotoSerifCJK-Bold.ttc", 2),
    ],
    &[("OCRB.otf", 0)],
    &[("OCRB.otf", 0)],
];
const HELD_OUT: [&[Place]; 3] = [
    &[("wqy-microhei.ttc", 0), ("wqy-zenhei.ttc", 0)],
    &[("DejaVuSansMono.ttf", 0)],
    // Zones are printed in OCR-B everywhere (Doc 9303-3); this is its letterpress cut.
    &[("OCRBL.otf", 0)],
];

/// A font file that is not on this system.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the font {0} is not on this system (Debian: fonts-noto-cjk, fonts-ocr-b, \
    fonts-wqy-microhei, fonts-wqy-zenhei, fonts-dejavu-core)"
)]
pub struct Missing(pub String);

/// The fonts of a set.
#[derive(Debug)]
pub struct Fonts {
    text: Vec<FontVec>,
    number: Vec<FontVec>,
    zone: Vec<FontVec>,
}

impl Fonts {
    /// Loads the fonts of `set` from the system.
    pub fn of(set: Set) -> Result<Self, Missing> {
        let [text, number, zone] = match set {
            Set::Development => DEVELOPMENT,
            Set::HeldOut => HELD_OUT,
        };
        let load = |places: &[Place]| places.iter().map(load).collect::<Result<Vec<_>, _>>();
        Ok(Self { text: load(text)?, number: load(number)?, zone: load(zone)? })
    }

    /// The fonts of one specimen.
    pub(crate) fn faces(&self, index: u32) -> Faces<'_> {
        let of = |fonts: &'_ [FontVec]| index as usize % fonts.len().max(1);
        let text = self.text.get(of(&self.text)).expect("a set has a font for text");
        let number = self.number.get(of(&self.number)).expect("a set has a font for numbers");
        let zone = self.zone.get(of(&self.zone)).expect("a set has a font for zones");
        Faces { text, number, zone }
    }
}

/// The fonts of one card.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Faces<'a> {
    /// For text.
    pub(crate) text: &'a FontVec,
    /// For the number.
    pub(crate) number: &'a FontVec,
    /// For machine-readable zones.
    pub(crate) zone: &'a FontVec,
}

impl Faces<'_> {
    /// Whether the font for text can write `sign`.
    pub(crate) fn has(&self, sign: char) -> bool {
        self.text.glyph_id(sign).0 != 0
    }
}

fn load((name, index): &Place) -> Result<FontVec, Missing> {
    let missing = || Missing((*name).to_owned());
    let path = find(Path::new(FOLDER), name, DEPTH_MAX).ok_or_else(missing)?;
    let bytes = std::fs::read(path).map_err(|_| missing())?;
    FontVec::try_from_vec_and_index(bytes, *index).map_err(|_| missing())
}

fn find(folder: &Path, name: &str, depth: usize) -> Option<PathBuf> {
    let entries: Vec<PathBuf> =
        std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    let here = entries.iter().find(|path| path.file_name().is_some_and(|file| file == name));
    here.cloned().or_else(|| {
        let deeper = depth.checked_sub(1)?;
        entries.iter().filter(|path| path.is_dir()).find_map(|path| find(path, name, deeper))
    })
}

/// How far one sign reaches, in pixels.
pub(crate) fn advance(font: &FontVec, size: f32, sign: char) -> f32 {
    let scaled = font.as_scaled(PxScale::from(size));
    scaled.h_advance(scaled.glyph_id(sign))
}

/// Writes `text` with its upper left corner at `start`, `size` pixels high, with `gap` pixels more
/// between signs; calls `dot` with every pixel and how much of it is covered. Returns the end.
pub(crate) fn write(
    font: &FontVec,
    (size, gap): (f32, f32),
    start: (f32, f32),
    text: &str,
    mut dot: impl FnMut(u32, u32, f32),
) -> f32 {
    let scaled = font.as_scaled(PxScale::from(size));
    let mut x = start.0;
    for sign in text.chars() {
        let id = scaled.glyph_id(sign);
        let place = point(x, start.1 + scaled.ascent());
        let glyph = Glyph { id, scale: PxScale::from(size), position: place };
        if let Some(outline) = font.outline_glyph(glyph) {
            let bounds = outline.px_bounds();
            outline.draw(|dx, dy, cover| {
                let (px, py) = (bounds.min.x + dx as f32, bounds.min.y + dy as f32);
                if px >= 0.0 && py >= 0.0 {
                    dot(px as u32, py as u32, cover.min(1.0));
                }
            });
        }
        x += scaled.h_advance(id) + gap;
    }
    x
}
