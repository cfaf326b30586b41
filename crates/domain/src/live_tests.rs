use super::*;
use crate::portrait::{Found, Measures, Spot};

/// A picture of a face: how far it is turned, how far the eyes lie apart, and a little trembling.
fn frame(turn: f32, eyes_px: f32, tremble: i32) -> Portrait {
    let spots = [(40, 40), (60, 40), (50, 50), (42, 60), (58, 60)];
    let spots = spots.map(|(x, y)| Spot { x: x * 100 + tremble, y: y * 100 });
    let measures = Measures {
        roll_degrees: 0.0,
        turn,
        nod: 0.5,
        sharpness: 9.0,
        brightness: 120.0,
        dark_share: 0.0,
        bright_share: 0.0,
        side_ratio: 1.0,
        eyes_dark_share: 0.1,
        lower_colour: 3.0,
        pattern: 3.0,
    };
    Portrait {
        faces: 1,
        face: Some(Found { sureness: 0.9, eyes_px, spots }),
        measures: Some(measures),
        ..Portrait::default()
    }
}

fn film(steps: &[Step]) -> Vec<Portrait> {
    let mut frames = vec![frame(0.02, 80.0, 0), frame(0.03, 80.0, 3)];
    for (at, step) in (1..).zip(steps) {
        let (turn, eyes) = match step {
            Step::Left => (0.3, 78.0),
            Step::Right => (-0.3, 78.0),
            Step::Closer => (0.0, 110.0),
        };
        frames.push(frame(turn, eyes, 20 * at));
        frames.push(frame(turn * 1.1, eyes, 21 * at));
    }
    frames
}

fn digests() -> Vec<[u8; 32]> {
    (0..8).map(|at| [at; 32]).collect()
}

fn said(steps: [Step; 3], frames: &[Portrait]) -> Vec<Why> {
    judge(steps, frames, &digests(), &Limits::DEFAULT)
}

#[test]
fn every_order_passes_with_its_own_film_and_with_no_other() {
    for asked in 0..6 {
        for shown in 0..6 {
            let why = said(order(asked), &film(&order(shown)));
            if asked == shown {
                assert_eq!((why.as_slice(), outcome(&why)), ([].as_slice(), Outcome::Passed));
            } else {
                assert_eq!(
                    (why.as_slice(), outcome(&why)),
                    ([Why::Order].as_slice(), Outcome::Suspicious)
                );
            }
        }
    }
}

#[test]
fn a_still_picture_is_suspicious_however_often_it_is_sent() {
    let still = vec![frame(0.02, 80.0, 0); FRAMES];
    let why = said(order(0), &still);
    assert!(why.contains(&Why::Still), "{why:?}");
    assert_eq!(outcome(&why), Outcome::Suspicious);
    let same = vec![[7; 32]; FRAMES];
    let why = judge(order(0), &film(&order(0)), &same, &Limits::DEFAULT);
    assert_eq!(why, [Why::Repeated]);
}

#[test]
fn a_film_that_lacks_something_is_not_assessed() {
    let whole = film(&order(0));
    let cut = judge(order(0), &whole[..6], &digests()[..6], &Limits::DEFAULT);
    assert_eq!((cut.as_slice(), outcome(&cut)), ([Why::Frames].as_slice(), Outcome::NotAssessed));
    let mut blind = whole.clone();
    blind[5] = Portrait::default();
    let why = said(order(0), &blind);
    assert_eq!((why.as_slice(), outcome(&why)), ([Why::NoFace].as_slice(), Outcome::NotAssessed));
    let mut idle = whole.clone();
    (idle[4], idle[5]) = (frame(0.0, 80.0, 33), frame(0.0, 81.0, 35));
    let why = said(order(0), &idle);
    assert_eq!((why.as_slice(), outcome(&why)), ([Why::NotSeen].as_slice(), Outcome::NotAssessed));
    assert_eq!(said(order(0), &[]), [Why::Frames]);
}

#[test]
fn signs_of_a_picture_of_a_picture_speak_against_it() {
    let change = |change: fn(&mut Portrait)| {
        let mut frames = film(&order(3));
        frames.iter_mut().take(5).for_each(change);
        said(order(3), &frames)
    };
    assert_eq!(change(|frame| frame.is_framed = true), [Why::Framed]);
    assert_eq!(change(|frame| frame.measures.as_mut().unwrap().pattern = 30.0), [Why::Patterned]);
    assert_eq!(change(|frame| frame.second_share = 0.8), [Why::SeveralFaces]);
}

#[test]
fn what_speaks_against_it_weighs_more_than_what_is_missing() {
    assert_eq!(outcome(&[Why::NoFace, Why::Repeated]), Outcome::Suspicious);
    assert_eq!(outcome(&[Why::Unavailable]), Outcome::NotAssessed);
    for why in Why::ALL {
        assert_eq!(Why::from_code(why.code()), Some(why));
        assert_ne!(why.outcome(), Outcome::Passed, "no reason is a pass");
    }
    for step in Step::ALL {
        assert_eq!(Step::from_code(step.code()), Some(step));
    }
}
