//! What a reviewer may decide, when a second person must look, and in which order cases come.
//!
//! An [`Opinion`] is one person's view of one case: a result for each item, and a verdict. It is
//! sound only if the two agree ([`Opinion::check`]): nothing is approved with an open fault, asked
//! again without saying what and why, or refused for something the applicant could just redo.
//!
//! A second look is asked for by rule ([`second_rules`]) and is blind: whoever looks second knows
//! the rule, not the first opinion. Equal verdicts settle the case ([`merge`]); different ones go
//! to a lead.

use crate::access::Action;
use crate::check::{Check, CheckKind, Outcome};
use crate::decision::Redo;
use crate::reason::{Item, Reason, Retry};
use crate::refusal::Refusal;
use crate::time::At;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

mod second;

pub use second::{SecondFacts, SecondRule, second_rules};

/// A claimed case is the reviewer's alone for so long after his last action on it.
pub const LEASE_MINUTES: i64 = 10;
/// A decision can be taken back for so long; only then does it take effect.
pub const UNDO_SECONDS: i64 = 60;

/// Whose turn a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// A first reviewer's.
    First,
    /// A second reviewer's, who does not know what the first decided.
    Second,
    /// A lead's, because the two differ.
    Lead,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 3] = [Self::First, Self::Second, Self::Lead];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Lead => "lead",
        }
    }

    /// The stage of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.code() == code)
    }

    /// What whoever decides here does.
    pub const fn action(self) -> Action {
        match self {
            Self::First => Action::DecideCase,
            Self::Second => Action::SecondCheck,
            Self::Lead => Action::SettleDisagreement,
        }
    }
}

/// Why someone looks at a case. A closed list, so that the audit log stays free of anything
/// personal and can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewReason {
    /// It is on the viewer's desk.
    Claim,
    /// To watch over the work of others.
    Supervision,
    /// The applicant complained or asked.
    Complaint,
    /// A colleague asked for advice.
    Advice,
    /// A court or an authority asked.
    Authority,
}

impl ViewReason {
    /// Those that can be given; a claim implies its own.
    pub const GIVEN: [Self; 4] =
        [Self::Supervision, Self::Complaint, Self::Advice, Self::Authority];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Supervision => "supervision",
            Self::Complaint => "complaint",
            Self::Advice => "advice",
            Self::Authority => "authority",
        }
    }

    /// A reason that was given, by its code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::GIVEN.into_iter().find(|reason| reason.code() == code)
    }
}

/// What a reviewer found of one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemResult {
    /// Nothing wrong (通过).
    Ok,
    /// It cannot be judged and must be sent again (重拍).
    Retake,
    /// It can be judged and does not match (不符).
    Mismatch,
}

impl ItemResult {
    /// Every result, in the order of the buttons.
    pub const ALL: [Self; 3] = [Self::Ok, Self::Retake, Self::Mismatch];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Retake => "retake",
            Self::Mismatch => "mismatch",
        }
    }

    /// The result of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.code() == code)
    }
}

/// A marked part of an image, in thousandths of its width and height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Region {
    /// From the left edge.
    pub left: u16,
    /// From the upper edge.
    pub top: u16,
    /// How wide.
    pub width: u16,
    /// How high.
    pub height: u16,
}

impl Region {
    /// Cells per row and column of the grid by which a region is named without a mouse.
    pub const GRID: u16 = 8;

    /// A region that lies inside the image and is not empty.
    pub fn new(left: u16, top: u16, width: u16, height: u16) -> Option<Self> {
        let fits = |from: u16, length: u16| length > 0 && from < 1000 && length <= 1000 - from;
        (fits(left, width) && fits(top, height)).then_some(Self { left, top, width, height })
    }

