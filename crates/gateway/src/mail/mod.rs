//! Outgoing e-mail.

mod simulator;
pub mod smtp;

pub use simulator::Simulator;
pub use smtp::Smtp;
