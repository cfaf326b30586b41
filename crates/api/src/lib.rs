//! The operator API: `/api/v1`, for the operator's own systems.
//!
//! A handler reads its input, calls one use case of `service` and shows the answer; it decides
//! nothing. Around all handlers stand, from outside to inside: the language of problems
//! ([`problem`]), the token and its rate ([`caller`]), and the idempotency key ([`idempotent`]).
//! The description ([`openapi`]) is made from the handlers, committed under `docs/generated/` and
//! compared by a test.

mod audit;
mod caller;
mod idempotent;
pub mod openapi;
mod page;
pub mod problem;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use problem::{ApiRefusal, Problem};
use service::App;
use std::sync::Arc;

/// Bytes of one request: an application with its documents.
const BODY_BYTES_MAX: usize = 48 << 20;
/// Bytes of one JSON request.
const JSON_BYTES_MAX: usize = 1 << 20;

/// What handlers share.
#[derive(Clone, Debug)]
struct Api {
    app: Arc<App>,
    limits: Arc<caller::Limits>,
}

/// All routes of the operator API, under `/api/v1`.
pub fn router(app: Arc<App>) -> Router {
    let api = Api { app, limits: Arc::default() };
    let routes = Router::new()
        .route("/audit", get(audit::list))
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
        .fallback(|| async { Problem::from(ApiRefusal::NotFound) })
        .layer(from_fn_with_state(api.clone(), idempotent::once))
        .layer(from_fn_with_state(api.clone(), caller::authenticate))
        .with_state(api);
    let description =
        get(|| async { ([(header::CONTENT_TYPE, "application/json")], openapi::json()) });
    let open = Router::new().route("/openapi.json", description);
    Router::new().nest("/api/v1", open.merge(routes).layer(from_fn(problem::speak)))
}
