//! PyHSS against a server that answers as it does, with its traps, and misbehaves on demand; and
//! against PyHSS itself where `BAOHAO_PYHSS` names its address.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::number::{Lean, Service, ServiceProfile};
use domain::sim::SimKeys;
use gateway::hlr::PyHss;
use gateway::hlr::pyhss::Server;
use gateway::meter::Meter;
use serde_json::{Value, json};
use service::port::{Hlr, NetworkProfile, PortError};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

const KEY: &str = "only the two of us know";
const OLD: &str = "460001234567890";
const NEW: &str = "460001234567891";
const NUMBER: &str = "8613800138000";

/// What the next write meets.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Status 500, and nothing is done.
    Failure,
    /// It is done, and the answer is lost.
    Lost,
    /// It is done, and the answer never comes.
    Silence,
    /// Its database is away.
    Database,
    /// It is not done, and `null` is the answer.
    Null,
    /// No JSON.
    Garbage,
}

#[derive(Default)]
struct World {
    subscribers: BTreeMap<i64, Value>,
    aucs: BTreeMap<i64, Value>,
    last_id: i64,
    faults: VecDeque<Fault>,
    /// Subscribers whose MME was told to let go.
    cancelled: Vec<String>,
}

type Shared = Arc<Mutex<World>>;

async fn start() -> (Shared, PyHss, Arc<Meter>) {
    let world = Shared::default();
    let router = Router::new().fallback(answer).with_state(Arc::clone(&world));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    let meter = Arc::new(Meter::default());
    let pyhss = PyHss::new(settings(base_url), Arc::clone(&meter)).unwrap();
    (world, pyhss, meter)
}

fn settings(base_url: String) -> Server {
    Server { base_url, password: KEY.into(), response_seconds: 1, ..Server::default() }
}

fn keys(digit: &str) -> SimKeys {
    SimKeys::parse(&digit.repeat(32), &"b".repeat(32)).unwrap()
}

async fn answer(
    State(world): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let is_write = method != Method::GET;
    let key = headers.get("provisioning-key").map(|key| key.to_str().unwrap());
    if is_write && key != Some(KEY) {
        let said = json!({ "Result": "Unauthorized - Provisioning-Key Invalid" });
        return (StatusCode::UNAUTHORIZED, axum::Json(said)).into_response();
    }
    let fault = if is_write { world.lock().unwrap().faults.pop_front() } else { None };
    match fault {
        Some(Fault::Failure) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Fault::Null) => return axum::Json(Value::Null).into_response(),
        Some(Fault::Garbage) => return "<html>".into_response(),
        Some(Fault::Database) => {
            let said = json!({
                "result": "Failed",
                "reason": "A database operational error occurred: (OperationalError) locked",
            });
            return (StatusCode::BAD_REQUEST, axum::Json(said)).into_response();
        }
        Some(Fault::Lost | Fault::Silence) | None => {}
    }
    let said = act(&mut world.lock().unwrap(), &method, uri.path(), &body);
    match fault {
        Some(Fault::Lost) => StatusCode::BAD_GATEWAY.into_response(),
        Some(Fault::Silence) => std::future::pending().await,
        _ => said,
    }
}

