//! The memory of the simulated world: a snapshot, then one line of JSON per change.

use super::state::{Change, State};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

#[derive(Debug)]
pub(super) struct Journal {
    file: File,
}

impl Journal {
    /// Reads the file, writes it anew as one snapshot, and opens it for appending. A last line cut
    /// off by a crash is left out.
    pub(super) fn open(path: &Path) -> std::io::Result<(State, Self)> {
        let state = match File::open(path) {
            Ok(file) => Self::replay(BufReader::new(file))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => State::default(),
            Err(error) => return Err(error),
        };
        let fresh = path.with_extension("new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        // It holds texts and numbers: its owner's alone, like the database beside it.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&fresh)?;
        serde_json::to_writer(&mut file, &state)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)?;
        let file = OpenOptions::new().append(true).open(path)?;
        Ok((state, Self { file }))
    }

    fn replay(reader: impl BufRead) -> std::io::Result<State> {
        let mut lines = reader.lines();
        let mut state = match lines.next() {
            None => State::default(),
            Some(snapshot) => serde_json::from_str(&snapshot?)?,
        };
        for line in lines {
            match serde_json::from_str::<Change>(&line?) {
                Ok(change) => state.apply(change),
                // Only the last line can be incomplete: each is written in one call.
                Err(_) => break,
            }
        }
        Ok(state)
    }

    pub(super) fn append(&mut self, change: &Change) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(change)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }
}
