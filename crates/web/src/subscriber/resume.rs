//! Going on with an application on any device: its reference, and a code to its contact.

use super::fields::Fields;
use super::numbers::{pending, pending_number};
use super::session::Applicant;
use super::{go, steps};
use crate::component::{Button, Component as _, Errors, FormPage, Html, Notice, TextField, Tone};
use crate::shell::Shell;
use crate::shell::failure::Reply;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use domain::access::Actor;
use domain::application;
use service::register;
use service::{App, holder};
use std::sync::Arc;

/// `?over`: one was here before, and was away too long. `?kept`: the same, and what was sent then
/// was kept. `?reference=`: which application.
#[derive(Clone, Debug, Default, serde::Deserialize)]
pub(crate) struct Why {
    over: Option<String>,
    kept: Option<String>,
    #[serde(default)]
    reference: String,
}

/// `GET /resume`.
pub(crate) async fn page(shell: Shell, Query(why): Query<Why>) -> Response {
    let t = shell.lang;
    let text = match (why.kept, why.over) {
        (Some(_), _) => Some(t.apply_session_over_kept()),
        (None, Some(_)) => Some(t.apply_session_over_text()),
        (None, None) => None,
    };
    ask_page(&shell, &why.reference, text, &Errors::none())
}

fn ask_page(shell: &Shell, reference: &str, over: Option<&str>, errors: &Errors) -> Response {
    let t = shell.lang;
    let mut page = FormPage::new(shell, t.apply_resume_title(), "/resume")
        .back("/")
        .lead(t.apply_resume_lead())
        .errors(errors)
        .part(
            TextField::new("reference", t.apply_reference_label())
                .hint(t.apply_reference_hint())
                .value(reference)
                .width("w-8")
                .errors(errors)
                .html(),
        )
        .button(Button::new(t, t.apply_contact_send()));
    if let Some(text) = over {
        let notice = Notice::new(Tone::Amber, text);
        page = page.before(notice.title(t.apply_session_over_title()).html());
    }
    page.response()
}

/// `POST /resume`: sends the code.
pub(crate) async fn ask_code(
    State(app): State<Arc<App>>,
    shell: Shell,
    Form(fields): Form<Fields>,
) -> Reply {
    let reference = fields.trimmed("reference");
    match register::send_resume_code(&app, shell.operator_id, &reference).await {
        Ok(_) => Ok(pending(&app, &shell, &reference, "/resume/code")),
        Err(service::Error::Refused(refused)) => {
            let errors = Errors::refused(shell.lang, &refused, "reference");
            let field = fields.text("reference");
            Ok(ask_page(&shell, &field, None, &errors.all_at("reference")))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /resume/code`.
pub(crate) async fn code(
    State(app): State<Arc<App>>,
    shell: Shell,
    headers: HeaderMap,
) -> Response {
    match pending_number(&app, &headers) {
        Some(_) => code_page(&shell, "", &Errors::none()),
        None => go("/resume"),
    }
}

fn code_page(shell: &Shell, typed: &str, errors: &Errors) -> Response {
    let t = shell.lang;
    FormPage::new(shell, t.apply_code_title(), "/resume/code")
        .back("/resume")
        .lead(t.progress_code_sent(holder::CODE_MINUTES))
        .errors(errors)
        .part(
            TextField::new("code", t.apply_code_label())
                .hint(t.apply_code_hint())
                .value(typed)
                .one_time_code()
                .errors(errors)
                .html(),
        )
        .after(Html::paragraph(t.apply_code_late()))
        .after(Html::link(t.apply_code_again(), "/resume"))
        .response()
}

/// `POST /resume/code`: opens the application on this device.
pub(crate) async fn confirm(
    State(app): State<Arc<App>>,
    shell: Shell,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Reply {
    let Some(reference) = pending_number(&app, &headers) else { return Ok(go("/resume")) };
    let typed = fields.text("code");
    match register::resume(&app, shell.operator_id, &reference, &typed).await {
        Ok(Actor::Applicant { operator_id, application_id }) => {
            let applicant = Applicant { operator_id, application_id };
            let view = applicant.open(&app).await?;
            let next = match view.facts.state {
                application::State::Draft => steps::TASKS.to_owned(),
                application::State::NeedsUpdate => steps::REDO.to_owned(),
                _ => format!("/status/{}", view.reference),
            };
            let cookie = applicant.cookie(&app, shell.is_secure);
            Ok(([(header::SET_COOKIE, cookie)], go(&next)).into_response())
        }
        Ok(_) => Err(service::Error::NotFound.into()),
        Err(service::Error::Refused(refused)) => {
            let errors = Errors::refused(shell.lang, &refused, "code");
            Ok(code_page(&shell, &typed, &errors))
        }
        Err(error) => Err(error.into()),
    }
}
