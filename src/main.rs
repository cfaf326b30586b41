//! The one binary: reads the command line, wires ports to adapters, nothing else.

mod cli;
mod config;
mod health;
mod wiring;

use clap::Parser;
use std::process::ExitCode;

/// Most of what is allocated is freed by another thread, which the system's allocator makes them
/// wait for one another for (decision 138).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command = cli::Cli::parse();
    cli::start_log(&command);
    if let Err(error) = no_core_files() {
        tracing::warn!(%error, "core files cannot be switched off");
    }
    match command.run() {
        Ok(code) => code,
        Err(error) => {
            cli::out::complain(error.as_ref());
            ExitCode::from(2)
        }
    }
}

/// A file of the whole memory, as some systems write one when a program dies, would hold names,
/// photos and keys: this process and those it starts write none (decision 137).
#[cfg(unix)]
fn no_core_files() -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    Ok(setrlimit(Resource::Core, none)?)
}

/// Only Unix writes core files.
#[cfg(not(unix))]
fn no_core_files() -> std::io::Result<()> {
    Ok(())
}
