//! Tickets: short statements that a browser carries for us and cannot change.
//!
//! A ticket says what its holder has proven, such as "knows the code of this application", and
//! until when. It holds ids, or what the person in front of that browser has just typed; it is
//! authenticated, not secret. Nothing about it is stored, so it cannot be taken back before it
//! ends: give it a short life and renew it.

use crate::app::App;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use domain::time::At;

/// What a ticket is good for; one of one purpose is worth nothing for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Going on with one application after its contact was confirmed.
    Applicant,
    /// Seeing stage and promise date of one application, by reference and last four digits.
    Tracking,
    /// Acting for one party after a code to one of its contacts.
    Holder,
    /// What was chosen before there is an application.
    Beginning,
}

impl Purpose {
    fn column(self) -> &'static str {
        match self {
            Self::Applicant => "ticket.applicant",
            Self::Tracking => "ticket.tracking",
            Self::Holder => "ticket.holder",
            Self::Beginning => "ticket.beginning",
        }
    }
}

/// Longer than any of ours; what a stranger sends is not looked at beyond it.
const TICKET_BYTES_MAX: usize = 1024;

/// Writes the ticket: `content` for `purpose`, good until the instant `until`.
pub fn issue(app: &App, purpose: Purpose, content: &str, until: At) -> String {
    let body = format!("{}.{:x}", BASE64.encode(content), until.millis());
    let mark = app.store.keys.blind(purpose.column(), &body);
    format!("{body}.{}", BASE64.encode(mark))
}

/// What the ticket says, if it is ours, for this purpose and still good.
pub fn read(app: &App, purpose: Purpose, ticket: &str) -> Option<String> {
    read_late(app, purpose, ticket, 0)
}

/// The same for a ticket that ended at most `late_minutes` ago. It is enough to keep what its
/// holder has just sent, never to show anything.
pub fn read_late(app: &App, purpose: Purpose, ticket: &str, late_minutes: i64) -> Option<String> {
    if ticket.len() > TICKET_BYTES_MAX {
        return None;
    }
    let (body, mark) = ticket.rsplit_once('.')?;
    let given = BASE64.decode(mark).ok()?;
    let ours = app.store.keys.blind(purpose.column(), body);
    // Equal in constant time: every byte is looked at.
    let differs = given.len() != ours.len()
        || given.iter().zip(ours).fold(0, |seen, (a, b)| seen | (a ^ b)) != 0;
    if differs {
        return None;
    }
    let (content, until) = body.split_once('.')?;
    let until = At::from_millis(i64::from_str_radix(until, 16).ok()?);
    if app.now() >= until.plus_minutes(late_minutes) {
        return None;
    }
    String::from_utf8(BASE64.decode(content).ok()?).ok()
}
