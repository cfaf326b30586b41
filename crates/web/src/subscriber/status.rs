//! S12 and S14: where an application stands; what was decided, and what can be done about it.

use super::fields::Fields;
use super::session::{Applicant, Maybe};
use super::{go, steps};
use crate::component::{
    Button, Component as _, Delivery, Empty, Errors, FormPage, Html, Message, MessageList, Moment,
    Notice, Summary, Tag, TextField, Timeline, Tone,
};
use crate::shell::failure::Reply;
use crate::shell::{Shell, cookie};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use domain::application::Facts;
use domain::reason::{Reason, Retry};
use service::esim::EsimView;
use service::notice::Sent;
use service::register::{self, Can, Status, StatusKey, TimelineStep};
use service::{App, ticket};
use std::sync::Arc;
use words::Lang;

/// Which public part this browser may see: reference and last four digits.
const TRACKING: &str = "tracking";
/// How long the public part stays open without typing it again.
const TRACKING_MINUTES: i64 = 60;

/// `GET /status`.
pub(crate) async fn ask(shell: Shell) -> Response {
    ask_page(&shell, "", "", &Errors::none())
}

fn ask_page(shell: &Shell, reference: &str, tail: &str, errors: &Errors) -> Response {
    let t = shell.lang;
    FormPage::new(shell, t.progress_title(), "/status")
        .back("/")
        .lead(t.progress_lead())
        .errors(errors)
        .part(
            TextField::new("reference", t.apply_reference_label())
                .hint(t.apply_reference_hint())
                .value(reference)
                .width("w-8")
                .errors(errors)
                .html(),
        )
        .part(
            TextField::new("tail", t.progress_tail_label())
                .hint(t.progress_tail_hint())
                .value(tail)
                .digits()
                .width("w-4")
                .errors(errors)
                .html(),
        )
        .button(Button::new(t, t.progress_show()))
        .after(Html::paragraph(t.progress_lost_reference()))
        .after(Html::link(t.mine_title(), "/numbers"))
        .response()
}

