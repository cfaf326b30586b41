//! What an SM-DP+ tells by itself: how far the download of a profile got (ES2+, GSMA SGP.22 v2,
//! section 5.3.5).
//!
//! ES2+ knows the caller by its certificate. Whoever ends its connection, a proxy in front of us,
//! checks that and adds a token of ours with the scope `esim:write`.

use crate::Api;
use crate::caller::Caller;
use crate::problem::{ApiRefusal, Problem};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use domain::access::Action;
use domain::sim::Iccid;
use domain::time::At;
use serde::Deserialize;
use service::esim::{self, Progress};
use service::port::Heard;

/// Where it comes in.
pub(crate) const PATH: &str = "/gsma/rsp2/es2plus/handleDownloadProgressInfo";
/// Bytes of one report: the result of a chip has some kilobytes.
pub(crate) const BODY_BYTES_MAX: usize = 64 << 10;

/// What is read of a report; the chip and the result are not.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    iccid: String,
    timestamp: String,
    notification_point_id: PointId,
    notification_point_status: PointStatus,
}

/// An integer; some send it as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum PointId {
    Number(i64),
    Text(String),
}

#[derive(Deserialize)]
struct PointStatus {
    status: String,
}

impl Report {
    fn read(body: &[u8]) -> Option<Progress> {
        let report: Self = serde_json::from_slice(body).ok()?;
        let at: jiff::Timestamp = report.timestamp.trim().parse().ok()?;
        let is_well = match report.notification_point_status.status.as_str() {
            "Executed-Success" | "Executed-WithWarning" => true,
            "Failed" | "Expired" => false,
            _ => return None,
        };
        Some(Progress {
            iccid: Iccid::parse(&report.iccid).ok()?,
            point: match report.notification_point_id {
                PointId::Number(id) => id,
                PointId::Text(text) => text.trim().parse().ok()?,
            },
            is_well,
            at: At::from_millis(at.as_millisecond()),
        })
    }
}

/// Takes in a report. What is known, late or about somebody else's profile is answered like any
/// other: the SM-DP+ would only send it again.
pub(crate) async fn progress(
    State(api): State<Api>,
    caller: Caller,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    caller.require(Action::NoteEsim)?;
    let Some(progress) = Report::read(&body) else {
        api.app.smdp.heard(Heard::Garbage);
        return Err(ApiRefusal::Malformed.into());
    };
    esim::progress(&api.app, &caller.actor, &progress).await?;
    Ok(StatusCode::NO_CONTENT)
}
