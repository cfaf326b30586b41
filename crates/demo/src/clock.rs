//! How far the demo's clock is ahead, remembered over restarts.

use std::io::{ErrorKind, Write};
use std::path::Path;

const FILE: &str = "clock.json";

/// Milliseconds ahead of the machine's clock; 0 in a new folder.
pub(crate) fn read(folder: &Path) -> std::io::Result<i64> {
    match std::fs::read_to_string(folder.join(FILE)) {
        Ok(text) => Ok(serde_json::from_str(&text)?),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

/// Remembers the offset. Written before the clock moves on, so that time never runs backwards.
pub(crate) fn write(folder: &Path, offset_millis: i64) -> std::io::Result<()> {
    let fresh = folder.join("clock.new");
    let mut file = std::fs::File::create(&fresh)?;
    file.write_all(offset_millis.to_string().as_bytes())?;
    file.sync_all()?;
    std::fs::rename(fresh, folder.join(FILE))
}
