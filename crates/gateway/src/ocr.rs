//! The models that read documents and those that compare faces, as the ports want them: proven when
//! they are first seen, loaded when something is first looked at, run by one bounded pool.

use domain::portrait::{Faces as SeenFaces, Portrait};
use domain::reading::{Reading, Unread};
use jiff::civil::Date;
use reader::models::{Model, ModelFolder, State, Wheel, wheels};
use reader::{
    DocumentReader, FaceReader, ModelError, NotReady, Pool, PoolError, PoolLimits, Runtime,
    document_reader, face_reader,
};
use service::port::{Faces, Later, ModelCard, ModelUsed, Ocr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OnceCell, oneshot};
use vision::Picture;

/// Missing files are looked for again after this: somebody may have brought them.
const LOOK_AGAIN: Duration = Duration::from_secs(3);
/// So much longer than its deadline an answer is waited for: a step that was begun is ended.
const GRACE: Duration = Duration::from_secs(10);

/// Models in a folder.
#[derive(Debug)]
pub struct Models {
    folder: ModelFolder,
    runtime: Runtime,
    limits: PoolLimits,
    pool: OnceCell<Arc<Pool>>,
    documents: Arc<Family<DocumentReader>>,
    faces: Arc<Family<FaceReader>>,
}

/// Models that work together: all of them are there, or they are of no use.
#[derive(Debug)]
struct Family<R> {
    /// What the names of its models begin with.
    prefix: &'static str,
    standing: Mutex<Standing>,
    /// Whether somebody looks for the files at this moment.
    is_looking: AtomicBool,
    load: fn(&ModelFolder, &Runtime) -> Result<R, NotReady>,
    reader: OnceCell<Arc<R>>,
}

/// How the files stand, as far as is known.
#[derive(Clone, Debug)]
enum Standing {
    Proven(Vec<ModelUsed>),
    Not { why: Unread, looked: Instant },
}

/// A file that is there and must not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{path} is not the model this program knows ({state}): bring it again with \
     `baohao models fetch`, or remove it and go on without"
)]
pub struct WrongModel {
    path: String,
    state: &'static str,
}

impl Models {
    /// The models in `folder`, which need not be there yet, run by `runtime`. A file that is there
    /// and is another one, or cannot be read, is an error: it is never passed over in silence.
    pub fn open(
        folder: ModelFolder,
        runtime: Runtime,
        limits: PoolLimits,
    ) -> Result<Self, WrongModel> {
        for model in wheels().iter().flat_map(|wheel| &wheel.models) {
            let state = folder.state(model);
            if matches!(state, State::Wrong | State::Unreadable) {
                let path = folder.path(&model.id).display().to_string();
                return Err(WrongModel { path, state: state.code() });
            }
        }
        let documents = Family::new(&folder, "ocr.", document_reader);
        let faces = Family::new(&folder, "face.", face_reader);
        Ok(Self { folder, runtime, limits, pool: OnceCell::new(), documents, faces })
    }

    /// The folder.
    pub fn folder(&self) -> &ModelFolder {
        &self.folder
    }

    /// Does `work` with the readers of `family` in the pool.
    async fn ask<R: Send + Sync + 'static, T: Send + 'static>(
        &self,
        family: &Arc<Family<R>>,
        work: impl FnOnce(&R, Instant) -> Result<T, ModelError> + Send + 'static,
    ) -> Result<T, Unread> {
        family.models(&self.folder)?;
        let limits = self.limits;
        let reader = family.reader(&self.folder, &self.runtime, limits.deadline).await?;
        let start = || async { Pool::start(limits).map(Arc::new).map_err(|_| Unread::Failed) };
        let pool = self.pool.get_or_try_init(start).await?;
        let (answer, answered) = oneshot::channel();
        pool.submit(
            move |until| {
                service::priority::give_way();
                work(&reader, until)
            },
            // Whoever asked may have gone.
            move |seen| drop(answer.send(seen)),
        );
        match tokio::time::timeout(limits.deadline + GRACE, answered).await {
            Ok(Ok(Ok(seen))) => Ok(seen),
            Ok(Ok(Err(PoolError::Full))) => Err(Unread::Busy),
            Ok(Ok(Err(PoolError::Deadline))) | Err(_) => Err(Unread::Late),
            Ok(Ok(Err(PoolError::Failed)) | Err(_)) => Err(Unread::Failed),
        }
    }
}

