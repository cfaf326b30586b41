//! Keeping a number: pausing it, using it, paying for it.

use super::load::load;
use super::stage::{Applied, apply};
use crate::app::App;
use crate::error::Error;
use domain::access::{Action, Actor};
use domain::msisdn::Msisdn;
use domain::number::{Event, UsageKind};
use domain::time::At;

/// Pauses a number (停机保号) until an instant: no service, the number is kept. Paid ahead from the
/// balance.
pub async fn pause(app: &App, actor: &Actor, msisdn: Msisdn, until: At) -> Result<Applied, Error> {
    load(app, actor, Action::ServeNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::PauseRequested { until }).await
}

/// Ends a pause; whole months that were paid ahead are given back.
pub async fn resume(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<Applied, Error> {
    load(app, actor, Action::ServeNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::Resumed).await
}

/// Money is owed, as the billing system says.
pub async fn arrears(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<Applied, Error> {
    load(app, actor, Action::HoldNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::ArrearsReached).await
}

/// What was owed is paid; only the holds for owing are lifted, at once.
pub async fn paid(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<Applied, Error> {
    load(app, actor, Action::ServeNumber, msisdn).await?;
    apply(app, actor, msisdn, &Event::Paid).await
}

/// One use that must take effect at once, such as a top-up; the usage feed comes in by blocks.
pub async fn usage(
    app: &App,
    actor: &Actor,
    msisdn: Msisdn,
    kind: UsageKind,
    used_at: At,
) -> Result<Applied, Error> {
    load(app, actor, Action::BringUsage, msisdn).await?;
    apply(app, actor, msisdn, &Event::UsageSeen { kind, used_at }).await
}
