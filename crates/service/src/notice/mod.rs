//! Notices: what is written to people, by which way, and what became of it.

pub mod render;

pub use render::{Rendered, Sender, render};
