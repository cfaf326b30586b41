//! S5, S11 and the receipt: what is left, the last look, sending.

use super::details::{consent, document_name, who_name};
use super::go;
use super::photos::photo_name;
use super::session::Applicant;
use super::steps;
use crate::component::{
    Button, Component as _, Errors, FormPage, Html, Notice, Panel, Summary, Tag, Task, TaskList,
    TextPage, Tone,
};
use crate::shell::Shell;
use crate::shell::failure::Reply;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::application;
use domain::application::form::Section;
use domain::reason::Item;
use service::App;
use service::register::{self, PhotoStage, PhotoView, ReadView, SectionState, Submitted, View};
use std::sync::Arc;
use words::Lang;

/// `GET /register/tasks`: S5.
pub(crate) async fn tasks(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
) -> Reply {
    let t = shell.lang;
    let view = applicant.open(&app).await?;
    if view.facts.state != application::State::Draft {
        return Ok(go(&format!("/status/{}", view.reference)));
    }
    let until = shell.when(view.facts.draft_until).both();
    Ok(TextPage::new(t, t.apply_tasks_title())
        .part(Html::paragraph(&t.apply_tasks_reference(&view.reference)))
        .part(task_list(t, &view))
        .part(Html::paragraph(&t.apply_tasks_kept(until)))
        .response(&shell))
}

fn task_list(t: Lang, view: &View) -> Html {
    let mut tasks = Vec::new();
    for section in &view.sections {
        match section.section {
            Section::Photos | Section::Portrait => {
                let is_portrait = section.section == Section::Portrait;
                let items = view.wanted_photos.iter();
                let items = items.filter(|item| (**item == Item::Portrait) == is_portrait);
                tasks.extend(items.map(|item| photo_task(t, view, *item, section.state)));
            }
            other => {
                let task = Task::new(section_name(t, other), state_tag(t, section.state));
                tasks.push(match section.state {
                    SectionState::CannotStart => task,
                    _ => task.href(steps::section(other)),
                });
            }
        }
    }
    tasks.push(if view.is_complete {
        Task::new(t.apply_task_check(), Tag::new(Tone::Grey, t.apply_task_not_started()))
            .href(steps::CHECK)
    } else {
        Task::new(t.apply_task_check(), Tag::new(Tone::Grey, t.apply_task_not_yet()))
    });
    TaskList::new(tasks).html()
}

fn section_name(t: Lang, section: Section) -> &'static str {
    match section {
        Section::Number => t.apply_task_number(),
        Section::Contact => t.apply_task_contact(),
        Section::Who => t.apply_task_who(),
        Section::Document => t.apply_task_document_kind(),
        Section::Identity => t.apply_task_identity(),
        Section::Photos => t.apply_check_photos(),
        Section::Portrait => t.apply_task_portrait(),
        Section::Consents => t.apply_task_consents(),
    }
}

fn state_tag(t: Lang, state: SectionState) -> Tag {
    match state {
        SectionState::CannotStart => Tag::new(Tone::Grey, t.apply_task_not_yet()),
        SectionState::NotStarted => Tag::new(Tone::Grey, t.apply_task_not_started()),
        SectionState::InProgress => Tag::new(Tone::Blue, t.apply_task_under_way()),
        SectionState::Done => Tag::new(Tone::Green, t.apply_task_done()),
        SectionState::Problem => Tag::new(Tone::Amber, t.apply_task_problem()),
    }
}

fn photo_task(t: Lang, view: &View, item: Item, section: SectionState) -> Task {
    let photo = view.photos.iter().find(|photo| photo.found.item == item);
    let state = match photo {
        None if section == SectionState::CannotStart => section,
        None => SectionState::NotStarted,
        Some(photo) if photo.found.stage == PhotoStage::Received => SectionState::InProgress,
        Some(photo) if photo.is_fine() => SectionState::Done,
        Some(_) => SectionState::Problem,
    };
    let name = photo_name(t, item, view.form.document);
    let name = if item == Item::Portrait { name.to_owned() } else { t.apply_task_front(name) };
    let task = Task::new(name, state_tag(t, state));
    if state == SectionState::CannotStart { task } else { task.href(steps::photo(item)) }
}

/// `GET /register/check`: S11.
pub(crate) async fn check(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
) -> Reply {
    let view = applicant.open(&app).await?;
    if view.facts.state != application::State::Draft {
        return Ok(go(&format!("/status/{}", view.reference)));
    }
    let read = super::read::of(&app, &applicant).await?;
    let may_live = register::may_live(&app, &applicant.actor(), applicant.application_id).await?;
    Ok(check_page(&shell, (&view, &read), &Errors::none(), may_live))
}

