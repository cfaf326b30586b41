//! Who is at the other end: cookies with tickets, renewed while the person is active.

use super::steps;
use crate::shell::{SafeUntil, cookie};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use domain::access::Actor;
use domain::id::{ApplicationId, OperatorId, PartyId};
use domain::time::At;
use service::holder::{Proven, Way};
use service::register::{self, View};
use service::ticket::{self, Purpose};
use service::{App, Error};
use std::sync::Arc;

/// A session ends after so long without a page.
pub(crate) const IDLE_MINUTES: i64 = 30;

/// A form sent so long after the end of the session is still kept; the browser forgets its cookie
/// after that.
const LATE_MINUTES: i64 = 12 * 60;

/// The forms of a draft that only write: what was typed into one of them is kept even if the
/// session has ended meanwhile. Sending the application, its contact and its consents ask for a
/// session.
const KEPT_FORMS: [&str; 5] = [
    "/register/number",
    "/register/who",
    "/register/document",
    "/register/identity",
    "/register/photo/",
];

const APPLICANT: &str = "applicant";
const HOLDER: &str = "holder";

/// The applicant of one application.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Applicant {
    pub(crate) operator_id: OperatorId,
    pub(crate) application_id: ApplicationId,
}

/// A holder who proved a contact.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holder {
    pub(crate) operator_id: OperatorId,
    pub(crate) party_id: PartyId,
    /// Where the code went; what a thief with the phone must not do needs the registered contact.
    pub(crate) way: Way,
}

impl Applicant {
    /// As the use cases see it.
    pub(crate) fn actor(&self) -> Actor {
        Actor::Applicant { operator_id: self.operator_id, application_id: self.application_id }
    }

    /// The application as it stands, for its own applicant.
    pub(crate) async fn open(&self, app: &App) -> Result<View, Error> {
        register::open(app, &self.actor(), self.application_id).await
    }

    fn content(&self) -> String {
        format!("{} {}", self.operator_id, self.application_id)
    }

    fn read(app: &App, headers: &HeaderMap) -> Option<Self> {
        Self::read_late(app, headers, 0)
    }

    /// Whoever sends a form of the draft may be late; see [`KEPT_FORMS`].
    fn of_form(app: &App, method: &Method, path: &str, headers: &HeaderMap) -> Option<Self> {
        let is_kept =
            *method == Method::POST && KEPT_FORMS.iter().any(|kept| path.starts_with(kept));
        Self::read_late(app, headers, if is_kept { LATE_MINUTES } else { 0 })
    }

    fn of_parts(app: &App, parts: &Parts) -> Option<Self> {
        Self::of_form(app, &parts.method, parts.uri.path(), &parts.headers)
    }

    fn read_late(app: &App, headers: &HeaderMap, late_minutes: i64) -> Option<Self> {
        let ticket = cookie::read(headers, APPLICANT)?;
        let content = ticket::read_late(app, Purpose::Applicant, ticket, late_minutes)?;
        let (operator, application) = content.split_once(' ')?;
        Some(Self {
            operator_id: OperatorId(operator.parse().ok()?),
            application_id: application.parse().ok()?,
        })
    }

    /// The cookie that lets this person go on, from now.
    pub(crate) fn cookie(&self, app: &App, is_secure: bool) -> HeaderValue {
        let ticket = ticket::issue(app, Purpose::Applicant, &self.content(), until(app));
        cookie::session(APPLICANT, &ticket, (IDLE_MINUTES + LATE_MINUTES) * 60, is_secure)
    }
}

impl From<Proven> for Holder {
    fn from(proven: Proven) -> Self {
        let Proven { operator_id, party_id, way, .. } = proven;
        Self { operator_id, party_id, way }
    }
}

impl Holder {
    /// As the use cases see it.
    pub(crate) fn actor(&self) -> Actor {
        Actor::Holder { operator_id: self.operator_id, party_id: self.party_id }
    }

