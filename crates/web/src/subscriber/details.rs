//! S2, S4, S6, S7, S10: what the applicant types and chooses.

use super::fields::Fields;
use super::session::{Applicant, Maybe};
use super::steps::{self, Way};
use super::{go, read};
use crate::component::{
    Checks, Choice, Component as _, DateField, Errors, FormPage, Hidden, Html, Notice, Pick,
    TextField, TextPage, Tone,
};
use crate::shell::Shell;
use crate::shell::failure::Reply;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::application::Kind;
use domain::application::form::{self, DateText, Form as Typed, Problem, Section, Who};
use domain::identity::DocumentKind;
use domain::reading::FieldName;
use domain::reason::Item;
use service::App;
use service::register::{self, Begin, Change, IdentityFields, Purpose, ReadView, View};
use std::sync::Arc;
use words::Lang;

/// `GET /register/number`: S2, also before there is an application.
pub(crate) async fn number(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Maybe<Applicant>,
    Query(way): Query<Way>,
) -> Reply {
    let form = match applicant {
        Maybe(Some(applicant)) => match applicant.open(&app).await? {
            view if view.form.is_esim && view.facts.state.is_editable() => {
                return Ok(go(&way.here(super::esim::WISH)));
            }
            view if view.facts.state.is_editable() => *view.form,
            _ => Typed::default(),
        },
        Maybe(None) => Typed::default(),
    };
    Ok(number_page(&shell, &way, &form, &Errors::none()))
}

/// `POST /register/number`: saves, or begins an application. What was typed is kept even if it is
/// wrong.
pub(crate) async fn save_number(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Maybe<Applicant>,
    Query(way): Query<Way>,
    Form(fields): Form<Fields>,
) -> Reply {
    let (number, sim_tail) = (fields.text("number"), fields.text("sim_tail"));
    let form = Typed { number: number.clone(), sim_tail: sim_tail.clone(), ..Typed::default() };
    if let Maybe(Some(applicant)) = applicant {
        let view = applicant.open(&app).await?;
        if view.form.is_esim && view.facts.state.is_editable() {
            return Ok(go(&way.here(super::esim::WISH)));
        }
        if view.facts.state.is_editable() {
            let change = Change::Number { number, sim_tail };
            let found = save(&app, &applicant, &change).await?;
            let errors = Errors::problems(shell.lang, &found);
            if errors.is_empty() {
                let next = steps::section(Section::Contact);
                return Ok(go(&way.after(&view.facts, next)));
            }
            return Ok(number_page(&shell, &way, &form, &errors));
        }
    }
    let found = register::check_pair(&app, shell.operator_id, &number, &sim_tail).await?;
    let errors = Errors::problems(shell.lang, &found);
    if !errors.is_empty() {
        return Ok(number_page(&shell, &way, &form, &errors));
    }
    let begin = Begin {
        operator_id: shell.operator_id,
        kind: Kind::Registration,
        lang: shell.lang,
        zone: shell.visitor_zone.as_ref().map(|zone| zone.name().to_owned()),
        number,
        sim_tail,
    };
    let begun = register::start(&app, &begin).await?;
    let applicant = Applicant { operator_id: shell.operator_id, application_id: begun.id };
    let cookie = applicant.cookie(&app, shell.is_secure);
    let next = go(steps::section(Section::Contact));
    Ok(([(header::SET_COOKIE, cookie)], next).into_response())
}

async fn save(
    app: &App,
    applicant: &Applicant,
    change: &Change,
) -> Result<Vec<Problem>, service::Error> {
    register::save(app, &applicant.actor(), applicant.application_id, change).await
}

/// The page of number and card, for an application or before there is one.
pub(crate) fn number_page(shell: &Shell, way: &Way, form: &Typed, errors: &Errors) -> Response {
    let t = shell.lang;
    FormPage::new(shell, t.apply_number_title(), way.here("/register/number"))
        .back(way.back(steps::BEGIN))
        .errors(errors)
        .part(
            TextField::new("number", t.apply_number_label())
                .hint(t.apply_number_hint())
                .value(&form.number)
                .digits()
                .width("w-20")
                .errors(errors)
                .html(),
        )
        .part(
            TextField::new("sim_tail", t.apply_iccid_label())
                .hint(t.apply_iccid_hint())
                .value(&form.sim_tail)
                .width("w-8")
                .errors(errors)
                .html(),
        )
        .after(Html::link(t.apply_number_no_card(), "/register/no-card"))
        .response()
}

/// `GET /register/no-card`.
pub(crate) async fn no_card(shell: Shell) -> Response {
    let t = shell.lang;
    TextPage::new(t, t.apply_no_card_title())
        .back(steps::section(Section::Number))
        .part(Html::paragraph(t.apply_no_card_text()))
        .response(&shell)
}

