use super::approve;
use super::claim::audit;
use super::subject::Subject;
use crate::App;
use crate::error::Error;
use crate::register;
use crate::retry;
use crate::work::Next;
use domain::access::Actor;
use domain::application::Event;
use domain::application::form::FormRefusal;
use domain::id::ApplicationId;
use domain::reason::{Item, Reason};
use domain::refusal::Refusal as _;
use domain::review::{Opinion, Stage, Verdict, merge};
use domain::time::At;
use store::review::{Case, Given};
use store::{Batch, CommitError};

/// Lets a decision take effect once it can no longer be taken back: asks for the second look, hands
/// a disagreement to a lead, or moves the application. Safe to repeat; if the decision was taken
/// back meanwhile, it does nothing.
pub async fn settle(app: &App, id: ApplicationId) -> Result<Next, Error> {
    retry(|| async {
        let (db, at) = (&app.store.db, app.now());
        let Some(case) = Case::load(db, id).await? else { return Ok(Next::Done) };
        let (Some(pending_id), Some(settle_at)) = (case.pending_id, case.settle_at) else {
            return Ok(Next::Done);
        };
        if at < settle_at {
            return Ok(Next::At(settle_at));
        }
        let effective_at = effective_from(app, &case).await?;
        if at < effective_at {
            return Ok(Next::At(effective_at));
        }
        let given = Given::list(db, id).await?;
        let pending = given.iter().find(|given| given.id == pending_id);
        let pending = pending.ok_or_else(|| Error::fault("a pending opinion is missing"))?;
        match what_follows(&case, pending, &given) {
            Follow::SecondLook => second_look(app, &case, pending).await?,
            Follow::Lead => to_lead(app, &case, pending, "looks differ").await?,
            Follow::Apply(opinion) => apply(app, case, pending, &opinion).await?,
        }
        Ok(Next::Done)
    })
    .await
}

/// Before this instant nothing takes effect: who was told of a request can still stop it.
async fn effective_from(app: &App, case: &Case) -> Result<At, Error> {
    let row = store::application::load(&app.store.db, case.application_id).await?;
    let asked_at = row.and_then(|row| row.facts.promise).map(|promise| promise.counted_from);
    let Some(asked_at) = asked_at else { return Ok(app.now()) };
    let policy = crate::policy::of(app, case.operator_id, app.now()).await?;
    Ok(domain::number::effective_from(case.kind, asked_at, &policy))
}

enum Follow {
    SecondLook,
    Lead,
    Apply(Opinion),
}

fn what_follows(case: &Case, pending: &Given, given: &[Given]) -> Follow {
    match case.stage {
        Stage::First if !pending.second_rules.is_empty() => Follow::SecondLook,
        Stage::First | Stage::Lead => Follow::Apply(pending.opinion.clone()),
        Stage::Second => {
            let first = given.iter().rev().find(|given| {
                given.stage == Stage::First
                    && given.round == case.round
                    && given.settled_at.is_some()
            });
            match first.and_then(|first| merge(&first.opinion, &pending.opinion)) {
                Some(merged) => Follow::Apply(merged),
                None => Follow::Lead,
            }
        }
    }
}

/// The case with the pending decision gone.
fn decided(case: &Case, is_open: bool, stage: Stage) -> Case {
    let preferred = if is_open { None } else { case.preferred };
    Case { pending_id: None, settle_at: None, is_open, stage, preferred, ..case.clone() }
}

async fn second_look(app: &App, case: &Case, pending: &Given) -> Result<(), Error> {
    let mut batch = Batch::new(app.now());
    pending.settle(&mut batch);
    decided(case, true, Stage::Second).save(&mut batch);
    audit(&mut batch, &Actor::System, case, "review.second_look");
    let (id, event) = (case.application_id, Event::SecondCheckAsked);
    register::stage(app, &mut batch, id, &event, &Actor::System).await?;
    Ok(app.store.db.commit(batch).await?)
}

