//! Delivery receipts: late, repeated, too early, and for messages nobody knows.

use super::AttemptKey;
use super::deliver::{settle_in, with_attempt};
use super::reach;
use crate::app::App;
use crate::error::Error;
use crate::work::Next;
use domain::time::At;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use store::notice::{Attempt, Message, Notice, Receipt, State, StoredReceipt};
use store::{Batch, ClaimedJob, CommitError, Job, Row};

/// What a receipt says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is in the phone.
    Delivered,
    /// It will never be, or an e-mail bounced.
    Undeliverable,
    /// Its validity ended.
    Expired,
    /// The message centre lost sight of it.
    Unknown,
}

impl Status {
    const fn key(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Undeliverable => "undeliverable",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }

    fn from_key(key: &str) -> Option<Self> {
        [Self::Delivered, Self::Undeliverable, Self::Expired, Self::Unknown]
            .into_iter()
            .find(|status| status.key() == key)
    }

    const fn state(self) -> State {
        match self {
            Self::Delivered => State::Delivered,
            Self::Undeliverable => State::Failed,
            Self::Expired => State::Expired,
            Self::Unknown => State::Unknown,
        }
    }
}

/// A receipt as a message centre told it.
#[derive(Clone, Copy, Debug)]
pub struct ReceiptHeard<'a> {
    /// The id as it was told: under it the receipt is kept.
    pub told: &'a str,
    /// The ids that may be meant, the likeliest first; see [`crate::port::Sms::spellings`].
    pub message_ids: &'a [String],
    /// The phone it is about, if it was named.
    pub from: Option<&'a str>,
    /// What became of the message.
    pub status: Status,
    /// When.
    pub said_at: At,
}

/// Takes a receipt in. The same receipt twice changes nothing; one that comes after the attempt
/// was given up is recorded and, if it says "delivered", believed. A receipt for an unknown
/// message is kept and counted: its submission may not be recorded yet.
pub async fn receipt(
    app: &App,
    message_id: &str,
    status: Status,
    said_at: At,
) -> Result<(), Error> {
    let message_ids = [message_id.to_owned()];
    let heard =
        ReceiptHeard { told: message_id, message_ids: &message_ids, from: None, status, said_at };
    hear_receipt(app, &heard).await.map(|_| ())
}

/// The same for a receipt whose message may be spelled in several ways: which of its ids it was.
pub async fn hear_receipt(app: &App, heard: &ReceiptHeard<'_>) -> Result<Option<usize>, Error> {
    let from_index = heard.from.and_then(|from| reach::phone_index(app, from));
    if let Some(place) = take_in(app, heard, from_index).await? {
        return Ok(Some(place));
    }
    let key = receipt_key(heard.told, from_index);
    let receipt = Receipt {
        message_id: &key,
        status: heard.status.key(),
        said_at: heard.said_at,
        is_known: false,
        from_index,
    };
    let mut batch = Batch::new(app.now());
    store::notice::insert_receipt(&mut batch, &receipt);
    app.store.db.commit(batch).await?;
    // Between our look and our record the submission may have been recorded.
    let place = take_in(app, heard, from_index).await?;
    if place.is_none() {
        tracing::info!("a receipt for an unknown message");
        let kept = KeptReceipt {
            told: heard.told.to_owned(),
            message_ids: heard.message_ids.to_vec(),
            status: heard.status.key().to_owned(),
            said_at_millis: heard.said_at.millis(),
            from_index: from_index.map(|index| u128::from_be_bytes(index).to_string()),
        };
        let key = format!("{key} {}", heard.status.key());
        let run_at = app.now().plus_millis(LOOK_AGAIN_MILLIS);
        let mut batch = Batch::new(app.now());
        batch.job(Job { kind: LOOK_AGAIN, key, payload: serde_json::json!(kept), run_at });
        app.store.db.commit(batch).await?;
    }
    Ok(place)
}

/// The job that looks once more whose a receipt is that nobody knew.
pub(crate) const LOOK_AGAIN: &str = "notice.receipt";
/// After so long: a submission that was being recorded is recorded by then, or never was.
const LOOK_AGAIN_MILLIS: i64 = 5_000;

/// A receipt that nobody knew, for its job.
#[derive(Debug, Serialize, Deserialize)]
struct KeptReceipt {
    told: String,
    message_ids: Vec<String>,
    status: String,
    said_at_millis: i64,
    from_index: Option<String>,
}

