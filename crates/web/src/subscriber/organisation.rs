//! S7 for organisations: who they are, who acts and answers for them, which cards.

use super::fields::Fields;
use super::read;
use super::steps::Way;
use crate::component::{
    Checks, Component as _, DateField, Errors, FormPage, Html, Pick, Summary, TextArea, TextField,
};
use crate::shell::Shell;
use axum::response::Response;
use domain::application::form::{Form, Who};
use domain::application::organisation::Organisation;
use domain::reading::FieldName;
use service::register::{ReadView, View};
use words::Lang;

/// The fields as sent. A list of two hundred cards is longer than other texts.
pub(super) fn typed(fields: &Fields) -> Organisation {
    Organisation {
        legal_person: fields.text("legal_person"),
        handler_name: fields.text("handler_name"),
        handler_number: fields.text("handler_number"),
        responsible_name: fields.text("responsible_name"),
        responsible_number: fields.text("responsible_number"),
        use_scene: fields.text("use_scene"),
        cards: fields.long_text("cards"),
    }
}

/// The page of an organisation's identity.
pub(super) fn page(
    shell: &Shell,
    way: &Way,
    (view, read): (&View, &ReadView),
    errors: &Errors,
) -> Response {
    let t = shell.lang;
    let form = &*view.form;
    let typed = &form.organisation;
    let text = |name: &str, label: &str, value: &str| {
        TextField::new(name, label).value(value).errors(errors)
    };
    let number =
        |name: &str, label: &str, value: &str| text(name, label, value).width("w-20").html();
    let (handler, responsible) = (&typed.handler_number, &typed.responsible_number);
    let mut page =
        FormPage::new(shell, t.apply_organisation_title(), way.here("/register/identity"))
            .back(way.back(&read::before(view)))
            .errors(errors)
            .lead(t.apply_organisation_lead())
            .before(read::summary(t, view, read));
    page = licence(page, t, (form, read), errors);
    page = page
        .part(Html::heading(t.apply_handler_title()))
        .part(Html::paragraph(t.apply_handler_text()))
        .part(text("handler_name", t.apply_handler_name(), &typed.handler_name).html())
        .part(number("handler_number", t.apply_handler_number(), handler))
        .part(Html::heading(t.apply_responsible_title()))
        .part(Html::paragraph(t.apply_responsible_text()))
        .part(text("responsible_name", t.apply_responsible_name(), &typed.responsible_name).html())
        .part(number("responsible_number", t.apply_responsible_number(), responsible));
    if form.who == Some(Who::Iot) {
        let scene = TextArea::new("use_scene", t.apply_use_scene()).value(&typed.use_scene);
        let cards = TextArea::new("cards", t.apply_cards()).value(&typed.cards);
        page = page
            .part(scene.hint(t.apply_use_scene_hint()).errors(errors).html())
            .part(cards.hint(t.apply_cards_hint()).errors(errors).long().html());
    }
    page.response()
}

/// What the licence says, each with the place on its photo where it was read.
fn licence<'a>(
    page: FormPage<'a>,
    t: Lang,
    (form, read): (&Form, &ReadView),
    errors: &Errors,
) -> FormPage<'a> {
    let text = |field: &str, label: &str, typed: &str, name: FieldName| {
        TextField::new(field, label).value(read::or_typed(typed, read, name)).errors(errors)
    };
    let beside = |typed: &str, name: FieldName| read::beside(t, read, name, typed.is_empty());
    let person = &form.organisation.legal_person;
    let (until, is_long_term) = read::expiry(form, read);
    let until = DateField::new(
        "expires",
        t.apply_licence_until(),
        [&until.year, &until.month, &until.day],
        t,
    );
    let long_term = Pick::new("is_long_term", t.apply_long_term()).chosen(is_long_term);
    let is_open = form.expires.is_empty() && !form.is_long_term;
    let name = text("name", t.apply_organisation_name(), &form.name, FieldName::Name)
        .hint(t.apply_organisation_name_hint())
        .autocomplete("organization");
    let number = &form.document_number;
    let code = text("document_number", t.apply_credit_code(), number, FieldName::Number)
        .hint(t.apply_credit_code_hint())
        .width("w-20");
    let legal = text("legal_person", t.apply_legal_person(), person, FieldName::LegalPerson)
        .hint(t.apply_legal_person_hint());
    page.part(name.html())
        .part(beside(&form.name, FieldName::Name))
        .part(code.html())
        .part(beside(number, FieldName::Number))
        .part(legal.html())
        .part(beside(person, FieldName::LegalPerson))
        .part(until.hint(t.apply_licence_until_hint()).errors(errors).html())
        .part(read::beside(t, read, FieldName::ValidUntil, is_open))
        .part(Checks::new(t.apply_long_term_legend(), vec![long_term]).html())
}

/// What was typed here, for the last look before sending.
pub(super) fn rows(t: Lang, mut summary: Summary, form: &Form, to: &str) -> Summary {
    let typed = &form.organisation;
    let grouped = super::grouped_id;
    let cards: Vec<&str> = typed.card_lines().map(|(_, card)| card).collect();
    let last = form.expires.date().map(|day| t.date(day.year(), day.month(), day.day()));
    let long_term = form.is_long_term.then(|| t.apply_long_term().to_owned());
    let until = long_term.or(last).unwrap_or_default();
    let rows = [
        (t.apply_organisation_name(), form.name.clone()),
        (t.apply_credit_code(), form.document_number.clone()),
        (t.apply_legal_person(), typed.legal_person.clone()),
        (t.apply_licence_until(), until),
        (t.apply_handler_name(), typed.handler_name.clone()),
        (t.apply_handler_number(), grouped(&typed.handler_number)),
        (t.apply_responsible_name(), typed.responsible_name.clone()),
        (t.apply_responsible_number(), grouped(&typed.responsible_number)),
        (t.apply_use_scene(), typed.use_scene.clone()),
        (t.apply_cards(), cards.join(t.common_semicolon())),
    ];
    for (label, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        summary = summary.row(label, value).change(t.common_change(), to);
    }
    summary
}
