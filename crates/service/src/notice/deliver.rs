//! Hands attempts to their ports, and settles those of which nothing was heard.

use super::begin::Begun;
use super::receipt::Early;
use super::recent::HandedOver;
use super::{AttemptKey, Body, Plain, row_of};
use crate::app::App;
use crate::error::Error;
use crate::port::{OutgoingMail, OutgoingSms, PortError};
use crate::retry::retry;
use crate::work::{Next, Taken};
use domain::notice::Channel;
use domain::notice::fallback::{self, Outcome};
use domain::time::{At, DAY_MILLIS};
use seal::{DataKey, Place};
use store::notice::{Attempt, Message, Notice, State};
use store::{Batch, ClaimedJob};

/// Between two tries of one submission that was not taken.
const RETRY_MILLIS: i64 = 20_000;

/// A receipt may come so long after the validity has ended.
const GRACE_MILLIS: i64 = 30 * 60_000;

/// How often somebody looks whether the phone of a submission in doubt said that it came.
const DOUBT_MILLIS: i64 = 10 * 60_000;

/// A bounce comes within a day, if at all.
const BOUNCE_MILLIS: i64 = DAY_MILLIS;

/// The job [`super::DELIVER`]: submits one attempt; run again when its receipt is overdue, it gives
/// the attempt up. Safe to repeat, also after a crash.
pub async fn deliver(app: &App, key: &AttemptKey, taken: &Taken) -> Result<Next, Error> {
    let job = &taken.job;
    if let Some(begun) = &taken.begun {
        return hand_over(app, key, job, begun).await;
    }
    let Some((notice, attempt)) = load(app, key).await? else { return Ok(Next::Done) };
    let is_in_doubt = attempt.state == State::Submitting;
    if attempt.state == State::Submitted {
        return settle_loaded(app, &notice, attempt).await;
    }
    if !(is_in_doubt || attempt.state == State::Queued) {
        return Ok(Next::Done);
    }
    let now = app.now();
    if attempt.not_before > now {
        return Ok(Next::At(attempt.not_before));
    }
    let deadline = deadline(&attempt);
    if is_in_doubt && !recognises_repeats(app, key.channel) {
        // It may have been handed over. A receipt can still settle it; we send nothing again.
        let last = deadline.plus_millis(GRACE_MILLIS);
        if arrived_unnamed(app, &notice, &attempt).await? {
            return finish(app, &notice, attempt, State::Delivered, Some("in doubt")).await;
        }
        if now < last {
            return Ok(Next::At(last.min(now.plus_millis(DOUBT_MILLIS))));
        }
        return finish(app, &notice, attempt, State::Unknown, Some("in doubt")).await;
    }
    if now >= deadline {
        let state = if is_in_doubt { State::Unknown } else { State::Expired };
        return finish(app, &notice, attempt, state, None).await;
    }
    let Some(plain) = open(app, &notice, &attempt).await? else {
        return finish(app, &notice, attempt, State::Failed, Some("erased")).await;
    };
    let attempt = match attempt.state {
        State::Queued => begin(app, &notice, attempt).await?,
        _ => attempt,
    };
    hand_over(app, key, job, &Begun { notice, attempt, plain }).await
}

/// Hands an attempt over that is on record as being submitted.
async fn hand_over(
    app: &App,
    key: &AttemptKey,
    job: &ClaimedJob,
    begun: &Begun,
) -> Result<Next, Error> {
    let to_index = super::reach::phone_index(app, &begun.plain.0);
    let answer = submit(app, key, begun).await;
    conclude(app, job, begun, (answer, to_index)).await
}

/// Until when an attempt may be handed over, and the outside should try.
pub(super) const fn deadline(attempt: &Attempt) -> At {
    attempt.not_before.plus_minutes(attempt.valid_minutes)
}

/// The job `notice.settle`, which a program from before asked for: what [`deliver`] does once the
/// receipt is overdue.
pub async fn settle(app: &App, key: &AttemptKey) -> Result<Next, Error> {
    let Some((notice, attempt)) = load(app, key).await? else { return Ok(Next::Done) };
    if attempt.state != State::Submitted {
        return Ok(Next::Done);
    }
    settle_loaded(app, &notice, attempt).await
}

/// Gives up an attempt of which nothing was heard in time.
///
/// E-mail has no receipts: what was taken and did not bounce within a day counts as delivered.
async fn settle_loaded(app: &App, notice: &Notice, attempt: Attempt) -> Result<Next, Error> {
    let due = settles_at(&attempt);
    if app.now() < due {
        return Ok(Next::At(due));
    }
    if super::receipt::apply_kept(app, notice, &attempt).await? {
        return Ok(Next::Done);
    }
    let state = if attempt.channel == Channel::Email { State::Delivered } else { State::Unknown };
    finish(app, notice, attempt, state, None).await
}

