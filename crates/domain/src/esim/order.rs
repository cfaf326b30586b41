//! How far an order and its download got, and what each event does.

use super::EsimRefusal;
use crate::time::At;
use serde::{Deserialize, Serialize};

/// How far our order got. Each step is one call of ES2+ (SGP.22 v2, section 5.3) or one commit, and
/// is recorded before the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Nothing was asked yet.
    Wanted,
    /// `downloadOrder` was answered: the profile is set aside for us.
    Ordered,
    /// `confirmOrder` was answered: the matching id leads to it.
    Confirmed,
    /// The number is served by it; the old SIM is dead.
    Moved,
    /// `releaseProfile` was answered: a phone can download it.
    Released,
    /// It is no longer wanted; `cancelOrder` is to be asked.
    Cancelling,
    /// `cancelOrder` was answered.
    Cancelled,
    /// The SM-DP+ will not give this profile.
    Refused,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 8] = [
        Self::Wanted,
        Self::Ordered,
        Self::Confirmed,
        Self::Moved,
        Self::Released,
        Self::Cancelling,
        Self::Cancelled,
        Self::Refused,
    ];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Ordered => "ordered",
            Self::Confirmed => "confirmed",
            Self::Moved => "moved",
            Self::Released => "released",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
        }
    }

    /// The step of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.code() == code)
    }

    /// Whether nothing more comes of it.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Cancelled | Self::Refused)
    }
}

/// How far the phone got, as the SM-DP+ tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Download {
    /// Nothing is known.
    Nothing,
    /// The phone has it.
    Downloaded,
    /// It is in the chip.
    Installed,
    /// It is switched on.
    Enabled,
    /// It is switched off.
    Disabled,
    /// It was deleted from the chip; it cannot come back.
    Deleted,
}

impl Download {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Nothing,
        Self::Downloaded,
        Self::Installed,
        Self::Enabled,
        Self::Disabled,
        Self::Deleted,
    ];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Downloaded => "downloaded",
            Self::Installed => "installed",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
        }
    }

    /// The state of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|download| download.code() == code)
    }

    /// Of two reports the one with the higher rank holds, however late the other comes; of two with
    /// the same rank the later one.
    const fn rank(self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Downloaded => 1,
            Self::Installed => 2,
            Self::Enabled | Self::Disabled => 3,
            Self::Deleted => 4,
        }
    }

    /// Whether the code has done its work.
    pub fn is_installed(self) -> bool {
        self >= Self::Installed
    }
}

/// What went wrong at the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// The phone cannot take this profile, or tried too often.
    Eligibility,
    /// A wrong confirmation code was typed.
    Confirmation,
    /// The download broke off.
    Download,
    /// The chip did not take it.
    Installation,
}

impl Problem {
    /// Every problem.
    pub const ALL: [Self; 4] =
        [Self::Eligibility, Self::Confirmation, Self::Download, Self::Installation];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Eligibility => "eligibility",
            Self::Confirmation => "confirmation",
            Self::Download => "download",
            Self::Installation => "installation",
        }
    }

    /// The problem of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|problem| problem.code() == code)
    }
}

/// A notification point (SGP.22 v2, section 5.3.5, for 1 to 4). 5, 101 and 102 are what SM-DP+ in
/// the field send when a profile is deleted, switched on and switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Point {
    /// 1: may this phone have it.
    Eligibility,
    /// 2: the confirmation code.
    Confirmation,
    /// 3: the download.
    Download,
    /// 4: the installation.
    Installation,
    /// 5: deleted.
    Deletion,
    /// 101: switched on.
    Enabling,
    /// 102: switched off.
    Disabling,
}

impl Point {
    /// Every point.
    pub const ALL: [Self; 7] = [
        Self::Eligibility,
        Self::Confirmation,
        Self::Download,
        Self::Installation,
        Self::Deletion,
        Self::Enabling,
        Self::Disabling,
    ];

    /// The number in ES2+.
    pub const fn id(self) -> i64 {
        match self {
            Self::Eligibility => 1,
            Self::Confirmation => 2,
            Self::Download => 3,
            Self::Installation => 4,
            Self::Deletion => 5,
            Self::Enabling => 101,
            Self::Disabling => 102,
        }
    }

    /// The point of a number; none for one that means nothing to us.
    pub fn from_id(id: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|point| point.id() == id)
    }

    /// What a success means.
    const fn reached(self) -> Option<Download> {
        match self {
            Self::Eligibility | Self::Confirmation => None,
            Self::Download => Some(Download::Downloaded),
            Self::Installation => Some(Download::Installed),
            Self::Deletion => Some(Download::Deleted),
            Self::Enabling => Some(Download::Enabled),
            Self::Disabling => Some(Download::Disabled),
        }
    }

    /// What a failure means; none if nothing changes by it.
    const fn failed(self) -> Option<Problem> {
        match self {
            Self::Eligibility => Some(Problem::Eligibility),
            Self::Confirmation => Some(Problem::Confirmation),
            Self::Download => Some(Problem::Download),
            Self::Installation => Some(Problem::Installation),
            Self::Deletion | Self::Enabling | Self::Disabling => None,
        }
    }
}

/// The state of a profile in the words of SGP.22 v2, section 3.1.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Free at the SM-DP+.
    Available,
    /// Set aside for us.
    Allocated,
    /// Linked to its matching id.
    Confirmed,
    /// Ready to be downloaded.
    Released,
    /// In the phone.
    Downloaded,
    /// In the chip.
    Installed,
    /// Switched on.
    Enabled,
    /// Switched off.
    Disabled,
    /// Gone from the chip.
    Deleted,
    /// The chip did not take it, or the SM-DP+ does not give it.
    Error,
    /// Not wanted any more.
    Unavailable,
}

