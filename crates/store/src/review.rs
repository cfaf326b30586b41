//! Cases before reviewers, who has which on the desk, and the opinions given.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::application::Kind;
use domain::id::{ApplicationId, OperatorId, ReviewId, StaffId};
use domain::review::{Opinion, SecondRule, Stage};
use domain::time::At;

pub(crate) const ALL: &[&Statement] = &[
    &ENQUEUE,
    &LEAVE,
    &MOVE_PROMISE,
    &LOAD,
    &SAVE,
    &RENEW,
    &OPEN,
    &COUNTS,
    &AT_RISK,
    &OF_STAGE,
    &DESK,
    &INSERT_DESK,
    &UPDATE_DESK,
    &INSERT_OPINION,
    &OPINIONS,
    &UNDO_OPINION,
    &SETTLE_OPINION,
];

/// Cases that one page, or one search for the next case, looks at.
pub const QUEUE_MAX: i64 = 200;

const ENQUEUE: Statement = Statement::new(
    "review_case.enqueue",
    "insert into review_case (bucket, application_id, operator_id, kind, stage, round, is_open, \
        is_front, promise_at, difficulty, taken_by, queued_at, version, step) \
     values ($1, $2, $3, $4, 'first', 1, true, $5, $6, $7, $8, $9, 1, 0) \
     on conflict (bucket, application_id) do update set stage = 'first', \
        round = review_case.round + 1, is_open = true, is_front = excluded.is_front, \
        promise_at = excluded.promise_at, difficulty = excluded.difficulty, \
        preferred = review_case.first_by, claimed_by = null, lease_until = null, first_by = null, \
        second_by = null, pending_id = null, settle_at = null, queued_at = excluded.queued_at, \
        version = review_case.version + 1",
);
const LEAVE: Statement = Statement::new(
    "review_case.leave",
    "update review_case set is_open = false, claimed_by = null, lease_until = null, \
        pending_id = null, settle_at = null, version = version + 1 \
     where bucket = $1 and application_id = $2 and is_open",
);
const MOVE_PROMISE: Statement = Statement::new(
    "review_case.move_promise",
    "update review_case set promise_at = $3, version = version + 1 \
     where bucket = $1 and application_id = $2 and is_open",
);
const LOAD: Statement = Statement::new(
    "review_case.load",
    "select application_id, operator_id, kind, stage, round, is_open, is_front, promise_at, \
        difficulty, taken_by, preferred, claimed_by, lease_until, first_by, second_by, pending_id, \
        settle_at, queued_at, version, step from review_case \
     where bucket = $1 and application_id = $2",
);
const SAVE: Statement = Statement::new(
    "review_case.save",
    "update review_case set stage = $4, is_open = $5, promise_at = $6, claimed_by = $7, \
        lease_until = $8, preferred = $9, first_by = $10, second_by = $11, pending_id = $12, \
        settle_at = $13, version = version + 1, step = step + 1 \
     where bucket = $1 and application_id = $2 and version = $3",
);
const RENEW: Statement = Statement::new(
    "review_case.renew",
    "update review_case set lease_until = $4, version = version + 1 \
     where bucket = $1 and application_id = $2 and version = $3",
);
const OPEN: Statement = Statement::new(
    "review_case.open",
    "select application_id, operator_id, kind, stage, round, is_open, is_front, promise_at, \
        difficulty, taken_by, preferred, claimed_by, lease_until, first_by, second_by, pending_id, \
        settle_at, queued_at, version, step from review_case \
     where operator_id = $1 and is_open and pending_id is null \
     order by is_front desc, promise_at, difficulty, application_id limit $2",
);
const COUNTS: Statement = Statement::new(
    "review_case.counts",
    "select kind, stage, count(*), min(promise_at) from review_case \
     where operator_id = $1 and is_open and pending_id is null group by kind, stage \
     order by kind, stage",
);
const AT_RISK: Statement = Statement::new(
    "review_case.at_risk",
    "select application_id, operator_id, kind, stage, round, is_open, is_front, promise_at, \
        difficulty, taken_by, preferred, claimed_by, lease_until, first_by, second_by, pending_id, \
        settle_at, queued_at, version, step from review_case \
     where operator_id = $1 and is_open and promise_at < $2 \
     order by promise_at, application_id limit $3",
);
const OF_STAGE: Statement = Statement::new(
    "review_case.of_stage",
    "select application_id, operator_id, kind, stage, round, is_open, is_front, promise_at, \
        difficulty, taken_by, preferred, claimed_by, lease_until, first_by, second_by, pending_id, \
        settle_at, queued_at, version, step from review_case \
     where operator_id = $1 and is_open and stage = $2 \
     order by promise_at, application_id limit $3",
);
const DESK: Statement = Statement::new(
    "review_desk.load",
    "select application_id, lease_until, version from review_desk \
     where bucket = $1 and staff_id = $2",
);
const INSERT_DESK: Statement = Statement::new(
    "review_desk.insert",
    "insert into review_desk (bucket, staff_id, application_id, lease_until, version) \
     values ($1, $2, $3, $4, 1)",
);
const UPDATE_DESK: Statement = Statement::new(
    "review_desk.update",
    "update review_desk set application_id = $4, lease_until = $5, version = version + 1 \
     where bucket = $1 and staff_id = $2 and version = $3",
);
const INSERT_OPINION: Statement = Statement::new(
    "review_opinion.insert",
    "insert into review_opinion (bucket, application_id, id, operator_id, round, stage, actor, \
        staff_id, opinion, second_rules, policy, note, decided_at, settle_at) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
);
const OPINIONS: Statement = Statement::new(
    "review_opinion.list",
    "select id, operator_id, round, stage, actor, staff_id, opinion, second_rules, policy, note, \
        decided_at, settle_at, undone_at, settled_at from review_opinion \
     where bucket = $1 and application_id = $2 order by id",
);
const UNDO_OPINION: Statement = Statement::new(
    "review_opinion.undo",
    "update review_opinion set undone_at = $4 where bucket = $1 and application_id = $2 \
        and id = $3 and undone_at is null and settled_at is null",
);
const SETTLE_OPINION: Statement = Statement::new(
    "review_opinion.settle",
    "update review_opinion set settled_at = $4 where bucket = $1 and application_id = $2 \
        and id = $3 and undone_at is null and settled_at is null",
);

