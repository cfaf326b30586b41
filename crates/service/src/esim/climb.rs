//! The steps of an order, each recorded before the next.

use super::order::{Wanted, ask, stage};
use super::update;
use crate::app::App;
use crate::error::Error;
use crate::notice::{self, NoticeRequest, To};
use crate::number;
use crate::port::{Linked, PortError, ProfileOrder, SmdpRefusal, Told};
use crate::work::Next;
use domain::access::Actor;
use domain::esim::{ActivationCode, Event, Step, decide};
use domain::msisdn::Msisdn;
use domain::notice::Template;
use domain::number::Event as NumberEvent;
use domain::sim::Iccid;
use domain::time::At;
use serde_json::json;
use std::future::Future;
use std::time::Duration;
use store::number::esim::{EsimOrder, Secret};
use store::number::provision::{self, ProvisionStep};
use store::number::sim::{self, SimState};
use store::{Batch, ClaimedJob, Keys};

/// The job that climbs; its key is the order's subject.
pub const JOB: &str = "esim.order";

/// An answer that takes longer is no answer; the same call is then made again.
const ANSWER_MAX: Duration = Duration::from_secs(20);
/// Between two tries of a call at most.
const RETRY_MILLIS_MAX: i64 = 300_000;
/// The network is asked after this whether it knows the profile, at first.
const NETWORK_MILLIS: i64 = 1_000;
/// And at least so often.
const NETWORK_MILLIS_MAX: i64 = 60_000;
/// Steps of one run; more would be a loop.
const STEPS_MAX: u32 = 16;
/// Profiles that are tried for one application before somebody must look.
const PROFILES_MAX: usize = 3;

/// What became of one step.
enum Taken {
    /// There may be another.
    Step,
    /// It must wait.
    Wait(At),
    /// Nothing is left to do.
    Nothing,
}

/// Runs the job.
pub async fn run(app: &App, job: &ClaimedJob) -> Result<Next, Error> {
    let Some((msisdn, iccid)) = of_subject(&job.key) else {
        return Err(Error::fault("a job's key is no eSIM order"));
    };
    for _ in 0..STEPS_MAX {
        let order = EsimOrder::load(&app.store.db, msisdn, iccid).await?;
        let Some(order) = order else { return Ok(Next::Done) };
        match climb(app, order).await? {
            Taken::Step => {}
            Taken::Wait(at) => return Ok(Next::At(at)),
            Taken::Nothing => return Ok(Next::Done),
        }
    }
    Ok(Next::At(app.now().plus_millis(NETWORK_MILLIS)))
}

fn of_subject(key: &str) -> Option<(Msisdn, Iccid)> {
    let (iccid, msisdn) = key.strip_prefix("esim:")?.split_once(':')?;
    Some((Msisdn::parse(&format!("+{msisdn}")).ok()?, Iccid::parse(iccid).ok()?))
}

async fn climb(app: &App, order: EsimOrder) -> Result<Taken, Error> {
    match order.facts.step {
        Step::Wanted => {
            let (_, secret) = order.open(&app.store.db, &app.store.keys).await?;
            let call = call(&order, &secret, "order");
            let (order, told) = asked(app, order, app.smdp.order(&call)).await?;
            match told {
                Ok(Err(refusal)) if is_repeat(&order, refusal) => {
                    step(app, &order, Event::Ordered).await
                }
                Ok(Err(refusal)) => refused(app, &order, secret, refusal).await,
                Ok(Ok(())) => step(app, &order, Event::Ordered).await,
                Err(error) => later(app, &order, &error).await,
            }
        }
        Step::Ordered => confirm(app, order).await,
        Step::Confirmed => move_number(app, &order).await,
        Step::Moved => release(app, order).await,
        Step::Released => {
            let row = store::number::load(&app.store.db, order.msisdn).await?;
            let is_ours = row.is_some_and(|row| row.facts.sim == Some(order.sim));
            if is_ours || order.facts.download.is_installed() {
                return Ok(Taken::Nothing);
            }
            give_up(app, &order, "another_sim").await
        }
        Step::Cancelling => cancel(app, order).await,
        Step::Cancelled => Ok(Taken::Nothing),
        Step::Refused => another(app, &order).await,
    }
}

