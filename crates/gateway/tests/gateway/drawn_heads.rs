//! Drawn heads that turn and come closer, seen by the real models: what films them relies on it.

use domain::live::{FRAMES, Step, judge};
use domain::portrait::{Limits, Portrait};
use reader::ModelFolder;
use std::time::{Duration, Instant};
use testkit::faces::{Pose, before_camera};
use vision::Picture;
use vision::specimen::{Holder, portrait};

#[test]
fn a_drawn_head_is_seen_to_turn_and_to_come_closer() {
    let Some(folder) = std::env::var_os("BAOHAO_MODELS") else {
        assert!(std::env::var_os("CI").is_none(), "CI names the models in BAOHAO_MODELS");
        eprintln!("skipped: BAOHAO_MODELS names no models");
        return;
    };
    let reader = reader::face_reader(&ModelFolder::new(folder), &reader::Runtime::default())
        .expect("models");
    let until = Instant::now() + Duration::from_mins(1);
    let poses = [Pose::STRAIGHT].into_iter().chain(Step::ALL.map(Pose::of));
    let pictures: Vec<Picture> =
        poses.flat_map(|pose| [before_camera(pose, 0), before_camera(pose, 1)]).collect();
    let frames: Vec<Portrait> =
        pictures.iter().map(|one| reader.follow(one, until).expect("it looks")).collect();
    for frame in &frames {
        let face = frame.face.map(|face| (face.sureness, face.eyes_px));
        let measured = frame.measures.map(|m| (m.turn, m.pattern));
        println!("{} {face:?} {measured:?} framed {}", frame.faces, frame.is_framed);
    }
    let digests: Vec<[u8; 32]> = (0..8).map(|at| [at; 32]).collect();
    assert_eq!(digests.len(), FRAMES);
    assert_eq!(judge(Step::ALL, &frames, &digests, &Limits::DEFAULT), []);
    let nobody = reader.follow(&before_camera(Pose::NOBODY, 0), until).expect("it looks");
    assert_eq!(nobody.faces, 0);
    let straight = pictures.first().expect("a picture");
    let seen = reader.look(&portrait(&Holder::default()), Some(straight), until);
    let cosine = seen.expect("it looks").document.and_then(|document| document.cosine);
    println!("cosine {cosine:?}");
    assert!(cosine.is_some_and(|cosine| cosine > 0.5), "the same person: {cosine:?}");
}
