//! The accounts of the demo, each with the one-time code of this moment.

use super::Shared;
use crate::ACCOUNTS;
use axum::Json;
use axum::extract::State;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct Member {
    operator_id: i64,
    login: &'static str,
    name: &'static str,
    role: &'static str,
    password: &'static str,
    code_secret: String,
    code_now: String,
    /// How long the code is still the newest.
    seconds_left: i64,
}

pub(crate) async fn list(State(world): Shared) -> Json<Vec<Member>> {
    let millis = world.now().millis();
    let members = ACCOUNTS.iter().map(|account| Member {
        operator_id: account.operator_id.0,
        login: account.login,
        name: account.name,
        role: account.role.code(),
        password: account.password(),
        code_secret: account.secret(),
        code_now: account.code_at(millis),
        seconds_left: 30 - (millis / 1_000) % 30,
    });
    Json(members.collect())
}
