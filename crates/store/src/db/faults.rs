//! What happens when the world fails under the database.

use super::tests::{GET, PUT, SET, batch, put, seq};
use super::*;
use crate::batch::Expect;
use crate::on_both_engines;
use crate::params;
use crate::testing::{Engine as TestEngine, fresh};
use std::collections::BTreeMap;

pub(crate) const ALL: &[&Statement] = &[&NO_ROOM, &ROOM];

/// Makes the disk full, as far as SQLite's writer can tell.
const NO_ROOM: Statement =
    Statement::of_two("test.no_room", "pragma max_page_count = 1", "select 1");
const ROOM: Statement =
    Statement::of_two("test.room", "pragma max_page_count = 1000000", "select 1");

async fn run(db: &Db, statement: &'static Statement) {
    let mut b = batch();
    b.push(statement, Vec::new(), Expect::Any);
    db.commit(b).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_loses_nothing_acknowledged_and_passes() {
    let db = fresh(TestEngine::Sqlite).await.unwrap();
    let mut b = batch();
    put(&mut b, 1, 10);
    db.commit(b).await.unwrap();
    run(&db, &NO_ROOM).await;
    let mut big = batch();
    big.push(&PUT, params![2_i64, 1_i64, vec![7_u8; 10_000_000], 0_i64], Expect::Rows(1));
    let Err(CommitError::Fault(error)) = db.commit(big.clone()).await else { panic!("no room") };
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Full, true));
    assert_eq!((seq(&db, 1).await, seq(&db, 2).await), (Some(10), None));
    run(&db, &ROOM).await;
    db.commit(big).await.unwrap();
    assert_eq!(seq(&db, 2).await, Some(1));
}

/// Nobody knows what a disk holds that could not be flushed.
#[tokio::test]
async fn a_log_that_cannot_be_flushed_ends_all_writing_and_nobody_is_told_that_it_is_done() {
    let folder = crate::testing::folder();
    let path = folder.join("baohao.db");
    let db = Db::open(path.to_str().unwrap()).await.unwrap();
    // SQLite keeps its own hold on the log; whoever looks for it by its name does not find it.
    std::fs::remove_file(folder.join("baohao.db-wal")).unwrap();
    for number in 1..=3 {
        let mut b = batch();
        put(&mut b, number, 10);
        let Err(CommitError::Fault(error)) = db.commit(b).await else { panic!("it is lost") };
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    }
    drop(db);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = crate::testing::folder();
    let path = folder.join("baohao.db");
    std::fs::write(&path, vec![b'x'; 8192]).unwrap();
    let error = Db::open(path.to_str().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Corrupt, false));
    assert_eq!(std::fs::read(&path).unwrap(), vec![b'x'; 8192]);
    let error = Db::open("/dev/null/baohao.db").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_server_that_drops_its_connections_is_found_again() {
    let Some(db) = fresh(TestEngine::Postgres).await else { return };
    let mut b = batch();
    put(&mut b, 1, 0);
    db.commit(b).await.unwrap();
    for step in 0..5 {
        crate::testing::drop_connections(&db).await;
        // A read is tried again; a batch is not, as it may have been committed.
        assert_eq!(seq(&db, 1).await, Some(step));
        crate::testing::drop_connections(&db).await;
        let mut b = batch();
        b.push(&SET, params![1_i64, step, step + 1], Expect::Rows(1));
        if let Err(error) = db.commit(b.clone()).await {
            let CommitError::Fault(error) = error else { panic!("{error:?}") };
            assert!(error.is_retryable(), "{error:?}");
            db.commit(b).await.unwrap();
        }
    }
    assert_eq!(seq(&db, 1).await, Some(5));
}

