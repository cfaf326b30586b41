//! Citus: a coordinator and two workers of one test's own, where Citus is installed.
//!
//! It is looked for beside the PostgreSQL programs of this machine, or of the folder that
//! `BAOHAO_TEST_CITUS` names: one that has `pg_config`, `initdb` and `postgres`.

use super::cluster::{binaries, installed};
use super::{Fresh, Kept, OwnServer, unique_name};
use crate::db::Db;
use crate::options::Options;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Workers.
const WORKERS: usize = 2;

/// What every machine is started with. Few shards, so that a database is spread in a moment; and
/// no recovery but the one that a test asks for, so that what a failure leaves can be looked at.
/// Who is killed keeps what it committed a moment before: `synchronous_commit` stays on.
const SETTINGS: &str = "-c shared_preload_libraries=citus -c max_prepared_transactions=200 \
    -c citus.shard_count=8 -c citus.node_conninfo=sslmode=disable -c ssl=off \
    -c citus.enable_statistics_collection=off -c citus.recover_2pc_interval=-1 \
    -c full_page_writes=off -c autovacuum=off";

/// The machines; stopped and removed when dropped.
#[derive(Debug)]
pub struct Citus {
    /// The one that programs connect to.
    pub coordinator: OwnServer,
    /// Those that hold the rows.
    pub workers: Vec<OwnServer>,
}

impl Citus {
    /// Starts them; `None`, with a remark, where there is no Citus.
    pub fn start() -> Option<Self> {
        let Some(binaries) = with_citus() else {
            eprintln!(
                "skipped: no Citus beside PostgreSQL here; BAOHAO_TEST_CITUS may name the folder \
                 of the programs of an installation that has it"
            );
            return None;
        };
        let start = || OwnServer::start_of(binaries.clone(), SETTINGS);
        let (coordinator, workers) = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(start)).collect();
            let started = workers.into_iter().map(|worker| worker.join().expect("it starts"));
            (start(), started.collect())
        });
        Some(Self { coordinator, workers })
    }

    /// The ports of the workers.
    pub fn ports(&self) -> Vec<u16> {
        self.workers.iter().map(OwnServer::port).collect()
    }

    /// The address of an empty database on all machines; the workers are reached at these ports,
    /// their own or those of somebody between.
    pub fn database(&self, ports: &[u16]) -> String {
        let name = unique_name();
        let local = "template template0 encoding 'UTF8' locale 'C'";
        // Each for itself: nobody knows of the others yet.
        for server in self.workers.iter().chain([&self.coordinator]) {
            server.psql("postgres", &format!("create database {name} {local}"));
            server.psql(&name, "create extension citus");
        }
        let own = self.coordinator.port();
        let host = format!("select citus_set_coordinator_host('127.0.0.1', {own})");
        self.coordinator.psql(&name, &host);
        for port in ports {
            let node = format!("select citus_add_node('127.0.0.1', {port})");
            self.coordinator.psql(&name, &node);
        }
        self.coordinator.address("127.0.0.1", &name, "?sslmode=disable")
    }

    /// A database with the schema, spread over the workers at these ports.
    pub async fn fresh(&self, ports: &[u16]) -> Fresh {
        let address = self.database(ports);
        let db = Db::open(&address).await.expect("a fresh database opens");
        let spread = crate::citus::spread(&Options::new(&address)).await;
        let spread = spread.expect("Citus spreads the schema");
        assert_eq!(spread.nodes, i64::try_from(ports.len()).unwrap_or_default());
        Fresh { db, address, kept: Kept::WithServer }
    }
}

/// The programs of a PostgreSQL that has Citus.
fn with_citus() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("BAOHAO_TEST_CITUS") {
        let named = PathBuf::from(named);
        assert!(has_citus(&named), "BAOHAO_TEST_CITUS: no Citus beside {}", named.display());
        return Some(named);
    }
    installed().into_iter().chain(binaries()).find(|folder| has_citus(folder))
}

/// Whether the library is where this PostgreSQL looks for it.
fn has_citus(binaries: &Path) -> bool {
    let asked = Command::new(binaries.join("pg_config")).arg("--pkglibdir").output();
    let Ok(said) = asked else { return false };
    let folder = String::from_utf8_lossy(&said.stdout);
    Path::new(folder.trim()).join("citus.so").exists()
}
