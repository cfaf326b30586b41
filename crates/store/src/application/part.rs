//! Parts of a photo that is still arriving.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::params;
use crate::statement::Statement;
use domain::id::ApplicationId;
use domain::reason::Item;
use domain::time::At;
use seal::{DataKey, Place};

pub(crate) const ALL: &[&Statement] = &[&PUT, &PRESENT, &CONTENT, &CLEAR, &FORGET_OTHERS, &SWEEP];

const PUT: Statement = Statement::new(
    "upload_part.put",
    "insert into upload_part (bucket, application_id, item, part, digest, content, created_at) \
     values ($1, $2, $3, $4, $5, $6, $7) \
     on conflict (bucket, application_id, item, part) do update set \
        digest = excluded.digest, content = excluded.content, created_at = excluded.created_at",
);
const PRESENT: Statement = Statement::new(
    "upload_part.present",
    "select part from upload_part \
     where bucket = $1 and application_id = $2 and item = $3 and digest = $4 order by part",
);
const CONTENT: Statement = Statement::new(
    "upload_part.content",
    "select part, content from upload_part \
     where bucket = $1 and application_id = $2 and item = $3 and digest = $4 order by part",
);
const CLEAR: Statement = Statement::new(
    "upload_part.clear",
    "delete from upload_part where bucket = $1 and application_id = $2 and item = $3",
);
const FORGET_OTHERS: Statement = Statement::new(
    "upload_part.forget_others",
    "delete from upload_part \
     where bucket = $1 and application_id = $2 and item = $3 and digest <> $4",
);
const SWEEP: Statement =
    Statement::new("upload_part.sweep", "delete from upload_part where created_at < $1");

/// One photo on its way: of which application, what it shows, and the hash of the whole file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arriving {
    /// The application.
    pub application_id: ApplicationId,
    /// What it shows.
    pub item: Item,
    /// SHA-256 of the whole file.
    pub digest: [u8; 32],
}

impl Arriving {
    fn row(&self, part: i64) -> String {
        format!("{}:{}:{part}", self.application_id, self.item.code())
    }

    /// Keeps one part, sealed; parts of another photo of the same item are forgotten.
    pub fn put(&self, batch: &mut Batch, key: &DataKey, part: i64, plain: &[u8]) {
        let (id, item) = (self.application_id, self.item.code());
        let row = self.row(part);
        let place = Place { table: "upload_part", column: "content", row: row.as_bytes() };
        let (content, at) = (key.seal(plain, &place.aad()), batch.at());
        batch.push(&FORGET_OTHERS, params![id.bucket(), id, item, self.digest], Expect::Any);
        let values = params![id.bucket(), id, item, part, self.digest, content, at];
        batch.push(&PUT, values, Expect::Rows(1));
    }

    /// Which parts are here, in order.
    pub async fn present(&self, db: &Db) -> Result<Vec<i64>, Error> {
        let id = self.application_id;
        let values = params![id.bucket(), id, self.item.code(), self.digest];
        db.query(&PRESENT, values).await?.iter().map(|row| row.get(0)).collect()
    }

    /// What has arrived, opened, in order.
    pub async fn content(&self, db: &Db, key: &DataKey) -> Result<Vec<(i64, Vec<u8>)>, Error> {
        let id = self.application_id;
        let values = params![id.bucket(), id, self.item.code(), self.digest];
        let rows = db.query(&CONTENT, values).await?;
        let open = |row: &crate::value::Row| {
            let (part, sealed): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
            let name = self.row(part);
            let place = Place { table: "upload_part", column: "content", row: name.as_bytes() };
            let opened = key.open(&sealed, &place.aad());
            let opened = opened.map_err(|error| {
                Error::caused(ErrorKind::Corrupt, format!("part {name} does not open"), error)
            })?;
            Ok((part, opened))
        };
        rows.iter().map(open).collect()
    }

    /// Forgets every part of this item.
    pub fn clear(&self, batch: &mut Batch) {
        let id = self.application_id;
        batch.push(&CLEAR, params![id.bucket(), id, self.item.code()], Expect::Any);
    }
}

/// Forgets what began to arrive before `before` and never came whole.
pub fn sweep(batch: &mut Batch, before: At) {
    batch.push(&SWEEP, params![before], Expect::Any);
}
