//! What an operator has, as a table for others: read page by page, so that any number of rows takes
//! the same memory. Nothing in it names a person; who asked for it and why is in the audit log.

use crate::access::require;
use crate::app::App;
use crate::error::Error;
use crate::number::take_in_feeds;
use crate::policy;
use domain::access::{Action, Actor};
use domain::id::OperatorId;
use domain::number::UsageKind;
use domain::time::At;
use serde_json::json;
use store::number::{NumberRow, sim};
use store::{AuditEntry, Batch};

/// Rows of one page: a block of numbers, so that the use of each block is read once.
const PAGE: i64 = 10_000;

/// Columns of the table of numbers.
pub const NUMBER_COLUMNS: [&str; 8] =
    ["msisdn", "state", "since", "iccid", "held_since", "last_use", "last_use_kind", "due_at"];

/// Columns of the table of SIMs.
pub const SIM_COLUMNS: [&str; 5] = ["iccid", "imsi", "eid", "state", "msisdn"];

/// One row: the columns in their order; empty where there is nothing.
pub type Line = Vec<String>;

/// Where the rows go. `false` ends the export: nobody wants the rest.
pub type Sink<'a> = &'a mut (dyn FnMut(Vec<Line>) -> bool + Send);

/// The numbers of an operator, in order; how many.
pub async fn numbers(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    reason: &str,
    sink: Sink<'_>,
) -> Result<u64, Error> {
    let log = Log::open(app, actor, operator_id, "numbers.exported", reason).await?;
    let policy = policy::of(app, operator_id, app.now()).await?;
    let (mut after, mut count) = (0, 0);
    loop {
        let listed = store::number::list(&app.store.db, operator_id, None, after, PAGE).await?;
        let Some(last) = listed.last() else { break };
        after = last.msisdn.as_i64();
        let msisdns: Vec<_> = listed.iter().map(|row| row.msisdn).collect();
        let rows = store::number::load_many(&app.store.db, &msisdns).await?;
        let mut rows: Vec<_> = rows.into_iter().map(|row| (row, &policy)).collect();
        take_in_feeds(app, &mut rows).await?;
        count += rows.len() as u64;
        if !sink(rows.iter().map(|(row, _)| number_line(row)).collect()) {
            break;
        }
    }
    log.close(app, count).await
}

fn number_line(row: &NumberRow) -> Line {
    let facts = &row.facts;
    let instant = |at: Option<At>| at.map(At::rfc3339).unwrap_or_default();
    vec![
        row.msisdn.to_string(),
        facts.lifecycle.code().to_owned(),
        facts.since.rfc3339(),
        facts.sim.map(|sim| sim.iccid.as_str().to_owned()).unwrap_or_default(),
        instant(facts.holder.map(|holder| holder.since)),
        instant(facts.last_use.map(|used| used.at)),
        facts.last_use.map_or("", |used| UsageKind::code(used.kind)).to_owned(),
        instant(facts.due_at),
    ]
}

/// The SIMs of an operator, in the order of their ICCID; how many.
pub async fn sims(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    reason: &str,
    sink: Sink<'_>,
) -> Result<u64, Error> {
    let log = Log::open(app, actor, operator_id, "sims.exported", reason).await?;
    let (mut after, mut count) = (String::new(), 0);
    loop {
        let rows = sim::list(&app.store.db, operator_id, &after, PAGE).await?;
        let Some(last) = rows.last() else { break };
        last.sim.iccid.as_str().clone_into(&mut after);
        count += rows.len() as u64;
        let line = |row: &sim::SimRow| {
            vec![
                row.sim.iccid.as_str().to_owned(),
                row.sim.imsi.as_str().to_owned(),
                row.eid.clone().unwrap_or_default(),
                row.state.code().to_owned(),
                row.msisdn.map(|msisdn| msisdn.to_string()).unwrap_or_default(),
            ]
        };
        if !sink(rows.iter().map(line).collect()) {
            break;
        }
    }
    log.close(app, count).await
}

/// The entries of one export: one before the first row leaves, one after the last.
struct Log {
    operator_id: OperatorId,
    subject: String,
    actor: String,
    action: &'static str,
}

impl Log {
    async fn open(
        app: &App,
        actor: &Actor,
        operator_id: OperatorId,
        action: &'static str,
        reason: &str,
    ) -> Result<Self, Error> {
        if *actor != Actor::System {
            require(actor, Action::StockNumber, Some(operator_id))?;
        }
        let id = seal::entropy::uuid_v7(app.now().millis());
        let subject = format!("export_{id:032x}");
        let log = Self { operator_id, subject, actor: actor.audit_name(), action };
        log.write(app, 1, json!({ "reason": reason })).await?;
        Ok(log)
    }

    async fn close(self, app: &App, count: u64) -> Result<u64, Error> {
        self.write(app, 2, json!({ "count": count })).await?;
        Ok(count)
    }

    async fn write(&self, app: &App, version: i64, detail: serde_json::Value) -> Result<(), Error> {
        let mut batch = Batch::new(app.now());
        let at = batch.at();
        batch.audit(AuditEntry {
            operator_id: self.operator_id,
            subject: self.subject.clone(),
            subject_version: version,
            actor: self.actor.clone(),
            action: self.action.to_owned(),
            detail_json: detail.to_string(),
            at,
        });
        Ok(app.store.db.commit(batch).await?)
    }
}
