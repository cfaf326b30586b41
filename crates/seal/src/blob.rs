//! Sealing what is too large for a field: document images, export files.
//!
//! A sealed blob is one version byte, a random salt of 16 bytes, then chunks of 64 KiB plus a tag
//! each; the last chunk may be shorter, also empty. The key of the blob is derived from the data
//! key, the salt and the place where the blob belongs. The nonce of a chunk is its index and
//! whether it is the last one: dropping, repeating, swapping, appending or cutting off chunks is
//! noticed when opening.

use crate::OpenError;
use crate::data_key::{DataKey, TAG_LEN, aead_key, derive, open_at, seal_at};
use aws_lc_rs::aead::LessSafeKey;
use std::fmt;

/// Plain bytes per chunk.
pub const CHUNK_LEN: usize = 64 * 1024;
/// Sealed bytes per full chunk.
pub const SEALED_CHUNK_LEN: usize = CHUNK_LEN + TAG_LEN;
/// Bytes before the first chunk.
pub const HEADER_LEN: usize = 1 + SALT_LEN;

const BLOB_V1: u8 = 2;
const SALT_LEN: usize = 16;

/// Seals or opens the chunks of one blob, in order.
pub struct Chunks {
    key: LessSafeKey,
    index: u64,
    is_finished: bool,
}

impl Chunks {
    /// Starts sealing: the header to write first, and the sealer.
    pub fn seal(key: &DataKey, aad: &[u8]) -> ([u8; HEADER_LEN], Self) {
        let mut header = [BLOB_V1; HEADER_LEN];
        let salt = crate::entropy::bytes::<SALT_LEN>();
        let (_, rest) = header.split_at_mut(1);
        rest.copy_from_slice(&salt);
        (header, Self::with_salt(key, &salt, aad))
    }

    /// Starts opening a blob with this header.
    pub fn open(key: &DataKey, header: &[u8; HEADER_LEN], aad: &[u8]) -> Result<Self, OpenError> {
        match header.split_first() {
            Some((&BLOB_V1, salt)) => Ok(Self::with_salt(key, salt, aad)),
            _ => Err(OpenError),
        }
    }

    fn with_salt(key: &DataKey, salt: &[u8], aad: &[u8]) -> Self {
        let id = key.id().to_be_bytes();
        let secret = derive(key.secret(), salt, &[b"baohao blob v1", &id, aad]);
        Self { key: aead_key(&secret), index: 0, is_finished: false }
    }

    /// Appends the next chunk, sealed, to `out`. All but the last have exactly [`CHUNK_LEN`] bytes.
    pub fn seal_next(&mut self, plain: &[u8], is_last: bool, out: &mut Vec<u8>) {
        assert!(plain.len() == CHUNK_LEN || (is_last && plain.len() < CHUNK_LEN), "whole chunks");
        let nonce = self.nonce(is_last);
        seal_at(&self.key, nonce, out, plain, b"");
    }

    /// Appends the next chunk, opened, to `out`.
    pub fn open_next(
        &mut self,
        sealed: &[u8],
        is_last: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), OpenError> {
        if self.is_finished {
            return Err(OpenError);
        }
        let nonce = self.nonce(is_last);
        out.extend_from_slice(&open_at(&self.key, nonce, sealed, b"")?);
        Ok(())
    }

    fn nonce(&mut self, is_last: bool) -> [u8; 12] {
        assert!(!self.is_finished, "nothing follows the last chunk");
        let mut nonce = [0; 12];
        let index = self.index.to_be_bytes();
        for (to, from) in nonce.iter_mut().zip(index.iter().chain(&[u8::from(is_last)])) {
            *to = *from;
        }
        self.index += 1;
        self.is_finished = is_last;
        nonce
    }
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks").field("index", &self.index).finish_non_exhaustive()
    }
}

