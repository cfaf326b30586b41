//! Data keys: one per party, stored wrapped; erasing one erases everything sealed under it.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::params;
use crate::statement::Statement;
use crate::value::Row;
use domain::id::{DataKeyId, Id, Kind};
use domain::time::At;
use seal::{DataKey, Keyring};
use std::collections::HashMap;

pub(crate) const ALL: &[&Statement] =
    &[&INSERT, &LOAD, &LOAD_MANY, &ERASE, &FORGET, &REWRAP, &LIST];

const INSERT: Statement = Statement::new(
    "data_key.insert",
    "insert into data_key (bucket, id, wrapped, created_at) values ($1, $2, $3, $4)",
);
const LOAD: Statement =
    Statement::new("data_key.load", "select wrapped from data_key where bucket = $1 and id = $2");
/// Many, each named by [`name_of`].
const LOAD_MANY: Statement = Statement::of_two(
    "data_key.load_many",
    "select d.id, d.wrapped from json_each($1) k cross join data_key d \
        on d.bucket = cast(substr(k.value, 1, 4) as integer) \
        and d.id = unhex(substr(k.value, 5)) where d.wrapped is not null",
    "select d.id, d.wrapped from unnest(cast($1 as text[])) as k(value) join data_key d \
        on d.bucket = cast(substr(k.value, 1, 4) as bigint) \
        and d.id = decode(substr(k.value, 5), 'hex') where d.wrapped is not null",
);
const ERASE: Statement = Statement::new(
    "data_key.erase",
    "update data_key set wrapped = null, erased_at = $3 where bucket = $1 and id = $2",
);
const FORGET: Statement =
    Statement::new("data_key.forget", "delete from data_key where bucket = $1 and id = $2");
const REWRAP: Statement = Statement::new(
    "data_key.rewrap",
    "update data_key set wrapped = $3 where bucket = $1 and id = $2 and wrapped is not null",
);
const LIST: Statement = Statement::new(
    "data_key.list",
    "select bucket, id, wrapped from data_key where wrapped is not null \
        and (bucket > $1 or (bucket = $1 and id > $2)) order by bucket, id limit 500",
);

/// Bucket (four digits) and id (hexadecimal digits) in one text, for statements about many ids.
pub(crate) fn name_of<K: Kind>(id: Id<K>) -> String {
    format!("{:04}{:032x}", id.bucket(), id.as_u128())
}

/// Makes, loads and erases data keys, with the key file that wraps them.
#[derive(Clone, Debug)]
pub struct Keys {
    keyring: Keyring,
}

impl Keys {
    /// With this key file.
    pub fn new(keyring: Keyring) -> Self {
        Self { keyring }
    }

    /// The key file's keys, for blind indexes.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The blind index of `value` in `column`; see [`Keyring::blind`].
    pub fn blind(&self, column: &str, value: &str) -> [u8; 16] {
        self.keyring.blind(column, value)
    }

    /// A new data key, stored by `batch`. Its id is `DataKeyId::from_u128(key.id())`.
    pub fn create(&self, batch: &mut Batch, at: At) -> DataKey {
        let id = DataKeyId::from_u128(seal::entropy::uuid_v7(at.millis()));
        let key = DataKey::generate(id.as_u128());
        let values = params![id.bucket(), id, self.keyring.wrap(&key), at];
        batch.push(&INSERT, values, Expect::Rows(1));
        key
    }

    /// The data key `id`; `None` if it was erased or never was.
    pub async fn load(&self, db: &Db, id: DataKeyId) -> Result<Option<DataKey>, Error> {
        let row = db.query_opt(&LOAD, params![id.bucket(), id]).await?;
        let wrapped: Option<Vec<u8>> = match row {
            Some(row) => row.get(0)?,
            None => None,
        };
        wrapped.map(|wrapped| self.unwrap(id, &wrapped)).transpose()
    }

    /// Many data keys by their ids; nothing for those that were erased or never were.
    pub async fn load_many(
        &self,
        db: &Db,
        ids: &[DataKeyId],
    ) -> Result<HashMap<DataKeyId, DataKey>, Error> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let names: Vec<String> = ids.iter().copied().map(name_of).collect();
        let rows = db.query(&LOAD_MANY, params![names]).await?;
        let key = |row: &Row| {
            let (id, wrapped): (DataKeyId, Vec<u8>) = (row.get(0)?, row.get(1)?);
            Ok((id, self.unwrap(id, &wrapped)?))
        };
        rows.iter().map(key).collect()
    }

    /// Erases the data key `id`, and with it whatever is sealed under it.
    pub fn erase(batch: &mut Batch, id: DataKeyId) {
        let at = batch.at();
        batch.push(&ERASE, params![id.bucket(), id, at], Expect::Rows(1));
    }

    /// Removes the key of a single file, which erases the file, and leaves no trace of it.
    pub fn forget(batch: &mut Batch, id: DataKeyId) {
        batch.push(&FORGET, params![id.bucket(), id], Expect::Any);
    }

    /// Wraps every data key anew that is not under the key file's present key; how many. Can be
    /// stopped and run again.
    pub async fn rewrap_all(&self, db: &Db, at: At) -> Result<u64, crate::CommitError> {
        let mut after = (-1_i64, Vec::new());
        let mut count = 0;
        loop {
            let rows = db.query(&LIST, params![after.0, after.1.clone()]).await?;
            let Some(last) = rows.last() else { return Ok(count) };
            after = (last.get(0)?, last.get(1)?);
            let mut batch = Batch::new(at);
            for row in &rows {
                self.rewrap(&mut batch, row)?;
            }
            count += batch.len() as u64;
            db.commit(batch).await?;
        }
    }

    fn rewrap(&self, batch: &mut Batch, row: &Row) -> Result<(), Error> {
        let id: DataKeyId = row.get(1)?;
        let wrapped: Vec<u8> = row.get(2)?;
        if self.keyring.needs_rewrap(&wrapped) {
            let key = self.unwrap(id, &wrapped)?;
            let values = params![id.bucket(), id, self.keyring.wrap(&key)];
            batch.push(&REWRAP, values, Expect::Any);
        }
        Ok(())
    }

    fn unwrap(&self, id: DataKeyId, wrapped: &[u8]) -> Result<DataKey, Error> {
        let fail = |e| Error::caused(ErrorKind::Config, format!("{id} is of another key file"), e);
        self.keyring.unwrap(id.as_u128(), wrapped).map_err(fail)
    }
}
