//! S13 and S23: redoing what was asked for, withdrawing, going on again, a person's look, appeal.

use super::fields::Fields;
use super::photos::photo_name;
use super::session::Applicant;
use super::{go, steps};
use crate::component::{
    Button, Component as _, Errors, Example, Examples, FormPage, Html, Tag, TextArea, Tone,
};
use crate::shell::Shell;
use crate::shell::failure::Reply;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::application;
use domain::application::form::Section;
use domain::reason::Item;
use service::App;
use service::register::{self, Change, RedoView, Submitted, View};
use std::sync::Arc;
use words::Lang;

/// `GET /register/redo`: S13.
pub(crate) async fn redo(State(app): State<Arc<App>>, shell: Shell, applicant: Applicant) -> Reply {
    let view = applicant.open(&app).await?;
    if view.facts.state != application::State::NeedsUpdate {
        return Ok(go(&format!("/status/{}", view.reference)));
    }
    Ok(redo_page(&shell, &view, &Errors::none()))
}

fn redo_page(shell: &Shell, view: &View, errors: &Errors) -> Response {
    let t = shell.lang;
    let mut page = FormPage::new(shell, t.progress_redo_title(), "/register/redo")
        .back(format!("/status/{}", view.reference))
        .lead(t.progress_redo_lead())
        .errors(errors)
        .button(Button::new(t, t.progress_redo_send()));
    if let Some(until) = view.facts.update_until {
        page = page.before(shell.when(until).block(t.progress_redo_until()).html());
    }
    for item in &view.redo {
        page = page.before(redo_card(t, view, item));
    }
    if view.redo.iter().any(|item| !item.is_done) {
        page = page.part(Html::anchor("redo"));
    }
    page.part(Html::paragraph(t.progress_redo_back())).response()
}

#[derive(Template)]
#[template(path = "subscriber/redo_card.html")]
struct RedoCard {
    t: Lang,
    name: String,
    tag: Html,
    reasons: Vec<(String, String)>,
    crop: Option<String>,
    examples: Option<Html>,
    href: Option<String>,
}
crate::component::components!(RedoCard);

fn redo_card(t: Lang, view: &View, item: &RedoView) -> Html {
    let word = |id: &str| t.by_id(id, &[]).unwrap_or_default();
    let reasons = item.reasons.iter().map(|reason| {
        let id = format!("reason-{}", reason.code().to_ascii_lowercase());
        (word(&id), word(&format!("{id}-fix")))
    });
    let mut examples: Vec<Example> =
        item.reasons.iter().filter_map(|reason| Example::of_reason(reason.code())).collect();
    if !examples.is_empty() {
        examples.insert(0, Example::Good);
    }
    let tag = if item.is_done {
        Tag::new(Tone::Green, t.progress_redo_done())
    } else {
        Tag::new(Tone::Amber, t.apply_task_problem())
    };
    let crop = (item.region.is_some() && item.round > 0 && !item.is_done)
        .then(|| format!("/register/redo/{}", item.item.code()));
    RedoCard {
        t,
        name: item_name(t, view, item.item).to_owned(),
        tag: tag.html(),
        reasons: reasons.collect(),
        crop,
        examples: (!examples.is_empty()).then(|| Examples::new(t, examples).html()),
        href: Some(item_page(item.item)),
    }
    .html()
}

fn item_name(t: Lang, view: &View, item: Item) -> &'static str {
    match item {
        Item::Sim => t.apply_task_number(),
        Item::Name => t.apply_name_label(),
        Item::DocumentNumber => t.apply_id_number_label(),
        other => photo_name(t, other, view.form.document),
    }
}

fn item_page(item: Item) -> String {
    match item {
        Item::Sim => steps::section(Section::Number).to_owned(),
        Item::Name | Item::DocumentNumber => steps::section(Section::Identity).to_owned(),
        image => steps::photo(image),
    }
}

/// `GET /register/redo/{item}`: the marked part of the photo it was said of.
pub(crate) async fn crop(
    State(app): State<Arc<App>>,
    applicant: Applicant,
    Path(item): Path<String>,
) -> Reply {
    let view = applicant.open(&app).await?;
    let asked = view.redo.iter().find(|asked| asked.item.code() == item);
    let Some(asked) = asked.filter(|asked| asked.region.is_some()) else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let (actor, id) = (applicant.actor(), applicant.application_id);
    let region = asked.region.as_deref().unwrap_or_default();
    let jpeg =
        register::photo_part(&app, &actor, id, (asked.item, asked.round), (region, 0)).await?;
    Ok(([(header::CONTENT_TYPE, "image/jpeg")], jpeg).into_response())
}

/// `POST /register/redo`: sends the update back to the same reviewer.
pub(crate) async fn send(State(app): State<Arc<App>>, shell: Shell, applicant: Applicant) -> Reply {
    let t = shell.lang;
    let view = applicant.open(&app).await?;
    if view.redo.iter().any(|item| !item.is_done) {
        let errors = Errors::one("redo", t.progress_redo_open());
        return Ok(redo_page(&shell, &view, &errors));
    }
    match register::submit(&app, &applicant.actor(), applicant.application_id).await? {
        Submitted::Sent { .. } => Ok(go(steps::RECEIPT)),
        Submitted::Incomplete(problems) => {
            let mut errors = Errors::none();
            for problem in problems {
                errors.push("redo", Errors::message(t, problem.code, &problem.values));
            }
            Ok(redo_page(&shell, &view, &errors))
        }
    }
}