/// The call of a step: the same however often it is made.
fn call(order: &EsimOrder, secret: &Secret, what: &str) -> ProfileOrder {
    ProfileOrder {
        call_id: format!("{}-{}-{what}", order.sim.iccid, order.created_at.millis()),
        iccid: order.sim.iccid.to_string(),
        profile_type: order.profile_type.clone(),
        matching_id: secret.matching_id.clone(),
        eid: secret.eid.clone(),
    }
}

/// Records that the call is made, and makes it. The order comes back as it was before: with the
/// calls that were made earlier.
async fn asked<T>(
    app: &App,
    order: EsimOrder,
    call: impl Future<Output = Told<T>>,
) -> Result<(EsimOrder, Told<T>), Error> {
    let mut batch = Batch::new(app.now());
    order.ask(&mut batch);
    app.store.db.commit(batch).await?;
    let late = |_| Err(PortError::Unreachable("no answer in time".to_owned()));
    let told = tokio::time::timeout(ANSWER_MAX, call).await.unwrap_or_else(late);
    Ok((order, told))
}

/// Whether a refusal only says that an earlier call, whose answer was lost, was done. The profile
/// is set aside for this order in our stock, so nobody else of ours asked for it.
fn is_repeat(order: &EsimOrder, refusal: SmdpRefusal) -> bool {
    order.asked > 0 && refusal.may_be_a_repeat()
}

/// The step was taken.
async fn step(app: &App, order: &EsimOrder, event: Event) -> Result<Taken, Error> {
    let next = decide(&order.facts, event)?;
    let mut batch = Batch::new(app.now());
    let action = format!("esim.{}", next.step.code());
    update(&mut batch, order, &next, (&Actor::System, &action), &json!({}));
    app.store.db.commit(batch).await?;
    Ok(Taken::Step)
}

/// There was no answer, or the way is barred: the same again, later.
async fn later(app: &App, order: &EsimOrder, error: &PortError) -> Result<Taken, Error> {
    let doubled = 1_000_i64 << order.tries.clamp(0, 10);
    let tries = order.tries;
    tracing::info!(tries, step = order.facts.step.code(), %error, "the SM-DP+ did not do it yet");
    let mut batch = Batch::new(app.now());
    order.retry(&mut batch, &error.to_string());
    app.store.db.commit(batch).await?;
    Ok(Taken::Wait(app.now().plus_millis(doubled.min(RETRY_MILLIS_MAX))))
}

async fn confirm(app: &App, order: EsimOrder) -> Result<Taken, Error> {
    let (key, mut secret) = order.open(&app.store.db, &app.store.keys).await?;
    let call = call(&order, &secret, "confirm");
    let (mut order, told) = asked(app, order, app.smdp.confirm(&call)).await?;
    let linked = match told {
        Ok(Ok(linked)) => linked,
        // It was done; what its answer said is what we asked for.
        Ok(Err(refusal)) if is_repeat(&order, refusal) => {
            Linked { matching_id: secret.matching_id.clone(), address: None }
        }
        Ok(Err(refusal)) => return refused(app, &order, secret, refusal).await,
        Err(error) => return later(app, &order, &error).await,
    };
    let address = linked.address.or_else(|| app.smdp.address()).unwrap_or_default();
    if ActivationCode::new(&address, &linked.matching_id).is_err() {
        let error = PortError::Unreachable("it made no activation code".to_owned());
        return later(app, &order, &error).await;
    }
    secret.matching_id = linked.matching_id;
    secret.address = Some(address);
    order.seal(&key, &secret);
    step(app, &order, Event::Confirmed).await
}

/// The number is served by the profile from now on, and the old SIM is dead: one batch. If its
/// rules refuse that by now, or somebody else holds it, the order is taken back.
async fn move_number(app: &App, order: &EsimOrder) -> Result<Taken, Error> {
    let row = store::number::load(&app.store.db, order.msisdn).await?.ok_or(Error::NotFound)?;
    if row.facts.holder.is_none_or(|holder| holder.episode_id != order.episode_id) {
        return give_up(app, order, "another_holder").await;
    }
    let mut batch = Batch::new(app.now());
    let event = NumberEvent::SimReplaced { sim: order.sim };
    let system = Actor::System;
    match number::stage(app, &mut batch, order.msisdn, &event, &system).await {
        Ok(_) => {}
        Err(Error::Refused(refused)) => return give_up(app, order, refused.code).await,
        Err(error) => return Err(error),
    }
    number::announce_ready(&mut batch, order.msisdn, order.sim, order.application_id);
    let next = decide(&order.facts, Event::Moved)?;
    update(&mut batch, order, &next, (&system, "esim.moved"), &json!({}));
    app.store.db.commit(batch).await?;
    Ok(Taken::Step)
}

