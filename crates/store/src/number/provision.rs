//! What the network must know about each SIM, and how far we got in telling it.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::Error;
use crate::number::key_of;
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::id::{ApplicationId, OperatorId};
use domain::msisdn::Msisdn;
use domain::number::{Lean, ServiceProfile};
use domain::sim::Imsi;
use domain::time::At;

pub(crate) const ALL: &[&Statement] = &[
    &WANT, &ANNOUNCE, &OF_NUMBER, &OF_MANY, &ADVANCE, &CONFIRM, &REMOVE, &RETRY, &CHECKS, &HURRY,
    &DRIFT, &AGAIN, &ODD, &DRIFTED,
];

const WANT: Statement = Statement::new(
    "provision.want",
    "insert into provision (bucket, msisdn, imsi, operator_id, profile, lean, step, version, \
        wanted_at, check_at, tries) values ($1, $2, $3, $4, $5, $7, 'wanted', 1, $6, $6, 0) \
     on conflict (bucket, msisdn, imsi) do update set profile = excluded.profile, \
        lean = excluded.lean, step = 'wanted', version = provision.version + 1, \
        wanted_at = excluded.wanted_at, \
        check_at = excluded.check_at, confirmed_at = null, tries = 0, last_error = null",
);
const ANNOUNCE: Statement = Statement::new(
    "provision.announce",
    "update provision set application_id = $4, check_at = $5 \
     where bucket = $1 and msisdn = $2 and imsi = $3",
);
const OF_NUMBER: Statement = Statement::new(
    "provision.of_number",
    "select imsi, profile, step, version, wanted_at, confirmed_at, check_at, tries, last_error, \
        application_id, operator_id, lean, applied, drift_count, drift_at, drift, msisdn \
     from provision where bucket = $1 and msisdn = $2 order by imsi",
);
/// Many, each named by [`key_of`].
const OF_MANY: Statement = Statement::of_two(
    "provision.of_many",
    "select p.imsi, p.profile, p.step, p.version, p.wanted_at, p.confirmed_at, p.check_at, \
        p.tries, p.last_error, p.application_id, p.operator_id, p.lean, p.applied, \
        p.drift_count, p.drift_at, p.drift, p.msisdn \
     from json_each($1) k cross join provision p \
        on p.bucket = (k.value & 1023) and p.msisdn = (k.value >> 10) order by p.msisdn, p.imsi",
    "select p.imsi, p.profile, p.step, p.version, p.wanted_at, p.confirmed_at, p.check_at, \
        p.tries, p.last_error, p.application_id, p.operator_id, p.lean, p.applied, \
        p.drift_count, p.drift_at, p.drift, p.msisdn \
     from unnest(cast($1 as bigint[])) as k(value) join provision p \
        on p.bucket = (k.value & 1023) and p.msisdn = (k.value >> 10) order by p.msisdn, p.imsi",
);
const ADVANCE: Statement = Statement::new(
    "provision.advance",
    "update provision set step = $5 \
     where bucket = $1 and msisdn = $2 and imsi = $3 and version = $4",
);
const CONFIRM: Statement = Statement::new(
    "provision.confirm",
    "update provision set step = 'confirmed', confirmed_at = coalesce(confirmed_at, $5), \
        check_at = $6, applied = $7, tries = 0, last_error = null, application_id = null \
     where bucket = $1 and msisdn = $2 and imsi = $3 and version = $4",
);
const REMOVE: Statement = Statement::new(
    "provision.remove",
    "delete from provision where bucket = $1 and msisdn = $2 and imsi = $3 and version = $4 \
        and profile is null",
);
const RETRY: Statement = Statement::new(
    "provision.retry",
    "update provision set step = 'wanted', tries = tries + 1, last_error = $5, check_at = $6 \
     where bucket = $1 and msisdn = $2 and imsi = $3 and version = $4",
);
const CHECKS: Statement = Statement::new(
    "provision.checks",
    "select distinct msisdn from (select msisdn from provision where check_at <= $1 \
        order by check_at limit $2) as late",
);

/// What is due soon is due now.
const HURRY: Statement = Statement::new(
    "provision.hurry",
    "update provision set check_at = $1 where check_at > $1 and check_at <= $2",
);
const DRIFT: Statement = Statement::new(
    "provision.drift",
    "update provision set step = 'wanted', drift_count = drift_count + 1, drift_at = $5, \
        drift = $6, check_at = $5 \
     where bucket = $1 and msisdn = $2 and imsi = $3 and version = $4",
);
const AGAIN: Statement = Statement::new(
    "provision.again",
    "update provision set step = 'wanted', version = version + 1, check_at = $4 \
     where bucket = $1 and msisdn = $2 and imsi = $3",
);
const ODD: Statement = Statement::new(
    "provision.odd",
    "select imsi, profile, step, version, wanted_at, confirmed_at, check_at, tries, last_error, \
        application_id, operator_id, lean, applied, drift_count, drift_at, drift, msisdn \
     from provision where operator_id = $1 and msisdn > $2 \
        and (tries > 0 or drift_at is not null or applied <> profile) order by msisdn limit $3",
);

