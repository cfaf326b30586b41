//! Setting a profile aside for a number.

use super::climb::JOB;
use crate::app::App;
use crate::error::Error;
use domain::access::Actor;
use domain::esim::EsimRefusal;
use domain::id::{ApplicationId, EpisodeId, OperatorId};
use domain::msisdn::Msisdn;
use domain::number::SimRef;
use domain::sim::Iccid;
use serde_json::json;
use store::number::esim::{EsimOrder, Secret, subject};
use store::number::sim;
use store::{Batch, Job};

/// Profiles among which one is chosen, so that several approvals at once seldom want the same.
const CHOICE: i64 = 32;
/// Characters of a matching id: 98 bits that nobody guesses, short enough to be typed.
const MATCHING_ID_CHARS: usize = 20;

/// For whom a profile is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// The tenant.
    pub(crate) operator_id: OperatorId,
    /// The number.
    pub(crate) msisdn: Msisdn,
    /// What asked for it.
    pub(crate) application_id: ApplicationId,
    /// The holding.
    pub(crate) episode_id: EpisodeId,
    /// The chip that alone may have it.
    pub(crate) eid: Option<String>,
}

/// Adds the order of a free profile to `batch`, and wakes the job that climbs; which profile it is.
/// Refused as [`EsimRefusal::NoneLeft`]. A conflict if somebody else took the same.
pub(crate) async fn stage(app: &App, batch: &mut Batch, wanted: &Wanted) -> Result<SimRef, Error> {
    let before = EsimOrder::of_number(&app.store.db, wanted.msisdn).await?;
    let mut free = sim::free_profiles(&app.store.db, wanted.operator_id, CHOICE).await?;
    // What was ordered for this number once keeps that order's name.
    free.retain(|row| before.iter().all(|order| order.sim != row.sim));
    let at = usize::try_from(seal::entropy::below(free.len().max(1) as u64)).unwrap_or(0);
    let row = free.get(at).ok_or(EsimRefusal::NoneLeft)?;
    let profile_type = row.profile_type.clone().ok_or(EsimRefusal::NoneLeft)?;
    let key = app.store.keys.create(batch, batch.at());
    let secret = Secret {
        matching_id: seal::entropy::readable(MATCHING_ID_CHARS),
        address: None,
        eid: wanted.eid.clone(),
    };
    let order = EsimOrder::new(
        (wanted.msisdn, row.sim, profile_type),
        wanted.operator_id,
        (wanted.application_id, wanted.episode_id),
        (&key, &secret),
        batch.at(),
    );
    sim::reserve(batch, wanted.operator_id, row.sim, wanted.msisdn);
    order.insert(batch);
    let detail = json!({ "application": wanted.application_id, "has_eid": wanted.eid.is_some() });
    super::audit(batch, &order, 1, (&Actor::System, "esim.order"), &detail);
    ask(batch, wanted.msisdn, row.sim.iccid);
    Ok(row.sim)
}

/// Wakes the job of an order.
pub(super) fn ask(batch: &mut Batch, msisdn: Msisdn, iccid: Iccid) {
    let (key, run_at) = (subject(iccid, msisdn), batch.at());
    batch.job(Job { kind: JOB, key, payload: json!({}), run_at });
}

/// The same if the SIM was ordered as an eSIM: another one serves the number now.
pub(crate) async fn wake(
    app: &App,
    batch: &mut Batch,
    msisdn: Msisdn,
    iccid: Iccid,
) -> Result<(), Error> {
    if EsimOrder::load(&app.store.db, msisdn, iccid).await?.is_some() {
        ask(batch, msisdn, iccid);
    }
    Ok(())
}
