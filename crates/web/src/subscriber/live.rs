//! The live capture: a page of its own, since only here the camera may be used; it needs JavaScript
//! and is never the only way.

use super::session::Applicant;
use crate::shell::Shell;
use crate::shell::assets::LIVE_JS;
use crate::shell::failure::Reply;
use askama::Template;
use axum::extract::{Multipart, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use domain::live::{FRAMES, Outcome};
use service::App;
use service::register::{self, FRAME_BYTES_MAX};
use std::sync::Arc;
use words::Lang;

/// What the page may do beyond every other: use the camera.
const CAMERA: &str = "camera=(self), microphone=(), geolocation=(), payment=(), usb=()";
/// Bytes of a challenge, as it comes back.
const NONCE_BYTES_MAX: usize = 128;

#[derive(Template)]
#[template(path = "subscriber/live.html")]
struct Page {
    t: Lang,
}

/// A challenge, for the program in the browser.
#[derive(serde::Serialize)]
struct Told {
    nonce: String,
    steps: Vec<&'static str>,
}

/// What came of a film.
#[derive(serde::Serialize)]
struct Answer {
    outcome: &'static str,
    why: Vec<&'static str>,
    text: String,
}

/// `GET /register/live`.
pub(crate) async fn page(State(app): State<Arc<App>>, shell: Shell, applicant: Applicant) -> Reply {
    let t = shell.lang;
    if !register::may_live(&app, &applicant.actor(), applicant.application_id).await? {
        return Ok(super::go(super::steps::CHECK));
    }
    let mut response = shell.page(t.live_title()).script(&LIVE_JS).body(&Page { t });
    let name = HeaderName::from_static("permissions-policy");
    response.headers_mut().insert(name, HeaderValue::from_static(CAMERA));
    Ok(response)
}

/// `POST /register/live/begin`: a challenge.
pub(crate) async fn begin(State(app): State<Arc<App>>, applicant: Applicant) -> Reply {
    let id = applicant.application_id;
    let task = register::begin_live(&app, &applicant.actor(), id).await?;
    let steps: Vec<&'static str> = task.steps.iter().map(|step| step.code()).collect();
    Ok(axum::Json(Told { nonce: task.nonce, steps }).into_response())
}

/// `POST /register/live/film`: the challenge and the pictures, in their order.
pub(crate) async fn film(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    parts: Multipart,
) -> Reply {
    let Some((nonce, frames)) = receive(parts).await else {
        return Ok(StatusCode::BAD_REQUEST.into_response());
    };
    let (actor, id) = (applicant.actor(), applicant.application_id);
    let result = register::finish_live(&app, &actor, id, &nonce, frames).await?;
    let t = shell.lang;
    let text = match result.outcome {
        Outcome::Passed => t.live_outcome_passed().to_owned(),
        Outcome::Suspicious | Outcome::NotAssessed => {
            let why = result.why.first().map(|why| why.code().replace('_', "-"));
            let why = why.and_then(|why| t.by_id(&format!("live-why-{why}"), &[]));
            t.live_outcome_other(why.unwrap_or_default())
        }
    };
    let codes: Vec<&'static str> = result.why.iter().map(|why| why.code()).collect();
    let outcome = result.outcome.code();
    Ok(axum::Json(Answer { outcome, why: codes, text }).into_response())
}

/// The challenge and the files; one more file, or a byte more of each, than may be is kept, so that
/// it is told. `None` for a broken body.
async fn receive(mut parts: Multipart) -> Option<(String, Vec<Vec<u8>>)> {
    let (mut nonce, mut frames) = (String::new(), Vec::new());
    while let Some(mut field) = parts.next_field().await.ok()? {
        let is_nonce = field.name() == Some("nonce");
        let most = if is_nonce { NONCE_BYTES_MAX } else { FRAME_BYTES_MAX + 1 };
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.ok()? {
            let room = most.saturating_sub(bytes.len());
            bytes.extend(chunk.iter().take(room));
        }
        if is_nonce {
            nonce = String::from_utf8(bytes).ok()?;
        } else if frames.len() <= FRAMES {
            frames.push(bytes);
        }
    }
    Some((nonce, frames))
}
