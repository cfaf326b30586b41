//! What holds for every route: tokens, scopes, languages, limits, the description.

use crate::common::{TestApi, request};
use axum::http::{Method, StatusCode};
use domain::id::OperatorId;
use testkit::on_both_engines;

on_both_engines! {
    async fn a_request_needs_a_valid_token(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let path = "/api/v1/audit";
        let without = api.send(request(Method::GET, "", path, None)).await;
        assert_eq!(without.status, StatusCode::UNAUTHORIZED);
        assert_eq!(without.code(), "api.token_missing");
        assert_eq!(without.headers["www-authenticate"], "Bearer");
        assert_eq!(without.headers["content-type"], "application/problem+json");
        let token = api.token(1, &["audit:read"]).await;
        let mut forged = token.clone();
        forged.pop();
        forged.push(if token.ends_with('A') { 'Q' } else { 'A' });
        for wrong in ["x", "bht_x_y", forged.as_str()] {
            let reply = api.get(wrong, path).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
            assert_eq!(reply.code(), "api.token_invalid");
        }
        assert_eq!(api.get(&token, path).await.status, StatusCode::OK);
        let name = service::token::list(&api.app, OperatorId(1)).await.unwrap().remove(0).name;
        service::token::revoke(&api.app, OperatorId(1), &name).await.unwrap();
        service::token::revoke(&api.app, OperatorId(1), &name).await.unwrap();
        assert_eq!(api.get(&token, path).await.code(), "api.token_invalid");
    }

    async fn a_token_does_only_what_its_scopes_say(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.token(1, &["usage:write"]).await;
        let reply = api.get(&token, "/api/v1/audit").await;
        assert_eq!((reply.status, reply.code()), (StatusCode::FORBIDDEN, "api.scope_missing"));
        let scopes = ["nothing:read".to_owned()];
        let none = service::token::add(&api.app, OperatorId(1), "x", &scopes).await;
        let is_refused = |error| match error {
            service::Error::Refused(refused) => refused.code == "token.unknown_scope",
            _ => false,
        };
        assert!(none.is_err_and(is_refused));
    }

    async fn problems_speak_the_callers_language(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let english = "Token needed";
        for (accept, lang, title) in
            [("zh-CN,en;q=0.5", "zh-CN", "需要令牌"), ("en", "en", english), ("fr", "en", english)]
        {
            let mut asked = request(Method::GET, "", "/api/v1/audit", None);
            asked.headers_mut().insert("accept-language", accept.parse().unwrap());
            let reply = api.send(asked).await;
            assert_eq!(reply.headers["content-language"], lang);
            assert_eq!(reply.body["title"], title);
            assert_eq!(reply.body["type"], "urn:baohao:problem:api.token_missing");
        }
        let token = api.full_token(1).await;
        let reply = api.get(&token, "/api/v1/nothing").await;
        assert_eq!((reply.status, reply.code()), (StatusCode::NOT_FOUND, "api.not_found"));
        let reply = api.post(&token, "/api/v1/audit", &serde_json::json!({})).await;
        assert_eq!((reply.status, reply.code()), (StatusCode::METHOD_NOT_ALLOWED, "api.method"));
        let reply = api.get(&token, "/api/v1/audit?cursor=%3F").await;
        assert_eq!((reply.status, reply.code()), (StatusCode::BAD_REQUEST, "api.cursor_invalid"));
    }

    async fn the_log_is_read_page_by_page_and_is_ones_own(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.token(1, &["audit:read"]).await;
        for _ in 0..4 {
            api.token(1, &["audit:read"]).await;
            api.token(2, &["audit:read"]).await;
        }
        let all = service::audit::verify(&api.app).await.unwrap();
        assert!(all.iter().all(|verified| verified.findings.is_empty()), "{all:?}");
        let (mut seen, mut path) = (Vec::new(), "/api/v1/audit?limit=2".to_owned());
        loop {
            let reply = api.get(&token, &path).await;
            let items = reply.body["items"].as_array().unwrap();
            seen.extend(items.iter().map(|item| item["seq"].as_i64().unwrap()));
            let Some(next) = reply.body["next"].as_str() else { break };
            path = format!("/api/v1/audit?limit=2&cursor={next}");
        }
        assert_eq!(seen, [1, 2, 3, 4, 5]);
    }

    async fn too_many_requests_are_told_to_wait(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.token(1, &["audit:read"]).await;
        let mut reply = api.get(&token, "/api/v1/audit").await;
        for _ in 0..400 {
            reply = api.get(&token, "/api/v1/audit").await;
        }
        assert_eq!((reply.status, reply.code()), (StatusCode::TOO_MANY_REQUESTS, "api.too_many"));
        assert_eq!(reply.headers["retry-after"], "1");
        api.app.advance_seconds(1);
        assert_eq!(api.get(&token, "/api/v1/audit").await.status, StatusCode::OK);
    }
}

/// Run with `BAOHAO_WRITE_SNAPSHOTS=1` to write it anew.
#[test]
fn the_description_is_the_committed_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/generated/openapi.json");
    let now = api::openapi::json();
    if std::env::var_os("BAOHAO_WRITE_SNAPSHOTS").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(now == committed, "docs/generated/openapi.json is not what the handlers say");
}
