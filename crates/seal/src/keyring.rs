use crate::OpenError;
use crate::data_key::{DataKey, aead_key, open_after_nonce, seal_onto};
use crate::key_file::Secrets;
use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::hmac;
use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// A key file is far smaller; a larger file is not one.
const FILE_BYTES_MAX: u64 = 64 * 1024;
const WRAP_V1: u8 = 1;

/// Why the key file cannot be used. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// There is no file there.
    #[error("the key file does not exist; without it nothing sealed can be read")]
    Missing,
    /// There is one already, and it is never overwritten.
    #[error("there is a key file already")]
    Exists,
    /// Others may read or write it.
    #[error("the key file may be read by others (mode {mode:o}); make it 0600: chmod 600")]
    OpenToOthers {
        /// Its permission bits.
        mode: u32,
    },
    /// Not a key file, or changed since it was written.
    #[error("the key file is damaged: {why}; restore it from your backup of the keys")]
    Damaged {
        /// What does not fit.
        why: &'static str,
    },
    /// Written by a later version of the program.
    #[error("the key file has a format this version does not know; use the newer program")]
    UnknownVersion,
    /// The file system failed.
    #[error("the key file cannot be used")]
    Io(#[from] io::Error),
}

/// The keys of the key file: they wrap data keys and make blind indexes. Cheap to clone.
#[derive(Clone)]
pub struct Keyring(Arc<Inner>);

struct Inner {
    wraps: Vec<LessSafeKey>,
    index: hmac::Key,
    fingerprint: String,
}

impl Keyring {
    /// Opens the key file, or makes one (readable by its owner only) if there is none. Two programs
    /// that start at once end up with the same keys.
    pub fn open_or_create(path: &Path) -> Result<Self, KeyFileError> {
        match Self::open(path) {
            Err(KeyFileError::Missing) => match Self::create(path) {
                Err(KeyFileError::Exists) => Self::open(path),
                other => other,
            },
            other => other,
        }
    }

    /// Opens the key file; refuses one that others may read.
    pub fn open(path: &Path) -> Result<Self, KeyFileError> {
        Ok(Self::of(&read(path)?))
    }

