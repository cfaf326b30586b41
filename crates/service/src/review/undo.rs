use super::claim::audit;
use crate::App;
use crate::error::Error;
use crate::retry;
use domain::access::{Action, Actor};
use domain::id::ApplicationId;
use domain::review::{LEASE_MINUTES, ReviewRefusal, Stage};
use store::Batch;
use store::review::{Case, Desk, Given};

/// Takes one's own decision back before it takes effect. The case comes back on the desk, or if
/// another one lies there by now, to the front of this person's queue.
pub async fn undo(app: &App, actor: &Actor, id: ApplicationId) -> Result<(), Error> {
    retry(|| async {
        let (db, at) = (&app.store.db, app.now());
        let case = Case::load(db, id).await?.ok_or(Error::NotFound)?;
        crate::access::require(actor, Action::UndoDecision, Some(case.operator_id))?;
        let opinions = Given::list(db, id).await?;
        let pending = opinions.into_iter().find(|given| Some(given.id) == case.pending_id);
        let is_mine = |given: &Given| given.actor == actor.audit_name();
        let is_early = case.settle_at.is_some_and(|settle_at| at < settle_at);
        let Some(pending) = pending.filter(|given| is_mine(given) && is_early) else {
            return Err(ReviewRefusal::TooLateToUndo.into());
        };
        let mut batch = Batch::new(at);
        pending.undo(&mut batch);
        let mut changed = Case { pending_id: None, settle_at: None, ..case.clone() };
        match case.stage {
            Stage::First => changed.first_by = None,
            Stage::Second => changed.second_by = None,
            Stage::Lead => {}
        }
        changed.preferred = actor.staff_id();
        if let Some(staff_id) = actor.staff_id() {
            let desk = Desk::load(db, staff_id).await?;
            if desk.held(at).is_none() {
                let until = at.plus_minutes(LEASE_MINUTES);
                desk.put(&mut batch, Some(id), until);
                changed.claimed_by = Some(staff_id);
                changed.lease_until = Some(until);
            }
        }
        changed.save(&mut batch);
        audit(&mut batch, actor, &case, "review.undo");
        Ok(db.commit(batch).await?)
    })
    .await
}
