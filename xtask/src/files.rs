//! The files of the project, as git knows them.

use std::fmt;
use std::path::Path;
use std::process::Command;

/// Something that is not tidy.
#[derive(Debug)]
pub(crate) struct Fault {
    path: String,
    line: usize,
    text: String,
}

impl Fault {
    /// A fault at a line of a file; line 0 is the file as a whole.
    pub(crate) fn new(path: &str, line: usize, text: String) -> Self {
        Self { path: path.to_owned(), line, text }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.text)
    }
}

/// Paths below the root that git tracks or would track, sorted.
pub(crate) fn list(root: &Path) -> Vec<String> {
    let git = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output();
    let listed = git.ok().filter(|out| out.status.success());
    let text = listed.map(|out| String::from_utf8_lossy(&out.stdout).into_owned());
    let mut paths: Vec<String> = match text {
        Some(text) => text.lines().map(str::to_owned).collect(),
        None => walk(root, Path::new("")),
    };
    paths.retain(|path| root.join(path).is_file());
    paths.sort();
    paths.dedup();
    paths
}

/// The same without git (a source archive): everything but `target`.
fn walk(root: &Path, below: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(root.join(below)).into_iter().flatten().flatten() {
        let path = below.join(entry.file_name());
        if entry.path().is_dir() {
            if entry.file_name() != "target" && entry.file_name() != ".git" {
                paths.extend(walk(root, &path));
            }
        } else {
            paths.push(path.to_string_lossy().into_owned());
        }
    }
    paths
}

/// A file's text; empty if it is no text.
pub(crate) fn read(root: &Path, path: &str) -> String {
    let bytes = std::fs::read(root.join(path)).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}
