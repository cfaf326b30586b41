//! No query reads a whole table: every registered statement's plan is looked at.

use crate::statements::all;
use rusqlite::Connection;
use std::collections::BTreeSet;

/// Statements that read all of something on purpose, and something small.
const WHOLE: &[&str] = &[
    "provision.checks: SCAN late",
    "notice.count_unknown_receipts: SCAN notice_receipt USING INDEX notice_receipt_unknown",
];

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut select = connection.prepare(&format!("explain query plan {sql}")).unwrap();
    let count = select.parameter_count();
    let nulls = vec![rusqlite::types::Value::Null; count];
    let rows = select.query_map(rusqlite::params_from_iter(nulls), |row| row.get(3)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn no_statement_scans_a_big_table() {
    let connection = Connection::open_in_memory().unwrap();
    crate::migrate::sqlite(&connection).unwrap();
    let small = crate::migrate::tests::reference_tables();
    let mut found = BTreeSet::new();
    for statement in all().filter(|statement| !statement.name.starts_with("test.")) {
        let sql = &crate::statement::texts(statement).unwrap().sqlite;
        for step in plan(&connection, sql) {
            let Some(rest) = step.strip_prefix("SCAN ") else { continue };
            let table = rest.split_whitespace().next().unwrap_or_default();
            if !small.contains(table) && !rest.contains("VIRTUAL TABLE") {
                found.insert(format!("{}: {step}", statement.name));
            }
        }
    }
    let unexpected: Vec<_> = found.iter().filter(|line| !WHOLE.contains(&line.as_str())).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}
