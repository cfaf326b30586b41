//! A photo that arrives in parts, over a line that breaks: what has arrived is kept sealed, and
//! only the rest is sent again.

use super::load::load;
use super::photo::{Uploaded, upload};
use super::save::may_change;
use crate::app::App;
use crate::error::Error;
use crate::image::{BYTES_MAX, PhotoRefusal};
use domain::access::{Action, Actor};
use domain::id::ApplicationId;
use domain::reason::Item;
use domain::refusal::Refusal;
use store::Batch;
use store::application::part::{Arriving, sweep};
use vision::ImageError;

/// Bytes of every part but the last.
pub const PART_BYTES: usize = 256 * 1024;

/// What has not arrived whole after so long is forgotten.
const KEEP_HOURS: i64 = 24;

/// A file that arrives in parts, as its sender describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole {
    /// SHA-256 of the file.
    pub digest: [u8; 32],
    /// Its size in bytes.
    pub size_bytes: usize,
}

/// Why a part is not taken, or the parts make no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartRefusal {
    /// The part has another length than it should, or there is no such part.
    PartLength,
    /// Not every part is here.
    Incomplete,
    /// The parts together are another file than was said.
    OtherFile,
}

impl PartRefusal {
    /// Every refusal.
    pub const ALL: [Self; 3] = [Self::PartLength, Self::Incomplete, Self::OtherFile];
}

impl Refusal for PartRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::PartLength => "photo.part_length",
            Self::Incomplete => "photo.incomplete",
            Self::OtherFile => "photo.other_file",
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("photo")
    }
}

impl Whole {
    fn parts(&self) -> usize {
        self.size_bytes.div_ceil(PART_BYTES)
    }

    /// Bytes of one part; `None` if there is no such part.
    fn part_bytes(&self, part: usize) -> Option<usize> {
        let before = part.checked_mul(PART_BYTES)?;
        let left = self.size_bytes.checked_sub(before).filter(|left| *left > 0)?;
        Some(left.min(PART_BYTES))
    }
}

/// Which parts of a file are here already, in order.
pub async fn parts(
    app: &App,
    actor: &Actor,
    (id, item): (ApplicationId, Item),
    whole: Whole,
) -> Result<Vec<i64>, Error> {
    load(app, actor, Action::ChangeApplication, id).await?;
    let arriving = Arriving { application_id: id, item, digest: whole.digest };
    Ok(arriving.present(&app.store.db).await?)
}

/// Keeps one part. The same part again changes nothing; the first part of another file forgets the
/// parts of the one before.
pub async fn put_part(
    app: &App,
    actor: &Actor,
    (id, item): (ApplicationId, Item),
    whole: Whole,
    part: usize,
    bytes: &[u8],
) -> Result<(), Error> {
    let loaded = load(app, actor, Action::ChangeApplication, id).await?;
    may_change(app, &loaded, &[item]).await?;
    if !item.is_image() {
        return Err(Error::NotFound);
    }
    if whole.size_bytes > BYTES_MAX {
        return Err(PhotoRefusal(ImageError::TooLarge, item).into());
    }
    if whole.part_bytes(part) != Some(bytes.len()) {
        return Err(PartRefusal::PartLength.into());
    }
    let arriving = Arriving { application_id: id, item, digest: whole.digest };
    let mut batch = Batch::new(app.now());
    let number = i64::try_from(part).unwrap_or(i64::MAX);
    arriving.put(&mut batch, loaded.key()?, number, bytes);
    Ok(app.store.db.commit(batch).await?)
}

/// Makes the file of its parts and takes it in as a photo; then the parts are forgotten.
pub async fn join(
    app: &App,
    actor: &Actor,
    (id, item): (ApplicationId, Item),
    whole: Whole,
) -> Result<Uploaded, Error> {
    let loaded = load(app, actor, Action::ChangeApplication, id).await?;
    if whole.size_bytes > BYTES_MAX {
        return Err(PhotoRefusal(ImageError::TooLarge, item).into());
    }
    let arriving = Arriving { application_id: id, item, digest: whole.digest };
    let content = arriving.content(&app.store.db, loaded.key()?).await?;
    if whole.size_bytes == 0 || content.len() < whole.parts() {
        return Err(PartRefusal::Incomplete.into());
    }
    let mut file = Vec::with_capacity(whole.size_bytes);
    for (_, bytes) in content {
        file.extend(bytes);
    }
    let is_the_file = file.len() == whole.size_bytes && seal::sha256(&file) == whole.digest;
    let uploaded = if is_the_file {
        upload(app, actor, id, item, file).await
    } else {
        Err(PartRefusal::OtherFile.into())
    };
    // Taken or refused, these parts are of no more use; after a fault they are.
    if !matches!(uploaded, Err(Error::Fault(_))) {
        let mut batch = Batch::new(app.now());
        arriving.clear(&mut batch);
        app.store.db.commit(batch).await?;
    }
    uploaded
}

/// Forgets what never arrived whole.
pub(crate) async fn sweep_parts(app: &App) -> Result<(), Error> {
    let mut batch = Batch::new(app.now());
    sweep(&mut batch, app.now().plus_minutes(-KEEP_HOURS * 60));
    Ok(app.store.db.commit(batch).await?)
}
