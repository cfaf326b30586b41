//! Many numbers and SIMs brought into stock at once, and written out again.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use domain::access::Actor;
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::SimRef;
use domain::sim::{Iccid, Imsi};
use futures::future::join_all;
use service::inventory::{Brought, LOT_ROWS, NewSim, bring_numbers, bring_sims};
use service::{export, number};
use std::sync::atomic::AtomicBool;
use store::activity::{self, Known};
use testkit::{START, TestApp, on_both_engines};

const SYSTEM: Actor = Actor::System;
const ONE: OperatorId = OperatorId(1);
const TWO: OperatorId = OperatorId(2);

fn msisdn(n: u64) -> Msisdn {
    Msisdn::from_e164(8_613_800_130_000 + n).unwrap()
}

fn new_sim(iccid: u64, imsi: u64) -> NewSim {
    let iccid = Iccid::parse(&format!("898600{iccid:013}")).unwrap();
    let imsi = Imsi::parse(&format!("46000{imsi:010}")).unwrap();
    NewSim { sim: SimRef { iccid, imsi }, eid: None, profile_type: None, keys: None }
}

async fn assert_log_holds(app: &TestApp) {
    for log in service::audit::verify(app).await.unwrap() {
        assert!(log.findings.is_empty(), "{log:?}");
    }
}

async fn import_use_of(app: &TestApp, numbers: &[Msisdn]) -> (u64, u64) {
    let seconds = START.millis() / 1000 - 60;
    let line = |number: &Msisdn| format!("{number},mo_call,{seconds}\n");
    let text = "msisdn,kind,instant\n".to_owned() + &numbers.iter().map(line).collect::<String>();
    let source = service::ingest::Source {
        feed: service::ingest::feed_of(&mut text.as_bytes()).unwrap(),
        input: Box::new(std::io::Cursor::new(text.into_bytes())),
        commit_rows: u64::MAX,
        memory_bytes: service::ingest::MEMORY_BYTES,
    };
    let mut rejects = service::ingest::Rejects::keep(10);
    let stop = AtomicBool::new(false);
    let taken = service::ingest::import(app, &SYSTEM, source, &mut rejects, &stop, &|_| {}).await;
    let report = taken.unwrap();
    (report.done, report.rejected)
}

