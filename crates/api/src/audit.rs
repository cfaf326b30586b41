//! The audit log over the interface: what an operator's auditors and archives read.

use crate::Api;
use crate::caller::Caller;
use crate::field;
use crate::page::{Page, PageQuery};
use crate::problem::{Problem, ProblemBody};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::access::Action;
use serde::Serialize;
use service::audit::Entry;
use utoipa::ToSchema;

/// One entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// Its place in the operator's chain, from 1 without a gap.
    seq: i64,
    /// What was changed, such as `number:8613800138000` or an id.
    subject: String,
    /// The version of the subject after the change.
    subject_version: i64,
    /// Who did it: `system`, an id, or `token:` and a name.
    actor: String,
    /// What was done.
    action: String,
    /// More, by action.
    #[schema(value_type = Object)]
    detail: serde_json::Value,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// The link of the hash chain at this place, as hex.
    link: String,
}

impl From<Entry> for AuditEntry {
    fn from(entry: Entry) -> Self {
        Self {
            seq: entry.seq,
            subject: entry.subject,
            subject_version: entry.subject_version,
            actor: entry.actor,
            action: entry.action,
            detail: entry.detail,
            at: field::instant(entry.at),
            link: entry.link,
        }
    }
}

/// Reads the audit log in its order, oldest first.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "audit", params(PageQuery),
    responses(
        (status = 200, body = Page<AuditEntry>),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["audit:read"])),
)]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    caller.require(Action::ReadAudit)?;
    let Query(page) = query?;
    let after: i64 = page.after()?.unwrap_or(0);
    let limit = page.limit();
    let entries = service::audit::list(&api.app, &caller.actor, after, limit + 1).await?;
    Ok(Json(Page::of(entries, limit, |entry| entry.seq, AuditEntry::from)))
}
