//! Errors as pages: what happened, what to do, a reference for the hotline; never the cause.

use super::Shell;
use crate::component::{Component as _, Html, Notice, Tone};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::time::At;
use service::App;
use std::sync::Arc;
use words::Lang;

/// What a page handler may fail with; the outer layer turns it into a page in the right language.
#[derive(Debug)]
pub struct Failure(pub service::Error);

/// The answer of a page handler.
pub type Reply = Result<Response, Failure>;

impl<E: Into<service::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// Carried by a response until the outer layer has made a page of it.
#[derive(Clone, Debug)]
enum Told {
    Refused(service::Refused),
    Fault(String),
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self.0 {
            service::Error::Refused(refused) => {
                // Not this person's to do, or not at this moment.
                let is_access = refused.code.starts_with("access.");
                let status = if is_access { StatusCode::FORBIDDEN } else { StatusCode::CONFLICT };
                let mut response = status.into_response();
                response.extensions_mut().insert(Told::Refused(refused));
                response
            }
            service::Error::NotFound => StatusCode::NOT_FOUND.into_response(),
            service::Error::Conflict => StatusCode::CONFLICT.into_response(),
            service::Error::Fault(fault) => {
                let reference = reference();
                let error = &fault as &dyn std::error::Error;
                tracing::error!(%reference, error, "page failed");
                let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
                response.extensions_mut().insert(Told::Fault(reference));
                response
            }
        }
    }
}

/// Six unambiguous characters that find the log line.
fn reference() -> String {
    service::id::reference()
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    t: Lang,
    heading: &'a str,
    text: String,
    reference: Option<String>,
    at: String,
    notice: Option<Html>,
}

/// Gives every bare error answer a body: ours and those the framework makes (404, 405, 413, 415).
pub(crate) async fn pages(
    State(app): State<Arc<App>>,
    shell: Shell,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| !kind.as_bytes().starts_with(b"text/plain"));
    if is_page || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let told = response.extensions().get::<Told>().cloned();
    let mut page = page(&shell, status, told, app.now());
    *page.status_mut() = status;
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            page.headers_mut().append(name, value.clone());
        }
    }
    page
}

fn page(shell: &Shell, status: StatusCode, told: Option<Told>, at: At) -> Response {
    let t = shell.lang;
    let (mut reference, mut notice) = (None, None);
    let (heading, text) = match (status, told) {
        (_, Some(Told::Refused(refused))) => {
            let text = t.refusal(refused.code, &refused.values).unwrap_or_default();
            notice = Some(Notice::new(Tone::Amber, text).html());
            (t.shell_refused_title(), t.shell_refused_text())
        }
        (_, Some(Told::Fault(number))) => {
            reference = Some(number);
            (t.shell_fault_title(), t.shell_fault_text())
        }
        (StatusCode::NOT_FOUND, _) => (t.shell_missing_title(), t.shell_missing_text()),
        (StatusCode::FORBIDDEN, _) => (t.shell_foreign_title(), t.shell_foreign_text()),
        (StatusCode::PAYLOAD_TOO_LARGE, _) => (t.shell_large_title(), t.shell_large_text()),
        (StatusCode::CONFLICT, _) => (t.shell_conflict_title(), t.shell_conflict_text()),
        (status, _) if status.is_server_error() => {
            let number = self::reference();
            tracing::error!(reference = %number, %status, "page failed without a cause");
            reference = Some(number);
            (t.shell_fault_title(), t.shell_fault_text())
        }
        _ => (t.shell_bad_title(), t.shell_bad_text()),
    };
    let at = shell.when(at).legal();
    let text = text.to_owned();
    shell.page(heading).error().body(&FailurePage { t, heading, text, reference, at, notice })
}
