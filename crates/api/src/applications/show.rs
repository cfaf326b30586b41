//! Reading applications: lists, and where one stands.

use crate::Api;
use crate::caller::Caller;
use crate::field;
use crate::numbers::Answer;
use crate::page::{Page, PageQuery};
use crate::problem::{ProblemBody, language_of};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State as FromState};
use axum::http::HeaderMap;
use domain::application::State;
use domain::id::ApplicationId;
use domain::promise;
use domain::reason::Reason;
use serde::{Deserialize, Serialize};
use service::notice;
use service::register::{self, Can, Listed, RedoView, Status, StatusKey, TimelineStep};
use utoipa::{IntoParams, ToSchema};
use words::Lang;

/// Which applications.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ApplicationsQuery {
    /// Only those in this state, such as `in_review` or `needs_update`.
    state: Option<String>,
    /// The `next` of the page before; none for the first page.
    cursor: Option<String>,
    /// How many, 1 to 200 (50 unless given).
    limit: Option<u32>,
}

/// One line of a list of applications.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApplicationListed {
    /// Its id (`app_…`).
    id: String,
    /// Six characters to read out.
    reference: String,
    /// What is asked for.
    kind: &'static str,
    /// Where it stands.
    state: &'static str,
    /// Our promise: the answer is there by then.
    #[schema(format = DateTime)]
    promise_due_at: Option<String>,
    /// When it was begun.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    changed_at: String,
}

/// Where an application stands, and the decision with its reasons.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Application {
    /// Its id (`app_…`).
    id: String,
    /// Six characters to read out.
    reference: String,
    /// What is asked for.
    kind: &'static str,
    /// The last four digits of the number.
    tail: String,
    /// Where it stands: `draft`, `submitted`, `checking`, `in_review`, `second_check`,
    /// `needs_update`, `approved` (switching on), `ready`, `rejected`, `withdrawn`, `expired`.
    state: &'static str,
    /// The status word that the applicant sees, in the caller's language.
    text: String,
    /// The status sentence that the applicant sees, in the caller's language.
    sentence: String,
    /// Whether our clock runs; else the applicant's does, or none.
    is_our_turn: bool,
    /// Our promise.
    promise: Option<Promise>,
    /// By when the applicant must answer.
    #[schema(format = DateTime)]
    update_until: Option<String>,
    /// Until when it can be gone on with.
    #[schema(format = DateTime)]
    kept_until: Option<String>,
    /// The public reasons of the last decision.
    reasons: Vec<ReasonText>,
    /// What must be redone, while something must.
    redo: Vec<Redo>,
    /// What can be done now: `edit`, `update`, `withdraw`, `reopen`, `ask_person`, `appeal`.
    can: Vec<&'static str>,
    /// What happened, and what will.
    timeline: Vec<Step>,
    /// What was sent to the applicant.
    messages: Vec<Message>,
}

/// Our promise.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Promise {
    /// The answer is there by then.
    #[schema(format = DateTime)]
    due_at: String,
    /// In so many business days.
    business_days: u16,
    /// Whether it rests on a calendar that is not official yet.
    is_provisional: bool,
}

/// A reason of the catalogue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReasonText {
    /// Its code, such as `D1`.
    code: &'static str,
    /// The same in the caller's language.
    text: String,
}

/// One item to be redone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Redo {
    /// Which, such as `document_front`; the name of the part to send.
    item: &'static str,
    /// Why.
    reasons: Vec<ReasonText>,
    /// Whether it was redone.
    is_done: bool,
}

/// Something that happened or will.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Step {
    /// What.
    what: String,
    /// When it was, or by when it will be.
    #[schema(format = DateTime)]
    at: Option<String>,
    /// Whether it has happened.
    is_past: bool,
}

/// A message to the applicant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Message {
    /// Which of the message texts.
    template: String,
    /// When it was decided.
    #[schema(format = DateTime)]
    at: String,
    /// Whether it arrived on some channel.
    is_delivered: bool,
}

