//! A phone that scans an activation code.

use super::{Failed, Shared, body};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use serde::{Deserialize, Serialize};

/// What is scanned, and by which phone.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scan {
    code: String,
    #[serde(default)]
    eid: Option<String>,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub(crate) struct Installed {
    is_installed: bool,
    why: Option<String>,
}

pub(crate) async fn install(
    State(world): Shared,
    scan: Result<Json<Scan>, JsonRejection>,
) -> Result<Json<Installed>, Failed> {
    let scan = body(scan)?;
    let installed = world.network().install(&scan.code, scan.eid.as_deref());
    Ok(Json(Installed {
        is_installed: installed.is_ok(),
        why: installed.err().map(|error| error.to_string()),
    }))
}
