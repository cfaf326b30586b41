//! Notices: what is written to people, by which way, and what became of it.
//!
//! A use case calls [`stage`] with the batch of its state change: the notice is decided, rendered
//! and stored with it, or not at all. The job `notice.deliver` hands each attempt to its port
//! afterwards. Nothing is sent twice on one channel:
//!
//! * the dedup key makes the same notice impossible twice;
//! * an attempt is moved to `submitting` before the port is called. Found in that state after a
//!   crash or a lost answer it is in doubt: a port that recognises a repeated id
//!   ([`crate::port::Sms::recognises_repeats`]) is asked again with the same id; otherwise nothing
//!   is sent again, and if no receipt settles it in time, the next *channel* is tried.
//!
//! [`receipt`] settles attempts; a final outcome that is not "delivered" queues the next channel
//! ([`domain::notice::fallback`]). [`proof_of_notice`] is what the release gate asks.

mod begin;
mod deliver;
mod history;
mod proof;
pub mod reach;
mod receipt;
mod recent;
mod render;
mod stage;

pub use begin::Begun;
pub(crate) use begin::begin_many;
pub use deliver::{deliver, settle};
pub use history::{Evidence, Sent, SentAttempt, about_application, about_number, evidence};
pub(crate) use proof::proofs_of_notice;
pub use proof::{Proof, proof_of_notice};
pub(crate) use receipt::{LOOK_AGAIN, look_again};
pub use receipt::{ReceiptHeard, Status, hear_receipt, receipt, unknown_receipts};
pub use recent::Recent;
pub use render::{Rendered, Sender, email_body, reason_words, render};
pub use stage::{Address, Contact, NoticeRequest, To, sender_of, stage};
pub(crate) use stage::{Letterhead, stage_known};

use domain::id::NoticeId;
use domain::notice::Channel;
use domain::time::At;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::notice::Notice;
use store::{Batch, Job};

/// The job that hands one attempt over, and later looks what became of it.
pub const DELIVER: &str = "notice.deliver";

/// What an attempt says, as it is stored.
#[derive(Clone, Serialize, Deserialize)]
struct Body {
    subject: String,
    text: String,
    calendar: Option<String>,
}

/// Address and body in the clear.
type Plain = (String, Body);

/// Which attempt a job is about.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct AttemptKey {
    /// The bucket of the notice.
    pub bucket: i64,
    /// The notice.
    pub notice_id: NoticeId,
    /// The channel.
    pub channel: Channel,
}

impl AttemptKey {
    fn of(notice: &Notice, channel: Channel) -> Self {
        Self { bucket: notice.bucket, notice_id: notice.id, channel }
    }

    /// The id the port gets: one per notice and channel, for ever.
    fn port_id(&self) -> String {
        format!("{}.{}", self.notice_id, self.channel.key())
    }

    /// The key of the job.
    fn job_key(&self) -> String {
        format!("{}:{}", self.channel.key(), self.notice_id)
    }

    fn job(&self, batch: &mut Batch, run_at: At) {
        let payload = serde_json::json!(self);
        batch.job(Job { kind: DELIVER, key: self.job_key(), payload, run_at });
    }
}

/// An all-day event as an iCalendar file (RFC 5545), with a warning a week ahead.
fn calendar_file(title: &str, date: Date, id: NoticeId) -> String {
    let day = date.strftime("%Y%m%d");
    let title = title.replace('\\', "\\\\").replace(',', "\\,").replace(';', "\\;");
    [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Baohao//Notice//EN".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{id}"),
        format!("DTSTAMP:{day}T000000Z"),
        format!("DTSTART;VALUE=DATE:{day}"),
        format!("SUMMARY:{title}"),
        "BEGIN:VALARM".to_owned(),
        "ACTION:DISPLAY".to_owned(),
        format!("DESCRIPTION:{title}"),
        "TRIGGER:-P7D".to_owned(),
        "END:VALARM".to_owned(),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR\r\n".to_owned(),
    ]
    .join("\r\n")
}

/// The row of a sealed value: notice and channel.
fn row_of(notice_id: NoticeId, channel: Channel) -> Vec<u8> {
    let mut row = notice_id.to_bytes().to_vec();
    row.extend_from_slice(channel.key().as_bytes());
    row
}
