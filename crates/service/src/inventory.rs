//! What an operator has: lists of numbers and SIMs, one SIM, and bringing many of either in.

use crate::access::require;
use crate::app::App;
use crate::error::Error;
use crate::number;
use domain::access::{Action, Actor};
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::{Lifecycle, NumberRefusal, SimRef};
use domain::sim::{Eid, Iccid, SimKeys};
use domain::time::At;
use futures::TryStreamExt;
use store::number::sim::{self, SimRow};

/// Things brought in by one commit: others wait so long for theirs, some tens of milliseconds.
pub const LOT_ROWS: usize = 10_000;

/// The longest name of a profile type that is taken.
pub const PROFILE_TYPE_CHARS_MAX: usize = 64;

/// One line of a list of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub msisdn: Msisdn,
    /// Where it is in its life.
    pub lifecycle: Lifecycle,
    /// When something falls due.
    pub due_at: Option<At>,
}

/// A SIM, as people and programs see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sim {
    /// The card and the subscription on it.
    pub sim: SimRef,
    /// `stock`, `reserved`, `serving` or `dead`.
    pub state: &'static str,
    /// The number it serves or served.
    pub msisdn: Option<Msisdn>,
    /// The chip, where the card is a profile on one.
    pub eid: Option<String>,
    /// The type at the SM-DP+, where it is an eSIM profile and no card.
    pub profile_type: Option<String>,
}

/// A SIM to bring into stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSim {
    /// The card and the subscription on it.
    pub sim: SimRef,
    /// The chip, where the card is a profile on one.
    pub eid: Option<Eid>,
    /// The type at the SM-DP+, where it is an eSIM profile and no card; up to
    /// [`PROFILE_TYPE_CHARS_MAX`] characters.
    pub profile_type: Option<String>,
    /// Its keys, for a register that is to be given them.
    pub keys: Option<SimKeys>,
}

/// How many things were new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// Brought in.
    pub new: u64,
    /// Here already, and left as they were.
    pub known: u64,
}

impl From<SimRow> for Sim {
    fn from(row: SimRow) -> Self {
        Self {
            sim: row.sim,
            state: row.state.code(),
            msisdn: row.msisdn,
            eid: row.eid,
            profile_type: row.profile_type,
        }
    }
}

/// Numbers of the actor's operator in order, after `after`, in one state if given.
pub async fn numbers(
    app: &App,
    actor: &Actor,
    lifecycle: Option<Lifecycle>,
    after: Option<Msisdn>,
    count: usize,
) -> Result<Vec<Listed>, Error> {
    let operator_id = own(actor, Action::SeeNumber)?;
    let after = after.map_or(0, Msisdn::as_i64);
    let rows =
        store::number::list(&app.store.db, operator_id, lifecycle, after, limit(count)).await?;
    let listed = rows.into_iter().map(|row| Listed {
        msisdn: row.msisdn,
        lifecycle: row.lifecycle,
        due_at: row.due_at,
    });
    Ok(listed.collect())
}

/// SIMs of the actor's operator in the order of their ICCID, after `after`.
pub async fn sims(
    app: &App,
    actor: &Actor,
    after: Option<&str>,
    count: usize,
) -> Result<Vec<Sim>, Error> {
    let operator_id = own(actor, Action::SeeNumber)?;
    let after = after.unwrap_or_default();
    let rows = sim::list(&app.store.db, operator_id, after, limit(count)).await?;
    Ok(rows.into_iter().map(Sim::from).collect())
}

/// One SIM.
pub async fn sim(app: &App, actor: &Actor, iccid: Iccid) -> Result<Sim, Error> {
    let row = sim::load(&app.store.db, iccid).await?.ok_or(Error::NotFound)?;
    require(actor, Action::SeeNumber, Some(row.operator_id))?;
    Ok(row.into())
}

/// The SIM of this ICCID, for joining it with a number of the same operator.
pub async fn sim_ref(app: &App, actor: &Actor, iccid: Iccid) -> Result<SimRef, Error> {
    let row = sim::load(&app.store.db, iccid).await?;
    let is_own = |row: &SimRow| actor.operator_id().is_none_or(|own| own == row.operator_id);
    Ok(row.filter(is_own).ok_or(NumberRefusal::SimUnknown)?.sim)
}

/// Brings numbers into the stock of `operator_id`, a lot at a time. Stopped at any point it can be
/// run again.
pub async fn bring_numbers(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    numbers: impl IntoIterator<Item = Msisdn>,
) -> Result<Brought, Error> {
    let numbers: Vec<Msisdn> = numbers.into_iter().collect();
    let lots = futures::stream::iter(numbers.chunks(LOT_ROWS).map(Ok));
    lots.try_fold(Brought::default(), |sum, lot| async move {
        let new = number::lot::bring_numbers(app, actor, operator_id, lot).await?;
        Ok(sum.and(new, lot.len()))
    })
    .await
}

/// Brings SIMs into the stock of `operator_id`, a lot at a time. Stopped at any point it can be
/// run again. Keys are taken for SIMs that are here already, too, if none came with them before.
pub async fn bring_sims(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    sims: impl IntoIterator<Item = NewSim>,
) -> Result<Brought, Error> {
    let sims: Vec<NewSim> = sims.into_iter().collect();
    let lots = futures::stream::iter(sims.chunks(LOT_ROWS).map(Ok));
    lots.try_fold(Brought::default(), |sum, lot| async move {
        let new = number::lot::bring_sims(app, actor, operator_id, lot).await?;
        Ok(sum.and(new, lot.len()))
    })
    .await
}

impl Brought {
    /// With a lot of `count` things, of which so many were new.
    fn and(self, new: u64, count: usize) -> Self {
        Self { new: self.new + new, known: self.known + (count as u64 - new) }
    }
}

fn own(actor: &Actor, action: Action) -> Result<OperatorId, Error> {
    let operator_id = actor.operator_id().ok_or(Error::NotFound)?;
    require(actor, action, Some(operator_id))?;
    Ok(operator_id)
}

fn limit(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
