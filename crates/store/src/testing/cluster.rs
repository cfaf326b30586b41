//! The PostgreSQL server of the tests.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{OnceLock, mpsc};
use tokio_postgres::NoTls;

/// Starts a cluster and stops it when no test has touched `used` for five minutes. Arguments: the
/// folder of the binaries, the folder of the cluster.
const KEEP: &str = r#"
cd "$2" || exit 1
"$1/initdb" -D data -U postgres -A trust -E UTF8 --locale=C --no-sync >log 2>&1 || exit 1
"$1/pg_ctl" -D data -w -t 60 -l log -o "-c listen_addresses= -c unix_socket_directories='$2' \
  -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=400 \
  -c shared_buffers=64MB -c max_wal_size=4GB -c autovacuum=off" start >>log 2>&1 || exit 1
touch used
(
  while [ -n "$(find used -mmin -5 2>/dev/null)" ]; do sleep 15; done
  # Out of the way first: whoever needs a server meanwhile makes a new folder.
  mv "$2" "$2.$$"
  "$1/pg_ctl" -D "$2.$$/data" -m immediate stop
  rm -rf "$2.$$"
) >/dev/null 2>&1 </dev/null &
"#;

/// Where to find the server.
#[derive(Clone, Debug)]
pub(super) struct Server {
    /// The start of an address, up to the database's name, and what follows it.
    before: String,
    after: String,
    folder: Option<PathBuf>,
}

/// The server, started if need be; `None` if there are no binaries and this is not CI.
pub(super) fn server() -> Option<Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        if let Ok(url) = std::env::var("BAOHAO_TEST_POSTGRES") {
            return Some(Server::at(&url));
        }
        let found = binaries();
        let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(found.is_some() || !is_ci, "CI needs the PostgreSQL binaries");
        found.map(|binaries| start(&binaries))
    });
    if let Some(folder) = server.as_ref().and_then(|server| server.folder.as_ref()) {
        touch(&folder.join("used"));
    }
    server.clone()
}

impl Server {
    /// A running server; `url` names any database on it.
    fn at(url: &str) -> Self {
        let (rest, query) = url.split_once('?').map_or((url, ""), |(rest, query)| (rest, query));
        let host_at = rest.find("://").map_or(0, |at| at + 3);
        let slash = rest.get(host_at..).and_then(|host| host.find('/'));
        let before = slash.and_then(|at| rest.get(..host_at + at)).unwrap_or(rest);
        let after = if query.is_empty() { String::new() } else { format!("?{query}") };
        Self { before: before.to_owned(), after, folder: None }
    }

    /// The address of one database.
    pub(super) fn address(&self, database: &str) -> String {
        format!("{}/{database}{}", self.before, self.after)
    }

    /// Runs one statement on the database `postgres`.
    pub(super) async fn run(&self, sql: &str) {
        self.try_run(sql).await.expect("the test server obeys");
    }

    async fn try_run(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        let (client, connection) =
            tokio_postgres::connect(&self.address("postgres"), NoTls).await?;
        let driver = tokio::spawn(connection);
        let done = client.batch_execute(sql).await;
        drop(client);
        let _ = driver.await;
        done
    }

    /// Makes the database `NAME_building`, unless `NAME` exists. Test processes take turns: the
    /// lock is to be held until [`Server::finish_template`].
    pub(super) async fn create_once(&self, name: &str) -> Option<File> {
        let lock = File::create(std::env::temp_dir().join(format!("baohao-{name}.lock")));
        let lock = lock.expect("the temporary folder can be written");
        lock.lock().expect("file locks work");
        let (client, connection) =
            tokio_postgres::connect(&self.address("postgres"), NoTls).await.expect("it runs");
        let driver = tokio::spawn(connection);
        let sql = "select 1 from pg_database where datname = $1";
        let exists = client.query_opt(sql, &[&name]).await.expect("the test server obeys");
        drop(client);
        let _ = driver.await;
        if exists.is_some() {
            return None;
        }
        self.run(&format!("drop database if exists {name}_building with (force)")).await;
        let sql = format!(
            "create database {name}_building template template0 encoding 'UTF8' locale 'C'"
        );
        self.run(&sql).await;
        Some(lock)
    }

