//! Applicants: cards to register, people with sound documents, and the way from the first page to
//! the receipt.

use crate::TestApp;
use domain::access::Actor;
use domain::application::Kind;
use domain::application::form::Who;
use domain::id::{ApplicationId, OperatorId};
use domain::identity::{self, DocumentKind};
use domain::msisdn::Msisdn;
use domain::number::SimRef;
use domain::promise::Promise;
use domain::reason::Item;
use domain::sim::{Iccid, Imsi};
use jiff::civil::date;
use service::Sensitive;
use service::register::{self, Begin, Change, IdentityFields, Purpose, Submitted};
use std::collections::BTreeMap;
use std::sync::Mutex;
use vision::specimen::{self, Holder};
use words::Lang;

/// A number on a card that waits to be registered.
#[derive(Clone, Debug)]
pub struct Card {
    /// The number.
    pub msisdn: Msisdn,
    /// The card.
    pub sim: SimRef,
}

impl Card {
    /// The last six characters of the card.
    pub fn tail(&self) -> String {
        let iccid = self.sim.iccid.as_str();
        iccid.get(iccid.len() - 6..).expect("a serial number has twenty characters").to_owned()
    }
}

/// A person who registers. `n` makes people different; the same `n` is the same person.
#[derive(Clone, Debug)]
pub struct Applicant {
    /// The name.
    pub name: String,
    /// A sound resident identity number.
    pub number: String,
    /// Where codes go.
    pub contact: String,
    /// What the specimens show.
    pub holder: Holder,
}

/// A draft of an applicant.
#[derive(Clone, Debug)]
pub struct Drafted {
    /// The application.
    pub id: ApplicationId,
    /// Six characters to read out.
    pub reference: String,
    /// Who may change it.
    pub actor: Actor,
}

impl Applicant {
    /// Person number `n`, at most a few thousand.
    pub fn new(n: u16) -> Self {
        let birth = date(1980, 1, 1).checked_add(jiff::Span::new().days(i64::from(n)));
        let birth = birth.expect("a few thousand days after 1980");
        let start = format!("110101{}{:03}", birth.strftime("%Y%m%d"), 11 + (n % 400) * 2);
        let guess = format!("{start}0");
        let checked = identity::check(DocumentKind::ResidentId, &guess, date(2026, 1, 1));
        let number = match checked.facts.wanted_check {
            Some(check) => format!("{start}{check}"),
            None => guess,
        };
        let name = "样本".to_owned() + NAMES.get(usize::from(n) % NAMES.len()).unwrap_or(&"一");
        let holder = Holder {
            name: name.clone(),
            is_male: true,
            number: number.clone(),
            birth: (
                birth.year().unsigned_abs(),
                birth.month().unsigned_abs(),
                birth.day().unsigned_abs(),
            ),
            seed: u32::from(n) + 1,
            ..Holder::default()
        };
        Self { name, number, contact: format!("person{n}@example.org"), holder }
    }

    /// The fields of the identity page.
    pub fn fields(&self) -> IdentityFields {
        IdentityFields {
            name: Sensitive::new(self.name.clone()),
            document_number: Sensitive::new(self.number.clone()),
            is_long_term: true,
            ..IdentityFields::default()
        }
    }

    /// The photo of an item; drawn once for each person of a test program.
    pub fn photo(&self, item: Item) -> Vec<u8> {
        static DRAWN: Mutex<BTreeMap<(u32, Item), Vec<u8>>> = Mutex::new(BTreeMap::new());
        let mut drawn = DRAWN.lock().expect("drawing does not panic");
        let draw = || {
            let picture = match item {
                Item::DocumentBack => specimen::document_back(&self.holder),
                Item::Portrait => specimen::portrait(&self.holder),
                Item::CompanyPapers => specimen::passport(&self.holder, ["P<", "0"]),
                _ => specimen::document_front(&self.holder),
            };
            picture.fitted(SIDE).to_jpeg()
        };
        drawn.entry((self.holder.seed, item)).or_insert_with(draw).clone()
    }
}

/// Large enough to be read, small enough to be fast.
const SIDE: u32 = 1000;

const NAMES: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];

