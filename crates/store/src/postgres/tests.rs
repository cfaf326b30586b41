//! What only PostgreSQL has: an encrypted way, time-outs of the server, a standby.

use super::*;
use crate::db::Db;
use crate::db::tests::{GET, SET, batch, put, seq};
use crate::testing::{Engine, OwnServer, fresh};
use crate::{Batch, Expect, params};
use std::process::Command;

/// Makes somebody who signs, and a certificate of theirs for `localhost`.
const CERTIFY: &str = r#"
new="req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
for who in ca other; do
  openssl $new -x509 -days 2 -subj "/CN=$who" -keyout $who.key -out $who.pem || exit 1
done
openssl $new -subj /CN=localhost -keyout server.key -out server.csr || exit 1
echo subjectAltName=DNS:localhost >names
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
  -extfile names -out server.pem || exit 1
chmod 600 server.key
cp server.key server.pem data/
"#;

/// A server that encrypts; none, with a remark, if a program for it is missing.
fn encrypting() -> Option<OwnServer> {
    let server = OwnServer::start("")?;
    let certify = Command::new("sh").args(["-c", CERTIFY]).current_dir(server.folder()).output();
    let certify = certify.unwrap();
    if !certify.status.success() {
        eprintln!("skipped: {}", String::from_utf8_lossy(&certify.stderr));
        return None;
    }
    server.give();
    for (name, value) in
        [("ssl_cert_file", "server.pem"), ("ssl_key_file", "server.key"), ("ssl", "on")]
    {
        server.psql("postgres", &format!("alter system set {name} = '{value}'"));
    }
    server.psql("postgres", "select pg_reload_conf()");
    server.psql("postgres", "create database own");
    Some(server)
}

/// Whether a connection with these options is encrypted.
async fn is_encrypted(options: &Options) -> Result<bool, Error> {
    let client = Postgres::connect(options, &options.address)?.client().await?;
    let sql = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
    Ok(client.query_one(sql, &[]).await.unwrap().get(0))
}

