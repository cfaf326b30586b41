//! Numbers: a small lifecycle state times a set of holds.
//!
//! ```text
#![doc = include_str!("../../../../docs/generated/number-lifecycle.txt")]
//! ```
//!
//! [`Lifecycle`] says where a number is in its life; [`Holds`] are independent restrictions, each
//! with its reason and its way out. What the network allows is the intersection of what both leave
//! ([`profile`]). [`decide`] is the one rule: facts, policy, event and instant in, a [`Step`] or a
//! [`NumberRefusal`] out. Sweeps, use cases, previews and tests all call it.
//!
//! The drawing is made from the code by [`diagram`], and `docs/generated/number-table.txt` shows
//! what every event does in every state ([`table`]).

mod approval;
mod diagram;
mod event;
mod facts;
mod hold;
mod network;
mod profile;
mod refusal;
mod state;
mod step;
#[cfg(test)]
mod tests;
mod transition;
mod transition_active;
mod transition_closing;
mod transition_stock;

pub use approval::{approved, effective_from};
pub use diagram::{diagram, table};
pub use event::{Event, UsageKind};
pub use facts::{Cause, Facts, Holder, LadderMark, SimRef, Usage};
pub use hold::{Appeal, Hold, HoldKind, Holds, Lifter, Proof, SetBy};
pub use network::{Capabilities, Lean, lean};
pub use profile::{Service, ServiceProfile, profile};
pub use refusal::NumberRefusal;
pub use state::Lifecycle;
pub use step::{Effect, Step, Tell};
pub use transition::{decide, needs_proof};
