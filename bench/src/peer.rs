//! PostgreSQL beside us: a server of our own with durable commits, 4 GB of shared buffers and 8 GB
//! of log, otherwise as it comes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tokio_postgres::{Client, NoTls};

/// A running server; stopped and removed when dropped.
#[derive(Debug)]
pub struct Postgres {
    binaries: PathBuf,
    folder: PathBuf,
}

const START: &str = r#"
cd "$2" || exit 1
"$1/initdb" -D data -U postgres -A trust -E UTF8 --locale=C >log 2>&1 || exit 1
"$1/pg_ctl" -D data -w -t 60 -l log -o "-c listen_addresses= -c unix_socket_directories='$2' \
  -c shared_buffers=4GB -c max_wal_size=8GB -c max_connections=100" start >>log 2>&1
"#;

impl Postgres {
    /// Starts one; `None` if PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        let binaries = binaries()?;
        let random = u64::from_be_bytes(seal::entropy::bytes());
        let folder = std::env::temp_dir().join(format!("baohao-peer-{random:016x}"));
        std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let server = Self { binaries, folder };
        let mut command = server.command("sh");
        command.args(["-c", START, "sh"]).arg(&server.binaries).arg(&server.folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.status().expect("a shell runs");
        let log = std::fs::read_to_string(server.folder.join("log")).unwrap_or_default();
        assert!(status.success(), "PostgreSQL did not start: {log}");
        Some(server)
    }

    /// A program of PostgreSQL, as the user it runs as.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        if !is_root() {
            return Command::new(program);
        }
        let status = Command::new("chown").arg("postgres").arg(&self.folder).status();
        assert!(status.is_ok_and(|status| status.success()), "there is no user postgres");
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
        command
    }

    /// `psql`, `pgbench` and the like, told where the server is.
    pub fn tool(&self, name: &str) -> Command {
        let mut command = self.command(self.binaries.join(name));
        command.env("PGHOST", &self.folder).env("PGUSER", "postgres");
        command.env("PGDATABASE", "postgres");
        command
    }

    /// The address of a database on it.
    pub fn address(&self, database: &str) -> String {
        let host = self.folder.to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{host}/{database}")
    }

    /// A connection.
    pub async fn connect(&self) -> Client {
        let connected = tokio_postgres::connect(&self.address("postgres"), NoTls).await;
        let (client, connection) = connected.expect("it runs");
        tokio::spawn(connection);
        client
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut command = self.command(self.binaries.join("pg_ctl"));
        command.arg("-D").arg(self.folder.join("data")).args(["-m", "immediate", "stop"]);
        drop(command.stdout(Stdio::null()).stderr(Stdio::null()).status());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    let has_all = |folder: &Path| {
        ["initdb", "postgres", "pg_ctl"].iter().all(|name| folder.join(name).exists())
    };
    folders.into_iter().find(|folder| has_all(folder))
}
