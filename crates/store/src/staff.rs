//! Staff of the operators, their roles and sessions, and failed sign-ins.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::keys::Keys;
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::access::Role;
use domain::id::{DataKeyId, OperatorId, StaffId};
use domain::time::At;
use seal::{DataKey, Place, Sensitive};

pub(crate) const ALL: &[&Statement] = &[
    &INSERT,
    &INSERT_ROLE,
    &BY_LOGIN,
    &BY_ID,
    &OF_OPERATOR,
    &ROLES,
    &SIGNED_IN,
    &DISABLE,
    &INSERT_SESSION,
    &LOAD_SESSION,
    &TOUCH_SESSION,
    &END_SESSION,
    &END_SESSIONS_OF,
    &FAILURES,
    &INSERT_FAILURES,
    &UPDATE_FAILURES,
    &CLEAR_FAILURES,
];

const INSERT: Statement = Statement::new(
    "staff.insert",
    "insert into staff (id, operator_id, login, data_key_id, name, password_hash, code_secret, \
        version, created_at) values ($1, $2, $3, $4, $5, $6, $7, 1, $8)",
);
const INSERT_ROLE: Statement =
    Statement::new("staff.insert_role", "insert into staff_role (staff_id, role) values ($1, $2)");
const BY_LOGIN: Statement = Statement::new(
    "staff.by_login",
    "select id, operator_id, login, data_key_id, name, password_hash, code_secret, \
        code_last_step, version, disabled_at from staff where login = $1",
);
const BY_ID: Statement = Statement::new(
    "staff.by_id",
    "select id, operator_id, login, data_key_id, name, password_hash, code_secret, \
        code_last_step, version, disabled_at from staff where id = $1",
);
const OF_OPERATOR: Statement = Statement::new(
    "staff.of_operator",
    "select id, operator_id, login, data_key_id, name, password_hash, code_secret, \
        code_last_step, version, disabled_at from staff where operator_id = $1 order by login",
);
const ROLES: Statement =
    Statement::new("staff.roles", "select role from staff_role where staff_id = $1 order by role");
const SIGNED_IN: Statement = Statement::new(
    "staff.signed_in",
    "update staff set code_last_step = $3, version = version + 1 where id = $1 and version = $2 \
        and disabled_at is null and (code_last_step is null or code_last_step < $3)",
);
const DISABLE: Statement = Statement::new(
    "staff.disable",
    "update staff set disabled_at = $3, version = version + 1 where id = $1 and version = $2 \
        and disabled_at is null",
);
const INSERT_SESSION: Statement = Statement::new(
    "staff_session.insert",
    "insert into staff_session (bucket, token_hash, staff_id, operator_id, signed_in_at, seen_at) \
     values ($1, $2, $3, $4, $5, $5)",
);
const LOAD_SESSION: Statement = Statement::new(
    "staff_session.load",
    "select staff_id, signed_in_at, seen_at from staff_session \
     where bucket = $1 and token_hash = $2 and ended_at is null",
);
const TOUCH_SESSION: Statement = Statement::new(
    "staff_session.touch",
    "update staff_session set seen_at = $3 where bucket = $1 and token_hash = $2 \
        and ended_at is null and seen_at < $3",
);
const END_SESSION: Statement = Statement::new(
    "staff_session.end",
    "update staff_session set ended_at = $3 where bucket = $1 and token_hash = $2 \
        and ended_at is null",
);
const END_SESSIONS_OF: Statement = Statement::new(
    "staff_session.end_of",
    "update staff_session set ended_at = $2 where staff_id = $1 and ended_at is null",
);
const FAILURES: Statement = Statement::new(
    "sign_in_failure.load",
    "select failed_count, version, last_failed_at, locked_until from sign_in_failure \
     where bucket = $1 and login_index = $2",
);
const INSERT_FAILURES: Statement = Statement::new(
    "sign_in_failure.insert",
    "insert into sign_in_failure (bucket, login_index, failed_count, version, last_failed_at, \
        locked_until) values ($1, $2, $3, 1, $4, $5)",
);
const UPDATE_FAILURES: Statement = Statement::new(
    "sign_in_failure.update",
    "update sign_in_failure set failed_count = $4, version = version + 1, last_failed_at = $5, \
        locked_until = $6 where bucket = $1 and login_index = $2 and version = $3",
);
const CLEAR_FAILURES: Statement = Statement::new(
    "sign_in_failure.clear",
    "delete from sign_in_failure where bucket = $1 and login_index = $2",
);

