//! Making the folder of a backup.

use super::snapshot::{Snapshot, copy};
use super::{DATABASE, FORMAT, KEYS, MANIFEST, Manifest, Parts, Progress, SUMS};
use crate::Store;
use crate::blobs::BlobRecord;
use crate::blocking::blocking;
use crate::error::{Error, ErrorKind};
use domain::time::At;
use seal::{Sha256, hex};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Says that an unfinished folder is ours, and may be begun again.
const MARK: &str = ".baohao-backup-unfinished";

type Tell = Arc<dyn Fn(Progress) + Send + Sync>;

/// Makes a backup of `store` in the new folder `target`; the key file is in it only if `with_keys`.
/// Writers of this and other processes go on meanwhile.
pub async fn make(
    store: &Store,
    parts: &Parts,
    target: &Path,
    with_keys: bool,
    at: At,
    tell: Tell,
) -> Result<Manifest, Error> {
    let unfinished = begin(target)?;
    let database = unfinished.join(DATABASE);
    let (from, to, said) = (parts.database.clone(), database.clone(), Arc::clone(&tell));
    blocking(move || copy(&from, &to, &*said)).await?;
    let mut sums = Sums::create(&unfinished)?;
    let snapshot = Snapshot::open(&database)?;
    let blobs = copy_blobs(store, &snapshot, &unfinished, &mut sums, at, &tell).await?;
    let operators = snapshot.held()?;
    snapshot.close()?;
    if with_keys {
        let bytes = fs::read(&parts.key_file).map_err(|e| io_fault("read the key file", e))?;
        write_new(&unfinished.join(KEYS), &bytes)?;
        sums.add(KEYS, &hex_of(&bytes))?;
    }
    let path = database.clone();
    let (sum, database_bytes) = blocking(move || sum_of(&path)).await?;
    sync(&database)?;
    sums.add(DATABASE, &sum)?;
    let manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: at.millis(),
        database_bytes,
        blobs: blobs.copied,
        blob_bytes: blobs.bytes,
        erased_meanwhile: blobs.erased,
        has_keys: with_keys,
        sums_sha256: sums.finish()?,
        operators,
    };
    let text = serde_json::to_string_pretty(&manifest)
        .map_err(|e| Error::caused(ErrorKind::Bug, "backup: the manifest", e))?;
    write_new(&unfinished.join(MANIFEST), text.as_bytes())?;
    fs::remove_file(unfinished.join(MARK)).map_err(|e| io_fault("finish", e))?;
    sync(&unfinished)?;
    fs::rename(&unfinished, target).map_err(|e| io_fault("name the folder", e))?;
    let parent = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    sync(parent.unwrap_or(Path::new(".")))?;
    Ok(manifest)
}

/// Makes the folder beside `target` in which the backup grows.
fn begin(target: &Path) -> Result<PathBuf, Error> {
    let refuse = |text: String| Err(Error::new(ErrorKind::Config, text));
    if target.exists() {
        return refuse(format!("{} is there already: name a new folder", target.display()));
    }
    let mut name = target.as_os_str().to_owned();
    name.push(".unfinished");
    let unfinished = PathBuf::from(name);
    if unfinished.exists() {
        if !unfinished.join(MARK).exists() {
            return refuse(format!("{} is in the way and not ours", unfinished.display()));
        }
        fs::remove_dir_all(&unfinished).map_err(|e| io_fault("clear an unfinished backup", e))?;
    }
    fs::create_dir_all(&unfinished).map_err(|e| io_fault("make the folder", e))?;
    keep_private(&unfinished)?;
    write_new(&unfinished.join(MARK), b"")?;
    Ok(unfinished)
}

#[derive(Default)]
struct Copied {
    copied: u64,
    bytes: u64,
    erased: u64,
}

async fn copy_blobs(
    store: &Store,
    snapshot: &Snapshot,
    folder: &Path,
    sums: &mut Sums,
    at: At,
    tell: &Tell,
) -> Result<Copied, Error> {
    let total = snapshot.blob_count()?;
    let mut done = Copied::default();
    let mut after = None;
    loop {
        let ids = snapshot.blobs(after)?;
        let Some(last) = ids.last() else { return Ok(done) };
        after = Some(*last);
        for id in ids {
            match store.blobs.raw(id).await? {
                Some(sealed) => {
                    let name = crate::blobs::name(id);
                    let path = folder.join("blobs").join(&name);
                    if let Some(parent) = path.parent() {
                        fs::create_dir_all(parent).map_err(|e| io_fault("make a folder", e))?;
                    }
                    write_new(&path, &sealed)?;
                    sums.add(&format!("blobs/{name}"), &hex_of(&sealed))?;
                    done.copied += 1;
                    done.bytes += sealed.len() as u64;
                }
                None if BlobRecord::load(&store.db, id).await?.is_none() => {
                    snapshot.erase(id, at)?;
                    done.erased += 1;
                }
                None => {
                    let text = format!("{id} is recorded, but its object is gone");
                    return Err(Error::new(ErrorKind::Corrupt, text));
                }
            }
        }
        tell(Progress::Blobs(done.copied + done.erased, total));
    }
}

/// The list of checksums.
struct Sums {
    file: BufWriter<File>,
    hash: Sha256,
}

impl Sums {
    fn create(folder: &Path) -> Result<Self, Error> {
        let file =
            File::create_new(folder.join(SUMS)).map_err(|e| io_fault("write the sums", e))?;
        Ok(Self { file: BufWriter::new(file), hash: Sha256::default() })
    }

    fn add(&mut self, name: &str, sum: &str) -> Result<(), Error> {
        let line = format!("{sum}  {name}\n");
        self.hash.update(line.as_bytes());
        self.file.write_all(line.as_bytes()).map_err(|e| io_fault("write the sums", e))
    }

    /// The checksum of the list.
    fn finish(self) -> Result<String, Error> {
        let file =
            self.file.into_inner().map_err(|e| io_fault("write the sums", e.into_error()))?;
        file.sync_all().map_err(|e| io_fault("write the sums", e))?;
        Ok(hex(&self.hash.finish()))
    }
}

/// The checksum of a file, as hex, and its size.
pub(super) fn sum_of(path: &Path) -> Result<(String, u64), Error> {
    let mut file = File::open(path).map_err(|e| io_fault("read the backup", e))?;
    let mut hash = Sha256::default();
    let mut buffer = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(io_fault("read the backup", error)),
        };
        hash.update(buffer.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
    Ok((hex(&hash.finish()), bytes))
}

pub(super) fn hex_of(bytes: &[u8]) -> String {
    hex(&seal::sha256(bytes))
}

/// Writes a new file, for its owner only, and makes it durable.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|e| io_fault("write a file", e))
}

pub(super) fn keep_private(folder: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
            .map_err(|e| io_fault("protect the folder", e))?;
    }
    Ok(())
}

pub(super) fn sync(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|e| io_fault("make it durable", e))
}

pub(super) fn io_fault(what: &str, error: io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::Full,
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => ErrorKind::Config,
        _ => ErrorKind::Unavailable,
    };
    Error::caused(kind, format!("backup: cannot {what}"), error)
}
