use super::queue::{in_order, may_claim, waits_for_other};
use crate::App;
use crate::error::Error;
use crate::retry;
use domain::access::{Action, Actor};
use domain::id::{ApplicationId, StaffId};
use domain::review::{LEASE_MINUTES, ReviewRefusal, ViewReason};
use domain::time::At;
use store::review::{Case, Desk};
use store::{AuditEntry, Batch};

/// Takes a case for ten minutes, which every action on it renews. One case at a time: whoever has
/// another one open finishes it or puts it back first.
pub async fn claim(app: &App, actor: &Actor, id: ApplicationId) -> Result<(), Error> {
    let staff_id = staff(actor)?;
    retry(|| async {
        let case = super::load(app, actor, Action::ClaimCase, id).await?;
        crate::access::require_review(
            actor,
            case.stage.action(),
            case.operator_id,
            &super::hands(&case),
        )?;
        let desk = Desk::load(&app.store.db, staff_id).await?;
        take(app, actor, case, desk).await
    })
    .await
}

/// Takes the next case for this person: his own returned ones first, then by promise date.
pub async fn claim_next(app: &App, actor: &Actor) -> Result<ApplicationId, Error> {
    let staff_id = staff(actor)?;
    crate::access::require(actor, Action::ClaimCase, None)?;
    let operator_id = actor.operator_id().ok_or(Error::NotFound)?;
    retry(|| async {
        let (db, at) = (&app.store.db, app.now());
        let desk = Desk::load(db, staff_id).await?;
        if let Some(held) = desk.held(at) {
            return Ok(held);
        }
        let cases = in_order(db, actor, operator_id).await?;
        let is_free = |case: &&Case| may_claim(case, actor, at) && case.claimed_by.is_none();
        let is_expired = |case: &&Case| may_claim(case, actor, at);
        let next = cases
            .iter()
            .filter(|case| !waits_for_other(case, actor, at))
            .find(is_free)
            .or_else(|| cases.iter().find(is_expired));
        let next = next.cloned().ok_or(ReviewRefusal::QueueEmpty)?;
        let id = next.application_id;
        take(app, actor, next, desk).await.map(|()| id)
    })
    .await
}

/// Holds the claimed case for another ten minutes; whoever lost it is told.
pub async fn renew(app: &App, actor: &Actor, id: ApplicationId) -> Result<At, Error> {
    let staff_id = staff(actor)?;
    retry(|| async {
        let case = super::load(app, actor, Action::ClaimCase, id).await?;
        if case.claimed_by != Some(staff_id) {
            return Err(ReviewRefusal::NotClaimed.into());
        }
        let until = app.now().plus_minutes(LEASE_MINUTES);
        // Once a minute is enough, and a page with many images asks many times.
        if case.lease_until.is_some_and(|lease| until.millis() - lease.millis() < 60_000) {
            return Ok(until);
        }
        let desk = Desk::load(&app.store.db, staff_id).await?;
        let mut batch = Batch::new(app.now());
        case.renew(&mut batch, until);
        desk.put(&mut batch, Some(id), until);
        app.store.db.commit(batch).await?;
        Ok(until)
    })
    .await
}

/// Puts the claimed case back.
pub async fn release(app: &App, actor: &Actor, id: ApplicationId) -> Result<(), Error> {
    let staff_id = staff(actor)?;
    retry(|| async {
        let case = super::load(app, actor, Action::ClaimCase, id).await?;
        if case.claimed_by != Some(staff_id) {
            return Err(ReviewRefusal::NotClaimed.into());
        }
        let mut batch = Batch::new(app.now());
        Case { claimed_by: None, lease_until: None, ..case.clone() }.save(&mut batch);
        clear_desk(app, &mut batch, staff_id, id).await?;
        audit(&mut batch, actor, &case, "review.release");
        Ok(app.store.db.commit(batch).await?)
    })
    .await
}

