//! Notices, their attempts, and what became of them.
//!
//! An attempt moves `reserve → queued → submitting → submitted → delivered | failed | expired |
//! unknown`; every move is checked against the version it was decided on.

use crate::batch::{Batch, Expect};
use crate::bucket;
use crate::db::Db;
use crate::error::Error;
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::id::{ApplicationId, DataKeyId, NoticeId, OperatorId, PartyId};
use domain::msisdn::Msisdn;
use domain::notice::Channel;
use domain::time::At;
use std::collections::HashMap;

pub(crate) const ALL: &[&Statement] = &[
    &INSERT,
    &LOAD,
    &OF_NUMBER,
    &OF_APPLICATION,
    &DEDUP,
    &INSERT_ATTEMPT,
    &ATTEMPTS,
    &WARNINGS,
    &MOVE_ATTEMPT,
    &INSERT_MESSAGE,
    &MESSAGE,
    &INSERT_RECEIPT,
    &RECEIPTS,
    &DELIVERED_FROM,
    &COUNT_UNKNOWN,
];

const INSERT: Statement = Statement::new(
    "notice.insert",
    "insert into notice (bucket, id, operator_id, dedup, template, lang, msisdn, application_id, \
        party_id, data_key_id, is_warning, created_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
);
const LOAD: Statement = Statement::new(
    "notice.load",
    "select bucket, id, operator_id, template, lang, msisdn, application_id, party_id, \
        data_key_id, is_warning, created_at from notice where bucket = $1 and id = $2",
);
const OF_NUMBER: Statement = Statement::new(
    "notice.of_number",
    "select bucket, id, operator_id, template, lang, msisdn, application_id, party_id, \
        data_key_id, is_warning, created_at from notice \
     where bucket = $1 and msisdn = $2 and created_at >= $3 order by created_at desc limit $4",
);
const OF_APPLICATION: Statement = Statement::new(
    "notice.of_application",
    "select bucket, id, operator_id, template, lang, msisdn, application_id, party_id, \
        data_key_id, is_warning, created_at from notice \
     where bucket = $1 and application_id = $2 order by created_at desc limit $3",
);
const DEDUP: Statement = Statement::new(
    "notice.by_dedup",
    "select bucket, id, operator_id, template, lang, msisdn, application_id, party_id, \
        data_key_id, is_warning, created_at from notice where bucket = $1 and dedup = $2",
);
const INSERT_ATTEMPT: Statement = Statement::new(
    "notice.insert_attempt",
    "insert into notice_attempt (bucket, notice_id, channel, address, body, state, not_before, \
        valid_minutes, version) values ($1, $2, $3, $4, $5, $6, $7, $8, 1)",
);
const ATTEMPTS: Statement = Statement::new(
    "notice.attempts",
    "select channel, address, body, state, not_before, valid_minutes, message_id, submitted_at, \
        settled_at, error, version from notice_attempt where bucket = $1 and notice_id = $2 \
     order by channel",
);
/// The warnings about many numbers with their attempts, each number named by its key.
const WARNINGS: Statement = Statement::of_two(
    "notice.warnings",
    "select n.msisdn, n.created_at, n.id, a.channel, a.state, a.settled_at \
     from json_each($1) k cross join notice n on n.bucket = (k.value & 1023) \
        and n.msisdn = (k.value >> 10) and n.created_at >= $2 \
     left join notice_attempt a on a.bucket = n.bucket and a.notice_id = n.id \
     where n.is_warning order by n.msisdn, n.created_at desc, n.id, a.channel",
    "select n.msisdn, n.created_at, n.id, a.channel, a.state, a.settled_at \
     from unnest(cast($1 as bigint[])) as k(value) join notice n on n.bucket = (k.value & 1023) \
        and n.msisdn = (k.value >> 10) and n.created_at >= $2 \
     left join notice_attempt a on a.bucket = n.bucket and a.notice_id = n.id \
     where n.is_warning order by n.msisdn, n.created_at desc, n.id, a.channel",
);
const MOVE_ATTEMPT: Statement = Statement::new(
    "notice.move_attempt",
    "update notice_attempt set state = $4, not_before = $5, message_id = $6, submitted_at = $7, \
        settled_at = $8, error = $9, version = version + 1 \
     where bucket = $1 and notice_id = $2 and channel = $3 and version = $10",
);
const INSERT_MESSAGE: Statement = Statement::new(
    "notice.insert_message",
    "insert into notice_message (bucket, message_id, notice_bucket, notice_id, channel, to_index) \
     values ($1, $2, $3, $4, $5, $6) on conflict (bucket, message_id) do update set \
        notice_bucket = excluded.notice_bucket, notice_id = excluded.notice_id, \
        channel = excluded.channel, to_index = excluded.to_index",
);
const MESSAGE: Statement = Statement::new(
    "notice.message",
    "select notice_bucket, notice_id, channel, to_index from notice_message \
     where bucket = $1 and message_id = $2",
);
const INSERT_RECEIPT: Statement = Statement::new(
    "notice.insert_receipt",
    "insert into notice_receipt (bucket, message_id, status, said_at, received_at, times, \
        is_known, from_index) values ($1, $2, $3, $4, $5, 1, $6, $7) \
     on conflict (bucket, message_id, status) do update set \
        times = notice_receipt.times + 1, is_known = excluded.is_known",
);
const RECEIPTS: Statement = Statement::new(
    "notice.receipts",
    "select status, said_at, from_index from notice_receipt \
     where bucket = $1 and message_id = $2",
);
const DELIVERED_FROM: Statement = Statement::new(
    "notice.delivered_from",
    "select count(*) from notice_receipt where from_index = $1 and not is_known \
        and status = 'delivered' and received_at >= $2",
);
const COUNT_UNKNOWN: Statement = Statement::new(
    "notice.count_unknown_receipts",
    "select count(*) from notice_receipt where not is_known",
);

