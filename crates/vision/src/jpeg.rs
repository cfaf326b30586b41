//! Whether a JPEG file is whole.
//!
//! Decoders fill the missing part of a cut-off file with grey and say nothing; a document with a
//! grey half would then wait days for a person. So the markers are walked to the end of the image.

const START_OF_SCAN: u8 = 0xda;
const END_OF_IMAGE: u8 = 0xd9;

/// Whether the end of the image is there. What follows it does not matter.
pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    let mut at = 2;
    loop {
        let Some(marker) = next_marker(bytes, &mut at) else { return false };
        match marker {
            END_OF_IMAGE => return true,
            // Restart markers and the temporary marker stand alone.
            0x01 | 0xd0..=0xd8 => {}
            _ => {
                let Some(length) = bytes.get(at..at + 2) else { return false };
                let length = length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
                at += length.max(2);
                if marker == START_OF_SCAN {
                    skip_scan(bytes, &mut at);
                }
            }
        }
    }
}

/// The next marker at or after `at`, which then points behind it.
fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    while *bytes.get(*at)? != 0xff {
        *at += 1;
    }
    while *bytes.get(*at)? == 0xff {
        *at += 1;
    }
    let marker = *bytes.get(*at)?;
    *at += 1;
    if marker == 0 { next_marker_after_stuffing(bytes, at) } else { Some(marker) }
}

fn next_marker_after_stuffing(bytes: &[u8], at: &mut usize) -> Option<u8> {
    loop {
        skip_scan(bytes, at);
        let marker = *bytes.get(*at + 1)?;
        *at += 2;
        if marker != 0 {
            return Some(marker);
        }
    }
}

/// Moves `at` to the first byte pair of entropy-coded data that is a real marker.
fn skip_scan(bytes: &[u8], at: &mut usize) {
    while let Some(ahead) = bytes.get(*at..) {
        let Some(next) = memchr::memchr(0xff, ahead) else {
            *at = bytes.len();
            return;
        };
        *at += next;
        match bytes.get(*at + 1) {
            Some(0x00 | 0xd0..=0xd7) => *at += 2,
            Some(0xff) => *at += 1,
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same, byte by byte.
    fn skip_byte_by_byte(bytes: &[u8], at: &mut usize) {
        while let Some(&byte) = bytes.get(*at) {
            match (byte, bytes.get(*at + 1)) {
                (0xff, Some(0x00 | 0xd0..=0xd7)) => *at += 2,
                (0xff, Some(0xff)) | (0..=0xfe, _) => *at += 1,
                (0xff, _) => return,
            }
        }
    }

    #[test]
    fn marks_are_found_as_byte_by_byte() {
        const BYTES: [u8; 6] = [0x00, 0x12, 0xd0, 0xd7, 0xd9, 0xff];
        for length in 0..=6 {
            for number in 0..BYTES.len().pow(length) {
                let place = |place| BYTES[number / BYTES.len().pow(place) % BYTES.len()];
                let bytes: Vec<u8> = (0..length).map(place).collect();
                let (mut seen, mut wanted) = (0, 0);
                skip_scan(&bytes, &mut seen);
                skip_byte_by_byte(&bytes, &mut wanted);
                let ends = |at: usize| at.min(bytes.len());
                assert_eq!(ends(seen), ends(wanted), "{bytes:?}");
            }
        }
    }
}
