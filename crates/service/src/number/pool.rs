//! Number pools and vanity tiers: which ranges are given out, and which free numbers look well.

use super::stock::require_stock;
use crate::access::require;
use crate::app::App;
use crate::error::Error;
use crate::{policy, retry};
use domain::access::{Action, Actor};
use domain::id::OperatorId;
use domain::msisdn::vanity::{VanityTier, tier_of};
use domain::msisdn::{Msisdn, PhoneRefusal};
use domain::number::Lifecycle;
use domain::pool::{NumberRange, Pool, PoolRefusal, Pools};
use std::collections::BTreeMap;
use store::number::pool as rows;
use store::{AuditEntry, Batch, CommitError};

/// More wishes than this in one block, and all its numbers are read instead.
const LIST_NUMBERS: usize = 200;
/// Blocks looked up together.
const BLOCKS_AT_ONCE: usize = 8;
/// Blocks looked through by one call: what lies further is another page.
const BLOCKS_MAX: usize = 96;
/// Numbers on a page at most.
pub const FREE_MAX: usize = 200;

/// Which free numbers are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only of this pool; else of every open one.
    pub pool: Option<String>,
    /// Only of this tier.
    pub tier: Option<String>,
    /// Only with these last digits, one to eleven.
    pub ends_with: Option<String>,
    /// Only after this number.
    pub after: Option<Msisdn>,
    /// How many, up to [`FREE_MAX`].
    pub limit: usize,
}

/// A number somebody may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeNumber {
    /// Which.
    pub msisdn: Msisdn,
    /// The pool it lies in.
    pub pool: String,
    /// Its tier, if it looks like one.
    pub tier: Option<VanityTier>,
}

/// Some of the free numbers, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FreePage {
    /// The numbers.
    pub numbers: Vec<FreeNumber>,
    /// Where to look on; `None` if everything was looked through. A page may be short, even empty,
    /// and still have a next one.
    pub next: Option<Msisdn>,
}

/// How many of a pool's numbers stand where, by tier; those of no tier under the empty word.
pub type Counts = BTreeMap<String, BTreeMap<&'static str, u64>>;

/// The pools of an operator.
pub async fn pools(app: &App, actor: &Actor, operator_id: OperatorId) -> Result<Pools, Error> {
    require_see(actor, operator_id)?;
    Ok(rows::load(&app.store.db, operator_id).await?.0)
}

/// Adds a pool, or puts it in place of the one of the same name.
pub async fn put_pool(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    pool: &Pool,
) -> Result<(), Error> {
    let action = "number_pool.put";
    change(app, actor, operator_id, action, &pool.name, |pools| pools.with(pool.clone())).await
}

/// Opens a pool, so that its numbers are given out, or closes it.
pub async fn open_pool(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    name: &str,
    is_open: bool,
) -> Result<(), Error> {
    let action = if is_open { "number_pool.open" } else { "number_pool.close" };
    change(app, actor, operator_id, action, name, |pools| pools.opened(name, is_open)).await
}

/// Drops a pool; its numbers stay, and lie in none.
pub async fn drop_pool(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    name: &str,
) -> Result<(), Error> {
    change(app, actor, operator_id, "number_pool.drop", name, |pools| pools.without(name)).await
}

async fn change(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    action: &str,
    name: &str,
    change: impl Fn(Pools) -> Result<Pools, PoolRefusal>,
) -> Result<(), Error> {
    require_stock(actor, operator_id)?;
    retry(|| async {
        let (pools, version) = rows::load(&app.store.db, operator_id).await?;
        let changed = change(pools.clone())?;
        if changed == pools {
            return Ok(());
        }
        let mut batch = Batch::new(app.now());
        rows::put(&mut batch, operator_id, version, &changed);
        let ranges = changed.named(name.trim()).ok().map(|pool| pool.ranges.clone());
        batch.audit(AuditEntry {
            operator_id,
            subject: format!("pools_{operator_id}"),
            subject_version: version + 1,
            actor: actor.audit_name(),
            action: action.to_owned(),
            detail_json: serde_json::json!({ "pool": name, "ranges": ranges }).to_string(),
            at: batch.at(),
        });
        match app.store.db.commit(batch).await {
            // Somebody else made the first pool at the same time.
            Err(CommitError::Duplicate(_)) => Err(Error::Conflict),
            other => Ok(other?),
        }
    })
    .await
}

/// Refuses a number whose pool is closed.
pub(super) async fn require_open(
    app: &App,
    operator_id: OperatorId,
    msisdn: Msisdn,
) -> Result<(), Error> {
    let (pools, _) = rows::load(&app.store.db, operator_id).await?;
    Ok(pools.may_give(msisdn)?)
}

