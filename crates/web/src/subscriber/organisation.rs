//! S7 for organisations: who they are, who acts and answers for them, which cards.

use super::fields::Fields;
use super::steps::{self, Way};
use crate::component::{Component as _, Errors, FormPage, Html, Summary, TextArea, TextField};
use crate::shell::Shell;
use axum::response::Response;
use domain::application::form::{Form, Section, Who};
use domain::application::organisation::Organisation;
use words::Lang;

/// The fields as sent. A list of two hundred cards is longer than other texts.
pub(super) fn typed(fields: &Fields) -> Organisation {
    Organisation {
        handler_name: fields.text("handler_name"),
        handler_number: fields.text("handler_number"),
        responsible_name: fields.text("responsible_name"),
        responsible_number: fields.text("responsible_number"),
        use_scene: fields.text("use_scene"),
        cards: fields.long_text("cards"),
    }
}

/// The page of an organisation's identity.
pub(super) fn page(shell: &Shell, way: &Way, form: &Form, errors: &Errors) -> Response {
    let t = shell.lang;
    let typed = &form.organisation;
    let text = |name: &str, label: &str, value: &str| {
        TextField::new(name, label).value(value).errors(errors)
    };
    let number =
        |name: &str, label: &str, value: &str| text(name, label, value).width("w-20").html();
    let name = text("name", t.apply_organisation_name(), &form.name);
    let code = text("document_number", t.apply_credit_code(), &form.document_number);
    let (handler, responsible) = (&typed.handler_number, &typed.responsible_number);
    let mut page =
        FormPage::new(shell, t.apply_organisation_title(), way.here("/register/identity"))
            .back(way.back(steps::section(Section::Document)))
            .errors(errors)
            .lead(t.apply_organisation_lead())
            .part(name.hint(t.apply_organisation_name_hint()).autocomplete("organization").html())
            .part(code.hint(t.apply_credit_code_hint()).width("w-20").html())
            .part(Html::heading(t.apply_handler_title()))
            .part(Html::paragraph(t.apply_handler_text()))
            .part(text("handler_name", t.apply_handler_name(), &typed.handler_name).html())
            .part(number("handler_number", t.apply_handler_number(), handler))
            .part(Html::heading(t.apply_responsible_title()))
            .part(Html::paragraph(t.apply_responsible_text()))
            .part(
                text("responsible_name", t.apply_responsible_name(), &typed.responsible_name)
                    .html(),
            )
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

/// What was typed here, for the last look before sending.
pub(super) fn rows(t: Lang, mut summary: Summary, form: &Form, to: &str) -> Summary {
    let typed = &form.organisation;
    let grouped = super::grouped_id;
    let cards: Vec<&str> = typed.card_lines().map(|(_, card)| card).collect();
    let rows = [
        (t.apply_organisation_name(), form.name.clone()),
        (t.apply_credit_code(), form.document_number.clone()),
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
