//! `baohao sweep`: let everything happen that fell due, or say what would.

use crate::cli::{Failure, out, place::Place};
use crate::wiring;
use clap::Args;
use domain::msisdn::Msisdn;
use domain::number::Step;
use domain::time::{At, Zone};
use std::process::ExitCode;

/// Let everything happen that fell due: reminders, restrictions, closings, releases.
///
/// `serve` and `work` do this by themselves; the command is for looking ahead and for scripts.
#[derive(Debug, Args)]
pub(crate) struct Sweep {
    #[command(flatten)]
    place: Place,
    /// As of this instant (2026-06-12T00:00, in the zone of the first operator) [default: now]; a
    /// future one only with --dry-run.
    #[arg(long, value_name = "T")]
    at: Option<String>,
    /// Only say what would happen.
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: name every number and the rules that would fire.
    #[arg(long, requires = "dry_run")]
    list: bool,
}

impl Sweep {
    pub(crate) fn run(self, is_json: bool) -> Result<ExitCode, Failure> {
        super::runtime()?.block_on(async {
            let app = wiring::open_app(&self.place.existing()?).await?;
            let operators = service::operator::list(&app).await?;
            let zone = operators.first().map_or_else(Zone::shanghai, |first| first.zone.clone());
            let at = self.at.as_deref().map_or(Ok(app.now()), |text| instant(text, &zone))?;
            if at > app.now() && !self.dry_run {
                return Err("that is in the future; add --dry-run to see what would happen".into());
            }
            let report = if self.list {
                service::sweep::preview(&app, at, |msisdn, step| {
                    out::line(planned(msisdn, step, is_json));
                    Ok(())
                })
                .await?
            } else {
                service::sweep::run(&app, at, self.dry_run).await?
            };
            if is_json {
                out::line(serde_json::to_string(&report)?);
            } else {
                print(&report, self.dry_run);
            }
            Ok(ExitCode::from(u8::from(report.failed > 0)))
        })
    }
}

/// One number of the list: with --json an object on a line of its own, before the one with the
/// counts.
fn planned(msisdn: Msisdn, step: &Step, is_json: bool) -> String {
    let to = step.next.lifecycle.code();
    if is_json {
        let rules = &step.rules;
        serde_json::json!({ "msisdn": msisdn.to_string(), "to": to, "rules": rules }).to_string()
    } else {
        format!("{msisdn}  {to:<12} {}", step.rules.join(", "))
    }
}

fn print(report: &service::sweep::Report, is_dry_run: bool) {
    let did = if is_dry_run { "would be worked on" } else { "worked on" };
    out::line(format_args!("{} number(s) {did}", report.due));
    for (rule, count) in &report.rules {
        out::line(format_args!("  {rule:<28} {count}"));
    }
    let others = [
        ("used meanwhile, moved forward", report.rearmed),
        ("held back, notice not proven", report.held_back),
        ("changed by others, next time", report.conflicts),
        ("failed, see the log", report.failed),
    ];
    if report.elsewhere > 0 {
        let text = "of 16 shards were another worker's";
        out::line(format_args!("{} {text}; it sweeps them", report.elsewhere));
    }
    for (text, count) in others.into_iter().filter(|(_, count)| *count > 0) {
        out::line(format_args!("  {text:<28} {count}"));
    }
}

/// `2026-06-12`, `2026-06-12T08:00`, or either with a zone (`2026-06-12T08:00+08:00`).
pub(crate) fn instant(text: &str, zone: &Zone) -> Result<At, Failure> {
    if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
        return Ok(At::from_millis(stamp.as_millisecond()));
    }
    let civil: jiff::civil::DateTime =
        text.parse().map_err(|_| format!("`{text}` is no instant; write 2026-06-12T08:00"))?;
    Ok(At::of_civil(civil, zone))
}
