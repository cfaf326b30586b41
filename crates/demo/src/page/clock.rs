//! The clock page.

use super::{Here, back_to, failed};
use crate::world::ADVANCE_DAYS_MAX;
use askama::Template;
use axum::extract::{Form, Query};
use axum::response::Response;
use domain::time::{At, DAY_MILLIS, Zone};
use serde::Deserialize;
use web::component::{Button, Component as _, Errors, Html, Notice, TextField, Tone};
use web::shell::Shell;
use words::Lang;

#[derive(Template)]
#[template(path = "clock.html")]
struct Clock {
    t: Lang,
    now: String,
    zone: String,
    done: Html,
    errors: Html,
    steps: Html,
    days: Html,
    advance: Html,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Done {
    stops: Option<u64>,
    jobs: u64,
    numbers: u64,
    events: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Step {
    #[serde(default)]
    hours: i64,
    #[serde(default)]
    days: String,
}

/// `GET /demo/clock`.
pub(crate) async fn page(shell: Shell, Here(world): Here, Query(done): Query<Done>) -> Response {
    let t = shell.lang;
    let done = match done.stops {
        Some(stops) => {
            let text = t.demo_clock_done(stops, done.jobs, done.numbers, done.events);
            Notice::new(Tone::Green, text).live().html()
        }
        None => Html::default(),
    };
    show(&shell, world.now(), done, "", &Errors::none())
}

/// `POST /demo/clock`.
pub(crate) async fn advance(shell: Shell, Here(world): Here, Form(step): Form<Step>) -> Response {
    let typed = step.days.trim();
    let millis = match (step.hours, typed.parse::<i64>()) {
        (hours @ 1..=24, _) => hours * 3_600_000,
        (_, Ok(days @ 1..=ADVANCE_DAYS_MAX)) => days * DAY_MILLIS,
        _ => {
            let errors = Errors::one("days", shell.lang.demo_clock_bad());
            return show(&shell, world.now(), Html::default(), typed, &errors);
        }
    };
    match world.advance(millis).await {
        Ok(done) => {
            let crate::Advanced { stops, jobs, numbers, events } = done;
            let query = format!("stops={stops}&jobs={jobs}&numbers={numbers}&events={events}");
            back_to(&format!("/demo/clock?{query}"))
        }
        Err(error) => failed(&error),
    }
}

fn show(shell: &Shell, now: At, done: Html, typed: &str, errors: &Errors) -> Response {
    let t = shell.lang;
    let step =
        |text: &str, name: &str, value: i64| Button::new(t, text).quiet().sends(name, value).html();
    let steps = Html::join([
        step(t.demo_clock_hour(), "hours", 1),
        step(t.demo_clock_day(), "days", 1),
        step(t.demo_clock_week(), "days", 7),
        step(t.demo_clock_month(), "days", 30),
        step(t.demo_clock_quarter(), "days", 90),
    ]);
    let civil = now.civil_in(&Zone::shanghai());
    let clock = Clock {
        t,
        now: t
            .date_time((civil.year(), civil.month(), civil.day()), (civil.hour(), civil.minute())),
        zone: t.common_beijing_time().to_owned(),
        done,
        errors: errors.summary(t),
        steps,
        days: TextField::new("days", t.demo_clock_days())
            .value(typed)
            .digits()
            .errors(errors)
            .html(),
        advance: Button::new(t, t.demo_clock_advance()).html(),
    };
    let page = shell.page(t.demo_clock());
    let page = if errors.is_empty() { page } else { page.invalid() };
    page.body(&clock)
}
