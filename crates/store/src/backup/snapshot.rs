//! The copy of the database.

use super::{Held, Progress};
use crate::error::{Error, ErrorKind};
use domain::id::BlobId;
use domain::time::At;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Pages copied between two reports.
const STEP_PAGES: i32 = 4096;
/// How long the copy waits for somebody who holds the whole file.
const BUSY_WAIT: Duration = Duration::from_secs(20);
/// Objects listed at once.
pub(super) const PAGE: i64 = 1000;

/// Copies the database at `from`, which others may be writing, to the new file `to`: one snapshot,
/// in a single file without a log.
pub(super) fn copy(from: &Path, to: &Path, progress: &dyn Fn(Progress)) -> Result<(), Error> {
    let fail = |e| Error::sqlite("backup", e);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from, flags).map_err(fail)?;
    source.busy_timeout(BUSY_WAIT).map_err(fail)?;
    // While this transaction lasts the copy sees one state, whatever is committed meanwhile.
    source.execute_batch("begin deferred; select count(*) from sqlite_master").map_err(fail)?;
    let mut target = Connection::open(to).map_err(fail)?;
    {
        let backup = Backup::new(&source, &mut target).map_err(fail)?;
        loop {
            let step = backup.step(STEP_PAGES).map_err(fail)?;
            let now = backup.progress();
            let count = |pages: i32| u64::try_from(pages).unwrap_or_default();
            let total = count(now.pagecount);
            progress(Progress::Database(total - count(now.remaining), total));
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                _ => return Err(Error::new(ErrorKind::Unavailable, "backup: the file is locked")),
            }
        }
    }
    // Copied from a file with a log it would want one, too.
    target
        .execute_batch("pragma journal_mode = delete; pragma synchronous = full")
        .map_err(fail)?;
    target.close().map_err(|(_, e)| fail(e))
}

/// The copied database.
#[derive(Debug)]
pub(super) struct Snapshot {
    connection: Connection,
}

impl Snapshot {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let connection = Connection::open(path).map_err(|e| Error::sqlite("backup", e))?;
        Ok(Self { connection })
    }

    /// How many objects it names.
    pub(super) fn blob_count(&self) -> Result<u64, Error> {
        let sql = "select count(*) from sealed_blob where erased_at is null";
        let count: i64 = self.connection.query_row(sql, [], |row| row.get(0)).map_err(fault)?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// The objects it names after `after`, in their order.
    pub(super) fn blobs(&self, after: Option<BlobId>) -> Result<Vec<BlobId>, Error> {
        let sql = "select id from sealed_blob where erased_at is null \
            and (bucket, id) > (?1, ?2) order by bucket, id limit ?3";
        let mut select = self.connection.prepare_cached(sql).map_err(fault)?;
        let (bucket, id) = match after {
            Some(id) => (id.bucket(), id.to_bytes().to_vec()),
            None => (-1, Vec::new()),
        };
        let rows = select
            .query_map(rusqlite::params![bucket, id, PAGE], |row| row.get::<_, Vec<u8>>(0))
            .map_err(fault)?;
        let mut ids = Vec::new();
        for row in rows {
            let bytes = row.map_err(fault)?;
            let text = "a blob's id is not an id";
            let id = BlobId::from_bytes(&bytes);
            ids.push(id.ok_or_else(|| Error::new(ErrorKind::Corrupt, text))?);
        }
        Ok(ids)
    }

    /// Marks an object as erased: it was, after the snapshot was taken.
    pub(super) fn erase(&self, id: BlobId, at: At) -> Result<(), Error> {
        let sql = "update sealed_blob set erased_at = ?3 where bucket = ?1 and id = ?2";
        let values = rusqlite::params![id.bucket(), id.to_bytes().to_vec(), at.millis()];
        self.connection.execute(sql, values).map(drop).map_err(fault)
    }

    /// What it holds, by operator.
    pub(super) fn held(&self) -> Result<Vec<Held>, Error> {
        let sql = "select code, \
                (select count(*) from number where operator_id = operator.id), \
                (select count(*) from application where operator_id = operator.id), \
                (select count(*) from audit_entry where operator_id = operator.id) \
             from operator order by id";
        let mut select = self.connection.prepare(sql).map_err(fault)?;
        let held = |row: &rusqlite::Row<'_>| {
            Ok(Held {
                operator: row.get(0)?,
                numbers: row.get(1)?,
                applications: row.get(2)?,
                audit_entries: row.get(3)?,
            })
        };
        let rows = select.query_map([], held).map_err(fault)?;
        rows.collect::<Result<_, _>>().map_err(fault)
    }

    pub(super) fn close(self) -> Result<(), Error> {
        self.connection.close().map_err(|(_, e)| fault(e))
    }
}

fn fault(error: rusqlite::Error) -> Error {
    Error::sqlite("backup", error)
}
