//! The demo's pages, in the frame of all pages.

mod clock;
mod handset;
mod home;
mod interface;
mod mail;
mod network;
mod specimen;

use crate::{SANDBOX, World};
use axum::Router;
use axum::extract::{Extension, FromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use service::{App, Error};
use std::sync::Arc;

/// The world, for handlers whose state is the program.
pub(crate) struct Here(pub(crate) Arc<World>);

impl FromRequestParts<Arc<App>> for Here {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Response> {
        let world = parts.extensions.get::<Arc<World>>();
        world.cloned().map(Self).ok_or_else(|| StatusCode::NOT_FOUND.into_response())
    }
}

pub(crate) fn router(world: &Arc<World>) -> Router {
    let pages = Router::new()
        .route("/demo", get(home::page))
        .route("/demo/specimens/{name}", get(specimen::photo))
        .route("/demo/handset", get(handset::choose))
        .route("/demo/handset/{phone}", get(handset::page))
        .route("/demo/handset/{phone}/try", post(handset::attempt))
        .route("/demo/handset/{phone}/power", post(handset::power))
        .route("/demo/clock", get(clock::page).post(clock::advance))
        .route("/demo/network", get(network::page).post(network::inject))
        .route("/demo/network/clear", post(network::clear))
        .route("/demo/mail", get(mail::page))
        .route("/demo/api", get(interface::page))
        .layer(Extension(Arc::clone(world)))
        .layer(Extension(SANDBOX));
    web::framed(Arc::clone(world.app()), pages)
}

/// A failure of the world: logged here, a plain page for the visitor.
fn failed(error: &Error) -> Response {
    tracing::error!(error = %error.with_causes(), "a page of the demo failed");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn back_to(path: &str) -> Response {
    Redirect::to(path).into_response()
}
