//! R6: the lead's board.

use super::{Signed, names};
use crate::component::{Button, Component as _, Empty, Html, Pick, SelectField};
use crate::shell::Width;
use crate::shell::failure::Reply;
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use service::review::{self, BoardRow};
use service::{App, Error};
use std::sync::Arc;
use words::Lang;

#[derive(Template)]
#[template(path = "desk/board.html")]
struct BoardPage {
    t: Lang,
    counts: Vec<(String, i64)>,
    agreement: String,
    at_risk: Vec<Row>,
    at_risk_none: Html,
    disagreements: Vec<Row>,
    disagreements_none: Html,
}

struct Row {
    id: String,
    reference: String,
    due: Html,
    kind: &'static str,
    stage: Html,
    holder: String,
    give: Html,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Give {
    #[serde(default)]
    to: String,
}

/// `GET /desk/board`.
pub(crate) async fn page(State(app): State<Arc<App>>, mut signed: Signed) -> Reply {
    signed.shell.width = Width::Clerk;
    let board = review::board(&app, &signed.actor()).await?;
    let t = signed.shell.lang;
    let row = |row: &BoardRow, place: usize| Row {
        id: row.row.application_id.to_string(),
        reference: row.row.reference.clone(),
        due: super::due(&signed.shell, row.row.promise_at),
        kind: names::kind(t, row.row.kind),
        stage: super::case::stage_tag(t, row.row.stage),
        holder: match &row.holder {
            Some(name) => name.expose().clone(),
            None => t.desk_board_nobody().to_owned(),
        },
        give: give_form(t, &board, place),
    };
    let rows = |list: &[BoardRow], first: usize| -> Vec<Row> {
        list.iter().enumerate().map(|(at, one)| row(one, first + at)).collect()
    };
    let counts = board.counts.iter().map(|count| {
        let (kind, stage) = (names::kind(t, count.kind), names::stage(t, count.stage));
        (format!("{kind} · {stage}"), count.count)
    });
    let page = BoardPage {
        t,
        counts: counts.collect(),
        agreement: match board.agreement {
            (_, 0) => t.desk_board_agreement_none().to_owned(),
            (approved, decided) => t.desk_board_agreement(approved, decided),
        },
        at_risk: rows(&board.at_risk, 0),
        at_risk_none: Empty::new(t.desk_board_at_risk_none()).html(),
        disagreements: rows(&board.disagreements, board.at_risk.len()),
        disagreements_none: Empty::new(t.desk_board_disagreements_none()).html(),
    };
    Ok(signed.shell.page(t.desk_board_title()).body(&page))
}

/// `POST /desk/case/{id}/give`.
pub(crate) async fn give(
    State(app): State<Arc<App>>,
    signed: Signed,
    Path(id): Path<String>,
    Form(give): Form<Give>,
) -> Reply {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    let to = match give.to.as_str() {
        "" => None,
        to => Some(to.parse().map_err(|_| Error::NotFound)?),
    };
    review::reassign(&app, &signed.actor(), id, to).await?;
    Ok(Redirect::to("/desk/board").into_response())
}

fn give_form(t: Lang, board: &review::Board, place: usize) -> Html {
    let mut picks = vec![Pick::new("", t.desk_board_back_to_queue())];
    picks.extend(board.reviewers.iter().map(|(id, name)| Pick::new(id, name.expose())));
    Html::join([
        SelectField::new("to", t.desk_board_give_to(), picks).id(format!("to-{place}")).html(),
        Button::new(t, t.desk_board_give()).quiet().html(),
    ])
}