/// Looks once more whose the receipt is. Where batches are committed beside one another, a receipt
/// and the record of its submission may each have been written before the other could be seen.
pub(crate) async fn look_again(app: &App, job: &ClaimedJob) -> Result<Next, Error> {
    let unclear = || Error::fault("the payload of a kept receipt");
    let kept: KeptReceipt = serde_json::from_value(job.payload.clone()).map_err(|_| unclear())?;
    let status = Status::from_key(&kept.status).ok_or_else(unclear)?;
    let index = kept.from_index.as_deref().map(str::parse::<u128>).transpose();
    let index = index.map_err(|_| unclear())?;
    let heard = ReceiptHeard {
        told: &kept.told,
        message_ids: &kept.message_ids,
        from: None,
        status,
        said_at: At::from_millis(kept.said_at_millis),
    };
    take_in(app, &heard, index.map(u128::to_be_bytes)).await?;
    Ok(Next::Done)
}

/// How many receipts are for messages nobody knows.
pub async fn unknown_receipts(app: &App) -> Result<i64, Error> {
    Ok(store::notice::count_unknown_receipts(&app.store.db).await?)
}

/// Receipts that came before their message was known, asked for in the batch that makes it known.
pub(super) struct Early {
    keys: Vec<String>,
}

impl Early {
    /// Asks for them at the end of the batch, after which nothing may be pushed.
    pub(super) fn ask(
        app: &App,
        batch: &mut Batch,
        message_ids: &[String],
        message: &Message,
    ) -> Self {
        let of = |message_id: &String| early_keys(app, message_id, message_ids, message);
        let keys: Vec<String> = message_ids.iter().flat_map(of).collect();
        for key in &keys {
            store::notice::ask_receipts(batch, key);
        }
        Self { keys }
    }

    /// Applies those that the batch brought.
    pub(super) async fn apply(
        self,
        app: &App,
        answers: &[Vec<Row>],
        message: &Message,
    ) -> Result<(), Error> {
        let from = answers.len().saturating_sub(self.keys.len());
        let rows = answers.get(from..).unwrap_or_default();
        let found = rows.iter().map(|rows| store::notice::receipts_in(rows));
        let found = found.collect::<Result<Vec<_>, _>>()?;
        apply_found(app, &self.keys, found, message).await
    }
}

/// Under what receipts for this message may be kept.
fn early_keys(app: &App, message_id: &str, all_ids: &[String], message: &Message) -> Vec<String> {
    // What may be this part in hex can be another part in decimal.
    let is_ours = |spelling: &String| spelling == message_id || !all_ids.contains(spelling);
    let spellings = app.sms.spellings(message_id).into_iter().filter(is_ours);
    spellings.flat_map(|spelling| keys_of(&spelling, message.to_index)).collect()
}

/// Applies the receipts that came before the message id was known.
async fn apply_early(
    app: &App,
    message_id: &str,
    all_ids: &[String],
    message: &Message,
) -> Result<(), Error> {
    let keys = early_keys(app, message_id, all_ids, message);
    let found = store::notice::receipts_of(&app.store.db, &keys).await?;
    apply_found(app, &keys, found, message).await
}

async fn apply_found(
    app: &App,
    keys: &[String],
    found: Vec<Vec<StoredReceipt>>,
    message: &Message,
) -> Result<(), Error> {
    for (key, receipts) in keys.iter().zip(found) {
        for (status, said_at, from_index) in receipts {
            let Some(status) = Status::from_key(&status) else { continue };
            let (message_id, status_key) = (key.as_str(), status.key());
            let receipt =
                Receipt { message_id, status: status_key, said_at, is_known: true, from_index };
            apply(app, message, status, &receipt).await?;
        }
    }
    Ok(())
}

/// Looks once more at the receipts that are kept for an attempt before it is given up; whether one
/// of them settled it.
pub(super) async fn apply_kept(
    app: &App,
    notice: &Notice,
    attempt: &Attempt,
) -> Result<bool, Error> {
    let ids = attempt.message_id.clone().unwrap_or_default();
    let ids: Vec<String> = ids.split(' ').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    for id in &ids {
        if let Some(message) = store::notice::message(&app.store.db, id).await?
            && (message.notice_id, message.channel) == (notice.id, attempt.channel)
        {
            apply_early(app, id, &ids, &message).await?;
        }
    }
    let key = AttemptKey::of(notice, attempt.channel);
    let now = super::deliver::load(app, &key).await?;
    Ok(now.is_some_and(|(_, attempt)| attempt.state != State::Submitted))
}

/// Applies the receipt to the message it is for, if that is known: which of the ids.
async fn take_in(
    app: &App,
    heard: &ReceiptHeard<'_>,
    from_index: Option<[u8; 16]>,
) -> Result<Option<usize>, Error> {
    if let Some(place) = take_recent(app, heard, from_index).await? {
        return Ok(Some(place));
    }
    for (place, message_id) in heard.message_ids.iter().enumerate() {
        let Some(message) = store::notice::message(&app.store.db, message_id).await? else {
            continue;
        };
        if !is_same_phone(from_index, message.to_index) {
            continue;
        }
        let key = receipt_key(heard.told, from_index);
        let receipt = Receipt {
            message_id: &key,
            status: heard.status.key(),
            said_at: heard.said_at,
            is_known: true,
            from_index,
        };
        apply(app, &message, heard.status, &receipt).await?;
        return Ok(Some(place));
    }
    Ok(None)
}

