//! How far the demo's clock is ahead, remembered over restarts.

use service::clock::MovableClock;
use std::io::{ErrorKind, Write};
use std::path::Path;

const FILE: &str = "clock.json";

/// The clock of the demo's data folder, for commands that work on it beside the demo; `None` if the
/// folder is not a demo's or its clock was never moved.
pub fn of_folder(folder: &Path) -> std::io::Result<Option<MovableClock>> {
    let offset_millis = read(folder)?;
    if offset_millis == 0 {
        return Ok(None);
    }
    let clock = MovableClock::running();
    clock.set_offset_millis(offset_millis);
    Ok(Some(clock))
}

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
