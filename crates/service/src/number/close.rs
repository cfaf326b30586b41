//! Closing a number, changing one's mind, and having it back.

use super::load::load;
use super::stage::{Applied, apply};
use crate::app::App;
use crate::error::Error;
use domain::access::{Action, Actor};
use domain::msisdn::Msisdn;
use domain::number::{Event, NumberRefusal, SimRef};
use store::number::history;
use store::number::sim::{self, SimState};

/// Begins to close a number; the holder may take that back for some days.
pub async fn close(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<Applied, Error> {
    load(app, actor, Action::ServeNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::CloseRequested).await
}

/// Takes the closing back.
pub async fn withdraw_close(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<Applied, Error> {
    load(app, actor, Action::ServeNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::CloseWithdrawn).await
}

/// Gives a number in quarantine back to its former holder, served by `sim`, or by the card that
/// served it last. Whoever calls has had them prove who they are.
pub async fn recover(
    app: &App,
    actor: &Actor,
    msisdn: Msisdn,
    sim: Option<SimRef>,
) -> Result<Applied, Error> {
    let (row, _) = load(app, actor, Action::ServeNumber, msisdn).await?;
    let sim = match sim {
        Some(sim) => sim,
        None => last_sim(app, msisdn).await?.ok_or(NumberRefusal::SimUnknown)?,
    };
    let party_id = row.facts.former_party_id.ok_or(NumberRefusal::because(row.facts.lifecycle))?;
    let episode_id = crate::id::new(app.now());
    apply(app, actor, msisdn, &Event::Recovered { party_id, episode_id, sim }).await
}

/// The card that served the number last, if it still lies dead.
async fn last_sim(app: &App, msisdn: Msisdn) -> Result<Option<SimRef>, Error> {
    let steps = history::sims(&app.store.db, msisdn).await?;
    let Some(last) = steps.iter().rev().find_map(|step| step.sim) else { return Ok(None) };
    let row = sim::load(&app.store.db, last.iccid).await?;
    let is_dead = row.is_some_and(|row| row.state == SimState::Dead && row.msisdn == Some(msisdn));
    Ok(is_dead.then_some(last))
}
