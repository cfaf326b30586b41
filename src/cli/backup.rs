//! `baohao backup`, `restore` and `move`: an installation to a safe place, and back, and away.

use crate::cli::{Failure, out, place::Place, runtime};
use crate::config::Config;
use crate::wiring;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use service::backup::{Manifest, Parts, Progress, Proof};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use store::Options;
use store::transfer::{Done, Step, Transfer};
use store::{Blobs, backup};

/// Make a backup of a working installation in a new folder: database and sealed photos, with
/// checksums.
///
/// Writers go on meanwhile. The folder gets its name when it is whole. The key file is left out:
/// without it nobody can read the backup, so keep a copy of it elsewhere, apart from the backups.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The folder to make.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Put the key file in, too. Whoever has such a backup can read every name and photo.
    #[arg(long)]
    with_keys: bool,
    #[command(flatten)]
    place: Place,
}

/// Bring a backup back to where nothing is, then verify the audit log and open every photo.
///
/// All checksums are compared before anything is written. Ends with 1 if what came back does not
/// verify.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The folder of the backup.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// Move a working installation from SQLite to an empty PostgreSQL database.
///
/// Everything is copied while the installation works. Then its writers are held, what was written
/// since is copied, every row of every table is compared, and the old file is closed for good.
/// Photos and keys stay where they are. May be interrupted and run again.
#[derive(Debug, Args)]
pub(crate) struct Move {
    /// The database to move to. An address with a password in it is better given by the
    /// environment: everybody on this machine can read a command line.
    #[arg(long, value_name = "postgres://…", env = "BAOHAO_MOVE_TO", hide_env_values = true)]
    to: String,
    /// Only copy, to make the last step short later.
    #[arg(long)]
    copy_only: bool,
    #[command(flatten)]
    place: Place,
}

impl Backup {
    pub(crate) fn run(self, json: bool) -> Result<ExitCode, Failure> {
        runtime()?.block_on(async {
            let config = self.place.existing()?;
            let lang = out::language();
            let Some(parts) = parts(&config) else {
                return Err(lang.backup_not_postgres().into());
            };
            let app = wiring::open_app(&config).await?;
            let bar = bar();
            let shown = bar.clone();
            let tell = Arc::new(move |progress| show(&shown, progress));
            let made =
                service::backup::make(&app, &parts, &self.folder, self.with_keys, tell).await;
            bar.finish_and_clear();
            let made = made.map_err(|error| out::told(&error, self.folder.display()))?;
            let folder = self.folder.display();
            if json {
                out::line(json!({ "folder": folder.to_string(), "manifest": made }));
                return Ok(ExitCode::SUCCESS);
            }
            let mebibytes = (made.database_bytes + made.blob_bytes) / (1 << 20);
            out::line(lang.backup_made(folder, made.blobs, mebibytes));
            holds(&made);
            out::line(lang.backup_sum(&made.sums_sha256));
            out::note(if self.with_keys {
                lang.backup_with_keys().to_owned()
            } else {
                lang.backup_without_keys(parts.key_file.display())
            });
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl Restore {
    pub(crate) fn run(self, json: bool) -> Result<ExitCode, Failure> {
        runtime()?.block_on(async {
            let config = self.place.config()?;
            let lang = out::language();
            let Some(parts) = parts(&config) else {
                return Err(lang.backup_not_postgres().into());
            };
            let bar = bar();
            let tell = |progress| show(&bar, progress);
            let checked = backup::check(&self.folder, &tell).await?;
            let blobs = Blobs::open(&config.store.blobs)?;
            backup::restore(&checked, &parts, &blobs, &tell).await?;
            bar.finish_and_clear();
            let app = wiring::open_app(&config).await?;
            let proof = service::backup::prove(&app).await?;
            report(json, checked.manifest(), &proof);
            Ok(if proof.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        })
    }
}

fn report(json: bool, manifest: &Manifest, proof: &Proof) {
    let findings = proof.logs.iter().flat_map(|log| &log.findings).chain(&proof.broken);
    let lang = out::language();
    if json {
        out::line(json!({
            "manifest": manifest,
            "audit_entries": proof.logs.iter().map(|log| log.entries).sum::<i64>(),
            "blobs_opened": proof.opened,
            "blobs_erased": proof.erased,
            "findings": findings.collect::<Vec<_>>(),
            "holds": proof.holds(),
        }));
        return;
    }
    holds(manifest);
    let entries: i64 = proof.logs.iter().map(|log| log.entries).sum();
    if proof.holds() {
        out::line(lang.restore_holds(entries, proof.opened));
    } else {
        out::line(lang.restore_fails());
        for finding in findings {
            out::line(format_args!("  {finding}"));
        }
    }
}

fn holds(manifest: &Manifest) {
    for held in &manifest.operators {
        let (numbers, applications) = (held.numbers, held.applications);
        let code = &held.operator;
        let line = out::language();
        out::line(line.backup_holds(code, numbers, applications, held.audit_entries));
    }
}

impl Move {
    pub(crate) fn run(self, json: bool) -> Result<ExitCode, Failure> {
        runtime()?.block_on(async {
            let config = self.place.existing()?;
            let lang = out::language();
            let Some(parts) = parts(&config) else {
                return Err(lang.move_from_sqlite().into());
            };
            if !(self.to.starts_with("postgres://") || self.to.starts_with("postgresql://")) {
                return Err(lang.move_to_postgres().into());
            }
            let bar = bar();
            let tell = |step: Step| bar.set_message(format!("{} ({})", step.table, step.done.rows));
            let to = Options { address: self.to, ..config.store.options()? };
            let transfer = Transfer::open(&parts.database, &to).await?;
            let copied = transfer.copy(&tell).await?;
            if !json {
                bar.suspend(|| out::line(lang.move_copied(copied.rows, copied.put)));
            }
            if self.copy_only {
                bar.finish_and_clear();
                told(json, "copied", copied);
                return Ok(ExitCode::SUCCESS);
            }
            let done = transfer.finish(&tell).await?;
            bar.finish_and_clear();
            told(json, "moved", done);
            if !json {
                out::line(lang.move_done(done.tables, done.rows, done.put));
                out::note(lang.move_next());
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn told(json: bool, state: &str, done: Done) {
    if json {
        out::line(json!({
            "state": state, "tables": done.tables, "rows": done.rows, "put": done.put,
        }));
    }
}

/// Where the parts of an SQLite installation lie; none on PostgreSQL.
fn parts(config: &Config) -> Option<Parts> {
    let database = &config.store.database;
    let path = database.strip_prefix("sqlite://").unwrap_or(database);
    (!path.contains("://"))
        .then(|| Parts { database: path.into(), key_file: config.store.key_file.clone() })
}

/// Hidden unless standard error is a terminal.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3}% {eta} · {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn show(bar: &ProgressBar, progress: Progress) {
    let (what, done, total) = match progress {
        Progress::Database(done, total) => ("database", done, total),
        Progress::Blobs(done, total) => ("blobs", done, total),
        Progress::Check(done, total) => ("checksums", done, total),
    };
    bar.set_length(total);
    bar.set_position(done);
    bar.set_message(what);
}
