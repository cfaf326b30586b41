//! A PostgreSQL server of one test's own, over TCP: to be stopped, followed, or made to encrypt.

use super::cluster::{as_postgres, binaries, is_root};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A server; stopped and removed when dropped.
#[derive(Debug)]
pub struct OwnServer {
    binaries: PathBuf,
    folder: PathBuf,
    port: u16,
    settings: String,
}

impl OwnServer {
    /// Starts an empty server with these settings (`-c NAME=VALUE`); `None` if PostgreSQL is not
    /// installed here.
    pub fn start(settings: &str) -> Option<Self> {
        Some(Self::start_of(binaries()?, settings))
    }

    /// The same, with the programs of this folder.
    pub(super) fn start_of(binaries: PathBuf, settings: &str) -> Self {
        let own = Self::in_new_folder(binaries, settings);
        let options = "-U postgres -A trust -E UTF8 --locale=C --no-sync";
        own.shell(&format!("\"$BIN/initdb\" -D data {options}"));
        own.run();
        own
    }

    /// Starts a server that follows this one.
    pub fn standby(&self) -> Self {
        let own = Self::in_new_folder(self.binaries.clone(), "");
        let (host, port) = (self.folder.display(), self.port);
        own.shell(&format!(
            "\"$BIN/pg_basebackup\" -h '{host}' -p {port} -U postgres -D data -R -X stream -c fast"
        ));
        own.run();
        own
    }

    /// The address of a database, with this after it, such as `?sslmode=disable`.
    pub fn address(&self, host: &str, database: &str, query: &str) -> String {
        format!("postgres://postgres@{host}:{}/{database}{query}", self.port)
    }

    /// Runs a program of PostgreSQL's on the database, such as `psql`, and gives what it says.
    pub fn psql(&self, database: &str, sql: &str) -> String {
        let quoted = sql.replace('\'', "'\\''");
        let out = self
            .shell(&format!("\"$BIN/psql\" -d {database} -v ON_ERROR_STOP=1 -qAt -c '{quoted}'"));
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }

    /// Pulls the plug.
    pub fn kill(&self) {
        self.shell("\"$BIN/pg_ctl\" -D data -m immediate stop");
    }

    /// Starts it again on what it had when it was killed.
    pub fn start_again(&self) {
        self.run();
    }

    /// Where it listens on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder, readable and writable for the server; its data lie in `data`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes everything in the folder the server's.
    pub fn give(&self) {
        if is_root() {
            let status = Command::new("chown").args(["-R", "postgres"]).arg(&self.folder).status();
            assert!(status.is_ok_and(|status| status.success()), "there is no user postgres");
        }
    }

    fn in_new_folder(binaries: PathBuf, settings: &str) -> Self {
        let folder = super::folder();
        // Asked of the system and given back: whoever takes it in between fails this test loudly.
        let port = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = port.local_addr().expect("it has an address").port();
        let own = Self { binaries, folder, port, settings: settings.to_owned() };
        own.give();
        own
    }

    fn run(&self) {
        let (folder, port, settings) = (self.folder.display(), self.port, &self.settings);
        self.shell(&format!(
            "\"$BIN/pg_ctl\" -D data -w -t 60 -l log -o \"-c listen_addresses=127.0.0.1 \
             -c port={port} -c unix_socket_directories='{folder}' -c fsync=off \
             -c shared_buffers=32MB {settings}\" start >/dev/null"
        ));
    }

    /// Runs a line of shell in the folder as the server's user; `$BIN` is the folder of
    /// PostgreSQL's programs, and they find this server.
    pub fn shell(&self, line: &str) -> Output {
        let mut command = if is_root() { as_postgres(&self.folder) } else { Command::new("sh") };
        command.args(["-c", line]).env("BIN", &self.binaries).current_dir(&self.folder);
        command.env("PGHOST", &self.folder).env("PGPORT", self.port.to_string());
        command.env("PGUSER", "postgres");
        let out = command.output().expect("a shell runs");
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{line}: {said}\n{log}");
        out
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        let data = self.folder.join("data");
        if data.join("postmaster.pid").exists() {
            let mut command =
                if is_root() { as_postgres(&self.folder) } else { Command::new("sh") };
            command.args(["-c", "\"$BIN/pg_ctl\" -D data -m immediate stop"]);
            command.env("BIN", &self.binaries).current_dir(&self.folder);
            drop(command.output());
        }
        drop(fs::remove_dir_all(&self.folder));
    }
}
