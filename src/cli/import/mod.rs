//! `baohao import`: files into the store.

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
    Usage(usage::Usage),
}

impl Import {
    pub(crate) fn run(self, json: bool) -> Result<ExitCode, Failure> {
        match self.what {
            What::Usage(usage) => usage.run(json),
        }
    }
}
