//! What was found changed in the register behind our back, for administrators.

use super::{DRIFT_ACTION, Drift};
use crate::access::require;
use crate::app::App;
use crate::error::Error;
use domain::access::{Action, Actor};
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::{Service, ServiceProfile};
use domain::time::At;
use store::audit::{self, StoredEntry};
use store::number::provision::{self, Provision, ProvisionStep};
use store::number::subject;

/// Changes on one page.
const PAGE: i64 = 25;
/// Pages there are at most: whoever has more looks at the audit log.
const PAGES_MAX: i64 = 400;
/// Entries of a number among which that of the change is looked for.
const ENTRIES_MAX: i64 = 20;

/// One page of changes, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drifts {
    /// The page, from 1.
    pub page: i64,
    /// Whether there is another after it.
    pub has_next: bool,
    /// The changes.
    pub rows: Vec<Drifted>,
}

/// The last change of one SIM's record that was not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drifted {
    /// The number it serves or served.
    pub msisdn: Msisdn,
    /// When it was found.
    pub at: At,
    /// What was changed.
    pub what: Drift,
    /// The services the record allowed then; `None` if it was gone, or the entry cannot be found
    /// any more.
    pub found: Option<Vec<Service>>,
    /// How often the record was found changed so far, this time included.
    pub count: i64,
    /// What it is to allow; `None` if it must go.
    pub wanted: Option<ServiceProfile>,
    /// Whether it has been put right.
    pub is_right: bool,
    /// What the network said at the last try, if it has not.
    pub said: Option<String>,
}

/// Page `page`, from 1, of what was changed at the actor's operator.
pub async fn drifts(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    page: i64,
) -> Result<Drifts, Error> {
    require(actor, Action::SeeDrift, Some(operator_id))?;
    let page = page.clamp(1, PAGES_MAX);
    let db = app.store.db.reports();
    let skipped = (page - 1) * PAGE;
    let mut rows = provision::drifted(&db, operator_id, skipped, PAGE + 1).await?;
    let size = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let has_next = rows.len() > size && page < PAGES_MAX;
    rows.truncate(size);
    let subjects: Vec<String> = rows.iter().map(|row| subject(row.msisdn)).collect();
    let entries = audit::of_subjects(&db, operator_id, &subjects, ENTRIES_MAX).await?;
    let rows = rows.into_iter().zip(entries).filter_map(|(row, entries)| drifted(row, &entries));
    Ok(Drifts { page, has_next, rows: rows.collect() })
}

fn drifted(row: Provision, entries: &[StoredEntry]) -> Option<Drifted> {
    let (at, what) = row.drift?;
    let of_it =
        |stored: &&StoredEntry| stored.entry.action == DRIFT_ACTION && stored.entry.at == at;
    let found = entries.iter().find(of_it).and_then(|stored| found_in(&stored.entry.detail_json));
    let is_right = row.step == ProvisionStep::Confirmed;
    Some(Drifted {
        msisdn: row.msisdn,
        at,
        what,
        found,
        count: row.drift_count,
        wanted: row.profile,
        is_right,
        said: row.last_error.filter(|_| !is_right),
    })
}

/// The services an entry says were found.
fn found_in(detail_json: &str) -> Option<Vec<Service>> {
    #[derive(serde::Deserialize)]
    struct Detail {
        found: Option<Vec<Service>>,
    }
    serde_json::from_str::<Detail>(detail_json).ok()?.found
}
