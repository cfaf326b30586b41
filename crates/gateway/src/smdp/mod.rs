//! The SM-DP+, which prepares eSIM profiles.

pub mod es2plus;
mod simulator;

pub use es2plus::Es2plus;
pub use simulator::Simulator;
