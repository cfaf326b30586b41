//! How one message centre is reached and what it wants.

use super::text::Joining;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// One message centre. Every key has a default but address and system id.
#[derive(Clone, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Centre {
    /// Names the centre in message ids and logs. Ids of one centre must not change their name.
    pub name: String,
    /// `host:port`.
    pub address: String,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// Certificates (PEM) that may have signed the centre's; none means those of the system.
    pub ca_file: Option<PathBuf>,
    /// Who we are.
    pub system_id: String,
    /// The file with the password. The environment `BAOHAO_SMSC_PASSWORD` goes before it.
    pub password_file: Option<PathBuf>,
    /// The password; never in the configuration file.
    pub password: String,
    /// What the centre wants to read here; usually nothing.
    pub system_type: String,
    /// From whom the texts come: the service number, or up to eleven letters.
    pub source: String,
    /// Submissions under way at once on one connection.
    pub window: usize,
    /// Connections at once.
    pub connections: usize,
    /// Messages in a second, over one connection; 0 means as fast as the window allows.
    pub per_second: u32,
    /// How parts are marked.
    pub joining: Joining,
    /// After so long without a word the centre is asked whether it is there.
    pub enquire_seconds: u64,
    /// An answer that did not come after so long does not come.
    pub response_seconds: u64,
    /// Further centres, used in this order while those before them are away.
    pub backup: Vec<Centre>,
}

impl Default for Centre {
    fn default() -> Self {
        Self {
            name: "smsc".into(),
            address: "127.0.0.1:2775".into(),
            tls: false,
            ca_file: None,
            system_id: String::new(),
            password_file: None,
            password: String::new(),
            system_type: String::new(),
            source: "baohao".into(),
            window: 100,
            connections: 1,
            per_second: 0,
            joining: Joining::Udh8,
            enquire_seconds: 30,
            response_seconds: 10,
            backup: Vec::new(),
        }
    }
}

impl fmt::Debug for Centre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, address, tls, .. } = self;
        write!(f, "Centre {{ name: {name}, address: {address}, tls: {tls}, .. }}")
    }
}

impl Centre {
    pub(super) fn response_time(&self) -> Duration {
        Duration::from_secs(self.response_seconds.max(1))
    }

    pub(super) fn enquire_time(&self) -> Duration {
        Duration::from_secs(self.enquire_seconds.max(1))
    }

    pub(super) fn host(&self) -> &str {
        self.address.rsplit_once(':').map_or(self.address.as_str(), |(host, _)| host)
    }
}