impl DataKey {
    /// Seals a whole blob that fits in memory. `aad` says which blob it is.
    pub fn seal_blob(&self, plain: &[u8], aad: &[u8]) -> Vec<u8> {
        let (header, mut chunks) = Chunks::seal(self, aad);
        let count = plain.len().div_ceil(CHUNK_LEN).max(1);
        let mut out = Vec::with_capacity(HEADER_LEN + plain.len() + count * TAG_LEN);
        out.extend_from_slice(&header);
        let mut rest = plain;
        while rest.len() > CHUNK_LEN {
            let (chunk, after) = rest.split_at(CHUNK_LEN);
            chunks.seal_next(chunk, false, &mut out);
            rest = after;
        }
        chunks.seal_next(rest, true, &mut out);
        out
    }

    /// Opens a whole blob; nothing comes out unless all of it is unharmed.
    pub fn open_blob(&self, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, OpenError> {
        let (header, mut rest) = sealed.split_first_chunk::<HEADER_LEN>().ok_or(OpenError)?;
        let mut chunks = Chunks::open(self, header, aad)?;
        let mut out = Vec::with_capacity(rest.len());
        while rest.len() > SEALED_CHUNK_LEN {
            let (chunk, after) = rest.split_at(SEALED_CHUNK_LEN);
            chunks.open_next(chunk, false, &mut out)?;
            rest = after;
        }
        chunks.open_next(rest, true, &mut out)?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(length: usize) -> Vec<u8> {
        (0..length).map(|n| u8::try_from(n * 7 % 251).unwrap()).collect()
    }

    #[test]
    fn blobs_of_every_awkward_length_round_trip() {
        let key = DataKey::generate(1);
        for length in [0, 1, CHUNK_LEN - 1, CHUNK_LEN, CHUNK_LEN + 1, 3 * CHUNK_LEN, 200_000] {
            let sealed = key.seal_blob(&pattern(length), b"blob");
            assert_eq!(key.open_blob(&sealed, b"blob").unwrap(), pattern(length));
            assert_eq!(key.open_blob(&sealed, b"else"), Err(OpenError));
            assert_eq!(DataKey::generate(1).open_blob(&sealed, b"blob"), Err(OpenError));
        }
    }

    #[test]
    fn chunks_cannot_be_cut_swapped_repeated_or_added() {
        let key = DataKey::generate(1);
        let sealed = key.seal_blob(&pattern(3 * CHUNK_LEN + 10), b"");
        let chunk = |n: usize| {
            let start = HEADER_LEN + n * SEALED_CHUNK_LEN;
            &sealed[start..(start + SEALED_CHUNK_LEN).min(sealed.len())]
        };
        let built = |order: &[usize]| {
            let mut out = sealed[..HEADER_LEN].to_vec();
            for n in order {
                out.extend_from_slice(chunk(*n));
            }
            key.open_blob(&out, b"")
        };
        assert!(built(&[0, 1, 2, 3]).is_ok());
        for order in [&[0, 1, 2][..], &[0], &[], &[0, 2, 1, 3], &[0, 1, 1, 3], &[1, 2, 3], &[3]] {
            assert_eq!(built(order), Err(OpenError), "{order:?}");
        }
        assert_eq!(built(&[0, 1, 2, 3, 3]), Err(OpenError));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_flipped_bit_is_noticed(length in 0..CHUNK_LEN * 2 + 50, at: prop::sample::Index) {
            let key = DataKey::generate(1);
            let mut sealed = key.seal_blob(&pattern(length), b"");
            let bit = at.index(sealed.len() * 8);
            sealed[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(key.open_blob(&sealed, b""), Err(OpenError));
        }

        #[test]
        fn any_cut_is_noticed(length in 0..CHUNK_LEN * 2 + 50, at: prop::sample::Index) {
            let key = DataKey::generate(1);
            let sealed = key.seal_blob(&pattern(length), b"");
            prop_assert_eq!(key.open_blob(&sealed[..at.index(sealed.len())], b""), Err(OpenError));
        }
    }
}
