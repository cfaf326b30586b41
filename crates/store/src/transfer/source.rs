//! The SQLite side of a move.

use super::schema::{Table, of_sqlite};
use super::tuple::{HEADER, Sums, TRAILER, add, write};
use crate::error::{Error, ErrorKind};
use bytes::Bytes;
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc;

/// How long the move waits for writers before it holds them.
const BUSY_WAIT: Duration = Duration::from_secs(30);
/// The name of the triggers that keep everybody from writing to a database that was moved.
const FENCE: &str = "moved_away";
/// What they say; also recognised by [`Error::sqlite`].
pub(crate) const MOVED: &str = "this database was moved to PostgreSQL";
/// Rows are handed over in pieces of so many bytes.
const PIECE_BYTES: usize = 256 * 1024;

/// An error if the database was moved away.
pub(crate) fn refuse_moved(connection: &Connection) -> Result<(), Error> {
    if is_moved(connection)? {
        let text = format!("{MOVED}: name that one in store.database");
        return Err(Error::new(ErrorKind::Config, text));
    }
    Ok(())
}

pub(super) fn is_moved(connection: &Connection) -> Result<bool, Error> {
    let sql = format!("select exists (select 1 from sqlite_master where name like '{FENCE}%')");
    connection.query_row(&sql, [], |row| row.get(0)).map_err(fault)
}

pub(super) fn open(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(fault)?;
    connection.busy_timeout(BUSY_WAIT).map_err(fault)?;
    Ok(connection)
}

/// The tables.
pub(super) fn tables(path: &Path) -> Result<Vec<Table>, Error> {
    of_sqlite(&open(path)?)
}

/// The tables in which a fresh schema has rows already.
pub(super) fn filled_by_migrations() -> Result<BTreeSet<String>, Error> {
    let fresh = Connection::open_in_memory().map_err(fault)?;
    crate::migrate::sqlite(&fresh, crate::migrate::Extent::All)?;
    let mut filled = BTreeSet::new();
    for table in of_sqlite(&fresh)? {
        let sql = format!("select exists (select 1 from {})", table.name);
        if fresh.query_row(&sql, [], |row| row.get(0)).map_err(fault)? {
            filled.insert(table.name);
        }
    }
    Ok(filled)
}

/// Sums all rows of a table.
pub(super) fn sums(path: &Path, table: &Table) -> Result<Sums, Error> {
    let (mut sums, mut tuple) = (Sums::new(), Vec::new());
    rows(&open(path)?, table, None, |row| {
        tuple.clear();
        let bucket = write(table, row, &mut tuple)?;
        add(&mut sums, bucket, &tuple);
        Ok(())
    })?;
    Ok(sums)
}

/// Hands over the rows of some buckets in the binary form of `copy`; how many.
pub(super) fn send(
    path: &Path,
    table: &Table,
    buckets: Option<RangeInclusive<i64>>,
    pieces: &mpsc::Sender<Bytes>,
) -> Result<u64, Error> {
    let gone = |_| Error::new(ErrorKind::Unavailable, "move: PostgreSQL took no more rows");
    let mut piece = HEADER.to_vec();
    let mut count = 0;
    rows(&open(path)?, table, buckets, |row| {
        write(table, row, &mut piece)?;
        count += 1;
        if piece.len() >= PIECE_BYTES {
            pieces.blocking_send(std::mem::take(&mut piece).into()).map_err(gone)?;
        }
        Ok(())
    })?;
    piece.extend_from_slice(TRAILER);
    pieces.blocking_send(piece.into()).map_err(gone)?;
    Ok(count)
}

fn rows(
    connection: &Connection,
    table: &Table,
    buckets: Option<RangeInclusive<i64>>,
    mut each: impl FnMut(&rusqlite::Row<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut sql = format!("select {} from {}", table.list(), table.name);
    let mut values: Vec<i64> = Vec::new();
    if let Some(buckets) = buckets {
        sql.push_str(" where bucket between ?1 and ?2");
        values = vec![*buckets.start(), *buckets.end()];
    }
    let mut select = connection.prepare(&sql).map_err(fault)?;
    let mut rows = select.query(rusqlite::params_from_iter(values)).map_err(fault)?;
    while let Some(row) = rows.next().map_err(fault)? {
        each(row)?;
    }
    Ok(())
}

/// Keeps every writer waiting while it lives.
#[derive(Debug)]
pub(super) struct Held {
    connection: Connection,
}

impl Held {
    /// Waits for the batch that is being written, then holds the rest.
    pub(super) fn hold(path: &Path) -> Result<Self, Error> {
        let connection = Connection::open(path).map_err(fault)?;
        connection.busy_timeout(BUSY_WAIT).map_err(fault)?;
        connection.execute_batch("begin immediate").map_err(fault)?;
        Ok(Self { connection })
    }

    /// Nobody writes here ever again: a process that still has the file open gets an error that
    /// says where the data is.
    pub(super) fn fence(self, tables: &[Table]) -> Result<(), Error> {
        for table in tables {
            let name = &table.name;
            for verb in ["insert", "update", "delete"] {
                let sql = format!(
                    "create trigger {FENCE}_{name}_{verb} before {verb} on {name} \
                     begin select raise(abort, '{MOVED}'); end"
                );
                self.connection.execute_batch(&sql).map_err(fault)?;
            }
        }
        self.connection.execute_batch("commit").map_err(fault)
    }
}

fn fault(error: rusqlite::Error) -> Error {
    Error::sqlite("move", error)
}
