//! Turning a decision into the rows of one batch.

use super::load::complete;
use super::tell;
use crate::app::App;
use crate::error::Error;
use crate::notice::{Letterhead, NoticeRequest, To, reach, stage_known};
use crate::retry;
use domain::access::Actor;
use domain::cap::{self, CapClass, CapHolder, Holdings};
use domain::id::{ApplicationId, OperatorId, PartyId};
use domain::money::{Fee, Posting};
use domain::msisdn::Msisdn;
use domain::number::{Effect, Event, Holder, Lifecycle, NumberRefusal, SimRef, Step, decide, lean};
use domain::policy::Policy;
use domain::time::At;
use std::collections::{BTreeMap, BTreeSet};
use store::number::ledger::{self, Balance};
use store::number::sim::SimState;
use store::number::{NumberRow, history, party, provision, sim};
use store::party::{Party, PartyKind};
use store::{AuditEntry, Batch, Job};

/// What became of a number by an event.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The number as it was.
    pub before: NumberRow,
    /// What was decided.
    pub step: Step,
}

/// Decides what `event` makes of the number and adds every row of that to `batch`, for a use case
/// that commits more together with it.
pub async fn stage(
    app: &App,
    batch: &mut Batch,
    msisdn: Msisdn,
    event: &Event,
    actor: &Actor,
) -> Result<Step, Error> {
    let (row, policy) = complete(app, own(app, actor, msisdn).await?).await?;
    stage_loaded(app, batch, &Change { row: &row, policy: &policy, event, actor }).await
}

/// Applies `event` to the number: load, decide, commit, again if somebody was faster.
pub async fn apply(
    app: &App,
    actor: &Actor,
    msisdn: Msisdn,
    event: &Event,
) -> Result<Applied, Error> {
    retry(|| async {
        let (row, policy) = complete(app, own(app, actor, msisdn).await?).await?;
        let mut batch = Batch::new(app.now());
        let change = Change { row: &row, policy: &policy, event, actor };
        let step = stage_loaded(app, &mut batch, &change).await?;
        app.store.db.commit(batch).await?;
        Ok(Applied { before: row.clone(), step })
    })
    .await
}

/// Refused as [`stage`] would be, if `event` happened to the number now.
pub(crate) async fn refuse_unless(app: &App, msisdn: Msisdn, event: &Event) -> Result<(), Error> {
    let (row, policy) = complete(app, own(app, &Actor::System, msisdn).await?).await?;
    decide(&row.facts, &policy, event, app.now())?;
    Ok(())
}

/// The number, unless it is another operator's than the actor's.
async fn own(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<NumberRow, Error> {
    let row = store::number::load(&app.store.db, msisdn).await?.ok_or(Error::NotFound)?;
    let is_others = actor.operator_id().is_some_and(|operator_id| operator_id != row.operator_id);
    if is_others { Err(Error::NotFound) } else { Ok(row) }
}

/// The same by the program itself.
pub async fn apply_as_system(app: &App, msisdn: Msisdn, event: &Event) -> Result<Applied, Error> {
    apply(app, &Actor::System, msisdn, event).await
}

/// The application is told, by the job `application.ready`, when the network has confirmed what
/// the staged step wants for the SIM.
pub fn announce_ready(batch: &mut Batch, msisdn: Msisdn, sim: SimRef, id: ApplicationId) {
    provision::announce(batch, msisdn, sim.imsi, id);
}

/// An event about a loaded number.
pub(crate) struct Change<'a> {
    pub(crate) row: &'a NumberRow,
    pub(crate) policy: &'a Policy,
    pub(crate) event: &'a Event,
    pub(crate) actor: &'a Actor,
}

/// Decides and adds every row of the step: state, holds, histories, claims, network, money, notices
/// and the audit entry. A step that changes nothing adds nothing.
pub(crate) async fn stage_loaded(
    app: &App,
    batch: &mut Batch,
    change: &Change<'_>,
) -> Result<Step, Error> {
    let step = decide(&change.row.facts, change.policy, change.event, batch.at())?;
    if changes_nothing(change, &step) {
        return Ok(step);
    }
    write_effects(app, batch, change, &step).await?;
    for request in tell::requests(&app.site, change, &step) {
        crate::notice::stage(app, batch, request).await?;
    }
    audit(batch, change, &step);
    Ok(step)
}

