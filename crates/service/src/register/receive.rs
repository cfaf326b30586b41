//! Photos are taken in as they were sent: looked at as far as their outline tells, sealed, each
//! under a key of its own, and made durable side by side; then one commit records all of them and
//! asks for them to be drawn.

use super::draw::stage_draw;
use super::load::{Loaded, load};
use super::photo::{PATIENCE, drawn};
use super::save::{keep, may_change};
use crate::app::App;
use crate::error::Error;
use crate::image::{self, PhotoRefusal};
use crate::retry;
use domain::access::{Action, Actor};
use domain::application::form::Problem;
use domain::id::{ApplicationId, BlobId, DataKeyId};
use domain::reason::Item;
use futures::future::try_join_all;
use std::time::Duration;
use store::application::received::Received;
use store::{Batch, BlobRecord, Blobs};

/// Takes a photo in as it was sent, to be drawn anew by whoever has room first. What is refused
/// leaves the photo before in its place.
pub async fn receive(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    item: Item,
    bytes: Vec<u8>,
) -> Result<Received, Error> {
    receive_one(app, actor, (id, item), bytes, Duration::ZERO).await
}

/// The same for somebody who draws it himself and has so much patience.
pub(super) async fn receive_one(
    app: &App,
    actor: &Actor,
    (id, item): (ApplicationId, Item),
    bytes: Vec<u8>,
    patience: Duration,
) -> Result<Received, Error> {
    let taken = receive_all(app, actor, id, vec![(item, bytes)], patience).await?;
    match taken.into_iter().next() {
        Some(Ok(received)) => Ok(received),
        Some(Err(refusal)) => Err(refusal.into()),
        None => Err(Error::fault("a photo was neither taken nor refused")),
    }
}

/// Takes several photos in, then waits once for all of them to be drawn, if at all; what is wrong
/// with them.
pub async fn take_photos(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    photos: Vec<(Item, Vec<u8>)>,
    is_awaited: bool,
) -> Result<Vec<Problem>, Error> {
    if photos.is_empty() {
        return Ok(Vec::new());
    }
    let mut patience = if is_awaited { PATIENCE } else { Duration::ZERO };
    let mut found = Vec::new();
    for taken in receive_all(app, actor, id, photos, patience).await? {
        let received = match taken {
            Ok(received) => received,
            Err(refusal) => {
                found.push(Problem::of(refusal.1.code(), &refusal));
                continue;
            }
        };
        if !is_awaited {
            continue;
        }
        match drawn(app, actor, id, &received, patience).await {
            Err(Error::Refused(refused)) => found.push(Problem {
                field: received.item.code(),
                code: refused.code,
                values: refused.values,
            }),
            other => drop(other?),
        }
        // The first one waited for all of them.
        patience = Duration::ZERO;
    }
    Ok(found)
}

/// One file, durable; nothing refers to it yet.
struct Kept {
    /// Its key and its record, to be committed.
    rows: Batch,
    received: Received,
}

