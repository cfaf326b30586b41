use super::*;
use crate::testing::{Engine, folder, fresh, operator};
use crate::{Batch, BlobRecord, Blobs, ErrorKind, Keys, Store};
use domain::id::{BlobId, DataKeyId, OperatorId};
use domain::time::At;
use seal::Keyring;
use std::path::Path;
use std::sync::Arc;

const NOON: At = At::from_millis(1_790_000_000_000);

fn quiet(_: Progress) {}

struct World {
    store: Store,
    parts: Parts,
    folder: PathBuf,
    _db: crate::testing::Fresh,
}

impl World {
    async fn new() -> Self {
        let db = fresh(Engine::Sqlite).await.unwrap();
        let folder = folder();
        let key_file = folder.join("keys.json");
        let store = Store {
            db: db.db(),
            keys: Keys::new(Keyring::open_or_create(&key_file).unwrap()),
            blobs: Blobs::open(folder.join("blobs").to_str().unwrap()).unwrap(),
        };
        let mut batch = Batch::new(NOON);
        crate::operator::insert(&mut batch, &operator(1));
        store.db.commit(batch).await.unwrap();
        let parts = Parts { database: db.address().into(), key_file };
        Self { store, parts, folder, _db: db }
    }

    async fn photo(&self, n: u128) -> BlobId {
        let mut batch = Batch::new(NOON);
        let key = self.store.keys.create(&mut batch, NOON);
        let id = BlobId::from_u128(n << 80 | n);
        self.store.blobs.put(&key, id, format!("photo {n}").as_bytes()).await.unwrap();
        let record = BlobRecord {
            id,
            operator_id: OperatorId(1),
            data_key_id: DataKeyId::from_u128(key.id()),
            media_type: "image/jpeg".to_owned(),
            size_bytes: 7,
            created_at: NOON,
        };
        record.insert(&mut batch);
        self.store.db.commit(batch).await.unwrap();
        id
    }

    async fn backup(&self, with_keys: bool) -> (PathBuf, Result<Manifest, crate::Error>) {
        let target = folder().join("backup");
        let made = make(&self.store, &self.parts, &target, with_keys, NOON, Arc::new(quiet)).await;
        (target, made)
    }
}

fn elsewhere() -> (Parts, Blobs) {
    let folder = folder();
    let parts =
        Parts { database: folder.join("in/baohao.db"), key_file: folder.join("in/keys.json") };
    (parts, Blobs::open(folder.join("blobs").to_str().unwrap()).unwrap())
}

#[tokio::test]
async fn what_was_backed_up_comes_back_and_opens() {
    let world = World::new().await;
    let ids = [world.photo(1).await, world.photo(2).await];
    let (target, made) = world.backup(true).await;
    let made = made.unwrap();
    assert_eq!((made.blobs, made.operators[0].operator.as_str()), (2, "operator-1"));
    let checked = check(&target, &quiet).await.unwrap();
    assert_eq!(checked.manifest(), &made);
    let (parts, blobs) = elsewhere();
    restore(&checked, &parts, &blobs, &quiet).await.unwrap();
    let db = crate::Db::open(parts.database.to_str().unwrap()).await.unwrap();
    let keys = Keys::new(Keyring::open_or_create(&parts.key_file).unwrap());
    for (n, id) in ids.into_iter().enumerate() {
        let record = BlobRecord::load(&db, id).await.unwrap().unwrap();
        let key = keys.load(&db, record.data_key_id).await.unwrap().unwrap();
        let plain = blobs.get(&key, id).await.unwrap();
        assert_eq!(plain, format!("photo {}", n + 1).into_bytes());
    }
}

#[tokio::test]
async fn a_photo_erased_meanwhile_stays_erased() {
    let world = World::new().await;
    let id = world.photo(1).await;
    let kept = world.photo(2).await;
    // As between the copy of the database and that of the object: recorded there, gone here.
    let copy = world.folder.join("copy.db");
    snapshot::copy(&world.parts.database, &copy, &quiet).unwrap();
    let mut batch = Batch::new(NOON);
    BlobRecord::erase(&mut batch, id);
    world.store.db.commit(batch).await.unwrap();
    world.store.blobs.sweep(&world.store.db, NOON.plus_days(30_000)).await.unwrap();
    let mut parts = world.parts.clone();
    parts.database = copy;
    let target = world.folder.join("backup");
    let made = make(&world.store, &parts, &target, true, NOON, Arc::new(quiet)).await.unwrap();
    assert_eq!((made.blobs, made.erased_meanwhile), (1, 1));
    let (parts, blobs) = elsewhere();
    restore(&check(&target, &quiet).await.unwrap(), &parts, &blobs, &quiet).await.unwrap();
    let db = crate::Db::open(parts.database.to_str().unwrap()).await.unwrap();
    assert_eq!(BlobRecord::load(&db, id).await.unwrap(), None);
    assert!(BlobRecord::load(&db, kept).await.unwrap().is_some());
}

