//! What a usage file does for the person who holds the number, on both engines.
#![expect(clippy::unwrap_used, reason = "tests")]

use domain::access::Actor;
use domain::msisdn::Msisdn;
use domain::number::UsageKind;
use domain::time::At;
use service::{ingest, keep, sweep};
use testkit::{TestApp, on_both_engines};

const NUMBER: &str = "13800138000";

async fn usage(app: &TestApp, kind: &str, at: At) {
    let rows = format!("msisdn,kind,instant\n{NUMBER},{kind},{}\n", at.millis());
    let (report, rejects) = ingest::push(app, &Actor::System, rows.into_bytes()).await.unwrap();
    assert_eq!(report.done, 1, "{rejects:?}");
    app.run_jobs().await;
}

/// Lets days pass, sweeping at the end of each.
async fn pass(app: &TestApp, days: i64) {
    for _ in 0..days {
        app.advance_seconds(86_400);
        sweep::run(app, app.now(), false).await.unwrap();
        app.run_jobs().await;
    }
}

on_both_engines! {
    async fn a_reminded_holder_who_calls_is_told_that_the_number_is_saved(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        app.holder(NUMBER, "holder@example.org").await;
        app.run_jobs().await;
        let number = Msisdn::parse(NUMBER).unwrap();
        let window = i64::from(keep::view(&app, number).await.unwrap().window_days);
        pass(&app, window - 20).await;
        let before = keep::view(&app, number).await.unwrap();
        assert!(before.is_reminded, "twenty days before the end");
        let sent = app.outside.sms().len();

        // A text that came in does not count under this policy.
        usage(&app, "mt_sms", app.now()).await;
        assert_eq!(app.outside.sms().len(), sent);
        assert_eq!(keep::view(&app, number).await.unwrap().deadline_on, before.deadline_on);

        usage(&app, "mo_call", app.now().plus_minutes(-5)).await;
        let after = keep::view(&app, number).await.unwrap();
        assert!(after.deadline_on > before.deadline_on && !after.is_reminded);
        assert_eq!(after.last_use.map(|last| last.kind), Some(UsageKind::MoCall));
        let told = app.outside.sms();
        assert_eq!(told.len(), sent + 1, "told at once, and once");
        usage(&app, "mo_call", app.now().plus_minutes(-4)).await;
        assert_eq!(app.outside.sms().len(), sent + 1, "nothing to be saved from any more");
    }

    async fn what_came_before_the_holder_does_not_count_for_the_holder(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        let former = app.now();
        app.advance_seconds(86_400);
        app.holder(NUMBER, "holder@example.org").await;
        let number = Msisdn::parse(NUMBER).unwrap();
        let before = keep::view(&app, number).await.unwrap();
        usage(&app, "mo_call", former).await;
        let after = keep::view(&app, number).await.unwrap();
        assert_eq!((after.last_use, after.deadline_on), (None, before.deadline_on));
        app.advance_seconds(3 * 86_400);
        usage(&app, "top_up", app.now()).await;
        let after = keep::view(&app, number).await.unwrap();
        assert_eq!(after.last_use.map(|last| last.kind), Some(UsageKind::TopUp));
        assert!(after.deadline_on > before.deadline_on);
    }
}
