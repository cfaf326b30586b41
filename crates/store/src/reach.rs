//! How holders are reached: language, zone and registered channels.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::Error;
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::id::{DataKeyId, OperatorId, PartyId};
use domain::notice::Channel;
use std::collections::HashMap;

pub(crate) const ALL: &[&Statement] = &[
    &UPSERT,
    &LOAD,
    &LOAD_MANY,
    &SET_LANG,
    &UPSERT_CHANNEL,
    &CHANNELS,
    &CHANNELS_MANY,
    &CLAIM,
    &UNCLAIM,
    &CLAIMANTS,
];

const UPSERT: Statement = Statement::new(
    "reach.upsert",
    "insert into reach (bucket, party_id, operator_id, data_key_id, lang, zone, version) \
     values ($1, $2, $3, $4, $5, $6, 1) \
     on conflict (bucket, party_id) do update set \
        lang = excluded.lang, zone = excluded.zone, version = reach.version + 1",
);
const LOAD: Statement = Statement::new(
    "reach.load",
    "select operator_id, data_key_id, lang, zone from reach where bucket = $1 and party_id = $2",
);
/// Of many holders, each named by bucket (four digits) and id (in hexadecimal digits).
const LOAD_MANY: Statement = Statement::of_two(
    "reach.load_many",
    "select r.operator_id, r.data_key_id, r.lang, r.zone, r.party_id from json_each($1) k \
     cross join reach r on r.bucket = cast(substr(k.value, 1, 4) as integer) \
        and r.party_id = unhex(substr(k.value, 5))",
    "select r.operator_id, r.data_key_id, r.lang, r.zone, r.party_id \
     from unnest(cast($1 as text[])) as k(value) \
     join reach r on r.bucket = cast(substr(k.value, 1, 4) as bigint) \
        and r.party_id = decode(substr(k.value, 5), 'hex')",
);
const CHANNELS_MANY: Statement = Statement::of_two(
    "reach.channels_many",
    "select c.party_id, c.channel, c.address from json_each($1) k \
     cross join reach_channel c on c.bucket = cast(substr(k.value, 1, 4) as integer) \
        and c.party_id = unhex(substr(k.value, 5))",
    "select c.party_id, c.channel, c.address from unnest(cast($1 as text[])) as k(value) \
     join reach_channel c on c.bucket = cast(substr(k.value, 1, 4) as bigint) \
        and c.party_id = decode(substr(k.value, 5), 'hex')",
);
const SET_LANG: Statement = Statement::new(
    "reach.set_lang",
    "update reach set lang = $3, version = version + 1 where bucket = $1 and party_id = $2",
);
const UPSERT_CHANNEL: Statement = Statement::new(
    "reach.upsert_channel",
    "insert into reach_channel (bucket, party_id, channel, address, recorded_at) \
     values ($1, $2, $3, $4, $5) \
     on conflict (bucket, party_id, channel) do update set \
        address = excluded.address, recorded_at = excluded.recorded_at",
);
const CHANNELS: Statement = Statement::new(
    "reach.channels",
    "select channel, address from reach_channel where bucket = $1 and party_id = $2",
);
const CLAIM: Statement = Statement::new(
    "reach.claim",
    "insert into reach_claim (bucket, address_index, party_id, channel) values ($1, $2, $3, $4) \
     on conflict (bucket, address_index, party_id, channel) do nothing",
);
const UNCLAIM: Statement = Statement::new(
    "reach.unclaim",
    "delete from reach_claim where bucket = $1 and address_index = $2 and party_id = $3 \
        and channel = $4",
);
const CLAIMANTS: Statement = Statement::new(
    "reach.claimants",
    "select party_id, channel from reach_claim where bucket = $1 and address_index = $2 \
     order by party_id limit 20",
);

/// How one holder is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The tenant.
    pub operator_id: OperatorId,
    /// The key under which the addresses are sealed.
    pub data_key_id: DataKeyId,
    /// `zh` or `en`.
    pub lang: String,
    /// The IANA zone the holder told us.
    pub zone: Option<String>,
}

/// Everything recorded about how one holder is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Language, zone and key.
    pub reach: Reach,
    /// The registered channels with their sealed addresses.
    pub channels: Vec<(Channel, Vec<u8>)>,
}