const DRIFTED: Statement = Statement::new(
    "provision.drifted",
    "select imsi, profile, step, version, wanted_at, confirmed_at, check_at, tries, last_error, \
        application_id, operator_id, lean, applied, drift_count, drift_at, drift, msisdn \
     from provision where operator_id = $1 and drift_at is not null \
     order by drift_at desc, msisdn, imsi limit $2 offset $3",
);

/// How far a record got. The steps are repeated as a whole when anything went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProvisionStep {
    /// Nothing told yet.
    Wanted,
    /// The record exists (or is gone, where it must go).
    Created,
    /// It carries the number.
    Numbered,
    /// It has the profile.
    Profiled,
    /// Read back, and as wanted.
    Confirmed,
}

impl ProvisionStep {
    const ALL: [Self; 5] =
        [Self::Wanted, Self::Created, Self::Numbered, Self::Profiled, Self::Confirmed];

    /// The word in rows and APIs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Created => "created",
            Self::Numbered => "numbered",
            Self::Profiled => "profiled",
            Self::Confirmed => "confirmed",
        }
    }

    /// From [`ProvisionStep::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.code() == code)
    }
}

/// What was found changed behind our back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drift {
    /// The record was gone.
    Gone,
    /// It carried another number, or none.
    Number,
    /// It allowed something else.
    Profile,
}

impl Drift {
    const ALL: [Self; 3] = [Self::Gone, Self::Number, Self::Profile];

    /// The word in rows and APIs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Number => "number",
            Self::Profile => "profile",
        }
    }

    /// From [`Drift::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|drift| drift.code() == code)
    }
}

/// What the network must know about one SIM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provision {
    /// The number.
    pub msisdn: Msisdn,
    /// The tenant.
    pub operator_id: OperatorId,
    /// The SIM.
    pub imsi: Imsi,
    /// What it may do; `None` if its record must go.
    pub profile: Option<ServiceProfile>,
    /// To which side to fall where the network cannot do exactly that.
    pub lean: Lean,
    /// What it was last read to allow; differs from `profile` where the network is too coarse.
    pub applied: Option<ServiceProfile>,
    /// How often it was found changed behind our back.
    pub drift_count: i64,
    /// When last, and what.
    pub drift: Option<(At, Drift)>,
    /// How far it got.
    pub step: ProvisionStep,
    /// Grows when something else is wanted.
    pub version: i64,
    /// Since when this is wanted.
    pub wanted_at: At,
    /// When the network was first seen to be so.
    pub confirmed_at: Option<At>,
    /// When it is looked at next.
    pub check_at: At,
    /// Failed tries in a row.
    pub tries: i64,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// The application that waits for the confirmation.
    pub application_id: Option<ApplicationId>,
}

/// From now on the network must know this about the SIM; `None` removes its record.
pub fn want(
    batch: &mut Batch,
    operator_id: OperatorId,
    msisdn: Msisdn,
    imsi: Imsi,
    wanted: Option<(ServiceProfile, Lean)>,
) {
    let at = batch.at();
    let bits = wanted.map(|(profile, _)| i64::from(profile.bits()));
    let lean = wanted.map_or(Lean::Stricter, |(_, lean)| lean).code();
    let values = params![msisdn.bucket(), msisdn, imsi.as_str(), operator_id, bits, at, lean];
    batch.push(&WANT, values, Expect::Rows(1));
}

/// The application is told when what is wanted for the SIM is confirmed; if it is already, as soon
/// as it has been read again.
pub fn announce(batch: &mut Batch, msisdn: Msisdn, imsi: Imsi, application_id: ApplicationId) {
    let at = batch.at();
    let values = params![msisdn.bucket(), msisdn, imsi.as_str(), application_id, at];
    batch.push(&ANNOUNCE, values, Expect::Rows(1));
}

/// What is wanted for the SIMs of a number: of the present one and of those that must go.
pub async fn of_number(db: &Db, msisdn: Msisdn) -> Result<Vec<Provision>, Error> {
    let rows = db.query(&OF_NUMBER, params![msisdn.bucket(), msisdn]).await?;
    rows.iter().map(of_row).collect()
}

/// The same of many numbers.
pub async fn of_many(db: &Db, msisdns: &[Msisdn]) -> Result<Vec<Provision>, Error> {
    let keys: Vec<i64> = msisdns.iter().copied().map(key_of).collect();
    db.query(&OF_MANY, params![keys]).await?.iter().map(of_row).collect()
}

