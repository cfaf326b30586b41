//! Password hashes: argon2id, off the async threads, few at a time, in memory that is kept: the
//! allocator would not give freed blocks of this size back.

use crate::error::{Error, Fault};
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use seal::Sensitive;
use std::borrow::Cow;
use std::sync::{Mutex, OnceLock, PoisonError};
use tokio::sync::Semaphore;

/// Each hash takes 19 MiB for some ten milliseconds; more at once would let anybody fill memory.
const AT_ONCE_MAX: usize = 2;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE_MAX);

/// The PHC string of `password` under a fresh salt.
pub(super) async fn hash(password: Sensitive<String>) -> Result<String, Error> {
    in_turn(move || hash_now(password.expose())).await
}

/// Whether `password` is the one behind `hash`. Without a hash (no such account) it takes as long
/// and is false.
pub(super) async fn verify(
    password: Sensitive<String>,
    hash: Option<String>,
) -> Result<bool, Error> {
    in_turn(move || {
        static NOBODY: OnceLock<String> = OnceLock::new();
        let is_somebody = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.get_or_init(|| hash_now("nobody")).clone());
        let is_right = PasswordHash::new(&hash).is_ok_and(|parsed| is_of(&parsed, &password));
        is_right && is_somebody
    })
    .await
}

/// Whether the password gives this hash.
fn is_of(hash: &PasswordHash, password: &Sensitive<String>) -> bool {
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else { return false };
    let Ok(params) = Params::try_from(hash) else { return false };
    let typed = digest(password.expose(), salt.as_ref(), params);
    typed.is_some_and(|typed| seal::is_same_secret(&typed, expected.as_bytes()))
}

fn hash_now(password: &str) -> String {
    let salt: [u8; 16] = seal::entropy::bytes();
    let params = Params::default();
    let digest = digest(password, &salt, params.clone()).expect("the default parameters are sound");
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params).expect("the default parameters are sound"),
        salt: Some(Salt::new(&salt).expect("16 bytes are a salt")),
        hash: Some(Output::new(&digest).expect("32 bytes are a hash")),
    };
    hash.to_string()
}

/// Argon2id in one of the kept pieces of memory.
fn digest(password: &str, salt: &[u8], params: Params) -> Option<[u8; Params::DEFAULT_OUTPUT_LEN]> {
    static KEPT: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());
    let kept = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let mut memory = kept().pop().unwrap_or_default();
    memory.resize(params.block_count(), Block::default());
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let done =
        argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut out, &mut memory);
    kept().push(memory);
    done.ok().map(|()| out)
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let turn = TURNS.acquire().await.expect("the semaphore is never closed");
    let done = tokio::task::spawn_blocking(work).await;
    drop(turn);
    done.map_err(|error| {
        let context = Cow::Borrowed("password hash");
        Error::Fault(Fault { context, is_retryable: true, source: Some(Box::new(error)) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_an_account_verifies() {
        let hash = hash("correct horse".to_owned().into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let verify =
            |typed: &str, hash: Option<&String>| verify(typed.to_owned().into(), hash.cloned());
        assert!(verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!verify("correct horsf", Some(&hash)).await.unwrap());
        assert!(!verify("nobody", None).await.unwrap());
        assert!(!verify("correct horse", Some(&"damaged".to_owned())).await.unwrap());
    }
}
