//! SQLite: one writer thread with group commit, and threads that read.
//!
//! While one group is being made durable, the batches that arrive wait and become the next group:
//! one fsync serves them all. A conflict in one batch does not harm the others: most show at its
//! first statement, before anything of it is written; for the rest the group is done once more with
//! a savepoint around each batch. An answer is given only after the commit that holds it is on the
//! disk.

use crate::batch::Op;
use crate::error::{CommitError, Error, ErrorKind};
use crate::migrate::{Extent, Migrated};
use crate::statement::{Statement, texts};
use crate::value::{Row, Value};
use company::Company;
use readers::{Readers, open_reader};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, params_from_iter};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Batches in one group commit: bounds how long the first of them waits for the last.
const GROUP_MAX: usize = 512;
/// Batches waiting for the writer before callers have to wait to hand theirs over.
const QUEUE_MAX: usize = 4096;
/// Prepared statements kept per connection: more than there are statements.
const STATEMENTS_MAX: usize = 1024;
/// How long another process (an import beside a server) may hold the write lock.
const BUSY_WAIT: Duration = Duration::from_secs(20);

mod company;
mod readers;

type Answer = Result<Vec<Vec<Row>>, CommitError>;

/// Batches of one caller, each answered for itself.
struct Request {
    batches: Vec<Vec<Op>>,
    reply: oneshot::Sender<Vec<Answer>>,
}

/// The SQLite engine.
#[derive(Debug)]
pub(crate) struct Sqlite {
    writer: mpsc::Sender<Request>,
    company: Company,
    readers: Readers,
}

impl Sqlite {
    /// Opens or creates the file, brings its schema up to date and starts the writer.
    pub(crate) async fn open(path: &Path, readers: usize) -> Result<Self, Error> {
        let (writer, requests) = mpsc::channel(QUEUE_MAX);
        let (opened, is_open) = oneshot::channel();
        let own_path = path.to_owned();
        let run = move || match open_writer(&own_path) {
            Ok(connection) => {
                let _ = opened.send(Ok(()));
                run_writer(&connection, requests);
            }
            Err(error) => {
                let _ = opened.send(Err(error));
            }
        };
        std::thread::Builder::new().name("sqlite-writer".to_owned()).spawn(run).map_err(|e| {
            Error::caused(ErrorKind::Unavailable, "cannot start the writer thread", e)
        })?;
        is_open.await.map_err(|_| Error::new(ErrorKind::Bug, "the writer thread died"))??;
        let company = Company::of(writer.clone());
        Ok(Self { writer, company, readers: Readers::new(path, readers) })
    }

    /// Runs the queries one after another on one snapshot.
    pub(crate) async fn query(
        &self,
        queries: Vec<(&'static Statement, Vec<Value>)>,
    ) -> Result<Vec<Vec<Row>>, Error> {
        self.readers.query(queries).await
    }

    /// Hands a batch to the writer and waits until it is durable.
    pub(crate) async fn commit(&self, ops: Vec<Op>) -> Answer {
        self.commit_many(vec![ops]).await?.pop().unwrap_or_else(|| Err(gone().into()))
    }

    /// The same for a batch that nobody waits for: it waits for company.
    pub(crate) async fn commit_in_company(&self, ops: Vec<Op>) -> Answer {
        self.company.commit(ops).await
    }

    /// Hands several batches to the writer at once and waits until they are durable; each has its
    /// own answer.
    pub(crate) async fn commit_many(&self, batches: Vec<Vec<Op>>) -> Result<Vec<Answer>, Error> {
        commit_many(&self.writer, batches).await
    }

    /// Prepares `sql` on a read-only connection, to see whether it is sound.
    pub(crate) fn prepare(&self, sql: &str) -> Result<(), Error> {
        let connection = open_reader(self.readers.path())?;
        connection.prepare(sql).map(drop).map_err(|e| Error::sqlite("prepare", e))
    }
}

async fn commit_many(
    writer: &mpsc::Sender<Request>,
    batches: Vec<Vec<Op>>,
) -> Result<Vec<Answer>, Error> {
    let (reply, answer) = oneshot::channel();
    writer.send(Request { batches, reply }).await.map_err(|_| gone())?;
    answer.await.map_err(|_| gone())
}

fn gone() -> Error {
    Error::new(ErrorKind::Unavailable, "the writer has stopped")
}

fn open_writer(path: &Path) -> Result<Connection, Error> {
    let connection = connect_writer(path)?;
    crate::migrate::sqlite(&connection, Extent::Expand)?;
    Ok(connection)
}

fn connect_writer(path: &Path) -> Result<Connection, Error> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|e| {
            Error::caused(ErrorKind::Config, format!("cannot make {}", folder.display()), e)
        })?;
    }
    let what = format!("open {}", path.display());
    let connection = Connection::open(path).map_err(|e| Error::sqlite(&what, e))?;
    keep_private(path)?;
    // The cache holds what one group touches. More of it would cost more than it saves: below a
    // gigabyte SQLite looks through all of its cache at the end of each transaction that reordered
    // pages, and the machine keeps the file in memory anyway.
    let pragmas = "pragma journal_mode = wal; pragma synchronous = full; \
        pragma foreign_keys = on; pragma temp_store = memory; pragma cache_size = -16384; \
        pragma wal_autocheckpoint = 16000;";
    connection.busy_timeout(BUSY_WAIT).map_err(|e| Error::sqlite(&what, e))?;
    connection.execute_batch(pragmas).map_err(|e| Error::sqlite(&what, e))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    forget_statistics(&connection).map_err(|e| Error::sqlite(&what, e))?;
    crate::transfer::refuse_moved(&connection)?;
    Ok(connection)
}

