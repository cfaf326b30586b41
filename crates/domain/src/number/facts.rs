//! Everything a decision about a number needs to know.

use super::{HoldKind, Holds, Lifecycle, ServiceProfile, UsageKind, profile};
use crate::id::{EpisodeId, PartyId};
use crate::sim::{Iccid, Imsi};
use crate::time::At;
use serde::{Deserialize, Serialize};

/// The SIM that serves a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimRef {
    /// The card.
    pub iccid: Iccid,
    /// The subscription on it, which the network knows.
    pub imsi: Imsi,
}

/// Who holds a number, and since when: one holder episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The person or organisation.
    pub party_id: PartyId,
    /// The episode, to which everything granted about the number is bound.
    pub episode_id: EpisodeId,
    /// When it began.
    pub since: At,
}

/// A use that counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// What kind.
    pub kind: UsageKind,
    /// When it happened.
    pub at: At,
}

/// How far down the keep-alive ladder a number has been taken in its present window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LadderMark {
    /// The day of the last step taken, relative to the deadline.
    pub day: i32,
    /// When it was taken.
    pub at: At,
}

/// Why a number is being closed or was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The holder asked.
    Request,
    /// Not used for too long.
    Inactivity,
    /// Money was owed for too long.
    Arrears,
    /// It came back from another operator.
    PortReturn,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 4] = [Self::Request, Self::Inactivity, Self::Arrears, Self::PortReturn];

    /// The name in rows and APIs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Inactivity => "inactivity",
            Self::Arrears => "arrears",
            Self::PortReturn => "port_return",
        }
    }

    /// From [`Cause::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.code() == code)
    }
}

/// Everything a decision about one number needs to know. Loaded as a whole, decided on as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Where it is in its life.
    pub lifecycle: Lifecycle,
    /// Since when it is there.
    pub since: At,
    /// The restrictions in force.
    pub holds: Holds,
    /// Who holds it, exactly while [`Facts::expects_holder`].
    pub holder: Option<Holder>,
    /// Who held it last, while it is in quarantine.
    pub former_party_id: Option<PartyId>,
    /// What serves it, exactly while [`Lifecycle::has_sim`].
    pub sim: Option<SimRef>,
    /// The instant from which the keep-alive window counts: the beginning of the episode, the end
    /// of a pause, or the newest use taken into account so far.
    pub keep_from: At,
    /// The newest use that counts, from the usage feed; may be newer than `keep_from`.
    pub last_use: Option<Usage>,
    /// How far down the ladder it was taken since `keep_from`.
    pub ladder: Option<LadderMark>,
    /// When the reservation or the closing lapses, or the quarantine ends.
    pub until: Option<At>,
    /// Why it is being closed or was.
    pub cause: Option<Cause>,
    /// Since when money is owed.
    pub arrears_since: Option<At>,
    /// By when the holder must prove identity again.
    pub reverify_by: Option<At>,
    /// When proof was found that the holder was told of what comes next.
    pub notice_proven_at: Option<At>,
    /// A step that needs proof of notice waits until then before it is tried again.
    pub retry_at: Option<At>,
    /// The indexed deadline: no rule does anything by itself before this instant.
    pub due_at: Option<At>,
}

impl Facts {
    /// A number that has just come into stock.
    pub fn in_stock(at: At) -> Self {
        Self {
            lifecycle: Lifecycle::InStock,
            since: at,
            holds: Holds::NONE,
            holder: None,
            former_party_id: None,
            sim: None,
            keep_from: at,
            last_use: None,
            ladder: None,
            until: None,
            cause: None,
            arrears_since: None,
            reverify_by: None,
            notice_proven_at: None,
            retry_at: None,
            due_at: None,
        }
    }

    /// What the network must allow.
    pub fn profile(&self) -> ServiceProfile {
        profile(self.lifecycle, &self.holds)
    }

    /// Whether somebody must be known to hold the number: a number in use, unless it is from before
    /// registration was demanded and waits for it.
    pub fn expects_holder(&self) -> bool {
        self.lifecycle.has_holder() && !self.holds.has(HoldKind::Unregistered)
    }

    /// Since when a notice must have reached the holder for the next step that needs proof.
    pub fn notice_since(&self) -> At {
        match self.lifecycle {
            Lifecycle::Active => self.arrears_since.unwrap_or(self.keep_from),
            Lifecycle::InStock
            | Lifecycle::Reserved
            | Lifecycle::Allocated
            | Lifecycle::PreClose
            | Lifecycle::Quarantined
            | Lifecycle::PortedOut
            | Lifecycle::Retired => self.since,
        }
    }
}
