//! The SM-DP+ over ES2+ against a server that checks what it is sent and misbehaves on demand.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use gateway::meter::{Meter, Metered};
use gateway::smdp::Es2plus;
use gateway::smdp::es2plus::Server;
use serde_json::{Value, json};
use service::port::{Heard, PortError, ProfileOrder, Smdp, SmdpRefusal};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

/// What the next request meets.
#[derive(Clone, Debug)]
enum Fault {
    /// Status 500, and nothing is done.
    Failure,
    /// It is done, and the connection is cut.
    Lost,
    /// It is done, and the answer never comes.
    Silence,
    /// Come back later.
    Busy,
    /// It does not know us.
    Forbidden,
    /// An answer of this text.
    Says(&'static str),
    /// More than anybody reads.
    Flood,
    /// A failure with these codes.
    Failed(&'static str, &'static str),
}

#[derive(Default)]
struct World {
    /// By ICCID: how far, and the matching id.
    profiles: BTreeMap<String, (&'static str, String)>,
    faults: VecDeque<Fault>,
    asked: Vec<(String, Value)>,
}

type Shared = Arc<Mutex<World>>;

async fn start() -> (Shared, Es2plus, Arc<Meter>) {
    let world = Shared::default();
    let router = Router::new().fallback(answer).with_state(Arc::clone(&world));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/front", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    let meter = Arc::new(Meter::default());
    let client = Es2plus::new(settings(base_url), Arc::clone(&meter)).unwrap();
    (world, client, meter)
}

fn settings(base_url: String) -> Server {
    Server {
        base_url,
        address: "smdp.example".into(),
        requester_id: "1.2.3.4".into(),
        response_seconds: 1,
        ..Server::default()
    }
}

fn order() -> ProfileOrder {
    ProfileOrder {
        call_id: "call-1".into(),
        iccid: "8986001234567890120".into(),
        profile_type: "plan-a".into(),
        matching_id: "MATCHINGID".into(),
        eid: Some("89049032123451234512345678901235".into()),
    }
}

async fn answer(
    State(world): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    assert_eq!(
        (method, headers["x-admin-protocol"].to_str().unwrap()),
        (Method::POST, "gsma/rsp/v2.2.2")
    );
    let function = uri.path().strip_prefix("/front/gsma/rsp2/es2plus/").unwrap().to_owned();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["header"]["functionRequesterIdentifier"], "1.2.3.4");
    let fault = {
        let mut world = world.lock().unwrap();
        world.asked.push((function.clone(), body.clone()));
        world.faults.pop_front()
    };
    match fault {
        Some(Fault::Failure) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Fault::Busy) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Some(Fault::Forbidden) => return StatusCode::FORBIDDEN.into_response(),
        Some(Fault::Says(text)) => return text.into_response(),
        Some(Fault::Flood) => return "x".repeat(1 << 20).into_response(),
        Some(Fault::Failed(subject, reason)) => {
            return axum::Json(failed(subject, reason)).into_response();
        }
        Some(Fault::Lost | Fault::Silence) | None => {}
    }
    let said = act(&mut world.lock().unwrap(), &function, &body);
    match fault {
        Some(Fault::Lost) => StatusCode::BAD_GATEWAY.into_response(),
        Some(Fault::Silence) => std::future::pending().await,
        _ => axum::Json(said).into_response(),
    }
}

fn failed(subject: &str, reason: &str) -> Value {
    let data = json!({
        "subjectCode": subject, "reasonCode": reason, "message": "secret words",
        "subjectIdentifier": "89049032123451234512345678901235",
    });
    json!({ "header": { "functionExecutionStatus": {
        "status": "Failed", "statusCodeData": data,
    } } })
}

