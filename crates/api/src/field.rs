//! Fields of requests and answers: how numbers, cards and instants are written.

use crate::problem::{ApiRefusal, Problem};
use domain::msisdn::Msisdn;
use domain::refusal::Refusal;
use domain::sim::{Iccid, Imsi};
use domain::time::At;
use std::fmt::Display;
use std::str::FromStr;

/// The number in a path; what is no number names nothing.
pub(crate) fn msisdn_of_path(text: &str) -> Result<Msisdn, Problem> {
    Msisdn::parse(text).map_err(|_| ApiRefusal::NotFound.into())
}

/// A number in a body.
pub(crate) fn msisdn(field: &str, text: &str) -> Result<Msisdn, Problem> {
    Msisdn::parse(text).map_err(|refusal| refused(field, &refusal))
}

/// An ICCID in a body.
pub(crate) fn iccid(field: &str, text: &str) -> Result<Iccid, Problem> {
    Iccid::parse(text).map_err(|refusal| refused(field, &refusal))
}

/// An IMSI in a body.
pub(crate) fn imsi(field: &str, text: &str) -> Result<Imsi, Problem> {
    Imsi::parse(text).map_err(|refusal| refused(field, &refusal))
}

/// A refusal of a value, with the name of the field that held it.
pub(crate) fn refused(field: &str, refusal: &impl Refusal) -> Problem {
    Problem::from(refusal).in_field(field)
}

/// The id in a path; what is no id names nothing.
pub(crate) fn id_of_path<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| ApiRefusal::NotFound.into())
}

/// An id in a body.
pub(crate) fn id<T: FromStr<Err: Display>>(field: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error: T::Err| Problem::bad_field(field, error.to_string()))
}

/// One of a closed set of words in a body or query.
pub(crate) fn word<T>(
    field: &str,
    text: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Problem> {
    parse(text).ok_or_else(|| Problem::bad_field(field, format!("unknown word `{text}`")))
}

/// The word that a closed enum is written as.
pub(crate) fn code(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => {
            debug_assert!(false, "an enum is written as one word, not {other:?}");
            String::new()
        }
    }
}

/// An instant as it is written: RFC 3339 in UTC, to the millisecond.
pub(crate) fn instant(at: At) -> String {
    at.rfc3339()
}

/// An instant in a body: RFC 3339 with a zone offset.
pub(crate) fn at(field: &str, text: &str) -> Result<At, Problem> {
    let stamp: jiff::Timestamp = text
        .parse()
        .map_err(|_| Problem::bad_field(field, "an instant such as 2026-03-11T02:00:00Z"))?;
    Ok(At::from_millis(stamp.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_and_read_alike() {
        for millis in [0, 1, 1_773_194_400_123, -1] {
            let written = instant(At::from_millis(millis));
            assert_eq!(at("at", &written).ok(), Some(At::from_millis(millis)), "{written}");
        }
        assert_eq!(instant(At::from_millis(1_773_194_400_123)), "2026-03-11T02:00:00.123Z");
        assert!(at("at", "2026-03-11").is_err());
        assert!(at("at", "2026-03-11T02:00:00").is_err());
        assert!(at("at", "2026-03-11T10:00:00+08:00").is_ok());
    }
}
