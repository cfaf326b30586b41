//! What a photo may be, and what becomes of it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use vision::specimen::{self, Holder};
use vision::{
    FaultKind, ImageError, Limits, Region, Thresholds, check, decode, fingerprint, measure,
};

fn front() -> Vec<u8> {
    specimen::document_front(&Holder::default()).to_jpeg()
}

/// Why a photo is refused; what is told without its pixels is told with them as well.
fn refused(bytes: &[u8]) -> Option<ImageError> {
    let refused = decode(bytes, &Limits::default()).err();
    if let Err(early) = check(bytes, &Limits::default()) {
        assert_eq!(Some(early), refused);
    }
    refused
}

/// The same without pixels.
fn refused_early(bytes: &[u8]) -> Option<ImageError> {
    check(bytes, &Limits::default()).err()
}

/// A JPEG with an EXIF block of the given orientation and a place where it was taken.
fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08\0\x02".to_vec();
    tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    tiff.extend([0x01, 0x0e, 0, 2, 0, 0, 0, 10, 0, 0, 0, 38, 0, 0, 0, 0]);
    tiff.extend(b"31.2304 N\0");
    let mut out = jpeg[..2].to_vec();
    let length = u16::try_from(tiff.len() + 8).unwrap();
    out.extend([0xff, 0xe1]);
    out.extend(length.to_be_bytes());
    out.extend(b"Exif\0\0");
    out.extend(&tiff);
    out.extend(&jpeg[2..]);
    out
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let pixels = vec![128; (width * height * 3) as usize];
    PngEncoder::new(&mut out).write_image(&pixels, width, height, ExtendedColorType::Rgb8).unwrap();
    out
}

#[test]
fn files_that_are_not_one_photo_are_refused_by_name() {
    assert_eq!(refused(b""), Some(ImageError::Empty));
    assert_eq!(refused(b"%PDF-1.7\n%...."), Some(ImageError::Pdf));
    assert_eq!(refused(b"\0\0\0\x18ftypheic\0\0\0\0"), Some(ImageError::Heic));
    assert_eq!(refused(b"hello, this is a text"), Some(ImageError::NotAnImage));
    assert_eq!(refused(&vec![0xff; 10_000_001]), Some(ImageError::TooLarge));
    assert_eq!(refused(&png(40, 40)), Some(ImageError::TooSmall));
    assert_eq!(refused(b"\xff\xd8\xff\xe0 nothing of the kind"), Some(ImageError::Truncated));
}

#[test]
fn a_cut_off_photo_is_refused_wherever_it_is_cut() {
    let jpeg = front();
    for part in [3, 10, 50, 90, 99] {
        let cut = &jpeg[..jpeg.len() * part / 100];
        assert_eq!(refused(cut), Some(ImageError::Truncated), "{part} %");
    }
    assert_eq!(refused(&jpeg[..jpeg.len() - 2]), Some(ImageError::Truncated));
    let mut longer = jpeg.clone();
    longer.extend(b"some cameras append their own data");
    assert_eq!(refused(&longer), None);

    let whole = png(300, 300);
    assert_eq!(refused(&whole), None);
    let cut = refused(&whole[..whole.len() / 2]);
    assert!(matches!(cut, Some(ImageError::Truncated | ImageError::Damaged)), "{cut:?}");
}

#[test]
fn a_decompression_bomb_is_refused_before_it_is_unpacked() {
    // A header that announces 30000 × 30000 pixels, with next to no data.
    let mut bomb = png(300, 300);
    bomb[16..20].copy_from_slice(&30_000_u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&30_000_u32.to_be_bytes());
    let crc = crc32(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&crc.to_be_bytes());
    assert_eq!(refused(&bomb), Some(ImageError::TooManyPixels));
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    })
}

#[test]
fn an_animated_picture_is_refused() {
    // A PNG becomes animated by its animation control chunk, which follows the header.
    let mut animated = png(300, 300);
    let mut chunk = b"acTL\0\0\0\x02\0\0\0\0".to_vec();
    let crc = crc32(&chunk);
    chunk.splice(0..0, 8_u32.to_be_bytes());
    chunk.extend(crc.to_be_bytes());
    animated.splice(33..33, chunk);
    assert_eq!(refused(&animated), Some(ImageError::Animated));
    let frame = b"\x21\xf9\x04\0\0\0\0\0";
    let gif = [b"GIF89a".as_slice(), frame, frame].concat();
    assert_eq!(refused(&gif), Some(ImageError::Animated));
}

