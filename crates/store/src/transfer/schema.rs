//! The tables of both databases, read from the databases themselves: a table that a migration adds
//! is moved without anybody naming it here.

use crate::error::{Error, ErrorKind};
use rusqlite::Connection;
use std::collections::BTreeMap;
use tokio_postgres::Client;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Text,
    Blob,
    Bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// A table that both databases have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    /// Where its bucket stands; none in a reference table.
    pub(super) bucket: Option<usize>,
}

/// The table of the migrations: the same on both sides before anything is moved.
const OF_MIGRATIONS: &str = "schema_migration";

impl Table {
    /// The columns, separated by commas.
    pub(super) fn list(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        names.join(", ")
    }

    /// Whether the migrations fill it themselves.
    pub(super) fn is_of_migrations(&self) -> bool {
        self.name == OF_MIGRATIONS
    }
}

/// The tables of an SQLite file.
pub(super) fn of_sqlite(connection: &Connection) -> Result<Vec<Table>, Error> {
    let fail = |e| Error::sqlite("move: read the schema", e);
    let sql = "select t.name, c.name, lower(c.type) from sqlite_master t, \
            pragma_table_info(t.name) c \
        where t.type = 'table' and t.name not like 'sqlite\\_%' escape '\\' \
        order by t.name, c.cid";
    let mut select = connection.prepare(sql).map_err(fail)?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let rows: Vec<(String, String, String)> =
        rows.map_err(fail)?.collect::<Result<_, _>>().map_err(fail)?;
    tables(rows)
}

/// The tables of a PostgreSQL database, parts of a partitioned one left out.
pub(super) async fn of_postgres(client: &Client, own: &str) -> Result<Vec<Table>, Error> {
    let sql = "select c.relname::text, a.attname::text, format_type(a.atttypid, null) \
        from pg_class c join pg_attribute a on a.attrelid = c.oid \
        where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') \
            and not c.relispartition and a.attnum > 0 and not a.attisdropped and c.relname <> $1 \
        order by c.relname, a.attnum";
    let fail = |e| Error::postgres("move: read the schema", e);
    let rows = client.query(sql, &[&own]).await.map_err(fail)?;
    let row = |row: &tokio_postgres::Row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
    tables(rows.iter().map(row).collect::<Result<_, _>>().map_err(fail)?)
}

fn tables(rows: Vec<(String, String, String)>) -> Result<Vec<Table>, Error> {
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for (table, name, kind) in rows {
        let kind = match kind.as_str() {
            "bigint" => Kind::Int,
            "text" => Kind::Text,
            "blob" | "bytea" => Kind::Blob,
            "boolean" => Kind::Bool,
            other => {
                let text = format!("{table}.{name} has the type {other}, which is not ours");
                return Err(Error::new(ErrorKind::Config, text));
            }
        };
        tables.entry(table).or_default().push(Column { name, kind });
    }
    let table = |(name, columns): (String, Vec<Column>)| {
        let bucket = columns.iter().position(|column| column.name == "bucket");
        Table { name, columns, bucket }
    };
    Ok(tables.into_iter().map(table).collect())
}

/// An error that names the first difference, in whatever order the columns stand.
pub(super) fn same(from: &[Table], to: &[Table]) -> Result<(), Error> {
    let columns = |tables: &[Table]| -> BTreeMap<String, Kind> {
        let all = tables.iter().flat_map(|table| {
            let full = |column: &Column| format!("{}.{}", table.name, column.name);
            table.columns.iter().map(move |column| (full(column), column.kind))
        });
        all.collect()
    };
    let (from, to) = (columns(from), columns(to));
    let other = |a: &BTreeMap<String, Kind>, b: &BTreeMap<String, Kind>| {
        a.iter().find(|(name, kind)| b.get(*name) != Some(kind)).map(|(name, _)| name.clone())
    };
    match other(&from, &to).or_else(|| other(&to, &from)) {
        None => Ok(()),
        Some(name) => {
            let text = format!("the two databases differ in their schema: {name}");
            Err(Error::new(ErrorKind::Config, text))
        }
    }
}