impl<R: Send + Sync + 'static> Family<R> {
    fn new(
        folder: &ModelFolder,
        prefix: &'static str,
        load: fn(&ModelFolder, &Runtime) -> Result<R, NotReady>,
    ) -> Arc<Self> {
        let standing = Mutex::new(look(folder, prefix));
        let is_looking = AtomicBool::new(false);
        Arc::new(Self { prefix, standing, is_looking, load, reader: OnceCell::new() })
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the files stand, as far as is known at this moment.
    fn models(self: &Arc<Self>, folder: &ModelFolder) -> Result<Vec<ModelUsed>, Unread> {
        let standing = self.standing().clone();
        match standing {
            Standing::Proven(used) => Ok(used),
            Standing::Not { why, looked } => {
                if looked.elapsed() >= LOOK_AGAIN && folder.seems_complete(self.prefix) {
                    self.look_again(folder.clone());
                }
                Err(why)
            }
        }
    }

    /// Hashes the files on a thread of its own: they are large, and the disk may be slow.
    fn look_again(self: &Arc<Self>, folder: ModelFolder) {
        if self.is_looking.swap(true, Ordering::AcqRel) {
            return;
        }
        let family = Arc::clone(self);
        let look = move || {
            let standing = look(&folder, family.prefix);
            *family.standing() = standing;
            family.is_looking.store(false, Ordering::Release);
        };
        if std::thread::Builder::new().name("models".to_owned()).spawn(look).is_err() {
            self.is_looking.store(false, Ordering::Release);
        }
    }

    /// Loads the models once, away from the threads that answer requests. Whoever asks waits until
    /// `patience` is over; loading goes on without them, and who asks next finds it further.
    async fn reader(
        self: &Arc<Self>,
        folder: &ModelFolder,
        runtime: &Runtime,
        patience: Duration,
    ) -> Result<Arc<R>, Unread> {
        if let Some(reader) = self.reader.get() {
            return Ok(Arc::clone(reader));
        }
        let (family, folder, runtime) = (Arc::clone(self), folder.clone(), runtime.clone());
        let loading = tokio::spawn(async move { family.loaded(&folder, &runtime).await });
        match tokio::time::timeout(patience, loading).await {
            Ok(loaded) => loaded.map_err(|_| Unread::Failed)?,
            Err(_) => Err(Unread::Late),
        }
    }

    async fn loaded(&self, folder: &ModelFolder, runtime: &Runtime) -> Result<Arc<R>, Unread> {
        let load = || async {
            let (folder, runtime, load) = (folder.clone(), runtime.clone(), self.load);
            let loaded = tokio::task::spawn_blocking(move || load(&folder, &runtime)).await;
            loaded.map_err(|_| Unread::Failed)?.map(Arc::new).map_err(|error| why(error.state))
        };
        let reader = self.reader.get_or_try_init(load).await;
        if let Err(why) = reader {
            tracing::error!(models = self.prefix, why = why.code(), "models do not load");
            *self.standing() = Standing::Not { why, looked: Instant::now() };
        }
        reader.map(Arc::clone)
    }
}

/// Hashes what is there of the models whose names begin with `prefix`.
fn look(folder: &ModelFolder, prefix: &str) -> Standing {
    let mut used = Vec::new();
    let all = wheels().into_iter().flat_map(|wheel| wheel.models);
    for model in all.filter(|model| model.id.starts_with(prefix)) {
        match folder.state(&model) {
            State::Ready => used.push(ModelUsed { id: model.id, sha256: model.sha256 }),
            state => return Standing::Not { why: why(state), looked: Instant::now() },
        }
    }
    Standing::Proven(used)
}

const fn why(state: State) -> Unread {
    match state {
        State::Missing => Unread::NoModel,
        State::Wrong => Unread::WrongModel,
        State::Ready | State::Unreadable => Unread::Failed,
    }
}

