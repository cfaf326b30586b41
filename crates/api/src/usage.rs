//! Usage over the interface: who used a number, how and when.

use crate::Api;
use crate::caller::Caller;
use crate::numbers::Answer;
use crate::problem::{ApiRefusal, ProblemBody, language_of};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use domain::access::Action;
use domain::refusal::Refusal;
use serde::Serialize;
use service::ingest::{self, Reject};
use utoipa::ToSchema;
use words::Lang;

/// What became of a push.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Taken {
    /// Rows taken in.
    done: u64,
    /// Rows rejected; the others count.
    rejected: u64,
    /// Rows of a push with the same bytes, taken in or rejected before.
    skipped: u64,
    /// The first 1000 rejected rows.
    rejects: Vec<RejectedRow>,
}

/// A rejected row.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RejectedRow {
    /// The line, counted from 1; the header is a line.
    line: u64,
    /// The stable code.
    code: &'static str,
    /// Why, in the caller's language.
    detail: String,
}

impl RejectedRow {
    fn of(reject: &Reject, lang: Lang) -> Self {
        let code = reject.fault.code();
        let detail = lang.refusal(code, &reject.fault.values()).unwrap_or_default();
        Self { line: reject.line, code, detail }
    }
}

/// Takes in usage events: CSV with a header line (`msisdn` or `imsi`, `kind`, `instant`) or JSON
/// lines with the same names. The same bytes again change nothing.
#[utoipa::path(
    post, path = "/api/v1/usage", tag = "usage",
    request_body(
        description = "Up to 16 MB",
        content(
            (
                String = "text/csv",
                example = "msisdn,kind,instant\n8613800138000,mo_call,1773194400\n",
            ),
            (String = "application/x-ndjson"),
        ),
    ),
    responses(
        (status = 200, body = Taken),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["usage:write"])),
)]
pub(crate) async fn push(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Taken> {
    caller.require(Action::BringUsage)?;
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !["text/csv", "application/x-ndjson", "application/jsonl"].contains(&media_type) {
        return Err(ApiRefusal::MediaType.into());
    }
    let (report, rejects) = ingest::push(&api.app, &caller.actor, body.to_vec()).await?;
    let lang = language_of(&headers);
    Ok(Json(Taken {
        done: report.done,
        rejected: report.rejected,
        skipped: report.skipped,
        rejects: rejects.iter().map(|reject| RejectedRow::of(reject, lang)).collect(),
    }))
}
