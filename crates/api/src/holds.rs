//! Holds over the interface: what restricts a number, setting and lifting it.

use crate::Api;
use crate::caller::Caller;
use crate::field;
use crate::numbers::{Answer, Body, Changed};
use crate::problem::{Problem, ProblemBody};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use domain::time::At;
use serde::Deserialize;
use service::number;
use utoipa::{IntoParams, ToSchema};

/// The longest reference of an order.
const REFERENCE_LEN_MAX: usize = 100;

/// A hold that a program may set. Others follow from rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Settable {
    /// Reported lost or stolen: no service at once.
    Loss,
    /// Paused by the holder (停机保号), until `until`.
    RetentionPause,
    /// Money is owed, as the billing system says; the rules decide what is barred when.
    Arrears,
    /// Suspected of fraud.
    Fraud,
    /// Ordered by an authority, under `reference`, until `until` if the order ends by itself.
    Authority,
    /// Identity must be proven again by `until`.
    Reverify,
}

/// A hold to set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewHold {
    /// Which.
    kind: Settable,
    /// The authority's reference, for `authority`.
    reference: Option<String>,
    /// Until when: needed for `retention_pause` and `reverify`, possible for `authority`.
    #[schema(format = DateTime)]
    until: Option<String>,
}

impl NewHold {
    fn until(&self) -> Result<Option<At>, Problem> {
        self.until.as_deref().map(|until| field::at("until", until)).transpose()
    }

    fn needed_until(&self) -> Result<At, Problem> {
        self.until()?.ok_or_else(|| Problem::bad_field("until", "needed for this kind"))
    }
}

/// Which of several holds of one kind.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// The authority's reference, for `authority`.
    reference: Option<String>,
}

/// Sets a hold. A hold of `loss` or `retention_pause` is set for the holder (`numbers:write`), the
/// others by the operator (`holds:write`).
#[utoipa::path(
    post, path = "/api/v1/numbers/{msisdn}/holds", tag = "holds", request_body = NewHold,
    params(("msisdn" = String, Path, description = "The number")),
    responses(
        (status = 200, body = Changed),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["holds:write"]), ("token" = ["numbers:write"])),
)]
pub(crate) async fn set(
    State(api): State<Api>,
    caller: Caller,
    Path(msisdn): Path<String>,
    body: Body<NewHold>,
) -> Answer<Changed> {
    let msisdn = field::msisdn_of_path(&msisdn)?;
    let Json(body) = body?;
    let (app, actor) = (&api.app, &caller.actor);
    let applied = match body.kind {
        Settable::Loss => number::report_loss(app, actor, msisdn).await?,
        Settable::RetentionPause => number::pause(app, actor, msisdn, body.needed_until()?).await?,
        Settable::Arrears => number::arrears(app, actor, msisdn).await?,
        Settable::Fraud => number::flag_fraud(app, actor, msisdn).await?,
        Settable::Authority => {
            let reference = reference(body.reference.as_deref())?;
            number::order(app, actor, msisdn, reference, body.until()?).await?
        }
        Settable::Reverify => {
            number::order_reverify(app, actor, msisdn, body.needed_until()?).await?
        }
    };
    Ok(Json(applied.into()))
}

/// Lifts a hold, and that hold only.
#[utoipa::path(
    delete, path = "/api/v1/numbers/{msisdn}/holds/{kind}", tag = "holds",
    params(
        ("msisdn" = String, Path, description = "The number"),
        ("kind" = Settable, Path, description = "Which hold"),
        Which,
    ),
    responses(
        (status = 200, body = Changed),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["holds:write"]), ("token" = ["numbers:write"])),
)]
pub(crate) async fn lift(
    State(api): State<Api>,
    caller: Caller,
    path: Result<Path<(String, Settable)>, axum::extract::rejection::PathRejection>,
    query: Result<Query<Which>, QueryRejection>,
) -> Answer<Changed> {
    let Path((msisdn, kind)) = path?;
    let msisdn = field::msisdn_of_path(&msisdn)?;
    let Query(which) = query?;
    let (app, actor) = (&api.app, &caller.actor);
    let applied = match kind {
        Settable::Loss => number::lift_loss(app, actor, msisdn).await?,
        Settable::RetentionPause => number::resume(app, actor, msisdn).await?,
        Settable::Arrears => number::paid(app, actor, msisdn).await?,
        Settable::Fraud => number::clear_fraud(app, actor, msisdn).await?,
        Settable::Authority => {
            let reference = reference(which.reference.as_deref())?;
            number::lift_order(app, actor, msisdn, reference).await?
        }
        Settable::Reverify => number::pass_reverify(app, actor, msisdn).await?,
    };
    Ok(Json(applied.into()))
}

fn reference(given: Option<&str>) -> Result<String, Problem> {
    let reference = given.map(str::trim).unwrap_or_default();
    if reference.is_empty() || reference.chars().count() > REFERENCE_LEN_MAX {
        let hint = format!("the order's reference, at most {REFERENCE_LEN_MAX} characters");
        return Err(Problem::bad_field("reference", hint));
    }
    Ok(reference.to_owned())
}
