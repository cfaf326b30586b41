//! Use cases, one file per verb: load, decide, commit. Effects follow from the outbox.

pub mod access;
pub mod app;
pub mod audit;
pub mod backup;
pub mod calendar;
pub mod clock;
pub mod command;
pub mod error;
pub mod holder;
pub mod id;
pub mod idempotency;
pub mod image;
pub mod ingest;
pub mod inventory;
pub mod keep;
pub mod lookup;
pub mod maintenance;
pub mod notice;
pub mod number;
pub mod operator;
pub mod policy;
pub mod port;
pub mod provision;
pub mod register;
mod retry;
pub mod review;
pub mod sanction;
pub mod staff;
pub mod sweep;
pub mod ticket;
pub mod token;
pub mod work;

pub use app::App;
pub use error::{Error, Fault, Refused};
pub use retry::retry;
pub use seal::Sensitive;
