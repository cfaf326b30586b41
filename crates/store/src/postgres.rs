//! PostgreSQL: a pool of connections; a batch is one transaction, sent as a pipeline.
//!
//! Sessions are read-only by default, so nothing but [`Postgres::commit`] can write. Batches run
//! at "read committed": what they check are versions and unique keys of rows they write, which
//! that level guards. What is tried again stands in [`retry`] and nowhere else.

mod address;
mod retry;
mod tls;

use crate::batch::Op;
use crate::error::{CommitError, Error, ErrorKind};
use crate::migrate::{Extent, Migrated};
use crate::options::Options;
use crate::statement::{Statement, texts};
use crate::value::{Row, Value};
use bytes::BytesMut;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use futures::TryStreamExt;
use futures::future::join_all;
use retry::{Again, Tries};
use std::time::{Duration, Instant};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// How long a caller waits for a connection.
const POOL_WAIT: Duration = Duration::from_secs(20);
/// Begins what reads.
const READ: &str = "begin isolation level repeatable read read only";
/// Begins what writes.
const WRITE: &str = "begin isolation level read committed read write";

type Answer = Result<Vec<Vec<Row>>, CommitError>;

/// The PostgreSQL engine.
#[derive(Debug)]
pub(crate) struct Postgres {
    pool: Pool,
}

/// A database that takes longer to say no than this is not asked again.
const OPEN_WAIT: Duration = Duration::from_secs(5);

/// Pauses between the attempts to open a database that answers, then does not.
const OPEN_PAUSES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(300), Duration::from_millis(900)];

/// Why a batch was not committed.
#[derive(Debug)]
struct Failed {
    error: CommitError,
    /// Whether the commit was sent: then a lost connection leaves open what happened.
    is_sent: bool,
}

impl Failed {
    fn why(&self) -> Again {
        match &self.error {
            CommitError::Fault(error) => match retry::why(error) {
                Again::Connection if self.is_sent => Again::Never,
                why => why,
            },
            CommitError::Conflict(_) | CommitError::Duplicate(_) => Again::Never,
        }
    }
}

impl From<CommitError> for Failed {
    fn from(error: CommitError) -> Self {
        Self { error, is_sent: false }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error: error.into(), is_sent: false }
    }
}

impl Postgres {
    /// Connects, checks the database's settings and brings its schema up to date, as far as older
    /// programs can live with it.
    ///
    /// A connection may be lost on the way, as when the server is about to restart: that is no
    /// reason for a process to end, so it is tried a few times.
    pub(crate) async fn open(options: &Options) -> Result<Self, Error> {
        let own = Self::connect(options, &options.address)?;
        let began = Instant::now();
        for pause in OPEN_PAUSES {
            match own.prepare_schema().await {
                Err(error) if error.is_retryable() && began.elapsed() < OPEN_WAIT => {
                    tracing::warn!(%error, "the database is asked again");
                    tokio::time::sleep(pause).await;
                }
                other => return other.map(|()| own),
            }
        }
        own.prepare_schema().await.map(|()| own)
    }

    async fn prepare_schema(&self) -> Result<(), Error> {
        let client = self.client().await?;
        check_collation(&client).await?;
        let migrated = crate::migrate::postgres(&client, Extent::Expand).await?;
        if let Some(first) = migrated.waiting.first() {
            tracing::info!(first, "waits for `baohao migrate --contract`");
        }
        crate::transfer::refuse_unfinished(&client).await
    }

