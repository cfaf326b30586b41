//! Applications: the row with its version, what was typed (sealed), and the claims around it.

pub mod authority;
pub mod check;
pub mod contact;
pub mod document;
mod event;
pub mod face;
pub mod guess;
pub mod live;
pub mod part;
pub mod reading;
pub mod received;

pub(crate) use event::ALL as EVENTS;
pub use event::{Event, events};

use crate::batch::{Batch, Expect};
use crate::bucket;
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::application::{Facts, Kind, State};
use domain::id::{ApplicationId, DataKeyId, OperatorId, PartyId, StaffId};
use domain::msisdn::Msisdn;
use domain::promise::Promise;
use domain::time::At;
use seal::{DataKey, Place};

pub(crate) const ALL: &[&Statement] = &[
    &INSERT,
    &UPDATE,
    &LOAD,
    &BY_REFERENCE,
    &CLAIM_REFERENCE,
    &CLAIM_NUMBER,
    &CLOSE_NUMBER,
    &OF_NUMBER,
    &OPEN_OF_NUMBER,
    &PROVISIONAL,
    &COUNT,
    &LIST,
    &VERSIONS,
];

const LIST: Statement = Statement::new(
    "application.list",
    "select id, reference, kind, state, promise_due_at, created_at, changed_at from application \
     where operator_id = $1 and id > $2 and ($3 = '' or state = $3) order by id limit $4",
);

macro_rules! columns {
    () => {
        "id, operator_id, reference, version, kind, state, data_key_id, lang, zone, msisdn, iccid, \
         party_id, appeal_of, taken_by, policy, draft_until, promise_due_at, \
         promise_is_provisional, promise_counted_from, promise_days, is_late_told, paused_days, \
         update_until, redo_rounds, kept_until, is_erased, is_refused_by_machine, created_at, \
         changed_at, draft, appealed_by"
    };
}

const INSERT: Statement = Statement::new(
    "application.insert",
    concat!(
        "insert into application (",
        columns!(),
        ", bucket) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
         $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)"
    ),
);
const UPDATE: Statement = Statement::new(
    "application.update",
    "update application set version = $4, state = $5, draft = $6, lang = $7, zone = $8, \
        msisdn = $9, iccid = $10, party_id = $11, draft_until = $12, promise_due_at = $13, \
        promise_is_provisional = $14, promise_counted_from = $15, promise_days = $16, \
        is_late_told = $17, paused_days = $18, update_until = $19, redo_rounds = $20, \
        kept_until = $21, is_erased = $22, is_refused_by_machine = $23, changed_at = $24, \
        appealed_by = $25 \
     where bucket = $1 and id = $2 and version = $3",
);
const LOAD: Statement = Statement::new(
    "application.load",
    concat!("select ", columns!(), " from application where bucket = $1 and id = $2"),
);
const BY_REFERENCE: Statement = Statement::new(
    "application.by_reference",
    "select application_id, operator_id from application_reference \
     where bucket = $1 and reference = $2",
);
const CLAIM_REFERENCE: Statement = Statement::new(
    "application.claim_reference",
    "insert into application_reference (bucket, reference, application_id, operator_id) \
     values ($1, $2, $3, $4)",
);
const CLAIM_NUMBER: Statement = Statement::new(
    "application.claim_number",
    "insert into application_number (bucket, msisdn, application_id, operator_id, is_open, \
        recorded_at) values ($1, $2, $3, $4, true, $5) \
     on conflict (bucket, msisdn, application_id) do update set is_open = true",
);
const CLOSE_NUMBER: Statement = Statement::new(
    "application.close_number",
    "update application_number set is_open = false \
     where bucket = $1 and msisdn = $2 and application_id = $3",
);
const OF_NUMBER: Statement = Statement::new(
    "application.of_number",
    "select application_id from application_number where bucket = $1 and msisdn = $2 \
        and operator_id = $3 order by recorded_at desc limit $4",
);
const OPEN_OF_NUMBER: Statement = Statement::new(
    "application.open_of_number",
    "select application_id from application_number where bucket = $1 and msisdn = $2 and is_open",
);
const PROVISIONAL: Statement = Statement::new(
    "application.provisional",
    "select id from application where operator_id = $1 and promise_is_provisional \
        and (bucket, id) > ($2, $3) order by bucket, id limit $4",
);
const COUNT: Statement = Statement::new(
    "application.count",
    "select state, count(*) from application where operator_id = $1 group by state",
);