async fn to_lead(app: &App, case: &Case, pending: &Given, why: &str) -> Result<(), Error> {
    tracing::info!(application = %case.application_id, why, "a case goes to a lead");
    let mut batch = Batch::new(app.now());
    pending.settle(&mut batch);
    decided(case, true, Stage::Lead).save(&mut batch);
    audit(&mut batch, &Actor::System, case, "review.to_lead");
    Ok(app.store.db.commit(batch).await?)
}

async fn apply(app: &App, case: Case, pending: &Given, opinion: &Opinion) -> Result<(), Error> {
    match opinion.verdict {
        Verdict::Approve => approve_or_explain(app, case, pending).await,
        Verdict::AskAgain | Verdict::Refuse => {
            close(app, &case, pending, &event_of(opinion), &regions(opinion)).await
        }
    }
}

/// Approves, unless the number cannot be given: at the cap the application is refused with that
/// reason, which can be appealed; anything else is for a lead.
async fn approve_or_explain(app: &App, case: Case, pending: &Given) -> Result<(), Error> {
    let subject = Subject::open(app, case).await?;
    let case = &subject.case;
    let mut batch = Batch::new(app.now());
    pending.settle(&mut batch);
    decided(case, false, case.stage).save(&mut batch);
    audit(&mut batch, &Actor::System, case, "review.approve");
    match approve::stage(app, &mut batch, &subject).await {
        Ok(()) => match app.store.db.commit(batch).await {
            // Another application has the number by now; the appeal cannot bring its own back.
            Err(CommitError::Duplicate(_)) if subject.application.appeal_of.is_some() => {
                to_lead(app, case, pending, FormRefusal::NumberInProgress.code()).await
            }
            committed => Ok(committed?),
        },
        Err(Error::Refused(refused)) if refused.code == CAP_REACHED => {
            let event = Event::Rejected { reasons: vec![Reason::E2] };
            close(app, case, pending, &event, &[]).await
        }
        Err(Error::Refused(refused)) => {
            if case.stage == Stage::Lead {
                tracing::warn!(application = %case.application_id, refused.code, "not approved");
            }
            to_lead(app, case, pending, refused.code).await
        }
        Err(error) => Err(error),
    }
}

/// The code of [`domain::number::NumberRefusal::CapReached`].
const CAP_REACHED: &str = "number.cap_reached";

async fn close(
    app: &App,
    case: &Case,
    pending: &Given,
    event: &Event,
    regions: &[(Item, String)],
) -> Result<(), Error> {
    let mut batch = Batch::new(app.now());
    pending.settle(&mut batch);
    decided(case, false, case.stage).save(&mut batch);
    audit(&mut batch, &Actor::System, case, "review.settle");
    let id = case.application_id;
    register::stage_marked(app, &mut batch, id, event, &Actor::System, regions).await?;
    Ok(app.store.db.commit(batch).await?)
}

/// What an opinion makes of the application if it stands.
pub(super) fn event_of(opinion: &Opinion) -> Event {
    match opinion.verdict {
        Verdict::Approve => Event::Approved,
        Verdict::AskAgain => Event::UpdateAsked { redo: opinion.redo() },
        Verdict::Refuse => Event::Rejected { reasons: opinion.refusal_reasons() },
    }
}

fn regions(opinion: &Opinion) -> Vec<(Item, String)> {
    let region = |mark: &domain::review::Mark| Some((mark.item, mark.region?.to_text()));
    opinion.marks.iter().filter_map(region).collect()
}

#[cfg(test)]
mod tests {
    use super::CAP_REACHED;
    use domain::number::NumberRefusal;
    use domain::refusal::Refusal as _;

    #[test]
    fn the_code_of_the_cap_is_the_domain_s() {
        assert_eq!(NumberRefusal::CapReached { limit: 5 }.code(), CAP_REACHED);
    }
}