/// After a hundred million numbers had come to a database that was small once, each block was
/// looked for by reading through all ten thousand.
#[tokio::test]
async fn what_was_counted_when_a_table_was_small_is_forgotten() {
    let db = fresh(TestEngine::Sqlite).await.unwrap();
    let mut b = batch();
    put(&mut b, 1, 10);
    db.commit(b).await.unwrap();
    let raw = rusqlite::Connection::open(db.address()).unwrap();
    raw.execute_batch("analyze").unwrap();
    let counts = "select count(*) from sqlite_schema where name = 'sqlite_stat1'";
    let counted = || raw.query_row(counts, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(counted(), 1);
    Db::open(db.address()).await.unwrap();
    assert_eq!(counted(), 0);
    assert_eq!(seq(&db, 1).await, Some(10));
}

/// A worker that was started while the server cut connections ended instead of asking again.
#[tokio::test]
async fn a_process_starts_though_its_first_connections_are_cut() {
    let Some(db) = fresh(TestEngine::Postgres).await else { return };
    let config: tokio_postgres::Config = db.address().parse().unwrap();
    let [tokio_postgres::config::Host::Unix(server)] = config.get_hosts() else {
        panic!("the tests' server listens on a socket: {config:?}")
    };
    let name = format!(".s.PGSQL.{}", config.get_ports().first().unwrap_or(&5432));
    let (server, between) = (server.join(&name), crate::testing::folder());
    let listener = tokio::net::UnixListener::bind(between.join(&name)).unwrap();
    let cut = tokio::spawn(async move {
        let mut taken = 0;
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            taken += 1;
            if taken <= 2 {
                continue;
            }
            let mut server = tokio::net::UnixStream::connect(&server).await.unwrap();
            tokio::spawn(async move {
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    let folder = between.to_string_lossy().replace('/', "%2F");
    let address = format!(
        "postgres://{}@{}:{}/{}",
        config.get_user().unwrap_or("postgres"),
        folder,
        name.trim_start_matches(".s.PGSQL."),
        config.get_dbname().unwrap()
    );
    let opened = Db::open(&address).await.unwrap();
    assert_eq!(seq(&opened, 1).await, None);
    cut.abort();
}

#[tokio::test]
async fn no_server_is_a_fault_that_may_pass() {
    let folder = crate::testing::folder();
    let host = folder.to_string_lossy().replace('/', "%2F");
    let error = Db::open(&format!("postgres://postgres@{host}/x")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    for wrong in ["postgres://host:port", "postgres://localhost/x?sslmode=perhaps"] {
        let error = Db::open(wrong).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{wrong}");
    }
}

/// What a batch should do, in the plainest way.
#[derive(Clone, Debug, Default, PartialEq)]
struct Model(BTreeMap<i64, i64>);

#[derive(Clone, Copy, Debug)]
enum Step {
    Put(i64, i64),
    Set { id: i64, from: i64, to: i64, expect: Expect },
}

impl Model {
    fn commit(&mut self, steps: &[Step]) -> Result<(), &'static str> {
        let mut next = self.clone();
        for step in steps {
            match *step {
                Step::Put(id, seq) => {
                    if next.0.insert(id, seq).is_some() {
                        return Err("duplicate");
                    }
                }
                Step::Set { id, from, to, expect } => {
                    let is_there = next.0.get(&id) == Some(&from);
                    if is_there {
                        next.0.insert(id, to);
                    }
                    if !expect.is_met(u64::from(is_there)) {
                        return Err("conflict");
                    }
                }
            }
        }
        *self = next;
        Ok(())
    }
}

fn random_steps() -> Vec<Step> {
    let below = |bound| i64::try_from(seal::entropy::below(bound)).unwrap();
    let step = |_| {
        if below(3) == 0 {
            return Step::Put(below(12), below(4));
        }
        let expect = [Expect::Rows(1), Expect::Rows(0), Expect::Any, Expect::AtLeast(1)];
        let expect = expect[usize::try_from(below(4)).unwrap()];
        Step::Set { id: below(12), from: below(4), to: below(4), expect }
    };
    (0..=below(4)).map(step).collect()
}

fn batch_of(steps: &[Step]) -> Batch {
    let mut b = batch();
    for step in steps {
        match *step {
            Step::Put(id, seq) => put(&mut b, id, seq),
            Step::Set { id, from, to, expect } => b.push(&SET, params![id, from, to], expect),
        }
    }
    b
}

fn outcome(answer: Result<(), CommitError>) -> Result<(), &'static str> {
    match answer {
        Ok(()) => Ok(()),
        Err(CommitError::Conflict(_)) => Err("conflict"),
        Err(CommitError::Duplicate(_)) => Err("duplicate"),
        Err(CommitError::Fault(error)) => panic!("{error:?}"),
    }
}

on_both_engines! {
    async fn random_batches_do_what_a_plain_model_does(db: Fresh) {
        let mut model = Model::default();
        let mut history = Vec::new();
        for _ in 0..400 {
            let steps = random_steps();
            history.push(steps.clone());
            let got = outcome(db.commit(batch_of(&steps)).await);
            assert_eq!(got, model.commit(&steps), "after {history:?}");
        }
        for id in 0..12 {
            assert_eq!(seq(&db, id).await, model.0.get(&id).copied(), "after {history:?}");
        }
    }

    /// Batches that meet in one group: a conflict in one must not touch its neighbours.
    async fn neighbours_in_a_group_are_independent(db: Fresh) {
        let mut b = batch();
        put(&mut b, 0, 0);
        db.commit(b).await.unwrap();
        let tasks: Vec<_> = (1..=100_i64)
            .map(|id| {
                let db = db.db();
                tokio::spawn(async move {
                    let mut b = batch();
                    put(&mut b, id, id);
                    // Every third one writes first and then finds that it was mistaken.
                    let is_stale = id % 3 == 0;
                    if is_stale {
                        b.push(&SET, params![0_i64, 99_i64, 1_i64], Expect::Rows(1));
                    }
                    (id, is_stale, outcome(db.commit(b).await))
                })
            })
            .collect();
        for task in tasks {
            let (id, is_stale, got) = task.await.unwrap();
            assert_eq!(got, if is_stale { Err("conflict") } else { Ok(()) });
            let row = db.query_opt(&GET, params![id]).await.unwrap();
            assert_eq!(row.is_some(), !is_stale);
        }
    }

    /// A caller that goes away (a closed browser) leaves nothing behind that the next batch on the
    /// same connection would commit: here a batch that was about to be refused.
    async fn an_abandoned_batch_leaves_nothing_behind(db: Fresh) {
        for id in 0..200_i64 {
            let mut b = batch();
            put(&mut b, id, 1);
            b.push(&SET, params![id, 99_i64, 1_i64], Expect::Rows(1));
            let patience = std::time::Duration::from_micros(seal::entropy::below(2000));
            let _ = tokio::time::timeout(patience, db.commit(b)).await;
            let mut b = batch();
            put(&mut b, 1000 + id, 1);
            db.commit(b).await.unwrap();
            assert_eq!((seq(&db, id).await, seq(&db, 1000 + id).await), (None, Some(1)));
        }
    }
}
