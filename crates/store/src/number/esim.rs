//! Orders of eSIM profiles, each for a number.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::keys::Keys;
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::esim::{Download, Facts, Problem, Step};
use domain::id::{ApplicationId, DataKeyId, EpisodeId, OperatorId};
use domain::msisdn::Msisdn;
use domain::number::SimRef;
use domain::sim::{Iccid, Imsi};
use domain::time::At;
use seal::{DataKey, Place};
use serde::{Deserialize, Serialize};

pub(crate) const ALL: &[&Statement] =
    &[&INSERT, &OF_NUMBER, &LOAD, &UPDATE, &ASK, &RETRY, &VERSIONS];

const INSERT: Statement = Statement::new(
    "esim_order.insert",
    "insert into esim_order (bucket, msisdn, iccid, imsi, profile_type, operator_id, \
        application_id, episode_id, step, download, version, asked, tries, data_key_id, body, \
        created_at, changed_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, 0, 0, $11, $12, $13, $13)",
);
const OF_NUMBER: Statement = Statement::new(
    "esim_order.of_number",
    "select iccid, imsi, profile_type, operator_id, application_id, episode_id, step, download, \
        download_at, problem, problem_at, version, asked, tries, last_error, valid_until, \
        data_key_id, body, created_at, changed_at, msisdn \
     from esim_order where bucket = $1 and msisdn = $2 order by created_at, iccid",
);
const LOAD: Statement = Statement::new(
    "esim_order.load",
    "select iccid, imsi, profile_type, operator_id, application_id, episode_id, step, download, \
        download_at, problem, problem_at, version, asked, tries, last_error, valid_until, \
        data_key_id, body, created_at, changed_at, msisdn \
     from esim_order where bucket = $1 and msisdn = $2 and iccid = $3",
);
const UPDATE: Statement = Statement::new(
    "esim_order.update",
    "update esim_order set step = $5, download = $6, download_at = $7, problem = $8, \
        problem_at = $9, valid_until = $10, body = $11, changed_at = $12, version = version + 1, \
        asked = case when step = $5 then asked else 0 end, tries = 0, last_error = null \
     where bucket = $1 and msisdn = $2 and iccid = $3 and version = $4",
);
/// One call more of the step; not a new version, since nothing is decided by it.
const ASK: Statement = Statement::new(
    "esim_order.ask",
    "update esim_order set asked = asked + 1 \
     where bucket = $1 and msisdn = $2 and iccid = $3 and version = $4",
);
const RETRY: Statement = Statement::new(
    "esim_order.retry",
    "update esim_order set tries = tries + 1, last_error = $5 \
     where bucket = $1 and msisdn = $2 and iccid = $3 and version = $4",
);
pub(crate) const VERSIONS: Statement = Statement::new(
    "esim_order.versions",
    "select 'esim:' || o.iccid || ':' || cast(o.msisdn as text), o.version, \
        coalesce((select max(a.subject_version) from audit_entry a where a.bucket = o.bucket \
            and a.subject = 'esim:' || o.iccid || ':' || cast(o.msisdn as text)), 0) \
     from esim_order o where o.operator_id = $1 and o.version <> \
        coalesce((select max(a.subject_version) from audit_entry a where a.bucket = o.bucket \
            and a.subject = 'esim:' || o.iccid || ':' || cast(o.msisdn as text)), 0)",
);

/// What is sealed of an order.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// By what the phone gets its profile; ours from the start, so that a lost answer loses
    /// nothing.
    pub matching_id: String,
    /// Where the phone gets it; known once the order is confirmed.
    pub address: Option<String>,
    /// The chip that alone may have it, if the holder told it.
    pub eid: Option<String>,
}

/// Never the content: it is a secret.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(•••)")
    }
}