    /// Gives the database `NAME_building` its name, once nobody is connected to it.
    pub(super) async fn finish_template(&self, name: &str) {
        let sql = format!(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity \
             where datname = '{name}_building'"
        );
        self.run(&sql).await;
        self.run(&format!("alter database {name}_building rename to {name}")).await;
    }
}

/// Drops a database on a thread of its own: a test that ends does not wait for it.
pub(super) fn remove_later(name: &str) {
    static REMOVER: OnceLock<mpsc::Sender<String>> = OnceLock::new();
    let remover = REMOVER.get_or_init(|| {
        let (sender, names) = mpsc::channel::<String>();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime starts");
            for name in names {
                if let Some(server) = server() {
                    let sql = format!("drop database if exists {name} with (force)");
                    // What is left behind goes with the cluster.
                    let _ = runtime.block_on(server.try_run(&sql));
                }
            }
        });
        sender
    });
    let _ = remover.send(name.to_owned());
}

/// The folders of installed programs, newest first.
pub(super) fn installed() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders
}

pub(super) fn binaries() -> Option<PathBuf> {
    let mut folders = installed();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    folders.into_iter().find(|folder| {
        ["initdb", "postgres", "pg_ctl"].iter().all(|name| folder.join(name).exists())
    })
}

/// Starts the shared cluster, or finds it running.
fn start(binaries: &Path) -> Server {
    let user = std::env::var("USER").unwrap_or_else(|_| "any".to_owned());
    let folder = std::env::temp_dir().join(format!("baohao-test-postgres-{user}"));
    let lock = File::create(folder.with_extension("lock")).expect("a writable temporary folder");
    lock.lock().expect("file locks work");
    if !is_running(&folder) {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let mut command = if is_root() { as_postgres(&folder) } else { Command::new("sh") };
        command.args(["-c", KEEP, "sh"]).arg(binaries).arg(&folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.status().expect("a shell runs");
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert!(status.success(), "PostgreSQL did not start: {log}");
        // Whoever runs the tests may be another user than the one that runs the server.
        let everybody = fs::Permissions::from_mode(0o666);
        let _ = fs::set_permissions(folder.join("used"), everybody);
    }
    let host = folder.to_string_lossy().replace('/', "%2F");
    let before = format!("postgres://postgres@{host}");
    Server { before, after: String::new(), folder: Some(folder) }
}

/// Whether the cluster in `folder` answers. Its files alone prove nothing: they outlive a server
/// that was killed or a machine that was switched off.
fn is_running(folder: &Path) -> bool {
    touch(&folder.join("used")) && UnixStream::connect(folder.join(".s.PGSQL.5432")).is_ok()
}

pub(super) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| {
        use std::os::unix::fs::MetadataExt;
        own.uid() == 0
    })
}

/// PostgreSQL refuses to run as root: hand the folder and the shell to the user `postgres`.
pub(super) fn as_postgres(folder: &Path) -> Command {
    let status = Command::new("chown").arg("postgres").arg(folder).status();
    assert!(status.is_ok_and(|status| status.success()), "there is no user postgres");
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "sh"]);
    command
}

/// Renews the time of a file; whether that was possible.
fn touch(file: &Path) -> bool {
    Command::new("touch").arg("-c").arg(file).status().is_ok_and(|status| status.success())
        && file.exists()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    /// Seen in CI: every PostgreSQL test failed with "no such file" after a machine was restarted,
    /// since the folder of a dead server was taken for a running one.
    #[test]
    fn a_folder_left_by_a_dead_server_is_not_a_running_one() {
        let folder = crate::testing::folder();
        assert!(!is_running(&folder), "there is nothing");
        File::create(folder.join("used")).expect("it can be written");
        assert!(!is_running(&folder), "there are only files");
        let socket = folder.join(".s.PGSQL.5432");
        drop(UnixListener::bind(&socket).expect("a socket can be made"));
        assert!(!is_running(&folder), "there is a socket nobody listens to");
        fs::remove_file(&socket).expect("it is there");
        let _listener = UnixListener::bind(&socket).expect("a socket can be made");
        assert!(is_running(&folder));
    }
}
