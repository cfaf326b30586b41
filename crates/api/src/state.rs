//! "What is this number's state, and until when?", for callers that ask often: a short answer, and
//! many numbers in one request. These two routes look at the token themselves, with the read that
//! answers; the rules are the same as everywhere.

use crate::Api;
use crate::caller;
use crate::field;
use crate::numbers::Body;
use crate::problem::{self, ApiRefusal, Problem, ProblemBody};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use domain::msisdn::Msisdn;
use serde::{Deserialize, Serialize};
use service::lookup::{NUMBERS_MAX, NumberState};
use utoipa::ToSchema;

/// The state of a number, in short.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShortState {
    /// E.164 digits.
    msisdn: String,
    /// Grows with every change.
    version: i64,
    /// The one word, such as `in_use`, `keep_due`, `incoming_only`, `suspended`, `quarantine`.
    word: &'static str,
    /// Where it is in its life.
    lifecycle: &'static str,
    /// What the network is to allow.
    allows: Vec<&'static str>,
    /// When the reservation, the closing or the quarantine ends.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// The last day of the keep-alive window in the operator's zone, while somebody holds it.
    #[schema(format = Date)]
    deadline_on: Option<String>,
    /// Whether that window runs; it stands still during a pause and some holds.
    is_running: bool,
}

/// The numbers asked about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedNumbers {
    /// Up to 1000, E.164 digits with or without `+`, or eleven national digits.
    #[schema(max_items = 1000)]
    numbers: Vec<String>,
}

/// What was found, in the order asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundStates {
    /// One for each number; null for one that is not ours.
    states: Vec<Option<ShortState>>,
}

/// The state of a number, in short: for callers that ask often.
#[utoipa::path(
    get, path = "/api/v1/numbers/{msisdn}/state", tag = "numbers",
    params(("msisdn" = String, Path, description = "The number")),
    responses(
        (status = 200, body = ShortState),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["numbers:read"])),
)]
pub(crate) async fn show(
    State(api): State<Api>,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    // What is no number names nothing, but only a valid token is told so.
    let wanted = path.ok().and_then(|Path(msisdn)| Msisdn::parse(&msisdn).ok());
    let refused = match look_up(&api, &headers, wanted.into_iter().collect()).await {
        Ok(states) => match states.into_iter().next().flatten() {
            Some(state) => return Json(ShortState::of(&state)).into_response(),
            None => Problem::from(ApiRefusal::NotFound).into_response(),
        },
        Err(response) => response,
    };
    problem::spoken(problem::language_of(&headers), refused)
}

/// The answer to another method than GET.
pub(crate) async fn refuse_method(headers: HeaderMap) -> Response {
    let refused = Problem::from(ApiRefusal::Method).into_response();
    problem::spoken(problem::language_of(&headers), refused)
}

/// The states of many numbers, in short.
#[utoipa::path(
    post, path = "/api/v1/numbers/states", tag = "numbers", request_body = AskedNumbers,
    responses(
        (status = 200, body = FoundStates),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["numbers:read"])),
)]
pub(crate) async fn show_many(
    State(api): State<Api>,
    headers: HeaderMap,
    body: Body<AskedNumbers>,
) -> Response {
    let asked = match asked(body) {
        Ok(asked) => asked,
        // Who may not ask is not told what is wrong with the question.
        Err(problem) => match look_up(&api, &headers, Vec::new()).await {
            Ok(_) => return problem.into_response(),
            Err(response) => return response,
        },
    };
    match look_up(&api, &headers, asked).await {
        Ok(states) => {
            let states = states.iter().map(|state| state.as_ref().map(ShortState::of)).collect();
            Json(FoundStates { states }).into_response()
        }
        Err(response) => response,
    }
}

fn asked(body: Body<AskedNumbers>) -> Result<Vec<Msisdn>, Problem> {
    let Json(body) = body?;
    if body.numbers.len() > NUMBERS_MAX {
        return Err(Problem::bad_field("numbers", format!("at most {NUMBERS_MAX} at once")));
    }
    let numbers = body.numbers.iter().enumerate();
    numbers.map(|(index, text)| field::msisdn(&format!("numbers[{index}]"), text)).collect()
}

/// The token, the closed times, the rate, then the answer: in the order of every other route.
async fn look_up(
    api: &Api,
    headers: &HeaderMap,
    msisdns: Vec<Msisdn>,
) -> Result<Vec<Option<NumberState>>, Response> {
    let text = caller::bearer(headers).map_err(IntoResponse::into_response)?;
    let answer = api.lookups.states(&api.app, text, msisdns).await;
    let answer = answer.map_err(|error| Problem::from(error).into_response())?;
    let invalid = || Problem::from(ApiRefusal::TokenInvalid).into_response();
    let (token, states) = answer.ok_or_else(invalid)?;
    caller::admit(api, &token).await?;
    Ok(states)
}

impl ShortState {
    fn of(state: &NumberState) -> Self {
        Self {
            msisdn: state.msisdn.to_string(),
            version: state.version,
            word: state.word.code(),
            lifecycle: state.lifecycle.code(),
            allows: state.allows.services().map(domain::number::Service::code).collect(),
            until: state.until.map(field::instant),
            deadline_on: state.deadline_on.map(|on| on.to_string()),
            is_running: state.is_running,
        }
    }
}
