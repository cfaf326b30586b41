//! The one seam to whatever computes: a tensor in, a tensor out.

use rten::{Model, ModelOptions, RunOptions, ThreadPool};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor as RtenTensor};
use std::cell::OnceCell;
use std::sync::Arc;

thread_local! {
    /// One computing thread for each calling thread: a picture never takes more than one core, and
    /// callers do not wait for each other.
    static THREADS: OnceCell<Arc<ThreadPool>> = const { OnceCell::new() };
}

fn threads() -> Arc<ThreadPool> {
    let new = || Arc::new(ThreadPool::with_num_threads(1));
    THREADS.with(|threads| Arc::clone(threads.get_or_init(new)))
}

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
    /// Runs it on one input; gives every output in the model's order.
    fn run(&self, input: &Tensor) -> Result<Vec<Tensor>, ModelError>;
}

/// A model run by `rten`, in Rust, on one core.
pub struct RtenSession {
    model: Model,
}

impl RtenSession {
    /// Loads an ONNX file.
    pub fn load(onnx: Vec<u8>) -> Result<Self, ModelError> {
        let mut options = ModelOptions::with_all_ops();
        options.prepack_weights(true);
        let model = options.load(onnx).map_err(|error| ModelError::Load(error.to_string()))?;
        Ok(Self { model })
    }
}

impl std::fmt::Debug for RtenSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RtenSession({} parameters)", self.model.total_params())
    }
}

impl Session for RtenSession {
    fn run(&self, input: &Tensor) -> Result<Vec<Tensor>, ModelError> {
        let [n, channels, height, width] = *input.shape.as_slice() else {
            return Err(ModelError::Run("the input has not four axes".to_owned()));
        };
        if n * channels * height * width != input.values.len() {
            return Err(ModelError::Run("the input has not its shape".to_owned()));
        }
        let failed = |error: rten::RunError| ModelError::Run(error.to_string());
        let tensor = NdTensor::from_data([n, channels, height, width], input.values.clone());
        let into = *self
            .model
            .input_ids()
            .first()
            .ok_or_else(|| ModelError::Run("the model has no input".to_owned()))?;
        let options = RunOptions::default().with_thread_pool(Some(threads()));
        let outputs = self.model.run(
            vec![(into, tensor.view().into())],
            self.model.output_ids(),
            Some(options),
        );
        let outputs = outputs.map_err(failed)?.into_iter().map(|value| {
            let tensor: RtenTensor<f32> = value
                .try_into()
                .map_err(|_| ModelError::Run("an output is not of numbers".to_owned()))?;
            Ok(Tensor { shape: tensor.shape().to_vec(), values: tensor.to_vec() })
        });
        outputs.collect()
    }
}
