//! Photos as they were sent are drawn anew: decoded within limits, measured, written as a new file;
//! the file as sent is erased in the same commit. Nothing else ever opens it.
//!
//! Whoever sent a photo draws it at once while his page waits; the job does what was not done by
//! then, in whichever process has room. Both may be stopped anywhere and done again.

use super::face::stage_look;
use super::load::{Loaded, complete};
use super::read::stage_read;
use super::stage::CHECK;
use crate::app::App;
use crate::error::Error;
use crate::image::{self, Haste};
use crate::work::Next;
use domain::access::Actor;
use domain::application::State;
use domain::id::{ApplicationId, BlobId, DataKeyId};
use domain::reason::Item;
use seal::DataKey;
use store::application::document::{Document, redo_done};
use store::application::received::Received;
use store::{AuditEntry, Batch, BlobRecord, ClaimedJob, Job};
use tokio::sync::Mutex;

/// Asks for what was received to be drawn, in the batch that needs it, so many milliseconds from
/// now: whoever waits for it draws it himself until then.
pub(super) fn stage_draw(batch: &mut Batch, id: ApplicationId, after_millis: i64) {
    let run_at = batch.at().plus_millis(after_millis);
    let (kind, key) = (store::job::PHOTOS, id.to_string());
    batch.job(Job { kind, key, payload: serde_json::json!({}), run_at });
}

/// Asks for the checks of an application that is being sent; where photos are still to be drawn,
/// for those first, and the checks begin when they are.
pub(super) async fn stage_checks(
    app: &App,
    batch: &mut Batch,
    id: ApplicationId,
) -> Result<(), Error> {
    let received = Received::list(&app.store.db, id).await?;
    if received.iter().any(Received::is_waiting) {
        stage_draw(batch, id, 0);
    } else {
        check(batch, id);
    }
    Ok(())
}

fn check(batch: &mut Batch, id: ApplicationId) {
    let (key, run_at) = (id.to_string(), batch.at());
    batch.job(Job { kind: CHECK, key, payload: serde_json::json!({}), run_at });
}

/// The job after a photo was received. When nothing waits any more and the application was sent,
/// its checks begin. Safe to repeat: what was drawn is not drawn again.
pub async fn run_draw(app: &App, id: ApplicationId, job: &ClaimedJob) -> Result<Next, Error> {
    if Received::list(&app.store.db, id).await?.iter().any(Received::is_waiting) {
        // Not while it is this application's turn: whoever sent a photo may want to draw it now.
        app.memory.intake.quiet().await;
    }
    draw_received(app, id, Haste::Later).await?;
    let row = store::application::load(&app.store.db, id).await?;
    // Read after the drawing: whoever sends it from now on sees that nothing waits.
    if row.is_none_or(|row| row.facts.state != State::Submitted) {
        return Ok(Next::Done);
    }
    let mut batch = Batch::new(app.now());
    check(&mut batch, id);
    job.done(&mut batch);
    app.store.db.commit(batch).await?;
    Ok(Next::Ended)
}

