//! The balance of a holder: top-ups and paid extensions, each once per key.

use super::load::{complete, load};
use super::stage::{Applied, Change, stage_loaded};
use crate::app::App;
use crate::error::Error;
use crate::retry;
use domain::access::{Action, Actor};
use domain::money::{Fee, Posting, keeps_until};
use domain::msisdn::Msisdn;
use domain::number::{Event, Lifecycle, NumberRefusal, UsageKind};
use jiff::civil::Date;
use store::Batch;
use store::number::{history, ledger};

/// A balance for a person to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceView {
    /// In minor units.
    pub minor: i64,
    /// The currency (ISO 4217).
    pub currency: String,
    /// How many decimal places it has.
    pub decimals: u32,
    /// The last day on which it still pays a pause, month by month from today; `None` where no
    /// pause is offered.
    pub keeps_until_on: Option<Date>,
}

/// The balance of the number's holder.
pub async fn balance(app: &App, actor: &Actor, msisdn: Msisdn) -> Result<BalanceView, Error> {
    let (row, policy) = load(app, actor, Action::SeeNumber, msisdn).await?;
    let holder = row.facts.holder.ok_or(NumberRefusal::because(row.facts.lifecycle))?;
    let minor = ledger::balance(&app.store.db, msisdn, holder.episode_id).await?.minor;
    let today = app.now().date_in(&policy.zone);
    let monthly = *policy.fees.pause_month;
    let keeps_until_on = policy.pause.as_ref().map(|_| keeps_until(minor, monthly, today));
    let (currency, decimals) = (policy.currency, policy.currency_decimals);
    Ok(BalanceView { minor, currency, decimals, keeps_until_on })
}

/// Money paid in by or for the holder. It counts as use where the policy says so. The same key is
/// the same top-up, however often it is sent.
pub async fn top_up(
    app: &App,
    actor: &Actor,
    msisdn: Msisdn,
    key: &str,
    minor: i64,
) -> Result<(), Error> {
    load(app, actor, Action::ServeNumber, msisdn).await?;
    let posting = Posting::top_up(format!("top_up:{key}"), minor)?;
    movement(app, actor, msisdn, &posting, UsageKind::TopUp).await.map(|_| ())
}

/// One keep-alive window more for a fee (代续), from the balance.
pub async fn extend(
    app: &App,
    actor: &Actor,
    msisdn: Msisdn,
    key: &str,
) -> Result<Option<Applied>, Error> {
    let (row, policy) = load(app, actor, Action::ServeNumber, msisdn).await?;
    let holder = row.facts.holder.ok_or(NumberRefusal::because(row.facts.lifecycle))?;
    let minor = ledger::balance(&app.store.db, msisdn, holder.episode_id).await?.minor;
    let fee = policy.fees.minor(Fee::Extension);
    let posting = Posting::charge(format!("extension:{key}"), Fee::Extension, fee, minor)?;
    movement(app, actor, msisdn, &posting, UsageKind::Extension).await
}

/// Pays back what is left of the balance, while the number is being closed or after that; how much.
/// The same key is the same refund.
pub async fn refund(app: &App, actor: &Actor, msisdn: Msisdn, key: &str) -> Result<i64, Error> {
    let (row, _) = load(app, actor, Action::ServeNumber, msisdn).await?;
    if row.facts.lifecycle == Lifecycle::Active {
        return Err(NumberRefusal::IsInUse.into());
    }
    let steps = history::holders(&app.store.db, msisdn).await?;
    let last = steps.iter().rev().find_map(|step| step.held);
    let (episode_id, _) = last.ok_or(NumberRefusal::because(row.facts.lifecycle))?;
    let key = format!("refund:{key}");
    retry(|| async {
        if ledger::is_posted(&app.store.db, msisdn, &key).await? {
            return Ok(0);
        }
        let balance = ledger::balance(&app.store.db, msisdn, episode_id).await?;
        let posting = Posting::refund(key.clone(), balance.minor)?;
        let mut batch = Batch::new(app.now());
        ledger::post(&mut batch, msisdn, episode_id, balance, &posting);
        app.store.db.commit(batch).await?;
        Ok(balance.minor)
    })
    .await
}

/// Posts a movement together with the use it is; `None` if its key was posted before.
async fn movement(
    app: &App,
    actor: &Actor,
    msisdn: Msisdn,
    posting: &Posting,
    kind: UsageKind,
) -> Result<Option<Applied>, Error> {
    retry(|| async {
        let row = store::number::load(&app.store.db, msisdn).await?.ok_or(Error::NotFound)?;
        if ledger::is_posted(&app.store.db, msisdn, posting.key()).await? {
            return Ok(None);
        }
        let (before, policy) = complete(app, row).await?;
        let facts = &before.facts;
        let holder = facts.holder.ok_or(NumberRefusal::because(facts.lifecycle))?;
        let balance = ledger::balance(&app.store.db, msisdn, holder.episode_id).await?;
        let mut batch = Batch::new(app.now());
        ledger::post(&mut batch, msisdn, holder.episode_id, balance, posting);
        let event = Event::UsageSeen { kind, used_at: app.now() };
        let change = Change { row: &before, policy: &policy, event: &event, actor };
        let step = match stage_loaded(app, &mut batch, &change).await {
            Ok(step) => Some(step),
            // Money is taken also where it does not count as use, or the number is being closed.
            Err(Error::Refused(_)) => None,
            Err(error) => return Err(error),
        };
        app.store.db.commit(batch).await?;
        Ok(step.map(|step| Applied { before: before.clone(), step }))
    })
    .await
}
