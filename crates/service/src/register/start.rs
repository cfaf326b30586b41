//! Beginning: number and card, and a draft with a reference.

use super::load::complete;
use super::stage::{arm, audit};
use crate::app::App;
use crate::error::Error;
use crate::{id, operator, policy};
use domain::access::{Action, Actor};
use domain::application::form::{Form, FormRefusal, Problem, Section, Who, problems, sim_tail};
use domain::application::{Facts, Kind, Terms};
use domain::id::{ApplicationId, DataKeyId, OperatorId};
use domain::msisdn::Msisdn;
use domain::number::Lifecycle;
use domain::refusal::Refusal;
use domain::sim::Iccid;
use store::application::{Application, guess};
use store::number::NumberRow;
use store::number::sim::{self, SimRow, SimState};
use store::{Batch, CommitError};
use words::Lang;

/// What is needed to begin.
#[derive(Clone, Debug)]
pub struct Begin {
    /// At which operator.
    pub operator_id: OperatorId,
    /// What is asked for.
    pub kind: Kind,
    /// In which language the applicant is told.
    pub lang: Lang,
    /// The applicant's IANA zone, if known.
    pub zone: Option<String>,
    /// The number, as typed.
    pub number: String,
    /// The last six characters of the card, as typed.
    pub sim_tail: String,
}

/// A draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Its id.
    pub id: ApplicationId,
    /// Six characters to read out.
    pub reference: String,
}

/// References drawn before it is given up: with half a million in use, two in a row that are taken
/// happen once in a hundred thousand starts.
const DRAWS_MAX: usize = 8;

/// Begins an application. The pair of number and card need not be right: it is kept as typed, and
/// [`super::open`] says what is wrong with it.
pub async fn start(app: &App, begin: &Begin) -> Result<Begun, Error> {
    draw(app, begin, Beginning::default()).await
}

/// Begins the replacement of a card by an eSIM, for the phone with the chip `eid` if that is not
/// empty. Only the holder who signed in can: there is no card in hand that proves anything, and the
/// number is not changed afterwards.
pub async fn start_esim(
    app: &App,
    actor: &Actor,
    begin: &Begin,
    eid: &str,
) -> Result<Result<Begun, Vec<Problem>>, Error> {
    let msisdn = Msisdn::parse(&begin.number)?;
    crate::number::load(app, actor, Action::ServeNumber, msisdn).await?;
    let is_wanted = begin.kind == Kind::SimReplacement && matches!(actor, Actor::Holder { .. });
    if !(is_wanted && app.smdp.is_connected()) {
        return Err(Error::NotFound);
    }
    let form = Form { is_esim: true, eid: eid.to_owned(), ..Form::default() };
    if let Err(refusal) = form.eid() {
        return Ok(Err(vec![Problem::of("eid", &refusal)]));
    }
    draw(app, begin, Beginning { eid: Some(eid), ..Beginning::default() }).await.map(Ok)
}

async fn draw(app: &App, begin: &Begin, beginning: Beginning<'_>) -> Result<Begun, Error> {
    for _ in 0..DRAWS_MAX {
        match begin_with(app, begin, id::reference(), beginning).await {
            Err(Error::Conflict) => {}
            begun => return begun,
        }
    }
    Err(Error::Conflict)
}

/// What else an application begins with.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beginning<'a> {
    /// The application whose refusal is looked at again.
    pub(super) appeal_of: Option<&'a Application>,
    /// An eSIM is wanted, on the phone with this chip if it is not empty.
    pub(super) eid: Option<&'a str>,
}

