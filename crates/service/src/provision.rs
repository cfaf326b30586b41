//! Telling the network: a recorded ladder of steps per SIM, and a reconciler that never trusts it.
//!
//! A decision writes what the network must know ([`store::number::provision`]) in its own batch
//! and wakes the job [`JOB`], which tells the HLR: make the record, give it the number, set the
//! profile, read everything back. Only the reading counts as confirmation. Whatever goes wrong,
//! late, twice, never or in the wrong order, the row keeps its place and [`reconcile`] comes back
//! to it; and it reads confirmed records again, after seconds first and then at longer and longer
//! intervals, because a late answer may still undo what was confirmed.

use crate::app::App;
use crate::error::Error;
use crate::port::{HlrRecord, NetworkProfile, PortError};
use crate::work::Next;
use domain::msisdn::Msisdn;
use domain::number::{Service, ServiceProfile};
use std::future::Future;
use std::time::Duration;
use store::number::provision::{self, Provision, ProvisionStep};
use store::{Batch, ClaimedJob, CommitError, Job};

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

/// Runs the job.
pub async fn run(app: &App, job: &ClaimedJob) -> Result<Next, Error> {
    let Some(msisdn) = store::number::of_subject(&job.key) else {
        return Err(Error::fault(format!("{JOB} with the key {}", job.key)));
    };
    // What is left open has its own time at which the reconciler comes back.
    tell(app, msisdn).await?;
    Ok(Next::Done)
}

/// Compares wanted with actual wherever that is due, and puts it right; bounded work per call.
pub async fn reconcile(app: &App) -> Result<Report, Error> {
    let mut report = Report::default();
    for msisdn in provision::checks(&app.store.db, app.now(), RECORDS_MAX).await? {
        report.numbers += 1;
        if tell(app, msisdn).await? {
            report.confirmed += 1;
        } else {
            report.open += 1;
        }
    }
    Ok(report)
}

/// Tells the network everything that is wanted for the SIMs of a number, removals first; whether
/// all of it is confirmed.
pub async fn tell(app: &App, msisdn: Msisdn) -> Result<bool, Error> {
    for _ in 0..CHANGES_MAX {
        let mut rows = provision::of_number(&app.store.db, msisdn).await?;
        rows.sort_by_key(|row| row.profile.is_some());
        let mut is_done = true;
        let mut has_changed = false;
        for row in &rows {
            match tell_one(app, row).await {
                Ok(confirmed) => is_done &= confirmed,
                // Something else is wanted by now.
                Err(Error::Conflict) => has_changed = true,
                Err(error) => return Err(error),
            }
        }
        if !has_changed {
            return Ok(is_done);
        }
    }
    Ok(false)
}

async fn tell_one(app: &App, row: &Provision) -> Result<bool, Error> {
    match climb(app, row).await? {
        Ok(()) => Ok(true),
        Err(error) => {
            let doubled = 1_000_i64 << row.tries.clamp(0, 10);
            let check_at = app.now().plus_millis(doubled.min(RETRY_MILLIS_MAX));
            tracing::info!(tries = row.tries, %error, "the network is not as wanted yet");
            commit(app, |batch| row.retry(batch, &error.to_string(), check_at)).await?;
            Ok(false)
        }
    }
}

/// The steps, from the one that was reached on; the inner error is the network's.
async fn climb(app: &App, row: &Provision) -> Result<Result<(), PortError>, Error> {
    let imsi = row.imsi.as_str();
    let digits = row.msisdn.to_string();
    let hlr = &app.hlr;
    let Some(profile) = row.profile else {
        if let Err(error) = answer(hlr.remove(imsi)).await {
            return Ok(Err(error));
        }
        return match answer(hlr.read(imsi)).await {
            Ok(None) => {
                commit(app, |batch| row.forget(batch)).await?;
                Ok(Ok(()))
            }
            Ok(Some(_)) => Ok(Err(PortError::Unreachable("the record is still there".to_owned()))),
            Err(error) => Ok(Err(error)),
        };
    };
    let profile = network_profile(profile);
    let steps = [ProvisionStep::Created, ProvisionStep::Numbered, ProvisionStep::Profiled];
    for step in steps.into_iter().filter(|step| *step > row.step) {
        let told = match step {
            ProvisionStep::Created => answer(hlr.create(imsi)).await,
            ProvisionStep::Numbered => answer(hlr.set_number(imsi, Some(&digits))).await,
            ProvisionStep::Wanted | ProvisionStep::Profiled | ProvisionStep::Confirmed => {
                answer(hlr.set_profile(imsi, profile)).await
            }
        };
        if let Err(error) = told {
            return Ok(Err(error));
        }
        commit(app, |batch| row.advance(batch, step)).await?;
    }
    let wanted = HlrRecord { imsi: imsi.to_owned(), msisdn: Some(digits), profile };
    match answer(hlr.read(imsi)).await {
        Ok(Some(record)) if record == wanted => {
            confirm(app, row).await?;
            Ok(Ok(()))
        }
        Ok(_) => Ok(Err(PortError::Unreachable("the record is not as told".to_owned()))),
        Err(error) => Ok(Err(error)),
    }
}

async fn confirm(app: &App, row: &Provision) -> Result<(), Error> {
    let now = app.now();
    let age = now.millis().saturating_sub(row.wanted_at.millis());
    let check_at = now.plus_millis(age.clamp(CHECK_MILLIS_MIN, CHECK_MILLIS_MAX));
    commit(app, |batch| {
        row.confirm(batch, check_at);
        if let Some(id) = row.application_id {
            let payload = serde_json::json!({ "msisdn": row.msisdn.to_string() });
            batch.job(Job { kind: READY, key: id.to_string(), payload, run_at: now });
        }
    })
    .await
}

async fn commit(app: &App, fill: impl FnOnce(&mut Batch)) -> Result<(), Error> {
    let mut batch = Batch::new(app.now());
    fill(&mut batch);
    app.store.db.commit(batch).await.map_err(|error: CommitError| error.into())
}

async fn answer<T>(call: impl Future<Output = Result<T, PortError>>) -> Result<T, PortError> {
    let late = |_| Err(PortError::Unreachable("no answer in time".to_owned()));
    tokio::time::timeout(ANSWER_MAX, call).await.unwrap_or_else(late)
}

/// What the rules allow, as the network takes it.
pub fn network_profile(profile: ServiceProfile) -> NetworkProfile {
    NetworkProfile {
        voice_out: profile.allows(Service::VoiceOut),
        voice_in: profile.allows(Service::VoiceIn),
        sms_out: profile.allows(Service::SmsOut),
        sms_in: profile.allows(Service::SmsIn),
        data: profile.allows(Service::Data),
        roaming: profile.allows(Service::Roaming),
    }
}
