//! Statements: one SQL text for both engines, known before it runs.

use crate::error::{Error, ErrorKind};
use std::collections::HashMap;
use std::sync::OnceLock;

/// A registered SQL statement. Parameters are `$1`, `$2`, …; never a cast with `::`.
#[derive(Debug)]
pub struct Statement {
    /// The unique name, `area.verb`, as it appears in errors and measurements.
    pub name: &'static str,
    /// The text for both engines, or for SQLite alone if `postgres` is given.
    pub sql: &'static str,
    /// The text for PostgreSQL where one text cannot serve both.
    pub postgres: Option<&'static str>,
}

impl Statement {
    /// One text for both engines.
    pub const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql, postgres: None }
    }

    /// A text of its own for each engine.
    pub const fn of_two(name: &'static str, sqlite: &'static str, postgres: &'static str) -> Self {
        Self { name, sql: sqlite, postgres: Some(postgres) }
    }
}

/// The texts of a statement as each engine wants them.
#[derive(Debug)]
pub(crate) struct Texts {
    pub(crate) sqlite: String,
    pub(crate) postgres: String,
}

/// The texts of `statement`; an error if it is in no module's `ALL`.
pub(crate) fn texts(statement: &Statement) -> Result<&'static Texts, Error> {
    static TEXTS: OnceLock<HashMap<&'static str, Texts>> = OnceLock::new();
    let all = TEXTS.get_or_init(|| {
        crate::statements::all().map(|statement| (statement.name, texts_of(statement))).collect()
    });
    all.get(statement.name).ok_or_else(|| {
        Error::new(ErrorKind::Bug, format!("statement {} is not registered", statement.name))
    })
}

fn texts_of(statement: &Statement) -> Texts {
    let postgres = statement.postgres.unwrap_or(statement.sql);
    Texts {
        sqlite: number_parameters(statement.sql),
        postgres: postgres.replace("as blob)", "as bytea)"),
    }
}

/// Rewrites `$n` to `?n` outside quotes: SQLite numbers `$name` by first appearance, which would
/// silently swap arguments.
fn number_parameters(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut is_quoted = false;
    let mut chars = sql.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\'' => is_quoted = !is_quoted,
            '$' if !is_quoted && chars.peek().is_some_and(char::is_ascii_digit) => {
                out.push('?');
                continue;
            }
            _ => {}
        }
        out.push(char);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_outside_quotes_only() {
        let sql = "select '$1', a from t where b = $2 and c = $10 and d = 'it''s $3'";
        let want = "select '$1', a from t where b = ?2 and c = ?10 and d = 'it''s $3'";
        assert_eq!(number_parameters(sql), want);
    }

    #[test]
    fn an_unregistered_statement_is_a_bug() {
        let stray = Statement::new("nowhere.stray", "select 1");
        assert_eq!(texts(&stray).err().map(|e| e.kind()), Some(ErrorKind::Bug));
    }

    #[test]
    fn names_are_unique_and_texts_portable() {
        let mut seen = std::collections::BTreeSet::new();
        for statement in crate::statements::all() {
            let Statement { name, sql, .. } = statement;
            assert!(seen.insert(name), "{name} is there twice");
            let sql = sql.to_ascii_lowercase();
            for banned in ["::", "now()", "random()", "current_timestamp", "select *"] {
                assert!(!sql.contains(banned), "{name}: {banned}");
            }
            // What others may change meanwhile is guarded by versions and keys, not by counting.
            let is_write = ["insert", "update", "delete"].iter().any(|word| sql.starts_with(word));
            assert!(!(is_write && sql.contains("count(")), "{name} counts while it writes");
        }
    }
}
