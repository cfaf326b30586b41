//! `baohao policy`: look at the rules as data.

use crate::cli::{Failure, out};
use clap::{Args, Subcommand};
use domain::policy::Policy as Rules;
use std::path::PathBuf;
use std::process::ExitCode;

/// Look at the rules as data.
#[derive(Debug, Args)]
pub(crate) struct Policy {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(Check),
    List,
}

/// Check a policy file: everything that is wrong with it, one line each.
#[derive(Debug, Args)]
struct Check {
    /// The file; see policies/cn.toml for one with everything in it.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Policy {
    pub(crate) fn run(self, is_json: bool) -> Result<ExitCode, Failure> {
        match self.command {
            Command::Check(check) => check.run(is_json),
            Command::List => list(is_json),
        }
    }
}

impl Check {
    fn run(&self, is_json: bool) -> Result<ExitCode, Failure> {
        let name = self.file.display();
        let text = std::fs::read_to_string(&self.file)
            .map_err(|error| format!("cannot read {name}: {error}"))?;
        let (policy, faults) = match service::policy::parse(&text) {
            Ok(policy) => (Some(policy), Vec::new()),
            Err(faults) => (None, faults),
        };
        if is_json {
            let label = policy.as_ref().map(Rules::label);
            out::line(serde_json::json!({ "policy": label, "faults": faults }));
        } else {
            for fault in &faults {
                out::line(format_args!("{name}: {fault}"));
            }
            if let Some(policy) = &policy {
                out::line(format_args!("{name}: sound ({})", policy.label()));
                out::line(summary(policy));
            }
        }
        Ok(ExitCode::from(u8::from(policy.is_none())))
    }
}

/// The packs that ship.
fn list(is_json: bool) -> Result<ExitCode, Failure> {
    let packs = service::policy::packs();
    if is_json {
        out::line(serde_json::to_string(packs)?);
    } else {
        for policy in packs {
            out::line(format_args!("{:<6} {}", policy.label(), summary(policy)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn summary(policy: &Rules) -> String {
    let keep = &policy.keep_alive;
    let caps: Vec<String> = policy.caps.iter().map(|cap| cap.limit.to_string()).collect();
    let caps = if caps.is_empty() { "none".to_owned() } else { caps.join(", ") };
    format!(
        "{}; use keeps a number {} days, then {} steps; quarantine {} days; cap {caps}",
        policy.name_en,
        *keep.window_days,
        keep.ladder.len(),
        *policy.quarantine.days,
    )
}
