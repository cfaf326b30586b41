//! A program on a fresh database, called through its routes.

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::Event;
use http_body_util::BodyExt;
use serde_json::Value;
use std::sync::Arc;
use testkit::{Fresh, TestApp};
use tower::ServiceExt;

pub(crate) struct TestApi {
    pub(crate) app: TestApp,
    router: axum::Router,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    /// Fails unless it has this status and the problem this code.
    pub(crate) fn assert_problem(&self, status: StatusCode, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{:?}", self.body);
    }

    /// The field that the problem names.
    pub(crate) fn field(&self) -> &str {
        self.body["field"].as_str().unwrap_or_default()
    }

    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl TestApi {
    /// With operators 1 and 2.
    pub(crate) async fn on(fresh: Fresh) -> Self {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        app.operator(2).await;
        let router = api::router(Arc::clone(&app.app));
        Self { app, router }
    }

    /// Fails unless the audit log of every operator holds and fits the state.
    pub(crate) async fn assert_audited(&self) {
        for verified in service::audit::verify(&self.app).await.expect("the log is readable") {
            assert!(verified.entries > 0);
            assert_eq!(verified.findings, [""; 0], "operator {}", verified.operator_id);
        }
    }

    /// A token of the operator with these scopes.
    pub(crate) async fn token(&self, operator: i64, scopes: &[&str]) -> String {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let id = u64::from_be_bytes(seal::entropy::bytes());
        let name = format!("t{id:x}");
        let made = service::token::add(&self.app, OperatorId(operator), &name, &scopes).await;
        made.expect("a token is made").1.into_exposed()
    }

    /// A token of the operator with every scope.
    pub(crate) async fn full_token(&self, operator: i64) -> String {
        let scopes: Vec<&str> = service::token::scopes().into_iter().collect();
        self.token(operator, &scopes).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.expect("it answers");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("the body ends").to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// An active number of the operator, with its SIM: the `n`th.
    pub(crate) async fn active_number(&self, operator: i64, n: u64) -> String {
        let msisdn = self.allocated_number(operator, n).await;
        let (now, number) = (self.app.now(), Msisdn::parse(&msisdn).expect("a number"));
        let (party_id, episode_id) = (service::id::new(now), service::id::new(now));
        let event = Event::HolderVerified { party_id, episode_id };
        service::number::apply_as_system(&self.app, number, &event).await.expect("it is verified");
        msisdn
    }

    /// A number of the operator joined with a SIM that is not registered yet: the `n`th.
    pub(crate) async fn allocated_number(&self, operator: i64, n: u64) -> String {
        let token = self.full_token(operator).await;
        let msisdn = format!("86138{:04}{n:04}", operator * 100);
        let iccid = self.sim(operator, n).await;
        let body = serde_json::json!({ "numbers": [msisdn] });
        assert_eq!(self.post(&token, "/api/v1/numbers", &body).await.body["new"], 1);
        let path = format!("/api/v1/numbers/{msisdn}/allocate");
        let reply = self.post(&token, &path, &serde_json::json!({ "iccid": iccid })).await;
        assert_eq!(reply.status, StatusCode::OK, "{:?}", reply.body);
        msisdn
    }

    /// A SIM in the operator's stock: the `n`th.
    pub(crate) async fn sim(&self, operator: i64, n: u64) -> String {
        let token = self.full_token(operator).await;
        let iccid = format!("898600{operator:02}{n:011}");
        let iccid = format!("{iccid}{}", luhn(&iccid));
        let imsi = format!("46000{operator:02}{n:08}");
        let body = serde_json::json!({ "sims": [{ "iccid": iccid, "imsi": imsi }] });
        let reply = self.post(&token, "/api/v1/sims", &body).await;
        assert_eq!(reply.body["new"], 1, "{:?}", reply.body);
        iccid
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Reply {
        self.send(request(Method::GET, token, path, None)).await
    }

    pub(crate) async fn post(&self, token: &str, path: &str, body: &Value) -> Reply {
        self.send(request(Method::POST, token, path, Some(body))).await
    }
}

/// A multipart request with the part `application` and photos; the boundary is new each time.
pub(crate) fn multipart(
    token: &str,
    path: &str,
    application: &Value,
    photos: &[(&str, Vec<u8>)],
) -> Request<Body> {
    let boundary = format!("b{:x}", u64::from_be_bytes(seal::entropy::bytes()));
    let mut body = Vec::new();
    let mut part = |headers: String, content: &[u8]| {
        body.extend_from_slice(format!("--{boundary}\r\n{headers}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    };
    let json = application.to_string();
    part("content-disposition: form-data; name=\"application\"".to_owned(), json.as_bytes());
    for (name, bytes) in photos {
        let headers =
            format!("content-disposition: form-data; name=\"{name}\"; filename=\"p.jpg\"");
        part(headers, bytes);
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let mut sent = request(Method::POST, token, path, None);
    let media_type = format!("multipart/form-data; boundary={boundary}");
    sent.headers_mut().insert(header::CONTENT_TYPE, media_type.parse().expect("a header"));
    *sent.body_mut() = Body::from(body);
    sent
}

/// The last digit that makes `digits` right.
fn luhn(digits: &str) -> u32 {
    let doubled = digits.bytes().rev().enumerate().map(|(at, byte)| {
        let digit = u32::from(byte - b'0') * if at % 2 == 0 { 2 } else { 1 };
        digit / 10 + digit % 10
    });
    (10 - doubled.sum::<u32>() % 10) % 10
}

pub(crate) fn request(
    method: Method,
    token: &str,
    path: &str,
    body: Option<&Value>,
) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(path);
    if !token.is_empty() {
        builder = builder.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    match body {
        None => builder.body(Body::empty()),
        Some(json) => builder
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json.to_string())),
    }
    .expect("a sound request")
}
