//! The audit log: one entry per state change, in the same batch as the change.
//!
//! An entry names its subject and the version the subject had after the change; the pair is
//! unique and versions have no gaps, so a lost or invented entry shows. Entries are linked into
//! one hash chain per operator afterwards ([`link`]), so that writers of different numbers never
//! wait for one another. [`verify`] reads everything again and says what does not fit.

mod verify;

use crate::batch::{Batch, Expect};
use crate::bucket;
use crate::db::Db;
use crate::error::{CommitError, Error};
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::id::{AuditId, OperatorId};
use domain::time::At;
use seal::audit::{Hash, START, chain, entry_hash};
pub use verify::{Finding, Report, verify};

pub(crate) const ALL: &[&Statement] = &[
    &INSERT,
    &UNLINKED_OPERATORS,
    &UNLINKED,
    &LINK,
    &HEAD,
    &HEAD_INSERT,
    &HEAD_MOVE,
    &OPERATORS,
    &FIRST,
    &LIST,
    &OF_SUBJECT,
    &verify::GAPS,
];

const INSERT: Statement = Statement::new(
    "audit.insert",
    "insert into audit_entry (bucket, id, operator_id, subject, subject_version, actor, action, \
        detail, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);
/// On PostgreSQL not with `exists`: where the tables are spread over machines, nothing may be
/// looked for in a big one for each row of a small one.
const UNLINKED_OPERATORS: Statement = Statement::of_two(
    "audit.unlinked_operators",
    "select id from operator where exists (select 1 from audit_entry \
        where operator_id = operator.id and seq is null) order by id",
    "select id from operator where id in (select distinct operator_id from audit_entry \
        where seq is null) order by id",
);
const UNLINKED: Statement = Statement::new(
    "audit.unlinked",
    "select id, operator_id, subject, subject_version, actor, action, detail, at, seq, chain \
     from audit_entry where operator_id = $1 and seq is null order by id limit $2",
);
const LINK: Statement = Statement::new(
    "audit.link",
    "update audit_entry set seq = $3, chain = $4 where bucket = $1 and id = $2 and seq is null",
);
const HEAD: Statement =
    Statement::new("audit.head", "select seq, chain from audit_head where operator_id = $1");
const HEAD_INSERT: Statement = Statement::new(
    "audit.head_insert",
    "insert into audit_head (operator_id, seq, chain, linked_at) values ($1, $2, $3, $4)",
);
const HEAD_MOVE: Statement = Statement::new(
    "audit.head_move",
    "update audit_head set seq = $3, chain = $4, linked_at = $5 \
     where operator_id = $1 and seq = $2",
);
const OPERATORS: Statement = Statement::new(
    "audit.operators",
    "select operator.id, audit_head.operator_id is not null from operator \
     left join audit_head on audit_head.operator_id = operator.id order by operator.id",
);
const FIRST: Statement =
    Statement::new("audit.first", "select 1 from audit_entry where operator_id = $1 limit 1");
const LIST: Statement = Statement::new(
    "audit.list",
    "select id, operator_id, subject, subject_version, actor, action, detail, at, seq, chain \
     from audit_entry where operator_id = $1 and seq > $2 order by seq, id limit $3",
);
const OF_SUBJECT: Statement = Statement::new(
    "audit.of_subject",
    "select id, operator_id, subject, subject_version, actor, action, detail, at, seq, chain \
     from audit_entry where bucket = $1 and subject = $2 and operator_id = $3 \
     order by subject_version desc limit $4",
);

/// Entries linked in one batch.
const LINK_MAX: i64 = 500;

/// One entry. Nothing in it may be personal data: ids, codes and numbers of rules only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// The tenant.
    pub operator_id: OperatorId,
    /// What was changed: `number:8613800138000`, `app_…`, `stf_…`.
    pub subject: String,
    /// The version of the subject after the change; the first change makes version 1.
    pub subject_version: i64,
    /// Who did it: `system`, `stf_…`, `app_…`, `token:NAME`.
    pub actor: String,
    /// What was done, as a code such as `number.pause`.
    pub action: String,
    /// More, as a JSON object; `{}` if there is nothing more.
    pub detail_json: String,
    /// When.
    pub at: At,
}

/// An entry as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its id.
    pub id: AuditId,
    /// What it says.
    pub entry: AuditEntry,
    /// Its place in the operator's chain, from 1; none until it is linked.
    pub seq: Option<i64>,
    /// The link at that place.
    pub link: Option<Hash>,
}

pub(crate) fn insert(batch: &mut Batch, entry: AuditEntry) {
    let id = AuditId::from_u128(seal::entropy::uuid_v7(entry.at.millis()));
    let values = params![
        bucket::of(&entry.subject),
        id,
        entry.operator_id,
        entry.subject,
        entry.subject_version,
        entry.actor,
        entry.action,
        entry.detail_json,
        entry.at,
    ];
    batch.push(&INSERT, values, Expect::Rows(1));
}