#[tokio::test]
async fn the_way_is_encrypted_and_the_server_is_who_it_says() {
    let Some(server) = encrypting() else { return };
    let options = |host: &str, mode: &str, ca: Option<&str>| Options {
        ca_file: ca.map(|ca| server.folder().join(ca)),
        ..Options::new(server.address(host, "own", &format!("?sslmode={mode}")))
    };
    // The server reads its settings anew when it gets to it.
    for _ in 0..100 {
        if is_encrypted(&options("localhost", "prefer", None)).await.unwrap() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for (mode, ca, wanted) in [
        ("disable", None, false),
        ("prefer", None, true),
        ("require", None, true),
        ("verify-full", Some("ca.pem"), true),
    ] {
        let got = is_encrypted(&options("localhost", mode, ca)).await;
        assert_eq!(got.unwrap(), wanted, "{mode}");
    }
    for (host, ca, says) in [
        ("localhost", Some("other.pem"), "signed by nobody"),
        ("localhost", None, "signed by nobody"),
        ("127.0.0.1", Some("ca.pem"), "another name"),
        ("localhost", Some("gone.pem"), "gone.pem"),
        ("localhost", Some("server.key"), "no certificate in it"),
    ] {
        let error = is_encrypted(&options(host, "verify-full", ca)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
        assert!(error.to_string().contains(says), "{error}");
    }
    // All of the program works on it, not only a connection.
    let db = Db::open_with(&options("localhost", "verify-full", Some("ca.pem"))).await.unwrap();
    let mut b = batch();
    put(&mut b, 1, 10);
    db.commit(b).await.unwrap();
    assert_eq!(seq(&db, 1).await, Some(10));
}

#[tokio::test]
async fn a_server_that_does_not_encrypt_is_refused_when_it_must() {
    let Some(server) = OwnServer::start("") else { return };
    let options =
        |mode| Options::new(server.address("127.0.0.1", "postgres", &format!("?sslmode={mode}")));
    assert!(!is_encrypted(&options("prefer")).await.unwrap());
    let error = is_encrypted(&options("require")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("does not encrypt"), "{error}");
}

#[tokio::test]
async fn the_server_knows_the_time_outs_of_the_options() {
    let Some(db) = fresh(Engine::Postgres).await else { return };
    let options = Options {
        statement_timeout: Duration::from_secs(7),
        lock_timeout: Duration::from_millis(300),
        idle_timeout: Duration::from_secs(9),
        connections: 2,
        ..Options::new(db.address())
    };
    let client = Postgres::connect(&options, &options.address).unwrap().client().await.unwrap();
    for (name, wanted) in [
        ("statement_timeout", "7s"),
        ("lock_timeout", "300ms"),
        ("idle_in_transaction_session_timeout", "9s"),
        ("default_transaction_read_only", "on"),
    ] {
        let row = client.query_one(&format!("show {name}"), &[]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), wanted, "{name}");
    }
    // A row that somebody else holds is waited for no longer than that, and may be had later.
    let own = Db::open_with(&options).await.unwrap();
    let mut b = batch();
    put(&mut b, 1, 0);
    own.commit(b).await.unwrap();
    let begin = "begin read write; update audit_head set seq = 5 where operator_id = 1";
    client.batch_execute(begin).await.unwrap();
    let mut b = batch();
    b.push(&SET, params![1_i64, 0_i64, 1_i64], Expect::Rows(1));
    let Err(CommitError::Fault(error)) = own.commit(b.clone()).await else { panic!("held") };
    assert!(error.is_retryable(), "{error:?}");
    client.batch_execute("rollback").await.unwrap();
    own.commit(b).await.unwrap();
    assert_eq!(seq(&own, 1).await, Some(1));
}

/// Two who lock the same rows the other way round: the server ends one, which is tried again, and
/// both are done.
#[tokio::test]
async fn a_deadlock_is_tried_again_and_nobody_hears_of_it() {
    let Some(db) = fresh(Engine::Postgres).await else { return };
    let mut b = batch();
    put(&mut b, 1, 0);
    put(&mut b, 2, 0);
    db.commit(b).await.unwrap();
    let both = |first: i64, second: i64| {
        let mut b = batch();
        for id in [first, second] {
            b.push(&BUMP, params![id], Expect::Rows(1));
        }
        b
    };
    let tasks: Vec<_> = (0..6)
        .map(|n| {
            let (db, b) = (db.db(), if n % 2 == 0 { both(1, 2) } else { both(2, 1) });
            tokio::spawn(async move { db.commit(b).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!((seq(&db, 1).await, seq(&db, 2).await), (Some(6), Some(6)));
}

pub(crate) const ALL: &[&Statement] = &[&BUMP];
const BUMP: Statement =
    Statement::new("test.bump", "update audit_head set seq = seq + 1 where operator_id = $1");

/// A restart of the server cuts all connections of the pool at once: nothing that was not yet sent
/// to be committed fails for it, and nothing is done twice.
#[tokio::test]
async fn connections_that_are_cut_are_made_anew_without_anything_done_twice() {
    let Some(db) = fresh(Engine::Postgres).await else { return };
    let mut b = batch();
    put(&mut b, 1, 0);
    db.commit(b).await.unwrap();
    let (mut done, mut unknown) = (0_i64, 0_i64);
    for _ in 0..12 {
        // All connections of the pool are in use once, so all are cut.
        let reads = (0..16).map(|_| db.query_one(&GET, params![1_i64]));
        for read in join_all(reads).await {
            read.unwrap();
        }
        crate::testing::drop_connections(&db).await;
        let mut b = Batch::new(batch().at());
        b.push(&BUMP, params![1_i64], Expect::Rows(1));
        match db.commit(b).await {
            Ok(()) => done += 1,
            Err(CommitError::Fault(error)) if error.is_retryable() => unknown += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    let found = seq(&db, 1).await.unwrap();
    assert!((done..=done + unknown).contains(&found), "{done} {unknown} {found}");
    assert!(done >= 6, "most are tried again: {done}");
}

#[tokio::test]
async fn reports_are_read_from_the_standby_and_from_the_primary_when_it_is_gone() {
    let Some(primary) = OwnServer::start("") else { return };
    primary.psql("postgres", "create database own");
    let standby = primary.standby();
    let options = Options {
        replica: Some(standby.address("127.0.0.1", "own", "")),
        ..Options::new(primary.address("127.0.0.1", "own", ""))
    };
    let db = Db::open_with(&options).await.unwrap();
    let mut b = batch();
    put(&mut b, 1, 10);
    db.commit(b).await.unwrap();
    let reports = db.reports();
    wait_for(&standby, "select coalesce((select seq from audit_head), 0)", "10").await;
    standby.psql("own", "select pg_wal_replay_pause()");
    wait_for(&standby, "select pg_get_wal_replay_pause_state()", "paused").await;
    let mut b = batch();
    b.push(&SET, params![1_i64, 10_i64, 11_i64], Expect::Rows(1));
    reports.commit(b).await.unwrap();
    assert_eq!(seq(&reports, 1).await, Some(10), "of the standby, which stands still");
    assert_eq!(seq(&db, 1).await, Some(11), "of the primary");
    standby.kill();
    assert_eq!(seq(&reports, 1).await, Some(11), "of the primary, as the standby is gone");
}

/// Until the standby's database says so, for half a minute.
async fn wait_for(standby: &OwnServer, sql: &str, wanted: &str) {
    for _ in 0..300 {
        if standby.psql("postgres", "select 1 from pg_database where datname = 'own'") == "1"
            && standby.psql("own", "select to_regclass('audit_head') is not null") == "t"
            && standby.psql("own", sql) == wanted
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never {wanted}: {sql}");
}
