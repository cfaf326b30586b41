use super::*;
use std::collections::BTreeSet;

#[test]
fn the_type_word_is_replaced_and_nothing_else() {
    let sql = "create table a (blob_id blob not null, b blob, c text);";
    let want = "create table a (blob_id bytea not null, b bytea, c text);";
    assert_eq!(blob_to_bytea(sql), want);
}

#[test]
fn a_changed_or_unknown_migration_is_refused() {
    let first = MIGRATIONS.first().unwrap();
    let good = BTreeMap::from([(first.name.to_owned(), first.checksum())]);
    assert_eq!(missing(&good).unwrap().len(), MIGRATIONS.len() - 1);
    let changed = BTreeMap::from([(first.name.to_owned(), "0".to_owned())]);
    assert_eq!(missing(&changed).unwrap_err().kind(), ErrorKind::Config);
    let newer = BTreeMap::from([("9999_later".to_owned(), "0".to_owned())]);
    assert_eq!(missing(&newer).unwrap_err().kind(), ErrorKind::Config);
}

/// Tables whose comment begins with "reference table": small, and copied to every machine.
pub(crate) fn reference_tables() -> BTreeSet<String> {
    let mut tables = BTreeSet::from(["schema_migration".to_owned()]);
    for migration in MIGRATIONS {
        let mut is_reference = false;
        for line in migration.sql.lines() {
            if let Some(comment) = line.strip_prefix("-- ") {
                is_reference |= comment.starts_with("reference table");
            } else if let Some(rest) = line.strip_prefix("create table ") {
                if is_reference {
                    tables.insert(rest.split([' ', '(']).next().unwrap().to_owned());
                }
                is_reference = false;
            } else {
                is_reference = false;
            }
        }
    }
    tables
}

fn names(connection: &Connection, sql: &str) -> Vec<String> {
    let mut select = connection.prepare(sql).unwrap();
    let rows = select.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// What a database that is spread over machines needs: see `docs/decisions/`.
#[test]
fn every_big_table_and_unique_index_begins_with_bucket() {
    let connection = Connection::open_in_memory().unwrap();
    sqlite(&connection).unwrap();
    let reference = reference_tables();
    let tables = names(
        &connection,
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'",
    );
    assert!(tables.len() > 3);
    for table in tables.iter().filter(|table| !reference.contains(*table)) {
        let key = format!("select name from pragma_table_info('{table}') where pk > 0 order by pk");
        let first = names(&connection, &key).into_iter().next();
        assert_eq!(first.as_deref(), Some("bucket"), "primary key of {table}");
        let indexes = format!("select name from pragma_index_list('{table}') where \"unique\" = 1");
        for index in names(&connection, &indexes) {
            let columns = format!("select name from pragma_index_info('{index}') order by seqno");
            assert_eq!(names(&connection, &columns)[0], "bucket", "unique index {index}");
        }
    }
}

#[test]
fn the_schema_needs_no_trigger_clock_or_foreign_type() {
    for migration in MIGRATIONS {
        for line in migration.sql.lines().filter(|line| !line.starts_with("--")) {
            let line = line.to_ascii_lowercase();
            let banned =
                ["create trigger", "now()", "current_timestamp", "random()", "integer", "::"];
            for word in banned {
                assert!(!line.contains(word), "{}: {line}", migration.name);
            }
        }
    }
}
