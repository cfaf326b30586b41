//! The simulated world outside: a register, a message centre, mail boxes and phones.
//!
//! All of it is one [`State`](state::State), changed only by [`Change`]s, each of which is appended
//! to a file before it takes effect; so the world remembers what it was told when the program is
//! restarted or killed, and the reconciler has something to compare with. Several processes may
//! share one world: each takes the file's lock, catches up, and makes its changes. E-mail and
//! faults are each process's own, in memory.
//!
//! Nothing happens by itself: what is due happens at the next call or at [`Network::events`].
//! Time comes from the program's clock, chance from a seed.

mod fault;
mod journal;
mod pump;
mod smdp;
mod state;

pub use fault::{Chaos, Fault, FaultKind, Port};
pub use pump::{carry, pump};
pub(crate) use smdp::Ask;
pub use smdp::InstallError;
pub use state::{Esim, EsimStage, Event, Mail, Message, Phone, ReceiptStatus, UsageKind};

use domain::time::At;
use fault::Faults;
use journal::Journal;
use service::clock::Clock;
use service::port::{HlrRecord, PortError};
pub(crate) use state::Change;
use state::{Pending, State};
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::Notify;

/// The simulated world.
#[derive(Debug)]
pub struct Network {
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
    /// Rung when an event may be waiting.
    news: Notify,
    /// Held while events are carried to the program, so that nobody carries one twice.
    carrying: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Inner {
    state: State,
    journal: Option<Journal>,
    faults: Faults,
    mail: Vec<Mail>,
    /// A register command held back by [`FaultKind::WrongOrder`] or [`FaultKind::Late`].
    held: Vec<Held>,
}

#[derive(Debug)]
struct Held {
    /// When it takes effect; `None` means after the next command.
    due: Option<At>,
    change: Change,
}

impl Network {
    /// A world that is forgotten with the process.
    pub fn in_memory(clock: Arc<dyn Clock>) -> Self {
        Self::with(clock, State::default(), None)
    }

    /// The world remembered in the file `path`, or a new one.
    pub fn open(clock: Arc<dyn Clock>, path: &Path) -> std::io::Result<Self> {
        let (state, journal) = Journal::open(path)?;
        Ok(Self::with(clock, state, Some(journal)))
    }

    fn with(clock: Arc<dyn Clock>, state: State, journal: Option<Journal>) -> Self {
        let inner =
            Inner { state, journal, faults: Faults::default(), mail: Vec::new(), held: Vec::new() };
        let (news, carrying) = (Notify::new(), tokio::sync::Mutex::default());
        Self { clock, inner: Mutex::new(inner), news, carrying }
    }

    /// The turn of carrying events to the program; none if another process has it.
    async fn turn(&self) -> std::io::Result<Option<Turn<'_>>> {
        let alone = self.carrying.lock().await;
        let path = self.lock().journal.as_ref().map(|journal| journal.path().to_owned());
        let Some(path) = path else { return Ok(Some(Turn { _alone: alone, _file: None })) };
        let file = Journal::carrier(&path)?;
        Ok(file.map(|file| Turn { _alone: alone, _file: Some(file) }))
    }

    /// Registers what exists from the start: the blocks of numbers that are ours (so that a text to
    /// one without a record fails), and records.
    pub fn preload(&self, blocks: &[u64], records: Vec<HlrRecord>) {
        let mut inner = self.lock();
        inner.apply(Change::Blocks { blocks: blocks.to_vec() });
        for record in records {
            inner.apply(Change::Record { record });
        }
    }

    /// The present instant of the program's clock.
    pub fn now(&self) -> At {
        self.clock.now()
    }

    /// Waits until an event may be waiting.
    pub async fn news(&self) {
        self.news.notified().await;
    }

