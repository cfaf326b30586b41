//! `baohao calendar`: the business calendar that promise dates rest on.

use super::{Failure, out, place::Place};
use crate::wiring;
use clap::{Args, Subcommand};
use domain::calendar::YearStatus;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Show the business calendar, or take over a newer one.
#[derive(Debug, Args)]
pub(crate) struct Calendar {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Take over the years of FILE and count provisional promise dates again.
    ///
    /// FILE is TOML as policies/calendars/cn.toml. Open applications whose date moves are told; the
    /// same file twice changes nothing.
    Import {
        /// The calendar.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Show which years are known and how far they can be relied on.
    Show {
        /// Which calendar, by the code of its policy pack.
        #[arg(value_name = "NAME", default_value = "cn")]
        name: String,
    },
}

impl Calendar {
    pub(crate) fn run(self, json: bool) -> Result<ExitCode, Failure> {
        super::runtime()?.block_on(async {
            match self.what {
                What::Import { file } => import(&self.place, &file, json).await,
                What::Show { name } => show(&self.place, &name, json).await,
            }
        })
    }
}

async fn import(place: &Place, file: &Path, json: bool) -> Result<ExitCode, Failure> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(|e| format!("cannot read {shown}: {e}"))?;
    let calendar = service::calendar::parse(&text).map_err(|why| format!("{shown}: {why}"))?;
    let app = wiring::open_app(&place.existing()?).await?;
    let done = service::calendar::import(&app, calendar).await?;
    if json {
        out::line(serde_json::json!({
            "years": done.years, "confirmed": done.confirmed, "moved": done.moved,
        }));
    } else {
        let years: Vec<String> = done.years.iter().map(ToString::to_string).collect();
        let lang = out::language();
        out::line(lang.calendar_imported(years.join(", "), done.confirmed, done.moved));
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(place: &Place, name: &str, json: bool) -> Result<ExitCode, Failure> {
    let app = wiring::open_app(&place.existing()?).await?;
    let calendar = service::calendar::of(&app, name).await?;
    let lang = out::language();
    for (year, data) in calendar.years() {
        let is_official = data.status == YearStatus::Official;
        if json {
            let source = &data.source;
            out::line(serde_json::json!({
                "year": year, "is_official": is_official, "source": source,
            }));
        } else if is_official {
            out::line(lang.calendar_official(year, &data.source));
        } else {
            out::line(lang.calendar_statutory(year, &data.source));
        }
    }
    Ok(ExitCode::SUCCESS)
}
