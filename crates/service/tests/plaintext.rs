//! After the whole story nothing personal is readable in any file or log line, read byte by byte.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use base64::Engine as _;
use domain::access::Role;
use domain::application::form::Who;
use domain::authority::{Answer, Belongs, Likeness};
use domain::identity::DocumentKind;
use domain::reading::{FieldName, LONG_TERM, Seen, Side};
use domain::reason::Item;
use domain::review::{ItemResult, Mark, Opinion, Verdict};
use seal::Keyring;
use service::register::{self, Change, IdentityFields, Purpose};
use service::review::{self, Decide, ImageRequest};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use store::application::reading::PhotoReading;
use testkit::reading::reading;
use testkit::{Applicant, Drafted, Engine, Fresh, OwnServer, TestApp, on_both_engines};
use tracing_subscriber::fmt::MakeWriter;

const ADDRESS: &str = "上海市徐汇区样本路88弄6号501室";
/// On the document only, so that only a model can have brought it in.
const ISSUER: &str = "样本市公安局徐汇分局";
const NOTE: &str = "客户来电说姓名有生僻字";

/// Everything that is logged, at the finest level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The ways in which `text` could stand in a file: as UTF-8, UTF-16, JSON escapes, and base64 at
/// each of its three alignments.
fn disguises(text: &str) -> Vec<(String, Vec<u8>)> {
    let utf16: Vec<u16> = text.encode_utf16().collect();
    let little = utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big = utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    let escaped = utf16.iter().fold(String::new(), |text, unit| format!("{text}\\u{unit:04x}"));
    let mut all = vec![
        ("UTF-8".to_owned(), text.as_bytes().to_vec()),
        ("UTF-16LE".to_owned(), little),
        ("UTF-16BE".to_owned(), big),
        ("escaped".to_owned(), escaped.into_bytes()),
    ];
    for shift in 0..3 {
        let shifted = [&b"xx"[..shift], text.as_bytes()].concat();
        let alphabets = [
            base64::engine::general_purpose::STANDARD_NO_PAD,
            base64::engine::general_purpose::URL_SAFE_NO_PAD,
        ];
        for engine in alphabets {
            let code = engine.encode(&shifted);
            // The edges also depend on what stands beside the text.
            let inner = code[(shift * 8).div_ceil(6)..code.len() - 2].to_owned();
            all.push((format!("base64 shifted by {shift}"), inner.into_bytes()));
        }
    }
    all
}

fn find(place: &str, bytes: &[u8], texts: &[&str]) {
    for text in texts {
        for (how, needle) in disguises(text) {
            let is_there = memchr::memmem::find(bytes, &needle).is_some();
            assert!(!is_there, "{place} holds {text:?} in {how}");
        }
    }
}

