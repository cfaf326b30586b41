//! The processes: started, killed, started again, later.

use crate::wait_below;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// The first two serve, the others work.
const SERVERS: usize = 2;
const PROCESSES: usize = 4;

/// One of them.
#[derive(Debug, Default)]
struct Process {
    child: Option<Child>,
    /// Where a server listens.
    address: String,
}

#[derive(Debug)]
pub(crate) struct Fleet {
    database: String,
    folder: PathBuf,
    processes: Vec<Mutex<Process>>,
    pub(crate) token: String,
    offset_millis: AtomicI64,
    kills: AtomicU64,
}

impl Fleet {
    pub(crate) fn start(database: &str) -> Self {
        let mut fleet = Self {
            database: database.to_owned(),
            folder: testkit::folder(),
            processes: (0..PROCESSES).map(|_| Mutex::default()).collect(),
            token: String::new(),
            offset_millis: AtomicI64::new(0),
            kills: AtomicU64::new(0),
        };
        // Both servers at once, on an empty database.
        std::thread::scope(|scope| {
            for n in 0..SERVERS {
                scope.spawn({
                    let fleet = &fleet;
                    move || fleet.begin(n)
                });
            }
        });
        let mut add = fleet.program(&["token", "add", "--operator", "operator", "--json"]);
        add.args(["--name", "chaos"]);
        for scope in service::token::scopes() {
            add.args(["--scope", scope]);
        }
        let added = add.output().unwrap();
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        let added: serde_json::Value = serde_json::from_slice(&added.stdout).unwrap();
        added["token"].as_str().unwrap().clone_into(&mut fleet.token);
        for n in SERVERS..PROCESSES {
            fleet.begin(n);
        }
        fleet
    }

    /// The program with these arguments, on the shared database, photos and network.
    pub(crate) fn program(&self, arguments: &[&str]) -> Command {
        let named = std::env::var_os("BAOHAO_CHAOS_PROGRAM");
        let mut command =
            Command::new(named.unwrap_or_else(|| env!("CARGO_BIN_EXE_baohao").into()));
        command.args(arguments).env("LANG", "en_GB.UTF-8").env_remove("LC_ALL");
        command.env("BAOHAO_STORE_DATABASE", &self.database);
        command.env("BAOHAO_STORE_BLOBS", self.folder.join("blobs"));
        command.env("BAOHAO_STORE_KEY_FILE", self.folder.join("keys.json"));
        for port in ["HLR", "SMS", "MAIL"] {
            command.env(format!("BAOHAO_NETWORK_{port}"), "simulator");
        }
        command
    }

    fn begin(&self, n: usize) {
        let arguments: &[&str] = match n {
            n if n < SERVERS => &["serve", "--no-work", "--listen", "127.0.0.1:0"],
            _ => &["work"],
        };
        let log = OpenOptions::new().create(true).append(true).open(self.log(n)).unwrap();
        let mut command = self.program(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::from(log));
        let mut child = command.spawn().unwrap();
        let mut process = self.processes[n].lock().unwrap();
        if n < SERVERS {
            let mut line = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
            let address = line.trim().strip_prefix("Listening on http://");
            let log = std::fs::read_to_string(self.log(n)).unwrap();
            address.unwrap_or_else(|| panic!("{line}{log}")).clone_into(&mut process.address);
        }
        process.child = Some(child);
    }

    fn log(&self, n: usize) -> PathBuf {
        self.folder.join(format!("process-{n}.log"))
    }

    fn kill(&self, n: usize) {
        let child = self.processes[n].lock().unwrap().child.take();
        let Some(mut child) = child else { return };
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "it ended by itself: {}", self.complaints());
        child.kill().unwrap();
        child.wait().unwrap();
        self.kills.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn kill_one_and_start_it_again(&self) {
        let n = usize::try_from(seal::entropy::below(PROCESSES as u64)).unwrap();
        self.kill(n);
        wait_below(400);
        self.begin(n);
    }

    /// Kills all, and starts all when so much time has passed.
    pub(crate) fn restart_later(&self, millis: i64) {
        self.stop();
        let offset = self.offset_millis.fetch_add(millis, Ordering::Relaxed) + millis;
        std::fs::write(self.folder.join("clock.json"), offset.to_string()).unwrap();
        std::thread::scope(|scope| {
            for n in 0..PROCESSES {
                scope.spawn(move || self.begin(n));
            }
        });
    }

    /// Kills all.
    pub(crate) fn stop(&self) {
        for n in 0..PROCESSES {
            self.kill(n);
        }
    }

    /// Either server.
    pub(crate) fn some_server(&self) -> String {
        let n = usize::try_from(seal::entropy::below(SERVERS as u64)).unwrap();
        self.processes[n].lock().unwrap().address.clone()
    }

    pub(crate) fn kills(&self) -> u64 {
        self.kills.load(Ordering::Relaxed)
    }

    pub(crate) fn clock(&self) -> service::clock::MovableClock {
        let clock = service::clock::MovableClock::running();
        clock.set_offset_millis(self.offset_millis.load(Ordering::Relaxed));
        clock
    }

    /// The memory of the simulated network.
    pub(crate) fn network_file(&self) -> PathBuf {
        self.folder.join("simulated-network.json")
    }

    /// Everything that the processes complained of.
    pub(crate) fn complaints(&self) -> String {
        let log = |n| std::fs::read_to_string(self.log(n)).unwrap_or_default();
        (0..PROCESSES).map(log).collect()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for process in &self.processes {
            let child = process.lock().ok().and_then(|mut process| process.child.take());
            if let Some(mut child) = child {
                drop(child.kill());
                drop(child.wait());
            }
        }
        // What a failure has to tell is kept.
        if !std::thread::panicking() {
            drop(std::fs::remove_dir_all(&self.folder));
        } else if let Ok(mut note) = File::create(self.folder.join("failed")) {
            eprintln!("see {}", self.folder.display());
            drop(std::io::Write::write_all(&mut note, b"kept for a look\n"));
        }
    }
}
