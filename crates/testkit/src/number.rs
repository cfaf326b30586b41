//! Numbers for tests: cards that wait for a registration, and numbers that have a holder.

use crate::TestApp;
use domain::access::Actor;
use domain::id::{OperatorId, PartyId};
use domain::msisdn::Msisdn;
use domain::notice::Channel;
use domain::number::{Event, SimRef};
use domain::sim::{Iccid, Imsi};
use service::notice::Address;
use service::notice::reach::{self, Preference};
use service::number;
use store::Batch;
use words::Lang;

impl TestApp {
    /// Joins `msisdn` with a card of its own at operator 1: what an outlet hands out.
    pub async fn card(&self, msisdn: &str) -> SimRef {
        let number = Msisdn::parse(msisdn).expect("a number of ours");
        let sim = sim_of(number);
        let (actor, operator) = (Actor::System, OperatorId(1));
        let brought = number::bring(self, &actor, operator, number).await.expect("into stock");
        assert!(brought, "{msisdn} is new");
        let brought = number::bring_sim(self, &actor, operator, sim, None).await;
        assert!(brought.expect("into stock"), "the card of {msisdn} is new");
        number::allocate(self, &actor, number, sim).await.expect("free to be allocated");
        sim
    }

    /// A number in use since now, whose holder also registered an e-mail address.
    pub async fn holder(&self, msisdn: &str, email: &str) -> PartyId {
        self.card(msisdn).await;
        let number = Msisdn::parse(msisdn).expect("a number of ours");
        let at = self.now();
        let party_id = service::id::new(at);
        let event = Event::HolderVerified { party_id, episode_id: service::id::new(at) };
        number::apply(self, &Actor::System, number, &event).await.expect("it was allocated");
        let mut batch = Batch::new(at);
        let key = self.store.keys.create(&mut batch, at);
        let preference = Preference {
            operator_id: OperatorId(1),
            lang: Lang::Zh,
            zone: None,
            channels: vec![(Channel::Email, Address::Email(email.to_owned()))],
        };
        reach::record(self, &mut batch, party_id, &key, &preference);
        self.store.db.commit(batch).await.expect("a new party");
        party_id
    }

    /// Runs every job that is due.
    pub async fn run_jobs(&self) {
        service::work::run_due(self).await.expect("the queue is readable");
    }
}

/// A card that differs for every number; its last six digits are those an applicant types.
fn sim_of(msisdn: Msisdn) -> SimRef {
    let tail = msisdn.to_string();
    let tail = tail.get(tail.len() - 9..).expect("a number has nine digits");
    let body = format!("898600{tail}0000");
    let digits = ('0'..='9').map(|check| format!("{body}{check}"));
    let iccid = digits
        .filter_map(|text| Iccid::parse(&text).ok())
        .find(Iccid::fits_luhn)
        .expect("one check digit fits");
    let imsi = Imsi::parse(&format!("460001{tail}")).expect("fifteen digits");
    SimRef { iccid, imsi }
}
