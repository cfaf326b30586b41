//! The page before S2: what is needed, from the policy; and going on with what was begun.

use super::session::{Applicant, Maybe};
use super::steps;
use crate::component::{Button, Component as _, Html, Notice, TextPage, Tone};
use crate::shell::Shell;
use crate::shell::failure::Reply;
use axum::extract::State;
use domain::application;
use domain::application::form::{Section, Who};
use service::App;
use std::sync::Arc;

/// `GET /register`.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Maybe<Applicant>,
) -> Reply {
    let t = shell.lang;
    let policy = service::policy::of(&app, shell.operator_id, app.now()).await?;
    let mut page = TextPage::new(t, t.apply_begin_title())
        .back("/")
        .part(Html::paragraph(t.apply_begin_lead()));
    if let Maybe(Some(applicant)) = applicant
        && let Ok(view) = applicant.open(&app).await
        && view.facts.state == application::State::Draft
    {
        let text = t.apply_begin_go_on(&view.reference);
        let notice = Notice::new(Tone::Blue, text).link(t.apply_tasks_title(), steps::TASKS);
        page = page.part(notice.html());
    }
    let documents: Vec<String> = policy
        .registration
        .documents
        .iter()
        .map(|kind| super::details::document_name(t, *kind))
        .collect();
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    Ok(page
        .part(Html::heading(t.start_need_title()))
        .part(Html::list(&[t.start_need_card(), t.start_need_portrait(), t.start_need_contact()]))
        .part(Html::heading(t.apply_begin_documents()))
        .part(Html::paragraph(t.apply_begin_any()))
        .part(Html::list(&documents))
        .part(Html::paragraph(t.apply_begin_photos()))
        .part(Html::paragraph(&t.apply_begin_who(*policy.ages.alone_min)))
        .part(if Who::Company.is_online(&policy) {
            Html::paragraph(t.apply_begin_organisation())
        } else {
            Html::join([])
        })
        .part(Html::paragraph(&t.apply_begin_result(*policy.promise.business_days)))
        .part(Html::paragraph(&t.apply_begin_keep(*policy.application.draft_days)))
        .part(Button::link(t.apply_begin_button(), steps::section(Section::Number)).html())
        .part(Html::link(t.start_resume(), "/resume"))
        .response(&shell))
}