/// `POST /status`.
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    shell: Shell,
    Form(fields): Form<Fields>,
) -> Reply {
    let t = shell.lang;
    let (reference, tail) = (fields.trimmed("reference"), fields.trimmed("tail"));
    let mut errors = Errors::none();
    if reference.is_empty() {
        errors.push("reference", t.apply_wrong_reference());
    }
    if tail.len() != 4 || !tail.bytes().all(|b| b.is_ascii_digit()) {
        errors.push("tail", t.apply_wrong_tail());
    }
    if errors.is_empty() {
        match register::public_status(&app, shell.operator_id, &reference, &tail).await {
            Ok(found) => {
                let until = app.now().plus_minutes(TRACKING_MINUTES);
                let content = format!("{} {}", found.reference, found.tail);
                let ticket = ticket::issue(&app, ticket::Purpose::Tracking, &content, until);
                let seconds = TRACKING_MINUTES * 60;
                let cookie = cookie::session(TRACKING, &ticket, seconds, shell.is_secure);
                let next = go(&format!("/status/{}", found.reference));
                return Ok(([(header::SET_COOKIE, cookie)], next).into_response());
            }
            Err(service::Error::NotFound) => errors.push("reference", t.progress_not_found()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(ask_page(&shell, &fields.text("reference"), &fields.text("tail"), &errors))
}

/// `GET /s/{reference}`: the short address in texts.
pub(crate) async fn short(Path(reference): Path<String>) -> Response {
    let is_reference =
        reference.len() <= 12 && reference.bytes().all(|b| b.is_ascii_alphanumeric());
    go(&if is_reference { format!("/status/{reference}") } else { "/status".to_owned() })
}

/// `GET /status/{reference}`: everything for the applicant, the public part for who knows the
/// reference and the last four digits, the question for everybody else.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Maybe<Applicant>,
    headers: HeaderMap,
    Path(reference): Path<String>,
) -> Reply {
    if let Maybe(Some(applicant)) = applicant {
        let (actor, id) = (applicant.actor(), applicant.application_id);
        match register::status(&app, &actor, id).await {
            Ok(status) if status.reference.eq_ignore_ascii_case(&reference) => {
                let esim = service::esim::of_application(&app, &actor, id).await?;
                return Ok(full(&shell, &status, esim.as_ref()));
            }
            Ok(_) | Err(service::Error::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let known = cookie::read(&headers, TRACKING)
        .and_then(|ticket| ticket::read(&app, ticket::Purpose::Tracking, ticket));
    if let Some((known, tail)) = known.as_deref().and_then(|known| known.split_once(' '))
        && known.eq_ignore_ascii_case(&reference)
    {
        let found = register::public_status(&app, shell.operator_id, known, tail).await?;
        return Ok(public(&shell, &found));
    }
    Ok(ask_page(&shell, &reference, "", &Errors::none()))
}

#[derive(Template)]
#[template(path = "subscriber/status.html")]
struct StatusPage<'a> {
    t: Lang,
    heading: &'a str,
    tag: Html,
    sentence: String,
    is_late: bool,
    dates: Vec<Html>,
    zones: Html,
    main: Option<Html>,
    reasons: Vec<Html>,
    facts: Html,
    timeline: Option<Html>,
    messages: Option<Html>,
    actions: Vec<Html>,
    as_of: String,
    here: String,
}

fn full(shell: &Shell, status: &Status, esim: Option<&EsimView>) -> Response {
    let t = shell.lang;
    let heading = t.progress_heading(&status.reference);
    let open = status.redo.iter().filter(|item| !item.is_done).count();
    let reference = &status.reference;
    let (main, mut actions) = actions(t, status);
    let mut facts = Summary::new().row(t.progress_number(), format!("•••• {}", status.tail));
    if let Some(esim) = esim {
        let (tone, text) = super::esim::progress(t, esim);
        facts = facts.part(t.esim_row(), Tag::new(tone, text).html());
        actions.push(Html::link(t.esim_action(), "/numbers"));
    }
    let moments: Vec<Moment> = status.timeline.iter().map(|step| moment(shell, step)).collect();
    let page = StatusPage {
        t,
        heading: &heading,
        tag: tag(t, status.key),
        sentence: register::sentence(t, &status.facts, open, &status.legal_zone),
        is_late: status.facts.is_late_told && status.is_our_turn,
        dates: clocks(shell, &status.facts),
        zones: shell.zone_form(),
        main,
        reasons: status.reasons.iter().map(|reason| reason_card(t, *reason)).collect(),
        facts: facts.html(),
        timeline: Some(Timeline::new(t, t.progress_timeline(), moments).html()),
        messages: Some(messages(shell, &status.messages)),
        actions,
        as_of: t.progress_as_of(shell.when(status.read_at).both()),
        here: format!("/status/{reference}"),
    };
    shell.page(&title(t, status.key, &heading)).body(&page)
}

fn public(shell: &Shell, status: &register::PublicStatus) -> Response {
    let t = shell.lang;
    let heading = t.progress_heading(&status.reference);
    let reference = &status.reference;
    let resume = format!("/resume?reference={reference}");
    let page = StatusPage {
        t,
        heading: &heading,
        tag: tag(t, status.key),
        sentence: register::sentence(t, &status.facts, 1, &status.legal_zone),
        is_late: false,
        dates: clocks(shell, &status.facts),
        zones: shell.zone_form(),
        main: Some(Button::link(t.progress_private_button(), resume).html()),
        reasons: Vec::new(),
        facts: Summary::new().row(t.progress_number(), format!("•••• {}", status.tail)).html(),
        timeline: None,
        messages: None,
        actions: vec![Html::paragraph(t.progress_private())],
        as_of: t.progress_as_of(shell.when(status.read_at).both()),
        here: format!("/status/{reference}"),
    };
    shell.page(&title(t, status.key, &heading)).body(&page)
}

/// State first, as on every page.
fn title(t: Lang, key: StatusKey, heading: &str) -> String {
    format!("{} – {heading}", register::tag(t, key))
}

fn tag(t: Lang, key: StatusKey) -> Html {
    let tone = match key {
        StatusKey::Draft | StatusKey::Withdrawn | StatusKey::Expired => Tone::Grey,
        StatusKey::Submitted | StatusKey::InReview | StatusKey::SecondCheck => Tone::Blue,
        StatusKey::NeedsUpdate => Tone::Amber,
        StatusKey::Approved | StatusKey::Ready => Tone::Green,
        StatusKey::Rejected => Tone::Red,
        StatusKey::Appeal => Tone::Violet,
    };
    Tag::new(tone, register::tag(t, key)).html()
}

/// Two clocks, of which at most one runs; and until when what was entered is kept.
fn clocks(shell: &Shell, facts: &Facts) -> Vec<Html> {
    use domain::application::State;
    let t = shell.lang;
    let block = |at, why| shell.when(at).block(why).html();
    match facts.state {
        State::Draft => vec![block(facts.draft_until, t.progress_kept_until())],
        State::Submitted | State::Checking | State::InReview | State::SecondCheck => {
            let promise =
                facts.promise.map(|promise| block(promise.due_at, t.progress_our_clock()));
            promise.into_iter().collect()
        }
        State::NeedsUpdate => {
            let until = facts.update_until.map(|until| block(until, t.progress_your_clock()));
            let paused = Notice::new(Tone::Blue, t.progress_our_clock_paused()).html();
            until.into_iter().chain([paused]).collect()
        }
        State::Rejected | State::Withdrawn | State::Expired if !facts.is_erased => {
            let kept = facts.kept_until.map(|until| block(until, t.progress_kept_until()));
            kept.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The one main button, and the other things that can be done.
fn actions(t: Lang, status: &Status) -> (Option<Html>, Vec<Html>) {
    let here = format!("/status/{}", status.reference);
    let mut main = None;
    let mut others = Vec::new();
    for can in &status.can {
        let button = match can {
            Can::Edit => Button::link(t.progress_continue_button(), steps::TASKS).html(),
            Can::Update => Button::link(t.progress_redo_button(), steps::REDO).html(),
            Can::Reopen => Html::post_main(t, t.progress_again_button(), &format!("{here}/reopen")),
            Can::AskPerson => {
                Html::post_main(t, t.progress_human_button(), &format!("{here}/ask-person"))
            }
            Can::Appeal if main.is_none() => {
                Button::link(t.progress_appeal_button(), format!("{here}/appeal")).html()
            }
            Can::Appeal => {
                others.push(Html::link(t.progress_appeal_button(), &format!("{here}/appeal")));
                continue;
            }
            Can::Withdraw => {
                others.push(Html::link(t.progress_withdraw(), &format!("{here}/withdraw")));
                continue;
            }
        };
        main = main.or(Some(button));
    }
    match status.key {
        StatusKey::Ready => main = Some(Button::link(t.progress_keep_button(), "/numbers").html()),
        StatusKey::Rejected => others.push(Html::link(t.progress_again_button(), steps::BEGIN)),
        _ => {}
    }
    (main, others)
}

/// Why, what to do, and how it can be tried again.
fn reason_card(t: Lang, reason: Reason) -> Html {
    let id = format!("reason-{}", reason.code().to_ascii_lowercase());
    let word = |id: &str| t.by_id(id, &[]).unwrap_or_default();
    let retry = match reason.retry() {
        Retry::RedoItem => t.progress_retry_redo(),
        Retry::NewApplication => t.progress_retry_new(),
        Retry::AppealOrOutlet => t.progress_retry_appeal(),
        Retry::Nothing => t.progress_retry_nothing(),
    };
    let facts = Summary::new()
        .row(t.progress_result_why(), format!("{}（{}）", word(&id), reason.code()))
        .row(t.progress_result_how(), word(&format!("{id}-fix")))
        .row(t.progress_result_next(), retry);
    facts.html()
}

fn moment(shell: &Shell, step: &TimelineStep) -> Moment {
    let t = shell.lang;
    let id = format!("timeline-{}", step.what.replace('_', "-"));
    let what = t.by_id(&id, &[]).unwrap_or_else(|| step.what.clone());
    let (when, machine) = match step.at {
        Some(at) => (shell.when(at).both(), shell.when(at).machine()),
        None => (t.progress_afterwards().to_owned(), String::new()),
    };
    if !step.is_past {
        return Moment::future(when, machine, what);
    }
    let words = step.reasons.iter().filter_map(|reason| {
        t.by_id(&format!("reason-{}", reason.code().to_ascii_lowercase()), &[])
    });
    let detail = words.collect::<Vec<_>>().join(t.common_semicolon());
    let moment = Moment::past(when, machine, what);
    if detail.is_empty() { moment } else { moment.detail(detail) }
}

fn messages(shell: &Shell, sent: &[Sent]) -> Html {
    let t = shell.lang;
    let shown: Vec<Message> = sent
        .iter()
        .filter_map(|sent| {
            let attempt = sent.attempts.iter().find(|attempt| attempt.state != "reserve")?;
            Some(Message {
                when: shell.when(sent.at).both(),
                channel: attempt.address.clone(),
                text: sent.text.clone()?,
                delivery: match attempt.state {
                    _ if sent.is_delivered() => Delivery::Delivered,
                    "failed" | "expired" => Delivery::Failed,
                    _ => Delivery::Pending,
                },
            })
        })
        .collect();
    if shown.is_empty() {
        return Empty::new(t.progress_no_messages()).html();
    }
    MessageList::new(t, shown).html()
}
