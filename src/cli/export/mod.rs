//! `baohao export`: tables of what an operator has.

mod table;

use super::{Failure, out, place::Place, runtime};
use crate::wiring;
use clap::{Args, Subcommand, ValueEnum};
use domain::access::Actor;
use service::export::{self, NUMBER_COLUMNS, SIM_COLUMNS};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use table::Table;

/// Write tables of numbers or SIMs, as CSV or for a spreadsheet.
///
/// Nothing in them names a person. Each export is in the audit log, with its reason.
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// All numbers: state, SIM, since when held, last use that counts, what falls due when.
    Numbers(To),
    /// All SIMs: ICCID, IMSI, chip, state and the number it serves.
    Sims(To),
}

#[derive(Debug, Args)]
struct To {
    /// The file, which must not exist yet; `-` for standard output.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Why; it is kept in the audit log.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// [default: by the file's name, else csv]
    #[arg(long, value_name = "FORM")]
    format: Option<Form>,
    /// The operator's code; may be left out if there is only one.
    #[arg(long, value_name = "CODE")]
    operator: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Text in UTF-8, separated by commas.
    Csv,
    /// A workbook; a sheet holds a million rows, more go to further sheets.
    Xlsx,
}

impl Export {
    pub(crate) fn run(self, json: bool) -> Result<ExitCode, Failure> {
        let (to, columns) = match &self.what {
            What::Numbers(to) => (to, NUMBER_COLUMNS.as_slice()),
            What::Sims(to) => (to, SIM_COLUMNS.as_slice()),
        };
        if to.reason.trim().is_empty() {
            return Err(out::language().export_reason_missing().into());
        }
        runtime()?.block_on(async {
            let app = wiring::open_app(&to.place.existing()?).await?;
            let operator_id = super::only_operator(&app, to.operator.as_deref()).await?;
            let mut table = Table::create(&to.file, to.form(), columns)?;
            let mut failed = None;
            let mut sink = |lines: Vec<export::Line>| match table.add(&lines) {
                Ok(()) => true,
                Err(error) => {
                    failed = Some(error);
                    false
                }
            };
            let (actor, reason) = (Actor::System, to.reason.trim());
            let count = match self.what {
                What::Numbers(_) => {
                    export::numbers(&app, &actor, operator_id, reason, &mut sink).await?
                }
                What::Sims(_) => export::sims(&app, &actor, operator_id, reason, &mut sink).await?,
            };
            match failed {
                None => table.end()?,
                // A reader that has gone away (`| head`) is no failure of ours.
                Some(error) if table::is_closed(&*error) => return Ok(ExitCode::SUCCESS),
                Some(error) => return Err(error),
            }
            let file = to.file.display();
            if json && !to.is_standard_output() {
                out::line(serde_json::json!({ "file": file.to_string(), "rows": count }));
            } else if !to.is_standard_output() {
                out::line(out::language().export_finished(file, count));
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl To {
    fn is_standard_output(&self) -> bool {
        self.file == Path::new("-")
    }

    fn form(&self) -> Form {
        let is_workbook =
            self.file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx"));
        self.format.unwrap_or(if is_workbook { Form::Xlsx } else { Form::Csv })
    }
}
