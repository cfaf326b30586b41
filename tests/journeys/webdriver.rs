//! A small WebDriver client (W3C WebDriver level 2) over one loopback connection per command.
//!
//! Only what the journeys need: it is shorter than the dependencies of a general one.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long the driver itself looks for an element before it says there is none.
const WAIT_MILLIS: u64 = 200;
/// How often something is looked for before the test gives up.
const TRIES_MAX: usize = 50;
/// So long a page may take that comes after a photo, on a machine that others use too.
const LEADS_MAX: Duration = Duration::from_mins(1);
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A running chromedriver; ended when dropped.
#[derive(Debug)]
pub(crate) struct Driver {
    process: Child,
    port: u16,
}

/// The camera of a browser.
#[derive(Clone, Debug)]
pub(crate) enum Camera {
    /// Nobody asks for one; the browser is as it comes.
    Unasked,
    /// The machine has none.
    None,
    /// There is one, and the visitor refuses it.
    Refused,
    /// There is one that shows this film (YUV4MPEG2), again and again.
    Shows(std::path::PathBuf),
}

impl Camera {
    /// What the browser is started with.
    fn arguments(&self) -> Vec<String> {
        let film = |path: &Path| format!("--use-file-for-fake-video-capture={}", path.display());
        let device = "--use-fake-device-for-media-stream".to_owned();
        match self {
            Self::Unasked => Vec::new(),
            Self::None => vec!["--use-fake-ui-for-media-stream".to_owned()],
            Self::Refused => vec![device],
            Self::Shows(path) => {
                vec![device, "--use-fake-ui-for-media-stream".to_owned(), film(path)]
            }
        }
    }

    /// What the browser says to a page that asks for it: 2 is no.
    const fn setting(&self) -> u32 {
        if matches!(self, Self::Refused) { 2 } else { 0 }
    }
}

/// How a browser window is set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) has_scripts: bool,
    pub(crate) language: &'static str,
}

impl Driver {
    /// Starts chromedriver on a free port; `None` if the machine has none.
    pub(crate) fn start() -> Option<Self> {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let out = process.stdout.take()?;
        let mut lines = BufReader::new(out).lines();
        let line =
            lines.find_map(|line| line.ok().filter(|l| l.contains("successfully on port")))?;
        let digits: String = line.chars().filter(char::is_ascii_digit).collect();
        Some(Self { process, port: digits.parse().ok()? })
    }

    /// Opens a browser window of its own, with no state from any other.
    pub(crate) fn open(&self, window: Window, profile: &Path, camera: &Camera) -> Page<'_> {
        let scripts = if window.has_scripts { 1 } else { 2 };
        let mut arguments = vec![
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--hide-scrollbars".to_owned(),
            format!("--user-data-dir={}", profile.display()),
            format!("--accept-lang={}", window.language),
            format!("--window-size={},{}", window.width.max(500), window.height),
        ];
        arguments.extend(camera.arguments());
        let answer = self.call(
            "POST",
            "/session",
            &json!({"capabilities": {"alwaysMatch": {
                "browserName": "chrome",
                "goog:chromeOptions": {
                    "args": arguments,
                    "prefs": {
                        "profile.managed_default_content_settings.javascript": scripts,
                        "intl.accept_languages": window.language,
                        "profile.default_content_setting_values.media_stream_camera":
                            camera.setting(),
                    },
                    "mobileEmulation": {"deviceMetrics": {
                        "width": window.width, "height": window.height, "pixelRatio": 1.0,
                        "touch": false, "mobile": window.width < 600,
                    }},
                },
            }}}),
        );
        let session = answer["sessionId"].as_str().expect("a new session has an id").to_owned();
        let page = Page { driver: self, session };
        page.post("/timeouts", &json!({"implicit": WAIT_MILLIS, "script": 60_000}));
        page
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let value = self.ask(method, path, body);
        assert!(value.get("error").is_none(), "{method} {path} {body}: {value:#}");
        value
    }

    /// The answer, which may be an error.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the driver listens");
        stream.set_read_timeout(Some(Duration::from_mins(1))).expect("a time-out can be set");
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("the driver reads");
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).expect("the driver answers");
            let line = line.trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length is a number");
            }
        }
        let mut bytes = vec![0; length];
        reader.read_exact(&mut bytes).expect("the driver sends what it announced");
        let answer: Value = serde_json::from_slice(&bytes).expect("the driver speaks JSON");
        answer["value"].clone()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// One browser window.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    driver: &'a Driver,
    session: String,
}

