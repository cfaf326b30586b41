//! Telling the network: a recorded ladder of steps per SIM, and a reconciler that never trusts it.
//!
//! A decision writes what the network must know ([`store::number::provision`]) in its own batch
//! and wakes the job [`JOB`], which tells the HLR: make the record, give it the number, set the
//! profile, read everything back. Only the reading counts as confirmation. Whatever goes wrong,
//! late, twice, never or in the wrong order, the row keeps its place and [`reconcile`] comes back
//! to it; and it reads confirmed records again, after seconds first and then at longer and longer
//! intervals, because a late answer may still undo what was confirmed.

mod drift;
mod in_hand;
mod known;
mod odd;

pub use drift::{Drifted, Drifts, drifts};
pub(crate) use in_hand::InHand;
pub(crate) use known::{Known, look_many};
pub use odd::{Odd, odd};
pub use store::number::provision::Drift;

use crate::app::App;
use crate::error::Error;
use crate::port::{HlrRecord, Later, PortError};
use crate::work::Next;
use domain::access::Actor;
use domain::msisdn::Msisdn;
use domain::number::{Service, ServiceProfile};
use futures::StreamExt;
use std::future::Future;
use std::time::Duration;
use store::number::provision::{self, Provision, ProvisionStep};
use store::{AuditEntry, Batch, ClaimedJob, CommitError, Job};

/// The job that tells the network about one number; its key is the number's subject.
pub const JOB: &str = "provision.number";
/// The job by which an application learns that its number works; its key is the application.
pub const READY: &str = "application.ready";

/// How often `serve` and `work` reconcile.
pub const EVERY_MILLIS: i64 = 1_000;

/// An answer that takes longer is no answer; the reading back will show what became of it.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// The network is read again after this at first, then after twice as long each time.
const CHECK_MILLIS_MIN: i64 = 2_000;
/// And at least so often.
const CHECK_MILLIS_MAX: i64 = 30 * 24 * 3_600_000;
/// Between two tries at most.
const RETRY_MILLIS_MAX: i64 = 60_000;
/// Records looked at in one call of [`reconcile`].
const RECORDS_MAX: i64 = 200;
/// Of these, told at the same time: a register answers one after another.
const PARALLEL_MAX: usize = 16;
/// The audit entry of a record that somebody else changed.
const DRIFT_ACTION: &str = "number.network_drift";
/// Changes of what is wanted while it is being told, after which we leave it to the next call.
const CHANGES_MAX: u32 = 8;

/// What one call did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Numbers looked at.
    pub numbers: u64,
    /// Of these, the network is as wanted.
    pub confirmed: u64,
    /// Of these, something is still to be told.
    pub open: u64,
}

/// Runs the job, with what is known of its number already.
pub(crate) async fn run(app: &App, job: &ClaimedJob, known: Option<&Known>) -> Result<Next, Error> {
    let Some(msisdn) = store::number::of_subject(&job.key) else {
        return Err(Error::fault(format!("{JOB} with the key {}", job.key)));
    };
    // If somebody else tells of it just now, the row's version says who was first.
    let _held = app.memory.in_hand.take(msisdn);
    // What is left open has its own time at which the reconciler comes back.
    match tell_for(app, msisdn, Some(job), known).await? {
        Told::Ended => Ok(Next::Ended),
        Told::Confirmed | Told::Open => Ok(Next::Done),
    }
}

/// Compares wanted with actual wherever that is due, and puts it right; bounded work per call. When
/// the network has come back, what waits for it is due.
pub async fn reconcile(app: &App) -> Result<Report, Error> {
    if app.hlr.has_come_back() {
        commit(app, |batch| provision::hurry(batch, RETRY_MILLIS_MAX)).await?;
    }
    let numbers = provision::checks(&app.store.db, app.now(), RECORDS_MAX).await?;
    // Boxed and owned, so that the whole can move between threads.
    let tells: Vec<Later<'_, _>> = numbers
        .into_iter()
        .map(|msisdn| Box::pin(tell_if_free(app, msisdn)) as Later<'_, _>)
        .collect();
    let mut tells = futures::stream::iter(tells).buffer_unordered(PARALLEL_MAX);
    let mut report = Report::default();
    while let Some(told) = tells.next().await {
        match told? {
            Some(true) => report.confirmed += 1,
            Some(false) => report.open += 1,
            None => continue,
        }
        report.numbers += 1;
    }
    Ok(report)
}

/// The same as [`tell`], unless the network is being told of the number already.
async fn tell_if_free(app: &App, msisdn: Msisdn) -> Result<Option<bool>, Error> {
    let Some(_held) = app.memory.in_hand.take(msisdn) else { return Ok(None) };
    tell(app, msisdn).await.map(Some)
}

/// Tells the network everything that is wanted for the SIMs of a number, removals first; whether
/// all of it is confirmed.
pub async fn tell(app: &App, msisdn: Msisdn) -> Result<bool, Error> {
    Ok(tell_for(app, msisdn, None, None).await? != Told::Open)
}

/// How far the network is with what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// Something is still to be told.
    Open,
    /// It is as wanted.
    Confirmed,
    /// The same, and the job was ended in the commit that says so.
    Ended,
}

