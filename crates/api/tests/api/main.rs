//! The operator API, called through its routes, on both engines.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod applications;
mod citus;
mod common;
mod esim;
mod frame;
mod matrix;
mod numbers;
mod state;