impl TestApp {
    /// Brings number `n` (up to 9999) and a card for it into stock of an operator, and allocates
    /// it.
    pub async fn unregistered(&self, operator_id: i64, n: u16) -> Card {
        let operator_id = OperatorId(operator_id);
        let number = format!("1380013{n:04}");
        let msisdn = Msisdn::parse(&number).expect("a number of the range 138");
        let sim = SimRef {
            iccid: Iccid::parse(&format!("8986011234567890{n:04}")).expect("a serial number"),
            imsi: Imsi::parse(&format!("46000123456{n:04}")).expect("an IMSI"),
        };
        let system = Actor::System;
        service::number::bring(self, &system, operator_id, msisdn).await.expect("a new number");
        service::number::bring_sim(self, &system, operator_id, sim, None)
            .await
            .expect("a new card");
        service::number::allocate(self, &system, msisdn, sim).await.expect("both are in stock");
        Card { msisdn, sim }
    }

    /// Begins an application for a card.
    pub async fn begin(&self, operator_id: i64, card: &Card) -> Drafted {
        let begin = Begin {
            operator_id: OperatorId(operator_id),
            kind: Kind::Registration,
            lang: Lang::Zh,
            zone: None,
            number: card.msisdn.national().to_string(),
            sim_tail: card.tail(),
        };
        let begun = register::start(self, &begin).await.expect("an application begins");
        let actor =
            Actor::Applicant { operator_id: OperatorId(operator_id), application_id: begun.id };
        Drafted { id: begun.id, reference: begun.reference, actor }
    }

    /// Fills a draft in completely, photos and consents included.
    pub async fn fill(&self, drafted: &Drafted, person: &Applicant) {
        let Drafted { id, actor, .. } = drafted;
        self.confirm(drafted, &person.contact).await;
        let changes = [
            Change::Who(Some(Who::Myself)),
            Change::Document(Some(DocumentKind::ResidentId)),
            Change::Identity(Box::new(person.fields())),
        ];
        for change in &changes {
            let found = register::save(self, actor, *id, change).await.expect("a page is saved");
            assert!(found.is_empty(), "{found:?}");
        }
        for item in [Item::DocumentFront, Item::DocumentBack, Item::Portrait] {
            let photo = person.photo(item);
            let uploaded =
                register::upload(self, actor, *id, item, photo).await.expect("a photo is taken");
            assert!(uploaded.reasons.is_empty(), "{uploaded:?}");
        }
        register::save_consents(self, actor, *id, &Purpose::ALL).await.expect("consents are saved");
    }

    /// Confirms a contact with the code that was sent to it.
    pub async fn confirm(&self, drafted: &Drafted, contact: &str) {
        let Drafted { id, actor, .. } = drafted;
        register::send_code(self, actor, *id, contact).await.expect("a code is sent");
        service::work::run_due(self).await.expect("jobs run");
        let code = self.code_to(contact).expect("the code arrived");
        register::confirm(self, actor, *id, &code).await.expect("the code is right");
    }

    /// The six digits of the newest code that was sent to a contact.
    pub fn code_to(&self, contact: &str) -> Option<String> {
        let phone: String = contact.chars().filter(char::is_ascii_digit).collect();
        let code = |text: &str| {
            let mut runs = text.split(|c: char| !c.is_ascii_digit());
            runs.find(|run| run.len() == 6).map(str::to_owned)
        };
        let (mails, texts) = (self.outside.mail(), self.outside.sms());
        let mail = mails.iter().rev().filter(|mail| mail.to == contact).find_map(|m| code(&m.text));
        let text = || texts.iter().rev().filter(|sms| sms.to == phone).find_map(|s| code(&s.text));
        mail.or_else(text)
    }

    /// From the first page to the receipt, and through the checks: before people.
    pub async fn submitted(&self, operator_id: i64, n: u16) -> (Drafted, Card, Promise) {
        let card = self.unregistered(operator_id, n).await;
        let drafted = self.begin(operator_id, &card).await;
        self.fill(&drafted, &Applicant::new(n)).await;
        let sent = register::submit(self, &drafted.actor, drafted.id).await.expect("it is sent");
        let promise = match sent {
            Submitted::Sent { promise, .. } => Some(promise),
            Submitted::Incomplete(_) => None,
        };
        let promise = promise.expect("nothing is missing");
        service::work::run_due(self).await.expect("jobs run");
        (drafted, card, promise)
    }
}
