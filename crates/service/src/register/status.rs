//! Where an application stands, in the same words on every channel.

use super::contact::by_reference;
use super::load::{Loaded, load};
use super::redo::{self, RedoView};
use crate::app::App;
use crate::error::Error;
use crate::notice::{self, Sent};
use domain::access::{Action, Actor};
use domain::application::{Facts, Kind, State};
use domain::id::{ApplicationId, OperatorId};
use domain::promise::Promise;
use domain::reason::Reason;
use domain::time::{At, Zone};
use store::application::{Event, events};
use words::Lang;

/// The status words of the product: one tag, one sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatusKey {
    /// Not sent yet.
    Draft,
    /// In the queue.
    Submitted,
    /// Being checked.
    InReview,
    /// A colleague looks again.
    SecondCheck,
    /// Something must be redone.
    NeedsUpdate,
    /// Approved, switching on.
    Approved,
    /// Works.
    Ready,
    /// Not approved.
    Rejected,
    /// Taken back.
    Withdrawn,
    /// Not sent, or not answered, in time.
    Expired,
    /// An earlier decision is looked at again.
    Appeal,
}

impl StatusKey {
    /// Every word.
    pub const ALL: [Self; 11] = [
        Self::Draft,
        Self::Submitted,
        Self::InReview,
        Self::SecondCheck,
        Self::NeedsUpdate,
        Self::Approved,
        Self::Ready,
        Self::Rejected,
        Self::Withdrawn,
        Self::Expired,
        Self::Appeal,
    ];

    /// Of an application.
    pub const fn of(facts: &Facts) -> Self {
        match facts.state {
            State::Draft => Self::Draft,
            State::NeedsUpdate => Self::NeedsUpdate,
            State::Approved => Self::Approved,
            State::Ready => Self::Ready,
            State::Rejected => Self::Rejected,
            State::Withdrawn => Self::Withdrawn,
            State::Expired => Self::Expired,
            State::Submitted | State::Checking | State::InReview | State::SecondCheck
                if matches!(facts.kind, Kind::Appeal) =>
            {
                Self::Appeal
            }
            State::Submitted | State::Checking => Self::Submitted,
            State::InReview => Self::InReview,
            State::SecondCheck => Self::SecondCheck,
        }
    }

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::InReview => "in_review",
            Self::SecondCheck => "second_check",
            Self::NeedsUpdate => "needs_update",
            Self::Approved => "approved",
            Self::Ready => "ready",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Appeal => "appeal",
        }
    }
}

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineStep {
    /// What, as a stable word: an event of the past or one of `answer`, `switch_on`, `update`.
    pub what: String,
    /// When it was, or by when it will be.
    pub at: Option<At>,
    /// Whether it has happened.
    pub is_past: bool,
    /// The public reasons that came with it.
    pub reasons: Vec<Reason>,
}

/// What the applicant can do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Can {
    /// Fill it in and send it.
    Edit,
    /// Redo what was asked for.
    Update,
    /// Take it back.
    Withdraw,
    /// Go on with it.
    Reopen,
    /// Have a person look at the machine's refusal.
    AskPerson,
    /// Appeal.
    Appeal,
}

/// Where an application stands, for its applicant.
#[derive(Clone, Debug)]
pub struct Status {
    /// Its id.
    pub id: ApplicationId,
    /// Six characters to read out.
    pub reference: String,
    /// What is asked for.
    pub kind: Kind,
    /// The last four digits of the number; empty if it is not known.
    pub tail: String,
    /// The status word.
    pub key: StatusKey,
    /// State and clocks.
    pub facts: Facts,
    /// Our clock.
    pub promise: Option<Promise>,
    /// Whether our clock runs now; else the applicant's does, or none.
    pub is_our_turn: bool,
    /// The public reasons of the last decision.
    pub reasons: Vec<Reason>,
    /// What must be redone.
    pub redo: Vec<RedoView>,
    /// What happened and what will.
    pub timeline: Vec<TimelineStep>,
    /// What was sent to the applicant, with delivery.
    pub messages: Vec<Sent>,
    /// What the applicant can do now.
    pub can: Vec<Can>,
    /// The applicant's language.
    pub lang: Lang,
    /// The applicant's zone, if told.
    pub zone: Option<String>,
    /// The zone in which the dates are legal.
    pub legal_zone: Zone,
    /// When this was read.
    pub read_at: At,
}

