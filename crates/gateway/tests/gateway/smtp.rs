//! The adapter for mail servers against one that nobody here wrote: PyPI `aiosmtpd`.
//! Without it in `target/smsc/py` these tests say so and pass, except in CI.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use domain::id::{OperatorId, PartyId};
use domain::msisdn::Msisdn;
use domain::notice::{Channel, Template};
use domain::time::At;
use gateway::mail::Smtp;
use gateway::mail::smtp::{Security, Server};
use jiff::civil::date;
use serde_json::Value;
use service::notice::reach::{self, Preference};
use service::notice::{Address, NoticeRequest, To, about_number, stage};
use service::port::{Mail as _, OutgoingMail, PortError};
use service::{App, work};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use store::Batch;
use testkit::{Engine, TestApp, fresh};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use words::Lang;

struct Peer {
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    port: u64,
    folder: PathBuf,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Peer {
    async fn start() -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let python = root.join("target/smsc/py/bin/python");
        if !python.exists() {
            assert!(std::env::var_os("CI").is_none(), "aiosmtpd is missing in target/smsc/py");
            eprintln!("skipped: no target/smsc/py with aiosmtpd");
            return None;
        }
        let folder = testkit::folder();
        let mut child = Command::new(python)
            .arg(root.join("tests/smsc/mail.py"))
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut peer = Self { _child: child, lines, port: 0, folder };
        peer.port = peer.until("listening").await["listening"].as_u64().unwrap();
        Some(peer)
    }

    async fn until(&mut self, kind: &str) -> Value {
        loop {
            let line = self.lines.next_line().await.unwrap().expect("the server ended");
            let said: Value = serde_json::from_str(&line).unwrap();
            if said.get(kind).is_some() {
                return said;
            }
        }
    }

    fn server(&self) -> Server {
        Server {
            address: format!("localhost:{}", self.port),
            security: Security::Starttls,
            ca_file: Some(self.folder.join("mail.pem")),
            user: "baohao".into(),
            password: "secret".into(),
            from: "保号通 <bao@example.com>".into(),
            ..Server::default()
        }
    }
}

fn mail(to: &str) -> OutgoingMail {
    OutgoingMail {
        notice_id: "ntc_7.email".into(),
        to: to.into(),
        subject: "保号提醒".into(),
        text: "请在 6月12日 前使用一次。\n\nhttps://bao.example/keep".into(),
        lang: "zh".into(),
        calendar: Some("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n".into()),
    }
}

#[tokio::test]
async fn a_message_is_encrypted_signed_in_and_has_text_page_and_calendar() {
    let Some(mut peer) = Peer::start().await else { return };
    let smtp = Smtp::new(peer.server(), Arc::default()).unwrap();
    smtp.check().await.unwrap();
    assert_eq!(smtp.submit(&mail("someone@example.org")).await.unwrap(), "ntc_7.email");
    let got = peer.until("mail").await;
    assert_eq!((&got["subject"], &got["tls"]), (&"保号提醒".into(), &true.into()));
    assert_eq!(got["id"], "<ntc_7.email@example.com>");
    assert!(got["parts"]["text/plain"].as_str().unwrap().contains("6月12日"));
    assert!(got["parts"]["text/html"].as_str().unwrap().contains("<a href=\"https://bao.example"));
    assert!(got["parts"]["text/calendar"].as_str().unwrap().starts_with("BEGIN:VCALENDAR"));
}

