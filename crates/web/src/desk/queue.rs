//! R1: the queue.

use super::Signed;
use crate::component::{Button, Component as _, Empty, Html, Notice, Tag, Tone};
use crate::shell::Width;
use crate::shell::failure::{Failure, Reply};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect};
use domain::access::Action;
use domain::application::Kind;
use domain::refusal::Refusal as _;
use domain::review::{ReviewRefusal, Stage};
use serde::Deserialize;
use service::review::{Queue, QueueFilter, QueueRow};
use service::{App, Error};
use std::sync::Arc;
use words::Lang;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Filter {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    stage: String,
    /// `empty` after taking the next case found none.
    #[serde(default)]
    next: String,
    /// The case decided just before.
    #[serde(default)]
    undo: String,
}

#[derive(Template)]
#[template(path = "desk/queue.html")]
struct QueuePage {
    t: Lang,
    undo: Html,
    notice: Html,
    next: Html,
    mine: Html,
    may_claim: bool,
    total: String,
    oldest: Html,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
    empty: Html,
}

struct Tab {
    text: String,
    href: String,
    is_here: bool,
}

struct Row {
    href: String,
    name: String,
    kind: String,
    stage: Html,
    due: Html,
    waits: String,
    state: Html,
}

/// `GET /desk`.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    mut signed: Signed,
    Query(typed): Query<Filter>,
) -> Reply {
    if !signed.may(Action::SeeQueue) {
        return Ok(super::home::page(&signed));
    }
    signed.shell.width = Width::Clerk;
    let filter =
        QueueFilter { kind: Kind::from_code(&typed.kind), stage: Stage::from_code(&typed.stage) };
    let queue = service::review::queue(&app, &signed.actor(), filter).await?;
    let t = signed.shell.lang;
    let count: i64 = queue.counts.iter().map(|count| count.count).sum();
    let oldest = queue.counts.iter().map(|count| count.first_promise_at).min();
    let notice = if typed.next == "empty" {
        Notice::new(Tone::Blue, t.desk_queue_nothing_for_you()).live().html()
    } else {
        Html::default()
    };
    let undo = super::handle::undo_bar(&app, &signed, &typed.undo).await;
    let page = QueuePage {
        t,
        undo,
        notice,
        next: Button::new(t, t.desk_claim_next()).html(),
        mine: mine(t, &queue),
        may_claim: queue.mine.is_none(),
        total: t.desk_queue_count(count),
        oldest: oldest.map_or_else(Html::default, |at| super::due(&signed.shell, at)),
        tabs: tabs(t, &queue, filter),
        rows: queue.rows.iter().map(|row| self::row(&signed, row)).collect(),
        empty: Empty::new(t.desk_queue_empty()).link(t.common_refresh(), "/desk").html(),
    };
    let title = t.desk_queue_title();
    Ok(signed.shell.page(title).script(&crate::shell::assets::KEYS_JS).body(&page))
}

/// `POST /desk/next`.
pub(crate) async fn next(State(app): State<Arc<App>>, signed: Signed) -> Reply {
    match service::review::claim_next(&app, &signed.actor()).await {
        Ok(id) => Ok(Redirect::to(&format!("/desk/case/{id}")).into_response()),
        Err(Error::Refused(refused)) if refused.code == ReviewRefusal::QueueEmpty.code() => {
            Ok(Redirect::to("/desk?next=empty").into_response())
        }
        Err(error) => Err(Failure(error)),
    }
}

fn mine(t: Lang, queue: &Queue) -> Html {
    match queue.mine {
        Some(id) => Notice::new(Tone::Amber, t.desk_queue_mine())
            .link(t.desk_queue_open_mine(), format!("/desk/case/{id}"))
            .html(),
        None => Html::default(),
    }
}

fn tabs(t: Lang, queue: &Queue, filter: QueueFilter) -> Vec<Tab> {
    let total: i64 = queue.counts.iter().map(|count| count.count).sum();
    let mut tabs = vec![Tab {
        text: t.desk_tab(t.desk_tab_all(), total),
        href: "/desk".to_owned(),
        is_here: filter.kind.is_none() && filter.stage.is_none(),
    }];
    for stage in [Stage::Second, Stage::Lead] {
        let of_stage = queue.counts.iter().filter(|count| count.stage == stage);
        let count: i64 = of_stage.map(|count| count.count).sum();
        if count > 0 {
            tabs.push(Tab {
                text: t.desk_tab(super::names::stage(t, stage), count),
                href: format!("/desk?stage={}", stage.code()),
                is_here: filter.stage == Some(stage),
            });
        }
    }
    for kind in Kind::ALL {
        let of_kind = queue.counts.iter().filter(|count| count.kind == kind);
        let count: i64 = of_kind.map(|count| count.count).sum();
        if count > 0 {
            tabs.push(Tab {
                text: t.desk_tab(super::names::kind(t, kind), count),
                href: format!("/desk?kind={}", kind.code()),
                is_here: filter.kind == Some(kind),
            });
        }
    }
    tabs
}

fn row(signed: &Signed, row: &QueueRow) -> Row {
    let shell = &signed.shell;
    let t = shell.lang;
    let tone = if row.stage == Stage::First { Tone::Grey } else { Tone::Violet };
    let state = if row.is_back_to_me {
        Tag::new(Tone::Amber, t.desk_row_back_to_me()).html()
    } else if row.claimed_by == Some(signed.session.staff_id) {
        Tag::new(Tone::Blue, t.desk_row_mine()).html()
    } else if row.claimed_by.is_some() {
        Tag::new(Tone::Grey, t.desk_row_claimed()).html()
    } else if row.may_claim {
        Html::default()
    } else {
        Tag::new(Tone::Grey, t.desk_row_not_for_you()).html()
    };
    Row {
        href: format!("/desk/case/{}", row.application_id),
        name: row.reference.clone(),
        kind: super::names::kind(t, row.kind).to_owned(),
        stage: Tag::new(tone, super::names::stage(t, row.stage)).html(),
        due: super::due(shell, row.promise_at),
        waits: shell.when(row.queued_at).legal(),
        state,
    }
}
