//! Carries what the simulated world says into the program.

use super::{Event, Network, ReceiptStatus, UsageKind};
use domain::access::Actor;
use domain::sim::Iccid;
use domain::time::At;
use service::command::{IncomingText, incoming};
use service::esim::{Progress, progress};
use service::notice::{Status, receipt};
use service::{App, Error, ingest};
use std::fmt::Write as _;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How often the world is asked when nothing rings.
const POLL: Duration = Duration::from_millis(200);

/// Carries what the world says into the program for as long as there is the program.
pub async fn carry(network: Arc<Network>, app: Weak<App>) {
    while let Some(app) = app.upgrade() {
        if let Err(error) = pump(&network, &app).await {
            tracing::error!(error = %error.with_causes(), "the network is not heard");
        }
        drop(app);
        tokio::select! {
            () = network.news() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

/// Tells the program every event that is due; how many. An event that cannot be stored stays and is
/// told again. While another process carries, it does so for all.
pub async fn pump(network: &Network, app: &App) -> Result<usize, Error> {
    let turn = network.turn().await.map_err(|error| Error::fault(error.to_string()))?;
    let Some(_turn) = turn else { return Ok(0) };
    let events = network.events();
    let count = events.len();
    let mut usage = Usage::default();
    for (id, event) in events {
        match event {
            Event::Receipt { message_id, status, at } => {
                receipt(app, &message_id, status_of(status), at).await?;
                network.done(id);
            }
            Event::Incoming { from, text, at } => {
                incoming(app, &IncomingText { from, text, at }).await?;
                network.done(id);
            }
            Event::Usage { imsi, kind, at } => usage.add(id, &imsi, kind, at),
            Event::Download { iccid, point, is_well, at } => {
                if let Ok(iccid) = Iccid::parse(&iccid) {
                    let told = Progress { iccid, point, is_well, at };
                    progress(app, &Actor::System, &told).await?;
                }
                network.done(id);
            }
        }
    }
    usage.push(network, app).await?;
    Ok(count)
}

/// Usage records of one round: one feed, as a network would send it.
#[derive(Default)]
struct Usage {
    ids: Vec<u64>,
    rows: String,
}

impl Usage {
    fn add(&mut self, id: u64, imsi: &str, kind: UsageKind, at: At) {
        self.ids.push(id);
        let _ = writeln!(self.rows, "{imsi},{},{}", kind_of(kind), at.millis());
    }

    async fn push(self, network: &Network, app: &App) -> Result<(), Error> {
        if self.ids.is_empty() {
            return Ok(());
        }
        let feed = format!("imsi,kind,instant\n{}", self.rows);
        let feed = feed.into_bytes();
        // Another feed may be writing the same blocks.
        let push = || ingest::push(app, &Actor::System, feed.clone());
        let (_, rejects) = service::retry(push).await?;
        for reject in rejects {
            tracing::debug!(?reject, "usage of a card that serves no number");
        }
        for id in self.ids {
            network.done(id);
        }
        Ok(())
    }
}

const fn status_of(status: ReceiptStatus) -> Status {
    match status {
        ReceiptStatus::Delivered => Status::Delivered,
        ReceiptStatus::Undeliverable => Status::Undeliverable,
        ReceiptStatus::Expired => Status::Expired,
    }
}

/// The kind as usage files name it.
const fn kind_of(kind: UsageKind) -> &'static str {
    match kind {
        UsageKind::CallOut => "mo_call",
        UsageKind::CallIn => "mt_call",
        UsageKind::SmsOut => "mo_sms",
        UsageKind::SmsIn => "mt_sms",
        UsageKind::Data => "data_session",
    }
}
