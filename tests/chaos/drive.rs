//! What people and the operator's systems do meanwhile, and what they were told.

use crate::ask::{Ask, Said};
use crate::fleet::Fleet;
use crate::wait_below;
use domain::id::ApplicationId;
use domain::msisdn::Msisdn;
use domain::reason::Item;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, RwLock, RwLockWriteGuard};
use std::thread::JoinHandle;
use testkit::Applicant;

const API: &str = "/api/v1";
const PHOTOS: [Item; 3] = [Item::DocumentFront, Item::DocumentBack, Item::Portrait];
/// Numbers there are for all who register.
const NUMBERS_MAX: u16 = 9_000;
const BOUNDARY: &str = "a-line-that-no-photo-has-in-it";

/// A number is restricted by an order, or an order is taken back.
pub(crate) type Order = (Msisdn, String);

/// What was acknowledged, and what nobody answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) allocated: BTreeMap<Msisdn, u16>,
    pub(crate) sent: BTreeMap<ApplicationId, Msisdn>,
    pub(crate) decided: BTreeSet<ApplicationId>,
    pub(crate) ordered: BTreeSet<Order>,
    pub(crate) lifted: BTreeSet<Order>,
    /// How many orders were asked for, of each number: each is told in the same words.
    pub(crate) asked: BTreeMap<Msisdn, usize>,
    pub(crate) looked_up: u64,
    pub(crate) unanswered: u64,
}

impl Known {
    pub(crate) fn sum(&self) -> String {
        format!(
            "{} numbers allocated, {} applications sent, {} decided, {} orders, {} lifted, {} \
             look-ups, {} requests unanswered at first",
            self.allocated.len(),
            self.sent.len(),
            self.decided.len(),
            self.ordered.len(),
            self.lifted.len(),
            self.looked_up,
            self.unanswered
        )
    }

    /// Of what there was least.
    pub(crate) fn fewest(&self) -> Option<usize> {
        let counts = [
            self.allocated.len(),
            self.sent.len(),
            self.decided.len(),
            self.ordered.len(),
            self.lifted.len(),
        ];
        counts.into_iter().min()
    }
}

/// What an answer makes known.
#[derive(Clone, Debug)]
enum Means {
    Nothing,
    Allocated(Msisdn, u16),
    Sent(Msisdn),
    Decided(ApplicationId),
    Ordered(Order),
    Lifted(Order),
}

#[derive(Debug)]
pub(crate) struct Drive {
    fleet: Arc<Fleet>,
    known: Mutex<Known>,
    doubts: Mutex<Vec<(Ask, Means)>>,
    /// Held for writing while time passes.
    world: RwLock<()>,
    is_over: AtomicBool,
    next: AtomicU16,
    photos: Vec<(Item, Vec<u8>)>,
}

pub(crate) fn msisdn(n: u16) -> Msisdn {
    Msisdn::parse(&format!("1380013{n:04}")).unwrap()
}

pub(crate) fn iccid(n: u16) -> String {
    format!("8986011234567890{n:04}")
}

pub(crate) fn imsi(n: u16) -> String {
    format!("46000123456{n:04}")
}

/// The phone on which an applicant is reached.
fn phone(n: u16) -> String {
    format!("+4477009{n:05}")
}

/// The number whose applicant is reached there; or the number itself, once it has no card.
pub(crate) fn msisdn_of_phone(phone: &str) -> Msisdn {
    if let Ok(own) = Msisdn::parse(phone) {
        return own;
    }
    msisdn(phone.trim_start_matches('+').strip_prefix("4477009").unwrap().parse().unwrap())
}

impl Drive {
    pub(crate) fn new(fleet: Arc<Fleet>) -> Self {
        // Everybody sends the same photos, and the checks remark on it.
        let sample = Applicant::new(0);
        Self {
            fleet,
            known: Mutex::default(),
            doubts: Mutex::default(),
            world: RwLock::new(()),
            is_over: AtomicBool::new(false),
            next: AtomicU16::new(0),
            photos: PHOTOS.map(|item| (item, sample.photo(item))).to_vec(),
        }
    }

