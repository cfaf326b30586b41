//! Taking an order back before the number has moved.

use super::climb::stage_cancel;
use crate::app::App;
use crate::error::Error;
use crate::number;
use crate::retry;
use domain::access::{Action, Actor};
use domain::esim::{EsimRefusal, Step};
use domain::msisdn::Msisdn;
use store::Batch;
use store::number::esim::EsimOrder;

/// Takes back the order of an eSIM for the number, for its holder or whoever serves him. The
/// present SIM goes on. Refused once the number has moved: then only another replacement helps.
pub async fn cancel(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<(), Error> {
    retry(|| async {
        let (row, _) = number::load(app, actor, Action::ServeNumber, msisdn).await?;
        let episode_id = row.facts.holder.map(|holder| holder.episode_id);
        let orders = EsimOrder::of_number(&app.store.db, msisdn).await?;
        let mut own = orders.iter().filter(|order| Some(order.episode_id) == episode_id);
        let order = own.next_back().ok_or(Error::NotFound)?;
        match order.facts.step {
            Step::Wanted | Step::Ordered | Step::Confirmed => {}
            Step::Cancelling | Step::Cancelled => return Ok(()),
            Step::Moved | Step::Released => return Err(EsimRefusal::Installed.into()),
            Step::Refused => return Err(EsimRefusal::OrderOver.into()),
        }
        let mut batch = Batch::new(app.now());
        stage_cancel(&mut batch, order, actor)?;
        Ok(app.store.db.commit(batch).await?)
    })
    .await
}
