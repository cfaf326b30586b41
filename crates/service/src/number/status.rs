//! What there is to say about a number, once, for pages, texts and APIs.

use super::load::load;
use crate::app::App;
use crate::error::Error;
use crate::keep::{self, KeepView};
use domain::access::{Action, Actor};
use domain::id::{EpisodeId, OperatorId, PartyId};
use domain::ladder;
use domain::msisdn::Msisdn;
use domain::number::{
    Appeal, Cause, Facts, HoldKind, Lifecycle, Lifter, Proof, ServiceProfile, SetBy,
};
use domain::time::At;
use store::number::provision::{self, Provision, ProvisionStep};

/// The one word for a number (product wording; message `number-status-…`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusWord {
    /// Works.
    InUse,
    /// Works, and its keep-alive date is near.
    KeepDue,
    /// Approved; the network has not confirmed yet.
    SwitchingOn,
    /// Incoming only.
    IncomingOnly,
    /// Nothing works; the number is held.
    Suspended,
    /// Paused by the holder.
    Paused,
    /// Blocked as lost.
    Lost,
    /// Stopped for a safety check.
    SafetyCheck,
    /// Stopped by order of an authority.
    Stopped,
    /// Its SIM waits for a registration.
    Unregistered,
    /// On its way to be closed.
    Closing,
    /// Closed; the former holder may have it back.
    Quarantine,
    /// Served by another operator.
    Ported,
    /// Nobody's.
    Free,
    /// Set aside.
    Reserved,
    /// Out of use for good.
    Retired,
}

impl StatusWord {
    /// The word in APIs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InUse => "in_use",
            Self::KeepDue => "keep_due",
            Self::SwitchingOn => "switching_on",
            Self::IncomingOnly => "incoming_only",
            Self::Suspended => "suspended",
            Self::Paused => "paused",
            Self::Lost => "lost",
            Self::SafetyCheck => "safety_check",
            Self::Stopped => "stopped",
            Self::Unregistered => "unregistered",
            Self::Closing => "closing",
            Self::Quarantine => "quarantine",
            Self::Ported => "ported",
            Self::Free => "free",
            Self::Reserved => "reserved",
            Self::Retired => "retired",
        }
    }

    /// The id of its message.
    pub fn message_id(self) -> String {
        format!("number-status-{}", self.code().replace('_', "-"))
    }
}

/// One restriction, with everything the holder is owed: reason, remedy, documents, appeal. The
/// words are `hold-…-name`, `-reason` and `-remedy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldView {
    /// What kind.
    pub kind: HoldKind,
    /// The order's reference, for orders.
    pub reference: String,
    /// Since when.
    pub since: At,
    /// Until when, if it ends by itself.
    pub until: Option<At>,
    /// Who set it.
    pub set_by: SetBy,
    /// What it takes away.
    pub bars: ServiceProfile,
    /// Who or what may lift it.
    pub lifter: Lifter,
    /// What has to be shown.
    pub proofs: &'static [Proof],
    /// Where to object.
    pub appeal: Appeal,
}

/// How far the network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switching {
    /// There is nothing to tell it.
    Nothing,
    /// It was told and has not confirmed.
    Since(At),
    /// It was read back and is as it should be.
    Confirmed(At),
}

/// What there is to say about a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberStatus {
    /// The number.
    pub msisdn: Msisdn,
    /// The tenant.
    pub operator_id: OperatorId,
    /// Grows with every change.
    pub version: i64,
    /// The one word.
    pub word: StatusWord,
    /// Where it is in its life.
    pub lifecycle: Lifecycle,
    /// Since when.
    pub since: At,
    /// When the reservation, the closing or the quarantine ends.
    pub until: Option<At>,
    /// Why it is being closed or was.
    pub cause: Option<Cause>,
    /// Who holds it, and since when.
    pub holder: Option<(PartyId, EpisodeId, At)>,
    /// The card that serves it.
    pub iccid: Option<String>,
    /// What the network is to allow.
    pub allows: ServiceProfile,
    /// The restrictions in force, the gravest first.
    pub holds: Vec<HoldView>,
    /// By when identity must be proven again.
    pub reverify_by: Option<At>,
    /// How far the network is.
    pub switching: Switching,
    /// What the network was last read to allow; more or less than `allows` where it cannot do
    /// exactly that.
    pub applied: Option<ServiceProfile>,
    /// When somebody else last changed it in the network, if ever.
    pub drift_at: Option<At>,
    /// How it is kept, while somebody holds it.
    pub keep: Option<KeepView>,
}