#[test]
fn webp_is_read_and_its_ends_are_watched() {
    let mut webp = Vec::new();
    let pixels = vec![90; 300 * 300 * 3];
    image::codecs::webp::WebPEncoder::new_lossless(&mut webp)
        .write_image(&pixels, 300, 300, ExtendedColorType::Rgb8)
        .unwrap();
    assert_eq!(refused(&webp), None);
    assert_eq!(refused(&webp[..webp.len() - 4]), Some(ImageError::Truncated));
    // An extended header with the animation flag, and the announced size put right.
    let mut animated = webp.clone();
    let header = [b"VP8X".as_slice(), &[10, 0, 0, 0, 2, 0, 0, 0, 43, 1, 0, 43, 1, 0]].concat();
    animated.splice(12..12, header);
    let frames = [b"ANIM".as_slice(), &[6, 0, 0, 0, 0, 0, 0, 0, 0, 0]].concat();
    animated.splice(30..30, frames);
    let size = u32::try_from(animated.len() - 8).unwrap();
    animated[4..8].copy_from_slice(&size.to_le_bytes());
    let answer = refused(&animated);
    assert!(matches!(answer, Some(ImageError::Animated | ImageError::Damaged)), "{answer:?}");
}

#[test]
fn random_damage_never_panics() {
    let jpeg = specimen::document_front(&Holder::default()).fitted(500).to_jpeg();
    let mut state = 7_u32;
    for _ in 0..60 {
        let mut broken = jpeg.clone();
        for _ in 0..20 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = state as usize % broken.len();
            broken[at] ^= (state >> 24) as u8;
        }
        let _ = refused(&broken);
    }
}

#[test]
fn what_the_outline_tells_is_told_without_pixels() {
    let jpeg = front();
    let mut bomb = png(300, 300);
    bomb[16..20].copy_from_slice(&30_000_u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&30_000_u32.to_be_bytes());
    let crc = crc32(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&crc.to_be_bytes());
    let cases: [(&[u8], Option<ImageError>); 9] = [
        (b"", Some(ImageError::Empty)),
        (b"%PDF-1.7\n%....", Some(ImageError::Pdf)),
        (b"\0\0\0\x18ftypheic\0\0\0\0", Some(ImageError::Heic)),
        (b"hello, this is a text", Some(ImageError::NotAnImage)),
        (&vec![0xff; 10_000_001], Some(ImageError::TooLarge)),
        (&png(40, 40), Some(ImageError::TooSmall)),
        (&jpeg[..jpeg.len() - 2], Some(ImageError::Truncated)),
        (&bomb, Some(ImageError::TooManyPixels)),
        (&jpeg, None),
    ];
    for (bytes, expected) in cases {
        assert_eq!(refused_early(bytes), expected);
        assert_eq!(refused(bytes), expected);
    }
    // Damage inside the pixels is seen only by whoever reads them.
    let mut png = png(300, 300);
    let middle = png.len() / 2;
    png[middle] ^= 0xff;
    assert_eq!(refused_early(&png), None);
    assert_eq!(refused(&png), Some(ImageError::Damaged));
}

#[test]
fn a_turned_photo_is_set_upright_and_loses_its_metadata() {
    let upright = decode(&front(), &Limits::default()).unwrap();
    // Orientation 6: the camera was held so that the picture must be turned right.
    let lying = upright.picture.turned(3).to_jpeg();
    let sent = with_exif(&lying, 6);
    assert!(sent.windows(9).any(|window| window == b"31.2304 N"));
    let read = decode(&sent, &Limits::default()).unwrap();
    assert!(read.picture.width() > read.picture.height());
    assert_eq!(read.original.width, 1400);
    assert!(fingerprint(&read.picture).is_same(&fingerprint(&upright.picture)));
    let clean = read.picture.to_jpeg();
    assert!(!clean.windows(4).any(|window| window == b"Exif"));
    assert!(!clean.windows(9).any(|window| window == b"31.2304 N"));
}

