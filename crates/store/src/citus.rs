//! Spreading the tables over machines with Citus (`baohao migrate --citus`).
//!
//! Everything with a `bucket` is distributed by it, all in one group, so that the rows of one
//! number lie on one machine. Small tables are copied to every machine. Which table is which, the
//! migrations say; the rest of the program does not know that there is more than one machine.

use crate::error::{Error, ErrorKind};
use crate::options::Options;
use std::collections::BTreeSet;
use tokio_postgres::Client;

/// All others are laid beside this one.
const FIRST: &str = "number";
/// Stays on the machine that programs connect to: it is read when they start, and written in one
/// transaction with the changes of the schema.
const LOCAL: &str = "schema_migration";

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// Machines that hold rows.
    pub nodes: i64,
    /// Tables that are distributed now.
    pub distributed: usize,
    /// Tables that every machine has a copy of now.
    pub copied: usize,
    /// How many of both were neither before.
    pub new: usize,
}

/// Distributes or copies every table that is not yet. May be stopped anywhere and run again.
pub async fn spread(options: &Options) -> Result<Spread, Error> {
    if !options.is_postgres() {
        let text = "only PostgreSQL can be spread over machines";
        return Err(Error::new(ErrorKind::Config, text));
    }
    let client = crate::postgres::connect_alone(options, "baohao migrate").await?;
    let nodes = nodes(&client).await?;
    let known = names(&client, "select logicalrelid::text from pg_dist_partition").await?;
    let mut tables = names(
        &client,
        "select c.relname::text from pg_class c \
         where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') \
            and not c.relispartition",
    )
    .await?;
    tables.remove(LOCAL);
    let reference = crate::migrate::reference_tables();
    let (copied, mut distributed): (Vec<String>, Vec<String>) =
        tables.into_iter().partition(|table| reference.contains(table));
    let mut done = Spread { nodes, distributed: distributed.len(), copied: copied.len(), new: 0 };
    for table in copied.iter().filter(|table| !known.contains(*table)) {
        run(&client, &format!("select create_reference_table('{table}')")).await?;
        done.new += 1;
    }
    distributed.sort_by_key(|table| table != FIRST);
    for table in distributed.iter().filter(|table| !known.contains(*table)) {
        let beside = if table == FIRST { "none" } else { FIRST };
        let sql = format!(
            "select create_distributed_table('{table}', 'bucket', colocate_with => '{beside}')"
        );
        run(&client, &sql).await?;
        done.new += 1;
    }
    Ok(done)
}

/// How many machines there are; an error with what to do if Citus is not there or not ready.
async fn nodes(client: &Client) -> Result<i64, Error> {
    let sql = "select exists (select 1 from pg_extension where extname = 'citus'), \
        exists (select 1 from pg_available_extensions where name = 'citus'), \
        current_setting('max_prepared_transactions')::bigint";
    let row = client.query_one(sql, &[]).await.map_err(fault)?;
    let text = match (row.try_get(0).map_err(fault)?, row.try_get(1).map_err(fault)?) {
        (false, false) => {
            "this server has no Citus: install it on every machine, name it in \
             shared_preload_libraries, then `create extension citus` in this database"
        }
        (false, true) => {
            "Citus is installed but not in this database: `create extension citus` in it, on \
             every machine, and tell this one of the others with `citus_add_node`"
        }
        (true, _) if row.try_get::<_, i64>(2).map_err(fault)? == 0 => {
            "max_prepared_transactions is 0: a change on two machines needs it; set it on every \
             machine, above max_connections"
        }
        (true, _) => {
            let sql = "select count(*) from pg_dist_node where isactive and shouldhaveshards";
            let row = client.query_one(sql, &[]).await.map_err(fault)?;
            return row.try_get(0).map_err(fault);
        }
    };
    Err(Error::new(ErrorKind::Config, text))
}

async fn names(client: &Client, sql: &str) -> Result<BTreeSet<String>, Error> {
    let rows = client.query(sql, &[]).await.map_err(fault)?;
    rows.iter().map(|row| row.try_get(0).map_err(fault)).collect()
}

async fn run(client: &Client, sql: &str) -> Result<(), Error> {
    client.batch_execute(sql).await.map_err(|e| Error::postgres(sql, e))
}

fn fault(error: tokio_postgres::Error) -> Error {
    Error::postgres("citus", error)
}

#[cfg(test)]
mod tests;
