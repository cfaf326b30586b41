//! The models and the fonts, where they are: in the folder `BAOHAO_MODELS`, or `target/models` of
//! the workspace (by the names `ocr.det.onnx`, `ocr.rec.onnx`). Where they are not, each test says
//! so and does nothing, except in CI, where it fails.

use domain::reading::{Reading, Side};
use jiff::civil::date;
use reader::eval::{Fonts, Set, Specimen};
use reader::{DocumentReader, ModelFolder, Runtime, document_reader};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use vision::{Limits, Picture, decode};

/// A reader and the fonts of the development set.
pub(crate) fn tools() -> Option<(&'static DocumentReader, &'static Fonts)> {
    static TOOLS: OnceLock<Option<(DocumentReader, Fonts)>> = OnceLock::new();
    let tools = TOOLS.get_or_init(|| {
        let own = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/models");
        let folder = std::env::var_os("BAOHAO_MODELS").map_or_else(own, PathBuf::from);
        let reader = document_reader(&ModelFolder::new(&folder), &Runtime::default());
        let fonts = Fonts::of(Set::Development);
        match (reader, fonts) {
            (Ok(reader), Ok(fonts)) => Some((reader, fonts)),
            (Err(error), _) => {
                assert!(std::env::var_os("CI").is_none(), "CI brings the models: {error}");
                eprintln!("skipped: {error} in {}", folder.display());
                None
            }
            (_, Err(error)) => {
                assert!(std::env::var_os("CI").is_none(), "CI brings the fonts: {error}");
                eprintln!("skipped: {error}");
                None
            }
        }
    });
    tools.as_ref().map(|(reader, fonts)| (reader, fonts))
}

/// Reads a photo without haste.
pub(crate) fn read(reader: &DocumentReader, photo: &Picture) -> Reading {
    let deadline = Instant::now() + Duration::from_mins(10);
    reader.read(photo, date(2026, 11, 27), deadline).expect("a model that runs")
}

/// The photo of one side.
pub(crate) fn photo(specimen: &Specimen, side: Side) -> Picture {
    let file = specimen.photos.iter().find(|(of, _)| *of == side).expect("a photo of each side");
    decode(&file.1, &Limits::default()).expect("a whole file").picture
}
