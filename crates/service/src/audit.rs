//! Reading and proving the audit log.

use crate::app::App;
use crate::error::Error;
use domain::access::{Action, Actor};
use domain::id::OperatorId;
use domain::time::At;

/// One linked entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the operator's chain, from 1.
    pub seq: i64,
    /// What was changed.
    pub subject: String,
    /// The version of the subject after the change.
    pub subject_version: i64,
    /// Who did it.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// More, by action.
    pub detail: serde_json::Value,
    /// When.
    pub at: At,
    /// The link of the chain at this place, as hex.
    pub link: String,
}

/// What a verification of one operator's log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The tenant.
    pub operator_id: OperatorId,
    /// Entries in its chain.
    pub entries: i64,
    /// The last link, as hex: noted elsewhere, it proves the log later.
    pub head: String,
    /// What does not fit; empty if the log holds.
    pub findings: Vec<String>,
}

/// Entries of the actor's own operator in their order, after number `after`.
pub async fn list(app: &App, actor: &Actor, after: i64, count: usize) -> Result<Vec<Entry>, Error> {
    let operator_id = actor.operator_id().ok_or(Error::NotFound)?;
    crate::access::require(actor, Action::ReadAudit, Some(operator_id))?;
    list_of(app, operator_id, after, count).await
}

/// The same for the command line, which acts for any operator.
pub async fn list_of(
    app: &App,
    operator_id: OperatorId,
    after: i64,
    count: usize,
) -> Result<Vec<Entry>, Error> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let stored = store::audit::list(&app.store.db.reports(), operator_id, after, count).await?;
    let entries = stored.into_iter().map(|stored| Entry {
        seq: stored.seq.unwrap_or_default(),
        subject: stored.entry.subject,
        subject_version: stored.entry.subject_version,
        actor: stored.entry.actor,
        action: stored.entry.action,
        detail: serde_json::from_str(&stored.entry.detail_json).unwrap_or_default(),
        at: stored.entry.at,
        link: stored.link.map(|link| seal::hex(&link)).unwrap_or_default(),
    });
    Ok(entries.collect())
}

/// Links what is not linked yet and verifies every operator's log.
pub async fn verify(app: &App) -> Result<Vec<Verified>, Error> {
    let db = &app.store.db;
    store::audit::link(db, app.now()).await?;
    let mut all = Vec::new();
    for operator_id in store::audit::operators(db).await? {
        let report = store::audit::verify(db, operator_id).await?;
        all.push(Verified {
            operator_id,
            entries: report.entries,
            head: report.head,
            findings: report.findings.iter().map(ToString::to_string).collect(),
        });
    }
    Ok(all)
}
