use crate::OpenError;
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use std::fmt;
use zeroize::Zeroizing;

/// The first byte of a sealed field; another format would have another.
const FIELD_V1: u8 = 1;
/// Bytes of the authentication tag.
pub(crate) const TAG_LEN: usize = 16;

/// The key of one person's data. It leaves memory only wrapped by the key file.
pub struct DataKey {
    id: u128,
    secret: Zeroizing<[u8; 32]>,
    fields: LessSafeKey,
}

impl DataKey {
    /// A fresh key with the id under which its wrapped form will be stored.
    pub fn generate(id: u128) -> Self {
        Self::from_secret(id, Zeroizing::new(crate::entropy::bytes()))
    }

    pub(crate) fn from_secret(id: u128, secret: Zeroizing<[u8; 32]>) -> Self {
        let fields = aead_key(&derive(&secret[..], b"", &[b"baohao field v1"]));
        Self { id, secret, fields }
    }

    /// The id under which the wrapped key is stored.
    pub const fn id(&self) -> u128 {
        self.id
    }

    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    /// Seals one field. `aad` says where it lives ([`crate::Place::aad`]); the key's id is added.
    /// Sealing the same value twice gives different bytes.
    pub fn seal(&self, plain: &[u8], aad: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(1 + NONCE_LEN + plain.len() + TAG_LEN);
        out.push(FIELD_V1);
        seal_onto(&self.fields, &mut out, plain, &self.with_id(aad));
        out
    }

    /// Opens what [`DataKey::seal`] made with the same key and `aad`.
    pub fn open(&self, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, OpenError> {
        match sealed.split_first() {
            Some((&FIELD_V1, rest)) => open_after_nonce(&self.fields, rest, &self.with_id(aad)),
            _ => Err(OpenError),
        }
    }

    /// [`DataKey::open`] for text.
    pub fn open_text(&self, sealed: &[u8], aad: &[u8]) -> Result<String, OpenError> {
        String::from_utf8(self.open(sealed, aad)?).map_err(|_| OpenError)
    }

    fn with_id(&self, aad: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 + aad.len());
        out.extend_from_slice(&self.id.to_be_bytes());
        out.extend_from_slice(aad);
        out
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// 32 bytes derived from `secret` with HKDF-SHA-256.
pub(crate) fn derive(secret: &[u8], salt: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let pseudo_random = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret);
    let mut out = Zeroizing::new([0; 32]);
    pseudo_random
        .expand(info, hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut out[..]))
        .expect("HKDF-SHA-256 gives 32 bytes");
    out
}

pub(crate) fn aead_key(secret: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM_SIV, secret).expect("a key of 32 bytes"))
}

/// Appends nonce, cipher text and tag to `out`.
pub(crate) fn seal_onto(key: &LessSafeKey, out: &mut Vec<u8>, plain: &[u8], aad: &[u8]) {
    let nonce: [u8; NONCE_LEN] = crate::entropy::bytes();
    out.extend_from_slice(&nonce);
    seal_at(key, nonce, out, plain, aad);
}

/// Appends cipher text and tag to `out`.
pub(crate) fn seal_at(
    key: &LessSafeKey,
    nonce: [u8; NONCE_LEN],
    out: &mut Vec<u8>,
    plain: &[u8],
    aad: &[u8],
) {
    let start = out.len();
    out.extend_from_slice(plain);
    let (_, body) = out.split_at_mut(start);
    let tag = key
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), body)
        .expect("below the length limit of the cipher");
    out.extend_from_slice(tag.as_ref());
}

pub(crate) fn open_after_nonce(
    key: &LessSafeKey,
    sealed: &[u8],
    aad: &[u8],
) -> Result<Vec<u8>, OpenError> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(OpenError)?;
    open_at(key, *nonce, body, aad)
}

pub(crate) fn open_at(
    key: &LessSafeKey,
    nonce: [u8; NONCE_LEN],
    body: &[u8],
    aad: &[u8],
) -> Result<Vec<u8>, OpenError> {
    let mut out = body.to_vec();
    let nonce = Nonce::assume_unique_for_key(nonce);
    let length = key.open_in_place(nonce, Aad::from(aad), &mut out).map_err(|_| OpenError)?.len();
    out.truncate(length);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_sealed_opens(plain: Vec<u8>, aad: Vec<u8>) {
            let key = DataKey::generate(1);
            prop_assert_eq!(key.open(&key.seal(&plain, &aad), &aad).unwrap(), plain);
        }

        #[test]
        fn any_flipped_bit_is_noticed(plain: Vec<u8>, aad: Vec<u8>, at: prop::sample::Index) {
            let key = DataKey::generate(1);
            let mut sealed = key.seal(&plain, &aad);
            let bit = at.index(sealed.len() * 8);
            sealed[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(key.open(&sealed, &aad), Err(OpenError));
        }

        #[test]
        fn any_cut_is_noticed(plain: Vec<u8>, at: prop::sample::Index) {
            let key = DataKey::generate(1);
            let sealed = key.seal(&plain, b"");
            prop_assert_eq!(key.open(&sealed[..at.index(sealed.len())], b""), Err(OpenError));
        }
    }

    #[test]
    fn a_value_opens_only_in_its_place_and_under_its_key() {
        let key = DataKey::generate(1);
        let sealed = key.seal(b"310101", b"here");
        assert_eq!(key.open(&sealed, b"there"), Err(OpenError));
        assert_eq!(DataKey::generate(1).open(&sealed, b"here"), Err(OpenError));
        let renamed = DataKey::from_secret(2, Zeroizing::new(*key.secret()));
        assert_eq!(renamed.open(&sealed, b"here"), Err(OpenError));
    }

    #[test]
    fn equal_values_do_not_look_equal_and_debug_shows_no_key() {
        let key = DataKey::generate(3);
        assert_ne!(key.seal(b"same", b""), key.seal(b"same", b""));
        assert_eq!(format!("{key:?}"), "DataKey { id: 3, .. }");
    }

    /// RFC 8452 appendix C.2, the first case with a plain text.
    #[test]
    fn the_cipher_is_aes_256_gcm_siv() {
        let mut secret = [0; 32];
        secret[0] = 1;
        let mut nonce = [0; 12];
        nonce[0] = 3;
        let mut out = Vec::new();
        seal_at(&aead_key(&secret), nonce, &mut out, &[1, 0, 0, 0, 0, 0, 0, 0], b"");
        let want = "c2ef328e5c71c83b843122130f7364b761e0b97427e3df28";
        let got = out.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        assert_eq!(got, want);
    }
}
