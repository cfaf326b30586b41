//! Where the demo's database is: a file, unless `BAOHAO_TEST_ON` says `postgres` or `citus`.

use std::process::{Command, Stdio};
use testkit::{Citus, OwnServer};

/// A database of one demo's own.
#[derive(Debug)]
pub(crate) enum Place {
    /// In the demo's folder.
    File,
    /// On a server.
    Postgres { address: String, _server: OwnServer },
    /// On a coordinator and two workers, spread by the program itself.
    Citus { address: String, _machines: Citus },
}

impl Place {
    /// As the environment says; a journey that is to be made on a server fails without it.
    pub(crate) fn new() -> Self {
        match std::env::var("BAOHAO_TEST_ON").as_deref() {
            Err(_) | Ok("" | "sqlite") => Self::File,
            Ok("postgres") => {
                let server = OwnServer::start("").expect("PostgreSQL is here");
                let address = server.address("127.0.0.1", "postgres", "?sslmode=disable");
                Self::Postgres { address, _server: server }
            }
            Ok("citus") => Self::spread(Citus::start().expect("Citus is here")),
            Ok(other) => panic!("BAOHAO_TEST_ON={other}: use sqlite, postgres or citus"),
        }
    }

    fn spread(machines: Citus) -> Self {
        let address = machines.database(&machines.ports());
        let status = Command::new(env!("CARGO_BIN_EXE_baohao"))
            .args(["migrate", "--citus"])
            .env("BAOHAO_STORE_DATABASE", &address)
            .stdout(Stdio::null())
            .status();
        assert!(status.expect("the program starts").success(), "the tables are spread");
        Self::Citus { address, _machines: machines }
    }

    /// Its address, unless it is a file.
    pub(crate) fn database(&self) -> Option<&str> {
        match self {
            Self::File => None,
            Self::Postgres { address, .. } | Self::Citus { address, .. } => Some(address),
        }
    }
}
