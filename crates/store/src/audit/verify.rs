//! Does the audit log hold? Reads all of it again.

use super::{HEAD, head_of, list};
use crate::db::Db;
use crate::error::Error;
use crate::params;
use crate::statement::Statement;
use domain::id::OperatorId;
use seal::audit::{START, chain};
use seal::hex;

/// Entries read at once.
const PAGE: i64 = 1000;
/// Findings after which nobody needs more.
const FINDINGS_MAX: usize = 100;

/// Subjects whose versions do not run from 1 without a gap.
pub(super) const GAPS: Statement = Statement::new(
    "audit.gaps",
    "select subject, min(subject_version), max(subject_version), count(*) from audit_entry \
     where operator_id = $1 group by bucket, subject \
     having min(subject_version) <> 1 or max(subject_version) <> count(*) \
     order by subject limit 100",
);

/// One thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// An entry is missing, or one is there twice: this number was expected, that one found.
    Sequence { expected: i64, found: i64 },
    /// The entry with this number does not fit its link: it, or one before it, was changed.
    Link { seq: i64 },
    /// The chain ends elsewhere than its recorded head.
    Head { recorded: i64, found: i64 },
    /// The versions of a subject have a gap: entries were lost.
    Versions { subject: String, first: i64, last: i64, count: i64 },
    /// The state row has another version than its newest entry: one of them was changed alone.
    State { subject: String, state: i64, audit: i64 },
    /// There are so many that the rest was not looked for.
    More,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sequence { expected, found } => {
                write!(f, "entry {expected} is missing or doubled: found {found}")
            }
            Self::Link { seq } => write!(f, "entry {seq} does not fit its link"),
            Self::Head { recorded, found } => {
                write!(f, "the head says {recorded} entries, the chain ends at {found}")
            }
            Self::Versions { subject, first, last, count } => {
                write!(f, "{subject}: {count} entries for versions {first} to {last}")
            }
            Self::State { subject, state, audit } => {
                write!(f, "{subject}: the state has version {state}, the log {audit}")
            }
            Self::More => write!(f, "and perhaps more: after {FINDINGS_MAX} the search ended"),
        }
    }
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The tenant.
    pub operator_id: OperatorId,
    /// Linked entries.
    pub entries: i64,
    /// The link of the last one, as hex: note it elsewhere to prove the log later.
    pub head: String,
    /// What does not fit; empty if the log holds.
    pub findings: Vec<Finding>,
}

/// Verifies one operator's log: every content hash and link, the count, the head, the versions of
/// every subject, and the newest versions against the state rows. Call [`super::link`] before.
pub async fn verify(db: &Db, operator_id: OperatorId) -> Result<Report, Error> {
    let recorded = head_of(db.query(&HEAD, params![operator_id]).await?.first())?;
    let (recorded_seq, recorded_link) = recorded.unwrap_or((0, START));
    let mut findings = Vec::new();
    let (mut seq, mut last) = (0, START);
    'read: loop {
        let entries = list(db, operator_id, seq, PAGE).await?;
        if entries.is_empty() {
            break;
        }
        for stored in entries {
            let found = stored.seq.unwrap_or_default();
            // Entries linked since the head was read are none of this verification's business.
            if found > recorded_seq && seq == recorded_seq {
                break 'read;
            }
            if found != seq + 1 {
                findings.push(Finding::Sequence { expected: seq + 1, found });
            }
            last = chain(&last, &stored.hash());
            if stored.link != Some(last) {
                findings.push(Finding::Link { seq: found });
                // Go on from what is recorded, to find every place and not the first only.
                last = stored.link.unwrap_or(last);
            }
            seq = found;
            if findings.len() >= FINDINGS_MAX {
                findings.push(Finding::More);
                return Ok(Report {
                    operator_id,
                    entries: recorded_seq,
                    head: hex(&last),
                    findings,
                });
            }
        }
    }
    if seq != recorded_seq || last != recorded_link {
        findings.push(Finding::Head { recorded: recorded_seq, found: seq });
    }
    versions(db, operator_id, &mut findings).await?;
    Ok(Report { operator_id, entries: recorded_seq, head: hex(&last), findings })
}

async fn versions(
    db: &Db,
    operator_id: OperatorId,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    for row in db.query(&GAPS, params![operator_id]).await? {
        findings.push(Finding::Versions {
            subject: row.get(0)?,
            first: row.get(1)?,
            last: row.get(2)?,
            count: row.get(3)?,
        });
    }
    for statement in crate::statements::state_versions() {
        for row in db.query(statement, params![operator_id]).await? {
            if findings.len() >= FINDINGS_MAX {
                findings.push(Finding::More);
                return Ok(());
            }
            let (subject, state, audit) = (row.get(0)?, row.get(1)?, row.get(2)?);
            findings.push(Finding::State { subject, state, audit });
        }
    }
    Ok(())
}
