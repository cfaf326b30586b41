//! What is written to people, and by which way it reaches them.
//!
//! [`Template`] is the closed list of everything the program may write: its values are all a text
//! may contain, so no text can carry a name or an identity number. The words are in `words`, area
//! `notice`; sending is in `service::notice`.

pub mod fallback;
pub mod quiet_hours;
mod segments;
mod template;

pub use fallback::{Next, Outcome};
pub use quiet_hours::QuietHours;
pub use segments::{Encoding, Segments, segments, split};
pub use template::{Answer, CodePurpose, Counted, Template};

use serde::{Deserialize, Serialize};

/// A way to reach the holder, in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A text to the number the notice is about.
    Number,
    /// A text to another number of the holder, often a foreign one.
    OtherNumber,
    /// E-mail.
    Email,
    /// A text to the trusted contact, who is only asked to tell the holder.
    TrustedContact,
}

impl Channel {
    /// Every channel, in order.
    pub const ALL: [Self; 4] = [Self::Number, Self::OtherNumber, Self::Email, Self::TrustedContact];

    /// The stable name, as stored and shown to programs.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::OtherNumber => "other_number",
            Self::Email => "email",
            Self::TrustedContact => "trusted_contact",
        }
    }

    /// The channel with this stable name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.key() == key)
    }
}

/// To how many channels a notice goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Only where it was addressed: a code, or the answer to a text.
    Addressed,
    /// The first channel that works, in order.
    FirstThatWorks,
    /// E-mail if there is one, so as not to disturb; else the first channel that works.
    EmailFirst,
    /// Every registered channel but the trusted contact, at once; the trusted contact if none
    /// works.
    Every,
}
