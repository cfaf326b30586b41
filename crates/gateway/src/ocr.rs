//! The models that read documents, as the port wants them: proven when they are first seen, loaded
//! when something is first read, run by a bounded pool.

use domain::reading::{Reading, Unread};
use jiff::civil::Date;
use reader::models::{Model, ModelFolder, State, Wheel, wheels};
use reader::{Pool, PoolError, PoolLimits, document_reader};
use service::port::{Later, ModelCard, ModelUsed, Ocr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OnceCell, oneshot};

/// Missing files are looked for again after this: somebody may have brought them.
const LOOK_AGAIN: Duration = Duration::from_secs(3);
/// So much longer than its deadline an answer is waited for: a step that was begun is ended.
const GRACE: Duration = Duration::from_secs(10);

/// Models in a folder.
#[derive(Debug)]
pub struct Models {
    folder: ModelFolder,
    limits: PoolLimits,
    standing: Mutex<Standing>,
    pool: OnceCell<Arc<Pool>>,
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
    /// The models in `folder`, which need not be there yet. A file that is there and is another
    /// one, or cannot be read, is an error: it is never passed over in silence.
    pub fn open(folder: ModelFolder, limits: PoolLimits) -> Result<Self, WrongModel> {
        for model in wheels().iter().flat_map(|wheel| &wheel.models) {
            let state = folder.state(model);
            if matches!(state, State::Wrong | State::Unreadable) {
                let path = folder.path(&model.id).display().to_string();
                return Err(WrongModel { path, state: state.code() });
            }
        }
        let standing = Mutex::new(look(&folder));
        Ok(Self { folder, limits, standing, pool: OnceCell::new() })
    }

    /// The folder.
    pub fn folder(&self) -> &ModelFolder {
        &self.folder
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads the models once, away from the threads that answer requests.
    async fn pool(&self) -> Result<&Arc<Pool>, Unread> {
        let load = || async {
            let (folder, limits) = (self.folder.clone(), self.limits);
            let load = move || {
                let reader = document_reader(&folder).map_err(|error| error.state)?;
                Pool::start(Arc::new(reader), limits).map(Arc::new).map_err(|_| State::Unreadable)
            };
            let loaded = tokio::task::spawn_blocking(load).await;
            loaded.map_err(|_| Unread::Failed)?.map_err(why)
        };
        let pool = self.pool.get_or_try_init(load).await;
        if let Err(why) = pool {
            tracing::error!(why = why.code(), "the models that read documents do not load");
            *self.standing() = Standing::Not { why, looked: Instant::now() };
        }
        pool
    }
}

/// Hashes what is there.
fn look(folder: &ModelFolder) -> Standing {
    let mut used = Vec::new();
    for model in wheels().into_iter().flat_map(|wheel| wheel.models) {
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
        let mut standing = self.standing();
        if let Standing::Not { looked, .. } = &*standing
            && looked.elapsed() >= LOOK_AGAIN
            && self.folder.seems_complete()
        {
            *standing = look(&self.folder);
        }
        match &*standing {
            Standing::Proven(used) => Ok(used.clone()),
            Standing::Not { why, .. } => Err(*why),
        }
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

    fn read(&self, photo: vision::Picture, today: Date) -> Later<'_, Result<Reading, Unread>> {
        Box::pin(async move {
            self.models()?;
            let (answer, answered) = oneshot::channel();
            self.pool().await?.submit(photo, today, move |read| {
                // Whoever asked may have gone.
                drop(answer.send(read));
            });
            let wait = self.limits.deadline + GRACE;
            match tokio::time::timeout(wait, answered).await {
                Ok(Ok(Ok(reading))) => Ok(reading),
                Ok(Ok(Err(PoolError::Full))) => Err(Unread::Busy),
                Ok(Ok(Err(PoolError::Deadline))) | Err(_) => Err(Unread::Late),
                Ok(Ok(Err(PoolError::Failed)) | Err(_)) => Err(Unread::Failed),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("baohao-ocr-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    fn photo() -> vision::Picture {
        vision::Picture::from_raw(4, 4, vec![9; 48]).expect("whole")
    }

    #[tokio::test]
    async fn without_files_nothing_is_read_and_the_program_starts() {
        let place = folder("none");
        let models =
            Models::open(ModelFolder::new(&place), PoolLimits::default()).expect("it starts");
        assert_eq!(models.models(), Err(Unread::NoModel));
        let read = models.read(photo(), jiff::civil::date(2026, 1, 1)).await;
        assert_eq!(read.map(drop), Err(Unread::NoModel));
        std::fs::remove_dir_all(place).expect("removed");
    }

    #[test]
    fn a_wrong_file_is_named_with_the_way_out_and_stops_the_start() {
        let place = folder("wrong");
        let models = ModelFolder::new(&place);
        std::fs::write(models.path("ocr.rec"), b"something else").expect("written");
        let error = Models::open(models, PoolLimits::default()).expect_err("refused");
        let said = error.to_string();
        assert!(said.contains("ocr.rec.onnx") && said.contains("baohao models fetch"), "{said}");
        std::fs::remove_dir_all(place).expect("removed");
    }
}