/// One application. What was typed is in [`Application::draft`], opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// The tenant.
    pub operator_id: OperatorId,
    /// Six characters that a person can read out.
    pub reference: String,
    /// Grows with every change.
    pub version: i64,
    /// State and clocks.
    pub facts: Facts,
    /// The key of everything sealed about it.
    pub data_key_id: DataKeyId,
    /// `zh` or `en`.
    pub lang: String,
    /// The applicant's IANA zone, if told.
    pub zone: Option<String>,
    /// The number, once its pair with a card was found.
    pub msisdn: Option<Msisdn>,
    /// The card.
    pub iccid: Option<String>,
    /// The holder, once known.
    pub party_id: Option<PartyId>,
    /// The application whose decision is appealed.
    pub appeal_of: Option<ApplicationId>,
    /// The appeal against its decision.
    pub appealed_by: Option<ApplicationId>,
    /// The clerk who took it at an outlet.
    pub taken_by: Option<StaffId>,
    /// The policy it began under, such as `cn/1`.
    pub policy: String,
    /// When it was begun.
    pub created_at: At,
    /// When it was changed last.
    pub changed_at: At,
    /// The sealed form, as stored; `None` once erased.
    pub sealed_form: Option<Vec<u8>>,
}

impl Application {
    /// The subject of its audit entries.
    pub fn subject(&self) -> String {
        self.id.to_string()
    }

    /// What was typed, opened with the application's key.
    pub fn open_form(&self, key: &DataKey) -> Result<Option<Vec<u8>>, Error> {
        let open = |sealed: &Vec<u8>| {
            key.open(sealed, &form_place(self.id)).map_err(|error| {
                let text = format!("the form of {} does not open", self.id);
                Error::caused(ErrorKind::Corrupt, text, error)
            })
        };
        self.sealed_form.as_ref().map(open).transpose()
    }

    /// Puts what was typed in, sealed.
    pub fn seal_form(&mut self, key: &DataKey, form: &[u8]) {
        self.sealed_form = Some(key.seal(form, &form_place(self.id)));
    }
}

fn form_place(id: ApplicationId) -> Vec<u8> {
    Place { table: "application", column: "draft", row: &id.to_bytes() }.aad()
}

/// Adds a new application of version 1 and claims its reference. A reference that exists already
/// is a duplicate: draw another.
pub fn insert(batch: &mut Batch, application: &Application) {
    let Application { id, operator_id, facts, .. } = application;
    let promise = facts.promise;
    let mut values = params![
        *id,
        *operator_id,
        application.reference.as_str(),
        application.version,
        facts.kind.code(),
        facts.state.code(),
        application.data_key_id,
        application.lang.as_str(),
        application.zone.clone(),
        application.msisdn,
        application.iccid.clone(),
        application.party_id,
        application.appeal_of,
        application.taken_by,
        application.policy.as_str(),
        facts.draft_until,
    ];
    values.extend(params![
        promise.map(|promise| promise.due_at),
        promise.is_some_and(|promise| promise.is_provisional),
        promise.map(|promise| promise.counted_from),
        promise.map(|promise| promise.business_days),
        facts.is_late_told,
        facts.paused_days,
        facts.update_until,
        facts.redo_rounds,
        facts.kept_until,
        facts.is_erased,
        facts.is_refused_by_machine,
        application.created_at,
        application.changed_at,
        application.sealed_form.clone(),
        application.appealed_by,
        id.bucket(),
    ]);
    batch.push(&INSERT, values, Expect::Rows(1));
    let reference = application.reference.as_str();
    let values = params![reference_bucket(reference), reference, *id, *operator_id];
    batch.push(&CLAIM_REFERENCE, values, Expect::Rows(1));
}

