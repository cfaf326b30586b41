//! The live capture: a challenge in an order that nobody can know before, a few pictures, and what
//! came of them. It is offered, never asked for; without it a person looks as before.

use super::face::picture;
use super::load::{Loaded, load};
use super::save::{Purpose, consents, may_change};
use crate::app::App;
use crate::error::Error;
use crate::image::on_worker;
use crate::retry;
use domain::access::{Action, Actor};
use domain::check::{Check, CheckKind, Outcome as Checked};
use domain::id::ApplicationId;
use domain::live::{self, FRAMES, Outcome, Step, Why};
use domain::portrait::{Band, Compared};
use domain::reason::Item;
use store::Batch;
use store::application::document::Document;
use store::application::live::Challenge;

/// So long a challenge may be used.
const VALID_MILLIS: i64 = 120_000;
/// Challenges of one application, at most: each costs the models a second.
const CHALLENGES_MAX: usize = 10;
/// Bytes of one picture of the film, at most.
pub const FRAME_BYTES_MAX: usize = 1_000_000;

/// What a browser is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveTask {
    /// To be sent back with the film; once, and soon.
    pub nonce: String,
    /// What is asked for, in this order.
    pub steps: Vec<Step>,
}

/// What came of a film.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveResult {
    /// The result.
    pub outcome: Outcome,
    /// Why it did not pass.
    pub why: Vec<Why>,
}

/// Whether a live capture can be offered: models are here, a portrait is there, its holder agreed
/// to being compared, and not too many were tried.
pub async fn may_live(app: &App, actor: &Actor, id: ApplicationId) -> Result<bool, Error> {
    let loaded = load(app, actor, Action::ChangeApplication, id).await?;
    Ok(portrait(app, &loaded).await?.is_some())
}

async fn portrait(app: &App, loaded: &Loaded) -> Result<Option<Document>, Error> {
    let id = loaded.application.id;
    let is_agreed = consents(app, id).await?.contains(&(Purpose::Portrait, true));
    if !is_agreed || app.faces.models().is_err() {
        return Ok(None);
    }
    if Challenge::list(&app.store.db, id).await?.len() >= CHALLENGES_MAX {
        return Ok(None);
    }
    let photos = Document::current(&app.store.db, id).await?;
    Ok(photos.into_iter().find(|photo| photo.item == Item::Portrait))
}

/// Gives a challenge.
pub async fn begin_live(app: &App, actor: &Actor, id: ApplicationId) -> Result<LiveTask, Error> {
    let loaded = load(app, actor, Action::ChangeApplication, id).await?;
    may_change(app, &loaded, &[Item::Portrait]).await?;
    let portrait = portrait(app, &loaded).await?.ok_or(Error::NotFound)?;
    let nonce = seal::entropy::secret();
    let [number] = seal::entropy::bytes::<1>();
    let steps = live::order(number).to_vec();
    let challenge = Challenge {
        nonce: seal::sha256(nonce.as_bytes()).to_vec(),
        steps: steps.clone(),
        issued_at: app.now(),
        expires_at: app.now().plus_millis(VALID_MILLIS),
        portrait_round: portrait.round,
        used_at: None,
        outcome: None,
        why: Vec::new(),
        models: String::new(),
    };
    let mut batch = Batch::new(app.now());
    challenge.insert(&mut batch, id);
    app.store.db.commit(batch).await?;
    Ok(LiveTask { nonce, steps })
}

/// Takes the film: `frames` are the files in their order. The challenge is used up first, whatever
/// comes of it; the pictures are looked at and forgotten.
pub async fn finish_live(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    nonce: &str,
    frames: Vec<Vec<u8>>,
) -> Result<LiveResult, Error> {
    let loaded = load(app, actor, Action::ChangeApplication, id).await?;
    may_change(app, &loaded, &[Item::Portrait]).await?;
    let nonce = seal::sha256(nonce.as_bytes()).to_vec();
    let refused = LiveResult { outcome: Why::Nonce.outcome(), why: vec![Why::Nonce] };
    let challenges = Challenge::list(&app.store.db, id).await?;
    let Some(challenge) = challenges.into_iter().find(|one| one.nonce == nonce) else {
        return Ok(refused);
    };
    if challenge.used_at.is_some() {
        return Ok(refused);
    }
    let mut batch = Batch::new(app.now());
    Challenge::use_up(&mut batch, id, &nonce);
    match app.store.db.commit(batch).await {
        Ok(()) => {}
        Err(error) => match Error::from(error) {
            // Somebody else was faster with the same challenge.
            Error::Conflict => return Ok(refused),
            error => return Err(error),
        },
    }
    let is_over = app.now() > challenge.expires_at;
    let why =
        if is_over { vec![Why::Nonce] } else { seen(app, &loaded, &challenge, frames).await? };
    let models = app.faces.models().unwrap_or_default();
    let models: Vec<String> =
        models.iter().map(|model| format!("{} {}", model.id, model.sha256)).collect();
    retry(|| async {
        let mut batch = Batch::new(app.now());
        Challenge::finish(&mut batch, id, &nonce, &why, &models.join(", "));
        Ok(app.store.db.commit(batch).await?)
    })
    .await?;
    Ok(LiveResult { outcome: live::outcome(&why), why })
}

