//! What somebody else changed in the register, and whether it is right again: for administrators.

use super::Signed;
use crate::component::{Component as _, Empty, Html, Pagination, Tag, Tone};
use crate::shell::failure::Reply;
use crate::shell::{Shell, Width};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect};
use domain::access::Action;
use domain::number::Service;
use serde::Deserialize;
use service::provision::{Drift, Drifted, drifts};
use service::{App, Error};
use std::sync::Arc;
use words::Lang;

#[derive(Template)]
#[template(path = "desk/drift.html")]
struct Page {
    t: Lang,
    rows: Vec<Row>,
    empty: Html,
    pages: Html,
}

struct Row {
    when: String,
    number: String,
    found: String,
    wanted: String,
    count: String,
    state: Html,
    said: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    /// The page, from 1; anything else is the first.
    #[serde(default)]
    page: String,
}

/// `GET /desk/network`.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    mut signed: Signed,
    Query(asked): Query<Asked>,
) -> Reply {
    if !signed.may(Action::SeeDrift) {
        return Err(Error::NotFound.into());
    }
    signed.shell.width = Width::Clerk;
    let page = asked.page.parse().unwrap_or(1);
    let found = drifts(&app, &signed.actor(), signed.session.operator_id, page).await?;
    if found.rows.is_empty() && found.page > 1 {
        return Ok(Redirect::to("/desk/network").into_response());
    }
    let t = signed.shell.lang;
    let href = |page: i64| format!("/desk/network?page={page}");
    let previous = (found.page > 1).then(|| href(found.page - 1));
    let next = found.has_next.then(|| href(found.page + 1));
    let pages = if previous.is_some() || next.is_some() {
        Pagination::new(t, t.desk_drift_page(found.page), previous, next).html()
    } else {
        Html::default()
    };
    let content = Page {
        t,
        rows: found.rows.iter().map(|one| row(&signed.shell, one)).collect(),
        empty: Empty::new(t.desk_drift_none()).html(),
        pages,
    };
    Ok(signed.shell.page(t.desk_drift_title()).body(&content))
}

fn row(shell: &Shell, one: &Drifted) -> Row {
    let t = shell.lang;
    let what = match one.what {
        Drift::Gone => t.network_drift_gone(),
        Drift::Number => t.network_drift_number(),
        Drift::Profile => t.network_drift_profile(),
    };
    let found = match (&one.found, one.what) {
        (Some(services), Drift::Profile) => {
            t.desk_drift_found(what, services_in_words(t, services.iter().copied()))
        }
        _ => what.to_owned(),
    };
    let (tone, state) = match (one.is_right, &one.said) {
        (true, _) => (Tone::Green, t.desk_drift_right()),
        (false, None) => (Tone::Blue, t.desk_drift_under_way()),
        (false, Some(_)) => (Tone::Red, t.desk_drift_wrong()),
    };
    Row {
        when: shell.when(one.at).legal(),
        number: one.msisdn.to_string(),
        found,
        wanted: match one.wanted {
            Some(profile) => services_in_words(t, profile.services()),
            None => t.desk_drift_no_record().to_owned(),
        },
        count: one.count.to_string(),
        state: Tag::new(tone, state).html(),
        said: one.said.clone().unwrap_or_default(),
    }
}

fn services_in_words(t: Lang, services: impl Iterator<Item = Service>) -> String {
    let word = |service: Service| match service {
        Service::VoiceOut => t.mine_service_calls_out(),
        Service::VoiceIn => t.mine_service_calls_in(),
        Service::SmsOut => t.mine_service_texts_out(),
        Service::SmsIn => t.mine_service_texts_in(),
        Service::Data => t.mine_service_data(),
        Service::Roaming => t.mine_service_roaming(),
    };
    let words: Vec<&str> = services.map(word).collect();
    if words.is_empty() { t.desk_drift_nothing().to_owned() } else { words.join(t.desk_joint()) }
}
