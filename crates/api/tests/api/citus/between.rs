//! Somebody between the coordinator and each worker, who reads along and pulls a plug at the moment
//! that a test names.
//!
//! What the coordinator asks of a worker is PostgreSQL's own protocol: a byte, a length, a text.
//! The transactions that are meant are known by the tables they write, and followed by the number
//! that Citus gives every distributed transaction and repeats in the name of what it prepares.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};
use std::time::Duration;
use testkit::Citus;

/// How long one worker's turn is waited for; then the moment has passed unused.
const PATIENCE: Duration = Duration::from_secs(10);

/// When a plug is pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The worker that is the first to be asked to prepare dies before it hears of it.
    BeforeAnyPrepare,
    /// One worker has prepared; the other dies before it is asked.
    AfterOnePrepare,
    /// All have prepared; the coordinator dies before it hears of the last.
    BeforeTheDecision,
    /// The coordinator has decided; the first worker that is to commit dies before it hears of it.
    BeforeAnyCommit,
    /// One worker has committed; the other dies before it hears of it.
    AfterOneCommit,
    /// One worker has committed; the coordinator dies before it can say so to anybody.
    BeforeTheAnswer,
    /// All rows lie on one worker, and it dies before it is told to commit.
    AloneBeforeCommit,
    /// All rows lie on one worker; it commits, and dies before it can say so.
    AloneAfterCommit,
}

/// Who died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Machine {
    Coordinator,
    Worker(usize),
}

/// A transaction that writes all these tables, the first and the last on different workers.
#[derive(Debug)]
struct Plot {
    moment: Moment,
    tables: &'static [&'static str],
    /// Which worker a transaction wrote a table on.
    wrote: BTreeMap<(String, &'static str), usize>,
    prepares: BTreeSet<usize>,
    prepared: BTreeSet<usize>,
    commits: BTreeSet<usize>,
    committed: BTreeSet<usize>,
}

impl Plot {
    fn new(moment: Moment, tables: &'static [&'static str]) -> Self {
        let nobody = BTreeSet::new;
        Self {
            moment,
            tables,
            wrote: BTreeMap::new(),
            prepares: nobody(),
            prepared: nobody(),
            commits: nobody(),
            committed: nobody(),
        }
    }

    fn read(&mut self, worker: usize, transaction: &str, text: &str) {
        for &table in self.tables {
            if writes(text, table) {
                self.wrote.insert((transaction.to_owned(), table), worker);
            }
        }
    }

    fn means(&self, transaction: &str) -> bool {
        let at = |table| self.wrote.get(&(transaction.to_owned(), table));
        match (self.tables.first().map(|t| at(*t)), self.tables.last().map(|t| at(*t))) {
            (Some(Some(first)), Some(Some(last))) => first != last || self.tables.len() == 1,
            _ => false,
        }
    }
}

/// Whether this is a statement on a shard of the table that changes it.
fn writes(text: &str, table: &str) -> bool {
    let Some((before, after)) = text.split_once(&format!(".{table}_")) else { return false };
    let is_shard = after.starts_with(|c: char| c.is_ascii_digit());
    let verb = before.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    is_shard && ["insert", "update", "delete"].contains(&verb.as_str())
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Passes,
    /// The machine dies, and the message with the connection.
    Dies(Machine),
}

#[derive(Debug, Default)]
struct State {
    plot: Option<Plot>,
    struck: Option<Machine>,
}

#[derive(Debug)]
struct Shared {
    citus: Weak<Citus>,
    state: Mutex<State>,
    changed: Condvar,
}

/// In front of every worker.
#[derive(Debug)]
pub(crate) struct Between {
    /// Where the coordinator finds the workers.
    pub(crate) ports: Vec<u16>,
    shared: Arc<Shared>,
}

