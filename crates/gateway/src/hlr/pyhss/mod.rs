//! PyHSS by its REST interface: a subscriber (IMSI, number, switches) that refers to an AuC entry
//! (IMSI, keys).
//!
//! Found by reading and running it (version 2.0): what it does not find, and what it could not do
//! for a reason of its own, is answered 200 with `null`; its `msisdn` is not unique, and asking by
//! a number that several have is `null`, too. So nothing that it answers to a write is believed,
//! and the record is read after each. Why so:
//! `docs/decisions/0127-pyhss-is-read-after-each-write.md`.

mod settings;

pub use settings::{Server, SettingsError};

use crate::http::{Answer, Client, Place, Trouble};
use crate::meter::Meter;
use crate::tls;
use domain::number::{Capabilities, Service, ServiceProfile};
use domain::sim::{Imsi, SimKeys};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use service::port::{Hlr, HlrRecord, Later, NetworkProfile, PortError};
use std::sync::Arc;

/// Everything but roaming is one switch, `enabled`: with it off, the serving MME is told to let go.
/// `nam` could take calls away and leave data, but calls over LTE are data.
const CAPABILITIES: Capabilities = Capabilities::of(&[
    ServiceProfile::of(&[
        Service::VoiceOut,
        Service::VoiceIn,
        Service::SmsOut,
        Service::SmsIn,
        Service::Data,
    ]),
    ServiceProfile::of(&[Service::Roaming]),
]);

/// PyHSS.
pub struct PyHss {
    server: Server,
    client: Client,
    meter: Arc<Meter>,
}

impl std::fmt::Debug for PyHss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PyHss({})", self.server.base_url)
    }
}

/// What is read of a subscriber.
#[derive(Debug, Deserialize)]
struct Subscriber {
    subscriber_id: i64,
    imsi: String,
    enabled: Option<bool>,
    auc_id: i64,
    msisdn: Option<String>,
    roaming_enabled: Option<bool>,
}

impl Subscriber {
    fn number(&self) -> Option<&str> {
        self.msisdn.as_deref().filter(|number| !number.is_empty())
    }

    fn profile(&self) -> NetworkProfile {
        // A column without a value is what its default says.
        let is_on = self.enabled.unwrap_or(true);
        NetworkProfile {
            voice_out: is_on,
            voice_in: is_on,
            sms_out: is_on,
            sms_in: is_on,
            data: is_on,
            roaming: self.roaming_enabled.unwrap_or(true),
        }
    }
}

/// What is read of an AuC entry: never the keys.
#[derive(Debug, Deserialize)]
struct Auc {
    auc_id: i64,
    imsi: Option<String>,
}

/// What is read of an access point.
#[derive(Debug, Deserialize)]
struct Apn {
    apn_id: i64,
}

/// Why something was not done.
#[derive(Debug, Deserialize)]
struct Failure {
    reason: Option<String>,
}

impl PyHss {
    /// Nothing is asked yet. An error if the settings cannot be used.
    pub fn new(server: Server, meter: Arc<Meter>) -> Result<Self, SettingsError> {
        server.checked()?;
        let place = Place::parse("pyhss.base_url", &server.base_url).map_err(SettingsError)?;
        let tls = place
            .is_encrypted
            .then(|| tls::config(server.ca_file.as_deref()))
            .transpose()
            .map_err(|error| SettingsError(format!("pyhss.ca_file: {error}")))?;
        let client = Client::new(place, tls, server.patience(), Arc::clone(&meter));
        Ok(Self { server, client, meter })
    }

    /// Whether it answers, has the access point of our subscribers, and lets us write: the access
    /// point is written as it is.
    pub async fn check(&self) -> Result<(), PortError> {
        let path = format!("/apn/{}", self.server.apn_id);
        let wanted = i64::from(self.server.apn_id);
        for (method, body) in [("GET", None), ("PATCH", Some(json!({})))] {
            let apn: Option<Apn> = self.ask(method, &path, body).await?;
            if apn.is_none_or(|apn| apn.apn_id != wanted) {
                return Err(PortError::Rejected(format!("there is no {path}")));
            }
        }
        Ok(())
    }

    /// Asks once; `None` for what it does not have or could not do.
    async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Option<T>, PortError> {
        let body = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
        let key = [("provisioning-key", self.server.password.as_str())];
        let headers = if self.server.password.is_empty() { &[][..] } else { &key[..] };
        let sent = self.client.send(method, path, headers, body).await;
        let Answer { status, body } = sent.map_err(|trouble| match trouble {
            Trouble::NoConnection => PortError::NotSent("no connection to PyHSS".to_owned()),
            Trouble::Lost(why) => PortError::Unreachable(why.to_owned()),
            Trouble::Garbage => nonsense(),
        })?;
        match status.as_u16() {
            200..=299 => serde_json::from_slice(&body).map_err(|_| self.garbage()),
            404 => Ok(None),
            429 | 503 => Err(PortError::Throttled),
            400 if is_database_away(&body) => {
                Err(PortError::Unreachable("its database failed".to_owned()))
            }
            500..=599 => Err(PortError::Unreachable("PyHSS failed".to_owned())),
            other => Err(PortError::Rejected(format!("status {other}"))),
        }
    }