/// Where an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not needed yet: another channel is tried first.
    Reserve,
    /// To be submitted.
    Queued,
    /// Being submitted. Found in this state after a crash, it is in doubt.
    Submitting,
    /// Handed over; a receipt may follow.
    Submitted,
    /// It arrived.
    Delivered,
    /// It will not arrive.
    Failed,
    /// Its validity ended.
    Expired,
    /// Nothing was heard in time.
    Unknown,
}

impl State {
    const ALL: [Self; 8] = [
        Self::Reserve,
        Self::Queued,
        Self::Submitting,
        Self::Submitted,
        Self::Delivered,
        Self::Failed,
        Self::Expired,
        Self::Unknown,
    ];

    /// The stored word.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Reserve => "reserve",
            Self::Queued => "queued",
            Self::Submitting => "submitting",
            Self::Submitted => "submitted",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }

    fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.key() == key)
    }

    /// Whether nothing more is expected.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Failed | Self::Expired | Self::Unknown)
    }
}

/// A notice as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Of the number it is about, else of the application or person, else of its dedup key.
    pub bucket: i64,
    /// Its id.
    pub id: NoticeId,
    /// The tenant.
    pub operator_id: OperatorId,
    /// The stable name of the template.
    pub template: String,
    /// `zh` or `en`.
    pub lang: String,
    /// The number it is about.
    pub msisdn: Option<Msisdn>,
    /// The application it is about.
    pub application_id: Option<ApplicationId>,
    /// The holder it is to.
    pub party_id: Option<PartyId>,
    /// The key under which addresses and bodies are sealed; none if nothing in it is personal.
    pub data_key_id: Option<DataKeyId>,
    /// Whether it warns of a release.
    pub is_warning: bool,
    /// When it was decided.
    pub created_at: At,
}

