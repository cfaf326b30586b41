//! Adapters behind the ports of `service`, each beside its simulator.
//!
//! | port | simulator | real adapter |
//! |---|---|---|
//! | `service::port::Hlr` | [`hlr::Simulator`] | [`hlr::Osmo`], [`hlr::Http`], [`hlr::PyHss`] |
//! | `service::port::Sms` | [`smsc::Simulator`] | [`smsc::Smpp`] |
//! | `service::port::Mail` | [`mail::Simulator`] | [`mail::Smtp`] |
//! | `service::port::Smdp` | [`smdp::Simulator`] | [`smdp::Es2plus`] |
//! | `service::ingest` | the handset of the demo | [`usage::Nats`] |
//! | `service::port::Ocr` | none: without models nothing is read | [`ocr::Models`] |
//!
//! The simulators are views of one [`network::Network`]: the world outside the process, which
//! remembers what it was told, misbehaves on demand ([`network::Fault`]) and survives a restart. It
//! never decides for the program: a call is refused because the record the program provisioned says
//! so, and for no other reason.

pub mod authority;
pub mod handset;
pub mod hlr;
mod http;
pub mod mail;
pub mod meter;
pub mod network;
pub mod ocr;
pub mod smdp;
pub mod smsc;
mod tls;
mod unconnected;
pub mod usage;

pub use unconnected::Unconnected;
