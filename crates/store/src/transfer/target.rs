//! The PostgreSQL side of a move.

use super::schema::{Table, of_postgres};
use super::tuple::{Reader, Sums};
use crate::error::{Error, ErrorKind};
use crate::options::Options;
use bytes::Bytes;
use futures::{SinkExt, TryStreamExt};
use std::ops::RangeInclusive;
use tokio::sync::mpsc;
use tokio_postgres::Client;

/// The table that stands in the target from the first row to the last: no server starts on it.
pub(crate) const MARK: &str = "unfinished_move";

/// An error while a move into this database is not finished.
pub(crate) async fn refuse_unfinished(client: &Client) -> Result<(), Error> {
    let sql = format!("select to_regclass('{MARK}') is not null");
    let row = client.query_one(&sql, &[]).await.map_err(fault)?;
    if row.try_get::<_, bool>(0).map_err(fault)? {
        let text = "a move into this database is not finished: run `baohao move` again";
        return Err(Error::new(ErrorKind::Config, text));
    }
    Ok(())
}

#[derive(Debug)]
pub(super) struct Target {
    client: Client,
}

impl Target {
    pub(super) async fn connect(options: &Options) -> Result<Self, Error> {
        Ok(Self { client: crate::postgres::connect_alone(options, "baohao move").await? })
    }

    pub(super) async fn tables(&self) -> Result<Vec<Table>, Error> {
        of_postgres(&self.client, MARK).await
    }

    /// Which source is being moved in, if a move was begun.
    pub(super) async fn source(&self) -> Result<Option<String>, Error> {
        let exists = format!("select to_regclass('{MARK}') is not null");
        let row = self.client.query_one(&exists, &[]).await.map_err(fault)?;
        if !row.try_get::<_, bool>(0).map_err(fault)? {
            return Ok(None);
        }
        let row = self.client.query_one(&format!("select source from {MARK}"), &[]).await;
        row.and_then(|row| row.try_get(0)).map(Some).map_err(fault)
    }

    /// Whether the table has any row.
    pub(super) async fn is_empty(&self, table: &Table) -> Result<bool, Error> {
        let sql = format!("select not exists (select 1 from {})", table.name);
        let row = self.client.query_one(&sql, &[]).await.map_err(fault)?;
        row.try_get(0).map_err(fault)
    }

    pub(super) async fn begin(&self, source: &str) -> Result<(), Error> {
        let sql = format!("create table {MARK} (source text not null)");
        let insert = format!("insert into {MARK} (source) values ('{source}')");
        self.client.batch_execute(&format!("begin; {sql}; {insert}; commit")).await.map_err(fault)
    }

    /// From now on the database may be used.
    pub(super) async fn finish(&self) -> Result<(), Error> {
        self.client.batch_execute(&format!("drop table {MARK}")).await.map_err(fault)
    }

    /// Lets the planner know what is there.
    pub(super) async fn analyze(&self) -> Result<(), Error> {
        self.client.batch_execute("analyze").await.map_err(fault)
    }

    /// Sums all rows of a table.
    pub(super) async fn sums(&self, table: &Table) -> Result<Sums, Error> {
        let sql =
            format!("copy (select {} from {}) to stdout (format binary)", table.list(), table.name);
        let stream = self.client.copy_out(&sql).await.map_err(fault)?;
        futures::pin_mut!(stream);
        let (mut reader, mut sums) = (Reader::default(), Sums::new());
        while let Some(piece) = stream.try_next().await.map_err(fault)? {
            reader.take(table, &piece, &mut sums)?;
        }
        Ok(sums)
    }

    /// Puts the rows that come in the place of all rows of some buckets, in one transaction.
    pub(super) async fn replace(
        &self,
        table: &Table,
        buckets: Option<RangeInclusive<i64>>,
        pieces: &mut mpsc::Receiver<Bytes>,
    ) -> Result<(), Error> {
        let done = self.try_replace(table, buckets, pieces).await;
        let end = if done.is_ok() { "commit" } else { "rollback" };
        let ended = self.client.batch_execute(end).await.map_err(fault);
        done.and(ended)
    }

    async fn try_replace(
        &self,
        table: &Table,
        buckets: Option<RangeInclusive<i64>>,
        pieces: &mut mpsc::Receiver<Bytes>,
    ) -> Result<(), Error> {
        let name = &table.name;
        let some = buckets.map_or_else(String::new, |buckets| {
            format!(" where bucket between {} and {}", buckets.start(), buckets.end())
        });
        let delete = format!("begin; delete from {name}{some}");
        self.client.batch_execute(&delete).await.map_err(fault)?;
        let copy = format!("copy {name} ({}) from stdin (format binary)", table.list());
        let sink = self.client.copy_in::<_, Bytes>(&copy).await.map_err(fault)?;
        futures::pin_mut!(sink);
        let mut is_whole = false;
        while let Some(piece) = pieces.recv().await {
            is_whole = piece.ends_with(super::tuple::TRAILER);
            sink.send(piece).await.map_err(fault)?;
        }
        if !is_whole {
            let text = "move: the rows ended before their end";
            return Err(Error::new(ErrorKind::Unavailable, text));
        }
        sink.as_mut().finish().await.map(drop).map_err(fault)
    }
}

fn fault(error: tokio_postgres::Error) -> Error {
    Error::postgres("move", error)
}
