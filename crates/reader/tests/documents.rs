//! Reading resident identity cards with the real models, where they are.

mod tools;

use domain::identity::DocumentKind;
use domain::reading::{FieldName, Problem, Reading, Side, Standing};
use jiff::civil::date;
use reader::ModelError;
use reader::eval::{Level, Set, Specimen, specimen};
use std::time::{Duration, Instant};
use tools::{photo, read, tools};
use vision::{Limits, Picture, decode};

const RESIDENT: DocumentKind = DocumentKind::ResidentId;
const FRONT: [FieldName; 6] = [
    FieldName::Name,
    FieldName::Sex,
    FieldName::Ethnicity,
    FieldName::Birth,
    FieldName::Address,
    FieldName::Number,
];
const BACK: [FieldName; 3] = [FieldName::Issuer, FieldName::ValidFrom, FieldName::ValidUntil];

/// How many fields are clear and right; none may be clear and wrong.
fn right(specimen: &Specimen, reading: &Reading, names: &[FieldName]) -> usize {
    let clear = names.iter().filter_map(|name| Some((name, reading.clear(*name)?)));
    clear
        .map(|(name, value)| {
            assert_eq!(Some(value), specimen.truth(*name).as_deref(), "{}", name.code());
        })
        .count()
}

#[test]
fn a_card_is_read_whichever_way_the_phone_was_held() {
    let Some((reader, fonts)) = tools() else { return };
    let specimen = specimen(fonts, Set::Development, RESIDENT, Level::Mild, 4000);
    for (side, names) in [(Side::Front, FRONT.as_slice()), (Side::Back, BACK.as_slice())] {
        let upright = photo(&specimen, side);
        for quarters in 0..4 {
            let reading = read(reader, &upright.turned(quarters));
            assert_eq!(reading.side, Some(side), "turned by {quarters}");
            assert_eq!(reading.quarters, (4 - quarters) % 4);
            assert_eq!(right(&specimen, &reading, names), names.len(), "turned by {quarters}");
        }
    }
}

#[test]
fn the_place_of_a_value_is_where_it_stands() {
    let Some((reader, fonts)) = tools() else { return };
    let specimen = specimen(fonts, Set::Development, RESIDENT, Level::Glare, 4001);
    let reading = read(reader, &photo(&specimen, Side::Front));
    let place = |name| reading.field(name).expect("read").place;
    let (name, number) = (place(FieldName::Name), place(FieldName::Number));
    let address = place(FieldName::Address);
    for place in [name, number, address] {
        assert!(place.width > 30 && place.height > 10, "{place:?}");
        assert!(place.x + place.width <= 1000 && place.y + place.height <= 1000, "{place:?}");
    }
    assert!(name.y < address.y && address.y < number.y, "{name:?} {address:?} {number:?}");
    assert!(number.width > 2 * name.width, "{name:?} {number:?}");
}

#[test]
fn two_cards_in_one_photo_are_never_mixed_up() {
    let Some((reader, fonts)) = tools() else { return };
    let specimens =
        [4002, 4003].map(|i| specimen(fonts, Set::Development, RESIDENT, Level::Mild, i));
    let photos = specimens.each_ref().map(|specimen| photo(specimen, Side::Front));
    let [upper, lower] = &photos;
    let rows = [upper.raw(), lower.raw()].concat();
    let both = Picture::from_raw(upper.width(), upper.height() + lower.height(), rows);
    let reading = read(reader, &both.expect("two photos of one width"));
    if reading.problem == Some(Problem::SeveralDocuments) {
        assert!(reading.fields.is_empty());
        return;
    }
    let fits = |specimen: &Specimen| {
        let is_its = |name: &FieldName| {
            reading.clear(*name).is_none_or(|value| Some(value) == specimen.truth(*name).as_deref())
        };
        FRONT.iter().all(is_its)
    };
    assert!(specimens.iter().any(fits), "values of two cards in one reading");
}

#[test]
fn a_damaged_digit_is_never_clear() {
    let Some((reader, fonts)) = tools() else { return };
    let specimen = specimen(fonts, Set::Development, RESIDENT, Level::Mild, 4004);
    let photo = photo(&specimen, Side::Front);
    let place = read(reader, &photo).field(FieldName::Number).expect("read").place;
    // A dark stroke over a digit in the middle of the number.
    let at = |share: u16, whole: u32| usize::from(share) * whole as usize / 1000;
    let x = at(place.x + place.width / 2, photo.width());
    let (top, height) = (at(place.y, photo.height()), at(place.height, photo.height()));
    let mut raw = photo.raw().to_vec();
    for y in top..top + height {
        for dx in 0..14 {
            let pixel = (y * photo.width() as usize + x + dx) * 3;
            raw[pixel..pixel + 3].fill(30);
        }
    }
    let damaged = Picture::from_raw(photo.width(), photo.height(), raw).expect("the same size");
    let reading = read(reader, &damaged);
    let number = reading.clear(FieldName::Number);
    assert!(
        number.is_none_or(|number| Some(number) == specimen.truth(FieldName::Number).as_deref()),
        "a made-up number"
    );
}

