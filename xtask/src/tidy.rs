//! The style that a machine can check: directions, sizes, banned words, documents in step.

use crate::direction;
use crate::files::{Fault, list, read};
use std::path::Path;

/// Lines of code in one source file, tests apart.
const FILE_LINES_MAX: usize = 800;
/// Lines in one file of tests.
const TEST_LINES_MAX: usize = 1200;
/// Columns of one line of Rust.
const LINE_COLUMNS_MAX: usize = 100;
/// Lines in one page template.
const TEMPLATE_LINES_MAX: usize = 250;
/// Bytes of one file of any kind: the repository holds sources, not artefacts.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Marks of unfinished work, written so that this line is none.
const UNFINISHED: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

/// Everything that is not tidy.
pub(crate) fn faults(root: &Path) -> Vec<Fault> {
    let mut faults = direction::faults(root);
    for path in list(root) {
        size(root, &path, &mut faults);
        let text = read(root, &path);
        words(&path, &text, &mut faults);
        if path.ends_with(".rs") {
            rust(&path, &text, &mut faults);
        }
        if path.contains("/templates/") && text.lines().count() > TEMPLATE_LINES_MAX {
            faults.push(Fault::new(&path, 0, format!("over {TEMPLATE_LINES_MAX} lines")));
        }
    }
    documents(root, &mut faults);
    faults
}

fn size(root: &Path, path: &str, faults: &mut Vec<Fault>) {
    let bytes = std::fs::metadata(root.join(path)).map_or(0, |meta| meta.len());
    if bytes > FILE_BYTES_MAX {
        faults.push(Fault::new(path, 0, format!("{bytes} bytes, over {FILE_BYTES_MAX}")));
    }
}

/// The project speaks of itself alone, and of nothing on one machine.
fn words(path: &str, text: &str, faults: &mut Vec<Fault>) {
    if path.starts_with("xtask/src/tidy.rs") {
        return;
    }
    let is_test = is_test_file(path);
    for (index, line) in text.lines().enumerate() {
        let mut banned = vec!["/work/", "/root/", "/home/"];
        if !is_test {
            banned.push("../shared");
        }
        for word in banned {
            if line.contains(word) {
                faults.push(Fault::new(path, index + 1, format!("says `{word}`")));
            }
        }
        if line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ") {
            faults.push(Fault::new(path, index + 1, "a conflict that was not settled".to_owned()));
        }
    }
}

fn is_test_file(path: &str) -> bool {
    path.starts_with("tests/")
        || path.contains("/tests/")
        || path.ends_with("tests.rs")
        || path.ends_with("_test.rs")
        || path.starts_with("crates/testkit/")
}

fn rust(path: &str, text: &str, faults: &mut Vec<Fault>) {
    let mut push = |line: usize, text: String| faults.push(Fault::new(path, line, text));
    let code_lines = match text.find("#[cfg(test)]\nmod tests {") {
        Some(end) => text.get(..end).unwrap_or(text).lines().count(),
        None => text.lines().count(),
    };
    let lines_max = if is_test_file(path) { TEST_LINES_MAX } else { FILE_LINES_MAX };
    if code_lines > lines_max {
        push(0, format!("{code_lines} lines, over {lines_max}: it is more than one idea"));
    }
    let is_crate_root = path.ends_with("src/lib.rs") || path.ends_with("src/main.rs");
    if is_crate_root && !text.starts_with("//!") {
        push(1, "a crate says what it is in its first lines".to_owned());
    }
    for (index, line) in text.lines().enumerate() {
        if line.chars().count() > LINE_COLUMNS_MAX {
            push(index + 1, format!("over {LINE_COLUMNS_MAX} columns"));
        }
        let is_unfinished = UNFINISHED.iter().any(|mark| line.contains(mark));
        if is_unfinished && !line.contains('#') {
            push(index + 1, "unfinished work needs an issue number".to_owned());
        }
        if path.starts_with("crates/service/src") && is_sql(line) {
            push(index + 1, "service writes no SQL".to_owned());
        }
        let sees_store = line.contains("store::") && !line.contains("object_store::");
        let is_face = path.starts_with("crates/web/src") || path.starts_with("crates/api/src");
        if is_face && sees_store && !line.trim_start().starts_with("//") {
            push(index + 1, "web and api never see store".to_owned());
        }
    }
}

fn is_sql(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches('"').to_ascii_lowercase();
    let starts = ["select ", "insert into ", "delete from "];
    starts.iter().any(|start| line.starts_with(start))
        || (line.starts_with("update ") && line.contains(" set "))
}

/// Every dependency is argued; every decision is numbered once; every guide is listed.
fn documents(root: &Path, faults: &mut Vec<Fault>) {
    let argued = read(root, "docs/dependencies.md");
    let used = workspace_dependencies(root);
    for name in &used {
        if !argued.contains(&format!("| {name} |")) {
            let text = format!("no line for `{name}`");
            faults.push(Fault::new("docs/dependencies.md", 0, text));
        }
    }
    for line in argued.lines() {
        let name = line.strip_prefix("| ").and_then(|rest| rest.split(" |").next());
        if let Some(name) = name
            && name != "crate"
            && !used.iter().any(|used| used == name)
        {
            let text = format!("`{name}` is not used any more");
            faults.push(Fault::new("docs/dependencies.md", 0, text));
        }
    }
    let index = read(root, "docs/README.md");
    let mut numbers = Vec::new();
    for path in list(root) {
        let Some(name) = path.strip_prefix("docs/") else { continue };
        let is_listed = name.starts_with("decisions/") || index.contains(name);
        if name.ends_with(".md") && name != "README.md" && !is_listed {
            faults.push(Fault::new("docs/README.md", 0, format!("does not list {name}")));
        }
        if let Some(decision) = name.strip_prefix("decisions/") {
            let number: String = decision.chars().take_while(char::is_ascii_digit).collect();
            if number.len() != 4 || numbers.contains(&number) {
                faults.push(Fault::new(&path, 0, "needs a number of its own".to_owned()));
            }
            numbers.push(number);
        }
    }
}

fn workspace_dependencies(root: &Path) -> Vec<String> {
    let manifest: toml::Table = read(root, "Cargo.toml").parse().expect("a manifest is TOML");
    let workspace = manifest.get("workspace").and_then(|w| w.get("dependencies"));
    let table = workspace.and_then(toml::Value::as_table).expect("a workspace has dependencies");
    table
        .iter()
        .filter(|(_, value)| value.get("path").is_none())
        .map(|(name, _)| name.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_house_is_tidy() {
        let faults = super::faults(&crate::root());
        let text: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(text.is_empty(), "\n{}\n", text.join("\n"));
    }
}
