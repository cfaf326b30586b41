//! `baohao migrate`: bring the schema of the database up to date.

use crate::cli::{Failure, out, place::Place};
use clap::Args;
use serde_json::json;
use std::process::ExitCode;
use store::citus::{self, Spread};
use store::{Migrated, Options};

/// Bring the schema of the database up to date.
///
/// Every program does so when it starts, as far as older programs beside it can live with it.
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    place: Place,
    /// Also what older programs cannot live with: only when none runs any more.
    #[arg(long)]
    contract: bool,
    /// Then spread the tables over the machines of a Citus cluster; may be repeated.
    #[arg(long)]
    citus: bool,
}

impl Migrate {
    pub(crate) fn run(self, json: bool) -> Result<ExitCode, Failure> {
        super::runtime()?.block_on(async {
            let options: Options = self.place.existing()?.store.options()?;
            let migrated = store::migrate(&options, self.contract).await?;
            let spread = if self.citus { Some(citus::spread(&options).await?) } else { None };
            if json {
                out::line(as_json(&migrated, spread));
            } else {
                print(&migrated, spread);
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn as_json(migrated: &Migrated, spread: Option<Spread>) -> serde_json::Value {
    let spread = spread.map(|spread| {
        json!({
            "nodes": spread.nodes, "distributed": spread.distributed, "copied": spread.copied,
            "new": spread.new,
        })
    });
    json!({ "applied": migrated.applied, "waiting": migrated.waiting, "citus": spread })
}

fn print(migrated: &Migrated, spread: Option<Spread>) {
    let lang = out::language();
    if migrated.applied.is_empty() {
        out::line(lang.migrate_none());
    } else {
        out::line(lang.migrate_applied(migrated.applied.join(", ")));
    }
    if !migrated.waiting.is_empty() {
        out::line(lang.migrate_waiting(migrated.waiting.join(", ")));
    }
    if let Some(Spread { nodes, distributed, copied, new }) = spread {
        out::line(lang.migrate_spread(nodes, distributed, copied, new));
    }
}