/// What there is to say about a number to `actor`.
pub async fn status(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<NumberStatus, Error> {
    let (row, policy) = load(app, actor, Action::SeeNumber, msisdn).await?;
    let told = provision::of_number(&app.store.db, msisdn).await?;
    let facts = &row.facts;
    let ours = facts.sim.and_then(|sim| told.iter().find(|row| row.imsi == sim.imsi));
    let switching = switching_of(ours);
    let keep = facts.holder.map(|_| keep::of(msisdn, facts, &policy, app.now()));
    let is_near = keep.as_ref().is_some_and(|keep| keep.is_reminded);
    Ok(NumberStatus {
        msisdn,
        operator_id: row.operator_id,
        version: row.version,
        word: status_word(facts, switching, is_near),
        lifecycle: facts.lifecycle,
        since: facts.since,
        until: facts.until,
        cause: facts.cause,
        holder: facts.holder.map(|holder| (holder.party_id, holder.episode_id, holder.since)),
        iccid: facts.sim.map(|sim| sim.iccid.as_str().to_owned()),
        allows: facts.profile(),
        holds: holds_of(facts),
        reverify_by: facts.reverify_by,
        switching,
        applied: ours.and_then(|row| row.applied),
        drift_at: ours.and_then(|row| row.drift).map(|(at, _)| at),
        keep,
    })
}

impl NumberStatus {
    /// What the network really allows, where that is confirmed and not what is wanted.
    pub fn differs(&self) -> Option<ServiceProfile> {
        let is_told = matches!(self.switching, Switching::Confirmed(_));
        self.applied.filter(|applied| is_told && *applied != self.allows)
    }
}

fn holds_of(facts: &Facts) -> Vec<HoldView> {
    let of_kind = |kind: HoldKind| facts.holds.iter().filter(move |hold| hold.kind == kind);
    let view = |hold: &domain::number::Hold| HoldView {
        kind: hold.kind,
        reference: hold.reference.clone(),
        since: hold.since,
        until: hold.until,
        set_by: hold.set_by,
        bars: hold.kind.bars(),
        lifter: hold.kind.lifter(),
        proofs: hold.kind.proofs(),
        appeal: hold.kind.appeal(),
    };
    HoldKind::ALL.into_iter().flat_map(of_kind).map(view).collect()
}

fn switching_of(ours: Option<&Provision>) -> Switching {
    match ours {
        None => Switching::Nothing,
        Some(row) if row.step == ProvisionStep::Confirmed => {
            Switching::Confirmed(row.confirmed_at.unwrap_or(row.wanted_at))
        }
        Some(row) => Switching::Since(row.wanted_at),
    }
}

/// The one word: the gravest restriction first, then what is coming.
pub fn status_word(facts: &Facts, switching: Switching, is_reminded: bool) -> StatusWord {
    match facts.lifecycle {
        Lifecycle::InStock => StatusWord::Free,
        Lifecycle::Reserved => StatusWord::Reserved,
        Lifecycle::Allocated => StatusWord::Unregistered,
        Lifecycle::PreClose => StatusWord::Closing,
        Lifecycle::Quarantined => StatusWord::Quarantine,
        Lifecycle::PortedOut => StatusWord::Ported,
        Lifecycle::Retired => StatusWord::Retired,
        Lifecycle::Active => {
            let gravest = HoldKind::ALL
                .into_iter()
                .find(|kind| *kind != HoldKind::SimSwapCooling && facts.holds.has(*kind));
            match gravest {
                Some(HoldKind::Authority) => StatusWord::Stopped,
                Some(HoldKind::Fraud | HoldKind::ReverifyDue) => StatusWord::SafetyCheck,
                Some(HoldKind::Loss) => StatusWord::Lost,
                Some(HoldKind::Unregistered) => StatusWord::Unregistered,
                Some(HoldKind::RetentionPause) => StatusWord::Paused,
                Some(HoldKind::ArrearsFull | HoldKind::InactiveFull) => StatusWord::Suspended,
                Some(HoldKind::ArrearsOutgoing | HoldKind::InactiveOutgoing) => {
                    StatusWord::IncomingOnly
                }
                Some(HoldKind::SimSwapCooling) | None => of_free(facts, switching, is_reminded),
            }
        }
    }
}

fn of_free(facts: &Facts, switching: Switching, is_reminded: bool) -> StatusWord {
    match switching {
        Switching::Since(_) => StatusWord::SwitchingOn,
        Switching::Nothing | Switching::Confirmed(_) if is_reminded => StatusWord::KeepDue,
        Switching::Nothing | Switching::Confirmed(_) => {
            debug_assert!(ladder::is_running(facts));
            StatusWord::InUse
        }
    }
}
