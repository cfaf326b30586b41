//! The keys of SIMs, sealed.

use crate::batch::{Batch, Expect};
use crate::bucket;
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::keys::Keys;
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::id::DataKeyId;
use domain::sim::{Imsi, SimKeys};
use seal::{DataKey, Place};
use std::collections::HashMap;

pub(crate) const ALL: &[&Statement] = &[&INSERT, &LOAD, &LOAD_MANY];

const INSERT: Statement = Statement::new(
    "sim_key.insert",
    "insert into sim_key (bucket, imsi, data_key_id, body, created_at) \
     values ($1, $2, $3, $4, $5) on conflict (bucket, imsi) do nothing",
);
const LOAD: Statement = Statement::new(
    "sim_key.load",
    "select data_key_id, body from sim_key where bucket = $1 and imsi = $2",
);

/// Many, each named by its bucket in four digits and its IMSI.
const LOAD_MANY: Statement = Statement::of_two(
    "sim_key.load_many",
    "select s.imsi, s.data_key_id, s.body from json_each($1) k cross join sim_key s \
        on s.bucket = cast(substr(k.value, 1, 4) as integer) and s.imsi = substr(k.value, 5)",
    "select s.imsi, s.data_key_id, s.body from unnest(cast($1 as text[])) as k(value) \
     join sim_key s \
        on s.bucket = cast(substr(k.value, 1, 4) as bigint) and s.imsi = substr(k.value, 5)",
);

/// Keeps the keys of a SIM, sealed under `key`; those that are here already stay.
pub fn insert(batch: &mut Batch, key: &DataKey, imsi: Imsi, keys: &SimKeys) {
    let (at, text) = (batch.at(), imsi.as_str());
    let body = key.seal(&keys.to_bytes(), &place(imsi));
    let values = params![bucket::of(text), text, DataKeyId::from_u128(key.id()), body, at];
    batch.push(&INSERT, values, Expect::Any);
}

/// The keys of a SIM; `None` if none came with it.
pub async fn load(db: &Db, keys: &Keys, imsi: Imsi) -> Result<Option<SimKeys>, Error> {
    let text = imsi.as_str();
    let Some(row) = db.query_opt(&LOAD, params![bucket::of(text), text]).await? else {
        return Ok(None);
    };
    let id: DataKeyId = row.get(0)?;
    let body: Vec<u8> = row.get(1)?;
    let key = keys.load(db, id).await?.ok_or_else(damaged)?;
    open(&key, imsi, &body).map(Some)
}

/// The keys of many SIMs; nothing for those that none came with.
pub async fn load_many(
    db: &Db,
    keys: &Keys,
    imsis: &[Imsi],
) -> Result<HashMap<Imsi, SimKeys>, Error> {
    if imsis.is_empty() {
        return Ok(HashMap::new());
    }
    let name = |imsi: &Imsi| format!("{:04}{}", bucket::of(imsi.as_str()), imsi.as_str());
    let names: Vec<String> = imsis.iter().map(name).collect();
    let rows = db.query(&LOAD_MANY, params![names]).await?;
    let imsi = |row: &Row| row.parse(0, |text| Imsi::parse(text).ok());
    let sealed = |row: &Row| Ok((imsi(row)?, row.get(1)?, row.get(2)?));
    let sealed: Vec<(Imsi, DataKeyId, Vec<u8>)> =
        rows.iter().map(sealed).collect::<Result<_, Error>>()?;
    let ids: Vec<DataKeyId> = sealed.iter().map(|(_, id, _)| *id).collect();
    let data_keys = keys.load_many(db, &ids).await?;
    let opened = sealed.into_iter().map(|(imsi, id, body)| {
        let key = data_keys.get(&id).ok_or_else(damaged)?;
        Ok((imsi, open(key, imsi, &body)?))
    });
    opened.collect()
}

fn open(key: &DataKey, imsi: Imsi, body: &[u8]) -> Result<SimKeys, Error> {
    let bytes = key.open(body, &place(imsi)).map_err(|_| damaged())?;
    SimKeys::from_bytes(&bytes).ok_or_else(damaged)
}

fn damaged() -> Error {
    Error::new(ErrorKind::Corrupt, "the keys of a SIM cannot be opened")
}

fn place(imsi: Imsi) -> Vec<u8> {
    Place { table: "sim_key", column: "body", row: imsi.as_str().as_bytes() }.aad()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::on_both_engines;
    use domain::time::At;
    use seal::Keyring;

    const K: &str = "465b5ce8b199b49faa5f0a2ee238a6bc";
    const OPC: &str = "cd63cb71954a9f4e48a5994e37a02baf";

    on_both_engines! {
        async fn keys_of_a_sim_are_sealed_and_the_first_ones_stay(db: Fresh) {
            let folder = crate::testing::folder();
            let keys = Keys::new(Keyring::create(&folder.join("keys")).unwrap());
            let imsi = Imsi::parse("460001234567890").unwrap();
            let (first, second) =
                (SimKeys::parse(K, OPC).unwrap(), SimKeys::parse(OPC, K).unwrap());
            assert_eq!(load(&db, &keys, imsi).await.unwrap(), None);
            for given in [&first, &second] {
                let mut batch = Batch::new(At::from_millis(1));
                let key = keys.create(&mut batch, At::from_millis(1));
                insert(&mut batch, &key, imsi, given);
                db.commit(batch).await.unwrap();
            }
            assert_eq!(load(&db, &keys, imsi).await.unwrap(), Some(first.clone()));
            let text = imsi.as_str();
            let row = db.query_opt(&LOAD, params![bucket::of(text), text]).await.unwrap().unwrap();
            let body: Vec<u8> = row.get(1).unwrap();
            let plain = first.to_bytes();
            assert!(!body.windows(16).any(|part| plain.windows(16).any(|key| key == part)));
            let other = Keys::new(Keyring::create(&folder.join("others")).unwrap());
            assert!(load(&db, &other, imsi).await.is_err(), "another key file opens nothing");
            std::fs::remove_dir_all(folder).unwrap();
        }
    }
}
