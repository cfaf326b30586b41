//! The threads that read: each with its own connection, taking the oldest question that waits.
//!
//! A thread that has answered looks for the next question before it sleeps, and no more threads are
//! woken than there are cores while questions are quick, so that under load no question costs a
//! switch of threads. Once one has waited for a moment, another thread is woken: a question that
//! takes long holds up its own thread only.

use super::snapshot::Snapshot;
use super::{BUSY_WAIT, STATEMENTS_MAX, control, run};
use crate::error::{Error, ErrorKind};
use crate::statement::Statement;
use crate::value::{Row, Value};
use rusqlite::{Connection, OpenFlags};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// A question that has waited for so long gets a thread of its own, if there is one left.
const PATIENCE: Duration = Duration::from_millis(1);

type Queries = Vec<(&'static Statement, Vec<Value>)>;
type Answer = Result<Vec<Vec<Row>>, Error>;

/// What is done with a snapshot on a thread that reads; whether there may be more to do later, with
/// another one.
pub(crate) type Work = Box<dyn FnMut(Result<&Snapshot<'_>, Error>) -> bool + Send>;

/// What one caller wants of one snapshot.
enum Wanted {
    /// The rows of these queries.
    Rows(Queries, oneshot::Sender<Answer>),
    Work(Work),
}

impl Wanted {
    /// Tells whoever asked that nothing can be read.
    fn refuse(self, error: &Error) {
        match self {
            Self::Rows(_, reply) => drop(reply.send(Err(error.again()))),
            Self::Work(mut work) => while work(Err(error.again())) {},
        }
    }
}

struct Question {
    asked_at: Instant,
    wanted: Wanted,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Question>,
    threads: usize,
    /// Asleep and not called yet.
    asleep: usize,
    /// Called and not awake yet.
    called: usize,
    is_closed: bool,
}

struct Shared {
    path: PathBuf,
    threads_max: usize,
    /// So many threads are awake before a question has to wait.
    awake_min: usize,
    state: Mutex<State>,
    wake: Condvar,
}

/// Those who read, started as they are needed.
pub(super) struct Readers(Arc<Shared>);

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Readers").field(&self.0.path).finish()
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.0.state().is_closed = true;
        self.0.wake.notify_all();
    }
}

