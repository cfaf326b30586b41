//! Migrations: numbered files in the binary, applied once, never changed after release.
//!
//! Each is an *expansion*, which programs that do not know it can live with (a new table, a column
//! that may be null, an index), or a *contraction*, which they cannot (something goes away, or what
//! was free becomes a duty). The mark stands in the first line of the file, `-- contract: WHY`, and
//! is kept in the database. So in a rolling upgrade the older program goes on beside the newer; a
//! contraction waits until somebody says that none is left (`baohao migrate --contract`).

use crate::blocking::blocking;
use crate::error::{Error, ErrorKind};
use crate::options::Options;
use deadpool_postgres::Object;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Hexadecimal digits of a checksum: half of a SHA-256.
const CHECKSUM_DIGITS: usize = 32;

/// One file of `migrations/`.
#[derive(Debug)]
pub(crate) struct Migration {
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
    pub(crate) postgres: Option<&'static str>,
}

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// The key of the advisory lock that lets one process migrate at a time ("baohao" in ASCII).
const LOCK: i64 = 0x0062_616f_6861_6f00;

const CREATE: &str = "create table if not exists schema_migration (name text primary key, \
    checksum text not null, mark text not null default 'expand')";
/// For a database from before the marks: everything until then was an expansion.
const ADD_MARK: &str =
    "alter table schema_migration add column mark text not null default 'expand'";
const SELECT: &str = "select name, checksum, mark from schema_migration";

/// Whether programs that do not know a migration can work with what it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// They can.
    Expand,
    /// They cannot.
    Contract,
}

impl Mark {
    const fn code(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::Contract => "contract",
        }
    }
}

/// Which migrations may be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Those that older programs can live with.
    Expand,
    /// All.
    All,
}

/// What was done to a schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migrated {
    /// The migrations that were applied, in order.
    pub applied: Vec<String>,
    /// The contractions that wait until no older program runs.
    pub waiting: Vec<String>,
}

/// What the database says was applied: the checksum and the mark of each name.
type Applied = BTreeMap<String, (String, String)>;

impl Migration {
    pub(crate) fn mark(&self) -> Mark {
        let is_contract = self.sql.starts_with("-- contract: ");
        if is_contract { Mark::Contract } else { Mark::Expand }
    }

    fn checksum(&self) -> String {
        let mut text = self.sql.to_owned();
        text.push_str(self.postgres.unwrap_or_default());
        let mut hash = seal::hex(&seal::sha256(text.as_bytes()));
        hash.truncate(CHECKSUM_DIGITS);
        hash
    }

    fn for_postgres(&self) -> String {
        self.postgres.map_or_else(|| blob_to_bytea(self.sql), str::to_owned)
    }

    /// Remembers that it was applied.
    fn record(&self) -> String {
        let (name, checksum, mark) = (self.name, self.checksum(), self.mark().code());
        format!(
            "insert into schema_migration (name, checksum, mark) \
             values ('{name}', '{checksum}', '{mark}')"
        )
    }
}

/// One checksum over all migrations: two programs with the same value have the same schema.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn fingerprint() -> String {
    let all = MIGRATIONS.iter().map(Migration::checksum).collect::<String>();
    Migration { name: CREATE, sql: all.leak(), postgres: Some(CREATE) }.checksum()
}

/// What is to be done.
#[derive(Debug, Default)]
struct Plan<'a> {
    now: Vec<&'a Migration>,
    waiting: Vec<&'a Migration>,
}

impl Plan<'_> {
    fn done(&self) -> Migrated {
        let names = |all: &[&Migration]| all.iter().map(|one| one.name.to_owned()).collect();
        Migrated { applied: names(&self.now), waiting: names(&self.waiting) }
    }
}

/// Those of `ours` that the database does not have yet. An error if it has been changed in a way
/// that this program cannot live with, or this program needs a contraction that may not be applied.
fn plan<'a>(ours: &'a [Migration], applied: &Applied, extent: Extent) -> Result<Plan<'a>, Error> {
    for (name, (checksum, mark)) in applied {
        match ours.iter().find(|migration| migration.name == name) {
            None if mark == Mark::Expand.code() => {
                tracing::info!(name, "a newer program has added to the schema");
            }
            None => {
                return refuse(format!(
                    "the database was changed for a newer program and no longer fits this one \
                     (migration {name}): start the newer program"
                ));
            }
            Some(migration) if migration.checksum() != *checksum => {
                return refuse(format!("migration {name} was changed after it was applied"));
            }
            Some(_) => {}
        }
    }
    let missing = ours.iter().filter(|migration| !applied.contains_key(migration.name));
    let mut plan = Plan { now: missing.collect(), waiting: Vec::new() };
    // Nobody works with an empty database yet.
    if extent == Extent::All || applied.is_empty() {
        return Ok(plan);
    }
    let first = plan.now.iter().position(|migration| migration.mark() == Mark::Contract);
    plan.waiting = plan.now.split_off(first.unwrap_or(plan.now.len()));
    // What comes after a contraction may rest on it.
    match plan.waiting.iter().find(|migration| migration.mark() == Mark::Expand) {
        None => Ok(plan),
        Some(needed) => refuse(format!(
            "this program needs {}, which comes after a contraction: stop all older programs, \
             then run `baohao migrate --contract`",
            needed.name
        )),
    }
}

fn refuse<T>(text: String) -> Result<T, Error> {
    Err(Error::new(ErrorKind::Config, text))
}

