//! What the simulated world knows, and the changes that can happen to it.

use super::FaultKind;
use domain::time::At;
use serde::{Deserialize, Serialize};
use service::port::{HlrRecord, NetworkProfile, PortError};
use std::collections::{BTreeMap, BTreeSet};

/// Texts a phone keeps; the oldest goes first.
pub(super) const INBOX_MAX: usize = 200;

/// E-mails kept; the oldest goes first.
pub(super) const MAIL_MAX: usize = 2_000;

/// How long a text waits for a phone that is off before it is tried again.
const RETRY_MILLIS: i64 = 15 * 60_000;

/// A phone: one of ours by its SIM, or one of another network by its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phone {
    /// With this IMSI.
    Sim(String),
    /// With this number, E.164 digits.
    Other(String),
}

impl Phone {
    pub(super) fn key(&self) -> String {
        match self {
            Self::Sim(imsi) => format!("sim:{imsi}"),
            Self::Other(number) => format!("tel:{number}"),
        }
    }
}

/// A text in a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// When it arrived.
    pub at: At,
    /// Who sent it.
    pub from: String,
    /// The text.
    pub text: String,
    /// The message centre's id; none for texts of other people.
    pub message_id: Option<String>,
}

/// An e-mail taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// The program's id of it.
    pub notice_id: String,
    /// The receiver.
    pub to: String,
    /// When it was taken.
    pub at: At,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The attached calendar file.
    pub calendar: Option<String>,
}

/// What a receipt says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptStatus {
    /// It is in the phone.
    Delivered,
    /// It will never be.
    Undeliverable,
    /// Its validity ended.
    Expired,
}

/// Kinds of usage the network reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageKind {
    /// A call made.
    CallOut,
    /// A text sent.
    SmsOut,
    /// A data session.
    Data,
    /// A call received.
    CallIn,
    /// A text received.
    SmsIn,
}

/// What the world tells the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A delivery receipt.
    Receipt { message_id: String, status: ReceiptStatus, at: At },
    /// A text to the service number.
    Incoming { from: String, text: String, at: At },
    /// A usage record.
    Usage { imsi: String, kind: UsageKind, at: At },
    /// How far the download of an eSIM profile got: a notification point of ES2+.
    Download { iccid: String, point: i64, is_well: bool, at: At },
}

/// An eSIM profile at the SM-DP+.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Esim {
    /// How far it is.
    pub stage: EsimStage,
    /// By what a phone gets it.
    pub matching_id: String,
    /// The chip that alone may have it.
    pub eid: Option<String>,
}

/// How far an eSIM profile is at the SM-DP+.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EsimStage {
    /// Anybody may order it.
    Available,
    /// Set aside.
    Allocated,
    /// Linked to its matching id.
    Confirmed,
    /// Phones may download it.
    Released,
    /// On a phone.
    Installed,
    /// Nobody gets it any more.
    Unavailable,
}

/// A text the message centre has not finished with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(super) message_id: String,
    pub(super) to: String,
    pub(super) text: String,
    pub(super) deliver_at: At,
    pub(super) valid_until: At,
    /// How its receipt will misbehave.
    pub(super) receipt: Option<FaultKind>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Queued {
    due: At,
    event: Event,
}

/// Everything the world remembers.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    pub(super) blocks: BTreeSet<u64>,
    pub(super) records: BTreeMap<String, HlrRecord>,
    /// Number to IMSI.
    numbers: BTreeMap<String, String>,
    pub(super) switched_off: BTreeSet<String>,
    /// Notice id to message id.
    pub(super) accepted: BTreeMap<String, String>,
    pending: Vec<Pending>,
    pub(super) inbox: BTreeMap<String, Vec<Message>>,
    events: BTreeMap<u64, Queued>,
    last_event: u64,
    /// Profiles of the SM-DP+ that somebody asked for, by ICCID.
    pub(super) esims: BTreeMap<String, Esim>,
}

