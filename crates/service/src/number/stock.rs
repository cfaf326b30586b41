//! Numbers and SIMs that nobody holds yet: brought in, reserved, allocated.

use super::load::load;
use super::stage::{Applied, apply};
use crate::access::require;
use crate::app::App;
use crate::error::Error;
use crate::inventory::NewSim;
use domain::access::{Action, Actor};
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::{Event, Facts, SimRef};
use domain::sim::Eid;
use domain::time::At;
use store::number::{NumberRow, provision, sim, sim_key};
use store::{AuditEntry, Batch, CommitError};

/// Brings a number into stock; `false` if we have it already.
pub async fn bring(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    msisdn: Msisdn,
) -> Result<bool, Error> {
    require_stock(actor, operator_id)?;
    let mut batch = Batch::new(app.now());
    stage_number(&mut batch, actor, operator_id, msisdn);
    commit_new(app, batch).await
}

/// Brings a SIM into stock; `false` if its ICCID or IMSI is known already.
pub async fn bring_sim(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    sim: SimRef,
    eid: Option<&str>,
) -> Result<bool, Error> {
    require_stock(actor, operator_id)?;
    let mut batch = Batch::new(app.now());
    sim::insert(&mut batch, operator_id, sim, eid);
    commit_new(app, batch).await
}

/// Brings numbers into stock in one commit, each with its audit entry; how many were new. If one of
/// them is known already, each is brought in by itself.
pub(crate) async fn bring_some(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    numbers: &[Msisdn],
) -> Result<u64, Error> {
    require_stock(actor, operator_id)?;
    let mut batch = Batch::new(app.now());
    for msisdn in numbers {
        stage_number(&mut batch, actor, operator_id, *msisdn);
    }
    if commit_new(app, batch).await? {
        return Ok(numbers.len() as u64);
    }
    let mut new = 0;
    for msisdn in numbers {
        new += u64::from(bring(app, actor, operator_id, *msisdn).await?);
    }
    Ok(new)
}

/// Brings SIMs into stock in one commit; how many were new. If one of them is known already, each
/// is brought in by itself.
pub(crate) async fn bring_some_sims(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    sims: &[NewSim],
) -> Result<u64, Error> {
    require_stock(actor, operator_id)?;
    if commit_new(app, staged_sims(app, operator_id, sims)).await? {
        return Ok(sims.len() as u64);
    }
    let mut new = 0;
    for one in sims {
        if commit_new(app, staged_sims(app, operator_id, std::slice::from_ref(one))).await? {
            new += 1;
        } else {
            keep_keys(app, operator_id, one).await?;
        }
    }
    Ok(new)
}

/// The rows of new SIMs, with their keys under one data key.
fn staged_sims(app: &App, operator_id: OperatorId, sims: &[NewSim]) -> Batch {
    let at = app.now();
    let mut batch = Batch::new(at);
    for new in sims {
        sim::insert(&mut batch, operator_id, new.sim, new.eid.as_ref().map(Eid::as_str));
    }
    if sims.iter().any(|new| new.keys.is_some()) {
        let key = app.store.keys.create(&mut batch, at);
        for new in sims {
            if let Some(keys) = &new.keys {
                sim_key::insert(&mut batch, &key, new.sim.imsi, keys);
            }
        }
    }
    batch
}

/// Takes the keys of a SIM that came without them; the network is then told of it again.
async fn keep_keys(app: &App, operator_id: OperatorId, new: &NewSim) -> Result<(), Error> {
    let (db, at) = (&app.store.db, app.now());
    let Some(keys) = &new.keys else { return Ok(()) };
    let ours = |row: &sim::SimRow| row.operator_id == operator_id && row.sim == new.sim;
    let Some(row) = sim::load(db, new.sim.iccid).await?.filter(ours) else { return Ok(()) };
    if sim_key::load(db, &app.store.keys, new.sim.imsi).await?.is_some() {
        return Ok(());
    }
    let mut batch = Batch::new(at);
    let key = app.store.keys.create(&mut batch, at);
    sim_key::insert(&mut batch, &key, new.sim.imsi, keys);
    if let Some(msisdn) = row.msisdn {
        provision::tell_again(&mut batch, msisdn, new.sim.imsi);
    }
    Ok(app.store.db.commit(batch).await?)
}

fn require_stock(actor: &Actor, operator_id: OperatorId) -> Result<(), Error> {
    if *actor == Actor::System {
        return Ok(());
    }
    require(actor, Action::StockNumber, Some(operator_id))
}

/// Adds a number that has just come into stock to `batch`.
pub(super) fn stage_number(
    batch: &mut Batch,
    actor: &Actor,
    operator_id: OperatorId,
    msisdn: Msisdn,
) {
    let at = batch.at();
    let row = NumberRow { msisdn, operator_id, version: 1, facts: Facts::in_stock(at) };
    store::number::insert(batch, &row);
    batch.audit(AuditEntry {
        operator_id,
        subject: store::number::subject(msisdn),
        subject_version: 1,
        actor: actor.audit_name(),
        action: "number.brought_in".to_owned(),
        detail_json: "{}".to_owned(),
        at,
    });
}

async fn commit_new(app: &App, batch: Batch) -> Result<bool, Error> {
    match app.store.db.commit(batch).await {
        Ok(()) => Ok(true),
        Err(CommitError::Duplicate(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Sets a number aside until `until`, at most as long as the policy allows.
pub async fn reserve(
    app: &App,
    actor: &Actor,
    msisdn: Msisdn,
    until: At,
) -> Result<Applied, Error> {
    load(app, actor, Action::StockNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::Reserved { until }).await
}

/// Gives a reserved number back.
pub async fn drop_reservation(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<Applied, Error> {
    load(app, actor, Action::StockNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::ReservationDropped).await
}

/// Joins a number with a SIM from stock; the network will refuse it everything until a holder is
/// registered.
pub async fn allocate(
    app: &App,
    actor: &Actor,
    msisdn: Msisdn,
    sim: SimRef,
) -> Result<Applied, Error> {
    load(app, actor, Action::StockNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::Allocated { sim }).await
}

/// Parts a number from a SIM that was never registered; both go back into stock.
pub async fn release_unregistered(
    app: &App,
    actor: &Actor,
    msisdn: Msisdn,
) -> Result<Applied, Error> {
    load(app, actor, Action::StockNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::AllocationUndone).await
}

/// Takes a number out of use for good.
pub async fn retire(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<Applied, Error> {
    load(app, actor, Action::StockNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::Retired).await
}
