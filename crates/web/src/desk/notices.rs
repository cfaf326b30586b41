//! What was sent about a number, by which channel, and what came back: the evidence of a release.
//!
//! The number goes by form, not by address: what is in an address ends up in logs.

use super::{Signed, names};
use crate::component::{Button, Component as _, Errors, Html, Tag, TextField, Tone};
use crate::shell::failure::Reply;
use crate::shell::{Shell, Width};
use askama::Template;
use axum::extract::{Form, State};
use axum::response::Response;
use domain::access::Action;
use domain::msisdn::Msisdn;
use domain::time::At;
use serde::Deserialize;
use service::notice::{Evidence, Proof, Sent, SentAttempt, evidence};
use service::{App, Error};
use std::sync::Arc;
use words::Lang;

#[derive(Template)]
#[template(path = "desk/notices.html")]
struct Page {
    t: Lang,
    field: Html,
    button: Html,
    found: Option<Found>,
}

struct Found {
    number: String,
    proof: Html,
    notices: Vec<Row>,
}

struct Row {
    when: String,
    lang: String,
    text: String,
    attempts: Vec<Attempt>,
}

struct Attempt {
    channel: String,
    address: String,
    state: Html,
    submitted: String,
    settled: String,
    error: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    number: String,
}

/// `GET /desk/notices`.
pub(crate) async fn page(signed: Signed) -> Reply {
    if !signed.may(Action::SeeNotices) {
        return Err(Error::NotFound.into());
    }
    Ok(render(signed, "", &Errors::none(), None))
}

/// `POST /desk/notices`.
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    signed: Signed,
    Form(typed): Form<Typed>,
) -> Reply {
    if !signed.may(Action::SeeNotices) {
        return Err(Error::NotFound.into());
    }
    let t = signed.shell.lang;
    let number = typed.number.trim();
    let found = match Msisdn::parse(number) {
        Ok(msisdn) => match evidence(&app, &signed.actor(), msisdn).await {
            Ok(evidence) => Some(evidence),
            Err(Error::NotFound) => None,
            Err(error) => return Err(error.into()),
        },
        Err(_) => None,
    };
    let Some(evidence) = found else {
        let errors = Errors::one("number", t.desk_notices_no_number());
        return Ok(render(signed, number, &errors, None));
    };
    let found = found_of(&signed.shell, &evidence);
    Ok(render(signed, number, &Errors::none(), Some(found)))
}

fn render(mut signed: Signed, number: &str, errors: &Errors, found: Option<Found>) -> Response {
    signed.shell.width = Width::Clerk;
    let t = signed.shell.lang;
    let field = TextField::new("number", t.desk_notices_number()).value(number).telephone();
    let button = Button::new(t, t.desk_notices_show()).html();
    let content = Page { t, field: field.errors(errors).html(), button, found };
    let page = signed.shell.page(t.desk_notices_title());
    let page = if errors.is_empty() { page } else { page.invalid() };
    page.body(&content)
}

fn found_of(shell: &Shell, evidence: &Evidence) -> Found {
    let t = shell.lang;
    let (tone, text) = match &evidence.proof {
        Proof::Delivered { at, channel } => {
            let channel = names::channel(t, *channel);
            (Tone::Green, t.desk_notices_proof_delivered(channel, shell.when(*at).legal()))
        }
        Proof::AllTried { at, .. } => {
            (Tone::Amber, t.desk_notices_proof_all_tried(shell.when(*at).legal()))
        }
        Proof::Pending => (Tone::Blue, t.desk_notices_proof_pending().to_owned()),
        Proof::None => (Tone::Blue, t.desk_notices_proof_none().to_owned()),
    };
    Found {
        number: evidence.msisdn.to_string(),
        proof: Tag::new(tone, text).html(),
        notices: evidence.sent.iter().map(|sent| row(shell, sent)).collect(),
    }
}

fn row(shell: &Shell, sent: &Sent) -> Row {
    let t = shell.lang;
    Row {
        when: shell.when(sent.at).legal(),
        lang: sent.lang.clone(),
        text: sent.text.clone().unwrap_or_else(|| t.desk_notices_no_text().to_owned()),
        attempts: sent.attempts.iter().map(|attempt| attempt_of(shell, attempt)).collect(),
    }
}

fn attempt_of(shell: &Shell, attempt: &SentAttempt) -> Attempt {
    let when = |at: Option<At>| at.map_or_else(|| "–".to_owned(), |at| shell.when(at).legal());
    let tone = match attempt.state {
        "delivered" => Tone::Green,
        "failed" | "expired" => Tone::Red,
        "unknown" => Tone::Amber,
        _ => Tone::Blue,
    };
    Attempt {
        channel: names::channel(shell.lang, attempt.channel),
        address: attempt.address.clone(),
        state: Tag::new(tone, names::delivery(shell.lang, attempt.state)).html(),
        submitted: when(attempt.submitted_at),
        settled: when(attempt.settled_at),
        error: attempt.error.clone().unwrap_or_default(),
    }
}