/// An order as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EsimOrder {
    /// For which number.
    pub msisdn: Msisdn,
    /// The profile.
    pub sim: SimRef,
    /// Its type at the SM-DP+.
    pub profile_type: String,
    /// The tenant.
    pub operator_id: OperatorId,
    /// What asked for it.
    pub application_id: ApplicationId,
    /// The holding it was ordered in; it dies with it.
    pub episode_id: EpisodeId,
    /// How far it got.
    pub facts: Facts,
    /// Grows with every change of these.
    pub version: i64,
    /// Calls made for the present step, answered or not.
    pub asked: i64,
    /// Failed tries in a row.
    pub tries: i64,
    /// Why the last one failed.
    pub last_error: Option<String>,
    /// Until when the activation code is shown.
    pub valid_until: Option<At>,
    /// What seals the secret.
    pub data_key_id: DataKeyId,
    /// When it was made.
    pub created_at: At,
    /// When it last changed.
    pub changed_at: At,
    body: Vec<u8>,
}

/// How an order is named in the audit log.
pub fn subject(iccid: Iccid, msisdn: Msisdn) -> String {
    format!("esim:{iccid}:{msisdn}")
}

impl EsimOrder {
    /// A new order with its secret sealed under `key`.
    pub fn new(
        (msisdn, sim, profile_type): (Msisdn, SimRef, String),
        operator_id: OperatorId,
        (application_id, episode_id): (ApplicationId, EpisodeId),
        (key, secret): (&DataKey, &Secret),
        at: At,
    ) -> Self {
        let mut order = Self {
            msisdn,
            sim,
            profile_type,
            operator_id,
            application_id,
            episode_id,
            facts: Facts::WANTED,
            version: 1,
            asked: 0,
            tries: 0,
            last_error: None,
            valid_until: None,
            data_key_id: DataKeyId::from_u128(key.id()),
            created_at: at,
            changed_at: at,
            body: Vec::new(),
        };
        order.seal(key, secret);
        order
    }

    /// Stores a new order; a duplicate if the profile was ordered for the number before.
    pub fn insert(&self, batch: &mut Batch) {
        let values = params![
            self.msisdn.bucket(),
            self.msisdn,
            self.sim.iccid.as_str(),
            self.sim.imsi.as_str(),
            self.profile_type.as_str(),
            self.operator_id,
            self.application_id,
            self.episode_id,
            self.facts.step.code(),
            self.facts.download.code(),
            self.data_key_id,
            self.body.clone(),
            self.created_at,
        ];
        batch.push(&INSERT, values, Expect::Rows(1));
    }

    /// Every order for a number, the oldest first.
    pub async fn of_number(db: &Db, msisdn: Msisdn) -> Result<Vec<Self>, Error> {
        let rows = db.query(&OF_NUMBER, params![msisdn.bucket(), msisdn]).await?;
        rows.iter().map(of_row).collect()
    }

    /// The order of a profile for a number.
    pub async fn load(db: &Db, msisdn: Msisdn, iccid: Iccid) -> Result<Option<Self>, Error> {
        let values = params![msisdn.bucket(), msisdn, iccid.as_str()];
        db.query_opt(&LOAD, values).await?.as_ref().map(of_row).transpose()
    }

    /// Stores what was decided; a conflict if somebody was faster.
    pub fn update(&self, batch: &mut Batch, next: &Facts) {
        let at = batch.at();
        let (problem, problem_at) = next.problem.unzip();
        let values = [
            self.key(),
            params![
                next.step.code(),
                next.download.code(),
                next.download_at,
                problem.map(|problem| problem.code().to_owned()),
                problem_at,
                self.valid_until,
                self.body.clone(),
                at,
            ],
        ]
        .concat();
        batch.push(&UPDATE, values, Expect::Rows(1));
    }

    /// A call of the present step is about to be made.
    pub fn ask(&self, batch: &mut Batch) {
        batch.push(&ASK, self.key(), Expect::Rows(1));
    }