/// The same for a job, which ends with the last confirmation: one commit less for each number.
/// Whether what was known of the number still holds, the commit decides.
async fn tell_for(
    app: &App,
    msisdn: Msisdn,
    job: Option<&ClaimedJob>,
    mut known: Option<&Known>,
) -> Result<Told, Error> {
    for _ in 0..CHANGES_MAX {
        let fresh;
        let known = if let Some(known) = known.take() {
            known
        } else {
            fresh = known::look(app, msisdn).await?;
            &fresh
        };
        let rows = known.in_order();
        let mut told = Told::Confirmed;
        let mut has_changed = false;
        for (place, row) in rows.iter().enumerate() {
            // A job is there for what is to be told; the reconciler looks at it again.
            if job.is_some() && is_told(row) {
                continue;
            }
            let is_last = place + 1 == rows.len() && told == Told::Confirmed && !has_changed;
            match tell_one(app, row, known, job.filter(|_| is_last)).await {
                Ok(Told::Confirmed) => {}
                Ok(other) => told = other,
                // Something else is wanted by now.
                Err(Error::Conflict) => has_changed = true,
                Err(error) => return Err(error),
            }
        }
        if !has_changed {
            return Ok(told);
        }
    }
    Ok(Told::Open)
}

/// Whether the network was read back since this was wanted, and nobody waits to hear so.
fn is_told(row: &Provision) -> bool {
    row.step == ProvisionStep::Confirmed && row.application_id.is_none()
}

async fn tell_one(
    app: &App,
    row: &Provision,
    known: &Known,
    ends: Option<&ClaimedJob>,
) -> Result<Told, Error> {
    match climb(app, row, known, ends).await? {
        Ok(()) if ends.is_some() => Ok(Told::Ended),
        Ok(()) => Ok(Told::Confirmed),
        Err(error) => {
            let doubled = 1_000_i64 << row.tries.clamp(0, 10);
            let check_at = app.now().plus_millis(doubled.min(RETRY_MILLIS_MAX));
            tracing::info!(tries = row.tries, %error, "the network is not as wanted yet");
            commit(app, |batch| row.retry(batch, &error.to_string(), check_at)).await?;
            Ok(Told::Open)
        }
    }
}

/// The steps, from the one that was reached on; the inner error is the network's. The job, if one
/// is given, ends with the confirmation.
async fn climb(
    app: &App,
    row: &Provision,
    known: &Known,
    ends: Option<&ClaimedJob>,
) -> Result<Result<(), PortError>, Error> {
    let imsi = row.imsi.as_str();
    let digits = row.msisdn.to_string();
    let hlr = &app.hlr;
    let Some(profile) = row.profile else {
        if let Err(error) = answer(hlr.remove(imsi)).await {
            return Ok(Err(error));
        }
        return match answer(hlr.read(imsi)).await {
            Ok(None) => {
                commit(app, |batch| {
                    row.forget(batch);
                    end(batch, ends);
                })
                .await?;
                Ok(Ok(()))
            }
            Ok(Some(_)) => Ok(Err(PortError::Unreachable("the record is still there".to_owned()))),
            Err(error) => Ok(Err(error)),
        };
    };
    let told = hlr.capabilities().express(profile, row.lean);
    let wanted =
        HlrRecord { imsi: imsi.to_owned(), msisdn: Some(digits.clone()), profile: told.into() };
    if row.step == ProvisionStep::Confirmed {
        return match answer(hlr.read(imsi)).await {
            Ok(found) => match drift_of(&wanted, found.as_ref()) {
                None => confirm(app, row, told, ends).await.map(Ok),
                Some(_) if row.applied.is_none() => Ok(Err(differs())),
                Some(drift) => Err(report_drift(app, row, drift, found.as_ref()).await?),
            },
            Err(error) => Ok(Err(error)),
        };
    }
    let keys = known.keys(app, row.imsi).await?;
    if let (ProvisionStep::Wanted, Some(keys)) = (row.step, &keys) {
        match answer(hlr.make_whole(&wanted, keys)).await {
            // Whoever dies before it is noted finds a record and climbs step by step.
            Ok(Some(found)) if drift_of(&wanted, Some(&found)).is_none() => {
                return confirm(app, row, told, ends).await.map(Ok);
            }
            Ok(Some(_)) => return Ok(Err(differs())),
            Ok(None) => {}
            Err(error) => return Ok(Err(error)),
        }
    }
    let steps = [ProvisionStep::Created, ProvisionStep::Numbered, ProvisionStep::Profiled];
    for step in steps.into_iter().filter(|step| *step > row.step) {
        let done = match step {
            ProvisionStep::Created => answer(hlr.create(imsi, keys.as_ref())).await,
            ProvisionStep::Numbered => answer(hlr.set_number(imsi, Some(&digits))).await,
            ProvisionStep::Wanted | ProvisionStep::Profiled | ProvisionStep::Confirmed => {
                answer(hlr.set_profile(imsi, wanted.profile)).await
            }
        };
        if let Err(error) = done {
            return Ok(Err(error));
        }
        commit(app, |batch| row.advance(batch, step)).await?;
    }
    match answer(hlr.read(imsi)).await {
        Ok(found) if drift_of(&wanted, found.as_ref()).is_none() => {
            confirm(app, row, told, ends).await.map(Ok)
        }
        Ok(_) => Ok(Err(differs())),
        Err(error) => Ok(Err(error)),
    }
}

