use super::*;
use crate::batch::Expect;
use crate::on_both_engines;
use crate::params;
use domain::time::At;

/// Statements over the tables of the first migration that only these tests use.
pub(crate) const ALL: &[&Statement] = &[&PUT, &GET, &SET, &LIST, &BROKEN];

pub(super) const PUT: Statement = Statement::new(
    "test.put",
    "insert into audit_head (operator_id, seq, chain, linked_at) values ($1, $2, $3, $4)",
);
pub(crate) const GET: Statement =
    Statement::new("test.get", "select seq, chain from audit_head where operator_id = $1");
pub(crate) const SET: Statement = Statement::new(
    "test.set",
    "update audit_head set seq = $3 where operator_id = $1 and seq = $2 returning seq",
);
const LIST: Statement = Statement::new(
    "test.list",
    "select operator_id, seq from audit_head where operator_id >= $1 order by operator_id",
);
const BROKEN: Statement =
    Statement::new("test.broken", "update audit_head set chain = null where operator_id = $1");

pub(crate) fn batch() -> Batch {
    Batch::new(At::from_millis(0))
}

pub(crate) fn put(batch: &mut Batch, id: i64, seq: i64) {
    batch.push(&PUT, params![id, seq, vec![1_u8, 2], At::from_millis(5)], Expect::Rows(1));
}

pub(crate) async fn seq(db: &Db, id: i64) -> Option<i64> {
    let row = db.query_opt(&GET, params![id]).await.unwrap();
    row.map(|row| row.get(0).unwrap())
}

on_both_engines! {
    async fn every_statement_is_sound(db: Fresh) {
        if let Err(error) = db.prepare_all().await {
            panic!("{error}: {:?}", std::error::Error::source(&error));
        }
    }

    async fn a_batch_is_there_as_a_whole_or_not_at_all(db: Fresh) {
        let mut good = batch();
        put(&mut good, 1, 10);
        put(&mut good, 2, 20);
        db.commit(good).await.unwrap();
        let mut stale = batch();
        put(&mut stale, 3, 30);
        stale.push(&SET, params![1_i64, 9_i64, 11_i64], Expect::Rows(1));
        assert!(matches!(db.commit(stale).await, Err(CommitError::Conflict("test.set"))));
        let mut twice = batch();
        put(&mut twice, 4, 40);
        put(&mut twice, 1, 50);
        assert!(matches!(db.commit(twice).await, Err(CommitError::Duplicate("test.put"))));
        assert_eq!((seq(&db, 1).await, seq(&db, 2).await), (Some(10), Some(20)));
        assert_eq!((seq(&db, 3).await, seq(&db, 4).await), (None, None));
        let mut broken = batch();
        put(&mut broken, 5, 50);
        broken.push(&BROKEN, params![1_i64], Expect::Any);
        let Err(CommitError::Fault(error)) = db.commit(broken).await else { panic!("not null") };
        assert!(!error.is_retryable(), "{error:?}");
        assert_eq!(seq(&db, 5).await, None);
    }

    async fn returned_rows_and_snapshots(db: Fresh) {
        let mut b = batch();
        put(&mut b, 1, 10);
        b.push(&SET, params![1_i64, 10_i64, 11_i64], Expect::Rows(1));
        let rows = db.commit_returning(b).await.unwrap();
        assert_eq!(rows[1][0].get::<i64>(0).unwrap(), 11);
        let answers =
            db.query_many(vec![(&GET, params![1_i64]), (&GET, params![2_i64])]).await.unwrap();
        assert_eq!((answers[0].len(), answers[1].len()), (1, 0));
        assert_eq!(answers[0][0].get::<Vec<u8>>(1).unwrap(), [1, 2]);
        assert_eq!(answers[0][0].get::<String>(1).unwrap_err().kind(), ErrorKind::Bug);
    }

    /// The pipeline keeps the order of the statements, however long the batch.
    async fn a_long_batch_runs_in_order(db: Fresh) {
        let mut b = batch();
        put(&mut b, 1, 0);
        for step in 0..1000_i64 {
            b.push(&SET, params![1_i64, step, step + 1], Expect::Rows(1));
        }
        db.commit(b).await.unwrap();
        assert_eq!(seq(&db, 1).await, Some(1000));
    }

    async fn of_many_at_once_each_wins_or_conflicts(db: Fresh) {
        let mut b = batch();
        put(&mut b, 1, 0);
        db.commit(b).await.unwrap();
        let tasks = (0..200).map(|_| {
            let db = db.db();
            tokio::spawn(async move {
                let now = seq(&db, 1).await.unwrap();
                let mut b = batch();
                b.push(&SET, params![1_i64, now, now + 1], Expect::Rows(1));
                match db.commit(b).await {
                    Ok(()) => 1,
                    Err(CommitError::Conflict(_)) => 0,
                    Err(other) => panic!("{other:?}"),
                }
            })
        });
        let tasks: Vec<_> = tasks.collect();
        let mut wins = 0;
        for task in tasks {
            wins += task.await.unwrap();
        }
        assert!(wins > 0);
        assert_eq!(seq(&db, 1).await, Some(wins));
    }

    async fn batches_in_company_have_an_answer_each(db: Fresh) {
        let mut b = batch();
        put(&mut b, 1, 0);
        db.commit(b).await.unwrap();
        let commit = |id: i64| {
            let db = db.db();
            async move {
                let mut b = batch();
                put(&mut b, id, id);
                db.commit_in_company(b).await
            }
        };
        // Whoever comes first gives up at once; nobody else waits for it.
        let first = tokio::time::timeout(std::time::Duration::ZERO, commit(2)).await;
        assert!(first.is_err() || matches!(first, Ok(Ok(()))));
        let answers = futures::future::join_all((1..=100).map(commit)).await;
        for (id, answer) in (1_i64..).zip(answers) {
            match answer {
                Ok(()) => assert!(id > 1),
                Err(CommitError::Duplicate("test.put")) => assert!(id <= 2, "{id}"),
                other => panic!("{id}: {other:?}"),
            }
        }
        for id in 2..=100 {
            assert_eq!(seq(&db, id).await, Some(id));
        }
        let nothing = db.commit_in_company(batch()).await;
        nothing.unwrap();
    }

    async fn reading_cannot_write(db: Fresh) {
        assert!(db.query(&SET, params![1_i64, 1_i64, 1_i64]).await.is_err());
    }

    async fn the_same_database_opens_again(db: Fresh) {
        let mut b = batch();
        put(&mut b, 7, 70);
        db.commit(b).await.unwrap();
        let again = Db::open(db.address()).await.unwrap();
        assert_eq!(seq(&again, 7).await, Some(70));
    }
}
