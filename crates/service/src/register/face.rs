//! Faces looked at by machine: the portrait alone as soon as it is there, so that its faults can be
//! told at once; beside the document's photo only after its holder agreed to being compared (PIPL
//! art. 29). What was seen is kept sealed; what is compared by is never kept.

use super::load::{Loaded, complete, load};
use super::save::{Purpose, consents};
use crate::app::App;
use crate::error::Error;
use crate::image::on_worker;
use crate::retry;
use crate::work::Next;
use domain::access::{Action, Actor};
use domain::application::Kind;
use domain::check::{Check, CheckKind, Outcome};
use domain::id::ApplicationId;
use domain::portrait::{
    self, Band, Compared, FacesSeen, Finding, Found, check_match, check_quality,
};
use domain::reading::Unread;
use domain::reason::{Item, Reason};
use seal::DataKey;
use std::time::Duration;
use store::application::document::Document;
use store::application::face::PhotoFaces;
use store::{Batch, Job};
use tokio::sync::Mutex;

/// The job that looks at the portrait of an application.
pub(crate) const FACES: &str = "application.faces";
/// A portrait for which there was no room or no time is looked at again after this.
const AGAIN_MILLIS: i64 = 2_000;
/// It is given up so long after it came: then a person looks.
const GIVE_UP_MILLIS: i64 = 60_000;
/// Whoever sends a portrait waits so long for its faults; then they are told on the next page.
const PATIENCE: Duration = Duration::from_secs(3);

/// What was seen on the present portrait, for whoever may see the photos themselves.
#[derive(Clone, Debug, Default)]
pub struct FaceView {
    /// Whether models are here that look.
    pub is_on: bool,
    /// The how-manieth portrait it is about.
    pub round: i64,
    /// What is wrong with it, by the policy.
    pub findings: Vec<Finding>,
    /// Why no model looked at it.
    pub unread: Option<Unread>,
    /// Beside the document: what came of comparing.
    pub pair: Option<Pair>,
}

/// Two faces beside each other.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The photo of the document.
    pub item: Item,
    /// The how-manieth of this item.
    pub round: i64,
    /// What came of comparing.
    pub compared: Compared,
    /// The face on the portrait and the one on the document, where they were found.
    pub found: [Option<Found>; 2],
    /// The models, each with the SHA-256 of its file.
    pub models: Vec<(String, String)>,
    /// The bands: from here on doubtful, consistent, and one picture, of a hundred.
    pub bands: [i64; 3],
}

impl FaceView {
    /// Whether the portrait is the document's own photo.
    pub fn is_copy(&self) -> bool {
        let compared = self.pair.as_ref().map(|pair| pair.compared);
        matches!(compared, Some(Compared::Scored { band: Band::Copy, .. }))
    }
}

/// Whether there is a face to be looked at.
fn is_looked_at(kind: Kind) -> bool {
    kind != Kind::Appeal
}

/// The photo that shows the face of whoever the portrait shows: an organisation's handler has a
/// document of their own.
fn document_item(loaded: &Loaded) -> Item {
    if loaded.form.is_of_organisation() { Item::HandlerDocument } else { Item::DocumentFront }
}

/// Asks for the portrait to be looked at, in the batch that changes it or what it is held against.
pub(super) fn stage_look(app: &App, batch: &mut Batch, loaded: &Loaded) {
    if !is_looked_at(loaded.application.facts.kind) || app.faces.models().is_err() {
        return;
    }
    let (key, run_at) = (loaded.application.subject(), batch.at());
    batch.job(Job { kind: FACES, key, payload: serde_json::json!({}), run_at });
}

/// The job after an upload or a consent. Safe to repeat: what was looked at is not looked at again.
pub async fn run_faces(app: &App, id: ApplicationId) -> Result<Next, Error> {
    let Some(row) = store::application::load(&app.store.db, id).await? else {
        return Ok(Next::Done);
    };
    let loaded = complete(app, row).await?;
    if loaded.key.is_none() || !is_looked_at(loaded.application.facts.kind) {
        return Ok(Next::Done);
    }
    look_at_faces(app, &loaded).await
}

/// Looks now, so that whoever sent the portrait hears of its faults at once; gives up quietly when
/// that takes too long, since the job does it, too.
pub(super) async fn look_now(app: &App, loaded: &Loaded) {
    if app.faces.models().is_err() || !is_looked_at(loaded.application.facts.kind) {
        return;
    }
    let looked = tokio::time::timeout(PATIENCE, look_at_faces(app, loaded)).await;
    if let Ok(Err(error)) = looked {
        let application = loaded.application.id;
        tracing::warn!(%application, %error, "a portrait is looked at later");
    }
}

