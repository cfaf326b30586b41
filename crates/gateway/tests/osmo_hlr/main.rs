//! The adapter for osmo-hlr against the real one, with a pretend serving node as the witness.
//! Without the package `osmo-hlr` these tests say so and pass, except in CI.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod drift;
mod kill;
mod obey;
mod register;
mod vlr;
mod world;
