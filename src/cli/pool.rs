//! `baohao pool`: number pools, and the free numbers in them.

use crate::cli::{Failure, in_words, only_operator, out, place::Place};
use crate::wiring;
use clap::{Args, Subcommand};
use domain::access::Actor;
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::msisdn::vanity::VanityTier;
use domain::number::Lifecycle;
use domain::pool::{NumberRange, Pool as NumberPool};
use serde_json::json;
use service::number::{FreeNumber, Wanted, count_pool, free_numbers, pools};
use service::{App, number};
use std::process::ExitCode;

/// Make, open and close number pools, and look for free numbers, by vanity tier or last digits.
///
/// A pool is a name for ranges of numbers. Its numbers are reserved or joined with a card only
/// while it is open; numbers that lie in no pool always are.
#[derive(Debug, Args)]
pub(crate) struct Pool {
    #[command(flatten)]
    place: Place,
    /// The operator's code; may be left out if there is only one.
    #[arg(long, value_name = "CODE", global = true)]
    operator: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the pools with their ranges.
    List,
    /// Make a pool, or put it in place of the one of this name.
    Put {
        /// Its name.
        name: String,
        /// First and last number, such as 13800000000-13800009999; may be given more than once.
        #[arg(long = "range", value_name = "FIRST-LAST", required = true)]
        ranges: Vec<String>,
        /// Give nothing out yet.
        #[arg(long)]
        closed: bool,
    },
    /// Give numbers of a pool out from now on.
    Open {
        /// Its name.
        name: String,
    },
    /// Give none out from now on; what was given stays given.
    Close {
        /// Its name.
        name: String,
    },
    /// Forget a pool; its numbers stay in stock, in no pool.
    Drop {
        /// Its name.
        name: String,
    },
    /// Count a pool's numbers by tier and state; reads every one of them.
    Count {
        /// Its name.
        name: String,
    },
    /// List free numbers, in order.
    Free {
        /// Only of this pool, open or not; else of every open one.
        #[arg(long, value_name = "NAME")]
        pool: Option<String>,
        /// Only of this vanity tier, such as gold.
        #[arg(long, value_name = "TIER")]
        tier: Option<String>,
        /// Only with these last digits.
        #[arg(long, value_name = "DIGITS")]
        ends_with: Option<String>,
        /// Only after this number.
        #[arg(long, value_name = "NUMBER")]
        after: Option<String>,
        /// How many, 1 to 200.
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        limit: usize,
    },
}

impl Pool {
    pub(crate) fn run(self, is_json: bool) -> Result<ExitCode, Failure> {
        super::runtime()?.block_on(async {
            let app = wiring::open_app(&self.place.existing()?).await?;
            let operator_id = only_operator(&app, self.operator.as_deref()).await?;
            run(&app, operator_id, self.command, is_json).await.map(|()| ExitCode::SUCCESS)
        })
    }
}

async fn run(
    app: &App,
    operator_id: OperatorId,
    command: Command,
    is_json: bool,
) -> Result<(), Failure> {
    let lang = out::language();
    let by = Actor::System;
    match command {
        Command::List => list(app, operator_id, is_json).await,
        Command::Put { name, ranges, closed } => {
            let range = |text: &String| text.parse::<NumberRange>();
            let ranges = ranges.iter().map(range).collect::<Result<Vec<_>, _>>();
            let ranges = ranges.map_err(|refusal| in_words(refusal.into()))?;
            let pool = NumberPool { name: name.clone(), is_open: !closed, ranges };
            number::put_pool(app, &by, operator_id, &pool).await.map_err(in_words)?;
            out::note(lang.pool_saved(name.trim()));
            Ok(())
        }
        Command::Open { name } => set(app, operator_id, &name, true).await,
        Command::Close { name } => set(app, operator_id, &name, false).await,
        Command::Drop { name } => {
            number::drop_pool(app, &by, operator_id, &name).await.map_err(in_words)?;
            out::note(lang.pool_dropped(name));
            Ok(())
        }
        Command::Count { name } => count(app, operator_id, &name, is_json).await,
        Command::Free { pool, tier, ends_with, after, limit } => {
            let after = after.map(|text| Msisdn::parse(&text)).transpose();
            let after = after.map_err(|refusal| in_words(refusal.into()))?;
            let wanted = Wanted { pool, tier, ends_with, after, limit };
            free(app, operator_id, &wanted, is_json).await
        }
    }
}