impl Between {
    pub(crate) fn start(citus: &Arc<Citus>) -> Self {
        let state = Mutex::default();
        let shared =
            Arc::new(Shared { citus: Arc::downgrade(citus), state, changed: Condvar::new() });
        let listen = |(worker, port): (usize, u16)| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let own = listener.local_addr().unwrap().port();
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || {
                for client in listener.incoming().flatten() {
                    // Whoever is dead is not reached, and the connection ends.
                    let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                    carry(&shared, worker, client, server);
                }
            });
            own
        };
        let ports = citus.ports().into_iter().enumerate().map(listen).collect();
        Self { ports, shared }
    }

    /// A plug will be pulled at this moment of a transaction that writes these tables.
    pub(crate) fn strike_at(&self, moment: Moment, tables: &'static [&'static str]) {
        let plot = Some(Plot::new(moment, tables));
        *self.shared.lock() = State { plot, struck: None };
    }

    /// Whose plug was pulled; nobody's will be from now on.
    pub(crate) fn struck(&self) -> Option<Machine> {
        let mut state = self.shared.lock();
        state.plot = None;
        state.struck.take()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Waits until the plot says so; whether it did.
    fn wait(&self, state: MutexGuard<'_, State>, is_so: impl Fn(&Plot) -> bool) -> bool {
        let waits = |state: &mut State| state.plot.as_ref().is_some_and(|plot| !is_so(plot));
        let (state, _) = self.changed.wait_timeout_while(state, PATIENCE, waits).unwrap();
        state.plot.as_ref().is_some_and(is_so)
    }

    /// A message of the coordinator's: the text of a statement, in a transaction.
    fn asked(&self, worker: usize, transaction: &str, text: &str) -> Fate {
        let mut state = self.lock();
        let Some(plot) = &mut state.plot else { return Fate::Passes };
        plot.read(worker, transaction, text);
        if !plot.means(transaction) {
            return Fate::Passes;
        }
        let me = Fate::Dies(Machine::Worker(worker));
        let moment = plot.moment;
        let (is_first, strikes_first, strikes_later) = if text.starts_with("PREPARE TRANSACTION") {
            plot.prepares.insert(worker);
            let is_first = plot.prepares.len() == 1;
            (is_first, moment == Moment::BeforeAnyPrepare, moment == Moment::AfterOnePrepare)
        } else if text.starts_with("COMMIT PREPARED") {
            plot.commits.insert(worker);
            let is_first = plot.commits.len() == 1;
            (is_first, moment == Moment::BeforeAnyCommit, moment == Moment::AfterOneCommit)
        } else {
            let is_it = moment == Moment::AloneBeforeCommit && text.starts_with("COMMIT");
            return if is_it { me } else { Fate::Passes };
        };
        // Whoever strikes after one has done it waits until that one says so.
        let is_done = |plot: &Plot| match moment {
            Moment::AfterOnePrepare => !plot.prepared.is_empty(),
            _ => !plot.committed.is_empty(),
        };
        let dies =
            if is_first { strikes_first } else { strikes_later && self.wait(state, is_done) };
        if dies { me } else { Fate::Passes }
    }

    /// What a worker says it has done, in a transaction.
    fn answered(&self, worker: usize, transaction: &str, tag: &str) -> Fate {
        let mut state = self.lock();
        let Some(plot) = state.plot.as_mut().filter(|plot| plot.means(transaction)) else {
            return Fate::Passes;
        };
        let all = self.citus.upgrade().map_or(0, |citus| citus.workers.len());
        let fate = match tag {
            "PREPARE TRANSACTION" => {
                plot.prepared.insert(worker);
                let is_last = plot.prepared.len() == all;
                let is_it = plot.moment == Moment::BeforeTheDecision && is_last;
                is_it.then_some(Machine::Coordinator)
            }
            "COMMIT PREPARED" => {
                plot.committed.insert(worker);
                let is_it = plot.moment == Moment::BeforeTheAnswer;
                is_it.then_some(Machine::Coordinator)
            }
            "COMMIT" => {
                let is_it = plot.moment == Moment::AloneAfterCommit;
                is_it.then_some(Machine::Worker(worker))
            }
            _ => None,
        };
        self.changed.notify_all();
        fate.map_or(Fate::Passes, Fate::Dies)
    }

    /// Pulls the plug, once.
    fn strike(&self, machine: Machine) {
        let mut state = self.lock();
        if state.plot.take().is_none() {
            return;
        }
        state.struck = Some(machine);
        let Some(citus) = self.citus.upgrade() else { return };
        match machine {
            Machine::Coordinator => citus.coordinator.kill(),
            Machine::Worker(worker) => citus.workers[worker].kill(),
        }
        self.changed.notify_all();
    }
}

