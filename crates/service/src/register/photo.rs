//! Photos: taken in, measured, sealed; the one before stays until the new one is safe.

use super::face::{face_view, look_now, stage_look};
use super::load::load;
use super::read::stage_read;
use super::save::{keep, may_change};
use crate::app::App;
use crate::error::Error;
use crate::image::{self, PhotoRefusal};
use crate::retry;
use domain::access::{Action, Actor};
use domain::id::{ApplicationId, BlobId, DataKeyId};
use domain::portrait::Finding;
use domain::reason::{Item, Reason};
use seal::DataKey;
use store::application::document::{Document, redo_done};
use store::{Batch, BlobRecord};
use vision::{Fault, Quality, Severity};

/// What became of a photo.
#[derive(Clone, Debug, PartialEq)]
pub struct Uploaded {
    /// What it shows.
    pub item: Item,
    /// The how-manieth photo of this item it is.
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

/// Takes a photo in. What is refused leaves the photo before in its place.
pub async fn upload(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    item: Item,
    bytes: Vec<u8>,
) -> Result<Uploaded, Error> {
    let loaded = load(app, actor, Action::ChangeApplication, id).await?;
    may_change(app, &loaded, &[item]).await?;
    if !item.is_image() {
        return Err(Error::NotFound);
    }
    let digest = seal::sha256(&bytes);
    let read = match image::read(bytes).await? {
        Ok(read) => read,
        Err(error) => return Err(PhotoRefusal(error, item).into()),
    };
    let blob = put(app, &loaded, &read.jpeg).await?;
    let mut found = retry(|| async {
        let mut loaded = load(app, actor, Action::ChangeApplication, id).await?;
        may_change(app, &loaded, &[item]).await?;
        let every = Document::every(&app.store.db, id).await?;
        let rounds = every.iter().filter(|photo| photo.item == item).count();
        let photo = Document {
            item,
            round: i64::try_from(rounds).unwrap_or(i64::MAX).saturating_add(1),
            blob_id: blob.id,
            digest,
            fingerprint: read.fingerprint.0,
            quality: serde_json::to_value(read.quality).map_err(|e| Error::fault(e.to_string()))?,
            is_sent_anyway: false,
            uploaded_at: app.now(),
            replaced_at: None,
        };
        let mut batch = Batch::new(app.now());
        blob.insert(&mut batch);
        photo.insert(&mut batch, id);
        redo_done(&mut batch, id, item);
        stage_read(app, &mut batch, &loaded, item);
        stage_look(app, &mut batch, &loaded);
        let detail = serde_json::json!({ "item": item.code(), "round": photo.round });
        keep(&mut batch, &mut loaded, actor, "application.photo", detail);
        app.store.db.commit(batch).await?;
        let others: Vec<&Document> = every
            .iter()
            .filter(|other| other.replaced_at.is_none() && other.item != item)
            .collect();
        Ok(uploaded(&photo, &others))
    })
    .await?;
    if item == Item::Portrait {
        let loaded = load(app, actor, Action::ChangeApplication, id).await?;
        look_now(app, &loaded).await;
        found.add(face_view(app, &loaded).await?.findings);
    }
    Ok(found)
}

impl Uploaded {
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

/// Seals the photo and makes it durable, before anything refers to it.
async fn put(app: &App, loaded: &super::Loaded, jpeg: &[u8]) -> Result<BlobRecord, Error> {
    let key: &DataKey = loaded.key()?;
    let at = app.now();
    let id: BlobId = crate::id::new(at);
    app.store.blobs.put(key, id, jpeg).await?;
    Ok(BlobRecord {
        id,
        operator_id: loaded.operator.id,
        data_key_id: DataKeyId::from_u128(key.id()),
        media_type: "image/jpeg".to_owned(),
        size_bytes: i64::try_from(jpeg.len()).unwrap_or(i64::MAX),
        created_at: at,
    })
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
    let portrait = Vec::new();
    let (item, round, is_copy) = (photo.item, photo.round, false);
    Uploaded { item, round, faults, reasons, same_as, portrait, is_copy }
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

/// A photo as it is kept, for the applicant's own eyes or for a use case that has checked the
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
