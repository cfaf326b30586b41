//! SIMs over the interface.

use crate::Api;
use crate::caller::Caller;
use crate::field;
use crate::numbers::{Answer, Body, Brought};
use crate::page::{Page, PageQuery};
use crate::problem::{ApiRefusal, Problem, ProblemBody};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use domain::access::Action;
use domain::number::SimRef;
use domain::sim::{Eid, Iccid};
use serde::{Deserialize, Serialize};
use service::inventory::{self, NewSim, PROFILE_TYPE_CHARS_MAX};
use utoipa::ToSchema;

/// SIMs in one request.
const SIMS_MAX: usize = 1000;

/// A SIM card.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sim {
    /// The card.
    iccid: String,
    /// The subscription on it.
    imsi: String,
    /// The chip, where the card is a profile on one.
    #[serde(skip_serializing_if = "Option::is_none")]
    eid: Option<String>,
    /// The profile type at the SM-DP+, where it is an eSIM profile and no card.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile_type: Option<String>,
    /// `stock`, `reserved` (an eSIM that was ordered), `serving` or `dead`.
    state: &'static str,
    /// The number it serves or served.
    #[serde(skip_serializing_if = "Option::is_none")]
    msisdn: Option<String>,
}

impl From<inventory::Sim> for Sim {
    fn from(sim: inventory::Sim) -> Self {
        Self {
            iccid: sim.sim.iccid.to_string(),
            imsi: sim.sim.imsi.to_string(),
            eid: sim.eid,
            profile_type: sim.profile_type,
            state: sim.state,
            msisdn: sim.msisdn.map(|msisdn| msisdn.to_string()),
        }
    }
}

/// SIMs to bring into stock.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSims {
    /// Up to 1000.
    #[schema(max_items = 1000)]
    sims: Vec<NewSimBody>,
}

/// A SIM to bring into stock.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSimBody {
    /// The card.
    iccid: String,
    /// The subscription on it.
    imsi: String,
    /// The chip, where the card is a profile on one.
    eid: Option<String>,
    /// The profile type at the SM-DP+, where it is an eSIM profile and no card; up to 64
    /// characters.
    profile_type: Option<String>,
}

/// Lists SIMs, in the order of their ICCID.
#[utoipa::path(
    get, path = "/api/v1/sims", tag = "sims", params(PageQuery),
    responses(
        (status = 200, body = Page<Sim>),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["numbers:read"])),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Answer<Page<Sim>> {
    let Query(page) = query?;
    let after: Option<String> = page.after()?;
    let limit = page.limit();
    let sims = inventory::sims(&api.app, &caller.actor, after.as_deref(), limit + 1).await?;
    Ok(Json(Page::of(sims, limit, |sim| sim.sim.iccid.to_string(), Sim::from)))
}

/// One SIM.
#[utoipa::path(
    get, path = "/api/v1/sims/{iccid}", tag = "sims",
    params(("iccid" = String, Path, description = "The card")),
    responses(
        (status = 200, body = Sim),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["numbers:read"])),
)]
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(iccid): Path<String>,
) -> Answer<Sim> {
    let iccid = Iccid::parse(&iccid).map_err(|_| ApiRefusal::NotFound)?;
    Ok(Json(inventory::sim(&api.app, &caller.actor, iccid).await?.into()))
}

/// Brings SIMs into stock. Cards whose ICCID or IMSI is known are counted and left alone.
#[utoipa::path(
    post, path = "/api/v1/sims", tag = "sims", request_body = NewSims,
    responses(
        (status = 200, body = Brought),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["numbers:write"])),
)]
pub(crate) async fn bring(
    State(api): State<Api>,
    caller: Caller,
    body: Body<NewSims>,
) -> Answer<Brought> {
    caller.require(Action::StockNumber)?;
    let Json(body) = body?;
    if body.sims.len() > SIMS_MAX {
        return Err(Problem::bad_field("sims", format!("at most {SIMS_MAX} at once")));
    }
    let sims = body.sims.iter().enumerate();
    let sims = sims.map(|(index, new)| parse(index, new)).collect::<Result<Vec<_>, _>>()?;
    let operator_id = caller.operator_id();
    let brought = inventory::bring_sims(&api.app, &caller.actor, operator_id, sims).await?;
    Ok(Json(Brought { new: brought.new, known: brought.known }))
}

fn parse(index: usize, new: &NewSimBody) -> Result<NewSim, Problem> {
    let name = |field: &str| format!("sims[{index}].{field}");
    let eid = new.eid.as_deref().map(Eid::parse).transpose();
    let profile_type = new.profile_type.as_deref().map(str::trim).filter(|text| !text.is_empty());
    if profile_type.is_some_and(|text| text.chars().count() > PROFILE_TYPE_CHARS_MAX) {
        let most = format!("at most {PROFILE_TYPE_CHARS_MAX} characters");
        return Err(Problem::bad_field(&name("profile_type"), most));
    }
    Ok(NewSim {
        sim: SimRef {
            iccid: field::iccid(&name("iccid"), &new.iccid)?,
            imsi: field::imsi(&name("imsi"), &new.imsi)?,
        },
        eid: eid.map_err(|refusal| field::refused(&name("eid"), &refusal))?,
        profile_type: profile_type.map(str::to_owned),
        keys: None,
    })
}