/// Writes a final outcome and queues what follows from it.
async fn finish(
    app: &App,
    notice: &Notice,
    attempt: Attempt,
    state: State,
    error: Option<&str>,
) -> Result<Next, Error> {
    let mut batch = Batch::new(app.now());
    settle_in(app, &mut batch, notice, attempt, state, error).await?;
    app.store.db.commit(batch).await?;
    Ok(Next::Done)
}

/// The same, into `batch`.
pub(super) async fn settle_in(
    app: &App,
    batch: &mut Batch,
    notice: &Notice,
    mut attempt: Attempt,
    state: State,
    error: Option<&str>,
) -> Result<(), Error> {
    attempt.state = state;
    attempt.settled_at = Some(batch.at());
    attempt.error = error.map(str::to_owned);
    store::notice::update_attempt(batch, notice, &attempt);
    attempt.version += 1;
    if state != State::Delivered {
        follow(app, batch, notice, &attempt).await?;
    }
    Ok(())
}

/// Whether a receipt for a message that nobody knows came from the phone of this attempt: it was
/// handed over, and the answer with its id was lost.
async fn arrived_unnamed(app: &App, notice: &Notice, attempt: &Attempt) -> Result<bool, Error> {
    let Some((to, _)) = open(app, notice, attempt).await? else { return Ok(false) };
    let Some(index) = super::reach::phone_index(app, &to) else { return Ok(false) };
    let count = store::notice::delivered_from(&app.store.db, index, attempt.not_before).await?;
    Ok(count > 0)
}

/// Queues the next channel if this outcome asks for it.
async fn follow(
    app: &App,
    batch: &mut Batch,
    notice: &Notice,
    changed: &Attempt,
) -> Result<(), Error> {
    let mut attempts = store::notice::attempts(&app.store.db, notice).await?;
    for attempt in &mut attempts {
        if attempt.channel == changed.channel {
            *attempt = changed.clone();
        }
    }
    let registered: Vec<Channel> = attempts.iter().map(|attempt| attempt.channel).collect();
    let tried: Vec<(Channel, Outcome)> = attempts
        .iter()
        .filter_map(|attempt| Some((attempt.channel, outcome_of(attempt.state)?)))
        .collect();
    let fallback::Next::Try(channel) = fallback::next(&registered, &tried) else { return Ok(()) };
    let Some(next) = attempts.into_iter().find(|attempt| attempt.channel == channel) else {
        return Ok(());
    };
    let now = batch.at();
    // The hours of the other channel were computed when the notice was staged; they are over or
    // still to come, but a night may have begun since.
    let not_before = super::reach::decent_hour(app, notice, now).await?.max(next.not_before);
    let next = Attempt { state: State::Queued, not_before, ..next };
    store::notice::update_attempt(batch, notice, &next);
    AttemptKey::of(notice, channel).job(batch, not_before);
    Ok(())
}

/// What is known of an attempt; `None` for a channel held in reserve.
pub(super) const fn outcome_of(state: State) -> Option<Outcome> {
    match state {
        State::Reserve => None,
        State::Queued | State::Submitting | State::Submitted => Some(Outcome::Pending),
        State::Delivered => Some(Outcome::Delivered),
        State::Failed => Some(Outcome::Failed),
        State::Expired => Some(Outcome::Expired),
        State::Unknown => Some(Outcome::Unknown),
    }
}

pub(super) async fn load(app: &App, key: &AttemptKey) -> Result<Option<(Notice, Attempt)>, Error> {
    let db = &app.store.db;
    let found = store::notice::load_with_attempts(db, key.bucket, key.notice_id).await?;
    let Some((notice, attempts)) = found else { return Ok(None) };
    let attempt = attempts.into_iter().find(|attempt| attempt.channel == key.channel);
    Ok(attempt.map(|attempt| (notice, attempt)))
}

/// Address and body in the clear; `None` if the person was erased.
pub(super) async fn open(
    app: &App,
    notice: &Notice,
    attempt: &Attempt,
) -> Result<Option<Plain>, Error> {
    let key = match notice.data_key_id {
        None => None,
        Some(id) => match app.store.keys.load(&app.store.db, id).await? {
            Some(key) => Some(key),
            None => return Ok(None),
        },
    };
    open_with(key.as_ref(), notice, attempt).map(Some)
}

/// The same with the key of the notice, if it has one.
pub(super) fn open_with(
    key: Option<&DataKey>,
    notice: &Notice,
    attempt: &Attempt,
) -> Result<Plain, Error> {
    let row = row_of(notice.id, attempt.channel);
    let open = |column, sealed: &[u8]| match key {
        None => Ok(sealed.to_vec()),
        Some(key) => {
            let place = Place { table: "notice_attempt", column, row: &row };
            key.open(sealed, &place.aad()).map_err(|_| Error::fault("open a notice"))
        }
    };
    let address = String::from_utf8(open("address", &attempt.address)?)
        .map_err(|_| Error::fault("read the address of a notice"))?;
    let body = serde_json::from_slice(&open("body", &attempt.body)?)
        .map_err(|_| Error::fault("read the body of a notice"))?;
    Ok((address, body))
}

