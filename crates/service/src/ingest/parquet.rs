//! Parquet files of usage, as rows of CSV: from here on they go the way of every other file.

use std::fs::File;
use std::io::{self, Read};

/// The rows of `file` if it is a Parquet file and this program can read those, else `None`; then
/// the file stands at its beginning.
pub fn parquet_rows(file: &File) -> io::Result<Option<Box<dyn Read + Send>>> {
    #[cfg(feature = "parquet")]
    {
        use std::io::{Seek, SeekFrom};
        /// The first bytes of such a file, and the last.
        const MAGIC: &[u8; 4] = b"PAR1";
        let mut own = file.try_clone()?;
        let mut first = Vec::new();
        (&mut own).take(MAGIC.len() as u64).read_to_end(&mut first)?;
        own.seek(SeekFrom::Start(0))?;
        if first == MAGIC {
            return Ok(Some(Box::new(rows::Rows::of(own))));
        }
    }
    #[cfg(not(feature = "parquet"))]
    let _ = file;
    Ok(None)
}

#[cfg(feature = "parquet")]
mod rows {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::reader::RowIter;
    use parquet::record::{Field, Row};
    use parquet::schema::types::{Type, TypePtr};
    use std::fs::File;
    use std::io::{self, Read};
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    /// Columns that are read; the others are not even decompressed.
    const COLUMNS: [&str; 4] = ["msisdn", "imsi", "kind", "instant"];

    /// Bytes of text that are handed over at once.
    const PIECE_BYTES: usize = 256 << 10;

    /// Pieces that wait to be read.
    const PIECES_WAITING: usize = 4;

    /// The file as text. Its rows are decoded on a thread of their own.
    pub(super) struct Rows {
        pieces: Receiver<io::Result<Vec<u8>>>,
        piece: io::Cursor<Vec<u8>>,
    }

    impl Rows {
        pub(super) fn of(file: File) -> Self {
            let (sender, pieces) = sync_channel(PIECES_WAITING);
            std::thread::spawn(move || {
                if let Err(error) = write_all(file, &sender) {
                    // Whoever does not read on does not want to know.
                    let _ = sender.send(Err(error));
                }
            });
            Self { pieces, piece: io::Cursor::default() }
        }
    }

    impl Read for Rows {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            loop {
                match self.piece.read(buffer)? {
                    0 if !buffer.is_empty() => match self.pieces.recv() {
                        Ok(piece) => self.piece = io::Cursor::new(piece?),
                        Err(_) => return Ok(0),
                    },
                    read => return Ok(read),
                }
            }
        }
    }

    fn write_all(file: File, pieces: &SyncSender<io::Result<Vec<u8>>>) -> io::Result<()> {
        let reader = SerializedFileReader::new(file).map_err(damaged)?;
        let schema = reader.metadata().file_metadata().schema().clone();
        let is_wanted = |field: &&TypePtr| {
            COLUMNS.iter().any(|column| field.name().eq_ignore_ascii_case(column))
        };
        let fields: Vec<TypePtr> = schema.get_fields().iter().filter(is_wanted).cloned().collect();
        let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
        let mut text = names.join(",").into_bytes();
        text.push(b'\n');
        if fields.is_empty() {
            return send(pieces, text).map(drop);
        }
        let projected = Type::group_type_builder(schema.name()).with_fields(fields).build();
        let rows = RowIter::from_file_into(Box::new(reader));
        for row in rows.project(Some(projected.map_err(damaged)?)).map_err(damaged)? {
            push_row(&mut text, &row.map_err(damaged)?);
            if text.len() >= PIECE_BYTES {
                text = send(pieces, text)?;
            }
        }
        send(pieces, text).map(drop)
    }

    fn send(pieces: &SyncSender<io::Result<Vec<u8>>>, text: Vec<u8>) -> io::Result<Vec<u8>> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        pieces.send(Ok(text)).map_err(gone)?;
        Ok(Vec::with_capacity(PIECE_BYTES + 256))
    }

    fn push_row(text: &mut Vec<u8>, row: &Row) {
        for (at, (_, field)) in row.get_column_iter().enumerate() {
            if at > 0 {
                text.push(b',');
            }
            match field {
                Field::Null => {}
                Field::Str(value) => push_text(text, value),
                // Milliseconds, as the reader of rows takes them.
                Field::TimestampMillis(millis) => push_text(text, &millis.to_string()),
                Field::TimestampMicros(micros) => push_text(text, &(micros / 1000).to_string()),
                Field::Bytes(bytes) => push_text(text, &String::from_utf8_lossy(bytes.data())),
                other => push_text(text, &other.to_string()),
            }
        }
        text.push(b'\n');
    }

    /// A row is a line: a line break within a value becomes a space, and the value is no good.
    fn push_text(text: &mut Vec<u8>, value: &str) {
        if value.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
            let line = value.replace('"', "\"\"").replace(['\n', '\r'], " ");
            text.push(b'"');
            text.extend_from_slice(line.as_bytes());
            text.push(b'"');
        } else {
            text.extend_from_slice(value.as_bytes());
        }
    }

    fn damaged(error: parquet::errors::ParquetError) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, error)
    }
}
