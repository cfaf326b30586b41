//! Where the network is not quite as decided, for staff.

use crate::access::require;
use crate::app::App;
use crate::error::Error;
use domain::access::{Action, Actor};
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::ServiceProfile;
use domain::time::At;
use store::number::provision::{self, Drift, Provision};

/// Lines of one page.
const ODD_MAX: i64 = 200;

/// A SIM with which something is odd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    /// The number it serves or served.
    pub msisdn: Msisdn,
    /// What it is to allow; `None` if its record must go.
    pub wanted: Option<ServiceProfile>,
    /// What it was last read to allow, if that is something else.
    pub applied: Option<ServiceProfile>,
    /// Since when it has not been as wanted in spite of trying, how often that was tried, and what
    /// the network said last.
    pub open: Option<(At, i64, String)>,
    /// When somebody else last changed it, what, and how often that happened.
    pub drift: Option<(At, Drift, i64)>,
}

impl From<Provision> for Odd {
    fn from(row: Provision) -> Self {
        let said = row.last_error.unwrap_or_default();
        Self {
            msisdn: row.msisdn,
            wanted: row.profile,
            applied: row.applied.filter(|applied| Some(*applied) != row.profile),
            open: (row.tries > 0).then_some((row.wanted_at, row.tries, said)),
            drift: row.drift.map(|(at, drift)| (at, drift, row.drift_count)),
        }
    }
}

/// The SIMs of an operator that the network does not treat as decided, or that somebody else
/// changed there, in the order of their numbers.
pub async fn odd(app: &App, actor: &Actor, operator_id: OperatorId) -> Result<Vec<Odd>, Error> {
    require(actor, Action::SeeNumber, Some(operator_id))?;
    let rows = provision::odd(&app.store.db, operator_id, 0, ODD_MAX).await?;
    Ok(rows.into_iter().map(Odd::from).collect())
}
