//! Outgoing e-mail.

mod simulator;

pub use simulator::Simulator;
