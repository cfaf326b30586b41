//! Fresh databases for tests, on both engines; compiled with the feature `testing` only.
//!
//! SQLite gets a file in the temporary folder. PostgreSQL gets a database made from a template
//! that has the schema, either on the server that `BAOHAO_TEST_POSTGRES` names or on a throw-away
//! cluster started from the `postgres` binaries found here. All test processes share that
//! cluster; it ends by itself some minutes after the last test.

mod citus;
mod cluster;
mod own;

pub use citus::Citus;
pub use own::OwnServer;

use crate::db::Db;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::OnceCell;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

impl Engine {
    /// For a test to which it makes no difference: SQLite, which is faster, unless
    /// `BAOHAO_TEST_ON=postgres` asks for the whole suite on PostgreSQL.
    pub fn any() -> Self {
        let on = std::env::var("BAOHAO_TEST_ON").unwrap_or_default();
        let engines = [("", Self::Sqlite), ("sqlite", Self::Sqlite), ("postgres", Self::Postgres)];
        let known = engines.into_iter().chain([("citus", Self::Postgres)]);
        let found = known.into_iter().find(|(name, _)| *name == on);
        found.expect("BAOHAO_TEST_ON is sqlite, postgres or citus").1
    }
}

/// A database of one test's own; removed when dropped.
#[derive(Debug)]
pub struct Fresh {
    db: Db,
    address: String,
    kept: Kept,
}

/// What is removed with a database.
#[derive(Debug)]
enum Kept {
    /// A folder with its file.
    In(PathBuf),
    /// The database of this name on the shared server.
    Shared(String),
    /// Nothing: its server is of the test's own, and ends with the test.
    WithServer,
}

impl std::ops::Deref for Fresh {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

impl Fresh {
    /// The database.
    pub fn db(&self) -> Db {
        self.db.clone()
    }

    /// What `Db::open` takes to open the same database once more.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        match &self.kept {
            Kept::In(folder) => drop(std::fs::remove_dir_all(folder)),
            Kept::Shared(name) => cluster::remove_later(name),
            Kept::WithServer => {}
        }
    }
}

/// A name nobody else uses.
fn unique_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let random = u64::from_be_bytes(seal::entropy::bytes());
    format!("t_{}_{count}_{random:08x}", std::process::id())
}

/// An operator to be inserted.
pub fn operator(id: i64) -> domain::operator::Operator {
    domain::operator::Operator {
        id: domain::id::OperatorId(id),
        code: format!("operator-{id}"),
        name_zh: "运营商".to_owned(),
        name_en: "Operator".to_owned(),
        brand: "运营商".to_owned(),
        hotline: "10000".to_owned(),
        zone: domain::time::Zone::shanghai(),
        policy_pack: "cn".to_owned(),
        language: "zh".to_owned(),
    }
}

/// A fresh folder under the temporary one, for a test's files.
pub fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join("baohao-test").join(unique_name());
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
    folder
}

/// A fresh database with the schema; `None` if there is no PostgreSQL on this machine (in CI that
/// fails the test instead).
pub async fn fresh(engine: Engine) -> Option<Fresh> {
    match engine {
        Engine::Sqlite => {
            let folder = folder();
            let address = folder.join("baohao.db").to_string_lossy().into_owned();
            let db = Db::open(&address).await.expect("a fresh file opens");
            Some(Fresh { db, address, kept: Kept::In(folder) })
        }
        Engine::Postgres => {
            let server = cluster::server()?;
            let template = template(&server).await;
            let name = unique_name();
            server.run(&format!("create database {name} template {template}")).await;
            let address = server.address(&name);
            let db = Db::open(&address).await.expect("a fresh database opens");
            Some(Fresh { db, address, kept: Kept::Shared(name) })
        }
    }
}

/// A fresh database on a server of the test's own, which has to outlive it.
pub async fn fresh_on(server: &OwnServer) -> Fresh {
    let name = unique_name();
    let sql = format!("create database {name} template template0 encoding 'UTF8' locale 'C'");
    server.psql("postgres", &sql);
    let address = server.address("127.0.0.1", &name, "?sslmode=disable");
    let db = Db::open(&address).await.expect("a fresh database opens");
    Fresh { db, address, kept: Kept::WithServer }
}

/// Ends every connection to this PostgreSQL database, as a server that restarts does.
pub async fn drop_connections(fresh: &Fresh) {
    let name = match &fresh.kept {
        Kept::Shared(name) => Some(name),
        Kept::In(_) | Kept::WithServer => None,
    };
    let name = name.expect("it is on the shared server");
    let server = cluster::server().expect("it made this database");
    let sql = format!(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{name}'"
    );
    server.run(&sql).await;
}

/// The template database of this schema, made once.
async fn template(server: &cluster::Server) -> String {
    static MADE: OnceCell<()> = OnceCell::const_new();
    let name = format!("schema_{}", crate::migrate::fingerprint());
    MADE.get_or_init(|| async {
        if let Some(turn) = server.create_once(&name).await {
            let address = server.address(&format!("{name}_building"));
            // Closed again before it is copied: a template must have no connections.
            drop(Db::open(&address).await.expect("the schema is sound"));
            server.finish_template(&name).await;
            drop(turn);
        }
    })
    .await;
    name
}

/// Defines a test that runs once per engine, on a fresh database each:
/// `on_both_engines! { async fn name(db: Fresh) { … } }`.
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident: Fresh) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "not every test needs it")]
            use super::*;

            async fn story($db: $crate::testing::Fresh) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let engine = $crate::testing::Engine::Sqlite;
                story($crate::testing::fresh(engine).await.expect("always there")).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let engine = $crate::testing::Engine::Postgres;
                if let Some(db) = $crate::testing::fresh(engine).await {
                    story(db).await;
                }
            }
        }
    )*};
}
