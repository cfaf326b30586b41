//! The mail boxes: everything the program sent by e-mail since it started.

use super::{Shared, iso};
use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Filter {
    to: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Letter {
    at: String,
    to: String,
    subject: String,
    text: String,
    calendar: Option<String>,
}

pub(crate) async fn read(State(world): Shared, Query(filter): Query<Filter>) -> Json<Vec<Letter>> {
    let wanted = |to: &str| filter.to.as_deref().is_none_or(|want| want.eq_ignore_ascii_case(to));
    let mail = world.network().mail().into_iter().filter(|mail| wanted(&mail.to));
    let letters = mail.map(|mail| Letter {
        at: iso(mail.at),
        to: mail.to,
        subject: mail.subject,
        text: mail.text,
        calendar: mail.calendar,
    });
    Json(letters.collect())
}
