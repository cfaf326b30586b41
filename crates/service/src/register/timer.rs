//! What happens by itself: deadlines, the network's confirmation, a newer calendar.

use super::load::complete;
use super::stage::{stage, stage_loaded};
use crate::app::App;
use crate::error::Error;
use crate::retry;
use crate::work::Next;
use domain::access::Actor;
use domain::application::{Event, State};
use domain::id::{ApplicationId, OperatorId};
use store::Batch;
use store::application::Application;

/// The timer of an application fell due, or was moved meanwhile: then it waits again.
pub async fn run_timer(app: &App, id: ApplicationId) -> Result<Next, Error> {
    retry(|| async {
        let Some(row) = store::application::load(&app.store.db, id).await? else {
            return Ok(Next::Done);
        };
        let loaded = complete(app, row).await?;
        let Some(due_at) = loaded.application.facts.due_at(&loaded.terms) else {
            return Ok(Next::Done);
        };
        if app.now() < due_at {
            return Ok(Next::At(due_at));
        }
        let mut batch = Batch::new(app.now());
        let event = Event::DeadlinePassed;
        let staged = stage_loaded(app, &mut batch, loaded, &event, &Actor::System, &[]).await?;
        app.store.db.commit(batch).await?;
        let after = &staged.loaded;
        let next = after.application.facts.due_at(&after.terms);
        Ok(next.map_or(Next::Done, Next::At))
    })
    .await
}

/// A draft will soon be deleted: its applicant is told, unless it was sent or moved meanwhile.
pub async fn warn_of_draft(app: &App, id: ApplicationId) -> Result<Next, Error> {
    let Some(row) = store::application::load(&app.store.db, id).await? else {
        return Ok(Next::Done);
    };
    let Some(warned_at) = row.facts.draft_warned_at() else { return Ok(Next::Done) };
    if app.now() < warned_at {
        return Ok(Next::At(warned_at));
    }
    let loaded = complete(app, row).await?;
    let mut batch = Batch::new(app.now());
    super::stage::warn(app, &mut batch, &loaded).await?;
    app.store.db.commit(batch).await?;
    Ok(Next::Done)
}

/// The network confirmed that the number works.
pub async fn run_ready(app: &App, id: ApplicationId) -> Result<Next, Error> {
    retry(|| async {
        let Some(row) = store::application::load(&app.store.db, id).await? else {
            return Ok(Next::Done);
        };
        if row.facts.state != State::Approved {
            return Ok(Next::Done);
        }
        let mut batch = Batch::new(app.now());
        stage(app, &mut batch, id, &Event::NetworkConfirmed, &Actor::System).await?;
        app.store.db.commit(batch).await?;
        Ok(Next::Done)
    })
    .await
}

/// Counts the provisional promises of an operator again after an import; how many are confirmed as
/// they were, and how many moved (their applicants are told).
pub async fn recount(app: &App, operator_id: OperatorId) -> Result<(u64, u64), Error> {
    let (mut confirmed, mut moved) = (0, 0);
    let mut after = None;
    loop {
        let db = &app.store.db;
        let ids = store::application::provisional(db, operator_id, after, PAGE).await?;
        let Some(last) = ids.last() else { return Ok((confirmed, moved)) };
        after = Some(*last);
        for id in ids {
            match retry(|| recount_one(app, id)).await? {
                Some(true) => moved += 1,
                Some(false) => confirmed += 1,
                None => {}
            }
        }
    }
}

/// Applications looked at in one page.
const PAGE: i64 = 200;

/// Whether the promise moved; `None` if it is not open or still provisional as it was.
async fn recount_one(app: &App, id: ApplicationId) -> Result<Option<bool>, Error> {
    let Some(row) = store::application::load(&app.store.db, id).await? else { return Ok(None) };
    if !row.facts.state.is_ours() {
        return Ok(None);
    }
    let before = row.facts.promise;
    let loaded = complete(app, row).await?;
    let mut batch = Batch::new(app.now());
    let event = Event::CalendarImported;
    let staged = stage_loaded(app, &mut batch, loaded, &event, &Actor::System, &[]).await?;
    if batch.is_empty() {
        return Ok(None);
    }
    app.store.db.commit(batch).await?;
    let Application { facts, .. } = staged.loaded.application;
    Ok(Some(facts.promise.map(|p| p.due_at) != before.map(|p| p.due_at)))
}
