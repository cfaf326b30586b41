//! A phone with a SIM: what it tries, the network allows or refuses by the record of its SIM.

use crate::network::{Event, Network, Phone, UsageKind};
use serde::{Deserialize, Serialize};
use service::port::HlrRecord;
use std::sync::Arc;

/// Emergency numbers (mainland China, then the two every phone knows); never barred.
const EMERGENCY: [&str; 6] = ["110", "119", "120", "122", "112", "911"];

/// What a phone tries, or what is tried towards it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "attempt", rename_all = "snake_case")]
pub enum Attempt {
    /// Calls a number.
    Call { to: String },
    /// Sends a text.
    Text { to: String, text: String },
    /// Opens a data session.
    Data,
    /// Somebody calls it.
    IncomingCall { from: String },
    /// Somebody sends it a text.
    IncomingText { from: String, text: String },
}

/// Why the network refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The register does not know the SIM.
    UnknownSim,
    /// The record of the SIM does not allow it.
    NotAllowed,
    /// The phone is switched off.
    SwitchedOff,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether the network let it through.
    pub is_allowed: bool,
    /// Why not.
    pub refusal: Option<Refusal>,
    /// Whether it went to an emergency or service number, which is never barred and never counts.
    pub is_free: bool,
}

impl Verdict {
    const ALLOWED: Self = Self { is_allowed: true, refusal: None, is_free: false };
    const FREE: Self = Self { is_allowed: true, refusal: None, is_free: true };

    const fn refused(refusal: Refusal) -> Self {
        Self { is_allowed: false, refusal: Some(refusal), is_free: false }
    }
}

/// Phones of the simulated network.
#[derive(Clone, Debug)]
pub struct Simulator {
    network: Arc<Network>,
    /// Numbers that reach the operator and are never barred: hotline and the number for texts.
    service_numbers: Vec<String>,
}

impl Simulator {
    /// Phones in `network`; `service_numbers` are the operators' hotlines and numbers for texts.
    pub fn new(network: Arc<Network>, service_numbers: Vec<String>) -> Self {
        Self { network, service_numbers }
    }

    /// Lets the phone with SIM `imsi` try something. What is allowed is reported as usage, and a
    /// text to a service number is handed to the program.
    pub fn attempt(&self, imsi: &str, attempt: &Attempt) -> Verdict {
        if !self.network.is_on(imsi) {
            return Verdict::refused(Refusal::SwitchedOff);
        }
        let record = self.network.record(imsi);
        if let Some(verdict) = self.free_of_charge(record.as_ref(), attempt) {
            return verdict;
        }
        let Some(record) = record else { return Verdict::refused(Refusal::UnknownSim) };
        let (is_allowed, kind) = judge(&record, attempt);
        if !is_allowed {
            return Verdict::refused(Refusal::NotAllowed);
        }
        self.carry(&record, attempt);
        let at = self.network.now();
        self.network.tell(Event::Usage { imsi: imsi.to_owned(), kind, at });
        Verdict::ALLOWED
    }

    /// The texts in the phone, oldest first.
    pub fn messages(&self, phone: &Phone) -> Vec<crate::network::Message> {
        self.network.messages(phone)
    }

    /// A text from a phone of another network, for instance the backup number abroad.
    pub fn text_from_other(&self, from: &str, text: &str) {
        let at = self.network.now();
        let (from, text) = (from.to_owned(), text.to_owned());
        self.network.tell(Event::Incoming { from, text, at });
    }

    /// Emergency calls need no record; service numbers need one with a number, to know who it is.
    fn free_of_charge(&self, record: Option<&HlrRecord>, attempt: &Attempt) -> Option<Verdict> {
        match attempt {
            Attempt::Call { to } if EMERGENCY.contains(&to.as_str()) => Some(Verdict::FREE),
            Attempt::Call { to } if self.is_service(to) => {
                Some(record.map_or(Verdict::refused(Refusal::UnknownSim), |_| Verdict::FREE))
            }
            Attempt::Text { to, text } if self.is_service(to) => {
                let Some(from) = record.and_then(|record| record.msisdn.clone()) else {
                    return Some(Verdict::refused(Refusal::UnknownSim));
                };
                let at = self.network.now();
                self.network.tell(Event::Incoming { from, text: text.clone(), at });
                Some(Verdict::FREE)
            }
            _ => None,
        }
    }

    fn is_service(&self, number: &str) -> bool {
        let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
        self.service_numbers.iter().any(|service| digits(service) == digits(number))
    }

    /// Puts the text where it goes.
    fn carry(&self, record: &HlrRecord, attempt: &Attempt) {
        let own = record.msisdn.as_deref().unwrap_or("unknown");
        match attempt {
            Attempt::Text { to, text } => {
                // Whether the other side takes it is not the sender's to know.
                let _is_delivered = self.network.deliver_from(to, own, text);
            }
            Attempt::IncomingText { from, text } => {
                let _is_delivered = self.network.deliver_from(own, from, text);
            }
            Attempt::Call { .. } | Attempt::Data | Attempt::IncomingCall { .. } => {}
        }
    }
}

/// Whether the record allows it, and as what it is reported.
fn judge(record: &HlrRecord, attempt: &Attempt) -> (bool, UsageKind) {
    let profile = record.profile;
    match attempt {
        Attempt::Call { .. } => (profile.voice_out, UsageKind::CallOut),
        Attempt::Text { .. } => (profile.sms_out, UsageKind::SmsOut),
        Attempt::Data => (profile.data, UsageKind::Data),
        Attempt::IncomingCall { .. } => (profile.voice_in, UsageKind::CallIn),
        Attempt::IncomingText { .. } => (profile.sms_in, UsageKind::SmsIn),
    }
}
