//! `baohao maintenance`: close the pages for a while.

use crate::cli::{Failure, out, place::Place, sweep::instant};
use crate::wiring;
use clap::{Args, Subcommand};
use domain::time::Zone;
use serde_json::json;
use service::maintenance;
use std::process::ExitCode;

/// Close the pages and the operator API for maintenance, and open them again.
///
/// Every process on the database follows within two seconds. The desk, the outbox, the sweep and
/// the network go on; visitors read until when it takes, and nothing they send is lost.
#[derive(Debug, Args)]
pub(crate) struct Maintenance {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Close, or say anew until when.
    On {
        /// When it should be over (2026-06-12T06:00, in the zone of the first operator).
        #[arg(long, value_name = "T")]
        until: Option<String>,
    },
    /// Open again.
    Off,
    /// Say whether the pages are closed.
    Status,
}

impl Maintenance {
    pub(crate) fn run(self, is_json: bool) -> Result<ExitCode, Failure> {
        super::runtime()?.block_on(async {
            let app = wiring::open_app(&self.place.existing()?).await?;
            let operators = service::operator::list(&app).await?;
            let zone = operators.first().map_or_else(Zone::shanghai, |first| first.zone.clone());
            match self.command {
                Command::On { until } => {
                    let until = until.as_deref().map(|text| instant(text, &zone)).transpose()?;
                    if until.is_some_and(|until| until <= app.now()) {
                        return Err("--until is in the past".into());
                    }
                    maintenance::begin(&app, until).await?;
                }
                Command::Off => {
                    maintenance::end(&app).await?;
                }
                Command::Status => {}
            }
            let closed = maintenance::now(&app).await?;
            let until = closed.and_then(|closed| closed.until_at);
            let t = out::language();
            if is_json {
                out::line(json!({
                    "is_closed": closed.is_some(),
                    "began_at": closed.map(|closed| closed.began_at),
                    "until_at": until,
                }));
            } else if closed.is_none() {
                out::line(t.maintenance_open());
            } else if let Some(until) = until {
                let shown = until.civil_in(&zone).strftime("%Y-%m-%d %H:%M").to_string();
                out::line(t.maintenance_until(shown, zone.name()));
            } else {
                out::line(t.maintenance_closed());
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
