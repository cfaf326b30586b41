//! Every kind of document, drawn: it is recognised for what it is, no clear value of it is wrong,
//! and photos that show more than one document never give a mixture.

mod tools;

use domain::identity::DocumentKind;
use domain::reading::{FieldName, Problem, Reading, Side, Standing, fields_of};
use reader::eval::{KINDS, Level, Set, Specimen, specimen};
use tools::{photo, read, tools};
use vision::Picture;

/// The specimen's clear fields; none may be wrong.
fn right(specimen: &Specimen, side: Side, reading: &Reading) -> usize {
    let names = fields_of(specimen.kind, side).iter();
    let clear = names.filter_map(|name| Some((*name, reading.clear(*name)?)));
    let is_right = |(name, value): (FieldName, &str)| {
        let truth = specimen.truth(name);
        assert_eq!(Some(value), truth.as_deref(), "{:?} {}", specimen.kind, name.code());
    };
    clear.map(is_right).count()
}

/// How many fields the side of this specimen shows.
fn shown(specimen: &Specimen, side: Side) -> usize {
    let names = fields_of(specimen.kind, side).iter();
    names.filter(|name| specimen.truth(**name).is_some()).count()
}

#[test]
fn every_kind_is_recognised_and_read() {
    let Some((reader, fonts)) = tools() else { return };
    for kind in KINDS {
        // Of permanent-resident cards the later form and the earlier one.
        let indices: &[u32] =
            if kind == DocumentKind::PermanentResidence { &[6000, 6002] } else { &[6000] };
        for index in indices {
            let specimen = specimen(fonts, Set::Development, kind, Level::Mild, *index);
            for (side, _) in &specimen.photos {
                let reading = read(reader, &photo(&specimen, *side));
                assert_eq!((reading.document, reading.side), (Some(kind), Some(*side)), "{index}");
                let (read, shown) = (right(&specimen, *side, &reading), shown(&specimen, *side));
                assert!(read + 1 >= shown, "{kind:?} {side:?} {index}: {read} of {shown}");
            }
        }
    }
}

#[test]
fn a_passport_is_read_whichever_way_the_phone_was_held() {
    let Some((reader, fonts)) = tools() else { return };
    let kind = DocumentKind::ForeignPassport;
    let specimen = specimen(fonts, Set::Development, kind, Level::Mild, 6010);
    let upright = photo(&specimen, Side::Front);
    for quarters in 1..4 {
        let reading = read(reader, &upright.turned(quarters));
        assert_eq!(reading.document, Some(kind), "turned by {quarters}");
        assert_eq!(reading.quarters, (4 - quarters) % 4);
        assert!(right(&specimen, Side::Front, &reading) >= 5, "turned by {quarters}");
    }
}

/// Two photos, one above the other.
fn above(upper: &Picture, lower: &Picture) -> Picture {
    let rows = [upper.raw(), lower.raw()].concat();
    let both = Picture::from_raw(upper.width(), upper.height() + lower.height(), rows);
    both.expect("two photos of one width")
}

#[test]
fn two_documents_of_different_kinds_are_never_mixed_up() {
    let Some((reader, fonts)) = tools() else { return };
    let drawn = |kind, index| specimen(fonts, Set::Development, kind, Level::Mild, index);
    let pairs = [
        (DocumentKind::ResidentId, Side::Front, DocumentKind::ForeignPassport, Side::Front),
        (DocumentKind::ResidencePermit, Side::Front, DocumentKind::ResidencePermit, Side::Back),
        (DocumentKind::ResidentId, Side::Front, DocumentKind::ResidentId, Side::Back),
    ];
    for (index, (upper, upper_side, lower, lower_side)) in (6020..).step_by(2).zip(pairs) {
        let specimens = [(drawn(upper, index), upper_side), (drawn(lower, index + 1), lower_side)];
        let photos = specimens.each_ref().map(|(specimen, side)| photo(specimen, *side));
        let [a, b] = &photos;
        let reading = read(reader, &above(a, b));
        if reading.problem == Some(Problem::SeveralDocuments) {
            assert!(reading.fields.is_empty());
            continue;
        }
        // Then it must be one of the two, and nothing of the other.
        let seen = (reading.document, reading.side);
        let own = specimens.iter().find(|(of, side)| (Some(of.kind), Some(*side)) == seen);
        let (own, side) = own.unwrap_or_else(|| panic!("{upper:?} {lower:?}: {reading:?}"));
        right(own, *side, &reading);
    }
}

#[test]
fn a_card_among_other_things_is_read_or_refused() {
    let Some((reader, fonts)) = tools() else { return };
    let kind = DocumentKind::ResidentId;
    let specimen = specimen(fonts, Set::Development, kind, Level::Glare, 6030);
    let card = photo(&specimen, Side::Front);
    // A larger table: a dark book, a white sheet with stripes, and the card in a corner.
    let (width, height) = (2200_u32, 1600_u32);
    let mut raw = vec![120_u8; (width * height * 3) as usize];
    let mut fill = |x0: u32, y0: u32, x1: u32, y1: u32, of: &dyn Fn(u32, u32) -> [u8; 3]| {
        for y in y0..y1 {
            for x in x0..x1 {
                let start = ((y * width + x) * 3) as usize;
                raw[start..start + 3].copy_from_slice(&of(x - x0, y - y0));
            }
        }
    };
    fill(60, 80, 700, 620, &|_, _| [40, 30, 60]);
    fill(1500, 60, 2150, 560, &|_, y| if y % 40 < 6 { [60; 3] } else { [245; 3] });
    fill(200, 1150, 560, 1500, &|x, y| [(x % 255) as u8, (y % 255) as u8, 90]);
    let of_card = |x: u32, y: u32| {
        let start = ((y * card.width() + x) * 3) as usize;
        [card.raw()[start], card.raw()[start + 1], card.raw()[start + 2]]
    };
    fill(760, 580, 760 + card.width(), 580 + card.height(), &of_card);
    let table = Picture::from_raw(width, height, raw).expect("a whole picture");
    let reading = read(reader, &table);
    assert_eq!(reading.document, Some(kind), "{reading:?}");
    assert!(right(&specimen, Side::Front, &reading) >= 5, "{reading:?}");
}

#[test]
fn a_digit_of_a_zone_that_was_painted_over_is_never_clear() {
    let Some((reader, fonts)) = tools() else { return };
    let kind = DocumentKind::ForeignPassport;
    let specimen = specimen(fonts, Set::Development, kind, Level::Mild, 6040);
    let photo = photo(&specimen, Side::Front);
    let place = read(reader, &photo).field(FieldName::Birth).expect("read").place;
    let at = |share: u16, whole: u32| usize::from(share) * whole as usize / 1000;
    let (x, width) = (at(place.x + place.width / 3, photo.width()), at(place.width / 4, 1400));
    let (top, height) = (at(place.y, photo.height()), at(place.height, photo.height()));
    let mut raw = photo.raw().to_vec();
    for y in top..top + height {
        let start = (y * photo.width() as usize + x) * 3;
        raw[start..start + width * 3].fill(20);
    }
    let damaged = Picture::from_raw(photo.width(), photo.height(), raw).expect("the same size");
    let reading = read(reader, &damaged);
    let birth = reading.clear(FieldName::Birth);
    assert!(birth.is_none_or(|day| Some(day) == specimen.truth(FieldName::Birth).as_deref()));
    let standings = reading.fields.iter().map(|field| field.standing);
    assert!(reading.fields.is_empty() || standings.into_iter().any(|s| s == Standing::Clear));
}
