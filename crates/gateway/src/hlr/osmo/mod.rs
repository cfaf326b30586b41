//! osmo-hlr, by its control interface and its VTY.
//!
//! The control interface makes, reads and removes records and sets keys. Bars and numbers are set
//! by the VTY alone: only these commands tell the network that serves the SIM at the moment. A bar
//! that the control interface sets changes the database and nothing else, and hides the difference
//! from the VTY, which then does nothing. Why and with what consequences:
//! `docs/decisions/0111-bars-by-the-vty.md`.

mod ctrl;
mod info;
mod link;
mod settings;
#[cfg(test)]
mod tests;
mod vty;

pub use settings::Server;

use crate::meter::Meter;
use domain::number::{Capabilities, Service, ServiceProfile};
use domain::sim::SimKeys;
use info::Info;
use link::{Ask, Link, Said, State, What};
use service::port::{Hlr, HlrRecord, Later, NetworkProfile, PortError};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use tokio::sync::{Mutex, MutexGuard, mpsc, oneshot};

/// Requests waiting for the connection: more than the outbox and the reconciler have at once.
const ASKS_MAX: usize = 256;
/// SIMs whose last setting is remembered; beyond that all are forgotten, which costs a moment each.
const LAST_MAX: usize = 100_000;
/// Calls about different SIMs that go on beside one another, at most.
const TURNS: usize = 32;

/// Circuit-switched access: what osmo-hlr calls `nam_cs`.
const CS: ServiceProfile =
    ServiceProfile::of(&[Service::VoiceOut, Service::VoiceIn, Service::SmsOut, Service::SmsIn]);
/// Packet-switched access: `nam_ps`.
const PS: ServiceProfile = ServiceProfile::of(&[Service::Data]);

/// It bars no direction by itself, and knows nothing of roaming.
pub const CAPABILITIES: Capabilities = Capabilities::of(&[CS, PS]);

/// Something came that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Garbage;

/// One osmo-hlr.
#[derive(Debug)]
pub struct Osmo {
    asks: mpsc::Sender<Ask>,
    commands: mpsc::Sender<Ask>,
    state: Arc<State>,
    meter: Arc<Meter>,
    /// One call has several commands, and between them nobody may look at or write the same record:
    /// one that is opened for a moment must not be seen open. Each stands for the SIMs whose IMSI
    /// has the same remainder.
    turns: [Mutex<()>; TURNS],
    /// What each SIM was last set to, and on the how-manieth connection.
    last: std::sync::Mutex<HashMap<String, (Access, u64)>>,
}

/// Connects, asks both interfaces something harmless, and goes.
pub async fn check(server: &Server) -> Result<(), PortError> {
    link::check(server).await
}

/// What the VTY calls the network access mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Access {
    cs: bool,
    ps: bool,
}

impl Access {
    const NONE: Self = Self { cs: false, ps: false };
    /// What a new record has.
    const ALL: Self = Self { cs: true, ps: true };

    fn word(self) -> &'static str {
        match (self.cs, self.ps) {
            (false, false) => "none",
            (true, false) => "cs",
            (false, true) => "ps",
            (true, true) => "cs+ps",
        }
    }
}

impl Osmo {
    /// Begins to connect to `server`, and keeps at it as long as this lives. What happens is
    /// counted by `meter`.
    pub fn start(server: Server, meter: Arc<Meter>) -> Self {
        let (asks, for_control) = mpsc::channel(ASKS_MAX);
        let (commands, for_terminal) = mpsc::channel(ASKS_MAX);
        let state = Arc::new(State::default());
        let link = Link {
            server,
            asks: for_control,
            commands: for_terminal,
            state: Arc::clone(&state),
            meter: Arc::clone(&meter),
        };
        tokio::spawn(link.run());
        let turns = std::array::from_fn(|_| Mutex::new(()));
        Self { asks, commands, state, meter, turns, last: std::sync::Mutex::default() }
    }

    /// Whether both connections are up.
    pub fn is_up(&self) -> bool {
        self.state.is_up.load(Ordering::Acquire)
    }

    async fn ask(&self, what: What) -> Result<Said, PortError> {
        if !self.is_up() {
            return Err(link::not_connected());
        }
        let (reply, said) = oneshot::channel();
        let queue = match what {
            What::Vty(_) => &self.commands,
            What::Get(_) | What::Set(..) => &self.asks,
        };
        // A full queue will not be empty soon.
        queue.try_send(Ask { what, reply }).map_err(|_| PortError::Throttled)?;
        said.await.unwrap_or_else(|_| Err(link::not_connected()))
    }

