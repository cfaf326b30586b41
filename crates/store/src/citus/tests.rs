//! What Citus asks of a schema and of statements, looked at without Citus; and with Citus where it
//! is installed ([`crate::testing::Citus`]).

use super::*;
use crate::statements::all;
use crate::testing::{Citus, Engine, Fresh, fresh};

/// Writes that reach all machines: by age, by what is due, or by whose they are.
const EVERYWHERE: &[&str] = &[
    "api_request.sweep",
    "authority_kept.sweep",
    "incoming_part.sweep",
    "provision.hurry",
    "staff_session.end_of",
    "upload_part.sweep",
];

async fn connect(db: &Fresh) -> Client {
    crate::postgres::connect_alone(&Options::new(db.address()), "citus").await.unwrap()
}

/// The first column of every row.
async fn list(client: &Client, sql: &str) -> Vec<String> {
    let rows = client.query(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    rows.iter().map(|row| row.get(0)).collect()
}

/// The tables that are spread: all but the small ones.
async fn distributed(client: &Client) -> BTreeSet<String> {
    let sql = "select relname::text from pg_class \
        where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') \
            and not relispartition";
    let small = crate::migrate::reference_tables();
    list(client, sql).await.into_iter().filter(|table| !small.contains(table)).collect()
}

#[tokio::test]
async fn without_citus_it_is_said_what_to_do() {
    let error = spread(&Options::new("x.db")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let Some(db) = fresh(Engine::Postgres).await else { return };
    if std::env::var("BAOHAO_TEST_POSTGRES").is_ok() {
        eprintln!("skipped: that server may have Citus");
        return;
    }
    let error = spread(&Options::new(db.address())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
    assert!(error.to_string().contains("create extension citus"), "{error}");
}

#[tokio::test]
async fn every_key_of_a_big_table_has_its_bucket_and_nothing_ties_tables_together() {
    let Some(db) = fresh(Engine::Postgres).await else { return };
    let client = connect(&db).await;
    let big = distributed(&client).await;
    assert!(big.len() > 30, "{big:?}");
    let with_bucket = "select c.relname::text from pg_class c join pg_attribute a \
            on a.attrelid = c.oid and a.attname = 'bucket' and a.attnotnull \
        where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')";
    let with_bucket: BTreeSet<_> = list(&client, with_bucket).await.into_iter().collect();
    let with_key = "select indrelid::regclass::text from pg_index where indisprimary";
    let with_key: BTreeSet<_> = list(&client, with_key).await.into_iter().collect();
    for table in &big {
        assert!(with_bucket.contains(table), "{table} has no bucket");
        assert!(with_key.contains(table), "{table} has no primary key");
    }
    let without = "select indrelid::regclass::text || ' ' || indexrelid::regclass::text \
        from pg_index where indisunique and not exists (select 1 from pg_attribute a \
            where a.attrelid = indrelid and a.attname = 'bucket' and a.attnum = any(indkey))";
    for index in list(&client, without).await {
        let table = index.split(' ').next().unwrap();
        assert!(!big.contains(table), "unique without the bucket: {index}");
    }
    for (what, sql) in [
        (
            "foreign key or exclusion",
            "select conname::text from pg_constraint \
            where connamespace = current_schema()::regnamespace and contype in ('f', 'x')",
        ),
        ("trigger", "select tgname::text from pg_trigger where not tgisinternal"),
        (
            "sequence",
            "select relname::text from pg_class where relkind = 'S' \
            and relnamespace = current_schema()::regnamespace",
        ),
        (
            "computed column",
            "select attrelid::regclass::text from pg_attribute \
            where attrelid > 16384 and (attgenerated <> '' or attidentity <> '')",
        ),
        (
            "computed default",
            "select adrelid::regclass::text || pg_get_expr(adbin, adrelid) \
            from pg_attrdef where pg_get_expr(adbin, adrelid) like '%(%'",
        ),
    ] {
        assert_eq!(list(&client, sql).await, Vec::<String>::new(), "{what}");
    }
}

#[tokio::test]
async fn every_write_of_a_big_table_names_its_bucket_and_changes_none() {
    let Some(db) = fresh(Engine::Postgres).await else { return };
    let big = distributed(&connect(&db).await).await;
    let mut nameless = Vec::new();
    for statement in all().filter(|statement| !statement.name.starts_with("test.")) {
        let name = statement.name;
        let sql = crate::statement::texts(statement).unwrap().postgres.to_ascii_lowercase();
        for word in ["clock_timestamp", "nextval", "ctid", "xmin", "for update", "for share"] {
            assert!(!sql.contains(word), "{name}: {word}");
        }
        let words: Vec<&str> = sql.split([' ', '(']).filter(|word| !word.is_empty()).collect();
        let table = match words.as_slice() {
            ["insert", "into", table, ..]
            | ["delete", "from", table, ..]
            | ["update", table, ..] => *table,
            _ => continue,
        };
        if !big.contains(table) {
            continue;
        }
        if sql.starts_with("insert") {
            let (_, columns) = sql.split_once('(').unwrap();
            let columns = columns.split(')').next().unwrap();
            assert!(columns.split([',', ' ']).any(|c| c == "bucket"), "{name} fills no bucket");
        } else {
            let (set, rows) = sql.split_once(" where ").unwrap();
            assert!(!set.contains("bucket ="), "{name} moves a row to another bucket");
            let is_named = rows.starts_with("bucket = $") || rows.contains(" bucket = $");
            let is_joined = rows.contains("bucket = (k.value") || rows.contains(".bucket = ");
            let is_known = EVERYWHERE.contains(&name);
            if !(is_named || is_joined || is_known) {
                nameless.push(name);
            }
        }
    }
    assert!(nameless.is_empty(), "these name no bucket: {nameless:?}");
}

/// Citus cannot look for rows of a big table once for each row of a small one.
#[tokio::test]
async fn what_is_looked_for_within_a_statement_lies_in_the_same_bucket() {
    let Some(db) = fresh(Engine::Postgres).await else { return };
    let big = distributed(&connect(&db).await).await;
    for statement in all().filter(|statement| !statement.name.starts_with("test.")) {
        let sql = crate::statement::texts(statement).unwrap().postgres.to_ascii_lowercase();
        for inner in sql.split("exists (select").skip(1) {
            let inner = inner.split(')').next().unwrap();
            let mut words = inner.split_whitespace().skip_while(|word| *word != "from");
            let table = words.nth(1).unwrap_or_default();
            let is_beside = inner.contains("bucket =") || inner.contains("bucket and");
            assert!(!big.contains(table) || is_beside, "{}: {inner}", statement.name);
        }
    }
}

/// Every statement has a plan over several machines.
#[tokio::test]
async fn every_statement_runs_where_the_tables_are_spread() {
    let Some(citus) = Citus::start() else { return };
    let db = citus.fresh(&citus.ports()).await;
    let client = connect(&db).await;
    let spread = names(&client, "select logicalrelid::text from pg_dist_partition").await.unwrap();
    assert_eq!(distributed(&client).await.difference(&spread).count(), 0);
    let again = super::spread(&Options::new(db.address())).await.unwrap();
    assert_eq!((again.new, again.nodes), (0, 2), "nothing is left to do");
    let mut wrong = Vec::new();
    for statement in all().filter(|statement| !statement.name.starts_with("test.")) {
        if let Err(error) = crate::plans::postgres::try_plan(&client, statement).await {
            wrong.push(format!("{}: {error:?}", statement.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
