//! The program on a data folder, with an outside that remembers every message it was handed.

use domain::access::{Actor, Role};
use domain::id::{OperatorId, StaffId};
use domain::operator::Operator;
use domain::time::Zone;
use gateway::hlr;
use gateway::network::Network;
use seal::Keyring;
use service::App;
use service::app::Site;
use service::clock::{Clock, MovableClock};
use service::port::{Later, Mail, OutgoingMail, OutgoingSms, PortError, Sms};
use service::staff::NewStaff;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::AtomicU16;
use std::sync::{Arc, Mutex};
use store::{Blobs, Db, Keys, Store};

const LOGIN: &str = "crash";

/// Says that something is acknowledged. One write, so that lines are whole or not there.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("= {line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// The program and its clock.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<MovableClock>,
    /// The last number whose application was submitted.
    pub(crate) submitted: AtomicU16,
}

impl World {
    /// On `folder`, with the clock `offset_millis` ahead of the machine's.
    pub(crate) async fn open(folder: &str, offset_millis: i64) -> Self {
        let folder = Path::new(folder);
        let clock = Arc::new(MovableClock::running());
        clock.set_offset_millis(offset_millis);
        let time = Arc::clone(&clock) as Arc<dyn Clock>;
        let network = Network::open(Arc::clone(&time), &folder.join("network.jsonl")).unwrap();
        let options = OpenOptions::new().create(true).append(true).clone();
        let sent = options.open(folder.join("sent.txt")).unwrap();
        let outside = Arc::new(Outside(Mutex::new(sent)));
        let database = folder.join("baohao.db");
        let blobs = folder.join("blobs");
        let app = App {
            store: Store {
                db: Db::open(database.to_str().unwrap()).await.unwrap(),
                keys: Keys::new(Keyring::open_or_create(&folder.join("keys.json")).unwrap()),
                blobs: Blobs::open(blobs.to_str().unwrap()).unwrap(),
            },
            clock: time,
            hlr: Arc::new(hlr::Simulator(Arc::new(network))),
            sms: Arc::clone(&outside) as Arc<dyn Sms>,
            mail: outside,
            smdp: Arc::new(service::port::NoSmdp),
            authority: Arc::new(service::port::NoAuthority),
            ocr: Arc::new(service::port::NoModels),
            faces: Arc::new(service::port::NoModels),
            site: Site {
                base_url: "https://bao.example".to_owned(),
                requests_max: Site::REQUESTS_MAX,
            },
            maintenance: service::maintenance::Watch::default(),
            limits: service::app::Limits::default(),
            memory: service::app::Memory::default(),
        };
        Self { app: Arc::new(app), clock, submitted: AtomicU16::new(0) }
    }

    /// An operator and its reviewer.
    pub(crate) async fn settle_in(&self) {
        let operator = Operator {
            id: OperatorId(1),
            code: "crash".to_owned(),
            name_zh: "试".to_owned(),
            name_en: "Try".to_owned(),
            brand: "试".to_owned(),
            hotline: "10000".to_owned(),
            zone: Zone::shanghai(),
            policy_pack: "cn".to_owned(),
            language: "zh".to_owned(),
        };
        service::operator::join(&self.app, &operator).await.unwrap();
        let reviewer = NewStaff {
            operator_id: OperatorId(1),
            login: LOGIN.to_owned(),
            name: LOGIN.to_owned().into(),
            roles: vec![Role::Reviewer, Role::Lead],
            password: None,
            code_secret: None,
        };
        service::staff::add(&self.app, &Actor::System, reviewer).await.unwrap();
    }

    pub(crate) async fn reviewer(&self) -> StaffId {
        let all = service::staff::list(&self.app, &Actor::System, OperatorId(1)).await.unwrap();
        all.iter().find(|staff| staff.login == LOGIN).unwrap().staff_id
    }
}

/// A message centre and mail server that take everything, and note each message before they answer.
/// As over SMPP, the same message twice would be two messages.
#[derive(Debug)]
struct Outside(Mutex<File>);

impl Outside {
    fn take(&self, notice_id: &str) -> Later<'_, Result<String, PortError>> {
        self.0.lock().unwrap().write_all(format!("{notice_id}\n").as_bytes()).unwrap();
        let answer = format!("out-{notice_id}");
        Box::pin(async { Ok(answer) })
    }
}

impl Sms for Outside {
    fn submit<'a>(&'a self, sms: &'a OutgoingSms) -> Later<'a, Result<Vec<String>, PortError>> {
        let taken = self.take(&sms.notice_id);
        Box::pin(async { taken.await.map(|id| vec![id]) })
    }

    fn recognises_repeats(&self) -> bool {
        false
    }
}

impl Mail for Outside {
    fn submit<'a>(&'a self, mail: &'a OutgoingMail) -> Later<'a, Result<String, PortError>> {
        self.take(&mail.notice_id)
    }

    fn recognises_repeats(&self) -> bool {
        false
    }
}
