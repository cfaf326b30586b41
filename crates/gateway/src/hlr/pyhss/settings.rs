//! How PyHSS is reached, and what every subscriber there needs.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// PyHSS, by its REST interface.
#[derive(Clone, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// `http://host:8080` or `https://…`; in the clear only on this machine or in a tunnel.
    pub base_url: String,
    /// Certificates (PEM) that may have signed the server's; none means those of the system.
    pub ca_file: Option<PathBuf>,
    /// The file with its `provisioning_key`. The environment `BAOHAO_PYHSS_PASSWORD` goes before
    /// it. None where it is not locked.
    pub password_file: Option<PathBuf>,
    /// The same; never in the configuration file.
    pub password: String,
    /// The id of the access point that every subscriber has, as `GET /apn/list` shows it.
    pub apn_id: u32,
    /// Authentication management field of the SIMs, four hexadecimal digits.
    pub amf: String,
    /// An answer that takes longer, in seconds, is none.
    pub response_seconds: u64,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            base_url: "http://127.0.0.1:8080".into(),
            ca_file: None,
            password_file: None,
            password: String::new(),
            apn_id: 1,
            amf: "8000".into(),
            response_seconds: 2,
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server {{ base_url: {}, apn_id: {}, .. }}", self.base_url, self.apn_id)
    }
}

/// Why the settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub(super) String);

impl Server {
    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(self.response_seconds.clamp(1, 4))
    }

    pub(super) fn checked(&self) -> Result<(), SettingsError> {
        let is_amf = self.amf.len() == 4 && self.amf.bytes().all(|b| b.is_ascii_hexdigit());
        if is_amf {
            Ok(())
        } else {
            Err(SettingsError("pyhss.amf: must be four hexadecimal digits".into()))
        }
    }
}
