//! An application: a request that needs identity, and its two clocks.
//!
//! Ours runs from submission to the promise date and stops while the applicant must act; his runs
//! while something is asked of him. At most one of them runs at any time. The promise date is
//! computed once; if it will be missed, the apology with a new date goes out before it passes.
//!
//! The state diagram is `docs/generated/application.txt`, written from [`decide`] itself:
//!
//! ```text
#![doc = include_str!("../../../../docs/generated/application.txt")]
//! ```

mod diagram;
pub mod form;
pub mod organisation;
mod transition;

#[cfg(test)]
mod tests;

pub use diagram::{diagram, table};
pub use transition::decide;

use crate::calendar::Calendar;
use crate::decision::{Redo, Verdict};
use crate::policy::Policy;
use crate::promise::{self, Promise};
use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::time::{At, Zone};
use serde::{Deserialize, Serialize};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A new card.
    Registration,
    /// A card in use from before the rule, registered afterwards (补登记).
    BackRegistration,
    /// The holder proves himself again (二次实人认证).
    Reverification,
    /// A new SIM for the same number.
    SimReplacement,
    /// Another holder (过户).
    Transfer,
    /// The number back from quarantine.
    Recovery,
    /// Another look at an earlier decision.
    Appeal,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Registration,
        Self::BackRegistration,
        Self::Reverification,
        Self::SimReplacement,
        Self::Transfer,
        Self::Recovery,
        Self::Appeal,
    ];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::BackRegistration => "back_registration",
            Self::Reverification => "reverification",
            Self::SimReplacement => "sim_replacement",
            Self::Transfer => "transfer",
            Self::Recovery => "recovery",
            Self::Appeal => "appeal",
        }
    }

    /// The kind of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// Where an application stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Being filled in; nobody has seen it.
    Draft,
    /// Sent; the checks have not begun.
    Submitted,
    /// The machine checks.
    Checking,
    /// A person looks, or will.
    InReview,
    /// A second person looks, not knowing what the first decided.
    SecondCheck,
    /// The applicant must redo something.
    NeedsUpdate,
    /// Approved; the network has not confirmed yet.
    Approved,
    /// The number works.
    Ready,
    /// Not approved.
    Rejected,
    /// The applicant took it back.
    Withdrawn,
    /// Not sent, or not answered, in time.
    Expired,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 11] = [
        Self::Draft,
        Self::Submitted,
        Self::Checking,
        Self::InReview,
        Self::SecondCheck,
        Self::NeedsUpdate,
        Self::Approved,
        Self::Ready,
        Self::Rejected,
        Self::Withdrawn,
        Self::Expired,
    ];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Checking => "checking",
            Self::InReview => "in_review",
            Self::SecondCheck => "second_check",
            Self::NeedsUpdate => "needs_update",
            Self::Approved => "approved",
            Self::Ready => "ready",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }

    /// The state of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether our clock runs: we owe an answer.
    pub const fn is_ours(self) -> bool {
        matches!(self, Self::Submitted | Self::Checking | Self::InReview | Self::SecondCheck)
    }

    /// Whether the applicant may change what he entered.
    pub const fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::NeedsUpdate)
    }
}

/// Everything a decision about an application needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// What is asked for.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// Until when a draft is kept.
    pub draft_until: At,
    /// Our clock; `None` before submission. Kept after the decision, for the record.
    pub promise: Option<Promise>,
    /// Whether the apology for the present promise went out.
    pub is_late_told: bool,
    /// Business days left on our clock, while it stands still.
    pub paused_days: Option<u16>,
    /// The applicant's clock: until when the update must be there.
    pub update_until: Option<At>,
    /// How often something was asked again.
    pub redo_rounds: u16,
    /// Until when the entered data is kept, once nothing more is going on.
    pub kept_until: Option<At>,
    /// Whether the entered data was erased.
    pub is_erased: bool,
    /// Whether the refusal came from the machine alone.
    pub is_refused_by_machine: bool,
}