/// A member of staff, opened.
#[derive(Clone, Debug)]
pub struct Staff {
    /// Who.
    pub id: StaffId,
    /// The tenant.
    pub operator_id: OperatorId,
    /// What is typed to sign in; unique over all operators.
    pub login: String,
    /// Under which name and secret are sealed.
    pub data_key_id: DataKeyId,
    /// As colleagues know the person, such as 李工.
    pub name: Sensitive<String>,
    /// In PHC form.
    pub password_hash: String,
    /// The secret of the one-time codes.
    pub code_secret: Sensitive<Vec<u8>>,
    /// The step of the last code that was used; codes of it and before are spent.
    pub code_last_step: Option<i64>,
    /// Grows with every change.
    pub version: i64,
    /// Since when the account is closed.
    pub disabled_at: Option<At>,
    /// In order.
    pub roles: Vec<Role>,
}

impl Staff {
    /// Stores a new member of staff with the roles; `key` is stored by the same batch.
    pub fn insert(&self, batch: &mut Batch, key: &DataKey) {
        let at = batch.at();
        let name = key.seal(self.name.expose().as_bytes(), &aad("name", self.id));
        let secret = key.seal(self.code_secret.expose(), &aad("code_secret", self.id));
        let values = params![
            self.id,
            self.operator_id,
            self.login.as_str(),
            self.data_key_id,
            name,
            self.password_hash.as_str(),
            secret,
            at
        ];
        batch.push(&INSERT, values, Expect::Rows(1));
        for role in &self.roles {
            batch.push(&INSERT_ROLE, params![self.id, role.code()], Expect::Rows(1));
        }
    }

    /// The member of staff who signs in as `login`.
    pub async fn by_login(db: &Db, keys: &Keys, login: &str) -> Result<Option<Self>, Error> {
        match db.query_opt(&BY_LOGIN, params![login]).await? {
            Some(row) => Self::open(db, keys, &row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The member of staff with this id.
    pub async fn by_id(db: &Db, keys: &Keys, id: StaffId) -> Result<Option<Self>, Error> {
        match db.query_opt(&BY_ID, params![id]).await? {
            Some(row) => Self::open(db, keys, &row).await.map(Some),
            None => Ok(None),
        }
    }

    /// All staff of an operator, by login.
    pub async fn of_operator(
        db: &Db,
        keys: &Keys,
        operator_id: OperatorId,
    ) -> Result<Vec<Self>, Error> {
        let mut out = Vec::new();
        for row in db.query(&OF_OPERATOR, params![operator_id]).await? {
            out.push(Self::open(db, keys, &row).await?);
        }
        Ok(out)
    }

    async fn open(db: &Db, keys: &Keys, row: &Row) -> Result<Self, Error> {
        let id: StaffId = row.get(0)?;
        let data_key_id: DataKeyId = row.get(3)?;
        let lost = || Error::new(ErrorKind::Corrupt, format!("{id} has no data key"));
        let key = keys.load(db, data_key_id).await?.ok_or_else(lost)?;
        let fail = |e| Error::caused(ErrorKind::Corrupt, format!("{id} does not open"), e);
        let name = key.open_text(&row.get::<Vec<u8>>(4)?, &aad("name", id)).map_err(fail)?;
        let secret = key.open(&row.get::<Vec<u8>>(6)?, &aad("code_secret", id)).map_err(fail)?;
        let mut roles = Vec::new();
        for role in db.query(&ROLES, params![id]).await? {
            roles.push(role.parse(0, Role::from_code)?);
        }
        Ok(Self {
            id,
            operator_id: row.get(1)?,
            login: row.get(2)?,
            data_key_id,
            name: name.into(),
            password_hash: row.get(5)?,
            code_secret: secret.into(),
            code_last_step: row.get(7)?,
            version: row.get(8)?,
            disabled_at: row.get(9)?,
            roles,
        })
    }

    /// Spends the one-time code of `step`: fails if it, or a later one, was used meanwhile.
    pub fn spend_code(&self, batch: &mut Batch, step: i64) {
        batch.push(&SIGNED_IN, params![self.id, self.version, step], Expect::Rows(1));
    }

    /// Closes the account and every session.
    pub fn disable(&self, batch: &mut Batch) {
        let at = batch.at();
        batch.push(&DISABLE, params![self.id, self.version, at], Expect::Rows(1));
        batch.push(&END_SESSIONS_OF, params![self.id, at], Expect::Any);
    }
}

/// A session of staff, found by the hash of its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffSession {
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// Whose.
    pub staff_id: StaffId,
    /// Since when.
    pub signed_in_at: At,
    /// When it was last used, to the minute.
    pub seen_at: At,
}

impl StaffSession {
    /// Stores a session that begins now.
    pub fn insert(&self, batch: &mut Batch, operator_id: OperatorId) {
        let (bucket, hash) = key_of(self.token_hash);
        let values = params![bucket, hash, self.staff_id, operator_id, self.signed_in_at];
        batch.push(&INSERT_SESSION, values, Expect::Rows(1));
    }

    /// The session, unless it was ended.
    pub async fn load(db: &Db, token_hash: [u8; 32]) -> Result<Option<Self>, Error> {
        let (bucket, hash) = key_of(token_hash);
        let Some(row) = db.query_opt(&LOAD_SESSION, params![bucket, hash]).await? else {
            return Ok(None);
        };
        let (staff_id, signed_in_at, seen_at) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Some(Self { token_hash, staff_id, signed_in_at, seen_at }))
    }

    /// Notes that it is in use.
    pub fn touch(&self, batch: &mut Batch) {
        let (bucket, hash) = key_of(self.token_hash);
        let at = batch.at();
        batch.push(&TOUCH_SESSION, params![bucket, hash, at], Expect::Any);
    }

    /// Ends it.
    pub fn end(batch: &mut Batch, token_hash: [u8; 32]) {
        let (bucket, hash) = key_of(token_hash);
        let at = batch.at();
        batch.push(&END_SESSION, params![bucket, hash, at], Expect::Any);
    }
}

/// Failed sign-ins under one typed login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    /// How many in a row.
    pub failed_count: i64,
    /// Grows with every change; 0 if there is no row.
    pub version: i64,
    /// The last one.
    pub last_failed_at: At,
    /// No sign-in before this instant.
    pub locked_until: Option<At>,
}

