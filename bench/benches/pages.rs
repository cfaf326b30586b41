//! How long pages take while applications come in and are read by models on the same cores:
//! `cargo bench -p baohao-bench --bench pages [-- APPLICATIONS [SECONDS]]`, with `BAOHAO_MODELS`
//! naming the models and `BAOHAO_BIN` the program, on SQLite.
//!
//! The real program serves and works. So many applicants at once send the photos of their document
//! and a portrait of about 400 kB each, one application after the other, and open the page that
//! comes filled in; a visitor meanwhile asks for pages at a fixed rate, each question counted from
//! the instant at which it was to be asked. First the same visitor alone.

use bench::photo::photo;
use bench::probe::Probe;
use bench::{installation, say};
use domain::application::form::Who;
use domain::identity::DocumentKind;
use domain::reason::Item;
use service::register::{self, Change};
use service::ticket::{self, Purpose};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use testkit::{Applicant, Drafted, Engine, TestApp, fresh};

/// One page every so many milliseconds.
const EVERY_MILLIS: u64 = 25;
/// Questions that may wait for an answer at once: as many visitors.
const VISITORS: usize = 8;
const BOUNDARY: &str = "a-line-that-no-photo-has-in-it";
const ITEMS: [Item; 3] = [Item::DocumentFront, Item::DocumentBack, Item::Portrait];
/// Applications laid ready for each second and applicant, at most.
const DRAFTS_MAX: u64 = 400;

#[expect(clippy::disallowed_methods, reason = "a measurement takes its time")]
fn main() {
    let [applicants, seconds] = bench::arguments([4, 30]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let (app, drafts, database) = runtime.expect("a runtime starts").block_on(prepare());
    let folder = app.folder().to_path_buf();
    let server = Server::start(&app, &database);
    let before = Probe::look(&folder);
    let some = drafts.first().expect("a draft").clone();
    // The first photo loads the models.
    some.photos(&server.address, &Counts::default());
    std::thread::sleep(Duration::from_secs(3));
    say(&format!("one page every {EVERY_MILLIS} ms for {seconds} s; machine {before}"));
    let alone = visit(&server.address, &some, Duration::from_secs(seconds));
    told("alone", &alone);

    let (counts, is_over) = (Arc::new(Counts::default()), Arc::new(AtomicBool::new(false)));
    let waiting = Arc::new(Mutex::new(drafts.into_iter().skip(1).collect::<Vec<_>>()));
    let crowd: Vec<_> = (0..applicants)
        .map(|_| {
            let (counts, is_over) = (Arc::clone(&counts), Arc::clone(&is_over));
            let (waiting, address) = (Arc::clone(&waiting), server.address.clone());
            std::thread::spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let next = waiting.lock().expect("nobody panics").pop();
                    let Some(draft) = next else { break };
                    draft.photos(&address, &counts);
                }
            })
        })
        .collect();
    std::thread::sleep(Duration::from_secs(2));
    let busy = visit(&server.address, &some, Duration::from_secs(seconds));
    is_over.store(true, Ordering::Relaxed);
    for one in crowd {
        one.join().expect("no applicant fails");
    }
    told(&format!("beside {applicants} applicants"), &busy);
    counts.told();
    let after = Probe::look(&folder);
    let is_far = if before.is_far_from(after) { "; it changed: measure again" } else { "" };
    say(&format!("machine {after}{is_far}"));
}

/// One application up to the photos, with the cookie of its applicant.
#[derive(Clone, Debug)]
struct Draft {
    cookie: String,
    number: String,
    photos: Arc<Vec<(Item, Vec<u8>)>>,
}

async fn prepare() -> (TestApp, Vec<Draft>, String) {
    let fresh = fresh(Engine::Sqlite).await.expect("there is an engine");
    let database = fresh.address().to_owned();
    let app = TestApp::on(fresh).await;
    app.operator(1).await;
    let behind = installation::now().millis() - app.now().millis();
    app.advance_seconds(behind / 1000);
    let person = Applicant::new(3);
    let photos: Vec<(Item, Vec<u8>)> =
        ITEMS.into_iter().map(|item| (item, photo(&person, item))).collect();
    let photos = Arc::new(photos);
    let mut drafts = Vec::new();
    for n in 0..DRAFTS_MAX {
        let n = u16::try_from(n).expect("at most 9999");
        let drafted = draft(&app, n, &format!("person{n}@example.org")).await;
        let until = app.now().plus_minutes(600);
        let content = format!("1 {}", drafted.id);
        let cookie = ticket::issue(&app, Purpose::Applicant, &content, until);
        let number = person.number.clone();
        drafts.push(Draft { cookie, number, photos: Arc::clone(&photos) });
    }
    (app, drafts, database)
}

/// Everything up to the choice of the document.
async fn draft(app: &TestApp, n: u16, contact: &str) -> Drafted {
    let card = app.unregistered(1, n).await;
    let drafted = app.begin(1, &card).await;
    app.confirm(&drafted, contact).await;
    for change in [Change::Who(Some(Who::Myself)), Change::Document(Some(DocumentKind::ResidentId))]
    {
        let saved = register::save(app, &drafted.actor, drafted.id, &change).await;
        assert!(saved.expect("a page is saved").is_empty());
    }
    drafted
}

/// How many of each step, and how long they took.
#[derive(Debug, Default)]
struct Counts {
    uploads: AtomicU64,
    upload_millis: AtomicU64,
    forms: AtomicU64,
    form_millis: AtomicU64,
    filled: AtomicU64,
}

