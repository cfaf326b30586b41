//! Closing the pages for maintenance, and opening them again.
//!
//! Every process sees it within [`FRESH_MILLIS`]. Staff and the network go on; what was saved
//! stays.

use crate::app::App;
use crate::error::Error;
use crate::operator;
use domain::time::At;
use std::sync::Mutex;
pub use store::maintenance::Maintenance;
use store::{AuditEntry, Batch};

/// For so long an answer of the database is believed.
pub const FRESH_MILLIS: i64 = 2_000;

/// Closes the pages, or says anew until when.
///
/// `until_at` is shown to everybody who comes; `None` says that nobody knows yet.
pub async fn begin(app: &App, until_at: Option<At>) -> Result<(), Error> {
    let mut batch = Batch::new(app.now());
    store::maintenance::begin(&mut batch, until_at);
    let until = until_at.map(At::millis);
    note(app, &mut batch, "maintenance.begin", serde_json::json!({ "until_at": until })).await?;
    app.store.db.commit(batch).await?;
    app.maintenance.forget();
    Ok(())
}

/// Opens the pages; whether they were closed.
pub async fn end(app: &App) -> Result<bool, Error> {
    if now(app).await?.is_none() {
        return Ok(false);
    }
    let mut batch = Batch::new(app.now());
    store::maintenance::end(&mut batch);
    note(app, &mut batch, "maintenance.end", serde_json::json!({})).await?;
    app.store.db.commit(batch).await?;
    app.maintenance.forget();
    Ok(true)
}

/// The closed time that is going on, as the database knows it.
pub async fn now(app: &App) -> Result<Option<Maintenance>, Error> {
    Ok(store::maintenance::now(&app.store.db).await?)
}

/// One entry in the log of every operator: it is about all of them.
async fn note(
    app: &App,
    batch: &mut Batch,
    action: &str,
    detail: serde_json::Value,
) -> Result<(), Error> {
    let at = batch.at();
    for operator in operator::list(app).await? {
        batch.audit(AuditEntry {
            operator_id: operator.id,
            subject: format!("maintenance {:032x}", seal::entropy::uuid_v7(at.millis())),
            subject_version: 1,
            actor: domain::access::Actor::System.audit_name(),
            action: action.to_owned(),
            detail_json: detail.to_string(),
            at,
        });
    }
    Ok(())
}

/// What one process last heard.
#[derive(Debug, Default)]
pub struct Watch(Mutex<Option<(At, Option<Maintenance>)>>);

impl Watch {
    /// The closed time that is going on, at most [`FRESH_MILLIS`] late. If the database does not
    /// answer, the pages count as open: they say themselves what is wrong.
    pub async fn now(&self, app: &App) -> Option<Maintenance> {
        let at = app.now();
        if let Some((heard_at, heard)) = *self.lock()
            && (at.millis() - heard_at.millis()).abs() < FRESH_MILLIS
        {
            return heard;
        }
        let heard = now(app).await.unwrap_or_default();
        *self.lock() = Some((at, heard));
        heard
    }

    fn forget(&self) {
        *self.lock() = None;
    }

    /// A value that is written whole cannot be left broken by a panic.
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(At, Option<Maintenance>)>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
