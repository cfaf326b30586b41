use super::*;
use crate::testing::{Engine, Fresh, fresh};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::BTreeMap;

fn quiet(_: Step) {}

async fn open(path: &Path, to: &Fresh) -> Result<Transfer, Error> {
    Transfer::open(path, &Options::new(to.address())).await
}

/// Puts rows into every table there is, by its schema alone: values that break a careless copy.
fn fill(path: &str, buckets: i64, salt: i64) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("pragma foreign_keys = off; begin").unwrap();
    for table in schema::of_sqlite(&connection).unwrap() {
        if table.is_of_migrations() {
            continue;
        }
        let columns: Vec<(String, bool)> = {
            let sql = format!(
                "select name, \"notnull\" or pk > 0 from pragma_table_info('{}')",
                table.name
            );
            let mut select = connection.prepare(&sql).unwrap();
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        };
        let marks = vec!["?"; columns.len()].join(",");
        let sql =
            format!("insert or ignore into {} ({}) values ({marks})", table.name, table.list());
        let mut insert = connection.prepare(&sql).unwrap();
        for n in 0..buckets {
            let n = n + salt;
            let value = |(at, column): (usize, &schema::Column)| -> Value {
                let wide = n * 31 + i64::try_from(at).unwrap();
                if !columns[at].1 && wide % 3 == 0 {
                    return Value::Null;
                }
                match column.kind {
                    _ if column.name == "bucket" => Value::Integer(n % 1024),
                    schema::Kind::Int => Value::Integer(wide.wrapping_mul(0x0123_4567_89ab)),
                    schema::Kind::Bool => Value::Integer(wide % 2),
                    schema::Kind::Text => Value::Text(format!("保号 \t\"\\N\\. {wide} 𠮷")),
                    schema::Kind::Blob => Value::Blob(wide.to_be_bytes().repeat(3)),
                }
            };
            let values: Vec<Value> = table.columns.iter().enumerate().map(value).collect();
            insert.execute(rusqlite::params_from_iter(values)).unwrap();
        }
    }
    connection.execute_batch("commit").unwrap();
}

/// Every row of every table as text, read without the code under test.
fn of_sqlite(path: &str) -> BTreeMap<String, Vec<String>> {
    let connection = Connection::open(path).unwrap();
    let names: Vec<String> = {
        let sql =
            "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'";
        let mut select = connection.prepare(sql).unwrap();
        let rows = select.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let mut all = BTreeMap::new();
    for name in names {
        let mut columns: Vec<(String, String)> = {
            let sql = format!("select name, lower(type) from pragma_table_info('{name}')");
            let mut select = connection.prepare(&sql).unwrap();
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        };
        columns.sort();
        let parts: Vec<String> = columns
            .iter()
            .map(|(column, kind)| match kind.as_str() {
                "blob" => {
                    format!("case when {column} is null then '-' else lower(hex({column})) end")
                }
                "boolean" => {
                    format!("case {column} when 1 then 'true' when 0 then 'false' else '-' end")
                }
                _ => format!("coalesce(cast({column} as text), '-')"),
            })
            .collect();
        let sql = format!("select {} from {name}", parts.join(" || '|' || "));
        let mut select = connection.prepare(&sql).unwrap();
        let rows = select.query_map([], |row| row.get(0)).unwrap();
        let mut rows: Vec<String> = rows.collect::<Result<_, _>>().unwrap();
        rows.sort();
        all.insert(name, rows);
    }
    all
}

async fn of_postgres(url: &str) -> BTreeMap<String, Vec<String>> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let mut all = BTreeMap::new();
    let sql = "select table_name::text, column_name::text, data_type::text \
        from information_schema.columns where table_schema = 'public' and table_name in \
        (select relname from pg_class where relkind in ('r', 'p') and not relispartition) \
        order by column_name collate \"C\"";
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in client.query(sql, &[]).await.unwrap() {
        let (table, column, kind): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let parts: &mut Vec<String> = tables.entry(table).or_default();
        parts.push(match kind.as_str() {
            "bytea" => format!("coalesce(encode({column}, 'hex'), '-')"),
            _ => format!("coalesce(cast({column} as text), '-')"),
        });
    }
    for (name, parts) in tables {
        let sql = format!("select {} from {name}", parts.join(" || '|' || "));
        let mut rows: Vec<String> =
            client.query(&sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
        rows.sort();
        all.insert(name, rows);
    }
    all
}

fn assert_same(ours: &BTreeMap<String, Vec<String>>, theirs: &BTreeMap<String, Vec<String>>) {
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    for (table, rows) in ours {
        let differs = rows.iter().zip(&theirs[table]).find(|(ours, theirs)| ours != theirs);
        assert_eq!(differs, None, "{table}");
        assert_eq!(rows.len(), theirs[table].len(), "{table}");
    }
}

async fn pair() -> Option<(Fresh, Fresh)> {
    let to = fresh(Engine::Postgres).await?;
    Some((fresh(Engine::Sqlite).await?, to))
}

/// Would fail for a table or column that a later migration adds and the move forgets.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_of_every_table_is_the_same_afterwards() {
    let Some((from, to)) = pair().await else { return };
    fill(from.address(), 300, 0);
    let transfer = open(Path::new(from.address()), &to).await.unwrap();
    let copied = transfer.copy(&quiet).await.unwrap();
    assert!(copied.put > 300 * 20, "{copied:?}");
    // The installation goes on: new rows, changed ones, and some that go.
    fill(from.address(), 40, 5_000);
    let own = Connection::open(from.address()).unwrap();
    own.execute_batch(
        "update number set version = version + 7 where bucket < 20; \
        delete from job where bucket between 30 and 33; update staff set version = 99",
    )
    .unwrap();
    let done = transfer.finish(&quiet).await.unwrap();
    assert!(done.put > 40 && done.put < copied.put, "{done:?}");
    let (ours, theirs) = (of_sqlite(from.address()), of_postgres(to.address()).await);
    assert_same(&ours, &theirs);
    for (table, rows) in &ours {
        assert!(!rows.is_empty(), "{table} was filled");
    }
    assert_eq!(done.rows, ours.values().map(|rows| rows.len() as u64).sum::<u64>());
}

