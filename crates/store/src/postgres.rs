//! PostgreSQL: a pool of connections; a batch is one transaction, sent as a pipeline.
//!
//! Sessions are read-only by default, so nothing but [`Postgres::commit`] can write. Batches run
//! at "read committed": what they check are versions and unique keys of rows they write, which
//! that level guards. Deadlocks and serialisation failures are retried here and nowhere else.

use crate::batch::Op;
use crate::error::{CommitError, Error, ErrorKind};
use crate::statement::{Statement, texts};
use crate::value::{Row, Value};
use bytes::BytesMut;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use futures::TryStreamExt;
use futures::future::join_all;
use std::time::Duration;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Config, NoTls};

/// Tries of one batch that keeps losing against others at the database.
const TRIES_MAX: u64 = 12;
/// How long a caller waits for a connection.
const POOL_WAIT: Duration = Duration::from_secs(20);
/// Session settings: time-outs against anything that hangs, and read-only unless said otherwise.
const SETTINGS: &str = "-c statement_timeout=30s -c lock_timeout=15s \
    -c idle_in_transaction_session_timeout=60s -c default_transaction_read_only=on \
    -c timezone=UTC";

type Answer = Result<Vec<Vec<Row>>, CommitError>;

/// The PostgreSQL engine.
#[derive(Debug)]
pub(crate) struct Postgres {
    pool: Pool,
}

impl Postgres {
    /// Connects, checks the database's settings and brings its schema up to date.
    pub(crate) async fn open(url: &str, connections: usize) -> Result<Self, Error> {
        Self::connect(url, connections, false).await
    }

    async fn connect(url: &str, connections: usize, is_move: bool) -> Result<Self, Error> {
        let mut config: Config = url.parse().map_err(|e| {
            Error::caused(ErrorKind::Config, "the database address is not understood", e)
        })?;
        if config.get_ssl_mode() == SslMode::Require {
            let text = "this program speaks to PostgreSQL without TLS: use a socket, a private \
                network or a local proxy, and leave sslmode=require out";
            return Err(Error::new(ErrorKind::Config, text));
        }
        let options = config.get_options().map(|own| format!("{own} {SETTINGS}"));
        config.options(options.as_deref().unwrap_or(SETTINGS));
        config.application_name("baohao").connect_timeout(Duration::from_secs(10));
        let manager_config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, NoTls, manager_config);
        let pool = Pool::builder(manager)
            .max_size(connections)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(POOL_WAIT))
            .create_timeout(Some(POOL_WAIT))
            .build()
            .map_err(|e| Error::caused(ErrorKind::Bug, "cannot make the pool", e))?;
        let own = Self { pool };
        let client = own.client().await?;
        check_collation(&client).await?;
        crate::migrate::postgres(&client).await?;
        if !is_move {
            crate::transfer::refuse_unfinished(&client).await?;
        }
        Ok(own)
    }

    async fn client(&self) -> Result<Object, Error> {
        use deadpool_postgres::PoolError;
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => Error::postgres("connect", error),
            other => Error::caused(ErrorKind::Unavailable, "postgres: no connection", other),
        })
    }

    /// Runs the queries on one snapshot. A lost connection is tried once more.
    pub(crate) async fn query(
        &self,
        queries: Vec<(&'static Statement, Vec<Value>)>,
    ) -> Result<Vec<Vec<Row>>, Error> {
        match self.query_once(&queries).await {
            Err(error) if error.kind() == ErrorKind::Unavailable => self.query_once(&queries).await,
            answer => answer,
        }
    }

    async fn query_once(
        &self,
        queries: &[(&'static Statement, Vec<Value>)],
    ) -> Result<Vec<Vec<Row>>, Error> {
        let client = self.client().await?;
        if let [(statement, params)] = queries {
            let (rows, _) = run(&client, statement, params).await?;
            return Ok(vec![rows]);
        }
        let snapshot =
            Transaction::begin(client, "begin isolation level repeatable read read only").await?;
        let runs =
            queries.iter().map(|(statement, params)| run(snapshot.client(), statement, params));
        let answers = join_all(runs).await;
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
        let mut tried = 0;
        loop {
            tried += 1;
            match self.commit_once(ops).await {
                Err(CommitError::Fault(error)) if tried < TRIES_MAX && has_lost(&error) => {
                    // Everybody who lost waits a different while before trying again.
                    let millis = seal::entropy::below(4 << tried.min(5));
                    tokio::time::sleep(Duration::from_millis(millis)).await;
                }
                answer => return answer,
            }
        }
    }

    async fn commit_once(&self, ops: &[Op]) -> Answer {
        let client = self.client().await?;
        // One that still had to be prepared would be overtaken by those behind it.
        for op in ops {
            let fail = |e| Error::postgres(op.statement.name, e);
            client.prepare_cached(&texts(op.statement)?.postgres).await.map_err(fail)?;
        }
        let transaction =
            Transaction::begin(client, "begin isolation level read committed read write").await?;
        // Polled in order, so sent in order: one round trip for all of them.
        let runs = ops.iter().map(|op| run(transaction.client(), op.statement, &op.params));
        let answers = join_all(runs).await;
        let checked = ops.iter().zip(answers).map(|(op, answer)| check(op, answer));
        match checked.collect::<Answer>() {
            Ok(rows) => {
                transaction.end("commit").await?;
                Ok(rows)
            }
            Err(error) => {
                // If even this fails the connection is gone, and the transaction with it.
                let _ = transaction.end("rollback").await;
                Err(error)
            }
        }
    }

    /// Prepares `sql`, to see whether it is sound.
    pub(crate) async fn prepare(&self, sql: &str) -> Result<(), Error> {
        let client = self.client().await?;
        client.prepare(sql).await.map(drop).map_err(|e| Error::postgres("prepare", e))
    }
}

/// Brings the schema up to date, for a move into this database.
pub(crate) async fn migrate_only(url: &str) -> Result<(), Error> {
    Postgres::connect(url, 1, true).await.map(drop)
}

/// A connection inside a transaction. Dropped before the end, as happens when a caller goes away,
/// it takes the connection with it: the next one must not find a transaction that is half done.
struct Transaction {
    client: Option<Object>,
}

impl Transaction {
    async fn begin(client: Object, sql: &str) -> Result<Self, Error> {
        let own = Self { client: Some(client) };
        control(own.client(), sql).await?;
        Ok(own)
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
        Err(error) if sql_state(&error) == Some("23505") => Err(CommitError::Duplicate(name)),
        Err(error) => Err(error.into()),
    }
}

/// Whether the database rolled back because of somebody else: serialisation failure or deadlock.
fn has_lost(error: &Error) -> bool {
    matches!(sql_state(error), Some("40001" | "40P01"))
}

fn sql_state(error: &Error) -> Option<&str> {
    let source = std::error::Error::source(error)?;
    source.downcast_ref::<tokio_postgres::Error>()?.code().map(SqlState::code)
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