/// Records language and zone.
pub fn upsert(batch: &mut Batch, party_id: PartyId, reach: &Reach) {
    let values = params![
        party_id.bucket(),
        party_id,
        reach.operator_id,
        reach.data_key_id,
        reach.lang.as_str(),
        reach.zone.clone(),
    ];
    batch.push(&UPSERT, values, Expect::Rows(1));
}

/// How the holder is reached; `None` if nothing was recorded.
pub async fn load(db: &Db, party_id: PartyId) -> Result<Option<Reach>, Error> {
    let row = db.query_opt(&LOAD, params![party_id.bucket(), party_id]).await?;
    row.as_ref().map(of_row).transpose()
}

/// How many holders are reached, with their registered channels and sealed addresses; nothing for
/// those of whom nothing was recorded.
pub async fn load_many(
    db: &Db,
    party_ids: &[PartyId],
) -> Result<HashMap<PartyId, Recorded>, Error> {
    if party_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let names: Vec<String> = party_ids.iter().map(|id| crate::keys::name_of(*id)).collect();
    let queries = vec![(&LOAD_MANY, params![names.clone()]), (&CHANNELS_MANY, params![names])];
    let answers = db.query_many(queries).await?;
    let [reaches, channels] = answers.as_slice() else { return Ok(HashMap::new()) };
    let mut found = HashMap::with_capacity(reaches.len());
    for row in reaches {
        found.insert(row.get(4)?, Recorded { reach: of_row(row)?, channels: Vec::new() });
    }
    for row in channels {
        if let Some(recorded) = found.get_mut(&row.get(0)?) {
            recorded.channels.push((row.parse(1, Channel::from_key)?, row.get(2)?));
        }
    }
    for recorded in found.values_mut() {
        recorded.channels.sort_by_key(|(channel, _)| *channel);
    }
    Ok(found)
}

fn of_row(row: &Row) -> Result<Reach, Error> {
    Ok(Reach {
        operator_id: row.get(0)?,
        data_key_id: row.get(1)?,
        lang: row.get(2)?,
        zone: row.get(3)?,
    })
}

/// Changes the language.
pub fn set_lang(batch: &mut Batch, party_id: PartyId, lang: &str) {
    batch.push(&SET_LANG, params![party_id.bucket(), party_id, lang], Expect::Any);
}

/// Records a channel with its sealed address and claims its blind index.
pub fn upsert_channel(
    batch: &mut Batch,
    party_id: PartyId,
    channel: Channel,
    address: &[u8],
    index: [u8; 16],
) {
    let at = batch.at();
    let values = params![party_id.bucket(), party_id, channel.key(), address, at];
    batch.push(&UPSERT_CHANNEL, values, Expect::Rows(1));
    let values = params![bucket_of(index), index, party_id, channel.key()];
    batch.push(&CLAIM, values, Expect::Any);
}

/// Takes the claim of an address back, when a channel gets another.
pub fn unclaim(batch: &mut Batch, party_id: PartyId, channel: Channel, index: [u8; 16]) {
    let values = params![bucket_of(index), index, party_id, channel.key()];
    batch.push(&UNCLAIM, values, Expect::Any);
}

/// The registered channels with their sealed addresses.
pub async fn channels(db: &Db, party_id: PartyId) -> Result<Vec<(Channel, Vec<u8>)>, Error> {
    let rows = db.query(&CHANNELS, params![party_id.bucket(), party_id]).await?;
    let mut channels: Vec<(Channel, Vec<u8>)> = rows
        .iter()
        .map(|row| Ok((row.parse(0, Channel::from_key)?, row.get(1)?)))
        .collect::<Result<_, Error>>()?;
    channels.sort_by_key(|(channel, _)| *channel);
    Ok(channels)
}

/// Whose contact has this blind index, and as which channel; at most twenty.
pub async fn claimants(db: &Db, index: [u8; 16]) -> Result<Vec<(PartyId, Channel)>, Error> {
    let rows = db.query(&CLAIMANTS, params![bucket_of(index), index]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.parse(1, Channel::from_key)?))).collect()
}

/// The bucket of a blind index: its last bits, which are as good as random.
pub(crate) fn bucket_of(index: [u8; 16]) -> i64 {
    i64::try_from(u128::from_be_bytes(index) & 1023).unwrap_or_default()
}