    /// What the world has to tell by now, oldest first: receipts, texts, usage. Each must be
    /// answered with [`Network::done`], else it is told again.
    pub fn events(&self) -> Vec<(u64, Event)> {
        let now = self.now();
        let mut inner = self.lock();
        inner.settle(now);
        inner.state.due_events(now)
    }

    /// The program has stored the event.
    pub fn done(&self, event: u64) {
        self.lock().apply(Change::Done { event });
    }

    /// The earliest instant at which something more will happen by itself.
    pub fn next_due(&self) -> Option<At> {
        let inner = self.lock();
        let held = inner.held.iter().filter_map(|held| held.due).min();
        [held, inner.state.next_due()].into_iter().flatten().min()
    }

    /// Makes the world misbehave.
    pub fn inject(&self, fault: Fault) -> u64 {
        self.lock().faults.inject(fault)
    }

    /// The fault of this call at a port whose world is elsewhere; it is thereby used up.
    pub(crate) fn draw_fault(&self, port: Port, about: &str) -> Option<FaultKind> {
        self.lock().faults.draw(port, about)
    }

    /// The faults still waiting to happen, with their ids.
    pub fn faults(&self) -> Vec<(u64, Fault)> {
        self.lock().faults.list()
    }

    /// Takes all faults back.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// Makes the world misbehave by chance, from a seed; `None` ends it.
    pub fn set_chaos(&self, chaos: Option<Chaos>) {
        self.lock().faults.set_chaos(chaos);
    }

    /// All register records, by IMSI.
    pub fn records(&self) -> Vec<HlrRecord> {
        let mut inner = self.lock();
        inner.settle(self.now());
        inner.state.records.values().cloned().collect()
    }

    /// The record of one SIM.
    pub fn record(&self, imsi: &str) -> Option<HlrRecord> {
        let mut inner = self.lock();
        inner.settle(self.now());
        inner.state.records.get(imsi).cloned()
    }

    /// The record that carries a number.
    pub fn record_of_number(&self, msisdn: &str) -> Option<HlrRecord> {
        let mut inner = self.lock();
        inner.settle(self.now());
        inner.state.by_number(msisdn).cloned()
    }

    /// The texts a phone holds, oldest first.
    pub fn messages(&self, phone: &Phone) -> Vec<Message> {
        let mut inner = self.lock();
        inner.settle(self.now());
        inner.state.inbox.get(&phone.key()).cloned().unwrap_or_default()
    }

    /// The phones of other networks that have received texts.
    pub fn other_phones(&self) -> Vec<String> {
        let inner = self.lock();
        inner
            .state
            .inbox
            .keys()
            .filter_map(|key| key.strip_prefix("tel:"))
            .map(Into::into)
            .collect()
    }

    /// Every e-mail taken since the program started, oldest first.
    pub fn mail(&self) -> Vec<Mail> {
        self.lock().mail.clone()
    }

    /// Switches the phone with this SIM on or off; texts wait while it is off.
    pub fn set_power(&self, imsi: &str, is_on: bool) {
        let now = self.now();
        let mut inner = self.lock();
        inner.apply(Change::Power { imsi: imsi.to_owned(), is_on });
        inner.settle(now);
        drop(inner);
        self.news.notify_one();
    }

    /// Whether the phone with this SIM is switched on.
    pub fn is_on(&self, imsi: &str) -> bool {
        !self.lock().state.switched_off.contains(imsi)
    }

