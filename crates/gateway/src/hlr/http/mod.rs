//! Any other register, behind an HTTP interface that the operator builds to our description
//! (`docs/generated/provisioning.json`).
//!
//! Requests are signed and carry an idempotency key; what may help is tried again. Why so:
//! `docs/decisions/0113-signed-provisioning.md`.

mod calls;
mod client;
mod settings;
mod sign;

pub use calls::description;
pub use settings::{Server, SettingsError};
pub use sign::signature;

use crate::meter::Meter;
use calls::Call;
use client::Client;
use domain::number::Capabilities;
use domain::sim::{Imsi, SimKeys};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use service::clock::Clock;
use service::port::{Hlr, HlrRecord, Later, NetworkProfile, PortError};
use std::sync::Arc;

/// The operator's provisioning interface.
pub struct Http {
    client: Client,
    capabilities: Capabilities,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Http({:?})", self.client.server)
    }
}

#[derive(Deserialize)]
struct Subscriber {
    imsi: String,
    msisdn: Option<String>,
    services: NetworkProfile,
}

#[derive(Deserialize)]
struct Health {
    unix_seconds: i64,
}

impl Http {
    /// Nothing is asked yet. An error if the settings cannot be used.
    pub fn new(
        server: Server,
        clock: Arc<dyn Clock>,
        meter: Arc<Meter>,
    ) -> Result<Self, SettingsError> {
        let place = server.place()?;
        if server.key_id.is_empty() || server.password.is_empty() {
            return Err(SettingsError("hss: key_id and password_file must be given".into()));
        }
        let capabilities = server.capabilities();
        Ok(Self { client: Client { server, place, clock, meter }, capabilities })
    }

    /// Asks whether the register answers; by how many seconds its clock is ahead of ours.
    pub async fn health(&self) -> Result<i64, PortError> {
        let answer = self.client.ask(Call::Health, "", Vec::new()).await?;
        let health: Health = self.read_as(&answer)?;
        let now = self.client.clock.now().millis().div_euclid(1000);
        Ok(health.unix_seconds.saturating_sub(now))
    }

    async fn put(&self, call: Call, imsi: &str, body: serde_json::Value) -> Result<(), PortError> {
        checked(imsi)?;
        let answer = self.client.ask(call, imsi, body.to_string().into_bytes()).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(PortError::Unreachable("there is no record".to_owned()))
    }

    async fn record(&self, imsi: &str) -> Result<Option<HlrRecord>, PortError> {
        checked(imsi)?;
        let answer = self.client.ask(Call::Read, imsi, Vec::new()).await?;
        if !answer.status.is_success() {
            return Ok(None);
        }
        let Subscriber { imsi: found, msisdn, services } = self.read_as(&answer)?;
        if found != imsi {
            return Err(self.garbage());
        }
        Ok(Some(HlrRecord { imsi: found, msisdn, profile: services }))
    }

    fn read_as<T: DeserializeOwned>(&self, answer: &client::Answer) -> Result<T, PortError> {
        serde_json::from_slice(&answer.body).map_err(|_| self.garbage())
    }

    fn garbage(&self) -> PortError {
        self.client.meter.garbage();
        PortError::Unreachable("an answer that makes no sense".to_owned())
    }
}

/// It becomes part of a path.
fn checked(imsi: &str) -> Result<(), PortError> {
    match Imsi::parse(imsi) {
        Ok(parsed) if parsed.as_str() == imsi => Ok(()),
        _ => Err(PortError::Rejected("not an IMSI".to_owned())),
    }
}

impl Hlr for Http {
    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn create<'a>(
        &'a self,
        imsi: &'a str,
        keys: Option<&'a SimKeys>,
    ) -> Later<'a, Result<(), PortError>> {
        let body = match keys {
            Some(keys) => json!({ "keys": { "k": keys.k_hex(), "opc": keys.opc_hex() } }),
            None => json!({}),
        };
        Box::pin(self.put(Call::Make, imsi, body))
    }

    fn set_number<'a>(
        &'a self,
        imsi: &'a str,
        msisdn: Option<&'a str>,
    ) -> Later<'a, Result<(), PortError>> {
        Box::pin(self.put(Call::SetNumber, imsi, json!({ "msisdn": msisdn })))
    }

    fn set_profile<'a>(
        &'a self,
        imsi: &'a str,
        profile: NetworkProfile,
    ) -> Later<'a, Result<(), PortError>> {
        Box::pin(self.put(Call::SetServices, imsi, json!(profile)))
    }

    fn read<'a>(&'a self, imsi: &'a str) -> Later<'a, Result<Option<HlrRecord>, PortError>> {
        Box::pin(self.record(imsi))
    }

    fn remove<'a>(&'a self, imsi: &'a str) -> Later<'a, Result<(), PortError>> {
        Box::pin(async move {
            checked(imsi)?;
            // 404 is as good.
            self.client.ask(Call::Remove, imsi, Vec::new()).await.map(drop)
        })
    }
}
