//! Usage files and pushes, taken in on both engines.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use domain::access::Actor;
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::{Facts, LadderMark, SimRef, UsageKind};
use domain::sim::{Iccid, Imsi};
use service::Error;
use service::ingest::{
    FileRefusal, MEMORY_BYTES, Rejects, Report, RowFault, Source, feed_of, import, push,
};
use std::collections::BTreeMap;
use std::io::{Cursor as Bytes, Read};
use std::sync::atomic::AtomicBool;
use store::number::{self, NumberRow};
use store::{Batch, activity};
use testkit::{START, TestApp, folder, on_both_engines};

fn msisdn(n: u32) -> Msisdn {
    Msisdn::parse(&format!("1380013{n:04}")).unwrap()
}

/// Puts numbers `0..count` of one block into stock; those in `reminded` have been reminded.
async fn stock(app: &TestApp, operator_id: i64, numbers: std::ops::Range<u32>, reminded: &[u32]) {
    let mut batch = Batch::new(app.now());
    for n in numbers {
        let ladder = reminded.contains(&n).then_some(LadderMark { day: -7, at: START });
        let facts = Facts { ladder, ..Facts::in_stock(START) };
        let operator_id = OperatorId(operator_id);
        number::insert(
            &mut batch,
            &NumberRow { msisdn: msisdn(n), operator_id, version: 1, facts },
        );
    }
    app.store.db.commit(batch).await.unwrap();
}

fn source(text: &[u8], commit_rows: u64) -> Source {
    let feed = feed_of(&mut &text[..]).unwrap();
    Source {
        input: Box::new(Bytes::new(text.to_vec())),
        feed,
        commit_rows,
        memory_bytes: MEMORY_BYTES,
    }
}

async fn take(app: &TestApp, text: &[u8]) -> (Report, Vec<(u64, &'static str)>) {
    use domain::refusal::Refusal;
    let mut rejects = Rejects::keep(1000);
    let stop = AtomicBool::new(false);
    let report = import(app, &Actor::System, source(text, 1000), &mut rejects, &stop, &|_| {})
        .await
        .unwrap();
    let told = rejects.into_kept().into_iter().map(|r| (r.line, r.fault.code())).collect();
    (report, told)
}

async fn last(app: &TestApp, n: u32) -> Option<(i64, UsageKind)> {
    let found = activity::last_event(&app.store.db, msisdn(n), u16::MAX).await.unwrap();
    found.map(|(at, kind)| (at.millis() / 1000, UsageKind::ALL[usize::from(kind)]))
}

const NOON: i64 = 1_773_194_400;

/// Fails with an error of the disk after so many bytes, as a machine does that is pulled out.
struct Pulled(Bytes<Vec<u8>>, u64);

impl Read for Pulled {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.0.position() >= self.1 {
            return Err(std::io::Error::other("pulled out"));
        }
        let left = self.1 - self.0.position();
        (&mut self.0).take(left).read(buffer)
    }
}

fn many_rows() -> String {
    let line = |n: i64| {
        let kind = UsageKind::ALL[usize::try_from(n % 9).unwrap()].code();
        let number = 13_800_130_000 + n * 7 % 350;
        format!("{number},{kind},{}\n", NOON - n * 7919 % 100_000)
    };
    "msisdn,kind,instant\n".to_owned() + &(0..3000).map(line).collect::<String>()
}

async fn all(app: &TestApp) -> BTreeMap<u32, Option<(i64, UsageKind)>> {
    let mut all = BTreeMap::new();
    for n in 0..350 {
        all.insert(n, last(app, n).await);
    }
    all
}