/// One change of the world.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// These blocks of 10,000 numbers are ours.
    Blocks { blocks: Vec<u64> },
    /// A record as given.
    Record { record: HlrRecord },
    /// Makes sure there is a record.
    Create { imsi: String },
    /// Gives or takes the number.
    Number { imsi: String, msisdn: Option<String> },
    /// Sets what is allowed.
    Profile { imsi: String, profile: NetworkProfile },
    /// Removes the record.
    Remove { imsi: String },
    /// Switches a phone on or off.
    Power { imsi: String, is_on: bool },
    /// The message centre took a text.
    Accepted { notice_id: String, pending: Pending },
    /// It will try again later.
    Retried { message_id: String, at: At },
    /// It is finished with a text.
    Finished { message_id: String },
    /// A phone got a text.
    Received { phone: Phone, message: Message },
    /// A profile of the SM-DP+ is so from now on.
    Esim { iccid: String, esim: Esim },
    /// The program must be told something at `due`.
    Queued { due: At, event: Event },
    /// The program was told.
    Done { event: u64 },
}

impl State {
    /// Makes the change, which must be possible (see [`State::check`]).
    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::Blocks { blocks } => self.blocks.extend(blocks),
            Change::Record { record } => {
                if let Some(msisdn) = &record.msisdn {
                    self.numbers.insert(msisdn.clone(), record.imsi.clone());
                }
                self.records.insert(record.imsi.clone(), record);
            }
            Change::Create { imsi } => {
                let profile = NetworkProfile::default();
                let record = HlrRecord { imsi: imsi.clone(), msisdn: None, profile };
                self.records.entry(imsi).or_insert(record);
            }
            Change::Number { imsi, msisdn } => self.renumber(imsi, msisdn),
            Change::Profile { imsi, profile } => {
                if let Some(record) = self.records.get_mut(&imsi) {
                    record.profile = profile;
                }
            }
            Change::Remove { imsi } => {
                if let Some(msisdn) = self.records.remove(&imsi).and_then(|record| record.msisdn) {
                    self.numbers.remove(&msisdn);
                }
            }
            Change::Power { imsi, is_on: true } => {
                self.switched_off.remove(&imsi);
                let number = self.records.get(&imsi).and_then(|record| record.msisdn.clone());
                for text in self.pending.iter_mut().filter(|text| Some(&text.to) == number.as_ref())
                {
                    text.deliver_at = At::default();
                }
            }
            Change::Power { imsi, is_on: false } => {
                self.switched_off.insert(imsi);
            }
            Change::Accepted { notice_id, pending } => {
                self.accepted.insert(notice_id, pending.message_id.clone());
                self.pending.push(pending);
            }
            Change::Retried { message_id, at } => {
                for text in self.pending.iter_mut().filter(|text| text.message_id == message_id) {
                    text.deliver_at = at;
                }
            }
            Change::Finished { message_id } => {
                self.pending.retain(|text| text.message_id != message_id);
            }
            Change::Received { phone, message } => {
                let inbox = self.inbox.entry(phone.key()).or_default();
                inbox.push(message);
                let keep_from = inbox.len().saturating_sub(INBOX_MAX);
                inbox.drain(..keep_from);
            }
            Change::Esim { iccid, esim } => {
                self.esims.insert(iccid, esim);
            }
            Change::Queued { due, event } => {
                self.last_event += 1;
                self.events.insert(self.last_event, Queued { due, event });
            }
            Change::Done { event } => {
                self.events.remove(&event);
            }
        }
    }

    /// The record has this number from now on, or none.
    fn renumber(&mut self, imsi: String, msisdn: Option<String>) {
        let Some(record) = self.records.get_mut(&imsi) else { return };
        if let Some(old) = std::mem::replace(&mut record.msisdn, msisdn.clone()) {
            self.numbers.remove(&old);
        }
        if let Some(msisdn) = msisdn {
            self.numbers.insert(msisdn, imsi);
        }
    }

    /// What the register says to a command: nothing to do, do it, or no.
    pub(super) fn check(&self, change: Change) -> Result<Option<Change>, PortError> {
        match &change {
            Change::Number { imsi, msisdn } => {
                let record = self.record_or_refuse(imsi)?;
                if record.msisdn == *msisdn {
                    return Ok(None);
                }
                let taken = msisdn.as_ref().and_then(|msisdn| self.numbers.get(msisdn));
                if taken.is_some_and(|other| other != imsi) {
                    return Err(PortError::Rejected("number in use by another SIM".into()));
                }
            }
            Change::Profile { imsi, profile }
                if self.record_or_refuse(imsi)?.profile == *profile =>
            {
                return Ok(None);
            }
            Change::Create { imsi } if self.records.contains_key(imsi) => return Ok(None),
            Change::Remove { imsi } if !self.records.contains_key(imsi) => return Ok(None),
            _ => {}
        }
        Ok(Some(change))
    }

    fn record_or_refuse(&self, imsi: &str) -> Result<&HlrRecord, PortError> {
        self.records.get(imsi).ok_or_else(|| PortError::Rejected("no such subscriber".into()))
    }

    pub(super) fn by_number(&self, msisdn: &str) -> Option<&HlrRecord> {
        self.records.get(self.numbers.get(msisdn)?)
    }

    /// The phone a text to `number` reaches now; `None` if the network refuses it.
    pub(super) fn reachable(&self, number: &str) -> Option<Phone> {
        match self.by_number(number) {
            Some(record) if record.profile.sms_in => Some(Phone::Sim(record.imsi.clone())),
            Some(_) => None,
            None if self.is_ours(number) => None,
            None => Some(Phone::Other(number.to_owned())),
        }
    }

    fn is_ours(&self, number: &str) -> bool {
        number.parse::<u64>().is_ok_and(|digits| self.blocks.contains(&(digits / 10_000)))
    }

    /// The changes that deliver, give up or postpone every text due by `now`.
    pub(super) fn deliveries(&self, now: At) -> Vec<Change> {
        let mut changes = Vec::new();
        for text in self.pending.iter().filter(|text| text.deliver_at <= now) {
            let record = self.by_number(&text.to);
            let is_off = record.is_some_and(|record| self.switched_off.contains(&record.imsi));
            let status = if now >= text.valid_until {
                ReceiptStatus::Expired
            } else if is_off {
                let at = now.plus_millis(RETRY_MILLIS).min(text.valid_until);
                changes.push(Change::Retried { message_id: text.message_id.clone(), at });
                continue;
            } else if let Some(phone) = self.reachable(&text.to) {
                changes.push(Change::Received { phone, message: text.as_message(now) });
                ReceiptStatus::Delivered
            } else {
                ReceiptStatus::Undeliverable
            };
            changes.push(Change::Finished { message_id: text.message_id.clone() });
            changes.extend(text.receipts(status, now));
        }
        changes
    }

    pub(super) fn due_events(&self, now: At) -> Vec<(u64, Event)> {
        let mut due: Vec<_> = self.events.iter().filter(|(_, queued)| queued.due <= now).collect();
        due.sort_by_key(|(id, queued)| (queued.due, **id));
        due.into_iter().map(|(id, queued)| (*id, queued.event.clone())).collect()
    }

    pub(super) fn next_due(&self) -> Option<At> {
        let texts = self.pending.iter().map(|text| text.deliver_at);
        texts.chain(self.events.values().map(|queued| queued.due)).min()
    }
}

impl Pending {
    fn as_message(&self, at: At) -> Message {
        let message_id = Some(self.message_id.clone());
        Message { at, from: "service".to_owned(), text: self.text.clone(), message_id }
    }

    fn receipts(&self, status: ReceiptStatus, now: At) -> Vec<Change> {
        let receipt = |status, due| Change::Queued {
            due,
            event: Event::Receipt { message_id: self.message_id.clone(), status, at: now },
        };
        match self.receipt {
            None | Some(FaultKind::Throttle) => vec![receipt(status, now)],
            Some(FaultKind::Never) => Vec::new(),
            Some(FaultKind::Twice) => vec![receipt(status, now), receipt(status, now)],
            Some(FaultKind::Late { millis }) => vec![receipt(status, now.plus_millis(millis))],
            Some(FaultKind::WrongOrder) => vec![receipt(status, now.plus_millis(60_000))],
            Some(FaultKind::Reject) => vec![receipt(ReceiptStatus::Undeliverable, now)],
        }
    }
}
