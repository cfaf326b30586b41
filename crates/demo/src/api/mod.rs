//! `/demo/api`: everything the demo's pages do, for programs.
//!
//! The description is `openapi.json` beside this file; a test compares its paths with the routes.

mod clock;
mod esim;
mod handset;
mod mail;
mod network;
mod number;
mod staff;

pub(crate) use handset::attempt;
pub(crate) use number::Listed;

use crate::World;
use axum::extract::rejection::JsonRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};
use domain::time::{At, Zone};
use service::Error;
use std::sync::Arc;

/// The description of this interface.
const OPENAPI: &str = include_str!("openapi.json");

type Shared = axum::extract::State<Arc<World>>;

/// Every path below `/demo/api` with what answers it.
fn routes() -> Vec<(&'static str, MethodRouter<Arc<World>>)> {
    vec![
        ("/clock", get(clock::read)),
        ("/clock/advance", post(clock::advance)),
        ("/handsets/{phone}", get(handset::read)),
        ("/handsets/{phone}/messages", get(handset::messages)),
        ("/handsets/{phone}/text", post(handset::text)),
        ("/handsets/{phone}/call", post(handset::call)),
        ("/handsets/{phone}/data", post(handset::data)),
        ("/handsets/{phone}/incoming-call", post(handset::incoming_call)),
        ("/handsets/{phone}/incoming-text", post(handset::incoming_text)),
        ("/handsets/{phone}/power", post(handset::power)),
        ("/esim/install", post(esim::install)),
        ("/mail", get(mail::read)),
        ("/network/records/{phone}", get(network::record)),
        ("/network/faults", get(network::faults).post(network::inject).delete(network::clear)),
        ("/network/chaos", post(network::chaos)),
        ("/numbers/free", get(number::free)),
        ("/numbers/examples", get(number::examples)),
        ("/staff", get(staff::list)),
    ]
}

pub(crate) fn router(world: &Arc<World>) -> Router {
    let mut router = Router::new();
    for (path, methods) in routes() {
        router = router.route(&format!("/demo/api{path}"), methods);
    }
    router.route("/demo/api/openapi.json", get(description)).with_state(Arc::clone(world))
}

async fn description() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

/// Every operation: method, path, what it does.
pub(crate) fn operations() -> Vec<(String, String, String)> {
    let openapi: serde_json::Value = serde_json::from_str(OPENAPI).unwrap_or_default();
    let paths = openapi.get("paths").and_then(serde_json::Value::as_object);
    let mut all = Vec::new();
    for (path, item) in paths.into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let summary = operation.get("summary").and_then(serde_json::Value::as_str);
            all.extend(summary.map(|s| (method.to_uppercase(), path.clone(), s.to_owned())));
        }
    }
    all
}

/// What went wrong, as JSON.
pub(crate) enum Failed {
    NotFound,
    Bad(String),
    Refused(service::Refused),
    Fault(Error),
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let (status, detail) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "no such thing".to_owned()),
            Self::Bad(detail) => (StatusCode::BAD_REQUEST, detail),
            Self::Refused(refused) => (StatusCode::CONFLICT, refused.code.to_owned()),
            Self::Fault(error) => {
                tracing::error!(error = %error.with_causes(), "a request of the demo failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "see the log".to_owned())
            }
        };
        (status, Json(serde_json::json!({ "error": detail }))).into_response()
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::NotFound,
            Error::Refused(refused) => Self::Refused(refused),
            other => Self::Fault(other),
        }
    }
}

/// A JSON body, or a 400 that says what is wrong with it.
fn body<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Failed> {
    body.map(|Json(value)| value).map_err(|rejection| Failed::Bad(rejection.body_text()))
}

/// `2026-03-14T10:00:00Z`.
pub(crate) fn iso(at: At) -> String {
    format!("{}Z", at.civil_in(&Zone::utc()).strftime("%Y-%m-%dT%H:%M:%S"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_path_is_described_and_no_other() {
        let openapi: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        let described: BTreeSet<String> =
            openapi["paths"].as_object().unwrap().keys().cloned().collect();
        let served: BTreeSet<String> =
            routes().iter().map(|(path, _)| format!("/demo/api{path}")).collect();
        assert_eq!(described, served);
        for (path, item) in openapi["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if method == "parameters" {
                    continue;
                }
                assert!(operation["summary"].is_string(), "{method} {path}");
                assert!(operation["responses"]["200"].is_object(), "{method} {path}");
            }
        }
    }
}