#[tokio::test]
async fn a_missing_object_fails_the_backup_and_leaves_no_folder() {
    let world = World::new().await;
    let id = world.photo(1).await;
    std::fs::remove_file(world.folder.join("blobs").join(crate::blobs::name(id))).unwrap();
    let (target, made) = world.backup(true).await;
    assert_eq!(made.unwrap_err().kind(), ErrorKind::Corrupt);
    assert!(!target.exists());
    // The unfinished one is not taken for a backup, and the next try clears it.
    let unfinished = target.with_extension("unfinished");
    assert!(check(&unfinished, &quiet).await.is_err());
    world.store.blobs.put_raw(id, b"again".to_vec()).await.unwrap();
    make(&world.store, &world.parts, &target, true, NOON, Arc::new(quiet)).await.unwrap();
    assert!(!unfinished.exists());
}

/// Every single byte that is changed in any file is found, and a missing file too.
#[tokio::test]
async fn a_damaged_backup_is_refused_before_anything_is_written() {
    let world = World::new().await;
    let id = world.photo(1).await;
    let (target, made) = world.backup(true).await;
    made.unwrap();
    let blob = format!("blobs/{}", crate::blobs::name(id));
    for name in [DATABASE, KEYS, SUMS, blob.as_str()] {
        let path = target.join(name);
        let whole = std::fs::read(&path).unwrap();
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            assert!(check(&target, &quiet).await.is_err(), "{name} at {at}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(check(&target, &quiet).await.is_err(), "{name} is gone");
        std::fs::write(&path, &whole).unwrap();
    }
    check(&target, &quiet).await.unwrap();
}

#[tokio::test]
async fn a_list_that_names_other_files_is_refused() {
    let world = World::new().await;
    let (target, made) = world.backup(false).await;
    let mut manifest = made.unwrap();
    for name in ["../../etc/passwd", "blobs/../baohao.db", "blobs/000/zz", "/etc/passwd"] {
        let sums = format!("{}  {name}\n", "0".repeat(64));
        std::fs::write(target.join(SUMS), &sums).unwrap();
        manifest.sums_sha256 = folder::hex_of(sums.as_bytes());
        let text = serde_json::to_string(&manifest).unwrap();
        std::fs::write(target.join(MANIFEST), text).unwrap();
        let error = check(&target, &quiet).await.unwrap_err();
        assert!(error.to_string().contains("strange file"), "{error}");
    }
}

#[tokio::test]
async fn nothing_that_exists_is_overwritten() {
    let world = World::new().await;
    world.photo(1).await;
    let (target, made) = world.backup(false).await;
    made.unwrap();
    let again = make(&world.store, &world.parts, &target, false, NOON, Arc::new(quiet)).await;
    assert!(again.unwrap_err().to_string().contains("there already"));
    let checked = check(&target, &quiet).await.unwrap();
    let here = restore(&checked, &world.parts, &world.store.blobs, &quiet).await.unwrap_err();
    assert!(here.to_string().contains("there is a database"), "{here}");
    let (parts, blobs) = elsewhere();
    let other = restore(&checked, &parts, &world.store.blobs, &quiet).await.unwrap_err();
    assert!(other.to_string().contains("blobs already"), "{other}");
    // Without its keys it is noise: said before anything is copied.
    let keyless = restore(&checked, &parts, &blobs, &quiet).await.unwrap_err();
    assert!(keyless.to_string().contains("key file is not in this backup"), "{keyless}");
    assert!(!parts.database.exists() && !Path::new(&parts.key_file).exists());
    std::fs::create_dir_all(parts.key_file.parent().unwrap()).unwrap();
    std::fs::copy(&world.parts.key_file, &parts.key_file).unwrap();
    restore(&checked, &parts, &blobs, &quiet).await.unwrap();
}