/// The photos that are to be looked at: the portrait, and the document's photo once its holder
/// agreed.
async fn wanted(app: &App, loaded: &Loaded) -> Result<Option<(Document, Option<Document>)>, Error> {
    let photos = Document::current(&app.store.db, loaded.application.id).await?;
    let of = |item: Item| photos.iter().find(|photo| photo.item == item).cloned();
    let Some(portrait) = of(Item::Portrait) else { return Ok(None) };
    let is_agreed =
        consents(app, loaded.application.id).await?.contains(&(Purpose::Portrait, true));
    Ok(Some((portrait, of(document_item(loaded)).filter(|_| is_agreed))))
}

/// Looks at what was not looked at yet. What had no room or no time is asked for again for a while,
/// then kept as unread.
pub(super) async fn look_at_faces(app: &App, loaded: &Loaded) -> Result<Next, Error> {
    let (id, key) = (loaded.application.id, loaded.key()?);
    let _turn = turn(id).lock().await;
    let Some((portrait, document)) = wanted(app, loaded).await? else { return Ok(Next::Done) };
    let known = PhotoFaces::list(&app.store.db, id, key).await?;
    let pair = document.as_ref().map(|photo| (photo.item, photo.round));
    if known.iter().any(|seen| is_of(seen, &portrait, pair) && is_final(seen)) {
        return Ok(Next::Done);
    }
    let seen = look(app, loaded, key, &portrait, document.as_ref()).await?;
    let came = portrait.drawn_at().millis().max(loaded.application.changed_at.millis());
    let is_patient = app.now().millis() - came < GIVE_UP_MILLIS;
    if matches!(seen.seen, FacesSeen::Unread(Unread::Busy | Unread::Late)) && is_patient {
        return Ok(Next::At(app.now().plus_millis(AGAIN_MILLIS)));
    }
    retry(|| async {
        let mut batch = Batch::new(app.now());
        seen.put(&mut batch, id, key);
        Ok(app.store.db.commit(batch).await?)
    })
    .await?;
    Ok(Next::Done)
}

/// The upload and its job come at the same time: of these, and of applications whose number has the
/// same remainder, one looks at a time here.
fn turn(id: ApplicationId) -> &'static Mutex<()> {
    static TURNS: [Mutex<()>; 32] = [const { Mutex::const_new(()) }; 32];
    let [first, ..] = &TURNS;
    usize::try_from(id.as_u128() % 32).ok().and_then(|at| TURNS.get(at)).unwrap_or(first)
}

fn is_of(seen: &PhotoFaces, portrait: &Document, document: Option<(Item, i64)>) -> bool {
    seen.portrait_round == portrait.round && seen.document == document
}

fn is_final(seen: &PhotoFaces) -> bool {
    !matches!(seen.seen, FacesSeen::Unread(why) if why.may_pass())
}

async fn look(
    app: &App,
    loaded: &Loaded,
    key: &DataKey,
    portrait: &Document,
    document: Option<&Document>,
) -> Result<PhotoFaces, Error> {
    let (seen, models) = match app.faces.models() {
        Err(why) => (Err(why), Vec::new()),
        Ok(models) => {
            let face = picture(app, key, portrait).await?;
            let beside = match document {
                Some(document) => picture(app, key, document).await?,
                None => None,
            };
            let is_lost = document.is_some() && beside.is_none();
            let seen = match face.filter(|_| !is_lost) {
                Some(face) => app.faces.look(face, beside).await,
                None => Err(Unread::Failed),
            };
            let used = models.into_iter().map(|model| (model.id, model.sha256));
            (seen, used.collect())
        }
    };
    let (seen, models) = match seen {
        Ok(faces) => (FacesSeen::Looked(faces), models),
        Err(why) => {
            let reason = why.code();
            tracing::info!(application = %loaded.application.id, reason, "no faces were looked at");
            (FacesSeen::Unread(why), Vec::new())
        }
    };
    Ok(PhotoFaces {
        portrait_round: portrait.round,
        document: document.map(|photo| (photo.item, photo.round)),
        seen,
        limits: loaded.policy.portrait,
        models,
        looked_at: app.now(),
    })
}