    /// One register command with the faults that apply to it.
    pub(crate) fn command(&self, imsi: &str, change: Change) -> Result<(), PortError> {
        let now = self.now();
        let mut inner = self.lock();
        inner.settle(now);
        let fault = inner.faults.draw(Port::Hlr, imsi);
        let answer = match fault {
            Some(FaultKind::Reject) => Err(PortError::Rejected("simulated refusal".into())),
            Some(FaultKind::Throttle) => Err(PortError::Throttled),
            Some(FaultKind::Never) => Err(PortError::Unreachable("simulated silence".into())),
            Some(FaultKind::Late { millis }) => {
                inner.held.push(Held { due: Some(now.plus_millis(millis)), change });
                Err(PortError::Unreachable("simulated delay".into()))
            }
            Some(FaultKind::WrongOrder) => {
                inner.held.push(Held { due: None, change });
                return Err(PortError::Unreachable("simulated overtaking".into()));
            }
            Some(FaultKind::Twice) => {
                inner.register(change.clone()).and_then(|()| inner.register(change))
            }
            None => inner.register(change),
        };
        inner.release_overtaken();
        inner.settle(now);
        drop(inner);
        self.news.notify_one();
        answer
    }

    /// One read of the register with the faults that apply to it.
    pub(crate) fn read(&self, imsi: &str) -> Result<Option<HlrRecord>, PortError> {
        let now = self.now();
        let mut inner = self.lock();
        inner.settle(now);
        // Reading cannot be done late or twice: those faults keep waiting for a command.
        match inner.faults.draw_for_read(imsi) {
            Some(FaultKind::Throttle) => Err(PortError::Throttled),
            Some(_) => Err(PortError::Unreachable("simulated silence".into())),
            None => Ok(inner.state.records.get(imsi).cloned()),
        }
    }

    /// Takes a text for delivery, once per `notice_id`.
    pub(crate) fn submit(&self, sms: &service::port::OutgoingSms) -> Result<String, PortError> {
        let now = self.now();
        let mut inner = self.lock();
        inner.settle(now);
        let fault = inner.faults.draw(Port::Sms, &sms.to);
        match fault {
            Some(FaultKind::Reject) => return Err(PortError::Rejected("simulated refusal".into())),
            Some(FaultKind::Throttle) => return Err(PortError::Throttled),
            Some(FaultKind::Never) => {
                return Err(PortError::Unreachable("simulated silence".into()));
            }
            Some(FaultKind::Late { .. } | FaultKind::WrongOrder | FaultKind::Twice) | None => {}
        }
        if let Some(message_id) = inner.state.accepted.get(&sms.notice_id) {
            return Ok(message_id.clone());
        }
        let message_id = format!("sim-{:08}", inner.state.accepted.len() + 1);
        let delay = match fault {
            Some(FaultKind::Late { millis }) => millis,
            Some(FaultKind::WrongOrder) => 60_000,
            _ => 0,
        };
        let receipt = inner.faults.draw(Port::Receipt, &sms.to);
        inner.apply(Change::Accepted {
            notice_id: sms.notice_id.clone(),
            pending: Pending {
                message_id: message_id.clone(),
                to: sms.to.clone(),
                text: sms.text.clone(),
                deliver_at: now.plus_millis(delay),
                valid_until: sms.valid_until,
                receipt,
            },
        });
        inner.settle(now);
        drop(inner);
        self.news.notify_one();
        match fault {
            // Taken, but the answer was lost: the caller cannot know.
            Some(FaultKind::Late { .. }) => Err(PortError::Unreachable("simulated delay".into())),
            _ => Ok(message_id),
        }
    }

    /// Takes an e-mail, once per `notice_id`.
    pub(crate) fn submit_mail(
        &self,
        mail: &service::port::OutgoingMail,
    ) -> Result<String, PortError> {
        let now = self.now();
        let mut inner = self.lock();
        match inner.faults.draw(Port::Mail, &mail.to) {
            Some(FaultKind::Reject) => return Err(PortError::Rejected("no such mailbox".into())),
            Some(FaultKind::Throttle) => return Err(PortError::Throttled),
            Some(FaultKind::Never) => {
                return Err(PortError::Unreachable("simulated silence".into()));
            }
            Some(FaultKind::Late { .. } | FaultKind::WrongOrder | FaultKind::Twice) | None => {}
        }
        let queue_id = format!("mail-{}", mail.notice_id);
        if inner.mail.iter().all(|taken| taken.notice_id != mail.notice_id) {
            inner.mail.push(Mail {
                notice_id: mail.notice_id.clone(),
                to: mail.to.clone(),
                at: now,
                subject: mail.subject.clone(),
                text: mail.text.clone(),
                calendar: mail.calendar.clone(),
            });
            let keep_from = inner.mail.len().saturating_sub(state::MAIL_MAX);
            inner.mail.drain(..keep_from);
        }
        if inner.faults.draw(Port::Receipt, &mail.to) == Some(FaultKind::Reject) {
            let status = ReceiptStatus::Undeliverable;
            let event = Event::Receipt { message_id: queue_id.clone(), status, at: now };
            inner.apply(Change::Queued { due: now, event });
        }
        drop(inner);
        self.news.notify_one();
        Ok(queue_id)
    }

