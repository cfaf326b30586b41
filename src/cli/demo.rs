//! `baohao demo`: the whole program around a simulated network, ready to be tried.

use crate::cli::models::mb;
use crate::cli::serve::{interrupted, spawn_work, wait};
use crate::cli::{Failure, out};
use crate::config::StorePlace;
use crate::wiring;
use clap::Args;
use demo::{ACCOUNTS, ModelNews, Outside, Scale, World};
use gateway::ocr::Models;
use reader::models::{COMMAND, client};
use reader::{ModelFolder, PoolLimits, Runtime};
use seal::Keyring;
use service::app::{App, Site};
use service::clock::Clock;
use service::port::{Faces, Ocr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use store::{Belongs, Store};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Try everything: sample operators, staff, numbers, a simulated network and a movable clock.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Address and port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: String,
    /// The data folder; made on the first start, resumed afterwards.
    #[arg(long, value_name = "DIR", default_value = "baohao-demo")]
    data: PathBuf,
    /// An empty PostgreSQL database of the demo's own, instead of a file in the data folder.
    #[arg(long, value_name = "URL", env = "BAOHAO_DEMO_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Where the models that read documents lie [default: models in the data folder].
    #[arg(long, value_name = "DIR", env = "BAOHAO_MODELS")]
    models: Option<PathBuf>,
    /// Do not bring the models if they are not there; without them people read the documents.
    #[arg(long, env = "BAOHAO_NO_FETCH", value_parser = clap::builder::FalseyValueParser::new())]
    no_fetch: bool,
}

impl Demo {
    pub(crate) fn run(self, is_json: bool) -> Result<ExitCode, Failure> {
        super::runtime()?.block_on(async {
            let listener = TcpListener::bind(&self.listen)
                .await
                .map_err(|error| format!("cannot listen on {}: {error}", self.listen))?;
            let address = format!("http://{}", listener.local_addr()?);
            let outside = Outside::open(&self.data)
                .map_err(|error| format!("cannot use {}: {error}", self.data.display()))?;
            let mut place = StorePlace::in_folder(&self.data);
            let store = open_store(&mut place, self.database).await?;
            let models = ModelFolder::new(self.models.unwrap_or(place.models));
            let runtime = Runtime::default();
            let ocr = Arc::new(Models::open(models.clone(), runtime, PoolLimits::default())?);
            let app = Arc::new(App {
                store,
                clock: Arc::clone(&outside.clock) as Arc<dyn Clock>,
                hlr: outside.hlr(),
                sms: outside.sms(),
                mail: outside.mail(),
                smdp: outside.smdp(),
                authority: outside.authority(),
                ocr: Arc::clone(&ocr) as Arc<dyn Ocr>,
                faces: Arc::clone(&ocr) as Arc<dyn Faces>,
                site: Site { base_url: address.clone(), requests_max: Site::REQUESTS_MAX },
                maintenance: service::maintenance::Watch::default(),
                limits: service::app::Limits::default(),
                memory: service::app::Memory::default(),
            });
            let world = World::open(Arc::clone(&app), outside, Scale::Full).await?;
            let router = wiring::router(Arc::clone(&app))
                .layer(axum::Extension(demo::SANDBOX))
                .merge(demo::router(&world));
            let (stop, stopped) = watch::channel(false);
            let worker = spawn_work(app, None, stopped.clone());
            let network = tokio::spawn(Arc::clone(&world).run(wait(stopped.clone())));
            let server =
                axum::serve(listener, router).with_graceful_shutdown(wait(stopped)).into_future();
            let server = tokio::spawn(server);
            welcome(&address, is_json);
            if Ocr::models(&*ocr).is_err() || Faces::models(&*ocr).is_err() {
                bring(models, Arc::clone(world.models()), !self.no_fetch);
            }
            interrupted().await;
            stop.send_replace(true);
            server.await??;
            worker.await?;
            network.await?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// The demo's data. A database that others use is left alone, whatever lies in the folder: in it
/// the simulated clock and network would meet real people.
async fn open_store(place: &mut StorePlace, database: Option<String>) -> Result<Store, Failure> {
    let Some(database) = database else { return wiring::open_store(place).await };
    place.database = database;
    let options = place.options()?;
    if !options.is_postgres() {
        return Err("--database: name a PostgreSQL database, postgres://…".into());
    }
    let own = place.key_file.exists().then(|| Keyring::open(&place.key_file)).transpose()?;
    if store::belongs(&options, own.as_ref()).await? == Belongs::Others {
        return Err("--database: that one holds data of others: name one that is empty".into());
    }
    wiring::open_store(place).await
}

/// Brings the models in the background, on a thread of its own, so that nothing waits for it: not
/// the demo, and not its end.
fn bring(models: ModelFolder, news: Arc<ModelNews>, may_fetch: bool) {
    let fetch = move || {
        let t = out::language();
        if !may_fetch || client().is_none() {
            out::note(t.models_bring(COMMAND));
            return;
        }
        let tell = |done, file: &str, size| {
            let (done_mb, size_mb) = (mb(done), mb(size));
            news.tell(demo::Models::Arriving { done_mb, size_mb });
            out::note(t.models_arriving(file, done_mb, size_mb));
        };
        match super::models::bring(&models, tell) {
            Ok(taken) => {
                news.tell(demo::Models::Ready);
                out::note(t.models_taken(taken.join(", ")));
            }
            Err(error) => {
                out::note(format_args!("{}", out::causes(&error)));
                out::note(t.models_bring(COMMAND));
                news.tell(demo::Models::Failed(error.to_string()));
            }
        }
    };
    if let Err(error) = std::thread::Builder::new().name("models".into()).spawn(fetch) {
        tracing::warn!(%error, "the models are not brought");
    }
}

fn welcome(address: &str, is_json: bool) {
    if is_json {
        let accounts: Vec<_> = ACCOUNTS
            .iter()
            .map(|account| {
                serde_json::json!({
                    "operator_id": account.operator_id,
                    "login": account.login,
                    "role": account.role.code(),
                    "password": account.password(),
                    "code_secret": account.secret(),
                })
            })
            .collect();
        out::line(serde_json::json!({ "address": address, "accounts": accounts }));
        return;
    }
    out::line(format_args!("Baohao demo: {address}  (Ctrl-C ends it; the data folder stays)"));
    out::line("The network, the texts, the e-mail and the clock are simulated; the rest is real.");
    out::line("");
    out::line("Staff, to sign in at /desk (one-time codes of this moment: /demo):");
    for account in ACCOUNTS {
        let (login, role) = (account.login, account.role.code());
        let (password, secret) = (account.password(), account.secret());
        let operator = account.operator_id;
        out::line(format_args!(
            "  operator {operator}  {role:<14} {login:<11} {password}  {secret}"
        ));
    }
    out::line("");
    out::line("Try first:");
    out::line(format_args!(
        "  1. {address}/demo          a free card, sample photos, all accounts"
    ));
    out::line(format_args!("  2. {address}/              register the card"));
    out::line(format_args!("  3. {address}/desk          approve it as reviewer"));
    out::line(format_args!("  4. {address}/demo/handset  read the text, make a call"));
    out::line(format_args!("  5. {address}/demo/clock    let months pass"));
}
