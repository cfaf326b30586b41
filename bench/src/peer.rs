//! PostgreSQL beside us: a server of our own with durable commits, 4 GB of shared buffers and 8 GB
//! of log, otherwise as it comes.

use store::testing::OwnServer;
use tokio_postgres::{Client, NoTls};

/// Starts one; `None` if PostgreSQL is not installed.
pub fn start() -> Option<OwnServer> {
    OwnServer::start("-c fsync=on -c shared_buffers=4GB -c max_wal_size=8GB")
}

/// A connection to its database `postgres`.
pub async fn connect(server: &OwnServer) -> Client {
    let address = server.address("127.0.0.1", "postgres", "");
    let (client, connection) = tokio_postgres::connect(&address, NoTls).await.expect("it runs");
    tokio::spawn(connection);
    client
}