/// One attempt as stored; address and body as sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The channel.
    pub channel: Channel,
    /// Sealed if the notice has a key, else UTF-8.
    pub address: Vec<u8>,
    /// Sealed if the notice has a key, else UTF-8.
    pub body: Vec<u8>,
    /// Where it stands.
    pub state: State,
    /// Not to be submitted before.
    pub not_before: At,
    /// For so long after the submission the outside should try.
    pub valid_minutes: i64,
    /// The outside's id.
    pub message_id: Option<String>,
    /// When it was handed over.
    pub submitted_at: Option<At>,
    /// When it came to its end.
    pub settled_at: Option<At>,
    /// What the outside said, without personal data.
    pub error: Option<String>,
    /// Grows with every move.
    pub version: i64,
}

/// Adds a notice. `dedup` is unique within the bucket: the second insert is a duplicate.
pub fn insert(batch: &mut Batch, notice: &Notice, dedup: &str) {
    let values = params![
        notice.bucket,
        notice.id,
        notice.operator_id,
        dedup,
        notice.template.as_str(),
        notice.lang.as_str(),
        notice.msisdn,
        notice.application_id,
        notice.party_id,
        notice.data_key_id,
        notice.is_warning,
        notice.created_at,
    ];
    batch.push(&INSERT, values, Expect::Rows(1));
}

/// Adds an attempt in its first state.
pub fn insert_attempt(batch: &mut Batch, notice: &Notice, attempt: &Attempt) {
    let values = params![
        notice.bucket,
        notice.id,
        attempt.channel.key(),
        attempt.address.as_slice(),
        attempt.body.as_slice(),
        attempt.state.key(),
        attempt.not_before,
        attempt.valid_minutes,
    ];
    batch.push(&INSERT_ATTEMPT, values, Expect::Rows(1));
}

/// The notice with this dedup key.
pub async fn by_dedup(db: &Db, bucket: i64, dedup: &str) -> Result<Option<Notice>, Error> {
    db.query_opt(&DEDUP, params![bucket, dedup]).await?.as_ref().map(notice_of).transpose()
}

/// The newest `limit` notices about a number since `since`, newest first.
pub async fn of_number(
    db: &Db,
    msisdn: Msisdn,
    since: At,
    limit: i64,
) -> Result<Vec<Notice>, Error> {
    let rows = db.query(&OF_NUMBER, params![msisdn.bucket(), msisdn, since, limit]).await?;
    rows.iter().map(notice_of).collect()
}

/// The newest `limit` notices about an application in one bucket, newest first.
pub async fn of_application(
    db: &Db,
    bucket: i64,
    id: ApplicationId,
    limit: i64,
) -> Result<Vec<Notice>, Error> {
    let rows = db.query(&OF_APPLICATION, params![bucket, id, limit]).await?;
    rows.iter().map(notice_of).collect()
}

/// All attempts of a notice, in the order of the channels.
pub async fn attempts(db: &Db, notice: &Notice) -> Result<Vec<Attempt>, Error> {
    let rows = db.query(&ATTEMPTS, params![notice.bucket, notice.id]).await?;
    let mut attempts = rows.iter().map(attempt_of).collect::<Result<Vec<_>, _>>()?;
    attempts.sort_by_key(|attempt| attempt.channel);
    Ok(attempts)
}

/// A notice and its attempts, in the order of their channels.
pub type WithAttempts = (Notice, Vec<Attempt>);

/// One notice and its attempts.
pub async fn load_with_attempts(
    db: &Db,
    bucket: i64,
    id: NoticeId,
) -> Result<Option<WithAttempts>, Error> {
    Ok(load_many_with_attempts(db, &[(bucket, id)]).await?.pop())
}

