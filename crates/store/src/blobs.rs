//! Sealed blobs: images and files under their party's data key, in a folder or an object store.
//!
//! The object is written and durable before the batch that records it, so a recorded blob is
//! always there. A batch that fails leaves an orphan, which [`Blobs::sweep`] removes a day later.

use crate::batch::{Batch, Expect};
use crate::db::Db;
use crate::error::{Error, ErrorKind};
use crate::params;
use crate::statement::Statement;
use domain::id::{BlobId, DataKeyId, OperatorId};
use domain::time::At;
use futures::TryStreamExt;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use seal::{DataKey, Place};
use std::path::Path;
use std::sync::Arc;

pub(crate) const ALL: &[&Statement] = &[&INSERT, &LOAD, &ERASE, &FORGET, &LIST];

const INSERT: Statement = Statement::new(
    "blob.insert",
    "insert into sealed_blob (bucket, id, data_key_id, operator_id, media_type, size_bytes, \
        created_at) values ($1, $2, $3, $4, $5, $6, $7)",
);
const LOAD: Statement = Statement::new(
    "blob.load",
    "select data_key_id, operator_id, media_type, size_bytes, created_at from sealed_blob \
     where bucket = $1 and id = $2 and erased_at is null",
);
const ERASE: Statement = Statement::new(
    "blob.erase",
    "update sealed_blob set erased_at = $3 where bucket = $1 and id = $2 and erased_at is null",
);
const FORGET: Statement =
    Statement::new("blob.forget", "delete from sealed_blob where bucket = $1 and id = $2");

const LIST: Statement = Statement::new(
    "blob.list",
    "select id, data_key_id from sealed_blob where erased_at is null \
        and (bucket, id) > ($1, $2) order by bucket, id limit $3",
);

/// An object without a record is left alone for so long: its batch may still be on the way.
const ORPHAN_MILLIS: i64 = 24 * 3_600_000;

/// What the database knows of a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRecord {
    /// Which.
    pub id: BlobId,
    /// The tenant.
    pub operator_id: OperatorId,
    /// Under which key it is sealed.
    pub data_key_id: DataKeyId,
    /// Such as `image/jpeg`.
    pub media_type: String,
    /// Size before sealing.
    pub size_bytes: i64,
    /// When it came.
    pub created_at: At,
}

impl BlobRecord {
    /// Records the blob in `batch`; its content must have been put before.
    pub fn insert(&self, batch: &mut Batch) {
        let values = params![
            self.id.bucket(),
            self.id,
            self.data_key_id,
            self.operator_id,
            self.media_type.as_str(),
            self.size_bytes,
            self.created_at,
        ];
        batch.push(&INSERT, values, Expect::Rows(1));
    }

    /// Loads the record, unless the blob was erased.
    pub async fn load(db: &Db, id: BlobId) -> Result<Option<Self>, Error> {
        let Some(row) = db.query_opt(&LOAD, params![id.bucket(), id]).await? else {
            return Ok(None);
        };
        Ok(Some(Self {
            id,
            data_key_id: row.get(0)?,
            operator_id: row.get(1)?,
            media_type: row.get(2)?,
            size_bytes: row.get(3)?,
            created_at: row.get(4)?,
        }))
    }

    /// Up to `count` blobs that are not erased, in order, after `after`, each with its data key.
    pub async fn list(
        db: &Db,
        after: Option<BlobId>,
        count: i64,
    ) -> Result<Vec<(BlobId, DataKeyId)>, Error> {
        let values = match after {
            Some(id) => params![id.bucket(), id, count],
            None => params![-1_i64, Vec::<u8>::new(), count],
        };
        let rows = db.query(&LIST, values).await?;
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
    }

    /// Marks the blob as erased; the sweep removes its object.
    pub fn erase(batch: &mut Batch, id: BlobId) {
        let at = batch.at();
        batch.push(&ERASE, params![id.bucket(), id, at], Expect::Any);
    }
}

impl BlobRecord {
    /// Removes the record of a file that was kept for a while only; the sweep removes its object.
    pub fn forget(batch: &mut Batch, id: BlobId) {
        batch.push(&FORGET, params![id.bucket(), id], Expect::Any);
    }
}

/// Where the objects are.
#[derive(Clone, Debug)]
pub struct Blobs {
    objects: Arc<dyn ObjectStore>,
    prefix: ObjectPath,
}

impl Blobs {
    /// Objects in a local folder, made if need be; or `s3://BUCKET/PREFIX` in a program built with
    /// the feature `s3`, with the usual `AWS_…` variables.
    pub fn open(address: &str) -> Result<Self, Error> {
        if let Some(rest) = address.strip_prefix("s3://") {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            return Ok(Self { objects: remote(bucket)?, prefix: ObjectPath::from(prefix) });
        }
        let fail = |e: Box<dyn std::error::Error + Send + Sync>| {
            Error::caused(ErrorKind::Config, format!("cannot use the folder {address}"), e)
        };
        std::fs::create_dir_all(address).map_err(|e| fail(e.into()))?;
        keep_private(Path::new(address)).map_err(|e| fail(e.into()))?;
        let local = object_store::local::LocalFileSystem::new_with_prefix(address)
            .map_err(|e| fail(e.into()))?
            .with_fsync(true);
        Ok(Self { objects: Arc::new(local), prefix: ObjectPath::default() })
    }

