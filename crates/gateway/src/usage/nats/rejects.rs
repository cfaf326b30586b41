//! The file of rejected rows: what an import writes beside its file, for a feed that has none.

use service::ingest::{Reject, private};
use std::io::{self, Write as _};
use std::path::Path;
use words::Lang;

/// Bytes of a payload that are kept if it makes no sense at all.
const PAYLOAD_BYTES_MAX: usize = 4 << 10;

const HEADER: &[u8] = b"sequence,line,code,reason,row\n";

/// Rejected rows to be written.
#[derive(Debug)]
pub(super) struct Lines {
    lang: Lang,
    text: Vec<u8>,
    pub(super) count: u64,
}

impl Lines {
    pub(super) fn new(lang: Lang) -> Self {
        Self { lang, text: Vec::new(), count: 0 }
    }

    /// A row of a message.
    pub(super) fn row(&mut self, sequence: u64, line: u64, reject: &Reject) {
        use domain::refusal::Refusal as _;
        self.add(sequence, line, reject.fault.code(), &reject.row);
    }

    /// A message nothing of which could be read, or its beginning.
    pub(super) fn payload(&mut self, sequence: u64, code: &str, payload: &[u8]) {
        self.add(sequence, 1, code, payload.get(..PAYLOAD_BYTES_MAX).unwrap_or(payload));
    }

    fn add(&mut self, sequence: u64, line: u64, code: &str, row: &[u8]) {
        let reason = self.lang.refusal(code, &[]).unwrap_or_else(|| code.to_owned());
        let row = String::from_utf8_lossy(row).replace('"', "\"\"");
        let reason = reason.replace('"', "\"\"");
        let line = format!("{sequence},{line},{code},\"{reason}\",\"{row}\"\n");
        self.text.extend_from_slice(line.as_bytes());
        self.count += 1;
    }

    /// Appends them to `path`, durably, in one write.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        if self.text.is_empty() {
            return Ok(());
        }
        let mut file = private().append(true).open(path)?;
        if file.metadata()?.len() == 0 {
            file.write_all(&[HEADER, &self.text].concat())?;
        } else {
            file.write_all(&self.text)?;
        }
        file.sync_data()
    }
}
