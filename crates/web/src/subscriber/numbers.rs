//! S15 to S17: the holder's numbers, how each is kept, its balance.

use super::fields::Fields;
use super::go;
use super::session::{Holder, Maybe};
use crate::component::{
    Button, Choice, Component as _, Empty, Errors, FormPage, Html, Moment, Notice, Pick, Summary,
    Tag, TextField, TextPage, Timeline, Tone,
};
use crate::shell::failure::Reply;
use crate::shell::money::amount;
use crate::shell::{Shell, cookie, when};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::number::{Appeal, Proof, Service};
use domain::policy::LadderAct;
use service::App;
use service::holder::{self, Asked, Purpose, Way};
use service::keep::{self, KeepView};
use service::number::{self, HoldView, NumberStatus, StatusWord};
use service::ticket;
use std::sync::Arc;
use words::Lang;

/// The number whose code is waited for.
const PENDING: &str = "pending";

/// `GET /numbers`: S15.
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    shell: Shell,
    holder: Maybe<Holder>,
) -> Reply {
    let Maybe(Some(holder)) = holder else { return Ok(go("/numbers/sign-in")) };
    let t = shell.lang;
    let numbers = holder::numbers(&app, &holder.actor()).await?;
    let mut page = TextPage::new(t, t.mine_title());
    if numbers.is_empty() {
        page = page.part(Empty::new(t.mine_none()).link(t.mine_none_link(), "/register").html());
    }
    for number in &numbers {
        page = page.part(card(&shell, number));
    }
    Ok(page.part(Html::post_button(t.mine_sign_out(), "/numbers/sign-out")).response(&shell))
}

#[derive(Template)]
#[template(path = "subscriber/number_card.html")]
struct Card {
    t: Lang,
    number: String,
    tag: Html,
    keep: Option<String>,
    href: String,
}
crate::component::components!(Card);

fn card(shell: &Shell, status: &NumberStatus) -> Html {
    let t = shell.lang;
    let keep = status.keep.as_ref().filter(|keep| keep.is_running);
    let day = keep.map(|keep| when::write_day(t, keep.deadline_on, shell.today()));
    Card {
        t,
        number: super::grouped(&status.msisdn.to_string()),
        tag: tag(t, status.word),
        keep: day,
        href: address(status),
    }
    .html()
}

/// The page of one number; its address names the holding, never the number.
pub(crate) fn address(status: &NumberStatus) -> String {
    match status.holder {
        Some((_, episode_id, _)) => format!("/numbers/{episode_id}"),
        None => "/numbers".to_owned(),
    }
}

fn tag(t: Lang, word: StatusWord) -> Html {
    let tone = match word {
        StatusWord::InUse => Tone::Green,
        StatusWord::SwitchingOn | StatusWord::Free | StatusWord::Reserved => Tone::Blue,
        StatusWord::KeepDue | StatusWord::IncomingOnly | StatusWord::Unregistered => Tone::Amber,
        StatusWord::Suspended
        | StatusWord::Lost
        | StatusWord::SafetyCheck
        | StatusWord::Stopped
        | StatusWord::Quarantine => Tone::Red,
        StatusWord::Ported => Tone::Violet,
        StatusWord::Paused | StatusWord::Closing | StatusWord::Retired => Tone::Grey,
    };
    Tag::new(tone, t.by_id(&word.message_id(), &[]).unwrap_or_default()).html()
}

/// `?contact`: only a code to the registered contact will do.
#[derive(Clone, Debug, Default, serde::Deserialize)]
pub(crate) struct Wanted {
    contact: Option<String>,
}

/// `GET /numbers/sign-in`.
pub(crate) async fn sign_in(shell: Shell, Query(wanted): Query<Wanted>) -> Response {
    let way = if wanted.contact.is_some() { Way::Contact } else { Way::Number };
    sign_in_page(&shell, "", way, &Errors::none())
}

fn sign_in_page(shell: &Shell, number: &str, way: Way, errors: &Errors) -> Response {
    let t = shell.lang;
    let ways = vec![
        Pick::new("number", t.mine_way_number()),
        Pick::new("contact", t.mine_way_contact()).hint(t.mine_way_contact_hint()),
    ];
    FormPage::new(shell, t.mine_title(), "/numbers/sign-in")
        .lead(t.mine_sign_in_lead())
        .errors(errors)
        .part(
            TextField::new("number", t.mine_number_label())
                .value(number)
                .telephone()
                .width("w-20")
                .errors(errors)
                .html(),
        )
        .part(Choice::new("way", t.mine_way_label(), ways).value(way.code()).errors(errors).html())
        .button(Button::new(t, t.apply_contact_send()))
        .response()
}

