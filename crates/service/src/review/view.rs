use super::claim::audit_view;
use super::decide::note_place;
use super::subject::Subject;
use crate::App;
use crate::error::Error;
use crate::notice::Sent;
use crate::register::{FaceView, FieldSeen, ReadView};
use domain::access::{Action, Actor, Decision, can_review};
use domain::application::form::Who;
use domain::application::{Kind, State};
use domain::check::Check;
use domain::decision::Decision as Rule;
use domain::id::{ApplicationId, StaffId};
use domain::identity::DocumentKind;
use domain::reading::{Agreement, FieldName};
use domain::reason::Item;
use domain::review::{ItemResult, Opinion, SecondRule, Stage, ViewReason};
use domain::time::At;
use jiff::civil::Date;
use seal::Sensitive;
use serde_json::Value;
use store::application::document::Document;
use store::application::received::Received;
use store::application::{Event, check, events};
use store::review::Given;

/// A case as its page shows it.
#[derive(Clone, Debug)]
pub struct CaseView {
    /// Which.
    pub application_id: ApplicationId,
    /// Six characters that a person can read out.
    pub reference: String,
    /// The last four digits of the number.
    pub tail: String,
    /// What is asked for.
    pub kind: Kind,
    /// Where the application stands.
    pub state: State,
    /// Whose turn it is.
    pub stage: Stage,
    /// How often it came before people.
    pub round: i64,
    /// Our promise.
    pub promise_at: At,
    /// Whose it is at the moment, as this person sees it.
    pub standing: Standing,
    /// The application whose refusal is appealed.
    pub appeal_of: Option<ApplicationId>,
    /// Whether this person may take it now.
    pub may_claim: bool,
    /// To be sent back with a decision.
    pub stamp: String,
    /// Why a second person looks; empty before the second look.
    pub second_rules: Vec<SecondRule>,
    /// Everything personal; absent unless the case is in this person's hands or a reason was given.
    pub content: Option<Content>,
}

/// Whose a case is at the moment.
#[derive(Clone, Debug)]
pub enum Standing {
    /// In this person's hands until then.
    Mine {
        /// When the claim ends without another action.
        lease_until: At,
    },
    /// Nobody's.
    Free,
    /// In a colleague's hands.
    Claimed {
        /// Whose.
        by: Option<Sensitive<String>>,
        /// Until when.
        until: At,
    },
    /// Decided, but it can still be taken back.
    Pending {
        /// Whose decision.
        by: Option<Sensitive<String>>,
        /// Whether it is this person's own.
        is_mine: bool,
        /// When it takes effect.
        settle_at: At,
    },
    /// No longer before people.
    Closed {
        /// Who decided last.
        by: Option<Sensitive<String>>,
        /// When.
        at: Option<At>,
    },
}

/// What a reviewer looks at.
#[derive(Clone, Debug)]
pub struct Content {
    /// What is decided, in order.
    pub items: Vec<Item>,
    /// Typed, on the document, machine-read; those that differ first.
    pub rows: Vec<Compared>,
    /// The photos, in order of doubt.
    pub images: Vec<Photo>,
    /// What came and is still to be drawn: nobody sees it until then.
    pub preparing: Vec<Item>,
    /// The checks, the worst first.
    pub checks: Vec<Check>,
    /// What the rule made of the checks.
    pub rule: Option<Rule>,
    /// What models saw on the portrait, and beside it on the document.
    pub faces: FaceView,
    /// What happened.
    pub events: Vec<Event>,
    /// What was sent.
    pub messages: Vec<Sent>,
    /// The opinions this person may know: not the first one while it is looked at blindly.
    pub opinions: Vec<Past>,
}

/// Which field a row of the comparison is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The holder's name.
    Name,
    /// The kind of document.
    Document,
    /// Its number.
    Number,
    /// Day of birth.
    Birth,
    /// Last day of validity.
    Expires,
    /// The address.
    Address,
    /// For whom the number is.
    Who,
    /// The guardian's name.
    GuardianName,
    /// The guardian's number.
    GuardianNumber,
    /// Who stands for an organisation on its licence.
    LegalPerson,
    /// The name of the person who acts for an organisation.
    HandlerName,
    /// The number of that person.
    HandlerNumber,
    /// The name of the person who answers for an organisation's cards.
    ResponsibleName,
    /// The number of that person.
    ResponsibleNumber,
    /// What the machines do.
    UseScene,
    /// The serial numbers of the cards.
    Cards,
    /// Why the decision should be looked at again.
    AppealText,
}

