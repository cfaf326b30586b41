//! Real message centres by SMPP 3.4.
//!
//! [`Smpp`] is the port; each connection is a [`session`]; what centres tell comes back through
//! [`hear`]. Why the protocol is ours: `docs/decisions/0043-smpp-of-our-own.md`.

mod connect;
mod hear;
mod pdu;
mod receipt;
mod session;
mod settings;
mod text;

pub use connect::check;
pub use hear::{Ears, hear};
pub use settings::Centre;
pub use text::Joining;

use crate::meter::Meter;
use domain::time::At;
use pdu::{Address, Message};
use service::clock::Clock;
use service::port::{Later, OutgoingSms, PortError, Sms};
use session::{NotTaken, Session, Submit};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;
use text::{Part, parts};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// A submission waits so long for room in the window, then goes back to the outbox.
const ROOM_TIME: Duration = Duration::from_secs(10);
/// The later parts of a begun text wait longer: half a text is worse than a late one.
const PARTS_TIME: Duration = Duration::from_secs(40);
/// Between two tries of a later part.
const PART_WAIT: Duration = Duration::from_millis(300);
/// Submissions waiting for one connection.
const QUEUE_MAX: usize = 4096;
/// What centres told and nobody has stored yet.
const HEARD_MAX: usize = 4096;
/// Validity beyond this is what centres keep anyway.
const VALID_DAYS_MAX: i64 = 27;

#[derive(Debug)]
struct Link {
    centre: Arc<Centre>,
    queue: mpsc::Sender<Submit>,
    is_up: Arc<AtomicBool>,
}

/// One or several message centres, the first that is up before the others.
#[derive(Debug)]
pub struct Smpp {
    links: Vec<Link>,
    clock: Arc<dyn Clock>,
    reference: AtomicU16,
    turn: AtomicUsize,
}

impl Smpp {
    /// Begins to connect to `centres`. What they tell must be carried to the program by [`hear`];
    /// what happens is counted by `meter`.
    pub fn start(
        clock: Arc<dyn Clock>,
        centres: Vec<Centre>,
        meter: &Arc<Meter>,
    ) -> (Arc<Self>, Ears) {
        let (sender, heard) = mpsc::channel(HEARD_MAX);
        let mut links = Vec::new();
        for centre in centres {
            let centre = Arc::new(centre);
            for _ in 0..centre.connections.max(1) {
                let (queue, receiver) = mpsc::channel(QUEUE_MAX);
                let is_up = Arc::new(AtomicBool::new(false));
                let session = Session {
                    centre: Arc::clone(&centre),
                    queue: receiver,
                    heard: sender.clone(),
                    is_up: Arc::clone(&is_up),
                    meter: Arc::clone(meter),
                };
                tokio::spawn(session.run());
                links.push(Link { centre: Arc::clone(&centre), queue, is_up });
            }
        }
        // A phone joins parts by reference: after a restart another one begins.
        let reference = u16::try_from((clock.now().millis() / 1000) & 0xFFFF).unwrap_or_default();
        let smpp =
            Self { links, clock, reference: AtomicU16::new(reference), turn: AtomicUsize::new(0) };
        (Arc::new(smpp), Ears::new(heard, Arc::clone(meter)))
    }

    /// Every connection: the centre's name and whether it is up.
    pub fn links(&self) -> Vec<(String, bool)> {
        let of = |link: &Link| (link.centre.name.clone(), link.is_up.load(Ordering::Acquire));
        self.links.iter().map(of).collect()
    }

    /// The connections in the order they are tried: those of the first centre that is up, in turn.
    fn in_turn(&self) -> Vec<&Link> {
        let up: Vec<&Link> =
            self.links.iter().filter(|link| link.is_up.load(Ordering::Acquire)).collect();
        let mut links = up.clone();
        if let Some(first) = up.first() {
            let same = up.iter().filter(|link| link.centre.name == first.centre.name).count();
            if let Some(same) = links.get_mut(..same) {
                let turn = self.turn.fetch_add(1, Ordering::Relaxed);
                let middle = turn % same.len().max(1);
                same.rotate_left(middle);
            }
        }
        links
    }

