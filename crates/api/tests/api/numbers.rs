//! Numbers, SIMs, holds and usage.

use crate::common::{TestApi, request};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::on_both_engines;

fn keyed(token: &str, path: &str, body: &Value, key: &str) -> Request<Body> {
    let mut request = request(Method::POST, token, path, Some(body));
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    request
}

async fn hold(api: &TestApi, token: &str, msisdn: &str, body: Value) -> Value {
    let reply = api.post(token, &format!("/api/v1/numbers/{msisdn}/holds"), &body).await;
    assert_eq!(reply.status, StatusCode::OK, "{:?}", reply.body);
    reply.body["holds"].clone()
}

async fn lift(api: &TestApi, token: &str, msisdn: &str, kind: &str) -> Value {
    let path = format!("/api/v1/numbers/{msisdn}/holds/{kind}");
    let reply = api.send(request(Method::DELETE, token, &path, None)).await;
    assert_eq!(reply.status, StatusCode::OK, "{:?}", reply.body);
    reply.body["holds"].clone()
}

on_both_engines! {
    async fn numbers_come_into_stock_and_are_listed_page_by_page(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.full_token(1).await;
        let numbers: Vec<String> = (0..5).map(|n| format!("1380013800{n}")).collect();
        let reply = api.post(&token, "/api/v1/numbers", &json!({ "numbers": numbers })).await;
        assert_eq!(reply.body, json!({ "new": 5, "known": 0 }));
        let reply = api.post(&token, "/api/v1/numbers", &json!({ "numbers": numbers })).await;
        assert_eq!(reply.body, json!({ "new": 0, "known": 5 }));
        let first = api.get(&token, "/api/v1/numbers?limit=3&lifecycle=in_stock").await.body;
        assert_eq!(first["items"].as_array().unwrap().len(), 3);
        assert_eq!(first["items"][0]["msisdn"], "8613800138000");
        let next = first["next"].as_str().unwrap();
        let path = format!("/api/v1/numbers?limit=3&cursor={next}");
        let last = api.get(&token, &path).await.body;
        assert_eq!(last["items"].as_array().unwrap().len(), 2);
        assert_eq!(last["next"], Value::Null);
        let bad = json!({ "numbers": ["13800138000", "12"] });
        let bad = api.post(&token, "/api/v1/numbers", &bad).await;
        assert_eq!((bad.status, bad.field()), (StatusCode::UNPROCESSABLE_ENTITY, "numbers[1]"));
        let odd = api.post(&token, "/api/v1/numbers", &json!({ "nubmers": [] })).await;
        assert_eq!((odd.status, odd.code()), (StatusCode::BAD_REQUEST, "api.malformed"));
    }

    async fn pools_are_made_and_their_free_numbers_found(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.full_token(1).await;
        let numbers: Vec<String> = (0..9).map(|n| format!("1380013888{n}")).collect();
        api.post(&token, "/api/v1/numbers", &json!({ "numbers": numbers })).await;
        let range = json!({ "first": "13800138880", "last": "13800138889" });
        let pool = json!({ "is_open": true, "ranges": [range] });
        let put = |name: &str, pool: &Value| {
            let path = format!("/api/v1/pools/{name}");
            api.send(request(Method::PUT, &token, &path, Some(pool)))
        };
        assert_eq!(put("%E9%9B%B6%E5%94%AE", &pool).await.status, StatusCode::NO_CONTENT);
        let pools = api.get(&token, "/api/v1/pools").await.body;
        assert_eq!(pools[0]["name"], "零售");
        assert_eq!(pools[0]["ranges"][0]["last"], "8613800138889");
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        let taken = put("b", &pool).await;
        assert_eq!((taken.status, taken.code()), (unprocessable, "pool.range_taken"));
        let bad = json!({ "is_open": true, "ranges": [{ "first": "12", "last": "13800138889" }] });
        assert_eq!(put("b", &bad).await.field(), "ranges[0].first");

        let first = api.get(&token, "/api/v1/free-numbers?limit=5").await.body;
        assert_eq!(first["items"].as_array().unwrap().len(), 5);
        let path =
            format!("/api/v1/free-numbers?limit=5&cursor={}", first["next"].as_str().unwrap());
        let last = api.get(&token, &path).await.body;
        assert_eq!(last["items"].as_array().unwrap().len(), 4);
        assert_eq!(last["next"], Value::Null);
        let gold = api.get(&token, "/api/v1/free-numbers?tier=gold").await.body;
        assert_eq!(gold["items"][0]["msisdn"], "8613800138888");
        assert_eq!(gold["items"][0]["tier"]["colour"], "amber");
        let odd = api.get(&token, "/api/v1/free-numbers?ends_with=x").await;
        assert_eq!(odd.code(), "pool.tail_shape");

        let shut = json!({ "is_open": false, "ranges": pools[0]["ranges"] });
        assert_eq!(put("%E9%9B%B6%E5%94%AE", &shut).await.status, StatusCode::NO_CONTENT);
        let until = json!({ "until": "2036-01-01T00:00:00Z" });
        let path = "/api/v1/numbers/13800138888/reserve";
        assert_eq!(api.post(&token, path, &until).await.code(), "pool.closed");
        let path = "/api/v1/pools/%E9%9B%B6%E5%94%AE";
        let gone = api.send(request(Method::DELETE, &token, path, None)).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
        assert_eq!(api.get(&token, "/api/v1/pools").await.body, json!([]));
    }

    async fn a_number_is_allocated_registered_and_served(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.full_token(1).await;
        let waiting = api.allocated_number(1, 1).await;
        let status = api.get(&token, &format!("/api/v1/numbers/{waiting}")).await.body;
        assert_eq!(status["word"], "unregistered");
        assert_eq!(status["allows"], json!([]));
        let msisdn = api.active_number(1, 2).await;
        service::work::run_due(&api.app).await.unwrap();
        let status = api.get(&token, &format!("/api/v1/numbers/{msisdn}")).await.body;
        assert_eq!((&status["lifecycle"], &status["holds"]), (&json!("active"), &json!([])));
        assert_eq!(status["keep"]["is_running"], true);
        let iccid = api.sim(1, 3).await;
        let path = format!("/api/v1/numbers/{msisdn}/replace-sim");
        let changed = api.post(&token, &path, &json!({ "iccid": iccid })).await.body;
        assert_eq!(changed["holds"], json!(["sim_swap_cooling"]));
        let sim = api.get(&token, &format!("/api/v1/sims/{iccid}")).await.body;
        assert_eq!((&sim["state"], &sim["msisdn"]), (&json!("serving"), &json!(msisdn)));
        let close = format!("/api/v1/numbers/{msisdn}/close");
        assert_eq!(api.post(&token, &close, &json!({})).await.body["lifecycle"], "pre_close");
        let again = api.post(&token, &close, &json!({})).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(again.code().starts_with("number."), "{:?}", again.body);
        assert!(!again.body["detail"].as_str().unwrap().is_empty());
        api.assert_audited().await;
    }

    async fn lifting_one_hold_lifts_no_other(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.full_token(1).await;
        let msisdn = api.active_number(1, 1).await;
        hold(&api, &token, &msisdn, json!({ "kind": "loss" })).await;
        hold(&api, &token, &msisdn, json!({ "kind": "fraud" })).await;
        let order = json!({ "kind": "authority", "reference": "A-7" });
        hold(&api, &token, &msisdn, order).await;
        // Owing money bars nothing on the first day.
        let holds = hold(&api, &token, &msisdn, json!({ "kind": "arrears" })).await;
        assert_eq!(holds.as_array().unwrap().len(), 3);
        lift(&api, &token, &msisdn, "arrears").await;
        let holds = lift(&api, &token, &msisdn, "fraud").await;
        let mut kinds = holds.as_array().unwrap().clone();
        kinds.sort_unstable_by_key(Value::to_string);
        assert_eq!(kinds, ["authority", "loss"]);
        let status = api.get(&token, &format!("/api/v1/numbers/{msisdn}")).await.body;
        assert_eq!((status["word"].as_str(), &status["allows"]), (Some("stopped"), &json!([])));
        assert_eq!(status["holds"][0]["appeal"], "authority");
        assert!(!status["holds"][1]["remedy"].as_str().unwrap().is_empty());
        let unnamed = json!({ "kind": "authority" });
        let reply = api.post(&token, &format!("/api/v1/numbers/{msisdn}/holds"), &unnamed).await;
        assert_eq!((reply.status, reply.field()), (StatusCode::BAD_REQUEST, "reference"));
        api.assert_audited().await;
    }

    async fn a_repeated_request_is_done_once_and_answered_alike(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.full_token(1).await;
        let msisdn = api.active_number(1, 1).await;
        let path = format!("/api/v1/numbers/{msisdn}/close");
        let first = api.send(keyed(&token, &path, &json!({}), "one")).await;
        assert_eq!(first.status, StatusCode::OK);
        let second = api.send(keyed(&token, &path, &json!({}), "one")).await;
        assert_eq!((second.status, &second.body), (StatusCode::OK, &first.body));
        assert_eq!(second.headers["idempotency-replayed"], "true");
        assert_eq!(second.headers["content-type"], first.headers["content-type"]);
        // Another request under the same key is a mistake of the caller; another token's key is
        // another key; a refusal is decided anew.
        let none = json!({ "numbers": [] });
        let other = api.send(keyed(&token, "/api/v1/numbers", &none, "one")).await;
        other.assert_problem(StatusCode::UNPROCESSABLE_ENTITY, "api.key_reused");
        let colleague = api.full_token(1).await;
        let refused = api.send(keyed(&colleague, &path, &json!({}), "one")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let refused = api.send(keyed(&colleague, &path, &json!({}), "one")).await;
        assert!(refused.code().starts_with("number."), "{:?}", refused.body);
        let odd = api.send(keyed(&token, &path, &json!({}), "a b")).await;
        assert_eq!(odd.code(), "api.key_invalid");
        api.app.clock.advance_millis(25 * 3_600_000);
        let later = api.send(keyed(&token, &path, &json!({}), "one")).await;
        assert_eq!(later.status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    async fn fifty_repeats_at_once_top_up_once(fresh: Fresh) {
        let api = std::sync::Arc::new(TestApi::on(fresh).await);
        let token = api.full_token(1).await;
        let msisdn = api.active_number(1, 1).await;
        let path = format!("/api/v1/numbers/{msisdn}/top-up");
        let tasks: Vec<_> = (0..50)
            .map(|n| {
                let (api, token, path) = (std::sync::Arc::clone(&api), token.clone(), path.clone());
                // Half of them by the header, half by the payment's own key.
                let body = json!({ "key": "pay-1", "minor": 1000 });
                tokio::spawn(async move {
                    let mut sent = request(Method::POST, &token, &path, Some(&body));
                    if n % 2 == 0 {
                        sent.headers_mut().insert("idempotency-key", "pay-1".parse().unwrap());
                    }
                    api.send(sent).await.status
                })
            })
            .collect();
        for task in tasks {
            let status = task.await.unwrap();
            assert!([StatusCode::OK, StatusCode::CONFLICT].contains(&status), "{status}");
        }
        let balance = api.get(&token, &format!("/api/v1/numbers/{msisdn}/balance")).await.body;
        assert_eq!((&balance["minor"], &balance["currency"]), (&json!(1000), &json!("CNY")));
        api.assert_audited().await;
    }

    async fn usage_is_pushed_and_bad_rows_are_told(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.full_token(1).await;
        let msisdn = api.active_number(1, 1).await;
        api.app.advance_seconds(3600);
        let rows = format!(
            "msisdn,kind,instant\n{msisdn},mo_call,2026-03-11T10:30:00+08:00\n\
             12,mo_call,2026-03-11T10:30:00+08:00\n{msisdn},sneeze,2026-03-11T10:30:00+08:00\n"
        );
        let push = || {
            let mut sent = request(Method::POST, &token, "/api/v1/usage", None);
            *sent.body_mut() = Body::from(rows.clone());
            sent.headers_mut().insert("content-type", "text/csv".parse().unwrap());
            sent
        };
        let first = api.send(push()).await.body;
        assert_eq!((&first["done"], &first["rejected"]), (&json!(1), &json!(2)));
        assert_eq!(first["rejects"][1]["line"], 4);
        assert_eq!(first["rejects"][1]["code"], "usage.kind_unknown");
        let second = api.send(push()).await.body;
        assert_eq!((&second["done"], &second["skipped"]), (&json!(0), &json!(3)));
        let status = api.get(&token, &format!("/api/v1/numbers/{msisdn}")).await.body;
        assert_eq!(status["keep"]["last_use"]["kind"], "mo_call");
        let plain = api.post(&token, "/api/v1/usage", &json!({})).await;
        assert_eq!(plain.code(), "api.media_type");
        api.assert_audited().await;
    }

    /// A caller that hangs up and asks again gets the answer of what was done.
    async fn hanging_up_does_not_lose_the_answer(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.full_token(1).await;
        for n in 0..10 {
            let msisdn = api.active_number(1, n).await;
            let path = format!("/api/v1/numbers/{msisdn}/close");
            let patience = Duration::from_micros(seal::entropy::below(20_000));
            let first = api.send(keyed(&token, &path, &json!({}), &msisdn));
            let _ = tokio::time::timeout(patience, first).await;
            let again = async {
                loop {
                    let reply = api.send(keyed(&token, &path, &json!({}), &msisdn)).await;
                    if reply.code() != "api.key_running" {
                        return reply;
                    }
                    tokio::task::yield_now().await;
                }
            };
            let reply = tokio::time::timeout(Duration::from_secs(20), again).await.unwrap();
            assert_eq!(reply.status, StatusCode::OK, "{:?}", reply.body);
            assert_eq!(reply.body["lifecycle"], "pre_close");
        }
    }
}
