use super::*;

#[test]
fn the_type_word_is_replaced_and_nothing_else() {
    let sql = "create table a (blob_id blob not null, b blob, c text);";
    let want = "create table a (blob_id bytea not null, b bytea, c text);";
    assert_eq!(blob_to_bytea(sql), want);
}

/// What a database says that has these migrations of ours, and one more if given.
fn applied(ours: &[Migration], more: Option<(&str, Mark)>) -> Applied {
    let own = |one: &Migration| (one.name.to_owned(), (one.checksum(), "expand".to_owned()));
    let more = more.map(|(name, mark)| (name.to_owned(), ("0".to_owned(), mark.code().to_owned())));
    ours.iter().map(own).chain(more).collect()
}

#[test]
fn a_changed_migration_is_refused_and_an_unknown_one_only_if_it_is_a_contraction() {
    let first = &MIGRATIONS[..1];
    let missing = plan(MIGRATIONS, &applied(first, None), Extent::Expand).unwrap().now;
    assert_eq!(missing.len(), MIGRATIONS.len() - 1);
    let mut changed = applied(first, None);
    for (checksum, _) in changed.values_mut() {
        checksum.push('0');
    }
    let error = plan(MIGRATIONS, &changed, Extent::All).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let newer = applied(MIGRATIONS, Some(("9999_later", Mark::Expand)));
    assert_eq!(plan(MIGRATIONS, &newer, Extent::Expand).unwrap().done(), Migrated::default());
    let newer = applied(MIGRATIONS, Some(("9999_later", Mark::Contract)));
    let error = plan(MIGRATIONS, &newer, Extent::Expand).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("9999_later"), "{error}");
    // A mark of a later program, whatever it means.
    let mut newer = applied(MIGRATIONS, Some(("9999_later", Mark::Expand)));
    newer.get_mut("9999_later").unwrap().1 = "sideways".to_owned();
    assert!(plan(MIGRATIONS, &newer, Extent::Expand).is_err());
}

const fn fake(name: &'static str, sql: &'static str) -> Migration {
    Migration { name, sql, postgres: None }
}

const OLD: [Migration; 1] = [fake("1_old", "create table thing (id bigint, was text)")];
const NEW: [Migration; 3] = [
    fake("1_old", "create table thing (id bigint, was text)"),
    fake("2_more", "alter table thing add column is_new text"),
    fake("3_less", "-- contract: nobody reads it\nalter table thing drop column was"),
];

#[test]
fn a_contraction_waits_until_it_is_asked_for_unless_the_database_is_empty() {
    let all = plan(&NEW, &Applied::new(), Extent::Expand).unwrap();
    assert_eq!((all.now.len(), all.waiting.len()), (3, 0));
    let some = plan(&NEW, &applied(&OLD, None), Extent::Expand).unwrap().done();
    assert_eq!((some.applied, some.waiting), (vec!["2_more".into()], vec!["3_less".into()]));
    let all = plan(&NEW, &applied(&OLD, None), Extent::All).unwrap();
    assert_eq!((all.now.len(), all.waiting.len()), (2, 0));
    let needing = [
        fake("1_old", "create table thing (id bigint, was text)"),
        fake("2_less", "-- contract: nobody reads it\nalter table thing drop column was"),
        fake("3_more", "alter table thing add column was bigint"),
    ];
    let error = plan(&needing, &applied(&OLD, None), Extent::Expand).unwrap_err();
    assert!(error.to_string().contains("--contract"), "{error}");
}

/// A rolling upgrade, seen by the older program: the newer one adds, the older goes on; the newer
/// one takes away, and the older is told so.
#[test]
fn an_older_program_works_with_a_newer_schema_until_something_is_taken_away_sqlite() {
    let connection = Connection::open_in_memory().unwrap();
    sqlite_to(&connection, &OLD, Extent::Expand).unwrap();
    let done = sqlite_to(&connection, &NEW, Extent::Expand).unwrap();
    assert_eq!((done.applied.len(), done.waiting.len()), (1, 1));
    assert_eq!(sqlite_to(&connection, &OLD, Extent::Expand).unwrap(), Migrated::default());
    connection.execute_batch("insert into thing (id, was) values (1, 'x')").unwrap();
    assert_eq!(sqlite_to(&connection, &NEW, Extent::All).unwrap().applied, ["3_less"]);
    let error = sqlite_to(&connection, &OLD, Extent::Expand).unwrap_err();
    assert!(error.to_string().contains("3_less"), "{error}");
    sqlite_to(&connection, &NEW, Extent::Expand).unwrap();
}

#[tokio::test]
async fn an_older_program_works_with_a_newer_schema_until_something_is_taken_away_postgres() {
    let Some(db) = crate::testing::fresh(crate::testing::Engine::Postgres).await else { return };
    let client = crate::postgres::client_of(db.address()).await;
    client.batch_execute("set default_transaction_read_only = off").await.unwrap();
    client.batch_execute("create schema other; set search_path = other").await.unwrap();
    postgres_to(&client, &OLD, Extent::Expand).await.unwrap();
    let done = postgres_to(&client, &NEW, Extent::Expand).await.unwrap();
    assert_eq!((done.applied.len(), done.waiting.len()), (1, 1));
    assert_eq!(postgres_to(&client, &OLD, Extent::Expand).await.unwrap(), Migrated::default());
    client.batch_execute("insert into thing (id, was) values (1, 'x')").await.unwrap();
    assert_eq!(postgres_to(&client, &NEW, Extent::All).await.unwrap().applied, ["3_less"]);
    let error = postgres_to(&client, &OLD, Extent::Expand).await.unwrap_err();
    assert!(error.to_string().contains("3_less"), "{error}");
    postgres_to(&client, &NEW, Extent::Expand).await.unwrap();
}

/// Written by a program from before the marks.
#[test]
fn a_database_without_marks_gets_them() {
    let connection = Connection::open_in_memory().unwrap();
    let first = &OLD[0];
    let old = format!(
        "create table schema_migration (name text primary key, checksum text not null); {}; \
         insert into schema_migration (name, checksum) values ('{}', '{}')",
        first.sql,
        first.name,
        first.checksum()
    );
    connection.execute_batch(&old).unwrap();
    assert_eq!(sqlite_to(&connection, &NEW, Extent::Expand).unwrap().applied, ["2_more"]);
    let marks = names(&connection, "select mark from schema_migration order by name");
    assert_eq!(marks, ["expand", "expand"]);
}

/// What takes something away, or makes a duty of what was free, and is not marked so.
#[test]
fn whatever_an_older_program_cannot_live_with_is_marked() {
    for migration in MIGRATIONS.iter().filter(|one| one.mark() == Mark::Expand) {
        for statement in migration.sql.split(';') {
            let words: String = statement
                .lines()
                .filter(|line| !line.starts_with("--"))
                .collect::<Vec<_>>()
                .join(" ");
            let takes = ["drop table", "drop column", "rename ", "delete from", "truncate"];
            let is_taken = takes.iter().any(|taking| words.contains(taking));
            let is_duty = words.contains("add column")
                && words.contains("not null")
                && !words.contains("default");
            assert!(!is_taken && !is_duty, "{}: {words}", migration.name);
        }
    }
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
    sqlite(&connection, Extent::All).unwrap();
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