/// Many decided steps, each in a batch of its own: the same rows as [`stage_loaded`] adds, but how
/// the holders are reached is read for all of them at once. `None` for a step that changes nothing.
pub(crate) async fn stage_decided(
    app: &App,
    at: At,
    letterheads: &BTreeMap<OperatorId, Letterhead>,
    steps: &[(Change<'_>, &Step)],
) -> Result<Vec<Result<Option<Batch>, Error>>, Error> {
    let requests = |(change, step): &(Change<'_>, &Step)| {
        if changes_nothing(change, step) {
            return Vec::new();
        }
        tell::requests(&app.site, change, step)
    };
    let notices: Vec<Vec<NoticeRequest>> = steps.iter().map(requests).collect();
    let holders: BTreeSet<_> = notices.iter().flatten().filter_map(holder_of).collect();
    let holders: Vec<_> = holders.into_iter().collect();
    let known = reach::load_many(app, &holders).await?;
    let mut batches = Vec::with_capacity(steps.len());
    for ((change, step), requests) in steps.iter().zip(&notices) {
        if changes_nothing(change, step) {
            batches.push(Ok(None));
            continue;
        }
        let mut batch = Batch::new(at);
        let done = write_effects(app, &mut batch, change, step).await;
        for request in requests {
            let known = holder_of(request).and_then(|party_id| known.get(&party_id));
            if let Some(letterhead) = letterheads.get(&request.operator_id) {
                stage_known(app, &mut batch, request, letterhead, known);
            }
        }
        audit(&mut batch, change, step);
        batches.push(done.map(|()| Some(batch)));
    }
    Ok(batches)
}

fn holder_of(request: &NoticeRequest) -> Option<PartyId> {
    if let To::Holder(party_id) = request.to { Some(party_id) } else { None }
}

fn changes_nothing(change: &Change<'_>, step: &Step) -> bool {
    step.next == change.row.facts && step.effects.is_empty()
}

/// Adds the rows of the step but for the notices and the audit entry. The version check of the
/// number comes first: who was slower has written nothing.
async fn write_effects(
    app: &App,
    batch: &mut Batch,
    change: &Change<'_>,
    step: &Step,
) -> Result<(), Error> {
    store::number::update(batch, change.row, &step.next);
    for effect in &step.effects {
        match effect {
            Effect::HolderChanged { from, to } => {
                change_holder(app, batch, change, *from, *to).await?;
            }
            Effect::SimChanged { from, to } => {
                change_sim(app, batch, change, *from, *to).await?;
            }
            Effect::Provision => want_network(batch, change, step),
            Effect::Charge { fee, times } => charge(app, batch, change, *fee, *times).await?,
            Effect::GiveBack { fee, times } => {
                give_back(app, batch, change, *fee, *times).await?;
            }
            Effect::Tell(_) => {}
        }
    }
    Ok(())
}

async fn change_holder(
    app: &App,
    batch: &mut Batch,
    change: &Change<'_>,
    from: Option<Holder>,
    to: Option<Holder>,
) -> Result<(), Error> {
    let NumberRow { msisdn, operator_id, .. } = *change.row;
    history::insert_holder(batch, msisdn, change.row.version + 1, to);
    if let Some(from) = from {
        party::delete(batch, operator_id, msisdn, from.party_id);
    }
    if let Some(to) = to {
        let held = party::held(&app.store.db, to.party_id, operator_id).await?;
        let at_operator = i64::try_from(held.len()).unwrap_or(i64::MAX);
        // Whoever is made by the same batch holds nothing yet, and no cap is below one.
        let known = Party::load(&app.store.db, to.party_id).await?;
        let holder = match known.map(|party| party.kind) {
            Some(PartyKind::Organisation) => CapHolder::Organisation,
            Some(PartyKind::Person) | None => CapHolder::Person,
        };
        let holdings = Holdings { holder, at_operator, national: None };
        cap::one_more(&change.policy.caps, CapClass::Prepaid, holdings)?;
        party::insert(batch, operator_id, msisdn, to, party::free_slot(&held));
    }
    Ok(())
}

async fn change_sim(
    app: &App,
    batch: &mut Batch,
    change: &Change<'_>,
    from: Option<SimRef>,
    to: Option<SimRef>,
) -> Result<(), Error> {
    let NumberRow { msisdn, operator_id, ref facts, .. } = *change.row;
    history::insert_sim(batch, msisdn, change.row.version + 1, from, to);
    if let Some(old) = from {
        // A card that nobody was registered with is as good as new.
        let is_new = facts.lifecycle == Lifecycle::Allocated;
        let state = if is_new { SimState::Stock } else { SimState::Dead };
        sim::put_back(batch, old, msisdn, state);
        provision::want(batch, operator_id, msisdn, old.imsi, None);
        wake(batch, change.row);
        // One that nobody installed yet must not be installed any more. Most numbers come here when
        // they are given up, and no profile is asked after then: it dies in the network anyway.
        if to.is_some() {
            crate::esim::wake(app, batch, msisdn, old.iccid).await?;
        }
    }
    if let Some(new) = to {
        let known = sim::load(&app.store.db, new.iccid).await?;
        let ours = known.filter(|row| row.operator_id == operator_id && row.sim == new);
        let Some(row) = ours else { return Err(NumberRefusal::SimUnknown.into()) };
        let is_free = row.state == SimState::Stock
            || (matches!(row.state, SimState::Dead | SimState::Reserved)
                && row.msisdn == Some(msisdn));
        if !is_free {
            return Err(NumberRefusal::SimTaken.into());
        }
        sim::take(batch, operator_id, new, msisdn);
    }
    Ok(())
}

/// Notes what the network must know of the SIM that serves the number now, and wakes the job that
/// tells it. One job per number: it tells removals before the rest.
fn want_network(batch: &mut Batch, change: &Change<'_>, step: &Step) {
    let row = change.row;
    if let Some(sim) = step.next.sim {
        let wanted = (step.next.profile(), lean(&step.next, change.policy));
        provision::want(batch, row.operator_id, row.msisdn, sim.imsi, Some(wanted));
        wake(batch, row);
    }
}

fn wake(batch: &mut Batch, row: &NumberRow) {
    let key = store::number::subject(row.msisdn);
    let payload = serde_json::json!({});
    let run_at = batch.at();
    batch.job(Job { kind: crate::provision::JOB, key, payload, run_at });
}

/// Takes a fee from the balance. A replacement SIM is handed over all the same when the balance is
/// too small: its fee is then collected with it.
async fn charge(
    app: &App,
    batch: &mut Batch,
    change: &Change<'_>,
    fee: Fee,
    times: i64,
) -> Result<(), Error> {
    let minor = change.policy.fees.minor(fee).saturating_mul(times);
    let Some((holder, before)) = account(app, change).await? else { return Ok(()) };
    match Posting::charge(key(change, fee.code()), fee, minor, before.minor) {
        Ok(posting) => {
            ledger::post(batch, change.row.msisdn, holder.episode_id, before, &posting);
            Ok(())
        }
        Err(_) if fee == Fee::SimReplacement => Ok(()),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn give_back(
    app: &App,
    batch: &mut Batch,
    change: &Change<'_>,
    fee: Fee,
    times: i64,
) -> Result<(), Error> {
    let minor = change.policy.fees.minor(fee).saturating_mul(times);
    let Some((holder, before)) = account(app, change).await? else { return Ok(()) };
    let posting = Posting::give_back(key(change, "give_back"), fee, minor)?;
    ledger::post(batch, change.row.msisdn, holder.episode_id, before, &posting);
    Ok(())
}

async fn account(app: &App, change: &Change<'_>) -> Result<Option<(Holder, Balance)>, Error> {
    let Some(holder) = change.row.facts.holder else { return Ok(None) };
    let row = change.row;
    let balance = ledger::balance(&app.store.db, row.msisdn, holder.episode_id).await?;
    Ok(Some((holder, balance)))
}

/// The version makes the key of a movement: a step is committed once.
fn key(change: &Change<'_>, what: &str) -> String {
    format!("{what}:v{}", change.row.version + 1)
}

fn audit(batch: &mut Batch, change: &Change<'_>, step: &Step) {
    let (before, next) = (&change.row.facts, &step.next);
    let codes = |a: &domain::number::Holds, b: &domain::number::Holds| -> Vec<&'static str> {
        a.iter()
            .filter(|hold| !b.iter().any(|other| other == *hold))
            .map(|h| h.kind.code())
            .collect()
    };
    let detail = serde_json::json!({
        "from": before.lifecycle.code(),
        "to": next.lifecycle.code(),
        "set": codes(&next.holds, &before.holds),
        "lifted": codes(&before.holds, &next.holds),
        "rules": step.rules,
        "policy": change.policy.label(),
    });
    let at = batch.at();
    batch.audit(AuditEntry {
        operator_id: change.row.operator_id,
        subject: store::number::subject(change.row.msisdn),
        subject_version: change.row.version + 1,
        actor: change.actor.audit_name(),
        action: format!("number.{}", change.event.code()),
        detail_json: detail.to_string(),
        at,
    });
}