/// Many notices and their attempts by bucket and id, on one snapshot, in the order asked; nothing
/// for those that are not there.
pub async fn load_many_with_attempts(
    db: &Db,
    keys: &[(i64, NoticeId)],
) -> Result<Vec<WithAttempts>, Error> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let both = |(bucket, id): &(i64, NoticeId)| {
        [(&LOAD, params![*bucket, *id]), (&ATTEMPTS, params![*bucket, *id])]
    };
    let answers = db.query_many(keys.iter().flat_map(both).collect()).await?;
    let mut found = Vec::with_capacity(keys.len());
    for pair in answers.chunks_exact(2) {
        let [notices, attempts] = pair else { continue };
        let Some(notice) = notices.first().map(notice_of).transpose()? else { continue };
        let mut attempts = attempts.iter().map(attempt_of).collect::<Result<Vec<_>, _>>()?;
        attempts.sort_by_key(|attempt| attempt.channel);
        found.push((notice, attempts));
    }
    Ok(found)
}

/// One warning and how far each of its attempts got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// When it was decided.
    pub created_at: At,
    /// Channel, state, and when that was reached if it is final; in the order of the channels.
    pub attempts: Vec<(Channel, State, Option<At>)>,
}

/// The warnings about many numbers since `since`, newest first.
pub async fn warnings(
    db: &Db,
    msisdns: &[Msisdn],
    since: At,
) -> Result<HashMap<Msisdn, Vec<Warning>>, Error> {
    let keys: Vec<i64> = msisdns.iter().copied().map(crate::number::key_of).collect();
    let rows = db.query(&WARNINGS, params![keys, since]).await?;
    let mut found: HashMap<Msisdn, Vec<Warning>> = HashMap::new();
    let mut last: Option<NoticeId> = None;
    for row in &rows {
        let (id, warnings) = (row.get(2)?, found.entry(row.get(0)?).or_default());
        if last != Some(id) {
            warnings.push(Warning { created_at: row.get(1)?, attempts: Vec::new() });
            last = Some(id);
        }
        if row.get::<Option<String>>(3)?.is_some()
            && let Some(warning) = warnings.last_mut()
        {
            let channel = row.parse(3, Channel::from_key)?;
            warning.attempts.push((channel, row.parse(4, State::from_key)?, row.get(5)?));
        }
    }
    for warning in found.values_mut().flatten() {
        warning.attempts.sort_by_key(|(channel, ..)| *channel);
    }
    Ok(found)
}

/// Writes the attempt as it is now, if it still has the version it was loaded with.
pub fn update_attempt(batch: &mut Batch, notice: &Notice, attempt: &Attempt) {
    let values = params![
        notice.bucket,
        notice.id,
        attempt.channel.key(),
        attempt.state.key(),
        attempt.not_before,
        attempt.message_id.clone(),
        attempt.submitted_at,
        attempt.settled_at,
        attempt.error.clone(),
        attempt.version,
    ];
    batch.push(&MOVE_ATTEMPT, values, Expect::Rows(1));
}

/// Which attempt the outside means by one of its ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// The bucket of the notice.
    pub bucket: i64,
    /// The notice.
    pub notice_id: NoticeId,
    /// The channel.
    pub channel: Channel,
    /// The blind index of the receiver, if one was recorded.
    pub to_index: Option<[u8; 16]>,
}

/// Records that the outside calls an attempt `message_id`. A message centre that counts anew gives
/// an old id again: the newest message has it.
pub fn insert_message(batch: &mut Batch, message_id: &str, message: &Message) {
    let values = params![
        bucket::of(message_id),
        message_id,
        message.bucket,
        message.notice_id,
        message.channel.key(),
        message.to_index,
    ];
    batch.push(&INSERT_MESSAGE, values, Expect::Rows(1));
}

/// The attempt the outside calls `message_id`.
pub async fn message(db: &Db, message_id: &str) -> Result<Option<Message>, Error> {
    let row = db.query_opt(&MESSAGE, params![bucket::of(message_id), message_id]).await?;
    let of = |row: &Row| {
        Ok(Message {
            bucket: row.get(0)?,
            notice_id: row.get(1)?,
            channel: row.parse(2, Channel::from_key)?,
            to_index: row.get(3)?,
        })
    };
    row.as_ref().map(of).transpose()
}