    fn garbage(&self) -> PortError {
        self.meter.garbage();
        nonsense()
    }

    async fn subscriber(&self, imsi: &str) -> Result<Option<Subscriber>, PortError> {
        checked(imsi)?;
        let found: Option<Subscriber> =
            self.ask("GET", &format!("/subscriber/imsi/{imsi}"), None).await?;
        match found {
            Some(found) if found.imsi != imsi => Err(self.garbage()),
            found => Ok(found),
        }
    }

    /// Writes to a subscriber; what comes back says nothing.
    async fn patch(&self, subscriber_id: i64, change: Value) -> Result<(), PortError> {
        let path = format!("/subscriber/{subscriber_id}");
        self.ask::<Value>("PATCH", &path, Some(change)).await.map(drop)
    }

    async fn auc(&self, imsi: &str) -> Result<Option<Auc>, PortError> {
        let found: Option<Auc> = self.ask("GET", &format!("/auc/imsi/{imsi}"), None).await?;
        match found {
            Some(found) if found.imsi.as_deref() != Some(imsi) => Err(self.garbage()),
            found => Ok(found),
        }
    }

    /// The AuC entry, made if there are keys for it; its keys are those given, if any are.
    async fn with_keys(&self, imsi: &str, keys: Option<&SimKeys>) -> Result<i64, PortError> {
        let secret = |keys: &SimKeys| json!({ "ki": keys.k_hex(), "opc": keys.opc_hex() });
        if let Some(auc) = self.auc(imsi).await? {
            if let Some(keys) = keys {
                let path = format!("/auc/{}", auc.auc_id);
                let said: Option<Auc> = self.ask("PATCH", &path, Some(secret(keys))).await?;
                said.ok_or_else(|| not_done("the keys"))?;
            }
            return Ok(auc.auc_id);
        }
        let keys = keys
            .ok_or_else(|| PortError::Rejected("PyHSS makes no SIM without its keys".to_owned()))?;
        let mut new = secret(keys);
        if let Some(new) = new.as_object_mut() {
            new.insert("amf".into(), json!(self.server.amf));
            new.insert("sqn".into(), json!(0));
            new.insert("imsi".into(), json!(imsi));
        }
        self.ask::<Value>("PUT", "/auc/", Some(new)).await?;
        let made = self.auc(imsi).await?;
        made.map(|auc| auc.auc_id).ok_or_else(|| not_done("the AuC entry"))
    }

    async fn make(&self, imsi: &str, keys: Option<&SimKeys>) -> Result<(), PortError> {
        checked(imsi)?;
        let known = self.subscriber(imsi).await?;
        let auc_id = match (&known, keys) {
            (Some(known), None) => known.auc_id,
            _ => self.with_keys(imsi, keys).await?,
        };
        let known = match known {
            Some(known) if known.auc_id == auc_id => return Ok(()),
            Some(known) => {
                self.patch(known.subscriber_id, json!({ "auc_id": auc_id })).await?;
                self.subscriber(imsi).await?
            }
            None => {
                let apn_id = self.server.apn_id;
                let new = json!({
                    "imsi": imsi, "auc_id": auc_id, "enabled": false, "roaming_enabled": false,
                    "default_apn": apn_id, "apn_list": apn_id.to_string(), "msisdn": "",
                });
                self.ask::<Value>("PUT", "/subscriber/", Some(new)).await?;
                self.subscriber(imsi).await?
            }
        };
        known.filter(|known| known.auc_id == auc_id).map(drop).ok_or_else(|| not_done("the record"))
    }

    async fn give(&self, imsi: &str, msisdn: Option<&str>) -> Result<(), PortError> {
        if let Some(msisdn) = msisdn {
            if msisdn.is_empty() || !msisdn.bytes().all(|b| b.is_ascii_digit()) {
                return Err(PortError::Rejected("not a number".to_owned()));
            }
            self.free(imsi, msisdn).await?;
        }
        let known = self.subscriber(imsi).await?;
        let known = known.ok_or_else(|| PortError::Unreachable("there is no record".to_owned()))?;
        if known.number() != msisdn {
            let change = json!({ "msisdn": msisdn.unwrap_or_default() });
            self.patch(known.subscriber_id, change).await?;
            let written = self.subscriber(imsi).await?;
            if written.is_none_or(|written| written.number() != msisdn) {
                return Err(not_done("the number"));
            }
        }
        let Some(msisdn) = msisdn else { return Ok(()) };
        // Only a number that one record has is found by it.
        match self.by_number(msisdn).await? {
            Some(only) if only.imsi == imsi => Ok(()),
            _ => Err(PortError::Rejected("several records have this number".to_owned())),
        }
    }

