//! Numbers and SIMs that nobody holds yet: brought in, reserved, allocated.

use super::load::load;
use super::pool::require_open;
use super::stage::{Applied, apply};
use crate::access::require;
use crate::app::App;
use crate::error::Error;
use domain::access::{Action, Actor};
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::{Event, Facts, Lifecycle, SimRef};
use domain::time::At;
use store::number::{NumberRow, sim};
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

pub(super) fn require_stock(actor: &Actor, operator_id: OperatorId) -> Result<(), Error> {
    if *actor == Actor::System {
        return Ok(());
    }
    require(actor, Action::StockNumber, Some(operator_id))
}

/// Adds a number that has just come into stock to `batch`.
fn stage_number(batch: &mut Batch, actor: &Actor, operator_id: OperatorId, msisdn: Msisdn) {
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
    let (row, _) = load(app, actor, Action::StockNumber, msisdn).await?;
    require_open(app, row.operator_id, msisdn).await?;
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
    let (row, _) = load(app, actor, Action::StockNumber, msisdn).await?;
    // Whoever reserved it was given it while its pool was open.
    if row.facts.lifecycle == Lifecycle::InStock {
        require_open(app, row.operator_id, msisdn).await?;
    }
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