impl Readers {
    /// Readers of the file at `path`, at most so many at a time.
    pub(super) fn new(path: &Path, threads_max: usize) -> Self {
        let state = Mutex::default();
        let threads_max = threads_max.max(1);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Shared {
            path: path.to_owned(),
            threads_max,
            awake_min: (cores + 1).min(threads_max),
            state,
            wake: Condvar::new(),
        }))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0.path
    }

    /// Runs the queries one after another on one snapshot.
    pub(super) async fn query(&self, queries: Queries) -> Answer {
        let (reply, answer) = oneshot::channel();
        let wanted = Wanted::Rows(queries, reply);
        self.0.ask(Question { asked_at: Instant::now(), wanted })?;
        answer.await.map_err(|_| Error::new(ErrorKind::Bug, "a thread that reads panicked"))?
    }

    /// Calls `work` whenever its turn comes, until there is nothing more to do.
    pub(super) fn read_with(&self, work: Work) {
        // If no thread can be started, it was told so.
        let _ = self.0.ask(Question { asked_at: Instant::now(), wanted: Wanted::Work(work) });
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(self: &Arc<Self>, question: Question) -> Result<(), Error> {
        let mut state = self.state();
        let now = question.asked_at;
        state.waiting.push_back(question);
        self.help(state, now)
    }

    /// Wakes or starts one more thread, if there are too few for what waits.
    fn help(self: &Arc<Self>, mut state: MutexGuard<'_, State>, now: Instant) -> Result<(), Error> {
        let awake = state.threads - state.asleep;
        let Some(oldest) = state.waiting.front() else { return Ok(()) };
        if awake >= self.awake_min && now.duration_since(oldest.asked_at) < PATIENCE {
            return Ok(());
        }
        if state.asleep > 0 {
            state.asleep -= 1;
            state.called += 1;
            drop(state);
            self.wake.notify_one();
        } else if state.threads < self.threads_max {
            state.threads += 1;
            drop(state);
            return self.start();
        }
        Ok(())
    }

    fn start(self: &Arc<Self>) -> Result<(), Error> {
        let shared = Arc::clone(self);
        let thread = std::thread::Builder::new().name("sqlite-reader".to_owned());
        let started = thread.spawn(move || {
            // Counted down however the thread ends: a panic must not use up its place.
            let _place = Place(&shared);
            shared.answer_all();
        });
        if let Err(error) = started {
            let mut state = self.state();
            state.threads -= 1;
            if state.threads == 0 {
                let waiting = std::mem::take(&mut state.waiting);
                drop(state);
                let text = "cannot start a thread that reads";
                let error = Error::caused(ErrorKind::Unavailable, text, error);
                for question in waiting {
                    question.wanted.refuse(&error);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn answer_all(self: &Arc<Self>) {
        let mut connection = None;
        while let Some(question) = self.next() {
            if matches!(&question.wanted, Wanted::Rows(_, reply) if reply.is_closed()) {
                continue;
            }
            let open = || open_reader(&self.path);
            let opened = connection.take().map_or_else(open, Ok);
            match question.wanted {
                Wanted::Rows(queries, reply) => {
                    let answer = opened.as_ref().map_err(Error::again);
                    let _ = reply.send(answer.and_then(|opened| read(opened, &queries)));
                }
                Wanted::Work(mut work) => {
                    let is_more = match &opened {
                        Ok(opened) => Snapshot::of(opened, &mut work),
                        Err(error) => work(Err(error.again())),
                    };
                    // Others come first: it waits again.
                    if is_more {
                        let question =
                            Question { asked_at: Instant::now(), wanted: Wanted::Work(work) };
                        self.state().waiting.push_back(question);
                    }
                }
            }
            // A connection still inside a transaction is not fit for the next question.
            connection = opened.ok().filter(Connection::is_autocommit);
        }
    }

    /// The oldest question, waited for; `None` once nobody can ask any more.
    fn next(self: &Arc<Self>) -> Option<Question> {
        let mut state = self.state();
        loop {
            if let Some(question) = state.waiting.pop_front() {
                // Those behind it may have waited for long already.
                if state.waiting.front().is_some_and(|next| next.asked_at.elapsed() > PATIENCE) {
                    let _ = self.help(state, Instant::now());
                }
                return Some(question);
            }
            if state.is_closed {
                return None;
            }
            state.asleep += 1;
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            match state.called.checked_sub(1) {
                Some(called) => state.called = called,
                // Nobody called: threads may wake by themselves.
                None => state.asleep = state.asleep.saturating_sub(1),
            }
        }
    }
}

struct Place<'a>(&'a Arc<Shared>);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.threads -= 1;
        let is_needed = !state.is_closed && !state.waiting.is_empty() && state.threads == 0;
        state.threads += usize::from(is_needed);
        drop(state);
        if is_needed {
            let _ = self.0.start();
        }
    }
}

pub(super) fn open_reader(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|e| Error::sqlite("open a reader", e))?;
    connection.busy_timeout(BUSY_WAIT).map_err(|e| Error::sqlite("open a reader", e))?;
    let pragmas = "pragma temp_store = memory; pragma cache_size = -2048;";
    connection.execute_batch(pragmas).map_err(|e| Error::sqlite("open a reader", e))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(connection)
}

fn read(
    connection: &Connection,
    queries: &[(&'static Statement, Vec<Value>)],
) -> Result<Vec<Vec<Row>>, Error> {
    let is_many = queries.len() > 1;
    if is_many {
        control(connection, "begin deferred")?;
    }
    let answer = queries
        .iter()
        .map(|(statement, params)| run(connection, statement, params).map(|(rows, _)| rows))
        .collect();
    if is_many {
        control(connection, "commit")?;
    }
    answer
}