/// Where the application stands.
pub async fn status(app: &App, actor: &Actor, id: ApplicationId) -> Result<Status, Error> {
    let loaded = load(app, actor, Action::SeeApplication, id).await?;
    let application = &loaded.application;
    let story = events(&app.store.db, id).await?;
    let redo = redo::list(app, id).await?;
    let messages = notice::about_application(app, id, application.msisdn).await?;
    let facts = application.facts.clone();
    Ok(Status {
        id,
        reference: application.reference.clone(),
        kind: facts.kind,
        tail: tail_of(&loaded),
        key: StatusKey::of(&facts),
        promise: facts.promise,
        is_our_turn: facts.state.is_ours(),
        reasons: last_reasons(&facts, &story),
        timeline: timeline(&facts, &story),
        can: can(&facts, app.now()),
        redo: if facts.state == State::NeedsUpdate { redo } else { Vec::new() },
        messages,
        lang: loaded.lang(),
        zone: application.zone.clone(),
        legal_zone: loaded.operator.zone.clone(),
        read_at: app.now(),
        facts,
    })
}

/// Where an application stands, for somebody who knows reference and last four digits only:
/// nothing personal, no reasons.
#[derive(Clone, Debug)]
pub struct PublicStatus {
    /// Its id, for a link to the code page.
    pub id: ApplicationId,
    /// Six characters to read out.
    pub reference: String,
    /// The last four digits.
    pub tail: String,
    /// The status word.
    pub key: StatusKey,
    /// State and clocks.
    pub facts: Facts,
    /// The zone in which the dates are legal.
    pub legal_zone: Zone,
    /// When this was read.
    pub read_at: At,
}

/// The public part; not found unless reference and digits belong together.
pub async fn public_status(
    app: &App,
    operator_id: OperatorId,
    reference: &str,
    tail: &str,
) -> Result<PublicStatus, Error> {
    let loaded = match by_reference(app, operator_id, reference).await {
        Err(Error::Refused(_)) => return Err(Error::NotFound),
        other => other?,
    };
    let known = tail_of(&loaded);
    if known.is_empty() || known != tail.trim() {
        return Err(Error::NotFound);
    }
    let facts = loaded.application.facts.clone();
    Ok(PublicStatus {
        id: loaded.application.id,
        reference: loaded.application.reference.clone(),
        tail: known,
        key: StatusKey::of(&facts),
        facts,
        legal_zone: loaded.operator.zone.clone(),
        read_at: app.now(),
    })
}

fn tail_of(loaded: &Loaded) -> String {
    loaded.application.msisdn.map(domain::msisdn::Msisdn::tail4).unwrap_or_default()
}

fn reasons_in(event: &Event) -> Vec<Reason> {
    let codes = event.detail.get("reasons").and_then(serde_json::Value::as_array);
    let codes = codes.into_iter().flatten().filter_map(serde_json::Value::as_str);
    codes.filter_map(Reason::from_code).map(Reason::public).collect()
}

