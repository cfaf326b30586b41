//! No query reads a whole table: every registered statement's plan is looked at. What is asked most
//! often uses the index that was made for it.

pub(crate) mod postgres;

use crate::statements::all;
use rusqlite::Connection;
use std::collections::BTreeSet;

/// Statements that read all of something on purpose, and something small.
const WHOLE: &[&str] = &[
    "provision.checks: SCAN late",
    "notice.count_unknown_receipts: SCAN notice_receipt USING INDEX notice_receipt_unknown",
];

/// What runs most often, and the index or key of each table that it must use; `TABLE` alone is the
/// primary key.
const HOT: &[(&str, &[&str])] = &[
    // The status of a number, of one and of many.
    ("number.load", &["number"]),
    ("number.load_many", &["number"]),
    ("number_hold.of_number", &["number_hold"]),
    ("number_hold.of_numbers", &["number_hold"]),
    ("provision.of_number", &["provision"]),
    ("provision.of_numbers", &["provision"]),
    ("provision.told", &["provision"]),
    ("activity.version", &["activity_version"]),
    ("activity.versions", &["activity_version"]),
    ("activity.load", &["activity"]),
    // The sweep.
    ("number.due", &["number_due"]),
    ("number.next_due", &["number_due"]),
    ("number.update", &["number"]),
    ("number.update_within", &["number"]),
    ("notice.warnings", &["notice_of_number", "notice_attempt"]),
    // The outbox.
    ("job.due", &["job_due"]),
    ("job.next", &["job_due"]),
    ("job.claim", &["job"]),
    ("job.done", &["job"]),
    ("notice.load", &["notice"]),
    ("notice.attempts", &["notice_attempt"]),
    ("notice.move_attempt", &["notice_attempt"]),
    ("notice.message", &["notice_message"]),
    ("notice.by_dedup", &["notice_dedup"]),
    ("provision.checks", &["provision_check"]),
    // The pages of the desk.
    ("review_case.open", &["review_case_queue"]),
    ("review_case.at_risk", &["review_case_queue"]),
    ("review_case.load", &["review_case"]),
    // The audit chain.
    ("audit.unlinked", &["audit_entry_unlinked"]),
    ("audit.link", &["audit_entry"]),
    ("audit.list", &["audit_entry_seq"]),
    ("audit.of_subject", &["audit_entry_subject"]),
];

/// The statement of this name.
fn named(name: &str) -> &'static crate::Statement {
    all().find(|statement| statement.name == name).unwrap_or_else(|| panic!("{name} is gone"))
}

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
    crate::migrate::sqlite(&connection, crate::migrate::Extent::All).unwrap();
    let small = crate::migrate::reference_tables();
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

#[test]
fn what_runs_most_often_uses_its_index() {
    let connection = Connection::open_in_memory().unwrap();
    crate::migrate::sqlite(&connection, crate::migrate::Extent::All).unwrap();
    for (name, indexes) in HOT {
        let sql = &crate::statement::texts(named(name)).unwrap().sqlite;
        let steps = plan(&connection, sql).join("\n");
        for index in *indexes {
            let own = format!("INDEX {index} ");
            let key = format!("INDEX sqlite_autoindex_{index}_1 ");
            let steps = format!("{steps} ");
            assert!(steps.contains(&own) || steps.contains(&key), "{name}, {index}:\n{steps}");
        }
    }
}
