//! Errors as problem details (RFC 9457), in the caller's language, with stable codes.
//!
//! A handler answers with a [`Problem`]; the text is filled in by [`speak`], which knows what
//! language the request asked for.

use axum::Json;
use axum::extract::Request;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::access::AccessRefusal;
use domain::refusal::Refusal;
use serde::Serialize;
use service::{Error, Refused};
use std::borrow::Cow;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use words::Lang;

/// What the interface itself refuses, whatever the business says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiRefusal {
    TokenMissing,
    TokenInvalid,
    ScopeMissing,
    NotFound,
    Conflict,
    Fault,
    Unavailable,
    Malformed,
    TooLarge,
    TooMany,
    MediaType,
    Method,
    KeyInvalid,
    KeyReused,
    KeyRunning,
    CursorInvalid,
}

impl ApiRefusal {
    /// Every refusal.
    pub const ALL: [Self; 16] = [
        Self::TokenMissing,
        Self::TokenInvalid,
        Self::ScopeMissing,
        Self::NotFound,
        Self::Conflict,
        Self::Fault,
        Self::Unavailable,
        Self::Malformed,
        Self::TooLarge,
        Self::TooMany,
        Self::MediaType,
        Self::Method,
        Self::KeyInvalid,
        Self::KeyReused,
        Self::KeyRunning,
        Self::CursorInvalid,
    ];

    const fn status(self) -> StatusCode {
        match self {
            Self::TokenMissing | Self::TokenInvalid => StatusCode::UNAUTHORIZED,
            Self::ScopeMissing => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict | Self::KeyRunning => StatusCode::CONFLICT,
            Self::Fault => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Malformed | Self::KeyInvalid | Self::CursorInvalid => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

impl Refusal for ApiRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::TokenMissing => "api.token_missing",
            Self::TokenInvalid => "api.token_invalid",
            Self::ScopeMissing => "api.scope_missing",
            Self::NotFound => "api.not_found",
            Self::Conflict => "api.conflict",
            Self::Fault => "api.fault",
            Self::Unavailable => "api.unavailable",
            Self::Malformed => "api.malformed",
            Self::TooLarge => "api.too_large",
            Self::TooMany => "api.too_many",
            Self::MediaType => "api.media_type",
            Self::Method => "api.method",
            Self::KeyInvalid => "api.key_invalid",
            Self::KeyReused => "api.key_reused",
            Self::KeyRunning => "api.key_running",
            Self::CursorInvalid => "api.cursor_invalid",
        }
    }
}

/// Why a request was not done, before it is put into words.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    field: Option<Cow<'static, str>>,
    values: Vec<(&'static str, Cow<'static, str>)>,
    hint: Option<String>,
    reference: Option<String>,
}

/// A problem as it is sent (RFC 9457), `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// Names the kind of problem for ever: `urn:baohao:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// A few words on the status, in the caller's language.
    title: String,
    /// The HTTP status again.
    status: u16,
    /// What is wrong and what to do, in the caller's language.
    detail: String,
    /// The stable code, such as `number.hold_not_yours`.
    code: &'static str,
    /// The field of the request that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Cow<'static, str>>,
    /// Values of the message, such as a limit or a date.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<&'static str, Cow<'static, str>>,
    /// What the parser of the request said, in English, for programmers.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// Found again in our log.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
}

impl From<ApiRefusal> for Problem {
    fn from(refusal: ApiRefusal) -> Self {
        Self {
            status: refusal.status(),
            code: refusal.code(),
            field: None,
            values: Vec::new(),
            hint: None,
            reference: None,
        }
    }
}