#[test]
fn a_photo_without_a_document_gives_a_reason_and_no_fields() {
    let Some((reader, _)) = tools() else { return };
    let blank = Picture::from_raw(800, 600, vec![200; 800 * 600 * 3]).expect("whole");
    let reading = read(reader, &blank);
    assert_eq!((reading.problem, reading.fields.len()), (Some(Problem::NoText), 0));
    let portrait = vision::specimen::portrait(&vision::specimen::Holder::default());
    let reading = read(reader, &portrait);
    assert!(reading.problem.is_some() && reading.fields.is_empty(), "{reading:?}");
    let thin = Picture::from_raw(2000, 1, vec![9; 6000]).expect("whole");
    assert!(read(reader, &thin).fields.is_empty());
}

#[test]
fn a_late_photo_is_given_up() {
    let Some((reader, fonts)) = tools() else { return };
    let specimen = specimen(fonts, Set::Development, RESIDENT, Level::Mild, 4005);
    let now = Instant::now();
    let past = now.checked_sub(Duration::from_millis(1)).unwrap_or(now);
    let result = reader.read(&photo(&specimen, Side::Front), date(2026, 11, 27), past);
    assert_eq!(result.unwrap_err(), ModelError::Deadline);
}

#[test]
fn a_card_that_is_hard_to_read_has_no_clear_and_wrong_field() {
    let Some((reader, fonts)) = tools() else { return };
    let specimen = specimen(fonts, Set::Development, RESIDENT, Level::Hard, 4006);
    let reading = read(reader, &photo(&specimen, Side::Back));
    right(&specimen, &reading, &BACK);
    let odd = reading.fields.iter().filter(|field| field.standing != Standing::Clear);
    assert!(odd.count() <= 1, "{reading:?}");
}

#[test]
fn the_samples_of_the_demo_fill_in_the_form() {
    let Some((reader, _)) = tools() else { return };
    let holder = vision::specimen::Holder::default();
    let photo = |picture: Picture| {
        decode(&picture.to_jpeg(), &Limits::default()).expect("a whole file").picture
    };
    let front = read(reader, &photo(vision::specimen::document_front(&holder)));
    let back = read(reader, &photo(vision::specimen::document_back(&holder)));
    assert_eq!(front.clear(FieldName::Name), Some(holder.name.as_str()));
    assert_eq!(front.clear(FieldName::Number), Some(holder.number.as_str()));
    assert_eq!(front.clear(FieldName::Sex), Some("女"));
    assert_eq!(back.side, Some(Side::Back));
    assert_eq!(back.clear(FieldName::ValidUntil), Some("2040-01-01"));

    let permit = vision::specimen::Holder {
        number: "81000020000229993X".to_owned(),
        birth: (2000, 2, 29),
        ..vision::specimen::Holder::default()
    };
    let kind = Some(DocumentKind::ResidencePermit);
    let front = read(reader, &photo(vision::specimen::document_front(&permit)));
    assert_eq!((front.document, front.side), (kind, Some(Side::Front)));
    assert_eq!(front.clear(FieldName::Number), Some(permit.number.as_str()));
    let back = read(reader, &photo(vision::specimen::residence_permit_back(&permit)));
    // The drawn title is not legible to the net: the side is taken for one of what was chosen.
    assert_eq!(back.side, Some(Side::Back));
    assert!(back.document.is_none() || back.document == kind, "{back:?}");
    let traveller = vision::specimen::Holder {
        name: "TEST SAMPLE ONE".to_owned(),
        number: "999000001".to_owned(),
        birth: (1985, 6, 15),
        ..vision::specimen::Holder::default()
    };
    let zone = [
        "P<GBRTEST<<SAMPLE<ONE<<<<<<<<<<<<<<<<<<<<<<<",
        "9990000010GBR8506151<3111301<<<<<<<<<<<<<<<2",
    ];
    let page = read(reader, &photo(vision::specimen::passport(&traveller, zone)));
    assert_eq!(page.document, Some(DocumentKind::ForeignPassport));
    assert_eq!(page.clear(FieldName::Number), Some("999000001"));
    assert_eq!(page.clear(FieldName::ValidUntil), Some("2031-11-30"));
}
