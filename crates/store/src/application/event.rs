//! What happened to an application, as both sides read it.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::params;
use crate::statement::Statement;
use domain::application::State;
use domain::id::ApplicationId;
use domain::time::At;

pub(crate) const ALL: &[&Statement] = &[&INSERT, &LIST];

const INSERT: Statement = Statement::new(
    "application_event.insert",
    "insert into application_event (bucket, application_id, version, state, event, detail, at) \
     values ($1, $2, $3, $4, $5, $6, $7)",
);
const LIST: Statement = Statement::new(
    "application_event.list",
    "select version, state, event, detail, at from application_event \
     where bucket = $1 and application_id = $2 order by version limit 500",
);

/// One change of state. `detail` is what the event carried, in public words only.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The application's version after it.
    pub version: i64,
    /// The state after it.
    pub state: State,
    /// What happened, as a stable word.
    pub event: String,
    /// More, without personal data.
    pub detail: serde_json::Value,
    /// When.
    pub at: At,
}

impl Event {
    /// Adds it to the application's story.
    pub fn insert(&self, batch: &mut Batch, id: ApplicationId) {
        let values = params![
            id.bucket(),
            id,
            self.version,
            self.state.code(),
            self.event.as_str(),
            self.detail.to_string(),
            self.at,
        ];
        batch.push(&INSERT, values, Expect::Rows(1));
    }
}

/// The story of an application, oldest first.
pub async fn events(db: &Db, id: ApplicationId) -> Result<Vec<Event>, Error> {
    let rows = db.query(&LIST, params![id.bucket(), id]).await?;
    rows.iter()
        .map(|row| {
            let detail: String = row.get(3)?;
            let detail = serde_json::from_str(&detail)
                .map_err(|e| Error::caused(ErrorKind::Corrupt, "the detail of an event", e))?;
            Ok(Event {
                version: row.get(0)?,
                state: row.parse(1, State::from_code)?,
                event: row.get(2)?,
                detail,
                at: row.get(4)?,
            })
        })
        .collect()
}