    /// Seals `plain` and stores it durably under `id`, which must be new.
    pub async fn put(&self, key: &DataKey, id: BlobId, plain: &[u8]) -> Result<(), Error> {
        self.put_raw(id, Self::seal(key, id, plain)).await
    }

    /// `plain` as it is stored under `id`; for whoever seals on a thread of his own.
    pub fn seal(key: &DataKey, id: BlobId, plain: &[u8]) -> Vec<u8> {
        key.seal_blob(plain, &aad(id))
    }

    /// The content of `id`, opened.
    pub async fn get(&self, key: &DataKey, id: BlobId) -> Result<Vec<u8>, Error> {
        let fail = |e| fault("load", id, e);
        let sealed = self.objects.get(&self.path(id)).await.map_err(fail)?;
        let sealed = sealed.bytes().await.map_err(fail)?;
        key.open_blob(&sealed, &aad(id))
            .map_err(|e| Error::caused(ErrorKind::Corrupt, format!("{id} does not open"), e))
    }

    /// The object of `id` as it is stored, sealed; `None` if there is none.
    pub async fn raw(&self, id: BlobId) -> Result<Option<Vec<u8>>, Error> {
        let object = match self.objects.get(&self.path(id)).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            other => other.map_err(|e| fault("load", id, e))?,
        };
        let bytes = object.bytes().await.map_err(|e| fault("load", id, e))?;
        Ok(Some(bytes.to_vec()))
    }

    /// Stores an object that [`Blobs::raw`] or [`Blobs::seal`] gave, durably.
    pub async fn put_raw(&self, id: BlobId, sealed: Vec<u8>) -> Result<(), Error> {
        let put = self.objects.put(&self.path(id), PutPayload::from(sealed)).await;
        put.map(drop).map_err(|e| fault("store", id, e))
    }

    /// Whether there is no object at all.
    pub async fn is_empty(&self) -> Result<bool, Error> {
        let fail = |e| Error::caused(ErrorKind::Unavailable, "cannot list the blobs", e);
        let first = self.objects.list(Some(&self.prefix)).try_next().await.map_err(fail)?;
        Ok(first.is_none())
    }

    /// Removes the objects that no record needs: erased ones, and orphans older than a day. How
    /// many.
    pub async fn sweep(&self, db: &Db, now: At) -> Result<u64, Error> {
        let fail = |e| Error::caused(ErrorKind::Unavailable, "cannot list the blobs", e);
        let mut listed = self.objects.list(Some(&self.prefix));
        let mut removed = 0;
        while let Some(object) = listed.try_next().await.map_err(fail)? {
            let name = object.location.filename().unwrap_or_default();
            let Ok(id) = format!("blb_{name}").parse::<BlobId>() else { continue };
            let is_young = now.millis().saturating_sub(made_at(id).millis()) < ORPHAN_MILLIS;
            if is_young || BlobRecord::load(db, id).await?.is_some() {
                continue;
            }
            match self.objects.delete(&object.location).await {
                Ok(()) => removed += 1,
                // Another process sweeps as well.
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(fault("remove", id, error)),
            }
        }
        Ok(removed)
    }

    fn path(&self, id: BlobId) -> ObjectPath {
        name(id).split('/').fold(self.prefix.clone(), ObjectPath::join)
    }
}

/// When a blob was made: the first 48 bits of its id.
pub(crate) fn made_at(id: BlobId) -> At {
    At::from_millis(i64::try_from(id.as_u128() >> 80).unwrap_or(i64::MAX))
}

/// The name of an object below the prefix: its bucket, then its id.
pub(crate) fn name(id: BlobId) -> String {
    format!("{:03x}/{:032x}", id.bucket(), id.as_u128())
}

#[cfg(feature = "s3")]
fn remote(bucket: &str) -> Result<Arc<dyn ObjectStore>, Error> {
    let store = object_store::aws::AmazonS3Builder::from_env().with_bucket_name(bucket).build();
    let fail = |e| Error::caused(ErrorKind::Config, "cannot use the object store", e);
    Ok(Arc::new(store.map_err(fail)?))
}

#[cfg(not(feature = "s3"))]
fn remote(_: &str) -> Result<Arc<dyn ObjectStore>, Error> {
    let text = "this program was built without the feature `s3`: \
        name a folder for the blobs, or build with `--features s3`";
    Err(Error::new(ErrorKind::Config, text))
}

fn aad(id: BlobId) -> Vec<u8> {
    Place { table: "sealed_blob", column: "content", row: &id.to_bytes() }.aad()
}

fn fault(what: &str, id: BlobId, error: object_store::Error) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    let mut is_full = false;
    while let Some(inner) = cause {
        let io = inner.downcast_ref::<std::io::Error>();
        is_full |= io.is_some_and(|io| io.kind() == std::io::ErrorKind::StorageFull);
        cause = inner.source();
    }
    let kind = match error {
        object_store::Error::NotFound { .. } => ErrorKind::Corrupt,
        _ if is_full => ErrorKind::Full,
        _ => ErrorKind::Unavailable,
    };
    Error::caused(kind, format!("cannot {what} {id}"), error)
}

/// Nobody else on the machine needs to see even sealed images.
fn keep_private(folder: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
