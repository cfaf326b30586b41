//! Loading a number with everything a decision needs.

use crate::access::require;
use crate::app::App;
use crate::error::Error;
use crate::policy;
use domain::access::{Action, Actor};
use domain::id::{OperatorId, PartyId};
use domain::msisdn::Msisdn;
use domain::number::{Usage, UsageKind};
use domain::policy::Policy;
use domain::time::At;
use store::number::NumberRow;

/// The number, if it exists and `actor` may do `action` to it; a holder may only to his own.
pub async fn load(
    app: &App,
    actor: &Actor,
    action: Action,
    msisdn: Msisdn,
) -> Result<(NumberRow, Policy), Error> {
    let row = store::number::load(&app.store.db, msisdn).await?.ok_or(Error::NotFound)?;
    if *actor != Actor::System {
        require(actor, action, Some(row.operator_id))?;
    }
    if let Actor::Holder { party_id, .. } = actor {
        let mine = row.facts.holder.map(|holder| holder.party_id).or(row.facts.former_party_id);
        if mine != Some(*party_id) {
            return Err(Error::NotFound);
        }
    }
    complete(app, row).await
}

/// The number with its policy, and with the newest use that counts taken from the usage feed.
pub(crate) async fn complete(app: &App, mut row: NumberRow) -> Result<(NumberRow, Policy), Error> {
    let policy = policy::of(app, row.operator_id, app.now()).await?;
    take_in_feed(app, &mut row, &policy).await?;
    Ok((row, policy))
}

/// Takes the newest use that counts from the usage feed, unless the row knows a newer one or it is
/// from before the present holder.
pub(crate) async fn take_in_feed(
    app: &App,
    row: &mut NumberRow,
    policy: &Policy,
) -> Result<(), Error> {
    let Some(holder) = row.facts.holder else { return Ok(()) };
    let seen = newest_use(app, row.msisdn, policy).await?;
    let seen = seen.filter(|seen| seen.at >= holder.since && seen.at <= app.now());
    if seen.is_some_and(|seen| row.facts.last_use.is_none_or(|known| known.at < seen.at)) {
        row.facts.last_use = seen;
    }
    Ok(())
}

/// The policy of the operator that serves the number, at `at`.
pub async fn policy_of(app: &App, msisdn: Msisdn, at: At) -> Result<Policy, Error> {
    let row = store::number::load(&app.store.db, msisdn).await?.ok_or(Error::NotFound)?;
    policy::of(app, row.operator_id, at).await
}

/// The newest use that counts under `policy`, as the usage feed knows it.
async fn newest_use(app: &App, msisdn: Msisdn, policy: &Policy) -> Result<Option<Usage>, Error> {
    let kinds = policy.keep_alive.counting.iter().fold(0, |bits, kind| bits | 1 << kind.index());
    let Some((at, index)) = store::activity::last_event(&app.store.db, msisdn, kinds).await? else {
        return Ok(None);
    };
    let kind = UsageKind::ALL.into_iter().find(|kind| kind.index() == index);
    Ok(kind.map(|kind| Usage { kind, at }))
}

/// The numbers a party holds at an operator, oldest slot first.
pub async fn held_by(
    app: &App,
    party_id: PartyId,
    operator_id: OperatorId,
) -> Result<Vec<Msisdn>, Error> {
    let held = store::number::party::held(&app.store.db, party_id, operator_id).await?;
    Ok(held.into_iter().map(|held| held.msisdn).collect())
}

/// Whether somebody is registering the number at the moment.
pub async fn is_being_registered(app: &App, msisdn: Msisdn) -> Result<bool, Error> {
    Ok(store::application::open_of_number(&app.store.db, msisdn).await?.is_some())
}
