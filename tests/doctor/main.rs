//! `baohao doctor`, and what a running program says of itself.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// A data folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(testkit::folder())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn baohao(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baohao"));
    command.args(arguments).arg("--data").arg(&folder.0);
    command.env("LANG", "en_GB.UTF-8").env_remove("LC_ALL");
    command
}

fn findings(output: &Output) -> Vec<serde_json::Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn nothing_but_a_database_is_well() {
    let folder = Folder::new();
    // The first start makes the database.
    drop(serve(&folder));
    let output = baohao(&folder, &["doctor", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found = findings(&output);
    let states: Vec<_> = found.iter().map(|f| (&f["port"], &f["state"])).collect();
    let off = ["hlr", "sms", "mail", "usage", "smdp", "authority", "models"];
    let off = off.map(|port| (port, "off"));
    let wanted: Vec<_> = [("database", "works")].into_iter().chain(off).collect();
    assert_eq!(states.len(), wanted.len(), "{states:?}");
    assert!(states.iter().zip(wanted).all(|((p, s), w)| **p == *w.0 && **s == *w.1), "{states:?}");
}

#[test]
fn another_file_in_place_of_a_model_is_told_and_stops_the_start() {
    let folder = Folder::new();
    drop(serve(&folder));
    std::fs::create_dir_all(folder.0.join("models")).unwrap();
    std::fs::write(folder.0.join("models/ocr.det.onnx"), b"something else").unwrap();
    let output = baohao(&folder, &["doctor"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success());
    assert!(said.contains("ocr.det.onnx") && said.contains("baohao models fetch"), "{said}");
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["work"]] {
        let output = baohao(&folder, command).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("ocr.det.onnx") && said.contains("baohao models fetch"), "{said}");
    }
    let output = baohao(&folder, &["models", "verify"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("another content, not used"), "{said}");
}

#[test]
fn what_does_not_work_is_told_with_its_fix_and_without_secrets() {
    let folder = Folder::new();
    // Takes the connection and closes it: neither a register nor a centre nor a mail server.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap().to_string();
    std::thread::spawn(move || nobody.incoming().for_each(drop));
    for (language, words) in [("en_GB.UTF-8", "does NOT work"), ("zh_CN.UTF-8", "不正常")] {
        let mut command = baohao(&folder, &["doctor"]);
        command
            .env("LANG", language)
            .env("BAOHAO_NETWORK_HLR", "osmo_hlr")
            .env("BAOHAO_HLR_CTRL", &address)
            .env("BAOHAO_HLR_VTY", &address)
            .env("BAOHAO_NETWORK_SMS", "smpp")
            .env("BAOHAO_SMSC_ADDRESS", &address)
            .env("BAOHAO_SMSC_SYSTEM_ID", "baohao")
            .env("BAOHAO_SMSC_PASSWORD", "hush-hush")
            .env("BAOHAO_NETWORK_MAIL", "smtp")
            .env("BAOHAO_MAIL_ADDRESS", &address)
            .env("BAOHAO_MAIL_PASSWORD", "hush-hush")
            .env("BAOHAO_NETWORK_USAGE", "nats")
            .env("BAOHAO_NATS_SERVERS", format!("nats://{address}"))
            .env("BAOHAO_NATS_STREAM", "USAGE")
            .env("BAOHAO_NATS_USER", "baohao")
            .env("BAOHAO_NATS_PASSWORD", "hush-hush")
            .env("BAOHAO_NETWORK_SMDP", "es2plus")
            .env("BAOHAO_SMDP_BASE_URL", format!("http://{address}"))
            .env("BAOHAO_SMDP_ADDRESS", "smdp.example")
            .env("BAOHAO_SMDP_REQUESTER_ID", "baohao");
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(said.matches(words).count(), 6, "{said}");
        // A fix under each.
        assert_eq!(said.lines().filter(|line| line.starts_with("    ")).count(), 6, "{said}");
        let all = format!("{said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(!all.contains("hush"), "{all}");
    }
    let mut command = baohao(&folder, &["doctor"]);
    command
        .env("BAOHAO_NETWORK_HLR", "pyhss")
        .env("BAOHAO_PYHSS_BASE_URL", format!("http://{address}"))
        .env("BAOHAO_PYHSS_PASSWORD", "hush-hush");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("pyhss.base_url") && !said.contains("hush-hush"), "{said}");
}

/// The program at work, until the test ends.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    said
}

/// The program, its pages' address and that for the operator.
fn serve(folder: &Folder) -> (Serving, String, String) {
    let mut child = baohao(folder, &["serve", "--listen", "127.0.0.1:0"])
        .env("BAOHAO_SITE_HEALTH_LISTEN", "127.0.0.1:0")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let serving = Serving(child);
    let mut address = || {
        let line = lines.next().unwrap().unwrap();
        line.rsplit("http://").next().unwrap().to_owned()
    };
    let (pages, health) = (address(), address());
    (serving, pages, health)
}

#[test]
fn a_running_program_says_how_it_is_and_metrics_to_the_operator_alone() {
    let folder = Folder::new();
    let (_serving, pages, health) = serve(&folder);
    for address in [&pages, &health] {
        assert!(get(address, "/healthz").ends_with("\r\n\r\nok\n"));
        assert!(get(address, "/readyz").ends_with("\r\n\r\nready\n"));
    }
    let metrics = get(&health, "/metrics");
    assert!(metrics.contains("baohao_database_up 1\n"), "{metrics}");
    for port in ["hlr", "sms", "mail"] {
        let line = format!("baohao_port_call_seconds_count{{port=\"{port}\"}} ");
        assert!(metrics.contains(&line), "{metrics}");
    }
    assert!(get(&pages, "/metrics").starts_with("HTTP/1.0 404"));
}

/// A core file would hold names, faces and keys, whatever the system's own setting.
#[cfg(target_os = "linux")]
#[test]
fn a_running_program_writes_no_core_files() {
    let folder = Folder::new();
    let (serving, _, _) = serve(&folder);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", serving.0.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let words: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{core}");
}

