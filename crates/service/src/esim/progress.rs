//! What the SM-DP+ tells of a download.

use crate::access::require;
use crate::app::App;
use crate::error::Error;
use crate::port::Heard;
use crate::retry;
use domain::access::{Action, Actor};
use domain::esim::{Event, Point, Step, decide};
use domain::sim::Iccid;
use domain::time::At;
use serde_json::json;
use store::number::esim::EsimOrder;
use store::number::sim::{self, SimRow};
use store::{Batch, Keys};

/// A clock that is ahead by more is not believed.
const AHEAD_MINUTES_MAX: i64 = 5;

/// One report (ES2+ `handleDownloadProgressInfo`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Of which profile.
    pub iccid: Iccid,
    /// The number of the notification point.
    pub point: i64,
    /// Whether it went well.
    pub is_well: bool,
    /// When, by the clock of the SM-DP+.
    pub at: At,
}

/// Takes in a report of the SM-DP+ of the actor's operator. One that says nothing new, comes late
/// or is about a profile that was not ordered here changes nothing and is no error: it would be
/// sent again for ever. Once the profile is in a chip, the activation code cannot be read any
/// more.
pub async fn progress(app: &App, actor: &Actor, progress: &Progress) -> Result<Heard, Error> {
    let operator_id = actor.operator_id();
    if *actor != Actor::System {
        require(actor, Action::NoteEsim, operator_id)?;
    }
    let heard = retry(|| async {
        let row = sim::load(&app.store.db, progress.iccid).await?;
        let ours = |row: &SimRow| operator_id.is_none_or(|own| own == row.operator_id);
        let msisdn = row.filter(ours).and_then(|row| row.msisdn);
        let order = match msisdn {
            Some(msisdn) => EsimOrder::load(&app.store.db, msisdn, progress.iccid).await?,
            None => None,
        };
        let (Some(order), Some(point)) = (order, Point::from_id(progress.point)) else {
            return Ok(Heard::Unknown);
        };
        let at = progress.at.min(app.now().plus_minutes(AHEAD_MINUTES_MAX));
        let event = Event::Progress { point, is_well: progress.is_well, at };
        let next = decide(&order.facts, event)?;
        if next == order.facts {
            return Ok(Heard::Repeat);
        }
        let mut batch = Batch::new(app.now());
        let detail = json!({
            "point": point.id(),
            "is_well": progress.is_well,
            "state": next.state().code(),
        });
        super::update(&mut batch, &order, &next, (actor, "esim.progress"), &detail);
        let is_done = next.download.is_installed() && !order.facts.download.is_installed();
        if is_done && next.step == Step::Released {
            Keys::erase(&mut batch, order.data_key_id);
        }
        app.store.db.commit(batch).await?;
        Ok(Heard::Progress)
    })
    .await?;
    app.smdp.heard(heard);
    Ok(heard)
}
