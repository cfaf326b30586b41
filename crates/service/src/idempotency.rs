//! A request of the operator API that is sent twice is done once and answered alike.

use crate::app::App;
use crate::error::Error;
use crate::token::Token;
use base64::Engine as _;
use seal::{DataKey, Place};
use store::Batch;
use store::idempotency::{Begin as Stored, RequestKey, StoredAnswer};

/// What to do with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Do it, then call [`finish`].
    First,
    /// Give this answer.
    Answered(Answer),
    /// It is being done at this moment.
    Running,
    /// The key was used for another request.
    Reused,
}

/// An answer to keep and give again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub media_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Looks whether the request with this `key` was made before; `asked` is all that is asked, which
/// is compared but not kept.
pub async fn begin(app: &App, token: &Token, key: &str, asked: &[u8]) -> Result<Begin, Error> {
    let hash = base64::engine::general_purpose::STANDARD.encode(seal::sha256(asked));
    let fingerprint = app.store.keys.blind("api_request.fingerprint", &hash);
    let request = RequestKey { token_id: token.id, key };
    Ok(match request.begin(&app.store.db, app.now(), fingerprint).await? {
        Stored::First => Begin::First,
        Stored::Running => Begin::Running,
        Stored::Reused => Begin::Reused,
        Stored::Answered(stored) => {
            let data_key = data_key(app, token).await?;
            let body = data_key
                .open(&stored.sealed, &aad(token, key))
                .map_err(|_| Error::fault("a kept answer does not open"))?;
            let status = u16::try_from(stored.status).unwrap_or(500);
            Begin::Answered(Answer { status, media_type: stored.media_type, body })
        }
    })
}

/// Keeps the answer for a day, sealed. A failure of ours (5xx) is not kept: the sender may try
/// again.
pub async fn finish(app: &App, token: &Token, key: &str, answer: &Answer) -> Result<(), Error> {
    let request = RequestKey { token_id: token.id, key };
    let mut batch = Batch::new(app.now());
    if answer.status >= 500 {
        request.release(&mut batch);
    } else {
        let sealed = data_key(app, token).await?.seal(&answer.body, &aad(token, key));
        let (status, media_type) = (u32::from(answer.status), answer.media_type.clone());
        request.finish(&mut batch, StoredAnswer { status, media_type, sealed });
    }
    Ok(app.store.db.commit(batch).await?)
}

async fn data_key(app: &App, token: &Token) -> Result<DataKey, Error> {
    let key = app.store.keys.load(&app.store.db, token.data_key_id).await?;
    key.ok_or_else(|| Error::fault("the token's data key was erased"))
}

fn aad(token: &Token, key: &str) -> Vec<u8> {
    let row = [token.id.to_bytes().as_slice(), key.as_bytes()].concat();
    Place { table: "api_request", column: "answer", row: &row }.aad()
}