#[tokio::test]
async fn refusals_are_final_and_delays_are_not() {
    let Some(peer) = Peer::start().await else { return };
    let smtp = Smtp::new(peer.server(), Arc::default()).unwrap();
    let refused = smtp.submit(&mail("refused@example.org")).await.unwrap_err();
    // The server repeated the address; we do not.
    assert_eq!(refused, PortError::Rejected("status 550".into()));
    let later = smtp.submit(&mail("later@example.org")).await.unwrap_err();
    assert_eq!(later, PortError::NotSent("status 451".into()));
    smtp.submit(&mail("later@example.org")).await.unwrap();
    // Lost after the message was handed over: nobody knows.
    let lost = smtp.submit(&mail("vanish@example.org")).await.unwrap_err();
    assert!(matches!(lost, PortError::Unreachable(_)), "{lost:?}");
    let garbage = smtp.submit(&mail("garbage@example.org")).await.unwrap_err();
    assert!(!format!("{garbage:?}").contains("agreed"), "{garbage:?}");
    let nobody = smtp.submit(&mail("no address")).await.unwrap_err();
    assert!(matches!(nobody, PortError::Rejected(_)));
}

#[tokio::test]
async fn nothing_is_said_to_a_server_that_is_not_trusted() {
    let Some(mut peer) = Peer::start().await else { return };
    let stranger = Server { ca_file: None, ..peer.server() };
    let refused = Smtp::new(stranger, Arc::default())
        .unwrap()
        .submit(&mail("a@example.org"))
        .await
        .unwrap_err();
    assert!(matches!(refused, PortError::NotSent(_)), "{refused:?}");
    let wrong = Server { password: "wrong".into(), ..peer.server() };
    let refused =
        Smtp::new(wrong, Arc::default()).unwrap().submit(&mail("a@example.org")).await.unwrap_err();
    assert_eq!(refused, PortError::NotSent("sign in: status 535".into()));
    assert_eq!(peer.until("signed_in").await["signed_in"], false);
}

#[tokio::test]
async fn a_keep_alive_notice_comes_by_e_mail_with_its_date_for_the_calendar() {
    let Some(mut peer) = Peer::start().await else { return };
    let test = TestApp::on(fresh(Engine::any()).await.unwrap()).await;
    let app = App {
        store: test.store.clone(),
        clock: test.app.clock.clone(),
        hlr: test.app.hlr.clone(),
        sms: test.app.sms.clone(),
        mail: Arc::new(Smtp::new(peer.server(), Arc::default()).unwrap()),
        smdp: Arc::new(service::port::NoSmdp),
        authority: Arc::new(service::port::NoAuthority),
        ocr: Arc::new(service::port::NoModels),
        faces: Arc::new(service::port::NoModels),
        site: test.app.site.clone(),
        maintenance: service::maintenance::Watch::default(),
        limits: test.app.limits,
        memory: service::app::Memory::default(),
    };
    test.operator(1).await;
    let party_id = PartyId::from_u128(42);
    let mut batch = Batch::new(app.now());
    let key = app.store.keys.create(&mut batch, app.now());
    let preference = Preference {
        operator_id: OperatorId(1),
        lang: Lang::En,
        zone: None,
        channels: vec![(Channel::Email, Address::Email("someone@example.org".into()))],
    };
    reach::record(&app, &mut batch, party_id, &key, &preference);
    let msisdn = Msisdn::parse("13800138000").unwrap();
    let request = NoticeRequest {
        operator_id: OperatorId(1),
        template: Template::Reminder {
            tail: "8000".into(),
            days_left: 14,
            due_on: date(2026, 6, 12),
        },
        about: Some(msisdn),
        application_id: None,
        to: To::Channel(party_id, Channel::Email),
        dedup: "test".into(),
    };
    app.store.db.commit(batch).await.unwrap();
    let mut batch = Batch::new(app.now());
    stage(&app, &mut batch, request).await.unwrap();
    app.store.db.commit(batch).await.unwrap();
    work::run_due(&app).await.unwrap();
    let got = peer.until("mail").await;
    let calendar = got["parts"]["text/calendar"].as_str().unwrap();
    assert!(calendar.contains("DTSTART;VALUE=DATE:20260612"), "{calendar}");
    assert!(got["parts"]["text/html"].as_str().unwrap().contains("lang=\"en\""));
    let sent = about_number(&app, msisdn, At::from_millis(0)).await.unwrap();
    assert_eq!(sent[0].attempts[0].state, "submitted");
}