/// One row of the comparison. What is on the document stands in the photo beside it; what a
/// machine read there is a hint with the place where it stands, and absent where nothing was read.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Which field.
    pub field: Field,
    /// As typed.
    pub typed: Typed,
    /// What follows from the document's number, where something does.
    pub derived: Option<Sensitive<String>>,
    /// What models read on the document.
    pub read: Option<FieldSeen>,
    /// Whether any of them differ, or a check doubts it.
    pub is_doubtful: bool,
}

/// A value as typed.
#[derive(Clone, Debug)]
pub enum Typed {
    /// Text.
    Text(Sensitive<String>),
    /// A date.
    Date(Sensitive<Date>),
    /// A kind of document.
    Document(DocumentKind),
    /// For whom.
    Who(Who),
    /// Said to be valid for ever.
    LongTerm,
}

/// One photo.
#[derive(Clone, Debug)]
pub struct Photo {
    /// What it shows.
    pub item: Item,
    /// The how-manieth photo of this item.
    pub round: i64,
    /// When it came.
    pub uploaded_at: At,
    /// Whether it counts, or another took its place.
    pub is_current: bool,
    /// Whether it was sent in spite of a warning.
    pub is_sent_anyway: bool,
    /// What was measured.
    pub quality: Value,
}

/// An opinion that was given.
#[derive(Clone, Debug)]
pub struct Past {
    /// By whom.
    pub by: Option<Sensitive<String>>,
    /// At which stage.
    pub stage: Stage,
    /// In which round.
    pub round: i64,
    /// When.
    pub at: At,
    /// What was found.
    pub opinion: Opinion,
    /// The note for colleagues.
    pub note: Option<Sensitive<String>>,
    /// Whether it was taken back.
    pub is_undone: bool,
}

/// A case for its page. Its content is shown to whoever has it in hand, which renews the claim, or
/// who says why he looks; both are logged. Others see where it stands.
pub async fn view(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    why: Option<ViewReason>,
) -> Result<CaseView, Error> {
    let case = super::load(app, actor, Action::SeeCase, id).await?;
    let is_mine = case.claimed_by.is_some()
        && case.claimed_by == actor.staff_id()
        && case.is_open
        && case.pending_id.is_none();
    if is_mine {
        super::renew(app, actor, id).await?;
    }
    let case = if is_mine { super::load(app, actor, Action::SeeCase, id).await? } else { case };
    let subject = Subject::open(app, case).await?;
    let given = Given::list(&app.store.db, id).await?;
    // Opening a claimed case is part of the claim; a look without one is an entry of its own.
    if let (false, Some(why)) = (is_mine, why) {
        audit_view(app, actor, &subject.case, why).await?;
    }
    let content = if is_mine || why.is_some() {
        Some(content(app, actor, &subject, &given).await?)
    } else {
        None
    };
    let second_rules = match subject.case.stage {
        Stage::First => Vec::new(),
        Stage::Second | Stage::Lead => {
            first_of(&subject, &given).map_or_else(Vec::new, |first| first.second_rules.clone())
        }
    };
    let (case, application) = (&subject.case, &subject.application);
    Ok(CaseView {
        application_id: id,
        reference: application.reference.clone(),
        tail: application.msisdn.map(domain::msisdn::Msisdn::tail4).unwrap_or_default(),
        kind: case.kind,
        state: application.facts.state,
        stage: case.stage,
        round: case.round,
        promise_at: case.promise_at,
        standing: standing(app, actor, &subject, &given).await?,
        appeal_of: application.appeal_of,
        may_claim: super::queue::may_claim(case, actor, app.now()) && !is_mine,
        stamp: subject.stamp(),
        second_rules,
        content,
    })
}

