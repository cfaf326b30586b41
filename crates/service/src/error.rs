//! The three kinds of error, never mixed: a refusal, a fault, a bug (which asserts).

use domain::refusal::Refusal;
use std::borrow::Cow;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Business says no; the caller is told why, in words.
    #[error("refused: {}", .0.code)]
    Refused(Refused),
    /// No such thing, or not this actor's: the two are never told apart (404).
    #[error("not found")]
    NotFound,
    /// Others changed the same thing again and again; the caller may try once more (409).
    #[error("conflict")]
    Conflict,
    /// The world failed; the caller gets a reference, never the text (500 or 503).
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A refusal at the edge of a use case; see [`domain::refusal::Refusal`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The stable code.
    pub code: &'static str,
    /// The form field that caused it.
    pub field: Option<&'static str>,
    /// Values for the message.
    pub values: Vec<(&'static str, Cow<'static, str>)>,
}

impl<R: Refusal> From<R> for Error {
    fn from(refusal: R) -> Self {
        Self::Refused(Refused {
            code: refusal.code(),
            field: refusal.field(),
            values: refusal.values(),
        })
    }
}

/// The world failed. Logged once, where it is handled.
#[derive(Debug, thiserror::Error)]
#[error("{context}")]
pub struct Fault {
    /// What was being done, without personal data.
    pub context: Cow<'static, str>,
    /// Whether the same call may succeed later.
    pub is_retryable: bool,
    /// The cause.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}
