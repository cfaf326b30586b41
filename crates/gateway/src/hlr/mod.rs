//! The home location register.

pub mod osmo;
mod simulator;

pub use osmo::Osmo;
pub use simulator::Simulator;