/// An application before people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Which.
    pub application_id: ApplicationId,
    /// The tenant.
    pub operator_id: OperatorId,
    /// What is asked for.
    pub kind: Kind,
    /// Whose turn it is.
    pub stage: Stage,
    /// How often it came before people, from 1.
    pub round: i64,
    /// Whether it still waits for people.
    pub is_open: bool,
    /// Whether it goes before the others.
    pub is_front: bool,
    /// Our promise.
    pub promise_at: At,
    /// See [`domain::review::difficulty`].
    pub difficulty: i64,
    /// Who took it at an outlet.
    pub taken_by: Option<StaffId>,
    /// For whom it waits, if it can.
    pub preferred: Option<StaffId>,
    /// On whose desk it lies.
    pub claimed_by: Option<StaffId>,
    /// Until when nobody else may take it.
    pub lease_until: Option<At>,
    /// Who decided first in this round.
    pub first_by: Option<StaffId>,
    /// Who looked second in this round.
    pub second_by: Option<StaffId>,
    /// The decision that takes effect unless it is taken back.
    pub pending_id: Option<ReviewId>,
    /// When it takes effect.
    pub settle_at: Option<At>,
    /// Since when it waits.
    pub queued_at: At,
    /// Grows with every change.
    pub version: i64,
    /// Counts what reviewers did: the version of the case in the audit log.
    pub step: i64,
}

/// A case that begins, or comes back.
#[derive(Clone, Copy, Debug)]
pub struct Enqueue {
    /// Which.
    pub application_id: ApplicationId,
    /// The tenant.
    pub operator_id: OperatorId,
    /// What is asked for.
    pub kind: Kind,
    /// Whether it goes before the others.
    pub is_front: bool,
    /// Our promise.
    pub promise_at: At,
    /// See [`domain::review::difficulty`].
    pub difficulty: i64,
    /// Who took it at an outlet.
    pub taken_by: Option<StaffId>,
}

impl Enqueue {
    /// Puts the application before people; once more if it was there before, and then for whoever
    /// decided first last time.
    pub fn push(&self, batch: &mut Batch) {
        let at = batch.at();
        let values = params![
            self.application_id.bucket(),
            self.application_id,
            self.operator_id,
            self.kind.code(),
            self.is_front,
            self.promise_at,
            self.difficulty,
            self.taken_by,
            at,
        ];
        batch.push(&ENQUEUE, values, Expect::Rows(1));
    }
}

/// Takes the application from before people; nothing happens if it is not there.
pub fn leave(batch: &mut Batch, id: ApplicationId) {
    batch.push(&LEAVE, params![id.bucket(), id], Expect::Any);
}