impl Failures {
    /// Those under the login with this blind index; none yet is a count of 0.
    pub async fn load(db: &Db, login_index: [u8; 16]) -> Result<Self, Error> {
        let bucket = bucket_of(&login_index);
        match db.query_opt(&FAILURES, params![bucket, login_index]).await? {
            Some(row) => Ok(Self {
                failed_count: row.get(0)?,
                version: row.get(1)?,
                last_failed_at: row.get(2)?,
                locked_until: row.get(3)?,
            }),
            None => Ok(Self {
                failed_count: 0,
                version: 0,
                last_failed_at: At::default(),
                locked_until: None,
            }),
        }
    }

    /// Stores the changed count; `self.version` is the version that was loaded.
    pub fn save(&self, batch: &mut Batch, login_index: [u8; 16]) {
        let bucket = bucket_of(&login_index);
        let (count, last, until) = (self.failed_count, self.last_failed_at, self.locked_until);
        if self.version == 0 {
            let values = params![bucket, login_index, count, last, until];
            batch.push(&INSERT_FAILURES, values, Expect::Rows(1));
        } else {
            let values = params![bucket, login_index, self.version, count, last, until];
            batch.push(&UPDATE_FAILURES, values, Expect::Rows(1));
        }
    }

    /// Forgets them, after a sign-in that succeeded.
    pub fn clear(batch: &mut Batch, login_index: [u8; 16]) {
        let bucket = bucket_of(&login_index);
        batch.push(&CLEAR_FAILURES, params![bucket, login_index], Expect::Any);
    }
}

fn aad(column: &str, id: StaffId) -> Vec<u8> {
    Place { table: "staff", column, row: &id.to_bytes() }.aad()
}

fn key_of(token_hash: [u8; 32]) -> (i64, [u8; 32]) {
    (bucket_of(&token_hash), token_hash)
}

/// The bucket of something named by a hash: its first ten bits.
fn bucket_of(hash: &[u8]) -> i64 {
    let first = hash.first_chunk::<2>().copied().unwrap_or_default();
    i64::from(u16::from_be_bytes(first) & 1023)
}
