//! The adapter for message centres against one that nobody here wrote: npm `smpp`.
//! Without `node` and the package in `target/smsc` these tests say so and pass, except in CI.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::notice::{Channel, Template};
use domain::time::At;
use gateway::meter::{Event, Meter};
use gateway::smsc::smpp::{Centre, Joining, Smpp, hear};
use jiff::civil::date;
use serde_json::{Value, json};
use service::notice::{NoticeRequest, To, about_number, stage, unknown_receipts};
use service::{App, work};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use store::Batch;
use testkit::{Engine, Fresh, TestApp, fresh};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;
use words::Lang;

/// Long enough for a loaded machine; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(2);

struct Peer {
    _child: Child,
    stdin: ChildStdin,
    lines: mpsc::UnboundedReceiver<String>,
    port: u64,
    said: Vec<Value>,
}

async fn database() -> Fresh {
    fresh(Engine::any()).await.unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Peer {
    /// A message centre, or `None` with a word if it cannot be had here.
    async fn start(options: Value) -> Option<Self> {
        let modules = root().join("target/smsc/node_modules");
        let node = std::process::Command::new("node").arg("--version").output();
        let has_node = node.is_ok_and(|ran| ran.status.success());
        if !has_node || !modules.join("smpp").exists() {
            assert!(std::env::var_os("CI").is_none(), "node or its smpp in target/smsc is missing");
            eprintln!("skipped: needs node, and npm install --prefix target/smsc --no-save smpp");
            return None;
        }
        let mut node = Command::new("node");
        node.arg(root().join("tests/smsc/centre.js"))
            .env("SMSC_MODULES", modules)
            .env("CENTRE_OPTIONS", options.to_string());
        Some(Self::run(node).await)
    }

    /// A centre made by somebody else, for a second opinion: PyPI `smpp34`.
    async fn start_second() -> Option<Self> {
        let program = root().join("target/smsc/py/bin/python");
        if !program.exists() {
            assert!(std::env::var_os("CI").is_none(), "smpp34 is missing in target/smsc/py");
            eprintln!("skipped: no target/smsc/py with smpp34");
            return None;
        }
        let mut python = Command::new(program);
        python.arg(root().join("tests/smsc/centre.py"));
        Some(Self::run(python).await)
    }

    async fn run(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        // Read at once: a centre whose words nobody takes would stand still.
        let (sender, lines) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = stdout.next_line().await {
                let _ = sender.send(line);
            }
        });
        let mut peer = Self { _child: child, stdin, lines, port: 0, said: Vec::new() };
        let listening = peer.until("listening").await;
        peer.port = listening["listening"].as_u64().unwrap();
        peer
    }

    async fn next(&mut self) -> Value {
        let line = tokio::time::timeout(PATIENCE, self.lines.recv()).await;
        let line = line.expect("the centre says nothing").expect("the centre ended");
        let said: Value = serde_json::from_str(&line).unwrap();
        self.said.push(said.clone());
        said
    }

    /// Reads on until something of this kind is said.
    async fn until(&mut self, kind: &str) -> Value {
        loop {
            let said = self.next().await;
            if said.get(kind).is_some() {
                return said;
            }
        }
    }

    fn count(&self, kind: &str) -> usize {
        self.said.iter().filter(|said| said.get(kind).is_some()).count()
    }

    async fn tell(&mut self, command: Value) {
        self.stdin.write_all(format!("{command}\n").as_bytes()).await.unwrap();
    }

    /// Reads all that was said so far, and on until every receipt was taken.
    async fn settled(&mut self) {
        self.tell(json!({"sync": true})).await;
        self.until("synced").await;
        while self.count("receipted") < self.count("submit") {
            self.next().await;
        }
    }

    /// What each phone got: the texts put together again from their parts.
    fn texts(&self) -> BTreeMap<String, Vec<String>> {
        let mut parts: BTreeMap<(String, String), BTreeMap<u64, String>> = BTreeMap::new();
        for said in self.said.iter().filter(|said| said.get("submit").is_some()) {
            let to = said["to"].as_str().unwrap().to_owned();
            let (reference, number) = match (said["udh"].as_array(), said["sar"].as_array()) {
                (Some(udh), _) => {
                    let hex = udh[0].as_str().unwrap();
                    let number = u64::from_str_radix(&hex[hex.len() - 2..], 16).unwrap();
                    (hex[..hex.len() - 2].to_owned(), number)
                }
                (None, Some(sar)) => (sar[0].to_string(), sar[2].as_u64().unwrap()),
                (None, None) => (format!("whole {}", said["submit"]), 1),
            };
            let text = said["text"].as_str().unwrap().to_owned();
            let before = parts.entry((to, reference)).or_default().insert(number, text);
            assert_eq!(before, None, "a part went twice");
        }
        let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for ((to, _), parts) in parts {
            texts.entry(to).or_default().push(parts.into_values().collect());
        }
        texts
    }
}