/// Writes the application over the version it was loaded with; its new version is one more. Who
/// changed it meanwhile makes this a conflict.
pub fn update(batch: &mut Batch, application: &mut Application) {
    let at = batch.at();
    let loaded = application.version;
    application.version += 1;
    application.changed_at = at;
    let facts = &application.facts;
    let promise = facts.promise;
    let values = params![
        application.id.bucket(),
        application.id,
        loaded,
        application.version,
        facts.state.code(),
        application.sealed_form.clone(),
        application.lang.as_str(),
        application.zone.clone(),
        application.msisdn,
        application.iccid.clone(),
        application.party_id,
        facts.draft_until,
        promise.map(|promise| promise.due_at),
        promise.is_some_and(|promise| promise.is_provisional),
        promise.map(|promise| promise.counted_from),
        promise.map(|promise| promise.business_days),
        facts.is_late_told,
        facts.paused_days,
        facts.update_until,
        facts.redo_rounds,
        facts.kept_until,
        facts.is_erased,
        facts.is_refused_by_machine,
        at,
        application.appealed_by,
    ];
    batch.push(&UPDATE, values, Expect::Rows(1));
}

/// The application `id`.
pub async fn load(db: &Db, id: ApplicationId) -> Result<Option<Application>, Error> {
    db.query_opt(&LOAD, params![id.bucket(), id]).await?.as_ref().map(of_row).transpose()
}

/// The application with this reference.
pub async fn by_reference(db: &Db, reference: &str) -> Result<Option<ApplicationId>, Error> {
    let values = params![reference_bucket(reference), reference];
    db.query_opt(&BY_REFERENCE, values).await?.map(|row| row.get(0)).transpose()
}

/// Claims `msisdn` for the application while it is open. If another application is open, the
/// batch is a duplicate.
pub fn claim_number(batch: &mut Batch, application: &Application, msisdn: Msisdn) {
    let at = batch.at();
    let values = params![msisdn.bucket(), msisdn, application.id, application.operator_id, at];
    batch.push(&CLAIM_NUMBER, values, Expect::Rows(1));
}

/// Frees the number for other applications.
pub fn close_number(batch: &mut Batch, application: &Application) {
    if let Some(msisdn) = application.msisdn {
        let values = params![msisdn.bucket(), msisdn, application.id];
        batch.push(&CLOSE_NUMBER, values, Expect::Any);
    }
}

/// The newest applications of this operator about a number, newest first.
pub async fn of_number(
    db: &Db,
    operator_id: OperatorId,
    msisdn: Msisdn,
    limit: i64,
) -> Result<Vec<ApplicationId>, Error> {
    let values = params![msisdn.bucket(), msisdn, operator_id, limit];
    db.query(&OF_NUMBER, values).await?.iter().map(|row| row.get(0)).collect()
}

/// The open application about a number.
pub async fn open_of_number(db: &Db, msisdn: Msisdn) -> Result<Option<ApplicationId>, Error> {
    let row = db.query_opt(&OPEN_OF_NUMBER, params![msisdn.bucket(), msisdn]).await?;
    row.map(|row| row.get(0)).transpose()
}

/// Applications of the operator whose promise rests on an unofficial calendar.
pub async fn provisional(
    db: &Db,
    operator_id: OperatorId,
    after: Option<ApplicationId>,
    limit: i64,
) -> Result<Vec<ApplicationId>, Error> {
    let (bucket, id) = match after {
        Some(id) => (id.bucket(), id.to_bytes().to_vec()),
        None => (-1, Vec::new()),
    };
    let rows = db.query(&PROVISIONAL, params![operator_id, bucket, id, limit]).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// One line of a list of applications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub id: ApplicationId,
    /// Six characters to read out.
    pub reference: String,
    /// What is asked for.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// Our promise.
    pub promise_due_at: Option<At>,
    /// When it was begun.
    pub created_at: At,
    /// When it last changed.
    pub changed_at: At,
}

