//! Moving an SQLite installation to PostgreSQL.
//!
//! The unit is the bucket of a table. Both sides are summed, and the rows of each bucket whose sums
//! differ are put anew, in one transaction: that is the first copy, the catching up, the repair
//! after an interruption and the proof, all in one. [`Transfer::copy`] does so while the
//! installation works; [`Transfer::finish`] holds its writers for the rest, compares every row of
//! every table, and only then closes the old file for good. Sealed objects and the key file stay
//! where they are.

mod schema;
mod source;
mod target;
mod tuple;

pub(crate) use source::{MOVED, refuse_moved};
pub(crate) use target::refuse_unfinished;

use crate::blocking::blocking;
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::migrate::Extent;
use crate::options::Options;
use schema::Table;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use target::Target;
use tokio::sync::mpsc;
use tuple::Sums;

/// Rows put in one transaction, about.
const CHUNK_ROWS: u64 = 200_000;
/// Pieces on the way to PostgreSQL.
const PIECES_MAX: usize = 8;
/// Rounds of putting and comparing under the hold before it is given up: one is enough unless
/// somebody else writes to the target.
const ROUNDS_MAX: u32 = 3;

/// A move from one SQLite file to one PostgreSQL database.
#[derive(Debug)]
pub struct Transfer {
    path: PathBuf,
    target: Target,
    tables: Vec<Table>,
    is_moved: bool,
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Tables compared.
    pub tables: u64,
    /// Rows that are the same on both sides now.
    pub rows: u64,
    /// Rows that were put in this round.
    pub put: u64,
}

/// What a move is doing: the table, and what was done up to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The table at hand.
    pub table: String,
    /// The sum so far.
    pub done: Done,
}

type Tell<'a> = &'a (dyn Fn(Step) + Sync);

impl Transfer {
    /// Brings both schemas up to date and looks whether the target may be filled: it is empty, or a
    /// move from the same file was begun.
    pub async fn open(path: &Path, options: &Options) -> Result<Self, Error> {
        let is_moved = {
            let path = path.to_owned();
            blocking(move || source::is_moved(&source::open(&path)?)).await?
        };
        if !is_moved {
            drop(Db::open(&path.to_string_lossy()).await?);
        }
        crate::postgres::migrate(options, Extent::All).await?;
        let target = Target::connect(options).await?;
        let own = path.to_owned();
        let tables = blocking(move || source::tables(&own)).await?;
        schema::same(&tables, &target.tables().await?)?;
        let this = Self { path: path.to_owned(), target, tables, is_moved };
        this.claim().await?;
        Ok(this)
    }

    /// The names of the tables that are moved: all there are.
    pub fn tables(&self) -> Vec<&str> {
        self.tables.iter().map(|table| table.name.as_str()).collect()
    }

    async fn claim(&self) -> Result<(), Error> {
        let own = self.name()?;
        match self.target.source().await? {
            Some(other) if other == own => return Ok(()),
            Some(_) => {
                let text = "another database is being moved into this one";
                return Err(Error::new(ErrorKind::Config, text));
            }
            None => {}
        }
        if self.is_moved {
            return Err(Error::new(ErrorKind::Config, format!("{MOVED} already, and all of it")));
        }
        let filled = source::filled_by_migrations()?;
        for table in self.tables.iter().filter(|table| !filled.contains(&table.name)) {
            if !self.target.is_empty(table).await? {
                let text = format!("the target holds data ({}): name an empty one", table.name);
                return Err(Error::new(ErrorKind::Config, text));
            }
        }
        self.target.begin(&own).await
    }

    /// What the target remembers of the source: not its path, but a checksum of it.
    fn name(&self) -> Result<String, Error> {
        let path = std::fs::canonicalize(&self.path)
            .map_err(|e| Error::caused(ErrorKind::Config, "the database is gone", e))?;
        let bytes = path.as_os_str().as_encoded_bytes();
        Ok(seal::hex(&seal::sha256(bytes)))
    }

    /// Puts everything that differs, while the installation works. May be stopped anywhere and run
    /// again: what is the same already is not put twice.
    pub async fn copy(&self, tell: Tell<'_>) -> Result<Done, Error> {
        let mut done = Done::default();
        if self.is_moved {
            return Ok(done);
        }
        for table in &self.tables {
            tell(Step { table: table.name.clone(), done });
            let (ours, theirs) = self.compare(table).await?;
            done.put += self.put(table, &ours, &theirs).await?;
            done.rows += ours.values().map(|sum| sum.rows).sum::<u64>();
            done.tables += 1;
        }
        self.target.analyze().await?;
        Ok(done)
    }

