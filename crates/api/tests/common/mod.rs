//! A program on a fresh database, called through its routes.

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use domain::id::OperatorId;
use http_body_util::BodyExt;
use serde_json::Value;
use std::sync::Arc;
use testkit::{Fresh, TestApp};
use tower::ServiceExt;

pub struct TestApi {
    pub app: TestApp,
    router: axum::Router,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Reply {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl TestApi {
    /// With operators 1 and 2.
    pub async fn on(fresh: Fresh) -> Self {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        app.operator(2).await;
        let router = api::router(Arc::clone(&app.app));
        Self { app, router }
    }

    /// A token of the operator with these scopes.
    pub async fn token(&self, operator: i64, scopes: &[&str]) -> String {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let id = u64::from_be_bytes(seal::entropy::bytes());
        let name = format!("t{id:x}");
        let made = service::token::add(&self.app, OperatorId(operator), &name, &scopes).await;
        made.expect("a token is made").1.into_exposed()
    }

    /// A token of the operator with every scope.
    pub async fn full_token(&self, operator: i64) -> String {
        let scopes: Vec<&str> = service::token::scopes().into_iter().collect();
        self.token(operator, &scopes).await
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.expect("it answers");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("the body ends").to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply { status: parts.status, headers: parts.headers, body }
    }

    pub async fn get(&self, token: &str, path: &str) -> Reply {
        self.send(request(Method::GET, token, path, None)).await
    }

    pub async fn post(&self, token: &str, path: &str, body: &Value) -> Reply {
        self.send(request(Method::POST, token, path, Some(body))).await
    }
}

pub fn request(method: Method, token: &str, path: &str, body: Option<&Value>) -> Request<Body> {
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
