//! The desk: staff sign in, reviewers work on cases, leads watch promises.
//!
//! Every handler but the sign-in takes [`Signed`]: who is signed in, with the frame of the page.

mod board;
mod case;
mod form;
mod handle;
mod home;
mod names;
mod queue;
mod sign_in;
mod signed;

pub use signed::Signed;

use crate::component::{Component as _, DueChip, Html};
use crate::shell::Shell;
use axum::Router;
use axum::routing::{get, post};
use domain::time::At;
use service::App;
use std::sync::Arc;

/// The cookie of a staff session.
pub const COOKIE: &str = "staff";

/// The pages of the desk.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/desk", get(queue::page))
        .route("/desk/next", post(queue::next))
        .route("/desk/case/{id}", get(handle::page))
        .route("/desk/case/{id}/image/{item}/{round}", get(handle::image))
        .route("/desk/case/{id}/claim", post(handle::claim))
        .route("/desk/case/{id}/release", post(handle::release))
        .route("/desk/case/{id}/preview", post(handle::preview))
        .route("/desk/case/{id}/decide", post(handle::decide))
        .route("/desk/case/{id}/undo", post(handle::undo))
        .route("/desk/case/{id}/give", post(board::give))
        .route("/desk/board", get(board::page))
        .route("/desk/sign-in", get(sign_in::page).post(sign_in::submit))
        .route("/desk/sign-out", post(sign_in::sign_out))
}

fn due(shell: &Shell, at: At) -> Html {
    let machine = shell.when(at).machine();
    DueChip::new(shell.lang, shell.now().millis(), at.millis(), machine).html()
}
