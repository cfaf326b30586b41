//! Usage that comes by itself: who used a number, from the network's own event bus.

pub mod nats;

pub use nats::Nats;