async fn receive_all(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    photos: Vec<(Item, Vec<u8>)>,
    patience: Duration,
) -> Result<Vec<Result<Received, PhotoRefusal>>, Error> {
    let _handing_in = app.memory.intake.hand_in();
    let items: Vec<Item> = photos.iter().map(|(item, _)| *item).collect();
    let loaded = may_receive(app, actor, id, &items).await?;
    let before = async { Ok(Received::list(&app.store.db, id).await?) };
    let puts = photos.into_iter().map(|(item, bytes)| put(app, &loaded, item, bytes));
    let (puts, before) = futures::try_join!(try_join_all(puts), before)?;
    let kept: Vec<&Kept> = puts.iter().flatten().collect();
    if kept.is_empty() {
        return Ok(puts.into_iter().map(|put| put.map(|kept| kept.received)).collect());
    }
    // What was read before holds if the application is still the same at the commit.
    let mut known = Some((loaded, before));
    let standing = retry(|| {
        let (known, kept, items) = (known.take(), &kept, &items);
        async move {
            let (mut loaded, before) = match known {
                Some(known) => known,
                None => {
                    let loaded = may_receive(app, actor, id, items).await?;
                    (loaded, Received::list(&app.store.db, id).await?)
                }
            };
            let mut batch = Batch::new(app.now());
            let standing = record(&mut batch, id, kept, &before);
            if batch.is_empty() {
                return Ok(standing);
            }
            stage_draw(&mut batch, id, i64::try_from(patience.as_millis()).unwrap_or(0));
            let files = standing
                .iter()
                .map(|file| serde_json::json!({ "item": file.item.code(), "file": file.blob_id }));
            let detail = serde_json::json!({ "photos": files.collect::<Vec<_>>() });
            keep(&mut batch, &mut loaded, actor, "application.photo", detail);
            app.store.db.commit(batch).await?;
            Ok(standing)
        }
    })
    .await?;
    let mut standing = standing.into_iter();
    let mut stands = |kept: Kept| standing.next().unwrap_or(kept.received);
    Ok(puts.into_iter().map(|put| put.map(&mut stands)).collect())
}

async fn may_receive(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    items: &[Item],
) -> Result<Loaded, Error> {
    let loaded = load(app, actor, Action::ChangeApplication, id).await?;
    for item in items {
        may_change(app, &loaded, &[*item]).await?;
        if !item.is_image() {
            return Err(Error::NotFound);
        }
    }
    Ok(loaded)
}

/// Every file in place of what was received of its item before, also among these themselves; what
/// stands there now. The same file again, as when a button is pressed twice, is the one that waits
/// already: taking its place would undo the drawing that is under way.
fn record(
    batch: &mut Batch,
    id: ApplicationId,
    kept: &[&Kept],
    before: &[Received],
) -> Vec<Received> {
    let mut standing: Vec<Received> = Vec::with_capacity(kept.len());
    for Kept { rows, received: new } in kept {
        let earlier = standing.iter().rev().chain(before).find(|other| other.item == new.item);
        let same = earlier.filter(|other| other.is_waiting() && other.digest == new.digest);
        if let Some(same) = same.cloned() {
            standing.push(same);
            continue;
        }
        batch.append(rows.clone());
        new.put(batch, id, earlier);
        standing.push(new.clone());
    }
    standing
}

/// Looks at the file, seals it and makes it durable, before anything refers to it.
async fn put(
    app: &App,
    loaded: &Loaded,
    item: Item,
    bytes: Vec<u8>,
) -> Result<Result<Kept, PhotoRefusal>, Error> {
    let at = app.now();
    let mut rows = Batch::new(at);
    let key = app.store.keys.create(&mut rows, at);
    let blob_id: BlobId = crate::id::new(at);
    let data_key_id = DataKeyId::from_u128(key.id());
    let size_bytes = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    // Some milliseconds of a core, which those who answer requests do not have.
    let work = move || {
        image::check(&bytes)?;
        Ok((seal::sha256(&bytes), Blobs::seal(&key, blob_id, &bytes)))
    };
    let worked = tokio::task::spawn_blocking(work).await;
    let worked = worked.map_err(|_| Error::fault("looking at a photo failed"))?;
    let (digest, sealed) = match worked {
        Ok(worked) => worked,
        Err(error) => return Ok(Err(PhotoRefusal(error, item))),
    };
    app.store.blobs.put_raw(blob_id, sealed).await?;
    let blob = BlobRecord {
        id: blob_id,
        operator_id: loaded.operator.id,
        data_key_id,
        media_type: "application/octet-stream".to_owned(),
        size_bytes,
        created_at: at,
    };
    blob.insert(&mut rows);
    let (refused, received_at) = (None, at);
    let received = Received { item, blob_id, data_key_id, digest, refused, received_at };
    Ok(Ok(Kept { rows, received }))
}
