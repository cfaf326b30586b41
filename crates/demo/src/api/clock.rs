//! Reading and moving the clock.

use super::{Failed, Shared, body, iso};
use crate::{Advanced, World};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use domain::time::{At, Zone};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize)]
pub(crate) struct Now {
    /// UTC.
    now: String,
    /// In the operator's zone.
    local: String,
    /// How far ahead of the machine's clock.
    ahead_seconds: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Step {
    days: i64,
    hours: i64,
    minutes: i64,
    seconds: i64,
    /// An instant such as `2026-06-12T00:00:00+08:00`, in place of the others.
    to: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Moved {
    #[serde(flatten)]
    now: Now,
    done: Advanced,
}

pub(crate) async fn read(State(world): Shared) -> Json<Now> {
    Json(now(&world))
}

pub(crate) async fn advance(
    State(world): Shared,
    step: Result<Json<Step>, JsonRejection>,
) -> Result<Json<Moved>, Failed> {
    let millis = body(step)?.millis(world.now())?;
    let done = world.advance(millis).await?;
    Ok(Json(Moved { now: now(&world), done }))
}

impl Step {
    fn millis(&self, now: At) -> Result<i64, Failed> {
        let parts = [
            (self.days, crate::world::ADVANCE_DAYS_MAX, 86_400_000),
            (self.hours, 24 * 366, 3_600_000),
            (self.minutes, 60 * 24 * 366, 60_000),
            (self.seconds, 3_600 * 24 * 366, 1_000),
        ];
        if parts.iter().any(|(value, max, _)| !(0..=*max).contains(value)) {
            return Err(Failed::Bad("time runs forward only, by two years at most".into()));
        }
        let Some(to) = &self.to else {
            return Ok(parts.iter().map(|(value, _, millis)| value * millis).sum());
        };
        let to: jiff::Timestamp =
            to.parse().map_err(|_| Failed::Bad("`to` is not an instant with a zone".into()))?;
        let millis = to.as_millisecond() - now.millis();
        if millis < 0 {
            return Err(Failed::Bad("`to` has passed; time runs forward only".into()));
        }
        Ok(millis)
    }
}

fn now(world: &World) -> Now {
    let at = world.now();
    let local = at.civil_in(&Zone::shanghai());
    Now {
        now: iso(at),
        local: format!("{}+08:00", local.strftime("%Y-%m-%dT%H:%M:%S")),
        ahead_seconds: world.outside.clock.offset_millis() / 1_000,
    }
}
