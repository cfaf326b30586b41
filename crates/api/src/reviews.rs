//! Reviews over the interface: the queue, one case without anything personal, and decisions.
//!
//! A program claims nothing: it may decide what nobody works on, once, as a first look. Second
//! looks and disagreements are for people.

use crate::Api;
use crate::applications::{ReasonText, reasons};
use crate::caller::Caller;
use crate::field;
use crate::numbers::{Answer, Body};
use crate::problem::{ProblemBody, language_of};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use domain::application::Kind;
use domain::id::ApplicationId;
use domain::reason::{Item, Reason};
use domain::review::{ItemResult, Mark, Opinion, Stage, Verdict};
use serde::{Deserialize, Serialize};
use service::Sensitive;
use service::review::{self, Decide, Decided, QueueFilter, QueueRow, Standing};
use utoipa::{IntoParams, ToSchema};

/// Which cases.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct QueueQuery {
    /// Only this kind of application.
    kind: Option<String>,
    /// Only this stage: `first`, `second` or `lead`.
    stage: Option<String>,
}

/// The queue in the order of work.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Queue {
    /// How many wait, by kind and stage.
    counts: Vec<Count>,
    /// The first cases, by promise.
    items: Vec<CaseListed>,
}

/// How many cases wait.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Count {
    /// What is asked for.
    kind: &'static str,
    /// Whose turn it is.
    stage: String,
    /// How many.
    count: i64,
    /// The promise that ends first.
    #[schema(format = DateTime)]
    first_promise_at: String,
}

/// One case in the queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseListed {
    /// The application (`app_…`).
    application_id: String,
    /// Six characters to read out.
    reference: String,
    /// What is asked for.
    kind: &'static str,
    /// Whose turn it is: `first`, `second` or `lead`.
    stage: String,
    /// How often it came before people.
    round: i64,
    /// Our promise.
    #[schema(format = DateTime)]
    promise_at: String,
    /// Since when it waits.
    #[schema(format = DateTime)]
    queued_at: String,
    /// Whether somebody works on it.
    is_claimed: bool,
}

/// A case, without anything personal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Case {
    /// The application (`app_…`).
    application_id: String,
    /// Six characters to read out.
    reference: String,
    /// What is asked for.
    kind: &'static str,
    /// Where the application stands.
    state: &'static str,
    /// Whose turn it is.
    stage: String,
    /// How often it came before people.
    round: i64,
    /// Our promise.
    #[schema(format = DateTime)]
    promise_at: String,
    /// `free`, `claimed`, `pending` (decided, can still be taken back) or `closed`.
    standing: &'static str,
    /// To be sent back with a decision, so that a decision on an older state is refused.
    stamp: String,
    /// The items that a decision must mark.
    items: Vec<&'static str>,
    /// What the checks found.
    checks: Vec<Check>,
}

/// A finished check.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Check {
    /// What was looked at.
    kind: &'static str,
    /// The item it concerns, if one.
    item: Option<&'static str>,
    /// `pass`, `warn`, `fail` or `unavailable`.
    outcome: &'static str,
    /// Why, unless it passed.
    reason: Option<ReasonText>,
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDecision {
    /// `approve`, `ask_again` or `refuse`.
    #[schema(value_type = String)]
    verdict: Verdict,
    /// What was found of each item.
    marks: Vec<NewMark>,
    /// Reasons that concern the whole application, such as `S1`.
    #[serde(default)]
    reasons: Vec<String>,
    /// For colleagues, never for the applicant.
    #[serde(default)]
    note: String,
    /// The stamp of the state that was looked at.
    stamp: String,
}

/// What was found of one item.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMark {
    /// Which item.
    item: String,
    /// What was found: `ok` or what is wrong.
    #[schema(value_type = String)]
    result: ItemResult,
    /// Why, unless nothing is wrong, such as `D1`.
    #[serde(default)]
    reasons: Vec<String>,
}

/// A decision that was stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Decision {
    /// Its id (`rev_…`).
    id: String,
    /// When it takes effect, unless it is taken back before.
    #[schema(format = DateTime)]
    settle_at: String,
    /// Whether a second person looks first.
    needs_second: bool,
}

