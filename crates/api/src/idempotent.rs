//! `Idempotency-Key`: a request that changes something may be sent again without harm.

use crate::caller::Caller;
use crate::problem::{ApiRefusal, Problem};
use crate::{Api, BODY_BYTES_MAX};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use service::idempotency::{Answer, Begin, begin, finish};

const KEY: &str = "idempotency-key";
const KEY_LEN_MAX: usize = 200;
/// Tells the caller that the answer is that of the first request.
const REPLAYED: &str = "idempotency-replayed";

/// Middleware, inside of authentication: does a request with a key once, and answers alike.
pub(crate) async fn once(State(api): State<Api>, request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_safe || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    // A task of its own ends also when the caller goes away, so that what was done is answered
    // when he asks again.
    let task = tokio::spawn(async move { answer(&api, request, next).await });
    match task.await {
        Ok(answer) => answer.unwrap_or_else(IntoResponse::into_response),
        Err(_) => Problem::from(service::Error::fault("the handler panicked")).into_response(),
    }
}

async fn answer(api: &Api, request: Request, next: Next) -> Result<Response, Problem> {
    let key = key_of(&request)?;
    let caller = request.extensions().get::<Caller>().cloned();
    let token = caller.ok_or(ApiRefusal::TokenMissing)?.token;
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| ApiRefusal::TooLarge)?;
    match begin(&api.app, &token, &key, &asked(&parts, &body)).await? {
        Begin::First => {}
        Begin::Running => return Err(ApiRefusal::KeyRunning.into()),
        Begin::Reused => return Err(ApiRefusal::KeyReused.into()),
        Begin::Answered(answer) => return Ok(replay(answer)),
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    // A problem has no text yet, and the next caller may read another language: it is decided
    // again, which is safe because nothing was changed.
    let status = response.status();
    if !status.is_success() {
        let forget = Answer { status: 500, media_type: String::new(), body: Vec::new() };
        finish(&api.app, &token, &key, &forget).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, BODY_BYTES_MAX).await;
    let body = body.map_err(|_| service::Error::fault("an answer was too large to keep"))?;
    let media_type = parts.headers.get(header::CONTENT_TYPE).and_then(|t| t.to_str().ok());
    let media_type = media_type.unwrap_or_default().to_owned();
    let kept = Answer { status: status.as_u16(), media_type, body: body.to_vec() };
    if let Err(error) = finish(&api.app, &token, &key, &kept).await {
        // It was done: saying otherwise would make the caller do it again.
        tracing::error!(error = %error.with_causes(), "an answer could not be kept");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn key_of(request: &Request) -> Result<String, Problem> {
    let key = request.headers().get(KEY).and_then(|key| key.to_str().ok()).unwrap_or_default();
    let is_good =
        (1..=KEY_LEN_MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if is_good { Ok(key.to_owned()) } else { Err(ApiRefusal::KeyInvalid.into()) }
}

/// All that makes two requests the same. The boundary of a multipart body is chosen anew by most
/// programs when they send it again, so it does not count.
fn asked(parts: &Parts, body: &Bytes) -> Vec<u8> {
    let mut asked = format!("{} {}\n", parts.method, parts.uri).into_bytes();
    let media_type = parts.headers.get(header::CONTENT_TYPE).and_then(|t| t.to_str().ok());
    let boundary = media_type
        .and_then(|t| t.split_once("boundary="))
        .map(|(_, rest)| rest.split(';').next().unwrap_or(rest).trim_matches('"'))
        .filter(|boundary| !boundary.is_empty());
    match boundary {
        None => asked.extend_from_slice(body),
        Some(boundary) => {
            let finder = memchr::memmem::Finder::new(boundary);
            let mut rest: &[u8] = body;
            while let Some(at) = finder.find(rest) {
                let (before, after) = rest.split_at(at);
                asked.extend_from_slice(before);
                rest = after.get(boundary.len()..).unwrap_or_default();
            }
            asked.extend_from_slice(rest);
        }
    }
    asked
}

fn replay(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, Body::from(answer.body)).into_response();
    let headers = response.headers_mut();
    if let Ok(media_type) = HeaderValue::from_str(&answer.media_type)
        && !answer.media_type.is_empty()
    {
        headers.insert(header::CONTENT_TYPE, media_type);
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