/// `GET /register/who`: S4.
pub(crate) async fn who(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Query(way): Query<Way>,
) -> Reply {
    let view = applicant.open(&app).await?;
    Ok(who_page(&shell, &way, view.form.who, &Errors::none()))
}

/// `POST /register/who`.
pub(crate) async fn save_who(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Query(way): Query<Way>,
    Form(fields): Form<Fields>,
) -> Reply {
    let chosen = Who::from_code(&fields.text("who"));
    let found = save(&app, &applicant, &Change::Who(chosen)).await?;
    let is_elsewhere = found.iter().any(|problem| problem.code == "form.who_not_online");
    if let Some(who) = chosen.filter(|_| is_elsewhere) {
        return Ok(go(&format!("/register/who/{}", who.code())));
    }
    let errors = Errors::problems(shell.lang, &found);
    if errors.is_empty() {
        return Ok(go(&way.next(steps::TASKS)));
    }
    Ok(who_page(&shell, &way, chosen, &errors))
}

fn who_page(shell: &Shell, way: &Way, who: Option<Who>, errors: &Errors) -> Response {
    let t = shell.lang;
    let picks = Who::ALL.into_iter().map(|who| Pick::new(who.code(), who_name(t, who))).collect();
    FormPage::new(shell, t.apply_who_title(), way.here("/register/who"))
        .back(way.back(steps::section(Section::Contact)))
        .errors(errors)
        .part(
            Choice::new("who", t.apply_who_label(), picks)
                .value(who.map_or("", Who::code))
                .errors(errors)
                .html(),
        )
        .response()
}

pub(crate) fn who_name(t: Lang, who: Who) -> &'static str {
    match who {
        Who::Myself => t.apply_who_self(),
        Who::Child => t.apply_who_child(),
        Who::Company => t.apply_who_company(),
        Who::Iot => t.apply_who_iot(),
    }
}

/// `GET /register/who/{who}`: not here, and where instead. Not an error of the applicant's.
pub(crate) async fn who_elsewhere(
    shell: Shell,
    axum::extract::Path(who): axum::extract::Path<String>,
) -> Response {
    let t = shell.lang;
    let text = match Who::from_code(&who) {
        Some(Who::Company) => t.apply_who_company_text(),
        Some(Who::Iot) => t.apply_who_iot_text(),
        Some(Who::Child) => t.apply_who_child_text(),
        Some(Who::Myself) | None => return axum::http::StatusCode::NOT_FOUND.into_response(),
    };
    TextPage::new(t, t.apply_who_other_title())
        .back(steps::section(Section::Who))
        .part(Html::paragraph(text))
        .part(Html::link(t.apply_who_change(), steps::section(Section::Who)))
        .response(&shell)
}

/// `GET /register/document`: S6.
pub(crate) async fn document(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Query(way): Query<Way>,
) -> Reply {
    let view = applicant.open(&app).await?;
    let accepted = accepted(&app, &applicant).await?;
    Ok(document_page(&shell, &way, &accepted, view.form.document, &Errors::none()))
}

/// `POST /register/document`.
pub(crate) async fn save_document(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Query(way): Query<Way>,
    Form(fields): Form<Fields>,
) -> Reply {
    let chosen = DocumentKind::named(&fields.text("document"));
    let found = save(&app, &applicant, &Change::Document(chosen)).await?;
    let errors = Errors::problems(shell.lang, &found);
    if errors.is_empty() {
        // Another document has another number: that page comes next even after a change.
        let view = applicant.open(&app).await?;
        return Ok(go(&way.here(&steps::after_document(&view))));
    }
    let accepted = accepted(&app, &applicant).await?;
    Ok(document_page(&shell, &way, &accepted, chosen, &errors))
}

async fn accepted(app: &App, applicant: &Applicant) -> Result<Vec<DocumentKind>, service::Error> {
    let policy = service::policy::of(app, applicant.operator_id, app.now()).await?;
    let who = applicant.open(app).await?.form.who.unwrap_or(Who::Myself);
    Ok(who.documents(&policy).to_vec())
}

fn document_page(
    shell: &Shell,
    way: &Way,
    accepted: &[DocumentKind],
    chosen: Option<DocumentKind>,
    errors: &Errors,
) -> Response {
    let t = shell.lang;
    let picks = accepted.iter().map(|kind| Pick::new(kind.as_str(), document_name(t, *kind)));
    FormPage::new(shell, t.apply_document_title(), way.here("/register/document"))
        .back(way.back(steps::TASKS))
        .errors(errors)
        .part(
            Choice::new("document", t.apply_document_label(), picks.collect())
                .value(chosen.map_or("", DocumentKind::as_str))
                .errors(errors)
                .html(),
        )
        .after(Html::link(t.apply_document_none(), "/register/document/none"))
        .response()
}

