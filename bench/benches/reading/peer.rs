//! The Python packages, in a process of their own that is asked card by card.

use bench::say;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The program it runs.
const PROGRAM: &str = include_str!("peer.py");

/// A running interpreter.
pub(crate) struct Peer {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What it says of one card.
pub(crate) struct Answer {
    pub(crate) reading_millis: f64,
    pub(crate) faces_millis: f64,
    /// The lines of each side, top down and from left to right, without blanks.
    pub(crate) sides: [String; 2],
    pub(crate) likeness: Option<f64>,
}

impl Peer {
    /// Starts the interpreter that `BAOHAO_PYTHON` names; without it, or without the packages,
    /// says so.
    pub(crate) fn start() -> Option<Self> {
        let Some(python) = std::env::var_os("BAOHAO_PYTHON") else {
            say("Python unavailable: BAOHAO_PYTHON names no interpreter");
            return None;
        };
        let child = Command::new(python)
            .args(["-c", PROGRAM])
            .env("OMP_NUM_THREADS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = match child {
            Ok(child) => child,
            Err(error) => {
                say(&format!("Python unavailable: {error}"));
                return None;
            }
        };
        let questions = child.stdin.take()?;
        let answers = BufReader::new(child.stdout.take()?);
        let mut peer = Self { child, questions, answers };
        match peer.line() {
            Some(ready) => {
                let packages = ready.get("ready").and_then(Value::as_str).unwrap_or_default();
                say(&format!("Python: {packages}"));
                Some(peer)
            }
            None => {
                say("Python unavailable: the interpreter lacks the packages");
                None
            }
        }
    }

    fn line(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.answers.read_line(&mut line).ok()?;
        serde_json::from_str(&line).ok()
    }

    /// Front, back and portrait.
    pub(crate) fn ask(&mut self, files: &[PathBuf; 3]) -> Answer {
        let paths = files.each_ref().map(|path| path.display().to_string());
        writeln!(self.questions, "{}", paths.join("\t")).expect("the package runs");
        let answer = self.line().expect("the package answers");
        let number = |key: &str| answer.get(key).and_then(Value::as_f64);
        let lines = |index: usize| {
            let side = answer.get("lines").and_then(|sides| sides.get(index));
            text(side.and_then(Value::as_array).map_or(&[], Vec::as_slice))
        };
        Answer {
            reading_millis: number("reading_millis").expect("a number"),
            faces_millis: number("faces_millis").expect("a number"),
            sides: [lines(0), lines(1)],
            likeness: number("likeness"),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It ends by itself where its questions do; nothing is lost if it does not.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Lines within half a line's height of each other stand side by side.
fn text(lines: &[Value]) -> String {
    let line = |line: &Value| {
        let number = |index: usize| line.get(index).and_then(Value::as_f64);
        Some((line.get(0)?.as_str()?.to_owned(), number(1)?, number(2)?, number(3)?))
    };
    let mut placed: Vec<(String, f64, f64, f64)> = lines.iter().filter_map(line).collect();
    placed.sort_by(|a, b| a.2.total_cmp(&b.2));
    let mut rows: Vec<Vec<(String, f64, f64, f64)>> = Vec::new();
    for line in placed {
        let beside = rows.last().and_then(|row| row.first());
        match beside {
            Some(first) if line.2 - first.2 < first.3 * 0.5 => {
                rows.last_mut().expect("there is one").push(line);
            }
            _ => rows.push(vec![line]),
        }
    }
    for row in &mut rows {
        row.sort_by(|a, b| a.1.total_cmp(&b.1));
    }
    let all = rows.into_iter().flatten().flat_map(|line| line.0.chars().collect::<Vec<_>>());
    all.filter(|sign| !sign.is_whitespace()).collect()
}
