//! The usage feed against the real `nats-server` of the Debian package.
//! Without it these tests say so and pass, except in CI.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod cluster;
mod events;
mod one;
mod server;
mod world;
