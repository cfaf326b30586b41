//! How osmo-hlr is reached.

use std::time::Duration;

/// One osmo-hlr. It knows no password on either interface: both addresses must be of this machine
/// or at the other end of a tunnel.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// `host:port` of the control interface, by which records are made, read and removed.
    pub ctrl: String,
    /// `host:port` of the VTY, by which bars and numbers are set: only these reach the serving
    /// network.
    pub vty: String,
    /// An answer that takes longer, in seconds, is none, and the connection begins anew.
    pub response_seconds: u64,
}

impl Default for Server {
    fn default() -> Self {
        Self { ctrl: "127.0.0.1:4259".into(), vty: "127.0.0.1:4258".into(), response_seconds: 3 }
    }
}

impl Server {
    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(self.response_seconds.max(1))
    }
}
