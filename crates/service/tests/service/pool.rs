//! Number pools and vanity tiers, on both engines.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use domain::access::Actor;
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::pool::{NumberRange, Pool};
use futures::future::join_all;
use service::inventory::bring_numbers;
use service::number::{self, FreePage, Wanted};
use service::{App, Error};
use std::collections::BTreeSet;
use testkit::{START, TestApp, on_both_engines};

const SYSTEM: Actor = Actor::System;
const ONE: OperatorId = OperatorId(1);

fn msisdn(n: u64) -> Msisdn {
    Msisdn::from_e164(8_613_800_000_000 + n).unwrap()
}

fn code<T>(answer: Result<T, Error>) -> &'static str {
    match answer {
        Err(Error::Refused(refused)) => refused.code,
        _ => "no refusal",
    }
}

async fn put(app: &App, name: &str, is_open: bool, ranges: &[(u64, u64)]) {
    let range = |(a, b): &(u64, u64)| NumberRange::new(msisdn(*a), msisdn(*b)).unwrap();
    let pool = Pool { name: name.to_owned(), is_open, ranges: ranges.iter().map(range).collect() };
    number::put_pool(app, &SYSTEM, ONE, &pool).await.unwrap();
}

async fn free(app: &App, wanted: &Wanted) -> FreePage {
    number::free_numbers(app, &SYSTEM, ONE, wanted).await.unwrap()
}

/// Every page, one after another.
async fn all_free(app: &App, mut wanted: Wanted) -> Vec<u64> {
    let mut found = Vec::new();
    loop {
        let page = free(app, &wanted).await;
        found.extend(page.numbers.iter().map(|free| free.msisdn.as_u64() - 8_613_800_000_000));
        let Some(next) = page.next else { return found };
        assert!(wanted.after < Some(next), "the next page begins where this one did");
        wanted.after = Some(next);
    }
}