fn check_page(
    shell: &Shell,
    (view, read): (&View, &ReadView),
    errors: &Errors,
    may_live: bool,
) -> Response {
    let t = shell.lang;
    let promise = view.promise;
    let mut page = FormPage::new(shell, t.apply_check_title(), "/register/send")
        .back(steps::TASKS)
        .lead(t.apply_check_lead())
        .errors(errors)
        .before(summary(t, view))
        .before(precheck(t, view, read))
        .before(shell.when(promise.due_at).block(t.apply_check_promise()).html())
        .button(Button::new(t, t.apply_check_send()));
    if may_live {
        let offer = Notice::new(Tone::Blue, t.live_offer());
        page = page.before(offer.link(t.live_offer_link(), "/register/live").html());
    }
    if view.is_after_cut_off {
        page = page.before(Html::paragraph(t.apply_check_cut_off()));
    }
    if promise.is_provisional {
        page = page.before(Notice::new(Tone::Blue, t.apply_check_provisional()).html());
    }
    page.before(shell.zone_form()).response()
}

/// Everything that will be sent, each with the way to change it.
fn summary(t: Lang, view: &View) -> Html {
    let form = &view.form;
    let to = |section| format!("{}?from=check", steps::section(section));
    let change = t.common_change();
    let mut summary = Summary::new()
        .row(t.apply_check_number(), super::grouped(&form.number))
        .change(change, to(Section::Number))
        .row(t.apply_check_card(), card(t, form))
        .change(change, to(Section::Number));
    if let Some(contact) = view.contacts.iter().find(|contact| contact.is_confirmed) {
        summary = summary
            .row(t.apply_check_contact(), &contact.masked)
            .change(change, to(Section::Contact));
    }
    if let Some(who) = form.who {
        let name = who_name(t, who);
        summary = summary.row(t.apply_who_label(), name).change(change, to(Section::Who));
    }
    if let Some(kind) = form.document {
        let name = document_name(t, kind);
        summary = summary.row(t.apply_check_document(), name).change(change, to(Section::Document));
    }
    summary = identity_rows(t, summary, view);
    for item in &view.wanted_photos {
        let photo = view.photos.iter().find(|photo| photo.found.item == *item);
        let state = match photo {
            None => Tag::new(Tone::Amber, t.apply_check_missing()),
            Some(photo) => photo_tag(t, photo),
        };
        summary = summary
            .part(photo_name(t, *item, form.document), state.html())
            .change(change, format!("{}?from=check", steps::photo(*item)));
    }
    let given = view.consents.iter().filter(|(_, given)| *given);
    let is_told = view.is_portrait_shown && view.is_portrait_told;
    let given: Vec<&str> = given.map(|(purpose, _)| consent(t, *purpose, is_told).0).collect();
    summary
        .row(t.apply_check_consents(), given.join(t.common_semicolon()))
        .change(change, to(Section::Consents))
        .html()
}

fn photo_tag(t: Lang, photo: &PhotoView) -> Tag {
    match photo.found.stage {
        PhotoStage::Received => Tag::new(Tone::Blue, t.photo_waiting_tag()),
        PhotoStage::Unreadable(_) => Tag::new(Tone::Amber, t.photo_unreadable()),
        PhotoStage::Drawn if photo.found.reasons.is_empty() => {
            Tag::new(Tone::Green, t.apply_check_given())
        }
        PhotoStage::Drawn => Tag::new(Tone::Amber, t.photo_warning()),
    }
}

/// The card that will serve the number, or the eSIM, and for which phone.
fn card(t: Lang, form: &domain::application::form::Form) -> String {
    match (form.is_esim, form.eid.trim()) {
        (false, _) => form.sim_tail.clone(),
        (true, "") => t.esim_row().to_owned(),
        (true, eid) => format!("{}, EID {eid}", t.esim_row()),
    }
}

fn identity_rows(t: Lang, summary: Summary, view: &View) -> Summary {
    let form = &view.form;
    let to = format!("{}?from=check", steps::section(Section::Identity));
    let change = t.common_change();
    if form.is_of_organisation() {
        return super::organisation::rows(t, summary, form, &to);
    }
    let mut summary = summary
        .row(t.apply_name_label(), &form.name)
        .change(change, &to)
        .row(t.apply_id_number_label(), super::grouped_id(&form.document_number))
        .change(change, &to);
    let day = |date: Option<jiff::civil::Date>| {
        date.map(|date| t.date(date.year(), date.month(), date.day()))
    };
    if let Some(birth) = day(form.birth.date()) {
        summary = summary.row(t.apply_birth_label(), birth).change(change, &to);
    }
    let expires = day(form.expires.date()).filter(|_| !form.is_long_term);
    let expires = expires.or_else(|| form.is_long_term.then(|| t.apply_long_term().to_owned()));
    if let Some(expires) = expires {
        summary = summary.row(t.apply_valid_until_label(), expires).change(change, &to);
    }
    if !form.guardian_name.is_empty() {
        summary = summary.row(t.apply_guardian_name(), &form.guardian_name).change(change, &to);
    }
    summary
}

