//! The short-message service centre.
//!
//! The port's `notice_id` is an idempotency key: the simulator gives the same message id for the
//! same notice and delivers it once. SMPP has no such key, so an adapter for it says so
//! (`recognises_repeats`), and `service::notice` never repeats a submission in doubt on it: it
//! waits for a receipt, then tries another channel.

mod simulator;
pub mod smpp;

pub use simulator::Simulator;
pub use smpp::Smpp;
