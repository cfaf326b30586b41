//! The real osmo-hlr, started from its package, on a loopback address of its own.

use gateway::hlr::osmo::Server;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The ports that osmo-hlr cannot be told to leave.
const PORTS: [u16; 3] = [4222, 4258, 4259];
/// Long enough for a loaded machine; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// One register with its database in a folder of its own.
pub(crate) struct Register {
    pub(crate) host: IpAddr,
    folder: PathBuf,
    child: Option<Child>,
}

impl Register {
    /// A fresh one, running; `None` with a word if the package is not installed here.
    pub(crate) async fn start() -> Option<Self> {
        let has = Command::new("osmo-hlr").arg("--version").output();
        if !has.is_ok_and(|ran| ran.status.success()) {
            assert!(std::env::var_os("CI").is_none(), "the package osmo-hlr is missing");
            eprintln!("skipped: needs the Debian package osmo-hlr");
            return None;
        }
        let folder = testkit::folder();
        // Another process may take the address in between: then it does not come up, and the next
        // is tried.
        loop {
            let host = free_host();
            let mut register = Self { host, folder: folder.clone(), child: None };
            if register.try_start().await {
                return Some(register);
            }
        }
    }

    /// Starts it, on the same database as before.
    pub(crate) async fn start_again(&mut self) {
        assert!(self.try_start().await, "osmo-hlr does not come up again");
    }

    async fn try_start(&mut self) -> bool {
        let host = self.host;
        let config = format!(
            "log stderr\n logging level set-all fatal\nline vty\n bind {host}\nctrl\n bind {host}\n\
             hlr\n gsup\n  bind ip {host}\n"
        );
        let path = self.folder.join("hlr.cfg");
        std::fs::write(&path, config).unwrap();
        let mut child = Command::new("osmo-hlr")
            .arg("-c")
            .arg(path)
            .arg("-l")
            .arg(self.folder.join("hlr.db"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let is_up = tokio::time::timeout(PATIENCE, async {
            loop {
                if child.try_wait().unwrap().is_some() {
                    return false;
                }
                let opened = PORTS.map(|port| TcpStream::connect((host, port)));
                if futures::future::join_all(opened).await.iter().all(Result::is_ok) {
                    return true;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        let is_up = is_up.await.expect("osmo-hlr neither comes up nor ends");
        self.child = is_up.then_some(child);
        is_up
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Stops or continues it, as a machine that hangs.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Where the adapter finds it.
    pub(crate) fn server(&self) -> Server {
        Server {
            ctrl: format!("{}:4259", self.host),
            vty: format!("{}:4258", self.host),
            ..Server::default()
        }
    }

    /// A command on the VTY, as somebody else types it.
    pub(crate) async fn vty(&self, command: &str) -> String {
        let mut vty = TcpStream::connect((self.host, 4258)).await.unwrap();
        vty.write_all(format!("enable\n{command}\n").as_bytes()).await.unwrap();
        let mut said = String::new();
        // The greeting's prompt, that after `enable`, that after the command.
        while said.matches("OsmoHLR# ").count() < 2 {
            let mut bytes = [0; 4096];
            let count = vty.read(&mut bytes).await.unwrap();
            assert!(count > 0, "the VTY closed: {said}");
            said.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        said
    }

    /// A request on the control interface, as somebody else sends it: `GET 1 …` or `SET 1 …`.
    pub(crate) async fn ctrl(&self, text: &str) -> String {
        let mut ctrl = TcpStream::connect((self.host, 4259)).await.unwrap();
        let length = u16::try_from(text.len() + 1).unwrap();
        let mut frame = length.to_be_bytes().to_vec();
        frame.extend([0xEE, 0x00]);
        frame.extend(text.as_bytes());
        ctrl.write_all(&frame).await.unwrap();
        let mut head = [0; 4];
        ctrl.read_exact(&mut head).await.unwrap();
        let mut said = vec![0; usize::from(u16::from_be_bytes([head[0], head[1]])) - 1];
        ctrl.read_exact(&mut said).await.unwrap();
        String::from_utf8(said).unwrap()
    }
}

impl Drop for Register {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// An address of this machine on which all the ports are free.
fn free_host() -> IpAddr {
    loop {
        let part = || u8::try_from(1 + seal::entropy::below(250)).unwrap();
        let host = IpAddr::V4(Ipv4Addr::new(127, part(), part(), part()));
        if PORTS.iter().all(|port| TcpListener::bind((host, *port)).is_ok()) {
            return host;
        }
    }
}
