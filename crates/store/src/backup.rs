//! Backups of an SQLite installation, made while it works, and their way back.
//!
//! A backup is a folder: `baohao.db`, the sealed objects below `blobs/`, the key file if that was
//! asked for, `SHA256SUMS` over all of them (as `sha256sum -c` reads it), and `manifest.json`,
//! which holds the checksum of the sums. It is built beside its place and gets its name last, so
//! that one that was interrupted never looks whole.
//!
//! The database is copied first, on one snapshot; then the objects it names. An object is never
//! changed, only erased: one that is erased while the backup runs is marked erased in the copy.

mod check;
mod folder;
mod snapshot;

pub use check::{Checked, check, restore};
pub use folder::make;

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The form of the folder that this program writes and reads.
pub const FORMAT: u32 = 1;

pub(crate) const DATABASE: &str = "baohao.db";
pub(crate) const KEYS: &str = "keys.json";
pub(crate) const SUMS: &str = "SHA256SUMS";
pub(crate) const MANIFEST: &str = "manifest.json";

/// What a backup says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// The version of the program that made it.
    pub program: String,
    /// The instant of the snapshot, in milliseconds.
    pub made_at: i64,
    /// The size of the database.
    pub database_bytes: u64,
    /// How many sealed objects there are.
    pub blobs: u64,
    /// Their size together.
    pub blob_bytes: u64,
    /// Objects that were erased between the snapshot and the end.
    pub erased_meanwhile: u64,
    /// Whether the key file is in it.
    pub has_keys: bool,
    /// The checksum of `SHA256SUMS`, as hex.
    pub sums_sha256: String,
    /// What it holds, by operator.
    pub operators: Vec<Held>,
}

/// What a backup holds of one operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    /// The operator's code.
    pub operator: String,
    /// Its numbers.
    pub numbers: i64,
    /// Its applications.
    pub applications: i64,
    /// The entries of its audit log.
    pub audit_entries: i64,
}

/// Where the parts of an installation lie.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The SQLite file.
    pub database: PathBuf,
    /// The key file.
    pub key_file: PathBuf,
}

/// What a backup is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Copying the database: pages done, of all.
    Database(u64, u64),
    /// Copying objects: done, of all.
    Blobs(u64, u64),
    /// Checking: files done, of all.
    Check(u64, u64),
}

#[cfg(test)]
mod tests;
