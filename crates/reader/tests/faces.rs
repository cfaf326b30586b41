//! Faces with the real models, where they are: in the folder `BAOHAO_MODELS`, or `target/models` of
//! the workspace. Where they are not, each test says so and does nothing, except in CI, where it
//! fails.

#![expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "tests; pixels are small numbers"
)]

use domain::portrait::{Band, Compared, FindingKind, Limits, band, faults};
use reader::{FaceReader, ModelError, ModelFolder, Runtime, face_reader};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use vision::specimen::{self, Holder};
use vision::{Picture, Region, decode};

fn reader() -> Option<&'static FaceReader> {
    static READER: OnceLock<Option<FaceReader>> = OnceLock::new();
    let load = || {
        let own = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/models");
        let folder = std::env::var_os("BAOHAO_MODELS").map_or_else(own, PathBuf::from);
        match face_reader(&ModelFolder::new(&folder), &Runtime::default()) {
            Ok(reader) => Some(reader),
            Err(error) => {
                assert!(std::env::var_os("CI").is_none(), "CI brings the models: {error}");
                eprintln!("skipped: {error} in {}", folder.display());
                None
            }
        }
    };
    READER.get_or_init(load).as_ref()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_mins(10)
}

fn picture(file: &[u8]) -> Picture {
    let limits = vision::Limits { side_min: 1, ..vision::Limits::default() };
    decode(file, &limits).expect("a picture").picture
}

fn astronaut() -> Picture {
    picture(include_bytes!("faces/astronaut.jpg"))
}

/// `small` laid over `large` with its upper left corner at `place`, shrunk to `width`.
fn laid(large: &Picture, small: &Picture, place: (u32, u32), width: u32) -> Picture {
    let small = small.fitted(width * small.height().max(small.width()) / small.width());
    let mut raw = large.raw().to_vec();
    for y in 0..small.height().min(large.height() - place.1) {
        let row = small.raw().chunks_exact(small.width() as usize * 3).nth(y as usize);
        let row = row.expect("a row");
        let start = (((place.1 + y) * large.width() + place.0) * 3) as usize;
        raw[start..start + row.len()].copy_from_slice(row);
    }
    Picture::from_raw(large.width(), large.height(), raw).expect("whole")
}

/// A specimen card on a table with this face in the place of the drawn one.
fn card_with(face: &Picture) -> Picture {
    let card = specimen::document_front(&Holder::default());
    // The drawn card lies at (194, 161) of the photo; its portrait is about 230 pixels wide.
    laid(&card, face, (194 + 690, 161 + 70), 220)
}

#[test]
fn the_five_places_lie_where_another_program_finds_them() {
    let Some(reader) = reader() else { return };
    let seen = reader.look(&astronaut(), None, soon()).expect("it runs").portrait;
    assert_eq!(seen.faces, 1);
    let face = seen.face.expect("a face");
    assert!(face.sureness > 0.9, "{face:?}");
    // OpenCV 5.0 (FaceDetectorYN, the unfolded file) on the same picture in a black square.
    let expected = [101.35, 103.45, 147.44, 103.55, 123.72, 126.39, 103.11, 143.62, 142.83, 144.56];
    for (spot, place) in face.spots.iter().zip(expected.chunks_exact(2)) {
        let (x, y) = (spot.x as f32 * 300.0 / 10_000.0, spot.y as f32 * 400.0 / 10_000.0);
        let off = (x - place[0]).hypot(y - place[1]);
        assert!(off < 1.0, "{x},{y} against {place:?}: {off}");
    }
}

#[test]
fn a_portrait_of_a_person_has_few_faults_and_spoilt_ones_their_own() {
    let Some(reader) = reader() else { return };
    let kinds = |picture: &Picture| {
        let seen = reader.look(picture, None, soon()).expect("it runs").portrait;
        eprintln!("{seen:?}");
        let found =
            faults(&seen, &Limits { eyes_px_fail: 30, eyes_px_warn: 40, ..Limits::DEFAULT });
        found.into_iter().map(|finding| finding.kind).collect::<Vec<_>>()
    };
    let plain = kinds(&astronaut());
    assert!(plain.is_empty(), "{plain:?}");
    let blurred = kinds(&specimen::blurred(&astronaut(), 4.0));
    assert!(blurred.contains(&FindingKind::Blurry), "{blurred:?}");
    let dark = kinds(&specimen::darkened(&astronaut(), 0.25));
    assert!(
        dark.contains(&FindingKind::TooDark) && !dark.contains(&FindingKind::Blurry),
        "{dark:?}"
    );
    let wall = Picture::from_raw(300, 400, vec![180; 300 * 400 * 3]).expect("whole");
    assert_eq!(kinds(&wall), [FindingKind::NoFace]);
    let wide = Picture::from_raw(640, 400, vec![180; 640 * 400 * 3]).expect("whole");
    let two = laid(&laid(&wide, &astronaut(), (0, 0), 300), &astronaut(), (320, 0), 300);
    assert!(kinds(&two).contains(&FindingKind::SeveralFaces));
}