/// `GET /status/{reference}/withdraw`.
pub(crate) async fn withdraw(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Path(reference): Path<String>,
) -> Reply {
    let t = shell.lang;
    own(&app, &applicant, &reference).await?;
    let here = format!("/status/{reference}");
    let policy = service::policy::of(&app, applicant.operator_id, app.now()).await?;
    let terms = application::Terms::of(&policy);
    let until = app.now().plus_days(i64::from(terms.kept_days));
    Ok(FormPage::new(&shell, t.progress_withdraw_title(), format!("{here}/withdraw"))
        .back(&here)
        .before(Html::paragraph(&t.progress_withdraw_text(shell.when(until).day())))
        .button(Button::new(t, t.progress_withdraw_yes()).danger())
        .response())
}

/// `POST /status/{reference}/withdraw`.
pub(crate) async fn do_withdraw(
    State(app): State<Arc<App>>,
    applicant: Applicant,
    Path(reference): Path<String>,
) -> Reply {
    own(&app, &applicant, &reference).await?;
    register::withdraw(&app, &applicant.actor(), applicant.application_id).await?;
    Ok(go(&format!("/status/{reference}")))
}

/// `POST /status/{reference}/reopen`.
pub(crate) async fn reopen(
    State(app): State<Arc<App>>,
    applicant: Applicant,
    Path(reference): Path<String>,
) -> Reply {
    own(&app, &applicant, &reference).await?;
    register::reopen(&app, &applicant.actor(), applicant.application_id).await?;
    Ok(go(steps::TASKS))
}

/// `POST /status/{reference}/ask-person`.
pub(crate) async fn ask_person(
    State(app): State<Arc<App>>,
    applicant: Applicant,
    Path(reference): Path<String>,
) -> Reply {
    own(&app, &applicant, &reference).await?;
    register::ask_person(&app, &applicant.actor(), applicant.application_id).await?;
    Ok(go(&format!("/status/{reference}")))
}

/// The application in the address is the applicant's own; any other does not exist.
async fn own(app: &App, applicant: &Applicant, reference: &str) -> Result<View, service::Error> {
    let view = applicant.open(app).await?;
    let is_own = view.reference.eq_ignore_ascii_case(reference);
    if is_own { Ok(view) } else { Err(service::Error::NotFound) }
}

/// `GET /status/{reference}/appeal`: S23.
pub(crate) async fn appeal(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Path(reference): Path<String>,
) -> Reply {
    own(&app, &applicant, &reference).await?;
    Ok(appeal_page(&shell, &reference, "", &Errors::none()))
}

fn appeal_page(shell: &Shell, reference: &str, typed: &str, errors: &Errors) -> Response {
    let t = shell.lang;
    let here = format!("/status/{reference}");
    FormPage::new(shell, t.progress_appeal_title(), format!("{here}/appeal"))
        .back(&here)
        .lead(t.progress_appeal_lead())
        .errors(errors)
        .part(
            TextArea::new("appeal_text", t.progress_appeal_label())
                .hint(t.progress_appeal_hint())
                .value(typed)
                .errors(errors)
                .html(),
        )
        .button(Button::new(t, t.progress_appeal_send()))
        .response()
}

/// `POST /status/{reference}/appeal`: a new application that looks at the decision again.
pub(crate) async fn do_appeal(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Path(reference): Path<String>,
    Form(fields): Form<Fields>,
) -> Reply {
    let t = shell.lang;
    own(&app, &applicant, &reference).await?;
    let typed = fields.text("appeal_text");
    if typed.trim().is_empty() {
        let errors = Errors::one("appeal_text", t.progress_appeal_wrong_empty());
        return Ok(appeal_page(&shell, &reference, &typed, &errors));
    }
    let begun = register::appeal(&app, &applicant.actor(), applicant.application_id).await?;
    let new = Applicant { operator_id: applicant.operator_id, application_id: begun.id };
    let change = Change::AppealText(typed.clone());
    let found = register::save(&app, &new.actor(), begun.id, &change).await?;
    let errors = Errors::problems(t, &found);
    if !errors.is_empty() {
        return Ok(appeal_page(&shell, &reference, &typed, &errors));
    }
    match register::submit(&app, &new.actor(), begun.id).await? {
        Submitted::Sent { .. } => {
            let cookie = new.cookie(&app, shell.is_secure);
            Ok(([(header::SET_COOKIE, cookie)], go(steps::RECEIPT)).into_response())
        }
        Submitted::Incomplete(problems) => {
            let errors = Errors::problems(t, &problems).all_at("appeal_text");
            Ok(appeal_page(&shell, &reference, &typed, &errors))
        }
    }
}