fn act(world: &mut World, function: &str, body: &Value) -> Value {
    let iccid = body["iccid"].as_str().unwrap().to_owned();
    let mut said = json!({ "header": { "functionExecutionStatus": {
        "status": "Executed-Success",
    } } });
    let state = world.profiles.get(&iccid).map(|(state, _)| *state);
    let (next, matching_id) = match (function, state) {
        ("downloadOrder", None) => {
            assert_eq!(body["profileType"], "plan-a");
            said["iccid"] = json!(iccid);
            ("allocated", String::new())
        }
        ("confirmOrder", Some("allocated")) => {
            assert_eq!(body["releaseFlag"], false);
            said["matchingId"] = body["matchingId"].clone();
            said["smdpAddress"] = json!("other.example");
            ("confirmed", body["matchingId"].as_str().unwrap().to_owned())
        }
        ("releaseProfile", Some("confirmed")) => ("released", String::new()),
        ("cancelOrder", Some(_)) => (
            if body["finalProfileStatusIndicator"] == "Available" { "free" } else { "gone" },
            String::new(),
        ),
        (_, None) => return failed("8.2.1", "3.9"),
        _ => return failed("8.2.1", "3.3"),
    };
    world.profiles.insert(iccid, (next, matching_id));
    said
}

#[tokio::test]
async fn a_profile_is_ordered_confirmed_released_and_cancelled() {
    let (world, smdp, meter) = start().await;
    assert_eq!(smdp.check().await, Ok(()), "a profile that cannot be is refused");
    assert_eq!(smdp.order(&order()).await, Ok(Ok(())));
    let linked = smdp.confirm(&order()).await.unwrap().unwrap();
    assert_eq!(linked.matching_id, "MATCHINGID");
    assert_eq!(linked.address.as_deref(), Some("other.example"));
    assert_eq!(smdp.release(&order()).await, Ok(Ok(())));
    assert_eq!(smdp.cancel(&order(), false).await, Ok(Ok(())));
    assert_eq!(smdp.cancel(&order(), true).await, Ok(Ok(())));
    let world = world.lock().unwrap();
    let padded = "8986001234567890120F";
    assert_eq!(world.profiles[padded].0, "free", "19 digits are padded to bytes");
    for (function, body) in world.asked.iter().skip(1) {
        assert_eq!(body["header"]["functionCallIdentifier"], "call-1", "{function}");
        let names_eid = ["downloadOrder", "confirmOrder"].contains(&function.as_str());
        assert_eq!(body.get("eid").is_some(), names_eid, "{function}");
    }
    assert_eq!((meter.garbage_count(), meter.connects_count()), (0, 1), "one connection is kept");
}

#[tokio::test]
async fn refusals_are_told_from_faults() {
    let (world, smdp, meter) = start().await;
    use SmdpRefusal::{Eid, InUse, MatchingId, NoneLeft, NotAllowed, Other, Unknown};
    for (subject, reason, refusal) in [
        ("8.2.1", "3.9", Unknown),
        ("8.2.5", "3.9", Unknown),
        ("8.2.1", "1.2", NotAllowed),
        ("8.2.1", "3.3", InUse),
        ("8.2.5", "3.7", NoneLeft),
        ("8.1.1", "3.10", Eid),
        ("8.2.6", "3.3", MatchingId),
        ("8.2.6", "3.10", MatchingId),
        ("8.9", "3.8", Other),
    ] {
        world.lock().unwrap().faults = VecDeque::from([Fault::Failed(subject, reason)]);
        assert_eq!(smdp.order(&order()).await, Ok(Err(refusal)), "{subject} {reason}");
    }
    for (fault, said) in [
        (Fault::Failed("8.2.1", "4.2"), "no answer: it failed inside: 8.2.1/4.2"),
        (Fault::Failed("8.9", "5.1"), "no answer: it failed inside: 8.9/5.1"),
        (Fault::Failed("1.2", "1.1"), "refused: status 1.2/1.1"),
        (Fault::Failed("8.2.1", "2.2"), "refused: status 8.2.1/2.2"),
        (Fault::Failed("8904903212345", "x"), "refused: status 8904903212345/?"),
        (Fault::Failure, "no answer: the SM-DP+ failed"),
        (Fault::Lost, "no answer: the SM-DP+ failed"),
        (Fault::Busy, "throttled"),
        (Fault::Forbidden, "refused: status 403"),
    ] {
        let text = format!("{fault:?}");
        world.lock().unwrap().faults = VecDeque::from([fault]);
        assert_eq!(smdp.order(&order()).await.unwrap_err().to_string(), said, "{text}");
    }
    assert_eq!(meter.garbage_count(), 0);
}

