//! What goes over ES2+, and what its answers mean (GSMA SGP.22 v2, sections 5.3 and 6.5).

use serde::Deserialize;
use serde_json::{Value, json};
use service::port::{PortError, ProfileOrder, SmdpRefusal, Told};

/// The functions that we call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    DownloadOrder,
    ConfirmOrder,
    ReleaseProfile,
    CancelOrder { is_reusable: bool },
}

impl Function {
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::DownloadOrder => "/gsma/rsp2/es2plus/downloadOrder",
            Self::ConfirmOrder => "/gsma/rsp2/es2plus/confirmOrder",
            Self::ReleaseProfile => "/gsma/rsp2/es2plus/releaseProfile",
            Self::CancelOrder { .. } => "/gsma/rsp2/es2plus/cancelOrder",
        }
    }

    /// What is sent.
    pub(super) fn body(self, requester_id: &str, order: &ProfileOrder) -> Vec<u8> {
        let mut body = json!({
            "header": {
                "functionRequesterIdentifier": requester_id,
                "functionCallIdentifier": order.call_id,
            },
            "iccid": padded(&order.iccid),
        });
        let mut put = |name: &str, value: Value| {
            if let Some(body) = body.as_object_mut() {
                body.insert(name.to_owned(), value);
            }
        };
        let names_eid = matches!(self, Self::DownloadOrder | Self::ConfirmOrder);
        if let Some(eid) = order.eid.as_ref().filter(|_| names_eid) {
            put("eid", json!(eid));
        }
        match self {
            Self::DownloadOrder => put("profileType", json!(order.profile_type)),
            Self::ConfirmOrder => {
                put("matchingId", json!(order.matching_id));
                put("releaseFlag", json!(false));
            }
            Self::ReleaseProfile => {}
            Self::CancelOrder { is_reusable } => {
                let end = if is_reusable { "Available" } else { "Unavailable" };
                put("finalProfileStatusIndicator", json!(end));
            }
        }
        body.to_string().into_bytes()
    }
}

/// Whole bytes, as SM-DP+ before version 2.2 want them: a card of 19 digits ends in F.
fn padded(iccid: &str) -> String {
    if iccid.len() == 19 { format!("{iccid}F") } else { iccid.to_owned() }
}

/// What is read of an answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reply {
    header: Header,
    pub(super) iccid: Option<String>,
    pub(super) matching_id: Option<String>,
    pub(super) smdp_address: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    function_execution_status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    status: String,
    status_code_data: Option<StatusCode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusCode {
    subject_code: String,
    reason_code: String,
}

impl Reply {
    /// Whether it was done. `None` if the status is none that there is.
    pub(super) fn told(self) -> Option<Told<Self>> {
        let status = &self.header.function_execution_status;
        match status.status.as_str() {
            "Executed-Success" | "Executed-WithWarning" => Some(Ok(Ok(self))),
            "Expired" => Some(Err(PortError::Unreachable("it took the server too long".into()))),
            "Failed" => {
                let code = status.status_code_data.as_ref();
                let (subject, reason) = code
                    .map(|code| (code.subject_code.as_str(), code.reason_code.as_str()))
                    .unwrap_or_default();
                Some(failed(subject, reason).map(Err))
            }
            _ => None,
        }
    }
}

/// What a failure means: a refusal about the profile, or a fault that is no business of the
/// holder's. Codes are shown only if they look like codes.
pub(super) fn failed(subject: &str, reason: &str) -> Result<SmdpRefusal, PortError> {
    let is_code = |text: &str| {
        !text.is_empty()
            && text.len() <= 16
            && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    };
    let said = || {
        let shown = |text| if is_code(text) { text } else { "?" };
        format!("{}/{}", shown(subject), shown(reason))
    };
    match (subject, reason) {
        ("8.2.1" | "8.2.5", "3.9") => Ok(SmdpRefusal::Unknown),
        ("8.2.1" | "8.2.5", "1.2") => Ok(SmdpRefusal::NotAllowed),
        ("8.2.1", "3.3") => Ok(SmdpRefusal::InUse),
        ("8.2.5", "3.7") => Ok(SmdpRefusal::NoneLeft),
        ("8.1.1", reason) if reason.starts_with("3.") => Ok(SmdpRefusal::Eid),
        ("8.2.6", reason) if reason.starts_with("3.") => Ok(SmdpRefusal::MatchingId),
        (_, reason) if reason.starts_with("3.") => Ok(SmdpRefusal::Other),
        // Processing and transport: another time it may do.
        (_, reason) if reason.starts_with("4.") || reason.starts_with("5.") => {
            Err(PortError::Unreachable(format!("it failed inside: {}", said())))
        }
        // Access, format, security: what is wrong is between the two of us.
        _ => Err(PortError::Rejected(format!("status {}", said()))),
    }
}
