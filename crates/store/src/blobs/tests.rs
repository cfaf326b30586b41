use super::*;
use crate::keys::Keys;
use crate::on_both_engines;

const NOON: At = At::from_millis(1_790_000_000_000);

fn blob_id(at: At) -> BlobId {
    BlobId::from_u128(seal::entropy::uuid_v7(at.millis()))
}

fn count_files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { count_files(&path) } else { 1 }).sum()
}

on_both_engines! {
    async fn a_blob_comes_back_and_is_unreadable_on_disk(db: Fresh) {
        let folder = crate::testing::folder();
        let keys = Keys::new(seal::Keyring::open_or_create(&folder.join("keys")).unwrap());
        let place = folder.join("blobs");
        let blobs = Blobs::open(place.to_str().unwrap()).unwrap();
        let mut batch = Batch::new(NOON);
        let key = keys.create(&mut batch, NOON);
        let key_id = DataKeyId::from_u128(key.id());
        let plain = b"a portrait, in clear ".repeat(10_000);
        let id = blob_id(NOON);
        blobs.put(&key, id, &plain).await.unwrap();
        let record = BlobRecord {
            id,
            operator_id: OperatorId(1),
            data_key_id: key_id,
            media_type: "image/jpeg".to_owned(),
            size_bytes: 210_000,
            created_at: NOON,
        };
        record.insert(&mut batch);
        let orphan = blob_id(NOON);
        blobs.put(&key, orphan, &plain).await.unwrap();
        db.commit(batch).await.unwrap();

        assert_eq!(BlobRecord::load(&db, id).await.unwrap(), Some(record));
        let key = keys.load(&db, key_id).await.unwrap().unwrap();
        assert_eq!(blobs.get(&key, id).await.unwrap(), plain);
        let path = place.join(format!("{:03x}/{:032x}", id.bucket(), id.as_u128()));
        let mut stored = std::fs::read(&path).unwrap();
        assert!(!stored.windows(8).any(|window| window == b"portrait"));
        stored[100] ^= 1;
        std::fs::write(&path, &stored).unwrap();
        assert_eq!(blobs.get(&key, id).await.unwrap_err().kind(), ErrorKind::Corrupt);

        // Young orphans may be about to be recorded; old ones go, and so do erased blobs.
        assert_eq!(blobs.sweep(&db, NOON.plus_minutes(60)).await.unwrap(), 0);
        assert_eq!(blobs.sweep(&db, NOON.plus_days(2)).await.unwrap(), 1);
        let mut batch = Batch::new(NOON);
        BlobRecord::erase(&mut batch, id);
        Keys::erase(&mut batch, key_id);
        db.commit(batch).await.unwrap();
        assert_eq!(blobs.sweep(&db, NOON.plus_days(2)).await.unwrap(), 1);
        assert_eq!(count_files(&place), 0);
        assert!(keys.load(&db, key_id).await.unwrap().is_none());
        std::fs::remove_dir_all(folder).unwrap();
    }

    async fn keys_are_wrapped_anew_after_a_rotation(db: Fresh) {
        let folder = crate::testing::folder();
        let file = folder.join("keys");
        let old = Keys::new(seal::Keyring::open_or_create(&file).unwrap());
        let mut batch = Batch::new(NOON);
        let key = old.create(&mut batch, NOON);
        db.commit(batch).await.unwrap();
        let id = DataKeyId::from_u128(key.id());
        let sealed = key.seal(b"x", b"a");
        let new = Keys::new(seal::Keyring::rotate(&file).unwrap());
        assert_eq!(new.rewrap_all(&db, NOON).await.unwrap(), 1);
        assert_eq!(new.rewrap_all(&db, NOON).await.unwrap(), 0);
        let key = new.load(&db, id).await.unwrap().unwrap();
        assert_eq!(key.open(&sealed, b"a").unwrap(), b"x");
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn an_object_store_needs_the_feature() {
    if cfg!(not(feature = "s3")) {
        let error = Blobs::open("s3://bucket/prefix").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("--features s3"));
    }
}
