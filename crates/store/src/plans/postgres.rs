//! The same on PostgreSQL: whether an index can be used, and whether it is, when there are rows.

use super::{HOT, named};
use crate::options::Options;
use crate::statement::Statement;
use crate::statements::all;
use crate::testing::{Engine, Fresh, fresh};
use std::collections::BTreeMap;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, SimpleQueryMessage};

/// Rows in each table: enough that reading all of them costs more than an index.
const ROWS: u32 = 20_000;

async fn connect(db: &Fresh) -> Client {
    let client = crate::postgres::connect_alone(&Options::new(db.address()), "plans").await;
    let client = client.unwrap();
    client.batch_execute("set plan_cache_mode = force_generic_plan").await.unwrap();
    client
}

/// The plan of a statement whatever its parameters are.
pub(crate) async fn try_plan(
    client: &Client,
    statement: &Statement,
) -> Result<String, tokio_postgres::Error> {
    let sql = &crate::statement::texts(statement).unwrap().postgres;
    client.batch_execute(&format!("prepare hot as {sql}")).await?;
    let prepared = client.prepare(sql).await?;
    let values = prepared.params().iter().map(|kind| match *kind {
        Type::INT8 | Type::INT4 => "1",
        Type::BOOL => "true",
        Type::INT8_ARRAY | Type::TEXT_ARRAY => "'{}'",
        _ => "''",
    });
    let values = values.collect::<Vec<_>>().join(", ");
    let arguments = if values.is_empty() { values } else { format!("({values})") };
    let explain = format!("explain (costs off) execute hot{arguments}");
    let rows = client.simple_query(&explain).await;
    client.batch_execute("deallocate hot").await?;
    let mut plan = String::new();
    for row in rows? {
        if let SimpleQueryMessage::Row(row) = row {
            plan.push_str(row.get(0).unwrap_or_default());
            plan.push('\n');
        }
    }
    Ok(plan)
}

async fn plan(client: &Client, statement: &Statement) -> String {
    let plan = try_plan(client, statement).await;
    plan.unwrap_or_else(|error| panic!("{}: {error:?}", statement.name))
}

/// What a column of row `i` holds. What may be missing mostly is, as in life: few jobs are dead,
/// few entries wait to be linked; and few cases are open.
fn value(name: &str, kind: &str, is_needed: bool) -> String {
    let value = match (name, kind) {
        ("bucket", _) => "i % 1024",
        ("operator_id", _) => "i % 3",
        (_, "bigint") => "i",
        (_, "boolean") => "i % 10 = 0",
        (_, "bytea") => "decode(lpad(to_hex(i), 32, '0'), 'hex')",
        _ => "'x' || i",
    };
    if is_needed { value.to_owned() } else { format!("case when i % 10 = 0 then {value} end") }
}

/// Puts rows into every table that has buckets, by its schema alone.
async fn fill(client: &Client) {
    let sql = "select c.relname::text, a.attname::text, format_type(a.atttypid, null), \
            a.attnotnull \
        from pg_class c join pg_attribute a on a.attrelid = c.oid \
        where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') \
            and not c.relispartition and a.attnum > 0 and not a.attisdropped \
            and c.relname not in ('schema_migration', 'sweep_shard') \
        order by c.relname, a.attnum";
    let mut tables: BTreeMap<String, (Vec<String>, Vec<String>)> = BTreeMap::new();
    for row in client.query(sql, &[]).await.unwrap() {
        let (table, name): (String, String) = (row.get(0), row.get(1));
        let (names, values) = tables.entry(table).or_default();
        values.push(value(&name, row.get(2), row.get(3)));
        names.push(name);
    }
    tables.retain(|_, (names, _)| names.iter().any(|name| name == "bucket"));
    assert!(tables.len() > 30, "{}", tables.len());
    for (table, (names, values)) in tables {
        let (names, values) = (names.join(", "), values.join(", "));
        let sql = format!(
            "insert into {table} ({names}) select {values} from generate_series(1, {ROWS}) as i"
        );
        client.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{table}: {error:?}"));
    }
    client.batch_execute("analyze").await.unwrap();
}

/// Tables that a plan reads from the first to the last row.
fn read_whole(plan: &str) -> Vec<&str> {
    let scans = plan.lines().filter_map(|line| line.split_once("Seq Scan on "));
    scans.filter_map(|(_, rest)| rest.split_whitespace().next()).collect()
}

#[tokio::test]
async fn every_statement_could_use_an_index() {
    let Some(db) = fresh(Engine::Postgres).await else { return };
    let client = connect(&db).await;
    // Then a table is read whole only where nothing else is possible.
    client.batch_execute("set enable_seqscan = off").await.unwrap();
    let small = crate::migrate::reference_tables();
    let mut found = Vec::new();
    for statement in all().filter(|statement| !statement.name.starts_with("test.")) {
        let plan = plan(&client, statement).await;
        let big = read_whole(&plan).into_iter().filter(|table| !small.contains(*table));
        found.extend(big.map(|table| format!("{}: {table}", statement.name)));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn what_runs_most_often_uses_its_index_among_many_rows() {
    let Some(db) = fresh(Engine::Postgres).await else { return };
    let client = connect(&db).await;
    fill(&client).await;
    for (name, indexes) in HOT {
        let plan = plan(&client, named(name)).await;
        assert!(read_whole(&plan).is_empty(), "{name}:\n{plan}");
        for index in *indexes {
            let key = format!("{index}_pkey");
            let is_index = |line: &&str| line.contains("Index ") && !line.contains("Index Cond");
            let mut words = plan.lines().filter(is_index).flat_map(str::split_whitespace);
            let uses = words.any(|word| word == *index || word == key);
            assert!(uses, "{name} should use {index}:\n{plan}");
        }
    }
}

#[test]
fn a_table_that_is_read_whole_is_found() {
    let plan = "Limit\n  ->  Seq Scan on number n\n        Filter: (x)\n";
    assert_eq!(read_whole(plan), ["number"]);
    assert!(read_whole("Index Scan using number_pkey on number").is_empty());
}
