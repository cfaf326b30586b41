//! Numbers and SIMs into stock from files, beside PostgreSQL's `COPY` into tables of the same keys:
//! `cargo bench -p baohao-bench --bench stock [-- ROWS]`.

use bench::installation::Installation;
use bench::load;
use bench::{peer, say};
use std::path::Path;
use std::time::Instant;
use store::testing::OwnServer;

fn main() {
    let [rows] = bench::arguments([1_000_000]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(measure(rows));
}

async fn measure(rows: u64) {
    let ours = Installation::create().await;
    let (numbers, sims) = (ours.file("numbers.csv"), ours.file("sims.csv"));
    load::write_numbers(&numbers, rows).expect("it is written");
    load::write_sims(&sims, rows).expect("it is written");
    let peer = peer::start();
    for (what, file) in [("numbers", &numbers), ("sims", &sims)] {
        let run = ours.run(&["import", what, "--json", &file.to_string_lossy()]);
        assert!(run.output.contains(&format!("\"new\":{rows}")), "{}", run.output);
        let rate = rows as f64 / run.seconds;
        say(&format!("{what}: {:.2} s, {rate:.0}/s, {} MB", run.seconds, run.peak_mb));
        if let Some(server) = &peer {
            let copied = copy(server, what, file, rows).await;
            say(&format!("  PostgreSQL, COPY alone: {copied:.0}/s; ratio {:.2}", rate / copied));
        }
        let again = ours.run(&["import", what, "--json", &file.to_string_lossy()]);
        assert!(again.output.contains(&format!("\"known\":{rows}")), "{}", again.output);
        say(&format!("  the same file again: {:.0}/s", rows as f64 / again.seconds));
    }
}

async fn copy(server: &OwnServer, what: &str, file: &Path, rows: u64) -> f64 {
    use std::os::unix::fs::PermissionsExt;
    let readable = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(file, readable).expect("our own file");
    let columns = match what {
        "numbers" => "msisdn bigint primary key",
        _ => "iccid text primary key, imsi text unique",
    };
    let client = peer::connect(server).await;
    client.batch_execute(&format!("create table {what} ({columns})")).await.expect("it creates");
    let began = Instant::now();
    let copy = format!("copy {what} from '{}' with (format csv, header true)", file.display());
    client.batch_execute(&copy).await.expect("it copies");
    rows as f64 / began.elapsed().as_secs_f64()
}