impl Ocr for Models {
    fn models(&self) -> Result<Vec<ModelUsed>, Unread> {
        self.documents.models(&self.folder)
    }

    fn cards(&self) -> Vec<ModelCard> {
        let card = |wheel: &Wheel, model: &Model| ModelCard {
            title: model.title.clone(),
            author: model.author.clone(),
            licence: model.licence.clone(),
            package: format!("{} {}", wheel.name, wheel.version),
            sha256: model.sha256.clone(),
        };
        let of =
            |wheel: &Wheel| wheel.models.iter().map(|model| card(wheel, model)).collect::<Vec<_>>();
        wheels().iter().flat_map(of).collect()
    }

    fn read(&self, photo: Picture, today: Date) -> Later<'_, Result<Reading, Unread>> {
        Box::pin(self.ask(&self.documents, move |reader: &DocumentReader, until| {
            reader.read(&photo, today, until)
        }))
    }
}

impl Faces for Models {
    fn models(&self) -> Result<Vec<ModelUsed>, Unread> {
        self.faces.models(&self.folder)
    }

    fn look(
        &self,
        portrait: Picture,
        document: Option<Picture>,
    ) -> Later<'_, Result<SeenFaces, Unread>> {
        Box::pin(self.ask(&self.faces, move |reader: &FaceReader, until| {
            reader.look(&portrait, document.as_ref(), until)
        }))
    }

    fn follow(&self, frames: Vec<Picture>) -> Later<'_, Result<Vec<Portrait>, Unread>> {
        Box::pin(self.ask(&self.faces, move |reader: &FaceReader, until| {
            frames.iter().map(|frame| reader.follow(frame, until)).collect()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use std::sync::atomic::AtomicUsize;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("baohao-ocr-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    fn photo() -> Picture {
        Picture::from_raw(4, 4, vec![9; 48]).expect("whole")
    }

    #[tokio::test]
    async fn without_files_nothing_is_read_and_the_program_starts() {
        let place = folder("none");
        let models =
            Models::open(ModelFolder::new(&place), Runtime::default(), PoolLimits::default())
                .expect("it starts");
        assert_eq!(Ocr::models(&models), Err(Unread::NoModel));
        assert_eq!(Faces::models(&models), Err(Unread::NoModel));
        let read = models.read(photo(), jiff::civil::date(2026, 1, 1)).await;
        assert_eq!(read.map(drop), Err(Unread::NoModel));
        assert_eq!(models.look(photo(), None).await, Err(Unread::NoModel));
        std::fs::remove_dir_all(place).expect("removed");
    }

    #[test]
    fn a_wrong_file_is_named_with_the_way_out_and_stops_the_start() {
        for id in ["ocr.rec", "face.embed"] {
            let place = folder("wrong");
            let models = ModelFolder::new(&place);
            std::fs::write(models.path(id), b"something else").expect("written");
            let error = Models::open(models, Runtime::default(), PoolLimits::default())
                .expect_err("refused");
            let said = error.to_string();
            assert!(said.contains(&format!("{id}.onnx")), "{said}");
            assert!(said.contains("baohao models fetch"), "{said}");
            std::fs::remove_dir_all(place).expect("removed");
        }
    }

    /// A disk that takes longer than a picture may.
    #[tokio::test]
    async fn a_slow_disk_is_waited_for_no_longer_than_a_picture_and_loads_once() {
        static LOADED: AtomicUsize = AtomicUsize::new(0);
        let family = Arc::new(Family::<&'static str> {
            prefix: "ocr.",
            standing: Mutex::new(Standing::Proven(Vec::new())),
            is_looking: AtomicBool::new(false),
            load: |_, _| {
                LOADED.fetch_add(1, Ordering::Relaxed);
                // What is waited for is another thread, as slow as a disk.
                let (send, receive) = std::sync::mpsc::channel::<()>();
                let _ = receive.recv_timeout(Duration::from_millis(300));
                drop(send);
                Ok("a reader")
            },
            reader: OnceCell::new(),
        });
        let (place, runtime) = (ModelFolder::new("/nowhere"), Runtime::default());
        let short = Duration::from_millis(20);
        let begun = Instant::now();
        assert_eq!(family.reader(&place, &runtime, short).await, Err(Unread::Late));
        assert!(begun.elapsed() < Duration::from_millis(200), "{:?}", begun.elapsed());
        // Whoever gives up does not begin it anew for the next one.
        assert_eq!(family.reader(&place, &runtime, short).await, Err(Unread::Late));
        let patient = Duration::from_secs(20);
        let (one, two) = tokio::join!(
            family.reader(&place, &runtime, patient),
            family.reader(&place, &runtime, patient)
        );
        assert_eq!((one.as_deref(), two.as_deref()), (Ok(&"a reader"), Ok(&"a reader")));
        assert_eq!(LOADED.load(Ordering::Relaxed), 1);
    }

    /// Files that are damaged between the start and the first picture are found when they are
    /// loaded, and never run; nothing is read until they are mended.
    #[tokio::test]
    async fn a_file_that_is_damaged_while_the_program_runs_is_never_loaded() {
        for id in ["ocr.det", "ocr.rec", "face.det", "face.embed"] {
            let place = folder(&format!("damaged-{id}"));
            let Some(to) = copied(&place, &["ocr.det", "ocr.rec", "face.det", "face.embed"]) else {
                return;
            };
            let models = Models::open(to.clone(), Runtime::default(), PoolLimits::default())
                .expect("it starts");
            let mut bytes = std::fs::read(to.path(id)).expect("a model");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(to.path(id), bytes).expect("written");
            let read = models.read(photo(), jiff::civil::date(2026, 1, 1)).await.map(drop);
            let look = models.look(photo(), None).await.map(drop);
            let film = models.follow(vec![photo()]).await.map(drop);
            let is_ocr = id.starts_with("ocr.");
            let wrong = Err(Unread::WrongModel);
            assert_eq!(read, if is_ocr { wrong } else { Ok(()) }, "{id}");
            assert_eq!(look, if is_ocr { Ok(()) } else { wrong }, "{id}");
            assert_eq!(film, if is_ocr { Ok(()) } else { wrong }, "{id}");
            let standing = if is_ocr { Ocr::models(&models) } else { Faces::models(&models) };
            assert_eq!(standing.map(drop), wrong, "{id}");
            std::fs::remove_dir_all(place).expect("removed");
        }
    }

    /// The models in a folder of one's own; none where they are not, which CI does not accept.
    fn copied(place: &PathBuf, ids: &[&str]) -> Option<ModelFolder> {
        let own = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/models");
        let from =
            ModelFolder::new(std::env::var_os("BAOHAO_MODELS").map_or_else(own, PathBuf::from));
        let to = ModelFolder::new(place);
        for id in ids {
            if let Err(error) = std::fs::copy(from.path(id), to.path(id)) {
                assert!(std::env::var_os("CI").is_none(), "CI brings the models: {error}");
                eprintln!("skipped: {id}: {error}");
                return None;
            }
        }
        Some(to)
    }

    /// With the real files, where they are; visibly skipped elsewhere, and required in CI.
    #[tokio::test]
    async fn faces_are_there_without_the_models_of_documents() {
        let place = folder("faces");
        let Some(to) = copied(&place, &["face.det", "face.embed"]) else { return };
        let models =
            Models::open(to, Runtime::default(), PoolLimits::default()).expect("it starts");
        assert_eq!(Ocr::models(&models), Err(Unread::NoModel));
        assert_eq!(Faces::models(&models).map(|used| used.len()), Ok(2));
        let portrait = vision::specimen::portrait(&vision::specimen::Holder::default());
        let seen = models.look(portrait.clone(), None).await.expect("it looks");
        assert_eq!((seen.portrait.faces, seen.document), (1, None));
        let film = models.follow(vec![portrait, photo()]).await.expect("it looks");
        assert_eq!(film.iter().map(|frame| frame.faces).collect::<Vec<_>>(), [1, 0]);
        std::fs::remove_dir_all(place).expect("removed");
    }
}
