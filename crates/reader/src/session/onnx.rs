//! ONNX Runtime: a shared library beside the program, opened when it starts.

use super::{ModelError, RuntimeError, Session, Tensor, four_axes};
use ort::environment::Environment;
use ort::session::Session as OrtSession;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::Tensor as OrtTensor;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The opened library.
#[derive(Clone, Debug)]
pub(super) struct Library(Environment);

/// The library of this process, which is never closed: whatever was loaded from it may be in use.
static OPENED: Mutex<Option<(std::path::PathBuf, Environment)>> = Mutex::new(None);

impl Library {
    /// Opens it; the same one again is the same library.
    pub(super) fn open(path: &Path) -> Result<Self, RuntimeError> {
        let refused = |why: String| RuntimeError::Library { path: path.display().to_string(), why };
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        match &*opened {
            Some((known, environment)) if known == path => return Ok(Self(environment.clone())),
            Some((known, _)) => {
                return Err(refused(format!("{} is open already", known.display())));
            }
            None => {}
        }
        let builder = ort::init_from(path).map_err(|error| refused(error.to_string()))?;
        let environment = builder.with_name("baohao").with_telemetry(false).build();
        let environment = environment.map_err(|error| refused(error.to_string()))?;
        *opened = Some((path.to_owned(), environment.clone()));
        Ok(Self(environment))
    }
}

/// A model run by ONNX Runtime. One session answers one caller at a time, so each caller that
/// finds none free gets another: there are as many as threads that read at once.
pub(super) struct OnnxSession {
    library: Library,
    onnx: Vec<u8>,
    free: Mutex<Vec<OrtSession>>,
}

impl OnnxSession {
    /// Loads an ONNX file.
    pub(super) fn load(library: Library, onnx: Vec<u8>) -> Result<Self, ModelError> {
        let first = session(&library, &onnx)?;
        Ok(Self { library, onnx, free: Mutex::new(vec![first]) })
    }
}

/// One core, no waiting in circles: a picture takes no more than its caller's thread.
fn session(library: &Library, onnx: &[u8]) -> Result<OrtSession, ModelError> {
    let failed = |error: String| ModelError::Load(error);
    let builder = OrtSession::builder(&library.0).map_err(|error| failed(error.to_string()))?;
    let builder = builder.with_intra_threads(1).map_err(|error| failed(error.to_string()))?;
    let builder = builder.with_inter_threads(1).map_err(|error| failed(error.to_string()))?;
    let builder = builder.with_optimization_level(GraphOptimizationLevel::All);
    let mut builder = builder.map_err(|error| failed(error.to_string()))?;
    builder.commit_from_memory(onnx).map_err(|error| failed(error.to_string()))
}

impl std::fmt::Debug for OnnxSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OnnxSession({} bytes)", self.onnx.len())
    }
}

impl Session for OnnxSession {
    fn run(&self, input: Tensor) -> Result<Vec<Tensor>, ModelError> {
        let axes = four_axes(&input)?;
        let failed = |error: ort::Error| ModelError::Run(error.to_string());
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut session = match free {
            Some(session) => session,
            None => session(&self.library, &self.onnx)?,
        };
        let tensor = OrtTensor::from_array((axes, input.values)).map_err(failed)?;
        let outputs = session.run(ort::inputs![tensor]).map_err(failed)?;
        let mut answers = Vec::with_capacity(outputs.len());
        for (_, output) in &outputs {
            let (shape, values) = output.try_extract_tensor::<f32>().map_err(failed)?;
            let shape = shape.iter().map(|length| usize::try_from(*length).unwrap_or(0)).collect();
            answers.push(Tensor { shape, values: values.to_vec() });
        }
        drop(outputs);
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        Ok(answers)
    }
}