fn last_reasons(facts: &Facts, story: &[Event]) -> Vec<Reason> {
    match facts.state {
        State::Expired => vec![Reason::E3],
        State::Rejected | State::NeedsUpdate => {
            story.iter().rev().map(reasons_in).find(|r| !r.is_empty()).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// The past as it was, and what will come, dotted.
fn timeline(facts: &Facts, story: &[Event]) -> Vec<TimelineStep> {
    let mut steps: Vec<TimelineStep> = story
        .iter()
        .filter(|event| event.event != "checks_started")
        .map(|event| TimelineStep {
            what: event.event.clone(),
            at: Some(event.at),
            is_past: true,
            reasons: reasons_in(event),
        })
        .collect();
    let mut ahead = |what: &str, at: Option<At>| {
        let what = what.to_owned();
        steps.push(TimelineStep { what, at, is_past: false, reasons: Vec::new() });
    };
    match facts.state {
        State::Submitted | State::Checking | State::InReview | State::SecondCheck => {
            ahead("answer", facts.promise.map(|promise| promise.due_at));
            ahead("switch_on", None);
        }
        State::NeedsUpdate => {
            ahead("update", facts.update_until);
            ahead("answer", None);
            ahead("switch_on", None);
        }
        State::Approved => ahead("switch_on", None),
        State::Draft | State::Ready | State::Rejected | State::Withdrawn | State::Expired => {}
    }
    steps
}

fn can(facts: &Facts, now: At) -> Vec<Can> {
    let is_kept = !facts.is_erased && facts.kept_until.is_some_and(|until| now < until);
    match facts.state {
        State::Draft => vec![Can::Edit, Can::Withdraw],
        State::Submitted | State::Checking | State::InReview | State::SecondCheck => {
            vec![Can::Withdraw]
        }
        State::NeedsUpdate => vec![Can::Update, Can::Withdraw],
        State::Rejected if is_kept && facts.is_refused_by_machine => {
            vec![Can::AskPerson, Can::Appeal]
        }
        State::Rejected if is_kept => vec![Can::Appeal],
        State::Withdrawn | State::Expired if is_kept => vec![Can::Reopen],
        State::Rejected | State::Withdrawn | State::Expired | State::Approved | State::Ready => {
            Vec::new()
        }
    }
}

/// The tag of a status.
pub fn tag(lang: Lang, key: StatusKey) -> &'static str {
    match key {
        StatusKey::Draft => lang.status_draft_tag(),
        StatusKey::Submitted => lang.status_submitted_tag(),
        StatusKey::InReview => lang.status_in_review_tag(),
        StatusKey::SecondCheck => lang.status_second_check_tag(),
        StatusKey::NeedsUpdate => lang.status_needs_update_tag(),
        StatusKey::Approved => lang.status_approved_tag(),
        StatusKey::Ready => lang.status_ready_tag(),
        StatusKey::Rejected => lang.status_rejected_tag(),
        StatusKey::Withdrawn => lang.status_withdrawn_tag(),
        StatusKey::Expired => lang.status_expired_tag(),
        StatusKey::Appeal => lang.status_appeal_tag(),
    }
}

/// The sentence of a status, with its dates in the legal zone; `items` is how many must be redone.
pub fn sentence(lang: Lang, facts: &Facts, items: usize, legal_zone: &Zone) -> String {
    let moment = |at: At| {
        let civil = at.civil_in(legal_zone);
        lang.day_month_time((civil.month(), civil.day()), (civil.hour(), civil.minute()))
    };
    // A period that ends at an instant ends on the day before it, at 24:00.
    let day = |at: At| {
        let date = at.plus_millis(-1).date_in(legal_zone);
        lang.day_month(date.month(), date.day())
    };
    let due = || facts.promise.map(|promise| moment(promise.due_at)).unwrap_or_default();
    let kept = || facts.kept_until.map(day).unwrap_or_default();
    match StatusKey::of(facts) {
        StatusKey::Draft => lang.status_draft_sentence(day(facts.draft_until)),
        StatusKey::Submitted => lang.status_submitted_sentence().to_owned(),
        StatusKey::InReview => lang.status_in_review_sentence(due()),
        StatusKey::SecondCheck => lang.status_second_check_sentence().to_owned(),
        StatusKey::NeedsUpdate => {
            let until = facts.update_until.map(day).unwrap_or_default();
            lang.status_needs_update_sentence(items, until)
        }
        StatusKey::Approved => lang.status_approved_sentence().to_owned(),
        StatusKey::Ready => lang.status_ready_sentence().to_owned(),
        StatusKey::Rejected => lang.status_rejected_sentence().to_owned(),
        StatusKey::Withdrawn | StatusKey::Expired if facts.is_erased => {
            lang.status_erased_sentence().to_owned()
        }
        StatusKey::Withdrawn | StatusKey::Expired => lang.status_kept_sentence(kept()),
        StatusKey::Appeal => lang.status_appeal_sentence(due()),
    }
}
