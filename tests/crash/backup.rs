//! A backup made while other processes write, and what it restores to.

use crate::{Folder, baohao, succeed, verify_audit};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A small installation.
fn install(data: &Path) {
    fs::create_dir_all(data).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(crate::import::stock(text(&data.join("baohao.db"))));
}

fn numbers(path: &Path, from: u64, count: u64) {
    use std::fmt::Write;
    let mut rows = "msisdn\n".to_owned();
    for n in from..from + count {
        writeln!(rows, "{}", 13_800_000_000 + n).unwrap();
    }
    fs::write(path, rows).unwrap();
}

/// The restored log verifies, and nothing that was acknowledged before the backup began is missing,
/// though an import was writing from the first to the last page.
#[test]
fn a_backup_under_load_restores_to_a_log_that_verifies() {
    let folder = Folder::new();
    let (data, file) = (folder.path("data"), folder.path("numbers.csv"));
    install(&data);
    numbers(&file, 0, 500);
    let import = ["import", "numbers", text(&file), "--data", text(&data)];
    succeed(&baohao(&import).output().unwrap());
    numbers(&file, 10_000, 12_000);
    let mut load = baohao(&import).stdout(std::process::Stdio::null()).spawn().unwrap();
    let mut rounds = 0;
    loop {
        let is_loaded = load.try_wait().unwrap().is_none();
        let (backup, back) =
            (folder.path(&format!("backup-{rounds}")), folder.path(&format!("back-{rounds}")));
        let made =
            baohao(&["backup", text(&backup), "--with-keys", "--data", text(&data), "--json"]);
        let made: Value = serde_json::from_str(&succeed(&{ made }.output().unwrap())).unwrap();
        let held = made["manifest"]["operators"][0]["numbers"].as_i64().unwrap();
        assert!(held >= 500, "{held}");
        let restored = baohao(&["restore", text(&backup), "--data", text(&back), "--json"]);
        let restored: Value =
            serde_json::from_str(&succeed(&{ restored }.output().unwrap())).unwrap();
        assert_eq!(restored["holds"], true, "{restored}");
        verify_audit(&back);
        rounds += 1;
        if !is_loaded || rounds == 3 {
            break;
        }
    }
    assert!(load.wait().unwrap().success(), "the import never noticed");
    verify_audit(&data);
}

/// Killed anywhere, there is a whole backup or none.
#[test]
fn a_backup_that_was_killed_never_looks_whole() {
    let folder = Folder::new();
    let (data, file) = (folder.path("data"), folder.path("numbers.csv"));
    install(&data);
    numbers(&file, 0, 3_000);
    let import = ["import", "numbers", text(&file), "--data", text(&data)];
    succeed(&baohao(&import).output().unwrap());
    let backup = folder.path("backup");
    for millis in [5, 20, 60, 120] {
        let command = ["backup", text(&backup), "--with-keys", "--data", text(&data)];
        let mut child = baohao(&command).stderr(std::process::Stdio::null()).spawn().unwrap();
        crate::kill_within(&mut child, millis);
        let back = folder.path(&format!("back-{millis}"));
        let restored = baohao(&["restore", text(&backup), "--data", text(&back)]).output().unwrap();
        if backup.exists() {
            succeed(&restored);
            verify_audit(&back);
            fs::remove_dir_all(&backup).unwrap();
        } else {
            assert!(!restored.status.success());
            assert!(!back.join("baohao.db").exists(), "nothing was restored from nothing");
        }
    }
}
