//! How a holder is reached: language, zone, registered channels.

use super::Address;
use super::stage::lang_of;
use crate::app::App;
use crate::error::Error;
use crate::policy;
use domain::id::{DataKeyId, OperatorId, PartyId};
use domain::notice::Channel;
use domain::time::{At, Zone};
use seal::{DataKey, Place};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use store::Batch;
use store::notice::Notice;
use store::reach::{Reach, Recorded};
use words::Lang;

/// How a holder is reached, in the clear.
#[derive(Clone, Debug)]
pub struct Known {
    /// The tenant.
    pub operator_id: OperatorId,
    /// Language of notices.
    pub lang: Lang,
    /// The holder's own zone, if told.
    pub zone: Option<Zone>,
    /// The key that seals the addresses.
    pub key: Arc<DataKey>,
    /// Registered channels beside the numbers themselves.
    pub channels: Vec<(Channel, Address)>,
}

/// What to record about a holder.
#[derive(Clone, Debug)]
pub struct Preference {
    /// The tenant.
    pub operator_id: OperatorId,
    /// Language of notices.
    pub lang: Lang,
    /// The holder's own zone, if told.
    pub zone: Option<Zone>,
    /// Confirmed channels.
    pub channels: Vec<(Channel, Address)>,
}

/// Adds to `batch` how a holder is reached; `key` is the holder's data key. A channel not named
/// keeps the address it has.
pub fn record(
    app: &App,
    batch: &mut Batch,
    party_id: PartyId,
    key: &DataKey,
    preference: &Preference,
) {
    let reach = Reach {
        operator_id: preference.operator_id,
        data_key_id: DataKeyId::from_u128(key.id()),
        lang: preference.lang.code().to_owned(),
        zone: preference.zone.as_ref().map(|zone| zone.name().to_owned()),
    };
    store::reach::upsert(batch, party_id, &reach);
    for (channel, address) in &preference.channels {
        let text = match address {
            Address::Phone(text) | Address::Email(text) => text,
        };
        let row = row_of(party_id, *channel);
        let place = Place { table: "reach_channel", column: "address", row: &row };
        let sealed = key.seal(text.as_bytes(), &place.aad());
        store::reach::upsert_channel(batch, party_id, *channel, &sealed, index_of(app, text));
    }
}

/// How a holder is reached; `None` if nothing was recorded or it was erased.
pub async fn load(app: &App, party_id: PartyId) -> Result<Option<Known>, Error> {
    let db = &app.store.db;
    let Some(reach) = store::reach::load(db, party_id).await? else { return Ok(None) };
    let Some(key) = app.store.keys.load(db, reach.data_key_id).await? else { return Ok(None) };
    let channels = store::reach::channels(db, party_id).await?;
    open(party_id, Recorded { reach, channels }, Arc::new(key)).map(Some)
}

/// How many holders are reached, with as few reads as one takes; the keys live as long as the
/// answer.
pub(crate) async fn load_many(
    app: &App,
    party_ids: &[PartyId],
) -> Result<HashMap<PartyId, Known>, Error> {
    let db = &app.store.db;
    let recorded = store::reach::load_many(db, party_ids).await?;
    let ids: BTreeSet<DataKeyId> = recorded.values().map(|each| each.reach.data_key_id).collect();
    let ids: Vec<DataKeyId> = ids.into_iter().collect();
    let keys = app.store.keys.load_many(db, &ids).await?;
    let keys: HashMap<_, _> = keys.into_iter().map(|(id, key)| (id, Arc::new(key))).collect();
    let mut found = HashMap::with_capacity(recorded.len());
    for (party_id, recorded) in recorded {
        if let Some(key) = keys.get(&recorded.reach.data_key_id) {
            found.insert(party_id, open(party_id, recorded, Arc::clone(key))?);
        }
    }
    Ok(found)
}

fn open(party_id: PartyId, recorded: Recorded, key: Arc<DataKey>) -> Result<Known, Error> {
    let Recorded { reach, channels: sealed } = recorded;
    let mut channels = Vec::with_capacity(sealed.len());
    for (channel, sealed) in sealed {
        let row = row_of(party_id, channel);
        let place = Place { table: "reach_channel", column: "address", row: &row };
        let text = key
            .open_text(&sealed, &place.aad())
            .map_err(|_| Error::fault("open a registered address"))?;
        let address =
            if channel == Channel::Email { Address::Email(text) } else { Address::Phone(text) };
        channels.push((channel, address));
    }
    Ok(Known {
        operator_id: reach.operator_id,
        lang: lang_of(&reach.lang),
        zone: reach.zone.as_deref().and_then(Zone::named),
        key,
        channels,
    })
}

/// The holders who registered this phone or e-mail, and as which channel.
pub async fn claimants(app: &App, address: &str) -> Result<Vec<(PartyId, Channel)>, Error> {
    Ok(store::reach::claimants(&app.store.db, index_of(app, address)).await?)
}

/// The blind index of an address; also names the sender of a text without keeping the number.
pub(crate) fn index_of(app: &App, address: &str) -> [u8; 16] {
    app.store.keys.blind("reach.address", &address.to_lowercase())
}

/// The blind index of a phone by its last digits, which a message centre writes alike with and
/// without the country. None for what is no phone.
pub(super) fn phone_index(app: &App, phone: &str) -> Option<[u8; 16]> {
    const DIGITS: usize = 8;
    let digits: Vec<u8> = phone.bytes().filter(u8::is_ascii_digit).collect();
    let is_phone = !phone.contains('@') && !digits.is_empty();
    let tail = digits.get(digits.len().saturating_sub(DIGITS)..).filter(|_| is_phone)?;
    let tail = std::str::from_utf8(tail).ok()?;
    Some(app.store.keys.blind("notice.phone", tail))
}

/// The earliest decent hour from `at` on for the receiver of a notice.
pub(super) async fn decent_hour(app: &App, notice: &Notice, at: At) -> Result<At, Error> {
    let known = match notice.party_id {
        Some(party_id) => load(app, party_id).await?,
        None => None,
    };
    let operator = crate::operator::load(app, notice.operator_id).await?;
    let hours = policy::of_operator(&operator, at)?.quiet_hours;
    let zone = known.and_then(|known| known.zone).unwrap_or(operator.zone);
    Ok(hours.earliest(at, &[zone]))
}

fn row_of(party_id: PartyId, channel: Channel) -> Vec<u8> {
    let mut row = party_id.to_bytes().to_vec();
    row.extend_from_slice(channel.key().as_bytes());
    row
}
