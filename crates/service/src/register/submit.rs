//! Sending an application, once; taking it back; going on with it.

use super::load::load;
use super::stage::stage_loaded;
use super::view::view;
use crate::app::App;
use crate::error::Error;
use crate::retry;
use domain::access::{Action, Actor};
use domain::application::form::{FormRefusal, Problem};
use domain::application::{Event, State};
use domain::id::ApplicationId;
use domain::promise::Promise;
use store::{Batch, CommitError};

/// What the applicant gets for sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// It was sent, now or before: pressing twice gives the same answer.
    Sent {
        /// The receipt.
        reference: String,
        /// The promise.
        promise: Promise,
    },
    /// Something is missing; nothing was sent.
    Incomplete(Vec<Problem>),
}

/// Sends the application, or the update that was asked for.
pub async fn submit(app: &App, actor: &Actor, id: ApplicationId) -> Result<Submitted, Error> {
    let _handing_in = app.memory.intake.hand_in();
    retry(|| async {
        let loaded = load(app, actor, Action::ChangeApplication, id).await?;
        let facts = &loaded.application.facts;
        let event = match (facts.state, facts.promise) {
            (State::Draft, _) => Event::Submitted,
            (State::NeedsUpdate, _) => Event::UpdateSent,
            // Sent before: the same answer again.
            (state, Some(promise)) if state.is_ours() => {
                let reference = loaded.application.reference.clone();
                return Ok(Submitted::Sent { reference, promise });
            }
            _ => Event::Submitted,
        };
        if loaded.application.facts.state.is_editable() {
            let seen = view(app, load(app, actor, Action::ChangeApplication, id).await?).await?;
            if !seen.is_complete {
                return Ok(Submitted::Incomplete(missing(&seen)));
            }
        }
        let mut batch = Batch::new(app.now());
        let staged = stage_loaded(app, &mut batch, loaded, &event, actor, &[]).await?;
        match app.store.db.commit(batch).await {
            Ok(()) => {}
            Err(CommitError::Duplicate("application.claim_number")) => {
                let taken = Problem::of("number", &FormRefusal::NumberInProgress);
                return Ok(Submitted::Incomplete(vec![taken]));
            }
            Err(error) => return Err(error.into()),
        }
        let application = &staged.loaded.application;
        let promise = application.facts.promise.ok_or(Error::Conflict)?;
        Ok(Submitted::Sent { reference: application.reference.clone(), promise })
    })
    .await
}

fn missing(seen: &super::View) -> Vec<Problem> {
    let mut problems: Vec<Problem> =
        seen.sections.iter().flat_map(|section| section.problems.clone()).collect();
    if seen.facts.state == State::NeedsUpdate {
        for item in seen.redo.iter().filter(|item| !item.is_done) {
            problems.push(Problem::of(item.item.code(), &FormRefusal::PhotoRedo));
        }
    }
    problems
}

/// Takes the application back. What was entered is kept for a while.
pub async fn withdraw(app: &App, actor: &Actor, id: ApplicationId) -> Result<(), Error> {
    act(app, actor, id, &Event::Withdrawn).await
}

/// Goes on with a withdrawn or expired application: it is a draft again, with everything in it.
pub async fn reopen(app: &App, actor: &Actor, id: ApplicationId) -> Result<(), Error> {
    act(app, actor, id, &Event::Reopened).await
}

pub(super) async fn act(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    event: &Event,
) -> Result<(), Error> {
    retry(|| async {
        let loaded = load(app, actor, Action::ChangeApplication, id).await?;
        let mut batch = Batch::new(app.now());
        stage_loaded(app, &mut batch, loaded, event, actor, &[]).await?;
        Ok(app.store.db.commit(batch).await?)
    })
    .await
}
