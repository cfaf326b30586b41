//! The models as this program runs them against what another runtime gave for the same input.

use super::*;
use crate::models::ModelFolder;
use crate::session::Runtime;
use std::path::PathBuf;

/// The models, where they are: `BAOHAO_MODELS` or `target/models` of the workspace. In CI they must
/// be there.
fn folder() -> ModelFolder {
    let own = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/models");
    ModelFolder::new(std::env::var_os("BAOHAO_MODELS").map_or_else(own, PathBuf::from))
}

#[test]
fn the_embedding_of_a_fixed_input_is_the_reference() {
    let onnx = match folder().load("face.embed") {
        Ok(onnx) => onnx,
        Err(state) => {
            assert!(std::env::var_os("CI").is_none(), "CI brings the models: {}", state.code());
            eprintln!("skipped: face.embed is {}", state.code());
            return;
        }
    };
    let session = Runtime::default().load(fold(&onnx).expect("understood")).expect("a model");
    let raw: Vec<u8> = (0..3 * 112 * 112).map(|i: u32| (i * 37 % 251) as u8).collect();
    // The reference is plane by plane; a picture is pixel by pixel.
    let plane = 112 * 112;
    let pixels = (0..plane).flat_map(|i| [raw[i], raw[plane + i], raw[2 * plane + i]]).collect();
    let picture = Picture::from_raw(112, 112, pixels).expect("whole");
    let vector = embed(session.as_ref(), &picture).expect("it runs");
    let reference: Vec<f32> = include_str!("../../tests/faces/reference.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.parse().expect("a number"))
        .collect();
    assert_eq!(reference.len(), VECTOR);
    let worst = vector.0.iter().zip(&reference).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    eprintln!("largest difference: {worst:e}");
    assert!(worst < 1e-4, "{worst}");
}
