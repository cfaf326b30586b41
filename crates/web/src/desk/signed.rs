use super::COOKIE;
use crate::shell::failure::Failure;
use crate::shell::{Brand, Shell, StaffBar, cookie};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use domain::access::{Action, Actor};
use service::App;
use service::staff::Session;
use std::sync::Arc;

/// Who is signed in, and the frame of a page for them. Nobody signed in means: sign in first, then
/// come back here.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The frame, with the operator's brand.
    pub shell: Shell,
    /// Who.
    pub session: Session,
}

impl Signed {
    /// The actor of this person's steps.
    pub fn actor(&self) -> Actor {
        self.session.actor()
    }

    /// Whether one of the person's roles includes `action`.
    pub fn may(&self, action: Action) -> bool {
        self.session.roles.iter().any(|role| action.is_for(*role))
    }
}

impl FromRequestParts<Arc<App>> for Signed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let Ok(mut shell) = Shell::from_request_parts(parts, app).await;
        let token = cookie::read(&parts.headers, COOKIE).unwrap_or("");
        let found = service::staff::session(app, token).await;
        let found = found.map_err(|error| Failure(error).into_response())?;
        let Some(session) = found else {
            // Only a page can be come back to; a form was kept before (`sign_in::keep_forms`).
            let is_page = parts.method == axum::http::Method::GET;
            let next = if is_page { shell.here.as_str() } else { "/desk" };
            let to = format!("/desk/sign-in?next={}", encode(next));
            return Err(Redirect::to(&to).into_response());
        };
        let operator = service::operator::load(app, session.operator_id).await;
        let operator = operator.map_err(|error| Failure(error).into_response())?;
        shell.brand = Brand::of(&operator, shell.lang);
        shell.staff = Some(bar(&shell, &session));
        shell.safe_until = Some(session.ends_at);
        Ok(Self { shell, session })
    }
}

/// `POST /desk/session`: the person is still there. Says how many seconds the session goes on.
pub(super) async fn stay(signed: Signed) -> String {
    let left = signed.session.ends_at.millis() - signed.shell.now().millis();
    (left / 1000).to_string()
}

fn bar(shell: &Shell, session: &Session) -> StaffBar {
    let t = shell.lang;
    let may = |action: Action| session.roles.iter().any(|role| action.is_for(*role));
    let mut links = Vec::new();
    if may(Action::SeeQueue) {
        links.push((t.desk_queue_title().to_owned(), "/desk".to_owned()));
    }
    if may(Action::SeeBoard) {
        links.push((t.desk_board_title().to_owned(), "/desk/board".to_owned()));
    }
    if may(Action::SeeNotices) {
        links.push((t.desk_notices_title().to_owned(), "/desk/notices".to_owned()));
    }
    if may(Action::StockNumber) {
        links.push((t.desk_pools_title().to_owned(), "/desk/pools".to_owned()));
    }
    if may(Action::SeeDrift) {
        links.push((t.desk_drift_title().to_owned(), "/desk/network".to_owned()));
    }
    let until = shell.when(session.ends_at).time();
    StaffBar {
        name: t.desk_signed_in(session.name.expose(), until),
        links,
        sign_out: "/desk/sign-out".to_owned(),
    }
}

/// Percent-encodes a text for use as the value of a query.
pub(super) fn encode(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./~".contains(&byte);
    text.bytes()
        .map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