/// Links all entries that are in no chain yet; how many. Several processes may do so at once: the
/// head's number is the version check.
pub async fn link(db: &Db, now: At) -> Result<u64, CommitError> {
    let mut linked = 0;
    for row in db.query(&UNLINKED_OPERATORS, Vec::new()).await? {
        let operator_id = row.get(0)?;
        loop {
            match link_some(db, operator_id, now).await {
                Ok(count) if count > 0 => linked += count,
                Err(CommitError::Fault(fault)) => return Err(fault.into()),
                // None is left, or another process is at it and will do the rest.
                _ => break,
            }
        }
    }
    Ok(linked)
}

async fn link_some(db: &Db, operator_id: OperatorId, now: At) -> Result<u64, CommitError> {
    let queries = vec![(&UNLINKED, params![operator_id, LINK_MAX]), (&HEAD, params![operator_id])];
    let mut answers = db.query_many(queries).await?.into_iter();
    let entries = answers.next().unwrap_or_default();
    let old = head_of(answers.next().unwrap_or_default().first())?;
    let Some(count) = u64::try_from(entries.len()).ok().filter(|count| *count > 0) else {
        return Ok(0);
    };
    let (mut seq, mut last) = old.unwrap_or((0, START));
    let mut batch = Batch::new(now);
    for row in &entries {
        let stored = stored(row)?;
        seq += 1;
        last = chain(&last, &stored.hash());
        let bucket = bucket::of(&stored.entry.subject);
        batch.push(&LINK, params![bucket, stored.id, seq, last], Expect::Rows(1));
    }
    match old {
        None => batch.push(&HEAD_INSERT, params![operator_id, seq, last, now], Expect::Rows(1)),
        Some((old, _)) => {
            let values = params![operator_id, old, seq, last, now];
            batch.push(&HEAD_MOVE, values, Expect::Rows(1));
        }
    }
    db.commit(batch).await?;
    Ok(count)
}

fn head_of(row: Option<&Row>) -> Result<Option<(i64, Hash)>, Error> {
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

fn stored(row: &Row) -> Result<StoredEntry, Error> {
    Ok(StoredEntry {
        id: row.get(0)?,
        entry: AuditEntry {
            operator_id: row.get(1)?,
            subject: row.get(2)?,
            subject_version: row.get(3)?,
            actor: row.get(4)?,
            action: row.get(5)?,
            detail_json: row.get(6)?,
            at: row.get(7)?,
        },
        seq: row.get(8)?,
        link: row.get(9)?,
    })
}

impl StoredEntry {
    /// The hash of everything the entry says, each field with its length before it.
    fn hash(&self) -> Hash {
        let entry = &self.entry;
        let mut bytes = Vec::with_capacity(256);
        let mut field = |field: &[u8]| {
            bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
            bytes.extend_from_slice(field);
        };
        field(&self.id.to_bytes());
        field(&entry.operator_id.0.to_be_bytes());
        field(entry.subject.as_bytes());
        field(&entry.subject_version.to_be_bytes());
        field(entry.actor.as_bytes());
        field(entry.action.as_bytes());
        field(entry.detail_json.as_bytes());
        field(&entry.at.millis().to_be_bytes());
        entry_hash(&bytes)
    }
}

/// The operators that have entries or a chain.
pub async fn operators(db: &Db) -> Result<Vec<OperatorId>, Error> {
    let mut found = Vec::new();
    for row in db.query(&OPERATORS, Vec::new()).await? {
        let operator_id: OperatorId = row.get(0)?;
        let has_chain = row.get(1)?;
        if has_chain || !db.query(&FIRST, params![operator_id]).await?.is_empty() {
            found.push(operator_id);
        }
    }
    Ok(found)
}

/// Linked entries of one operator in the order of the chain, after number `after`.
pub async fn list(
    db: &Db,
    operator_id: OperatorId,
    after: i64,
    count: i64,
) -> Result<Vec<StoredEntry>, Error> {
    let rows = db.query(&LIST, params![operator_id, after, count]).await?;
    rows.iter().map(stored).collect()
}

/// The newest entries about one subject, linked or not.
pub async fn of_subject(
    db: &Db,
    operator_id: OperatorId,
    subject: &str,
    count: i64,
) -> Result<Vec<StoredEntry>, Error> {
    let values = params![bucket::of(subject), subject, operator_id, count];
    let rows = db.query(&OF_SUBJECT, values).await?;
    rows.iter().map(stored).collect()
}

/// The newest entries about each of several subjects, in the order asked for.
pub async fn of_subjects(
    db: &Db,
    operator_id: OperatorId,
    subjects: &[String],
    count: i64,
) -> Result<Vec<Vec<StoredEntry>>, Error> {
    let query = |subject: &String| {
        (&OF_SUBJECT, params![bucket::of(subject), subject.as_str(), operator_id, count])
    };
    let answers = db.query_many(subjects.iter().map(query).collect()).await?;
    answers.iter().map(|rows| rows.iter().map(stored).collect()).collect()
}

#[cfg(test)]
pub(crate) mod tests;
