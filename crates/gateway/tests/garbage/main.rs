//! Peers that talk garbage: random bytes, and what a peer would say with some of it changed. No
//! adapter panics or waits for ever, others go on meanwhile, it is counted, and the log tells of
//! nobody.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod chance;
mod http;
mod log;
mod mail;
mod register;
mod smpp;