    async fn by_number(&self, msisdn: &str) -> Result<Option<Subscriber>, PortError> {
        let found: Option<Subscriber> =
            self.ask("GET", &format!("/subscriber/msisdn/{msisdn}"), None).await?;
        match found {
            Some(found) if found.number() != Some(msisdn) => Err(self.garbage()),
            found => Ok(found),
        }
    }

    /// Takes the number from whichever other SIM has it.
    async fn free(&self, imsi: &str, msisdn: &str) -> Result<(), PortError> {
        let other = self.by_number(msisdn).await?.filter(|other| other.imsi != imsi);
        let Some(other) = other else { return Ok(()) };
        self.patch(other.subscriber_id, json!({ "msisdn": "" })).await?;
        match self.by_number(msisdn).await? {
            Some(still) if still.imsi == other.imsi => Err(not_done("the number")),
            _ => Ok(()),
        }
    }

    async fn switch(&self, imsi: &str, profile: NetworkProfile) -> Result<(), PortError> {
        let is_on = profile.data;
        let told: ServiceProfile = profile.into();
        if CAPABILITIES.express(told, domain::number::Lean::Stricter) != told {
            return Err(PortError::Rejected("PyHSS has one switch for all of these".to_owned()));
        }
        let known = self.subscriber(imsi).await?;
        let known = known.ok_or_else(|| PortError::Unreachable("there is no record".to_owned()))?;
        if known.profile() == profile {
            return Ok(());
        }
        let change = json!({ "enabled": is_on, "roaming_enabled": profile.roaming });
        self.patch(known.subscriber_id, change).await?;
        let written = self.subscriber(imsi).await?;
        match written {
            Some(written) if written.profile() == profile => Ok(()),
            _ => Err(not_done("the switches")),
        }
    }

    /// Barred first, so that the network that serves the SIM lets it go; then the record, then the
    /// keys.
    async fn take_away(&self, imsi: &str) -> Result<(), PortError> {
        if let Some(known) = self.subscriber(imsi).await? {
            let path = format!("/subscriber/{}", known.subscriber_id);
            self.patch(known.subscriber_id, json!({ "enabled": false })).await?;
            self.ask::<Value>("DELETE", &path, None).await?;
            if self.subscriber(imsi).await?.is_some() {
                return Err(not_done("the removal"));
            }
        }
        if let Some(auc) = self.auc(imsi).await? {
            self.ask::<Value>("DELETE", &format!("/auc/{}", auc.auc_id), None).await?;
            if self.auc(imsi).await?.is_some() {
                return Err(not_done("the removal of the keys"));
            }
        }
        Ok(())
    }
}

fn nonsense() -> PortError {
    PortError::Unreachable("an answer that makes no sense".to_owned())
}

fn not_done(what: &str) -> PortError {
    PortError::Unreachable(format!("{what} is not as written"))
}

/// What the database under it did not do is not for ever.
fn is_database_away(body: &[u8]) -> bool {
    let failure: Option<Failure> = serde_json::from_slice(body).ok();
    failure.and_then(|failure| failure.reason).is_some_and(|why| why.contains("operational"))
}

/// It becomes part of a path.
fn checked(imsi: &str) -> Result<(), PortError> {
    match Imsi::parse(imsi) {
        Ok(parsed) if parsed.as_str() == imsi => Ok(()),
        _ => Err(PortError::Rejected("not an IMSI".to_owned())),
    }
}

impl Hlr for PyHss {
    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn create<'a>(
        &'a self,
        imsi: &'a str,
        keys: Option<&'a SimKeys>,
    ) -> Later<'a, Result<(), PortError>> {
        Box::pin(self.make(imsi, keys))
    }

    fn set_number<'a>(
        &'a self,
        imsi: &'a str,
        msisdn: Option<&'a str>,
    ) -> Later<'a, Result<(), PortError>> {
        Box::pin(self.give(imsi, msisdn))
    }

    fn set_profile<'a>(
        &'a self,
        imsi: &'a str,
        profile: NetworkProfile,
    ) -> Later<'a, Result<(), PortError>> {
        Box::pin(self.switch(imsi, profile))
    }

    fn read<'a>(&'a self, imsi: &'a str) -> Later<'a, Result<Option<HlrRecord>, PortError>> {
        Box::pin(async move {
            let found = self.subscriber(imsi).await?;
            Ok(found.map(|found| HlrRecord {
                msisdn: found.number().map(str::to_owned),
                profile: found.profile(),
                imsi: found.imsi,
            }))
        })
    }

    fn remove<'a>(&'a self, imsi: &'a str) -> Later<'a, Result<(), PortError>> {
        Box::pin(self.take_away(imsi))
    }
}
