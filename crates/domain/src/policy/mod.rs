//! Policy: every number of days, every fee and every limit, as data.
//!
//! A policy belongs to an operator, has a version and a day from which it holds, and is checked
//! as a whole by [`Policy::faults`] before anything reads it. Rules read it and never embed a
//! number. Every figure carries its source and how sure it is, so that a reader can tell law from
//! custom; packs for several countries show that rules are data.

mod fault;
mod sections;

pub use fault::PolicyFault;
pub use sections::{
    Ages, Application, Arrears, Close, Fees, KeepAlive, LadderAct, LadderStep, Network, Pause,
    PortOut, Promise, Quarantine, Reading, Records, Registration, Reverify, SecondCheck, SimSwap,
    Stock,
};

use crate::authority::Lookup;
use crate::cap::CapRule;
use crate::msisdn::vanity::VanityTier;
use crate::notice::QuietHours;
use crate::time::Zone;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// How sure a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Read in a law, a regulation or a standard.
    Law,
    /// Published by a regulator or an operator.
    Published,
    /// Told by press or users, or by one source only.
    Reported,
    /// Our choice, for the operator to confirm.
    Assumed,
}

/// A figure with where it comes from; reads as the figure itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sourced<T> {
    /// The figure.
    pub value: T,
    /// Where it comes from.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
}

impl<T> Deref for Sourced<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// The rules of one operator in one country, at one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The pack's code, such as `cn`.
    pub code: String,
    /// Counts up with every change.
    pub version: i64,
    /// The day from which it holds, in its zone.
    pub effective_on: Date,
    /// The name in Chinese.
    pub name_zh: String,
    /// The name in English.
    pub name_en: String,
    /// The legal time zone of its dates.
    pub zone: Zone,
    /// The currency of its fees (ISO 4217); amounts are in minor units.
    pub currency: String,
    /// How many decimal places the currency has.
    pub currency_decimals: u32,
    /// Whether and how holders are registered.
    pub registration: Registration,
    /// Caps per identity; none where the law knows none.
    #[serde(default, rename = "cap")]
    pub caps: Vec<CapRule>,
    /// From what age somebody may register.
    pub ages: Ages,
    /// Applications: how long drafts, updates and appeals stay open.
    pub application: Application,
    /// By when an answer is promised.
    pub promise: Promise,
    /// What the machine may decide from the checks.
    pub checks: crate::decision::Rules,
    /// What the machine may approve; nothing without it.
    #[serde(default)]
    pub automatic: Option<crate::decision::Automatic>,
    /// What an identity authority is asked, where there is one.
    #[serde(default)]
    pub authority: Option<Lookup>,
    /// How sure the machine must be of what it reads.
    pub reading: Reading,
    /// Where a portrait is good enough, and how alike two faces must be; a policy from before this
    /// section, or with some of its keys only, goes by the usual limits.
    #[serde(default)]
    pub portrait: crate::portrait::Limits,
    /// Which decisions a second person must take, too.
    pub second_check: SecondCheck,
    /// Numbers that nobody holds yet.
    pub stock: Stock,
    /// Which numbers people want for how they look, best first; none where that costs nothing.
    #[serde(default)]
    pub vanity: Vec<VanityTier>,
    /// How a number is kept by using it.
    pub keep_alive: KeepAlive,
    /// The pause product, where there is one.
    pub pause: Option<Pause>,
    /// What happens while money is owed, where numbers are paid for afterwards.
    pub arrears: Option<Arrears>,
    /// Closing.
    pub close: Close,
    /// Between closing and the next holder.
    pub quarantine: Quarantine,
    /// Proving identity again.
    pub reverify: Reverify,
    /// After a SIM was replaced.
    pub sim_swap: SimSwap,
    /// Leaving for another operator.
    pub port_out: PortOut,
    /// Where a network cannot bar as finely as the rules say.
    pub network: Network,
    /// Fees, in minor units.
    pub fees: Fees,
    /// When notices may arrive.
    pub quiet_hours: QuietHours,
    /// How long records are kept after the end.
    pub records: Records,
}

impl Policy {
    /// How a decision names the policy it was made under: `cn/3`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.code, self.version)
    }
}

/// The policy among `versions` that holds on `date`: the one that took effect last.
pub fn effective<'a>(
    versions: impl IntoIterator<Item = &'a Policy>,
    date: Date,
) -> Option<&'a Policy> {
    let held = versions.into_iter().filter(|policy| policy.effective_on <= date);
    held.max_by_key(|policy| (policy.effective_on, policy.version))
}
