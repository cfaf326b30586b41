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

impl Error {
    /// A fault of our own making that a later try will not mend.
    pub fn fault(context: impl Into<Cow<'static, str>>) -> Self {
        Self::Fault(Fault { context: context.into(), is_retryable: false, source: None })
    }

    /// The error and its causes in one line, for the log.
    pub fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(inner) = cause {
            let more = inner.to_string();
            if !text.ends_with(&more) {
                text.push_str(": ");
                text.push_str(&more);
            }
            cause = inner.source();
        }
        text
    }

    /// The refusal `refusal`, at the edge.
    pub fn refused(refusal: &impl Refusal) -> Self {
        Self::Refused(Refused {
            code: refusal.code(),
            field: refusal.field(),
            values: refusal.values(),
        })
    }
}

/// Lets `?` carry these refusals of the domain: each enum stands here once. (One implementation
/// for every `Refusal` would forbid the ones for the store's errors.)
macro_rules! refusals {
    ($($refusal:ty),* $(,)?) => {$(
        impl From<$refusal> for Error {
            fn from(refusal: $refusal) -> Self {
                Self::refused(&refusal)
            }
        }
    )*};
}

refusals! {
    crate::ingest::FileRefusal,
    crate::holder::HolderRefusal,
    crate::operator::OperatorRefusal,
    crate::token::TokenRefusal,
    crate::image::PhotoRefusal,
    crate::register::ContactRefusal,
    crate::register::PartRefusal,
    domain::application::ApplicationRefusal,
    domain::application::form::FormRefusal,
    domain::finding::Finding,
    domain::msisdn::PhoneRefusal,
    domain::esim::EsimRefusal,
    domain::sim::SimRefusal,
    domain::access::AccessRefusal,
    domain::money::MoneyRefusal,
    domain::number::NumberRefusal,
    domain::pool::PoolRefusal,
    domain::review::ReviewRefusal,
    domain::staff::StaffRefusal,
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

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Fault(Fault {
            context: Cow::Borrowed("store"),
            is_retryable: error.is_retryable(),
            source: Some(Box::new(error)),
        })
    }
}

/// A conflict or duplicate means that somebody was faster: whoever loads again will see how.
impl From<store::CommitError> for Error {
    fn from(error: store::CommitError) -> Self {
        match error {
            store::CommitError::Conflict(_) | store::CommitError::Duplicate(_) => Self::Conflict,
            store::CommitError::Fault(error) => error.into(),
        }
    }
}
