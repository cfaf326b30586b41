//! Texts: durable, matched to their receipts, never sent twice; beside a loop that is none of that.

use crate::app_of;
use bench::say;
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::notice::Template;
use domain::time::At;
use futures::{StreamExt as _, stream};
use gateway::meter::{Event, Meter};
use gateway::smsc::smpp::{Centre, Smpp, hear};
use rusmpp::pdus::{BindTransceiver, DeliverSmResp, SubmitSm};
use rusmpp::types::{COctetString, OctetString};
use rusmpp::values::{EsmClass, Npi, RegisteredDelivery, Ton};
use rusmpp::{CommandId, CommandStatus};
use rusmppc::ConnectionBuilder;
use service::clock::SystemClock;
use service::notice::{NoticeRequest, To, about_number, stage};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Batch;
use testkit::{Engine, TestApp, fresh};
use words::Lang;

/// Notices staged in one commit.
const STAGED_AT_ONCE: u64 = 500;

/// The message centre of the tests, saying nothing of single messages.
struct Smsc(Child, u16);

impl Smsc {
    fn start() -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let modules = root.join("target/smsc/node_modules");
        if !modules.join("smpp").exists() {
            say("no npm `smpp` in target/smsc: notices are left out");
            return None;
        }
        let mut child = Command::new("node")
            .arg(root.join("tests/smsc/centre.js"))
            .env("SMSC_MODULES", modules)
            .env("CENTRE_OPTIONS", r#"{"quiet":true,"tlv":true}"#)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let mut line = String::new();
        let out = child.stdout.take().expect("piped");
        let mut out = BufReader::new(out);
        out.read_line(&mut line).expect("it says where it listens");
        let said: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
        // Whoever closes the pipe ends it.
        std::thread::spawn(move || out.lines().for_each(drop));
        let port = said.get("listening").and_then(serde_json::Value::as_u64);
        Some(Self(child, u16::try_from(port.expect("a port")).expect("a port")))
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

pub(crate) async fn measure(notices: u64, window: u64) {
    let Some(smsc) = Smsc::start() else { return };
    let window = usize::try_from(window).expect("a window");
    let bare = bare(&smsc, notices, window).await;
    say(&format!("rusmppc, bare, window {window}: {bare:.0} texts/s with receipts"));
    let ours = ours(&smsc, notices, window).await;
    let again = self::bare(&smsc, notices, window).await;
    say(&format!("rusmppc, bare, once more: {again:.0} texts/s"));
    say(&format!("  ratio {:.2}", ours / f64::midpoint(bare, again)));
}

fn number(place: u64) -> Msisdn {
    Msisdn::parse(&format!("138{place:08}")).expect("a number")
}

/// Whole path: texts per second from the first job to the last receipt that is stored.
async fn ours(smsc: &Smsc, notices: u64, window: usize) -> f64 {
    let test = TestApp::on(fresh(Engine::Sqlite).await.expect("SQLite")).await;
    test.operator(1).await;
    let centre = Centre {
        address: format!("127.0.0.1:{}", smsc.1),
        system_id: "baohao".into(),
        password: "secret".into(),
        source: "10000".into(),
        window,
        ..Centre::default()
    };
    let meter = Arc::new(Meter::default());
    let (smpp, ears) = Smpp::start(Arc::new(SystemClock), vec![centre], &meter);
    let app = app_of(&test, None, Some(smpp));
    tokio::spawn(hear(ears, Arc::downgrade(&app)));
    let places: Vec<u64> = (0..notices).collect();
    for some in places.chunks(usize::try_from(STAGED_AT_ONCE).expect("small")) {
        let mut batch = Batch::new(app.now());
        for place in some {
            let request = NoticeRequest {
                operator_id: OperatorId(1),
                template: Template::Submitted {
                    tail: format!("{:04}", place % 10_000),
                    reference: "K7Q2MB".into(),
                    promise_at: app.now().plus_days(2),
                },
                about: Some(number(*place)),
                application_id: None,
                to: To::Number(Lang::En),
                dedup: format!("bench:{place}"),
            };
            stage(&app, &mut batch, request).await.expect("it stages");
        }
        app.store.db.commit(batch).await.expect("it commits");
    }
    let begun = Instant::now();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let run = service::work::run_forever(Arc::clone(&app), async { drop(stopped.await) });
    let work = tokio::spawn(run);
    let mut seen = 0;
    while meter.count_of(Event::Delivered) < notices {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let now = meter.count_of(Event::Delivered);
        assert!(now > seen || begun.elapsed() < Duration::from_mins(10), "it stands still");
        seen = now;
    }
    let took = begun.elapsed().as_secs_f64();
    let taken = meter.count_of(Event::Taken);
    drop(stop);
    work.await.expect("it ends");
    // Each once, and known as delivered.
    for place in (0..notices).step_by(97) {
        let sent = about_number(&app, number(place), At::from_millis(0)).await.expect("it reads");
        let states: Vec<_> =
            sent.iter().flat_map(|sent| &sent.attempts).map(|attempt| attempt.state).collect();
        assert_eq!(states, ["delivered"], "notice {place}");
    }
    let rate = taken as f64 / took;
    say(&format!(
        "ours, durable, window {window}: {notices} notices in {taken} texts, {took:.1} s, \
         {rate:.0} texts/s with receipts"
    ));
    rate
}

/// The same texts by a loop that keeps nothing: texts per second to the last receipt.
async fn bare(smsc: &Smsc, count: u64, window: usize) -> f64 {
    let (client, mut events) = ConnectionBuilder::new()
        .enquire_link_interval(Duration::from_secs(30))
        .response_timeout(Duration::from_secs(10))
        .disable_interface_version_check()
        .connect(format!("smpp://127.0.0.1:{}", smsc.1))
        .await
        .expect("it connects");
    let text = |text: &str| COctetString::from_str(text).expect("a short text");
    let bind = BindTransceiver::builder()
        .system_id(COctetString::from_str("baohao").expect("short"))
        .password(COctetString::from_str("secret").expect("short"))
        .build();
    client.bind_transceiver(bind).await.expect("it binds");
    let begun = Instant::now();
    let answers = client.clone();
    let receipts = tokio::spawn(async move {
        let mut seen = 0;
        while seen < count {
            let Some(event) = events.next().await else { return seen };
            if let rusmppc::Event::Incoming(command) = event
                && command.id() == CommandId::DeliverSm
            {
                let sequence = command.sequence_number();
                let _ = answers.deliver_sm_resp(sequence, DeliverSmResp::default()).await;
                seen += 1;
            }
        }
        seen
    });
    let words = "Your application for 0042 has arrived. Reference K7Q2MB. We answer by 13 March.";
    let send = |place: u64| {
        let submit = SubmitSm::builder()
            .source_addr_ton(Ton::Unknown)
            .source_addr_npi(Npi::Isdn)
            .source_addr(text("10000"))
            .destination_addr(text(&number(place).to_string()))
            .esm_class(EsmClass::default())
            .registered_delivery(RegisteredDelivery::request_all())
            .short_message(OctetString::from_str(words).expect("a short text"))
            .build();
        client.submit_sm(submit)
    };
    let taken = stream::iter((0..count).map(send)).buffer_unordered(window);
    let taken = taken.filter(|answer| std::future::ready(answer.is_ok())).count().await;
    let seen = receipts.await.expect("it listens");
    let rate = count as f64 / begun.elapsed().as_secs_f64();
    assert_eq!((taken as u64, seen), (count, count), "the bare loop lost some");
    let _: CommandStatus = CommandStatus::EsmeRok;
    drop(client.close().await);
    rate
}
