//! What an SM-DP+ tells over ES2+.

use crate::common::{TestApi, request};
use axum::http::{Method, StatusCode};
use domain::access::Actor;
use domain::id::{ApplicationId, OperatorId};
use domain::msisdn::Msisdn;
use domain::number::SimRef;
use domain::sim::{Iccid, Imsi};
use serde_json::{Value, json};
use service::inventory::NewSim;
use service::port::Heard;
use store::Batch;
use store::number::esim::{EsimOrder, Secret};
use store::number::sim;
use testkit::on_both_engines;

const PATH: &str = "/gsma/rsp2/es2plus/handleDownloadProgressInfo";

fn report(point: i64, status: &str) -> Value {
    json!({
        "header": {
            "functionRequesterIdentifier": "smdp", "functionCallIdentifier": "x",
        },
        "eid": "89049032123451234512345678901235",
        "iccid": "8986001234567890120F",
        "profileType": "plan-a",
        "timestamp": "2026-03-11T10:00:05+08:00",
        "notificationPointId": point,
        "notificationPointStatus": { "status": status },
        "resultData": "AAAA",
    })
}

impl TestApi {
    async fn told(&self, token: &str, body: &Value) -> StatusCode {
        self.send(request(Method::POST, token, PATH, Some(body))).await.status
    }
}

/// An order that is released.
async fn order(api: &TestApi) -> (Msisdn, Iccid) {
    let sim = SimRef {
        iccid: Iccid::parse("8986001234567890120").unwrap(),
        imsi: Imsi::parse("460000123456789").unwrap(),
    };
    let msisdn = Msisdn::parse("13800138000").unwrap();
    let profile_type = Some("plan-a".to_owned());
    let new = NewSim { sim, eid: None, profile_type, keys: None };
    let (system, one) = (Actor::System, OperatorId(1));
    service::inventory::bring_sims(&api.app, &system, one, [new]).await.unwrap();
    let at = api.app.now();
    let mut batch = Batch::new(at);
    let key = api.app.store.keys.create(&mut batch, at);
    let secret = Secret { matching_id: "ABC".into(), address: None, eid: None };
    let ids = (ApplicationId::from_u128(1), service::id::new(at));
    let what = (msisdn, sim, "plan-a".to_owned());
    sim::reserve(&mut batch, one, sim, msisdn);
    EsimOrder::new(what, one, ids, (&key, &secret), at).insert(&mut batch);
    api.app.store.db.commit(batch).await.unwrap();
    (msisdn, sim.iccid)
}

on_both_engines! {
    async fn a_report_is_taken_once_from_whoever_may_tell_it(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let (msisdn, iccid) = order(&api).await;
        let load = async || {
            EsimOrder::load(&api.app.store.db, msisdn, iccid).await.unwrap().unwrap().facts
        };
        let body = report(3, "Executed-Success");
        assert_eq!(api.told("", &body).await, StatusCode::UNAUTHORIZED);
        let other_scope = api.token(1, &["usage:write"]).await;
        assert_eq!(api.told(&other_scope, &body).await, StatusCode::FORBIDDEN);
        let other_operator = api.token(2, &["esim:write"]).await;
        assert_eq!(api.told(&other_operator, &body).await, StatusCode::NO_CONTENT);
        assert_eq!(load().await.download.code(), "nothing", "another operator's");
        let token = api.token(1, &["esim:write"]).await;
        for _ in 0..2 {
            assert_eq!(api.told(&token, &body).await, StatusCode::NO_CONTENT);
            assert_eq!(load().await.download.code(), "downloaded");
        }
        let mut text = report(4, "Failed");
        text["notificationPointId"] = json!("4");
        assert_eq!(api.told(&token, &text).await, StatusCode::NO_CONTENT);
        assert_eq!(load().await.problem.map(|(problem, _)| problem.code()), Some("installation"));
        use Heard::{Progress, Repeat, Unknown};
        assert_eq!(api.app.smdp.heard_so_far(), [Unknown, Progress, Repeat, Progress]);
    }

    async fn garbage_is_refused_and_counted(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        order(&api).await;
        let token = api.token(1, &["esim:write"]).await;
        let without = |field: &str| {
            let mut body = report(3, "Executed-Success");
            body.as_object_mut().unwrap().remove(field);
            body
        };
        let with = |field: &str, value: Value| {
            let mut body = report(3, "Executed-Success");
            body[field] = value;
            body
        };
        let garbage = [
            json!(null),
            json!([]),
            json!({}),
            without("iccid"),
            without("timestamp"),
            without("notificationPointId"),
            without("notificationPointStatus"),
            with("iccid", json!("not a card")),
            with("iccid", json!(7)),
            with("timestamp", json!("yesterday")),
            with("timestamp", json!("999999-01-01T00:00:00Z")),
            with("notificationPointId", json!(1.5)),
            with("notificationPointId", json!("many")),
            with("notificationPointStatus", json!({ "status": "Perhaps" })),
        ];
        for body in &garbage {
            assert_eq!(api.told(&token, body).await, StatusCode::BAD_REQUEST, "{body}");
        }
        let heard = api.app.smdp.heard_so_far();
        assert_eq!(heard, vec![Heard::Garbage; garbage.len()]);
        let huge = with("resultData", json!("A".repeat(70_000)));
        assert_eq!(api.told(&token, &huge).await, StatusCode::PAYLOAD_TOO_LARGE);
    }
}
