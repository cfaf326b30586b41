//! What was read of a document, beside the fields it fills in: always with the place on the photo,
//! never in place of what somebody typed.

use super::session::Applicant;
use super::steps;
use crate::component::{Component as _, Html, Notice, Tone};
use domain::application::form::{DateText, Form, Section};
use domain::machine_read::{Unreadable, side_of};
use domain::reading::{Agreement, FieldName, LONG_TERM, Standing};
use domain::reason::Item;
use jiff::civil::Date;
use service::App;
use service::register::{self, FieldSeen, ReadView, View};
use std::time::Duration;
use words::Lang;

/// A page waits so long for a photo that is being read; then it simply asks.
const PATIENCE: Duration = Duration::from_secs(3);

/// What was read so far.
pub(super) async fn of(app: &App, applicant: &Applicant) -> Result<ReadView, service::Error> {
    register::readings(app, &applicant.actor(), applicant.application_id, PATIENCE).await
}

/// Before a photo is taken: that a program reads it, which one, and what for.
pub(super) fn told(t: Lang) -> Html {
    told_of(t, t.reading_told())
}

/// The same with these words.
pub(super) fn told_of(t: Lang, text: &str) -> Html {
    Notice::new(Tone::Blue, text).link(t.models_title(), "/models").html()
}

/// Where the page of name and number comes from: the last photo of the document, if one is there.
pub(super) fn before(view: &View) -> String {
    let is_there = |item: &Item| view.photos.iter().any(|photo| photo.found.item == *item);
    let mut sides = view.wanted_photos.iter().rev().filter(|item| side_of(**item).is_some());
    match sides.find(|item| view.is_read_first && is_there(item)) {
        Some(item) => steps::photo(*item),
        None => steps::section(Section::Document).to_owned(),
    }
}

/// What is typed, or what was read clearly if nothing is.
pub(super) fn or_typed<'a>(typed: &'a str, read: &'a ReadView, name: FieldName) -> &'a str {
    let clear = || read.clear(name).map(|field| field.value.expose().as_str());
    if typed.is_empty() { clear().unwrap_or_default() } else { typed }
}

/// The last day and 长期, as typed; as read clearly if neither is.
pub(super) fn expiry(form: &Form, read: &ReadView) -> (DateText, bool) {
    let typed = (form.expires.clone(), form.is_long_term);
    let clear = read.clear(FieldName::ValidUntil).map(|field| field.value.expose().as_str());
    match clear.filter(|_| typed.0.is_empty() && !typed.1) {
        Some(LONG_TERM) => (typed.0, true),
        Some(day) => (day.parse::<Date>().map_or(typed.0, DateText::of), false),
        None => typed,
    }
}

/// The day of birth as typed; as read clearly if none is.
pub(super) fn birth(form: &Form, read: &ReadView) -> DateText {
    let clear = read.clear(FieldName::Birth).map(|field| field.value.expose().as_str());
    let read = clear.filter(|_| form.birth.is_empty()).and_then(|day| day.parse::<Date>().ok());
    read.map_or_else(|| form.birth.clone(), DateText::of)
}

/// The place on the photo and what was read there; nothing if nothing was.
pub(super) fn beside(t: Lang, read: &ReadView, name: FieldName, is_empty: bool) -> Html {
    let Some(seen) = read.field(name) else { return Html::default() };
    let value = shown(t, seen);
    let text = match (seen.standing, seen.agreement) {
        (Standing::Clear, _) if is_empty => t.reading_filled(value),
        (Standing::Clear, Some(Agreement::Agrees)) => t.reading_same().to_owned(),
        (Standing::Clear, _) => t.reading_differs(value),
        (Standing::Doubtful | Standing::Conflicting, _) => t.reading_unclear().to_owned(),
    };
    let is_amber = seen.agreement == Some(Agreement::Differs);
    Html::seen(&source(seen), t.reading_place(), &text, is_amber)
}

fn source(seen: &FieldSeen) -> String {
    format!("{}/part?part={}&r={}", steps::photo(seen.item), seen.part, seen.quarters)
}

fn shown(t: Lang, seen: &FieldSeen) -> String {
    let value = seen.value.expose();
    match (seen.name, value.parse::<Date>()) {
        (FieldName::Number, _) => super::grouped_id(value),
        (FieldName::ValidUntil, _) if value == LONG_TERM => t.apply_long_term().to_owned(),
        (_, Ok(day)) => t.date(day.year(), day.month(), day.day()),
        _ => value.clone(),
    }
}

/// How the reading went, and what to do if it did not.
pub(super) fn summary(t: Lang, view: &View, read: &ReadView) -> Html {
    if !read.is_readable {
        return Html::default();
    }
    let mut parts = Vec::new();
    for photo in &read.photos {
        let side = super::photos::photo_name(t, photo.item, view.form.document);
        if let Some(fault) = photo.fault {
            let id = format!("reading-fault-{}", fault.code().replace('_', "-"));
            let other = match fault {
                Unreadable::OtherDocument(kind) => super::details::document_name(t, kind),
                Unreadable::Problem(_) | Unreadable::OtherSide => String::new(),
            };
            let what = t.by_id(&id, &[("document", &other)]).unwrap_or_default();
            let notice = Notice::new(Tone::Amber, t.reading_fault(side, what));
            parts.push(notice.link(t.reading_retake(), steps::photo(photo.item)).html());
        } else if photo.unread.is_some() {
            parts.push(Notice::new(Tone::Blue, t.reading_unread(side)).html());
        }
    }
    if !read.fields.is_empty() {
        parts.push(Notice::new(Tone::Blue, t.reading_done()).html());
    } else if read.is_waiting {
        let notice = Notice::new(Tone::Blue, t.reading_waiting());
        parts.push(notice.link(t.reading_look(), "/register/identity").html());
    } else if !read.is_on {
        parts.push(Html::paragraph(t.reading_off()));
    } else if read.photos.is_empty() {
        let first = steps::section(Section::Photos);
        parts.push(Notice::new(Tone::Blue, t.reading_first()).link(t.reading_take(), first).html());
    }
    Html::join(parts)
}

/// What was typed otherwise than the document seems to say, before it is sent.
pub(super) fn differing(t: Lang, read: &ReadView) -> Vec<Html> {
    let notice = |seen: &FieldSeen| {
        let id = format!("reading-field-{}", seen.name.code().replace('_', "-"));
        let field = t.by_id(&id, &[]).unwrap_or_default();
        let text = t.reading_check_differs(field, shown(t, seen));
        let change = format!("{}?from=check", steps::section(Section::Identity));
        Html::join([
            Notice::new(Tone::Amber, text).link(t.common_change(), change).html(),
            Html::seen(&source(seen), t.reading_place(), "", false),
        ])
    };
    read.differing().map(notice).collect()
}
