//! Number pools and the free numbers in them, by vanity tier or last digits.

use super::Signed;
use super::signed::encode;
use crate::component::{
    Button, Component as _, Errors, Html, Pick, SelectField, Tag, TextField, Tone,
};
use crate::shell::Width;
use crate::shell::failure::Reply;
use crate::shell::money::amount;
use askama::Template;
use axum::extract::{Query, State};
use domain::access::Action;
use domain::msisdn::Msisdn;
use domain::msisdn::vanity::{Colour, VanityTier};
use domain::pool::Pool;
use domain::refusal::Refusal as _;
use serde::Deserialize;
use service::number::{FreeNumber, FreePage, Wanted, free_numbers, pools};
use service::{App, Error, policy};
use std::sync::Arc;
use words::Lang;

/// Free numbers on one page.
const PAGE: usize = 50;
/// Ranges of a pool that are written out.
const RANGES_SHOWN: usize = 5;

#[derive(Template)]
#[template(path = "desk/pools.html")]
struct Page {
    t: Lang,
    pools: Vec<Row>,
    fields: Vec<Html>,
    button: Html,
    found: Option<Found>,
}

struct Row {
    name: String,
    state: Html,
    /// The ends of each.
    ranges: Vec<(String, String)>,
    more: String,
    size: String,
}

struct Found {
    rows: Vec<Free>,
    none: &'static str,
    next: Option<Html>,
}

struct Free {
    number: String,
    pool: String,
    tier: Option<Html>,
    pledge: String,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    pool: String,
    #[serde(default)]
    tier: String,
    #[serde(default)]
    tail: String,
    /// The number after which to look on.
    #[serde(default)]
    after: String,
    /// Anything, once somebody asked.
    show: Option<String>,
}

/// `GET /desk/pools`.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    mut signed: Signed,
    Query(asked): Query<Asked>,
) -> Reply {
    if !signed.may(Action::StockNumber) {
        return Err(Error::NotFound.into());
    }
    signed.shell.width = Width::Clerk;
    let (t, operator_id) = (signed.shell.lang, signed.session.operator_id);
    let pools = pools(&app, &signed.actor(), operator_id).await?;
    let policy = policy::of(&app, operator_id, app.now()).await?;
    let mut errors = Errors::none();
    let mut found = None;
    if asked.show.is_some() {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let wanted = Wanted {
            pool: some(&asked.pool),
            tier: some(&asked.tier),
            ends_with: some(&asked.tail),
            after: Msisdn::parse(&asked.after).ok(),
            limit: PAGE,
        };
        match free_numbers(&app, &signed.actor(), operator_id, &wanted).await {
            Ok(page) => {
                let money = |minor| amount(minor, policy.currency_decimals, &policy.currency);
                found = Some(found_of(t, &asked, page, money));
            }
            Err(Error::Refused(refused)) => {
                let field = match refused.code {
                    code if code == domain::pool::PoolRefusal::Unknown.code() => "pool",
                    code if code == domain::pool::PoolRefusal::UnknownTier.code() => "tier",
                    _ => "tail",
                };
                let words = t.refusal(refused.code, &refused.values).unwrap_or_default();
                errors = Errors::one(field, words);
            }
            Err(error) => return Err(error.into()),
        }
    }
    let fields = fields(t, &asked, pools.iter(), &policy.vanity, &errors);
    let button = Button::new(t, t.desk_pools_show()).sends("show", "1").html();
    let rows = pools.iter().map(|pool| row(t, pool)).collect();
    let content = Page { t, pools: rows, fields, button, found };
    let page = signed.shell.page(t.desk_pools_title());
    Ok(if errors.is_empty() { page } else { page.invalid() }.body(&content))
}

fn fields<'a>(
    t: Lang,
    asked: &Asked,
    pools: impl Iterator<Item = &'a Pool>,
    tiers: &[VanityTier],
    errors: &Errors,
) -> Vec<Html> {
    let mut names = vec![Pick::new("", t.desk_pools_all())];
    names.extend(pools.map(|pool| Pick::new(&pool.name, &pool.name)));
    let mut words = vec![Pick::new("", t.desk_pools_any_tier())];
    words.extend(tiers.iter().map(|tier| Pick::new(&tier.tier, name_of(t, tier))));
    let pool = SelectField::new("pool", t.desk_pools_name(), names).value(&asked.pool);
    let tier = SelectField::new("tier", t.desk_pools_tier(), words).value(&asked.tier);
    let tail = TextField::new("tail", t.desk_pools_tail())
        .hint(t.desk_pools_tail_hint())
        .value(&asked.tail)
        .digits()
        .width("w-8");
    vec![pool.errors(errors).html(), tier.errors(errors).html(), tail.errors(errors).html()]
}

fn row(t: Lang, pool: &Pool) -> Row {
    let (tone, state) =
        if pool.is_open { (Tone::Green, t.pool_open()) } else { (Tone::Grey, t.pool_closed()) };
    let ranges = pool.ranges.iter().take(RANGES_SHOWN);
    let more = pool.ranges.len().saturating_sub(RANGES_SHOWN);
    let size: u64 = pool.ranges.iter().map(|range| range.count()).sum();
    Row {
        name: pool.name.clone(),
        state: Tag::new(tone, state).html(),
        ranges: ranges.map(|range| (range.first.to_string(), range.last.to_string())).collect(),
        more: if more == 0 { String::new() } else { t.desk_pools_more_ranges(more) },
        size: size.to_string(),
    }
}

fn found_of(t: Lang, asked: &Asked, page: FreePage, money: impl Fn(i64) -> String) -> Found {
    let next = page.next.map(|after| {
        let query = [
            ("pool", asked.pool.as_str()),
            ("tier", &asked.tier),
            ("tail", &asked.tail),
            ("after", &after.to_string()),
            ("show", "1"),
        ];
        let query = query.map(|(name, value)| format!("{name}={}", encode(value))).join("&");
        Button::link(t.desk_pools_next(), format!("/desk/pools?{query}")).quiet().html()
    });
    let none = if next.is_some() { t.desk_pools_none_yet() } else { t.desk_pools_none() };
    let rows = page.numbers.into_iter().map(|free| free_of(t, free, &money)).collect();
    Found { rows, none, next }
}

fn free_of(t: Lang, free: FreeNumber, money: &impl Fn(i64) -> String) -> Free {
    let pledge = match &free.tier {
        Some(tier) if *tier.pledge_month > 0 => {
            t.desk_pools_pledge(money(*tier.pledge_month), *tier.pledge_months)
        }
        _ => t.desk_pools_no_pledge().to_owned(),
    };
    let tier = free.tier.as_ref();
    Free {
        number: free.msisdn.to_string(),
        pool: free.pool,
        tier: tier.map(|tier| Tag::new(tone(tier.colour), name_of(t, tier)).html()),
        pledge,
    }
}

const fn tone(colour: Colour) -> Tone {
    match colour {
        Colour::Red => Tone::Red,
        Colour::Amber => Tone::Amber,
        Colour::Green => Tone::Green,
        Colour::Blue => Tone::Blue,
        Colour::Grey => Tone::Grey,
    }
}

fn name_of(t: Lang, tier: &VanityTier) -> &str {
    match t {
        Lang::Zh => &tier.name_zh,
        Lang::En => &tier.name_en,
    }
}
