//! What models read on the photos of an application: sealed, and erased with them.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::id::ApplicationId;
use domain::reading::{Seen, Unread};
use domain::reason::Item;
use domain::time::At;
use seal::{DataKey, Place};

pub(crate) const ALL: &[&Statement] = &[&PUT, &LIST, &ERASE];

const PUT: Statement = Statement::new(
    "application_reading.put",
    "insert into application_reading (bucket, application_id, item, round, unread, content, \
        models, read_at) values ($1, $2, $3, $4, $5, $6, $7, $8) \
     on conflict (bucket, application_id, item, round) do update set unread = excluded.unread, \
        content = excluded.content, models = excluded.models, read_at = excluded.read_at \
     where application_reading.content is null",
);
const LIST: Statement = Statement::new(
    "application_reading.list",
    "select item, round, unread, content, models, read_at from application_reading \
     where bucket = $1 and application_id = $2 order by item, round",
);
const ERASE: Statement = Statement::new(
    "application_reading.erase",
    "delete from application_reading where bucket = $1 and application_id = $2",
);

/// One photo that was given to the models.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoReading {
    /// What it was to show.
    pub item: Item,
    /// The how-manieth photo of this item it is.
    pub round: i64,
    /// What came of it.
    pub seen: Seen,
    /// The models, each with the SHA-256 of its file, in hexadecimal; none if they did not look.
    pub models: Vec<(String, String)>,
    /// When.
    pub read_at: At,
}

impl PhotoReading {
    /// Keeps it, unless the same photo was read already: of two that try at once, one may have had
    /// no room.
    pub fn put(&self, batch: &mut Batch, id: ApplicationId, key: &DataKey) {
        let row = row_of(id, self.item, self.round);
        let (unread, content) = match &self.seen {
            Seen::Unread(why) => (Some(why.code()), None),
            Seen::Read(reading) => {
                let plain = serde_json::to_vec(reading).expect("a reading serialises");
                (None, Some(key.seal(&plain, &place(&row).aad())))
            }
        };
        let models = serde_json::to_string(&self.models).expect("names serialise");
        let item = self.item.code();
        let values =
            params![id.bucket(), id, item, self.round, unread, content, models, self.read_at];
        batch.push(&PUT, values, Expect::Any);
    }

    /// Every reading of an application, opened.
    pub async fn list(db: &Db, id: ApplicationId, key: &DataKey) -> Result<Vec<Self>, Error> {
        let rows = db.query(&LIST, params![id.bucket(), id]).await?;
        rows.iter().map(|row| Self::of_row(row, id, key)).collect()
    }

    /// Forgets what was read on the photos of an application.
    pub fn erase(batch: &mut Batch, id: ApplicationId) {
        batch.push(&ERASE, params![id.bucket(), id], Expect::Any);
    }

    fn of_row(row: &Row, id: ApplicationId, key: &DataKey) -> Result<Self, Error> {
        let (item, round) = (row.parse(0, Item::from_code)?, row.get(1)?);
        let corrupt = |error: serde_json::Error| {
            Error::caused(ErrorKind::Corrupt, "what was read on a photo", error)
        };
        let unread: Option<String> = row.get(2)?;
        let content: Option<Vec<u8>> = row.get(3)?;
        let seen = match (unread.as_deref().and_then(Unread::from_code), content) {
            (None, Some(sealed)) => {
                let name = row_of(id, item, round);
                let plain = key.open(&sealed, &place(&name).aad());
                let plain = plain.map_err(|error| {
                    let context = format!("the reading {name} does not open");
                    Error::caused(ErrorKind::Corrupt, context, error)
                })?;
                Seen::Read(serde_json::from_slice(&plain).map_err(corrupt)?)
            }
            (why, _) => Seen::Unread(why.unwrap_or(Unread::Failed)),
        };
        let models: String = row.get(4)?;
        let models = serde_json::from_str(&models).map_err(corrupt)?;
        Ok(Self { item, round, seen, models, read_at: row.get(5)? })
    }
}

fn row_of(id: ApplicationId, item: Item, round: i64) -> String {
    format!("{id}:{}:{round}", item.code())
}

fn place(row: &str) -> Place<'_> {
    Place { table: "application_reading", column: "content", row: row.as_bytes() }
}
