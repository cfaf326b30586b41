//! Carries what message centres tell into the program. Each message is answered once it is stored;
//! what could not be stored the centre tells again.

use super::pdu;
use super::receipt;
use super::session::Heard;
use super::text;
use crate::meter::{Event, Meter};
use domain::time::At;
use service::command::{IncomingPart, IncomingText, incoming, incoming_part};
use service::notice::{self, ReceiptHeard, Status};
use service::{App, Error};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Messages being stored at once.
const PARALLEL_MAX: usize = 256;

/// How often a centre's receipts spelled an id as its answers do, in hex, in decimal.
type Votes = [AtomicU64; 3];

/// What centres told, not yet carried on.
#[derive(Debug)]
pub struct Ears {
    heard: mpsc::Receiver<Heard>,
    meter: Arc<Meter>,
    votes: HashMap<String, Arc<Votes>>,
}

impl Ears {
    pub(super) fn new(heard: mpsc::Receiver<Heard>, meter: Arc<Meter>) -> Self {
        Self { heard, meter, votes: HashMap::new() }
    }
}

/// Carries on for as long as there are adapter and program.
pub async fn hear(mut ears: Ears, app: Weak<App>) {
    let mut running = JoinSet::new();
    while let Some(heard) = ears.heard.recv().await {
        let Some(app) = app.upgrade() else { return };
        if running.len() >= PARALLEL_MAX {
            running.join_next().await;
        }
        while running.try_join_next().is_some() {}
        let meter = Arc::clone(&ears.meter);
        let votes = Arc::clone(ears.votes.entry(heard.centre.name.clone()).or_default());
        running.spawn(async move {
            let stored = store(&app, &heard, &meter, &votes).await;
            match stored {
                Ok(()) => heard.answer(pdu::OK),
                Err(error) => {
                    meter.count(Event::PutOff, 1);
                    tracing::error!(error = %error.with_causes(), "not stored, to be told again");
                    heard.answer(pdu::TRY_AGAIN);
                }
            }
        });
    }
    while running.join_next().await.is_some() {}
}

async fn store(app: &App, heard: &Heard, meter: &Meter, votes: &Votes) -> Result<(), Error> {
    let now = app.now();
    if !receipt::is_from_centre(&heard.message) {
        meter.count(Event::Text, 1);
        return text_from_phone(app, heard, now).await;
    }
    let Some(read) = receipt::read(&heard.message) else {
        meter.garbage();
        return Ok(());
    };
    let Some(status) = read.status else { return Ok(()) };
    let (message_ids, forms) = candidates(&heard.centre.name, &read.message_ids, votes);
    let from = digits(&heard.message.source.digits);
    let told = read.message_ids.first().map(String::as_str).unwrap_or_default();
    let told = receipt::stored_id(&heard.centre.name, told);
    let receipt = ReceiptHeard {
        told: &told,
        message_ids: &message_ids,
        from: Some(from).filter(|from| !from.is_empty()),
        status,
        said_at: now,
    };
    let known = service::retry(|| notice::hear_receipt(app, &receipt)).await?;
    if let Some(vote) = known.and_then(|at| forms.get(at)).and_then(|form| votes.get(*form)) {
        vote.fetch_add(1, Ordering::Relaxed);
    }
    meter.count(event_of(status), 1);
    Ok(())
}

const fn event_of(status: Status) -> Event {
    match status {
        Status::Delivered => Event::Delivered,
        Status::Undeliverable => Event::Undeliverable,
        Status::Expired => Event::Expired,
        Status::Unknown => Event::Unknown,
    }
}

/// The ids that may be meant, the spelling that was right most often first; and each one's form.
fn candidates(centre: &str, ids: &[String], votes: &Votes) -> (Vec<String>, Vec<usize>) {
    let mut all: Vec<(u64, usize, String)> = Vec::new();
    for id in ids {
        let stored = receipt::stored_id(centre, id);
        for (form, spelling) in receipt::spellings(&stored).into_iter().enumerate() {
            let Some(spelling) = spelling else { continue };
            if all.iter().all(|(.., known)| *known != spelling) {
                let count = votes.get(form).map_or(0, |vote| vote.load(Ordering::Relaxed));
                all.push((count, form, spelling));
            }
        }
    }
    // Stable: of equal votes, the spelling of the receipt itself comes first.
    all.sort_by_key(|(count, ..)| std::cmp::Reverse(*count));
    all.into_iter().map(|(_, form, id)| (id, form)).unzip()
}

async fn text_from_phone(app: &App, heard: &Heard, at: At) -> Result<(), Error> {
    let from = digits(&heard.message.source.digits).to_owned();
    let read = text::read(&heard.message);
    let Some(sar) = read.sar else {
        let text = String::from_utf16_lossy(&read.units);
        return incoming(app, &IncomingText { from, text, at }).await;
    };
    let part = IncomingPart {
        from,
        reference: i64::from(sar.reference),
        total: i64::from(sar.total),
        number: i64::from(sar.number),
        units: read.units,
        at,
    };
    incoming_part(app, &part).await
}

fn digits(address: &str) -> &str {
    address.strip_prefix('+').unwrap_or(address)
}
