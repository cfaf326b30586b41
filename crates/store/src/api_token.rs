//! Tokens of the operator API. The token itself is shown once and never stored.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::Error;
use crate::params;
use crate::statement::Statement;
use crate::value::Columns;
use domain::id::{DataKeyId, OperatorId, TokenId};
use domain::time::At;

pub(crate) const ALL: &[&Statement] = &[&INSERT, &LOAD, &LIST, &REVOKE, &STATE_VERSIONS];

const INSERT: Statement = Statement::new(
    "api_token.insert",
    "insert into api_token (id, operator_id, name, scopes, secret_hash, data_key_id, version, \
        created_at) values ($1, $2, $3, $4, $5, $6, 1, $7)",
);
pub(crate) const LOAD: Statement = Statement::new(
    "api_token.load",
    "select id, operator_id, name, scopes, secret_hash, data_key_id, version, created_at, \
        revoked_at from api_token where id = $1",
);
const LIST: Statement = Statement::new(
    "api_token.list",
    "select id, operator_id, name, scopes, secret_hash, data_key_id, version, created_at, \
        revoked_at from api_token where operator_id = $1 order by name",
);
const REVOKE: Statement = Statement::new(
    "api_token.revoke",
    "update api_token set revoked_at = $3, version = version + 1 \
     where id = $1 and version = $2 and revoked_at is null",
);
pub(crate) const STATE_VERSIONS: Statement = Statement::of_two(
    "api_token.state_versions",
    "select 'tok_' || lower(hex(t.id)), t.version, coalesce(max(e.subject_version), 0) \
     from api_token t left join audit_entry e on e.operator_id = t.operator_id \
        and e.subject = 'tok_' || lower(hex(t.id)) \
     where t.operator_id = $1 group by t.id, t.version \
     having t.version <> coalesce(max(e.subject_version), 0) limit 100",
    "select 'tok_' || encode(t.id, 'hex'), t.version, coalesce(max(e.subject_version), 0) \
     from api_token t left join audit_entry e on e.operator_id = t.operator_id \
        and e.subject = 'tok_' || encode(t.id, 'hex') \
     where t.operator_id = $1 group by t.id, t.version \
     having t.version <> coalesce(max(e.subject_version), 0) limit 100",
);

/// A token as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredToken {
    /// Its id, which is part of the token's text.
    pub id: TokenId,
    /// The tenant it acts for.
    pub operator_id: OperatorId,
    /// A name unique at the operator.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// SHA-256 of its secret, which is 256 random bits.
    pub secret_hash: [u8; 32],
    /// Under which key answers to it are kept.
    pub data_key_id: DataKeyId,
    /// Counts its changes.
    pub version: i64,
    /// When it was made.
    pub created_at: At,
    /// Since when it no longer works.
    pub revoked_at: Option<At>,
}

/// Adds a token.
pub fn insert(batch: &mut Batch, token: &StoredToken) {
    let values = params![
        token.id,
        token.operator_id,
        token.name.as_str(),
        token.scopes.join(" "),
        token.secret_hash,
        token.data_key_id,
        token.created_at,
    ];
    batch.push(&INSERT, values, Expect::Rows(1));
}

/// Ends a token that is still valid.
pub fn revoke(batch: &mut Batch, token: &StoredToken) {
    let at = batch.at();
    batch.push(&REVOKE, params![token.id, token.version, at], Expect::Rows(1));
}

/// The token `id`, valid or not.
pub async fn load(db: &Db, id: TokenId) -> Result<Option<StoredToken>, Error> {
    db.query_opt(&LOAD, params![id]).await?.as_ref().map(of_row).transpose()
}

/// All tokens of an operator, by name.
pub async fn list(db: &Db, operator_id: OperatorId) -> Result<Vec<StoredToken>, Error> {
    db.query(&LIST, params![operator_id]).await?.iter().map(of_row).collect()
}

pub(crate) fn of_row(row: &impl Columns) -> Result<StoredToken, Error> {
    let scopes: String = row.get(3)?;
    Ok(StoredToken {
        id: row.get(0)?,
        operator_id: row.get(1)?,
        name: row.get(2)?,
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        secret_hash: row.get(4)?,
        data_key_id: row.get(5)?,
        version: row.get(6)?,
        created_at: row.get(7)?,
        revoked_at: row.get(8)?,
    })
}