pub(super) async fn begin_with(
    app: &App,
    begin: &Begin,
    reference: String,
    Beginning { appeal_of, eid }: Beginning<'_>,
) -> Result<Begun, Error> {
    let at = app.now();
    let operator = operator::load(app, begin.operator_id).await?;
    let policy = policy::of_operator(&operator, at)?;
    let mut batch = Batch::new(at);
    let key = app.store.keys.create(&mut batch, at);
    let application = Application {
        id: id::new(at),
        operator_id: operator.id,
        reference,
        version: 1,
        facts: Facts::draft(begin.kind, &Terms::of(&policy), at),
        data_key_id: DataKeyId::from_u128(key.id()),
        lang: begin.lang.code().to_owned(),
        zone: begin.zone.clone(),
        msisdn: appeal_of.and_then(|of| of.msisdn),
        iccid: None,
        party_id: appeal_of.and_then(|of| of.party_id),
        appeal_of: appeal_of.map(|of| of.id),
        appealed_by: None,
        taken_by: None,
        policy: policy.label(),
        created_at: at,
        changed_at: at,
        sealed_form: None,
    };
    let mut loaded = complete(app, application).await?;
    loaded.key = Some(key);
    *loaded.form = Form {
        number: begin.number.clone(),
        sim_tail: begin.sim_tail.clone(),
        is_esim: eid.is_some(),
        eid: eid.unwrap_or_default().to_owned(),
        who: appeal_of.map(|_| Who::Myself),
        ..Form::default()
    };
    if appeal_of.is_none() {
        let found = guess_pair(app, loaded.operator.id, begin.kind, &loaded.form).await?;
        let (msisdn, iccid) = found.ok().unzip();
        (loaded.application.msisdn, loaded.application.iccid) = (msisdn, iccid.flatten());
    }
    loaded.seal_form()?;
    let begun =
        Begun { id: loaded.application.id, reference: loaded.application.reference.clone() };
    store::application::insert(&mut batch, &loaded.application);
    let actor = Actor::Applicant { operator_id: operator.id, application_id: begun.id };
    audit(&mut batch, &loaded.application, &actor, "application.start", serde_json::json!({}));
    arm(&mut batch, &loaded);
    match app.store.db.commit(batch).await {
        Ok(()) => Ok(begun),
        // Another application has this reference.
        Err(CommitError::Duplicate(_)) => Err(Error::Conflict),
        Err(error) => Err(error.into()),
    }
}

/// What is wrong with the card that is to replace the one of the holder's own number; empty if it
/// can. The card is given by its whole serial number.
pub async fn check_card(app: &App, actor: &Actor, begin: &Begin) -> Result<Vec<Problem>, Error> {
    let msisdn = Msisdn::parse(&begin.number)?;
    crate::number::load(app, actor, Action::ServeNumber, msisdn).await?;
    let form =
        Form { number: begin.number.clone(), sim_tail: begin.sim_tail.clone(), ..Form::default() };
    let found = guess_pair(app, begin.operator_id, begin.kind, &form).await?;
    Ok(found.err().into_iter().collect())
}

/// What is wrong with a number and a card, before there is an application; empty if they can be
/// registered.
pub async fn check_pair(
    app: &App,
    operator_id: OperatorId,
    number: &str,
    sim_tail: &str,
) -> Result<Vec<Problem>, Error> {
    let form = Form { number: number.to_owned(), sim_tail: sim_tail.to_owned(), ..Form::default() };
    let operator = operator::load(app, operator_id).await?;
    let policy = policy::of_operator(&operator, app.now())?;
    let today = app.now().date_in(&operator.zone);
    let found = problems(&form, Section::Number, &policy, today);
    if !found.is_empty() {
        return Ok(found);
    }
    let found = guess_pair(app, operator_id, Kind::Registration, &form).await?;
    Ok(found.err().into_iter().collect())
}

/// Wrong guesses about one number within the window below, before nobody is told any more.
const GUESSES_MAX: i64 = 30;
const WINDOW_MINUTES: i64 = 60;

/// As [`told_pair`], for what somebody has just typed: a wrong pair is counted, so that nobody
/// finds the card of a number by trying.
pub(super) async fn guess_pair(
    app: &App,
    operator_id: OperatorId,
    kind: Kind,
    form: &Form,
) -> Result<Result<Pair, Problem>, Error> {
    let found = told_pair(app, operator_id, kind, form).await?;
    let is_wrong = found.as_ref().is_err_and(|p| p.code == FormRefusal::PairUnknown.code());
    if let (true, Ok(msisdn)) = (is_wrong, Msisdn::parse(&form.number)) {
        let mut batch = Batch::new(app.now());
        guess::count(&mut batch, msisdn, app.now().plus_minutes(-WINDOW_MINUTES));
        app.store.db.commit(batch).await?;
    }
    Ok(found)
}

/// As [`pair`], but nobody is told while too many tried.
pub(super) async fn told_pair(
    app: &App,
    operator_id: OperatorId,
    kind: Kind,
    form: &Form,
) -> Result<Result<Pair, Problem>, Error> {
    if let Ok(msisdn) = Msisdn::parse(&form.number)
        && let Some(problem) = too_many(app, msisdn).await?
    {
        return Ok(Err(problem));
    }
    pair(app, operator_id, kind, form).await
}