/// A server of the usage feed; ends with the test.
fn feed_server(folder: &Folder) -> Option<(Serving, u16)> {
    let program = ["nats-server", "/usr/sbin/nats-server"].into_iter().find(|program| {
        Command::new(program).arg("--version").output().is_ok_and(|ran| ran.status.success())
    });
    let Some(program) = program else {
        assert!(std::env::var_os("CI").is_none(), "the package nats-server is missing");
        eprintln!("skipped: needs the Debian package nats-server");
        return None;
    };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let store = folder.0.join("stream");
    let child = Command::new(program)
        .args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"])
        .arg(store)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Some((Serving(child), port))
}

#[test]
fn work_takes_in_what_the_feed_brings_and_metrics_and_doctor_tell() {
    let folder = Folder::new();
    let Some((_server, port)) = feed_server(&folder) else { return };
    let mut feed = loop {
        if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
            break stream;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(20));
    };
    let mut put = |subject: &str, payload: &str| {
        write!(feed, "PUB {subject} reply {}\r\n{payload}\r\n", payload.len()).unwrap();
    };
    // The stream is the operator's; so its owner makes it, in the words of the protocol.
    put("$JS.API.STREAM.CREATE.USAGE", r#"{"name":"USAGE","subjects":["usage"]}"#);
    put("usage", "13800138000 called 13900139000 at noon");
    put("usage", "{\"msisdn\":\"13800138000\",\"kind\":\"mo_call\",\"instant\":1773194400}");
    let with_feed = |arguments: &[&str]| {
        let mut command = baohao(&folder, arguments);
        command
            .env("BAOHAO_NETWORK_USAGE", "nats")
            .env("BAOHAO_NATS_SERVERS", format!("nats://127.0.0.1:{port}"))
            .env("BAOHAO_NATS_STREAM", "USAGE")
            .env("BAOHAO_NATS_REJECTS_FILE", folder.0.join("rejects.csv"))
            .env("BAOHAO_SITE_HEALTH_LISTEN", "127.0.0.1:0")
            .env("BAOHAO_LOG", "debug");
        command
    };
    // The first start makes the database.
    drop(serve(&folder));
    let log = std::fs::File::create(folder.0.join("log")).unwrap();
    let mut child = with_feed(&["work"]).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let _serving = Serving(child);
    let health = lines.next().unwrap().unwrap().rsplit("http://").next().unwrap().to_owned();
    let wanted = [
        "baohao_port_events_total{port=\"usage\",kind=\"message\"} 2",
        "baohao_port_events_total{port=\"usage\",kind=\"reject\"} 2",
        "baohao_port_garbage_total{port=\"usage\"} 1",
    ];
    let begun = std::time::Instant::now();
    loop {
        let said = get(&health, "/metrics");
        if wanted.iter().all(|line| said.lines().any(|found| found == *line)) {
            break;
        }
        assert!(begun.elapsed().as_secs() < 60, "{said}");
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
    let rejects = std::fs::read_to_string(folder.0.join("rejects.csv")).unwrap();
    assert!(rejects.contains("\n1,1,usage_file.column_missing,"), "{rejects}");
    assert!(rejects.contains("\n2,1,usage.number_unknown,"), "{rejects}");
    // The log tells that, and of nobody.
    let log = std::fs::read_to_string(folder.0.join("log")).unwrap();
    assert!(log.contains("usage was rejected"), "{log}");
    assert!(!log.contains("13800138000") && !log.contains("13900139000"), "{log}");
    let output = with_feed(&["doctor", "--json"]).output().unwrap();
    let found = findings(&output);
    let usage = found.iter().find(|finding| finding["port"] == "usage").unwrap();
    assert_eq!(usage["state"], "works", "{usage}");
}
