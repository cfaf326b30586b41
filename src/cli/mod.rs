//! The commands, one file each. A command reads arguments, calls a use case, prints the answer.

mod audit;
mod backup;
mod calendar;
mod check;
mod demo;
mod doctor;
mod eval;
mod export;
mod import;
mod jobs;
mod maintenance;
mod migrate;
mod models;
mod network;
pub(crate) mod out;
pub(crate) mod place;
mod policy;
mod pool;
mod serve;
mod staff;
mod status;
mod sweep;
mod token;

use clap::{Parser, Subcommand};
use domain::id::OperatorId;
use domain::operator::Operator;
use std::process::ExitCode;

/// What a command may fail with: told to the user as one line with its causes.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Baohao (保号): every SIM card registered to a real person, every number kept for its person.
#[derive(Debug, Parser)]
#[command(name = "baohao", version, about, propagate_version = true)]
pub(crate) struct Cli {
    /// Answer as JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

/// One variant per command; its arguments live in its own file.
#[derive(Debug, Subcommand)]
enum Command {
    Audit(audit::Audit),
    Backup(backup::Backup),
    Calendar(calendar::Calendar),
    Check(check::Check),
    Demo(demo::Demo),
    Doctor(doctor::Doctor),
    Eval(eval::Eval),
    Export(export::Export),
    Import(import::Import),
    Jobs(jobs::Jobs),
    Maintenance(maintenance::Maintenance),
    Migrate(migrate::Migrate),
    Models(models::Models),
    Move(backup::Move),
    Network(network::Network),
    Policy(policy::Policy),
    Pool(pool::Pool),
    Restore(backup::Restore),
    Serve(serve::Serve),
    Token(token::Token),
    Staff(staff::Staff),
    Status(status::Status),
    Sweep(sweep::Sweep),
    Work(serve::Work),
}

impl Cli {
    /// Runs the command to its end.
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Command::Audit(audit) => audit.run(self.json),
            Command::Backup(backup) => backup.run(self.json),
            Command::Calendar(calendar) => calendar.run(self.json),
            Command::Check(check) => check.run(self.json),
            Command::Demo(demo) => demo.run(self.json),
            Command::Doctor(doctor) => doctor.run(self.json),
            Command::Eval(eval) => eval.run(self.json),
            Command::Export(export) => export.run(self.json),
            Command::Import(import) => import.run(self.json),
            Command::Jobs(jobs) => jobs.run(self.json),
            Command::Maintenance(maintenance) => maintenance.run(self.json),
            Command::Migrate(migrate) => migrate.run(self.json),
            Command::Models(models) => models.run(self.json),
            Command::Move(moved) => moved.run(self.json),
            Command::Network(network) => network.run(self.json),
            Command::Restore(restore) => restore.run(self.json),
            Command::Policy(policy) => policy.run(self.json),
            Command::Pool(pool) => pool.run(self.json),
            Command::Serve(serve) => serve.run(),
            Command::Token(token) => token.run(self.json),
            Command::Staff(staff) => staff.run(self.json),
            Command::Status(status) => status.run(self.json),
            Command::Sweep(sweep) => sweep.run(self.json),
            Command::Work(work) => work.run(),
        }
    }
}

/// The asynchronous runtime, one worker per core.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// The operator with this code.
pub(crate) async fn operator(app: &service::App, code: &str) -> Result<Operator, Failure> {
    match service::operator::by_code(app, code).await {
        Err(service::Error::NotFound) => Err(format!("there is no operator `{code}`").into()),
        other => Ok(other?),
    }
}

/// The operator with this code, or the only one there is.
pub(crate) async fn only_operator(
    app: &service::App,
    code: Option<&str>,
) -> Result<OperatorId, Failure> {
    if let Some(code) = code {
        return Ok(operator(app, code).await?.id);
    }
    match service::operator::list(app).await?.as_slice() {
        [only] => Ok(only.id),
        [] => Err("there is no operator yet".into()),
        _ => Err("there are several operators: say which with --operator CODE".into()),
    }
}

/// A refusal in the words of the terminal's language; anything else as it is.
pub(crate) fn in_words(error: service::Error) -> Failure {
    match error {
        service::Error::Refused(refused) => {
            let words = out::language().refusal(refused.code, &refused.values);
            words.unwrap_or_else(|| refused.code.to_owned()).into()
        }
        other => other.into(),
    }
}

/// Starts the log on standard error: warnings by default, `BAOHAO_LOG` to change it
/// (`BAOHAO_LOG=info`, `BAOHAO_LOG=service=debug`), JSON lines with `BAOHAO_LOG_FORMAT=json`.
pub(crate) fn start_log(_cli: &Cli) {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("BAOHAO_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::env::var("BAOHAO_LOG_FORMAT").is_ok_and(|format| format == "json") {
        log.json().init();
    } else {
        log.init();
    }
}