    /// Holds all writers, puts what was written since, compares every row of every table, and
    /// closes the old file. An error leaves the installation as it was, free to go on.
    pub async fn finish(&self, tell: Tell<'_>) -> Result<Done, Error> {
        let held = if self.is_moved {
            None
        } else {
            let path = self.path.clone();
            Some(blocking(move || source::Held::hold(&path)).await?)
        };
        let mut done = Done::default();
        for table in &self.tables {
            tell(Step { table: table.name.clone(), done });
            let (rows, put) = self.settle(table).await?;
            done = Done { tables: done.tables + 1, rows: done.rows + rows, put: done.put + put };
        }
        if let Some(held) = held {
            let tables = self.tables.clone();
            blocking(move || held.fence(&tables)).await?;
        }
        self.target.finish().await?;
        Ok(done)
    }

    /// Puts and compares one table until both sides are equal; its rows, and how many were put.
    async fn settle(&self, table: &Table) -> Result<(u64, u64), Error> {
        let mut put = 0;
        for _ in 0..ROUNDS_MAX {
            let (ours, theirs) = self.compare(table).await?;
            if ours == theirs {
                return Ok((ours.values().map(|sum| sum.rows).sum(), put));
            }
            if self.is_moved {
                break;
            }
            put += self.put(table, &ours, &theirs).await?;
        }
        let text = format!("the two sides of {} stay different: nothing was moved", table.name);
        Err(Error::new(ErrorKind::Corrupt, text))
    }

    /// The sums of both sides.
    async fn compare(&self, table: &Table) -> Result<(Sums, Sums), Error> {
        let (path, own) = (self.path.clone(), table.clone());
        let ours = blocking(move || source::sums(&path, &own));
        tokio::try_join!(ours, self.target.sums(table))
    }

    /// Puts the buckets that differ; how many rows.
    async fn put(&self, table: &Table, ours: &Sums, theirs: &Sums) -> Result<u64, Error> {
        if ours == theirs {
            return Ok(0);
        }
        if table.is_of_migrations() {
            let text = "the two databases went through different migrations";
            return Err(Error::new(ErrorKind::Config, text));
        }
        if table.bucket.is_none() {
            return self.put_some(table, None).await;
        }
        let mut put = 0;
        for buckets in chunks(ours, theirs) {
            put += self.put_some(table, Some(buckets)).await?;
        }
        Ok(put)
    }

    async fn put_some(
        &self,
        table: &Table,
        buckets: Option<RangeInclusive<i64>>,
    ) -> Result<u64, Error> {
        let (sender, mut pieces) = mpsc::channel(PIECES_MAX);
        let (path, own, some) = (self.path.clone(), table.clone(), buckets.clone());
        let read = blocking(move || source::send(&path, &own, some, &sender));
        let (read, put) = tokio::join!(read, self.target.replace(table, buckets, &mut pieces));
        // What PostgreSQL says explains why the reader found nobody to take its rows.
        put.and(read)
    }
}

/// Runs of buckets that differ, each with about [`CHUNK_ROWS`] rows or one bucket.
fn chunks(ours: &Sums, theirs: &Sums) -> Vec<RangeInclusive<i64>> {
    let mut all: Vec<i64> = ours.keys().chain(theirs.keys()).copied().collect();
    all.sort_unstable();
    all.dedup();
    let mut chunks = Vec::new();
    let mut open: Option<(i64, i64, u64)> = None;
    for bucket in all {
        if ours.get(&bucket) == theirs.get(&bucket) {
            chunks.extend(open.take().map(|(from, to, _)| from..=to));
            continue;
        }
        let rows = ours.get(&bucket).map_or(0, |sum| sum.rows);
        let (from, before) = open.map_or((bucket, 0), |(from, _, rows)| (from, rows));
        open = Some((from, bucket, before + rows));
        if before + rows >= CHUNK_ROWS {
            chunks.extend(open.take().map(|(from, to, _)| from..=to));
        }
    }
    chunks.extend(open.map(|(from, to, _)| from..=to));
    chunks
}

#[cfg(test)]
mod tests;
