//! Whether the process lives, whether it can work, and what happens at its ports: for the
//! operator's watch, not for subscribers.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use gateway::meter::Meter;
use service::App;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// A database that takes longer is away.
const DATABASE_TIME: Duration = Duration::from_secs(2);

/// What the routes look at.
#[derive(Clone)]
pub(crate) struct Health {
    pub(crate) app: Arc<App>,
    /// By the name of the port.
    pub(crate) meters: Arc<[(&'static str, Arc<Meter>)]>,
}

/// `/healthz` and `/readyz`, which say nothing that a subscriber may not know.
pub(crate) fn open_routes(health: Health) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(health)
}

/// The same and `/metrics`, for an address that only the operator reaches.
pub(crate) fn all_routes(health: Health) -> Router {
    let metrics = Router::new().route("/metrics", get(metrics)).with_state(health.clone());
    open_routes(health).merge(metrics)
}

async fn has_database(app: &App) -> bool {
    let asked = tokio::time::timeout(DATABASE_TIME, service::operator::list(app)).await;
    asked.is_ok_and(|answer| answer.is_ok())
}

/// Ready to serve pages: they need the database and nothing else.
async fn ready(State(health): State<Health>) -> Response {
    if has_database(&health.app).await {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
    }
}

async fn metrics(State(health): State<Health>) -> Response {
    let mut text = Meter::TYPES.to_owned();
    for (port, meter) in health.meters.iter() {
        meter.write(port, &mut text);
    }
    let up = u8::from(has_database(&health.app).await);
    let _ = writeln!(text, "# TYPE baohao_database_up gauge\nbaohao_database_up {up}");
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
