//! An installation to measure: a data folder as the program makes it, and the program itself.

use domain::id::OperatorId;
use domain::operator::Operator;
use domain::time::{At, Zone};
use seal::Keyring;
use service::clock::{Clock, SystemClock};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use store::{Batch, Db};

/// A data folder with one operator; removed when dropped.
#[derive(Debug)]
pub struct Installation {
    folder: PathBuf,
}

/// How a run of the program went.
#[derive(Debug)]
pub struct Run {
    /// From start to end.
    pub seconds: f64,
    /// The most memory it had, in megabytes (`VmHWM`).
    pub peak_mb: u64,
    /// What it printed.
    pub output: String,
}

impl Installation {
    /// In a fresh folder under the temporary one, or under `BAOHAO_BENCH_FOLDER`.
    pub async fn create() -> Self {
        let parent = std::env::var_os("BAOHAO_BENCH_FOLDER").map(PathBuf::from);
        let random = u64::from_be_bytes(seal::entropy::bytes());
        let parent = parent.unwrap_or_else(std::env::temp_dir);
        let folder = parent.join(format!("baohao-bench-{random:016x}"));
        std::fs::create_dir_all(&folder).expect("the folder can be written");
        // The peer, another user, reads the files of load.
        Keyring::open_or_create(&folder.join("keys.json")).expect("a key file");
        let db = Db::open(&folder.join("baohao.db").to_string_lossy()).await.expect("it opens");
        let mut batch = Batch::new(now());
        store::operator::insert(
            &mut batch,
            &Operator {
                id: OperatorId(1),
                code: "bench".to_owned(),
                name_zh: "测量".to_owned(),
                name_en: "Bench".to_owned(),
                brand: "测量".to_owned(),
                hotline: "10000".to_owned(),
                zone: Zone::shanghai(),
                policy_pack: "cn".to_owned(),
                language: "zh".to_owned(),
            },
        );
        db.commit(batch).await.expect("a fresh database");
        Self { folder }
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Its database.
    pub async fn db(&self) -> Db {
        Db::open(&self.file("baohao.db").to_string_lossy()).await.expect("it opens")
    }

    /// Starts the program on it.
    pub fn start(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(program());
        command.args(arguments).arg("--data").arg(&self.folder);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.spawn().expect("the program starts")
    }

    /// Runs the program on it to its end.
    #[expect(clippy::disallowed_methods, reason = "another process is looked at now and then")]
    pub fn run(&self, arguments: &[&str]) -> Run {
        let began = Instant::now();
        let child = self.start(arguments);
        let status = PathBuf::from(format!("/proc/{}/status", child.id()));
        let waiting = std::thread::spawn(move || child.wait_with_output());
        let mut peak_mb = 0;
        while !waiting.is_finished() {
            peak_mb = peak_mb.max(peak_of(&status));
            std::thread::sleep(Duration::from_millis(5));
        }
        let seconds = began.elapsed().as_secs_f64();
        let output = waiting.join().expect("a thread that waits").expect("it ran");
        assert!(output.status.success(), "the program failed: {output:?}");
        Run { seconds, peak_mb, output: String::from_utf8_lossy(&output.stdout).into_owned() }
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if std::env::var_os("BAOHAO_BENCH_KEEP").is_none() {
            drop(std::fs::remove_dir_all(&self.folder));
        }
    }
}

/// The built program: `BAOHAO_BIN`, or the release build.
pub fn program() -> PathBuf {
    if let Some(named) = std::env::var_os("BAOHAO_BIN") {
        return PathBuf::from(named);
    }
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release/baohao");
    assert!(built.exists(), "build it first: cargo build --release");
    built
}

/// `VmHWM` in megabytes; 0 once the process is gone.
fn peak_of(status: &Path) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}

/// Now, by the clock of the machine.
pub fn now() -> At {
    SystemClock.now()
}
