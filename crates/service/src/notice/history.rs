//! What was sent, as the holder, the reviewer and the agent see it.

use super::deliver::open;
use super::proof::{Proof, proof_of_notice};
use crate::app::App;
use crate::error::Error;
use domain::access::{Action, Actor};
use domain::id::{ApplicationId, NoticeId};
use domain::msisdn::Msisdn;
use domain::notice::Channel;
use domain::time::At;
use store::notice::{Notice, State};

/// Notices shown at once, newest first.
const SHOWN_MAX: i64 = 50;

/// One notice with its attempts.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its id.
    pub id: NoticeId,
    /// The stable name of the template.
    pub template: String,
    /// `zh` or `en`.
    pub lang: String,
    /// When it was decided.
    pub at: At,
    /// What it says; none if the person was erased or it is a code.
    pub text: Option<String>,
    /// Every channel, in order.
    pub attempts: Vec<SentAttempt>,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentAttempt {
    /// The channel.
    pub channel: Channel,
    /// `reserve`, `queued`, `submitting`, `submitted`, `delivered`, `failed`, `expired`, `unknown`.
    pub state: &'static str,
    /// The address, masked: the last four characters before an `@` or of a number.
    pub address: String,
    /// When it last changed, as far as known.
    pub at: Option<At>,
    /// When the outside took it.
    pub submitted_at: Option<At>,
    /// When it came to its end.
    pub settled_at: Option<At>,
    /// What the outside said, without personal data.
    pub error: Option<String>,
}

impl Sent {
    /// Whether it arrived on some channel.
    pub fn is_delivered(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.state == State::Delivered.key())
    }
}

/// The newest notices about a number since an instant (the beginning of a holder's episode, so
/// that nobody reads what was sent to the holder before).
pub async fn about_number(app: &App, msisdn: Msisdn, since: At) -> Result<Vec<Sent>, Error> {
    let notices = store::notice::of_number(&app.store.db, msisdn, since, SHOWN_MAX).await?;
    shown(app, notices).await
}

/// The newest notices about an application.
pub async fn about_application(
    app: &App,
    application_id: ApplicationId,
    about: Option<Msisdn>,
) -> Result<Vec<Sent>, Error> {
    let db = &app.store.db;
    let mut buckets = vec![application_id.bucket()];
    buckets.extend(about.map(Msisdn::bucket).filter(|b| *b != application_id.bucket()));
    let mut notices = Vec::new();
    for bucket in buckets {
        notices.extend(store::notice::of_application(db, bucket, application_id, SHOWN_MAX).await?);
    }
    notices.sort_by_key(|notice| std::cmp::Reverse(notice.created_at));
    shown(app, notices).await
}

/// What can be shown of the notices about a number.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The number.
    pub msisdn: Msisdn,
    /// Since when its holder has it; none if nobody does.
    pub since: Option<At>,
    /// What a release would rest on.
    pub proof: Proof,
    /// The newest notices first.
    pub sent: Vec<Sent>,
}

/// What was sent about a number since its holder has it, and what came back.
pub async fn evidence(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<Evidence, Error> {
    let status = crate::number::status(app, &Actor::System, msisdn).await?;
    crate::access::require(actor, Action::SeeNotices, Some(status.operator_id))?;
    let since = status.holder.map(|(_, _, since)| since);
    let from = since.unwrap_or(At::from_millis(0));
    let sent = about_number(app, msisdn, from).await?;
    let proof = proof_of_notice(app, msisdn, from).await?;
    Ok(Evidence { msisdn, since, proof, sent })
}

async fn shown(app: &App, notices: Vec<Notice>) -> Result<Vec<Sent>, Error> {
    let mut sent = Vec::with_capacity(notices.len());
    for notice in notices {
        let mut text = None;
        let mut attempts = Vec::new();
        for attempt in store::notice::attempts(&app.store.db, &notice).await? {
            let plain = open(app, &notice, &attempt).await?;
            let (address, body) = plain.map_or((String::new(), None), |(a, b)| (a, Some(b)));
            if text.is_none() && notice.template != "code" {
                text = body.map(|body| body.text);
            }
            attempts.push(SentAttempt {
                channel: attempt.channel,
                state: attempt.state.key(),
                address: masked(&address),
                at: attempt.settled_at.or(attempt.submitted_at),
                submitted_at: attempt.submitted_at,
                settled_at: attempt.settled_at,
                error: attempt.error,
            });
        }
        sent.push(Sent {
            id: notice.id,
            template: notice.template,
            lang: notice.lang,
            at: notice.created_at,
            text,
            attempts,
        });
    }
    Ok(sent)
}

/// `••••8000`, `••me@example.com`.
fn masked(address: &str) -> String {
    let (local, domain) = address.split_once('@').map_or((address, ""), |(l, d)| (l, d));
    let shown = if domain.is_empty() { 4 } else { 2 };
    let skip = local.chars().count().saturating_sub(shown);
    let tail: String = local.chars().skip(skip).collect();
    let dots = "•".repeat(skip.min(4));
    if domain.is_empty() { format!("{dots}{tail}") } else { format!("{dots}{tail}@{domain}") }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn addresses_are_masked() {
        assert_eq!(masked("8613800138000"), "••••8000");
        assert_eq!(masked("someone@example.com"), "••••ne@example.com");
        assert_eq!(masked("a@b.cn"), "a@b.cn");
        assert_eq!(masked(""), "");
    }
}
