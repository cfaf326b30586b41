//! How the usage feed is reached.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Messages fetched at once, at most: what waits for one commit, and is sent again if we die.
const BATCH_MESSAGES_MAX: usize = 10_000;

/// A JetStream stream with usage events, and how we read it.
#[derive(Clone, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// `nats://host:port` of each node of the cluster, separated by commas; `tls://host:port` to
    /// encrypt. In the clear only on this machine or in a tunnel.
    pub servers: String,
    /// Certificates (PEM) that may have signed the servers'; none means those of the system.
    pub ca_file: Option<PathBuf>,
    /// Our name at the server. Empty means that the secret is a token, or that there is none.
    pub user: String,
    /// The file with the secret. The environment `BAOHAO_NATS_PASSWORD` goes before it.
    pub password_file: Option<PathBuf>,
    /// The secret; never in the configuration file.
    pub password: String,
    /// The stream. It is the operator's: we never make or change it.
    pub stream: String,
    /// Takes only messages of this subject; empty for all of the stream.
    pub subject: String,
    /// The durable consumer, made if it is not there. All our processes share it.
    pub durable: String,
    /// Messages that are fetched, committed and acknowledged together, at most.
    pub batch_messages: usize,
    /// Seconds after which the server sends again what was not acknowledged; used when the
    /// consumer is made.
    pub ack_seconds: u64,
    /// An answer that takes longer, in seconds, is none.
    pub response_seconds: u64,
    /// Where rejected rows go: appended, one file for each machine. Opened anew each time, so it
    /// can be moved away.
    pub rejects_file: PathBuf,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            servers: "nats://127.0.0.1:4222".into(),
            ca_file: None,
            user: String::new(),
            password_file: None,
            password: String::new(),
            stream: String::new(),
            subject: String::new(),
            durable: "baohao".into(),
            batch_messages: 5_000,
            ack_seconds: 30,
            response_seconds: 5,
            rejects_file: "usage-nats.rejects.csv".into(),
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server {{ stream: {}, durable: {}, .. }}", self.stream, self.durable)
    }
}

/// Why the settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(String);

impl Server {
    /// The settings, if they can be used.
    pub(super) fn checked(self) -> Result<Self, SettingsError> {
        // A server takes a name with one of these for several subjects, or for none.
        let is_name = |name: &str| {
            !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || ".*>/\\".contains(c))
        };
        let wrong = |text: String| Err(SettingsError(text));
        if self.addresses().is_err() {
            return wrong("nats.servers: must be like nats://host:4222,tls://host:4222".into());
        }
        if !is_name(&self.stream) {
            return wrong(format!("nats.stream: `{}` is not the name of a stream", self.stream));
        }
        if !is_name(&self.durable) {
            return wrong(format!("nats.durable: `{}` is not a consumer's name", self.durable));
        }
        if !(1..=BATCH_MESSAGES_MAX).contains(&self.batch_messages) {
            return wrong(format!("nats.batch_messages: 1 to {BATCH_MESSAGES_MAX}"));
        }
        if !(1..=3_600).contains(&self.ack_seconds) {
            return wrong("nats.ack_seconds: 1 to 3600".into());
        }
        Ok(self)
    }

    /// The addresses of the nodes.
    pub(super) fn addresses(&self) -> Result<Vec<async_nats::ServerAddr>, std::io::Error> {
        let parts = self.servers.split(',').map(str::trim).filter(|part| !part.is_empty());
        let all: Vec<async_nats::ServerAddr> = parts.map(str::parse).collect::<Result<_, _>>()?;
        if all.is_empty() || all.iter().any(has_secret) {
            // A secret in an address would stand in logs.
            return Err(std::io::ErrorKind::InvalidInput.into());
        }
        Ok(all)
    }

    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(self.response_seconds.max(1))
    }

    /// Whether any node is reached encrypted; then all are.
    pub(super) fn is_encrypted(&self) -> bool {
        self.servers.split(',').any(|server| server.trim().starts_with("tls://"))
    }
}

fn has_secret(address: &async_nats::ServerAddr) -> bool {
    address.username().is_some() || address.password().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_used_is_named_and_no_secret_stands_in_an_address() {
        let good = Server { stream: "USAGE".into(), ..Server::default() };
        assert!(good.clone().checked().is_ok());
        let two = Server { servers: "nats://a:1, tls://b:2".into(), ..good.clone() };
        assert_eq!(two.addresses().unwrap().len(), 2);
        assert!(two.is_encrypted() && !good.is_encrypted());
        for (wrong, key) in [
            (Server { servers: String::new(), ..good.clone() }, "nats.servers"),
            (Server { servers: "nats://a:b:c".into(), ..good.clone() }, "nats.servers"),
            (Server { servers: "nats://me:hush@a:1".into(), ..good.clone() }, "nats.servers"),
            (Server { stream: "usage.*".into(), ..good.clone() }, "nats.stream"),
            (Server { stream: String::new(), ..good.clone() }, "nats.stream"),
            (Server { durable: "a b".into(), ..good.clone() }, "nats.durable"),
            (Server { batch_messages: 0, ..good.clone() }, "nats.batch_messages"),
            (Server { ack_seconds: 0, ..good.clone() }, "nats.ack_seconds"),
        ] {
            let error = wrong.checked().unwrap_err().to_string();
            assert!(error.starts_with(key) && !error.contains("hush"), "{error}");
        }
        let secret = Server { password: "hush".into(), ..good };
        assert!(!format!("{secret:?}").contains("hush"));
    }
}