/// The SIMs of an operator with which something is odd, up to `count` after the number `after` (0
/// to begin): not told yet in spite of trying, changed behind our back at some time, or allowed
/// something else than wanted because the network is too coarse.
pub async fn odd(
    db: &Db,
    operator_id: OperatorId,
    after: i64,
    count: i64,
) -> Result<Vec<Provision>, Error> {
    let rows = db.query(&ODD, params![operator_id, after, count]).await?;
    rows.iter().map(of_row).collect()
}

/// The SIMs of an operator whose record was changed behind our back at some time, the newest change
/// first: `count` of them after the first `skipped`.
pub async fn drifted(
    db: &Db,
    operator_id: OperatorId,
    skipped: i64,
    count: i64,
) -> Result<Vec<Provision>, Error> {
    let rows = db.query(&DRIFTED, params![operator_id, count, skipped]).await?;
    rows.iter().map(of_row).collect()
}

/// Everything that is wanted for the SIM is told again, if anything is.
pub fn tell_again(batch: &mut Batch, msisdn: Msisdn, imsi: Imsi) {
    let at = batch.at();
    batch.push(&AGAIN, params![msisdn.bucket(), msisdn, imsi.as_str(), at], Expect::Any);
}

/// What would be looked at within `millis` is looked at now.
pub fn hurry(batch: &mut Batch, millis: i64) {
    let at = batch.at();
    batch.push(&HURRY, params![at, at.plus_millis(millis)], Expect::Any);
}

/// Numbers whose records are to be looked at by `at`, at most `count` records.
pub async fn checks(db: &Db, at: At, count: i64) -> Result<Vec<Msisdn>, Error> {
    let rows = db.query(&CHECKS, params![at, count]).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

impl Provision {
    fn key(&self) -> Vec<crate::Value> {
        params![self.msisdn.bucket(), self.msisdn, self.imsi.as_str(), self.version]
    }

    /// Notes a step that was taken; a conflict if something else is wanted by now.
    pub fn advance(&self, batch: &mut Batch, step: ProvisionStep) {
        let values = [self.key(), params![step.code()]].concat();
        batch.push(&ADVANCE, values, Expect::Rows(1));
    }

    /// The network was read back and allows `applied`, as told; it is looked at again at
    /// `check_at`. `None` if it was not read and is only believed.
    pub fn confirm(&self, batch: &mut Batch, applied: Option<ServiceProfile>, check_at: At) {
        let at = batch.at();
        let bits = applied.map(|profile| i64::from(profile.bits()));
        let values = [self.key(), params![at, check_at, bits]].concat();
        batch.push(&CONFIRM, values, Expect::Rows(1));
    }

    /// The record is gone, as wanted.
    pub fn forget(&self, batch: &mut Batch) {
        batch.push(&REMOVE, self.key(), Expect::Rows(1));
    }

    /// What was confirmed is so no more: somebody else changed it. Told again from the beginning,
    /// at once.
    pub fn drifted(&self, batch: &mut Batch, drift: Drift) {
        let at = batch.at();
        let values = [self.key(), params![at, drift.code()]].concat();
        batch.push(&DRIFT, values, Expect::Rows(1));
    }

    /// The try failed, or the network is not as wanted: from the beginning, at `check_at`.
    pub fn retry(&self, batch: &mut Batch, error: &str, check_at: At) {
        let values = [self.key(), params![error, check_at]].concat();
        batch.push(&RETRY, values, Expect::Rows(1));
    }
}

fn of_row(row: &Row) -> Result<Provision, Error> {
    let profile = |place| -> Result<Option<ServiceProfile>, Error> {
        let bits: Option<i64> = row.get(place)?;
        Ok(bits.and_then(|bits| u8::try_from(bits).ok()).map(ServiceProfile::from_bits))
    };
    let drift: Option<String> = row.get(15)?;
    let drift = row.get::<Option<At>>(14)?.zip(drift.as_deref().and_then(Drift::from_code));
    Ok(Provision {
        msisdn: row.get(16)?,
        operator_id: row.get(10)?,
        imsi: row.parse(0, |text| Imsi::parse(text).ok())?,
        profile: profile(1)?,
        lean: row.parse(11, Lean::from_code)?,
        applied: profile(12)?,
        drift_count: row.get(13)?,
        drift,
        step: row.parse(2, ProvisionStep::from_code)?,
        version: row.get(3)?,
        wanted_at: row.get(4)?,
        confirmed_at: row.get(5)?,
        check_at: row.get(6)?,
        tries: row.get(7)?,
        last_error: row.get(8)?,
        application_id: row.get(9)?,
    })
}