/// Up to `count` applications of the operator, oldest first, after `after`, in one state if given.
pub async fn list(
    db: &Db,
    operator_id: OperatorId,
    state: Option<State>,
    after: Option<ApplicationId>,
    count: i64,
) -> Result<Vec<Listed>, Error> {
    let after = after.map(|id| id.to_bytes().to_vec()).unwrap_or_default();
    let state = state.map_or("", State::code);
    let rows = db.query(&LIST, params![operator_id, after, state, count]).await?;
    let listed = |row: &Row| {
        Ok(Listed {
            id: row.get(0)?,
            reference: row.get(1)?,
            kind: row.parse(2, Kind::from_code)?,
            state: row.parse(3, State::from_code)?,
            promise_due_at: row.get(4)?,
            created_at: row.get(5)?,
            changed_at: row.get(6)?,
        })
    };
    rows.iter().map(listed).collect()
}

/// How many applications of the operator are in each state.
pub async fn count(db: &Db, operator_id: OperatorId) -> Result<Vec<(State, i64)>, Error> {
    let rows = db.query(&COUNT, params![operator_id]).await?;
    rows.iter().map(|row| Ok((row.parse(0, State::from_code)?, row.get(1)?))).collect()
}

fn reference_bucket(reference: &str) -> i64 {
    bucket::of(&format!("reference:{reference}"))
}

fn of_row(row: &Row) -> Result<Application, Error> {
    let due_at: Option<At> = row.get(16)?;
    let counted_from: Option<At> = row.get(18)?;
    let business_days: Option<u32> = row.get(19)?;
    let promise = match (due_at, counted_from, business_days) {
        (Some(due_at), Some(counted_from), Some(days)) => Some(Promise {
            due_at,
            is_provisional: row.get(17)?,
            counted_from,
            business_days: small(days),
        }),
        _ => None,
    };
    let paused_days: Option<u32> = row.get(21)?;
    let facts = Facts {
        kind: row.parse(4, Kind::from_code)?,
        state: row.parse(5, State::from_code)?,
        draft_until: row.get(15)?,
        promise,
        is_late_told: row.get(20)?,
        paused_days: paused_days.map(small),
        update_until: row.get(22)?,
        redo_rounds: small(row.get(23)?),
        kept_until: row.get(24)?,
        is_erased: row.get(25)?,
        is_refused_by_machine: row.get(26)?,
    };
    Ok(Application {
        id: row.get(0)?,
        operator_id: row.get(1)?,
        reference: row.get(2)?,
        version: row.get(3)?,
        facts,
        data_key_id: row.get(6)?,
        lang: row.get(7)?,
        zone: row.get(8)?,
        msisdn: row.get(9)?,
        iccid: row.get(10)?,
        party_id: row.get(11)?,
        appeal_of: row.get(12)?,
        taken_by: row.get(13)?,
        policy: row.get(14)?,
        created_at: row.get(27)?,
        changed_at: row.get(28)?,
        sealed_form: row.get(29)?,
        appealed_by: row.get(30)?,
    })
}

fn small(count: u32) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// For `audit verify`: applications whose version is not that of their newest entry.
pub(crate) const VERSIONS: Statement = Statement::of_two(
    "application.versions",
    "select subject, version, entry from (select 'app_' || lower(hex(a.id)) as subject, \
        a.version as version, coalesce((select max(e.subject_version) from audit_entry e \
            where e.bucket = a.bucket and e.subject = 'app_' || lower(hex(a.id))), 0) as entry \
        from application a where a.operator_id = $1) as seen where version <> entry limit 100",
    "select subject, version, entry from (select 'app_' || encode(a.id, 'hex') as subject, \
        a.version as version, coalesce((select max(e.subject_version) from audit_entry e \
            where e.bucket = a.bucket and e.subject = 'app_' || encode(a.id, 'hex')), 0) as entry \
        from application a where a.operator_id = $1) as seen where version <> entry limit 100",
);

#[cfg(test)]
mod tests;
