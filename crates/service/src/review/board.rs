use super::queue::{QueueRow, row};
use crate::App;
use crate::error::Error;
use domain::access::{Action, Actor};
use domain::id::StaffId;
use domain::review::Stage;
use seal::Sensitive;
use store::application::check::agreement;
use store::review::{Case, Count};
use store::staff::Staff;

/// A promise is at risk when it ends within so many hours of work.
const AT_RISK_HOURS: i64 = 4;

/// So far back goes the measure of the machine.
const AGREEMENT_DAYS: i64 = 90;

/// What a lead watches.
#[derive(Clone, Debug)]
pub struct Board {
    /// How many wait, by kind and stage.
    pub counts: Vec<Count>,
    /// Cases whose promise ends soon or has ended.
    pub at_risk: Vec<BoardRow>,
    /// Cases on which two reviewers differ.
    pub disagreements: Vec<BoardRow>,
    /// Of what the machine would have approved in the last ninety days: how much people approved,
    /// and how much they decided.
    pub agreement: (i64, i64),
    /// To whom a case can be given.
    pub reviewers: Vec<(StaffId, Sensitive<String>)>,
}

/// One case on the board.
#[derive(Clone, Debug)]
pub struct BoardRow {
    /// As in the queue.
    pub row: QueueRow,
    /// On whose desk it lies.
    pub holder: Option<Sensitive<String>>,
}

/// The board of the actor's operator. Four working hours of a promise that ends at closing time
/// are the same as four hours by the clock; overnight the board is simply earlier.
pub async fn board(app: &App, actor: &Actor) -> Result<Board, Error> {
    crate::access::require(actor, Action::SeeBoard, None)?;
    let operator_id = actor.operator_id().ok_or(Error::NotFound)?;
    let (store, at, db) = (&app.store, app.now(), app.store.db.reports());
    let staff = Staff::of_operator(&store.db, &store.keys, operator_id).await?;
    let until = at.plus_minutes(AT_RISK_HOURS * 60);
    let at_risk = Case::at_risk(&db, operator_id, until).await?;
    let disagreements = Case::of_stage(&db, operator_id, Stage::Lead).await?;
    let reviewers = staff.iter().filter(|person| {
        person.disabled_at.is_none()
            && person.roles.iter().any(|role| Action::DecideCase.is_for(*role))
    });
    Ok(Board {
        agreement: agreement(&db, operator_id, at.plus_days(-AGREEMENT_DAYS)).await?,
        counts: Case::counts(&db, operator_id).await?,
        at_risk: rows(app, actor, &at_risk, &staff).await?,
        disagreements: rows(app, actor, &disagreements, &staff).await?,
        reviewers: reviewers.map(|person| (person.id, person.name.clone())).collect(),
    })
}

async fn rows(
    app: &App,
    actor: &Actor,
    cases: &[Case],
    staff: &[Staff],
) -> Result<Vec<BoardRow>, Error> {
    let mut rows = Vec::new();
    for case in cases {
        let application = store::application::load(&app.store.db, case.application_id).await?;
        let reference = application.map(|application| application.reference).unwrap_or_default();
        let row = row(case, actor, app.now(), reference);
        let holder = staff.iter().find(|person| Some(person.id) == row.claimed_by);
        rows.push(BoardRow { holder: holder.map(|person| person.name.clone()), row });
    }
    Ok(rows)
}