/// Phones may have it once the network knows it; then its holder is told, without the code.
async fn release(app: &App, order: EsimOrder) -> Result<Taken, Error> {
    let row = store::number::load(&app.store.db, order.msisdn).await?.ok_or(Error::NotFound)?;
    if row.facts.sim != Some(order.sim) {
        return give_up(app, &order, "another_sim").await;
    }
    let told = provision::of_number(&app.store.db, order.msisdn).await?;
    let ours = told.iter().find(|told| told.imsi == order.sim.imsi);
    if ours.is_none_or(|told| told.step != ProvisionStep::Confirmed) {
        let waited = app.now().millis().saturating_sub(order.changed_at.millis());
        let wait = (waited / 4).clamp(NETWORK_MILLIS, NETWORK_MILLIS_MAX);
        return Ok(Taken::Wait(app.now().plus_millis(wait)));
    }
    let (_, secret) = order.open(&app.store.db, &app.store.keys).await?;
    let call = call(&order, &secret, "release");
    let (mut order, told) = asked(app, order, app.smdp.release(&call)).await?;
    match told {
        Ok(Ok(())) => {}
        Ok(Err(refusal)) if is_repeat(&order, refusal) => {}
        // It was promised, and the number waits for it: somebody must look.
        Ok(Err(refusal)) => {
            let why = refusal.code();
            tracing::warn!(why, "a confirmed eSIM profile is not released");
            let error = PortError::Rejected(format!("not released: {why}"));
            return later(app, &order, &error).await;
        }
        Err(error) => return later(app, &order, &error).await,
    }
    let policy = crate::policy::of(app, order.operator_id, app.now()).await?;
    let last = app.now().plus_days(*policy.sim_swap.activation_days).date_in(&policy.zone);
    order.valid_until = Some(At::end_of(last, &policy.zone));
    let next = decide(&order.facts, Event::Released)?;
    let mut batch = Batch::new(app.now());
    update(&mut batch, &order, &next, (&Actor::System, "esim.released"), &json!({}));
    if let Some(holder) = row.facts.holder.filter(|_| !next.download.is_installed()) {
        let request = NoticeRequest {
            operator_id: order.operator_id,
            template: Template::EsimReady {
                tail: order.msisdn.tail4(),
                link: app.site.link("numbers"),
            },
            about: Some(order.msisdn),
            application_id: Some(order.application_id),
            to: To::Holder(holder.party_id),
            dedup: format!("esim:{}:ready", order.sim.iccid),
        };
        notice::stage(app, &mut batch, request).await?;
    }
    app.store.db.commit(batch).await?;
    Ok(Taken::Step)
}

/// The order is not wanted any more, or cannot be had.
async fn give_up(app: &App, order: &EsimOrder, why: &str) -> Result<Taken, Error> {
    let next = decide(&order.facts, Event::CancelAsked)?;
    let mut batch = Batch::new(app.now());
    let detail = json!({ "why": why });
    update(&mut batch, order, &next, (&Actor::System, "esim.cancelling"), &detail);
    app.store.db.commit(batch).await?;
    Ok(Taken::Step)
}

/// The SM-DP+ is told; a profile that never served goes back into our stock.
async fn cancel(app: &App, order: EsimOrder) -> Result<Taken, Error> {
    let row = sim::load(&app.store.db, order.sim.iccid).await?;
    let is_unused = row.is_some_and(|row| row.state == SimState::Reserved);
    let (_, secret) = order.open(&app.store.db, &app.store.keys).await?;
    let call = call(&order, &secret, "cancel");
    let (order, told) = asked(app, order, app.smdp.cancel(&call, is_unused)).await?;
    let why = match told {
        Ok(Ok(())) => None,
        // Nothing to take back: it was never ordered, or was taken back before.
        Ok(Err(refusal)) => Some(refusal),
        Err(error) => return later(app, &order, &error).await,
    };
    let next = decide(&order.facts, Event::Cancelled)?;
    let mut batch = Batch::new(app.now());
    let detail = json!({ "refused": why.map(SmdpRefusal::code) });
    update(&mut batch, &order, &next, (&Actor::System, "esim.cancelled"), &detail);
    let is_clean = why.is_none_or(|why| is_repeat(&order, why));
    let state = if is_clean { SimState::Stock } else { SimState::Dead };
    sim::give_up(&mut batch, order.sim, order.msisdn, state);
    Keys::erase(&mut batch, order.data_key_id);
    app.store.db.commit(batch).await?;
    Ok(Taken::Nothing)
}

