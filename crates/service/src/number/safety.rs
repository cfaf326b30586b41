//! Holds that protect: loss, fraud, orders of authorities, proving identity again.

use super::load::load;
use super::stage::{Applied, apply};
use crate::app::App;
use crate::error::Error;
use domain::access::{Action, Actor};
use domain::msisdn::Msisdn;
use domain::number::Event;
use domain::time::At;
use std::time::Duration;

/// How long a loss report waits for the network before it leaves the rest to the queue.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Blocks a number as lost, at once. Whoever calls has had the holder prove a contact or a code.
///
/// The network is told right here and not only by the queue, in which other work may wait.
pub async fn report_loss(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<Applied, Error> {
    load(app, actor, Action::ServeNumber, msisdn).await?;
    let applied = apply(app, actor, msisdn, &Event::LossReported).await?;
    // Whatever comes of it, the job and the reconciler go on; each step is recorded by itself.
    drop(tokio::time::timeout(AT_ONCE, crate::provision::tell(app, msisdn)).await);
    Ok(applied)
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