/// A process that was not stopped must not go on writing where nobody looks any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_writes_to_the_old_file_after_the_move() {
    let Some((from, to)) = pair().await else { return };
    let running = from.db();
    let transfer = open(Path::new(from.address()), &to).await.unwrap();
    transfer.copy(&quiet).await.unwrap();
    transfer.finish(&quiet).await.unwrap();
    let mut batch = crate::Batch::new(domain::time::At::from_millis(1));
    crate::operator::insert(&mut batch, &crate::testing::operator(1));
    let error = running.commit(batch).await.unwrap_err();
    assert!(error.to_string().contains("moved to PostgreSQL"), "{error}");
    let error = Db::open(from.address()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("moved to PostgreSQL"), "{error}");
    drop(Db::open(to.address()).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unfinished_move_serves_nobody_and_goes_on_where_it_was() {
    let Some((from, to)) = pair().await else { return };
    fill(from.address(), 50, 0);
    let path = Path::new(from.address());
    let first = open(path, &to).await.unwrap();
    first.copy(&quiet).await.unwrap();
    drop(first);
    let error = Db::open(to.address()).await.unwrap_err();
    assert!(error.to_string().contains("not finished"), "{error}");
    let other = fresh(Engine::Sqlite).await.unwrap();
    let error = open(Path::new(other.address()), &to).await.unwrap_err();
    assert!(error.to_string().contains("another database"), "{error}");
    let again = open(path, &to).await.unwrap();
    assert_eq!(again.copy(&quiet).await.unwrap().put, 0, "it was there already");
    again.finish(&quiet).await.unwrap();
    assert_same(&of_sqlite(from.address()), &of_postgres(to.address()).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_with_data_is_refused_untouched() {
    let Some((from, to)) = pair().await else { return };
    let mut batch = crate::Batch::new(domain::time::At::from_millis(1));
    crate::operator::insert(&mut batch, &crate::testing::operator(1));
    to.commit(batch).await.unwrap();
    let error = open(Path::new(from.address()), &to).await.unwrap_err();
    assert!(error.to_string().contains("the target holds data (operator)"), "{error}");
    assert_eq!(of_postgres(to.address()).await["operator"].len(), 1);
}

/// A row that differs in one bit on the way is found, put anew, and found again if it stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_changed_value_in_the_target_is_put_right_before_the_end() {
    let Some((from, to)) = pair().await else { return };
    fill(from.address(), 30, 0);
    let transfer = open(Path::new(from.address()), &to).await.unwrap();
    transfer.copy(&quiet).await.unwrap();
    let (client, connection) =
        tokio_postgres::connect(to.address(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let sql = "update number set version = version # 1 where bucket = 7";
    assert_eq!(client.execute(sql, &[]).await.unwrap(), 1);
    let done = transfer.finish(&quiet).await.unwrap();
    assert_eq!(done.put, 1);
    assert_same(&of_sqlite(from.address()), &of_postgres(to.address()).await);
}

#[test]
fn chunks_hold_what_differs_and_nothing_else() {
    let sums = |buckets: &[(i64, &[u8])]| {
        let mut sums = Sums::new();
        for (bucket, tuple) in buckets {
            tuple::add(&mut sums, *bucket, tuple);
        }
        sums
    };
    let ours = sums(&[(0, b"a"), (1, b"b"), (2, b"c"), (9, b"d"), (10, b"e")]);
    let theirs = sums(&[(0, b"a"), (1, b"x"), (9, b"d"), (12, b"z")]);
    assert_eq!(chunks(&ours, &theirs), [1..=2, 10..=12]);
    assert_eq!(chunks(&ours, &ours), []);
    assert_eq!(chunks(&ours, &Sums::new()), [0..=10]);
}
