//! A holder proves to be one by a one-time code, and sees what is in his name.
//!
//! The code goes to the number itself or to a contact registered beside it, whichever the holder
//! can reach now; a lost phone is reported by the registered contact only. Nothing of an answer
//! tells whether a number is held, by whom, or where a code went: only who receives it learns more.

mod code;
mod disown;

pub use code::{Asked, CODE_MINUTES, Proven, Purpose, Way, confirm, send_code};
pub use disown::disown;

use crate::app::App;
use crate::error::Error;
use crate::number::{self, NumberStatus};
use domain::access::Actor;
use domain::refusal::Refusal;
use std::borrow::Cow;

/// Why a code does not open anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderRefusal {
    /// It is not the one that was sent.
    CodeWrong,
    /// It was sent too long ago, used, or never asked for.
    CodeOver,
    /// Too many wrong tries; a new code helps.
    TriesOver,
    /// Too many codes; `minutes` until the next.
    TooOften {
        /// Until the next code can be sent.
        minutes: i64,
    },
}

impl HolderRefusal {
    /// Every refusal.
    pub const ALL: [Self; 4] =
        [Self::CodeWrong, Self::CodeOver, Self::TriesOver, Self::TooOften { minutes: 60 }];
}

impl Refusal for HolderRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::CodeWrong => "holder.code_wrong",
            Self::CodeOver => "holder.code_over",
            Self::TriesOver => "holder.tries_over",
            Self::TooOften { .. } => "holder.too_often",
        }
    }

    fn values(&self) -> Vec<(&'static str, Cow<'static, str>)> {
        match self {
            Self::TooOften { minutes } => vec![("minutes", Cow::Owned(minutes.to_string()))],
            Self::CodeWrong | Self::CodeOver | Self::TriesOver => Vec::new(),
        }
    }
}

/// The numbers in the name of the holder `actor`, oldest first.
pub async fn numbers(app: &App, actor: &Actor) -> Result<Vec<NumberStatus>, Error> {
    let Actor::Holder { operator_id, party_id } = actor else { return Err(Error::NotFound) };
    let mut held = store::number::party::held(&app.store.db, *party_id, *operator_id).await?;
    held.sort_by_key(|held| held.since);
    let mut numbers = Vec::with_capacity(held.len());
    for held in held {
        numbers.push(number::status(app, actor, held.msisdn).await?);
    }
    Ok(numbers)
}