impl Facts {
    /// A new draft.
    pub fn draft(kind: Kind, terms: &Terms, at: At) -> Self {
        Self {
            kind,
            state: State::Draft,
            draft_until: at.plus_days(i64::from(terms.draft_days)),
            promise: None,
            is_late_told: false,
            paused_days: None,
            update_until: None,
            redo_rounds: 0,
            kept_until: None,
            is_erased: false,
            is_refused_by_machine: false,
        }
    }

    /// When the applicant of a draft is told that it will be deleted: so many days before, as is
    /// enough to go on and too few to forget again.
    pub fn draft_warned_at(&self) -> Option<At> {
        const DAYS_BEFORE: i64 = 3;
        let is_draft = self.state == State::Draft;
        is_draft.then(|| self.draft_until.plus_days(-DAYS_BEFORE))
    }

    /// When [`Event::DeadlinePassed`] is next worth trying: the one timer of the present state.
    pub fn due_at(&self, terms: &Terms) -> Option<At> {
        let lead = -i64::from(terms.apology_lead_minutes);
        match self.state {
            State::Draft => Some(self.draft_until),
            State::Submitted | State::Checking | State::InReview | State::SecondCheck => {
                self.promise.map(|promise| promise.due_at.plus_minutes(lead))
            }
            State::NeedsUpdate => self.update_until,
            State::Approved | State::Ready => None,
            State::Rejected | State::Withdrawn | State::Expired => {
                self.kept_until.filter(|_| !self.is_erased)
            }
        }
    }
}

/// The policy of applications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// How long a draft is kept.
    pub draft_days: u16,
    /// How long an applicant has to redo something; ends at 24:00 of the last day.
    pub update_days: u16,
    /// How long the data of a withdrawn or expired application is kept.
    pub kept_days: u16,
    /// How long a refusal can be appealed; the data is kept as long.
    pub appeal_days: u16,
    /// Business days added when a promise will be missed.
    pub late_business_days: u16,
    /// How long before the promised instant the apology goes out.
    pub apology_lead_minutes: u16,
    /// The answer's promise.
    pub promise: promise::Terms,
}

impl Terms {
    /// As `policy` has them. Its figures were checked when it was loaded.
    pub fn of(policy: &Policy) -> Self {
        let count = |value: i64| u16::try_from(value).unwrap_or(u16::MAX);
        let (application, promise) = (&policy.application, &policy.promise);
        Self {
            draft_days: count(*application.draft_days),
            update_days: count(*application.update_days),
            kept_days: count(*policy.records.application_days),
            appeal_days: count(*application.appeal_days),
            late_business_days: count(*promise.late_business_days),
            apology_lead_minutes: count(*promise.apology_lead_minutes),
            promise: promise::Terms {
                business_days: count(*promise.business_days),
                cut_off: *promise.cut_off,
                due_time: *promise.answer_at,
            },
        }
    }
}

/// What [`decide`] goes by.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The policy the application began under.
    pub terms: &'a Terms,
    /// The operator's calendar.
    pub calendar: &'a Calendar,
    /// The operator's zone, the legal one.
    pub zone: &'a Zone,
}

/// Something that happened to an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// The applicant sent the draft.
    Submitted,
    /// The checks began.
    ChecksStarted,
    /// The checks are done.
    ChecksDone {
        /// What follows from them.
        verdict: Verdict,
    },
    /// A second person must look.
    SecondCheckAsked,
    /// The decision is to approve.
    Approved,
    /// The decision is to ask for something again.
    UpdateAsked {
        /// At least one.
        redo: Vec<Redo>,
    },
    /// The applicant sent what was asked for.
    UpdateSent,
    /// The decision is not to approve.
    Rejected {
        /// At least one.
        reasons: Vec<Reason>,
    },
    /// The network confirmed that the number works.
    NetworkConfirmed,
    /// The applicant wants a person to look at the machine's refusal.
    PersonAsked,
    /// An appeal against the refusal was upheld: it comes before people again.
    AppealUpheld,
    /// The applicant takes it back.
    Withdrawn,
    /// The applicant goes on with a withdrawn or expired application.
    Reopened,
    /// The timer of the state fell due.
    DeadlinePassed,
    /// A newer calendar was imported.
    CalendarImported,
}

