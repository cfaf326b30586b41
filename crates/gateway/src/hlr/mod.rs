//! The home location register.

mod simulator;

pub use simulator::Simulator;