async fn standing(
    app: &App,
    actor: &Actor,
    subject: &Subject,
    given: &[Given],
) -> Result<Standing, Error> {
    let (case, at) = (&subject.case, app.now());
    let last = given.iter().rev().find(|given| given.undone_at.is_none());
    if !case.is_open {
        let by = name(app, case.operator_id, last.and_then(|given| given.staff_id)).await?;
        return Ok(Standing::Closed { by, at: last.map(|given| given.decided_at) });
    }
    if let (Some(pending), Some(settle_at)) = (case.pending_id, case.settle_at) {
        let pending = given.iter().find(|given| given.id == pending);
        let is_mine = pending.is_some_and(|given| given.actor == actor.audit_name());
        let by = name(app, case.operator_id, pending.and_then(|given| given.staff_id)).await?;
        return Ok(Standing::Pending { by, is_mine, settle_at });
    }
    match (case.claimed_by, case.lease_until) {
        (Some(holder), Some(lease_until)) if actor.staff_id() == Some(holder) => {
            Ok(Standing::Mine { lease_until })
        }
        (Some(holder), Some(until)) if at < until => {
            let by = name(app, case.operator_id, Some(holder)).await?;
            Ok(Standing::Claimed { by, until })
        }
        _ => Ok(Standing::Free),
    }
}

async fn name(
    app: &App,
    operator_id: domain::id::OperatorId,
    staff_id: Option<StaffId>,
) -> Result<Option<Sensitive<String>>, Error> {
    match staff_id {
        Some(staff_id) => crate::staff::name_of(app, operator_id, staff_id).await,
        None => Ok(None),
    }
}

fn first_of<'a>(subject: &Subject, given: &'a [Given]) -> Option<&'a Given> {
    let round = subject.case.round;
    given.iter().rev().find(|given| {
        given.round == round && given.stage == Stage::First && given.undone_at.is_none()
    })
}

async fn content(
    app: &App,
    actor: &Actor,
    subject: &Subject,
    given: &[Given],
) -> Result<Content, Error> {
    let (db, id) = (&app.store.db, subject.case.application_id);
    let mut checks = subject.checks.clone();
    checks.sort_by_key(|check| std::cmp::Reverse(check.outcome));
    let loaded = crate::register::complete(app, subject.application.clone()).await?;
    let read = crate::register::read_view(app, &loaded).await?;
    let faces = crate::register::face_view(app, &loaded).await?;
    let received = Received::list(db, id).await?.into_iter().filter(Received::is_waiting);
    let preparing = received.map(|received| received.item).collect();
    let mut opinions = Vec::new();
    for given in given.iter().filter(|given| may_know(subject, actor, given)) {
        opinions.push(past(app, subject, given).await?);
    }
    Ok(Content {
        items: subject.items(),
        rows: rows(subject, app.now(), &read),
        images: images(subject, &checks),
        preparing,
        rule: check::latest_decision(db, id).await?.map(|decided| decided.decision),
        checks,
        faces,
        events: events(db, id).await?,
        messages: crate::notice::about_application(app, id, subject.application.msisdn).await?,
        opinions,
    })
}

/// The second look is blind: whoever may give it does not read the first opinion of this round.
fn may_know(subject: &Subject, actor: &Actor, given: &Given) -> bool {
    let case = &subject.case;
    let is_blind = case.is_open && case.stage == Stage::Second && given.round == case.round;
    let is_own = given.actor == actor.audit_name();
    let could_look = can_review(actor, Action::SecondCheck, case.operator_id, &super::hands(case))
        == Decision::Allowed;
    !is_blind || is_own || !could_look
}

async fn past(app: &App, subject: &Subject, given: &Given) -> Result<Past, Error> {
    let open = |sealed: &Vec<u8>| {
        let place = note_place(given.id);
        subject.key.open_text(sealed, &place).map(Sensitive::new)
    };
    let note = given.note.as_ref().map(open).transpose();
    Ok(Past {
        by: name(app, given.operator_id, given.staff_id).await?,
        stage: given.stage,
        round: given.round,
        at: given.decided_at,
        opinion: given.opinion.clone(),
        note: note.map_err(|_| Error::fault("open a reviewer's note"))?,
        is_undone: given.undone_at.is_some(),
    })
}

