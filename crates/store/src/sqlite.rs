//! SQLite: one thread that writes, one that makes durable what it wrote, and threads that read.

use crate::batch::Op;
use crate::error::{CommitError, Error, ErrorKind};
use crate::migrate::{Extent, Migrated};
use crate::statement::{Statement, texts};
use crate::value::{Columns as _, Row, Value};
use company::Company;
use flusher::Flusher;
use readers::{Readers, open_reader};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Params, params_from_iter};
use snapshot::Borrowed;
use std::path::Path;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Batches waiting for the writer before callers have to wait to hand theirs over.
const QUEUE_MAX: usize = 4096;
/// Prepared statements kept per connection: more than there are statements.
const STATEMENTS_MAX: usize = 1024;
/// How long another process (an import beside a server) may hold the write lock.
const BUSY_WAIT: Duration = Duration::from_secs(20);

mod company;
mod flusher;
mod readers;
mod snapshot;
mod writer;

pub(crate) use readers::Work;
pub(crate) use snapshot::Snapshot;

type Answer = Result<Vec<Vec<Row>>, CommitError>;

/// Batches of one caller, each answered for itself.
#[derive(Debug)]
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
            Ok(connection) => match Flusher::start(&connection) {
                Ok(flusher) => {
                    let _ = opened.send(Ok(()));
                    writer::run(&connection, requests, flusher);
                }
                Err(error) => {
                    let _ = opened.send(Err(error));
                }
            },
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

    /// Calls `work` on a thread that reads, whenever its turn comes, until it says that it is done.
    pub(crate) fn read_with(&self, work: Work) {
        self.readers.read_with(work);
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
    let mut rows = Vec::new();
    run_each(prepared, statement, params_from_iter(params), |row| {
        let values = (0..columns).map(|index| row.get(index));
        rows.push(Row::new(values.collect::<Result<_, _>>()?));
        Ok(())
    })?;
    let count = rows.len() as u64;
    Ok((rows, count))
}

/// Runs one statement and hands each row to `each`, before the next is read.
fn run_each(
    prepared: &mut rusqlite::Statement<'_>,
    statement: &Statement,
    params: impl Params,
    mut each: impl FnMut(&Borrowed<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let fail = |e| Error::sqlite(statement.name, e);
    let mut answer = prepared.query(params).map_err(fail)?;
    while let Some(row) = answer.next().map_err(fail)? {
        each(&Borrowed(row))?;
    }
    Ok(())
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

fn control(connection: &Connection, sql: &str) -> Result<(), Error> {
    let mut prepared = connection.prepare_cached(sql).map_err(|e| Error::sqlite(sql, e))?;
    prepared.execute([]).map(drop).map_err(|e| Error::sqlite(sql, e))
}