/// This profile cannot be had. It leaves our stock, and another one is ordered. If it was the chip
/// that was refused, the next is not bound to it: the code is shown to the holder alone anyway.
async fn refused(
    app: &App,
    order: &EsimOrder,
    secret: Secret,
    refusal: SmdpRefusal,
) -> Result<Taken, Error> {
    let next = decide(&order.facts, Event::Refused)?;
    let why = refusal.code();
    tracing::warn!(why, "the SM-DP+ refuses an eSIM profile");
    let mut batch = Batch::new(app.now());
    let detail = json!({ "why": why });
    update(&mut batch, order, &next, (&Actor::System, "esim.refused"), &detail);
    sim::give_up(&mut batch, order.sim, order.msisdn, SimState::Dead);
    Keys::erase(&mut batch, order.data_key_id);
    let eid = secret.eid.filter(|_| refusal != SmdpRefusal::Eid);
    match stage_another(app, &mut batch, order, eid).await {
        Err(Error::Refused(_)) => {}
        other => other?,
    }
    app.store.db.commit(batch).await?;
    Ok(Taken::Step)
}

async fn stage_another(
    app: &App,
    batch: &mut Batch,
    order: &EsimOrder,
    eid: Option<String>,
) -> Result<(), Error> {
    let orders = EsimOrder::of_number(&app.store.db, order.msisdn).await?;
    let of_it = orders.iter().filter(|other| other.application_id == order.application_id).count();
    if of_it >= PROFILES_MAX {
        return Ok(());
    }
    let wanted = Wanted {
        operator_id: order.operator_id,
        msisdn: order.msisdn,
        application_id: order.application_id,
        episode_id: order.episode_id,
        eid,
    };
    stage(app, batch, &wanted).await.map(drop)
}

/// After a refusal: nothing if another profile was ordered; else one is, or somebody must look.
async fn another(app: &App, order: &EsimOrder) -> Result<Taken, Error> {
    let orders = EsimOrder::of_number(&app.store.db, order.msisdn).await?;
    let mut of_it = orders.iter().filter(|other| other.application_id == order.application_id);
    let is_last = of_it.clone().next_back().is_some_and(|last| last.sim == order.sim);
    let is_open = of_it.any(|other| !other.facts.step.is_over());
    if !is_last || is_open {
        return Ok(Taken::Nothing);
    }
    let mut batch = Batch::new(app.now());
    match stage_another(app, &mut batch, order, None).await {
        Err(Error::Refused(_)) => return Err(Error::fault("no eSIM profile is left in stock")),
        other => other?,
    }
    if batch.is_empty() {
        return Err(Error::fault("the SM-DP+ refused every profile that was tried"));
    }
    app.store.db.commit(batch).await?;
    Ok(Taken::Nothing)
}

/// Somebody asked to take an order back; the job goes on from there.
pub(super) fn stage_cancel(
    batch: &mut Batch,
    order: &EsimOrder,
    actor: &Actor,
) -> Result<(), Error> {
    let mut next = decide(&order.facts, Event::CancelAsked)?;
    let detail = json!({ "why": "asked" });
    if order.facts.step == Step::Wanted && order.asked == 0 {
        // Nobody outside has heard of it.
        next = decide(&next, Event::Cancelled)?;
        sim::give_up(batch, order.sim, order.msisdn, SimState::Stock);
        Keys::erase(batch, order.data_key_id);
        update(batch, order, &next, (actor, "esim.cancelled"), &detail);
        return Ok(());
    }
    update(batch, order, &next, (actor, "esim.cancelling"), &detail);
    ask(batch, order.msisdn, order.sim.iccid);
    Ok(())
}
