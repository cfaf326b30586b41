//! Real servers, started from their package: one, or a cluster.

use async_nats::jetstream::{self, Context, stream};
use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::net::TcpStream;

/// Long enough for a loaded machine; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);
pub(crate) const STREAM: &str = "USAGE";

/// One server with its store in a folder of its own.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) port: u16,
    config: PathBuf,
    child: Option<Child>,
}

/// One server, or several that are one cluster.
pub(crate) struct Servers {
    pub(crate) nodes: Vec<Node>,
    folder: PathBuf,
}

fn program() -> Option<PathBuf> {
    // Debian puts it where only root looks.
    ["nats-server", "/usr/sbin/nats-server"].into_iter().map(PathBuf::from).find(|path| {
        let ran = Command::new(path).arg("--version").output();
        ran.is_ok_and(|ran| ran.status.success())
    })
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Servers {
    /// So many, running; `None` with a word if the package is not installed here. `more` is put
    /// into the configuration of each.
    pub(crate) async fn start(count: usize, more: &str) -> Option<Self> {
        if program().is_none() {
            assert!(std::env::var_os("CI").is_none(), "the package nats-server is missing");
            eprintln!("skipped: needs the Debian package nats-server");
            return None;
        }
        let folder = testkit::folder();
        let routes: Vec<u16> = (0..count).map(|_| free_port()).collect();
        let mut nodes = Vec::new();
        for (at, route) in routes.iter().enumerate() {
            let (name, port) = (format!("n{at}"), free_port());
            let store = folder.join(&name);
            let mut text = format!(
                "server_name: {name}\nlisten: \"127.0.0.1:{port}\"\n\
                 jetstream {{ store_dir: {:?} }}\n{more}\n",
                store.display()
            );
            if count > 1 {
                let others: Vec<String> = routes
                    .iter()
                    .map(|port| format!("\"nats-route://127.0.0.1:{port}\""))
                    .collect();
                let others = others.join(", ");
                let _ = writeln!(
                    text,
                    "cluster {{ name: c, listen: \"127.0.0.1:{route}\", routes: [{others}] }}"
                );
            }
            let config = folder.join(format!("{name}.conf"));
            std::fs::write(&config, text).unwrap();
            nodes.push(Node { name, port, config, child: None });
        }
        let mut servers = Self { nodes, folder };
        for node in &mut servers.nodes {
            node.start();
        }
        for node in &servers.nodes {
            node.listens().await;
        }
        Some(servers)
    }

    /// All addresses, as the configuration has them.
    pub(crate) fn addresses(&self) -> String {
        let of = |node: &Node| format!("nats://127.0.0.1:{}", node.port);
        self.nodes.iter().map(of).collect::<Vec<_>>().join(",")
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A client of the test's own, and its stream, on every node.
    pub(crate) async fn stream(&self) -> Context {
        let client = async_nats::ConnectOptions::new()
            .max_reconnects(None)
            .reconnect_delay_callback(|_| Duration::from_millis(50))
            .connect(self.addresses().split(',').collect::<Vec<_>>())
            .await
            .unwrap();
        let context = jetstream::new(client);
        let config = stream::Config {
            name: STREAM.into(),
            subjects: vec!["usage.>".into()],
            num_replicas: self.nodes.len(),
            duplicate_window: Duration::from_mins(10),
            ..stream::Config::default()
        };
        // A cluster needs some time to agree on who leads.
        let made = tokio::time::timeout(PATIENCE, async {
            while context.create_stream(config.clone()).await.is_err() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        made.await.expect("the stream was not made");
        context
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            node.kill();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Node {
    pub(crate) fn start(&mut self) {
        let log = self.config.with_extension("log");
        let mut command = Command::new(program().unwrap());
        command.arg("-c").arg(&self.config).arg("-l").arg(log);
        self.child = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    }

    pub(crate) async fn listens(&self) {
        let up = tokio::time::timeout(PATIENCE, async {
            while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        up.await.expect("nats-server does not come up");
    }

    /// As `kill -9` does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}
