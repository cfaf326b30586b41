//! The project's own tools: `cargo xtask tidy`, `cargo xtask docs`, `cargo xtask load`.
//!
//! `tidy` is also a test of this crate, so `cargo test --workspace` runs it.

mod direction;
mod docs;
mod files;
mod tidy;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let root = root();
    let mut out = std::io::stdout().lock();
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => {
            let faults = tidy::faults(&root);
            for fault in &faults {
                drop(writeln!(out, "{fault}"));
            }
            drop(writeln!(out, "tidy: {} fault(s)", faults.len()));
            ExitCode::from(u8::from(!faults.is_empty()))
        }
        Some("docs") => match docs::write(&root) {
            Ok(names) => {
                drop(writeln!(out, "wrote {}", names.join(", ")));
                ExitCode::SUCCESS
            }
            Err(error) => {
                drop(writeln!(out, "docs: {error}"));
                ExitCode::FAILURE
            }
        },
        // It needs the whole program, which the other tools are quicker without.
        Some("load") => {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["run", "--quiet", "--release", "--package", "baohao-bench"]);
            cargo.args(["--bin", "load", "--"]).args(std::env::args_os().skip(2));
            let is_done = cargo.status().is_ok_and(|status| status.success());
            ExitCode::from(u8::from(!is_done))
        }
        _ => {
            drop(writeln!(
                out,
                "cargo xtask tidy   check directions, sizes, names and documents\n\
                 cargo xtask docs   write docs/generated from the code\n\
                 cargo xtask load   write files of numbers, SIMs and usage to measure with"
            ));
            ExitCode::from(2)
        }
    }
}

/// The project's root folder.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask lies in the project's root").to_path_buf()
}