/// Numbers in stock that lie in a pool: of the pool named, else of every open one.
///
/// Looks through so many blocks a call, so that a rare wish does not hold up anybody else.
pub async fn free_numbers(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    wanted: &Wanted,
) -> Result<FreePage, Error> {
    require_see(actor, operator_id)?;
    let tiers = policy::of(app, operator_id, app.now()).await?.vanity;
    let wish = Wish::read(&tiers, wanted)?;
    let (pools, _) = rows::load(&app.store.db, operator_id).await?;
    let limit = wanted.limit.clamp(1, FREE_MAX);
    let mut found: Vec<Msisdn> = Vec::new();
    let mut blocks = blocks(&pools, wanted)?;
    let mut next = None;
    for _ in 0..BLOCKS_MAX / BLOCKS_AT_ONCE {
        let some: Vec<(u64, u64)> = blocks.by_ref().take(BLOCKS_AT_ONCE).collect();
        next = some.last().and_then(|(_, last)| Msisdn::from_e164(*last));
        let asked: Vec<rows::Asked> = some.iter().map(|part| wish.ask(*part)).collect();
        let free = rows::free(&app.store.db, operator_id, asked).await?;
        found.extend(free.into_iter().flatten().filter(|msisdn| wish.is_fit(*msisdn)));
        if next.is_none() || found.len() > limit {
            break;
        }
    }
    if found.len() > limit {
        found.truncate(limit);
        next = found.last().copied();
    }
    let free = |msisdn| FreeNumber {
        msisdn,
        pool: pools.of(msisdn).map(|pool| pool.name.clone()).unwrap_or_default(),
        tier: tier_of(&tiers, msisdn).cloned(),
    };
    Ok(FreePage { numbers: found.into_iter().map(free).collect(), next })
}

/// The blocks of the ranges asked for, in order, from where the last page ended.
fn blocks(
    pools: &Pools,
    wanted: &Wanted,
) -> Result<impl Iterator<Item = (u64, u64)> + use<>, Error> {
    let mut ranges: Vec<NumberRange> = match &wanted.pool {
        Some(name) => pools.named(name)?.ranges.clone(),
        None => {
            let open = pools.iter().filter(|pool| pool.is_open);
            open.flat_map(|pool| pool.ranges.iter().copied()).collect()
        }
    };
    ranges.sort();
    let from = wanted.after.map_or(0, |after| after.as_u64() + 1);
    Ok(ranges.into_iter().flat_map(move |range| range.blocks(from)))
}

/// What a number must look like.
struct Wish<'a> {
    tiers: &'a [VanityTier],
    tier: Option<&'a str>,
    /// The last digits, and ten to the power of their count.
    tail: Option<(u64, u64)>,
}

impl<'a> Wish<'a> {
    fn read(tiers: &'a [VanityTier], wanted: &'a Wanted) -> Result<Self, Error> {
        let tier = wanted.tier.as_deref();
        if tier.is_some_and(|word| tiers.iter().all(|tier| tier.tier != word)) {
            return Err(PoolRefusal::UnknownTier.into());
        }
        let tail = match wanted.ends_with.as_deref() {
            None | Some("") => None,
            Some(digits) if digits.len() > 11 => return Err(PhoneRefusal::TooLong.into()),
            Some(digits) => {
                let is_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
                let value = digits.parse().ok().filter(|_| is_digits);
                let power = 10_u64.pow(u32::try_from(digits.len()).unwrap_or_default());
                Some((value.ok_or(PoolRefusal::TailShape)?, power))
            }
        };
        Ok(Self { tiers, tier, tail })
    }

    /// What to look up in a part of a block: the few that would fit, or all.
    fn ask(&self, (first, last): (u64, u64)) -> rows::Asked {
        if self.tail.is_none() && self.tier.is_none() {
            return rows::Asked::Part(first, last);
        }
        let numbers = (first..=last).filter_map(Msisdn::from_e164);
        let fit: Vec<Msisdn> =
            numbers.filter(|msisdn| self.is_fit(*msisdn)).take(LIST_NUMBERS + 1).collect();
        if fit.len() > LIST_NUMBERS {
            rows::Asked::Part(first, last)
        } else {
            rows::Asked::List(fit)
        }
    }

    fn is_fit(&self, msisdn: Msisdn) -> bool {
        self.tail.is_none_or(|(tail, power)| msisdn.as_u64() % power == tail)
            && self.tier.is_none_or(|word| {
                tier_of(self.tiers, msisdn).is_some_and(|tier| tier.tier == word)
            })
    }
}

/// How many of a pool's numbers stand where, by tier. Reads every number of the pool.
pub async fn count_pool(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    name: &str,
) -> Result<Counts, Error> {
    require_stock(actor, operator_id)?;
    let tiers = policy::of(app, operator_id, app.now()).await?.vanity;
    let (pools, _) = rows::load(&app.store.db, operator_id).await?;
    let mut counts = Counts::new();
    for part in pools.named(name)?.ranges.iter().flat_map(|range| range.blocks(0)) {
        for (msisdn, lifecycle) in rows::of_block(&app.store.db, operator_id, part).await? {
            let tier = tier_of(&tiers, msisdn).map(|tier| tier.tier.clone()).unwrap_or_default();
            *counts.entry(tier).or_default().entry(Lifecycle::code(lifecycle)).or_default() += 1;
        }
    }
    Ok(counts)
}

fn require_see(actor: &Actor, operator_id: OperatorId) -> Result<(), Error> {
    if *actor == Actor::System {
        return Ok(());
    }
    // Administrators stock numbers without seeing holders' ones; a token needs the scope to read.
    let action = match actor {
        Actor::Staff { .. } => Action::StockNumber,
        _ => Action::SeeNumber,
    };
    require(actor, action, Some(operator_id))
}