on_both_engines! {
    async fn a_lot_comes_into_stock_once_and_the_log_holds(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let count = LOT_ROWS as u64 + 500;
        // Out of order, over three blocks, some of them twice.
        let numbers = || (0..count).rev().chain(5..25).map(|n| msisdn(9_000 + n));
        let brought = bring_numbers(&app, &SYSTEM, ONE, numbers()).await.unwrap();
        assert_eq!(brought, Brought { new: count, known: 20 });
        let again = bring_numbers(&app, &SYSTEM, ONE, numbers()).await.unwrap();
        assert_eq!(again, Brought { new: 0, known: count + 20 });
        assert_log_holds(&app).await;
        // The first thing that happens to a number of a lot is its version 1.
        let until = START.plus_minutes(30);
        number::reserve(&app, &SYSTEM, msisdn(9_007), until).await.unwrap();
        let row = store::number::load(&app.store.db, msisdn(9_007)).await.unwrap().unwrap();
        assert_eq!(row.version, 1);
        assert_log_holds(&app).await;
    }

    async fn the_same_lot_from_four_sides_at_once_counts_once(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let bring = |_| bring_numbers(&app, &SYSTEM, ONE, (0..300).map(msisdn));
        let brought = join_all((0..4).map(bring)).await;
        let new: u64 = brought.into_iter().map(|brought| brought.unwrap().new).sum();
        assert_eq!(new, 300);
        assert_log_holds(&app).await;
    }

    async fn a_sim_whose_iccid_or_imsi_is_known_is_left_as_it_is(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let first = (0..100).map(|n| new_sim(n, n));
        assert_eq!(bring_sims(&app, &SYSTEM, ONE, first).await.unwrap().new, 100);
        // 50 known, one with a known IMSI on another card, one twice in the file.
        let second = (50..150).map(|n| new_sim(n, n)).chain([new_sim(900, 7), new_sim(149, 149)]);
        let brought = bring_sims(&app, &SYSTEM, TWO, second).await.unwrap();
        assert_eq!(brought, Brought { new: 50, known: 52 });
        let theirs = store::number::sim::list(&app.store.db, TWO, "", 1000).await.unwrap();
        assert_eq!(theirs.len(), 50);
        assert_log_holds(&app).await;
    }

    async fn use_is_taken_in_for_numbers_of_lots_and_for_those_brought_alone(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        bring_numbers(&app, &SYSTEM, ONE, (0..50).map(msisdn)).await.unwrap();
        number::bring(&app, &SYSTEM, TWO, msisdn(77)).await.unwrap();
        let block = msisdn(0).block();
        let known = |owner| {
            let db = app.store.db.clone();
            async move { activity::load_sets(&db, &[block], owner).await.unwrap().remove(0) }
        };
        assert_eq!(known(None).await.get(activity::place_of(msisdn(3))), Known::Present);
        assert_eq!(known(Some(TWO)).await.get(activity::place_of(msisdn(3))), Known::NotAsked);
        assert_eq!(known(None).await.get(activity::place_of(msisdn(77))), Known::NotAsked);
        // Looked up once, then known; a number that is nobody's is rejected.
        let used = [msisdn(3), msisdn(77), msisdn(99)];
        assert_eq!(import_use_of(&app, &used).await, (2, 1));
        assert_eq!(known(Some(TWO)).await.get(activity::place_of(msisdn(77))), Known::Present);
        assert_eq!(known(None).await.get(activity::place_of(msisdn(99))), Known::NotAsked);
        let last = activity::last_event(&app.store.db, msisdn(77), u16::MAX).await.unwrap();
        assert_eq!(last.map(|(at, _)| at), Some(START.plus_minutes(-1)));
    }

    async fn an_export_has_every_row_and_says_who_asked_and_why(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        app.operator(2).await;
        bring_numbers(&app, &SYSTEM, ONE, (9_990..10_010).map(msisdn)).await.unwrap();
        bring_numbers(&app, &SYSTEM, TWO, [msisdn(1)]).await.unwrap();
        let (mut lines, mut sims) = (Vec::new(), Vec::new());
        let mut sink = |some: Vec<export::Line>| {
            lines.extend(some);
            true
        };
        let count = export::numbers(&app, &SYSTEM, ONE, "for the books", &mut sink).await.unwrap();
        assert_eq!(count, 20);
        let numbers: Vec<String> = (9_990..10_010).map(|n| msisdn(n).to_string()).collect();
        assert_eq!(lines.iter().map(|line| line[0].clone()).collect::<Vec<_>>(), numbers);
        assert!(lines.iter().all(|line| line.len() == export::NUMBER_COLUMNS.len()));
        assert_eq!(lines[0][1..3], ["in_stock", "2026-03-11T02:00:00.000Z"]);

        bring_sims(&app, &SYSTEM, ONE, (0..3).map(|n| new_sim(n, n))).await.unwrap();
        let mut sink = |some: Vec<export::Line>| {
            sims.extend(some);
            false
        };
        assert_eq!(export::sims(&app, &SYSTEM, ONE, "to see", &mut sink).await.unwrap(), 3);
        assert!(sims.iter().all(|line| line.len() == export::SIM_COLUMNS.len()));
        assert_log_holds(&app).await;
        let entries = store::audit::list(&app.store.db, ONE, 0, 100).await.unwrap();
        let of = |action: &str| {
            let mut some: Vec<_> =
                entries.iter().filter(|stored| stored.entry.action == action).collect();
            some.sort_by_key(|stored| stored.entry.subject_version);
            some.into_iter().map(|stored| stored.entry.detail_json.clone()).collect::<Vec<_>>()
        };
        assert_eq!(of("numbers.exported"), [r#"{"reason":"for the books"}"#, r#"{"count":20}"#]);
        assert_eq!(of("sims.exported").len(), 2);
    }
}