#[test]
fn the_same_person_on_a_card_is_more_alike_than_anybody_else() {
    let Some(reader) = reader() else { return };
    let card = card_with(&astronaut());
    let mirrored = specimen::blurred(&astronaut(), 1.0);
    let cosine = |portrait: &Picture, document: &Picture| {
        let faces = reader.look(portrait, Some(document), soon()).expect("it runs");
        let seen = faces.document.expect("there is one");
        eprintln!("{seen:?} in {} ms", faces.millis);
        seen.cosine.expect("two faces")
    };
    let genuine = cosine(&mirrored, &card);
    let drawn = cosine(&specimen::portrait(&Holder::default()), &card);
    assert!(genuine > drawn + 0.3, "{genuine} and {drawn}");
    assert_ne!(band(genuine, &Limits::DEFAULT), Band::Mismatch);
    assert_eq!(band(drawn, &Limits::DEFAULT), Band::Mismatch);
    for quarters in 1..4 {
        let turned = cosine(&mirrored, &card.turned(quarters));
        assert!((turned - genuine).abs() < 0.15, "turned by {quarters}: {turned}");
    }
}

#[test]
fn a_portrait_that_is_the_cards_photo_is_a_copy() {
    let Some(reader) = reader() else { return };
    let card = card_with(&astronaut());
    // The applicant photographs the card and cuts the face out.
    let region = Region { x: 620, y: 230, width: 180, height: 330 };
    let cut = card.cropped(region);
    let faces = reader.look(&cut, Some(&card), soon()).expect("it runs");
    eprintln!("{faces:?}");
    let compared = Compared::of(&faces, &Limits::DEFAULT);
    assert!(matches!(compared, Compared::Scored { band: Band::Copy, .. }), "{compared:?}");
}

#[test]
fn the_drawn_people_of_the_demo_are_faces_and_their_cards_have_them() {
    let Some(reader) = reader() else { return };
    for seed in 0..12 {
        let holder = Holder { seed, ..Holder::default() };
        let portrait = specimen::portrait(&holder);
        let card = specimen::document_front(&holder);
        let faces = reader.look(&portrait, Some(&card), soon()).expect("it runs");
        eprintln!("{seed}: {faces:?}");
        let found: Vec<_> = faults(&faces.portrait, &Limits::DEFAULT);
        assert!(found.is_empty(), "{seed}: {found:?}");
        let cosine = faces.document.and_then(|document| document.cosine).expect("two faces");
        assert_ne!(band(cosine, &Limits::DEFAULT), Band::Copy, "{seed}: {cosine}");
    }
}

#[test]
fn a_document_without_a_face_has_no_score_and_the_deadline_holds() {
    let Some(reader) = reader() else { return };
    let back = specimen::document_back(&Holder::default());
    let faces = reader.look(&astronaut(), Some(&back), soon()).expect("it runs");
    let sure = faces.document.expect("there is one").face.is_some_and(|f| f.sureness >= 0.7);
    assert!(!sure, "{faces:?}");
    let gone = reader.look(&astronaut(), None, Instant::now());
    assert_eq!(gone, Err(ModelError::Deadline));
}

/// Photos of public figures that come with a package (MIT) and are not committed: see
/// `faces/README.md`.
#[test]
fn different_photos_of_one_person_are_more_alike_than_those_of_two() {
    let Some(reader) = reader() else { return };
    let Some(folder) = std::env::var_os("BAOHAO_FACES").map(PathBuf::from) else {
        eprintln!("skipped: BAOHAO_FACES names no folder with photos");
        return;
    };
    let photo = |name: &str| picture(&std::fs::read(folder.join(name)).expect("a photo"));
    let one = ["obama.jpg", "obama2.jpg", "obama3.jpg"].map(photo);
    let other = photo("biden.jpg");
    let mut genuine = Vec::new();
    let mut impostor = Vec::new();
    for (index, photo) in one.iter().enumerate() {
        for second in one.iter().skip(index + 1) {
            let card = card_with(&face_of(reader, second));
            let faces = reader.look(photo, Some(&card), soon()).expect("it runs");
            eprintln!("{faces:?}");
            let compared = Compared::of(&faces, &Limits::DEFAULT);
            assert!(!matches!(compared, Compared::Scored { band: Band::Copy, .. }), "{compared:?}");
            genuine.push(faces.document.and_then(|d| d.cosine).expect("two faces"));
        }
        for stranger in [&other, &astronaut()] {
            let card = card_with(&face_of(reader, stranger));
            let faces = reader.look(photo, Some(&card), soon()).expect("it runs");
            impostor.push(faces.document.and_then(|d| d.cosine).expect("two faces"));
        }
    }
    eprintln!("genuine {genuine:.2?}, impostor {impostor:.2?}");
    let least = genuine.iter().copied().fold(f32::INFINITY, f32::min);
    let most = impostor.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    assert!(least > most + 0.15, "{least} and {most}");
}

/// The part of a photo around its face, as a card's photo shows it.
fn face_of(reader: &FaceReader, photo: &Picture) -> Picture {
    let seen = reader.look(photo, None, soon()).expect("it runs").portrait;
    let face = seen.face.expect("a face");
    let (left, right) = (face.spots[0], face.spots[1]);
    let width = photo.width().cast_signed();
    let height = photo.height().cast_signed();
    let eyes = face.eyes_px as i32;
    let thousandth = |value: i32, whole: i32| (value * 1000 / whole).clamp(0, 1000) as u16;
    let x = i32::midpoint(left.x, right.x) * width / 10_000;
    let y = i32::midpoint(left.y, right.y) * height / 10_000;
    photo.cropped(Region {
        x: thousandth(x - eyes * 3 / 2, width),
        y: thousandth(y - eyes * 3 / 2, height),
        width: thousandth(eyes * 3, width),
        height: thousandth(eyes * 4, height),
    })
}
