use super::*;
use crate::portrait::{Found, Spot};

fn good() -> Portrait {
    let face = Found { sureness: 0.94, eyes_px: 140.0, spots: [Spot::default(); 5] };
    let measures = Measures {
        roll_degrees: 1.0,
        turn: 0.05,
        nod: 0.6,
        sharpness: 14.0,
        brightness: 130.0,
        dark_share: 0.01,
        bright_share: 0.0,
        side_ratio: 1.05,
        eyes_dark_share: 0.2,
        lower_colour: 6.0,
        pattern: 3.0,
    };
    Portrait { faces: 1, face: Some(face), measures: Some(measures), ..Portrait::default() }
}

fn kinds(portrait: &Portrait) -> Vec<(FindingKind, Severity)> {
    let found = faults(portrait, &Limits::DEFAULT);
    found.into_iter().map(|finding| (finding.kind, finding.severity)).collect()
}

fn with(change: impl FnOnce(&mut Found, &mut Measures)) -> Portrait {
    let mut portrait = good();
    let (face, measures) = (portrait.face.as_mut().unwrap(), portrait.measures.as_mut().unwrap());
    change(face, measures);
    portrait
}

#[test]
fn a_good_portrait_has_no_fault() {
    assert_eq!(kinds(&good()), []);
}

#[test]
fn each_fault_is_found_alone_and_by_its_own_limit() {
    use FindingKind as K;
    use Severity::{Fail, Warn};
    type Case = (K, Severity, fn(&mut Found, &mut Measures));
    let cases: [Case; 14] = [
        (K::NoFace, Fail, |f, _| f.sureness = 0.69),
        (K::TooFar, Fail, |f, _| f.eyes_px = 59.0),
        (K::TooFar, Warn, |f, _| f.eyes_px = 89.0),
        (K::Tilted, Warn, |_, m| m.roll_degrees = -10.5),
        (K::Turned, Warn, |_, m| m.turn = -0.21),
        (K::Blurry, Fail, |_, m| m.sharpness = 2.9),
        (K::Blurry, Warn, |_, m| m.sharpness = 4.9),
        (K::TooDark, Warn, |_, m| m.brightness = 59.0),
        (K::TooDark, Warn, |_, m| m.dark_share = 0.06),
        (K::TooBright, Warn, |_, m| m.brightness = 201.0),
        (K::TooBright, Warn, |_, m| m.bright_share = 0.06),
        (K::EyesDark, Warn, |_, m| m.eyes_dark_share = 0.61),
        (K::LowerCovered, Warn, |_, m| m.lower_colour = 28.5),
        (K::Patterned, Warn, |_, m| m.pattern = 12.5),
    ];
    for (kind, severity, change) in cases {
        assert_eq!(kinds(&with(change)), [(kind, severity)]);
    }
    assert_eq!(kinds(&with(|_, m| m.side_ratio = 1.61)), [(K::Uneven, Warn)]);
    assert_eq!(kinds(&with(|_, m| m.side_ratio = 0.62)), [(K::Uneven, Warn)], "either side");
    assert_eq!(kinds(&Portrait { is_framed: true, ..good() }), [(K::Framed, Warn)]);
    let two = Portrait { faces: 2, second_share: 0.31, ..good() };
    assert_eq!(kinds(&two), [(K::SeveralFaces, Fail)]);
    let far_behind = Portrait { faces: 2, second_share: 0.29, ..good() };
    assert_eq!(kinds(&far_behind), [], "a passer-by");
}

#[test]
fn exactly_at_the_limit_nothing_is_wrong() {
    let at = with(|f, m| {
        (f.sureness, f.eyes_px, m.roll_degrees, m.turn) = (0.70, 90.0, 10.0, 0.20);
        (m.sharpness, m.brightness, m.side_ratio) = (5.0, 60.0, 1.6);
    });
    // 0.70 and 0.20 are not exact in four bytes; what is shown is what is judged.
    let found = kinds(&at);
    assert!(
        found.iter().all(|(kind, _)| matches!(kind, FindingKind::NoFace | FindingKind::Turned))
    );
}

#[test]
fn without_a_face_nothing_else_is_said() {
    assert_eq!(kinds(&Portrait::default()), [(FindingKind::NoFace, Severity::Fail)]);
    let framed = Portrait { is_framed: true, second_share: 0.9, ..Portrait::default() };
    assert_eq!(kinds(&framed), [(FindingKind::NoFace, Severity::Fail)]);
}

#[test]
fn in_the_dark_the_light_is_the_fault() {
    let dark = with(|_, m| (m.brightness, m.sharpness, m.dark_share) = (20.0, 1.0, 0.7));
    assert_eq!(kinds(&dark), [(FindingKind::TooDark, Severity::Warn)]);
}

#[test]
fn a_finding_says_what_was_measured_and_the_limit_of_the_policy() {
    let strict = Limits { roll_degrees_max: 3, ..Limits::DEFAULT };
    let found = faults(&with(|_, m| m.roll_degrees = 4.5), &strict);
    let expected =
        Finding { kind: FindingKind::Tilted, severity: Severity::Warn, value: 4.5, limit: 3 };
    assert_eq!(found, [expected]);
}

#[test]
fn every_kind_has_a_word_of_its_own_and_a_reason_of_portraits() {
    let mut codes: Vec<&str> = FindingKind::ALL.map(FindingKind::code).to_vec();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), FindingKind::ALL.len());
    for kind in FindingKind::ALL {
        assert!(kind.reason().items().contains(&crate::reason::Item::Portrait), "{}", kind.code());
    }
}
