//! Who looked at an application, and why: for the person it is about.

use crate::App;
use crate::error::Error;
use crate::register;
use domain::access::{Action, Actor};
use domain::id::{ApplicationId, OperatorId};
use domain::review::ViewReason;
use domain::time::At;
use store::audit::StoredEntry;

/// Views of one application that are shown, the newest.
const VIEWS_MAX: i64 = 200;

/// One look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    /// When.
    pub at: At,
    /// Whether at a photo; else at what was typed.
    pub is_image: bool,
    /// Why.
    pub why: ViewReason,
}

/// Every look at the applicant's own application, newest first. Colleagues are not named.
pub async fn looked(app: &App, actor: &Actor, id: ApplicationId) -> Result<Vec<Looked>, Error> {
    let loaded = register::load(app, actor, Action::SeeApplication, id).await?;
    let operator_id = loaded.application.operator_id;
    let entries = entries(app, operator_id, &subject(id), VIEWS_MAX).await?;
    Ok(entries.iter().filter_map(read).collect())
}

fn read(stored: &StoredEntry) -> Option<Looked> {
    let detail: serde_json::Value = serde_json::from_str(&stored.entry.detail_json).ok()?;
    let why = detail.get("why")?.as_str()?;
    Some(Looked {
        at: stored.entry.at,
        is_image: stored.entry.action == "review.view_image",
        why: ViewReason::from_code(why).unwrap_or(ViewReason::Claim),
    })
}

/// The subject under which looks at an application are logged.
pub(super) fn subject(id: ApplicationId) -> String {
    format!("views:{id}")
}

/// The newest entries about looks, newest first.
pub(super) async fn entries(
    app: &App,
    operator_id: OperatorId,
    subject: &str,
    count: i64,
) -> Result<Vec<StoredEntry>, Error> {
    Ok(store::audit::of_subject(&app.store.db, operator_id, subject, count).await?)
}