/// A kept photo's pixels; `None` if they cannot be read.
pub(super) async fn picture(
    app: &App,
    key: &DataKey,
    photo: &Document,
) -> Result<Option<vision::Picture>, Error> {
    let jpeg = app.store.blobs.get(key, photo.blob_id).await?;
    let limits = vision::Limits { side_min: 1, ..vision::Limits::default() };
    let decoded = on_worker(move || vision::decode(&jpeg, &limits)).await?;
    Ok(decoded.ok().map(|decoded| decoded.picture))
}

/// What was seen of the present portrait; nothing where no model looked yet.
pub(crate) async fn face_view(app: &App, loaded: &Loaded) -> Result<FaceView, Error> {
    let is_on = app.faces.models().is_ok();
    let Some(key) = &loaded.key else { return Ok(FaceView { is_on, ..FaceView::default() }) };
    let Some((portrait, document)) = wanted(app, loaded).await? else {
        return Ok(FaceView { is_on, ..FaceView::default() });
    };
    let known = PhotoFaces::list(&app.store.db, loaded.application.id, key).await?;
    let limits = loaded.policy.portrait;
    let mut view = FaceView { is_on, round: portrait.round, ..FaceView::default() };
    let pair = document.as_ref().map(|photo| (photo.item, photo.round));
    let of_pair = known.iter().find(|seen| is_of(seen, &portrait, pair));
    let alone = known.iter().find(|seen| is_of(seen, &portrait, None));
    match of_pair.or(alone).map(|seen| &seen.seen) {
        Some(FacesSeen::Looked(faces)) => {
            view.findings = portrait::faults(&faces.portrait, &limits);
        }
        Some(FacesSeen::Unread(why)) => view.unread = Some(*why),
        None => {}
    }
    if let (Some((item, round)), Some(PhotoFaces { seen: FacesSeen::Looked(faces), models, .. })) =
        (pair, of_pair)
    {
        view.pair = Some(Pair {
            item,
            round,
            compared: Compared::of(faces, &limits),
            found: [faces.portrait.face, faces.document.and_then(|document| document.face)],
            models: models.clone(),
            bands: [
                limits.review_percent_min,
                limits.consistent_percent_min,
                limits.copy_percent_min,
            ],
        });
    }
    Ok(view)
}

/// What was seen of the present portrait, for its applicant.
pub async fn faces(app: &App, actor: &Actor, id: ApplicationId) -> Result<FaceView, Error> {
    let loaded = load(app, actor, Action::ChangeApplication, id).await?;
    face_view(app, &loaded).await
}

/// Where a face lies on one of the present photos, for cutting it out.
pub(crate) async fn face_on(
    app: &App,
    loaded: &Loaded,
    (item, round): (Item, i64),
) -> Result<Option<Found>, Error> {
    let view = face_view(app, loaded).await?;
    let Some(pair) = view.pair else { return Ok(None) };
    let [portrait, document] = pair.found;
    Ok(match item {
        Item::Portrait if round == view.round => portrait,
        item if (item, round) == (pair.item, pair.round) => document,
        _ => None,
    })
}

/// The checks of faces; everything must have been looked at before. The last one says whether the
/// portrait is the document's own photo.
pub(super) async fn face_checks(app: &App, loaded: &Loaded) -> Result<Vec<Check>, Error> {
    let Some((portrait, document)) = wanted(app, loaded).await? else {
        let why = |kind| Check::unavailable(kind).with("because", "no photo");
        return Ok(vec![why(CheckKind::PortraitQuality), why(CheckKind::PortraitMatch)]);
    };
    let pair = document.as_ref().map(|photo| (photo.item, photo.round));
    let known = PhotoFaces::list(&app.store.db, loaded.application.id, loaded.key()?).await?;
    let of_pair = known.iter().find(|seen| is_of(seen, &portrait, pair));
    let seen = of_pair.map_or(FacesSeen::Unread(Unread::Failed), |seen| seen.seen);
    let models = of_pair.map(|seen| seen.models.clone()).unwrap_or_default();
    let limits = &loaded.policy.portrait;
    let mut matched = check_match(&seen, limits);
    for (id, sha256) in &models {
        let value = format!("{id} {}", sha256.get(..12).unwrap_or(sha256));
        matched = matched.with("model", value);
    }
    let mut checks = vec![check_quality(&seen, limits, portrait.is_sent_anyway), matched];
    if portrait::is_copy(&seen, limits) {
        checks.push(
            Check::new(CheckKind::SameImage, Outcome::Fail)
                .of(Item::Portrait)
                .because(Reason::P4)
                .with("same_as", document_item(loaded).code()),
        );
    }
    Ok(checks)
}