    /// Everybody begins.
    pub(crate) fn begin(this: &Arc<Self>) -> Vec<JoinHandle<()>> {
        let turns: [fn(&Self); 5] =
            [Self::register, Self::register, Self::review, Self::order, Self::look_up];
        let start = |turn: fn(&Self)| {
            let own = Arc::clone(this);
            std::thread::spawn(move || {
                while !own.is_over.load(Ordering::Relaxed) {
                    {
                        let _going_on = own.world.read().unwrap();
                        turn(&own);
                    }
                    wait_below(30);
                }
            })
        };
        turns.into_iter().map(start).collect()
    }

    pub(crate) fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Waits until everybody is between two requests, and holds them there.
    pub(crate) fn pause(&self) -> RwLockWriteGuard<'_, ()> {
        self.world.write().unwrap()
    }

    pub(crate) fn known(&self) -> Known {
        self.known.lock().unwrap().clone()
    }

    /// Asks again what nobody answered; now somebody must.
    pub(crate) fn ask_again(&self) {
        let doubts = std::mem::take(&mut *self.doubts.lock().unwrap());
        for (ask, means) in doubts {
            match ask.ask(&self.fleet) {
                // It was done the first time, and says no to the second: the order is gone.
                Said::No(..) if matches!(means, Means::Lifted(_)) => {
                    self.learn(means, &Value::Null);
                }
                Said::No(..) => {}
                Said::Yes(body) if body["is_sent"] == false => {}
                Said::Yes(body) => self.learn(means, &body),
                Said::Nothing => {
                    let complaints = self.fleet.complaints();
                    panic!("{} {} is never answered: {complaints}", ask.method, ask.path)
                }
            }
        }
    }

    /// Asks; what nobody answers is asked again later.
    fn ask(&self, ask: Ask, means: Means) -> Said {
        let said = ask.ask(&self.fleet);
        match &said {
            Said::Yes(body) => self.learn(means, body),
            Said::No(..) => {}
            Said::Nothing => {
                self.known.lock().unwrap().unanswered += 1;
                self.doubts.lock().unwrap().push((ask, means));
            }
        }
        said
    }

    fn learn(&self, means: Means, body: &Value) {
        let mut known = self.known.lock().unwrap();
        match means {
            Means::Nothing => {}
            Means::Allocated(msisdn, n) => drop(known.allocated.insert(msisdn, n)),
            Means::Sent(msisdn) => {
                assert_eq!(body["is_sent"], true, "{body}");
                known.sent.insert(body["id"].as_str().unwrap().parse().unwrap(), msisdn);
            }
            Means::Decided(id) => drop(known.decided.insert(id)),
            Means::Ordered(order) => drop(known.ordered.insert(order)),
            Means::Lifted(order) => drop(known.lifted.insert(order)),
        }
    }

    /// Somebody buys a card and registers it.
    fn register(&self) {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        if n >= NUMBERS_MAX {
            return;
        }
        let number = msisdn(n);
        let steps = [
            ("/numbers".to_owned(), json!({ "numbers": [number.to_string()] }), Means::Nothing),
            (
                "/sims".to_owned(),
                json!({ "sims": [{ "iccid": iccid(n), "imsi": imsi(n) }] }),
                Means::Nothing,
            ),
            (
                format!("/numbers/{number}/allocate"),
                json!({ "iccid": iccid(n) }),
                Means::Allocated(number, n),
            ),
        ];
        for (path, body, means) in steps {
            match self.ask(Ask::json("POST", format!("{API}{path}"), &body), means) {
                Said::Yes(_) => {}
                Said::No(status, problem) => panic!("{path}: {status} {problem}"),
                Said::Nothing => return,
            }
        }
        match self.ask(self.application(n), Means::Sent(number)) {
            Said::No(status, problem) => panic!("{number}: {status} {problem}"),
            Said::Nothing => {}
            Said::Yes(sent) => {
                // Whichever server is asked, it knows.
                let path = format!("{API}/applications/{}", sent["id"].as_str().unwrap());
                if let Said::No(status, problem) = Ask::get(path).ask(&self.fleet) {
                    panic!("{sent}: {status} {problem}");
                }
            }
        }
    }

    fn application(&self, n: u16) -> Ask {
        let person = Applicant::new(n);
        let form = json!({
            "kind": "registration", "language": "zh", "number": msisdn(n).to_string(),
            "sim": iccid(n), "who": "myself", "document": "resident_id", "name": person.name,
            "document_number": person.number, "is_long_term": true, "contact": phone(n),
            "consents": ["registration", "portrait"],
        });
        let mut body = Vec::new();
        let mut part = |headers: String, content: &[u8]| {
            body.extend_from_slice(format!("--{BOUNDARY}\r\n{headers}\r\n\r\n").as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        };
        let named = |name: &str| format!("content-disposition: form-data; name=\"{name}\"");
        part(named("application"), form.to_string().as_bytes());
        for (item, photo) in &self.photos {
            part(format!("{}; filename=\"p.jpg\"", named(item.code())), photo);
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let media_type = "multipart/form-data; boundary=a-line-that-no-photo-has-in-it";
        Ask { media_type, body, ..Ask::json("POST", format!("{API}/applications"), &Value::Null) }
    }

    /// A program approves the first case that nobody works on.
    fn review(&self) {
        let Said::Yes(queue) = Ask::get(format!("{API}/reviews")).ask(&self.fleet) else { return };
        let items = queue["items"].as_array().unwrap();
        let first = items.iter().find(|item| item["stage"] == "first");
        let Some(id) = first.and_then(|item| item["application_id"].as_str()) else { return };
        let path = format!("{API}/reviews/{id}");
        let Said::Yes(case) = Ask::get(path.clone()).ask(&self.fleet) else { return };
        if case["standing"] != "free" {
            return;
        }
        let mark = |item: &Value| json!({ "item": item, "result": "ok" });
        let marks: Vec<Value> = case["items"].as_array().unwrap().iter().map(mark).collect();
        let verdict = json!({ "verdict": "approve", "marks": marks, "stamp": case["stamp"] });
        let means = Means::Decided(id.parse().unwrap());
        self.ask(Ask::json("POST", format!("{path}/decision"), &verdict), means);
    }

    fn some_number(&self) -> Option<Msisdn> {
        let known = self.known.lock().unwrap();
        let count = known.allocated.len() as u64;
        let place = (count > 0).then(|| usize::try_from(seal::entropy::below(count)).unwrap())?;
        known.allocated.keys().nth(place).copied()
    }

    /// An authority orders a number to be stopped, and perhaps takes the order back.
    fn order(&self) {
        let Some(number) = self.some_number() else { return };
        let reference = format!("order-{:016x}", u64::from_be_bytes(seal::entropy::bytes()));
        let path = format!("{API}/numbers/{number}/holds");
        let body = json!({ "kind": "authority", "reference": reference });
        let order = (number, reference.clone());
        *self.known.lock().unwrap().asked.entry(number).or_default() += 1;
        let means = Means::Ordered(order.clone());
        let said = self.ask(Ask::json("POST", path.clone(), &body), means);
        if matches!(said, Said::Yes(_)) && seal::entropy::below(3) > 0 {
            let path = format!("{path}/authority?reference={reference}");
            let lift = Ask::json("DELETE", path, &Value::Null);
            // Once it is asked for, the order need no longer be there.
            if let Said::No(status, problem) = self.ask(lift, Means::Lifted(order)) {
                panic!("{number} {reference}: {status} {problem}");
            }
        }
    }

    /// A system asks for a number that either server brought.
    fn look_up(&self) {
        let Some(number) = self.some_number() else { return };
        match Ask::get(format!("{API}/numbers/{number}/state")).ask(&self.fleet) {
            Said::No(status, problem) => panic!("{number}: {status} {problem}"),
            Said::Yes(_) => self.known.lock().unwrap().looked_up += 1,
            Said::Nothing => {}
        }
    }
}