#[test]
fn large_photos_shrink_and_small_ones_stay() {
    let read = decode(&png(4000, 1000), &Limits::default()).unwrap();
    assert_eq!((read.picture.width(), read.picture.height()), (2000, 500));
    assert_eq!(read.original.width, 4000);
    assert_eq!(read.picture.fitted(400).height(), 100);
    let small = decode(&png(300, 300), &Limits::default()).unwrap();
    assert_eq!(small.picture.width(), 300);
}

#[test]
fn clear_specimens_have_no_fault_and_spoilt_ones_have_theirs() {
    let holder = Holder::default();
    let faults = |picture: &vision::Picture| {
        let read = decode(&picture.to_jpeg(), &Limits::default()).unwrap();
        let quality = measure(&read.picture, read.original);
        let is_portrait = read.original.height > read.original.width;
        let thresholds = if is_portrait { Thresholds::PORTRAIT } else { Thresholds::DOCUMENT };
        let found = quality.faults(&thresholds);
        (found.iter().map(|fault| fault.kind).collect::<Vec<_>>(), quality)
    };
    let clear = [
        specimen::document_front(&holder),
        specimen::document_back(&holder),
        specimen::portrait(&holder),
    ];
    for picture in &clear {
        let (found, quality) = faults(picture);
        assert_eq!(found, [], "{quality:?}");
    }
    for picture in &clear {
        let (found, quality) = faults(&specimen::blurred(picture, 6.0));
        assert_eq!(found, [FaultKind::Blurry], "{quality:?}");
        let (found, quality) = faults(&specimen::darkened(picture, 0.2));
        assert_eq!(found, [FaultKind::TooDark], "{quality:?}");
    }
    let (found, quality) = faults(&specimen::with_glare(&clear[0], 1.2));
    assert!(found.contains(&FaultKind::TooBright), "{quality:?}");
    let (found, quality) = faults(&clear[0].fitted(400));
    assert!(found.contains(&FaultKind::LowResolution), "{quality:?}");
}

#[test]
fn the_same_photo_is_known_again_and_another_is_not() {
    let one = Holder::default();
    let of = |picture: &vision::Picture| fingerprint(picture);
    let front = specimen::document_front(&one);
    let copy = decode(&front.fitted(900).to_jpeg(), &Limits::default()).unwrap().picture;
    assert!(of(&front).is_same(&of(&copy)));
    assert!(of(&front).is_same(&of(&specimen::darkened(&front, 0.8))));
    assert!(!of(&front).is_same(&of(&specimen::document_back(&one))));
    assert!(!of(&front).is_same(&of(&specimen::portrait(&one))));
    let back = specimen::document_back(&one);
    assert!(!of(&back).is_same(&of(&specimen::portrait(&one))));
}

#[test]
fn a_region_means_the_same_part_at_every_size() {
    let picture = specimen::document_front(&Holder::default());
    let region = Region { x: 500, y: 0, width: 500, height: 1000 };
    assert_eq!(picture.cropped(region).width(), 700);
    assert_eq!(picture.fitted(700).cropped(region).width(), 350);
    let outside = Region { x: 990, y: 990, width: 500, height: 500 };
    let corner = picture.cropped(outside);
    assert_eq!((corner.width(), corner.height()), (14, 10));
    let nothing = Region { x: 1000, y: 1000, width: 0, height: 0 };
    assert_eq!(picture.cropped(nothing).width(), 1);
}

#[test]
fn a_stamped_copy_is_marked_all_over() {
    let picture = specimen::document_front(&Holder::default());
    let stamped = vision::stamp(&picture, "仅用于尾号8000实名登记 2026-11-24 R7");
    assert_eq!((stamped.width(), stamped.height()), (picture.width(), picture.height()));
    for x in 0..4 {
        for y in 0..4 {
            let region = Region { x: x * 250, y: y * 250, width: 250, height: 250 };
            assert_ne!(picture.cropped(region), stamped.cropped(region), "cell {x} {y}");
        }
    }
    assert_ne!(picture, stamped);
}
