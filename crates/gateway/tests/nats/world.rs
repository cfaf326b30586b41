//! The program on a fresh database, fed by a real server.

use crate::server::{PATIENCE, STREAM, Servers};
use domain::access::Actor;
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::number::UsageKind;
use gateway::meter::{Event, Meter};
use gateway::usage::Nats;
use gateway::usage::nats::Server;
use service::ingest::{MEMORY_BYTES, Rejects, Source, feed_of, import};
use service::inventory::bring_numbers;
use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use store::activity;
use testkit::{Engine, TestApp, fresh};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use words::Lang;

pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) meter: Arc<Meter>,
    pub(crate) server: Server,
    pub(crate) patience: Duration,
    feed: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

pub(crate) fn settings(servers: &Servers) -> Server {
    Server {
        servers: servers.addresses(),
        stream: STREAM.into(),
        batch_messages: 1_000,
        ack_seconds: 5,
        rejects_file: servers.folder().join("rejects.csv"),
        ..Server::default()
    }
}

/// As many numbers of ours as so many events are about.
pub(crate) async fn with_numbers(engine: Engine, events: usize) -> Option<TestApp> {
    let app = TestApp::on(fresh(engine).await?).await;
    app.operator(1).await;
    let count = events.div_ceil(UsageKind::ALL.len()) as u64;
    let numbers = (0..count).map(|n| Msisdn::from_e164(8_613_800_130_000 + n).unwrap());
    bring_numbers(&app, &Actor::System, OperatorId(1), numbers).await.unwrap();
    Some(app)
}

impl World {
    pub(crate) async fn new(engine: Engine, servers: &Servers, events: usize) -> Option<Self> {
        let app = with_numbers(engine, events).await?;
        let meter = Arc::new(Meter::default());
        Some(Self { app, meter, server: settings(servers), patience: PATIENCE, feed: None })
    }

    /// Starts the feed; it stops with [`World::stop`], or dies with the test.
    pub(crate) fn start(&mut self) {
        let nats = Nats::new(self.server.clone(), Arc::clone(&self.meter), Lang::En).unwrap();
        let (stop, stopped) = oneshot::channel();
        let app = Arc::clone(&self.app.app);
        let run = nats.run(app, async { drop(stopped.await) });
        self.feed = Some((stop, tokio::spawn(run)));
    }

    /// Ends it politely.
    pub(crate) async fn stop(&mut self) {
        let (stop, task) = self.feed.take().unwrap();
        stop.send(()).unwrap();
        task.await.unwrap();
    }

    /// Ends it anywhere, as a power cut does.
    pub(crate) async fn cut(&mut self) {
        let (_stop, task) = self.feed.take().unwrap();
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    }

    pub(crate) fn count(&self, event: Event) -> u64 {
        self.meter.count_of(event)
    }

    /// Until `done` says so.
    pub(crate) async fn until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let waited = tokio::time::timeout(self.patience, async {
            while !done(self) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let waited = waited.await;
        let rows = self.count(Event::UsageRows);
        assert!(waited.is_ok(), "waited in vain: {what}; {rows} rows");
    }
}

/// Takes in a file, as `baohao import usage` does.
pub(crate) async fn take_file(app: &TestApp, text: &str) {
    let source = Source {
        input: Box::new(Cursor::new(text.as_bytes().to_vec())),
        feed: feed_of(&mut text.as_bytes()).unwrap(),
        commit_rows: 100_000,
        memory_bytes: MEMORY_BYTES,
    };
    let stop = AtomicBool::new(false);
    let mut rejects = Rejects::keep(10);
    let report = import(app, &Actor::System, source, &mut rejects, &stop, &|_| {}).await.unwrap();
    assert!(report.is_finished);
}

/// All that is known of the use of the numbers of so many events.
pub(crate) async fn state(app: &TestApp, events: usize) -> Vec<Vec<u8>> {
    let count = events.div_ceil(UsageKind::ALL.len()) as u64;
    let number = |n: u64| Msisdn::from_e164(8_613_800_130_000 + n).unwrap();
    let blocks: Vec<u64> = (number(0).block()..=number(count).block()).collect();
    let stored = activity::load_many(&app.store.db, &blocks).await.unwrap();
    stored.iter().map(|block| block.activity.encode()).collect()
}
