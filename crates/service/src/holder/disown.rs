//! 「不是我办的」: somebody finds a number in his name that he never registered.

use crate::app::App;
use crate::error::Error;
use crate::number;
use domain::access::{Action, Actor};
use domain::msisdn::Msisdn;
use domain::number::Event;

/// Stops the number at once and has it looked into. Only who holds it, by our records, can say that
/// it is not his; it is stopped as for suspected fraud, with the same remedies and appeal.
pub async fn disown(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<(), Error> {
    let Actor::Holder { .. } = actor else { return Err(Error::NotFound) };
    number::load(app, actor, Action::ServeNumber, msisdn).await?;
    number::apply(app, &Actor::System, msisdn, &Event::FraudFlagged).await?;
    Ok(())
}
