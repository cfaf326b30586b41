//! Phones, which exist only in the simulated network.

mod simulator;

pub use simulator::{Attempt, Refusal, Simulator, Verdict};