/// `POST /numbers/sign-in`: sends the code.
pub(crate) async fn ask_code(
    State(app): State<Arc<App>>,
    shell: Shell,
    Form(fields): Form<Fields>,
) -> Reply {
    let number = fields.text("number");
    let way = Way::from_code(&fields.text("way")).unwrap_or(Way::Number);
    let asked = Asked { number: number.clone(), way, purpose: Purpose::SignIn, lang: shell.lang };
    match holder::send_code(&app, &asked).await {
        Ok(()) => {
            let asked = format!("{} {number}", way.code());
            Ok(pending(&app, &shell, &asked, "/numbers/code"))
        }
        Err(service::Error::Refused(refused)) => {
            let errors = Errors::refused(shell.lang, &refused, "number");
            Ok(sign_in_page(&shell, &number, way, &errors))
        }
        Err(error) => Err(error.into()),
    }
}

/// Goes on to the page of the code and remembers the number in this browser only.
pub(crate) fn pending(app: &App, shell: &Shell, number: &str, path: &str) -> Response {
    let minutes = i64::from(holder::CODE_MINUTES);
    let until = app.now().plus_minutes(minutes);
    let ticket = ticket::issue(app, ticket::Purpose::Beginning, number, until);
    let cookie = cookie::session(PENDING, &ticket, minutes * 60, shell.is_secure);
    ([(header::SET_COOKIE, cookie)], go(path)).into_response()
}

/// The number whose code is waited for in this browser.
pub(crate) fn pending_number(app: &App, headers: &axum::http::HeaderMap) -> Option<String> {
    ticket::read(app, ticket::Purpose::Beginning, cookie::read(headers, PENDING)?)
}

/// `GET /numbers/code`.
pub(crate) async fn code(
    State(app): State<Arc<App>>,
    shell: Shell,
    headers: axum::http::HeaderMap,
) -> Response {
    match pending_number(&app, &headers) {
        Some(_) => code_page(&shell, "", &Errors::none()),
        None => go("/numbers/sign-in"),
    }
}

fn code_page(shell: &Shell, typed: &str, errors: &Errors) -> Response {
    let t = shell.lang;
    FormPage::new(shell, t.apply_code_title(), "/numbers/code")
        .back("/numbers/sign-in")
        .lead(t.mine_sign_in_sent(holder::CODE_MINUTES))
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
        .after(Html::link(t.mine_code_other(), "/numbers/sign-in"))
        .response()
}

