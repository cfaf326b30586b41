//! Number pools over the interface, and the free numbers in them.

use crate::Api;
use crate::caller::Caller;
use crate::field;
use crate::numbers::{Answer, Body};
use crate::page::{self, Page};
use crate::problem::{ApiRefusal, ProblemBody};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use domain::access::Action;
use domain::msisdn::Msisdn;
use domain::pool::{NumberRange, Pool, PoolRefusal};
use domain::refusal::Refusal as _;
use serde::{Deserialize, Serialize};
use service::Error;
use service::number::{self, FreeNumber, Wanted};
use utoipa::{IntoParams, ToSchema};

/// A range of numbers, both ends included.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RangeBody {
    /// E.164 digits.
    #[schema(example = "8613800000000")]
    first: String,
    /// E.164 digits.
    #[schema(example = "8613800009999")]
    last: String,
}

/// A pool.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PoolBody {
    /// Its name.
    name: String,
    /// Whether its numbers are given out.
    is_open: bool,
    /// Where its numbers lie, in order.
    ranges: Vec<RangeBody>,
}

/// What a pool is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutPool {
    /// Whether its numbers are given out.
    is_open: bool,
    /// Where its numbers lie; those that touch are made one.
    ranges: Vec<RangeBody>,
}

impl From<&Pool> for PoolBody {
    fn from(pool: &Pool) -> Self {
        let range = |range: &NumberRange| RangeBody {
            first: range.first.to_string(),
            last: range.last.to_string(),
        };
        Self {
            name: pool.name.clone(),
            is_open: pool.is_open,
            ranges: pool.ranges.iter().map(range).collect(),
        }
    }
}

/// Lists the number pools.
#[utoipa::path(
    get, path = "/api/v1/pools", tag = "numbers",
    responses(
        (status = 200, body = Vec<PoolBody>),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["numbers:read"])),
)]
pub(crate) async fn list(State(api): State<Api>, caller: Caller) -> Answer<Vec<PoolBody>> {
    let pools = number::pools(&api.app, &caller.actor, caller.operator_id()).await?;
    Ok(Json(pools.iter().map(PoolBody::from).collect()))
}

/// Makes a pool, or puts it in place of the one of this name.
#[utoipa::path(
    put, path = "/api/v1/pools/{name}", tag = "numbers", request_body = PutPool,
    params(("name" = String, Path, description = "The pool's name")),
    responses(
        (status = 204),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["numbers:write"])),
)]
pub(crate) async fn put(
    State(api): State<Api>,
    caller: Caller,
    Path(name): Path<String>,
    body: Body<PutPool>,
) -> Result<StatusCode, crate::problem::Problem> {
    caller.require(Action::StockNumber)?;
    let Json(body) = body?;
    let ranges = body.ranges.iter().enumerate().map(|(index, range)| {
        let end = |end: &str, text: &str| field::msisdn(&format!("ranges[{index}].{end}"), text);
        let range = NumberRange::new(end("first", &range.first)?, end("last", &range.last)?);
        range.map_err(|refusal| field::refused(&format!("ranges[{index}]"), &refusal))
    });
    let ranges = ranges.collect::<Result<Vec<_>, _>>()?;
    let pool = Pool { name, is_open: body.is_open, ranges };
    number::put_pool(&api.app, &caller.actor, caller.operator_id(), &pool).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Drops a pool; its numbers stay, in no pool.
#[utoipa::path(
    delete, path = "/api/v1/pools/{name}", tag = "numbers",
    params(("name" = String, Path, description = "The pool's name")),
    responses(
        (status = 204),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["numbers:write"])),
)]
pub(crate) async fn drop(
    State(api): State<Api>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, crate::problem::Problem> {
    let dropped = number::drop_pool(&api.app, &caller.actor, caller.operator_id(), &name).await;
    match dropped {
        Err(Error::Refused(refused)) if refused.code == PoolRefusal::Unknown.code() => {
            return Err(ApiRefusal::NotFound.into());
        }
        other => other?,
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Which free numbers.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FreeQuery {
    /// Only of this pool, open or not; else of every open one.
    pool: Option<String>,
    /// Only of this vanity tier, such as `gold`.
    tier: Option<String>,
    /// Only with these last digits, one to eleven.
    ends_with: Option<String>,
    /// The `next` of the page before; none for the first page.
    cursor: Option<String>,
    /// How many, 1 to 200 (50 unless given).
    limit: Option<u32>,
}

/// A number in stock.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FreeBody {
    /// E.164 digits.
    #[schema(example = "8613800138888")]
    msisdn: String,
    /// The pool it lies in.
    pool: String,
    /// Its vanity tier; absent for an ordinary number.
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<TierBody>,
}

/// A vanity tier.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TierBody {
    /// The stable word.
    #[schema(example = "gold")]
    tier: String,
    /// What it is shown in.
    #[schema(example = "amber")]
    colour: &'static str,
    /// The least spending a month its holder promises, in minor units.
    pledge_month_minor: i64,
    /// For so many months.
    pledge_months: i64,
}

impl From<FreeNumber> for FreeBody {
    fn from(free: FreeNumber) -> Self {
        let tier = free.tier.map(|tier| TierBody {
            colour: tier.colour.code(),
            pledge_month_minor: *tier.pledge_month,
            pledge_months: *tier.pledge_months,
            tier: tier.tier,
        });
        Self { msisdn: free.msisdn.to_string(), pool: free.pool, tier }
    }
}

/// Lists free numbers that lie in pools, in order. A page may be short and still have a `next`.
#[utoipa::path(
    get, path = "/api/v1/free-numbers", tag = "numbers", params(FreeQuery),
    responses(
        (status = 200, body = Page<FreeBody>),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["numbers:read"])),
)]
pub(crate) async fn free(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<FreeQuery>, QueryRejection>,
) -> Answer<Page<FreeBody>> {
    let Query(query) = query?;
    let asked = page::PageQuery { cursor: query.cursor, limit: query.limit };
    let wanted = Wanted {
        pool: query.pool,
        tier: query.tier,
        ends_with: query.ends_with,
        after: asked.after::<i64>()?.and_then(Msisdn::from_i64),
        limit: asked.limit(),
    };
    let found =
        number::free_numbers(&api.app, &caller.actor, caller.operator_id(), &wanted).await?;
    let next = found.next.map(|next| page::cursor(&next.as_i64()));
    Ok(Json(Page { items: found.numbers.into_iter().map(FreeBody::from).collect(), next }))
}
