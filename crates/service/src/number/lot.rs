//! Lots: many numbers or SIMs brought into stock by one commit with one audit entry (decision 96).

use super::stock::require_stock;
use crate::app::App;
use crate::error::Error;
use crate::inventory::NewSim;
use domain::access::Actor;
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::SimRef;
use domain::sim::Eid;
use domain::time::At;
use seal::{Sha256, hex};
use std::collections::BTreeSet;
use std::fmt::Display;
use store::number::{provision, sim, sim_key, stock};
use store::{AuditEntry, Batch};

/// Brings numbers into stock in one commit; how many were new. The others are left as they are.
pub(crate) async fn bring_numbers(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    numbers: &[Msisdn],
) -> Result<u64, Error> {
    require_stock(actor, operator_id)?;
    // Somebody may bring the same in at the same time: the slower finds it known.
    crate::retry(|| async {
        let known = stock::known(&app.store.db, numbers).await?;
        let new: BTreeSet<Msisdn> =
            numbers.iter().copied().filter(|msisdn| !known.contains(msisdn)).collect();
        let new: Vec<Msisdn> = new.into_iter().collect();
        let mut batch = Batch::new(app.now());
        stock::insert_many(&mut batch, operator_id, &new);
        store::activity::learn(&app.store.db, &mut batch, operator_id, &new).await?;
        commit(app, actor, operator_id, batch, "numbers.brought_in", &new).await
    })
    .await
}

/// Brings SIMs into stock in one commit, their keys under one data key; how many were new. Those
/// whose ICCID or IMSI is known are left as they are, but for keys that none came with before.
pub(crate) async fn bring_sims(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    sims: &[NewSim],
) -> Result<u64, Error> {
    require_stock(actor, operator_id)?;
    let brought = crate::retry(|| async {
        let cards: Vec<SimRef> = sims.iter().map(|new| new.sim).collect();
        let (mut iccids, mut imsis) = sim::known(&app.store.db, &cards).await?;
        let mut is_new = |new: &NewSim| {
            let is_known = iccids.contains(&new.sim.iccid) || imsis.contains(&new.sim.imsi);
            iccids.insert(new.sim.iccid);
            imsis.insert(new.sim.imsi);
            !is_known
        };
        let new: Vec<&NewSim> = sims.iter().filter(|new| is_new(new)).collect();
        let mut batch = Batch::new(app.now());
        stage_sims(app, &mut batch, operator_id, &new);
        let iccids: Vec<_> = new.iter().map(|new| new.sim.iccid).collect();
        commit(app, actor, operator_id, batch, "sims.brought_in", &iccids).await
    });
    let count = brought.await?;
    if count < sims.len() as u64 {
        for new in sims {
            keep_keys(app, operator_id, new).await?;
        }
    }
    Ok(count)
}

fn stage_sims(app: &App, batch: &mut Batch, operator_id: OperatorId, sims: &[&NewSim]) {
    for new in sims {
        let (eid, profile_type) = (new.eid.as_ref().map(Eid::as_str), new.profile_type.as_deref());
        sim::insert_as(batch, operator_id, new.sim, eid, profile_type);
    }
    if sims.iter().any(|new| new.keys.is_some()) {
        let at = batch.at();
        let key = app.store.keys.create(batch, at);
        for new in sims {
            if let Some(keys) = &new.keys {
                sim_key::insert(batch, &key, new.sim.imsi, keys);
            }
        }
    }
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

/// Commits what is new with its entry, if anything is.
async fn commit<T: Display>(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    mut batch: Batch,
    action: &str,
    new: &[T],
) -> Result<u64, Error> {
    let (Some(first), Some(last)) = (new.first(), new.last()) else { return Ok(0) };
    let at = batch.at();
    let detail = serde_json::json!({
        "count": new.len(), "first": first.to_string(), "last": last.to_string(),
        "sha256": digest(new),
    });
    batch.audit(AuditEntry {
        operator_id,
        subject: subject(at),
        subject_version: 1,
        actor: actor.audit_name(),
        action: action.to_owned(),
        detail_json: detail.to_string(),
        at,
    });
    app.store.db.commit(batch).await?;
    Ok(new.len() as u64)
}

fn subject(at: At) -> String {
    format!("lot_{:032x}", seal::entropy::uuid_v7(at.millis()))
}

/// SHA-256 over the things as text, each followed by a line feed, in the order of the lot.
fn digest<T: Display>(new: &[T]) -> String {
    let mut hash = Sha256::default();
    for one in new {
        hash.update(format!("{one}\n").as_bytes());
    }
    hex(&hash.finish())
}