on_both_engines! {
    async fn a_closed_pool_gives_nothing_out_and_an_opened_one_does(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        bring_numbers(&app, &SYSTEM, ONE, (0..40).map(msisdn)).await.unwrap();
        put(&app, "later", false, &[(10, 19)]).await;
        let until = START.plus_minutes(30);
        let refused = number::reserve(&app, &SYSTEM, msisdn(12), until).await;
        assert_eq!(code(refused), "pool.closed");
        number::reserve(&app, &SYSTEM, msisdn(9), until).await.unwrap();
        number::open_pool(&app, &SYSTEM, ONE, "later", true).await.unwrap();
        number::reserve(&app, &SYSTEM, msisdn(12), until).await.unwrap();
        // What was given while the pool was open stays given.
        number::open_pool(&app, &SYSTEM, ONE, "later", false).await.unwrap();
        number::drop_reservation(&app, &SYSTEM, msisdn(12)).await.unwrap();
        assert_eq!(code(number::reserve(&app, &SYSTEM, msisdn(12), until).await), "pool.closed");
        let unknown = number::open_pool(&app, &SYSTEM, ONE, "never", true).await;
        assert_eq!(code(unknown), "pool.unknown");
        for log in service::audit::verify(&app).await.unwrap() {
            assert!(log.findings.is_empty(), "{log:?}");
        }
        number::drop_pool(&app, &SYSTEM, ONE, "later").await.unwrap();
        number::reserve(&app, &SYSTEM, msisdn(12), until).await.unwrap();
    }

    async fn free_numbers_are_found_by_tier_and_last_digits_page_by_page(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        // Every third number of three blocks is ours.
        let ours: Vec<u64> = (0..30_000).step_by(3).collect();
        bring_numbers(&app, &SYSTEM, ONE, ours.iter().copied().map(msisdn)).await.unwrap();
        put(&app, "a", true, &[(5_000, 25_000)]).await;
        put(&app, "shut", false, &[(25_001, 29_999)]).await;
        number::reserve(&app, &SYSTEM, msisdn(6_666), START.plus_minutes(5)).await.unwrap();

        let wanted = Wanted { ends_with: Some("88".to_owned()), limit: 7, ..Wanted::default() };
        let is_fit = |n: &u64| (5_000..=25_000).contains(n) && n % 100 == 88;
        let naive: Vec<u64> = ours.iter().copied().filter(is_fit).collect();
        assert_eq!(all_free(&app, wanted).await, naive);

        let gold = |pool: Option<&str>| Wanted {
            tier: Some("gold".to_owned()),
            pool: pool.map(str::to_owned),
            limit: 5,
            ..Wanted::default()
        };
        let is_gold = |n: &u64| {
            let digits: Vec<i64> = format!("{:04}", n % 10_000).bytes().map(i64::from).collect();
            let steps: BTreeSet<i64> = digits.windows(2).map(|two| two[1] - two[0]).collect();
            let whole: Vec<i64> =
                (8_613_800_000_000 + n).to_string().bytes().map(i64::from).collect();
            let five = &whole[whole.len() - 5..];
            let five: BTreeSet<i64> = five.windows(2).map(|two| two[1] - two[0]).collect();
            let six: Vec<i64> = whole[whole.len() - 6..].to_vec();
            let is_diamond = five.len() == 1 && five.first().is_some_and(|step| step.abs() <= 1);
            let is_six = (six[0] == six[1] && six[1] == six[2] && six[3] == six[4]
                && six[4] == six[5] && six[2] != six[3])
                || (six[0] == six[2] && six[2] == six[4] && six[1] == six[3] && six[3] == six[5]
                    && six[0] != six[1]);
            let is_four = steps.len() == 1 && matches!(steps.first(), Some(0 | 1));
            !is_diamond && (is_four || is_six)
        };
        let naive: Vec<u64> = ours.iter().copied().filter(is_gold).collect();
        let in_open: Vec<u64> = naive
            .iter()
            .copied()
            .filter(|n| (5_000..=25_000).contains(n) && *n != 6_666)
            .collect();
        assert!(in_open.len() > 5, "{in_open:?}");
        assert_eq!(all_free(&app, gold(None)).await, in_open);
        let in_shut: Vec<u64> = naive.iter().copied().filter(|n| *n > 25_000).collect();
        assert_eq!(all_free(&app, gold(Some("shut"))).await, in_shut);

        let page = free(&app, &gold(None)).await;
        assert!(page.numbers.iter().all(|free| free.pool == "a"));
        let tiers: BTreeSet<_> =
            page.numbers.iter().map(|free| free.tier.clone().unwrap().tier).collect();
        assert_eq!(tiers, BTreeSet::from(["gold".to_owned()]));
        // Counted together they are all of the pool's numbers.
        let counts = number::count_pool(&app, &SYSTEM, ONE, "a").await.unwrap();
        let sum: u64 = counts.values().flat_map(|states| states.values()).sum();
        assert_eq!(sum, ours.iter().filter(|n| (5_000..=25_000).contains(*n)).count() as u64);
        assert_eq!(counts["gold"]["in_stock"], in_open.len() as u64);

        let odd = |wanted: Wanted| {
            let app = &app;
            async move { code(number::free_numbers(app, &SYSTEM, ONE, &wanted).await) }
        };
        let tail = |tail: &str| Wanted { ends_with: Some(tail.to_owned()), ..Wanted::default() };
        assert_eq!(odd(tail("8x")).await, "pool.tail_shape");
        assert_eq!(odd(tail("-8")).await, "pool.tail_shape");
        let tier = Wanted { tier: Some("tin".to_owned()), ..Wanted::default() };
        assert_eq!(odd(tier).await, "pool.unknown_tier");
        let pool = Wanted { pool: Some("none".to_owned()), ..Wanted::default() };
        assert_eq!(odd(pool).await, "pool.unknown");
    }

    async fn pools_made_from_many_sides_at_once_are_all_there(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let names: Vec<String> = (0..6).map(|n| format!("pool {n}")).collect();
        let make = |(n, name): (usize, &String)| {
            let from = n as u64 * 100;
            let (app, name) = (&app, name.clone());
            async move { put(app, &name, true, &[(from, from + 99)]).await }
        };
        join_all(names.iter().enumerate().map(make)).await;
        let pools = number::pools(&app, &SYSTEM, ONE).await.unwrap();
        let found: Vec<&str> = pools.iter().map(|pool| pool.name.as_str()).collect();
        assert_eq!(found, names);
        // A wide range that mostly belongs to nobody comes to its end.
        put(&app, "wide", true, &[(20_000, 4_000_000)]).await;
        let none = all_free(&app, Wanted { limit: 5, ..Wanted::default() }).await;
        assert!(none.is_empty(), "{none:?}");
    }
}