/// What the first look found, each thing with the way to the page where it is put right.
fn precheck(t: Lang, view: &View, read: &ReadView) -> Html {
    let mut found = Vec::new();
    for section in &view.sections {
        for problem in &section.problems {
            let text = Errors::message(t, problem.code, &problem.values);
            let href = match Item::from_code(problem.field) {
                Some(item) if item.is_image() => steps::photo(item),
                _ => steps::section(section.section).to_owned(),
            };
            let notice = Notice::new(Tone::Amber, text);
            found.push(notice.link(t.common_change(), format!("{href}?from=check")).html());
        }
    }
    found.extend(super::read::differing(t, read));
    let is_waiting = |photo: &PhotoView| photo.found.stage == PhotoStage::Received;
    if view.photos.iter().any(is_waiting) {
        found.push(Notice::new(Tone::Blue, t.apply_check_waiting()).html());
    }
    let open = view.photos.iter().filter(|photo| !photo.is_fine());
    for photo in open.filter(|photo| photo.found.is_copy || !photo.found.portrait.is_empty()) {
        for line in super::photos::faults(t, photo) {
            let href = format!("{}?from=check", steps::photo(photo.found.item));
            found.push(Notice::new(Tone::Amber, line).link(t.common_change(), href).html());
        }
    }
    let heading = Html::heading(t.apply_check_precheck());
    if found.is_empty() {
        found.push(Notice::new(Tone::Green, t.apply_check_precheck_fine()).html());
    }
    Html::join([heading].into_iter().chain(found))
}

/// `POST /register/send`. Sending twice gives the same answer.
pub(crate) async fn send(State(app): State<Arc<App>>, shell: Shell, applicant: Applicant) -> Reply {
    match register::submit(&app, &applicant.actor(), applicant.application_id).await? {
        Submitted::Sent { .. } => Ok(go(steps::RECEIPT)),
        Submitted::Incomplete(problems) => {
            let view = applicant.open(&app).await?;
            let mut errors = Errors::none();
            for problem in problems {
                errors.push("main", Errors::message(shell.lang, problem.code, &problem.values));
            }
            let read = super::read::of(&app, &applicant).await?;
            Ok(check_page(&shell, (&view, &read), &errors, false))
        }
    }
}

#[derive(Template)]
#[template(path = "subscriber/receipt.html")]
struct Receipt {
    t: Lang,
    panel: Html,
    date: Html,
    zones: Html,
    facts: Html,
    notes: Vec<String>,
    status: String,
}

/// `GET /register/receipt`.
pub(crate) async fn receipt(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
) -> Reply {
    let t = shell.lang;
    let (actor, id) = (applicant.actor(), applicant.application_id);
    let status = register::status(&app, &actor, id).await?;
    let Some(promise) = status.promise else { return Ok(go(steps::TASKS)) };
    let view = applicant.open(&app).await?;
    let reference = &status.reference;
    let title = match status.kind {
        application::Kind::Appeal => t.progress_appeal_received(),
        _ => t.apply_receipt_title(),
    };
    let panel =
        Panel::new(title).strong(t.apply_receipt_reference(reference)).text(t.apply_receipt_text());
    let mut facts = Summary::new()
        .row(t.apply_reference_label(), reference)
        .row(t.apply_check_number(), format!("•••• {}", status.tail));
    let sent = status
        .timeline
        .iter()
        .rev()
        .find(|step| step.is_past && matches!(step.what.as_str(), "submitted" | "update_sent"));
    if let Some(sent_at) = sent.and_then(|step| step.at) {
        facts = facts.row(t.apply_receipt_sent_at(), shell.when(sent_at).both());
    }
    let mut notes = Vec::new();
    if let Some(contact) = view.contacts.iter().find(|contact| contact.is_confirmed) {
        notes.push(t.apply_receipt_sent_to(&contact.masked));
    }
    if promise.is_provisional {
        notes.push(t.apply_check_provisional().to_owned());
    }
    Ok(shell.page(title).body(&Receipt {
        t,
        panel: panel.html(),
        date: shell.when(promise.due_at).block(t.apply_receipt_promise()).html(),
        zones: shell.zone_form(),
        facts: facts.html(),
        notes,
        status: format!("/status/{reference}"),
    }))
}
