//! S18: the phone is gone. From any other device, in two steps, blocked within the minute.

use super::fields::Fields;
use super::go;
use super::numbers::{pending, pending_number};
use super::session::Holder;
use crate::component::{
    Button, Component as _, Errors, FormPage, Html, Notice, TextField, TextPage, Tone,
};
use crate::shell::Shell;
use crate::shell::failure::Reply;
use axum::Form;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use service::App;
use service::holder::{self, Asked, Purpose, Way};
use service::number;
use std::sync::Arc;

/// `GET /loss`.
pub(crate) async fn page(shell: Shell) -> Response {
    ask_page(&shell, "", &Errors::none())
}

fn ask_page(shell: &Shell, number: &str, errors: &Errors) -> Response {
    let t = shell.lang;
    FormPage::new(shell, t.loss_title(), "/loss")
        .back("/")
        .lead(t.loss_lead())
        .errors(errors)
        .part(
            TextField::new("number", t.loss_number_label())
                .hint(t.loss_contact_hint())
                .value(number)
                .telephone()
                .width("w-20")
                .errors(errors)
                .html(),
        )
        .part(Html::heading(t.loss_effects()))
        .part(Html::list(&[t.loss_effect_1(), t.loss_effect_2(), t.loss_effect_3()]))
        .button(Button::new(t, t.loss_send()))
        .after(cannot(shell))
        .response()
}

fn cannot(shell: &Shell) -> Html {
    let text = shell.lang.loss_cannot(&shell.brand.hotline);
    Notice::new(Tone::Amber, text).html()
}

/// `POST /loss`: sends the code to the registered contact, never to the lost number.
pub(crate) async fn ask_code(
    State(app): State<Arc<App>>,
    shell: Shell,
    Form(fields): Form<Fields>,
) -> Reply {
    let number = fields.text("number");
    let asked = Asked {
        number: number.clone(),
        way: Way::Contact,
        purpose: Purpose::ReportLoss,
        lang: shell.lang,
    };
    match holder::send_code(&app, &asked).await {
        Ok(()) => Ok(pending(&app, &shell, &number, "/loss/code")),
        Err(service::Error::Refused(refused)) => {
            Ok(ask_page(&shell, &number, &Errors::refused(shell.lang, &refused, "number")))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /loss/code`.
pub(crate) async fn code(
    State(app): State<Arc<App>>,
    shell: Shell,
    headers: HeaderMap,
) -> Response {
    match pending_number(&app, &headers) {
        Some(_) => code_page(&shell, "", &Errors::none()),
        None => go("/loss"),
    }
}

fn code_page(shell: &Shell, typed: &str, errors: &Errors) -> Response {
    let t = shell.lang;
    FormPage::new(shell, t.apply_code_title(), "/loss/code")
        .back("/loss")
        .lead(t.loss_sent(holder::CODE_MINUTES))
        .errors(errors)
        .part(
            TextField::new("code", t.apply_code_label())
                .hint(t.apply_code_hint())
                .value(typed)
                .one_time_code()
                .errors(errors)
                .html(),
        )
        .button(Button::new(t, t.loss_yes()).danger())
        .after(cannot(shell))
        .response()
}

/// `POST /loss/code`: the code is right, so the number is blocked now.
pub(crate) async fn confirm(
    State(app): State<Arc<App>>,
    shell: Shell,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Reply {
    let Some(number) = pending_number(&app, &headers) else { return Ok(go("/loss")) };
    let typed = fields.text("code");
    let purpose = (Purpose::ReportLoss, Way::Contact);
    let blocked = match holder::confirm(&app, &number, purpose, &typed).await {
        Ok(proven) => {
            let holder = Holder::from(proven);
            number::report_loss(&app, &holder.actor(), proven.msisdn).await.map(|_| holder)
        }
        Err(error) => Err(error),
    };
    match blocked {
        // Whoever proved this may also lift it again, or see to a new SIM.
        Ok(holder) => {
            let cookie = holder.cookie(&app, shell.is_secure);
            Ok(([(header::SET_COOKIE, cookie)], go("/loss/done")).into_response())
        }
        Err(service::Error::Refused(refused)) => {
            Ok(code_page(&shell, &typed, &Errors::refused(shell.lang, &refused, "code")))
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /loss/done`.
pub(crate) async fn done(State(app): State<Arc<App>>, shell: Shell, _holder: Holder) -> Response {
    let t = shell.lang;
    let mut page = TextPage::new(t, t.loss_done_title())
        .part(Notice::new(Tone::Green, t.loss_done_text()).live().html())
        .part(Html::heading(t.loss_effects()))
        .part(Html::list(&[t.loss_effect_1(), t.loss_effect_2(), t.loss_effect_3()]))
        .part(Html::paragraph(t.loss_done_next()));
    if app.smdp.is_connected() {
        page = page.part(Html::paragraph(t.esim_loss()));
    }
    page.part(Html::link(t.mine_title(), "/numbers")).response(&shell)
}
