//! seal
pub mod entropy;
