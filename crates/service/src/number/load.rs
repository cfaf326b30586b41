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
    if row.facts.holder.is_none() {
        return Ok(());
    }
    let kinds = counting_kinds(policy);
    let seen = store::activity::last_event(&app.store.db, row.msisdn, kinds).await?;
    take_in(row, seen, app.now());
    Ok(())
}

/// The same for many numbers, each with its policy; every block is read once.
pub(crate) async fn take_in_feeds(
    app: &App,
    rows: &mut [(NumberRow, &Policy)],
) -> Result<(), Error> {
    let held = |row: &NumberRow| row.facts.holder.is_some();
    let wanted: Vec<_> = rows
        .iter()
        .filter(|(row, _)| held(row))
        .map(|(row, policy)| (row.msisdn, counting_kinds(policy)))
        .collect();
    let seen = store::activity::last_events(&app.store.db, &wanted).await?;
    for ((row, _), seen) in rows.iter_mut().filter(|(row, _)| held(row)).zip(seen) {
        take_in(row, seen, app.now());
    }
    Ok(())
}

/// Takes in what the feed saw, unless the row knows a newer use or it is from before the holder.
pub(crate) fn take_in(row: &mut NumberRow, seen: Option<(At, u8)>, now: At) {
    let Some((holder, (at, index))) = row.facts.holder.zip(seen) else { return };
    let kind = UsageKind::ALL.into_iter().find(|kind| kind.index() == index);
    let seen = kind.map(|kind| Usage { kind, at });
    let seen = seen.filter(|seen| seen.at >= holder.since && seen.at <= now);
    if seen.is_some_and(|seen| row.facts.last_use.is_none_or(|known| known.at < seen.at)) {
        row.facts.last_use = seen;
    }
}

/// The kinds of use that count under `policy`: bit n is kind n.
pub(crate) fn counting_kinds(policy: &Policy) -> u16 {
    policy.keep_alive.counting.iter().fold(0, |bits, kind| bits | 1 << kind.index())
}

/// The policy of the operator that serves the number, at `at`.
pub async fn policy_of(app: &App, msisdn: Msisdn, at: At) -> Result<Policy, Error> {
    let row = store::number::load(&app.store.db, msisdn).await?.ok_or(Error::NotFound)?;
    policy::of(app, row.operator_id, at).await
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