on_both_engines! {
    async fn the_newest_use_of_each_number_counts_and_bad_rows_are_told(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        stock(&app, 1, 0..3, &[]).await;
        let text = format!(
            "kind,msisdn,instant,cell\n\
             mo_call,13800130000,{NOON},a\n\
             mo_sms,13800130000,{},b\n\
             mo_call,13800130009,{NOON},c\n\
             fax,13800130001,{NOON},d\n\
             top_up,13800130001,2026-03-11T09:59:00+08:00,e\n\
             top_up,13800130001,{},f\n",
            NOON - 60,
            NOON + 86_400,
        );
        let (report, rejects) = take(&app, text.as_bytes()).await;
        assert_eq!((report.done, report.rejected, report.skipped), (3, 3, 0));
        assert!(report.is_finished);
        let wanted = [
            (4, "usage.number_unknown"), (5, "usage.kind_unknown"), (7, "usage.instant_future"),
        ];
        assert_eq!(rejects, wanted);
        assert_eq!(last(&app, 0).await, Some((NOON, UsageKind::MoCall)));
        assert_eq!(last(&app, 1).await, Some((NOON - 60, UsageKind::TopUp)));
        assert_eq!(last(&app, 2).await, None);

        let before = all(&app).await;
        let (report, _) = take(&app, text.as_bytes()).await;
        assert_eq!((report.done, report.rejected, report.skipped), (0, 0, 6));
        assert_eq!(all(&app).await, before);
        // Older news change nothing.
        let (report, _) = take(&app, b"msisdn,kind,instant\n13800130000,mo_sms,1700000000\n").await;
        assert_eq!((report.done, all(&app).await), (1, before));
    }

    async fn interrupted_anywhere_the_result_is_the_same(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        stock(&app, 1, 0..300, &[]).await;
        let text = many_rows();
        let path = folder().join("rejects.csv");
        let stop = AtomicBool::new(false);
        for pulled_at in [10, 30_000, 31_000, 70_000, 90_000] {
            let mut rejects = Rejects::write(path.clone(), words::Lang::En);
            let input = Pulled(Bytes::new(text.clone().into_bytes()), pulled_at);
            let source = Source { input: Box::new(input), ..source(text.as_bytes(), 100) };
            let broken = import(&app, &Actor::System, source, &mut rejects, &stop, &|_| {}).await;
            assert!(matches!(broken, Err(Error::Fault(_))), "{broken:?}");
        }
        // Asked to stop after the first piece.
        let mut rejects = Rejects::write(path.clone(), words::Lang::En);
        let asked = AtomicBool::new(true);
        let part = import(
            &app, &Actor::System, source(text.as_bytes(), 100), &mut rejects, &asked, &|_| {},
        );
        assert!(!part.await.unwrap().is_finished);
        let mut rejects = Rejects::write(path.clone(), words::Lang::En);
        let seen = std::sync::Mutex::new(Vec::new());
        let progress = |report: Report| seen.lock().unwrap().push(report.done);
        let report = import(
            &app, &Actor::System, source(text.as_bytes(), 100), &mut rejects, &stop, &progress,
        )
        .await
        .unwrap();
        assert!(report.is_finished && report.skipped > 1000 && report.done > 0);
        assert_eq!(report.done + report.rejected + report.skipped, 3000);
        assert!(seen.into_inner().unwrap().is_sorted());

        let again = TestApp::on(testkit::fresh(testkit::Engine::Sqlite).await.unwrap()).await;
        stock(&again, 1, 0..300, &[]).await;
        let (_, wanted) = take(&again, text.as_bytes()).await;
        assert_eq!(all(&app).await, all(&again).await);
        let told = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<u64> =
            told.lines().skip(1).map(|l| l.split(',').next().unwrap().parse().unwrap()).collect();
        assert_eq!(lines, wanted.iter().map(|(line, _)| *line).collect::<Vec<_>>());
        assert!(told.contains("usage.number_unknown,\"There is no such number\",\"13800130"));
    }

    async fn events_of_a_sim_belong_to_the_number_it_served_then(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        stock(&app, 1, 0..2, &[]).await;
        let sim = SimRef {
            iccid: Iccid::parse("89860012345678901238").unwrap(),
            imsi: Imsi::parse("460001234567890").unwrap(),
        };
        let moves = [(-20, None, Some(0)), (-10, Some(0), Some(1)), (-5, Some(1), None)];
        for (days, from, to) in moves {
            let mut batch = Batch::new(START.plus_days(days));
            if let Some(n) = from {
                number::history::insert_sim(&mut batch, msisdn(n), 1, Some(sim), None);
            }
            if let Some(n) = to {
                let mut later = Batch::new(START.plus_days(days).plus_millis(1));
                number::history::insert_sim(&mut later, msisdn(n), 2, None, Some(sim));
                app.store.db.commit(batch).await.unwrap();
                batch = later;
            }
            app.store.db.commit(batch).await.unwrap();
        }
        let day = |days: i64| NOON + days * 86_400;
        let text = format!(
            "imsi,kind,instant\n460001234567890,mo_call,{}\n460001234567890,mo_sms,{}\n\
             460001234567890,mo_sms,{}\n460001234567890,mo_sms,{}\n460009999999999,mo_sms,{}\n",
            day(-15), day(-7), day(-2), day(-30), day(-7),
        );
        let (report, rejects) = take(&app, text.as_bytes()).await;
        assert_eq!(report.done, 2);
        let unknown = "usage.imsi_unknown";
        assert_eq!(rejects, [(4, unknown), (5, unknown), (6, unknown)]);
        assert_eq!(last(&app, 0).await, Some((day(-15), UsageKind::MoCall)));
        assert_eq!(last(&app, 1).await, Some((day(-7), UsageKind::MoSms)));
    }

    /// A row by IMSI told whether another operator had that SIM.
    async fn whose_sim_it_is_is_not_told_to_another_operator(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        stock(&app, 1, 0..1, &[]).await;
        let sim = SimRef {
            iccid: Iccid::parse("89860012345678901238").unwrap(),
            imsi: Imsi::parse("460001234567890").unwrap(),
        };
        let mut batch = Batch::new(START.plus_days(-20));
        number::history::insert_sim(&mut batch, msisdn(0), 1, None, Some(sim));
        app.store.db.commit(batch).await.unwrap();
        let rows = format!(
            "imsi,kind,instant\n460001234567890,mo_call,{NOON}\n460009999999999,mo_call,{NOON}\n"
        );
        let of = |id| Actor::Token {
            operator_id: OperatorId(id), name: "feed".to_owned(), scopes: Vec::new(),
        };
        let (_, rejects) = push(&app, &of(2), rows.clone().into_bytes()).await.unwrap();
        let faults: Vec<RowFault> = rejects.iter().map(|reject| reject.fault).collect();
        assert_eq!(faults, [RowFault::ImsiUnknown, RowFault::ImsiUnknown]);
        let (report, _) = push(&app, &of(1), rows.into_bytes()).await.unwrap();
        assert_eq!((report.done, report.rejected), (1, 1));
    }

    async fn the_same_push_from_eight_sides_at_once_counts_once_and_nobody_fails(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        stock(&app, 1, 0..1, &[]).await;
        let row = format!(
            "{{\"msisdn\":\"13800130000\",\"kind\":\"mo_call\",\"instant\":{NOON}}}\n"
        );
        let bytes = row.into_bytes();
        let pushes = (0..8).map(|_| push(&app, &Actor::System, bytes.clone()));
        let reports = futures::future::join_all(pushes).await;
        let done: u64 = reports.into_iter().map(|report| report.unwrap().0.done).sum();
        assert_eq!(done, 1);
    }

    async fn a_push_touches_the_numbers_of_its_operator_only(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        stock(&app, 1, 0..1, &[]).await;
        stock(&app, 2, 1..2, &[]).await;
        let rows = format!(
            "{{\"msisdn\":\"13800130000\",\"kind\":\"mo_call\",\"instant\":{NOON}}}\n\
             {{\"msisdn\":\"13800130001\",\"kind\":\"mo_call\",\"instant\":{NOON}}}\n"
        );
        let of = |id| Actor::Token {
            operator_id: OperatorId(id), name: "feed".to_owned(), scopes: Vec::new(),
        };
        let (report, rejects) = push(&app, &of(2), rows.clone().into_bytes()).await.unwrap();
        assert_eq!((report.done, rejects.len()), (1, 1));
        assert_eq!(rejects[0].fault, RowFault::NumberUnknown);
        assert_eq!(last(&app, 0).await, None);
        assert_eq!(last(&app, 1).await, Some((NOON, UsageKind::MoCall)));
        let (report, _) = push(&app, &of(2), rows.clone().into_bytes()).await.unwrap();
        assert_eq!((report.done, report.skipped), (0, 2));
        let (report, _) = push(&app, &of(1), rows.into_bytes()).await.unwrap();
        assert_eq!(report.done, 1);
    }

    async fn a_reminded_number_that_was_used_is_looked_at_once(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        stock(&app, 1, 0..3, &[1, 2]).await;
        let text = format!(
            "msisdn,kind,instant\n13800130000,mo_call,{NOON}\n13800130001,mo_call,{NOON}\n"
        );
        take(&app, text.as_bytes()).await;
        let due = |app: &TestApp| {
            let (db, at) = (app.store.db.clone(), app.now().plus_minutes(1));
            async move {
                let jobs = store::job::claim(&db, at, 100).await.unwrap();
                jobs.into_iter().map(|job| (job.kind, job.key)).collect::<Vec<_>>()
            }
        };
        assert_eq!(due(&app).await, [("keep.saved".to_owned(), "number:8613800130001".to_owned())]);
    }

    async fn more_blocks_than_one_batch_takes(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        let number = |n: u64| Msisdn::from_e164(8_613_800_000_000 + n * 10_000 + n % 7).unwrap();
        let mut batch = Batch::new(app.now());
        for n in 0..600 {
            let (operator_id, facts) = (OperatorId(1), Facts::in_stock(START));
            let msisdn = number(n);
            number::insert(&mut batch, &NumberRow { msisdn, operator_id, version: 1, facts });
        }
        app.store.db.commit(batch).await.unwrap();
        let line = |n: u64| format!("{},mo_call,{}\n", number(n), NOON - 700 + n.cast_signed());
        let text = "msisdn,kind,instant\n".to_owned() + &(0..600).map(line).collect::<String>();
        let (report, rejects) = take(&app, text.as_bytes()).await;
        assert_eq!((report.done, rejects), (600, vec![]));
        for n in 0..600 {
            let found = activity::last_event(&app.store.db, number(n), u16::MAX).await.unwrap();
            let second = found.map(|(at, _)| at.millis() / 1000);
            assert_eq!(second, Some(NOON - 700 + n.cast_signed()));
        }
    }

    async fn files_taken_in_at_the_same_time_both_count(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        stock(&app, 1, 0..20, &[]).await;
        let file = |kind: &str, second: i64| {
            let rows: Vec<String> =
                (0..20).map(|n| format!("138001300{n:02},{kind},{}\n", second + n % 3)).collect();
            format!("msisdn,kind,instant\n{}", rows.concat())
        };
        let (a, b) = (file("mo_call", NOON - 100), file("mo_sms", NOON - 101));
        let (left, right) = futures::join!(take(&app, a.as_bytes()), take(&app, b.as_bytes()));
        assert_eq!((left.0.done, right.0.done), (20, 20));
        for n in 0..20 {
            let of = |kinds| activity::last_event(&app.store.db, msisdn(n), kinds);
            assert!(of(1 << UsageKind::MoCall.index()).await.unwrap().is_some());
            assert!(of(1 << UsageKind::MoSms.index()).await.unwrap().is_some());
        }
    }
}

#[test]
fn every_reason_has_its_message() {
    use domain::refusal::Refusal;
    for fault in RowFault::all() {
        assert!(words::Lang::Zh.refusal(fault.code(), &[]).is_some(), "{fault:?}");
    }
    for refusal in FileRefusal::ALL {
        let said = words::Lang::En.refusal(refusal.code(), &refusal.values());
        assert!(said.is_some(), "{refusal:?}");
    }
}
