//! `baohao jobs`: work that was given up.

use crate::cli::{Failure, out, place::Place};
use crate::wiring;
use clap::{Args, Subcommand};
use domain::time::Zone;
use serde_json::json;
use std::process::ExitCode;

/// Show jobs that failed too often, and let them run again.
#[derive(Debug, Args)]
pub(crate) struct Jobs {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the jobs that were set aside, newest first.
    Dead {
        /// At most so many.
        #[arg(long, value_name = "COUNT", default_value_t = 100)]
        limit: i64,
    },
    /// Let one run again.
    Revive {
        /// Its kind, as listed.
        kind: String,
        /// Its key, as listed.
        key: String,
    },
}

impl Jobs {
    pub(crate) fn run(self, json: bool) -> Result<ExitCode, Failure> {
        super::runtime()?.block_on(async {
            let app = wiring::open_app(&self.place.existing()?).await?;
            match self.command {
                Command::Dead { limit } => {
                    for job in service::work::dead(&app, limit).await? {
                        let error = job.last_error.unwrap_or_default();
                        if json {
                            out::line(json!({
                                "kind": job.kind,
                                "key": job.key,
                                "attempts": job.attempt,
                                "dead_at": job.dead_at,
                                "error": error,
                            }));
                        } else {
                            let at = job.dead_at.civil_in(&Zone::utc());
                            let (kind, key, tries) = (job.kind, job.key, job.attempt);
                            out::line(format_args!("{at}Z  {kind} {key}  {tries} tries  {error}"));
                        }
                    }
                    Ok(ExitCode::SUCCESS)
                }
                Command::Revive { kind, key } => {
                    match service::work::revive(&app, &kind, &key).await {
                        Err(service::Error::NotFound) => {
                            Err(format!("no job {kind} {key} was set aside").into())
                        }
                        other => {
                            other?;
                            Ok(ExitCode::SUCCESS)
                        }
                    }
                }
            }
        })
    }
}
