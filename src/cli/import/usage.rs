//! `baohao import usage`: who used a number, how and when.

use crate::cli::{Failure, out, place::Place, runtime};
use crate::wiring;
use clap::Args;
use domain::access::Actor;
use indicatif::{ProgressBar, ProgressStyle};
use service::App;
use service::ingest::{MEMORY_BYTES, Rejects, Report, Source, feed_of, import, parquet_rows};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use words::Lang;

/// What a shell reports for a program ended by Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Take in usage files: CSV with a header (msisdn or imsi, kind, instant, in any order) or JSON
/// lines, plain or gzip.
///
/// Only the newest use of each number matters, so a file may come twice. An import can be
/// interrupted at any time and goes on where it was. Rejected rows go to FILE.rejects.csv.
#[derive(Debug, Args)]
pub(crate) struct Usage {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// Where rejected rows go, for a single file [default: FILE.rejects.csv].
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Rows between two commits.
    #[arg(long, value_name = "ROWS", default_value_t = 100_000_000)]
    commit_rows: u64,
    /// Memory for what is not committed yet, in megabytes.
    #[arg(long, value_name = "MB", default_value_t = MEMORY_BYTES >> 20)]
    memory_mb: usize,
}

impl Usage {
    pub(crate) fn run(self, json: bool) -> Result<ExitCode, Failure> {
        if self.rejects.is_some() && self.files.len() > 1 {
            return Err("--rejects names the file for one FILE only".into());
        }
        runtime()?.block_on(async {
            let app = wiring::open_app(&self.place.existing()?).await?;
            let stop = Arc::new(AtomicBool::new(false));
            tokio::spawn(stop_at_interrupt(Arc::clone(&stop)));
            for file in &self.files {
                let report = self.take(&app, file, &stop, json).await?;
                if stop.load(Ordering::Relaxed) && !report.is_finished {
                    return Ok(ExitCode::from(INTERRUPTED));
                }
            }
            Ok(ExitCode::SUCCESS)
        })
    }

    async fn take(
        &self,
        app: &App,
        path: &Path,
        stop: &AtomicBool,
        json: bool,
    ) -> Result<Report, Failure> {
        let shown = path.display();
        let cannot_read = |error: io::Error| format!("cannot read {shown}: {error}");
        let lang = out::language();
        let feed = feed_of(&mut File::open(path).map_err(cannot_read)?).map_err(cannot_read)?;
        let file = File::open(path).map_err(cannot_read)?;
        let bar = bar(file.metadata().map_err(cannot_read)?.len());
        // Of a Parquet file it is not known how far along a row stands.
        let input = match parquet_rows(&file).map_err(cannot_read)? {
            Some(rows) => rows,
            None => Box::new(Counted { file, bar: bar.clone() }),
        };
        let source = Source {
            input,
            feed,
            commit_rows: self.commit_rows.max(1),
            memory_bytes: self.memory_mb.max(1).saturating_mul(1 << 20),
        };
        let mut rejects = Rejects::write(self.rejects_path(path), lang);
        let progress = |report: Report| {
            bar.set_message(lang.usage_progress(report.done, report.rejected));
        };
        let taken = import(app, &Actor::System, source, &mut rejects, stop, &progress).await;
        bar.finish_and_clear();
        let report = taken.map_err(|error| out::told(&error, shown))?;
        if json {
            out::line(to_json(path, &report, rejects.written_to()));
        } else {
            out::line(in_words(lang, path, &report));
            if let Some(written) = rejects.written_to() {
                out::line(lang.usage_rejects_written(written.display()));
            }
        }
        Ok(report)
    }

    fn rejects_path(&self, file: &Path) -> PathBuf {
        self.rejects.clone().unwrap_or_else(|| {
            let mut name = file.as_os_str().to_owned();
            name.push(".rejects.csv");
            PathBuf::from(name)
        })
    }
}

fn in_words(lang: Lang, path: &Path, report: &Report) -> String {
    let file = path.display();
    let is_again = report.is_finished && report.done == 0 && report.rejected == 0;
    if !report.is_finished {
        lang.usage_interrupted(file, report.done, report.skipped, report.rejected)
    } else if is_again && report.skipped > 0 {
        lang.usage_again(file, report.skipped)
    } else {
        lang.usage_finished(file, report.done, report.skipped, report.rejected)
    }
}

fn to_json(path: &Path, report: &Report, rejects: Option<&PathBuf>) -> serde_json::Value {
    serde_json::json!({
        "file": path.display().to_string(),
        "done": report.done,
        "skipped": report.skipped,
        "rejected": report.rejected,
        "finished": report.is_finished,
        "rejects": rejects.map(|path| path.display().to_string()),
    })
}

/// The first Ctrl-C ends after the piece at hand; the second ends at once, which loses nothing
/// that was committed.
async fn stop_at_interrupt(stop: Arc<AtomicBool>) {
    crate::cli::serve::interrupted().await;
    stop.store(true, Ordering::Relaxed);
    crate::cli::serve::interrupted().await;
    std::process::exit(i32::from(INTERRUPTED));
}

/// Hidden unless standard error is a terminal.
fn bar(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    let style = "{bar:30} {percent:>3}% {bytes}/{total_bytes} {bytes_per_sec} {eta} · {msg}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// A file whose reading moves the bar.
struct Counted {
    file: File,
    bar: ProgressBar,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.bar.inc(read as u64);
        Ok(read)
    }
}
