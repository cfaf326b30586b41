use super::claim::{audit, clear_desk};
use super::subject::Subject;
use crate::App;
use crate::error::Error;
use crate::retry;
use domain::access::Actor;
use domain::id::{ApplicationId, ReviewId};
use domain::review::{Opinion, ReviewRefusal, SecondRule, Stage, second_rules};
use domain::time::At;
use seal::{Place, Sensitive};
use store::review::{Case, Given};
use store::{Batch, Job};

/// The job that lets a decision take effect.
pub const SETTLE: &str = "review.settle";

/// Characters of a note for colleagues.
const NOTE_LEN_MAX: usize = 1000;

/// A decision on a claimed case.
#[derive(Clone, Debug)]
pub struct Decide {
    /// Which case.
    pub application_id: ApplicationId,
    /// What was found and should become of it.
    pub opinion: Opinion,
    /// For colleagues, never for the applicant.
    pub note: Sensitive<String>,
    /// The stamp of the page it was decided on; a decision on an older state is refused. Programs
    /// that made no page leave it out.
    pub stamp: Option<String>,
}

/// A decision that was stored.
#[derive(Clone, Debug)]
pub struct Decided {
    /// Which.
    pub review_id: ReviewId,
    /// When it takes effect unless it is taken back.
    pub settle_at: At,
    /// Why a second person will look; empty if nobody will.
    pub second_rules: Vec<SecondRule>,
}

/// Stores a decision. It takes effect after the time in which it can be taken back; what the
/// opinion contradicts is refused, and so is a decision on a case that is no longer in this
/// person's hands or has changed since the page was made.
pub async fn decide(app: &App, actor: &Actor, input: Decide) -> Result<Decided, Error> {
    retry(|| async {
        let case = Case::load(&app.store.db, input.application_id).await?.ok_or(Error::NotFound)?;
        let hands = super::hands(&case);
        crate::access::require_review(actor, case.stage.action(), case.operator_id, &hands)?;
        if let Some(decided) = already(app, actor, &input.opinion, &case).await? {
            return Ok(decided);
        }
        let subject = Subject::open(app, case).await?;
        check_hands(&subject.case, actor, app.now())?;
        if input.stamp.as_ref().is_some_and(|stamp| *stamp != subject.stamp()) {
            return Err(ReviewRefusal::StaleForm.into());
        }
        input.opinion.check(&subject.items())?;
        commit(app, actor, &input, &subject).await
    })
    .await
}

/// The decision that this actor made already, if it is asked for once more: whoever was not
/// answered, because a machine died after the commit, decides again, and must not hear that
/// somebody else did.
async fn already(
    app: &App,
    actor: &Actor,
    opinion: &Opinion,
    case: &Case,
) -> Result<Option<Decided>, Error> {
    if case.is_open && case.pending_id.is_none() {
        return Ok(None);
    }
    let given = Given::list(&app.store.db, case.application_id).await?;
    let newest = given.into_iter().rfind(|given| given.undone_at.is_none());
    let own = newest.filter(|given| {
        given.round == case.round
            && given.actor == actor.audit_name()
            && given.staff_id == actor.staff_id()
            && given.opinion == *opinion
    });
    Ok(own.map(|given| Decided {
        review_id: given.id,
        settle_at: given.settle_at,
        second_rules: given.second_rules,
    }))
}

/// Refuses unless the case waits for this actor's decision.
pub(super) fn check_hands(case: &Case, actor: &Actor, at: At) -> Result<(), ReviewRefusal> {
    if !case.is_open || case.pending_id.is_some() {
        return Err(ReviewRefusal::DecidedByOther);
    }
    let is_held = case.lease_until.is_some_and(|until| at < until);
    match (case.claimed_by, actor.staff_id()) {
        (Some(holder), Some(staff_id)) if holder == staff_id => Ok(()),
        (Some(_), _) if is_held => Err(ReviewRefusal::ClaimedByOther),
        (_, Some(_)) => Err(ReviewRefusal::NotClaimed),
        // A program claims nothing; it may decide what nobody works on.
        (_, None) => Ok(()),
    }
}

async fn commit(
    app: &App,
    actor: &Actor,
    input: &Decide,
    subject: &Subject,
) -> Result<Decided, Error> {
    let (at, case) = (app.now(), &subject.case);
    let id = case.application_id;
    let rules = match case.stage {
        Stage::First => {
            let facts = subject.second_facts(app, input.opinion.verdict, at);
            second_rules(&facts, &subject.policy.second_check)
        }
        Stage::Second | Stage::Lead => Vec::new(),
    };
    let settle_at = at.plus_millis(*subject.policy.application.undo_seconds * 1000);
    let review_id: ReviewId = crate::id::new(at);
    let mut batch = Batch::new(at);
    Given {
        id: review_id,
        application_id: id,
        operator_id: case.operator_id,
        round: case.round,
        stage: case.stage,
        actor: actor.audit_name(),
        staff_id: actor.staff_id(),
        opinion: input.opinion.clone(),
        second_rules: rules.clone(),
        policy: subject.policy.label(),
        note: seal_note(subject, review_id, &input.note),
        decided_at: at,
        settle_at,
        undone_at: None,
        settled_at: None,
    }
    .insert(&mut batch);
    let mut changed = Case {
        claimed_by: None,
        lease_until: None,
        pending_id: Some(review_id),
        settle_at: Some(settle_at),
        ..case.clone()
    };
    match case.stage {
        Stage::First => changed.first_by = actor.staff_id(),
        Stage::Second => changed.second_by = actor.staff_id(),
        Stage::Lead => {}
    }
    changed.save(&mut batch);
    if let Some(staff_id) = actor.staff_id() {
        clear_desk(app, &mut batch, staff_id, id).await?;
    }
    audit(&mut batch, actor, case, "review.decide");
    let payload = serde_json::json!({ "application_id": id });
    batch.job(Job { kind: SETTLE, key: id.to_string(), payload, run_at: settle_at });
    app.store.db.commit(batch).await?;
    Ok(Decided { review_id, settle_at, second_rules: rules })
}

fn seal_note(subject: &Subject, id: ReviewId, note: &Sensitive<String>) -> Option<Vec<u8>> {
    let text: String = note.expose().trim().chars().take(NOTE_LEN_MAX).collect();
    (!text.is_empty()).then(|| subject.key.seal(text.as_bytes(), &note_place(id)))
}

/// Where a note lives.
pub(super) fn note_place(id: ReviewId) -> Vec<u8> {
    Place { table: "review_opinion", column: "note", row: &id.to_bytes() }.aad()
}
