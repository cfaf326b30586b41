//! `baohao import`: files into the store.

mod stock;
mod usage;

use super::Failure;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Take files in.
#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Numbers(stock::Numbers),
    Sanctions(stock::Sanctions),
    Sims(stock::Sims),
    Usage(usage::Usage),
}

impl Import {
    pub(crate) fn run(self, json: bool) -> Result<ExitCode, Failure> {
        match self.what {
            What::Numbers(numbers) => numbers.run(json),
            What::Sanctions(sanctions) => sanctions.run(json),
            What::Sims(sims) => sims.run(json),
            What::Usage(usage) => usage.run(json),
        }
    }
}
