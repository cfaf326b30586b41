//! Everything that is logged while these tests run, and whether the process still breathes.

use std::io::Write;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// What is personal in what the peers say.
pub(crate) const NUMBER: &str = "8613800138000";
pub(crate) const IMSI: &str = "460001234567890";
pub(crate) const NAME: &str = "Zhang San 张三";
const SECRETS: [&str; 4] = ["13800138000", IMSI, "Zhang San", "张三"];

struct Sink;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keeps all that our crates log from now on, down to the least.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let filter = "warn,gateway=trace,service=trace,store=trace";
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(false)
            .with_writer(|| Sink)
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        tracing::warn!("it listens");
    });
}

/// Nothing in the log is about a person.
pub(crate) fn tells_of_nobody() {
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8_lossy(&log);
    assert!(text.contains("it listens"), "nothing was kept");
    for secret in SECRETS {
        let line = text.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{}", line.unwrap());
    }
}

/// Other work beside an adapter, on the same thread: by how much it was ever late.
pub(crate) struct Pulse(JoinHandle<()>, Arc<Mutex<Duration>>);

impl Pulse {
    const BEAT: Duration = Duration::from_millis(5);
    /// For a loaded machine; an adapter that blocks does so for seconds.
    const LATE_MAX: Duration = Duration::from_millis(1_500);

    pub(crate) fn start() -> Self {
        let worst = Arc::new(Mutex::new(Duration::ZERO));
        let seen = Arc::clone(&worst);
        let beat = tokio::spawn(async move {
            loop {
                let begun = Instant::now();
                tokio::time::sleep(Self::BEAT).await;
                let mut worst = seen.lock().unwrap();
                *worst = begun.elapsed().max(*worst);
            }
        });
        Self(beat, worst)
    }

    pub(crate) fn was_never_late(self) {
        self.0.abort();
        let worst = *self.1.lock().unwrap();
        assert!(worst >= Self::BEAT && worst < Self::LATE_MAX, "{worst:?}");
    }
}