    /// Waits for the turn of a SIM.
    async fn turn(&self, imsi: &str) -> MutexGuard<'_, ()> {
        let place = imsi.bytes().fold(0, |sum: usize, byte| (sum * 10 + usize::from(byte)) % TURNS);
        let [first, ..] = &self.turns;
        self.turns.get(place).unwrap_or(first).lock().await
    }

    async fn get(&self, selector: &str, id: &str, what: &str) -> Result<Said, PortError> {
        digits(id)?;
        self.ask(What::Get(format!("subscriber.by-{selector}-{id}.{what}"))).await
    }

    /// The record, by its IMSI or its number.
    async fn info(&self, selector: &str, id: &str) -> Result<Option<Info>, PortError> {
        match self.get(selector, id, "info").await? {
            Err(reason) if reason.starts_with("No such subscriber") => Ok(None),
            Err(reason) => Err(refused(&reason)),
            Ok(text) => match Info::parse(&text) {
                Some(info) => Ok(Some(info)),
                None => Err(self.unclear()),
            },
        }
    }

    fn unclear(&self) -> PortError {
        self.meter.garbage();
        PortError::Unreachable("an answer that makes no sense".to_owned())
    }

    async fn vty(&self, commands: Vec<String>) -> Result<(), PortError> {
        match self.ask(What::Vty(commands)).await? {
            Ok(_) => Ok(()),
            Err(reason) => Err(refused(&reason)),
        }
    }

    /// Sets what the SIM may use. The register tells the serving network only of what it takes away
    /// and only if its own record changes: where the record is barred already and somebody may
    /// serve the SIM, it is opened for a moment, so that closing it is told. Not if we have just
    /// closed it on this very connection, as when two calls say the same: then it was told.
    async fn set_access(&self, info: &Info, wanted: Access) -> Result<(), PortError> {
        let connection = self.state.connections.load(Ordering::Acquire);
        let last = self.last().remove(&info.imsi);
        let is_told = last == Some((wanted, connection));
        let again = Access {
            cs: !wanted.cs && !info.cs && info.has_vlr && !is_told,
            ps: !wanted.ps && !info.ps && info.has_sgsn && !is_told,
        };
        let set = |access: Access| {
            format!("subscriber imsi {} update network-access-mode {}", info.imsi, access.word())
        };
        let opened = Access { cs: wanted.cs || again.cs, ps: wanted.ps || again.ps };
        let is_opened = again != Access::NONE;
        // In one piece: a record that was opened must be closed, whoever still waits for it.
        let commands = is_opened.then(|| set(opened)).into_iter().chain([set(wanted)]);
        self.vty(commands.collect()).await?;
        // The VTY says nothing either way.
        self.expect(&info.imsi, |now| now.cs == wanted.cs && now.ps == wanted.ps).await?;
        let mut last = self.last();
        if last.len() >= LAST_MAX {
            last.clear();
        }
        last.insert(info.imsi.clone(), (wanted, connection));
        Ok(())
    }

    fn last(&self) -> std::sync::MutexGuard<'_, HashMap<String, (Access, u64)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn set_msisdn(&self, imsi: &str, msisdn: Option<&str>) -> Result<(), PortError> {
        let to = msisdn.unwrap_or("none");
        self.vty(vec![format!("subscriber imsi {imsi} update msisdn {to}")]).await?;
        self.expect(imsi, |now| now.msisdn.as_deref() == msisdn).await
    }

    /// Reads the record back; an error if it is not as it must be.
    async fn expect(&self, imsi: &str, is: impl Fn(&Info) -> bool) -> Result<(), PortError> {
        match self.info("imsi", imsi).await? {
            Some(info) if is(&info) => Ok(()),
            _ => Err(not_done()),
        }
    }

    async fn known(&self, imsi: &str) -> Result<Info, PortError> {
        let missing = || PortError::Unreachable("there is no record".to_owned());
        self.info("imsi", imsi).await?.ok_or_else(missing)
    }

    /// Makes sure that there is a record. A new one allows everything, though without keys to
    /// nobody; so one that has no number yet, just made or left in half by whoever died, is barred.
    /// Whether it was made, and how it is now.
    async fn make(&self, imsi: &str) -> Result<(bool, Info), PortError> {
        let is_new = self.make_bare(imsi).await?;
        let mut info = self.known(imsi).await?;
        if info.msisdn.is_none() {
            self.bar(&mut info).await?;
        }
        Ok((is_new, info))
    }

    /// Makes a record if there is none; whether it did.
    async fn make_bare(&self, imsi: &str) -> Result<bool, PortError> {
        let make = What::Set("subscriber.create".to_owned(), imsi.to_owned());
        match self.ask(make).await? {
            Ok(_) => Ok(true),
            Err(reason) if reason.starts_with("Subscriber already exists") => Ok(false),
            Err(reason) => Err(refused(&reason)),
        }
    }

    async fn bar(&self, info: &mut Info) -> Result<(), PortError> {
        if info.cs || info.ps {
            self.set_access(info, Access::NONE).await?;
            (info.cs, info.ps) = (false, false);
        }
        Ok(())
    }

    /// A new record allows everything, though without keys to nobody. So it gets what it may do and
    /// its number first and its keys last, and is read back once, when all is written: the register
    /// does one thing at a time, and each request costs it as much as a number's share of a commit.
    async fn whole(
        &self,
        record: &HlrRecord,
        keys: &SimKeys,
    ) -> Result<Option<HlrRecord>, PortError> {
        let imsi = record.imsi.as_str();
        let Some(msisdn) = record.msisdn.as_deref() else { return Ok(None) };
        digits(imsi)?;
        digits(msisdn)?;
        let _turn = self.turn(imsi).await;
        if !self.make_bare(imsi).await? {
            return Ok(None);
        }
        let access = access_of(record.profile);
        if access != Access::ALL {
            let info = self.known(imsi).await?;
            self.set_access(&info, access).await?;
        }
        let number = vec![format!("subscriber imsi {imsi} update msisdn {msisdn}")];
        match self.vty(number).await {
            Ok(()) => {}
            // Whoever else has it must lose it first, step by step.
            Err(PortError::Rejected(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
        self.set_keys(imsi, keys).await?;
        let said = self.get("imsi", imsi, "info-all").await?.map_err(|reason| refused(&reason))?;
        let info = Info::parse(&said).ok_or_else(|| self.unclear())?;
        if info::has_keys(&said, keys) { Ok(Some(record_of(info))) } else { Err(not_done()) }
    }

    async fn set_keys(&self, imsi: &str, keys: &SimKeys) -> Result<(), PortError> {
        let value = format!("milenage,{},opc,{}", keys.k_hex(), keys.opc_hex());
        let set = self.ask(What::Set(format!("subscriber.by-imsi-{imsi}.aud3g"), value)).await?;
        // What it says may hold what it was given.
        set.map(drop).map_err(|_| PortError::Rejected("the keys were not taken".to_owned()))
    }

    async fn write_keys(&self, imsi: &str, keys: &SimKeys) -> Result<(), PortError> {
        self.set_keys(imsi, keys).await?;
        if self.has_keys(imsi, keys).await? { Ok(()) } else { Err(not_done()) }
    }

    async fn has_keys(&self, imsi: &str, keys: &SimKeys) -> Result<bool, PortError> {
        let said = self.get("imsi", imsi, "info-aud").await?;
        said.map(|text| info::has_keys(&text, keys)).map_err(|reason| refused(&reason))
    }

    async fn create_with(&self, imsi: &str, keys: Option<&SimKeys>) -> Result<(), PortError> {
        digits(imsi)?;
        let _turn = self.turn(imsi).await;
        let (is_new, mut info) = self.make(imsi).await?;
        let Some(keys) = keys else { return Ok(()) };
        // Writing the same keys again would begin their sequence numbers anew, so they are
        // compared, unless the record is new and has none.
        if !is_new && self.has_keys(imsi, keys).await? {
            return Ok(());
        }
        // Whoever died while making it may have left it open, which without keys did nothing.
        self.bar(&mut info).await?;
        self.write_keys(imsi, keys).await
    }

    async fn number(&self, imsi: &str, msisdn: Option<&str>) -> Result<(), PortError> {
        digits(imsi)?;
        let _turn = self.turn(imsi).await;
        let has_it = match msisdn {
            None => self.known(imsi).await?.msisdn.is_none(),
            Some(msisdn) => match self.info("msisdn", msisdn).await? {
                Some(found) if found.imsi == imsi => true,
                // Whoever else has it holds it against us.
                Some(other) => {
                    self.set_msisdn(&other.imsi, None).await?;
                    false
                }
                None => false,
            },
        };
        if has_it { Ok(()) } else { self.set_msisdn(imsi, msisdn).await }
    }

    async fn profile(&self, imsi: &str, profile: NetworkProfile) -> Result<(), PortError> {
        digits(imsi)?;
        let _turn = self.turn(imsi).await;
        let info = self.known(imsi).await?;
        self.set_access(&info, access_of(profile)).await
    }

    /// Bars first: a deletion alone leaves the SIM its service where it is.
    async fn delete(&self, imsi: &str) -> Result<(), PortError> {
        digits(imsi)?;
        let _turn = self.turn(imsi).await;
        let Some(info) = self.info("imsi", imsi).await? else { return Ok(()) };
        self.set_access(&info, Access::NONE).await?;
        let said = self.ask(What::Set("subscriber.delete".to_owned(), imsi.to_owned())).await?;
        match said {
            Err(reason) if !reason.starts_with("Subscriber doesn't exist") => Err(refused(&reason)),
            _ => Ok(()),
        }
    }

    async fn record(&self, imsi: &str) -> Result<Option<HlrRecord>, PortError> {
        digits(imsi)?;
        let _turn = self.turn(imsi).await;
        Ok(self.info("imsi", imsi).await?.map(record_of))
    }
}

impl Hlr for Osmo {
    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn has_come_back(&self) -> bool {
        self.state.came_up.swap(false, Ordering::AcqRel)
    }

    fn create<'a>(
        &'a self,
        imsi: &'a str,
        keys: Option<&'a SimKeys>,
    ) -> Later<'a, Result<(), PortError>> {
        Box::pin(self.create_with(imsi, keys))
    }

    fn make_whole<'a>(
        &'a self,
        record: &'a HlrRecord,
        keys: &'a SimKeys,
    ) -> Later<'a, Result<Option<HlrRecord>, PortError>> {
        Box::pin(self.whole(record, keys))
    }

    fn set_number<'a>(
        &'a self,
        imsi: &'a str,
        msisdn: Option<&'a str>,
    ) -> Later<'a, Result<(), PortError>> {
        Box::pin(self.number(imsi, msisdn))
    }

    fn set_profile<'a>(
        &'a self,
        imsi: &'a str,
        profile: NetworkProfile,
    ) -> Later<'a, Result<(), PortError>> {
        Box::pin(self.profile(imsi, profile))
    }

    fn read<'a>(&'a self, imsi: &'a str) -> Later<'a, Result<Option<HlrRecord>, PortError>> {
        Box::pin(self.record(imsi))
    }

    fn remove<'a>(&'a self, imsi: &'a str) -> Later<'a, Result<(), PortError>> {
        Box::pin(self.delete(imsi))
    }
}

