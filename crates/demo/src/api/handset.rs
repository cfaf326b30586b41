//! Phones: what they hold, what they try.

use super::{Failed, Shared, body, iso};
use crate::World;
use crate::phone::Found;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use gateway::handset::{Attempt, Verdict};
use gateway::network::{Message, Phone};
use serde::{Deserialize, Serialize};
use service::port::HlrRecord;

#[derive(Debug, Serialize)]
pub(crate) struct Handset {
    number: Option<String>,
    imsi: Option<String>,
    is_on: bool,
    /// What the network allows this SIM; none for phones of other networks.
    record: Option<HlrRecord>,
    messages: Vec<Text>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Text {
    at: String,
    from: String,
    text: String,
    message_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outgoing {
    /// The hotline of the number's operator if left out.
    #[serde(default)]
    to: Option<String>,
    text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Callee {
    to: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Caller {
    from: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Incoming {
    from: String,
    text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Power {
    on: bool,
}

type Body<T> = Result<Json<T>, JsonRejection>;
type Answer = Result<Json<Verdict>, Failed>;

pub(crate) async fn read(
    State(world): Shared,
    Path(name): Path<String>,
) -> Result<Json<Handset>, Failed> {
    Ok(Json(handset(&world, &find(&world, &name)?)))
}

pub(crate) async fn messages(
    State(world): Shared,
    Path(name): Path<String>,
) -> Result<Json<Vec<Text>>, Failed> {
    Ok(Json(handset(&world, &find(&world, &name)?).messages))
}

pub(crate) async fn text(
    State(world): Shared,
    Path(name): Path<String>,
    given: Body<Outgoing>,
) -> Answer {
    let Outgoing { to, text } = body(given)?;
    let found = find(&world, &name)?;
    let to = match to {
        Some(to) => to,
        None => world.service_number(&found).await?,
    };
    Ok(Json(attempt(&world, &found, Attempt::Text { to, text }).await?))
}

pub(crate) async fn call(
    State(world): Shared,
    Path(name): Path<String>,
    given: Body<Callee>,
) -> Answer {
    let Callee { to } = body(given)?;
    Ok(Json(attempt(&world, &find(&world, &name)?, Attempt::Call { to }).await?))
}

pub(crate) async fn data(State(world): Shared, Path(name): Path<String>) -> Answer {
    Ok(Json(attempt(&world, &find(&world, &name)?, Attempt::Data).await?))
}

pub(crate) async fn incoming_call(
    State(world): Shared,
    Path(name): Path<String>,
    given: Body<Caller>,
) -> Answer {
    let Caller { from } = body(given)?;
    Ok(Json(attempt(&world, &find(&world, &name)?, Attempt::IncomingCall { from }).await?))
}

pub(crate) async fn incoming_text(
    State(world): Shared,
    Path(name): Path<String>,
    given: Body<Incoming>,
) -> Answer {
    let Incoming { from, text } = body(given)?;
    let attempted = Attempt::IncomingText { from, text };
    Ok(Json(attempt(&world, &find(&world, &name)?, attempted).await?))
}

pub(crate) async fn power(
    State(world): Shared,
    Path(name): Path<String>,
    given: Body<Power>,
) -> Result<Json<Handset>, Failed> {
    let Power { on } = body(given)?;
    let found = find(&world, &name)?;
    let Phone::Sim(imsi) = &found.phone else { return Err(Failed::NotFound) };
    world.network().set_power(imsi, on);
    Ok(Json(handset(&world, &found)))
}

/// Lets a phone try something and takes in at once what the network reports of it.
pub(crate) async fn attempt(
    world: &World,
    found: &Found,
    attempt: Attempt,
) -> Result<Verdict, Failed> {
    let verdict = match (&found.phone, attempt) {
        (Phone::Sim(imsi), attempt) => world.phones.attempt(imsi, &attempt),
        (Phone::Other(from), Attempt::Text { text, .. }) => {
            world.phones.text_from_other(from, &text);
            Verdict { is_allowed: true, refusal: None, is_free: false }
        }
        (Phone::Other(_), _) => {
            return Err(Failed::Bad("a phone of another network can only text the service".into()));
        }
    };
    world.settle(&mut crate::Advanced::default()).await?;
    Ok(verdict)
}

pub(crate) fn find(world: &World, name: &str) -> Result<Found, Failed> {
    world.phone(name).ok_or(Failed::NotFound)
}

fn handset(world: &World, found: &Found) -> Handset {
    let imsi = match &found.phone {
        Phone::Sim(imsi) => Some(imsi.clone()),
        Phone::Other(_) => None,
    };
    Handset {
        number: found.number.clone(),
        is_on: imsi.as_deref().is_none_or(|imsi| world.network().is_on(imsi)),
        imsi,
        record: found.record.clone(),
        messages: world.phones.messages(&found.phone).into_iter().map(Text::from).collect(),
    }
}

impl From<Message> for Text {
    fn from(message: Message) -> Self {
        let Message { at, from, text, message_id } = message;
        Self { at: iso(at), from, text, message_id }
    }
}