    /// From two corner cells such as `B2` and `E4`: letters across, numbers down, on the grid.
    ///
    /// ```
    /// use domain::review::Region;
    /// let region = Region::from_cells("b1", "A2").unwrap();
    /// assert_eq!(Some(region), Region::new(0, 0, 250, 250));
    /// assert_eq!(Region::from_cells("Z1", "A2"), None);
    /// ```
    pub fn from_cells(one: &str, other: &str) -> Option<Self> {
        let cell = |text: &str| -> Option<(u16, u16)> {
            let mut letters = text.trim().chars();
            let column = u16::try_from(u32::from(letters.next()?.to_ascii_uppercase())).ok()?;
            let column = column.checked_sub(u16::from(b'A'))?;
            let row = letters.as_str().parse::<u16>().ok()?.checked_sub(1)?;
            (column < Self::GRID && row < Self::GRID).then_some((column, row))
        };
        let ((x1, y1), (x2, y2)) = (cell(one)?, cell(other)?);
        let size = 1000 / Self::GRID;
        let span = |a: u16, b: u16| (a.min(b) * size, (a.abs_diff(b) + 1) * size);
        let ((left, width), (top, height)) = (span(x1, x2), span(y1, y2));
        Self::new(left, top, width, height)
    }

    /// `left,top,width,height`, as in forms and links.
    pub fn to_text(self) -> String {
        format!("{},{},{},{}", self.left, self.top, self.width, self.height)
    }

    /// From [`Region::to_text`].
    pub fn from_text(text: &str) -> Option<Self> {
        let numbers: Option<Vec<u16>> = text.split(',').map(|n| n.trim().parse().ok()).collect();
        match numbers?.as_slice() {
            &[left, top, width, height] => Self::new(left, top, width, height),
            _ => None,
        }
    }
}

/// What was found of one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Which item.
    pub item: Item,
    /// What was found.
    pub result: ItemResult,
    /// Why, unless nothing is wrong.
    #[serde(default)]
    pub reasons: Vec<Reason>,
    /// Where in the image.
    #[serde(default)]
    pub region: Option<Region>,
}

/// What should become of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Approve.
    Approve,
    /// Ask for the faulty items again.
    AskAgain,
    /// Do not approve.
    Refuse,
}

impl Verdict {
    /// Every verdict, in the order of the buttons.
    pub const ALL: [Self; 3] = [Self::Approve, Self::AskAgain, Self::Refuse];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::AskAgain => "ask_again",
            Self::Refuse => "refuse",
        }
    }

    /// The verdict of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.code() == code)
    }
}

/// One person's view of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// What should become of it.
    pub verdict: Verdict,
    /// What was found, by item.
    pub marks: Vec<Mark>,
    /// Reasons that concern the whole application.
    #[serde(default)]
    pub reasons: Vec<Reason>,
}

impl Opinion {
    /// Whether verdict and marks agree, for an application with these `items`.
    pub fn check(&self, items: &[Item]) -> Result<(), ReviewRefusal> {
        for mark in &self.marks {
            check_mark(mark)?;
        }
        if let Some(reason) = self.reasons.iter().find(|r| !is_for_whole(**r)) {
            return Err(ReviewRefusal::ReasonNotForWhole(*reason));
        }
        let is_marked = |item: &&Item| self.marks.iter().any(|mark| mark.item == **item);
        let unseen = items.iter().find(|item| !is_marked(item)).copied();
        let is_faulty = self.marks.iter().any(|mark| mark.result != ItemResult::Ok);
        match self.verdict {
            Verdict::Approve if is_faulty || !self.reasons.is_empty() => {
                Err(ReviewRefusal::ApproveWithFault)
            }
            Verdict::AskAgain if !self.reasons.is_empty() => Err(ReviewRefusal::ReasonIsFinal),
            Verdict::AskAgain if !is_faulty => Err(ReviewRefusal::NothingToRedo),
            // Everything wrong is asked for at once, so every item must have been looked at.
            Verdict::Approve | Verdict::AskAgain => {
                unseen.map_or(Ok(()), |item| Err(ReviewRefusal::ItemNotLookedAt(item)))
            }
            Verdict::Refuse if self.refusal_reasons().is_empty() => {
                let is_only_redo = is_faulty;
                Err(if is_only_redo {
                    ReviewRefusal::OnlyRedoReasons
                } else {
                    ReviewRefusal::ReasonMissing(None)
                })
            }
            Verdict::Refuse => Ok(()),
        }
    }