fn record_of(info: Info) -> HlrRecord {
    let cs = if info.cs { CS } else { ServiceProfile::NOTHING };
    let ps = if info.ps { PS } else { ServiceProfile::NOTHING };
    let profile = CAPABILITIES.with_riders(cs.or(ps)).into();
    HlrRecord { imsi: info.imsi, msisdn: info.msisdn, profile }
}

fn access_of(profile: NetworkProfile) -> Access {
    let profile = ServiceProfile::from(profile);
    let allows = |switch: ServiceProfile| switch.without(profile) == ServiceProfile::NOTHING;
    Access { cs: allows(CS), ps: allows(PS) }
}

fn not_done() -> PortError {
    PortError::Unreachable("it was not done".to_owned())
}

/// A command is one line of words: nothing but digits may come into it from outside.
fn digits(text: &str) -> Result<(), PortError> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { Ok(()) } else { Err(PortError::Rejected("not a number".to_owned())) }
}

/// What osmo-hlr may say no with that is of use to a reader and of nobody.
const REASONS: [&str; 9] = [
    "No subscriber for",
    "No such subscriber",
    "Subscriber already exists",
    "Cannot update",
    "Cannot create",
    "Update MSISDN failed",
    "Command not found",
    "Unknown command",
    "Invalid value",
];

/// The register says no. Its words may repeat a number, or be anything at all: known ones are told.
fn refused(reason: &str) -> PortError {
    let known = REASONS.into_iter().find(|known| reason.contains(known));
    PortError::Rejected(known.unwrap_or("for a reason of the register's own").to_owned())
}
