//! `baohao audit`: reads and proves the audit log.

use crate::cli::{Failure, out, place::Place};
use crate::wiring;
use clap::{Args, Subcommand};
use serde_json::json;
use service::App;
use std::process::ExitCode;

/// Entries read at once.
const PAGE: usize = 1000;

/// Read and prove the audit log.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check every entry, link, count and version; ends with 1 if something does not fit.
    Verify,
    /// Print the entries of an operator, oldest first.
    List {
        /// The operator's code.
        #[arg(long, value_name = "CODE")]
        operator: String,
        /// Begin after this number.
        #[arg(long, value_name = "SEQ", default_value_t = 0)]
        after: i64,
        /// Print at most so many.
        #[arg(long, value_name = "COUNT")]
        limit: Option<usize>,
    },
}

impl Audit {
    pub(crate) fn run(self, json: bool) -> Result<ExitCode, Failure> {
        super::runtime()?.block_on(async {
            let app = wiring::open_app(&self.place.existing()?).await?;
            match self.command {
                Command::Verify => verify(&app, json).await,
                Command::List { operator, after, limit } => {
                    list(&app, &operator, after, limit.unwrap_or(usize::MAX), json).await
                }
            }
        })
    }
}

async fn verify(app: &App, json: bool) -> Result<ExitCode, Failure> {
    let all = service::audit::verify(app).await?;
    let holds = all.iter().all(|verified| verified.findings.is_empty());
    for verified in all {
        if json {
            out::line(json!({
                "operator_id": verified.operator_id,
                "entries": verified.entries,
                "head": verified.head,
                "findings": verified.findings,
            }));
            continue;
        }
        let state = if verified.findings.is_empty() { "holds" } else { "DOES NOT HOLD" };
        out::line(format_args!(
            "operator {}: {state}, {} entries, head {}",
            verified.operator_id, verified.entries, verified.head
        ));
        for finding in verified.findings {
            out::line(format_args!("  {finding}"));
        }
    }
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn list(
    app: &App,
    operator: &str,
    mut after: i64,
    mut left: usize,
    json: bool,
) -> Result<ExitCode, Failure> {
    let operator = super::operator(app, operator).await?;
    while left > 0 {
        let page = service::audit::list_of(app, operator.id, after, PAGE.min(left)).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        left -= page.len();
        for entry in page {
            if json {
                out::line(json!({
                    "seq": entry.seq,
                    "at": entry.at,
                    "actor": entry.actor,
                    "action": entry.action,
                    "subject": entry.subject,
                    "subject_version": entry.subject_version,
                    "detail": entry.detail,
                    "link": entry.link,
                }));
                continue;
            }
            out::line(format_args!(
                "{:>8}  {}  {}  {}  {} v{}  {}",
                entry.seq,
                entry.at.civil_in(&operator.zone),
                entry.actor,
                entry.action,
                entry.subject,
                entry.subject_version,
                entry.detail
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}