    /// It was not answered.
    pub fn retry(&self, batch: &mut Batch, error: &str) {
        batch.push(&RETRY, [self.key(), params![error]].concat(), Expect::Rows(1));
    }

    fn key(&self) -> Vec<crate::Value> {
        params![self.msisdn.bucket(), self.msisdn, self.sim.iccid.as_str(), self.version]
    }

    /// What is sealed of it.
    pub async fn open(&self, db: &Db, keys: &Keys) -> Result<(DataKey, Secret), Error> {
        let damaged = || Error::new(ErrorKind::Corrupt, "an eSIM order cannot be opened");
        let key = keys.load(db, self.data_key_id).await?.ok_or_else(damaged)?;
        let plain = key.open(&self.body, &self.place()).map_err(|_| damaged())?;
        let secret = serde_json::from_slice(&plain).map_err(|_| damaged())?;
        Ok((key, secret))
    }

    /// Seals another secret; it is stored by the next [`EsimOrder::update`].
    pub fn seal(&mut self, key: &DataKey, secret: &Secret) {
        let plain = serde_json::to_vec(secret).expect("texts serialise");
        self.body = key.seal(&plain, &self.place());
    }

    fn place(&self) -> Vec<u8> {
        let row = subject(self.sim.iccid, self.msisdn);
        Place { table: "esim_order", column: "body", row: row.as_bytes() }.aad()
    }
}

