//! Numbers: every verb about one, from reserving it to closing it.
//!
//! A verb checks that the actor may, turns itself into an [`Event`](domain::number::Event) and
//! calls [`apply`]: load, decide, commit, again on conflict. A use case that must commit more
//! together (an approval, say) calls [`stage`] and commits its own batch.

mod adopt;
mod close;
mod load;
pub(crate) mod lot;
mod money;
mod pool;
mod retention;
mod safety;
mod stage;
mod status;
mod stock;
mod swap;
mod tell;

pub use adopt::{Adopted, AdoptedHolder, adopt};
pub use close::{close, recover, withdraw_close};
pub(crate) use load::{counting_kinds, take_in, take_in_feeds};
pub use load::{held_by, is_being_registered, load, policy_of};
pub use money::{BalanceView, balance, extend, refund, top_up};
pub use pool::{
    Counts, FREE_MAX, FreeNumber, FreePage, Wanted, count_pool, drop_pool, free_numbers, open_pool,
    pools, put_pool,
};
pub use retention::{arrears, paid, pause, resume, usage};
pub use safety::{
    clear_fraud, flag_fraud, lift_loss, lift_order, order, order_reverify, pass_reverify,
    report_loss,
};
pub use stage::{Applied, announce_ready, apply, apply_as_system, stage};
pub(crate) use stage::{Change, refuse_unless, stage_decided, stage_loaded};
pub use status::{HoldView, NumberStatus, StatusWord, Switching, status, status_word};
pub use stock::{
    allocate, bring, bring_sim, drop_reservation, release_unregistered, reserve, retire,
};
pub use swap::{port_out, port_return, replace_sim, transfer};