    /// Makes a key file with fresh keys; never overwrites one.
    pub fn create(path: &Path) -> Result<Self, KeyFileError> {
        let secrets = Secrets::generate();
        let draft = write_draft(path, &secrets)?;
        // A hard link, unlike a rename, fails if another program was faster.
        let linked = std::fs::hard_link(&draft, path);
        std::fs::remove_file(&draft)?;
        match linked {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(KeyFileError::Exists);
            }
            other => other?,
        }
        sync_folder(path)?;
        Ok(Self::of(&secrets))
    }

    /// Adds a wrapping key to the file; from now on it wraps. What older keys wrapped still opens,
    /// and [`Keyring::needs_rewrap`] tells which wrapped keys to renew.
    pub fn rotate(path: &Path) -> Result<Self, KeyFileError> {
        let mut secrets = read(path)?;
        secrets.wraps.push(Zeroizing::new(crate::entropy::bytes()));
        let draft = write_draft(path, &secrets)?;
        std::fs::rename(&draft, path)?;
        sync_folder(path)?;
        Ok(Self::of(&secrets))
    }

    fn of(secrets: &Secrets) -> Self {
        let index = hmac::Key::new(hmac::HMAC_SHA256, &secrets.index[..]);
        let tag = hmac::sign(&index, b"baohao fingerprint v1");
        let short = tag.as_ref().first_chunk().copied().unwrap_or_default();
        let fingerprint = format!("{:016x}", u64::from_be_bytes(short));
        let wraps = secrets.wraps.iter().map(|key| aead_key(key)).collect();
        Self(Arc::new(Inner { wraps, index, fingerprint }))
    }

    /// 16 hex digits that name these keys without revealing them: stored in the database, so that
    /// a foreign key file is noticed on start. Stays the same when a wrapping key is added.
    pub fn fingerprint(&self) -> &str {
        &self.0.fingerprint
    }

    /// The number of the key that wraps now; it grows by one with each [`Keyring::rotate`].
    pub fn version(&self) -> u32 {
        u32::try_from(self.0.wraps.len()).unwrap_or(u32::MAX)
    }

    /// Wraps a data key for storing.
    pub fn wrap(&self, key: &DataKey) -> Vec<u8> {
        let mut out = vec![WRAP_V1];
        out.extend_from_slice(&self.version().to_be_bytes());
        let wrap = self.0.wraps.last().expect("a key file has at least one wrapping key");
        seal_onto(wrap, &mut out, key.secret(), &wrap_aad(key.id()));
        out
    }

    /// Unwraps the data key stored under `id`.
    pub fn unwrap(&self, id: u128, wrapped: &[u8]) -> Result<DataKey, OpenError> {
        let (version, sealed) = split(wrapped).ok_or(OpenError)?;
        let at = usize::try_from(version).ok().and_then(|number| number.checked_sub(1));
        let wrap = at.and_then(|at| self.0.wraps.get(at)).ok_or(OpenError)?;
        let plain = Zeroizing::new(open_after_nonce(wrap, sealed, &wrap_aad(id))?);
        let secret = <[u8; 32]>::try_from(plain.as_slice()).map_err(|_| OpenError)?;
        Ok(DataKey::from_secret(id, Zeroizing::new(secret)))
    }

    /// Whether a wrapped key should be wrapped again, because an older key wrapped it.
    pub fn needs_rewrap(&self, wrapped: &[u8]) -> bool {
        split(wrapped).is_none_or(|(version, _)| version != self.version())
    }

    /// The blind index of `value` in `column` (name it `table.column`): equal values of one column
    /// have equal indexes; values of different columns are unrelated. Normalise the value first.
    pub fn blind(&self, column: &str, value: &str) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.0.index);
        context.update(&(column.len() as u64).to_be_bytes());
        context.update(column.as_bytes());
        context.update(value.as_bytes());
        let tag = context.sign();
        *tag.as_ref().first_chunk().expect("HMAC-SHA-256 gives 32 bytes")
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring")
            .field("fingerprint", &self.0.fingerprint)
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}

fn split(wrapped: &[u8]) -> Option<(u32, &[u8])> {
    let (format, rest) = wrapped.split_first()?;
    let (version, sealed) = rest.split_first_chunk::<4>()?;
    (*format == WRAP_V1).then(|| (u32::from_be_bytes(*version), sealed))
}

fn wrap_aad(id: u128) -> Vec<u8> {
    [&b"baohao data key"[..], &id.to_be_bytes()].concat()
}

fn read(path: &Path) -> Result<Secrets, KeyFileError> {
    let file = std::fs::File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => KeyFileError::Missing,
        _ => KeyFileError::Io(error),
    })?;
    refuse_open_to_others(&file)?;
    let mut text = Zeroizing::new(String::new());
    match file.take(FILE_BYTES_MAX).read_to_string(&mut text) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(KeyFileError::Damaged { why: "it is not text" })
        }
        Err(error) => Err(KeyFileError::Io(error)),
        Ok(_) => Secrets::parse(&text),
    }
}

#[cfg(unix)]
fn refuse_open_to_others(file: &std::fs::File) -> Result<(), KeyFileError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode.trailing_zeros() >= 6 { Ok(()) } else { Err(KeyFileError::OpenToOthers { mode }) }
}

#[cfg(not(unix))]
fn refuse_open_to_others(_: &std::fs::File) -> Result<(), KeyFileError> {
    Ok(())
}

/// Writes the secrets to a file beside `path` and makes them durable.
fn write_draft(path: &Path, secrets: &Secrets) -> Result<PathBuf, KeyFileError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{:016x}", crate::entropy::below(u64::MAX)));
    let draft = path.with_file_name(name);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(secrets.to_text().as_bytes())?;
    file.sync_all()?;
    Ok(draft)
}

/// Makes the new name in the folder durable, where the system can.
fn sync_folder(path: &Path) -> Result<(), KeyFileError> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if cfg!(unix) {
        std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "keyring_tests.rs"]
mod tests;