/// Notes the new promise after an apology; nothing happens if it is not before people.
pub fn move_promise(batch: &mut Batch, id: ApplicationId, promise_at: At) {
    batch.push(&MOVE_PROMISE, params![id.bucket(), id, promise_at], Expect::Any);
}

/// How many cases of one kind wait at one stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// What is asked for.
    pub kind: Kind,
    /// Whose turn it is.
    pub stage: Stage,
    /// How many.
    pub count: i64,
    /// The promise that ends first.
    pub first_promise_at: At,
}

impl Case {
    /// The case of an application.
    pub async fn load(db: &Db, id: ApplicationId) -> Result<Option<Self>, Error> {
        let row = db.query_opt(&LOAD, params![id.bucket(), id]).await?;
        row.as_ref().map(Self::of).transpose()
    }

    /// Cases of an operator that wait for somebody, the most pressing first.
    pub async fn open(db: &Db, operator_id: OperatorId) -> Result<Vec<Self>, Error> {
        Self::all(&db.query(&OPEN, params![operator_id, QUEUE_MAX]).await?)
    }

    /// Open cases of an operator whose promise ends before `until`.
    pub async fn at_risk(db: &Db, operator_id: OperatorId, until: At) -> Result<Vec<Self>, Error> {
        Self::all(&db.query(&AT_RISK, params![operator_id, until, QUEUE_MAX]).await?)
    }

    /// Open cases of an operator at one stage.
    pub async fn of_stage(
        db: &Db,
        operator_id: OperatorId,
        stage: Stage,
    ) -> Result<Vec<Self>, Error> {
        Self::all(&db.query(&OF_STAGE, params![operator_id, stage.code(), QUEUE_MAX]).await?)
    }

    /// How many wait, by kind and stage.
    pub async fn counts(db: &Db, operator_id: OperatorId) -> Result<Vec<Count>, Error> {
        let rows = db.query(&COUNTS, params![operator_id]).await?;
        let of = |row: &Row| {
            Ok(Count {
                kind: row.parse(0, Kind::from_code)?,
                stage: row.parse(1, Stage::from_code)?,
                count: row.get(2)?,
                first_promise_at: row.get(3)?,
            })
        };
        rows.iter().map(of).collect()
    }

    /// Stores the changed case; fails if it changed meanwhile.
    pub fn save(&self, batch: &mut Batch) {
        let values = params![
            self.application_id.bucket(),
            self.application_id,
            self.version,
            self.stage.code(),
            self.is_open,
            self.promise_at,
            self.claimed_by,
            self.lease_until,
            self.preferred,
            self.first_by,
            self.second_by,
            self.pending_id,
            self.settle_at,
        ];
        batch.push(&SAVE, values, Expect::Rows(1));
    }

    /// Holds the case for longer; fails if it changed meanwhile.
    pub fn renew(&self, batch: &mut Batch, until: At) {
        let id = self.application_id;
        batch.push(&RENEW, params![id.bucket(), id, self.version, until], Expect::Rows(1));
    }

    fn all(rows: &[Row]) -> Result<Vec<Self>, Error> {
        rows.iter().map(Self::of).collect()
    }

    fn of(row: &Row) -> Result<Self, Error> {
        Ok(Self {
            application_id: row.get(0)?,
            operator_id: row.get(1)?,
            kind: row.parse(2, Kind::from_code)?,
            stage: row.parse(3, Stage::from_code)?,
            round: row.get(4)?,
            is_open: row.get(5)?,
            is_front: row.get(6)?,
            promise_at: row.get(7)?,
            difficulty: row.get(8)?,
            taken_by: row.get(9)?,
            preferred: row.get(10)?,
            claimed_by: row.get(11)?,
            lease_until: row.get(12)?,
            first_by: row.get(13)?,
            second_by: row.get(14)?,
            pending_id: row.get(15)?,
            settle_at: row.get(16)?,
            queued_at: row.get(17)?,
            version: row.get(18)?,
            step: row.get(19)?,
        })
    }
}

/// What lies on a person's desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Desk {
    /// Whose.
    pub staff_id: StaffId,
    /// Which case, if one.
    pub application_id: Option<ApplicationId>,
    /// Until when.
    pub lease_until: At,
    /// Grows with every change; 0 if there is no row yet.
    pub version: i64,
}

