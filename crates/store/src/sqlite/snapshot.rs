//! Reading on a thread that reads, each column where it lies.

use super::{control, run_each};
use crate::error::{Error, ErrorKind};
use crate::statement::{Statement, texts};
use crate::value::{Columns, Value, ValueRef};
use rusqlite::types::ValueRef as Lying;
use rusqlite::{CachedStatement, Connection, ToSql, params_from_iter};

/// One moment of the file, for as long as it is looked at.
pub(crate) struct Snapshot<'a> {
    connection: &'a Connection,
}

impl<'a> Snapshot<'a> {
    /// Looks with `look` at one moment. A connection on which the end of it fails is left inside a
    /// transaction.
    pub(super) fn of<T>(
        connection: &'a Connection,
        look: impl FnOnce(Result<&Self, Error>) -> T,
    ) -> T {
        if let Err(error) = control(connection, "begin deferred") {
            return look(Err(error));
        }
        let seen = look(Ok(&Self { connection }));
        let _ = control(connection, "commit");
        seen
    }

    /// Hands each row to `each`.
    pub(crate) fn each(
        &self,
        statement: &'static Statement,
        params: &[Value],
        each: impl FnMut(&Borrowed<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut prepared = self.prepare(statement)?;
        run_each(&mut prepared.prepared, statement, params_from_iter(params), each)
    }

    /// The statement, to be run many times.
    pub(crate) fn prepare(&self, statement: &'static Statement) -> Result<Prepared<'a>, Error> {
        let prepared = self.connection.prepare_cached(&texts(statement)?.sqlite);
        let prepared = prepared.map_err(|e| Error::sqlite(statement.name, e))?;
        Ok(Prepared { statement, prepared })
    }
}

/// A statement that is run again and again.
pub(crate) struct Prepared<'a> {
    statement: &'static Statement,
    prepared: CachedStatement<'a>,
}

impl Prepared<'_> {
    /// Hands each row to `each`.
    pub(crate) fn each(
        &mut self,
        params: &[&dyn ToSql],
        each: impl FnMut(&Borrowed<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        run_each(&mut self.prepared, self.statement, params, each)
    }

    /// What `of_row` makes of the first row, if there is one.
    pub(crate) fn first<T>(
        &mut self,
        params: &[&dyn ToSql],
        of_row: impl Fn(&Borrowed<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut first = None;
        self.each(params, |row| {
            if first.is_none() {
                first = Some(of_row(row)?);
            }
            Ok(())
        })?;
        Ok(first)
    }
}

/// A row that SQLite holds.
pub(crate) struct Borrowed<'a>(pub(super) &'a rusqlite::Row<'a>);

impl Columns for Borrowed<'_> {
    fn column(&self, index: usize) -> Result<ValueRef<'_>, Error> {
        let value = self.0.get_ref(index).map_err(|e| Error::sqlite("read a column", e))?;
        Ok(match value {
            Lying::Null => ValueRef::Null,
            Lying::Integer(int) => ValueRef::Int(int),
            Lying::Text(text) => match std::str::from_utf8(text) {
                Ok(text) => ValueRef::Text(text),
                Err(_) => {
                    let text = format!("column {index} is no text in UTF-8");
                    return Err(Error::new(ErrorKind::Corrupt, text));
                }
            },
            Lying::Blob(blob) => ValueRef::Blob(blob),
            Lying::Real(_) => {
                let text = format!("column {index} is no integer, text or blob");
                return Err(Error::new(ErrorKind::Bug, text));
            }
        })
    }
}
