//! The hash chain of the audit log.
//!
//! Every entry has a hash of its own; every link hashes the link before it together with the
//! entry's hash. Leaves and links start with different bytes (as in RFC 6962), so that one can
//! never be passed off as the other. Changing, dropping or inserting an entry changes every later
//! link.

use crate::sha256;

/// A hash of an entry or of a link.
pub type Hash = [u8; 32];

/// The link before the first entry.
pub const START: Hash = [0; 32];

/// The hash of one entry, given its canonical bytes.
pub fn entry_hash(entry: &[u8]) -> Hash {
    let mut bytes = Vec::with_capacity(1 + entry.len());
    bytes.push(0);
    bytes.extend_from_slice(entry);
    sha256(&bytes)
}

/// The link after `previous` for an entry with `entry_hash`.
///
/// ```
/// use seal::audit::{chain, entry_hash, START};
/// let one = chain(&START, &entry_hash(b"registered"));
/// let two = chain(&one, &entry_hash(b"approved"));
/// assert_ne!(two, chain(&one, &entry_hash(b"rejected")));
/// ```
pub fn chain(previous: &Hash, entry_hash: &Hash) -> Hash {
    let mut bytes = [1; 65];
    let (_, rest) = bytes.split_at_mut(1);
    let (left, right) = rest.split_at_mut(32);
    left.copy_from_slice(previous);
    right.copy_from_slice(entry_hash);
    sha256(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_change_changes_every_later_link() {
        let entries: Vec<Hash> = (0..20u8).map(|n| entry_hash(&[n])).collect();
        let links = |entries: &[Hash]| {
            entries
                .iter()
                .scan(START, |last, entry| {
                    *last = chain(last, entry);
                    Some(*last)
                })
                .collect::<Vec<_>>()
        };
        let whole = links(&entries);
        for at in 0..entries.len() {
            let mut changed = entries.clone();
            changed[at] = entry_hash(b"forged");
            let forged = links(&changed);
            assert_eq!(forged[..at], whole[..at]);
            assert!(forged[at..].iter().zip(&whole[at..]).all(|(left, right)| left != right));
            let mut dropped = entries.clone();
            dropped.remove(at);
            assert_ne!(links(&dropped).last(), whole.last());
        }
    }

    #[test]
    fn an_entry_cannot_pose_as_a_link() {
        let two = [entry_hash(b"a"), entry_hash(b"b")].concat();
        assert_ne!(entry_hash(&two), chain(&entry_hash(b"a"), &entry_hash(b"b")));
    }
}