impl Desk {
    /// The desk of a person; empty if there was none.
    pub async fn load(db: &Db, staff_id: StaffId) -> Result<Self, Error> {
        let row = db.query_opt(&DESK, params![staff_id.bucket(), staff_id]).await?;
        Ok(match row {
            Some(row) => Self {
                staff_id,
                application_id: row.get(0)?,
                lease_until: row.get(1)?,
                version: row.get(2)?,
            },
            None => Self { staff_id, application_id: None, lease_until: At::default(), version: 0 },
        })
    }

    /// The case that is held at `at`.
    pub fn held(&self, at: At) -> Option<ApplicationId> {
        self.application_id.filter(|_| at < self.lease_until)
    }

    /// Puts a case on the desk, or nothing; fails if the desk changed meanwhile.
    pub fn put(&self, batch: &mut Batch, application_id: Option<ApplicationId>, until: At) {
        let bucket = self.staff_id.bucket();
        if self.version == 0 {
            let values = params![bucket, self.staff_id, application_id, until];
            batch.push(&INSERT_DESK, values, Expect::Rows(1));
        } else {
            let values = params![bucket, self.staff_id, self.version, application_id, until];
            batch.push(&UPDATE_DESK, values, Expect::Rows(1));
        }
    }
}

/// An opinion as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Which.
    pub id: ReviewId,
    /// On which application.
    pub application_id: ApplicationId,
    /// The tenant.
    pub operator_id: OperatorId,
    /// In which round.
    pub round: i64,
    /// At which stage.
    pub stage: Stage,
    /// Who, as the audit log names it.
    pub actor: String,
    /// Who, if staff.
    pub staff_id: Option<StaffId>,
    /// What was found.
    pub opinion: Opinion,
    /// Why a second person must look; empty if none must.
    pub second_rules: Vec<SecondRule>,
    /// The policy it was given under.
    pub policy: String,
    /// A sealed note for colleagues.
    pub note: Option<Vec<u8>>,
    /// When.
    pub decided_at: At,
    /// When it takes effect.
    pub settle_at: At,
    /// When it was taken back.
    pub undone_at: Option<At>,
    /// When it took effect.
    pub settled_at: Option<At>,
}

impl Given {
    /// Stores a new opinion.
    pub fn insert(&self, batch: &mut Batch) {
        let values = params![
            self.application_id.bucket(),
            self.application_id,
            self.id,
            self.operator_id,
            self.round,
            self.stage.code(),
            self.actor.as_str(),
            self.staff_id,
            serde_json::json!(self.opinion).to_string(),
            serde_json::json!(self.second_rules).to_string(),
            self.policy.as_str(),
            self.note.clone(),
            self.decided_at,
            self.settle_at,
        ];
        batch.push(&INSERT_OPINION, values, Expect::Rows(1));
    }

    /// All opinions on an application, oldest first.
    pub async fn list(db: &Db, id: ApplicationId) -> Result<Vec<Self>, Error> {
        let rows = db.query(&OPINIONS, params![id.bucket(), id]).await?;
        rows.iter().map(|row| Self::of(id, row)).collect()
    }

    /// Takes it back; fails if it took effect or was taken back already.
    pub fn undo(&self, batch: &mut Batch) {
        self.end(batch, &UNDO_OPINION);
    }

    /// Notes that it took effect; fails if it was taken back or took effect already.
    pub fn settle(&self, batch: &mut Batch) {
        self.end(batch, &SETTLE_OPINION);
    }

    fn end(&self, batch: &mut Batch, statement: &'static Statement) {
        let (id, at) = (self.application_id, batch.at());
        batch.push(statement, params![id.bucket(), id, self.id, at], Expect::Rows(1));
    }

    fn of(application_id: ApplicationId, row: &Row) -> Result<Self, Error> {
        let damaged =
            |e| Error::caused(ErrorKind::Corrupt, format!("an opinion on {application_id}"), e);
        Ok(Self {
            id: row.get(0)?,
            application_id,
            operator_id: row.get(1)?,
            round: row.get(2)?,
            stage: row.parse(3, Stage::from_code)?,
            actor: row.get(4)?,
            staff_id: row.get(5)?,
            opinion: serde_json::from_str(&row.get::<String>(6)?).map_err(damaged)?,
            second_rules: serde_json::from_str(&row.get::<String>(7)?).map_err(damaged)?,
            policy: row.get(8)?,
            note: row.get(9)?,
            decided_at: row.get(10)?,
            settle_at: row.get(11)?,
            undone_at: row.get(12)?,
            settled_at: row.get(13)?,
        })
    }
}
