//! The pages: for subscribers, for the desk. Server-rendered, complete without JavaScript.
//!
//! Start with [`shell`], the frame around every page, and [`component`], what pages are made of.
//! A page is a handler that calls a use case of `service`, a template, and texts in `words`;
//! `docs/guides/adding-a-page.md` is the checklist. No rule lives here: if a page needs to know
//! whether a button applies, the view from `service` says so.

pub mod component;
pub mod desk;
pub mod patterns;
pub mod shell;
pub mod subscriber;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use service::App;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;

/// Every page, with the frame's layers around them.
pub fn router(app: Arc<App>) -> Router {
    let gate = shell::gate::Gate::new(Arc::clone(&app), app.site.requests_max);
    Router::new()
        .merge(subscriber::router(&app))
        .merge(desk::router(&app))
        .route("/patterns", get(patterns::page))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(from_fn_with_state(app.clone(), shell::failure::pages))
        .layer(from_fn_with_state(gate, shell::gate::enter))
        .layer(from_fn(shell::switches))
        .layer(from_fn(shell::headers::same_origin))
        .route("/static/{name}", get(shell::assets::serve))
        .layer(from_fn(shell::headers::secure))
        .layer(CompressionLayer::new())
        .with_state(app)
}

/// Wraps pages of another crate in the same layers: for the demo.
pub fn framed(app: Arc<App>, pages: Router<Arc<App>>) -> Router {
    pages
        .layer(from_fn_with_state(app.clone(), shell::failure::pages))
        .layer(from_fn(shell::switches))
        .layer(from_fn(shell::headers::secure))
        .layer(CompressionLayer::new())
        .with_state(app)
}