/// The queue of cases.
#[utoipa::path(
    get, path = "/api/v1/reviews", tag = "reviews", params(QueueQuery),
    responses(
        (status = 200, body = Queue),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["reviews:read"])),
)]
pub(crate) async fn queue(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<QueueQuery>, QueryRejection>,
) -> Answer<Queue> {
    let Query(query) = query?;
    let kind = query.kind.as_deref();
    let stage = query.stage.as_deref();
    let filter = QueueFilter {
        kind: kind.map(|word| field::word("kind", word, Kind::from_code)).transpose()?,
        stage: stage.map(|word| field::word("stage", word, Stage::from_code)).transpose()?,
    };
    let queue = review::queue(&api.app, &caller.actor, filter).await?;
    let counts = queue.counts.iter().map(|count| Count {
        kind: count.kind.code(),
        stage: field::code(&count.stage),
        count: count.count,
        first_promise_at: field::instant(count.first_promise_at),
    });
    let items = queue.rows.iter().map(CaseListed::of).collect();
    Ok(Json(Queue { counts: counts.collect(), items }))
}

/// One case, without anything personal.
#[utoipa::path(
    get, path = "/api/v1/reviews/{id}", tag = "reviews",
    params(("id" = String, Path, description = "The application")),
    responses(
        (status = 200, body = Case),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["reviews:read"])),
)]
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Answer<Case> {
    let id: ApplicationId = field::id_of_path(&id)?;
    let view = review::view(&api.app, &caller.actor, id, None).await?;
    let findings = review::findings(&api.app, &caller.actor, id).await?;
    let lang = language_of(&headers);
    let checks = findings.checks.iter().map(|check| Check {
        kind: check.kind.code(),
        item: check.item.map(Item::code),
        outcome: check.outcome.code(),
        reason: check.reason.and_then(|reason| reasons(&[reason], lang).pop()),
    });
    Ok(Json(Case {
        application_id: id.to_string(),
        reference: view.reference,
        kind: view.kind.code(),
        state: view.state.code(),
        stage: field::code(&view.stage),
        round: view.round,
        promise_at: field::instant(view.promise_at),
        standing: match view.standing {
            Standing::Free => "free",
            Standing::Mine { .. } | Standing::Claimed { .. } => "claimed",
            Standing::Pending { .. } => "pending",
            Standing::Closed { .. } => "closed",
        },
        stamp: view.stamp,
        items: findings.items.iter().map(|item| item.code()).collect(),
        checks: checks.collect(),
    }))
}

/// Decides a case that nobody works on. It takes effect after the time in which it can be taken
/// back; whether a second person looks first is for the policy to say.
#[utoipa::path(
    post, path = "/api/v1/reviews/{id}/decision", tag = "reviews", request_body = NewDecision,
    params(("id" = String, Path, description = "The application")),
    responses(
        (status = 200, body = Decision),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["reviews:write"])),
)]
pub(crate) async fn decide(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    body: Body<NewDecision>,
) -> Answer<Decision> {
    let application_id: ApplicationId = field::id_of_path(&id)?;
    let Json(body) = body?;
    let marks = body.marks.iter().map(|mark| {
        Ok(Mark {
            item: field::word("marks", &mark.item, Item::from_code)?,
            result: mark.result,
            reasons: reasons_of("marks", &mark.reasons)?,
            region: None,
        })
    });
    let opinion = Opinion {
        verdict: body.verdict,
        marks: marks.collect::<Result<_, crate::problem::Problem>>()?,
        reasons: reasons_of("reasons", &body.reasons)?,
    };
    let note = Sensitive::new(body.note);
    let input = Decide { application_id, opinion, note, stamp: Some(body.stamp) };
    let decided: Decided = review::decide(&api.app, &caller.actor, input).await?;
    Ok(Json(Decision {
        id: decided.review_id.to_string(),
        settle_at: field::instant(decided.settle_at),
        needs_second: !decided.second_rules.is_empty(),
    }))
}

/// Takes this token's own decision back before it takes effect.
#[utoipa::path(
    delete, path = "/api/v1/reviews/{id}/decision", tag = "reviews",
    params(("id" = String, Path, description = "The application")),
    responses(
        (status = 204),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["reviews:write"])),
)]
pub(crate) async fn undo(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::http::StatusCode, crate::problem::Problem> {
    let id: ApplicationId = field::id_of_path(&id)?;
    review::undo(&api.app, &caller.actor, id).await?;
    Ok(axum::http::StatusCode::NO_CONTENT)
}

fn reasons_of(name: &str, codes: &[String]) -> Result<Vec<Reason>, crate::problem::Problem> {
    codes.iter().map(|code| field::word(name, code, Reason::from_code)).collect()
}

impl CaseListed {
    fn of(row: &QueueRow) -> Self {
        Self {
            application_id: row.application_id.to_string(),
            reference: row.reference.clone(),
            kind: row.kind.code(),
            stage: field::code(&row.stage),
            round: row.round,
            promise_at: field::instant(row.promise_at),
            queued_at: field::instant(row.queued_at),
            is_claimed: row.claimed_by.is_some(),
        }
    }
}
