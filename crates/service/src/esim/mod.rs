//! eSIM: ordered when a replacement is approved, moved to when it is confirmed, shown to its holder
//! to be installed, and followed until it is on a phone.
//!
//! An approval sets a profile of our stock aside and wakes the job [`JOB`], which climbs recorded
//! steps: order, confirm, move the number, release. The matching id is ours and sealed before the
//! first call, the profile is named by its ICCID, and every call of a step carries the same id: a
//! call whose answer was lost is made again and can give nothing else. Until the number moves, the
//! old SIM serves; a profile that is refused is replaced by another (decision 119).

mod cancel;
mod climb;
mod order;
mod progress;
mod show;

pub use cancel::cancel;
pub use climb::{JOB, run};
pub(crate) use order::{Wanted, stage, wake};
pub use progress::{Progress, progress};
pub use show::{Activation, EsimView, activation, of_application, of_number};

use domain::access::Actor;
use domain::esim::Facts;
use serde_json::Value;
use store::number::esim::{EsimOrder, subject};
use store::{AuditEntry, Batch};

/// Stores what was decided about an order, with its audit entry.
fn update(
    batch: &mut Batch,
    order: &EsimOrder,
    next: &Facts,
    (actor, action): (&Actor, &str),
    detail: &Value,
) {
    order.update(batch, next);
    audit(batch, order, order.version + 1, (actor, action), detail);
}

fn audit(
    batch: &mut Batch,
    order: &EsimOrder,
    version: i64,
    (actor, action): (&Actor, &str),
    detail: &Value,
) {
    let at = batch.at();
    batch.audit(AuditEntry {
        operator_id: order.operator_id,
        subject: subject(order.sim.iccid, order.msisdn),
        subject_version: version,
        actor: actor.audit_name(),
        action: action.to_owned(),
        detail_json: detail.to_string(),
        at,
    });
}