/// Gives a case to someone of the same operator, or back to the queue: for leads.
pub async fn reassign(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    to: Option<StaffId>,
) -> Result<(), Error> {
    retry(|| async {
        let case = super::load(app, actor, Action::ReassignCase, id).await?;
        if !case.is_open || case.pending_id.is_some() {
            return Err(ReviewRefusal::DecidedByOther.into());
        }
        if let Some(to) = to {
            // Someone of another operator does not exist here.
            crate::staff::name_of(app, case.operator_id, to).await?.ok_or(Error::NotFound)?;
        }
        let mut batch = Batch::new(app.now());
        let changed = Case { claimed_by: None, lease_until: None, preferred: to, ..case.clone() };
        changed.save(&mut batch);
        if let Some(holder) = case.claimed_by {
            clear_desk(app, &mut batch, holder, id).await?;
        }
        audit(&mut batch, actor, &case, "review.reassign");
        Ok(app.store.db.commit(batch).await?)
    })
    .await
}

async fn take(app: &App, actor: &Actor, case: Case, desk: Desk) -> Result<(), Error> {
    let at = app.now();
    if !case.is_open || case.pending_id.is_some() {
        return Err(ReviewRefusal::DecidedByOther.into());
    }
    if !may_claim(&case, actor, at) {
        return Err(ReviewRefusal::ClaimedByOther.into());
    }
    let id = case.application_id;
    if desk.held(at).is_some_and(|held| held != id) {
        return Err(ReviewRefusal::OtherCaseOpen.into());
    }
    let until = at.plus_minutes(LEASE_MINUTES);
    let mut batch = Batch::new(at);
    let claimed_by = actor.staff_id();
    Case { claimed_by, lease_until: Some(until), ..case.clone() }.save(&mut batch);
    desk.put(&mut batch, Some(id), until);
    audit(&mut batch, actor, &case, "review.claim");
    Ok(app.store.db.commit(batch).await?)
}

/// Takes the case off this person's desk, if it lies there.
pub(super) async fn clear_desk(
    app: &App,
    batch: &mut Batch,
    staff_id: StaffId,
    id: ApplicationId,
) -> Result<(), Error> {
    let desk = Desk::load(&app.store.db, staff_id).await?;
    if desk.application_id == Some(id) {
        desk.put(batch, None, app.now());
    }
    Ok(())
}

/// The entry for a change of the case `before`.
pub(super) fn audit(batch: &mut Batch, actor: &Actor, before: &Case, action: &str) {
    let at = batch.at();
    batch.audit(AuditEntry {
        operator_id: before.operator_id,
        subject: format!("case:{}", before.application_id),
        subject_version: before.step + 1,
        actor: actor.audit_name(),
        action: action.to_owned(),
        detail_json: serde_json::json!({ "stage": before.stage, "round": before.round })
            .to_string(),
        at,
    });
}

/// Claims are a person's.
fn staff(actor: &Actor) -> Result<StaffId, Error> {
    actor.staff_id().ok_or_else(|| domain::access::AccessRefusal::NotYourRole.into())
}

/// The entry for opening the content of a case without a claim.
pub(super) async fn audit_view(
    app: &App,
    actor: &Actor,
    case: &Case,
    why: ViewReason,
) -> Result<(), Error> {
    let detail = serde_json::json!({ "application": case.application_id, "why": why.code() });
    view_entry(app, actor, case, "review.view", &detail).await
}

/// The entry for looking at an image.
pub(super) async fn audit_image(
    app: &App,
    actor: &Actor,
    case: &Case,
    blob_id: domain::id::BlobId,
    why: ViewReason,
) -> Result<(), Error> {
    let detail = serde_json::json!({
        "application": case.application_id,
        "image": blob_id,
        "why": why.code(),
    });
    view_entry(app, actor, case, "review.view_image", &detail).await
}

/// Views change nothing; they are counted by themselves, so that the applicant can read them and
/// none can be lost.
async fn view_entry(
    app: &App,
    actor: &Actor,
    case: &Case,
    action: &str,
    detail: &serde_json::Value,
) -> Result<(), Error> {
    let subject = super::looked::subject(case.application_id);
    retry(|| async {
        let last = super::looked::entries(app, case.operator_id, &subject, 1).await?;
        let last = last.first().map_or(0, |stored| stored.entry.subject_version);
        let mut batch = Batch::new(app.now());
        batch.audit(AuditEntry {
            operator_id: case.operator_id,
            subject: subject.clone(),
            subject_version: last + 1,
            actor: actor.audit_name(),
            action: action.to_owned(),
            detail_json: detail.to_string(),
            at: batch.at(),
        });
        Ok(app.store.db.commit(batch).await?)
    })
    .await
}