struct World {
    test: TestApp,
    app: Arc<App>,
    meter: Arc<Meter>,
}

fn centre(peer: &Peer) -> Centre {
    Centre {
        address: format!("127.0.0.1:{}", peer.port),
        system_id: "baohao".into(),
        password: "secret".into(),
        source: "10000".into(),
        window: 20,
        ..Centre::default()
    }
}

async fn world(db: Fresh, centres: Vec<Centre>) -> World {
    let test = TestApp::on(db).await;
    let meter = Arc::new(Meter::default());
    let (smpp, ears) = Smpp::start(test.app.clock.clone(), centres, &meter);
    let app = Arc::new(App {
        store: test.store.clone(),
        clock: test.app.clock.clone(),
        hlr: test.app.hlr.clone(),
        sms: smpp,
        mail: test.app.mail.clone(),
        smdp: test.app.smdp.clone(),
        authority: test.app.authority.clone(),
        ocr: test.app.ocr.clone(),
        faces: test.app.faces.clone(),
        site: test.app.site.clone(),
        maintenance: service::maintenance::Watch::default(),
        limits: test.app.limits,
        memory: service::app::Memory::default(),
    });
    tokio::spawn(hear(ears, Arc::downgrade(&app)));
    test.operator(1).await;
    World { test, app, meter }
}

fn number(place: u64) -> Msisdn {
    Msisdn::parse(&format!("138{place:08}")).unwrap()
}

fn template(place: u64) -> Template {
    let tail = format!("{:04}", place % 10_000);
    match place % 4 {
        0 | 1 => Template::NeedsUpdate {
            tail,
            items: 2,
            reason: "D2".into(),
            until: date(2026, 6, 12),
            link: format!("bao.example/{}", "long/".repeat(30)),
        },
        _ => Template::Submitted {
            tail,
            reference: "K7Q2MB".into(),
            promise_at: At::from_millis(1_773_400_000_000),
        },
    }
}

const fn lang(place: u64) -> Lang {
    if place.is_multiple_of(2) { Lang::Zh } else { Lang::En }
}

impl World {
    async fn stage(&self, places: std::ops::Range<u64>) {
        for place in places {
            let request = NoticeRequest {
                operator_id: OperatorId(1),
                template: template(place),
                about: Some(number(place)),
                application_id: None,
                to: To::Number(lang(place)),
                dedup: format!("test:{place}"),
            };
            let mut batch = Batch::new(self.app.now());
            stage(&self.app, &mut batch, request).await.unwrap();
            self.app.store.db.commit(batch).await.unwrap();
        }
    }

    /// Runs what is due; what was put off is due again half a minute later.
    async fn run(&self) {
        self.test.advance_seconds(30);
        let report = work::run_due(&self.app).await.unwrap();
        assert_eq!((report.failed, report.dead), (0, 0));
    }

    async fn states(&self, places: std::ops::Range<u64>) -> BTreeMap<&'static str, u64> {
        let mut states = BTreeMap::new();
        for place in places {
            let sent = about_number(&self.app, number(place), At::from_millis(0)).await.unwrap();
            assert_eq!(sent.len(), 1);
            assert_eq!(sent[0].attempts[0].channel, Channel::Number);
            *states.entry(sent[0].attempts[0].state).or_default() += 1;
        }
        states
    }

    async fn wanted(&self, place: u64) -> String {
        let sent = about_number(&self.app, number(place), At::from_millis(0)).await.unwrap();
        sent[0].text.clone().unwrap()
    }
}