    /// Queues something the program must be told.
    pub(crate) fn tell(&self, event: Event) {
        let now = self.now();
        self.lock().apply(Change::Queued { due: now, event });
        self.news.notify_one();
    }

    /// Puts a text into a phone from outside, if the record allows it.
    pub(crate) fn deliver_from(&self, to: &str, from: &str, text: &str) -> bool {
        let now = self.now();
        let mut inner = self.lock();
        inner.settle(now);
        let Some(phone) = inner.state.reachable(to) else { return false };
        let message =
            Message { at: now, from: from.to_owned(), text: text.to_owned(), message_id: None };
        inner.apply(Change::Received { phone, message });
        true
    }

    fn lock(&self) -> Alone<'_> {
        // A panic while the lock was held leaves a state that every change had completed.
        let mut inner = self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Inner { state, journal, .. } = &mut *inner;
        if let Some(journal) = journal
            && let Err(error) = journal.lock(state)
        {
            tracing::error!(%error, "the simulated network cannot read its journal");
        }
        Alone(inner)
    }
}

/// The world, while nobody else is at it: no thread of this process, no other process.
struct Alone<'a>(MutexGuard<'a, Inner>);

impl std::ops::Deref for Alone<'_> {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl std::ops::DerefMut for Alone<'_> {
    fn deref_mut(&mut self) -> &mut Inner {
        &mut self.0
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        if let Some(journal) = &self.0.journal {
            journal.unlock();
        }
    }
}

/// Held while events are carried to the program.
struct Turn<'a> {
    _alone: tokio::sync::MutexGuard<'a, ()>,
    _file: Option<File>,
}

impl Inner {
    /// Makes a change.
    fn apply(&mut self, change: Change) {
        self.apply_all(vec![change]);
    }

    /// Appends changes that belong together to the journal in one piece, then makes them.
    fn apply_all(&mut self, changes: Vec<Change>) {
        if let Some(journal) = &mut self.journal
            && let Err(error) = journal.append(&changes)
        {
            tracing::error!(%error, "the simulated network cannot write its journal");
        }
        for change in changes {
            self.state.apply(change);
        }
    }

    /// A register command, refused if the register would refuse it.
    fn register(&mut self, change: Change) -> Result<(), PortError> {
        let change = self.state.check(change)?;
        if let Some(change) = change {
            self.apply(change);
        }
        Ok(())
    }

    /// Lets everything happen that is due by `now`.
    fn settle(&mut self, now: At) {
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|held| held.due.is_some_and(|due| due <= now));
        self.held = later;
        for held in due {
            // A late command the register refuses is refused in silence: its sender has long gone.
            drop(self.register(held.change));
        }
        let deliveries = self.state.deliveries(now);
        if !deliveries.is_empty() {
            self.apply_all(deliveries);
        }
    }

    fn release_overtaken(&mut self) {
        let (overtaken, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.held).into_iter().partition(|held| held.due.is_none());
        self.held = rest;
        for held in overtaken {
            drop(self.register(held.change));
        }
    }
}

#[cfg(test)]
mod tests;
