//! The demo: the real program around a simulated network, with a clock that can be moved.
//!
//! [`Outside`] is what the program is given instead of a network: the simulators of `gateway`
//! and a clock with a persistent offset. [`World`] is the program with it: it seeds two operators,
//! their staff and some thousand numbers, moves time ([`World::advance`]) and serves the pages
//! below `/demo` and the interface below `/demo/api`. Nothing of this exists outside the demo, and
//! no rule is bent for it: seeding, staff, texts and calls go through the same use cases as
//! everything else.

mod api;
mod clock;
mod models;
mod outside;
mod page;
mod people;
mod phone;
mod seed;
mod world;

pub use clock::of_folder as clock_of_folder;
pub use models::{ModelNews, Models};
pub use outside::Outside;
pub use people::{ACCOUNTS, Account};
pub use seed::Scale;
pub use world::{Advanced, World};

use axum::Router;
use std::sync::Arc;
use web::shell::Sandbox;

/// The links of the striped bar on every page of the demo.
pub const SANDBOX: Sandbox = Sandbox {
    links: &[
        ("先试什么", "What to try", "/demo"),
        ("手机", "Phone", "/demo/handset"),
        ("时钟", "Clock", "/demo/clock"),
        ("网络", "Network", "/demo/network"),
        ("邮箱", "E-mail", "/demo/mail"),
    ],
};

/// Everything below `/demo`, to be merged with the program's own pages.
pub fn router(world: &Arc<World>) -> Router {
    page::router(world).merge(api::router(world))
}
