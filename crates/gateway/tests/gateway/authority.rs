//! The identity authority over HTTP against servers of two shapes, which misbehave on demand.
#![expect(clippy::unwrap_used, reason = "tests")]

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::authority::{Answer, Belongs, Likeness};
use domain::identity::DocumentKind;
use gateway::authority::Http;
use gateway::authority::http::Server;
use gateway::meter::{Meter, Metered};
use serde_json::{Value, json};
use service::port::{Authority, AuthorityQuestion, PortError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

#[derive(Debug)]
enum Reply {
    Json(Value),
    Text(String),
    Status(u16),
    Silence,
}

#[derive(Debug, Default)]
struct World {
    replies: VecDeque<Reply>,
    asked: Vec<(String, Value)>,
}

type Shared = Arc<Mutex<World>>;

async fn answer(State(world): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let token = headers.get("x-token").map(|token| token.to_str().unwrap().to_owned());
    let reply = {
        let mut world = world.lock().unwrap();
        let body = serde_json::from_slice(&body).unwrap();
        world.asked.push((token.unwrap_or_default(), body));
        world.replies.pop_front().unwrap()
    };
    match reply {
        Reply::Json(value) => axum::Json(value).into_response(),
        Reply::Text(text) => text.into_response(),
        Reply::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Reply::Silence => std::future::pending().await,
    }
}

async fn start() -> (Shared, Server) {
    let world = Shared::default();
    let router = Router::new().fallback(answer).with_state(Arc::clone(&world));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/gate", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, router).into_future());
    let text = r#"
        path = "/verify"
        token_header = "x-token"
        token_prefix = "key "
        response_seconds = 1
        kinds = { resident_id = "01" }
        [request]
        serial = "{id}"
        person = { name = "{name}", id_no = "{number}", type = "{kind}" }
        photos = ["{portrait}"]
        note = "of {name}"
        [answer]
        belongs = "/data/code"
        matches = ["0", "ok"]
        mismatch = ["1"]
        no_record = ["2"]
        refused = ["9"]
        likeness = "/data/face"
        likeness_match = ["true"]
        likeness_mismatch = ["false"]
        likeness_unclear = ["maybe"]
        likeness_no_photo = ["none"]
    "#;
    let mut server: Server = toml::from_str(text).unwrap();
    server.base_url = base_url;
    server.password = "the-token".into();
    (world, server)
}

fn question(portrait: Option<&[u8]>) -> AuthorityQuestion {
    AuthorityQuestion {
        id: "app_1".into(),
        document: DocumentKind::ResidentId,
        number: "990101199003070013".into(),
        name: "李\"},{\"x\":\"{number}".into(),
        portrait: portrait.map(<[u8]>::to_vec),
    }
}

#[tokio::test]
async fn the_configuration_says_what_is_sent_and_how_the_answer_is_read() {
    let (world, server) = start().await;
    let http = Http::new(server, Arc::default()).unwrap();
    let says = |value| world.lock().unwrap().replies.push_back(Reply::Json(value));
    says(json!({ "data": { "code": 0, "face": "true" } }));
    let answer = http.ask(&question(None)).await.unwrap();
    assert_eq!(answer, Answer { belongs: Belongs::Match, likeness: None });
    let (token, body) = world.lock().unwrap().asked[0].clone();
    assert_eq!(token, "key the-token");
    // What a person typed stays one text, whatever it looks like.
    assert_eq!(body["person"]["name"], "李\"},{\"x\":\"{number}");
    assert_eq!(body["person"]["id_no"], "990101199003070013");
    assert_eq!((&body["person"]["type"], &body["serial"]), (&json!("01"), &json!("app_1")));
    assert_eq!((&body["photos"], &body["note"]), (&json!([null]), &json!("of {name}")));

    let cases = [
        (json!(true), Likeness::Match),
        (json!("maybe"), Likeness::Unclear),
        (json!(false), Likeness::Mismatch),
        (json!("none"), Likeness::NoPhoto),
    ];
    for (word, likeness) in cases {
        says(json!({ "data": { "code": "ok", "face": word } }));
        let answer = http.ask(&question(Some(b"jpeg"))).await.unwrap();
        assert_eq!(answer.likeness, Some(likeness));
    }
    assert_eq!(world.lock().unwrap().asked[1].1["photos"][0], "anBlZw==");
    for (code, belongs) in [("1", Belongs::Mismatch), ("2", Belongs::NoRecord)] {
        says(json!({ "data": { "code": code } }));
        assert_eq!(http.ask(&question(Some(b"x"))).await.unwrap().belongs, belongs);
    }
    says(json!({ "data": { "code": "9" } }));
    assert!(matches!(http.ask(&question(None)).await, Err(PortError::Rejected(_))));
}

#[tokio::test]
async fn garbage_never_means_anything_and_is_counted() {
    let (world, server) = start().await;
    let meter = Arc::new(Meter::default());
    let http = Http::new(server, Arc::clone(&meter)).unwrap();
    let garbage = [
        Reply::Text("{".into()),
        Reply::Text(String::new()),
        Reply::Text("\u{0}\u{1}".into()),
        Reply::Text("[".repeat(10_000)),
        Reply::Text("x".repeat(1 << 20)),
        Reply::Json(json!({ "data": { "code": [0] } })),
        Reply::Json(json!({ "data": { "code": "00" } })),
        Reply::Json(json!({ "code": 0 })),
        Reply::Json(json!({ "data": { "code": 0, "face": 7 } })),
        Reply::Json(json!({ "data": { "code": 0 } })),
    ];
    let count = garbage.len() as u64;
    for reply in garbage {
        let what = format!("{:.40}", format!("{reply:?}"));
        world.lock().unwrap().replies.push_back(reply);
        let answer = http.ask(&question(Some(b"x"))).await;
        assert!(matches!(answer, Err(PortError::Unreachable(_))), "{what}: {answer:?}");
    }
    assert_eq!(meter.garbage_count(), count);
    // Silence ends in time, failures are told apart, and no error names anybody.
    let begun = Instant::now();
    for (reply, is_kind) in [
        (Reply::Silence, (|e: &PortError| matches!(e, PortError::Unreachable(_))) as fn(&_) -> _),
        (Reply::Status(500), |e| matches!(e, PortError::Unreachable(_))),
        (Reply::Status(503), |e| matches!(e, PortError::Throttled)),
        (Reply::Status(401), |e| matches!(e, PortError::Rejected(_))),
        (Reply::Status(302), |e| matches!(e, PortError::Rejected(_))),
    ] {
        world.lock().unwrap().replies.push_back(reply);
        let error = http.ask(&question(None)).await.unwrap_err();
        assert!(is_kind(&error), "{error:?}");
        assert!(!error.to_string().contains("9901011990"));
    }
    assert!(begun.elapsed() < Duration::from_secs(10));
    let text = format!("{http:?} {:?}", question(None));
    assert!(!text.contains("the-token") && !text.contains("9901"), "{text}");
    let metered: Metered<dyn Authority> =
        Metered { meter: Arc::clone(&meter), port: Arc::new(http) };
    world.lock().unwrap().replies.push_back(Reply::Status(429));
    assert!(metered.ask(&question(None)).await.is_err());
    let mut text = String::new();
    meter.write("authority", &mut text);
    let line = "baohao_port_failures_total{port=\"authority\",kind=\"throttled\"} 1";
    assert!(text.contains(line), "{text}");
}

#[tokio::test]
async fn settings_that_cannot_be_used_say_which() {
    let (_, good) = start().await;
    let wrong = |change: fn(&mut Server)| {
        let mut server = good.clone();
        change(&mut server);
        Http::new(server, Arc::default()).unwrap_err().to_string()
    };
    assert!(wrong(|s| s.base_url = "ftp://x".into()).contains("authority.base_url"));
    assert!(wrong(|s| s.path = "verify".into()).contains("authority.path"));
    assert!(wrong(|s| s.request = json!({ "n": "{name}" })).contains("authority.request"));
    assert!(wrong(|s| s.kinds.clear()).contains("authority.kinds"));
    assert!(wrong(|s| drop(s.kinds.insert("id_card".into(), "1".into()))).contains("id_card"));
    assert!(wrong(|s| s.answer.belongs = "code".into()).contains("authority.answer"));
    assert!(wrong(|s| s.answer.likeness_match.clear()).contains("likeness_match"));
    assert!(wrong(|s| s.key_file = Some("k".into())).contains("belong together"));
    // A document it does not know is not asked about.
    let http = Http::new(good, Arc::default()).unwrap();
    let mut passport = question(None);
    passport.document = DocumentKind::ForeignPassport;
    assert!(matches!(http.ask(&passport).await, Err(PortError::Rejected(_))));
}
