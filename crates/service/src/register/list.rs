//! The applications of an operator, in the order in which they were begun.

use crate::access::require;
use crate::app::App;
use crate::error::Error;
use domain::access::{Action, Actor};
use domain::application::State;
use domain::id::ApplicationId;
pub use store::application::Listed;

/// Up to `count` applications of the actor's operator after `after`, in one state if given.
pub async fn list(
    app: &App,
    actor: &Actor,
    state: Option<State>,
    after: Option<ApplicationId>,
    count: usize,
) -> Result<Vec<Listed>, Error> {
    let operator_id = actor.operator_id().ok_or(Error::NotFound)?;
    // Who applied sees one's own application, not those of others.
    if matches!(actor, Actor::Applicant { .. } | Actor::Holder { .. }) {
        return Err(Error::NotFound);
    }
    require(actor, Action::SeeApplication, Some(operator_id))?;
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    Ok(store::application::list(&app.store.db.reports(), operator_id, state, after, count).await?)
}