fn differs() -> PortError {
    PortError::Unreachable("the record is not as told".to_owned())
}

/// In what the record found differs from the one wanted.
fn drift_of(wanted: &HlrRecord, found: Option<&HlrRecord>) -> Option<Drift> {
    match found {
        None => Some(Drift::Gone),
        Some(found) if found.msisdn != wanted.msisdn => Some(Drift::Number),
        Some(found) if found.profile != wanted.profile => Some(Drift::Profile),
        Some(_) => None,
    }
}

/// Somebody else changed a confirmed record: that is noted and told to whoever reads the audit log,
/// and the record is told again from the first step. The answer says that the row is another now.
async fn report_drift(
    app: &App,
    row: &Provision,
    drift: Drift,
    found: Option<&HlrRecord>,
) -> Result<Error, Error> {
    let number = store::number::load(&app.store.db, row.msisdn).await?.ok_or(Error::NotFound)?;
    let services = |profile: ServiceProfile| profile.services().collect::<Vec<Service>>();
    let detail = serde_json::json!({
        "what": drift.code(),
        "wanted": row.applied.map(services),
        "found": found.map(|record| services(record.profile.into())),
    });
    tracing::warn!(what = drift.code(), "the network was changed by somebody else");
    commit(app, |batch| {
        row.drifted(batch, drift);
        // Nothing of the number changes, but that it has an entry more.
        store::number::update(batch, &number, &number.facts);
        let at = batch.at();
        batch.audit(AuditEntry {
            operator_id: number.operator_id,
            subject: store::number::subject(number.msisdn),
            subject_version: number.version + 1,
            actor: Actor::System.audit_name(),
            action: DRIFT_ACTION.to_owned(),
            detail_json: detail.to_string(),
            at,
        });
    })
    .await?;
    Ok(Error::Conflict)
}

async fn confirm(
    app: &App,
    row: &Provision,
    applied: ServiceProfile,
    ends: Option<&ClaimedJob>,
) -> Result<(), Error> {
    let now = app.now();
    let age = now.millis().saturating_sub(row.wanted_at.millis());
    let check_at = now.plus_millis(age.clamp(CHECK_MILLIS_MIN, CHECK_MILLIS_MAX));
    commit(app, |batch| {
        row.confirm(batch, Some(applied), check_at);
        if let Some(id) = row.application_id {
            let payload = serde_json::json!({ "msisdn": row.msisdn.to_string() });
            batch.job(Job { kind: READY, key: id.to_string(), payload, run_at: now });
        }
        end(batch, ends);
    })
    .await
}

fn end(batch: &mut Batch, job: Option<&ClaimedJob>) {
    if let Some(job) = job {
        job.done(batch);
    }
}

async fn commit(app: &App, fill: impl FnOnce(&mut Batch)) -> Result<(), Error> {
    let mut batch = Batch::new(app.now());
    fill(&mut batch);
    app.store.db.commit_in_company(batch).await.map_err(|error: CommitError| error.into())
}

async fn answer<T>(call: impl Future<Output = Result<T, PortError>>) -> Result<T, PortError> {
    let late = |_| Err(PortError::Unreachable("no answer in time".to_owned()));
    tokio::time::timeout(ANSWER_MAX, call).await.unwrap_or_else(late)
}