impl Counts {
    fn told(&self) {
        let of = |value: &AtomicU64| value.load(Ordering::Relaxed);
        let (uploads, forms) = (of(&self.uploads), of(&self.forms));
        say(&format!(
            "{uploads} photos taken in, {} ms each; {forms} forms opened, {} ms each, {} of them \
             filled in",
            of(&self.upload_millis) / uploads.max(1),
            of(&self.form_millis) / forms.max(1),
            of(&self.filled)
        ));
    }
}

impl Draft {
    /// Sends both sides of the document, opens the page that they fill in, and sends the portrait.
    fn photos(&self, address: &str, counts: &Counts) {
        for (item, photo) in self.photos.iter() {
            if *item == Item::Portrait {
                let began = Instant::now();
                let (status, page) = ask(address, &self.get("/register/identity"));
                assert_eq!(status, 200, "{page}");
                let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                counts.form_millis.fetch_add(millis, Ordering::Relaxed);
                counts.forms.fetch_add(1, Ordering::Relaxed);
                let is_filled = page.contains(&self.number);
                counts.filled.fetch_add(is_filled.into(), Ordering::Relaxed);
            }
            let began = Instant::now();
            let (status, page) = ask(address, &self.upload(*item, photo));
            assert!((200..400).contains(&status), "{status} {page}");
            let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            counts.upload_millis.fetch_add(millis, Ordering::Relaxed);
            counts.uploads.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn get(&self, path: &str) -> Vec<u8> {
        let cookie = &self.cookie;
        format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: identity\r\n\
             Cookie: applicant={cookie}\r\n\r\n"
        )
        .into_bytes()
    }

    fn upload(&self, item: Item, photo: &[u8]) -> Vec<u8> {
        let mut body = format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"photo\"; filename=\"p.jpg\"\
             \r\ncontent-type: image/jpeg\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(photo);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let head = format!(
            "POST /register/photo/{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Cookie: applicant={}\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n\
             Content-Length: {}\r\n\r\n",
            item.code(),
            self.cookie,
            body.len()
        );
        [head.into_bytes(), body].concat()
    }
}

/// Status and page of one request on a connection of its own.
fn ask(address: &str, request: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("the program listens");
    stream.write_all(request).expect("the program reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the program answers");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
    (status.unwrap_or(0), answer)
}

/// Milliseconds of every page, by its path.
type Times = BTreeMap<&'static str, Vec<f64>>;

/// Asks for pages in turn at a fixed rate, however long the answers take: [`VISITORS`] in turn.
#[expect(clippy::disallowed_methods, reason = "a visitor waits until it is their turn")]
fn visit(address: &str, draft: &Draft, span: Duration) -> Times {
    const PATHS: [&str; 4] = ["/", "/register/document", "/register/tasks", "/status"];
    let began = Instant::now();
    let count = usize::try_from(span.as_millis() / u128::from(EVERY_MILLIS)).unwrap_or(0);
    let all: Vec<Vec<(&str, f64)>> = std::thread::scope(|scope| {
        let visitors: Vec<_> = (0..VISITORS)
            .map(|visitor| {
                scope.spawn(move || {
                    let mut times = Vec::new();
                    for n in (visitor..count).step_by(VISITORS) {
                        let path = PATHS.get(n % PATHS.len()).copied().unwrap_or("/");
                        let turn = began
                            + Duration::from_millis(EVERY_MILLIS) * u32::try_from(n).unwrap_or(0);
                        std::thread::sleep(turn.saturating_duration_since(Instant::now()));
                        let (status, page) = ask(address, &draft.get(path));
                        assert_eq!(status, 200, "{path}: {page}");
                        times.push((path, turn.elapsed().as_secs_f64() * 1000.0));
                    }
                    times
                })
            })
            .collect();
        visitors.into_iter().map(|one| one.join().expect("no visitor fails")).collect()
    });
    let mut times = Times::new();
    for (path, millis) in all.into_iter().flatten() {
        times.entry(path).or_default().push(millis);
        times.entry("all").or_default().push(millis);
    }
    times
}

fn told(how: &str, times: &Times) {
    for (path, millis) in times {
        let mut sorted = millis.clone();
        sorted.sort_by(f64::total_cmp);
        let part = |permille: usize| {
            let place = sorted.len() * permille / 1000;
            sorted.get(place.min(sorted.len() - 1)).copied().unwrap_or(0.0)
        };
        say(&format!(
            "{how}: {path}: {} pages, p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms",
            sorted.len(),
            part(500),
            part(990),
            part(1000)
        ));
    }
}

/// The program, which serves and works; ended when dropped.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(app: &TestApp, database: &str) -> Self {
        let models = std::env::var_os("BAOHAO_MODELS").expect("BAOHAO_MODELS names the models");
        let mut command = Command::new(installation::program());
        command.args(["serve", "--listen", "127.0.0.1:0"]).env("LANG", "en_GB.UTF-8");
        command.env("BAOHAO_STORE_DATABASE", database).env("BAOHAO_STORE_MODELS", models);
        command.env("BAOHAO_STORE_BLOBS", app.folder().join("blobs"));
        command.env("BAOHAO_STORE_KEY_FILE", app.folder().join("keys"));
        for port in ["HLR", "SMS", "MAIL"] {
            command.env(format!("BAOHAO_NETWORK_{port}"), "simulator");
        }
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        let out = process.stdout.take().expect("it is piped");
        BufReader::new(out).read_line(&mut line).expect("it says where it listens");
        let address = line.trim().strip_prefix("Listening on http://");
        let address = address.expect("it says where it listens").to_owned();
        Self { process, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