fn of_row(row: &Row) -> Result<EsimOrder, Error> {
    let problem: Option<String> = row.get(9)?;
    let problem = problem.as_deref().and_then(Problem::from_code).zip(row.get(10)?);
    Ok(EsimOrder {
        msisdn: row.get(20)?,
        sim: SimRef {
            iccid: row.parse(0, |text| Iccid::parse(text).ok())?,
            imsi: row.parse(1, |text| Imsi::parse(text).ok())?,
        },
        profile_type: row.get(2)?,
        operator_id: row.get(3)?,
        application_id: row.get(4)?,
        episode_id: row.get(5)?,
        facts: Facts {
            step: row.parse(6, Step::from_code)?,
            download: row.parse(7, Download::from_code)?,
            download_at: row.get(8)?,
            problem,
        },
        version: row.get(11)?,
        asked: row.get(12)?,
        tries: row.get(13)?,
        last_error: row.get(14)?,
        valid_until: row.get(15)?,
        data_key_id: row.get(16)?,
        body: row.get(17)?,
        created_at: row.get(18)?,
        changed_at: row.get(19)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::CommitError;
    use crate::number::sim::{self, SimState};
    use crate::on_both_engines;
    use domain::esim::{Event, Point, decide};
    use seal::Keyring;

    on_both_engines! {
        async fn a_profile_is_set_aside_for_one_number_and_serves_no_other(db: Fresh) {
            let at = At::from_millis(1_790_000_000_000);
            let sim = SimRef {
                iccid: Iccid::parse("89860112345678901237").unwrap(),
                imsi: Imsi::parse("460000123456789").unwrap(),
            };
            let (one, operator_id) = (Msisdn::parse("13800138000").unwrap(), OperatorId(3));
            let two = Msisdn::parse("13800138001").unwrap();
            let commit = async |fill: &dyn Fn(&mut Batch)| {
                let mut batch = Batch::new(at);
                fill(&mut batch);
                db.commit(batch).await
            };
            let state = async || sim::load(&db, sim.iccid).await.unwrap().unwrap().state;
            let taken = |said| matches!(said, Err(CommitError::Conflict(_)));
            let insert = |batch: &mut Batch| {
                sim::insert_as(batch, operator_id, sim, None, Some("plan-a"));
            };
            commit(&insert).await.unwrap();
            let free = sim::free_profiles(&db, operator_id, 9).await.unwrap();
            assert_eq!(free.iter().map(|row| row.sim).collect::<Vec<_>>(), [sim]);
            assert!(sim::free_profiles(&db, OperatorId(4), 9).await.unwrap().is_empty());
            let reserve = |msisdn| move |batch: &mut Batch| {
                sim::reserve(batch, operator_id, sim, msisdn);
            };
            commit(&reserve(one)).await.unwrap();
            assert!(taken(commit(&reserve(two)).await) && taken(commit(&reserve(one)).await));
            assert!(sim::free_profiles(&db, operator_id, 9).await.unwrap().is_empty());
            let take = |msisdn| move |batch: &mut Batch| {
                sim::take(batch, operator_id, sim, msisdn);
            };
            assert!(taken(commit(&take(two)).await), "it waits for another number");
            let give_up = |to| move |batch: &mut Batch| sim::give_up(batch, sim, one, to);
            commit(&give_up(SimState::Stock)).await.unwrap();
            commit(&reserve(two)).await.unwrap();
            commit(&take(two)).await.unwrap();
            commit(&give_up(SimState::Stock)).await.unwrap();
            assert_eq!(state().await, SimState::Serving, "what serves is not given up");
        }

        async fn an_order_is_kept_sealed_and_changed_by_one_at_a_time(db: Fresh) {
            let folder = crate::testing::folder();
            let keys = Keys::new(Keyring::create(&folder.join("keys")).unwrap());
            let at = At::from_millis(1_790_000_000_000);
            let sim = SimRef {
                iccid: Iccid::parse("89860112345678901237").unwrap(),
                imsi: Imsi::parse("460000123456789").unwrap(),
            };
            let msisdn = Msisdn::parse("13800138000").unwrap();
            let mut batch = Batch::new(at);
            let key = keys.create(&mut batch, at);
            let secret = Secret {
                matching_id: "MATCHINGID".into(),
                address: None,
                eid: Some("89049032123451234512345678901235".into()),
            };
            let ids = (ApplicationId::from_u128(7), EpisodeId::from_u128(9));
            let what = (msisdn, sim, "t1".to_owned());
            let order = EsimOrder::new(what, OperatorId(3), ids, (&key, &secret), at);
            order.insert(&mut batch);
            db.commit(batch).await.unwrap();
            let found = EsimOrder::of_number(&db, msisdn).await.unwrap();
            assert_eq!(found, vec![order.clone()]);
            assert!(!order.body.windows(10).any(|part| part == b"MATCHINGID"));
            assert_eq!(order.open(&db, &keys).await.unwrap().1, secret);
            assert!(!format!("{secret:?} {order:?}").contains("MATCHING"));

            let commit = async |fill: &dyn Fn(&mut Batch)| {
                let mut batch = Batch::new(at);
                fill(&mut batch);
                db.commit(batch).await
            };
            commit(&|batch| order.ask(batch)).await.unwrap();
            commit(&|batch| order.retry(batch, "silence")).await.unwrap();
            let load = async || EsimOrder::load(&db, msisdn, sim.iccid).await.unwrap().unwrap();
            let asked = load().await;
            assert_eq!((asked.asked, asked.tries, asked.version), (1, 1, 1));
            let told = Event::Progress { point: Point::Download, is_well: false, at };
            let next = decide(&asked.facts, told).unwrap();
            commit(&|batch| asked.update(batch, &next)).await.unwrap();
            assert_eq!((load().await.facts, load().await.asked), (next, 1), "the same step");
            let late = commit(&|batch| asked.update(batch, &next)).await;
            assert!(matches!(late, Err(CommitError::Conflict(_))), "{late:?}");
            let next = decide(&next, Event::Ordered).unwrap();
            let mut order = load().await;
            order.valid_until = Some(at);
            commit(&|batch| order.update(batch, &next)).await.unwrap();
            let order = load().await;
            assert_eq!((order.facts, order.asked, order.tries), (next, 0, 0));
            assert_eq!((order.valid_until, order.version), (Some(at), 3));
            std::fs::remove_dir_all(folder).unwrap();
        }
    }
}
