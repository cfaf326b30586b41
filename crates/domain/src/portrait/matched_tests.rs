use super::*;
use crate::portrait::{Found, Measures, OnDocument, Portrait, Spot};
use crate::reading::Unread;

fn faces(cosine: Option<f32>) -> Faces {
    let face = Found { sureness: 0.9, eyes_px: 120.0, spots: [Spot::default(); 5] };
    let measures = Measures {
        roll_degrees: 0.0,
        turn: 0.0,
        nod: 0.5,
        sharpness: 20.0,
        brightness: 120.0,
        dark_share: 0.0,
        bright_share: 0.0,
        side_ratio: 1.0,
        eyes_dark_share: 0.0,
        lower_colour: 0.0,
        pattern: 0.0,
    };
    Faces {
        portrait: Portrait {
            faces: 1,
            face: Some(face),
            measures: Some(measures),
            ..Portrait::default()
        },
        document: Some(OnDocument { face: cosine.map(|_| face), cosine, bits: Some(90) }),
        millis: 40,
    }
}

fn said(faces: Faces) -> (Outcome, Option<Reason>) {
    let check = check_match(&FacesSeen::Looked(faces), &Limits::DEFAULT);
    (check.outcome, check.reason)
}

#[test]
fn the_bands_meet_at_the_limits_of_the_policy() {
    let of = |cosine| band(cosine, &Limits::DEFAULT);
    assert_eq!(of(-0.2), Band::Mismatch);
    assert_eq!(of(0.2999), Band::Mismatch);
    assert_eq!(of(0.3001), Band::Review);
    assert_eq!(of(0.4499), Band::Review);
    assert_eq!(of(0.4501), Band::Consistent);
    assert_eq!(of(0.9699), Band::Consistent);
    assert_eq!(of(0.9701), Band::Copy);
    let strict = Limits { consistent_percent_min: 60, ..Limits::DEFAULT };
    assert_eq!(band(0.55, &strict), Band::Review);
    assert_eq!(of(f32::NAN), Band::Mismatch, "no number is no likeness");
}

#[test]
fn one_picture_in_two_sizes_is_a_copy_whatever_the_cosine() {
    let mut copied = faces(Some(0.9));
    copied.document.as_mut().unwrap().bits = Some(72);
    assert_eq!(said(copied), (Outcome::Warn, Some(Reason::P4)));
    copied.document.as_mut().unwrap().bits = Some(73);
    assert_eq!(said(copied), (Outcome::Pass, None));
}

#[test]
fn only_consistent_passes() {
    assert_eq!(said(faces(Some(0.6))), (Outcome::Pass, None));
    assert_eq!(said(faces(Some(0.4))), (Outcome::Warn, Some(Reason::M3)));
    assert_eq!(said(faces(Some(0.1))), (Outcome::Fail, Some(Reason::M3)));
    assert_eq!(said(faces(Some(0.99))), (Outcome::Warn, Some(Reason::P4)));
    assert!(is_copy(&FacesSeen::Looked(faces(Some(0.99))), &Limits::DEFAULT));
    assert!(!is_copy(&FacesSeen::Looked(faces(Some(0.9))), &Limits::DEFAULT));
}

#[test]
fn what_cannot_be_compared_is_unavailable_and_never_passes() {
    let alone = Faces { document: None, ..faces(None) };
    let blank = Faces { portrait: Portrait::default(), ..faces(Some(0.8)) };
    let odd = faces(Some(f32::NAN));
    for faces in [alone, blank, odd, faces(None)] {
        assert_eq!(said(faces).0, Outcome::Unavailable);
    }
    for why in Unread::ALL {
        let seen = FacesSeen::Unread(why);
        assert_eq!(check_match(&seen, &Limits::DEFAULT).outcome, Outcome::Unavailable);
        let quality = check_quality(&seen, &Limits::DEFAULT, true);
        assert_eq!(quality.outcome, Outcome::Unavailable);
        assert!(!is_copy(&seen, &Limits::DEFAULT));
    }
}

#[test]
fn a_bad_portrait_fails_and_sent_anyway_it_is_a_doubt() {
    let mut bad = faces(None);
    bad.portrait.measures.as_mut().unwrap().sharpness = 1.0;
    let seen = FacesSeen::Looked(bad);
    let check = check_quality(&seen, &Limits::DEFAULT, false);
    assert_eq!((check.outcome, check.reason), (Outcome::Fail, Some(Reason::P1)));
    assert!(check.evidence.iter().any(|e| e.name == "blurry" && e.value == "10.0 (limit 50)"));
    assert_eq!(check_quality(&seen, &Limits::DEFAULT, true).outcome, Outcome::Warn);
    let good = FacesSeen::Looked(faces(None));
    assert_eq!(check_quality(&good, &Limits::DEFAULT, false).outcome, Outcome::Pass);
}

#[test]
fn the_band_comes_with_the_limits_it_was_judged_by_and_never_with_the_score() {
    let check = check_match(&FacesSeen::Looked(faces(Some(0.5123))), &Limits::DEFAULT);
    let told: Vec<_> = check.evidence.iter().map(|e| (e.name.as_str(), e.value.as_str())).collect();
    let expected = [("band", "consistent"), ("bands_percent", "30 45 97"), ("millis", "40")];
    assert_eq!(told, expected);
}
