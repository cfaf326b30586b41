//! The short-message service centre.
//!
//! The port's `notice_id` is an idempotency key: the simulator gives the same message id for the
//! same notice and delivers it once. SMPP has no such key. An adapter for it must therefore record
//! the answer of `submit_sm` before it acknowledges, and answer `Unreachable` only when it is sure
//! that nothing was handed over; a submission in doubt is `service::notice`'s to settle (it waits for
//! a receipt and then tries another channel, never the same one).

mod simulator;

pub use simulator::Simulator;