    /// What the applicant must redo.
    pub fn redo(&self) -> Vec<Redo> {
        let mut out = Vec::new();
        for mark in self.marks.iter().filter(|mark| mark.result != ItemResult::Ok) {
            for reason in &mark.reasons {
                out.push(Redo { item: mark.item, reason: *reason });
            }
        }
        out
    }

    /// Why it is not approved: reasons for the whole application, and portrait and document
    /// showing different people, which may be redone but also refused.
    pub fn refusal_reasons(&self) -> Vec<Reason> {
        let marked = self.marks.iter().flat_map(|mark| mark.reasons.iter().copied());
        let mut out: Vec<Reason> = self.reasons.clone();
        out.extend(marked.filter(|reason| *reason == Reason::M3));
        out.dedup();
        out
    }
}

fn check_mark(mark: &Mark) -> Result<(), ReviewRefusal> {
    if mark.result == ItemResult::Ok {
        let is_clean = mark.reasons.is_empty();
        return if is_clean { Ok(()) } else { Err(ReviewRefusal::ReasonOnOk(mark.item)) };
    }
    if mark.reasons.is_empty() {
        return Err(ReviewRefusal::ReasonMissing(Some(mark.item)));
    }
    let stray = mark.reasons.iter().find(|reason| !reason.items().contains(&mark.item));
    stray.map_or(Ok(()), |reason| Err(ReviewRefusal::ReasonNotOfItem(mark.item, *reason)))
}

/// Whether a reviewer may give this reason for the whole application. Lateness and our own
/// technical faults are found by the program, and E9 is the public face of the staff-only reasons.
pub fn is_for_whole(reason: Reason) -> bool {
    !matches!(reason, Reason::E3 | Reason::E9 | Reason::T1)
        && matches!(reason.retry(), Retry::NewApplication | Retry::AppealOrOutlet)
}

/// One opinion out of two with the same verdict: everything either found. `None` if they differ.
pub fn merge(first: &Opinion, second: &Opinion) -> Option<Opinion> {
    if first.verdict != second.verdict {
        return None;
    }
    let mut merged = second.clone();
    for mark in first.marks.iter().filter(|mark| mark.result != ItemResult::Ok) {
        match merged.marks.iter_mut().find(|other| other.item == mark.item) {
            Some(other) if other.result == ItemResult::Ok => *other = mark.clone(),
            Some(other) => {
                for reason in &mark.reasons {
                    if !other.reasons.contains(reason) {
                        other.reasons.push(*reason);
                    }
                }
                other.region = other.region.or(mark.region);
            }
            None => merged.marks.push(mark.clone()),
        }
    }
    for reason in &first.reasons {
        if !merged.reasons.contains(reason) {
            merged.reasons.push(*reason);
        }
    }
    Some(merged)
}

/// How hard a case looks, from its checks: cases with the same promise come simplest first, so
/// that as many promises as possible are kept.
pub fn difficulty(checks: &[Check]) -> i64 {
    let weight = |check: &Check| match check.outcome {
        Outcome::Pass => 0,
        Outcome::Unavailable => 1,
        Outcome::Warn => 3,
        Outcome::Fail => 10,
    };
    checks.iter().map(weight).sum()
}

/// What decides the place of a case in one reviewer's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// It came back after an update to whoever looked before.
    pub is_front: bool,
    /// It came back to this very reviewer.
    pub is_mine: bool,
    /// Our promise.
    pub promise_at: At,
    /// See [`difficulty`].
    pub difficulty: i64,
}

impl Place {
    /// The sort key; smaller comes first.
    pub fn key(&self) -> (bool, bool, At, i64) {
        (!(self.is_front && self.is_mine), !self.is_front, self.promise_at, self.difficulty)
    }
}

/// The outcome of the portrait check, if there was one.
pub fn portrait_outcome(checks: &[Check]) -> Option<Outcome> {
    checks.iter().find(|c| c.kind == CheckKind::PortraitMatch).map(|c| c.outcome)
}

