//! The operator API: `/api/v1`, for the operator's own systems.
//!
//! A handler reads its input, calls one use case of `service` and shows the answer; it decides
//! nothing. Around all handlers stand, from outside to inside: the language of problems
//! ([`problem`]), the token and its rate ([`caller`]), and the idempotency key ([`idempotent`]).
//! The description ([`openapi`]) is made from the handlers, committed under `docs/generated/` and
//! compared by a test.

mod applications;
mod audit;
mod caller;
mod esim;
mod field;
mod holds;
mod idempotent;
mod numbers;
pub mod openapi;
mod page;
mod pools;
pub mod problem;
mod reviews;
mod sims;
mod state;
mod status;
mod usage;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post, put};
use problem::{ApiRefusal, Problem};
use service::App;
use service::lookup::Lookups;
use std::sync::Arc;

/// Bytes of one request: an application with its documents.
const BODY_BYTES_MAX: usize = 48 << 20;
/// Bytes of one push of usage events.
const USAGE_BYTES_MAX: usize = 16 << 20;
/// Bytes of one JSON request.
const JSON_BYTES_MAX: usize = 1 << 20;

/// What handlers share.
#[derive(Clone, Debug)]
struct Api {
    app: Arc<App>,
    limits: Arc<caller::Limits>,
    lookups: Arc<Lookups>,
}

/// All routes of the operator API, under `/api/v1`.
pub fn router(app: Arc<App>) -> Router {
    let api = Api { app, limits: Arc::default(), lookups: Arc::default() };
    let routes = Router::new()
        .route("/audit", get(audit::list))
        .route("/numbers", get(numbers::list).post(numbers::bring))
        .nest("/numbers/{msisdn}", number_routes())
        .route("/free-numbers", get(pools::free))
        .route("/pools", get(pools::list))
        .route("/pools/{name}", put(pools::put).delete(pools::drop))
        .route("/sims", get(sims::list).post(sims::bring))
        .route("/sims/{iccid}", get(sims::show))
        .route("/reviews", get(reviews::queue))
        .route("/reviews/{id}", get(reviews::show))
        .route("/reviews/{id}/decision", post(reviews::decide).delete(reviews::undo))
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
        .merge(application_routes())
        .route("/usage", post(usage::push).layer(DefaultBodyLimit::max(USAGE_BYTES_MAX)))
        .fallback(|| async { Problem::from(ApiRefusal::NotFound) })
        .layer(from_fn_with_state(api.clone(), idempotent::once))
        .layer(from_fn_with_state(api.clone(), caller::authenticate))
        .with_state(api.clone());
    let reports = Router::new()
        .route(esim::PATH, post(esim::progress))
        .layer(DefaultBodyLimit::max(esim::BODY_BYTES_MAX))
        .layer(from_fn_with_state(api.clone(), caller::authenticate))
        .layer(from_fn(problem::speak))
        .with_state(api.clone());
    let states = Router::new()
        .route("/numbers/states", post(state::show_many))
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
        .with_state(api.clone());
    // Asked more often than anything else: each layer that it does not pass is felt.
    let state = Router::new()
        .route("/api/v1/numbers/{msisdn}/state", get(state::show).fallback(state::refuse_method))
        .with_state(api);
    let description =
        get(|| async { ([(header::CONTENT_TYPE, "application/json")], openapi::json()) });
    let open = Router::new().route("/openapi.json", description);
    Router::new()
        .nest("/api/v1", open.merge(states).merge(routes).layer(from_fn(problem::speak)))
        .merge(state)
        .merge(reports)
}

/// Applications come with their documents.
fn application_routes() -> Router<Api> {
    Router::new()
        .route("/applications", get(applications::list).post(applications::send))
        .route("/applications/{id}", get(applications::show))
        .route("/applications/{id}/answer", post(applications::answer))
        .route("/applications/{id}/appeal", post(applications::appeal))
        .route("/applications/{id}/withdraw", post(applications::withdraw))
        .route("/applications/{id}/reopen", post(applications::reopen))
        .route("/applications/{id}/ask-person", post(applications::ask_person))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// Everything about one number.
fn number_routes() -> Router<Api> {
    Router::new()
        .route("/", get(status::show))
        .route("/balance", get(status::balance))
        .route("/top-up", post(status::top_up))
        .route("/extend", post(status::extend))
        .route("/holds", post(holds::set))
        .route("/holds/{kind}", delete(holds::lift))
        .route("/reserve", post(numbers::reserve))
        .route("/drop-reservation", post(numbers::drop_reservation))
        .route("/allocate", post(numbers::allocate))
        .route("/release", post(numbers::release))
        .route("/retire", post(numbers::retire))
        .route("/replace-sim", post(numbers::replace_sim))
        .route("/transfer", post(numbers::transfer))
        .route("/close", post(numbers::close))
        .route("/withdraw-close", post(numbers::withdraw_close))
        .route("/recover", post(numbers::recover))
        .route("/port-out", post(numbers::port_out))
        .route("/port-return", post(numbers::port_return))
}