/// Carries messages both ways until either side ends.
fn carry(shared: &Arc<Shared>, worker: usize, client: TcpStream, server: TcpStream) {
    // Otherwise every small message waits for an acknowledgement.
    for stream in [&client, &server] {
        stream.set_nodelay(true).unwrap();
    }
    let transaction = Arc::new(Mutex::new(String::new()));
    let ends = [client.try_clone().unwrap(), server.try_clone().unwrap()];
    let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let (above, below) = (Arc::clone(shared), Arc::clone(shared));
    let (one, other) = (Arc::clone(&transaction), transaction);
    let end = move |_: io::Result<()>| {
        for end in &ends {
            drop(end.shutdown(Shutdown::Both));
        }
    };
    let end = Arc::new(end);
    let end_too = Arc::clone(&end);
    std::thread::spawn(move || end(there(&above, worker, &one, client, server)));
    std::thread::spawn(move || end_too(here(&below, worker, &other, back.0, back.1)));
}

/// To the worker.
fn there(
    shared: &Shared,
    worker: usize,
    transaction: &Mutex<String>,
    mut from: TcpStream,
    mut to: TcpStream,
) -> io::Result<()> {
    // The first message has no type.
    to.write_all(&message(&mut from, false)?)?;
    loop {
        let message = message(&mut from, true)?;
        let text = statement(&message);
        let number = {
            let mut transaction = transaction.lock().unwrap();
            if let Some(begun) = number_of(&text) {
                *transaction = begun;
            }
            transaction.clone()
        };
        match shared.asked(worker, &number, &text) {
            Fate::Passes => to.write_all(&message)?,
            Fate::Dies(machine) => {
                shared.strike(machine);
                return Ok(());
            }
        }
    }
}

/// Back from the worker.
fn here(
    shared: &Shared,
    worker: usize,
    transaction: &Mutex<String>,
    mut from: TcpStream,
    mut to: TcpStream,
) -> io::Result<()> {
    loop {
        let message = message(&mut from, true)?;
        if message[0] == b'C' {
            let tag = String::from_utf8_lossy(&message[5..]);
            let number = transaction.lock().unwrap().clone();
            let fate = shared.answered(worker, &number, tag.trim_end_matches('\0'));
            if let Fate::Dies(machine) = fate {
                shared.strike(machine);
                return Ok(());
            }
        }
        to.write_all(&message)?;
    }
}

/// The next whole message.
fn message(from: &mut TcpStream, has_type: bool) -> io::Result<Vec<u8>> {
    let head = if has_type { 5 } else { 4 };
    let mut message = vec![0; head];
    from.read_exact(&mut message)?;
    let length = [0, 1, 2, 3].map(|at| message[head - 4 + at]);
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap();
    message.resize(head - 4 + length, 0);
    from.read_exact(&mut message[head..])?;
    Ok(message)
}

/// The text of a statement, or nothing.
fn statement(message: &[u8]) -> String {
    let body = match message[0] {
        b'Q' => &message[5..],
        // The name of a prepared statement, empty for Citus, stands before it.
        b'P' => message[5..].splitn(2, |byte| *byte == 0).nth(1).unwrap_or_default(),
        _ => &[],
    };
    String::from_utf8_lossy(body.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}

/// The number of the distributed transaction that a connection joins with this text.
fn number_of(text: &str) -> Option<String> {
    let (_, arguments) = text.split_once("assign_distributed_transaction_id(")?;
    Some(arguments.split(',').nth(1)?.trim().to_owned())
}
