//! S19: another SIM for a number, above all an eSIM, and how to install it.

use super::fields::Fields;
use super::numbers::{address, find};
use super::session::{Applicant, Holder};
use super::steps::{self, Way};
use super::{go, grouped};
use crate::component::{
    Button, Choice, Component as _, Errors, FormPage, Html, Notice, Pick, Summary, Tag, TextField,
    TextPage, Tone,
};
use crate::shell::Shell;
use crate::shell::failure::Reply;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::application::Kind;
use domain::application::form::Section;
use domain::esim::{Download, Step};
use service::App;
use service::esim::{self, Activation, EsimView};
use service::number::{self, NumberStatus};
use service::register::{self, Begin, Change};
use std::sync::Arc;
use words::Lang;

/// Where the wish for an eSIM is changed.
pub(crate) const WISH: &str = "/register/esim";

/// What was chosen and typed.
#[derive(Clone, Debug, Default)]
struct Typed {
    way: String,
    eid: String,
    sim: String,
}

/// `GET /numbers/{episode}/replace`.
pub(crate) async fn replace(
    State(app): State<Arc<App>>,
    shell: Shell,
    holder: Holder,
    Path(episode): Path<String>,
) -> Reply {
    let status = find(&app, &holder, &episode).await?;
    let way = if app.smdp.is_connected() { "esim" } else { "card" };
    let typed = Typed { way: way.to_owned(), ..Typed::default() };
    replace_page(&app, &shell, &status, &typed, &Errors::none()).await
}

async fn replace_page(
    app: &App,
    shell: &Shell,
    status: &NumberStatus,
    typed: &Typed,
    errors: &Errors,
) -> Reply {
    let t = shell.lang;
    let at = address(status);
    let policy = number::policy_of(app, status.msisdn, app.now()).await?;
    let minutes = *policy.sim_swap.cancel_minutes;
    let title = t.esim_replace_title(grouped(&status.msisdn.to_string()));
    let mut page = FormPage::new(shell, title, format!("{at}/replace"))
        .back(&at)
        .lead(t.esim_replace_lead())
        .errors(errors)
        .before(Notice::new(Tone::Amber, t.esim_replace_warned(minutes)).html());
    let mut picks = vec![Pick::new("card", t.esim_replace_card()).hint(t.esim_replace_card_hint())];
    if app.smdp.is_connected() {
        picks.insert(0, Pick::new("esim", t.esim_replace_esim()).hint(t.esim_replace_esim_hint()));
    } else {
        page = page.before(Html::paragraph(t.esim_replace_no_esim()));
    }
    page = page.part(
        Choice::new("way", t.esim_replace_way(), picks).value(&typed.way).errors(errors).html(),
    );
    if app.smdp.is_connected() {
        page = page
            .part(eid_field(t, &typed.eid, errors))
            .after(Html::paragraph(t.esim_replace_parcel()));
    }
    let sim = TextField::new("sim", t.esim_card_label())
        .hint(t.esim_card_hint())
        .value(&typed.sim)
        .errors(errors);
    Ok(page.part(sim.html()).response())
}

fn eid_field(t: Lang, typed: &str, errors: &Errors) -> Html {
    TextField::new("eid", t.esim_eid_label())
        .hint(t.esim_eid_hint())
        .value(typed)
        .digits()
        .errors(errors)
        .html()
}

