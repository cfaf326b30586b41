//! The audit log: one entry per state change, in the same batch as the change.
//!
//! An entry names its subject and the version the subject had after the change; the pair is
//! unique, so a lost or invented entry shows. Entries are linked into one hash chain per operator
//! afterwards, so that writers of different numbers never wait for one another.

use crate::batch::{Batch, Expect};
use crate::bucket;
use crate::params;
use crate::statement::Statement;
use domain::id::{AuditId, OperatorId};
use domain::time::At;

pub(crate) const ALL: &[&Statement] = &[&INSERT];

const INSERT: Statement = Statement::new(
    "audit.insert",
    "insert into audit_entry (bucket, id, operator_id, subject, subject_version, actor, action, \
        detail, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);

/// One entry. Nothing in it may be personal data: ids, codes and numbers of rules only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// The tenant.
    pub operator_id: OperatorId,
    /// What was changed: `number:8613800138000`, `app_…`, `stf_…`.
    pub subject: String,
    /// The version of the subject after the change.
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
