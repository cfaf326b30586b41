//! The closed list of texts.

use super::Reach;
use crate::time::At;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One text with its values. `tail` is always the last four digits of the number it is about.
///
/// The numbers in the documentation are those of the product's list of texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "template", rename_all = "snake_case", deny_unknown_fields)]
pub enum Template {
    /// 1: the application was sent in.
    Submitted { tail: String, reference: String, promise_at: At },
    /// 2: approved, and the network confirmed that the number works. No date if the plan needs
    /// none.
    Approved { tail: String, keep_by: Option<Date> },
    /// 3: one or more items must be done again. `reason` is the code of the first, such as `D2`.
    NeedsUpdate { tail: String, items: u32, reason: String, until: Date, link: String },
    /// 4: not approved. `reason` is the code, such as `D8`.
    Rejected { tail: String, reason: String, appeal_days: u32 },
    /// 5: the apology, sent before the old time passes.
    Delayed { tail: String, promise_at: At },
    /// 6: a one-time code.
    Code { code: String, minutes: u32, purpose: CodePurpose },
    /// 7: the keep-alive date comes near.
    Reminder { tail: String, days_left: u32, due_on: Date },
    /// 8: an event counted; the number is safe until a new date.
    Saved { tail: String, counted: Counted, counted_on: Date, until: Date },
    /// 9: the last day. `extend_fee` is the price, such as `5元`, if the plan lets a `Y` extend it.
    LastDay { tail: String, held_days: u32, extend_fee: Option<String> },
    /// 10: suspended; the number is held.
    Suspended { tail: String, held_until: Date, link: String },
    /// 11: blocked as lost.
    Lost { tail: String, link: String },
    /// 12: somebody asked for a new SIM.
    SimRequested { tail: String, requested_at: At, minutes: u32 },
    /// 13: another number was registered in the holder's name.
    NewNumber { tail: String },
    /// Calls and texts out are off; incoming still works.
    OutgoingBarred { tail: String, until: Date },
    /// The number left service and can be recovered until a date.
    Quarantined { tail: String, recover_until: Date, link: String },
    /// The number was given back and can no longer be recovered.
    Released { tail: String },
    /// The loss report was lifted.
    Unlost { tail: String },
    /// A pause asked for by the holder began.
    Paused { tail: String, until: Date },
    /// A pause ended; the number works again.
    Resumed { tail: String, keep_by: Option<Date> },
    /// Back in service after a stop.
    Restored { tail: String },
    /// The new SIM is live, the old one is dead.
    SimReplaced { tail: String },
    /// The eSIM can be installed; how is on a page, never in a text.
    EsimReady { tail: String, link: String },
    /// The number now belongs to somebody else.
    Transferred { tail: String },
    /// The number will be closed; that can be taken back until a date.
    Closing { tail: String, until: Date },
    /// The holder closed the number; it can be recovered until a date.
    Closed { tail: String, recover_until: Date },
    /// The holder must show the documents again by a date.
    ReverifyDue { tail: String, until: Date, link: String },
    /// Stopped for unpaid fees.
    Arrears { tail: String, link: String },
    /// Stopped for a safety check: reason as far as allowed, remedy, documents, appeal at the link.
    SafetyStop { tail: String, link: String },
    /// A draft will be deleted.
    DraftExpiring { reference: String, until: Date, link: String },
    /// The application was withdrawn.
    Withdrawn { tail: String, reference: String },
    /// An appeal was received.
    AppealOpen { tail: String, promise_at: At },
    /// To the trusted contact: please tell the holder.
    TellHolder { tail: String },
    /// The answer to a text the subscriber sent.
    Answer { answer: Answer },
}

/// What a one-time code is for; the text says it, so that a code cannot be talked out of somebody
/// for another purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodePurpose {
    /// To sign in or go on with an application.
    SignIn,
    /// To confirm a contact.
    ConfirmContact,
    /// To report the phone as lost.
    ReportLoss,
}

/// What counted as use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// A call made.
    Call,
    /// A text sent.
    Text,
    /// Mobile data used.
    Data,
    /// Money added.
    TopUp,
    /// Another event the policy counts.
    Other,
}

/// Answers to texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// What can be sent.
    Help,
    /// This number is not registered; where to begin.
    NotRegistered { link: String },
    /// There is no application about this number.
    NoApplication { tail: String },
    /// Where the application stands: a status word in the language of the text.
    Progress { tail: String, reference: String, status: String },
    /// The same, with the time by which a result comes.
    ProgressBy { tail: String, reference: String, status: String, promise_at: At },
    /// The keep-alive date.
    Keep { tail: String, due_on: Date, days_left: u32 },
    /// The number is not in service, so there is no keep-alive date: its status word.
    NoKeepDate { tail: String, status: String },
    /// The balance in minor units, with its currency.
    Balance { tail: String, amount: String },
    /// The plans.
    Plans { link: String },
    /// A person will call back.
    CallBack { tail: String },
    /// Texts will come in this language from now on.
    Language,
    /// A code went to another contact; send it to block the number.
    LossCodeSent { tail: String },
    /// No other contact is registered, or the sender is not one: the hotline must do it.
    LossByHotline,
    /// The code is wrong or too old.
    WrongCode,
    /// Nothing to lift, or not by this way.
    NothingToLift { tail: String },
    /// There was nothing to answer with yes or no.
    NothingAsked,
    /// Stopped as asked; somebody will look into it.
    Stopped { tail: String },
    /// Something on our side failed.
    TryLater,
}