/// Why nobody is told about this number for a while.
async fn too_many(app: &App, msisdn: Msisdn) -> Result<Option<Problem>, Error> {
    let Some((since, wrong)) = guess::load(&app.store.db, msisdn).await? else { return Ok(None) };
    let left = since.plus_minutes(WINDOW_MINUTES).millis() - app.now().millis();
    if wrong < GUESSES_MAX || left <= 0 {
        return Ok(None);
    }
    let mut problem = Problem::of("sim_tail", &FormRefusal::TooManyGuesses);
    problem.values.push(("minutes", (left.div_euclid(60_000) + 1).to_string().into()));
    Ok(Some(problem))
}

/// A number, and the serial number of its card; none where an eSIM is to come.
pub(super) type Pair = (Msisdn, Option<String>);

/// The card in stock with this whole serial number: the one that will serve the number.
async fn new_card(app: &App, operator_id: OperatorId, text: &str) -> Result<Option<String>, Error> {
    let Ok(iccid) = Iccid::parse(text) else { return Ok(None) };
    let row = sim::load(&app.store.db, iccid).await?;
    // A profile is no card that somebody could have in hand.
    let is_free = |row: &SimRow| {
        let is_card = row.profile_type.is_none();
        row.operator_id == operator_id && row.state == SimState::Stock && is_card
    };
    Ok(row.filter(is_free).map(|row| row.sim.iccid.as_str().to_owned()))
}

/// The number and the card's serial number, if they belong together and wait to be registered. For
/// a new card and for a number to be had back the card is one in stock, given by its whole number.
///
/// Which of the two is wrong is never said, nor whose a registered number is: only somebody with
/// the card in hand learns that it is registered.
pub(super) async fn pair(
    app: &App,
    operator_id: OperatorId,
    kind: Kind,
    form: &Form,
) -> Result<Result<Pair, Problem>, Error> {
    if form.is_esim && kind == Kind::SimReplacement {
        return held(app, operator_id, form).await;
    }
    let unknown = || Problem::of("sim_tail", &FormRefusal::PairUnknown);
    let (Ok(msisdn), Some(tail)) = (Msisdn::parse(&form.number), sim_tail(&form.sim_tail)) else {
        return Ok(Err(unknown()));
    };
    let row = store::number::load(&app.store.db, msisdn).await?;
    let Some(row) = row.filter(|row| row.operator_id == operator_id) else {
        return Ok(Err(unknown()));
    };
    if matches!(kind, Kind::SimReplacement | Kind::Recovery) {
        let may_have_one = match kind {
            Kind::Recovery => row.facts.former_party_id.is_some(),
            _ => row.facts.holder.is_some(),
        };
        let card = new_card(app, operator_id, &form.sim_tail).await?.filter(|_| may_have_one);
        return Ok(card.map(|iccid| (msisdn, Some(iccid))).ok_or_else(unknown));
    }
    let Some(sim) = row.facts.sim.filter(|sim| sim.iccid.as_str().ends_with(&tail)) else {
        return Ok(Err(unknown()));
    };
    let is_new = matches!(kind, Kind::Registration | Kind::BackRegistration);
    let is_held = row.facts.holder.is_some();
    if is_new && is_held {
        return Ok(Err(Problem::of("number", &FormRefusal::NumberRegistered)));
    }
    if is_new == (row.facts.lifecycle == Lifecycle::Allocated) && is_new != is_held {
        return Ok(Ok((msisdn, Some(sim.iccid.as_str().to_owned()))));
    }
    Ok(Err(unknown()))
}

/// A number that somebody holds; the eSIM for it is chosen when the application is approved.
async fn held(
    app: &App,
    operator_id: OperatorId,
    form: &Form,
) -> Result<Result<Pair, Problem>, Error> {
    let unknown = || Problem::of("number", &FormRefusal::PairUnknown);
    let Ok(msisdn) = Msisdn::parse(&form.number) else { return Ok(Err(unknown())) };
    let row = store::number::load(&app.store.db, msisdn).await?;
    let is_held = |row: &NumberRow| row.operator_id == operator_id && row.facts.holder.is_some();
    Ok(if row.as_ref().is_some_and(is_held) { Ok((msisdn, None)) } else { Err(unknown()) })
}