/// Draws every photo of an application that waits.
pub(super) async fn draw_received(app: &App, id: ApplicationId, haste: Haste) -> Result<(), Error> {
    let _turn = turn(app, id).lock().await;
    let waiting = Received::list(&app.store.db, id).await?;
    if !waiting.iter().any(Received::is_waiting) {
        return Ok(());
    }
    let Some(row) = store::application::load(&app.store.db, id).await? else { return Ok(()) };
    let loaded = complete(app, row).await?;
    let Some(key) = &loaded.key else { return Ok(()) };
    for received in waiting.iter().filter(|received| received.is_waiting()) {
        match draw(app, &loaded, key, received, haste).await {
            // Somebody else drew it, another one came in its place, or everything was erased.
            Ok(()) | Err(Error::Conflict) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The upload and its job come at the same time: of these, and of applications whose number has the
/// same remainder, one draws at a time here. Another `App`, as in another process, does not wait.
fn turn(app: &App, id: ApplicationId) -> &'static Mutex<()> {
    static TURNS: [Mutex<()>; 64] = [const { Mutex::const_new(()) }; 64];
    let [first, ..] = &TURNS;
    let here = std::ptr::from_ref(app).addr() / align_of::<App>();
    let at = usize::try_from(id.as_u128() % 64).unwrap_or(0).wrapping_add(here) % 64;
    TURNS.get(at).unwrap_or(first)
}

async fn draw(
    app: &App,
    loaded: &Loaded,
    key: &DataKey,
    received: &Received,
    haste: Haste,
) -> Result<(), Error> {
    let db = &app.store.db;
    // A key that is gone was erased with the file, a moment ago.
    let own = app.store.keys.load(db, received.data_key_id).await?.ok_or(Error::Conflict)?;
    let sent = app.store.blobs.get(&own, received.blob_id).await?;
    let id = loaded.application.id;
    let mut batch = Batch::new(app.now());
    match image::read(sent, haste).await? {
        Ok(read) => {
            let blob = put(app, loaded, key, &read.jpeg).await?;
            let photo = document(app, id, received, blob.id, &read).await?;
            received.take(&mut batch, id);
            blob.insert(&mut batch);
            photo.insert(&mut batch, id);
            redo_done(&mut batch, id, photo.item);
            stage_read(app, &mut batch, loaded, photo.item);
            stage_look(app, &mut batch, loaded);
            let detail = serde_json::json!({ "item": photo.item.code(), "round": photo.round });
            note(&mut batch, loaded, received, "photo.drawn", detail);
        }
        Err(error) => {
            let (item, code) = (received.item.code(), error.code());
            received.refuse(&mut batch, id, code);
            let detail = serde_json::json!({ "item": item, "why": code });
            note(&mut batch, loaded, received, "photo.unreadable", detail);
        }
    }
    Ok(db.commit(batch).await?)
}

async fn document(
    app: &App,
    id: ApplicationId,
    received: &Received,
    blob_id: BlobId,
    read: &image::Read,
) -> Result<Document, Error> {
    let every = Document::every(&app.store.db, id).await?;
    let rounds = every.iter().filter(|photo| photo.item == received.item).count();
    Ok(Document {
        item: received.item,
        round: i64::try_from(rounds).unwrap_or(i64::MAX).saturating_add(1),
        blob_id,
        digest: received.digest,
        fingerprint: read.fingerprint.0,
        quality: serde_json::to_value(read.quality).map_err(|e| Error::fault(e.to_string()))?,
        is_sent_anyway: false,
        uploaded_at: received.received_at,
        replaced_at: None,
    })
}

/// Seals the photo and makes it durable, before anything refers to it.
async fn put(app: &App, loaded: &Loaded, key: &DataKey, jpeg: &[u8]) -> Result<BlobRecord, Error> {
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

/// What became of a file is an entry of its own: the application is not changed by it, so that
/// whoever fills it in meets no change of ours.
fn note(
    batch: &mut Batch,
    loaded: &Loaded,
    received: &Received,
    action: &str,
    detail: serde_json::Value,
) {
    let at = batch.at();
    batch.audit(AuditEntry {
        operator_id: loaded.operator.id,
        subject: format!("photo:{}", received.blob_id),
        subject_version: 1,
        actor: Actor::System.audit_name(),
        action: action.to_owned(),
        detail_json: detail.to_string(),
        at,
    });
}

/// The items whose newest file cannot be read, with why.
pub(super) fn unreadable(received: &[Received]) -> Vec<(Item, vision::ImageError)> {
    let why = |received: &Received| {
        let code = received.refused.as_deref()?;
        // A word of a newer program is still a damaged file.
        let error = vision::ImageError::from_code(code).unwrap_or(vision::ImageError::Damaged);
        Some((received.item, error))
    };
    received.iter().filter_map(why).collect()
}
