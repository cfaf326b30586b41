//! What is decided in a case and what the checks found: nothing personal, for programs.

use super::subject::Subject;
use crate::app::App;
use crate::error::Error;
use domain::access::{Action, Actor};
use domain::check::Check;
use domain::id::ApplicationId;
use domain::reason::Item;

/// What a decision must speak of, and what is known already.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// The items to be marked, in order.
    pub items: Vec<Item>,
    /// The checks of the latest run.
    pub checks: Vec<Check>,
}

/// The findings of a case.
pub async fn findings(app: &App, actor: &Actor, id: ApplicationId) -> Result<Findings, Error> {
    let case = super::load(app, actor, Action::SeeCase, id).await?;
    let subject = Subject::open(app, case).await?;
    Ok(Findings { items: subject.items(), checks: subject.checks })
}
