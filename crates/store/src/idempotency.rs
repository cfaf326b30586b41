//! Requests that may come twice: the first is answered, the second gets the same answer.

use crate::batch::{Batch, Expect};
use crate::bucket;
use crate::db::Db;
use crate::error::CommitError;
use crate::params;
use crate::statement::Statement;
use domain::id::TokenId;
use domain::time::At;

pub(crate) const ALL: &[&Statement] =
    &[&FORGET_OLD, &CLAIM, &LOAD, &TAKE_OVER, &FINISH, &RELEASE, &SWEEP];

const FORGET_OLD: Statement = Statement::new(
    "api_request.forget_old",
    "delete from api_request where bucket = $1 and token_id = $2 and key = $3 and created_at < $4",
);
const CLAIM: Statement = Statement::new(
    "api_request.claim",
    "insert into api_request (bucket, token_id, key, fingerprint, created_at, leased_until) \
     values ($1, $2, $3, $4, $5, $6) on conflict (bucket, token_id, key) do nothing",
);
const LOAD: Statement = Statement::new(
    "api_request.load",
    "select fingerprint, leased_until, status, media_type, answer from api_request \
     where bucket = $1 and token_id = $2 and key = $3",
);
const TAKE_OVER: Statement = Statement::new(
    "api_request.take_over",
    "update api_request set leased_until = $5 where bucket = $1 and token_id = $2 and key = $3 \
        and leased_until = $4 and status is null",
);
const FINISH: Statement = Statement::new(
    "api_request.finish",
    "update api_request set status = $4, media_type = $5, answer = $6 \
     where bucket = $1 and token_id = $2 and key = $3 and status is null",
);
const RELEASE: Statement = Statement::new(
    "api_request.release",
    "delete from api_request where bucket = $1 and token_id = $2 and key = $3 and status is null",
);
const SWEEP: Statement = Statement::new(
    "api_request.sweep",
    "delete from api_request where (bucket, token_id, key) in (select bucket, token_id, key \
        from api_request where created_at < $1 order by created_at limit 1000)",
);

/// How long an answer is kept.
pub const KEPT_MILLIS: i64 = 24 * 3_600_000;
/// How long a request may take before its process is thought dead and another may try.
const LEASE_MILLIS: i64 = 60_000;

/// What to do with a request that has a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Nobody asked this before: do it, then [`finish`] or [`release`].
    First,
    /// It was done: give this answer.
    Answered(StoredAnswer),
    /// It is being done at this moment.
    Running,
    /// The key was used for another request.
    Reused,
}

/// An answer as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The HTTP status.
    pub status: u32,
    /// The content type.
    pub media_type: String,
    /// The body, sealed.
    pub sealed: Vec<u8>,
}

/// One request of one token, by the key its sender chose.
#[derive(Clone, Copy, Debug)]
pub struct RequestKey<'a> {
    /// Whose.
    pub token_id: TokenId,
    /// The sender's key.
    pub key: &'a str,
}

impl RequestKey<'_> {
    fn names(self) -> Vec<crate::Value> {
        params![bucket::of(self.key), self.token_id, self.key]
    }

    /// Takes the request, or says why not. `fingerprint` is a keyed hash of what is asked.
    pub async fn begin(
        self,
        db: &Db,
        now: At,
        fingerprint: [u8; 16],
    ) -> Result<Begin, CommitError> {
        let until = now.plus_millis(LEASE_MILLIS);
        let mut batch = Batch::new(now);
        let too_old = now.plus_millis(-KEPT_MILLIS);
        batch.push(&FORGET_OLD, [self.names(), params![too_old]].concat(), Expect::Any);
        let claim = [self.names(), params![fingerprint, now, until]].concat();
        batch.push(&CLAIM, claim, Expect::Rows(1));
        match db.commit(batch).await {
            Err(CommitError::Conflict(_)) => {}
            done => return done.map(|()| Begin::First),
        }
        let Some(row) = db.query_opt(&LOAD, self.names()).await? else { return Ok(Begin::Running) };
        if row.get::<[u8; 16]>(0)? != fingerprint {
            return Ok(Begin::Reused);
        }
        if let Some(status) = row.get(2)? {
            let (media_type, sealed) = (row.get(3)?, row.get(4)?);
            return Ok(Begin::Answered(StoredAnswer { status, media_type, sealed }));
        }
        let old_until: At = row.get(1)?;
        if old_until > now {
            return Ok(Begin::Running);
        }
        let mut batch = Batch::new(now);
        let values = [self.names(), params![old_until, until]].concat();
        batch.push(&TAKE_OVER, values, Expect::Rows(1));
        match db.commit(batch).await {
            Ok(()) => Ok(Begin::First),
            Err(CommitError::Conflict(_)) => Ok(Begin::Running),
            Err(other) => Err(other),
        }
    }

    /// Keeps the answer.
    pub fn finish(self, batch: &mut Batch, answer: StoredAnswer) {
        let values = params![answer.status, answer.media_type, answer.sealed];
        batch.push(&FINISH, [self.names(), values].concat(), Expect::Any);
    }

    /// Forgets the request, so that it can be tried again: it failed for no fault of the sender.
    pub fn release(self, batch: &mut Batch) {
        batch.push(&RELEASE, self.names(), Expect::Any);
    }
}

/// Forgets answers older than [`KEPT_MILLIS`]; a bounded number at once.
pub async fn sweep(db: &Db, now: At) -> Result<(), CommitError> {
    let mut batch = Batch::new(now);
    batch.push(&SWEEP, params![now.plus_millis(-KEPT_MILLIS)], Expect::Any);
    db.commit(batch).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::on_both_engines;

    const NOON: At = At::from_millis(1_790_000_000_000);

    on_both_engines! {
        async fn a_request_is_done_once_and_answered_alike(db: Fresh) {
            let key = RequestKey { token_id: TokenId::from_u128(7), key: "a" };
            let other = RequestKey { token_id: TokenId::from_u128(8), key: "a" };
            assert_eq!(key.begin(&db, NOON, [1; 16]).await.unwrap(), Begin::First);
            assert_eq!(other.begin(&db, NOON, [1; 16]).await.unwrap(), Begin::First);
            assert_eq!(key.begin(&db, NOON, [1; 16]).await.unwrap(), Begin::Running);
            assert_eq!(key.begin(&db, NOON, [2; 16]).await.unwrap(), Begin::Reused);
            // A process that died is replaced by one other, not by two.
            let later = NOON.plus_minutes(2);
            assert_eq!(key.begin(&db, later, [1; 16]).await.unwrap(), Begin::First);
            assert_eq!(key.begin(&db, later, [1; 16]).await.unwrap(), Begin::Running);
            let answer =
                StoredAnswer { status: 201, media_type: "a/b".to_owned(), sealed: vec![1] };
            let mut batch = Batch::new(later);
            key.finish(&mut batch, answer.clone());
            other.release(&mut batch);
            db.commit(batch).await.unwrap();
            assert_eq!(key.begin(&db, later, [1; 16]).await.unwrap(), Begin::Answered(answer));
            assert_eq!(other.begin(&db, later, [3; 16]).await.unwrap(), Begin::First);
            // After a day the key is free again, and the sweep removes what nobody asks for.
            assert_eq!(key.begin(&db, later.plus_days(2), [9; 16]).await.unwrap(), Begin::First);
            sweep(&db, later.plus_days(2)).await.unwrap();
            assert!(db.query_opt(&LOAD, other.names()).await.unwrap().is_none());
            assert!(db.query_opt(&LOAD, key.names()).await.unwrap().is_some());
        }
    }
}
