use super::*;
use crate::on_both_engines;

/// What somebody with the database's password could do.
pub(crate) const ALL: &[&Statement] = &[&CHANGE, &DELETE, &MOVE];

const CHANGE: Statement = Statement::new(
    "test.audit_change",
    "update audit_entry set actor = 'stf_innocent' where operator_id = $1 and seq = $2",
);
const DELETE: Statement = Statement::new(
    "test.audit_delete",
    "delete from audit_entry where operator_id = $1 and seq = $2",
);
const MOVE: Statement = Statement::new(
    "test.audit_move",
    "update audit_entry set seq = $3 where operator_id = $1 and seq = $2",
);
const NOON: At = At::from_millis(1_790_000_000_000);
const ONE: OperatorId = OperatorId(1);

fn entry(operator_id: OperatorId, subject: &str, version: i64) -> AuditEntry {
    AuditEntry {
        operator_id,
        subject: subject.to_owned(),
        subject_version: version,
        actor: "system".to_owned(),
        action: "number.pause".to_owned(),
        detail_json: "{}".to_owned(),
        at: NOON.plus_minutes(version),
    }
}

/// Only operators that exist have a log.
async fn join(db: &Db) {
    let mut batch = Batch::new(NOON);
    for id in [1, 2] {
        crate::operator::insert(&mut batch, &crate::testing::operator(id));
    }
    db.commit(batch).await.unwrap();
}

/// Nine entries of operator 1 about three subjects, one of operator 2; all linked.
async fn fill(db: &Db) {
    join(db).await;
    for version in 1..=3 {
        let mut batch = Batch::new(NOON);
        for subject in ["number:8613800138000", "number:8613800138001", "stf_1"] {
            batch.audit(entry(ONE, subject, version));
        }
        db.commit(batch).await.unwrap();
    }
    let mut batch = Batch::new(NOON);
    batch.audit(entry(OperatorId(2), "number:8613900139000", 1));
    db.commit(batch).await.unwrap();
    assert_eq!(link(db, NOON).await.unwrap(), 10);
}

async fn findings(db: &Db) -> Vec<Finding> {
    verify(db, ONE).await.unwrap().findings
}

async fn tamper(db: &Db, statement: &'static Statement, values: Vec<crate::Value>) {
    let mut batch = Batch::new(NOON);
    batch.push(statement, values, Expect::Rows(1));
    db.commit(batch).await.unwrap();
}

on_both_engines! {
    async fn an_honest_log_verifies_and_grows(db: Fresh) {
        fill(&db).await;
        let first = verify(&db, ONE).await.unwrap();
        assert_eq!((first.entries, first.findings.as_slice()), (9, [].as_slice()));
        assert_eq!(operators(&db).await.unwrap(), [ONE, OperatorId(2)]);
        assert_eq!(list(&db, OperatorId(2), 0, 10).await.unwrap().len(), 1);
        let mut batch = Batch::new(NOON);
        batch.audit(entry(ONE, "stf_1", 4));
        db.commit(batch).await.unwrap();
        assert_eq!(link(&db, NOON).await.unwrap(), 1);
        assert_eq!(link(&db, NOON).await.unwrap(), 0);
        let second = verify(&db, ONE).await.unwrap();
        assert_eq!((second.entries, second.findings.len()), (10, 0));
        assert_ne!(first.head, second.head);
        let about = of_subject(&db, ONE, "stf_1", 2).await.unwrap();
        assert_eq!(about.iter().map(|e| e.entry.subject_version).collect::<Vec<_>>(), [4, 3]);
    }

    async fn the_same_version_twice_is_refused(db: Fresh) {
        fill(&db).await;
        let mut batch = Batch::new(NOON);
        batch.audit(entry(ONE, "stf_1", 3));
        assert!(matches!(db.commit(batch).await, Err(CommitError::Duplicate("audit.insert"))));
    }

    async fn a_changed_entry_is_found(db: Fresh) {
        fill(&db).await;
        tamper(&db, &CHANGE, params![ONE, 5_i64]).await;
        assert_eq!(findings(&db).await, [Finding::Link { seq: 5 }]);
    }

    async fn a_deleted_entry_is_found(db: Fresh) {
        fill(&db).await;
        tamper(&db, &DELETE, params![ONE, 5_i64]).await;
        let findings = findings(&db).await;
        assert!(findings.contains(&Finding::Sequence { expected: 5, found: 6 }));
        assert!(findings.iter().any(|finding| matches!(finding, Finding::Versions { .. })));
    }

    async fn the_last_entry_deleted_is_found(db: Fresh) {
        fill(&db).await;
        tamper(&db, &DELETE, params![ONE, 9_i64]).await;
        assert_eq!(findings(&db).await, [Finding::Head { recorded: 9, found: 8 }]);
    }

    async fn an_inserted_entry_is_found(db: Fresh) {
        fill(&db).await;
        let mut batch = Batch::new(NOON);
        batch.audit(entry(ONE, "stf_9", 7));
        db.commit(batch).await.unwrap();
        link(&db, NOON).await.unwrap();
        tamper(&db, &MOVE, params![ONE, 10_i64, 5_i64]).await;
        let findings = findings(&db).await;
        assert!(findings.contains(&Finding::Sequence { expected: 6, found: 5 }));
        assert!(findings.contains(&Finding::Versions {
            subject: "stf_9".to_owned(),
            first: 7,
            last: 7,
            count: 1,
        }));
    }

    async fn reordered_entries_are_found(db: Fresh) {
        fill(&db).await;
        tamper(&db, &MOVE, params![ONE, 4_i64, 99_i64]).await;
        tamper(&db, &MOVE, params![ONE, 5_i64, 4_i64]).await;
        tamper(&db, &MOVE, params![ONE, 99_i64, 5_i64]).await;
        assert!(findings(&db).await.contains(&Finding::Link { seq: 4 }));
    }

    async fn one_operators_log_says_nothing_of_anothers(db: Fresh) {
        fill(&db).await;
        tamper(&db, &CHANGE, params![OperatorId(2), 1_i64]).await;
        assert!(findings(&db).await.is_empty());
        assert!(!verify(&db, OperatorId(2)).await.unwrap().findings.is_empty());
    }

    async fn many_linkers_make_one_chain(db: Fresh) {
        join(&db).await;
        for version in 1..=40 {
            let mut batch = Batch::new(NOON);
            batch.audit(entry(ONE, "stf_1", version));
            db.commit(batch).await.unwrap();
        }
        let linkers = (0..6).map(|_| {
            let db = db.db();
            tokio::spawn(async move { link(&db, NOON).await })
        });
        let linkers: Vec<_> = linkers.collect();
        for linker in linkers {
            linker.await.unwrap().unwrap();
        }
        link(&db, NOON).await.unwrap();
        let report = verify(&db, ONE).await.unwrap();
        assert_eq!((report.entries, report.findings.len()), (40, 0));
    }
}