/// The name of a document; `document-…` of the words.
pub(crate) fn document_name(t: Lang, kind: DocumentKind) -> String {
    let id = format!("document-{}", kind.as_str().replace('_', "-"));
    t.by_id(&id, &[]).unwrap_or_else(|| kind.as_str().to_owned())
}

/// `GET /register/document/none`.
pub(crate) async fn document_none(shell: Shell) -> Response {
    let t = shell.lang;
    TextPage::new(t, t.apply_document_none_title())
        .back(steps::section(Section::Document))
        .part(Html::paragraph(t.apply_document_none_text()))
        .response(&shell)
}

/// `GET /register/identity`: S7.
pub(crate) async fn identity(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Query(way): Query<Way>,
) -> Reply {
    let read = read::of(&app, &applicant).await?;
    let view = applicant.open(&app).await?;
    Ok(identity_page(&shell, &way, (&view, &read), &Errors::none()))
}

/// `POST /register/identity`.
pub(crate) async fn save_identity(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Query(way): Query<Way>,
    Form(fields): Form<Fields>,
) -> Reply {
    let typed = IdentityFields {
        name: fields.text("name").into(),
        is_name_incomplete: fields.is_on("is_name_incomplete"),
        document_number: fields.text("document_number").into(),
        birth: fields.date("birth"),
        expires: fields.date("expires"),
        is_long_term: fields.is_on("is_long_term"),
        address: fields.text("address").into(),
        guardian_name: fields.text("guardian_name").into(),
        guardian_number: fields.text("guardian_number").into(),
        organisation: super::organisation::typed(&fields),
    };
    let found = save(&app, &applicant, &Change::Identity(Box::new(typed))).await?;
    let errors = Errors::problems(shell.lang, &found);
    let view = applicant.open(&app).await?;
    if errors.is_empty() {
        return Ok(go(&way.after(&view.facts, &steps::after_identity(&view))));
    }
    let read = read::of(&app, &applicant).await?;
    Ok(identity_page(&shell, &way, (&view, &read), &errors))
}

fn identity_page(
    shell: &Shell,
    way: &Way,
    (view, read): (&View, &ReadView),
    errors: &Errors,
) -> Response {
    let t = shell.lang;
    let form = &*view.form;
    if form.is_of_organisation() {
        return super::organisation::page(shell, way, (view, read), errors);
    }
    let kind = form.document.unwrap_or(DocumentKind::ResidentId);
    let cannot = vec![
        Pick::new("is_name_incomplete", t.apply_name_cannot())
            .hint(t.apply_name_cannot_text())
            .chosen(form.is_name_incomplete),
    ];
    let mut page = FormPage::new(shell, t.apply_identity_title(), way.here("/register/identity"))
        .back(way.back(&read::before(view)))
        .errors(errors)
        .before(read::summary(t, view, read))
        .part(
            TextField::new("name", t.apply_name_label())
                .hint(t.apply_name_hint())
                .value(read::or_typed(&form.name, read, FieldName::Name))
                .autocomplete("name")
                .errors(errors)
                .html(),
        )
        .part(read::beside(t, read, FieldName::Name, form.name.is_empty()))
        .part(Checks::new(t.apply_name_cannot_legend(), cannot).html())
        .part(
            TextField::new("document_number", t.apply_id_number_label())
                .hint(t.apply_id_number_hint(document_name(t, kind)))
                .value(read::or_typed(&form.document_number, read, FieldName::Number))
                .width("w-20")
                .errors(errors)
                .html(),
        )
        .part(read::beside(t, read, FieldName::Number, form.document_number.is_empty()));
    // An age rule speaks of the birth even where the number tells it.
    if !form::tells_birth(kind) {
        let birth = read::birth(form, read);
        page = page
            .part(date("birth", t.apply_birth_label(), &birth, t, errors))
            .part(read::beside(t, read, FieldName::Birth, form.birth.is_empty()));
    } else if let Some(message) = errors.of("birth") {
        page = page.part(age(t, &message));
    }
    if form::tells_expiry(kind) {
        let (expires, is_long_term) = read::expiry(form, read);
        let is_empty = form.expires.is_empty() && !form.is_long_term;
        page = page
            .part(date("expires", t.apply_valid_until_label(), &expires, t, errors))
            .part(read::beside(t, read, FieldName::ValidUntil, is_empty));
        if form::may_be_long_term(kind) {
            let pick = Pick::new("is_long_term", t.apply_long_term()).chosen(is_long_term);
            page = page.part(Checks::new(t.apply_long_term_legend(), vec![pick]).html());
        }
    }
    if form.who == Some(Who::Child) {
        page = guardian(page, form, t, errors);
    }
    page.response()
}

