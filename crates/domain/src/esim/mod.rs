//! eSIM: a SIM without a card. An SM-DP+ prepares a profile, a phone downloads it by an activation
//! code, and tells how far it got (GSMA SGP.22).
//!
//! An order is our side: asked for, confirmed, the number moved to it, handed over. The download is
//! the phone's side. Both only go forward; [`Facts::state`] is the standard's word for the two.

mod code;
mod order;

#[cfg(test)]
mod tests;

pub use code::ActivationCode;
pub use order::{Download, Event, Facts, Point, Problem, State, Step, decide};

use crate::refusal::Refusal;

/// Why something about an eSIM is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EsimRefusal {
    /// It is no activation code that we know.
    CodeFormat,
    /// An activation code has at most 255 characters.
    CodeLength,
    /// It is no address of an SM-DP+.
    Address,
    /// A matching id has capital letters, digits and dashes.
    MatchingId,
    /// No profile is left in stock.
    NoneLeft,
    /// The order ended: it was cancelled or refused.
    OrderOver,
    /// The profile is on a phone already.
    Installed,
}

impl EsimRefusal {
    /// Every refusal.
    pub const ALL: &'static [Self] = &[
        Self::CodeFormat,
        Self::CodeLength,
        Self::Address,
        Self::MatchingId,
        Self::NoneLeft,
        Self::OrderOver,
        Self::Installed,
    ];
}

impl Refusal for EsimRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::CodeFormat => "esim.code_format",
            Self::CodeLength => "esim.code_length",
            Self::Address => "esim.address",
            Self::MatchingId => "esim.matching_id",
            Self::NoneLeft => "esim.none_left",
            Self::OrderOver => "esim.order_over",
            Self::Installed => "esim.installed",
        }
    }
}
