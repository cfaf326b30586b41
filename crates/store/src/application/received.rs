//! Photos as they were sent, until they are drawn anew. Nothing but what draws them opens them: who
//! shows, reads or compares photos knows [`super::document::Document`] only.

use crate::batch::{Batch, Expect};
use crate::blobs::BlobRecord;
use crate::db::Db;
use crate::error::Error;
use crate::keys::Keys;
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::id::{ApplicationId, BlobId, DataKeyId};
use domain::reason::Item;
use domain::time::At;

pub(crate) const ALL: &[&Statement] = &[&PUT, &TAKE, &REFUSE, &DISMISS, &LIST];

const PUT: Statement = Statement::new(
    "application_received.put",
    "insert into application_received (bucket, application_id, item, blob_id, data_key_id, digest, \
        received_at) values ($1, $2, $3, $4, $5, $6, $7) \
     on conflict (bucket, application_id, item) do update set blob_id = excluded.blob_id, \
        data_key_id = excluded.data_key_id, digest = excluded.digest, refused = null, \
        received_at = excluded.received_at",
);
const TAKE: Statement = Statement::new(
    "application_received.take",
    "delete from application_received where bucket = $1 and application_id = $2 and item = $3 \
        and blob_id = $4 and refused is null",
);
const REFUSE: Statement = Statement::new(
    "application_received.refuse",
    "update application_received set refused = $5 where bucket = $1 and application_id = $2 \
        and item = $3 and blob_id = $4 and refused is null",
);
const DISMISS: Statement = Statement::new(
    "application_received.dismiss",
    "delete from application_received where bucket = $1 and application_id = $2 and item = $3 \
        and blob_id = $4 and refused is not null",
);
const LIST: Statement = Statement::new(
    "application_received.list",
    "select item, blob_id, data_key_id, digest, refused, received_at from application_received \
     where bucket = $1 and application_id = $2 order by item",
);

/// One photo as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What it should show.
    pub item: Item,
    /// Where the file is.
    pub blob_id: BlobId,
    /// The key that opens this file and nothing else.
    pub data_key_id: DataKeyId,
    /// SHA-256 of the file.
    pub digest: [u8; 32],
    /// Why nothing could be drawn of it, as a stable word; `None` while it waits.
    pub refused: Option<String>,
    /// When it came.
    pub received_at: At,
}

impl Received {
    /// Records it in place of what was sent of the same item before, and waits for it to be drawn.
    /// `before` is what is known to stand there: its file is erased.
    pub fn put(&self, batch: &mut Batch, id: ApplicationId, before: Option<&Self>) {
        if let Some(before) = before {
            before.erase_file(batch);
        }
        let values = params![
            id.bucket(),
            id,
            self.item.code(),
            self.blob_id,
            self.data_key_id,
            self.digest,
            self.received_at,
        ];
        batch.push(&PUT, values, Expect::Rows(1));
    }

    /// Removes it with its file, drawn or given up: a conflict if somebody did so before, or if
    /// another photo of the item came.
    pub fn take(&self, batch: &mut Batch, id: ApplicationId) {
        batch.push(&TAKE, self.names(id), Expect::Rows(1));
        self.erase_file(batch);
    }

    /// Records that nothing can be drawn of it, and why; its file is erased. A conflict as with
    /// [`Received::take`].
    pub fn refuse(&self, batch: &mut Batch, id: ApplicationId, why: &str) {
        let values = [self.names(id), params![why]].concat();
        batch.push(&REFUSE, values, Expect::Rows(1));
        self.erase_file(batch);
    }

    /// Forgets a refused one.
    pub fn dismiss(&self, batch: &mut Batch, id: ApplicationId) {
        batch.push(&DISMISS, self.names(id), Expect::Rows(1));
    }

    /// Removes it with everything else of the application: a conflict if it changed meanwhile,
    /// since then there is a drawn photo that has to go as well.
    pub fn erase(&self, batch: &mut Batch, id: ApplicationId) {
        if self.refused.is_some() {
            self.dismiss(batch, id);
        } else {
            self.take(batch, id);
        }
    }

    /// What was sent and is not drawn, the refused ones included.
    pub async fn list(db: &Db, id: ApplicationId) -> Result<Vec<Self>, Error> {
        db.query(&LIST, params![id.bucket(), id]).await?.iter().map(Self::of_row).collect()
    }

    /// Whether it waits to be drawn.
    pub fn is_waiting(&self) -> bool {
        self.refused.is_none()
    }

    /// Key and record go: no copy of the file can be opened any more, and the sweep removes it.
    fn erase_file(&self, batch: &mut Batch) {
        Keys::forget(batch, self.data_key_id);
        BlobRecord::forget(batch, self.blob_id);
    }

    fn names(&self, id: ApplicationId) -> Vec<crate::Value> {
        params![id.bucket(), id, self.item.code(), self.blob_id]
    }

    fn of_row(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            item: row.parse(0, Item::from_code)?,
            blob_id: row.get(1)?,
            data_key_id: row.get(2)?,
            digest: row.get(3)?,
            refused: row.get(4)?,
            received_at: row.get(5)?,
        })
    }
}
