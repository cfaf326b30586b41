//! Checking a backup, and bringing it back.

use super::folder::{hex_of, io_fault, keep_private, sum_of, sync, write_new};
use super::{DATABASE, FORMAT, KEYS, MANIFEST, Manifest, Parts, Progress, SUMS};
use crate::blobs::Blobs;
use crate::blocking::blocking;
use crate::error::{Error, ErrorKind};
use domain::id::BlobId;
use std::fs;
use std::path::{Path, PathBuf};

/// A backup whose every file has its checksum.
#[derive(Clone, Debug)]
pub struct Checked {
    folder: PathBuf,
    manifest: Manifest,
    blobs: Vec<BlobId>,
}

impl Checked {
    /// What it says about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }
}

/// Reads every file of the backup in `folder` and compares its checksum; an error names the first
/// that does not fit.
pub async fn check(folder: &Path, tell: &(dyn Fn(Progress) + Sync)) -> Result<Checked, Error> {
    let text = fs::read_to_string(folder.join(MANIFEST)).map_err(|e| {
        let text = format!("{} is no finished backup", folder.display());
        Error::caused(ErrorKind::Config, text, e)
    })?;
    let manifest: Manifest = serde_json::from_str(&text)
        .map_err(|e| Error::caused(ErrorKind::Corrupt, "backup: the manifest", e))?;
    if manifest.format != FORMAT {
        let text = format!("the backup has form {}, this program reads {FORMAT}", manifest.format);
        return Err(Error::new(ErrorKind::Config, text));
    }
    let sums = fs::read(folder.join(SUMS)).map_err(|e| io_fault("read the sums", e))?;
    if hex_of(&sums) != manifest.sums_sha256 {
        return Err(corrupt("SHA256SUMS is not what was written"));
    }
    let sums = String::from_utf8(sums).map_err(|_| corrupt("SHA256SUMS is not text"))?;
    let total = sums.lines().count() as u64;
    let mut blobs = Vec::new();
    let (mut has_database, mut has_keys) = (false, false);
    for (done, line) in sums.lines().enumerate() {
        let (wanted, name) =
            line.split_once("  ").ok_or_else(|| corrupt("SHA256SUMS has a line amiss"))?;
        match name {
            DATABASE => has_database = true,
            KEYS => has_keys = true,
            // Nothing but an id's own name: a list that was tampered with reaches no other file.
            other => blobs.push(blob_named(other)?),
        }
        let path = folder.join(name);
        let (found, _) = blocking(move || sum_of(&path)).await?;
        if found != wanted {
            return Err(corrupt(&format!("{name} is not what was written")));
        }
        tell(Progress::Check(done as u64 + 1, total));
    }
    if !has_database || has_keys != manifest.has_keys || blobs.len() as u64 != manifest.blobs {
        return Err(corrupt("the manifest and the sums tell of different files"));
    }
    Ok(Checked { folder: folder.to_owned(), manifest, blobs })
}

fn blob_named(name: &str) -> Result<BlobId, Error> {
    let amiss = || corrupt(&format!("SHA256SUMS names a strange file: {name}"));
    let tail = name.rsplit('/').next().unwrap_or_default();
    let id: BlobId = format!("blb_{tail}").parse().map_err(|_| amiss())?;
    if name == format!("blobs/{}", crate::blobs::name(id)) { Ok(id) } else { Err(amiss()) }
}

/// Brings a checked backup to `parts` and `blobs`, where nothing may be yet. The database gets its
/// name last: what was interrupted is no installation.
pub async fn restore(
    checked: &Checked,
    parts: &Parts,
    blobs: &Blobs,
    tell: &(dyn Fn(Progress) + Sync),
) -> Result<(), Error> {
    let refuse = |text: String| Err(Error::new(ErrorKind::Config, text));
    if parts.database.exists() {
        return refuse(format!("there is a database at {}", parts.database.display()));
    }
    let mut unfinished = parts.database.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    // Objects without a database are those of a restore that was interrupted, or not ours.
    if !unfinished.exists() && !blobs.is_empty().await? {
        return refuse("there are blobs already where the backup's should go".to_owned());
    }
    let keys = checked.folder.join(KEYS);
    let has_own = parts.key_file.exists();
    if !has_own && !checked.manifest.has_keys {
        return refuse(format!(
            "the key file is not in this backup: put it at {} first",
            parts.key_file.display()
        ));
    }
    for folder in [parts.database.parent(), parts.key_file.parent()].into_iter().flatten() {
        if !folder.as_os_str().is_empty() && !folder.exists() {
            fs::create_dir_all(folder).map_err(|e| io_fault("make the folder", e))?;
            keep_private(folder)?;
        }
    }
    let (from, to) = (checked.folder.join(DATABASE), unfinished.clone());
    blocking(move || {
        fs::copy(&from, &to).map_err(|e| io_fault("copy the database", e))?;
        sync(&to)
    })
    .await?;
    let total = checked.blobs.len() as u64;
    for (done, id) in checked.blobs.iter().enumerate() {
        let path = checked.folder.join("blobs").join(crate::blobs::name(*id));
        let sealed = fs::read(&path).map_err(|e| io_fault("read a blob", e))?;
        blobs.put_raw(*id, sealed).await?;
        tell(Progress::Blobs(done as u64 + 1, total));
    }
    if !has_own {
        let bytes = fs::read(&keys).map_err(|e| io_fault("read the key file", e))?;
        write_new(&parts.key_file, &bytes)?;
    }
    fs::rename(&unfinished, &parts.database).map_err(|e| io_fault("name the database", e))?;
    let folder = parts.database.parent().filter(|folder| !folder.as_os_str().is_empty());
    sync(folder.unwrap_or(Path::new(".")))
}

fn corrupt(text: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("backup: {text}"))
}
