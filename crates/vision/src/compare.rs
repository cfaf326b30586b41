//! Whether two photos are the same one.

use crate::picture::Picture;
use image::imageops::{self, FilterType};
use serde::{Deserialize, Serialize};

/// A difference hash: for 16 × 16 cells, whether the right neighbour is clearly brighter. It
/// survives shrinking, blur, another compression and a little light; not another photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fingerprint(pub [u8; 32]);

/// Bits of 256 in which copies of one photo may differ. The two sides of a card on one table differ
/// in many more. It is meant for the few photos of one application, not for search among all.
const DISTANCE_MAX: u32 = 8;

/// How much brighter counts: less is noise of a plain wall.
const STEP: u8 = 2;

/// The fingerprint of a picture.
pub fn fingerprint(picture: &Picture) -> Fingerprint {
    let small = imageops::resize(&picture.rgb, 17, 16, FilterType::Triangle);
    let gray = imageops::grayscale(&small);
    let mut bits = [0_u8; 32];
    let rows = gray.as_raw().chunks_exact(17);
    let pairs = rows.flat_map(|row| row.windows(2));
    for (index, pair) in pairs.enumerate() {
        if let ([left, right], Some(byte)) = (pair, bits.get_mut(index / 8)) {
            *byte |= u8::from(*right > left.saturating_add(STEP)) << (index % 8);
        }
    }
    Fingerprint(bits)
}

impl Fingerprint {
    /// In how many bits two fingerprints differ.
    pub fn distance(&self, other: &Self) -> u32 {
        self.0.iter().zip(other.0).map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    /// Whether both come from the same photo.
    pub fn is_same(&self, other: &Self) -> bool {
        self.distance(other) <= DISTANCE_MAX
    }
}
