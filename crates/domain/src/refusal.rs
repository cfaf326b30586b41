//! Business says no: the one shape every refusal has at the edges.
//!
//! Each module of rules has its own closed enum and implements [`Refusal`] for it. The code is
//! stable (it is part of the API); the message in both languages is the message
//! `refusal-<code with dots and underscores as dashes>` of the `words` crate.

use std::borrow::Cow;

/// A closed enum of reasons why a rule says no.
pub trait Refusal: std::fmt::Debug {
    /// The stable code, such as `number.hold_not_yours`: lower case, one dot, underscores.
    fn code(&self) -> &'static str;

    /// The field of the input that caused it, by its form name, if one did.
    fn field(&self) -> Option<&'static str> {
        None
    }

    /// Values for the message (never personal data), such as a limit or a date.
    fn values(&self) -> Vec<(&'static str, Cow<'static, str>)> {
        Vec::new()
    }
}