/// Records that the port is about to be called.
async fn begin(app: &App, notice: &Notice, mut attempt: Attempt) -> Result<Attempt, Error> {
    let mut batch = Batch::new(app.now());
    attempt.state = State::Submitting;
    store::notice::update_attempt(&mut batch, notice, &attempt);
    app.store.db.commit(batch).await?;
    attempt.version += 1;
    Ok(attempt)
}

async fn submit(app: &App, key: &AttemptKey, begun: &Begun) -> Result<Vec<String>, PortError> {
    let notice_id = key.port_id();
    let (to, Body { subject, text, calendar }) = begun.plain.clone();
    match key.channel {
        Channel::Email => {
            let lang = begun.notice.lang.clone();
            let mail = OutgoingMail { notice_id, to, subject, text, lang, calendar };
            app.mail.submit(&mail).await.map(|id| vec![id])
        }
        Channel::Number | Channel::OtherNumber | Channel::TrustedContact => {
            let valid_until = deadline(&begun.attempt);
            app.sms.submit(&OutgoingSms { notice_id, to, text, valid_until }).await
        }
    }
}

async fn conclude(
    app: &App,
    job: &ClaimedJob,
    Begun { notice, attempt, .. }: &Begun,
    (answer, to_index): (Result<Vec<String>, PortError>, Option<[u8; 16]>),
) -> Result<Next, Error> {
    let now = app.now();
    let mut attempt = attempt.clone();
    match answer {
        Ok(message_ids) => {
            let mut batch = Batch::new(now);
            attempt.state = State::Submitted;
            attempt.submitted_at = Some(now);
            attempt.message_id = Some(message_ids.join(" "));
            store::notice::update_attempt(&mut batch, notice, &attempt);
            let (bucket, channel) = (notice.bucket, attempt.channel);
            let message = Message { bucket, notice_id: notice.id, channel, to_index };
            for message_id in &message_ids {
                store::notice::insert_message(&mut batch, message_id, &message);
            }
            // The job is put off with what it did: one commit less for each text.
            job.again(&mut batch, settles_at(&attempt));
            // A receipt may have been faster than the answer: whatever came before this commit is
            // seen in it, whatever comes after sees the message.
            let early = Early::ask(app, &mut batch, &message_ids, &message);
            let rows = app.store.db.commit_returning(batch).await?;
            attempt.version += 1;
            if let [message_id] = message_ids.as_slice() {
                attempt.address.clear();
                attempt.body.clear();
                let text = HandedOver { message, notice: notice.clone(), attempt };
                app.memory.recent.remember(message_id, text);
            }
            // If it cannot be looked at now, the job that settles does so.
            if let Err(error) = early.apply(app, &rows, &message).await {
                tracing::warn!(error = %error.with_causes(), "an early receipt waits");
            }
            Ok(Next::Ended)
        }
        Err(PortError::Rejected(reason)) => {
            tracing::info!(notice = %notice.id, channel = attempt.channel.key(), "refused");
            finish(app, notice, attempt, State::Failed, Some(&reason)).await
        }
        Err(PortError::Throttled | PortError::NotSent(_)) => {
            // Surely not handed over: it may wait in the queue.
            let mut batch = Batch::new(now);
            attempt.state = State::Queued;
            store::notice::update_attempt(&mut batch, notice, &attempt);
            app.store.db.commit(batch).await?;
            Ok(Next::At(now.plus_millis(RETRY_MILLIS)))
        }
        Err(PortError::Unreachable(_)) => Ok(Next::At(now.plus_millis(RETRY_MILLIS))),
    }
}

fn recognises_repeats(app: &App, channel: Channel) -> bool {
    match channel {
        Channel::Email => app.mail.recognises_repeats(),
        Channel::Number | Channel::OtherNumber | Channel::TrustedContact => {
            app.sms.recognises_repeats()
        }
    }
}

/// When a submitted attempt is given up.
fn settles_at(attempt: &Attempt) -> At {
    let submitted_at = attempt.submitted_at.unwrap_or(attempt.not_before);
    match attempt.channel {
        Channel::Email => submitted_at.plus_millis(BOUNCE_MILLIS),
        Channel::Number | Channel::OtherNumber | Channel::TrustedContact => {
            submitted_at.plus_minutes(attempt.valid_minutes).plus_millis(GRACE_MILLIS)
        }
    }
}

/// Runs `change` on a freshly loaded attempt until nobody else was faster.
pub(super) async fn with_attempt<T, F>(
    app: &App,
    key: &AttemptKey,
    change: impl Fn(Notice, Attempt) -> F,
) -> Result<Option<T>, Error>
where
    F: std::future::Future<Output = Result<T, Error>>,
{
    retry(|| async {
        match load(app, key).await? {
            None => Ok(None),
            Some((notice, attempt)) => change(notice, attempt).await.map(Some),
        }
    })
    .await
}