impl Page<'_> {
    fn post(&self, path: &str, body: &Value) -> Value {
        self.driver.call("POST", &format!("/session/{}{path}", self.session), body)
    }

    /// Looks again if the page went on by itself just then.
    fn get(&self, path: &str) -> Value {
        let path = format!("/session/{}{path}", self.session);
        let seen = self.driver.ask("GET", &path, &Value::Null);
        let why = seen["message"].as_str().unwrap_or_default();
        if seen.get("error").is_some() && why.contains("aborted by navigation") {
            return self.driver.call("GET", &path, &Value::Null);
        }
        assert!(seen.get("error").is_none(), "GET {path}: {seen:#}");
        seen
    }

    /// Opens an address.
    pub(crate) fn go(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// The address shown.
    pub(crate) fn url(&self) -> String {
        self.get("/url").as_str().unwrap_or_default().to_owned()
    }

    /// The page's title.
    pub(crate) fn title(&self) -> String {
        self.get("/title").as_str().unwrap_or_default().to_owned()
    }

    fn all(&self, css: &str) -> Vec<String> {
        let found = self.post("/elements", &json!({"using": "css selector", "value": css}));
        let ids = found.as_array().cloned().unwrap_or_default();
        ids.iter().filter_map(|e| e[ELEMENT].as_str().map(str::to_owned)).collect()
    }

    /// Whether something matches.
    pub(crate) fn has(&self, css: &str) -> bool {
        !self.all(css).is_empty()
    }

    /// The first match, waiting for it to appear.
    fn one(&self, css: &str) -> String {
        let found = (0..TRIES_MAX).find_map(|_| self.all(css).into_iter().next());
        found.unwrap_or_else(|| panic!("no `{css}` on {}:\n{}", self.url(), self.text("body")))
    }

    /// The visible text of the first match.
    pub(crate) fn text(&self, css: &str) -> String {
        let found = self.all(css).into_iter().next();
        let Some(id) = found else { return String::new() };
        self.get(&format!("/element/{id}/text")).as_str().unwrap_or_default().to_owned()
    }

    /// An attribute of the first match.
    pub(crate) fn attribute(&self, css: &str, name: &str) -> Option<String> {
        let id = self.one(css);
        let value = self.get(&format!("/element/{id}/attribute/{name}"));
        value.as_str().map(str::to_owned)
    }

    /// An attribute of every match.
    pub(crate) fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let values = self.all(css).into_iter().map(|id| {
            let value = self.get(&format!("/element/{id}/attribute/{name}"));
            value.as_str().unwrap_or_default().to_owned()
        });
        values.collect()
    }

    /// Clicks the first match.
    pub(crate) fn click(&self, css: &str) {
        let id = self.one(css);
        self.post(&format!("/element/{id}/click"), &json!({}));
    }

    /// Picks a radio button or ticks a box with the space bar.
    pub(crate) fn pick(&self, css: &str) {
        self.type_into(css, " ");
    }

    /// Clicks what leads to another page, and waits until this one is gone.
    pub(crate) fn follow(&self, css: &str) {
        let old = self.one("html");
        self.click(css);
        let path = format!("/session/{}/element/{old}/name", self.session);
        let is_gone = || self.driver.ask("GET", &path, &Value::Null).get("error").is_some();
        let begun = Instant::now();
        while !is_gone() {
            assert!(begun.elapsed() < LEADS_MAX, "`{css}` led nowhere from {}", self.url());
        }
        self.one("html");
    }

    /// Replaces what a field holds.
    pub(crate) fn fill(&self, css: &str, text: &str) {
        let id = self.one(css);
        self.post(&format!("/element/{id}/clear"), &json!({}));
        self.post(&format!("/element/{id}/value"), &json!({ "text": text }));
    }

    /// Types into a field without emptying it; also how a file is chosen.
    pub(crate) fn type_into(&self, css: &str, text: &str) {
        let id = self.one(css);
        self.post(&format!("/element/{id}/value"), &json!({ "text": text }));
    }

    /// Runs a script and returns its value; for checks, never to drive the page.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs a script that calls its last argument with the result.
    pub(crate) fn run_later(&self, script: &str) -> Value {
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// Puts the window away, so that nobody looks at it, or brings it back.
    pub(crate) fn put_away(&self, is_away: bool) {
        let how = if is_away { "/window/minimize" } else { "/window/maximize" };
        self.post(how, &json!({}));
    }

    /// Saves a picture of the whole window.
    pub(crate) fn screenshot(&self, path: &Path) {
        let text = self.get("/screenshot");
        let bytes = decode_base64(text.as_str().unwrap_or_default());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).expect("a folder for screenshots");
        }
        std::fs::write(path, bytes).expect("a screenshot is written");
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let path = format!("/session/{}", self.session);
            self.driver.call("DELETE", &path, &Value::Null);
        }
    }
}

fn decode_base64(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = (bits << 6) | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).unwrap_or_default());
        }
    }
    out
}
