//! The home location register.

pub mod http;
pub mod osmo;
pub mod pyhss;
mod simulator;

pub use http::Http;
pub use osmo::Osmo;
pub use pyhss::PyHss;
pub use simulator::Simulator;
