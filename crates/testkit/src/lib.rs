//! What tests need and the program does not: fresh databases on both engines.

pub use store::on_both_engines;
pub use store::testing::{Engine, Fresh, fresh};
