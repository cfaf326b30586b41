//! Pages for subscribers: register, see progress, keep the number.

mod fields;
mod loss;
mod numbers;
mod session;
mod start;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use service::App;
use std::sync::Arc;

/// Goes on to another page.
fn go(path: &str) -> axum::response::Response {
    use axum::response::IntoResponse as _;
    axum::response::Redirect::to(path).into_response()
}

/// The subscriber's pages.
pub fn router(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/", get(start::page))
        .route("/numbers", get(numbers::list))
        .route("/numbers/sign-in", get(numbers::sign_in).post(numbers::ask_code))
        .route("/numbers/code", get(numbers::code).post(numbers::confirm))
        .route("/numbers/sign-out", post(numbers::sign_out))
        .route("/numbers/{episode}", get(numbers::keep))
        .route("/numbers/{episode}/keep.ics", get(numbers::calendar))
        .route("/numbers/{episode}/balance", get(numbers::balance))
        .route("/numbers/{episode}/pause", get(numbers::pause).post(numbers::do_pause))
        .route("/numbers/{episode}/resume", post(numbers::resume))
        .route("/numbers/{episode}/lift-loss", post(numbers::lift_loss))
        .route("/numbers/{episode}/not-mine", get(numbers::not_mine).post(numbers::do_not_mine))
        .route("/loss", get(loss::page).post(loss::ask_code))
        .route("/loss/code", get(loss::code).post(loss::confirm))
        .route("/loss/done", get(loss::done))
        .layer(from_fn_with_state(Arc::clone(app), session::renew))
}

/// `138 0013 8000`: a mainland number as people read it; anything else as typed.
fn grouped(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let national = digits.strip_prefix("86").filter(|rest| rest.len() == 11).unwrap_or(&digits);
    match (national.get(..3), national.get(3..7), national.get(7..11)) {
        (Some(head), Some(middle), Some(tail)) if national.len() == 11 => {
            format!("{head} {middle} {tail}")
        }
        _ => number.to_owned(),
    }
}
