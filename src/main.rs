//! The one binary: reads the command line, wires ports to adapters, nothing else.

mod cli;
mod config;
mod health;
mod wiring;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let command = cli::Cli::parse();
    cli::start_log(&command);
    match command.run() {
        Ok(code) => code,
        Err(error) => {
            cli::out::complain(error.as_ref());
            ExitCode::from(2)
        }
    }
}
