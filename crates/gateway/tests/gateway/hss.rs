//! The register behind HTTP against a server that checks every signature and misbehaves on demand.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::number::{Lean, Service, ServiceProfile};
use domain::sim::SimKeys;
use gateway::hlr::Http;
use gateway::hlr::http::{Server, description, signature};
use gateway::meter::Meter;
use serde_json::{Value, json};
use service::clock::SystemClock;
use service::port::{Hlr, NetworkProfile, PortError};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

const SECRET: &str = "only the two of us know";
const IMSI: &str = "460001234567890";
const NUMBER: &str = "8613800138000";

/// What the next request meets.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// It fails, and nothing is done.
    Failure,
    /// It is done, and the answer is lost.
    Lost,
    /// It is done, and the answer never comes.
    Silence,
    /// Come back later.
    Busy,
    /// An answer that is no JSON.
    Garbage,
    /// More than anybody reads.
    Flood,
    /// Refused for good.
    Forbidden,
}

#[derive(Default)]
struct World {
    records: BTreeMap<String, Value>,
    faults: VecDeque<Fault>,
    /// Idempotency keys of what was done, and how often anything was asked.
    done: BTreeSet<String>,
    asked: Vec<(String, String)>,
}

type Shared = Arc<Mutex<World>>;

async fn start() -> (Shared, Http, Arc<Meter>) {
    let world = Shared::default();
    let router = Router::new().fallback(answer).with_state(Arc::clone(&world));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/hss", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    let (http, meter) = client(base_url);
    (world, http, meter)
}

fn client(base_url: String) -> (Http, Arc<Meter>) {
    let server = Server {
        base_url,
        key_id: "baohao".into(),
        password: SECRET.into(),
        response_seconds: 1,
        ..Server::default()
    };
    let meter = Arc::new(Meter::default());
    (Http::new(server, Arc::new(SystemClock), Arc::clone(&meter)).unwrap(), meter)
}

async fn answer(
    State(world): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let at: i64 = header("baohao-timestamp").parse().unwrap();
    let path = uri.path().to_owned();
    let ours = signature(SECRET.as_bytes(), method.as_str(), &path, at, &body);
    if header("baohao-signature") != ours || header("baohao-key") != "baohao" {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let path = path.strip_prefix("/hss").unwrap().to_owned();
    described(&method, &path, &body);
    let key = header("idempotency-key");
    let fault = {
        let mut world = world.lock().unwrap();
        world.asked.push((format!("{method} {path}"), key.clone()));
        world.faults.pop_front()
    };
    match fault {
        Some(Fault::Failure) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Fault::Forbidden) => return StatusCode::FORBIDDEN.into_response(),
        Some(Fault::Busy) => {
            return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")]).into_response();
        }
        Some(Fault::Garbage) => return "{\"imsi\": [".into_response(),
        Some(Fault::Flood) => return "x".repeat(1 << 20).into_response(),
        Some(Fault::Lost | Fault::Silence) | None => {}
    }
    let said = act(&mut world.lock().unwrap(), &method, &path, key, &body);
    match fault {
        Some(Fault::Lost) => StatusCode::BAD_GATEWAY.into_response(),
        Some(Fault::Silence) => std::future::pending().await,
        _ => said,
    }
}

/// Does what is asked, once for each idempotency key.
fn act(world: &mut World, method: &Method, path: &str, key: String, body: &[u8]) -> Response {
    if path == "/v1/health" {
        let now = service::clock::Clock::now(&SystemClock).millis() / 1000;
        return axum::Json(json!({ "unix_seconds": now + 7 })).into_response();
    }
    let imsi = path.split('/').nth(3).unwrap().to_owned();
    let what = path.split('/').nth(4);
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let is_new = world.done.insert(key);
    match (method.as_str(), what) {
        ("GET", None) => {
            return match world.records.get(&imsi) {
                Some(record) => axum::Json(record.clone()).into_response(),
                None => StatusCode::NOT_FOUND.into_response(),
            };
        }
        _ if !is_new => {}
        ("PUT", None) => {
            let services = json!(NetworkProfile::default());
            let fresh = json!({ "imsi": imsi, "msisdn": null, "services": services });
            world.records.entry(imsi).or_insert(fresh);
        }
        ("PUT", Some(what)) => {
            let Some(record) = world.records.get_mut(&imsi) else {
                return StatusCode::NOT_FOUND.into_response();
            };
            match what {
                "msisdn" => record["msisdn"] = body["msisdn"].clone(),
                _ => record["services"] = body,
            }
        }
        _ => drop(world.records.remove(&imsi)),
    }
    StatusCode::NO_CONTENT.into_response()
}

/// Every request is one that the committed description has, with a body as it says.
fn described(method: &Method, path: &str, body: &[u8]) {
    let document: Value = serde_json::from_str(&description()).unwrap();
    let template = path.replace(IMSI, "{imsi}");
    let operation = &document["paths"][&template][method.as_str().to_lowercase()];
    assert!(operation.is_object(), "{method} {template} is not described");
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    let Some(name) = schema.as_str().and_then(|name| name.rsplit('/').next()) else {
        assert!(body.is_empty(), "{method} {template} has a body");
        return;
    };
    let schema = &document["components"]["schemas"][name];
    let sent: Value = serde_json::from_slice(body).unwrap();
    let sent: BTreeSet<&String> = sent.as_object().unwrap().keys().collect();
    let known: BTreeSet<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert!(sent.is_subset(&known), "{name}: {sent:?} and not {known:?}");
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(sent.iter().any(|name| *name == required.as_str().unwrap()), "{name}");
    }
}

fn full() -> NetworkProfile {
    ServiceProfile::FULL.into()
}