    fn read(app: &App, headers: &HeaderMap) -> Option<Self> {
        let ticket = cookie::read(headers, HOLDER)?;
        let content = ticket::read(app, Purpose::Holder, ticket)?;
        let mut words = content.split(' ');
        Some(Self {
            operator_id: OperatorId(words.next()?.parse().ok()?),
            party_id: words.next()?.parse().ok()?,
            way: Way::from_code(words.next()?)?,
        })
    }

    /// The cookie that lets this person go on, from now.
    pub(crate) fn cookie(&self, app: &App, is_secure: bool) -> HeaderValue {
        let content = format!("{} {} {}", self.operator_id, self.party_id, self.way.code());
        let ticket = ticket::issue(app, Purpose::Holder, &content, until(app));
        cookie::session(HOLDER, &ticket, IDLE_MINUTES * 60, is_secure)
    }

    /// Ends it.
    pub(crate) fn forget() -> HeaderValue {
        cookie::forget(HOLDER)
    }
}

fn until(app: &App) -> At {
    app.now().plus_minutes(IDLE_MINUTES)
}

impl FromRequestParts<Arc<App>> for Applicant {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        Self::of_parts(app, parts).ok_or_else(|| {
            let is_new = cookie::read(&parts.headers, APPLICANT).is_none();
            let path = if is_new { steps::BEGIN } else { "/resume?over" };
            Redirect::to(path).into_response()
        })
    }
}

impl FromRequestParts<Arc<App>> for Holder {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        Self::read(app, &parts.headers)
            .ok_or_else(|| Redirect::to("/numbers/sign-in").into_response())
    }
}

/// `POST /session`: the person is still there. Says how many seconds the session goes on, or that
/// it is over.
pub(crate) async fn stay(applicant: Maybe<Applicant>, holder: Maybe<Holder>) -> Response {
    let is_there = applicant.0.is_some() || holder.0.is_some();
    let left = if is_there { IDLE_MINUTES * 60 } else { 0 };
    (if is_there { StatusCode::OK } else { StatusCode::GONE }, left.to_string()).into_response()
}

/// Nobody has to be signed in; who is, is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Maybe<T>(pub(crate) Option<T>);

impl FromRequestParts<Arc<App>> for Maybe<Applicant> {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self(Applicant::of_parts(app, parts)))
    }
}

impl FromRequestParts<Arc<App>> for Maybe<Holder> {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self(Holder::read(app, &parts.headers)))
    }
}

/// Every page renews the session of the person who opened it. Who sends a form after the end has it
/// kept and is asked for a code before anything is shown.
pub(crate) async fn renew(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let is_secure = cookie::is_secure(headers);
    let applicant = Applicant::read(&app, headers);
    let holder = Holder::read(&app, headers);
    let is_late = applicant.is_none()
        && Applicant::of_form(&app, request.method(), request.uri().path(), headers).is_some();
    if applicant.is_some() || holder.is_some() {
        request.extensions_mut().insert(SafeUntil(until(&app)));
    }
    let mut response = next.run(request).await;
    if is_late {
        let was_kept = response.status().is_redirection()
            || response.status() == StatusCode::UNPROCESSABLE_ENTITY;
        return Redirect::to(if was_kept { "/resume?kept" } else { "/resume?over" })
            .into_response();
    }
    let is_set = |name: &str| {
        let cookies = response.headers().get_all(header::SET_COOKIE);
        cookies.iter().any(|cookie| cookie.as_bytes().starts_with(format!("{name}=").as_bytes()))
    };
    let mut renewed = Vec::new();
    if let Some(applicant) = applicant.filter(|_| !is_set(APPLICANT)) {
        renewed.push(applicant.cookie(&app, is_secure));
    }
    if let Some(holder) = holder.filter(|_| !is_set(HOLDER)) {
        renewed.push(holder.cookie(&app, is_secure));
    }
    for cookie in renewed {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
