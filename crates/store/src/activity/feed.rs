//! How far a feed of usage has been taken in.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::Error;
use crate::statement::Statement;
use crate::{bucket, params};
use domain::id::OperatorId;

pub(super) const LOAD: Statement = Statement::new(
    "feed_cursor.load",
    "select operator_id, offset_bytes, line, done, rejected, rejects_bytes, is_finished, version \
        from feed_cursor where bucket = $1 and feed = $2",
);
pub(super) const WRITE: Statement = Statement::new(
    "feed_cursor.write",
    "insert into feed_cursor (bucket, feed, operator_id, offset_bytes, line, done, rejected, \
        rejects_bytes, is_finished, version, written_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
        on conflict (bucket, feed) do update set offset_bytes = excluded.offset_bytes, \
        line = excluded.line, done = excluded.done, rejected = excluded.rejected, \
        rejects_bytes = excluded.rejects_bytes, is_finished = excluded.is_finished, \
        version = excluded.version, written_at = excluded.written_at \
        where feed_cursor.version = excluded.version - 1",
);

/// A feed (a file by its content, a push by its) and how far it has been taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// What names the feed: the hash of its content.
    pub feed: String,
    /// Whose numbers it may touch.
    pub operator_id: OperatorId,
    /// Bytes taken in, after decompression, always at the start of a line.
    pub offset_bytes: i64,
    /// Lines taken in, the header among them.
    pub line: i64,
    /// Rows that were good.
    pub done: i64,
    /// Rows that were not.
    pub rejected: i64,
    /// How long the file of rejected rows was.
    pub rejects_bytes: i64,
    /// Whether all of it has been taken in.
    pub is_finished: bool,
    /// Commits so far; 0 before the first.
    pub version: i64,
}

impl Cursor {
    /// At the start of `feed`.
    pub fn start(feed: String, operator_id: OperatorId) -> Self {
        Self {
            feed,
            operator_id,
            offset_bytes: 0,
            line: 0,
            done: 0,
            rejected: 0,
            rejects_bytes: 0,
            is_finished: false,
            version: 0,
        }
    }
}

/// The cursor of `feed`, if any of it was taken in.
pub async fn load_cursor(db: &Db, feed: &str) -> Result<Option<Cursor>, Error> {
    let Some(row) = db.query_opt(&LOAD, params![bucket::of(feed), feed]).await? else {
        return Ok(None);
    };
    Ok(Some(Cursor {
        feed: feed.to_owned(),
        operator_id: row.get(0)?,
        offset_bytes: row.get(1)?,
        line: row.get(2)?,
        done: row.get(3)?,
        rejected: row.get(4)?,
        rejects_bytes: row.get(5)?,
        is_finished: row.get(6)?,
        version: row.get(7)?,
    }))
}

/// Writes the cursor as its next version; a conflict if another import of the same feed wrote it.
pub fn write_cursor(batch: &mut Batch, cursor: &Cursor) {
    let at = batch.at();
    let values = params![
        bucket::of(&cursor.feed),
        cursor.feed.as_str(),
        cursor.operator_id,
        cursor.offset_bytes,
        cursor.line,
        cursor.done,
        cursor.rejected,
        cursor.rejects_bytes,
        cursor.is_finished,
        cursor.version + 1,
        at,
    ];
    batch.push(&WRITE, values, Expect::Rows(1));
}
