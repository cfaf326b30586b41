//! Pages for subscribers: register, see progress, keep the number.

mod start;

use axum::Router;
use axum::routing::get;
use service::App;
use std::sync::Arc;

/// The subscriber's pages.
pub fn router() -> Router<Arc<App>> {
    Router::new().route("/", get(start::page))
}