/// Lists applications, oldest first.
#[utoipa::path(
    get, path = "/api/v1/applications", tag = "applications", params(ApplicationsQuery),
    responses(
        (status = 200, body = Page<ApplicationListed>),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["applications:read"])),
)]
pub(crate) async fn list(
    FromState(api): FromState<Api>,
    caller: Caller,
    query: Result<Query<ApplicationsQuery>, QueryRejection>,
) -> Answer<Page<ApplicationListed>> {
    let Query(query) = query?;
    let state = query.state.as_deref();
    let state = state.map(|word| field::word("state", word, State::from_code)).transpose()?;
    let page = PageQuery { cursor: query.cursor, limit: query.limit };
    let after: Option<ApplicationId> = page.after()?;
    let limit = page.limit();
    let listed = register::list(&api.app, &caller.actor, state, after, limit + 1).await?;
    Ok(Json(Page::of(listed, limit, |listed| listed.id, ApplicationListed::from)))
}

/// Where an application stands, and the decision with its reasons.
#[utoipa::path(
    get, path = "/api/v1/applications/{id}", tag = "applications",
    params(("id" = String, Path, description = "The application")),
    responses(
        (status = 200, body = Application),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["applications:read"])),
)]
pub(crate) async fn show(
    FromState(api): FromState<Api>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Answer<Application> {
    let id = field::id_of_path(&id)?;
    let status = register::status(&api.app, &caller.actor, id).await?;
    Ok(Json(Application::of(status, language_of(&headers))))
}

impl From<Listed> for ApplicationListed {
    fn from(listed: Listed) -> Self {
        Self {
            id: listed.id.to_string(),
            reference: listed.reference,
            kind: listed.kind.code(),
            state: listed.state.code(),
            promise_due_at: listed.promise_due_at.map(field::instant),
            created_at: field::instant(listed.created_at),
            changed_at: field::instant(listed.changed_at),
        }
    }
}

impl Application {
    pub(super) fn of(status: Status, lang: Lang) -> Self {
        let facts = &status.facts;
        let items = status.redo.iter().filter(|redo| !redo.is_done).count();
        Self {
            id: status.id.to_string(),
            reference: status.reference,
            kind: status.kind.code(),
            tail: status.tail,
            state: facts.state.code(),
            text: register::tag(lang, StatusKey::of(facts)).to_owned(),
            sentence: register::sentence(lang, facts, items, &status.legal_zone),
            is_our_turn: status.is_our_turn,
            promise: status.promise.map(Promise::from),
            update_until: facts.update_until.map(field::instant),
            kept_until: facts.kept_until.map(field::instant),
            reasons: reasons(&status.reasons, lang),
            redo: status.redo.iter().map(|redo| Redo::of(redo, lang)).collect(),
            can: status.can.iter().map(|can| can_code(*can)).collect(),
            timeline: status.timeline.into_iter().map(Step::from).collect(),
            messages: status.messages.into_iter().map(Message::from).collect(),
        }
    }
}

impl From<promise::Promise> for Promise {
    fn from(promise: promise::Promise) -> Self {
        Self {
            due_at: field::instant(promise.due_at),
            business_days: promise.business_days,
            is_provisional: promise.is_provisional,
        }
    }
}

impl Redo {
    fn of(redo: &RedoView, lang: Lang) -> Self {
        let reasons = reasons(&redo.reasons, lang);
        Self { item: redo.item.code(), reasons, is_done: redo.is_done }
    }
}

impl From<TimelineStep> for Step {
    fn from(step: TimelineStep) -> Self {
        Self { what: step.what, at: step.at.map(field::instant), is_past: step.is_past }
    }
}

impl From<notice::Sent> for Message {
    fn from(sent: notice::Sent) -> Self {
        Self {
            is_delivered: sent.is_delivered(),
            at: field::instant(sent.at),
            template: sent.template,
        }
    }
}

/// Reasons with their texts.
pub(crate) fn reasons(reasons: &[Reason], lang: Lang) -> Vec<ReasonText> {
    let text = |code: &str| lang.by_id(&format!("reason-{}", code.to_ascii_lowercase()), &[]);
    reasons
        .iter()
        .map(|reason| reason.code())
        .map(|code| ReasonText { code, text: text(code).unwrap_or_default() })
        .collect()
}

const fn can_code(can: Can) -> &'static str {
    match can {
        Can::Edit => "edit",
        Can::Update => "update",
        Can::Withdraw => "withdraw",
        Can::Reopen => "reopen",
        Can::AskPerson => "ask_person",
        Can::Appeal => "appeal",
    }
}
