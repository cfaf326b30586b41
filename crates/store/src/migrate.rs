//! Migrations: numbered files in the binary, applied once, never changed after release.

use crate::error::{Error, ErrorKind};
use deadpool_postgres::Object;
use rusqlite::Connection;
use std::collections::BTreeMap;

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
    checksum text not null)";

impl Migration {
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
}

/// One checksum over all migrations: two programs with the same value have the same schema.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn fingerprint() -> String {
    let all = MIGRATIONS.iter().map(Migration::checksum).collect::<String>();
    Migration { name: "all", sql: all.leak(), postgres: None }.checksum()
}

/// Those of our migrations that the database does not have yet; an error if it has others.
fn missing(applied: &BTreeMap<String, String>) -> Result<Vec<&'static Migration>, Error> {
    let refuse = |text: String| Err(Error::new(ErrorKind::Config, text));
    for (name, checksum) in applied {
        match MIGRATIONS.iter().find(|migration| migration.name == name) {
            None => {
                return refuse(format!(
                    "the database is newer than this program (it has migration {name})"
                ));
            }
            Some(migration) if migration.checksum() != *checksum => {
                return refuse(format!("migration {name} was changed after it was applied"));
            }
            Some(_) => {}
        }
    }
    Ok(MIGRATIONS.iter().filter(|migration| !applied.contains_key(migration.name)).collect())
}

/// Brings an SQLite file up to date, in one transaction.
pub(crate) fn sqlite(connection: &Connection) -> Result<(), Error> {
    let run = |sql: &str| connection.execute_batch(sql);
    run("begin immediate").map_err(|e| Error::sqlite("migrate", e))?;
    let done = migrate_sqlite(connection);
    let end = if done.is_ok() { "commit" } else { "rollback" };
    run(end).map_err(|e| Error::sqlite("migrate", e))?;
    done
}

fn migrate_sqlite(connection: &Connection) -> Result<(), Error> {
    let fail = |e| Error::sqlite("migrate", e);
    connection.execute_batch(CREATE).map_err(fail)?;
    let applied = {
        let sql = "select name, checksum from schema_migration";
        let mut select = connection.prepare(sql).map_err(fail)?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(fail)?;
        rows.collect::<Result<BTreeMap<String, String>, _>>().map_err(fail)?
    };
    for migration in missing(&applied)? {
        connection.execute_batch(migration.sql).map_err(|e| Error::sqlite(migration.name, e))?;
        let sql = "insert into schema_migration (name, checksum) values (?1, ?2)";
        connection.execute(sql, [migration.name, &migration.checksum()]).map_err(fail)?;
    }
    Ok(())
}

/// Brings a PostgreSQL database up to date, one transaction per file, one process at a time.
pub(crate) async fn postgres(client: &Object) -> Result<(), Error> {
    let fail = |e| Error::postgres("migrate", e);
    let lock = format!("set statement_timeout = 0; select pg_advisory_lock({LOCK})");
    client.batch_execute(&lock).await.map_err(fail)?;
    let done = migrate_postgres(client).await;
    let unlock = format!("select pg_advisory_unlock({LOCK}); reset statement_timeout");
    client.batch_execute(&unlock).await.map_err(fail)?;
    done
}

async fn migrate_postgres(client: &Object) -> Result<(), Error> {
    let fail = |e| Error::postgres("migrate", e);
    let exists = "select to_regclass('schema_migration') is not null";
    let exists = client.query_one(exists, &[]).await.map_err(fail)?;
    if !exists.try_get::<_, bool>(0).map_err(fail)? {
        let create = format!("begin read write; {CREATE}; commit");
        client.batch_execute(&create).await.map_err(fail)?;
    }
    let sql = "select name, checksum from schema_migration";
    let rows = client.query(sql, &[]).await.map_err(fail)?;
    let rows = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    let applied = rows.collect::<Result<_, _>>().map_err(fail)?;
    for migration in missing(&applied)? {
        let sql = format!(
            "begin read write; {}; insert into schema_migration (name, checksum) \
             values ('{}', '{}'); commit",
            migration.for_postgres(),
            migration.name,
            migration.checksum()
        );
        if let Err(error) = client.batch_execute(&sql).await {
            let _ = client.batch_execute("rollback").await;
            return Err(Error::postgres(migration.name, error));
        }
    }
    Ok(())
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
