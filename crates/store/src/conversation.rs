//! Texts that come in: taken once, helped once a day, and what their sender was asked.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::Error;
use crate::params;
use crate::reach::bucket_of;
use crate::statement::Statement;
use crate::value::Row;
use domain::id::{DataKeyId, OperatorId};
use domain::msisdn::Msisdn;
use domain::time::At;

pub(crate) const ALL: &[&Statement] = &[
    &TAKE,
    &IS_TAKEN,
    &HELP,
    &IS_HELPED,
    &ASK,
    &LOAD,
    &TRY,
    &END,
    &CALL_BACK,
    &CALL_BACKS,
    &CALLED,
    &INSERT_PART,
    &PARTS,
    &OLD_PARTS,
    &DELETE_PART,
];

const TAKE: Statement = Statement::new(
    "conversation.take",
    "insert into incoming_text (bucket, fingerprint, received_at) values ($1, $2, $3)",
);
const IS_TAKEN: Statement = Statement::new(
    "conversation.is_taken",
    "select received_at from incoming_text where bucket = $1 and fingerprint = $2",
);
const HELP: Statement = Statement::new(
    "conversation.help",
    "insert into help_sent (bucket, sender_index, sent_on) values ($1, $2, $3)",
);
const IS_HELPED: Statement = Statement::new(
    "conversation.is_helped",
    "select sent_on from help_sent where bucket = $1 and sender_index = $2 and sent_on = $3",
);
const ASK: Statement = Statement::new(
    "conversation.ask",
    "insert into conversation (bucket, sender_index, asks, msisdn, code_index, tries, \
        expires_at, version) values ($1, $2, $3, $4, $5, 0, $6, 1) \
     on conflict (bucket, sender_index) do update set asks = excluded.asks, \
        msisdn = excluded.msisdn, code_index = excluded.code_index, tries = 0, \
        expires_at = excluded.expires_at, version = conversation.version + 1",
);
const LOAD: Statement = Statement::new(
    "conversation.load",
    "select asks, msisdn, code_index, tries, expires_at, version from conversation \
     where bucket = $1 and sender_index = $2",
);
const TRY: Statement = Statement::new(
    "conversation.try",
    "update conversation set tries = tries + 1, version = version + 1 \
     where bucket = $1 and sender_index = $2 and version = $3",
);
const END: Statement = Statement::new(
    "conversation.end",
    "delete from conversation where bucket = $1 and sender_index = $2 and version = $3",
);

const CALL_BACK: Statement = Statement::new(
    "call_back.ask",
    "insert into call_back (bucket, msisdn, operator_id, asked_at) values ($1, $2, $3, $4) \
     on conflict (bucket, msisdn) do nothing",
);
const CALL_BACKS: Statement = Statement::new(
    "call_back.list",
    "select msisdn, asked_at from call_back where operator_id = $1 order by asked_at limit $2",
);
const CALLED: Statement = Statement::new(
    "call_back.done",
    "delete from call_back where bucket = $1 and msisdn = $2 and operator_id = $3",
);

const INSERT_PART: Statement = Statement::new(
    "incoming_part.insert",
    "insert into incoming_part (bucket, sender_index, reference, total, number, data_key_id, body, \
        received_at) values ($1, $2, $3, $4, $5, $6, $7, $8) \
     on conflict (bucket, sender_index, reference, total, number) do nothing",
);
const PARTS: Statement = Statement::new(
    "incoming_part.list",
    "select bucket, sender_index, reference, total, number, data_key_id, body, received_at \
     from incoming_part where bucket = $1 and sender_index = $2 and reference = $3 and total = $4 \
        and received_at > $5 order by number",
);
const OLD_PARTS: Statement = Statement::new(
    "incoming_part.old",
    "select bucket, sender_index, reference, total, number, data_key_id, body, received_at \
     from incoming_part where received_at <= $1 order by received_at limit $2",
);
const DELETE_PART: Statement = Statement::new(
    "incoming_part.delete",
    "delete from incoming_part where bucket = $1 and sender_index = $2 and reference = $3 \
        and total = $4 and number = $5",
);

/// One part of a text from a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The blind index of the phone.
    pub sender_index: [u8; 16],
    /// Which text.
    pub reference: i64,
    /// Of how many parts.
    pub total: i64,
    /// Which part, from 1.
    pub number: i64,
    /// The key under which the body is sealed.
    pub data_key_id: DataKeyId,
    /// UTF-16 in network order, sealed.
    pub body: Vec<u8>,
    /// When it came.
    pub received_at: At,
}

/// Adds a part; one that is there already stays as it is.
pub fn insert_part(batch: &mut Batch, part: &Part) {
    let values = params![
        bucket_of(part.sender_index),
        part.sender_index,
        part.reference,
        part.total,
        part.number,
        part.data_key_id,
        part.body.as_slice(),
        part.received_at,
    ];
    batch.push(&INSERT_PART, values, Expect::Any);
}

