//! What models saw on the portraits of an application: sealed, and erased with them.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::id::ApplicationId;
use domain::portrait::{Faces, FacesSeen, Limits};
use domain::reading::Unread;
use domain::reason::Item;
use domain::time::At;
use seal::{DataKey, Place};
use serde::{Deserialize, Serialize};

pub(crate) const ALL: &[&Statement] = &[&PUT, &LIST, &ERASE, &ERASE_COMPARED];

const PUT: Statement = Statement::new(
    "application_face.put",
    "insert into application_face (bucket, application_id, portrait_round, document_item, \
        document_round, unread, content, models, looked_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
     on conflict (bucket, application_id, portrait_round, document_item, document_round) \
     do update set unread = excluded.unread, content = excluded.content, \
        models = excluded.models, looked_at = excluded.looked_at \
     where application_face.content is null",
);
const LIST: Statement = Statement::new(
    "application_face.list",
    "select portrait_round, document_item, document_round, unread, content, models, looked_at \
     from application_face where bucket = $1 and application_id = $2 \
     order by portrait_round, document_round, document_item",
);
const ERASE: Statement = Statement::new(
    "application_face.erase",
    "delete from application_face where bucket = $1 and application_id = $2",
);
const ERASE_COMPARED: Statement = Statement::new(
    "application_face.erase_compared",
    "delete from application_face \
     where bucket = $1 and application_id = $2 and document_round > 0",
);

/// One portrait that was given to the models, alone or beside a photo of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoFaces {
    /// The how-manieth portrait.
    pub portrait_round: i64,
    /// Which photo of a document lay beside it, and the how-manieth.
    pub document: Option<(Item, i64)>,
    /// What came of it.
    pub seen: FacesSeen,
    /// The limits by which it was judged when it was looked at.
    pub limits: Limits,
    /// The models, each with the SHA-256 of its file, in hexadecimal; none if they did not look.
    pub models: Vec<(String, String)>,
    /// When.
    pub looked_at: At,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Content {
    faces: Faces,
    limits: Limits,
}

impl PhotoFaces {
    /// Keeps it, unless the same pair was looked at already.
    pub fn put(&self, batch: &mut Batch, id: ApplicationId, key: &DataKey) {
        let row = row_of(id, self.portrait_round, self.document);
        let (unread, content) = match &self.seen {
            FacesSeen::Unread(why) => (Some(why.code()), None),
            FacesSeen::Looked(faces) => {
                let content = Content { faces: *faces, limits: self.limits };
                let plain = serde_json::to_vec(&content).expect("numbers serialise");
                (None, Some(key.seal(&plain, &place(&row).aad())))
            }
        };
        let models = serde_json::to_string(&self.models).expect("names serialise");
        let (item, round) = self.document.map_or(("", 0), |(item, round)| (item.code(), round));
        let values = params![
            id.bucket(),
            id,
            self.portrait_round,
            item,
            round,
            unread,
            content,
            models,
            self.looked_at
        ];
        batch.push(&PUT, values, Expect::Any);
    }

    /// Everything that was seen on the portraits of an application, opened.
    pub async fn list(db: &Db, id: ApplicationId, key: &DataKey) -> Result<Vec<Self>, Error> {
        let rows = db.query(&LIST, params![id.bucket(), id]).await?;
        rows.iter().map(|row| Self::of_row(row, id, key)).collect()
    }

    /// Forgets everything that was seen.
    pub fn erase(batch: &mut Batch, id: ApplicationId) {
        batch.push(&ERASE, params![id.bucket(), id], Expect::Any);
    }

    /// Forgets what came of comparing; what was seen on portraits alone stays.
    pub fn erase_compared(batch: &mut Batch, id: ApplicationId) {
        batch.push(&ERASE_COMPARED, params![id.bucket(), id], Expect::Any);
    }

    fn of_row(row: &Row, id: ApplicationId, key: &DataKey) -> Result<Self, Error> {
        let (portrait_round, item, round): (i64, String, i64) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let document = Item::from_code(&item).map(|item| (item, round));
        let corrupt = |error: serde_json::Error| {
            Error::caused(ErrorKind::Corrupt, "what was seen on a portrait", error)
        };
        let unread: Option<String> = row.get(3)?;
        let content: Option<Vec<u8>> = row.get(4)?;
        let (seen, limits) = match (unread.as_deref().and_then(Unread::from_code), content) {
            (None, Some(sealed)) => {
                let name = row_of(id, portrait_round, document);
                let plain = key.open(&sealed, &place(&name).aad()).map_err(|error| {
                    let context = format!("the faces {name} do not open");
                    Error::caused(ErrorKind::Corrupt, context, error)
                })?;
                let content: Content = serde_json::from_slice(&plain).map_err(corrupt)?;
                (FacesSeen::Looked(content.faces), content.limits)
            }
            (why, _) => (FacesSeen::Unread(why.unwrap_or(Unread::Failed)), Limits::DEFAULT),
        };
        let models: String = row.get(5)?;
        let models = serde_json::from_str(&models).map_err(corrupt)?;
        Ok(Self { portrait_round, document, seen, limits, models, looked_at: row.get(6)? })
    }
}

fn row_of(id: ApplicationId, portrait_round: i64, document: Option<(Item, i64)>) -> String {
    let (item, round) = document.map_or(("", 0), |(item, round)| (item.code(), round));
    format!("{id}:{portrait_round}:{item}:{round}")
}

fn place(row: &str) -> Place<'_> {
    Place { table: "application_face", column: "content", row: row.as_bytes() }
}
