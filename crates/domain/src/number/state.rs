//! Where a number is in its life.

use serde::{Deserialize, Serialize};

/// Where a number is in its life. What the network allows also depends on the holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifecycle {
    /// Free to be given out.
    InStock,
    /// Set aside for one request until a date.
    Reserved,
    /// Joined with a SIM, waiting for its holder to be registered.
    Allocated,
    /// Held by a registered person.
    Active,
    /// On its way to be closed; the holder may still change their mind.
    PreClose,
    /// Closed, kept from everybody else; only the former holder may have it back.
    Quarantined,
    /// Served by another operator.
    PortedOut,
    /// Never to be given out again.
    Retired,
}

impl Lifecycle {
    /// Every state, in the order of a number's life.
    pub const ALL: [Self; 8] = [
        Self::InStock,
        Self::Reserved,
        Self::Allocated,
        Self::Active,
        Self::PreClose,
        Self::Quarantined,
        Self::PortedOut,
        Self::Retired,
    ];

    /// The name in rows, APIs and the audit log.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InStock => "in_stock",
            Self::Reserved => "reserved",
            Self::Allocated => "allocated",
            Self::Active => "active",
            Self::PreClose => "pre_close",
            Self::Quarantined => "quarantined",
            Self::PortedOut => "ported_out",
            Self::Retired => "retired",
        }
    }

    /// From [`Lifecycle::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether a person holds the number in this state.
    pub const fn has_holder(self) -> bool {
        matches!(self, Self::Active | Self::PreClose)
    }

    /// Whether a SIM serves the number in this state.
    pub const fn has_sim(self) -> bool {
        matches!(self, Self::Allocated | Self::Active | Self::PreClose)
    }
}
