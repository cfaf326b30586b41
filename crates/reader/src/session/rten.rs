//! `rten`: in Rust, part of the program.

use super::{ModelError, Session, Tensor, four_axes};
use rten::{Model, ModelOptions, RunOptions, ThreadPool};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor as RtenTensor};
use std::cell::OnceCell;
use std::sync::Arc;

thread_local! {
    /// One computing thread for each calling thread.
    static THREADS: OnceCell<Arc<ThreadPool>> = const { OnceCell::new() };
}

fn threads() -> Arc<ThreadPool> {
    let new = || Arc::new(ThreadPool::with_num_threads(1));
    THREADS.with(|threads| Arc::clone(threads.get_or_init(new)))
}

/// A model run by `rten`.
pub(super) struct RtenSession {
    model: Model,
}

impl RtenSession {
    /// Loads an ONNX file.
    pub(super) fn load(onnx: Vec<u8>) -> Result<Self, ModelError> {
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
    fn run(&self, input: Tensor) -> Result<Vec<Tensor>, ModelError> {
        let axes = four_axes(&input)?;
        let failed = |error: rten::RunError| ModelError::Run(error.to_string());
        let tensor = NdTensor::from_data(axes, input.values);
        let into = *self
            .model
            .input_ids()
            .first()
            .ok_or_else(|| ModelError::Run("the model has no input".to_owned()))?;
        let options = RunOptions::default().with_thread_pool(Some(threads()));
        let outputs = self.model.run(
            vec![(into, tensor.into_dyn().into())],
            self.model.output_ids(),
            Some(options),
        );
        let outputs = outputs.map_err(failed)?.into_iter().map(|value| {
            let tensor: RtenTensor<f32> = value
                .try_into()
                .map_err(|_| ModelError::Run("an output is not of numbers".to_owned()))?;
            Ok(Tensor { shape: tensor.shape().to_vec(), values: tensor.into_data() })
        });
        outputs.collect()
    }
}
