//! The phone: what it holds, what it tries, what the network says.

use super::{Here, back_to};
use crate::World;
use crate::phone::Found;
use askama::Template;
use axum::extract::{Form, Path, Query};
use axum::response::{IntoResponse, Response};
use domain::time::Zone;
use gateway::handset::{Attempt, Refusal, Verdict};
use gateway::network::Phone;
use serde::Deserialize;
use service::port::NetworkProfile;
use web::component::{Button, Component as _, Empty, Errors, Html, Notice, Tag, TextField, Tone};
use web::shell::Shell;
use words::Lang;

/// Whom the sample calls and texts go to.
const FRIEND: &str = "13900000000";
/// Who sends the sample code.
const BANK: &str = "95588";

#[derive(Template)]
#[template(path = "choose.html")]
struct Choose {
    t: Lang,
    errors: Html,
    which: Html,
    show: Html,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Which {
    phone: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Said {
    did: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Try {
    what: String,
    to: String,
    text: String,
}

struct Line {
    from: String,
    at: String,
    text: String,
}

#[derive(Template)]
#[template(path = "handset.html")]
struct Handset {
    t: Lang,
    title: String,
    path: String,
    said: Html,
    is_ours: bool,
    has_record: bool,
    imsi: String,
    allows: Vec<(bool, &'static str)>,
    messages: Vec<Line>,
    empty: Html,
    forms: Forms,
}

struct Forms {
    text: Html,
    send: Html,
    call: Html,
    dial: Html,
    friend: Html,
    data: Html,
    bank: Html,
    power: Html,
}

/// `GET /demo/handset`.
pub(crate) async fn choose(
    shell: Shell,
    Here(world): Here,
    Query(which): Query<Which>,
) -> Response {
    let t = shell.lang;
    let typed = which.phone.unwrap_or_default();
    if world.phone(&typed).is_some() {
        let name: String = typed.chars().filter(char::is_ascii_digit).collect();
        return back_to(&format!("/demo/handset/{name}"));
    }
    let errors = match typed.trim() {
        "" => Errors::none(),
        _ => Errors::one("phone", t.demo_handset_unknown()),
    };
    let field = TextField::new("phone", t.demo_handset_which())
        .hint(t.demo_handset_hint())
        .value(&typed)
        .digits()
        .errors(&errors);
    let choose = Choose {
        t,
        errors: errors.summary(t),
        which: field.html(),
        show: Button::new(t, t.demo_handset_show()).html(),
    };
    let page = shell.page(t.demo_handset());
    let page = if errors.is_empty() { page } else { page.error() };
    page.body(&choose)
}

/// `GET /demo/handset/{phone}`.
pub(crate) async fn page(
    shell: Shell,
    Here(world): Here,
    Path(name): Path<String>,
    Query(said): Query<Said>,
) -> Response {
    let Some(found) = world.phone(&name) else { return back_to("/demo/handset") };
    let t = shell.lang;
    let hotline = world.service_number(&found).await.unwrap_or_default();
    let handset = view(&world, t, &found, &name, &hotline, said_of(t, said.did.as_deref()));
    shell.page(&format!("{} {}", t.demo_handset(), handset.title)).body(&handset)
}

/// `POST /demo/handset/{phone}/try`.
pub(crate) async fn attempt(
    shell: Shell,
    Here(world): Here,
    Path(name): Path<String>,
    Form(tried): Form<Try>,
) -> Response {
    let Some(found) = world.phone(&name) else { return back_to("/demo/handset") };
    let attempt = match tried.what.as_str() {
        "service" => {
            let to = world.service_number(&found).await.unwrap_or_default();
            Attempt::Text { to, text: tried.text }
        }
        "call" => Attempt::Call { to: tried.to },
        "friend" => Attempt::Text { to: tried.to, text: "…".to_owned() },
        "bank" => {
            let text = shell.lang.demo_handset_bank_text().to_owned();
            Attempt::IncomingText { from: BANK.to_owned(), text }
        }
        _ => Attempt::Data,
    };
    match crate::api::attempt(&world, &found, attempt).await {
        Ok(verdict) => back_to(&format!("/demo/handset/{name}?did={}", word_of(&verdict))),
        Err(failed) => failed.into_response(),
    }
}

/// `POST /demo/handset/{phone}/power`.
pub(crate) async fn power(Here(world): Here, Path(name): Path<String>) -> Response {
    if let Some(Found { phone: Phone::Sim(imsi), .. }) = world.phone(&name) {
        world.network().set_power(&imsi, !world.network().is_on(&imsi));
    }
    back_to(&format!("/demo/handset/{name}"))
}

const fn word_of(verdict: &Verdict) -> &'static str {
    match verdict.refusal {
        None if verdict.is_free => "free",
        None => "allowed",
        Some(Refusal::UnknownSim) => "unknown",
        Some(Refusal::NotAllowed) => "refused",
        Some(Refusal::SwitchedOff) => "off",
    }
}

fn said_of(t: Lang, did: Option<&str>) -> Html {
    let (tone, text) = match did {
        Some("allowed") => (Tone::Green, t.demo_handset_allowed()),
        Some("free") => (Tone::Green, t.demo_handset_free()),
        Some("refused") => (Tone::Red, t.demo_handset_refused()),
        Some("unknown") => (Tone::Red, t.demo_handset_refused_unknown()),
        Some("off") => (Tone::Red, t.demo_handset_refused_off()),
        _ => return Html::default(),
    };
    Notice::new(tone, text).live().html()
}

fn view(world: &World, t: Lang, found: &Found, name: &str, hotline: &str, said: Html) -> Handset {
    let imsi = match &found.phone {
        Phone::Sim(imsi) => imsi.clone(),
        Phone::Other(_) => String::new(),
    };
    let is_ours = !imsi.is_empty();
    let is_on = !is_ours || world.network().is_on(&imsi);
    let messages = world.phones.messages(&found.phone).into_iter().rev().map(|message| Line {
        from: if message.message_id.is_some() { hotline.to_owned() } else { message.from },
        at: {
            let at = message.at.civil_in(&Zone::shanghai());
            t.day_month_time((at.month(), at.day()), (at.hour(), at.minute()))
        },
        text: message.text,
    });
    Handset {
        t,
        title: found.number.as_deref().map_or_else(|| imsi.clone(), grouped),
        path: format!("/demo/handset/{name}"),
        said,
        is_ours,
        has_record: found.record.is_some(),
        allows: found.record.as_ref().map_or_else(Vec::new, |r| allows(t, r.profile)),
        imsi,
        messages: messages.collect(),
        empty: Empty::new(t.demo_handset_no_messages()).html(),
        forms: forms(t, hotline, is_on),
    }
}

fn forms(t: Lang, hotline: &str, is_on: bool) -> Forms {
    let power = if is_on { t.demo_handset_power_off() } else { t.demo_handset_power_on() };
    let quiet = |text: &str| Button::new(t, text).quiet();
    Forms {
        text: TextField::new("text", t.demo_handset_text(hotline))
            .hint(t.demo_handset_text_hint())
            .html(),
        send: Button::new(t, t.demo_handset_send()).sends("what", "service").html(),
        call: TextField::new("to", t.demo_handset_call_label())
            .hint(t.demo_handset_call_hint(hotline))
            .value(FRIEND)
            .digits()
            .html(),
        dial: quiet(t.demo_handset_dial()).sends("what", "call").html(),
        friend: quiet(t.demo_handset_friend()).sends("what", "friend").html(),
        data: quiet(t.demo_handset_data()).sends("what", "data").html(),
        bank: quiet(t.demo_handset_bank()).sends("what", "bank").html(),
        power: quiet(power).html(),
    }
}

fn allows(t: Lang, profile: NetworkProfile) -> Vec<(bool, &'static str)> {
    vec![
        (profile.voice_out, t.demo_allows_voice_out()),
        (profile.voice_in, t.demo_allows_voice_in()),
        (profile.sms_out, t.demo_allows_sms_out()),
        (profile.sms_in, t.demo_allows_sms_in()),
        (profile.data, t.demo_allows_data()),
        (profile.roaming, t.demo_allows_roaming()),
    ]
}

impl Handset {
    fn tags(&self) -> Html {
        let tag = |(is_allowed, text): &(bool, &'static str)| {
            let (tone, mark) = if *is_allowed { (Tone::Green, '✓') } else { (Tone::Red, '✗') };
            Tag::new(tone, format_args!("{mark} {text}")).html()
        };
        Html::join(self.allows.iter().map(tag))
    }
}

/// `138 0013 8000` for a number of ours, else as it is with a plus.
fn grouped(number: &str) -> String {
    match number.strip_prefix("86").filter(|national| national.len() == 11) {
        Some(national) => {
            let (head, rest) = national.split_at(3);
            let (middle, tail) = rest.split_at(4);
            format!("{head} {middle} {tail}")
        }
        None => format!("+{number}"),
    }
}
