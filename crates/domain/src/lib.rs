//! The rules of Baohao, and nothing else.
//!
//! Everything here is a value or a pure function: no I/O, no clock, no randomness, no logging, no
//! `async`. A rule receives all it needs (facts, policy, the instant) and returns what should
//! happen; the `service` crate loads and commits.
//!
//! Start reading at [`number`]: a number is a small lifecycle state times a set of holds.

pub mod access;
pub mod application;
pub mod authority;
pub mod calendar;
pub mod cap;
pub mod check;
pub mod command;
pub mod decision;
pub mod esim;
pub mod finding;
pub mod ical;
pub mod id;
pub mod identity;
pub mod inline;
pub mod ladder;
pub mod live;
pub mod machine_read;
pub mod money;
pub mod msisdn;
pub mod notice;
pub mod number;
pub mod operator;
pub mod policy;
pub mod pool;
pub mod portrait;
pub mod promise;
pub mod reading;
pub mod reason;
pub mod refusal;
pub mod review;
pub mod sim;
pub mod staff;
pub mod time;

/// Documents made from the rules under `policy`: file name below `docs/generated/`, and text.
///
/// `cargo xtask docs` writes them with the pack `cn`; a test fails while the committed ones differ.
pub fn generated(policy: &policy::Policy) -> Vec<(&'static str, String)> {
    vec![
        ("access-matrix.txt", access::matrix()),
        ("application.txt", application::diagram()),
        ("application-table.txt", application::table()),
        ("number-lifecycle.txt", number::diagram(policy)),
        ("number-table.txt", number::table(policy)),
    ]
}
