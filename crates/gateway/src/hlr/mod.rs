//! The home location register.

pub mod http;
pub mod osmo;
mod simulator;

pub use http::Http;
pub use osmo::Osmo;
pub use simulator::Simulator;
