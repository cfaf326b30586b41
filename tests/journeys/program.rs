//! The demo as a process of its own, and its interface.

use crate::place::Place;
use serde_json::Value;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A running demo on a port and in a folder of its own; ended and removed when dropped.
#[derive(Debug)]
pub(crate) struct Demo {
    process: Child,
    folder: PathBuf,
    place: Place,
    /// Where its log and its temporary files are, if they are looked at.
    watched: Option<PathBuf>,
    pub(crate) address: String,
}

impl Demo {
    /// Without models, as a demo is that has no network.
    pub(crate) fn start() -> Self {
        Self::start_with(None)
    }

    /// With the models of this folder.
    pub(crate) fn start_with(models: Option<&OsStr>) -> Self {
        Self::begin(models, false)
    }

    /// The same; everything that it logs is kept, and its temporary files have a folder of their
    /// own.
    pub(crate) fn start_watched(models: &OsStr) -> Self {
        Self::begin(Some(models), true)
    }

    fn begin(models: Option<&OsStr>, is_watched: bool) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("baohao-journey-{}-{count}", std::process::id()));
        let mut command = Command::new(env!("CARGO_BIN_EXE_baohao"));
        command
            .args(["demo", "--listen", "127.0.0.1:0", "--json", "--data"])
            .arg(&folder)
            .env("BAOHAO_NO_FETCH", "yes")
            .env_remove("BAOHAO_MODELS");
        if let Some(models) = models {
            command.env("BAOHAO_MODELS", models);
        }
        let place = Place::new();
        if let Some(database) = place.database() {
            command.args(["--database", database]);
        }
        let watched = is_watched.then(|| folder.with_extension("watched"));
        if let Some(watched) = &watched {
            std::fs::create_dir_all(watched.join("tmp")).expect("a folder");
            let log = std::fs::File::create(watched.join("log")).expect("a file");
            command.stderr(log).env("BAOHAO_LOG", "trace").env("TMPDIR", watched.join("tmp"));
        }
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let out = process.stdout.take().expect("it is piped");
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).expect("the program says where it listens");
        let welcome: Value = serde_json::from_str(&line).expect("in JSON");
        let address = welcome["address"].as_str().expect("with an address").to_owned();
        Self { process, folder, place, watched, address }
    }

    /// What it logged, and its temporary files, hold neither one of these texts
    /// nor a picture.
    pub(crate) fn left_nothing_of(&self, texts: &[&str]) {
        let watched = self.watched.as_ref().expect("it was started to be watched");
        let left: Vec<_> = std::fs::read_dir(watched.join("tmp")).expect("a folder").collect();
        assert!(left.is_empty(), "temporary files: {left:?}");
        let log = std::fs::read(watched.join("log")).expect("a log");
        let pictures = ["JFIF", "/9j/4AAQ", "[255, 216, 255", "\\xff\\xd8\\xff"];
        for text in texts.iter().chain(&pictures) {
            let is_there = memchr::memmem::find(&log, text.as_bytes()).is_some();
            assert!(!is_there, "the log holds {text:?}");
        }
    }

    /// `GET` below `/demo/api`.
    pub(crate) fn get(&self, path: &str) -> Value {
        self.call("GET", path, "")
    }

    /// `POST` below `/demo/api`.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", path, &body.to_string())
    }

    fn call(&self, method: &str, path: &str, body: &str) -> Value {
        let (status, answer) = self.http(method, &format!("/demo/api{path}"), body);
        assert!((200..300).contains(&status), "{method} {path} {body}: {status} {answer:?}");
        serde_json::from_slice(&answer).unwrap_or(Value::Null)
    }

    /// Runs a command on the demo's folder and database.
    pub(crate) fn command(&self, words: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baohao"));
        command.args(words);
        match self.place.database() {
            None => command.arg("--data").arg(&self.folder),
            Some(database) => command
                .env("BAOHAO_STORE_DATABASE", database)
                .env("BAOHAO_STORE_BLOBS", self.folder.join("blobs"))
                .env("BAOHAO_STORE_KEY_FILE", self.folder.join("keys.json")),
        };
        let status = command.stdout(Stdio::null()).status();
        assert!(status.expect("the program starts").success(), "{words:?}");
    }

    /// A file of the demo.
    pub(crate) fn download(&self, path: &str) -> Vec<u8> {
        let (status, answer) = self.http("GET", path, "");
        assert_eq!(status, 200, "{path}");
        answer
    }

    fn http(&self, method: &str, path: &str, body: &str) -> (u16, Vec<u8>) {
        let host = self.address.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).expect("the program listens");
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("the program reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("the program answers");
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        (status.expect("a status"), answer.split_off(end))
    }

    /// The newest code that was sent by e-mail to `to`.
    pub(crate) fn mailed_code(&self, to: &str) -> String {
        let mail = self.wait_for(|| {
            let all = self.get("/mail");
            let mine = all.as_array()?.iter().rev().find(|mail| mail["to"] == to)?;
            Some(mine["text"].as_str()?.to_owned())
        });
        let digits: Vec<_> = mail
            .split(|c: char| !c.is_ascii_digit())
            .filter(|run| run.len() == 6)
            .map(str::to_owned)
            .collect();
        digits.first().expect("a code has six digits").clone()
    }

    /// Asks until there is an answer; gives up after half a minute.
    pub(crate) fn wait_for<T>(&self, mut ask: impl FnMut() -> Option<T>) -> T {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            if let Some(answer) = ask() {
                return answer;
            }
            // A question over loopback is what lets time pass here.
            self.get("/clock");
        }
        panic!("it does not happen in time");
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
        drop(std::fs::remove_dir_all(&self.folder));
        if let Some(watched) = &self.watched {
            drop(std::fs::remove_dir_all(watched));
        }
    }
}
