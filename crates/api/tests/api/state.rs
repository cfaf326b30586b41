//! The short answer about a number says what the long one says, to the same callers.

use crate::common::{TestApi, request};
use axum::http::{Method, StatusCode};
use domain::id::OperatorId;
use serde_json::json;
use testkit::on_both_engines;

on_both_engines! {
    async fn the_short_answer_is_the_long_one_in_short(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let (token, number) = (api.full_token(1).await, api.active_number(1, 1).await);
        let free = api.allocated_number(1, 2).await;
        for msisdn in [&number, &free] {
            for act in ["", "/holds", ""] {
                if act == "/holds" && *msisdn == number {
                    let hold = json!({ "kind": "loss" });
                    let path = format!("/api/v1/numbers/{msisdn}{act}");
                    assert_eq!(api.post(&token, &path, &hold).await.status, StatusCode::OK);
                }
                let long = api.get(&token, &format!("/api/v1/numbers/{msisdn}")).await.body;
                let short = api.get(&token, &format!("/api/v1/numbers/{msisdn}/state")).await.body;
                for field in ["msisdn", "version", "word", "lifecycle", "allows", "until"] {
                    assert_eq!(short[field], long[field], "{field} of {short}");
                }
                assert_eq!(short["deadline_on"], long["keep"]["deadline_on"]);
            }
        }
        let body = json!({ "numbers": [number, "8613999999999", free] });
        let many = api.post(&token, "/api/v1/numbers/states", &body).await.body;
        assert_eq!(many["states"][0]["word"], "lost");
        assert!(many["states"][1].is_null());
        assert_eq!(many["states"][2]["word"], "unregistered");
    }

    async fn the_newest_use_counts_as_soon_as_it_is_taken_in(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let (token, number) = (api.full_token(1).await, api.active_number(1, 1).await);
        let path = format!("/api/v1/numbers/{number}/state");
        let before = api.get(&token, &path).await.body;
        for _ in 0..2 {
            api.app.advance_seconds(5 * 86_400);
            let used_at = api.app.now().millis() / 1000;
            let csv = format!("msisdn,kind,instant\n{number},mo_call,{used_at}\n");
            let scopes = ["usage:write".to_owned()];
            let name = format!("f{used_at}");
            let feed = service::token::add(&api.app, OperatorId(1), &name, &scopes).await;
            let actor = feed.unwrap().0.actor();
            service::ingest::push(&api.app, &actor, csv.into_bytes()).await.unwrap();
            let long = api.get(&token, &format!("/api/v1/numbers/{number}")).await.body;
            let short = api.get(&token, &path).await.body;
            assert_eq!(short["deadline_on"], long["keep"]["deadline_on"]);
            assert_ne!(short["deadline_on"], before["deadline_on"]);
        }
    }

    async fn who_may_not_ask_learns_nothing(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let number = api.active_number(1, 1).await;
        let path = format!("/api/v1/numbers/{number}/state");
        let other = api.full_token(2).await;
        let missing = api.get(&other, &path).await;
        missing.assert_problem(StatusCode::NOT_FOUND, "api.not_found");
        let body = json!({ "numbers": [number] });
        let many = api.post(&other, "/api/v1/numbers/states", &body).await.body;
        assert!(many["states"][0].is_null());
        let weak = api.token(1, &["usage:write"]).await;
        assert_eq!(api.get(&weak, &path).await.status, StatusCode::FORBIDDEN);
        assert_eq!(api.get("bht_nonsense", &path).await.status, StatusCode::UNAUTHORIZED);
        let bad = json!({ "numbers": vec!["x"; 1001] });
        let unasked = api.post("bht_nonsense", "/api/v1/numbers/states", &bad).await;
        assert_eq!(unasked.status, StatusCode::UNAUTHORIZED);
        let refused = api.post(&other, "/api/v1/numbers/states", &bad).await;
        assert_eq!((refused.status, refused.field()), (StatusCode::BAD_REQUEST, "numbers"));
    }

    async fn a_revoked_token_is_refused_by_the_very_next_question(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let number = api.active_number(1, 1).await;
        let path = format!("/api/v1/numbers/{number}/state");
        let scopes = ["numbers:read".to_owned()];
        let made = service::token::add(&api.app, OperatorId(1), "leaky", &scopes).await;
        let token = made.unwrap().1.into_exposed();
        assert_eq!(api.get(&token, &path).await.status, StatusCode::OK);
        service::token::revoke(&api.app, OperatorId(1), "leaky").await.unwrap();
        let gone = api.get(&token, &path).await;
        gone.assert_problem(StatusCode::UNAUTHORIZED, "api.token_invalid");
    }

    async fn questions_asked_together_are_each_answered(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.full_token(1).await;
        let mut numbers = Vec::new();
        for n in 0..6 {
            numbers.push(api.active_number(1, n).await);
        }
        let paths: Vec<_> = (0..200)
            .map(|n| format!("/api/v1/numbers/{}/state", numbers[n % numbers.len()]))
            .collect();
        let asks = paths.iter().map(|path| api.get(&token, path));
        for (n, reply) in futures::future::join_all(asks).await.into_iter().enumerate() {
            assert_eq!(reply.body["msisdn"], numbers[n % numbers.len()].as_str());
        }
    }

    async fn whoever_asks_at_the_same_time_hears_only_what_is_his(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let (own, other) = (api.full_token(1).await, api.full_token(2).await);
        let (weak, number) = (api.token(1, &["usage:write"]).await, api.active_number(1, 1).await);
        let known = format!("/api/v1/numbers/{number}/state");
        let unknown = "/api/v1/numbers/8613999999999/state".to_owned();
        let kinds = [
            (own.as_str(), &known, StatusCode::OK),
            (own.as_str(), &unknown, StatusCode::NOT_FOUND),
            (other.as_str(), &known, StatusCode::NOT_FOUND),
            (weak.as_str(), &known, StatusCode::FORBIDDEN),
            ("bht_nonsense", &known, StatusCode::UNAUTHORIZED),
        ];
        let asks = (0..300).map(|n| {
            let (token, path, status) = kinds[n % kinds.len()];
            let api = &api;
            async move { (api.get(token, path).await, status) }
        });
        for (reply, status) in futures::future::join_all(asks).await {
            assert_eq!(reply.status, status, "{}", reply.body);
        }
    }

    async fn a_path_that_is_no_text_is_a_problem_like_any_other(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.full_token(1).await;
        let state = "/api/v1/numbers/%ff/state";
        let stranger = api.get("bht_nonsense", state).await;
        stranger.assert_problem(StatusCode::UNAUTHORIZED, "api.token_invalid");
        api.get(&token, state).await.assert_problem(StatusCode::NOT_FOUND, "api.not_found");
        let number = api.get(&token, "/api/v1/sims/%ff").await;
        number.assert_problem(StatusCode::BAD_REQUEST, "api.malformed");
    }

    async fn a_wrong_method_is_refused_in_the_callers_words(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.full_token(1).await;
        let path = "/api/v1/numbers/8613800000001/state";
        let mut asked = request(Method::POST, &token, path, Some(&json!({})));
        asked.headers_mut().insert("accept-language", "zh-CN".parse().unwrap());
        let reply = api.send(asked).await;
        reply.assert_problem(StatusCode::METHOD_NOT_ALLOWED, "api.method");
        assert_eq!(reply.headers["content-language"], "zh-CN");
        assert_eq!(reply.headers["allow"], "GET,HEAD");
        let mut asked = request(Method::GET, &token, path, None);
        asked.headers_mut().insert("accept-language", "zh-CN".parse().unwrap());
        let reply = api.send(asked).await;
        reply.assert_problem(StatusCode::NOT_FOUND, "api.not_found");
        assert_eq!(reply.headers["content-language"], "zh-CN");
    }
}