/// The pictures of the film, which are kept nowhere, and the portrait as the authority gets it:
/// some of their bytes as they are, as base64 and as a list of numbers.
fn find_pictures(place: &str, bytes: &[u8]) {
    for (at, file) in testkit::faces::files().iter().enumerate() {
        // The middle of a file differs from that of others; its beginning does not.
        let part = &file[file.len() / 2..file.len() / 2 + 48];
        let base64 = base64::engine::general_purpose::STANDARD_NO_PAD.encode(part);
        let listed = format!("{part:?}");
        for needle in [part, &base64.as_bytes()[4..60], &listed.as_bytes()[1..60]] {
            let is_there = memchr::memmem::find(bytes, needle).is_some();
            assert!(!is_there, "{place} holds picture {at} of the film");
        }
    }
    // A JPEG in base64, at each alignment, and as a list of numbers as `{:?}` prints one.
    for needle in ["/9j/4AAQ", "_9j_4AAQ", "[255, 216, 255"] {
        let is_there = memchr::memmem::find(bytes, needle.as_bytes()).is_some();
        assert!(!is_there, "{place} holds a picture as text");
    }
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

/// How alike two faces were, which nobody reads anywhere; 0.61 could be some other number.
const COSINE: f32 = 0.613_579_2;

/// The pack `cn`, in which the authority is asked with the portrait.
fn asks_with_the_portrait() {
    let text = include_str!("../../../policies/cn.toml")
        .replacen("code = \"cn\"", "code = \"portrait\"", 1)
        .replacen("value = \"name_number\"", "value = \"name_number_portrait\"", 1);
    service::policy::add_packs(vec![service::policy::parse(&text).unwrap()]);
}

/// A live capture by the files of [`testkit::faces::files`], as it is asked for.
async fn film(app: &TestApp, drafted: &Drafted) {
    let (actor, id) = (&drafted.actor, drafted.id);
    let task = register::begin_live(app, actor, id).await.unwrap();
    app.outside.will_follow([Ok(testkit::faces::film(&task.steps))]);
    app.outside.will_see([Ok(testkit::faces::beside(COSINE))]);
    let files = testkit::faces::files();
    let seen = register::finish_live(app, actor, id, &task.nonce, files).await.unwrap();
    assert_eq!(seen.outcome, domain::live::Outcome::Passed, "{seen:?}");
}

/// Registers with every personal field, is filmed and looked up, has the case approved with a note,
/// looks at an image.
async fn whole_story(app: &TestApp, person: &Applicant) -> Drafted {
    asks_with_the_portrait();
    app.operator_under(1, "portrait").await;
    let known = Answer { belongs: Belongs::Match, likeness: Some(Likeness::Unclear) };
    app.authority.answers([Ok(known)]);
    let front = [(FieldName::Name, person.name.as_str()), (FieldName::Address, ADDRESS)];
    let back = [(FieldName::Issuer, ISSUER), (FieldName::ValidUntil, LONG_TERM)];
    let readings = [reading(Side::Front, &front), reading(Side::Back, &back)];
    app.outside.will_read(readings.map(Ok));
    let alike = || Ok(testkit::faces::beside(COSINE));
    app.outside.will_see([alike(), alike()]);
    let li = app.staff(1, "li.gong", &[Role::Reviewer]).await.actor();
    let wang = app.staff(1, "wang", &[Role::Reviewer]).await.actor();
    let card = app.unregistered(1, 1).await;
    let drafted = app.begin(1, &card).await;
    let (id, applicant) = (drafted.id, &drafted.actor);
    app.confirm(&drafted, &person.contact).await;
    let fields = IdentityFields { address: ADDRESS.to_owned().into(), ..person.fields() };
    for change in [
        Change::Who(Some(Who::Myself)),
        Change::Document(Some(DocumentKind::ResidentId)),
        Change::Identity(Box::new(fields)),
    ] {
        register::save(app, applicant, id, &change).await.unwrap();
    }
    for item in [Item::DocumentFront, Item::DocumentBack, Item::Portrait] {
        register::upload(app, applicant, id, item, person.photo(item)).await.unwrap();
        app.run_jobs().await;
    }
    register::save_consents(app, applicant, id, &Purpose::ALL).await.unwrap();
    app.run_jobs().await;
    film(app, &drafted).await;
    register::submit(app, applicant, id).await.unwrap();
    app.run_jobs().await;
    for reviewer in [&li, &wang] {
        if review::claim(app, reviewer, id).await.is_err() {
            continue;
        }
        let view = review::view(app, reviewer, id, None).await.unwrap();
        let items = view.content.unwrap().items;
        let request = ImageRequest {
            application_id: id,
            item: Item::Portrait,
            round: 1,
            zoom: 1,
            turns: 0,
            region: None,
            is_face: false,
        };
        review::image(app, reviewer, request, None).await.unwrap();
        let ok = |item| Mark { item, result: ItemResult::Ok, reasons: Vec::new(), region: None };
        let marks = items.into_iter().map(ok).collect();
        let opinion = Opinion { verdict: Verdict::Approve, marks, reasons: Vec::new() };
        let note = NOTE.to_owned().into();
        let input = Decide { application_id: id, opinion, note, stamp: None };
        review::decide(app, reviewer, input).await.unwrap();
        app.advance_seconds(60);
        app.run_jobs().await;
    }
    drafted
}

/// The story on this database, then a look at the program's log and at the files that `places`
/// names once it is over.
async fn leaves_nothing_readable(fresh: Fresh, places: impl FnOnce() -> Vec<PathBuf>) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    tracing::info!("a story in which nothing fails may log nothing else");
    let app = TestApp::on(fresh).await;
    let person = Applicant::new(3);
    let drafted = whole_story(&app, &person).await;
    let row = store::application::load(&app.store.db, drafted.id).await.unwrap().unwrap();
    assert!(row.party_id.is_some(), "the story went to its end: {:?}", row.facts.state);
    let key = app.store.keys.load(&app.store.db, row.data_key_id).await.unwrap().unwrap();
    let read = PhotoReading::list(&app.store.db, drafted.id, &key).await.unwrap();
    let has_issuer = |read: &PhotoReading| match &read.seen {
        Seen::Read(reading) => reading.field(FieldName::Issuer).is_some(),
        Seen::Unread(_) => false,
    };
    assert!(read.iter().any(has_issuer), "it was read and kept: {read:?}");

    let asked = app.authority.asked();
    assert!(asked.iter().any(|asked| asked.portrait.is_some()), "the portrait went out: {asked:?}");
    let cosine = COSINE.to_string();
    let secrets = [
        person.name.as_str(),
        person.number.as_str(),
        ADDRESS,
        ISSUER,
        NOTE,
        &person.contact,
        &cosine,
    ];
    let mut all = Vec::new();
    for place in places() {
        if place.is_dir() { files(&place, &mut all) } else { all.push(place) }
    }
    files(app.folder(), &mut all);
    assert!(all.len() >= 5, "database, key file and three photos at least: {all:?}");
    for path in &all {
        let mut bytes = std::fs::read(path).unwrap();
        // The rest of a segment that was laid out beforehand.
        bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
        find(&path.to_string_lossy(), &bytes, &secrets);
        let is_image = [&b"JFIF"[..], b"\xff\xd8\xff", b"\x89PNG", b"WEBP"].iter().any(|magic| {
            bytes.starts_with(magic) || memchr::memmem::find(&bytes, b"JFIF").is_some()
        });
        assert!(!is_image, "{} is a readable image", path.display());
        find_pictures(&path.to_string_lossy(), &bytes);
    }
    // The search itself works: the reference is no secret and stands in the database.
    let reference = row.reference.as_bytes();
    let is_found =
        |path: &PathBuf| memchr::memmem::find(&std::fs::read(path).unwrap(), reference).is_some();
    assert!(all.iter().any(is_found));
    assert!(!log.0.lock().unwrap().is_empty());
    find("the log", &log.0.lock().unwrap(), &secrets);
    find_pictures("the log", &log.0.lock().unwrap());
}

