//! The one seam to whatever computes: a tensor in, tensors out.

#[cfg(feature = "ort")]
mod onnx;
mod rten;

use std::path::Path;

/// Numbers with a shape, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Length along each axis.
    pub shape: Vec<usize>,
    /// As many as the lengths multiplied.
    pub values: Vec<f32>,
}

/// Why a model gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The bytes are not a model this program can run.
    #[error("the model cannot be loaded: {0}")]
    Load(String),
    /// It failed on this input.
    #[error("the model failed: {0}")]
    Run(String),
    /// The picture's time was over before its answer.
    #[error("the deadline is over")]
    Deadline,
}

/// A loaded model.
pub trait Session: Send + Sync + std::fmt::Debug {
    /// Runs it on one input of four axes; gives every output in the model's order. Never takes
    /// more than one core, and callers on several threads do not wait for each other.
    fn run(&self, input: Tensor) -> Result<Vec<Tensor>, ModelError>;
}

/// What runs the models.
#[derive(Clone, Debug, Default)]
pub struct Runtime(Kind);

#[derive(Clone, Debug, Default)]
enum Kind {
    #[default]
    Rten,
    #[cfg(feature = "ort")]
    Onnx(onnx::Library),
}

/// Why a runtime that was asked for is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuntimeError {
    /// The program was built without it.
    #[error("this program runs models itself only: build it with `--features ort` for {0}")]
    NotBuilt(String),
    /// The library cannot be loaded, or is another one.
    #[error("{path} is not an ONNX Runtime this program can use: {why}")]
    Library {
        /// Its file.
        path: String,
        /// What was wrong.
        why: String,
    },
}

impl Runtime {
    /// ONNX Runtime, whose shared library is the file `library`, or with none `rten`, which is
    /// part of the program. A process has one library: a second one is refused.
    pub fn open(library: Option<&Path>) -> Result<Self, RuntimeError> {
        let Some(path) = library else { return Ok(Self::default()) };
        #[cfg(feature = "ort")]
        return onnx::Library::open(path).map(|library| Self(Kind::Onnx(library)));
        #[cfg(not(feature = "ort"))]
        return Err(RuntimeError::NotBuilt(path.display().to_string()));
    }

    /// Its name, for people.
    pub const fn name(&self) -> &'static str {
        match self.0 {
            Kind::Rten => "rten",
            #[cfg(feature = "ort")]
            Kind::Onnx(_) => "onnxruntime",
        }
    }

    /// Loads an ONNX file.
    pub fn load(&self, onnx: Vec<u8>) -> Result<Box<dyn Session>, ModelError> {
        Ok(match &self.0 {
            Kind::Rten => Box::new(rten::RtenSession::load(onnx)?),
            #[cfg(feature = "ort")]
            Kind::Onnx(library) => Box::new(onnx::OnnxSession::load(library.clone(), onnx)?),
        })
    }
}

/// The four lengths of an input; an error if it has others, or not its numbers.
fn four_axes(input: &Tensor) -> Result<[usize; 4], ModelError> {
    let [n, channels, height, width] = *input.shape.as_slice() else {
        return Err(ModelError::Run("the input has not four axes".to_owned()));
    };
    if n * channels * height * width != input.values.len() {
        return Err(ModelError::Run("the input has not its shape".to_owned()));
    }
    Ok([n, channels, height, width])
}