impl Problem {
    /// A request that cannot be read, with what its parser said.
    pub(crate) fn malformed(hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..ApiRefusal::Malformed.into() }
    }

    /// The same, about one field.
    pub(crate) fn bad_field(field: &str, hint: impl Into<String>) -> Self {
        Self::malformed(hint).in_field(field)
    }

    /// The same problem, said of this field of the request.
    pub(crate) fn in_field(self, field: &str) -> Self {
        Self { field: Some(Cow::Owned(field.to_owned())), ..self }
    }

    fn refused(refused: Refused) -> Self {
        // A token has scopes where a person has roles.
        if refused.code == AccessRefusal::NotYourRole.code() {
            return ApiRefusal::ScopeMissing.into();
        }
        let is_access = refused.code.starts_with("access.");
        let status =
            if is_access { StatusCode::FORBIDDEN } else { StatusCode::UNPROCESSABLE_ENTITY };
        Self {
            status,
            code: refused.code,
            field: refused.field.map(Cow::Borrowed),
            values: refused.values,
            hint: None,
            reference: None,
        }
    }

    fn body(self, lang: Lang) -> ProblemBody {
        let title = lang.by_id(&format!("api-title-{}", self.status.as_u16()), &[]);
        ProblemBody {
            kind: format!("urn:baohao:problem:{}", self.code),
            title: title.unwrap_or_default(),
            status: self.status.as_u16(),
            detail: lang.refusal(self.code, &self.values).unwrap_or_default(),
            code: self.code,
            field: self.field,
            values: self.values.into_iter().collect(),
            hint: self.hint,
            reference: self.reference,
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refused) => Self::refused(refused),
            Error::NotFound => ApiRefusal::NotFound.into(),
            Error::Conflict => ApiRefusal::Conflict.into(),
            Error::Fault(ref fault) => {
                let reference = service::id::reference();
                tracing::error!(%reference, error = %error.with_causes(), "request failed");
                let refusal =
                    if fault.is_retryable { ApiRefusal::Unavailable } else { ApiRefusal::Fault };
                Self { reference: Some(reference), ..refusal.into() }
            }
        }
    }
}

impl<R: Refusal> From<&R> for Problem {
    fn from(refusal: &R) -> Self {
        match Error::refused(refusal) {
            Error::Refused(refused) => Self::refused(refused),
            other => Self::from(other),
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiRefusal::TooLarge.into(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiRefusal::MediaType.into(),
            _ => Self::malformed(rejection.body_text()),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::malformed(rejection.body_text())
    }
}

/// What stands in the path names a thing; if it cannot name one, there is none.
impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        ApiRefusal::NotFound.into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The language of a request: what it asks for, else English.
pub(crate) fn language_of(headers: &HeaderMap) -> Lang {
    let accept = headers.get(header::ACCEPT_LANGUAGE);
    accept.and_then(|value| value.to_str().ok()).and_then(Lang::from_accept).unwrap_or(Lang::En)
}

/// Middleware: puts problems into the caller's language.
pub(crate) async fn speak(request: Request, next: Next) -> Response {
    let lang = language_of(request.headers());
    spoken(lang, next.run(request).await)
}

/// The answer of a handler, with its problem in the caller's language.
pub(crate) fn spoken(lang: Lang, mut response: Response) -> Response {
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => Some(problem),
        // What axum itself answers for a wrong method, an oversized body, or a path or body that
        // cannot be read as text.
        None => match response.status() {
            StatusCode::METHOD_NOT_ALLOWED => Some(ApiRefusal::Method.into()),
            StatusCode::PAYLOAD_TOO_LARGE => Some(ApiRefusal::TooLarge.into()),
            StatusCode::BAD_REQUEST => {
                Some(Problem::malformed("unreadable path or body".to_owned()))
            }
            _ => None,
        },
    };
    let Some(problem) = problem else { return response };
    let (status, retry_after) = (problem.status, response.headers().get(header::RETRY_AFTER));
    let retry_after = retry_after.cloned();
    let mut spoken = (status, Json(problem.body(lang))).into_response();
    let headers = spoken.headers_mut();
    let json = HeaderValue::from_static("application/problem+json");
    headers.insert(header::CONTENT_TYPE, json);
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, seconds);
    }
    spoken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_the_interface_has_its_words() {
        for refusal in ApiRefusal::ALL {
            for lang in Lang::ALL {
                let body = Problem::from(refusal).body(lang);
                assert!(!body.detail.is_empty() && !body.title.is_empty(), "{refusal:?} {lang:?}");
            }
        }
        for refusal in service::token::TokenRefusal::all() {
            for lang in Lang::ALL {
                assert!(!Problem::from(&refusal).body(lang).detail.is_empty(), "{refusal:?}");
            }
        }
    }
}
