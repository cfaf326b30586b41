//! Making ready, together, the attempts that one claim of jobs brought: one read for all of them,
//! and one trip to the writer.

use super::deliver::{deadline, open_with};
use super::{AttemptKey, Plain};
use crate::app::App;
use crate::error::Error;
use domain::id::DataKeyId;
use std::collections::BTreeSet;
use store::Batch;
use store::notice::{Attempt, Notice, State};

/// An attempt that is on record as being submitted, with what is to be handed over.
pub struct Begun {
    pub(super) notice: Notice,
    /// As it is stored now.
    pub(super) attempt: Attempt,
    pub(super) plain: Plain,
}

impl std::fmt::Debug for Begun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Begun").field(&self.notice.id).field(&self.attempt.channel).finish()
    }
}

impl Begun {
    /// The key of the job that hands it over.
    pub(crate) fn job_key(&self) -> String {
        AttemptKey::of(&self.notice, self.attempt.channel).job_key()
    }
}

/// Begins those of the attempts that are simply due. The rest, and whatever failed, is left as it
/// is, for each job to look at by itself.
pub(crate) async fn begin_many(app: &App, keys: &[AttemptKey]) -> Vec<Begun> {
    try_begin(app, keys).await.unwrap_or_else(|error| {
        tracing::warn!(error = %error.with_causes(), "attempts are begun one by one");
        Vec::new()
    })
}

async fn try_begin(app: &App, keys: &[AttemptKey]) -> Result<Vec<Begun>, Error> {
    // One alone has as much to wait for either way.
    if keys.len() < 2 {
        return Ok(Vec::new());
    }
    let now = app.now();
    let ids: BTreeSet<_> = keys.iter().map(|key| (key.bucket, key.notice_id)).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let found = store::notice::load_many_with_attempts(&app.store.db, &ids).await?;
    let wanted: BTreeSet<_> = keys.iter().map(|key| (key.notice_id, key.channel)).collect();
    let due: Vec<(Notice, Attempt)> = found
        .into_iter()
        .flat_map(|(notice, attempts)| {
            attempts.into_iter().map(move |attempt| (notice.clone(), attempt))
        })
        .filter(|(notice, attempt)| {
            wanted.contains(&(notice.id, attempt.channel))
                && attempt.state == State::Queued
                && attempt.not_before <= now
                && now < deadline(attempt)
        })
        .collect();
    let key_ids: BTreeSet<DataKeyId> =
        due.iter().filter_map(|(notice, _)| notice.data_key_id).collect();
    let key_ids: Vec<DataKeyId> = key_ids.into_iter().collect();
    let data_keys = app.store.keys.load_many(&app.store.db, &key_ids).await?;
    let mut begun = Vec::with_capacity(due.len());
    let mut batches = Vec::with_capacity(due.len());
    for (notice, mut attempt) in due {
        let data_key = notice.data_key_id.map(|id| data_keys.get(&id));
        // Opened first: what is on record as being submitted is not tried again.
        let plain = match data_key {
            None => open_with(None, &notice, &attempt),
            Some(Some(data_key)) => open_with(Some(data_key), &notice, &attempt),
            Some(None) => continue,
        };
        let Ok(plain) = plain else { continue };
        let mut batch = Batch::new(now);
        attempt.state = State::Submitting;
        store::notice::update_attempt(&mut batch, &notice, &attempt);
        attempt.version += 1;
        batches.push(batch);
        begun.push(Begun { notice, attempt, plain });
    }
    let committed = app.store.db.commit_many(batches).await;
    let both = begun.into_iter().zip(committed);
    Ok(both.filter_map(|(begun, committed)| committed.ok().map(|()| begun)).collect())
}
