//! The photos of an application, and what must be taken again.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::decision::Redo;
use domain::id::{ApplicationId, BlobId};
use domain::reason::{Item, Reason};
use domain::time::At;

pub(crate) const ALL: &[&Statement] = &[
    &INSERT,
    &REPLACE,
    &CURRENT,
    &EVERY,
    &SENT_ANYWAY,
    &INSERT_REDO,
    &CLEAR_REDO,
    &REDO_DONE,
    &LIST_REDO,
];

const INSERT: Statement = Statement::new(
    "application_document.insert",
    "insert into application_document (bucket, application_id, item, round, blob_id, digest, \
        fingerprint, quality, is_sent_anyway, uploaded_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
);
const REPLACE: Statement = Statement::new(
    "application_document.replace",
    "update application_document set replaced_at = $4 \
     where bucket = $1 and application_id = $2 and item = $3 and replaced_at is null",
);
const CURRENT: Statement = Statement::new(
    "application_document.current",
    "select item, round, blob_id, digest, fingerprint, quality, is_sent_anyway, uploaded_at, \
        replaced_at from application_document \
     where bucket = $1 and application_id = $2 and replaced_at is null order by item",
);
const EVERY: Statement = Statement::new(
    "application_document.every",
    "select item, round, blob_id, digest, fingerprint, quality, is_sent_anyway, uploaded_at, \
        replaced_at from application_document \
     where bucket = $1 and application_id = $2 order by item, round",
);
const SENT_ANYWAY: Statement = Statement::new(
    "application_document.sent_anyway",
    "update application_document set is_sent_anyway = true \
     where bucket = $1 and application_id = $2 and item = $3 and replaced_at is null",
);
const INSERT_REDO: Statement = Statement::new(
    "application_redo.insert",
    "insert into application_redo (bucket, application_id, item, reason, round, region, is_done) \
     values ($1, $2, $3, $4, $5, $6, false)",
);
const CLEAR_REDO: Statement = Statement::new(
    "application_redo.clear",
    "delete from application_redo where bucket = $1 and application_id = $2",
);
const REDO_DONE: Statement = Statement::new(
    "application_redo.done",
    "update application_redo set is_done = true \
     where bucket = $1 and application_id = $2 and item = $3",
);
const LIST_REDO: Statement = Statement::new(
    "application_redo.list",
    "select item, reason, round, region, is_done from application_redo \
     where bucket = $1 and application_id = $2 order by item, reason",
);

/// One photo.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// What it shows.
    pub item: Item,
    /// The how-manieth photo of this item it is, from 1.
    pub round: i64,
    /// Where its pixels are: the photo as it was drawn anew, never the file as sent.
    pub blob_id: BlobId,
    /// SHA-256 of the file as sent.
    pub digest: [u8; 32],
    /// Its perceptual fingerprint.
    pub fingerprint: [u8; 32],
    /// What was measured.
    pub quality: serde_json::Value,
    /// Whether the applicant sent it in spite of a warning.
    pub is_sent_anyway: bool,
    /// When it came.
    pub uploaded_at: At,
    /// When another one took its place.
    pub replaced_at: Option<At>,
}

impl Document {
    /// Adds the photo and puts the one before aside, in one batch: there is always one.
    pub fn insert(&self, batch: &mut Batch, id: ApplicationId) {
        let item = self.item.code();
        let replaced = params![id.bucket(), id, item, self.uploaded_at];
        batch.push(&REPLACE, replaced, Expect::Any);
        let values = params![
            id.bucket(),
            id,
            item,
            self.round,
            self.blob_id,
            self.digest,
            self.fingerprint,
            self.quality.to_string(),
            self.is_sent_anyway,
            self.uploaded_at,
        ];
        batch.push(&INSERT, values, Expect::Rows(1));
    }

    /// The present photos of an application.
    pub async fn current(db: &Db, id: ApplicationId) -> Result<Vec<Self>, Error> {
        db.query(&CURRENT, params![id.bucket(), id]).await?.iter().map(Self::of_row).collect()
    }

    /// All photos of an application, those put aside included.
    pub async fn every(db: &Db, id: ApplicationId) -> Result<Vec<Self>, Error> {
        db.query(&EVERY, params![id.bucket(), id]).await?.iter().map(Self::of_row).collect()
    }

    /// Records that the present photo of `item` is sent in spite of the warnings.
    pub fn send_anyway(batch: &mut Batch, id: ApplicationId, item: Item) {
        batch.push(&SENT_ANYWAY, params![id.bucket(), id, item.code()], Expect::Rows(1));
    }

    /// When it was drawn: from then on it can be looked at.
    pub fn drawn_at(&self) -> At {
        crate::blobs::made_at(self.blob_id)
    }

    fn of_row(row: &Row) -> Result<Self, Error> {
        let quality: String = row.get(5)?;
        let quality = serde_json::from_str(&quality)
            .map_err(|e| Error::caused(ErrorKind::Corrupt, "the measures of a photo", e))?;
        Ok(Self {
            item: row.parse(0, Item::from_code)?,
            round: row.get(1)?,
            blob_id: row.get(2)?,
            digest: row.get(3)?,
            fingerprint: row.get(4)?,
            quality,
            is_sent_anyway: row.get(6)?,
            uploaded_at: row.get(7)?,
            replaced_at: row.get(8)?,
        })
    }
}

/// Something that must be redone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedoRow {
    /// What and why.
    pub redo: Redo,
    /// The photo it was said of; 0 if it is no photo.
    pub round: i64,
    /// The part of the photo that was marked, as `left,top,width,height` in thousandths.
    pub region: Option<String>,
    /// Whether the applicant has redone it.
    pub is_done: bool,
}

/// Replaces what must be redone by `rows`.
pub fn set_redo(batch: &mut Batch, id: ApplicationId, rows: &[RedoRow]) {
    batch.push(&CLEAR_REDO, params![id.bucket(), id], Expect::Any);
    for row in rows {
        let values = params![
            id.bucket(),
            id,
            row.redo.item.code(),
            row.redo.reason.code(),
            row.round,
            row.region.clone(),
        ];
        batch.push(&INSERT_REDO, values, Expect::Rows(1));
    }
}

/// Records that `item` was redone.
pub fn redo_done(batch: &mut Batch, id: ApplicationId, item: Item) {
    batch.push(&REDO_DONE, params![id.bucket(), id, item.code()], Expect::Any);
}

/// What must be redone.
pub async fn redo(db: &Db, id: ApplicationId) -> Result<Vec<RedoRow>, Error> {
    let rows = db.query(&LIST_REDO, params![id.bucket(), id]).await?;
    rows.iter()
        .map(|row| {
            let redo = Redo {
                item: row.parse(0, Item::from_code)?,
                reason: row.parse(1, Reason::from_code)?,
            };
            Ok(RedoRow { redo, round: row.get(2)?, region: row.get(3)?, is_done: row.get(4)? })
        })
        .collect()
}
