//! Reads documents and portraits with models that lie in files beside the program: in the process,
//! on the CPU, without a network. It keeps nothing of what it sees.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels and probabilities: every value is clamped to its range before it is cast"
)]
#![expect(
    clippy::many_single_char_names,
    reason = "corners and coordinates have the names of geometry"
)]

mod cards;
mod detect;
mod document;
pub mod eval;
mod face;
mod geometry;
mod kinds;
mod licence;
pub mod models;
mod outline;
mod passport;
mod places;
mod pool;
mod raster;
mod recognise;
mod resident;
mod row;
mod scan;
mod session;
mod text;
mod weights;
mod wire;
mod zone;

pub use document::DocumentReader;
pub use face::{FaceReader, FaceVector};
pub use models::{ModelFolder, State};
pub use pool::{Pool, PoolError, PoolLimits};
pub use session::{ModelError, Runtime, RuntimeError, Session, Tensor};

/// Why no document can be read: the model that is not ready, and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the model {id} is {}", state.code())]
pub struct NotReady {
    /// The model.
    pub id: String,
    /// How it stands; [`State::Unreadable`] too if the bytes are right and cannot be run.
    pub state: State,
}

/// Loads what reads documents, after proving every file by its hash, to be run by `runtime`.
pub fn document_reader(
    models: &ModelFolder,
    runtime: &Runtime,
) -> Result<DocumentReader, NotReady> {
    let not_ready = |id: &str, state| NotReady { id: id.to_owned(), state };
    let load = |id: &str| models.load(id).map_err(|state| not_ready(id, state));
    let session = |id: &str, onnx: Vec<u8>| -> Result<Box<dyn Session>, NotReady> {
        let onnx = weights::without_subnormals(onnx);
        runtime.load(onnx).map_err(|_| not_ready(id, State::Unreadable))
    };
    let (detector, recogniser) = (load("ocr.det")?, load("ocr.rec")?);
    let detector = session("ocr.det", detector)?;
    let session = session("ocr.rec", recogniser.clone())?;
    DocumentReader::new(detector, session, &recogniser)
        .map_err(|_| not_ready("ocr.rec", State::Unreadable))
}

/// Loads what finds and compares faces, after proving every file by its hash, to be run by
/// `runtime`; the models' weights are unfolded from eight bits while they are loaded.
pub fn face_reader(models: &ModelFolder, runtime: &Runtime) -> Result<FaceReader, NotReady> {
    let session = |id: &str| -> Result<Box<dyn Session>, NotReady> {
        let not_ready = |state| NotReady { id: id.to_owned(), state };
        let onnx = models.load(id).map_err(not_ready)?;
        let folded = face::fold(&onnx).ok_or_else(|| not_ready(State::Unreadable))?;
        runtime.load(folded).map_err(|_| not_ready(State::Unreadable))
    };
    Ok(FaceReader::new(session("face.det")?, session("face.embed")?))
}