fn rows(subject: &Subject, at: At, read: &ReadView) -> Vec<Compared> {
    let form = &subject.form;
    let doubts = |item: Item| {
        let worse = |check: &Check| check.outcome > domain::check::Outcome::Pass;
        let is_bad =
            |check: &Check| worse(check) && check.outcome != domain::check::Outcome::Unavailable;
        subject.checks.iter().any(|check| check.item == Some(item) && is_bad(check))
    };
    let text = |text: &str| Typed::Text(text.to_owned().into());
    let row = |field, typed, is_doubtful| Compared {
        field,
        typed,
        derived: None,
        read: None,
        is_doubtful,
    };
    let mut rows = Vec::new();
    rows.push(row(Field::Name, text(&form.name), form.is_name_incomplete || doubts(Item::Name)));
    if let Some(kind) = form.document {
        rows.push(row(Field::Document, Typed::Document(kind), false));
    }
    let number = doubts(Item::DocumentNumber);
    rows.push(row(Field::Number, text(&form.document_number), number));
    rows.extend(birth(subject, at));
    if form.is_long_term {
        rows.push(row(Field::Expires, Typed::LongTerm, false));
    } else if let Some(date) = form.expires.date() {
        let is_over = date < subject.today(at);
        rows.push(row(Field::Expires, Typed::Date(date.into()), is_over));
    }
    if !form.address.is_empty() {
        rows.push(row(Field::Address, text(&form.address), false));
    }
    if let Some(who) = form.who.filter(|who| *who != Who::Myself) {
        rows.push(row(Field::Who, Typed::Who(who), false));
    }
    if form.who == Some(Who::Child) {
        rows.push(row(Field::GuardianName, text(&form.guardian_name), false));
        rows.push(row(Field::GuardianNumber, text(&form.guardian_number), false));
    }
    if form.is_of_organisation() {
        let typed = &form.organisation;
        let fields = [
            (Field::LegalPerson, &typed.legal_person),
            (Field::HandlerName, &typed.handler_name),
            (Field::HandlerNumber, &typed.handler_number),
            (Field::ResponsibleName, &typed.responsible_name),
            (Field::ResponsibleNumber, &typed.responsible_number),
            (Field::UseScene, &typed.use_scene),
            (Field::Cards, &typed.cards),
        ];
        let given = fields.into_iter().filter(|(_, typed)| !typed.trim().is_empty());
        rows.extend(given.map(|(field, typed)| row(field, text(typed), false)));
    }
    for row in &mut rows {
        put_read(row, read);
    }
    rows.sort_by_key(|row| (!row.is_doubtful, row.field));
    rows
}

/// Adds what models read to its row, and the doubt if it differs.
fn put_read(row: &mut Compared, read: &ReadView) {
    let name = match row.field {
        Field::Name => FieldName::Name,
        Field::Number => FieldName::Number,
        Field::Birth => FieldName::Birth,
        Field::Expires => FieldName::ValidUntil,
        Field::Address => FieldName::Address,
        Field::LegalPerson => FieldName::LegalPerson,
        _ => return,
    };
    row.read = read.field(name).cloned();
    let Some(seen) = &mut row.read else { return };
    if let (Field::Birth, Typed::Date(date)) = (row.field, &row.typed) {
        seen.hold_against(&date.expose().to_string());
    }
    row.is_doubtful |= seen.agreement == Some(Agreement::Differs);
}

/// The day of birth as typed, and as the document's number tells it.
fn birth(subject: &Subject, at: At) -> Option<Compared> {
    let typed = subject.form.birth.date();
    let told = subject.identity(at).and_then(|identity| identity.birth);
    let is_doubtful = typed.is_some() && told.is_some() && typed != told;
    let shown = typed.or(told)?;
    Some(Compared {
        field: Field::Birth,
        typed: Typed::Date(shown.into()),
        derived: told.map(|date| date.to_string().into()),
        read: None,
        is_doubtful,
    })
}

fn images(subject: &Subject, checks: &[Check]) -> Vec<Photo> {
    let doubt = |document: &Document| {
        let of_item = checks.iter().filter(|check| check.item == Some(document.item));
        of_item.map(|check| check.outcome).max()
    };
    let mut documents: Vec<&Document> = subject.documents.iter().collect();
    documents.sort_by_key(|document| {
        let is_old = document.replaced_at.is_some();
        (is_old, std::cmp::Reverse(doubt(document)), document.item, -document.round)
    });
    let photo = |document: &&Document| Photo {
        item: document.item,
        round: document.round,
        uploaded_at: document.uploaded_at,
        is_current: document.replaced_at.is_none(),
        is_sent_anyway: document.is_sent_anyway,
        quality: document.quality.clone(),
    };
    documents.iter().map(photo).collect()
}

/// The result an opinion gives an item.
pub fn result_of(opinion: &Opinion, item: Item) -> Option<ItemResult> {
    opinion.marks.iter().find(|mark| mark.item == item).map(|mark| mark.result)
}
