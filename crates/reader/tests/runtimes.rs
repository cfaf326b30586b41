//! Both runtimes say the same: each model on a fixed input, and whole documents and faces. Needs
//! the feature `ort`, the models, and in `BAOHAO_STORE_ONNXRUNTIME` the shared library of ONNX
//! Runtime (the Python package `onnxruntime` has it); without the library each test says so and
//! does nothing.

#![cfg(feature = "ort")]

mod tools;

use domain::identity::DocumentKind;
use domain::reading::{Reading, Side};
use jiff::civil::date;
use reader::eval::{Fonts, Level, Set, specimen};
use reader::{ModelFolder, Runtime, RuntimeError, document_reader, face_reader};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use vision::{Limits, decode};

/// The library's path and the models.
fn both() -> Option<(Runtime, ModelFolder)> {
    let Some(library) = std::env::var_os("BAOHAO_STORE_ONNXRUNTIME").map(PathBuf::from) else {
        eprintln!("skipped: BAOHAO_STORE_ONNXRUNTIME names no library");
        return None;
    };
    let own = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/models");
    let folder = std::env::var_os("BAOHAO_MODELS").map_or_else(own, PathBuf::from);
    let runtime = Runtime::open(Some(&library)).expect("the library is one");
    assert_eq!(runtime.name(), "onnxruntime");
    Some((runtime, ModelFolder::new(folder)))
}

fn soon() -> Instant {
    Instant::now() + Duration::from_mins(10)
}

/// What must be the same in two readings: everything but how sure, which may differ a little.
fn same(one: &Reading, other: &Reading) {
    assert_eq!(
        (one.document, one.side, one.quarters),
        (other.document, other.side, other.quarters)
    );
    assert_eq!(one.fields.len(), other.fields.len());
    for (a, b) in one.fields.iter().zip(&other.fields) {
        assert_eq!((a.name, a.standing), (b.name, b.standing));
        assert!(a.value == b.value, "{}", a.name.code());
        let apart = (a.confidence - b.confidence).abs();
        assert!(apart < 0.01, "{}: {apart}", a.name.code());
    }
}

#[test]
fn every_document_reads_the_same_by_both() {
    let (Some((runtime, models)), Some((plain, fonts))) = (both(), tools::tools()) else { return };
    let onnx = document_reader(&models, &runtime).expect("the models are there");
    let fonts: &Fonts = fonts;
    for (kind, level) in [
        (DocumentKind::ResidentId, Level::Mild),
        (DocumentKind::ResidentId, Level::Hard),
        (DocumentKind::ResidencePermit, Level::Glare),
        (DocumentKind::ForeignPassport, Level::Mild),
    ] {
        let drawn = specimen(fonts, Set::Development, kind, level, 4100);
        for (side, _) in &drawn.photos {
            let photo = tools::photo(&drawn, *side);
            let read = onnx.read(&photo, date(2026, 11, 27), soon()).expect("it runs");
            assert!(!read.fields.is_empty(), "{kind:?} at {level:?}");
            same(&read, &tools::read(plain, &photo));
        }
    }
}

#[test]
fn faces_are_as_alike_by_both() {
    let Some((runtime, models)) = both() else { return };
    let looks = [&Runtime::default(), &runtime].map(|runtime| {
        let reader = face_reader(&models, runtime).expect("the models are there");
        let limits = Limits { side_min: 1, ..Limits::default() };
        let face = decode(include_bytes!("faces/astronaut.jpg"), &limits).expect("whole").picture;
        let softer = vision::specimen::blurred(&face, 1.5);
        let faces = reader.look(&face, Some(&softer), soon()).expect("it runs");
        let document = faces.document.expect("there is one");
        (faces.portrait.faces, document.cosine.expect("faces"), document.face.expect("a face"))
    });
    let [(count, cosine, face), (other_count, other_cosine, other_face)] = looks;
    assert_eq!(count, other_count);
    assert!((cosine - other_cosine).abs() < 1e-3, "{cosine} and {other_cosine}");
    assert_eq!(face.spots, other_face.spots);
}

#[test]
fn several_threads_read_at_once_and_get_their_own_answers() {
    let (Some((runtime, models)), Some((plain, fonts))) = (both(), tools::tools()) else { return };
    let onnx = document_reader(&models, &runtime).expect("the models are there");
    let photo = |index| {
        let kind = DocumentKind::ResidentId;
        tools::photo(&specimen(fonts, Set::Development, kind, Level::Mild, index), Side::Front)
    };
    let photos: Vec<_> = (4110..4113).map(photo).collect();
    std::thread::scope(|scope| {
        let read = |photo| onnx.read(photo, date(2026, 11, 27), soon()).expect("it runs");
        let all: Vec<_> = photos.iter().map(|photo| scope.spawn(move || read(photo))).collect();
        for (photo, reading) in photos.iter().zip(all) {
            same(&reading.join().expect("it ends"), &tools::read(plain, photo));
        }
    });
}

#[test]
fn what_is_no_library_is_refused_with_its_path() {
    let path = std::env::temp_dir().join(format!("baohao-no-library-{}.so", std::process::id()));
    std::fs::write(&path, b"nothing").expect("written");
    let error = Runtime::open(Some(&path)).map(drop).expect_err("refused");
    let RuntimeError::Library { path: told, .. } = &error else { panic!("{error}") };
    assert_eq!(*told, path.display().to_string());
    std::fs::remove_file(path).expect("removed");
}
