//! S3: a contact that works now, and the code that proves it; and going on from another device.

use super::fields::Fields;
use super::go;
use super::session::Applicant;
use super::steps::{self, Way};
use crate::component::{Button, Component as _, Errors, FormPage, Html, TextField};
use crate::shell::Shell;
use crate::shell::failure::Reply;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use domain::application::form::Section;
use service::App;
use service::register;
use std::sync::Arc;

const CONTACT: &str = "/register/contact";
const CODE: &str = "/register/code";

/// `GET /register/contact`.
pub(crate) async fn contact(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Query(way): Query<Way>,
) -> Reply {
    applicant.open(&app).await?;
    Ok(contact_page(&shell, &way, "", &Errors::none()))
}

fn contact_page(shell: &Shell, way: &Way, typed: &str, errors: &Errors) -> Response {
    let t = shell.lang;
    FormPage::new(shell, t.apply_contact_title(), way.here(CONTACT))
        .back(way.back(steps::section(Section::Number)))
        .errors(errors)
        .part(
            TextField::new("contact", t.apply_contact_label())
                .hint(t.apply_contact_hint())
                .value(typed)
                .autocomplete("email")
                .errors(errors)
                .html(),
        )
        .part(Html::paragraph(t.apply_contact_why()))
        .button(Button::new(t, t.apply_contact_send()))
        .response()
}

/// `POST /register/contact`: sends the code.
pub(crate) async fn save_contact(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Query(way): Query<Way>,
    Form(fields): Form<Fields>,
) -> Reply {
    let t = shell.lang;
    let typed = fields.text("contact");
    match register::send_code(&app, &applicant.actor(), applicant.application_id, &typed).await {
        Ok(_) => Ok(go(&way.here(CODE))),
        Err(service::Error::Refused(refused)) => {
            let errors = Errors::refused(t, &refused, "contact");
            Ok(contact_page(&shell, &way, &typed, &errors))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /register/code`.
pub(crate) async fn code(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Query(way): Query<Way>,
) -> Reply {
    let view = applicant.open(&app).await?;
    let Some(contact) = view.contacts.first() else { return Ok(go(&way.here(CONTACT))) };
    Ok(code_page(&shell, &way, &contact.masked, "", &Errors::none()))
}

fn code_page(shell: &Shell, way: &Way, masked: &str, typed: &str, errors: &Errors) -> Response {
    let t = shell.lang;
    FormPage::new(shell, t.apply_code_title(), way.here(CODE))
        .back(way.here(CONTACT))
        .lead(t.apply_code_sent(masked, service::holder::CODE_MINUTES))
        .errors(errors)
        .part(
            TextField::new("code", t.apply_code_label())
                .hint(t.apply_code_hint())
                .value(typed)
                .one_time_code()
                .errors(errors)
                .html(),
        )
        .after(Html::paragraph(t.apply_code_late()))
        .after(Html::post_button(t.apply_code_again(), &way.here("/register/code/again")))
        .after(Html::link(t.apply_code_other(), &way.here(CONTACT)))
        .response()
}

/// `POST /register/code/again`.
pub(crate) async fn again(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Query(way): Query<Way>,
) -> Reply {
    let view = applicant.open(&app).await?;
    let Some(contact) = view.contacts.first() else { return Ok(go(&way.here(CONTACT))) };
    match register::send_code_again(&app, &applicant.actor(), applicant.application_id).await {
        Ok(_) => Ok(go(&way.here(CODE))),
        Err(service::Error::Refused(refused)) => {
            let errors = Errors::refused(shell.lang, &refused, "code");
            Ok(code_page(&shell, &way, &contact.masked, "", &errors))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /register/code`: proves the contact.
pub(crate) async fn confirm(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Query(way): Query<Way>,
    Form(fields): Form<Fields>,
) -> Reply {
    let view = applicant.open(&app).await?;
    let Some(contact) = view.contacts.first() else { return Ok(go(&way.here(CONTACT))) };
    let typed = fields.text("code");
    match register::confirm(&app, &applicant.actor(), applicant.application_id, &typed).await {
        Ok(()) => Ok(go(&way.next(steps::section(Section::Who)))),
        Err(service::Error::Refused(refused)) => {
            let errors = Errors::refused(shell.lang, &refused, "code");
            Ok(code_page(&shell, &way, &contact.masked, &typed, &errors))
        }
        Err(error) => Err(error.into()),
    }
}
