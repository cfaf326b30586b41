//! Rows in the binary form of PostgreSQL's `copy`: written from SQLite, read back from PostgreSQL,
//! and summed in both places. Equal rows have equal bytes.

use super::schema::{Kind, Table};
use crate::error::{Error, ErrorKind};
use bytes::{Buf, BytesMut};
use rusqlite::types::ValueRef;
use std::collections::BTreeMap;

/// What a stream of rows begins with: signature, flags, length of the extension.
pub(super) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with.
pub(super) const TRAILER: &[u8] = &[0xff, 0xff];

/// The rows of one bucket, summed: their number and the sum of their hashes, in which order does
/// not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) rows: u64,
    high: u128,
    low: u128,
}

/// The sums of a table by bucket; a table without buckets has all in bucket 0.
pub(super) type Sums = BTreeMap<i64, Sum>;

/// Adds a row to the sum of its bucket.
pub(super) fn add(sums: &mut Sums, bucket: i64, tuple: &[u8]) {
    let hash = seal::sha256(tuple);
    let half = |from: usize| {
        let bytes = hash.get(from..from + 16).and_then(|half| half.try_into().ok());
        u128::from_be_bytes(bytes.unwrap_or_default())
    };
    let sum = sums.entry(bucket).or_default();
    sum.rows += 1;
    sum.high = sum.high.wrapping_add(half(0));
    sum.low = sum.low.wrapping_add(half(16));
}

/// Writes a row of SQLite into `out`; its bucket.
pub(super) fn write(
    table: &Table,
    row: &rusqlite::Row<'_>,
    out: &mut Vec<u8>,
) -> Result<i64, Error> {
    let mut bucket = 0;
    let columns = i16::try_from(table.columns.len()).unwrap_or(i16::MAX);
    out.extend_from_slice(&columns.to_be_bytes());
    for (index, column) in table.columns.iter().enumerate() {
        let value = row.get_ref(index).map_err(|e| Error::sqlite("move", e))?;
        match (value, column.kind) {
            (ValueRef::Null, _) => out.extend_from_slice(&(-1_i32).to_be_bytes()),
            (ValueRef::Integer(int), Kind::Int) => {
                if table.bucket == Some(index) {
                    bucket = int;
                }
                field(out, &int.to_be_bytes())?;
            }
            (ValueRef::Integer(int @ (0 | 1)), Kind::Bool) => field(out, &[u8::from(int == 1)])?,
            (ValueRef::Text(bytes), Kind::Text) | (ValueRef::Blob(bytes), Kind::Blob) => {
                field(out, bytes)?;
            }
            (other, kind) => {
                let (table, column) = (&table.name, &column.name);
                let text =
                    format!("{table}.{column} should be {kind:?}, not {}", other.data_type());
                return Err(Error::new(ErrorKind::Corrupt, text));
            }
        }
    }
    Ok(bucket)
}

fn field(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Error> {
    let length = i32::try_from(bytes.len())
        .map_err(|_| Error::new(ErrorKind::Corrupt, "a value of more than two gigabytes"))?;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
    Ok(())
}

/// Takes rows out of a stream that comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Reader {
    buffer: BytesMut,
    has_begun: bool,
}

impl Reader {
    /// Adds a piece and sums the rows that are whole.
    pub(super) fn take(
        &mut self,
        table: &Table,
        piece: &[u8],
        sums: &mut Sums,
    ) -> Result<(), Error> {
        self.buffer.extend_from_slice(piece);
        if !self.has_begun {
            if self.buffer.len() < HEADER.len() {
                return Ok(());
            }
            self.buffer.advance(HEADER.len());
            self.has_begun = true;
        }
        while let Some((length, bucket)) = whole(&self.buffer, table.bucket)? {
            if let Some(tuple) = self.buffer.get(..length) {
                add(sums, bucket, tuple);
            }
            self.buffer.advance(length);
        }
        Ok(())
    }
}

/// The length of the first row and its bucket, if it is all there.
fn whole(bytes: &[u8], bucket_at: Option<usize>) -> Result<Option<(usize, i64)>, Error> {
    let int = |at: usize| -> Option<i32> {
        Some(i32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
    };
    let Some(Ok(columns)) = bytes.get(..2).map(<[u8; 2]>::try_from) else { return Ok(None) };
    let Ok(columns) = usize::try_from(i16::from_be_bytes(columns)) else { return Ok(None) };
    let (mut at, mut bucket) = (2, 0);
    for index in 0..columns {
        let Some(length) = int(at) else { return Ok(None) };
        at += 4;
        let Ok(length) = usize::try_from(length) else { continue };
        let Some(value) = bytes.get(at..at + length) else { return Ok(None) };
        if bucket_at == Some(index) {
            let value = value.try_into().map_err(|_| {
                Error::new(ErrorKind::Config, "a bucket of PostgreSQL is no bigint")
            })?;
            bucket = i64::from_be_bytes(value);
        }
        at += length;
    }
    Ok(Some((at, bucket)))
}

#[cfg(test)]
mod tests {
    use super::super::schema::Column;
    use super::*;

    fn table() -> Table {
        let column = |name: &str, kind| Column { name: name.to_owned(), kind };
        Table {
            name: "t".to_owned(),
            columns: vec![
                column("name", Kind::Text),
                column("bucket", Kind::Int),
                column("content", Kind::Blob),
                column("is_open", Kind::Bool),
            ],
            bucket: Some(1),
        }
    }

    /// Every way of cutting the stream gives the sums of the rows as they were written.
    #[test]
    fn a_stream_in_pieces_sums_like_the_rows() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let sql = "select 'a', 3, x'00ff', 1 union all select null, 3, null, 0 \
            union all select 'long long', 700, x'', null";
        let (mut stream, mut want) = (HEADER.to_vec(), Sums::new());
        let mut select = connection.prepare(sql).unwrap();
        let mut rows = select.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let from = stream.len();
            let bucket = write(&table(), row, &mut stream).unwrap();
            add(&mut want, bucket, &stream[from..]);
        }
        stream.extend_from_slice(TRAILER);
        assert_eq!(
            want.iter().map(|(b, sum)| (*b, sum.rows)).collect::<Vec<_>>(),
            [(3, 2), (700, 1)]
        );
        for size in 1..stream.len() {
            let (mut reader, mut sums) = (Reader::default(), Sums::new());
            for piece in stream.chunks(size) {
                reader.take(&table(), piece, &mut sums).unwrap();
            }
            assert_eq!(sums, want, "pieces of {size} bytes");
        }
    }

    #[test]
    fn a_value_of_another_type_is_named() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let mut select = connection.prepare("select 1, 3, x'', 1").unwrap();
        let mut rows = select.query([]).unwrap();
        let error = write(&table(), rows.next().unwrap().unwrap(), &mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("t.name should be Text"), "{error}");
    }
}
