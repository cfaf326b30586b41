//! Photos as telephones send them from a page.

use domain::reason::Item;
use testkit::Applicant;
use vision::{Picture, specimen};

/// The long side, in pixels.
const SIDE: u32 = 2000;
const PHOTO_BYTES: usize = 400_000;

/// A photo of about [`PHOTO_BYTES`]: grain is what makes real ones so large.
pub fn photo(person: &Applicant, item: Item) -> Vec<u8> {
    let drawn = match item {
        Item::DocumentBack => specimen::document_back(&person.holder),
        Item::Portrait => specimen::portrait(&person.holder),
        _ => specimen::document_front(&person.holder),
    };
    let drawn = drawn.fitted(SIDE);
    let mut taken = drawn.to_jpeg();
    for grain in 1..100 {
        if taken.len() >= PHOTO_BYTES {
            break;
        }
        taken = grained(&drawn, grain).to_jpeg();
    }
    taken
}

fn grained(picture: &Picture, grain: u8) -> Picture {
    let mut random = crate::load::Random::new(u64::from(grain));
    let span = u64::from(grain) * 2 + 1;
    let bytes = picture.raw().iter().map(|byte| {
        let noise = u8::try_from(random.below(span)).expect("small");
        byte.saturating_add(noise).saturating_sub(grain)
    });
    let (width, height) = (picture.width(), picture.height());
    Picture::from_raw(width, height, bytes.collect()).expect("as many as before")
}
