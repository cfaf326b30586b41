//! The secrets by which a SIM and its network know each other.

use super::SimRefusal;
use std::fmt;

/// Octets of K and of OPc (3GPP TS 35.206, clause 3: 128 bits each).
const KEY_BYTES: usize = 16;

/// The keys of a SIM for MILENAGE (3GPP TS 35.205 to 35.208): K and OPc. They print as `•••`.
#[derive(Clone, PartialEq, Eq)]
pub struct SimKeys {
    k: [u8; KEY_BYTES],
    opc: [u8; KEY_BYTES],
}

impl SimKeys {
    /// Octets of both keys together, as [`SimKeys::to_bytes`] gives them.
    pub const BYTES: usize = 2 * KEY_BYTES;

    /// Reads both as 32 hexadecimal digits each, in upper or lower case; refused as
    /// [`SimRefusal::KeyShape`] otherwise.
    pub fn parse(k: &str, opc: &str) -> Result<Self, SimRefusal> {
        Ok(Self { k: key(k)?, opc: key(opc)? })
    }

    /// From [`SimKeys::to_bytes`]; `None` if it is not [`SimKeys::BYTES`] long.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (k, opc) = bytes.split_at_checked(KEY_BYTES)?;
        Some(Self { k: k.try_into().ok()?, opc: opc.try_into().ok()? })
    }

    /// K and then OPc, to be sealed.
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.k, self.opc].concat()
    }

    /// K in lower-case hexadecimal digits, for the register alone.
    pub fn k_hex(&self) -> String {
        hex(&self.k)
    }

    /// OPc in lower-case hexadecimal digits, for the register alone.
    pub fn opc_hex(&self) -> String {
        hex(&self.opc)
    }
}

impl fmt::Debug for SimKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

fn key(text: &str) -> Result<[u8; KEY_BYTES], SimRefusal> {
    let digits = text.as_bytes();
    if digits.len() != 2 * KEY_BYTES {
        return Err(SimRefusal::KeyShape);
    }
    let mut key = [0; KEY_BYTES];
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| pair.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        let (Some(high), Some(low)) = (digit(0), digit(1)) else {
            return Err(SimRefusal::KeyShape);
        };
        *byte = u8::try_from(high * 16 + low).map_err(|_| SimRefusal::KeyShape)?;
    }
    Ok(key)
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3GPP TS 35.208, test set 1.
    const K: &str = "465B5CE8B199B49FAA5F0A2EE238A6BC";
    const OPC: &str = "cd63cb71954a9f4e48a5994e37a02baf";

    #[test]
    fn keys_are_read_and_written_and_never_printed() {
        let keys = SimKeys::parse(K, OPC).unwrap();
        assert_eq!((keys.k_hex(), keys.opc_hex()), (K.to_lowercase(), OPC.to_owned()));
        assert_eq!(SimKeys::from_bytes(&keys.to_bytes()), Some(keys.clone()));
        assert_eq!(format!("{keys:?}"), "•••");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let long = format!("{K}0");
        for wrong in
            ["", "46", &K[1..], &long, "g65B5CE8B199B49FAA5F0A2EE238A6BC", "密钥密钥密钥密钥密钥0"]
        {
            assert_eq!(SimKeys::parse(wrong, OPC), Err(SimRefusal::KeyShape), "{wrong}");
            assert_eq!(SimKeys::parse(K, wrong), Err(SimRefusal::KeyShape), "{wrong}");
        }
        assert_eq!(SimKeys::from_bytes(&[0; 31]), None);
        assert_eq!(SimKeys::from_bytes(&[0; 33]), None);
    }
}
