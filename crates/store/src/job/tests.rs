use super::*;
use crate::on_both_engines;

const NOON: At = At::from_millis(1_790_000_000_000);

async fn ask(db: &Db, at: At, key: &str, n: i64) {
    let mut batch = Batch::new(at);
    let payload = serde_json::json!({ "n": n });
    batch.job(Job { kind: "test.work", key: key.to_owned(), payload, run_at: at });
    db.commit(batch).await.unwrap();
}

async fn finish(db: &Db, at: At, job: &ClaimedJob) {
    let mut batch = Batch::new(at);
    job.done(&mut batch);
    db.commit(batch).await.unwrap();
}

on_both_engines! {
    async fn a_job_runs_once_and_is_gone(db: Fresh) {
        ask(&db, NOON, "a", 1).await;
        ask(&db, NOON.plus_minutes(5), "b", 2).await;
        assert_eq!(next_due(&db).await.unwrap(), Some(NOON));
        let jobs = claim(&db, NOON, 10).await.unwrap();
        assert_eq!(jobs.len(), 1);
        assert_eq!((jobs[0].key.as_str(), jobs[0].attempt), ("a", 1));
        assert!(claim(&db, NOON, 10).await.unwrap().is_empty());
        finish(&db, NOON, &jobs[0]).await;
        let later = NOON.plus_minutes(10);
        let jobs = claim(&db, later, 10).await.unwrap();
        assert_eq!(jobs.iter().map(|job| job.key.as_str()).collect::<Vec<_>>(), ["b"]);
    }

    async fn photos_and_everything_else_are_claimed_apart(db: Fresh) {
        ask(&db, NOON, "a", 1).await;
        let mut batch = Batch::new(NOON);
        let payload = serde_json::json!({});
        batch.job(Job { kind: PHOTOS, key: "p".to_owned(), payload, run_at: NOON });
        db.commit(batch).await.unwrap();
        let keys = |jobs: Vec<ClaimedJob>| -> Vec<String> {
            jobs.into_iter().map(|job| job.key).collect()
        };
        assert_eq!(keys(claim_in(&db, NOON, 10, Lane::Photos).await.unwrap()), ["p"]);
        assert_eq!(keys(claim_in(&db, NOON, 10, Lane::Photos).await.unwrap()), [""; 0]);
        assert_eq!(keys(claim_in(&db, NOON, 10, Lane::Others).await.unwrap()), ["a"]);
        assert_eq!(keys(claim(&db, NOON, 10).await.unwrap()), [""; 0]);
        // Who waits for one is not woken by the other.
        let waits = std::time::Duration::from_millis(50);
        db.jobs_wait(Lane::Photos).await;
        db.jobs_wait(Lane::Others).await;
        ask(&db, NOON, "b", 1).await;
        assert!(tokio::time::timeout(waits, db.jobs_wait(Lane::Photos)).await.is_err());
        db.jobs_wait(Lane::Others).await;
    }

    /// A change while the job runs must not be lost: the job runs again with the new payload.
    async fn asked_again_while_running_it_runs_again(db: Fresh) {
        ask(&db, NOON, "a", 1).await;
        let first = claim(&db, NOON, 10).await.unwrap();
        ask(&db, NOON, "a", 2).await;
        finish(&db, NOON, &first[0]).await;
        let second = claim(&db, NOON, 10).await.unwrap();
        assert_eq!(second[0].payload["n"], 2);
        finish(&db, NOON, &second[0]).await;
        assert!(claim(&db, NOON.plus_days(1), 10).await.unwrap().is_empty());
    }

    async fn a_lease_ends_and_the_late_worker_changes_nothing(db: Fresh) {
        ask(&db, NOON, "a", 1).await;
        let slow = claim(&db, NOON, 10).await.unwrap();
        let later = NOON.plus_minutes(3);
        let quick = claim(&db, later, 10).await.unwrap();
        assert_eq!((quick.len(), quick[0].attempt), (1, 2));
        finish(&db, later, &slow[0]).await;
        let mut batch = Batch::new(later);
        quick[0].again(&mut batch, later.plus_minutes(1));
        db.commit(batch).await.unwrap();
        assert!(claim(&db, later, 10).await.unwrap().is_empty());
        assert_eq!(claim(&db, later.plus_minutes(1), 10).await.unwrap()[0].attempt, 1);
    }

    async fn failures_wait_longer_and_end_as_dead(db: Fresh) {
        ask(&db, NOON, "a", 1).await;
        let mut now = NOON;
        let mut waits = Vec::new();
        loop {
            let jobs = claim(&db, now, 10).await.unwrap();
            let mut batch = Batch::new(now);
            let failed = jobs[0].fail(&mut batch, "no answer");
            db.commit(batch).await.unwrap();
            match failed {
                Failed::Retry(at) => {
                    waits.push(at.millis() - now.millis());
                    now = at;
                }
                Failed::Dead => break,
            }
        }
        assert_eq!(i64::try_from(waits.len()).unwrap(), ATTEMPTS_MAX - 1);
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]));
        assert!(now.millis() - NOON.millis() > 2 * 86_400_000);
        assert!(claim(&db, now.plus_days(1), 10).await.unwrap().is_empty());
        let set_aside = dead(&db, 10).await.unwrap();
        assert_eq!(set_aside[0].last_error.as_deref(), Some("no answer"));
        let mut batch = Batch::new(now);
        revive(&mut batch, "test.work", "a");
        db.commit(batch).await.unwrap();
        assert_eq!(claim(&db, now, 10).await.unwrap().len(), 1);
    }

    async fn many_workers_share_the_jobs(db: Fresh) {
        for n in 0..60 {
            ask(&db, NOON, &format!("k{n}"), n).await;
        }
        let workers = (0..8).map(|_| {
            let db = db.db();
            tokio::spawn(async move {
                let mut keys = Vec::new();
                loop {
                    let jobs = claim(&db, NOON, 7).await.unwrap();
                    if jobs.is_empty() && next_due(&db).await.unwrap().is_none() {
                        return keys;
                    }
                    for job in jobs {
                        finish(&db, NOON, &job).await;
                        keys.push(job.key);
                    }
                }
            })
        });
        let workers: Vec<_> = workers.collect();
        let mut keys = Vec::new();
        for worker in workers {
            keys.extend(worker.await.unwrap());
        }
        keys.sort();
        let all = keys.len();
        keys.dedup();
        assert_eq!((all, keys.len()), (60, 60));
    }
}
