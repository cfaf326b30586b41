//! Password hashes: argon2id, off the async threads, few at a time.

use crate::error::{Error, Fault};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use seal::Sensitive;
use std::borrow::Cow;
use std::sync::OnceLock;
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
        let parsed = PasswordHash::new(&hash);
        let is_right = parsed.is_ok_and(|parsed| {
            Argon2::default().verify_password(password.expose().as_bytes(), &parsed).is_ok()
        });
        is_right && is_somebody
    })
    .await
}

fn hash_now(password: &str) -> String {
    let salt: [u8; 16] = seal::entropy::bytes();
    let hash: PasswordHash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .expect("the default parameters are sound");
    hash.to_string()
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