/// The same for a text that this process handed over a moment ago; `None` if it was not, or if it
/// changed since, which the slower way looks at.
async fn take_recent(
    app: &App,
    heard: &ReceiptHeard<'_>,
    from_index: Option<[u8; 16]>,
) -> Result<Option<usize>, Error> {
    let ids = heard.message_ids.iter().enumerate();
    let mut texts = ids.filter_map(|(place, id)| Some((place, app.memory.recent.take(id)?)));
    let Some((place, text)) = texts.next() else { return Ok(None) };
    if !is_same_phone(from_index, text.message.to_index)
        || !is_news(text.attempt.state, heard.status)
    {
        return Ok(None);
    }
    let key = receipt_key(heard.told, from_index);
    let receipt = Receipt {
        message_id: &key,
        status: heard.status.key(),
        said_at: heard.said_at,
        is_known: true,
        from_index,
    };
    let mut batch = Batch::new(app.now());
    let state = heard.status.state();
    settle_in(app, &mut batch, &text.notice, text.attempt, state, None).await?;
    store::notice::insert_receipt(&mut batch, &receipt);
    match app.store.db.commit(batch).await {
        Ok(()) => Ok(Some(place)),
        Err(CommitError::Conflict(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn is_recorded(app: &App, key: &str, status: Status) -> Result<bool, Error> {
    let receipts = store::notice::receipts(&app.store.db, key).await?;
    Ok(receipts.iter().any(|(known, ..)| known == status.key()))
}

/// Under what a receipt is stored. An id alone may be two messages' (one counted in hex, one in
/// decimal; one before the centre counted anew), so the phone belongs to it.
fn receipt_key(message_id: &str, phone: Option<[u8; 16]>) -> String {
    match phone {
        None => message_id.to_owned(),
        Some(phone) => format!("{message_id}@{:032x}", u128::from_be_bytes(phone)),
    }
}

/// Two spellings can be the ids of two messages; the phone tells which is meant.
fn is_same_phone(from: Option<[u8; 16]>, to: Option<[u8; 16]>) -> bool {
    from.zip(to).is_none_or(|(from, to)| from == to)
}

/// Records the receipt and settles the attempt, in one batch.
async fn apply(
    app: &App,
    message: &Message,
    status: Status,
    receipt: &Receipt<'_>,
) -> Result<(), Error> {
    let Message { bucket, notice_id, channel, .. } = *message;
    let key = AttemptKey { bucket, notice_id, channel };
    with_attempt(app, &key, |notice, attempt| async move {
        let record = || {
            let mut batch = Batch::new(app.now());
            store::notice::insert_receipt(&mut batch, receipt);
            batch
        };
        let ids = attempt.message_id.clone().unwrap_or_default();
        let is_in_parts = ids.contains(' ');
        let mut batch = record();
        if is_in_parts && status == Status::Delivered {
            // Recorded first: of two receipts for two parts, the later one sees both.
            app.store.db.commit(batch).await?;
            if !are_all_delivered(app, &ids, message.to_index).await? {
                return Ok(());
            }
            batch = Batch::new(app.now());
        }
        if is_news(attempt.state, status) {
            settle_in(app, &mut batch, &notice, attempt, status.state(), None).await?;
        }
        Ok(app.store.db.commit(batch).await?)
    })
    .await?;
    Ok(())
}

const fn is_news(state: State, status: Status) -> bool {
    match state {
        State::Submitting | State::Submitted => true,
        // Given up, refused or lost: it arrived after all.
        State::Unknown | State::Failed | State::Expired => matches!(status, Status::Delivered),
        State::Reserve | State::Queued | State::Delivered => false,
    }
}

/// Whether every part of a text in parts arrived: as many receipts as parts, each under an id that
/// may be one of theirs. Which is whose need not be known, and sometimes cannot: of two parts, one
/// may be in hex what the other is in decimal.
async fn are_all_delivered(app: &App, ids: &str, phone: Option<[u8; 16]>) -> Result<bool, Error> {
    let ids: BTreeSet<&str> = ids.split(' ').collect();
    let mut keys = BTreeSet::new();
    for spelling in ids.iter().flat_map(|id| app.sms.spellings(id)) {
        keys.extend(keys_of(&spelling, phone));
    }
    let mut count = 0;
    for key in keys {
        if is_recorded(app, &key, Status::Delivered).await? {
            count += 1;
        }
    }
    Ok(count >= ids.len())
}

/// Under what a receipt may be kept: with the phone, and from a centre that names none.
fn keys_of(spelling: &str, phone: Option<[u8; 16]>) -> BTreeSet<String> {
    BTreeSet::from([receipt_key(spelling, phone), spelling.to_owned()])
}