/// Takes away what was once counted of the tables. Each statement has the index it wants, which
/// SQLite takes as long as it knows nothing; counts from when a table had one row make it read all
/// of a table that has ten thousand by now.
fn forget_statistics(connection: &Connection) -> rusqlite::Result<()> {
    let known = "select 1 from sqlite_schema where name = 'sqlite_stat1'";
    if connection.prepare(known)?.exists([])? {
        connection.execute_batch("drop table sqlite_stat1;")?;
    }
    Ok(())
}

/// Brings the schema of a file up to date.
pub(crate) fn migrate(path: &Path, extent: Extent) -> Result<Migrated, Error> {
    crate::migrate::sqlite(&connect_writer(path)?, extent)
}

/// Nobody else on the machine reads it; SQLite gives its log the same rights.
fn keep_private(path: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let owner_only = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(path, owner_only).map_err(|e| {
            Error::caused(ErrorKind::Config, format!("cannot protect {}", path.display()), e)
        })?;
    }
    Ok(())
}

/// Runs one statement; the rows it returns and how many it returned or changed.
fn run(
    connection: &Connection,
    statement: &Statement,
    params: &[Value],
) -> Result<(Vec<Row>, u64), Error> {
    let text = &texts(statement)?.sqlite;
    let prepared = connection.prepare_cached(text);
    run_prepared(&mut *prepared.map_err(|e| Error::sqlite(statement.name, e))?, statement, params)
}

fn run_prepared(
    prepared: &mut rusqlite::Statement<'_>,
    statement: &Statement,
    params: &[Value],
) -> Result<(Vec<Row>, u64), Error> {
    let fail = |e| Error::sqlite(statement.name, e);
    let columns = prepared.column_count();
    if columns == 0 {
        let changed = prepared.execute(params_from_iter(params)).map_err(fail)?;
        return Ok((Vec::new(), changed as u64));
    }
    let mut answer = prepared.query(params_from_iter(params)).map_err(fail)?;
    let mut rows = Vec::new();
    while let Some(row) = answer.next().map_err(fail)? {
        let values = (0..columns).map(|index| {
            let value = row.get_ref(index).map_err(fail)?;
            value_of(value).ok_or_else(|| {
                let text =
                    format!("{}: column {index} is no integer, text or blob", statement.name);
                Error::new(ErrorKind::Bug, text)
            })
        });
        rows.push(Row::new(values.collect::<Result<_, _>>()?));
    }
    let count = rows.len() as u64;
    Ok((rows, count))
}

fn value_of(value: ValueRef<'_>) -> Option<Value> {
    match value {
        ValueRef::Null => Some(Value::Null),
        ValueRef::Integer(int) => Some(Value::Int(int)),
        ValueRef::Text(text) => String::from_utf8(text.to_vec()).ok().map(Value::Text),
        ValueRef::Blob(blob) => Some(Value::Blob(blob.to_vec())),
        ValueRef::Real(_) => None,
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let json = |text: serde_json::Result<String>| {
            let text = text.map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?;
            Ok(ToSqlOutput::Owned(rusqlite::types::Value::Text(text)))
        };
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(int) => ValueRef::Integer(*int),
            Self::Bool(bool) => ValueRef::Integer(i64::from(*bool)),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(blob) => ValueRef::Blob(blob),
            Self::Ints(ints) => return json(serde_json::to_string(ints)),
            Self::Texts(texts) => return json(serde_json::to_string(texts)),
        }))
    }
}

/// The writer: takes whatever is waiting, commits it in one go, answers, until nobody is left.
fn run_writer(connection: &Connection, mut requests: mpsc::Receiver<Request>) {
    let mut writer = Writer { connection, prepared: HashMap::new() };
    let mut group = Vec::with_capacity(GROUP_MAX);
    while let Some(first) = requests.blocking_recv() {
        group.push(first);
        while group.len() < GROUP_MAX
            && let Ok(next) = requests.try_recv()
        {
            group.push(next);
        }
        writer.commit_group(&mut group);
    }
    drop(writer);
    // A clean end leaves a small log behind; a failure here costs nothing but that.
    let _ = connection.execute_batch("pragma wal_checkpoint(passive);");
}

struct Writer<'c> {
    connection: &'c Connection,
    /// By the place of the text in the program: looking a long text up costs more than many
    /// statements take to run.
    prepared: HashMap<(usize, usize), rusqlite::Statement<'c>>,
}