impl Event {
    /// The stable word in the story and the audit log.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::ChecksStarted => "checks_started",
            Self::ChecksDone { .. } => "checks_done",
            Self::SecondCheckAsked => "second_check_asked",
            Self::Approved => "approved",
            Self::UpdateAsked { .. } => "update_asked",
            Self::UpdateSent => "update_sent",
            Self::Rejected { .. } => "rejected",
            Self::NetworkConfirmed => "network_confirmed",
            Self::PersonAsked => "person_asked",
            Self::AppealUpheld => "appeal_upheld",
            Self::Withdrawn => "withdrawn",
            Self::Reopened => "reopened",
            Self::DeadlinePassed => "deadline_passed",
            Self::CalendarImported => "calendar_imported",
        }
    }
}

/// What must follow outside, in this order, once the step is committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "effect")]
pub enum Effect {
    /// Run the checks.
    RunChecks,
    /// Put it into the queue of people; after an update in front, for the same reviewer.
    Queue {
        /// In front of the others.
        is_front: bool,
    },
    /// Take it out of the queue.
    LeaveQueue,
    /// Provision the number.
    SwitchOn,
    /// Erase what the applicant entered; the record of the decision stays.
    Erase,
    /// Tell the applicant.
    Tell(Tell),
}

/// What the applicant is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "tell")]
pub enum Tell {
    /// Received, with the promise.
    Received {
        /// The answer is there by then.
        promise: Promise,
    },
    /// Something must be redone.
    UpdateAsked {
        /// What and why.
        redo: Vec<Redo>,
        /// Until when.
        until: At,
    },
    /// Not approved.
    Rejected {
        /// Why, in public words.
        reasons: Vec<Reason>,
        /// Until when it can be appealed.
        appeal_until: At,
    },
    /// It will take longer; sorry.
    Delayed {
        /// The new promise.
        promise: Promise,
    },
    /// The provisional date became another one.
    DateMoved {
        /// The new promise.
        promise: Promise,
    },
    /// The number works.
    Ready,
    /// It was taken back, as asked.
    Withdrawn,
    /// What was asked for did not come in time.
    Expired {
        /// Until when one can go on.
        kept_until: At,
    },
}

/// What one event changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The facts afterwards.
    pub next: Facts,
    /// What must follow outside.
    pub effects: Vec<Effect>,
}

/// Why an event is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApplicationRefusal {
    /// It was not sent yet.
    NotSentYet,
    /// It was sent already.
    AlreadySent,
    /// It is not at the point where this can happen.
    NotInReview,
    /// It was decided already.
    AlreadyDecided,
    /// Nothing was asked of the applicant.
    NothingAsked,
    /// The time for it is over.
    TooLate,
    /// The timer has not fallen due.
    NotDue,
    /// It was withdrawn or has expired.
    Closed,
    /// It is open already.
    NotClosed,
    /// Only a refusal by the machine can be looked at by a person; others can be appealed.
    NotRefusedByMachine,
    /// A decision names nothing to redo, or no reason.
    NoReason,
    /// A reason does not belong to the item.
    ReasonNotOfItem,
}

impl ApplicationRefusal {
    /// Every refusal.
    pub const ALL: &'static [Self] = &[
        Self::NotSentYet,
        Self::AlreadySent,
        Self::NotInReview,
        Self::AlreadyDecided,
        Self::NothingAsked,
        Self::TooLate,
        Self::NotDue,
        Self::Closed,
        Self::NotClosed,
        Self::NotRefusedByMachine,
        Self::NoReason,
        Self::ReasonNotOfItem,
    ];
}

impl Refusal for ApplicationRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotSentYet => "application.not_sent_yet",
            Self::AlreadySent => "application.already_sent",
            Self::NotInReview => "application.not_in_review",
            Self::AlreadyDecided => "application.already_decided",
            Self::NothingAsked => "application.nothing_asked",
            Self::TooLate => "application.too_late",
            Self::NotDue => "application.not_due",
            Self::Closed => "application.closed",
            Self::NotClosed => "application.not_closed",
            Self::NotRefusedByMachine => "application.not_refused_by_machine",
            Self::NoReason => "application.no_reason",
            Self::ReasonNotOfItem => "application.reason_not_of_item",
        }
    }
}
