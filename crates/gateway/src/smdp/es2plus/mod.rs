//! An SM-DP+ over ES2+: HTTP, JSON and a certificate on each side (GSMA SGP.22 v2, section 5.3).
//!
//! Nothing is tried again here: whoever orders records each call and makes the same one again, with
//! the same `functionCallIdentifier`. What the SM-DP+ tells by itself comes in over the operator
//! API (`handleDownloadProgressInfo`).

mod message;
mod settings;

pub use settings::{Server, SettingsError};

use crate::http::{Answer, Client, Place, Trouble};
use crate::meter::Meter;
use crate::tls;
use domain::sim::Iccid;
use message::{Function, Reply};
use service::port::{Later, Linked, PortError, ProfileOrder, Smdp, Told};
use std::sync::Arc;

/// The SM-DP+.
pub struct Es2plus {
    server: Server,
    client: Client,
    meter: Arc<Meter>,
}

impl std::fmt::Debug for Es2plus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Es2plus({})", self.server.base_url)
    }
}

impl Es2plus {
    /// Nothing is asked yet. An error if the settings, or a file that they name, cannot be used.
    pub fn new(server: Server, meter: Arc<Meter>) -> Result<Self, SettingsError> {
        server.checked()?;
        let place = Place::parse("smdp.base_url", &server.base_url).map_err(SettingsError)?;
        let own = server.certificate_file.as_deref().zip(server.key_file.as_deref());
        let tls = place
            .is_encrypted
            .then(|| tls::config_as(server.ca_file.as_deref(), own))
            .transpose()
            .map_err(|error| SettingsError(format!("smdp: {error}")))?;
        let client = Client::new(place, tls, server.patience(), Arc::clone(&meter));
        Ok(Self { server, client, meter })
    }

    /// Whether it answers and knows us: it is asked to release a profile that cannot exist, which
    /// it refuses.
    pub async fn check(&self) -> Result<(), PortError> {
        let order = ProfileOrder {
            call_id: "baohao-check".to_owned(),
            iccid: "0".repeat(20),
            profile_type: String::new(),
            matching_id: String::new(),
            eid: None,
        };
        match self.call(Function::ReleaseProfile, &order).await {
            Ok(_) => Ok(()),
            // That it does not like the number (format, 2.x) is an answer, too.
            Err(PortError::Rejected(said)) if said.contains("/2.") => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn call(&self, function: Function, order: &ProfileOrder) -> Told<Reply> {
        let body = function.body(&self.server.requester_id, order);
        let protocol = self.server.protocol_header();
        let headers = [("x-admin-protocol", protocol.as_str())];
        let sent = self.client.send("POST", function.path(), &headers, body).await;
        let Answer { status, body } = sent.map_err(|trouble| match trouble {
            Trouble::NoConnection => PortError::NotSent("no connection to the SM-DP+".to_owned()),
            Trouble::Lost(why) => PortError::Unreachable(why.to_owned()),
            Trouble::Garbage => nonsense(),
        })?;
        match status.as_u16() {
            200..=299 => {}
            429 | 503 => return Err(PortError::Throttled),
            500..=599 => return Err(PortError::Unreachable("the SM-DP+ failed".to_owned())),
            other => return Err(PortError::Rejected(format!("status {other}"))),
        }
        let reply: Option<Reply> = serde_json::from_slice(&body).ok();
        reply.and_then(Reply::told).unwrap_or_else(|| Err(self.garbage()))
    }

    fn garbage(&self) -> PortError {
        self.meter.garbage();
        nonsense()
    }

    async fn order_it(&self, order: &ProfileOrder) -> Told<()> {
        let reply = match self.call(Function::DownloadOrder, order).await? {
            Ok(reply) => reply,
            Err(refusal) => return Ok(Err(refusal)),
        };
        // Another profile than the one asked for would be one that nobody knows of.
        let iccid = reply.iccid.and_then(|text| Iccid::parse(&text).ok());
        match Iccid::parse(&order.iccid) {
            Ok(wanted) if iccid == Some(wanted) => Ok(Ok(())),
            _ => Err(self.garbage()),
        }
    }

    async fn confirm_it(&self, order: &ProfileOrder) -> Told<Linked> {
        let reply = match self.call(Function::ConfirmOrder, order).await? {
            Ok(reply) => reply,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let matching_id = reply.matching_id.ok_or_else(|| self.garbage())?;
        let address = reply.smdp_address.filter(|address| !address.is_empty());
        Ok(Ok(Linked { matching_id, address }))
    }
}

fn nonsense() -> PortError {
    PortError::Unreachable("an answer that makes no sense".to_owned())
}

impl Smdp for Es2plus {
    fn address(&self) -> Option<String> {
        Some(self.server.address.clone())
    }

    fn order<'a>(&'a self, order: &'a ProfileOrder) -> Later<'a, Told<()>> {
        Box::pin(self.order_it(order))
    }

    fn confirm<'a>(&'a self, order: &'a ProfileOrder) -> Later<'a, Told<Linked>> {
        Box::pin(self.confirm_it(order))
    }

    fn release<'a>(&'a self, order: &'a ProfileOrder) -> Later<'a, Told<()>> {
        Box::pin(async { Ok(self.call(Function::ReleaseProfile, order).await?.map(drop)) })
    }

    fn cancel<'a>(&'a self, order: &'a ProfileOrder, is_reusable: bool) -> Later<'a, Told<()>> {
        let function = Function::CancelOrder { is_reusable };
        Box::pin(async move { Ok(self.call(function, order).await?.map(drop)) })
    }
}
