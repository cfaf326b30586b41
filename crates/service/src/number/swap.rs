//! Another SIM, another holder, another operator.

use super::load::load;
use super::stage::{Applied, apply};
use crate::app::App;
use crate::error::Error;
use domain::access::{Action, Actor};
use domain::id::PartyId;
use domain::msisdn::Msisdn;
use domain::number::{Event, SimRef};

/// Serves a number by another SIM; the old one is dead from now on.
pub async fn replace_sim(
    app: &App,
    actor: &Actor,
    msisdn: Msisdn,
    sim: SimRef,
) -> Result<Applied, Error> {
    load(app, actor, Action::ServeNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::SimReplaced { sim }).await
}

/// Gives a number to another registered party; its holder episode begins now.
pub async fn transfer(
    app: &App,
    actor: &Actor,
    msisdn: Msisdn,
    party_id: PartyId,
) -> Result<Applied, Error> {
    load(app, actor, Action::ServeNumber, msisdn).await?;
    let episode_id = crate::id::new(app.now());
    apply(app, actor, msisdn, &Event::Transferred { party_id, episode_id }).await
}

/// The number leaves for another operator.
pub async fn port_out(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<Applied, Error> {
    load(app, actor, Action::ServeNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::PortedOut).await
}

/// The number came back from another operator without its holder.
pub async fn port_return(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<Applied, Error> {
    load(app, actor, Action::StockNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::PortReturned).await
}
