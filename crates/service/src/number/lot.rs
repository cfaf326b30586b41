//! Lots: many numbers or SIMs brought into stock by one commit with one audit entry (decision 96).

use super::stock::require_stock;
use crate::app::App;
use crate::error::Error;
use domain::access::Actor;
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::SimRef;
use domain::time::At;
use seal::{Sha256, hex};
use std::collections::BTreeSet;
use std::fmt::Display;
use store::number::{sim, stock};
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

/// Brings SIMs into stock in one commit; how many were new. Those whose ICCID or IMSI is known are
/// left as they are.
pub(crate) async fn bring_sims(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    sims: &[(SimRef, Option<String>)],
) -> Result<u64, Error> {
    require_stock(actor, operator_id)?;
    crate::retry(|| async {
        let cards: Vec<SimRef> = sims.iter().map(|(sim, _)| *sim).collect();
        let (mut iccids, mut imsis) = sim::known(&app.store.db, &cards).await?;
        let mut batch = Batch::new(app.now());
        let mut new = Vec::new();
        for (card, eid) in sims {
            if iccids.contains(&card.iccid) || imsis.contains(&card.imsi) {
                continue;
            }
            iccids.insert(card.iccid);
            imsis.insert(card.imsi);
            sim::insert(&mut batch, operator_id, *card, eid.as_deref());
            new.push(card.iccid);
        }
        commit(app, actor, operator_id, batch, "sims.brought_in", &new).await
    })
    .await
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
