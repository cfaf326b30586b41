//! The desk: staff sign in, reviewers work on cases, leads watch promises.
//!
//! Every handler but the sign-in takes [`Signed`]: who is signed in, with the frame of the page.

mod home;
mod queue;
mod sign_in;
mod signed;

pub use signed::Signed;

use crate::component::{Component as _, DueChip, Html};
use crate::shell::Shell;
use axum::Router;
use axum::routing::{get, post};
use domain::access::Role;
use domain::application::Kind;
use domain::review::Stage;
use domain::time::At;
use service::App;
use std::sync::Arc;
use words::Lang;

/// The cookie of a staff session.
pub const COOKIE: &str = "staff";

/// The pages of the desk.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/desk", get(queue::page))
        .route("/desk/next", post(queue::next))
        .route("/desk/sign-in", get(sign_in::page).post(sign_in::submit))
        .route("/desk/sign-out", post(sign_in::sign_out))
}

fn due(shell: &Shell, at: At) -> Html {
    let machine = shell.when(at).machine();
    DueChip::new(shell.lang, shell.now().millis(), at.millis(), machine).html()
}

fn kind_name(t: Lang, kind: Kind) -> &'static str {
    match kind {
        Kind::Registration => t.desk_kind_registration(),
        Kind::BackRegistration => t.desk_kind_back_registration(),
        Kind::Reverification => t.desk_kind_reverification(),
        Kind::SimReplacement => t.desk_kind_sim_replacement(),
        Kind::Transfer => t.desk_kind_transfer(),
        Kind::Recovery => t.desk_kind_recovery(),
        Kind::Appeal => t.desk_kind_appeal(),
    }
}

fn stage_name(t: Lang, stage: Stage) -> &'static str {
    match stage {
        Stage::First => t.desk_stage_first(),
        Stage::Second => t.desk_stage_second(),
        Stage::Lead => t.desk_stage_lead(),
    }
}

fn role_name(t: Lang, role: Role) -> &'static str {
    match role {
        Role::Clerk => t.access_role_clerk(),
        Role::Reviewer => t.access_role_reviewer(),
        Role::Lead => t.access_role_lead(),
        Role::Agent => t.access_role_agent(),
        Role::Administrator => t.access_role_administrator(),
        Role::Auditor => t.access_role_auditor(),
    }
}

/// The last six characters of an id.
fn short(id: domain::id::ApplicationId) -> String {
    let text = id.to_string();
    text.get(text.len().saturating_sub(6)..).unwrap_or_default().to_uppercase()
}
