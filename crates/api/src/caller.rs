//! Who calls: the bearer token, and how often it may.

use crate::Api;
use crate::problem::{ApiRefusal, Problem};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::access::{Action, Actor};
use domain::id::{OperatorId, TokenId};
use domain::time::At;
use service::token::Token;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Requests that one token may make per second, over time.
const RATE: f64 = 200.0;
/// Requests that it may make at once after a pause.
const BURST: f64 = 400.0;
/// Tokens remembered; beyond that the ones with a full bucket are forgotten, which changes nothing.
const TOKENS_MAX: usize = 10_000;

/// The token behind a request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) token: Token,
    pub(crate) actor: Actor,
}

impl Caller {
    /// The tenant.
    pub(crate) fn operator_id(&self) -> OperatorId {
        self.token.operator_id
    }

    /// Goes on only if the token has the scope for `action`, on its own operator's things.
    pub(crate) fn require(&self, action: Action) -> Result<(), Problem> {
        let own = Some(self.operator_id());
        Ok(service::access::require(&self.actor, action, own)?)
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get().cloned().ok_or_else(|| ApiRefusal::TokenMissing.into())
    }
}

/// Middleware: finds the token, or answers 401; counts it, or answers 429.
pub(crate) async fn authenticate(
    State(api): State<Api>,
    mut request: Request,
    next: Next,
) -> Response {
    let header = request.headers().get(header::AUTHORIZATION).cloned();
    let token = match find(&api, header).await {
        Ok(token) => token,
        Err(problem) => return problem.into_response(),
    };
    if let Some(closed) = api.app.maintenance.now(&api.app).await {
        let mut response = Problem::from(ApiRefusal::Unavailable).into_response();
        let seconds = again_after_seconds(closed.until_at, api.app.now());
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        return response;
    }
    if let Err(seconds) = api.limits.take(token.id, api.app.now()) {
        let mut response = Problem::from(ApiRefusal::TooMany).into_response();
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        return response;
    }
    request.extensions_mut().insert(Caller { actor: token.actor(), token });
    next.run(request).await
}

/// When a caller should come again while the interface is closed: at its end, but within the hour,
/// as it may be over earlier.
fn again_after_seconds(until_at: Option<At>, now: At) -> u64 {
    let left = until_at.map_or(60_000, |until| until.millis() - now.millis());
    u64::try_from(left / 1000).unwrap_or(0).clamp(10, 3600)
}

async fn find(api: &Api, header: Option<HeaderValue>) -> Result<Token, Problem> {
    let text = header.ok_or(ApiRefusal::TokenMissing)?;
    let text = text.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let text = text.ok_or(ApiRefusal::TokenInvalid)?;
    let token = service::token::authenticate(&api.app, text).await?;
    token.ok_or_else(|| ApiRefusal::TokenInvalid.into())
}

/// A bucket per token that fills at [`RATE`] up to [`BURST`]. Each process counts for itself.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    buckets: Mutex<HashMap<TokenId, (f64, At)>>,
}

impl Limits {
    /// Takes one request; if there is none left, says after how many seconds there will be.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since the last request")]
    fn take(&self, token_id: TokenId, now: At) -> Result<(), u64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= TOKENS_MAX {
            buckets.retain(|_, (left, _)| *left < BURST);
        }
        let (left, last) = buckets.entry(token_id).or_insert((BURST, now));
        let passed = now.millis().saturating_sub(last.millis()).max(0) as f64 / 1000.0;
        *left = (*left + passed * RATE).min(BURST);
        *last = now;
        if *left < 1.0 {
            return Err(1);
        }
        *left -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let limits = Limits::default();
        let (one, two) = (TokenId::from_u128(1), TokenId::from_u128(2));
        let now = At::from_millis(1_000_000);
        assert!((0..400).all(|_| limits.take(one, now).is_ok()));
        assert_eq!(limits.take(one, now), Err(1));
        assert_eq!(limits.take(two, now), Ok(()));
        assert!((0..200).all(|_| limits.take(one, now.plus_millis(1000)).is_ok()));
        assert_eq!(limits.take(one, now.plus_millis(1000)), Err(1));
    }
}
