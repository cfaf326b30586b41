//! Reviewing: the queue, one case at a time on a reviewer's desk, decisions that can be taken back
//! for a minute, the blind second look, and what follows once a decision stands.
//!
//! A decision is stored at once and takes effect a minute later ([`settle`], a job), so that
//! taking it back needs no undoing: nothing has happened yet. See decision record 0036.

mod approve;
mod board;
mod claim;
mod decide;
mod findings;
mod image;
mod looked;
mod preview;
mod queue;
mod settle;
mod subject;
mod undo;
mod view;

pub(crate) use approve::stage_by_machine as approve_by_machine;
pub use board::{Board, BoardRow, board};
pub use claim::{claim, claim_next, reassign, release, renew};
pub use decide::{Decide, Decided, SETTLE, decide};
pub use findings::{Findings, findings};
pub use image::{ImageRequest, image};
pub use looked::{Looked, looked};
pub use preview::{Preview, preview};
pub use queue::{Queue, QueueFilter, QueueRow, queue};
pub use settle::settle;
pub use store::application::Event;
pub(crate) use subject::{ADULT_AGE, draw};
pub use undo::undo;
pub use view::{CaseView, Compared, Content, Field, Past, Photo, Standing, Typed, result_of, view};

use crate::App;
use crate::error::Error;
use domain::access::{Action, Actor, Hands};
use domain::id::ApplicationId;
use store::review::Case;

/// The case of an application of the actor's operator, for `action`.
async fn load(app: &App, actor: &Actor, action: Action, id: ApplicationId) -> Result<Case, Error> {
    let case = Case::load(&app.store.db, id).await?.ok_or(Error::NotFound)?;
    crate::access::require_review(actor, action, case.operator_id, &hands(&case))?;
    Ok(case)
}

fn hands(case: &Case) -> Hands {
    Hands { taken_by: case.taken_by, first_by: case.first_by, second_by: case.second_by }
}
