//! The commands, one file each. A command reads arguments, calls a use case, prints the answer.

mod check;
pub(crate) mod out;
pub(crate) mod place;
mod serve;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// What a command may fail with: told to the user as one line with its causes.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Baohao (保号): every SIM card registered to a real person, every number kept for its person.
#[derive(Debug, Parser)]
#[command(name = "baohao", version, about, propagate_version = true)]
pub(crate) struct Cli {
    /// Answer as JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

/// One variant per command; its arguments live in its own file.
#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Check),
    Serve(serve::Serve),
    Work(serve::Work),
}

impl Cli {
    /// Runs the command to its end.
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Command::Check(check) => check.run(self.json),
            Command::Serve(serve) => serve.run(),
            Command::Work(work) => work.run(),
        }
    }
}

/// The asynchronous runtime, one worker per core.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Starts the log on standard error: warnings by default, `BAOHAO_LOG` to change it
/// (`BAOHAO_LOG=info`, `BAOHAO_LOG=service=debug`), JSON lines with `BAOHAO_LOG_FORMAT=json`.
pub(crate) fn start_log(_cli: &Cli) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("BAOHAO_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::env::var("BAOHAO_LOG_FORMAT").is_ok_and(|format| format == "json") {
        log.json().init();
    } else {
        log.init();
    }
}