async fn set(app: &App, operator_id: OperatorId, name: &str, is_open: bool) -> Result<(), Failure> {
    let by = Actor::System;
    number::open_pool(app, &by, operator_id, name, is_open).await.map_err(in_words)?;
    out::note(out::language().pool_saved(name));
    Ok(())
}

async fn list(app: &App, operator_id: OperatorId, is_json: bool) -> Result<(), Failure> {
    let lang = out::language();
    let pools = pools(app, &Actor::System, operator_id).await?;
    for pool in pools.iter() {
        let count: u64 = pool.ranges.iter().map(|range| range.count()).sum();
        if is_json {
            let ranges = pool.ranges.iter();
            let ranges: Vec<_> =
                ranges.map(|range| json!({ "first": range.first, "last": range.last })).collect();
            let (name, is_open) = (&pool.name, pool.is_open);
            out::line(json!({ "name": name, "open": is_open, "span": count, "ranges": ranges }));
            continue;
        }
        let state = if pool.is_open { lang.pool_open() } else { lang.pool_closed() };
        out::line(lang.pool_line(&pool.name, state, pool.ranges.len(), count));
        for range in &pool.ranges {
            out::line(lang.pool_range(range.first, range.last));
        }
    }
    if pools.iter().next().is_none() && !is_json {
        out::line(lang.pool_none());
    }
    Ok(())
}

async fn count(
    app: &App,
    operator_id: OperatorId,
    name: &str,
    is_json: bool,
) -> Result<(), Failure> {
    let lang = out::language();
    let counts = count_pool(app, &Actor::System, operator_id, name).await.map_err(in_words)?;
    if is_json {
        out::line(json!({ "pool": name, "counts": counts }));
        return Ok(());
    }
    let tiers = service::policy::of(app, operator_id, app.now()).await?.vanity;
    for (word, by_state) in counts {
        let tier = tiers.iter().find(|tier| tier.tier == word);
        let state = |code: &str| {
            let id = format!("number-lifecycle-{}", code.replace('_', "-"));
            lang.by_id(&id, &[]).unwrap_or_else(|| code.to_owned())
        };
        let counts = by_state.iter().map(|(code, count)| lang.pool_count(state(code), count));
        let counts: Vec<String> = counts.collect();
        out::line(lang.pool_tier_line(tier_name(tier), counts.join(", ")));
    }
    Ok(())
}

async fn free(
    app: &App,
    operator_id: OperatorId,
    wanted: &Wanted,
    is_json: bool,
) -> Result<(), Failure> {
    let lang = out::language();
    let mut wanted = wanted.clone();
    let mut left = wanted.limit.max(1);
    let mut found = 0;
    loop {
        wanted.limit = left;
        let page = free_numbers(app, &Actor::System, operator_id, &wanted).await;
        let page = page.map_err(in_words)?;
        for free in &page.numbers {
            out::line(if is_json { as_json(free).to_string() } else { in_line(free) });
        }
        found += page.numbers.len();
        left = left.saturating_sub(page.numbers.len());
        match page.next {
            Some(next) if left > 0 => wanted.after = Some(next),
            Some(next) => {
                out::note(lang.pool_free_more(next));
                return Ok(());
            }
            None if found == 0 && !is_json => {
                out::line(lang.pool_free_none());
                return Ok(());
            }
            None => return Ok(()),
        }
    }
}

fn tier_name(tier: Option<&VanityTier>) -> String {
    let lang = out::language();
    match (tier, lang) {
        (None, _) => lang.pool_tier_none().to_owned(),
        (Some(tier), words::Lang::Zh) => tier.name_zh.clone(),
        (Some(tier), words::Lang::En) => tier.name_en.clone(),
    }
}

fn in_line(free: &FreeNumber) -> String {
    out::language().pool_free_line(free.msisdn, &free.pool, tier_name(free.tier.as_ref()))
}

fn as_json(free: &FreeNumber) -> serde_json::Value {
    let tier = free.tier.as_ref();
    json!({
        "number": free.msisdn,
        "pool": free.pool,
        "tier": tier.map(|tier| &tier.tier),
        "colour": tier.map(|tier| tier.colour.code()),
        "lifecycle": Lifecycle::InStock.code(),
    })
}