#[tokio::test]
async fn nothing_personal_is_readable_in_any_file_or_log_line() {
    let fresh = testkit::fresh(Engine::Sqlite).await.unwrap();
    let folder = PathBuf::from(fresh.address()).parent().unwrap().to_owned();
    leaves_nothing_readable(fresh, || vec![folder]).await;
}

/// Tables, the write-ahead log, and the server's own log of every statement with its parameters.
#[tokio::test]
async fn nothing_personal_is_readable_in_any_file_or_log_line_of_postgres() {
    let Some(server) = OwnServer::start("-c log_statement=all") else { return };
    let fresh = testkit::fresh_on(&server).await;
    let read = || {
        let mut all = Vec::new();
        files(server.folder(), &mut all);
        // One may be removed meanwhile.
        let read = |path: PathBuf| std::fs::read(&path).ok().map(|bytes| (path, bytes));
        all.into_iter().filter_map(read).collect::<BTreeMap<_, _>>()
    };
    // What comes after stands in a segment of its own.
    server.psql("postgres", "select pg_switch_wal()");
    server.psql("postgres", "checkpoint");
    let before = read();
    let places = || {
        server.psql("postgres", "checkpoint");
        server.kill();
        let is_new =
            |(path, bytes): (PathBuf, Vec<u8>)| (before.get(&path) != Some(&bytes)).then_some(path);
        read().into_iter().filter_map(is_new).collect()
    };
    leaves_nothing_readable(fresh, places).await;
}

on_both_engines! {
    async fn no_photo_opens_without_the_key_file(db: Fresh) {
        let app = TestApp::on(db).await;
        let drafted = whole_story(&app, &Applicant::new(4)).await;
        let row = store::application::load(&app.store.db, drafted.id).await.unwrap().unwrap();
        let photos = store::application::document::Document::current(&app.store.db, drafted.id);
        let photo = photos.await.unwrap().remove(0);
        let key = app.store.keys.load(&app.store.db, row.data_key_id).await.unwrap().unwrap();
        app.store.blobs.get(&key, photo.blob_id).await.unwrap();

        // Somebody has the whole data folder, but not the key file.
        let other = Keyring::create(&app.folder().join("made-up")).unwrap();
        let keys = store::Keys::new(other);
        assert!(keys.load(&app.store.db, row.data_key_id).await.is_err());
        let guess = seal::DataKey::generate(row.data_key_id.as_u128());
        assert!(app.store.blobs.get(&guess, photo.blob_id).await.is_err());
    }
}
