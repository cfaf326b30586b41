//! Photos as the applicant sees them: what became of one, what is doubtful about it, sending it
//! anyway.

use super::draw::{draw_received, unreadable};
use super::face::{face_view, look_now};
use super::load::load;
use super::receive::receive_one;
use super::save::{keep, may_change};
use crate::app::App;
use crate::error::Error;
use crate::image::{self, Haste, PhotoRefusal};
use crate::retry;
use domain::access::{Action, Actor};
use domain::id::ApplicationId;
use domain::portrait::Finding;
use domain::reason::{Item, Reason};
use std::time::Duration;
use store::Batch;
use store::application::document::Document;
use store::application::received::Received;
use vision::{Fault, ImageError, Quality, Severity};

/// Whoever sends a photo waits so long until it is drawn; then the next pages tell of it.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// How far a photo is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhotoStage {
    /// It came and is being looked at; nothing is known of it yet.
    Received,
    /// Nothing can be made of it, and why; the earlier photo, if there was one, is still there.
    Unreadable(ImageError),
    /// It was drawn anew and measured.
    Drawn,
}

/// What became of a photo.
#[derive(Clone, Debug, PartialEq)]
pub struct Uploaded {
    /// What it shows.
    pub item: Item,
    /// How far it is.
    pub stage: PhotoStage,
    /// The how-manieth photo of this item it is; before it is drawn, that of the one before, or 0.
    pub round: i64,
    /// What is doubtful about it; it can be sent anyway, which is recorded.
    pub faults: Vec<Fault>,
    /// The same in the catalogue's reasons.
    pub reasons: Vec<Reason>,
    /// The other item that shows the same photo.
    pub same_as: Option<Item>,
    /// What models found wrong with a portrait.
    pub portrait: Vec<Finding>,
    /// Whether a portrait is the photo on the document, by its face.
    pub is_copy: bool,
}

/// Takes a photo in and waits a moment until it is drawn. What is refused leaves the photo before
/// in its place.
pub async fn upload(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    item: Item,
    bytes: Vec<u8>,
) -> Result<Uploaded, Error> {
    let received = receive_one(app, actor, (id, item), bytes, PATIENCE).await?;
    drawn(app, actor, id, &received, PATIENCE).await
}

/// What becomes of a photo that was taken in: drawn here and now, if that takes no longer than
/// `patience`; else its job does it.
pub(super) async fn drawn(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    received: &Received,
    patience: Duration,
) -> Result<Uploaded, Error> {
    let drawing = draw_received(app, id, Haste::Now);
    if let Ok(Err(error)) = tokio::time::timeout(patience, drawing).await {
        let error = error.with_causes();
        tracing::warn!(application = %id, %error, "a photo is drawn later");
    }
    let item = received.item;
    let left = Received::list(&app.store.db, id).await?;
    let left = left.iter().find(|left| left.blob_id == received.blob_id);
    if let Some(left) = left {
        let [(_, error)] = unreadable(std::slice::from_ref(left))[..] else {
            return Ok(undrawn(item, PhotoStage::Received, 0));
        };
        // It is told now, and leaves the photo before in its place.
        dismiss(app, actor, id, left).await?;
        return Err(PhotoRefusal(error, item).into());
    }
    let photos = Document::current(&app.store.db, id).await?;
    let is_it = |photo: &&Document| photo.item == item && photo.digest == received.digest;
    let Some(photo) = photos.iter().find(is_it) else {
        // Another photo of the same item was faster.
        return Ok(undrawn(item, PhotoStage::Received, 0));
    };
    let others: Vec<&Document> = photos.iter().filter(|other| other.item != item).collect();
    let mut found = uploaded(photo, &others);
    if item == Item::Portrait {
        let loaded = load(app, actor, Action::ChangeApplication, id).await?;
        look_now(app, &loaded).await;
        found.add(face_view(app, &loaded).await?.findings);
    }
    Ok(found)
}

/// Forgets a file that could not be read. Once the application was sent it stays: the checks ask
/// for another one.
async fn dismiss(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    left: &Received,
) -> Result<(), Error> {
    retry(|| async {
        let mut loaded = load(app, actor, Action::ChangeApplication, id).await?;
        let known = Received::list(&app.store.db, id).await?;
        if !loaded.application.facts.state.is_editable() || !known.contains(left) {
            return Ok(());
        }
        let mut batch = Batch::new(app.now());
        left.dismiss(&mut batch, id);
        let detail = serde_json::json!({ "item": left.item.code(), "why": left.refused });
        keep(&mut batch, &mut loaded, actor, "application.photo_dismissed", detail);
        Ok(app.store.db.commit(batch).await?)
    })
    .await
}

/// Goes on with the earlier photo after one that could not be read.
pub async fn keep_earlier(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    item: Item,
) -> Result<(), Error> {
    let loaded = load(app, actor, Action::ChangeApplication, id).await?;
    may_change(app, &loaded, &[item]).await?;
    let left = Received::list(&app.store.db, id).await?;
    match left.iter().find(|left| left.item == item && !left.is_waiting()) {
        Some(left) => dismiss(app, actor, id, left).await,
        None => Ok(()),
    }
}

