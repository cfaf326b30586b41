//! Which crate may depend on which: the house's one drawing, as a table.

use crate::files::{Fault, read};
use std::path::Path;

/// Crate, and the crates of ours it may use. Tests may use `testkit` on top.
const ALLOWED: [(&str, &[&str]); 12] = [
    ("domain", &[]),
    ("seal", &[]),
    ("words", &[]),
    ("vision", &[]),
    ("reader", &["domain", "vision"]),
    ("store", &["domain", "seal"]),
    ("service", &["domain", "seal", "words", "vision", "store"]),
    ("gateway", &["domain", "seal", "words", "vision", "reader", "service"]),
    ("web", &["domain", "words", "service"]),
    ("api", &["domain", "words", "service"]),
    ("demo", &["domain", "seal", "words", "vision", "service", "gateway", "web", "api"]),
    (
        "testkit",
        &["domain", "seal", "words", "vision", "store", "service", "gateway", "web", "api", "demo"],
    ),
];

/// What `domain` may use from outside: civil dates and serialisation.
const DOMAIN_OUTSIDE: [&str; 2] = ["jiff", "serde"];

/// Every dependency that points the wrong way.
pub(crate) fn faults(root: &Path) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, allowed) in ALLOWED {
        let path = format!("crates/{name}/Cargo.toml");
        for used in dependencies(root, &path, "dependencies") {
            let is_ours = ALLOWED.iter().any(|(ours, _)| *ours == used);
            if is_ours && !allowed.contains(&used.as_str()) {
                faults.push(Fault::new(&path, 0, format!("{name} must not use {used}")));
            }
            if name == "domain" && !DOMAIN_OUTSIDE.contains(&used.as_str()) {
                faults.push(Fault::new(&path, 0, format!("domain must not use {used}")));
            }
        }
    }
    for entry in std::fs::read_dir(root.join("crates")).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !ALLOWED.iter().any(|(ours, _)| *ours == name) {
            let text = "a new crate needs a decision record and a line in xtask/src/direction.rs";
            faults.push(Fault::new(&format!("crates/{name}"), 0, text.to_owned()));
        }
    }
    faults
}

/// The names in one dependency table of a manifest.
pub(crate) fn dependencies(root: &Path, path: &str, table: &str) -> Vec<String> {
    let manifest: toml::Table = read(root, path).parse().expect("a manifest is TOML");
    let table = manifest.get(table).and_then(toml::Value::as_table);
    table.map(|t| t.keys().cloned().collect()).unwrap_or_default()
}
