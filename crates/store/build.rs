//! Lists the files of `migrations/` for `src/migrate.rs`.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let folder = Path::new(&root).join("migrations");
    cargo(&format!("rerun-if-changed={}", folder.display()));
    let mut files = fs::read_dir(&folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    files.sort();
    let mut code = String::from("pub(crate) static MIGRATIONS: &[Migration] = &[\n");
    for file in files {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(name) = name.strip_suffix(".sql").filter(|name| !name.contains('.')) else {
            continue;
        };
        let twin = folder.join(format!("{name}.postgres.sql"));
        let twin = if twin.exists() {
            format!("Some(include_str!(\"{}\"))", twin.display())
        } else {
            "None".to_owned()
        };
        let _ = writeln!(
            code,
            "Migration {{ name: {name:?}, sql: include_str!(\"{}\"), postgres: {twin} }},",
            file.display()
        );
    }
    code.push_str("];\n");
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("migrations.rs"), code)
}

fn cargo(line: &str) {
    println!("cargo::{line}");
}