/// `POST /numbers/{episode}/replace`: an application begins, for this number.
pub(crate) async fn do_replace(
    State(app): State<Arc<App>>,
    shell: Shell,
    holder: Holder,
    Path(episode): Path<String>,
    Form(fields): Form<Fields>,
) -> Reply {
    let t = shell.lang;
    let status = find(&app, &holder, &episode).await?;
    let typed = Typed { way: fields.text("way"), eid: fields.text("eid"), sim: fields.text("sim") };
    let begin = |sim_tail: &str| Begin {
        operator_id: status.operator_id,
        kind: Kind::SimReplacement,
        lang: shell.lang,
        zone: shell.visitor_zone.as_ref().map(|zone| zone.name().to_owned()),
        number: status.msisdn.to_string(),
        sim_tail: sim_tail.to_owned(),
    };
    let begun = match typed.way.as_str() {
        "esim" if app.smdp.is_connected() => {
            register::start_esim(&app, &holder.actor(), &begin(""), &typed.eid).await?
        }
        "card" => {
            let begin = begin(typed.sim.trim());
            let found = register::check_card(&app, &holder.actor(), &begin).await?;
            if found.is_empty() { Ok(register::start(&app, &begin).await?) } else { Err(found) }
        }
        _ => {
            let errors = Errors::one("way", t.esim_replace_way_missing());
            return replace_page(&app, &shell, &status, &typed, &errors).await;
        }
    };
    match begun {
        Ok(begun) => {
            let operator_id = status.operator_id;
            let applicant = Applicant { operator_id, application_id: begun.id };
            let cookie = applicant.cookie(&app, shell.is_secure);
            let next = go(steps::section(Section::Contact));
            Ok(([(header::SET_COOKIE, cookie)], next).into_response())
        }
        Err(found) => {
            let mut errors = Errors::problems(t, &found);
            if typed.way == "card" {
                errors = errors.all_at("sim");
            }
            replace_page(&app, &shell, &status, &typed, &errors).await
        }
    }
}

/// `GET /register/esim`: the wish, in an application that has begun.
pub(crate) async fn wish(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Query(way): Query<Way>,
) -> Reply {
    let view = applicant.open(&app).await?;
    if !view.form.is_esim {
        return Ok(go(steps::section(Section::Number)));
    }
    Ok(wish_page(&shell, &way, &view.form.number, &view.form.eid, &Errors::none()))
}

fn wish_page(shell: &Shell, way: &Way, number: &str, eid: &str, errors: &Errors) -> Response {
    let t = shell.lang;
    FormPage::new(shell, t.esim_wish_title(), way.here(WISH))
        .back(way.back(steps::TASKS))
        .errors(errors)
        .before(Summary::new().row(t.esim_wish_number(), grouped(number)).html())
        .part(eid_field(t, eid, errors))
        .response()
}

/// `POST /register/esim`.
pub(crate) async fn save_wish(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Query(way): Query<Way>,
    Form(fields): Form<Fields>,
) -> Reply {
    let view = applicant.open(&app).await?;
    if !view.form.is_esim {
        return Ok(go(steps::section(Section::Number)));
    }
    let eid = fields.text("eid");
    let change = Change::Esim { eid: eid.clone() };
    let found = register::save(&app, &applicant.actor(), applicant.application_id, &change).await?;
    let errors = Errors::problems(shell.lang, &found);
    if errors.is_empty() {
        return Ok(go(&way.after(&view.facts, steps::TASKS)));
    }
    Ok(wish_page(&shell, &way, &view.form.number, &eid, &errors))
}

/// `GET /numbers/{episode}/esim`: how far it is, and the activation code while it can be used.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    shell: Shell,
    holder: Holder,
    Path(episode): Path<String>,
) -> Reply {
    let t = shell.lang;
    let status = find(&app, &holder, &episode).await?;
    let shown = esim::activation(&app, &holder.actor(), holder.way, status.msisdn).await?;
    let at = address(&status);
    let title = t.esim_title(grouped(&status.msisdn.to_string()));
    let mut page = TextPage::new(t, title).back(&at);
    let (tone, text) = progress(t, &shown.view);
    page = page.part(Summary::new().part(t.esim_state(), Tag::new(tone, text).html()).html());
    if let Some(problem) = shown.view.problem {
        let id = format!("esim-problem-{}", problem.code());
        let text = t.by_id(&id, &[]).unwrap_or_default();
        page = page.part(Notice::new(Tone::Amber, text).html());
    }
    if shown.view.is_slow && !shown.view.is_ready {
        page = page.part(Notice::new(Tone::Amber, t.esim_slow()).html());
    }
    if shown.needs_contact {
        let notice = Notice::new(Tone::Blue, t.esim_contact()).title(t.esim_contact_title());
        page = page
            .part(notice.html())
            .part(Button::link(t.esim_contact_button(), "/numbers/sign-in?contact").html());
    }
    page = code(&shell, page, &shown);
    let is_waiting =
        matches!(shown.view.step, Step::Wanted | Step::Ordered | Step::Confirmed | Step::Moved);
    if is_waiting {
        page = page.part(Html::paragraph(t.esim_waiting()));
    }
    page = page.part(Html::link(t.esim_refresh(), &format!("{at}/esim")));
    if shown.view.can_cancel {
        page = page.part(Html::post_button(t.esim_cancel(), &format!("{at}/esim/cancel")));
    }
    Ok(page.response(&shell))
}