impl Template {
    /// The stable name of the text, as stored and shown to programs.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Submitted { .. } => "submitted",
            Self::Approved { .. } => "approved",
            Self::NeedsUpdate { .. } => "needs_update",
            Self::Rejected { .. } => "rejected",
            Self::Delayed { .. } => "delayed",
            Self::Code { .. } => "code",
            Self::Reminder { .. } => "reminder",
            Self::Saved { .. } => "saved",
            Self::LastDay { .. } => "last_day",
            Self::Suspended { .. } => "suspended",
            Self::Lost { .. } => "lost",
            Self::SimRequested { .. } => "sim_requested",
            Self::NewNumber { .. } => "new_number",
            Self::OutgoingBarred { .. } => "outgoing_barred",
            Self::Quarantined { .. } => "quarantined",
            Self::Released { .. } => "released",
            Self::Unlost { .. } => "unlost",
            Self::Paused { .. } => "paused",
            Self::Resumed { .. } => "resumed",
            Self::Restored { .. } => "restored",
            Self::SimReplaced { .. } => "sim_replaced",
            Self::EsimReady { .. } => "esim_ready",
            Self::Transferred { .. } => "transferred",
            Self::Closing { .. } => "closing",
            Self::Closed { .. } => "closed",
            Self::ReverifyDue { .. } => "reverify_due",
            Self::Arrears { .. } => "arrears",
            Self::SafetyStop { .. } => "safety_stop",
            Self::DraftExpiring { .. } => "draft_expiring",
            Self::Withdrawn { .. } => "withdrawn",
            Self::AppealOpen { .. } => "appeal_open",
            Self::TellHolder { .. } => "tell_holder",
            Self::Answer { .. } => "answer",
        }
    }

    /// Whether it is sent at any hour: codes, loss, a new SIM, a new number (texts 6, 11, 12, 13),
    /// and whatever answers something the person asked for or did and now waits to hear of.
    ///
    /// What we send on our own account (reminders, restrictions, dates) keeps to decent hours.
    pub const fn is_urgent(&self) -> bool {
        matches!(
            self,
            Self::Code { .. }
                | Self::Lost { .. }
                | Self::Unlost { .. }
                | Self::SimRequested { .. }
                | Self::NewNumber { .. }
                | Self::Answer { .. }
                | Self::Submitted { .. }
                | Self::Approved { .. }
                | Self::NeedsUpdate { .. }
                | Self::Rejected { .. }
                | Self::Withdrawn { .. }
                | Self::AppealOpen { .. }
                | Self::Saved { .. }
                | Self::Paused { .. }
                | Self::Resumed { .. }
                | Self::SimReplaced { .. }
                | Self::EsimReady { .. }
                | Self::Transferred { .. }
                | Self::Closing { .. }
        )
    }

    /// Whether the text must not be kept readable anywhere: it lets its reader act.
    pub const fn is_secret(&self) -> bool {
        matches!(self, Self::Code { .. })
    }

    /// Whether an arrived copy proves that the holder was warned before a release.
    pub const fn is_warning_of_release(&self) -> bool {
        matches!(
            self,
            Self::Reminder { .. }
                | Self::LastDay { .. }
                | Self::OutgoingBarred { .. }
                | Self::Suspended { .. }
                | Self::Arrears { .. }
                | Self::Closed { .. }
                | Self::Quarantined { .. }
        )
    }

    /// To how many channels it goes.
    pub const fn reach(&self) -> Reach {
        match self {
            Self::Code { .. } | Self::Answer { .. } | Self::TellHolder { .. } => Reach::Addressed,
            // Two months ahead there is no hurry.
            Self::Reminder { days_left, .. } if *days_left > 30 => Reach::EmailFirst,
            Self::Lost { .. }
            | Self::Reminder { .. }
            | Self::SimRequested { .. }
            | Self::NewNumber { .. }
            // The number itself receives nothing before it is installed.
            | Self::EsimReady { .. }
            | Self::LastDay { .. }
            | Self::OutgoingBarred { .. }
            | Self::Suspended { .. }
            | Self::Quarantined { .. } => Reach::Every,
            Self::Submitted { .. }
            | Self::Approved { .. }
            | Self::NeedsUpdate { .. }
            | Self::Rejected { .. }
            | Self::Delayed { .. }
            | Self::Saved { .. }
            | Self::Released { .. }
            | Self::Unlost { .. }
            | Self::Paused { .. }
            | Self::Resumed { .. }
            | Self::Restored { .. }
            | Self::SimReplaced { .. }
            | Self::Transferred { .. }
            | Self::Closing { .. }
            | Self::Closed { .. }
            | Self::ReverifyDue { .. }
            | Self::Arrears { .. }
            | Self::SafetyStop { .. }
            | Self::DraftExpiring { .. }
            | Self::Withdrawn { .. }
            | Self::AppealOpen { .. } => Reach::FirstThatWorks,
        }
    }

    /// How long the network should try to deliver it, in minutes.
    pub const fn valid_minutes(&self) -> i64 {
        match self {
            Self::Code { minutes, .. } | Self::SimRequested { minutes, .. } => *minutes as i64,
            Self::Answer { .. } => 60,
            // The SMSC's usual longest validity for a text that is not urgent.
            _ => 48 * 60,
        }
    }

    /// The date a calendar entry would be for, if the text names one.
    pub const fn date(&self) -> Option<Date> {
        match self {
            Self::Approved { keep_by, .. } | Self::Resumed { keep_by, .. } => *keep_by,
            Self::Reminder { due_on: date, .. }
            | Self::Saved { until: date, .. }
            | Self::Suspended { held_until: date, .. }
            | Self::Quarantined { recover_until: date, .. }
            | Self::NeedsUpdate { until: date, .. } => Some(*date),
            _ => None,
        }
    }
}
