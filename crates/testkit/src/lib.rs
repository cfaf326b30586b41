//! What tests need and the program does not: fresh databases on both engines, the program around
//! them with a clock that stands still, and an outside that records.

mod app;
mod applicant;
mod authority;
mod browser;
pub mod faces;
mod number;
pub mod page;
pub mod reading;
mod smdp;
mod staff;

pub use app::{Outside, START, TestApp};
pub use applicant::{Applicant, Card, Drafted};
pub use authority::TestAuthority;
pub use browser::{Browser, Document, Form};
pub use smdp::{SmdpFault, TestProfile, TestSmdp};
pub use staff::Colleague;
pub use store::on_both_engines;
pub use store::testing::{
    Citus, Engine, Fresh, OwnServer, drop_connections, folder, fresh, fresh_on,
};