/// How far it is, in words.
pub(crate) fn progress(t: Lang, view: &EsimView) -> (Tone, String) {
    let word = |id: &str| t.by_id(id, &[]).unwrap_or_default();
    let is_over = view.step == Step::Released && !view.is_ready && view.problem.is_none();
    match view.download {
        Download::Installed | Download::Enabled => {
            (Tone::Green, word(&format!("esim-download-{}", view.download.code())))
        }
        Download::Disabled | Download::Deleted => {
            (Tone::Amber, word(&format!("esim-download-{}", view.download.code())))
        }
        Download::Nothing | Download::Downloaded if is_over => {
            (Tone::Red, t.esim_over().to_owned())
        }
        Download::Downloaded if view.problem.is_none() => {
            (Tone::Blue, word("esim-download-downloaded"))
        }
        Download::Nothing | Download::Downloaded => {
            let tone = match view.step {
                Step::Released => Tone::Green,
                Step::Refused => Tone::Red,
                Step::Cancelling | Step::Cancelled => Tone::Grey,
                _ => Tone::Blue,
            };
            (tone, word(&format!("esim-step-{}", view.step.code())))
        }
    }
}

/// The code to scan and to copy, how to use it, and what to do if it fails.
fn code(shell: &Shell, page: TextPage, shown: &Activation) -> TextPage {
    let t = shell.lang;
    let Some(code) = &shown.code else { return page };
    let code = code.expose();
    let text = code.to_text();
    let secret = Notice::new(Tone::Amber, t.esim_secret()).title(t.esim_secret_title());
    let mut page = page.part(secret.html()).part(Html::qr(&text, t.esim_qr()));
    if let Some(until) = shown.view.valid_until {
        page = page.part(shell.when(until).block(t.esim_until()).html());
    }
    let to_copy = Summary::new()
        .part(t.esim_code_address(), Html::to_copy(code.address()))
        .part(t.esim_code_matching(), Html::to_copy(code.matching_id()))
        .part(t.esim_code(), Html::to_copy(&text));
    page.part(to_copy.html())
        .part(Html::heading(t.esim_how()))
        .part(Html::steps(&[
            t.esim_how_1(),
            t.esim_how_2(),
            t.esim_how_3(),
            t.esim_how_4(),
            t.esim_how_5(),
        ]))
        .part(Html::heading(t.esim_fails()))
        .part(Html::list(&[
            t.esim_fails_1(),
            t.esim_fails_2(),
            t.esim_fails_3(),
            &t.esim_fails_4(&shell.brand.hotline),
        ]))
}

/// `POST /numbers/{episode}/esim/cancel`.
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    holder: Holder,
    Path(episode): Path<String>,
) -> Reply {
    let status = find(&app, &holder, &episode).await?;
    match esim::cancel(&app, &holder.actor(), status.msisdn).await {
        // Too late: the page says how far it is.
        Ok(()) | Err(service::Error::Refused(_)) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(go(&format!("{}/esim", address(&status))))
}
