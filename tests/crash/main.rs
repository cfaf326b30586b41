//! `kill -9` at random moments of the real program, and a look at what is left: everything
//! acknowledged is there, nothing is there in half, the audit log verifies.
//!
//! `BAOHAO_CRASH_ROUNDS=100 cargo test --test crash` kills a hundred times instead of ten.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod backup;
mod child;
mod demo;
mod import;
mod network;
mod work;
mod world;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::sync::mpsc;
use std::time::Duration;

const ROUNDS: u64 = 10;

fn rounds() -> u64 {
    std::env::var("BAOHAO_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS)
}

/// A data folder that goes away with the test.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(testkit::folder())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The program with these arguments.
fn baohao(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baohao"));
    command.args(arguments).env("LANG", "en_GB.UTF-8").env_remove("LC_ALL");
    command.env("BAOHAO_NO_FETCH", "yes").env_remove("BAOHAO_MODELS");
    command
}

/// Kills the child after a random time of at most `millis_max`, if it has not ended by then.
/// `true` if it was killed.
fn kill_within(child: &mut Child, millis_max: u64) -> bool {
    let (_never, silence) = mpsc::channel::<()>();
    let moment = Duration::from_micros(seal::entropy::below(millis_max * 1000));
    assert!(silence.recv_timeout(moment).is_err());
    let is_running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    is_running
}

fn succeed(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// The audit log of the data folder must hold.
fn verify_audit(data: &Path) -> String {
    let said =
        succeed(&baohao(&["audit", "--data", data.to_str().unwrap(), "verify"]).output().unwrap());
    assert!(said.contains("holds"), "{said}");
    said
}
