//! `kill -9` in the middle of everything: what was acknowledged is there, and nothing in half.

#![expect(clippy::unwrap_used, reason = "tests")]

use domain::id::OperatorId;
use domain::time::At;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use store::{AuditEntry, Batch, Db, Job, audit, job};

const FOLDER: &str = "BAOHAO_TEST_CRASH_FOLDER";
const ROUNDS: usize = 20;
const NOON: At = At::from_millis(1_790_000_000_000);
const ONE: OperatorId = OperatorId(1);

/// Only operators that exist have a log.
async fn join(db: &Db) {
    let mut batch = Batch::new(NOON);
    let operator = domain::operator::Operator {
        id: OperatorId(1),
        code: "demo".to_owned(),
        name_zh: "演示".to_owned(),
        name_en: "Demo".to_owned(),
        brand: "演示网".to_owned(),
        hotline: "10000".to_owned(),
        zone: domain::time::Zone::shanghai(),
        policy_pack: "cn".to_owned(),
        language: "zh".to_owned(),
    };
    store::operator::insert(&mut batch, &operator);
    db.commit(batch).await.unwrap();
}

fn batch(key: &str) -> Batch {
    let mut batch = Batch::new(NOON);
    batch.audit(AuditEntry {
        operator_id: ONE,
        subject: format!("thing:{key}"),
        subject_version: 1,
        actor: "system".to_owned(),
        action: "test.write".to_owned(),
        detail_json: "{}".to_owned(),
        at: NOON,
    });
    let payload = serde_json::Value::Null;
    batch.job(Job { kind: "test.write", key: key.to_owned(), payload, run_at: NOON });
    batch
}

/// Not a test by itself: the process that is killed. It writes without end and names every batch
/// only after it was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let db = Db::open(&format!("{folder}/baohao.db")).await.unwrap();
    let writers = (0..8).map(|writer| {
        let db = db.clone();
        tokio::spawn(async move {
            for n in 0.. {
                let key = format!("{}-{writer}-{n}", std::process::id());
                db.commit(batch(&key)).await.unwrap();
                writeln!(std::io::stdout(), "acknowledged {key}").unwrap();
                if writer == 0 && n % 10 == 0 {
                    let _ = audit::link(&db, NOON).await;
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
}

/// Runs a child until it has acknowledged `count` batches, kills it, returns all that it named.
fn run_and_kill(folder: &PathBuf, count: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut keys = Vec::new();
    for line in lines {
        let Some(at) = line.find("acknowledged ") else { continue };
        keys.push(line[at + 13..].to_owned());
        if keys.len() == count {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(keys.len() >= count);
    keys
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let random = u64::from_be_bytes(seal::entropy::bytes());
    let folder = std::env::temp_dir().join(format!("baohao-crash-{random:x}"));
    std::fs::create_dir_all(&folder).unwrap();
    join(&Db::open(folder.join("baohao.db").to_str().unwrap()).await.unwrap()).await;
    let mut acknowledged = BTreeSet::new();
    for round in 0..ROUNDS {
        let count = 1 + usize::try_from(seal::entropy::below(60)).unwrap();
        acknowledged.extend(run_and_kill(&folder, count));
        let db = Db::open(folder.join("baohao.db").to_str().unwrap()).await.unwrap();
        for key in &acknowledged {
            let entries = audit::of_subject(&db, ONE, &format!("thing:{key}"), 9).await.unwrap();
            assert_eq!(entries.len(), 1, "round {round}: {key} is lost");
        }
        audit::link(&db, NOON).await.unwrap();
        let report = audit::verify(&db, ONE).await.unwrap();
        assert!(report.findings.is_empty(), "round {round}: {:?}", report.findings);
        // A batch is there as a whole: as many jobs as entries.
        let jobs = job::claim(&db, NOON.plus_days(i64::try_from(round).unwrap()), 100_000).await;
        assert_eq!(i64::try_from(jobs.unwrap().len()).unwrap(), report.entries, "round {round}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