impl State {
    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Allocated => "allocated",
            Self::Confirmed => "confirmed",
            Self::Released => "released",
            Self::Downloaded => "downloaded",
            Self::Installed => "installed",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
            Self::Error => "error",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Everything a decision about an order needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// How far our order got.
    pub step: Step,
    /// How far the phone got.
    pub download: Download,
    /// When the phone got there, as the SM-DP+ says.
    pub download_at: Option<At>,
    /// The newest thing that went wrong at the phone, and when.
    pub problem: Option<(Problem, At)>,
}

impl Facts {
    /// An order that nobody has been asked about.
    pub const WANTED: Self =
        Self { step: Step::Wanted, download: Download::Nothing, download_at: None, problem: None };

    /// What went wrong, while nothing went well since and the profile is not in a chip.
    pub fn open_problem(&self) -> Option<Problem> {
        let (problem, at) = self.problem?;
        let is_newest = self.download_at.is_none_or(|well_at| at >= well_at);
        (is_newest && !self.download.is_installed()).then_some(problem)
    }

    /// Whether the code can be used now.
    pub fn is_ready(&self) -> bool {
        let is_lost = self.open_problem() == Some(Problem::Installation);
        self.step == Step::Released && !self.download.is_installed() && !is_lost
    }

    /// The standard's word.
    pub fn state(&self) -> State {
        match (self.step, self.download) {
            (_, Download::Deleted) => State::Deleted,
            (_, Download::Disabled) => State::Disabled,
            (_, Download::Enabled) => State::Enabled,
            (_, Download::Installed) => State::Installed,
            (Step::Refused, _) => State::Error,
            (Step::Cancelled, _) => State::Unavailable,
            _ if self.open_problem() == Some(Problem::Installation) => State::Error,
            (_, Download::Downloaded) => State::Downloaded,
            (Step::Released, _) => State::Released,
            (Step::Confirmed | Step::Moved, _) => State::Confirmed,
            (Step::Ordered | Step::Cancelling, _) => State::Allocated,
            (Step::Wanted, _) => State::Available,
        }
    }
}

/// Something that happened to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// `downloadOrder` was answered.
    Ordered,
    /// `confirmOrder` was answered.
    Confirmed,
    /// The number is served by the profile.
    Moved,
    /// `releaseProfile` was answered.
    Released,
    /// The SM-DP+ will not give this profile, and never will.
    Refused,
    /// It is no longer wanted: the request was withdrawn, the number's rules say no, or another SIM
    /// serves the number.
    CancelAsked,
    /// `cancelOrder` was answered, or refused for good.
    Cancelled,
    /// The phone got to a point, well or not.
    Progress {
        /// Which.
        point: Point,
        /// Whether it went well.
        is_well: bool,
        /// When, as the SM-DP+ says.
        at: At,
    },
}

/// What `event` makes of the order; the same facts if it says nothing new. Steps that were taken
/// stay taken, and reports may come late, twice and in any order.
///
/// # Errors
///
/// [`EsimRefusal::OrderOver`] for a step of an order that ended or is being cancelled, or that
/// overtakes the one before it; [`EsimRefusal::Installed`] for cancelling what is in a chip.
pub fn decide(facts: &Facts, event: Event) -> Result<Facts, EsimRefusal> {
    let mut next = *facts;
    match event {
        Event::Ordered => next.step = forward(facts, Step::Wanted, Step::Ordered)?,
        Event::Confirmed => next.step = forward(facts, Step::Ordered, Step::Confirmed)?,
        Event::Moved => next.step = forward(facts, Step::Confirmed, Step::Moved)?,
        Event::Released => next.step = forward(facts, Step::Moved, Step::Released)?,
        Event::Refused => match facts.step {
            Step::Wanted | Step::Ordered | Step::Refused => next.step = Step::Refused,
            _ => return Err(EsimRefusal::OrderOver),
        },
        Event::CancelAsked => match facts.step {
            Step::Cancelling | Step::Cancelled | Step::Refused => {}
            _ if facts.download.is_installed() => return Err(EsimRefusal::Installed),
            _ => next.step = Step::Cancelling,
        },
        Event::Cancelled => match facts.step {
            Step::Cancelling | Step::Cancelled => next.step = Step::Cancelled,
            _ => return Err(EsimRefusal::OrderOver),
        },
        Event::Progress { point, is_well, at } => progress(&mut next, point, is_well, at),
    }
    Ok(next)
}

/// From one step to the next; who is further already stays there.
fn forward(facts: &Facts, from: Step, to: Step) -> Result<Step, EsimRefusal> {
    match facts.step {
        Step::Cancelling | Step::Cancelled | Step::Refused => Err(EsimRefusal::OrderOver),
        step if step == from => Ok(to),
        step if step >= to => Ok(step),
        _ => Err(EsimRefusal::OrderOver),
    }
}

/// Keeps the greater of what is known and what is told, so that the order of reports does not
/// matter.
fn progress(facts: &mut Facts, point: Point, is_well: bool, at: At) {
    if !is_well {
        let told = point.failed().map(|problem| (problem, at));
        let is_newer = |new: &(Problem, At)| {
            facts.problem.is_none_or(|(known, known_at)| (new.1, new.0) > (known_at, known))
        };
        if let Some(new) = told.filter(is_newer) {
            facts.problem = Some(new);
        }
        return;
    }
    let Some(reached) = point.reached() else { return };
    let key = |download: Download, at: Option<At>| (download.rank(), at, download);
    if key(reached, Some(at)) > key(facts.download, facts.download_at) {
        facts.download = reached;
        facts.download_at = Some(at);
    }
}
