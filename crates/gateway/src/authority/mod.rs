//! The identity authority: any interface over HTTP whose shape the configuration tells, and a
//! simulator.

pub mod http;
mod simulator;

pub use http::Http;
pub use simulator::Simulator;