/// Too young is not a mistake in a field; the page says what to do instead.
fn age(t: Lang, message: &str) -> Html {
    Html::join([
        Html::anchor("birth"),
        Notice::new(Tone::Amber, message).link(t.apply_who_child(), "/register/who").html(),
    ])
}

fn date(name: &str, label: &str, typed: &DateText, t: Lang, errors: &Errors) -> Html {
    DateField::new(name, label, [&typed.year, &typed.month, &typed.day], t)
        .hint(t.apply_date_hint())
        .errors(errors)
        .html()
}

fn guardian<'a>(page: FormPage<'a>, form: &Typed, t: Lang, errors: &Errors) -> FormPage<'a> {
    page.part(Html::heading(t.apply_guardian_title()))
        .part(Html::paragraph(t.apply_guardian_text()))
        .part(
            TextField::new("guardian_name", t.apply_guardian_name())
                .value(&form.guardian_name)
                .errors(errors)
                .html(),
        )
        .part(
            TextField::new("guardian_number", t.apply_guardian_number())
                .value(&form.guardian_number)
                .width("w-20")
                .errors(errors)
                .html(),
        )
}

/// `GET /register/consents`: S10.
pub(crate) async fn consents(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Query(way): Query<Way>,
) -> Reply {
    let view = applicant.open(&app).await?;
    let is_given = |(purpose, is_given): &(Purpose, bool)| {
        *is_given && (*purpose != Purpose::Portrait || view.is_portrait_told)
    };
    let given: Vec<Purpose> =
        view.consents.iter().filter(|one| is_given(one)).map(|(purpose, _)| *purpose).collect();
    Ok(consents_page(&shell, &way, (&given, view.is_portrait_shown), &Errors::none()))
}

/// `POST /register/consents`.
pub(crate) async fn save_consents(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Query(way): Query<Way>,
    Form(fields): Form<Fields>,
) -> Reply {
    let is_given = |purpose: &Purpose| fields.is_on(purpose.code());
    let mut given: Vec<Purpose> = Purpose::ALL.into_iter().filter(is_given).collect();
    let is_shown = applicant.open(&app).await?.is_portrait_shown;
    if is_shown && !fields.is_on(SHOWN) {
        // The page that was sent did not say it yet: nobody agreed to what they did not read.
        given.retain(|purpose| *purpose != Purpose::Portrait);
    }
    let (actor, id) = (applicant.actor(), applicant.application_id);
    let found = register::save_consents(&app, &actor, id, &given).await?;
    let errors = Errors::problems(shell.lang, &found);
    if errors.is_empty() {
        return Ok(go(steps::CHECK));
    }
    Ok(consents_page(&shell, &way, (&given, is_shown), &errors))
}

/// Sent with the page whose text says that the portrait goes to an authority.
const SHOWN: &str = "is_portrait_shown";

fn consents_page(
    shell: &Shell,
    way: &Way,
    (given, is_shown): (&[Purpose], bool),
    errors: &Errors,
) -> Response {
    let t = shell.lang;
    let pick = |purpose: Purpose| {
        let (text, hint) = consent(t, purpose, is_shown);
        Pick::new(purpose.code(), text).hint(hint).chosen(given.contains(&purpose))
    };
    let picks = Purpose::ALL.into_iter().map(pick).collect();
    let mut page = FormPage::new(shell, t.apply_consents_title(), way.here("/register/consents"))
        .back(way.back(&steps::photo(Item::Portrait)))
        .errors(errors)
        .part(Checks::new(t.apply_consents_label(), picks).errors(errors).html());
    if is_shown {
        page = page.part(Hidden::new(SHOWN, "on").html());
    }
    if !errors.is_empty() {
        let notice = Notice::new(Tone::Blue, t.apply_consents_refused_text());
        page = page.after(notice.title(t.apply_consents_refused_title()).html());
    }
    page.response()
}

/// The text of a consent and what it means; `is_shown` if the portrait goes to an authority too.
pub(crate) fn consent(t: Lang, purpose: Purpose, is_shown: bool) -> (&'static str, &'static str) {
    match purpose {
        Purpose::Portrait if is_shown => (t.consent_portrait_shown(), t.consent_portrait_hint()),
        Purpose::Registration => (t.consent_registration(), t.consent_registration_hint()),
        Purpose::Portrait => (t.consent_portrait(), t.consent_portrait_hint()),
        Purpose::Authority => (t.consent_authority(), t.consent_authority_hint()),
        Purpose::Partners => (t.consent_partners(), t.consent_partners_hint()),
    }
}
