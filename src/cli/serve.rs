//! `baohao serve` and `baohao work`: the pages and interfaces, and the outbox behind them.

use crate::cli::{Failure, out, place::Place};
use crate::health::{Health, all_routes, open_routes};
use crate::wiring;
use clap::Args;
use gateway::usage::Nats;
use service::App;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Serve pages and interfaces, and do the work behind them.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    place: Place,
    /// Address and port [default: site.listen of the configuration].
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Only answer requests; `baohao work` elsewhere does the rest.
    #[arg(long)]
    no_work: bool,
}

/// Do the work behind the pages: outbox, sweep, reconciler.
#[derive(Debug, Args)]
pub(crate) struct Work {
    #[command(flatten)]
    place: Place,
}

impl Serve {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        super::runtime()?.block_on(async {
            let config = self.place.config()?;
            let wiring::Running { app, meters, usage } = wiring::open_worker(&config).await?;
            let health = Health { app: Arc::clone(&app), meters: meters.into() };
            wiring::first_operator(&app, &config).await?;
            let address = self.listen.unwrap_or(config.site.listen);
            let listener = TcpListener::bind(&address)
                .await
                .map_err(|error| format!("cannot listen on {address}: {error}"))?;
            out::line(format_args!("Listening on http://{}", listener.local_addr()?));
            let (stop, stopped) = watch::channel(false);
            let worker =
                (!self.no_work).then(|| spawn_work(Arc::clone(&app), usage, stopped.clone()));
            let router = wiring::router(Arc::clone(&app)).merge(open_routes(health.clone()));
            watch_health(&config.site.health_listen, health).await?;
            let server =
                axum::serve(listener, router).with_graceful_shutdown(wait(stopped)).into_future();
            let server = tokio::spawn(server);
            interrupted().await;
            stop.send_replace(true);
            server.await??;
            if let Some(worker) = worker {
                worker.await?;
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Serves what only the operator may see, if it is wanted, as long as the process lives.
async fn watch_health(address: &str, health: Health) -> Result<(), Failure> {
    if address.is_empty() {
        return Ok(());
    }
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}"))?;
    out::line(format_args!("Health and metrics on http://{}", listener.local_addr()?));
    tokio::spawn(axum::serve(listener, all_routes(health)).into_future());
    Ok(())
}

impl Work {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        super::runtime()?.block_on(async {
            let config = self.place.existing()?;
            let wiring::Running { app, meters, usage } = wiring::open_worker(&config).await?;
            let health = Health { app: Arc::clone(&app), meters: meters.into() };
            watch_health(&config.site.health_listen, health).await?;
            let (stop, stopped) = watch::channel(false);
            let worker = spawn_work(app, usage, stopped);
            interrupted().await;
            stop.send_replace(true);
            worker.await?;
            Ok(ExitCode::SUCCESS)
        })
    }
}

pub(crate) fn spawn_work(
    app: Arc<App>,
    usage: Option<Nats>,
    stopped: watch::Receiver<bool>,
) -> tokio::task::JoinHandle<()> {
    let feed = usage.map(|usage| usage.run(Arc::clone(&app), wait(stopped.clone())));
    let work = service::work::run_forever(app, wait(stopped));
    tokio::spawn(async {
        futures::join!(work, futures::future::OptionFuture::from(feed));
    })
}

/// Ends when `stopped` becomes true or its sender is gone.
pub(crate) async fn wait(mut stopped: watch::Receiver<bool>) {
    drop(stopped.wait_for(|is_stopped| *is_stopped).await);
}

/// Ends at Ctrl-C or, on Unix, at a polite request to end.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut end) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = end.recv() => {}
            }
            return;
        }
    }
    drop(tokio::signal::ctrl_c().await);
}
