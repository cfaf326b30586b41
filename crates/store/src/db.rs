//! The one `Db` over both engines.

mod replica;

use crate::batch::Batch;
use crate::error::{CommitError, Error, ErrorKind};
use crate::job::{Lane, PHOTOS};
use crate::options::Options;
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::statement::{Statement, texts};
use crate::value::{Row, Value};
use domain::id::OperatorId;
use domain::operator::Operator;
use replica::Replica;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// The database. Cheap to clone; reads see everything that was committed before they began, but for
/// [`Db::reports`].
#[derive(Clone, Debug)]
pub struct Db {
    engine: Arc<Engine>,
    replica: Option<Arc<Replica>>,
    jobs: Arc<Waits>,
    /// Those that were read: no statement changes an operator.
    pub(crate) operators: Arc<Mutex<HashMap<OperatorId, Operator>>>,
    is_for_reports: bool,
}

#[derive(Debug)]
enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Db {
    /// Opens `postgres://…`, or else the SQLite file of that path, with the usual settings; see
    /// [`Db::open_with`].
    pub async fn open(address: &str) -> Result<Self, Error> {
        Self::open_with(&Options::new(address)).await
    }

    /// Opens a database and brings its schema up to date, as far as older programs that run on it
    /// can live with ([`crate::migrate()`]).
    pub async fn open_with(options: &Options) -> Result<Self, Error> {
        let engine = if options.is_postgres() {
            Engine::Postgres(Postgres::open(options).await?)
        } else {
            let path = Path::new(path_of(&options.address));
            Engine::Sqlite(Sqlite::open(path, options.connections).await?)
        };
        let replica = Replica::of(options)?.map(Arc::new);
        let (jobs, operators) = (Arc::default(), Arc::default());
        Ok(Self { engine: Arc::new(engine), replica, jobs, operators, is_for_reports: false })
    }

    /// The same database for long lists and sums: they are read from the standby, if there is one
    /// and it answers, and so may lack what was committed in the last moments. Whatever decides
    /// about a change must not be read here.
    #[must_use]
    pub fn reports(&self) -> Self {
        Self { is_for_reports: true, ..self.clone() }
    }

    /// `sqlite` or `postgres`.
    pub fn engine_name(&self) -> &'static str {
        match *self.engine {
            Engine::Sqlite(_) => "sqlite",
            Engine::Postgres(_) => "postgres",
        }
    }

    /// All rows.
    pub async fn query(
        &self,
        statement: &'static Statement,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, Error> {
        let answers = self.query_many(vec![(statement, params)]).await?;
        Ok(answers.into_iter().next().unwrap_or_default())
    }

    /// The only row, if there is one; an error if there are more.
    pub async fn query_opt(
        &self,
        statement: &'static Statement,
        params: Vec<Value>,
    ) -> Result<Option<Row>, Error> {
        let mut rows = self.query(statement, params).await?;
        if rows.len() > 1 {
            let text = format!("{}: one row expected, not {}", statement.name, rows.len());
            return Err(Error::new(ErrorKind::Bug, text));
        }
        Ok(rows.pop())
    }

    /// The only row; an error if there is none or more.
    pub async fn query_one(
        &self,
        statement: &'static Statement,
        params: Vec<Value>,
    ) -> Result<Row, Error> {
        let row = self.query_opt(statement, params).await?;
        let text = || format!("{}: one row expected, not none", statement.name);
        row.ok_or_else(|| Error::new(ErrorKind::Bug, text()))
    }

    /// Several queries on one snapshot and in one trip; the rows of each.
    pub async fn query_many(
        &self,
        queries: Vec<(&'static Statement, Vec<Value>)>,
    ) -> Result<Vec<Vec<Row>>, Error> {
        if let Some(replica) = self.replica.as_ref().filter(|_| self.is_for_reports)
            && let Some(answers) = replica.query(&queries).await
        {
            return Ok(answers);
        }
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.query(queries).await,
            Engine::Postgres(postgres) => postgres.query(&queries).await,
        }
    }

    /// The engine, if it is SQLite.
    pub(crate) fn sqlite(&self) -> Option<&Sqlite> {
        match &*self.engine {
            Engine::Sqlite(sqlite) => Some(sqlite),
            Engine::Postgres(_) => None,
        }
    }

    /// Commits the batch as a whole or not at all; when it returns, it is durable.
    pub async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        self.commit_returning(batch).await.map(drop)
    }

    /// Like [`Db::commit`]; gives the rows that each statement returned (`returning …`).
    pub async fn commit_returning(&self, batch: Batch) -> Result<Vec<Vec<Row>>, CommitError> {
        let ops = batch.into_ops();
        if ops.is_empty() {
            return Ok(Vec::new());
        }
        let asked = Asked::of(&ops);
        let rows = match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.commit(ops).await,
            Engine::Postgres(postgres) => postgres.commit(ops).await,
        }?;
        self.jobs.wake(asked);
        Ok(rows)
    }

    /// Like [`Db::commit`] for what nobody waits for, such as the end of a job: a file is written
    /// after some milliseconds with what else has come, as its disk serves few commits a second.
    /// PostgreSQL commits at once.
    pub async fn commit_in_company(&self, batch: Batch) -> Result<(), CommitError> {
        let ops = batch.into_ops();
        if ops.is_empty() {
            return Ok(());
        }
        let asked = Asked::of(&ops);
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.commit_in_company(ops).await,
            Engine::Postgres(postgres) => postgres.commit(ops).await,
        }?;
        self.jobs.wake(asked);
        Ok(())
    }

    /// Commits several batches together; each is applied as a whole or not at all, and one that
    /// conflicts does not harm the others. The answers come in the order of the batches; when they
    /// come, what succeeded is durable.
    pub async fn commit_many(&self, batches: Vec<Batch>) -> Vec<Result<(), CommitError>> {
        let batches: Vec<_> = batches.into_iter().map(Batch::into_ops).collect();
        let asked = batches.iter().map(|ops| Asked::of(ops)).fold(Asked::default(), Asked::and);
        let count = batches.len();
        let answers = match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.commit_many(batches).await,
            Engine::Postgres(postgres) => Ok(postgres.commit_many(batches).await),
        };
        self.jobs.wake(asked);
        match answers {
            Ok(answers) => answers.into_iter().map(|answer| answer.map(drop)).collect(),
            Err(error) => (0..count).map(|_| Err(error.again().into())).collect(),
        }
    }

    /// Waits until this process commits a job of the lane. Jobs of other processes and those that
    /// only fall due have to be looked for.
    pub async fn jobs_wait(&self, lane: Lane) {
        match lane {
            Lane::Photos => self.jobs.photos.notified().await,
            Lane::All | Lane::Others => self.jobs.others.notified().await,
        }
    }

    /// Prepares every registered statement; the first that this engine refuses is the error.
    pub async fn prepare_all(&self) -> Result<(), Error> {
        for statement in crate::statements::all() {
            let texts = texts(statement)?;
            let done = match &*self.engine {
                Engine::Sqlite(sqlite) => sqlite.prepare(&texts.sqlite),
                Engine::Postgres(postgres) => postgres.prepare(&texts.postgres).await,
            };
            done.map_err(|e| {
                let text = format!("statement {} is not sound", statement.name);
                Error::caused(ErrorKind::Bug, text, e)
            })?;
        }
        Ok(())
    }
}