/// Why a step of reviewing is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReviewRefusal {
    /// Approved although an item is faulty or a reason is given.
    ApproveWithFault,
    /// A faulty item, or a refusal, without a reason.
    ReasonMissing(Option<Item>),
    /// A reason on an item that is said to be right.
    ReasonOnOk(Item),
    /// The reason does not belong to the item.
    ReasonNotOfItem(Item, Reason),
    /// The reason belongs to an item, not to the whole.
    ReasonNotForWhole(Reason),
    /// Asked again for a reason nothing can be redone about.
    ReasonIsFinal,
    /// Asked again, but nothing is faulty.
    NothingToRedo,
    /// Refused for what can be redone.
    OnlyRedoReasons,
    /// An item has no result.
    ItemNotLookedAt(Item),
    /// The case is in a colleague's hands.
    ClaimedByOther,
    /// The reviewer has another case open.
    OtherCaseOpen,
    /// The case is not in the reviewer's hands (any more).
    NotClaimed,
    /// A colleague has decided it meanwhile.
    DecidedByOther,
    /// The case changed since the form was made.
    StaleForm,
    /// Nothing (more) can be taken back.
    TooLateToUndo,
    /// Nothing waits for this person.
    QueueEmpty,
    /// The document number does not pass its check, so nobody can be registered by it.
    IdentityUnreadable,
}

impl ReviewRefusal {
    /// One of each.
    pub const ALL: [Self; 17] = [
        Self::ApproveWithFault,
        Self::ReasonMissing(None),
        Self::ReasonOnOk(Item::Name),
        Self::ReasonNotOfItem(Item::Name, Reason::D1),
        Self::ReasonNotForWhole(Reason::D1),
        Self::ReasonIsFinal,
        Self::NothingToRedo,
        Self::OnlyRedoReasons,
        Self::ItemNotLookedAt(Item::Name),
        Self::ClaimedByOther,
        Self::OtherCaseOpen,
        Self::NotClaimed,
        Self::DecidedByOther,
        Self::StaleForm,
        Self::TooLateToUndo,
        Self::QueueEmpty,
        Self::IdentityUnreadable,
    ];
}

impl Refusal for ReviewRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::ApproveWithFault => "review.approve_with_fault",
            Self::ReasonMissing(_) => "review.reason_missing",
            Self::ReasonOnOk(_) => "review.reason_on_ok",
            Self::ReasonNotOfItem(..) => "review.reason_not_of_item",
            Self::ReasonNotForWhole(_) => "review.reason_not_for_whole",
            Self::ReasonIsFinal => "review.reason_is_final",
            Self::NothingToRedo => "review.nothing_to_redo",
            Self::OnlyRedoReasons => "review.only_redo_reasons",
            Self::ItemNotLookedAt(_) => "review.item_not_looked_at",
            Self::ClaimedByOther => "review.claimed_by_other",
            Self::OtherCaseOpen => "review.other_case_open",
            Self::NotClaimed => "review.not_claimed",
            Self::DecidedByOther => "review.decided_by_other",
            Self::StaleForm => "review.stale_form",
            Self::TooLateToUndo => "review.too_late_to_undo",
            Self::QueueEmpty => "review.queue_empty",
            Self::IdentityUnreadable => "review.identity_unreadable",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::ReasonMissing(Some(item))
            | Self::ReasonOnOk(item)
            | Self::ReasonNotOfItem(item, _)
            | Self::ItemNotLookedAt(item) => Some(item.code()),
            Self::ReasonMissing(None) | Self::ReasonNotForWhole(_) | Self::ReasonIsFinal => {
                Some("reasons")
            }
            Self::ApproveWithFault | Self::NothingToRedo | Self::OnlyRedoReasons => Some("verdict"),
            Self::ClaimedByOther
            | Self::OtherCaseOpen
            | Self::NotClaimed
            | Self::DecidedByOther
            | Self::StaleForm
            | Self::TooLateToUndo
            | Self::QueueEmpty
            | Self::IdentityUnreadable => None,
        }
    }

    fn values(&self) -> Vec<(&'static str, Cow<'static, str>)> {
        match self {
            Self::ReasonNotOfItem(_, reason) | Self::ReasonNotForWhole(reason) => {
                vec![("reason", Cow::Borrowed(reason.code()))]
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
