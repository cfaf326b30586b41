//! How the SM-DP+ is reached.

use std::path::PathBuf;
use std::time::Duration;

/// The operator's interface of the SM-DP+ (ES2+).
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// `https://host:port`, perhaps with a path before `/gsma/…`; `http://` only on this machine or
    /// in a tunnel.
    pub base_url: String,
    /// The name under which phones reach it, as in activation codes, where it does not say so
    /// itself.
    pub address: String,
    /// Who we are to it: `functionRequesterIdentifier`.
    pub requester_id: String,
    /// The version of SGP.22 it speaks, as in `X-Admin-Protocol`.
    pub protocol: String,
    /// Certificates (PEM) that may have signed the server's; none means those of the system.
    pub ca_file: Option<PathBuf>,
    /// Our certificate (PEM), by which it knows us.
    pub certificate_file: Option<PathBuf>,
    /// The key (PEM) of our certificate.
    pub key_file: Option<PathBuf>,
    /// An answer that takes longer, in seconds, is none; the same call is made again later.
    pub response_seconds: u64,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            address: String::new(),
            requester_id: String::new(),
            protocol: "2.2.2".into(),
            ca_file: None,
            certificate_file: None,
            key_file: None,
            response_seconds: 10,
        }
    }
}

/// Why the settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub(super) String);

impl Server {
    /// What says which protocol we speak (SGP.22 v2, section 6.5.1.3).
    pub(super) fn protocol_header(&self) -> String {
        format!("gsma/rsp/v{}", self.protocol)
    }

    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(self.response_seconds.clamp(1, 15))
    }

    pub(super) fn checked(&self) -> Result<(), SettingsError> {
        let wrong = |text: &str| Err(SettingsError(text.to_owned()));
        if domain::esim::ActivationCode::new(&self.address, "").is_err() {
            return wrong("smdp.address: must be a host name such as smdp.example");
        }
        if self.requester_id.is_empty() {
            return wrong("smdp.requester_id: who are we to the SM-DP+?");
        }
        let is_version = |text: &str| {
            let parts: Vec<&str> = text.split('.').collect();
            parts.len() == 3 && parts.iter().all(|part| part.parse::<u8>().is_ok())
        };
        if !is_version(&self.protocol) || !self.protocol.starts_with("2.") {
            return wrong("smdp.protocol: must be like 2.2.2");
        }
        match (&self.certificate_file, &self.key_file) {
            (Some(_), Some(_)) | (None, None) => Ok(()),
            _ => wrong("smdp: certificate_file and key_file belong together"),
        }
    }
}