/// Why a group was not committed.
enum Undone {
    /// A batch failed after it had written: the group must be done again with savepoints.
    Spoiled,
    /// The database failed.
    Failed(Error),
}

impl Writer<'_> {
    fn commit_group(&mut self, group: &mut Vec<Request>) {
        let mut tried = self.try_group(group, false);
        if matches!(tried, Err(Undone::Spoiled)) {
            tried = self.try_group(group, true);
        }
        match tried {
            Ok(answers) => {
                for (request, answers) in group.drain(..).zip(answers) {
                    let _ = request.reply.send(answers);
                }
            }
            Err(Undone::Failed(error)) => fail_all(group.drain(..), &error),
            Err(Undone::Spoiled) => fail_all(group.drain(..), &rolled_back()),
        }
    }

    /// One transaction with every batch of the group; the answers of each request.
    fn try_group(
        &mut self,
        group: &[Request],
        is_careful: bool,
    ) -> Result<Vec<Vec<Answer>>, Undone> {
        let connection = self.connection;
        control(connection, "begin immediate").map_err(Undone::Failed)?;
        let mut all = Vec::with_capacity(group.len());
        for request in group {
            let mut answers = Vec::with_capacity(request.batches.len());
            for ops in &request.batches {
                let answer = if is_careful { Some(self.apply(ops)) } else { self.apply_bare(ops) };
                // A full disk and the like end the whole transaction; then nothing of it may be
                // promised.
                if connection.is_autocommit() {
                    return Err(Undone::Failed(match answer {
                        Some(Err(CommitError::Fault(error))) => error,
                        _ => rolled_back(),
                    }));
                }
                let Some(answer) = answer else {
                    control(connection, "rollback").map_err(Undone::Failed)?;
                    return Err(Undone::Spoiled);
                };
                answers.push(answer);
            }
            all.push(answers);
        }
        if let Err(error) = control(connection, "commit") {
            if !connection.is_autocommit() {
                let _ = control(connection, "rollback");
            }
            return Err(Undone::Failed(error));
        }
        Ok(all)
    }

    /// Applies one batch without a savepoint; `None` if it failed after it had written something.
    fn apply_bare(&mut self, ops: &[Op]) -> Option<Answer> {
        let mut rows = Vec::with_capacity(ops.len());
        for (place, op) in ops.iter().enumerate() {
            match self.apply_op(op) {
                Ok((answer, count)) if op.expect.is_met(count) => rows.push(answer),
                Ok((_, 0)) if place == 0 => return Some(conflict(op)),
                Err(error) if place == 0 && is_duplicate(&error) => {
                    return Some(Err(CommitError::Duplicate(op.statement.name)));
                }
                Err(error) if self.connection.is_autocommit() => return Some(Err(error.into())),
                Ok(_) | Err(_) => return None,
            }
        }
        Some(Ok(rows))
    }

    /// Applies one batch inside its savepoint.
    fn apply(&mut self, ops: &[Op]) -> Answer {
        let connection = self.connection;
        control(connection, "savepoint batch")?;
        let run = |op: &Op| match self.apply_op(op) {
            Ok((rows, count)) if op.expect.is_met(count) => Ok(rows),
            Ok(_) => Err(CommitError::Conflict(op.statement.name)),
            Err(error) if is_duplicate(&error) => Err(CommitError::Duplicate(op.statement.name)),
            Err(error) => Err(error.into()),
        };
        let answer = ops.iter().map(run).collect::<Answer>();
        if answer.is_err() && !connection.is_autocommit() {
            control(connection, "rollback to batch")?;
        }
        if !connection.is_autocommit() {
            control(connection, "release batch")?;
        }
        answer
    }

    fn apply_op(&mut self, op: &Op) -> Result<(Vec<Row>, u64), Error> {
        let sql = op.statement.sql;
        let prepared = match self.prepared.entry((sql.as_ptr().addr(), sql.len())) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let prepared = self.connection.prepare(&texts(op.statement)?.sqlite);
                entry.insert(prepared.map_err(|e| Error::sqlite(op.statement.name, e))?)
            }
        };
        run_prepared(prepared, op.statement, &op.params)
    }
}

fn conflict(op: &Op) -> Answer {
    Err(CommitError::Conflict(op.statement.name))
}

fn rolled_back() -> Error {
    Error::new(ErrorKind::Unavailable, "sqlite: the group was rolled back")
}

fn fail_all(group: impl Iterator<Item = Request>, error: &Error) {
    for request in group {
        let answers = request.batches.iter().map(|_| Err(error.again().into())).collect();
        let _ = request.reply.send(answers);
    }
}

fn is_duplicate(error: &Error) -> bool {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
    let source = std::error::Error::source(error).and_then(|e| e.downcast_ref());
    let code = match source {
        Some(rusqlite::Error::SqliteFailure(failure, _)) => failure.extended_code,
        _ => return false,
    };
    code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE
}

fn control(connection: &Connection, sql: &str) -> Result<(), Error> {
    let mut prepared = connection.prepare_cached(sql).map_err(|e| Error::sqlite(sql, e))?;
    prepared.execute([]).map(drop).map_err(|e| Error::sqlite(sql, e))
}