#[tokio::test]
async fn a_lost_answer_is_seen_when_the_same_is_asked_again() {
    let (world, smdp, _) = start().await;
    world.lock().unwrap().faults = VecDeque::from([Fault::Silence]);
    let begun = Instant::now();
    let error = smdp.order(&order()).await.unwrap_err();
    assert_eq!(error, PortError::Unreachable("no answer in time".into()));
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(smdp.order(&order()).await, Ok(Err(SmdpRefusal::InUse)), "it was done");
    assert_eq!(world.lock().unwrap().profiles.len(), 1);
    assert!(smdp.confirm(&order()).await.unwrap().is_ok());
}

#[tokio::test]
async fn garbage_is_counted_and_nothing_else() {
    let (world, smdp, meter) = start().await;
    let garbage = Err(PortError::Unreachable("an answer that makes no sense".into()));
    let says = [
        "",
        "{",
        "null",
        "[]",
        "{\"header\":{}}",
        "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Maybe\"}}}",
        "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Executed-Success\"}}}",
        "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Executed-Success\"}},\
          \"iccid\":\"89860012345678901238\"}",
        "\u{1F4A5}",
    ];
    for text in says {
        world.lock().unwrap().faults = VecDeque::from([Fault::Says(text)]);
        assert_eq!(smdp.order(&order()).await, garbage.clone(), "{text}");
    }
    world.lock().unwrap().faults = VecDeque::from([Fault::Flood]);
    assert_eq!(smdp.order(&order()).await, garbage);
    assert_eq!(meter.garbage_count(), says.len() as u64 + 1);
    let (text, secret) = (format!("{smdp:?} {:?}", order()), "MATCHINGID");
    assert!(!text.contains(secret) && !text.contains("890490321"), "{text}");
}

#[tokio::test]
async fn noise_instead_of_http_is_no_panic_and_nobody_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let meter = Arc::new(Meter::default());
    let smdp = Es2plus::new(settings(base_url), Arc::clone(&meter)).unwrap();
    let noises: [&[u8]; 5] = [
        b"\x00\xff\x17garbage\r\n\r\n",
        b"HTTP/1.1 20",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"",
    ];
    tokio::spawn(async move {
        for noise in noises.into_iter().cycle() {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.write_all(noise).await;
            let _ = stream.shutdown().await;
        }
    });
    for _ in 0..10 {
        assert!(smdp.order(&order()).await.is_err());
    }
    assert!(meter.garbage_count() > 0);
    let nobody = Es2plus::new(settings("http://127.0.0.1:9".into()), Arc::default()).unwrap();
    let said = nobody.order(&order()).await;
    assert!(matches!(said, Err(PortError::NotSent(_))), "{said:?}");
}

