//! Holds that protect: loss, fraud, orders of authorities, proving identity again.

use super::load::load;
use super::stage::{Applied, apply};
use crate::app::App;
use crate::error::Error;
use domain::access::{Action, Actor};
use domain::msisdn::Msisdn;
use domain::number::Event;
use domain::time::At;

/// Blocks a number as lost, at once. Whoever calls has had the holder prove a contact or a code.
pub async fn report_loss(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<Applied, Error> {
    load(app, actor, Action::ServeNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::LossReported).await
}

/// Unblocks a number that was found, after a proof at least as strong as the one that blocked it.
pub async fn lift_loss(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<Applied, Error> {
    load(app, actor, Action::ServeNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::LossLifted).await
}

/// Stops a number under suspicion of fraud; the holder is told why and what to do.
pub async fn flag_fraud(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<Applied, Error> {
    load(app, actor, Action::HoldNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::FraudFlagged).await
}

/// Clears the suspicion; service is back at once.
pub async fn clear_fraud(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<Applied, Error> {
    load(app, actor, Action::HoldNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::FraudCleared).await
}

/// Stops a number by order of an authority. Two orders are two holds.
pub async fn order(
    app: &App,
    actor: &Actor,
    msisdn: Msisdn,
    reference: String,
    until: Option<At>,
) -> Result<Applied, Error> {
    load(app, actor, Action::HoldNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::AuthorityOrdered { reference, until }).await
}

/// Lifts one order.
pub async fn lift_order(
    app: &App,
    actor: &Actor,
    msisdn: Msisdn,
    reference: String,
) -> Result<Applied, Error> {
    load(app, actor, Action::HoldNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::AuthorityLifted { reference }).await
}

/// Asks the holder to prove identity again by an instant, never sooner than the policy allows.
pub async fn order_reverify(
    app: &App,
    actor: &Actor,
    msisdn: Msisdn,
    by: At,
) -> Result<Applied, Error> {
    load(app, actor, Action::HoldNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::ReverifyOrdered { by }).await
}

/// The holder has proven identity again; service is back at once.
pub async fn pass_reverify(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<Applied, Error> {
    load(app, actor, Action::HoldNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::ReverifyPassed).await
}