    async fn hand_over(&self, sms: &OutgoingSms) -> Result<Vec<String>, PortError> {
        let mut last = NotTaken::NotSent;
        for link in self.in_turn() {
            let reference = self.reference.fetch_add(1, Ordering::Relaxed);
            let parts = parts(&sms.text, link.centre.joining, reference);
            let mut messages = parts.into_iter().map(|part| self.message(&link.centre, sms, part));
            let Some(first) = messages.next() else { break };
            match submit(link, first, ROOM_TIME).await {
                Ok(id) => return self.rest(link, id, messages).await,
                Err(NotTaken::NotSent) => {}
                Err(other) => {
                    last = other;
                    break;
                }
            }
        }
        Err(port_error(last))
    }

    /// The later parts of a text whose first part was taken.
    async fn rest(
        &self,
        link: &Link,
        first: String,
        messages: impl Iterator<Item = Message>,
    ) -> Result<Vec<String>, PortError> {
        let until = Instant::now() + PARTS_TIME;
        let name = &link.centre.name;
        let mut ids = vec![receipt::stored_id(name, &first)];
        for message in messages {
            let id = loop {
                // The same centre, perhaps by another connection: it puts the parts together.
                let links = self.in_turn();
                let link = links.into_iter().find(|link| link.centre.name == *name);
                let answer = match link {
                    Some(link) => submit(link, message.clone(), ROOM_TIME).await,
                    None => Err(NotTaken::NotSent),
                };
                match answer {
                    Ok(id) => break id,
                    Err(NotTaken::NotSent | NotTaken::Throttled) if Instant::now() < until => {
                        tokio::time::sleep(PART_WAIT).await;
                    }
                    // A part of it is under way: it must not begin anew.
                    Err(NotTaken::NotSent | NotTaken::Throttled) => {
                        return Err(port_error(NotTaken::InDoubt));
                    }
                    Err(other) => return Err(port_error(other)),
                }
            };
            ids.push(receipt::stored_id(name, &id));
        }
        Ok(ids)
    }

    fn message(&self, centre: &Centre, sms: &OutgoingSms, part: Part) -> Message {
        Message {
            source: source_of(&centre.source),
            destination: Address { ton: 1, npi: 1, digits: sms.to.clone() },
            esm_class: part.esm_class,
            validity: validity(self.clock.now(), sms.valid_until),
            wants_receipt: true,
            data_coding: part.data_coding,
            text: part.octets,
            is_payload: part.is_payload,
            sar: part.sar,
            ..Message::default()
        }
    }
}

impl Sms for Smpp {
    fn submit<'a>(&'a self, sms: &'a OutgoingSms) -> Later<'a, Result<Vec<String>, PortError>> {
        Box::pin(self.hand_over(sms))
    }

    fn recognises_repeats(&self) -> bool {
        false
    }

    fn spellings(&self, message_id: &str) -> Vec<String> {
        receipt::spellings(message_id).into_iter().flatten().collect()
    }
}

async fn submit(link: &Link, message: Message, room: Duration) -> Result<String, NotTaken> {
    let (reply, answer) = oneshot::channel();
    let submit = Submit { message, until: Instant::now() + room, reply };
    // A full queue will not be empty soon.
    link.queue.try_send(submit).map_err(|_| NotTaken::NotSent)?;
    // A connection answers everything it was given, unless it died itself.
    answer.await.unwrap_or(Err(NotTaken::InDoubt))
}

fn port_error(why: NotTaken) -> PortError {
    match why {
        NotTaken::NotSent => PortError::NotSent("no connection to a message centre".into()),
        NotTaken::Throttled => PortError::Throttled,
        NotTaken::Refused(status) => PortError::Rejected(format!("status 0x{status:02x}")),
        NotTaken::InDoubt => PortError::Unreachable("no answer from the message centre".into()),
    }
}

/// Letters are a name; up to six digits a short number; more digits a number with its country.
fn source_of(source: &str) -> Address {
    let digits = source.strip_prefix('+').unwrap_or(source);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let (ton, npi) = match (is_number, digits.len()) {
        (false, _) => (5, 0),
        (true, ..=6) => (0, 1),
        (true, _) => (1, 1),
    };
    Address { ton, npi, digits: if is_number { digits } else { source }.to_owned() }
}

/// From now on, as `YYMMDDhhmmsstnnR` (SMPP v3.4, 7.1.1).
fn validity(now: At, until: At) -> String {
    let seconds = ((until.millis() - now.millis()) / 1000).max(60);
    let (days, seconds) = (seconds / 86_400, seconds % 86_400);
    if days > VALID_DAYS_MAX {
        return String::new();
    }
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("0000{days:02}{hours:02}{minutes:02}{seconds:02}000R")
}
