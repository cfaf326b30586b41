//! Who calls: the bearer token, and how often it may.

use crate::Api;
use crate::problem::{ApiRefusal, Problem};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::access::{Action, Actor};
use domain::id::{OperatorId, TokenId};
use domain::time::At;
use service::token::Token;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Requests that a token may make at once after a pause, as a multiple of those in a second.
const BURST: f64 = 2.0;
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
    let found = match bearer(request.headers()) {
        Ok(text) => service::token::authenticate(&api.app, text).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    let token = match found.and_then(|token| token.ok_or_else(|| ApiRefusal::TokenInvalid.into())) {
        Ok(token) => token,
        Err(problem) => return problem.into_response(),
    };
    if let Err(response) = admit(&api, &token).await {
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

/// The text after `Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let text = headers.get(header::AUTHORIZATION).ok_or(ApiRefusal::TokenMissing)?;
    let text = text.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    text.ok_or_else(|| ApiRefusal::TokenInvalid.into())
}

/// Lets the request of a valid token in, unless the interface is closed or the token comes too
/// often.
pub(crate) async fn admit(api: &Api, token: &Token) -> Result<(), Response> {
    if let Some(closed) = api.app.maintenance.now(&api.app).await {
        let mut response = Problem::from(ApiRefusal::Unavailable).into_response();
        let seconds = again_after_seconds(closed.until_at, api.app.now());
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        return Err(response);
    }
    let rate = f64::from(api.app.limits.token_per_second);
    if let Err(seconds) = api.limits.take(token.id, rate, api.app.now()) {
        let mut response = Problem::from(ApiRefusal::TooMany).into_response();
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        return Err(response);
    }
    Ok(())
}

/// A bucket per token that fills at its rate up to [`BURST`] times that. Each process counts for
/// itself.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    buckets: Mutex<HashMap<TokenId, (f64, At)>>,
}

impl Limits {
    /// Takes one request; if there is none left, says after how many seconds there will be.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since the last request")]
    fn take(&self, token_id: TokenId, rate: f64, now: At) -> Result<(), u64> {
        let burst = rate * BURST;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= TOKENS_MAX {
            buckets.retain(|_, (left, _)| *left < burst);
        }
        let (left, last) = buckets.entry(token_id).or_insert((burst, now));
        let passed = now.millis().saturating_sub(last.millis()).max(0) as f64 / 1000.0;
        *left = (*left + passed * rate).min(burst);
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
        assert!((0..400).all(|_| limits.take(one, 200.0, now).is_ok()));
        assert_eq!(limits.take(one, 200.0, now), Err(1));
        assert_eq!(limits.take(two, 200.0, now), Ok(()));
        assert!((0..200).all(|_| limits.take(one, 200.0, now.plus_millis(1000)).is_ok()));
        assert_eq!(limits.take(one, 200.0, now.plus_millis(1000)), Err(1));
    }
}