/// A photo of which nothing is known but that it came.
pub(super) fn undrawn(item: Item, stage: PhotoStage, round: i64) -> Uploaded {
    let (faults, reasons, portrait) = (Vec::new(), Vec::new(), Vec::new());
    Uploaded { item, stage, round, faults, reasons, same_as: None, portrait, is_copy: false }
}

impl Uploaded {
    /// Whether it is there and nothing is doubtful about it, as far as is known.
    pub fn is_clear(&self) -> bool {
        self.stage == PhotoStage::Drawn && self.reasons.is_empty()
    }

    /// With what models found wrong with it.
    pub(super) fn add(&mut self, findings: Vec<Finding>) {
        for finding in &findings {
            let reason = finding.kind.reason();
            if !self.reasons.contains(&reason) {
                self.reasons.push(reason);
            }
        }
        self.portrait = findings;
    }
}

/// What is doubtful about a kept photo, beside the other present ones.
pub(super) fn uploaded(photo: &Document, others: &[&Document]) -> Uploaded {
    let faults = faults_of(photo);
    let mut reasons: Vec<Reason> = Vec::new();
    for fault in &faults {
        let reason = image::reason_of(fault, photo.item);
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let same_as = others.iter().find(|other| is_same(photo, other)).map(|other| other.item);
    if same_as.is_some() {
        reasons.push(reason_of_same(photo.item));
    }
    let known = undrawn(photo.item, PhotoStage::Drawn, photo.round);
    Uploaded { faults, reasons, same_as, ..known }
}

/// What was measured of a photo, against the thresholds.
pub(super) fn faults_of(photo: &Document) -> Vec<Fault> {
    let quality: Option<Quality> = serde_json::from_value(photo.quality.clone()).ok();
    quality.map(|q| q.faults(&image::thresholds(photo.item))).unwrap_or_default()
}

/// Whether two photos are the same file or the same picture.
pub(super) fn is_same(one: &Document, other: &Document) -> bool {
    let prints = (vision::Fingerprint(one.fingerprint), vision::Fingerprint(other.fingerprint));
    one.digest == other.digest || prints.0.is_same(&prints.1)
}

/// A portrait that is the photo of the document is not a live one; two sides alike are one side.
pub(super) const fn reason_of_same(item: Item) -> Reason {
    match item {
        Item::Portrait => Reason::P4,
        _ => Reason::D6,
    }
}

/// The worst fault.
pub(super) fn worst(faults: &[Fault]) -> Option<Severity> {
    faults.iter().map(|fault| fault.severity).max()
}

/// Records that the applicant sends the present photo in spite of the warnings.
pub async fn send_anyway(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    item: Item,
) -> Result<(), Error> {
    retry(|| async {
        let mut loaded = load(app, actor, Action::ChangeApplication, id).await?;
        may_change(app, &loaded, &[item]).await?;
        let photos = Document::current(&app.store.db, id).await?;
        let photo = photos.iter().find(|photo| photo.item == item).ok_or(Error::NotFound)?;
        if photo.is_sent_anyway {
            return Ok(());
        }
        let mut batch = Batch::new(app.now());
        Document::send_anyway(&mut batch, id, item);
        let detail = serde_json::json!({ "item": item.code(), "round": photo.round });
        keep(&mut batch, &mut loaded, actor, "application.send_anyway", detail);
        Ok(app.store.db.commit(batch).await?)
    })
    .await
}

/// A photo as it was drawn, for the applicant's own eyes or for a use case that has checked the
/// right to see it; `round` 0 is the present one.
pub async fn photo(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    item: Item,
    round: i64,
) -> Result<Vec<u8>, Error> {
    let action = match actor {
        Actor::Applicant { .. } => Action::ChangeApplication,
        _ => Action::SeeImage,
    };
    let loaded = load(app, actor, action, id).await?;
    let photos = Document::every(&app.store.db, id).await?;
    let is_wanted = |photo: &&Document| {
        photo.item == item
            && if round == 0 { photo.replaced_at.is_none() } else { photo.round == round }
    };
    let photo = photos.iter().find(is_wanted).ok_or(Error::NotFound)?;
    Ok(app.store.blobs.get(loaded.key()?, photo.blob_id).await?)
}

/// The longest side of a shown part, in pixels.
const PART_SIDE: u32 = 800;

/// The marked part of a photo, given as `left,top,width,height` in thousandths, turned clockwise by
/// quarters.
pub async fn photo_part(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    (item, round): (Item, i64),
    (region, quarters): (&str, u8),
) -> Result<Vec<u8>, Error> {
    let marked = domain::review::Region::from_text(region).ok_or(Error::NotFound)?;
    let region = vision::Region {
        x: marked.left,
        y: marked.top,
        width: marked.width,
        height: marked.height,
    };
    image::part(photo(app, actor, id, item, round).await?, region, quarters, PART_SIDE).await
}