fn act(world: &mut World, method: &Method, path: &str, body: &[u8]) -> Response {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let null = || axum::Json(Value::Null).into_response();
    if parts[0] == "apn" {
        return if parts[1] == "1" {
            axum::Json(json!({ "apn_id": 1 })).into_response()
        } else {
            null()
        };
    }
    let is_auc = parts[0] == "auc";
    let World { subscribers, aucs, last_id, cancelled, .. } = world;
    let rows = if is_auc { &mut *aucs } else { &mut *subscribers };
    match (method.as_str(), parts.as_slice()) {
        ("GET", [_, column, value]) => {
            // None and several are the same to it.
            let mut found = rows.values().filter(|row| row[*column] == **value);
            match (found.next(), found.next()) {
                (Some(one), None) => axum::Json(without_keys(one)).into_response(),
                _ => null(),
            }
        }
        ("PUT", [_]) => {
            if rows.values().any(|row| row["imsi"] == body["imsi"]) {
                let said = json!({
                    "result": "Failed",
                    "reason": "A database integrity error occurred: (IntegrityError) UNIQUE",
                });
                return (StatusCode::BAD_REQUEST, axum::Json(said)).into_response();
            }
            *last_id += 1;
            let mut row = body;
            row[if is_auc { "auc_id" } else { "subscriber_id" }] = json!(*last_id);
            if is_auc {
                assert!(row["ki"].as_str().unwrap().len() == 32 && row["amf"] == "8000");
            } else {
                assert_eq!((&row["default_apn"], &row["apn_list"]), (&json!(1), &json!("1")));
            }
            rows.insert(*last_id, row.clone());
            axum::Json(without_keys(&row)).into_response()
        }
        ("PATCH", [_, id]) => {
            let Some(row) = rows.get_mut(&id.parse().unwrap()) else { return null() };
            for (name, value) in body.as_object().unwrap() {
                row[name] = value.clone();
            }
            if row["enabled"] == false && !is_auc {
                cancelled.push(row["imsi"].as_str().unwrap().to_owned());
            }
            axum::Json(without_keys(row)).into_response()
        }
        ("DELETE", [_, id]) => match rows.remove(&id.parse().unwrap()) {
            Some(_) => axum::Json(json!({ "Result": "OK" })).into_response(),
            None => null(),
        },
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn without_keys(row: &Value) -> Value {
    let mut row = row.clone();
    for secret in ["ki", "opc"] {
        row.as_object_mut().unwrap().remove(secret);
    }
    row
}

const FULL: ServiceProfile = ServiceProfile::FULL;

/// What every adapter must do, here by whatever PyHSS it is.
async fn a_life(pyhss: &PyHss, [old, new]: [&str; 2], number: &str) {
    assert_eq!(pyhss.check().await, Ok(()));
    assert_eq!(pyhss.read(old).await, Ok(None));
    let said = pyhss.create(old, None).await;
    assert!(matches!(said, Err(PortError::Rejected(_))), "no keys: {said:?}");
    for _ in 0..2 {
        pyhss.create(old, Some(&keys("a"))).await.unwrap();
        let record = pyhss.read(old).await.unwrap().unwrap();
        assert_eq!((record.msisdn, record.profile), (None, NetworkProfile::default()));
    }
    pyhss.create(old, None).await.unwrap();
    for _ in 0..2 {
        pyhss.set_number(old, Some(number)).await.unwrap();
        pyhss.set_profile(old, FULL.into()).await.unwrap();
        let record = pyhss.read(old).await.unwrap().unwrap();
        assert_eq!((record.msisdn.as_deref(), record.profile), (Some(number), FULL.into()));
    }
    // A new SIM takes the number, whether the old one is gone or not.
    pyhss.create(new, Some(&keys("c"))).await.unwrap();
    pyhss.set_number(new, Some(number)).await.unwrap();
    assert_eq!(pyhss.read(old).await.unwrap().unwrap().msisdn, None);
    let home: ServiceProfile = FULL.without(ServiceProfile::of(&[Service::Roaming]));
    pyhss.set_profile(new, home.into()).await.unwrap();
    assert_eq!(pyhss.read(new).await.unwrap().unwrap().profile, home.into());
    for _ in 0..2 {
        pyhss.remove(old).await.unwrap();
        assert_eq!(pyhss.read(old).await, Ok(None));
    }
    pyhss.set_number(new, None).await.unwrap();
    assert_eq!(pyhss.read(new).await.unwrap().unwrap().msisdn, None);
    pyhss.remove(new).await.unwrap();
    assert_eq!(pyhss.read(new).await, Ok(None));
}

#[tokio::test]
async fn a_life_of_a_record() {
    let (world, pyhss, meter) = start().await;
    a_life(&pyhss, [OLD, NEW], NUMBER).await;
    let world = world.lock().unwrap();
    assert!(world.aucs.is_empty(), "keys of dead SIMs are gone");
    assert!(world.cancelled.iter().any(|imsi| imsi == OLD), "it was barred before it was removed");
    assert_eq!((meter.garbage_count(), meter.connects_count()), (0, 1));
}

#[tokio::test]
async fn pyhss_itself() {
    let Ok(base_url) = std::env::var("BAOHAO_PYHSS") else {
        eprintln!("SKIPPED: BAOHAO_PYHSS names no PyHSS with the access point 1");
        return;
    };
    let password = std::env::var("BAOHAO_PYHSS_KEY").unwrap_or_default();
    let server = Server { base_url, password, response_seconds: 4, ..Server::default() };
    let pyhss = PyHss::new(server, Arc::default()).unwrap();
    a_life(&pyhss, [OLD, NEW], NUMBER).await;
}

#[tokio::test]
async fn what_failed_is_told_and_the_same_again_mends_it() {
    type Do = for<'a> fn(&'a PyHss) -> service::port::Later<'a, Result<(), PortError>>;
    let steps: [(&str, Do); 4] = [
        ("create", |pyhss| Box::pin(async move { pyhss.create(OLD, Some(&keys("a"))).await })),
        ("number", |pyhss| pyhss.set_number(OLD, Some(NUMBER))),
        ("profile", |pyhss| pyhss.set_profile(OLD, FULL.into())),
        ("remove", |pyhss| pyhss.remove(OLD)),
    ];
    for fault in
        [Fault::Failure, Fault::Lost, Fault::Silence, Fault::Database, Fault::Null, Fault::Garbage]
    {
        let (world, pyhss, _) = start().await;
        for (name, step) in steps {
            world.lock().unwrap().faults = VecDeque::from([fault]);
            let said = step(&pyhss).await;
            // What was done all the same may be seen to be so.
            if let Err(error) = said {
                assert!(matches!(error, PortError::Unreachable(_)), "{name}, {fault:?}: {error:?}");
            }
            world.lock().unwrap().faults.clear();
            step(&pyhss).await.unwrap();
            let record = pyhss.read(OLD).await.unwrap();
            let is_there = match name {
                "create" => record.is_some(),
                "number" => record.is_some_and(|record| record.msisdn.as_deref() == Some(NUMBER)),
                "profile" => record.is_some_and(|record| record.profile == FULL.into()),
                _ => record.is_none(),
            };
            assert!(is_there, "{name} after {fault:?}");
        }
        assert_eq!(world.lock().unwrap().aucs.len(), 0, "{fault:?}");
    }
}

#[tokio::test]
async fn a_number_on_several_records_is_refused_and_not_guessed() {
    let (world, pyhss, _) = start().await;
    for (imsi, digit) in [(OLD, "a"), (NEW, "c"), ("460001234567892", "d")] {
        pyhss.create(imsi, Some(&keys(digit))).await.unwrap();
    }
    // Somebody else put it on two of them.
    for row in world.lock().unwrap().subscribers.values_mut().skip(1) {
        row["msisdn"] = json!(NUMBER);
    }
    let said = pyhss.set_number(OLD, Some(NUMBER)).await;
    let refused = PortError::Rejected("several records have this number".into());
    assert_eq!(said, Err(refused));
    for row in world.lock().unwrap().subscribers.values_mut().skip(2) {
        row["msisdn"] = json!("");
    }
    for row in world.lock().unwrap().subscribers.values_mut().take(1) {
        row["msisdn"] = json!("");
    }
    // On one other it is taken from it.
    pyhss.set_number(OLD, Some(NUMBER)).await.unwrap();
    assert_eq!(pyhss.read(NEW).await.unwrap().unwrap().msisdn, None);
}

#[tokio::test]
async fn what_one_switch_cannot_do_is_stated_and_refused() {
    let (_, pyhss, _) = start().await;
    let incoming = ServiceProfile::of(&[Service::VoiceIn, Service::SmsIn]);
    let capabilities = pyhss.capabilities();
    let looser = capabilities.express(incoming, Lean::Looser);
    assert!(looser.allows(Service::VoiceOut) && looser.allows(Service::Data));
    assert!(!looser.allows(Service::Roaming));
    let stricter = capabilities.express(incoming, Lean::Stricter);
    assert_eq!(stricter, ServiceProfile::NOTHING);
    pyhss.create(OLD, Some(&keys("a"))).await.unwrap();
    let said = pyhss.set_profile(OLD, incoming.into()).await;
    assert!(matches!(said, Err(PortError::Rejected(_))), "{said:?}");
}

#[tokio::test]
async fn another_key_is_refused_and_no_key_is_shown() {
    let (world, pyhss, _) = start().await;
    let base_url = format!("{pyhss:?}");
    let base_url = base_url.trim_start_matches("PyHss(").trim_end_matches(')').to_owned();
    let server = Server { password: "another".into(), ..settings(base_url) };
    assert!(!format!("{server:?}").contains("another"));
    let other = PyHss::new(server, Arc::default()).unwrap();
    assert_eq!(other.check().await, Err(PortError::Rejected("status 401".into())));
    let said = other.create(OLD, Some(&keys("a"))).await.unwrap_err();
    assert!(!said.to_string().contains(&"a".repeat(32)));
    assert!(world.lock().unwrap().subscribers.is_empty());
    let wrong = Server { apn_id: 2, ..settings("http://127.0.0.1:9".into()) };
    let nobody = PyHss::new(wrong, Arc::default()).unwrap();
    assert!(matches!(nobody.check().await, Err(PortError::NotSent(_))));
    // What would become another path is never sent.
    for imsi in ["../apn/1", "46000 1234567890", ""] {
        assert!(matches!(pyhss.read(imsi).await, Err(PortError::Rejected(_))), "{imsi}");
    }
    assert!(matches!(pyhss.set_number(OLD, Some("1/2")).await, Err(PortError::Rejected(_))));
    let amf = Server { amf: "8".into(), ..Server::default() };
    assert!(PyHss::new(amf, Arc::default()).is_err());
}

#[tokio::test]
async fn noise_instead_of_http_is_no_panic_and_ends_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let meter = Arc::new(Meter::default());
    let pyhss = PyHss::new(settings(base_url), Arc::clone(&meter)).unwrap();
    let noises: [&[u8]; 7] = [
        b"\x00\xff\x17garbage\r\n\r\n",
        b"HTTP/1.1 20",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"imsi\":\"460001\",\"a\":",
        b"HTTP/1.1 999 x\r\n\r\n",
        b"",
    ];
    tokio::spawn(async move {
        for noise in noises.into_iter().cycle() {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.write_all(noise).await;
            let _ = stream.shutdown().await;
        }
    });
    let begun = Instant::now();
    for _ in 0..14 {
        assert!(pyhss.read(OLD).await.is_err());
    }
    assert!(meter.garbage_count() > 0);
    assert!(begun.elapsed() < Duration::from_mins(1));
}
