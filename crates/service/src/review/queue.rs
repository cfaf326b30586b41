use crate::App;
use crate::error::Error;
use domain::access::{Action, Actor, Decision, can_review};
use domain::application::Kind;
use domain::id::{ApplicationId, OperatorId, StaffId};
use domain::review::{Place, Stage};
use domain::time::At;
use store::review::{Case, Count, Desk};

/// A case that came back waits so long for whoever looked at it before.
const PREFERRED_MINUTES: i64 = 60;

/// Rows on a page: nobody works further down.
const SHOWN_MAX: usize = 50;

/// Which cases to show.
#[derive(Clone, Copy, Debug, Default)]
pub struct QueueFilter {
    /// Of this kind only.
    pub kind: Option<Kind>,
    /// At this stage only.
    pub stage: Option<Stage>,
}

/// The queue as one person sees it.
#[derive(Clone, Debug)]
pub struct Queue {
    /// How many wait, by kind and stage.
    pub counts: Vec<Count>,
    /// The cases of the filter, in order.
    pub rows: Vec<QueueRow>,
    /// The case on the person's desk.
    pub mine: Option<ApplicationId>,
}

/// One case in the queue.
#[derive(Clone, Debug)]
pub struct QueueRow {
    /// Which.
    pub application_id: ApplicationId,
    /// Six characters that a person can read out.
    pub reference: String,
    /// What is asked for.
    pub kind: Kind,
    /// Whose turn it is.
    pub stage: Stage,
    /// How often it came before people.
    pub round: i64,
    /// Our promise.
    pub promise_at: At,
    /// Since when it waits.
    pub queued_at: At,
    /// Whether it came back to this person.
    pub is_back_to_me: bool,
    /// On whose desk it lies.
    pub claimed_by: Option<StaffId>,
    /// Whether this person may take it now.
    pub may_claim: bool,
}

/// The queue of the actor's operator, in the order in which this person should work: his own
/// returned cases, then by promise date, then the simplest.
pub async fn queue(app: &App, actor: &Actor, filter: QueueFilter) -> Result<Queue, Error> {
    crate::access::require(actor, Action::SeeQueue, None)?;
    let operator_id = actor.operator_id().ok_or(Error::NotFound)?;
    let (db, at) = (&app.store.db, app.now());
    let cases = in_order(db, actor, operator_id).await?;
    let is_wanted = |case: &Case| {
        filter.kind.is_none_or(|kind| case.kind == kind)
            && filter.stage.is_none_or(|stage| case.stage == stage)
    };
    let mut rows = Vec::new();
    for case in cases.iter().filter(|case| is_wanted(case)).take(SHOWN_MAX) {
        let application = store::application::load(db, case.application_id).await?;
        let reference = application.map(|application| application.reference);
        rows.push(row(case, actor, at, reference.unwrap_or_default()));
    }
    let mine = match actor.staff_id() {
        Some(staff_id) => Desk::load(db, staff_id).await?.held(at),
        None => None,
    };
    Ok(Queue { counts: Case::counts(db, operator_id).await?, rows, mine })
}

/// The open cases of an operator, in the order of this actor.
pub(super) async fn in_order(
    db: &store::Db,
    actor: &Actor,
    operator_id: OperatorId,
) -> Result<Vec<Case>, Error> {
    let mut cases = Case::open(db, operator_id).await?;
    cases.sort_by_key(|case| {
        let is_mine = case.preferred.is_some() && case.preferred == actor.staff_id();
        Place {
            is_front: case.is_front,
            is_mine,
            promise_at: case.promise_at,
            difficulty: case.difficulty,
        }
        .key()
    });
    Ok(cases)
}

/// Whether this actor may take this case now.
pub(super) fn may_claim(case: &Case, actor: &Actor, at: At) -> bool {
    let answer = can_review(actor, case.stage.action(), case.operator_id, &super::hands(case));
    let is_held = case.lease_until.is_some_and(|until| at < until)
        && case.claimed_by.is_some()
        && case.claimed_by != actor.staff_id();
    answer == Decision::Allowed && case.is_open && case.pending_id.is_none() && !is_held
}

/// Whether the case waits for someone else, who looked at it before.
pub(super) fn waits_for_other(case: &Case, actor: &Actor, at: At) -> bool {
    case.preferred.is_some()
        && case.preferred != actor.staff_id()
        && at < case.queued_at.plus_minutes(PREFERRED_MINUTES)
}

pub(super) fn row(case: &Case, actor: &Actor, at: At, reference: String) -> QueueRow {
    QueueRow {
        application_id: case.application_id,
        reference,
        kind: case.kind,
        stage: case.stage,
        round: case.round,
        promise_at: case.promise_at,
        queued_at: case.queued_at,
        is_back_to_me: case.preferred.is_some() && case.preferred == actor.staff_id(),
        claimed_by: case.claimed_by.filter(|_| case.lease_until.is_some_and(|until| at < until)),
        may_claim: may_claim(case, actor, at),
    }
}