#[test]
fn settings_that_cannot_work_are_named() {
    let good = || settings("https://smdp.example:8443".into());
    let wrong = [
        (Server { base_url: "smdp.example".into(), ..good() }, "smdp.base_url"),
        (Server { address: String::new(), ..good() }, "smdp.address"),
        (Server { requester_id: String::new(), ..good() }, "smdp.requester_id"),
        (Server { protocol: "3.0.0".into(), ..good() }, "smdp.protocol"),
        (Server { key_file: Some("/x".into()), ..good() }, "certificate_file"),
        (
            Server {
                certificate_file: Some("/nowhere".into()),
                key_file: Some("/nowhere".into()),
                ..good()
            },
            "smdp: ",
        ),
    ];
    for (server, named) in wrong {
        let error = Es2plus::new(server, Arc::default()).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
    assert!(Es2plus::new(good(), Arc::default()).is_ok());
}

#[tokio::test]
async fn what_is_refused_and_heard_is_counted() {
    let (world, smdp, meter) = start().await;
    let metered: Metered<dyn Smdp> = Metered { meter: Arc::clone(&meter), port: Arc::new(smdp) };
    world.lock().unwrap().faults = VecDeque::from([Fault::Failed("8.2.1", "3.9"), Fault::Failure]);
    assert!(metered.order(&order()).await.unwrap().is_err());
    assert!(metered.order(&order()).await.is_err());
    for heard in [Heard::Progress, Heard::Repeat, Heard::Repeat, Heard::Unknown, Heard::Garbage] {
        metered.heard(heard);
    }
    let mut text = String::new();
    meter.write("smdp", &mut text);
    for line in [
        "baohao_port_events_total{port=\"smdp\",kind=\"refused\"} 1",
        "baohao_port_events_total{port=\"smdp\",kind=\"progress\"} 1",
        "baohao_port_events_total{port=\"smdp\",kind=\"repeat\"} 2",
        "baohao_port_events_total{port=\"smdp\",kind=\"unknown\"} 1",
        "baohao_port_garbage_total{port=\"smdp\"} 1",
        "baohao_port_failures_total{port=\"smdp\",kind=\"unreachable\"} 1",
        "baohao_port_call_seconds_count{port=\"smdp\"} 2",
    ] {
        assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
    }
}

/// The certificate of each side is checked by the other.
#[tokio::test]
async fn each_side_knows_the_other_by_its_certificate() {
    let folder = store::testing::folder();
    let made = std::process::Command::new("sh")
        .arg("-c")
        .arg(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
                -subj /CN=ca -keyout ca.key -out ca.pem && \
             for name in server client; do \
                openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
                    -subj /CN=$name -keyout $name.key -out $name.csr && \
                printf 'subjectAltName=DNS:localhost\\nbasicConstraints=CA:FALSE' > $name.ext && \
                openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -days 2 \
                    -extfile $name.ext -out $name.pem || exit 1; \
             done",
        )
        .current_dir(&folder)
        .output();
    let is_made = made.is_ok_and(|made| made.status.success());
    if !is_made && std::env::var_os("CI").is_none() {
        eprintln!("SKIPPED: the program openssl is not here");
        return;
    }
    assert!(is_made, "openssl makes certificates");
    let port = tls_server(&folder).await;
    let server = |own: bool| Server {
        ca_file: Some(folder.join("ca.pem")),
        certificate_file: own.then(|| folder.join("client.pem")),
        key_file: own.then(|| folder.join("client.key")),
        ..settings(format!("https://localhost:{port}"))
    };
    let known = Es2plus::new(server(true), Arc::default()).unwrap();
    assert_eq!(known.check().await, Ok(()));
    let unknown = Es2plus::new(server(false), Arc::default()).unwrap();
    assert!(unknown.check().await.is_err(), "without a certificate");
    let stranger = Server { ca_file: None, ..server(true) };
    let stranger = Es2plus::new(stranger, Arc::default()).unwrap();
    assert!(stranger.check().await.is_err(), "signed by nobody we trust");
    std::fs::remove_dir_all(folder).unwrap();
}

/// A server with a certificate that asks for one, and refuses whatever it is asked.
async fn tls_server(folder: &std::path::Path) -> u16 {
    use rustls_pki_types::pem::PemObject as _;
    use rustls_pki_types::{CertificateDer, PrivateKeyDer};
    use tokio::io::AsyncReadExt as _;
    use tokio_rustls::rustls::server::WebPkiClientVerifier;
    use tokio_rustls::rustls::{RootCertStore, ServerConfig};
    let chain = |name: &str| -> Vec<CertificateDer<'static>> {
        let all = CertificateDer::pem_file_iter(folder.join(name)).unwrap();
        all.collect::<Result<_, _>>().unwrap()
    };
    let mut roots = RootCertStore::empty();
    roots.add(chain("ca.pem").remove(0)).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(chain("server.pem"), key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(tcp).await else { return };
                let mut bytes = vec![0; 4096];
                let _ = stream.read(&mut bytes).await;
                let body = failed("8.2.1", "3.9").to_string();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                let _ = stream.write_all((head + &body).as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    port
}
