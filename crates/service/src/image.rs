//! Work on photos, away from the threads that answer requests, and never too much at once.

use crate::error::Error;
use domain::reason::{Item, Reason};
use domain::refusal::Refusal;
use tokio::sync::Semaphore;
use vision::{Fault, FaultKind, Fingerprint, ImageError, Limits, Quality, Region, Thresholds};

/// Photos worked on at once: a photo of fifty million pixels takes 150 MB while it is read.
pub(crate) const AT_ONCE: usize = 2;
static WORKERS: Semaphore = Semaphore::const_new(AT_ONCE);

/// The largest file that is taken.
pub const BYTES_MAX: usize = 10_000_000;

/// A photo as it is kept: upright, shrunk, without metadata, and measured.
#[derive(Debug)]
pub struct Read {
    /// The file to be kept.
    pub jpeg: Vec<u8>,
    /// What was measured.
    pub quality: Quality,
    /// By which the same photo is known again.
    pub fingerprint: Fingerprint,
}

/// Why a photo is not taken, as a refusal of the field it was sent in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhotoRefusal(pub ImageError, pub Item);

impl Refusal for PhotoRefusal {
    fn code(&self) -> &'static str {
        match self.0 {
            ImageError::Empty => "photo.empty",
            ImageError::TooLarge => "photo.too_large",
            ImageError::Pdf => "photo.pdf",
            ImageError::Heic => "photo.heic",
            ImageError::NotAnImage => "photo.not_an_image",
            ImageError::Animated => "photo.animated",
            ImageError::TooManyPixels => "photo.too_many_pixels",
            ImageError::TooSmall => "photo.too_small",
            ImageError::Truncated => "photo.truncated",
            ImageError::Damaged => "photo.damaged",
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some(self.1.code())
    }
}

/// What is taken of a photo as somebody sent it.
const SENT: Limits = Limits { bytes_max: BYTES_MAX, ..Limits::USUAL };

/// Whether a photo can be taken in, as far as its outline tells; see [`vision::check`].
pub fn check(bytes: &[u8]) -> Result<(), ImageError> {
    vision::check(bytes, &SENT)
}

/// Who waits for a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    /// Whoever sent it, at his page.
    Now,
    /// Nobody: everything that somebody waits for goes first.
    Later,
}

/// Reads a photo as somebody sent it. A file that makes the decoder panic is a damaged one, and the
/// panic is logged: whoever sent it must not wait for it to be tried for days.
pub async fn read(bytes: Vec<u8>, haste: Haste) -> Result<Result<Read, ImageError>, Error> {
    let work = move || {
        std::panic::catch_unwind(|| draw(&bytes)).unwrap_or_else(|_| {
            tracing::error!("a photo made the decoder panic");
            Err(ImageError::Damaged)
        })
    };
    match haste {
        Haste::Now => on_worker(work).await,
        Haste::Later => in_background(work).await,
    }
}

fn draw(bytes: &[u8]) -> Result<Read, ImageError> {
    let decoded = vision::decode(bytes, &SENT)?;
    Ok(Read {
        quality: vision::measure(&decoded.picture, decoded.original),
        fingerprint: vision::fingerprint(&decoded.picture),
        jpeg: decoded.picture.to_jpeg(),
    })
}

/// The part of a kept photo inside `region`, turned clockwise by quarters, at most `side` pixels
/// long: what was marked in it.
pub async fn part(
    jpeg: Vec<u8>,
    region: Region,
    quarters: u8,
    side: u32,
) -> Result<Vec<u8>, Error> {
    let shown = on_worker(move || {
        let limits = Limits { side_min: 1, ..Limits::default() };
        let picture = vision::decode(&jpeg, &limits)?.picture;
        Ok::<_, ImageError>(picture.cropped(region).turned(quarters).fitted(side).to_jpeg())
    })
    .await?;
    shown.map_err(|error| Error::fault(format!("a kept photo cannot be read: {error}")))
}

/// Does `work` on a blocking thread, when there is room.
pub(crate) async fn on_worker<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let _permit = WORKERS.acquire().await.map_err(|_| Error::fault("no workers for photos"))?;
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::fault("reading a photo failed"))
}

/// Does `work` on a thread of its own that leaves the cores to everybody else, when there is room.
/// The thread ends with the work: what was made less urgent may not be made urgent again.
async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);
    let _permit = PLACES.acquire().await.map_err(|_| Error::fault("no place for photos"))?;
    let (told, answer) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("photo".to_owned());
    let started = thread.spawn(move || {
        crate::priority::give_way();
        // Whoever asked may have gone.
        let _ = told.send(work());
    });
    started.map_err(|_| Error::fault("no thread for a photo"))?;
    answer.await.map_err(|_| Error::fault("reading a photo failed"))
}

/// The thresholds for a photo of `item`.
pub fn thresholds(item: Item) -> Thresholds {
    if item == Item::Portrait { Thresholds::PORTRAIT } else { Thresholds::DOCUMENT }
}

/// The catalogue's reason for a fault of a photo of `item`.
pub fn reason_of(fault: &Fault, item: Item) -> Reason {
    match (item, fault.kind) {
        (Item::Portrait, _) => Reason::P1,
        (_, FaultKind::Blurry | FaultKind::LowResolution) => Reason::D1,
        (_, FaultKind::TooDark) => Reason::D5,
        (_, FaultKind::TooBright) => Reason::D2,
    }
}
