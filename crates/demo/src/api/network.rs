//! What was provisioned, and how the network misbehaves.

use super::{Failed, Shared, body};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use gateway::network::{Chaos, Fault};
use serde::Serialize;
use service::port::HlrRecord;

#[derive(Debug, Serialize)]
pub(crate) struct Waiting {
    id: u64,
    #[serde(flatten)]
    fault: Fault,
}

pub(crate) async fn record(
    State(world): Shared,
    Path(name): Path<String>,
) -> Result<Json<HlrRecord>, Failed> {
    let found = world.phone(&name).and_then(|found| found.record);
    found.map(Json).ok_or(Failed::NotFound)
}

pub(crate) async fn faults(State(world): Shared) -> Json<Vec<Waiting>> {
    let faults = world.network().faults().into_iter();
    Json(faults.map(|(id, fault)| Waiting { id, fault }).collect())
}

pub(crate) async fn inject(
    State(world): Shared,
    fault: Result<Json<Fault>, JsonRejection>,
) -> Result<Json<Waiting>, Failed> {
    let fault = body(fault)?;
    let id = world.network().inject(fault.clone());
    Ok(Json(Waiting { id, fault }))
}

pub(crate) async fn clear(State(world): Shared) -> Json<Vec<Waiting>> {
    world.network().clear_faults();
    world.network().set_chaos(None);
    Json(Vec::new())
}

pub(crate) async fn chaos(
    State(world): Shared,
    chaos: Result<Json<Chaos>, JsonRejection>,
) -> Result<Json<Chaos>, Failed> {
    let chaos = body(chaos)?;
    if chaos.percent > 100 {
        return Err(Failed::Bad("percent is 0 to 100".into()));
    }
    world.network().set_chaos(Some(chaos));
    Ok(Json(chaos))
}
