//! Delivery receipts: late, repeated, too early, and for messages nobody knows.

use super::AttemptKey;
use super::deliver::{finish, with_attempt};
use crate::app::App;
use crate::error::Error;
use crate::work::Next;
use domain::time::At;
use store::Batch;
use store::notice::State;

/// What a receipt says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is in the phone.
    Delivered,
    /// It will never be, or an e-mail bounced.
    Undeliverable,
    /// Its validity ended.
    Expired,
}

impl Status {
    const fn key(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Undeliverable => "undeliverable",
            Self::Expired => "expired",
        }
    }

    fn from_key(key: &str) -> Option<Self> {
        [Self::Delivered, Self::Undeliverable, Self::Expired].into_iter().find(|s| s.key() == key)
    }

    const fn state(self) -> State {
        match self {
            Self::Delivered => State::Delivered,
            Self::Undeliverable => State::Failed,
            Self::Expired => State::Expired,
        }
    }
}

/// Takes a receipt in. The same receipt twice changes nothing; one that comes after the attempt
/// was given up is recorded and, if it says "delivered", believed. A receipt for an unknown
/// message is kept and counted: its submission may not be recorded yet.
pub async fn receipt(
    app: &App,
    message_id: &str,
    status: Status,
    said_at: At,
) -> Result<(), Error> {
    let is_known = apply(app, message_id, status).await?;
    record(app, message_id, status, said_at, is_known).await?;
    if !is_known {
        // Between our look and our record the submission may have been recorded.
        if apply(app, message_id, status).await? {
            record(app, message_id, status, said_at, true).await?;
        } else {
            tracing::info!(message_id, "a receipt for an unknown message");
        }
    }
    Ok(())
}

/// How many receipts are for messages nobody knows.
pub async fn unknown_receipts(app: &App) -> Result<i64, Error> {
    Ok(store::notice::count_unknown_receipts(&app.store.db).await?)
}

/// Applies the receipts that came before the message id was known.
pub(super) async fn apply_early(app: &App, message_id: &str) -> Result<(), Error> {
    for (status, said_at) in store::notice::receipts(&app.store.db, message_id).await? {
        if let Some(status) = Status::from_key(&status) {
            apply(app, message_id, status).await?;
            record(app, message_id, status, said_at, true).await?;
        }
    }
    Ok(())
}

async fn record(
    app: &App,
    message_id: &str,
    status: Status,
    said_at: At,
    is_known: bool,
) -> Result<(), Error> {
    let mut batch = Batch::new(app.now());
    store::notice::insert_receipt(&mut batch, message_id, status.key(), said_at, is_known);
    Ok(app.store.db.commit(batch).await?)
}

/// Settles the attempt; whether the message is known.
async fn apply(app: &App, message_id: &str, status: Status) -> Result<bool, Error> {
    let Some((bucket, notice_id, channel)) =
        store::notice::message(&app.store.db, message_id).await?
    else {
        return Ok(false);
    };
    let key = AttemptKey { bucket, notice_id, channel };
    with_attempt(app, &key, |notice, attempt| async move {
        let is_news = match attempt.state {
            State::Submitting | State::Submitted => true,
            // Given up, refused or lost: it arrived after all.
            State::Unknown | State::Failed | State::Expired => status == Status::Delivered,
            State::Reserve | State::Queued | State::Delivered => false,
        };
        if is_news {
            finish(app, &notice, attempt, status.state(), None).await
        } else {
            Ok(Next::Done)
        }
    })
    .await?;
    Ok(true)
}
