//! Texts that come in parts, in any order, some of them twice.
//!
//! A part is stored before the network may forget it. When all are there the text is taken in; the
//! parts stay until their time is over, so that a part told again completes the same text again,
//! which is taken in once.

use super::{IncomingText, incoming};
use crate::app::App;
use crate::error::Error;
use crate::notice::reach;
use domain::id::DataKeyId;
use domain::time::At;
use seal::Place;
use store::conversation::{self, Part};
use store::{Batch, Keys};

/// Parts further apart than this are not of one text: phones count their texts anew.
const TIME_MILLIS: i64 = 60 * 60_000;
/// Parts removed at once.
const FORGET_MAX: i64 = 200;

/// One part of a text to the service number.
#[derive(Clone, Debug)]
pub struct IncomingPart {
    /// The sender, E.164 digits.
    pub from: String,
    /// The sender's count of texts in parts.
    pub reference: i64,
    /// How many parts.
    pub total: i64,
    /// Which, from 1.
    pub number: i64,
    /// UTF-16; a character may be cut between two parts.
    pub units: Vec<u16>,
    /// When the network gave it to us.
    pub at: At,
}

/// Takes one part in, and the text if it is whole.
pub async fn incoming_part(app: &App, incoming_part: &IncomingPart) -> Result<(), Error> {
    let mut batch = Batch::new(app.now());
    let key = app.store.keys.create(&mut batch, incoming_part.at);
    let plain: Vec<u8> = incoming_part.units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    let mut part = Part {
        sender_index: reach::index_of(app, &incoming_part.from),
        reference: incoming_part.reference,
        total: incoming_part.total,
        number: incoming_part.number,
        data_key_id: DataKeyId::from_u128(key.id()),
        body: Vec::new(),
        received_at: incoming_part.at,
    };
    part.body = key.seal(&plain, &place(&row_of(&part)).aad());
    conversation::insert_part(&mut batch, &part);
    app.store.db.commit(batch).await?;
    let after = incoming_part.at.plus_millis(-TIME_MILLIS);
    let parts = conversation::parts(&app.store.db, &part, after).await?;
    if i64::try_from(parts.len()).ok() != Some(part.total) {
        return Ok(());
    }
    let mut units = Vec::new();
    for part in &parts {
        let key = app.store.keys.load(&app.store.db, part.data_key_id).await?;
        let key = key.ok_or(Error::fault("the key of a part of a text"))?;
        let plain = key
            .open(&part.body, &place(&row_of(part)).aad())
            .map_err(|_| Error::fault("open a part of a text"))?;
        let pairs = plain.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok());
        units.extend(pairs.map(u16::from_be_bytes));
    }
    let at = parts.iter().map(|part| part.received_at).min().unwrap_or(incoming_part.at);
    let text = String::from_utf16_lossy(&units);
    incoming(app, &IncomingText { from: incoming_part.from.clone(), text, at }).await
}

/// Removes parts whose time is over, with their keys.
pub(crate) async fn forget_parts(app: &App) -> Result<(), Error> {
    let until = app.now().plus_millis(-TIME_MILLIS);
    let parts = conversation::old_parts(&app.store.db, until, FORGET_MAX).await?;
    if parts.is_empty() {
        return Ok(());
    }
    let mut batch = Batch::new(app.now());
    for part in &parts {
        conversation::delete_part(&mut batch, part);
        Keys::erase(&mut batch, part.data_key_id);
    }
    Ok(app.store.db.commit(batch).await?)
}

fn place(row: &[u8]) -> Place<'_> {
    Place { table: "incoming_part", column: "body", row }
}

fn row_of(part: &Part) -> Vec<u8> {
    let mut row = part.sender_index.to_vec();
    for number in [part.reference, part.total, part.number] {
        row.extend(number.to_be_bytes());
    }
    row
}
