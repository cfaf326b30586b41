use super::claim::audit_image;
use super::subject::Subject;
use crate::App;
use crate::error::{Error, Fault};
use domain::access::{Action, Actor};
use domain::id::ApplicationId;
use domain::portrait::Found;
use domain::reason::Item;
use domain::review::{Region, ViewReason};
use std::borrow::Cow;
use store::application::document::Document;
use vision::{Limits, Picture};

/// The longer side of a shown copy at each step of zoom, in pixels.
const SIDES: [u32; 3] = [1000, 1600, 2000];

/// Which picture, and how it is shown.
#[derive(Clone, Copy, Debug)]
pub struct ImageRequest {
    /// Of which application.
    pub application_id: ApplicationId,
    /// What it shows.
    pub item: Item,
    /// The how-manieth photo of this item.
    pub round: i64,
    /// 1 to 3.
    pub zoom: u8,
    /// Quarter turns clockwise.
    pub turns: u8,
    /// Only this part.
    pub region: Option<Region>,
    /// Only the face that was compared, upright and as large as the other one.
    pub is_face: bool,
}

/// Pixels of the square in which a face is shown, and how much more than the face it shows.
const FACE_SIDE: u32 = 320;
const FACE_ZOOM: f32 = 1.9;

/// A copy of a photo for looking at, as a JPEG: turned, sized and stamped with the purpose, the
/// day and who looks. The original stays sealed. Every view is in the audit log with the reason,
/// which a claim implies and anybody else must give.
pub async fn image(
    app: &App,
    actor: &Actor,
    request: ImageRequest,
    why: Option<ViewReason>,
) -> Result<Vec<u8>, Error> {
    let case = super::load(app, actor, Action::SeeImage, request.application_id).await?;
    let is_mine = case.claimed_by.is_some() && case.claimed_by == actor.staff_id();
    let why = match (is_mine, why) {
        (_, Some(why)) => why,
        (true, None) => ViewReason::Claim,
        (false, None) => return Err(Error::NotFound),
    };
    let subject = Subject::open(app, case).await?;
    let is_it =
        |document: &&Document| document.item == request.item && document.round == request.round;
    let document = subject.documents.iter().find(is_it).ok_or(Error::NotFound)?;
    audit_image(app, actor, &subject.case, document.blob_id, why).await?;
    let sealed = app.store.blobs.get(&subject.key, document.blob_id).await?;
    let stamp = stamp(app, actor, &subject);
    let face = if request.is_face {
        let loaded = crate::register::complete(app, subject.application.clone()).await?;
        let found = crate::register::face_on(app, &loaded, (request.item, request.round)).await?;
        Some(found.ok_or(Error::NotFound)?)
    } else {
        None
    };
    shown(sealed, request, face, stamp).await
}

/// 「仅用于尾号8000实名登记」 with the day and the last digits of who looks.
fn stamp(app: &App, actor: &Actor, subject: &Subject) -> String {
    let tail = subject.application.msisdn.map(domain::msisdn::Msisdn::tail4).unwrap_or_default();
    let viewer = actor.audit_name();
    let viewer = viewer.get(viewer.len().saturating_sub(6)..).unwrap_or_default().to_uppercase();
    format!("仅用于尾号{tail}实名登记 {} {viewer}", subject.today(app.now()))
}

async fn shown(
    bytes: Vec<u8>,
    request: ImageRequest,
    face: Option<Found>,
    stamp: String,
) -> Result<Vec<u8>, Error> {
    let done = crate::image::on_worker(move || {
        let picture = vision::decode(&bytes, &Limits::default())?.picture;
        let picture = match face {
            Some(face) => vision::stamp(&upright(&picture, &face), &stamp),
            None => dressed(picture, request, &stamp),
        };
        Ok(picture.to_jpeg())
    });
    done.await?.map_err(|error: vision::ImageError| {
        let context = Cow::Borrowed("show a photo");
        Error::Fault(Fault { context, is_retryable: false, source: Some(Box::new(error)) })
    })
}

/// The face alone, its eyes level and at the same place as those of every other face.
fn upright(picture: &Picture, face: &Found) -> Picture {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let places = face
        .spots
        .map(|spot| (spot.x as f32 * width / 10_000.0, spot.y as f32 * height / 10_000.0));
    let to = vision::template(FACE_SIDE as f32, FACE_ZOOM);
    let cut = vision::aligned(picture, &places, &to, (FACE_SIDE, FACE_SIDE));
    cut.unwrap_or_else(|| picture.fitted(FACE_SIDE))
}

fn dressed(picture: Picture, request: ImageRequest, stamp: &str) -> Picture {
    let picture = match request.region {
        Some(region) => picture.cropped(vision::Region {
            x: region.left,
            y: region.top,
            width: region.width,
            height: region.height,
        }),
        None => picture,
    };
    let step = usize::from(request.zoom.clamp(1, 3)) - 1;
    let side = SIDES.get(step).copied().unwrap_or(1000);
    vision::stamp(&picture.fitted(side).turned(request.turns), stamp)
}