/// The parts of the same text that came after `after`, in order.
pub async fn parts(db: &Db, like: &Part, after: At) -> Result<Vec<Part>, Error> {
    let bucket = bucket_of(like.sender_index);
    let values = params![bucket, like.sender_index, like.reference, like.total, after];
    db.query(&PARTS, values).await?.iter().map(part_of).collect()
}

/// At most `limit` parts that came until `until`, the oldest first.
pub async fn old_parts(db: &Db, until: At, limit: i64) -> Result<Vec<Part>, Error> {
    db.query(&OLD_PARTS, params![until, limit]).await?.iter().map(part_of).collect()
}

/// Removes a part; nothing if it is gone.
pub fn delete_part(batch: &mut Batch, part: &Part) {
    let bucket = bucket_of(part.sender_index);
    let values = params![bucket, part.sender_index, part.reference, part.total, part.number];
    batch.push(&DELETE_PART, values, Expect::Any);
}

fn part_of(row: &Row) -> Result<Part, Error> {
    Ok(Part {
        sender_index: row.get(1)?,
        reference: row.get(2)?,
        total: row.get(3)?,
        number: row.get(4)?,
        data_key_id: row.get(5)?,
        body: row.get(6)?,
        received_at: row.get(7)?,
    })
}

/// What a sender was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// What for, such as `report_loss`.
    pub asks: String,
    /// The number it is about.
    pub msisdn: Msisdn,
    /// The blind index of the code that is awaited.
    pub code_index: Option<[u8; 16]>,
    /// Wrong codes so far.
    pub tries: i64,
    /// After this the question is void.
    pub expires_at: At,
    /// Grows with every change.
    pub version: i64,
}

/// Takes a text in; a second time is a duplicate.
pub fn take(batch: &mut Batch, fingerprint: [u8; 16]) {
    let at = batch.at();
    batch.push(&TAKE, params![bucket_of(fingerprint), fingerprint, at], Expect::Rows(1));
}

/// Whether the text was taken in before.
pub async fn is_taken(db: &Db, fingerprint: [u8; 16]) -> Result<bool, Error> {
    let row = db.query_opt(&IS_TAKEN, params![bucket_of(fingerprint), fingerprint]).await?;
    Ok(row.is_some())
}

/// Records that the sender got the list of commands on this day; a second time is a duplicate.
pub fn help(batch: &mut Batch, sender: [u8; 16], on: &str) {
    batch.push(&HELP, params![bucket_of(sender), sender, on], Expect::Rows(1));
}

/// Whether the sender got the list of commands on this day.
pub async fn is_helped(db: &Db, sender: [u8; 16], on: &str) -> Result<bool, Error> {
    Ok(db.query_opt(&IS_HELPED, params![bucket_of(sender), sender, on]).await?.is_some())
}

/// Records what the sender was asked, in place of anything before.
pub fn ask(batch: &mut Batch, sender: [u8; 16], conversation: &Conversation) {
    let values = params![
        bucket_of(sender),
        sender,
        conversation.asks.as_str(),
        conversation.msisdn,
        conversation.code_index,
        conversation.expires_at,
    ];
    batch.push(&ASK, values, Expect::Rows(1));
}

/// What the sender was asked last.
pub async fn load(db: &Db, sender: [u8; 16]) -> Result<Option<Conversation>, Error> {
    let row = db.query_opt(&LOAD, params![bucket_of(sender), sender]).await?;
    row.map(|row| {
        Ok(Conversation {
            asks: row.get(0)?,
            msisdn: row.get(1)?,
            code_index: row.get(2)?,
            tries: row.get(3)?,
            expires_at: row.get(4)?,
            version: row.get(5)?,
        })
    })
    .transpose()
}

/// Counts a wrong code.
pub fn count_try(batch: &mut Batch, sender: [u8; 16], version: i64) {
    batch.push(&TRY, params![bucket_of(sender), sender, version], Expect::Rows(1));
}

/// Ends the conversation: the question was answered.
pub fn end(batch: &mut Batch, sender: [u8; 16], version: i64) {
    batch.push(&END, params![bucket_of(sender), sender, version], Expect::Rows(1));
}

/// Somebody shall call the holder of the number back; asking again changes nothing.
pub fn ask_call_back(batch: &mut Batch, operator_id: OperatorId, msisdn: Msisdn) {
    let at = batch.at();
    let values = params![msisdn.bucket(), msisdn, operator_id, at];
    batch.push(&CALL_BACK, values, Expect::Any);
}

/// Up to `count` numbers of an operator whose holders wait for a call, the longest first.
pub async fn call_backs(
    db: &Db,
    operator_id: OperatorId,
    count: i64,
) -> Result<Vec<(Msisdn, At)>, Error> {
    let rows = db.query(&CALL_BACKS, params![operator_id, count]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// The holder was called.
pub fn called(batch: &mut Batch, operator_id: OperatorId, msisdn: Msisdn) {
    batch.push(&CALLED, params![msisdn.bucket(), msisdn, operator_id], Expect::Rows(1));
}
