//! The desk: staff sign in, reviewers work on cases, leads watch promises.
//!
//! Every handler but the sign-in takes [`Signed`]: who is signed in, with the frame of the page.

mod board;
mod case;
mod drift;
mod faces;
mod form;
mod handle;
mod home;
mod names;
mod notices;
mod pools;
mod queue;
mod sign_in;
mod signed;

pub use signed::Signed;

use crate::component::{Component as _, DueChip, Html};
use crate::shell::Shell;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use domain::access::Action;
use domain::time::At;
use service::App;
use std::sync::Arc;

/// The cookie of a staff session.
pub const COOKIE: &str = "staff";

/// A route about one case, and the action it is.
#[derive(Clone, Copy, Debug)]
pub struct CaseRoute {
    /// As routed.
    pub path: &'static str,
    /// Whether it is a form's target; else a page or an image.
    pub is_post: bool,
    /// What the access rules call it.
    pub action: Action,
}

impl CaseRoute {
    const fn get(path: &'static str, action: Action) -> Self {
        Self { path, is_post: false, action }
    }

    const fn post(path: &'static str, action: Action) -> Self {
        Self { path, is_post: true, action }
    }
}

/// Every route about one case: a test walks them in every role.
pub const CASE_ROUTES: &[CaseRoute] = &[
    CaseRoute::get("/desk/case/{id}", Action::SeeCase),
    CaseRoute::get("/desk/case/{id}/image/{item}/{round}", Action::SeeImage),
    CaseRoute::post("/desk/case/{id}/claim", Action::ClaimCase),
    CaseRoute::post("/desk/case/{id}/release", Action::ClaimCase),
    CaseRoute::post("/desk/case/{id}/preview", Action::SeeCase),
    CaseRoute::post("/desk/case/{id}/decide", Action::DecideCase),
    CaseRoute::post("/desk/case/{id}/undo", Action::UndoDecision),
    CaseRoute::post("/desk/case/{id}/give", Action::ReassignCase),
];

/// The pages of the desk.
pub fn router(app: &Arc<App>) -> Router<Arc<App>> {
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
        .route("/desk/network", get(drift::page))
        .route("/desk/pools", get(pools::page))
        .route("/desk/notices", get(notices::page).post(notices::show))
        .route("/desk/sign-in", get(sign_in::page).post(sign_in::submit))
        .route("/desk/sign-out", post(sign_in::sign_out))
        .route("/desk/session", post(signed::stay))
        .layer(from_fn_with_state(Arc::clone(app), sign_in::keep_forms))
}

fn due(shell: &Shell, at: At) -> Html {
    let machine = shell.when(at).machine();
    DueChip::new(shell.lang, shell.now().millis(), at.millis(), machine).html()
}
