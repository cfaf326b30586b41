//! The sanctions list (联合惩戒): identities that may not be given numbers, kept by blind index only.
//! Nobody can read the list back; it can only be asked about one identity.

use crate::access::require;
use crate::app::App;
use crate::error::Error;
use domain::access::{Action, Actor};
use domain::id::OperatorId;
use domain::identity::IdentityNumber;
use jiff::civil::Date;
use store::Batch;
use store::party::{MATCH_COLUMN, Sanction, insert_sanction};

/// One entry.
#[derive(Clone, Debug)]
pub struct NewSanction {
    /// Whom it is about.
    pub document: IdentityNumber,
    /// Which list or order it comes from.
    pub source: String,
    /// Its first day.
    pub from_on: Date,
    /// Its last day; none if it has no end.
    pub until_on: Option<Date>,
}

/// Entries of one batch.
const BATCH_MAX: usize = 500;

/// Records entries; one about an identity that is listed already takes the place of the old one,
/// so that the same list can come twice. How many.
pub async fn record(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    entries: &[NewSanction],
) -> Result<u64, Error> {
    if *actor != Actor::System {
        require(actor, Action::StockNumber, Some(operator_id))?;
    }
    let mut count = 0;
    for some in entries.chunks(BATCH_MAX) {
        let mut batch = Batch::new(app.now());
        for entry in some {
            let index = app.store.keys.blind(MATCH_COLUMN, &entry.document.match_key());
            let sanction = Sanction {
                source: entry.source.clone(),
                from_on: entry.from_on,
                until_on: entry.until_on,
            };
            insert_sanction(&mut batch, operator_id, index, &sanction);
        }
        app.store.db.commit(batch).await?;
        count += u64::try_from(some.len()).unwrap_or_default();
    }
    Ok(count)
}