async fn each_is_delivered_once(options: Value, joining: Joining, count: u64) {
    let Some(mut peer) = Peer::start(options).await else { return };
    let settings = Centre { joining, ..centre(&peer) };
    let world = world(database().await, vec![settings]).await;
    peer.until("bound").await;
    world.stage(0..count).await;
    loop {
        world.run().await;
        let states = world.states(0..count).await;
        if !states.contains_key("queued") {
            break;
        }
    }
    peer.settled().await;
    // On PostgreSQL a receipt and the record of its text may miss one another; a job looks again.
    world.run().await;
    assert_eq!(world.states(0..count).await, BTreeMap::from([("delivered", count)]));
    let texts = peer.texts();
    for place in 0..count {
        let got = &texts[&number(place).to_string()];
        assert_eq!(got, &vec![world.wanted(place).await]);
    }
    assert_eq!(unknown_receipts(&world.app).await.unwrap(), 0);
    assert!(peer.said.iter().all(|said| said["validity"] != "undefined"));
    // Long and short ones, in both alphabets.
    let kinds: BTreeSet<(u64, bool)> = peer
        .said
        .iter()
        .filter(|said| said.get("submit").is_some())
        .map(|said| (said["coding"].as_u64().unwrap(), !said["udh"].is_null()))
        .collect();
    if joining == Joining::Udh8 {
        assert!(kinds.len() >= 3, "{kinds:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_notices_arrive_once_each() {
    each_is_delivered_once(json!({}), Joining::Udh8, 1000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_make_of_centre_is_understood_too() {
    const COUNT: u64 = 200;
    let Some(mut peer) = Peer::start_second().await else { return };
    let world = world(database().await, vec![centre(&peer)]).await;
    peer.until("bound").await;
    world.stage(0..COUNT).await;
    while world.states(0..COUNT).await.contains_key("queued") {
        world.run().await;
    }
    let taken = usize::try_from(world.meter.count_of(Event::Taken)).unwrap();
    while peer.count("submit") < taken || peer.count("receipted") < taken {
        peer.next().await;
    }
    assert_eq!(world.states(0..COUNT).await, BTreeMap::from([("delivered", COUNT)]));
    let texts = peer.texts();
    for place in 0..COUNT {
        assert_eq!(texts[&number(place).to_string()], vec![world.wanted(place).await]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_are_matched_when_ids_are_hex_in_one_and_decimal_in_the_other() {
    each_is_delivered_once(json!({"ids": "hex-decimal"}), Joining::Udh16, 120).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_are_matched_when_ids_have_leading_zeros() {
    each_is_delivered_once(json!({"ids": "zeros", "tlv": true}), Joining::Sar, 60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_are_matched_when_ids_are_hex() {
    each_is_delivered_once(json!({"ids": "hex"}), Joining::Payload, 60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_that_come_before_the_answer_are_not_lost() {
    let options = json!({"early": true, "ids": "hex-decimal", "tlv": true});
    each_is_delivered_once(options, Joining::Udh8, 60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_centre_that_asks_to_slow_down_loses_and_repeats_nothing() {
    each_is_delivered_once(json!({"throttle": 5}), Joining::Udh8, 100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_ends_in_mid_window_repeats_nothing() {
    const COUNT: u64 = 200;
    let options = json!({"cut": [30, 80], "drop": [120]});
    let Some(mut peer) = Peer::start(options).await else { return };
    let world = world(database().await, vec![centre(&peer)]).await;
    peer.until("bound").await;
    world.stage(0..COUNT).await;
    while world.states(0..COUNT).await.contains_key("queued") {
        world.run().await;
        let bound = peer.count("cut") + peer.count("dropped") + 1;
        while peer.count("bound") < bound {
            peer.next().await;
        }
    }
    peer.settled().await;
    // No phone got a text twice, and no text has parts twice.
    let texts = peer.texts();
    for place in 0..COUNT {
        let got = texts.get(&number(place).to_string()).map_or(0, Vec::len);
        assert!(got <= 1, "{place} got {got} texts");
    }
    // What the centre took and had no time to answer is settled by the receipt of its phone; the
    // rest is in doubt until its validity ends, and then another channel has its turn.
    world.test.advance_seconds(15 * 60);
    world.run().await;
    let doubtful = world.states(0..COUNT).await;
    let in_doubt = doubtful.get("submitting").copied().unwrap_or_default();
    assert!(in_doubt < 20 * 3, "{doubtful:?}");
    world.test.advance_seconds(8 * 24 * 3600);
    world.run().await;
    let states = world.states(0..COUNT).await;
    assert_eq!(states.values().sum::<u64>(), COUNT);
    assert!(states.keys().all(|state| ["delivered", "unknown"].contains(state)), "{states:?}");
    for place in 0..COUNT {
        let sent = about_number(&world.app, number(place), At::from_millis(0)).await.unwrap();
        if sent[0].attempts[0].state == "delivered" {
            assert_eq!(texts[&number(place).to_string()].len(), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_is_answered_also_when_its_parts_come_in_the_wrong_order() {
    let Some(mut peer) = Peer::start(json!({})).await else { return };
    let world = world(database().await, vec![centre(&peer)]).await;
    peer.until("bound").await;
    peer.tell(json!({"from": "8613800138000", "text": "CX"})).await;
    assert_eq!(peer.until("taken").await["status"], 0);
    world.run().await;
    let answer = peer.until("submit").await;
    assert_eq!(answer["to"], "8613800138000");
    // The same again from another phone, cut in three, the last part first, one of them twice.
    for (number, text) in [(3, " "), (1, "C"), (3, " "), (2, "X")] {
        let udh = format!("05000342030{number}");
        peer.tell(json!({"from": "8613800138001", "text": text, "udh": udh})).await;
        assert_eq!(peer.until("taken").await["status"], 0);
    }
    world.run().await;
    let other = peer.until("submit").await;
    assert_eq!((&other["to"], &other["text"]), (&json!("8613800138001"), &answer["text"]));
    // In Chinese, by UCS-2, from a third.
    peer.tell(json!({"from": "8613800138002", "text": "进度", "coding": 8})).await;
    peer.until("taken").await;
    world.run().await;
    assert_eq!(peer.until("submit").await["to"], "8613800138002");
    // A part that comes again later changes nothing.
    let udh = "050003420302";
    peer.tell(json!({"from": "8613800138001", "text": "X", "udh": udh})).await;
    peer.until("taken").await;
    world.test.advance_seconds(120);
    world.run().await;
    peer.settled().await;
    assert_eq!(peer.texts()["8613800138001"].len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_centre_takes_over_and_garbage_harms_nobody() {
    let Some(mut second) = Peer::start(json!({"first": 5000})).await else { return };
    // Nobody listens there.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let dead = Centre { name: "dead".into(), address, ..centre(&second) };
    let live = Centre { name: "live".into(), ..centre(&second) };
    let world = world(database().await, vec![dead, live]).await;
    second.until("bound").await;
    // An unknown command, then a message whose body is cut short: both are answered and counted.
    second.tell(json!({"raw": "00000010000003330000000000000001"})).await;
    second.tell(json!({"raw": "00000014000000050000000000000002deadbeef"})).await;
    second.tell(json!({"from": "8613800138009", "text": "?"})).await;
    second.until("taken").await;
    // Garbage is counted beside what is answered.
    let counted = async {
        while world.meter.garbage_count() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), counted).await.expect("both are counted");
    world.stage(0..8).await;
    while world.states(0..8).await.contains_key("queued") {
        world.run().await;
    }
    second.settled().await;
    assert_eq!(world.states(0..8).await, BTreeMap::from([("delivered", 8)]));
    // No SMPP at all: the connection is given up and made anew.
    second.tell(json!({"raw": "ffffffffffffffff"})).await;
    second.until("bound").await;
}