    /// A pool for this address; connects when it is first asked.
    pub(crate) fn connect(options: &Options, address: &str) -> Result<Self, Error> {
        let (mut config, tls) = address::parse(address, options)?;
        address::session(&mut config, options);
        let manager_config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(config, tls, manager_config))
            .max_size(options.connections)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(POOL_WAIT))
            .create_timeout(Some(POOL_WAIT))
            .build()
            .map_err(|e| Error::caused(ErrorKind::Bug, "cannot make the pool", e))?;
        Ok(Self { pool })
    }

    async fn client(&self) -> Result<Object, Error> {
        use deadpool_postgres::PoolError;
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => not_connected(error),
            other => Error::caused(ErrorKind::Unavailable, "postgres: no connection", other),
        })
    }

    /// A connection that has prepared the statements: one that still had to be prepared would be
    /// overtaken by those behind it.
    async fn prepared(
        &self,
        statements: impl Iterator<Item = &'static Statement>,
    ) -> Result<Object, Error> {
        let client = self.client().await?;
        for statement in statements {
            let fail = |e| Error::postgres(statement.name, e);
            client.prepare_cached(&texts(statement)?.postgres).await.map_err(fail)?;
        }
        Ok(client)
    }

    /// Runs the queries on one snapshot.
    pub(crate) async fn query(
        &self,
        queries: &[(&'static Statement, Vec<Value>)],
    ) -> Result<Vec<Vec<Row>>, Error> {
        let mut tries = Tries::default();
        loop {
            match self.query_once(queries).await {
                Err(error) if tries.again(retry::why(&error)).await => {}
                answer => return answer,
            }
        }
    }

    async fn query_once(
        &self,
        queries: &[(&'static Statement, Vec<Value>)],
    ) -> Result<Vec<Vec<Row>>, Error> {
        if let [(statement, params)] = queries {
            let client = self.client().await?;
            let (rows, _) = run(&client, statement, params).await?;
            return Ok(vec![rows]);
        }
        let client = self.prepared(queries.iter().map(|(statement, _)| *statement)).await?;
        let snapshot = Transaction::of(client);
        let runs =
            queries.iter().map(|(statement, params)| run(snapshot.client(), statement, params));
        // Polled in order, so sent in order: one round trip for the beginning and all of them.
        let (begun, answers) = futures::join!(control(snapshot.client(), READ), join_all(runs));
        begun?;
        let end = snapshot.end("commit").await;
        let rows = answers.into_iter().map(|answer| answer.map(|(rows, _)| rows)).collect();
        end.and(rows)
    }

    /// Commits a batch; loses against others at the database are tried again.
    pub(crate) async fn commit(&self, ops: Vec<Op>) -> Answer {
        self.commit_all(&ops).await
    }

    /// Commits several batches in as few transactions as they allow: all in one, and if one of them
    /// fails, each half for itself, down to the one that fails.
    pub(crate) async fn commit_many(&self, batches: Vec<Vec<Op>>) -> Vec<Answer> {
        let mut ends = vec![0];
        let mut ops = Vec::new();
        for batch in batches {
            ops.extend(batch);
            ends.push(ops.len());
        }
        let count = ends.len() - 1;
        let mut answers: Vec<(usize, Answer)> = Vec::with_capacity(count);
        let mut parts = vec![std::ops::Range { start: 0, end: count }];
        while let Some(part) = parts.pop().filter(|part| !part.is_empty()) {
            let bounds = ends.get(part.start).zip(ends.get(part.end));
            let some = bounds.and_then(|(from, to)| ops.get(*from..*to)).unwrap_or_default();
            match self.commit_all(some).await {
                Ok(_) => answers.extend(part.map(|place| (place, Ok(Vec::new())))),
                Err(CommitError::Fault(error)) if error.is_retryable() => {
                    answers.extend(part.map(|place| (place, Err(error.again().into()))));
                }
                Err(error) if part.len() == 1 => answers.push((part.start, Err(error))),
                Err(_) => {
                    let middle = usize::midpoint(part.start, part.end);
                    parts.extend([middle..part.end, part.start..middle]);
                }
            }
        }
        answers.sort_by_key(|(place, _)| *place);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    async fn commit_all(&self, ops: &[Op]) -> Answer {
        let mut tries = Tries::default();
        loop {
            match self.commit_once(ops).await {
                Ok(rows) => return Ok(rows),
                Err(failed) if tries.again(failed.why()).await => {}
                Err(failed) => return Err(failed.error),
            }
        }
    }

    async fn commit_once(&self, ops: &[Op]) -> Result<Vec<Vec<Row>>, Failed> {
        let client = self.prepared(ops.iter().map(|op| op.statement)).await?;
        let transaction = Transaction::of(client);
        let runs = ops.iter().map(|op| run(transaction.client(), op.statement, &op.params));
        // As above: one round trip for the beginning and all statements, one for the end.
        let (begun, answers) = futures::join!(control(transaction.client(), WRITE), join_all(runs));
        begun?;
        let checked = ops.iter().zip(answers).map(|(op, answer)| check(op, answer));
        match checked.collect::<Answer>() {
            Ok(rows) => match transaction.end("commit").await {
                Ok(()) => Ok(rows),
                Err(error) => Err(Failed { error: error.into(), is_sent: true }),
            },
            Err(error) => {
                // If even this fails the connection is gone, and the transaction with it.
                let _ = transaction.end("rollback").await;
                Err(error.into())
            }
        }
    }

    /// Prepares `sql`, to see whether it is sound.
    pub(crate) async fn prepare(&self, sql: &str) -> Result<(), Error> {
        let client = self.client().await?;
        client.prepare(sql).await.map(drop).map_err(|e| Error::postgres("prepare", e))
    }
}

/// Brings the schema up to date; also that of a database into which a move is not finished.
pub(crate) async fn migrate(options: &Options, extent: Extent) -> Result<Migrated, Error> {
    let client = Postgres::connect(options, &options.address)?.client().await?;
    check_collation(&client).await?;
    crate::migrate::postgres(&client, extent).await
}

/// One connection without the settings and limits of a session, for what takes as long as it takes.
pub(crate) async fn connect_alone(
    options: &Options,
    name: &str,
) -> Result<tokio_postgres::Client, Error> {
    let (mut config, tls) = address::parse(&options.address, options)?;
    config.application_name(name);
    let (client, connection) = config.connect(tls).await.map_err(not_connected)?;
    tokio::spawn(connection);
    client.batch_execute("set statement_timeout = 0").await.map_err(not_connected)?;
    Ok(client)
}

fn not_connected(error: tokio_postgres::Error) -> Error {
    match tls::explain(&error) {
        Some(text) => Error::caused(ErrorKind::Config, text, error),
        None => Error::postgres("connect", error),
    }
}

/// A connection inside a transaction. Dropped before the end, as happens when a caller goes away,
/// it takes the connection with it: the next one must not find a transaction that is half done.
struct Transaction {
    client: Option<Object>,
}

impl Transaction {
    /// To be begun by the first statement that is sent.
    fn of(client: Object) -> Self {
        Self { client: Some(client) }
    }

    fn client(&self) -> &Object {
        self.client.as_ref().expect("there until the end")
    }

    /// Ends it with `commit` or `rollback`; only then the connection serves others again.
    async fn end(mut self, sql: &str) -> Result<(), Error> {
        control(self.client(), sql).await?;
        self.client = None;
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Object::take(client));
        }
    }
}

fn check(op: &Op, answer: Result<(Vec<Row>, u64), Error>) -> Result<Vec<Row>, CommitError> {
    let name = op.statement.name;
    match answer {
        Ok((rows, count)) if op.expect.is_met(count) => Ok(rows),
        Ok(_) => Err(CommitError::Conflict(name)),
        Err(error) if retry::sql_state(&error) == Some("23505") => {
            Err(CommitError::Duplicate(name))
        }
        Err(error) => Err(error.into()),
    }
}

async fn control(client: &Object, sql: &str) -> Result<(), Error> {
    client.batch_execute(sql).await.map_err(|e| Error::postgres(sql, e))
}

/// Text must sort as on SQLite, byte by byte.
async fn check_collation(client: &Object) -> Result<(), Error> {
    let sql = "select datcollate from pg_database where datname = current_database()";
    let row = client.query_one(sql, &[]).await.map_err(|e| Error::postgres("collation", e))?;
    let collation: String = row.try_get(0).map_err(|e| Error::postgres("collation", e))?;
    if ["C", "POSIX", "C.UTF-8", "C.utf8"].contains(&collation.as_str()) {
        return Ok(());
    }
    let text = format!(
        "the database sorts by {collation}; make it with: \
         createdb --encoding=UTF8 --locale=C --template=template0 NAME"
    );
    Err(Error::new(ErrorKind::Config, text))
}

/// Runs one statement; the rows it returns and how many it returned or changed.
async fn run(
    client: &Object,
    statement: &Statement,
    params: &[Value],
) -> Result<(Vec<Row>, u64), Error> {
    let fail = |e| Error::postgres(statement.name, e);
    let text = &texts(statement)?.postgres;
    let prepared = client.prepare_cached(text).await.map_err(fail)?;
    let wanted = prepared.params().len();
    if wanted != params.len() {
        let text = format!("{}: {wanted} parameters, {} given", statement.name, params.len());
        return Err(Error::new(ErrorKind::Bug, text));
    }
    let answer = client.query_raw(&prepared, params.iter()).await.map_err(fail)?;
    futures::pin_mut!(answer);
    let mut rows = Vec::new();
    while let Some(row) = answer.try_next().await.map_err(fail)? {
        rows.push(row_of(&row).map_err(fail)?);
    }
    let count = answer.rows_affected().unwrap_or(rows.len() as u64);
    Ok((rows, count))
}

fn row_of(row: &tokio_postgres::Row) -> Result<Row, tokio_postgres::Error> {
    let mut values = Vec::with_capacity(row.len());
    for (index, column) in row.columns().iter().enumerate() {
        let value = match *column.type_() {
            Type::INT8 => Value::from(row.try_get::<_, Option<i64>>(index)?),
            Type::INT4 => Value::from(row.try_get::<_, Option<i32>>(index)?),
            Type::BOOL => Value::from(row.try_get::<_, Option<bool>>(index)?),
            Type::BYTEA => Value::from(row.try_get::<_, Option<Vec<u8>>>(index)?),
            // Any other type but text fails here with a clear message: cast it in the statement.
            _ => Value::from(row.try_get::<_, Option<String>>(index)?),
        };
        values.push(value);
    }
    Ok(Row::new(values))
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (self, ty) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(int), &Type::INT8) => int.to_sql(ty, out),
            (Self::Int(int), &Type::INT4) => i32::try_from(*int)?.to_sql(ty, out),
            (Self::Bool(bool), &Type::BOOL) => bool.to_sql(ty, out),
            (Self::Text(text), &Type::TEXT | &Type::VARCHAR | &Type::NAME) => text.to_sql(ty, out),
            (Self::Blob(blob), &Type::BYTEA) => blob.to_sql(ty, out),
            (Self::Ints(ints), &Type::INT8_ARRAY) => ints.to_sql(ty, out),
            (Self::Texts(texts), &Type::TEXT_ARRAY) => texts.to_sql(ty, out),
            (value, ty) => Err(format!("the statement wants {ty}, not {}", value.kind()).into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A connection with the settings of a session, for tests.
#[cfg(test)]
pub(crate) async fn client_of(address: &str) -> Object {
    let options = Options::new(address);
    Postgres::connect(&options, address).unwrap().client().await.unwrap()
}

#[cfg(test)]
pub(crate) mod tests;
