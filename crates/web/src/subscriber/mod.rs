//! Pages for subscribers: register, see progress, keep the number.

mod begin;
mod change;
mod contact;
mod details;
mod esim;
mod fields;
mod live;
mod loss;
mod models;
mod numbers;
mod organisation;
mod photos;
mod privacy;
mod read;
mod resume;
mod send;
mod session;
mod start;
mod status;
mod steps;

use axum::Router;
use axum::extract::DefaultBodyLimit;
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
        .merge(registration())
        .route("/status", get(status::ask).post(status::show))
        .route("/status/{reference}", get(status::page))
        .route("/status/{reference}/withdraw", get(change::withdraw).post(change::do_withdraw))
        .route("/status/{reference}/reopen", post(change::reopen))
        .route("/status/{reference}/ask-person", post(change::ask_person))
        .route("/status/{reference}/appeal", get(change::appeal).post(change::do_appeal))
        .route("/s/{reference}", get(status::short))
        .route("/keep", get(|| async { go("/numbers") }))
        .route("/models", get(models::page))
        .route("/privacy", get(privacy::page))
        .route("/privacy/consents", post(privacy::withdraw))
        .route("/numbers", get(numbers::list))
        .route("/numbers/sign-in", get(numbers::sign_in).post(numbers::ask_code))
        .route("/numbers/code", get(numbers::code).post(numbers::confirm))
        .route("/numbers/sign-out", post(numbers::sign_out))
        .route("/numbers/{episode}", get(numbers::keep))
        .route("/numbers/{episode}/keep.ics", get(numbers::calendar))
        .route("/numbers/{episode}/balance", get(numbers::balance))
        .route("/numbers/{episode}/pause", get(numbers::pause).post(numbers::do_pause))
        .route("/numbers/{episode}/resume", post(numbers::resume))
        .route("/numbers/{episode}/replace", get(esim::replace).post(esim::do_replace))
        .route("/numbers/{episode}/esim", get(esim::page))
        .route("/numbers/{episode}/esim/cancel", post(esim::cancel))
        .route("/numbers/{episode}/lift-loss", post(numbers::lift_loss))
        .route("/numbers/{episode}/not-mine", get(numbers::not_mine).post(numbers::do_not_mine))
        .route("/loss", get(loss::page).post(loss::ask_code))
        .route("/loss/code", get(loss::code).post(loss::confirm))
        .route("/loss/done", get(loss::done))
        .route("/session", post(session::stay))
        .layer(from_fn_with_state(Arc::clone(app), session::renew))
}

/// S2 to S13: an application, page by page.
fn registration() -> Router<Arc<App>> {
    Router::new()
        .route("/register", get(begin::page))
        .route("/register/number", get(details::number).post(details::save_number))
        .route("/register/no-card", get(details::no_card))
        .route(esim::WISH, get(esim::wish).post(esim::save_wish))
        .route("/register/contact", get(contact::contact).post(contact::save_contact))
        .route("/register/code", get(contact::code).post(contact::confirm))
        .route("/register/code/again", post(contact::again))
        .route("/register/who", get(details::who).post(details::save_who))
        .route("/register/who/{who}", get(details::who_elsewhere))
        .route("/register/tasks", get(send::tasks))
        .route("/register/document", get(details::document).post(details::save_document))
        .route("/register/document/none", get(details::document_none))
        .route("/register/identity", get(details::identity).post(details::save_identity))
        .route("/register/photo/portrait/other", get(photos::other_way))
        .route("/register/live", get(live::page))
        .route("/register/live/begin", post(live::begin))
        .route("/register/live/film", post(live::film))
        .route("/register/photo/{item}", get(photos::page).post(photos::upload))
        .layer(DefaultBodyLimit::max(photos::BODY_BYTES_MAX))
        .route("/register/photo/{item}/parts", get(photos::parts))
        .route("/register/photo/{item}/parts/{part}", post(photos::put_part))
        .route("/register/photo/{item}/whole", post(photos::join))
        .route("/register/photo/{item}/keep", post(photos::keep))
        .route("/register/photo/{item}/image", get(photos::image))
        .route("/register/photo/{item}/part", get(photos::part))
        .route("/register/consents", get(details::consents).post(details::save_consents))
        .route("/register/check", get(send::check))
        .route("/register/send", post(send::send))
        .route("/register/receipt", get(send::receipt))
        .route("/register/redo", get(change::redo).post(change::send))
        .route("/register/redo/{item}", get(change::crop))
        .route("/resume", get(resume::page).post(resume::ask_code))
        .route("/resume/code", get(resume::code).post(resume::confirm))
}

/// `138 0013 8000`: a mainland number as people read it, never broken; anything else as typed.
fn grouped(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let national = digits.strip_prefix("86").filter(|rest| rest.len() == 11).unwrap_or(&digits);
    match (national.get(..3), national.get(3..7), national.get(7..11)) {
        (Some(head), Some(middle), Some(tail)) if national.len() == 11 => {
            format!("{head}\u{a0}{middle}\u{a0}{tail}")
        }
        _ => number.to_owned(),
    }
}

/// `110105 19491231 002X`: an identity number as it stands on the card; anything else as typed.
fn grouped_id(number: &str) -> String {
    let kept: String = number.chars().filter(|c| !c.is_whitespace()).collect();
    match (kept.get(..6), kept.get(6..14), kept.get(14..)) {
        (Some(region), Some(birth), Some(rest)) if kept.len() == 18 => {
            format!("{region} {birth} {rest}")
        }
        _ => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_as_people_read_them() {
        assert_eq!(grouped("8613800138000"), "138\u{a0}0013\u{a0}8000");
        assert_eq!(grouped("138-0013-8000"), "138\u{a0}0013\u{a0}8000");
        assert_eq!(grouped("12345"), "12345");
        assert_eq!(grouped_id("11010519491231002X"), "110105 19491231 002X");
        assert_eq!(grouped_id("H12345678"), "H12345678");
    }
}