/// The path that an address of SQLite names.
pub(crate) fn path_of(address: &str) -> &str {
    address.strip_prefix("sqlite://").unwrap_or(address)
}

#[cfg(test)]
pub(crate) mod faults;
#[cfg(test)]
pub(crate) mod tests;

/// Those who wait for jobs.
#[derive(Debug, Default)]
struct Waits {
    photos: Notify,
    others: Notify,
}

impl Waits {
    fn wake(&self, asked: Asked) {
        if asked.photos {
            self.photos.notify_one();
        }
        if asked.others {
            self.others.notify_one();
        }
    }
}

/// For which lanes a batch has jobs.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    photos: bool,
    others: bool,
}

impl Asked {
    fn of(ops: &[crate::batch::Op]) -> Self {
        let jobs = ops.iter().filter(|op| op.statement.name == crate::job::INSERT.name);
        // The second value of a job is its kind.
        let is_photos = |op: &crate::batch::Op| {
            let kind = op.params.get(1);
            kind.is_some_and(|kind| matches!(kind, Value::Text(kind) if kind == PHOTOS))
        };
        jobs.map(is_photos).fold(Self::default(), |asked, is_photos| Self {
            photos: asked.photos || is_photos,
            others: asked.others || !is_photos,
        })
    }

    fn and(self, other: Self) -> Self {
        Self { photos: self.photos || other.photos, others: self.others || other.others }
    }
}