/// A receipt as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt<'a> {
    /// The outside's id.
    pub message_id: &'a str,
    /// `delivered`, `undeliverable`, `expired`, `unknown`.
    pub status: &'a str,
    /// When it is said to have happened.
    pub said_at: At,
    /// Whether we know the message.
    pub is_known: bool,
    /// The blind index of the phone it is about, if it was named.
    pub from_index: Option<[u8; 16]>,
}

/// Records a receipt; a repeated one is counted.
pub fn insert_receipt(batch: &mut Batch, receipt: &Receipt<'_>) {
    let received_at = batch.at();
    let values = params![
        bucket::of(receipt.message_id),
        receipt.message_id,
        receipt.status,
        receipt.said_at,
        received_at,
        receipt.is_known,
        receipt.from_index,
    ];
    batch.push(&INSERT_RECEIPT, values, Expect::Rows(1));
}

/// The receipts for a message: status, when it is said to have happened, the phone's index.
pub async fn receipts(
    db: &Db,
    message_id: &str,
) -> Result<Vec<(String, At, Option<[u8; 16]>)>, Error> {
    let rows = db.query(&RECEIPTS, params![bucket::of(message_id), message_id]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

/// A receipt that is stored: status, when it is said to have happened, the phone's index.
pub type StoredReceipt = (String, At, Option<[u8; 16]>);

/// The receipts stored under each of several ids, in the order asked for.
pub async fn receipts_of(
    db: &Db,
    message_ids: &[String],
) -> Result<Vec<Vec<StoredReceipt>>, Error> {
    let query = |id: &String| (&RECEIPTS, params![bucket::of(id), id.as_str()]);
    let answers = db.query_many(message_ids.iter().map(query).collect()).await?;
    answers.iter().map(|rows| receipts_in(rows)).collect()
}

/// Asks for the receipts under an id within a batch, after all that stands before it there: the
/// answer is read by [`receipts_in`].
pub fn ask_receipts(batch: &mut Batch, message_id: &str) {
    batch.push(&RECEIPTS, params![bucket::of(message_id), message_id], Expect::Any);
}

/// The receipts in an answer to [`ask_receipts`].
pub fn receipts_in(rows: &[Row]) -> Result<Vec<StoredReceipt>, Error> {
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

/// How many receipts since `since` say that something unknown arrived at this phone.
pub async fn delivered_from(db: &Db, from_index: [u8; 16], since: At) -> Result<i64, Error> {
    db.query_one(&DELIVERED_FROM, params![from_index, since]).await?.get(0)
}

/// How many receipts were for a message nobody knows.
pub async fn count_unknown_receipts(db: &Db) -> Result<i64, Error> {
    db.query_one(&COUNT_UNKNOWN, params![]).await?.get(0)
}

fn notice_of(row: &Row) -> Result<Notice, Error> {
    Ok(Notice {
        bucket: row.get(0)?,
        id: row.get(1)?,
        operator_id: row.get(2)?,
        template: row.get(3)?,
        lang: row.get(4)?,
        msisdn: row.get(5)?,
        application_id: row.get(6)?,
        party_id: row.get(7)?,
        data_key_id: row.get(8)?,
        is_warning: row.get(9)?,
        created_at: row.get(10)?,
    })
}

fn attempt_of(row: &Row) -> Result<Attempt, Error> {
    Ok(Attempt {
        channel: row.parse(0, Channel::from_key)?,
        address: row.get(1)?,
        body: row.get(2)?,
        state: row.parse(3, State::from_key)?,
        not_before: row.get(4)?,
        valid_minutes: row.get(5)?,
        message_id: row.get(6)?,
        submitted_at: row.get(7)?,
        settled_at: row.get(8)?,
        error: row.get(9)?,
        version: row.get(10)?,
    })
}