/// Brings the schema of a database up to date; with `contract` also where programs older than this
/// one can no longer work with it.
pub async fn migrate(options: &Options, contract: bool) -> Result<Migrated, Error> {
    let extent = if contract { Extent::All } else { Extent::Expand };
    if options.is_postgres() {
        return crate::postgres::migrate(options, extent).await;
    }
    let path = PathBuf::from(crate::db::path_of(&options.address));
    blocking(move || crate::sqlite::migrate(&path, extent)).await
}

/// Brings an SQLite file up to date, in one transaction.
pub(crate) fn sqlite(connection: &Connection, extent: Extent) -> Result<Migrated, Error> {
    sqlite_to(connection, MIGRATIONS, extent)
}

fn sqlite_to(
    connection: &Connection,
    ours: &[Migration],
    extent: Extent,
) -> Result<Migrated, Error> {
    let run = |sql: &str| connection.execute_batch(sql);
    run("begin immediate").map_err(|e| Error::sqlite("migrate", e))?;
    let done = migrate_sqlite(connection, ours, extent);
    let end = if done.is_ok() { "commit" } else { "rollback" };
    run(end).map_err(|e| Error::sqlite("migrate", e))?;
    done
}

fn migrate_sqlite(
    connection: &Connection,
    ours: &[Migration],
    extent: Extent,
) -> Result<Migrated, Error> {
    let fail = |e| Error::sqlite("migrate", e);
    connection.execute_batch(CREATE).map_err(fail)?;
    if connection.prepare(SELECT).is_err() {
        connection.execute_batch(ADD_MARK).map_err(fail)?;
    }
    let applied: Applied = {
        let mut select = connection.prepare(SELECT).map_err(fail)?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))));
        rows.map_err(fail)?.collect::<Result<_, _>>().map_err(fail)?
    };
    let plan = plan(ours, &applied, extent)?;
    for migration in &plan.now {
        connection.execute_batch(migration.sql).map_err(|e| Error::sqlite(migration.name, e))?;
        connection.execute_batch(&migration.record()).map_err(fail)?;
    }
    Ok(plan.done())
}

/// Brings a PostgreSQL database up to date, one transaction per file, one process at a time.
pub(crate) async fn postgres(client: &Object, extent: Extent) -> Result<Migrated, Error> {
    postgres_to(client, MIGRATIONS, extent).await
}

async fn postgres_to(
    client: &Object,
    ours: &[Migration],
    extent: Extent,
) -> Result<Migrated, Error> {
    let fail = |e| Error::postgres("migrate", e);
    // Another process may migrate for longer than a statement may run or wait.
    let lock = format!(
        "set statement_timeout = 0; set lock_timeout = 0; select pg_advisory_lock({LOCK}); \
         reset lock_timeout"
    );
    client.batch_execute(&lock).await.map_err(fail)?;
    let done = migrate_postgres(client, ours, extent).await;
    let unlock = format!("select pg_advisory_unlock({LOCK}); reset statement_timeout");
    client.batch_execute(&unlock).await.map_err(fail)?;
    done
}

async fn migrate_postgres(
    client: &Object,
    ours: &[Migration],
    extent: Extent,
) -> Result<Migrated, Error> {
    let fail = |e| Error::postgres("migrate", e);
    let exists = "select to_regclass('schema_migration') is not null, exists (\
        select 1 from pg_attribute where attrelid = to_regclass('schema_migration') \
        and attname = 'mark')";
    let exists = client.query_one(exists, &[]).await.map_err(fail)?;
    let has = |index| exists.try_get::<_, bool>(index).map_err(fail);
    let prepare = if has(0)? { ADD_MARK } else { CREATE };
    if !has(1)? {
        let prepare = format!("begin read write; {prepare}; commit");
        client.batch_execute(&prepare).await.map_err(fail)?;
    }
    let rows = client.query(SELECT, &[]).await.map_err(fail)?;
    let row = |row: &tokio_postgres::Row| Ok((row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?)));
    let applied: Applied = rows.iter().map(row).collect::<Result<_, _>>().map_err(fail)?;
    let plan = plan(ours, &applied, extent)?;
    for migration in &plan.now {
        let (sql, record) = (migration.for_postgres(), migration.record());
        let sql = format!("begin read write; {sql}; {record}; commit");
        if let Err(error) = client.batch_execute(&sql).await {
            let _ = client.batch_execute("rollback").await;
            return Err(Error::postgres(migration.name, error));
        }
    }
    Ok(plan.done())
}

/// Tables whose comment begins with "reference table": small, and copied to every machine.
pub(crate) fn reference_tables() -> BTreeSet<String> {
    let mut tables = BTreeSet::from(["schema_migration".to_owned()]);
    for migration in MIGRATIONS {
        let mut is_reference = false;
        for line in migration.sql.lines() {
            if let Some(comment) = line.strip_prefix("-- ") {
                is_reference |= comment.starts_with("reference table");
            } else if let Some(rest) = line.strip_prefix("create table ") {
                if is_reference {
                    tables.insert(rest.split([' ', '(']).next().unwrap_or_default().to_owned());
                }
                is_reference = false;
            } else {
                is_reference = false;
            }
        }
    }
    tables
}

/// Replaces the type word `blob` by PostgreSQL's `bytea`.
fn blob_to_bytea(sql: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    sql.split_inclusive(|c| !is_word(c))
        .map(|piece| {
            let word = piece.trim_end_matches(|c| !is_word(c));
            if word == "blob" { piece.replacen("blob", "bytea", 1) } else { piece.to_owned() }
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod tests;
