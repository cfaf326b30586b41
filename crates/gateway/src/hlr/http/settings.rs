//! How the operator's own provisioning interface is reached, and what its network can switch.

use crate::http::Place;
use domain::number::{Capabilities, Service, ServiceProfile};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The operator's interface in front of its register, as `docs/generated/provisioning.json`
/// describes it.
#[derive(Clone, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// `http://host:port/prefix` or `https://…`; in the clear only on this machine or in a tunnel.
    pub base_url: String,
    /// Certificates (PEM) that may have signed the server's; none means those of the system.
    pub ca_file: Option<PathBuf>,
    /// Names our secret to the server.
    pub key_id: String,
    /// The file with the secret by which requests are signed. The environment `BAOHAO_HSS_PASSWORD`
    /// goes before it.
    pub password_file: Option<PathBuf>,
    /// The secret; never in the configuration file.
    pub password: String,
    /// An answer that takes longer, in seconds, is none; the request is tried again.
    pub response_seconds: u64,
    /// The services the network switches, those of one list only together. A service in none is
    /// there whenever any other is.
    pub switches: Vec<Vec<Service>>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            ca_file: None,
            key_id: String::new(),
            password_file: None,
            password: String::new(),
            response_seconds: 2,
            switches: Service::ALL.into_iter().map(|service| vec![service]).collect(),
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server {{ base_url: {}, key_id: {}, .. }}", self.base_url, self.key_id)
    }
}

/// Why the settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub(crate) String);

impl Server {
    pub(super) fn place(&self) -> Result<Place, SettingsError> {
        Place::parse("hss.base_url", &self.base_url).map_err(SettingsError)
    }

    pub(super) fn capabilities(&self) -> Capabilities {
        let switches: Vec<ServiceProfile> =
            self.switches.iter().map(|services| ServiceProfile::of(services)).collect();
        Capabilities::of(&switches)
    }

    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(self.response_seconds.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(base_url: &str) -> Option<(bool, String, u16, String)> {
        let server = Server { base_url: base_url.into(), ..Server::default() };
        let place = server.place().ok()?;
        Some((place.is_encrypted, place.host, place.port, place.prefix))
    }

    #[test]
    fn addresses() {
        let of = |encrypted, host: &str, port, prefix: &str| {
            Some((encrypted, host.to_owned(), port, prefix.to_owned()))
        };
        assert_eq!(place("https://hss.example"), of(true, "hss.example", 443, ""));
        assert_eq!(place("http://127.0.0.1:8080/a/b/"), of(false, "127.0.0.1", 8080, "/a/b"));
        for wrong in ["", "hss.example", "ftp://x", "https://", "https://x:y/", "https://x/a b"] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }
}