async fn seen(
    app: &App,
    loaded: &Loaded,
    challenge: &Challenge,
    frames: Vec<Vec<u8>>,
) -> Result<Vec<Why>, Error> {
    let Ok(steps) = <[Step; 3]>::try_from(challenge.steps.as_slice()) else {
        return Ok(vec![Why::Frames]);
    };
    if frames.len() != FRAMES || frames.iter().any(|frame| frame.len() > FRAME_BYTES_MAX) {
        return Ok(vec![Why::Frames]);
    }
    let digests: Vec<[u8; 32]> = frames.iter().map(|frame| seal::sha256(frame)).collect();
    let limits = vision::Limits { bytes_max: FRAME_BYTES_MAX, ..vision::Limits::default() };
    let decoded = on_worker(move || {
        let decode = |frame: &Vec<u8>| vision::decode(frame, &limits).map(|read| read.picture);
        frames.iter().map(decode).collect::<Result<Vec<_>, _>>()
    });
    let Ok(pictures) = decoded.await? else { return Ok(vec![Why::Frames]) };
    let straight = pictures.first().cloned();
    let Ok(portraits) = app.faces.follow(pictures).await else {
        return Ok(vec![Why::Unavailable]);
    };
    let mut why = live::judge(steps, &portraits, &digests, &loaded.policy.portrait);
    why.extend(other_person(app, loaded, challenge, straight).await?);
    Ok(why)
}

/// Whoever is on the film must be whoever is on the portrait: else a friend could nod for it.
async fn other_person(
    app: &App,
    loaded: &Loaded,
    challenge: &Challenge,
    straight: Option<vision::Picture>,
) -> Result<Option<Why>, Error> {
    let photos = Document::current(&app.store.db, loaded.application.id).await?;
    let is_it =
        |photo: &&Document| photo.item == Item::Portrait && photo.round == challenge.portrait_round;
    let Some(photo) = photos.iter().find(is_it) else { return Ok(Some(Why::OtherPerson)) };
    let portrait = picture(app, loaded.key()?, photo).await?;
    let (Some(portrait), Some(straight)) = (portrait, straight) else {
        return Ok(Some(Why::Unavailable));
    };
    let Ok(faces) = app.faces.look(portrait, Some(straight)).await else {
        return Ok(Some(Why::Unavailable));
    };
    Ok(match Compared::of(&faces, &loaded.policy.portrait) {
        Compared::Scored { band: Band::Consistent | Band::Copy, .. } => None,
        Compared::Scored { .. } => Some(Why::OtherPerson),
        _ => Some(Why::NoFace),
    })
}

/// The check: the newest film of the present portrait; passed is a pass, what speaks against it a
/// doubt, and everything else could not be told.
pub(super) async fn live_check(app: &App, loaded: &Loaded) -> Result<Check, Error> {
    const KIND: CheckKind = CheckKind::Liveness;
    let id = loaded.application.id;
    let photos = Document::current(&app.store.db, id).await?;
    let round = photos.iter().find(|photo| photo.item == Item::Portrait).map(|photo| photo.round);
    let challenges = Challenge::list(&app.store.db, id).await?;
    let of_portrait = |one: &&Challenge| Some(one.portrait_round) == round;
    let done = challenges.iter().filter(of_portrait).rev().find(|one| one.outcome.is_some());
    let Some(done) = done else {
        return Ok(Check::unavailable(KIND).with("because", "no film"));
    };
    let outcome = match done.outcome {
        Some(Outcome::Passed) => Checked::Pass,
        Some(Outcome::Suspicious) => Checked::Warn,
        Some(Outcome::NotAssessed) | None => Checked::Unavailable,
    };
    let mut check = Check::new(KIND, outcome);
    for why in &done.why {
        check = check.with("live", why.code());
    }
    let tries = challenges.iter().filter(|one| one.used_at.is_some()).count();
    Ok(check.with("tries", tries).with("challenges", challenges.len()))
}
