//! The queue and the one case on a reviewer's desk, on both engines.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use domain::access::Role;
use domain::application::Kind;
use domain::id::{ApplicationId, OperatorId};
use domain::time::At;
use service::review::{self, QueueFilter};
use service::{App, Error};
use store::Batch;
use store::review::Enqueue;
use testkit::{START, TestApp, on_both_engines};

fn id(n: u128) -> ApplicationId {
    ApplicationId::from_u128(n)
}

async fn enqueue(app: &App, n: u128, operator_id: i64, promise_days: i64, difficulty: i64) {
    let mut batch = Batch::new(app.now());
    Enqueue {
        application_id: id(n),
        operator_id: OperatorId(operator_id),
        kind: Kind::Registration,
        is_front: false,
        promise_at: START.plus_days(promise_days),
        difficulty,
        taken_by: None,
    }
    .push(&mut batch);
    app.store.db.commit(batch).await.unwrap();
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    match result.unwrap_err() {
        Error::Refused(refused) => refused.code,
        Error::NotFound => "404",
        other => panic!("{other:?}"),
    }
}

on_both_engines! {
    async fn the_next_case_is_the_most_pressing_and_one_at_a_time(db: Fresh) {
        let app = TestApp::on(db).await;
        let [li, wang] = [
            app.staff(1, "li", &[Role::Reviewer]).await.actor(),
            app.staff(1, "wang", &[Role::Reviewer]).await.actor(),
        ];
        enqueue(&app, 1, 1, 2, 0).await;
        enqueue(&app, 2, 1, 1, 5).await;
        enqueue(&app, 3, 1, 1, 3).await;
        enqueue(&app, 9, 2, 0, 0).await;
        let queue = review::queue(&app, &li, QueueFilter::default()).await.unwrap();
        let order: Vec<_> = queue.rows.iter().map(|row| row.application_id).collect();
        assert_eq!(order, [id(3), id(2), id(1)], "another operator's case is not there");
        assert_eq!(review::claim_next(&app, &li).await.unwrap(), id(3));
        assert_eq!(review::claim_next(&app, &li).await.unwrap(), id(3), "still the same");
        assert_eq!(code(review::claim(&app, &li, id(1)).await), "review.other_case_open");
        assert_eq!(review::claim_next(&app, &wang).await.unwrap(), id(2));
        assert_eq!(code(review::claim(&app, &wang, id(3)).await), "review.claimed_by_other");
        assert_eq!(code(review::release(&app, &wang, id(3)).await), "review.not_claimed");
        review::release(&app, &li, id(3)).await.unwrap();
        review::claim(&app, &li, id(1)).await.unwrap();
        let queue = review::queue(&app, &li, QueueFilter::default()).await.unwrap();
        assert_eq!(queue.mine, Some(id(1)));
        assert_eq!(code(review::claim(&app, &li, id(9)).await), "404");
        assert_eq!(code(review::claim(&app, &li, id(77)).await), "404");
    }

    async fn a_lease_ends_unless_it_is_renewed(db: Fresh) {
        let app = TestApp::on(db).await;
        let [li, wang] = [
            app.staff(1, "li", &[Role::Reviewer]).await.actor(),
            app.staff(1, "wang", &[Role::Reviewer]).await.actor(),
        ];
        enqueue(&app, 1, 1, 1, 0).await;
        review::claim(&app, &li, id(1)).await.unwrap();
        app.advance_seconds(9 * 60);
        review::renew(&app, &li, id(1)).await.unwrap();
        app.advance_seconds(9 * 60);
        assert_eq!(code(review::claim_next(&app, &wang).await), "review.queue_empty");
        app.advance_seconds(61);
        assert_eq!(review::claim_next(&app, &wang).await.unwrap(), id(1));
        assert_eq!(code(review::renew(&app, &li, id(1)).await), "review.not_claimed");
    }

    async fn of_many_who_want_one_case_at_once_one_gets_it(db: Fresh) {
        let app = TestApp::on(db).await;
        enqueue(&app, 1, 1, 1, 0).await;
        let mut tries = Vec::new();
        for n in 0..12 {
            let actor = app.staff(1, &format!("r{n}"), &[Role::Reviewer]).await.actor();
            let app = std::sync::Arc::clone(&app.app);
            let attempt = async move { review::claim_next(&app, &actor).await.is_ok() };
            tries.push(tokio::spawn(attempt));
        }
        let mut wins = 0;
        for attempt in tries {
            wins += u32::from(attempt.await.unwrap());
        }
        assert_eq!(wins, 1);
    }

    async fn a_lead_gives_a_case_to_someone(db: Fresh) {
        let app = TestApp::on(db).await;
        let wang = app.staff(1, "wang", &[Role::Reviewer]).await;
        let stranger = app.staff(2, "stranger", &[Role::Reviewer]).await;
        let li = app.staff(1, "li", &[Role::Reviewer]).await.actor();
        let lead = app.staff(1, "chen", &[Role::Lead]).await.actor();
        enqueue(&app, 1, 1, 1, 0).await;
        review::claim(&app, &li, id(1)).await.unwrap();
        let to = |staff_id| review::reassign(&app, &lead, id(1), Some(staff_id));
        assert_eq!(code(to(stranger.staff_id).await), "404");
        to(wang.staff_id).await.unwrap();
        assert_eq!(code(review::renew(&app, &li, id(1)).await), "review.not_claimed");
        let refused = review::reassign(&app, &li, id(1), None).await;
        assert_eq!(code(refused), "access.not_your_role");
        let queue = review::queue(&app, &wang.actor(), QueueFilter::default()).await.unwrap();
        assert!(queue.rows[0].is_back_to_me && queue.rows[0].may_claim);
    }

    async fn who_took_the_application_sees_it_but_never_gets_it(db: Fresh) {
        let app = TestApp::on(db).await;
        let both = app.staff(1, "both", &[Role::Clerk, Role::Reviewer]).await;
        let mut batch = Batch::new(app.now());
        Enqueue {
            application_id: id(1),
            operator_id: OperatorId(1),
            kind: Kind::Registration,
            is_front: false,
            promise_at: At::default(),
            difficulty: 0,
            taken_by: Some(both.staff_id),
        }
        .push(&mut batch);
        app.store.db.commit(batch).await.unwrap();
        assert_eq!(code(review::claim(&app, &both.actor(), id(1)).await), "access.took_the_case");
        assert_eq!(code(review::claim_next(&app, &both.actor()).await), "review.queue_empty");
    }
}