/// `POST /numbers/code`.
pub(crate) async fn confirm(
    State(app): State<Arc<App>>,
    shell: Shell,
    headers: axum::http::HeaderMap,
    Form(fields): Form<Fields>,
) -> Reply {
    let asked = pending_number(&app, &headers).unwrap_or_default();
    let asked = asked.split_once(' ').and_then(|(way, n)| Some((Way::from_code(way)?, n)));
    let Some((way, number)) = asked else { return Ok(go("/numbers/sign-in")) };
    let typed = fields.text("code");
    match holder::confirm(&app, number, (Purpose::SignIn, way), &typed).await {
        Ok(proven) => {
            let cookie = Holder::from(proven).cookie(&app, shell.is_secure);
            Ok(([(header::SET_COOKIE, cookie)], go("/numbers")).into_response())
        }
        Err(service::Error::Refused(refused)) => {
            let errors = Errors::refused(shell.lang, &refused, "code");
            Ok(code_page(&shell, &typed, &errors))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /numbers/sign-out`.
pub(crate) async fn sign_out() -> Response {
    ([(header::SET_COOKIE, Holder::forget())], go("/")).into_response()
}

/// The holder's number of this holding; one of somebody else does not exist.
pub(crate) async fn find(
    app: &App,
    holder: &Holder,
    episode: &str,
) -> Result<NumberStatus, service::Error> {
    let numbers = holder::numbers(app, &holder.actor()).await?;
    let is_it = |status: &NumberStatus| {
        status.holder.is_some_and(|(_, episode_id, _)| episode_id.to_string() == episode)
    };
    numbers.into_iter().find(is_it).ok_or(service::Error::NotFound)
}

#[derive(Template)]
#[template(path = "subscriber/keep.html")]
struct KeepPage<'a> {
    t: Lang,
    title: &'a str,
    tag: Html,
    date: Option<Html>,
    days: Option<String>,
    paused: Option<Html>,
    counts: Vec<String>,
    counts_not: Vec<String>,
    last_use: String,
    next: Option<Html>,
    holds: Vec<Html>,
    service: Html,
    address: String,
    actions: Vec<Html>,
}

/// `GET /numbers/{episode}`: S16.
pub(crate) async fn keep(
    State(app): State<Arc<App>>,
    shell: Shell,
    holder: Holder,
    Path(episode): Path<String>,
) -> Reply {
    let t = shell.lang;
    let status = find(&app, &holder, &episode).await?;
    let title = t.mine_keep_title(super::grouped(&status.msisdn.to_string()));
    let keep = status.keep.as_ref();
    let running = keep.filter(|keep| keep.is_running);
    let esim = service::esim::of_number(&app, &holder.actor(), status.msisdn).await?;
    let page = KeepPage {
        t,
        title: &title,
        tag: tag(t, status.word),
        date: running.map(|keep| deadline(&shell, keep)),
        days: running.map(|keep| days(t, keep)),
        paused: keep
            .and_then(|keep| keep.paused_until)
            .map(|until| shell.when(until).block(t.mine_paused_until()).html()),
        counts: keep.map(|keep| usages(t, &keep.counts)).unwrap_or_default(),
        counts_not: keep.map(|keep| usages(t, &keep.counts_not)).unwrap_or_default(),
        last_use: keep.map_or_else(String::new, |keep| last_use(&shell, keep)),
        next: running.map(|keep| next(&shell, keep)),
        holds: status.holds.iter().map(|hold| hold_card(&shell, hold)).collect(),
        service: service_table(t, &status),
        address: address(&status),
        actions: actions(t, &status, esim.is_some()),
    };
    Ok(shell.page(&title).body(&page))
}

fn deadline(shell: &Shell, keep: &KeepView) -> Html {
    let end = domain::time::At::end_of(keep.deadline_on, &keep.zone);
    shell.when(end).block(shell.lang.mine_keep_why()).html()
}

fn days(t: Lang, keep: &KeepView) -> String {
    match keep.days_left {
        0.. => t.mine_keep_days(keep.days_left),
        _ => t.mine_keep_days_over().to_owned(),
    }
}

fn usages(t: Lang, kinds: &[domain::number::UsageKind]) -> Vec<String> {
    kinds.iter().map(|kind| word(t, "usage", kind.code())).collect()
}

/// The message of a code of the domain, such as `usage-mo-call`.
fn word(t: Lang, area: &str, code: &str) -> String {
    t.by_id(&format!("{area}-{}", code.replace('_', "-")), &[]).unwrap_or_default()
}

fn last_use(shell: &Shell, keep: &KeepView) -> String {
    let t = shell.lang;
    match keep.last_use {
        Some(usage) => {
            let what = word(t, "usage", usage.kind.code());
            t.mine_keep_last_of(what, shell.when(usage.at).both())
        }
        None => t.mine_keep_none().to_owned(),
    }
}

/// The dotted future: what comes without use.
fn next(shell: &Shell, keep: &KeepView) -> Html {
    let t = shell.lang;
    let moments = keep.next.iter().map(|(act, on)| {
        let day = when::write_day(t, *on, shell.today());
        let what = match act {
            LadderAct::Remind => t.ladder_remind(),
            LadderAct::BarOutgoing => t.ladder_bar_outgoing(),
            LadderAct::Suspend => t.ladder_suspend(),
            LadderAct::Quarantine => t.ladder_quarantine(),
        };
        Moment::future(day, on, what)
    });
    Timeline::new(t, t.mine_keep_next(), moments.collect()).html()
}

fn hold_card(shell: &Shell, hold: &HoldView) -> Html {
    let t = shell.lang;
    let of_hold = |suffix: &str| word(t, "hold", &format!("{}-{suffix}", hold.kind.code()));
    let mut facts = Summary::new()
        .row(t.mine_hold_why(), of_hold("reason"))
        .row(t.mine_hold_since(), shell.when(hold.since).both())
        .row(t.mine_hold_remedy(), of_hold("remedy"));
    let proofs: Vec<&str> = hold
        .proofs
        .iter()
        .map(|proof| match proof {
            Proof::ContactCode => t.proof_contact_code(),
            Proof::IdentityDocument => t.proof_identity_document(),
            Proof::AuthorityLetter => t.proof_authority_letter(),
        })
        .collect();
    if !proofs.is_empty() {
        facts = facts.row(t.mine_hold_documents(), proofs.join(t.common_comma()));
    }
    let appeal = match hold.appeal {
        Appeal::Operator => t.appeal_route_operator(),
        Appeal::Authority => t.appeal_route_authority(),
        Appeal::NotNeeded => t.appeal_route_not_needed(),
    };
    facts = facts.row(t.mine_hold_appeal(), appeal);
    Html::join([Html::subheading(&of_hold("name")), facts.html()])
}

fn service_table(t: Lang, status: &NumberStatus) -> Html {
    let rows = [
        (t.mine_service_calls_out(), Service::VoiceOut),
        (t.mine_service_calls_in(), Service::VoiceIn),
        (t.mine_service_texts_out(), Service::SmsOut),
        (t.mine_service_texts_in(), Service::SmsIn),
        (t.mine_service_data(), Service::Data),
        (t.mine_service_roaming(), Service::Roaming),
    ];
    let mut summary = Summary::new();
    for (name, service) in rows {
        let tag = if status.allows.allows(service) {
            Tag::new(Tone::Green, t.mine_works())
        } else {
            Tag::new(Tone::Red, t.mine_works_not())
        };
        summary = summary.part(name, tag.html());
    }
    summary.html()
}

fn actions(t: Lang, status: &NumberStatus, has_esim: bool) -> Vec<Html> {
    let at = address(status);
    let mut actions = vec![Html::link(t.mine_balance(), &format!("{at}/balance"))];
    if has_esim {
        actions.insert(0, Html::link(t.esim_action(), &format!("{at}/esim")));
    }
    if status.lifecycle == domain::number::Lifecycle::Active {
        actions.push(Html::link(t.esim_replace_action(), &format!("{at}/replace")));
    }
    match status.word {
        StatusWord::Paused => {
            actions.push(Html::post_button(t.mine_resume(), &format!("{at}/resume")));
        }
        StatusWord::Lost => {
            actions.push(Html::post_button(t.mine_lift(), &format!("{at}/lift-loss")));
        }
        StatusWord::InUse | StatusWord::KeepDue | StatusWord::IncomingOnly => {
            actions.push(Html::link(t.mine_pause(), &format!("{at}/pause")));
        }
        _ => {}
    }
    actions.push(Html::link(t.mine_not_mine(), &format!("{at}/not-mine")));
    actions
}

/// `GET /numbers/{episode}/keep.ics`.
pub(crate) async fn calendar(
    State(app): State<Arc<App>>,
    shell: Shell,
    holder: Holder,
    Path(episode): Path<String>,
) -> Reply {
    let status = find(&app, &holder, &episode).await?;
    let Some(view) = status.keep else { return Ok(StatusCode::NOT_FOUND.into_response()) };
    let file = keep::calendar(&view, shell.lang, app.now());
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"baohao.ics\""),
    ];
    Ok((headers, file).into_response())
}

/// `GET /numbers/{episode}/balance`: S17.
pub(crate) async fn balance(
    State(app): State<Arc<App>>,
    shell: Shell,
    holder: Holder,
    Path(episode): Path<String>,
) -> Reply {
    let t = shell.lang;
    let status = find(&app, &holder, &episode).await?;
    let view = number::balance(&app, &holder.actor(), status.msisdn).await?;
    let title = t.mine_balance_title(super::grouped(&status.msisdn.to_string()));
    let amount = amount(view.minor, view.decimals, &view.currency);
    let mut page = TextPage::new(t, &title)
        .back(address(&status))
        .part(Summary::new().row(t.mine_balance(), amount).html());
    let today = shell.today();
    if let Some(until) = view.keeps_until_on {
        if until <= today {
            return Ok(page
                .part(Notice::new(Tone::Amber, t.mine_balance_empty()).html())
                .part(Html::paragraph(t.mine_balance_top_up()))
                .response(&shell));
        }
        let end = domain::time::At::end_of(until, &shell.brand.zone);
        page = page.part(shell.when(end).block(t.mine_balance_until()).html());
    }
    Ok(page.part(Html::paragraph(t.mine_balance_top_up())).response(&shell))
}

/// `GET /numbers/{episode}/pause`.
pub(crate) async fn pause(
    State(app): State<Arc<App>>,
    shell: Shell,
    holder: Holder,
    Path(episode): Path<String>,
) -> Reply {
    let status = find(&app, &holder, &episode).await?;
    pause_page(&app, &shell, &status, "1", &Errors::none()).await
}

async fn pause_page(
    app: &App,
    shell: &Shell,
    status: &NumberStatus,
    months: &str,
    errors: &Errors,
) -> Reply {
    let t = shell.lang;
    let policy = number::policy_of(app, status.msisdn, app.now()).await?;
    let Some(pause) = &policy.pause else { return Ok(StatusCode::NOT_FOUND.into_response()) };
    let months_max = *pause.months_max;
    let picks = (1..=months_max).map(|n| Pick::new(n, t.mine_pause_months(n)));
    let at = address(status);
    Ok(FormPage::new(shell, t.mine_pause_title(), format!("{at}/pause"))
        .back(at)
        .errors(errors)
        .before(Notice::new(Tone::Amber, t.mine_pause_text(months_max)).html())
        .part(
            Choice::new("months", t.mine_pause_label(), picks.collect())
                .value(months)
                .errors(errors)
                .html(),
        )
        .button(Button::new(t, t.mine_pause_yes()))
        .response())
}

/// `POST /numbers/{episode}/pause`.
pub(crate) async fn do_pause(
    State(app): State<Arc<App>>,
    shell: Shell,
    holder: Holder,
    Path(episode): Path<String>,
    Form(fields): Form<Fields>,
) -> Reply {
    let status = find(&app, &holder, &episode).await?;
    let typed = fields.text("months");
    let months: i64 = typed.parse().unwrap_or(0);
    let today = app.now().date_in(&shell.brand.zone);
    let until = jiff::Span::new()
        .try_months(months)
        .and_then(|span| today.checked_add(span))
        .map_or(app.now(), |date| domain::time::At::end_of(date, &shell.brand.zone));
    match number::pause(&app, &holder.actor(), status.msisdn, until).await {
        Ok(_) => Ok(go(&address(&status))),
        Err(service::Error::Refused(refused)) => {
            let errors = Errors::refused(shell.lang, &refused, "months");
            pause_page(&app, &shell, &status, &typed, &errors).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /numbers/{episode}/resume`.
pub(crate) async fn resume(
    State(app): State<Arc<App>>,
    holder: Holder,
    Path(episode): Path<String>,
) -> Reply {
    let status = find(&app, &holder, &episode).await?;
    number::resume(&app, &holder.actor(), status.msisdn).await?;
    Ok(go(&address(&status)))
}

/// `POST /numbers/{episode}/lift-loss`. Whoever has the lost phone could have read a code sent to
/// it: only the registered contact proves enough.
pub(crate) async fn lift_loss(
    State(app): State<Arc<App>>,
    holder: Holder,
    Path(episode): Path<String>,
) -> Reply {
    if holder.way != Way::Contact {
        return Ok(go("/numbers/sign-in?contact"));
    }
    let status = find(&app, &holder, &episode).await?;
    number::lift_loss(&app, &holder.actor(), status.msisdn).await?;
    Ok(go(&address(&status)))
}

/// `GET /numbers/{episode}/not-mine`: 不是我办的.
pub(crate) async fn not_mine(
    State(app): State<Arc<App>>,
    shell: Shell,
    holder: Holder,
    Path(episode): Path<String>,
) -> Reply {
    let t = shell.lang;
    let status = find(&app, &holder, &episode).await?;
    let at = address(&status);
    Ok(FormPage::new(&shell, t.mine_not_mine_title(), format!("{at}/not-mine"))
        .back(at)
        .lead(super::grouped(&status.msisdn.to_string()))
        .before(Notice::new(Tone::Amber, t.mine_not_mine_text()).html())
        .button(Button::new(t, t.mine_not_mine_yes()).danger())
        .response())
}

/// `POST /numbers/{episode}/not-mine`.
pub(crate) async fn do_not_mine(
    State(app): State<Arc<App>>,
    shell: Shell,
    holder: Holder,
    Path(episode): Path<String>,
) -> Reply {
    let t = shell.lang;
    let status = find(&app, &holder, &episode).await?;
    holder::disown(&app, &holder.actor(), status.msisdn).await?;
    Ok(TextPage::new(t, t.mine_not_mine_done())
        .back("/numbers")
        .part(Notice::new(Tone::Green, t.mine_not_mine_text()).live().html())
        .response(&shell))
}
