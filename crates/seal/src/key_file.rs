//! The text of the key file.
//!
//! ```text
//! baohao keys 1
//! wrap 1 <32 bytes, base64>
//! index <32 bytes, base64>
//! check <first 12 bytes of the SHA-256 of the lines above, base64>
//! ```
//!
//! Wrapping keys are numbered from 1 and only ever added; the last one wraps. The check line tells
//! a damaged file from a foreign one.

use crate::keyring::KeyFileError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt::Write as _;
use zeroize::Zeroizing;

const TITLE: &str = "baohao keys 1";
const CHECK_LEN: usize = 12;

/// What the file holds.
pub(crate) struct Secrets {
    /// Wrapping keys, the first has number 1; never empty.
    pub(crate) wraps: Vec<Zeroizing<[u8; 32]>>,
    /// The key of the blind indexes.
    pub(crate) index: Zeroizing<[u8; 32]>,
}

impl Secrets {
    pub(crate) fn generate() -> Self {
        let fresh = || Zeroizing::new(crate::entropy::bytes::<32>());
        Self { wraps: vec![fresh()], index: fresh() }
    }

    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(64 * (3 + self.wraps.len())));
        let _ = writeln!(text, "{TITLE}");
        for (number, wrap) in (1..).zip(&self.wraps) {
            let _ = writeln!(text, "wrap {number} {}", STANDARD.encode(wrap));
        }
        let _ = writeln!(text, "index {}", STANDARD.encode(&self.index[..]));
        let check = check_of(&text);
        let _ = writeln!(text, "check {check}");
        text
    }

    pub(crate) fn parse(text: &str) -> Result<Self, KeyFileError> {
        let damaged = |why: &'static str| KeyFileError::Damaged { why };
        let Some(version) = text.strip_prefix("baohao keys ") else {
            return Err(damaged("it does not begin with \"baohao keys\""));
        };
        if !version.starts_with("1\n") {
            return Err(KeyFileError::UnknownVersion);
        }
        let at = text.rfind("check ").ok_or_else(|| damaged("the check line is missing"))?;
        let (above, check) = text.split_at(at);
        if check.trim_end() != format!("check {}", check_of(above)) {
            return Err(damaged("the check line does not match: a line was changed or is missing"));
        }
        let (mut wraps, mut index) = (Vec::new(), None);
        for line in above.lines().skip(1) {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["wrap", number, key] if *number == (wraps.len() + 1).to_string() => {
                    wraps.push(key_of(key)?);
                }
                ["index", key] if index.is_none() => index = Some(key_of(key)?),
                _ => return Err(damaged("it has a line of an unknown kind")),
            }
        }
        match index {
            Some(index) if !wraps.is_empty() => Ok(Self { wraps, index }),
            _ => Err(damaged("a key is missing")),
        }
    }
}

fn check_of(lines: &str) -> String {
    let hash = crate::sha256(lines.as_bytes());
    STANDARD.encode(hash.first_chunk::<CHECK_LEN>().expect("a hash has 32 bytes"))
}

fn key_of(text: &str) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
    let bytes = STANDARD.decode(text).map(Zeroizing::new).ok();
    let key = bytes.as_ref().and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
    key.map(Zeroizing::new).ok_or(KeyFileError::Damaged { why: "a key is not 32 bytes of base64" })
}