/// Run with `BAOHAO_WRITE_SNAPSHOTS=1` to write it anew.
#[test]
fn the_description_is_the_committed_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/generated/provisioning.json");
    let now = description();
    if std::env::var_os("BAOHAO_WRITE_SNAPSHOTS").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(now == committed, "docs/generated/provisioning.json is not what we call");
}

#[tokio::test]
async fn a_life_of_a_record() {
    let (world, http, meter) = start().await;
    let keys = SimKeys::parse(&"0a".repeat(16), &"0b".repeat(16)).unwrap();
    assert_eq!(http.read(IMSI).await, Ok(None));
    http.create(IMSI, Some(&keys)).await.unwrap();
    http.set_number(IMSI, Some(NUMBER)).await.unwrap();
    http.set_profile(IMSI, full()).await.unwrap();
    let record = http.read(IMSI).await.unwrap().unwrap();
    assert_eq!((record.msisdn.as_deref(), record.profile), (Some(NUMBER), full()));
    http.set_number(IMSI, None).await.unwrap();
    assert_eq!(http.read(IMSI).await.unwrap().unwrap().msisdn, None);
    http.remove(IMSI).await.unwrap();
    http.remove(IMSI).await.unwrap();
    assert_eq!(http.read(IMSI).await, Ok(None));
    assert!((6..=8).contains(&http.health().await.unwrap()), "the clock is 7 s ahead");
    assert_eq!(meter.garbage_count(), 0);
    let keys: Vec<String> =
        world.lock().unwrap().asked.iter().map(|(_, key)| key.clone()).collect();
    let different: BTreeSet<&String> = keys.iter().collect();
    assert_eq!(keys.len(), different.len(), "every call has an idempotency key of its own");
}

#[tokio::test]
async fn what_may_help_is_tried_again_under_the_same_key_and_done_once() {
    for fault in [Fault::Failure, Fault::Lost, Fault::Silence, Fault::Busy] {
        let (world, http, _) = start().await;
        http.create(IMSI, None).await.unwrap();
        world.lock().unwrap().faults = VecDeque::from([fault]);
        http.set_number(IMSI, Some(NUMBER)).await.unwrap();
        let world = world.lock().unwrap();
        let keys: Vec<&String> = world.asked.iter().skip(1).map(|(_, key)| key).collect();
        assert!(keys.len() == 2 && keys[0] == keys[1], "{fault:?}: {keys:?}");
        assert_eq!(world.records[IMSI]["msisdn"], NUMBER);
    }
}

#[tokio::test]
async fn what_does_not_end_ends_in_time_and_says_what_is_known() {
    let (world, http, meter) = start().await;
    let begun = Instant::now();
    for (fault, wanted) in [
        (Fault::Failure, "no answer: the register's side failed"),
        (Fault::Silence, "no answer: no answer in time"),
        (Fault::Busy, "throttled"),
        (Fault::Garbage, "no answer: an answer that makes no sense"),
        (Fault::Flood, "no answer: an answer that makes no sense"),
        (Fault::Forbidden, "refused: status 403"),
    ] {
        world.lock().unwrap().faults = VecDeque::from([fault; 9]);
        let error = http.read(IMSI).await.unwrap_err();
        assert_eq!(error.to_string(), wanted, "{fault:?}");
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_eq!(meter.garbage_count(), 2);
    world.lock().unwrap().faults.clear();
    // Other work was never held up, and goes on.
    assert_eq!(http.read(IMSI).await, Ok(None));
}

#[tokio::test]
async fn another_secret_is_refused_and_nobody_is_not_sent() {
    let (world, http, _) = start().await;
    let base_url = format!("{http:?}");
    let base_url = base_url.split("base_url: ").nth(1).unwrap().split(',').next().unwrap();
    let server = Server {
        base_url: base_url.to_owned(),
        key_id: "baohao".into(),
        password: "another".into(),
        ..Server::default()
    };
    let other = Http::new(server, Arc::new(SystemClock), Arc::default()).unwrap();
    let refused = Err(PortError::Rejected("status 401".into()));
    assert_eq!(other.create(IMSI, None).await, refused);
    assert!(world.lock().unwrap().asked.is_empty());
    assert!(!format!("{other:?}").contains("another"));
    let (nobody, _) = client("http://127.0.0.1:9".into());
    let said = nobody.create(IMSI, None).await;
    assert!(matches!(said, Err(PortError::NotSent(_))), "{said:?}");
    // What would become another path is never sent.
    let said = http.read("../health").await;
    assert!(matches!(said, Err(PortError::Rejected(_))), "{said:?}");
}

#[tokio::test]
async fn noise_instead_of_http_is_garbage_and_never_a_panic() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (http, meter) = client(format!("http://{}", listener.local_addr().unwrap()));
    let noises: [&[u8]; 6] = [
        b"\x00\xff\x17garbage\r\n\r\n",
        b"HTTP/1.1 20",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
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
    for _ in 0..12 {
        assert!(http.read(IMSI).await.is_err());
    }
    assert!(meter.garbage_count() > 0);
    assert!(begun.elapsed() < Duration::from_mins(1));
}

#[test]
fn a_coarse_network_is_described_by_its_switches() {
    let calls = vec![Service::VoiceOut, Service::VoiceIn, Service::SmsOut, Service::SmsIn];
    let server = Server {
        base_url: "http://127.0.0.1:1".into(),
        key_id: "k".into(),
        password: "p".into(),
        switches: vec![calls, vec![Service::Data]],
        ..Server::default()
    };
    let http = Http::new(server, Arc::new(SystemClock), Arc::default()).unwrap();
    let incoming = ServiceProfile::of(&[Service::VoiceIn, Service::SmsIn]);
    let told = http.capabilities().express(incoming, Lean::Looser);
    assert!(told.allows(Service::VoiceOut) && !told.allows(Service::Data));
}
