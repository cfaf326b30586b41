use super::*;
use std::fmt::Write as _;

fn list(text: &str) -> Result<Pairs, PairsError> {
    Pairs::read(text, None)
}

#[test]
fn a_list_is_read_and_its_people_are_told_apart() {
    let pairs =
        list("a,b,same\nx/1.jpg,x/2.jpg,1\n\"x/2.jpg\", x/3.jpg ,yes\ny.jpg,x/1.jpg,0\r\n\n")
            .expect("a list");
    assert_eq!(pairs.pictures, ["x/1.jpg", "x/2.jpg", "x/3.jpg", "y.jpg"]);
    assert_eq!(pairs.people(), [0, 0, 0, 3]);
    assert_eq!(pairs.contradictions(), 0);
    let odd = list("a,b,same\n1,2,1\n2,3,1\n1,3,0\n").expect("a list");
    assert_eq!(odd.contradictions(), 1);
    let grouped = Pairs::read("same,sex,b,a\n1,f,1,2\n", Some("sex")).expect("a list");
    assert_eq!(grouped.pairs[0].group.as_deref(), Some("f"));
}

#[test]
fn what_is_no_list_is_refused_by_line() {
    assert_eq!(list(""), Err(PairsError::Empty));
    assert_eq!(list("a,b,same\n"), Err(PairsError::Empty));
    assert_eq!(list("a,b\n1,2\n"), Err(PairsError::NoColumn("same".to_owned())));
    assert!(Pairs::read("a,b,same\n1,2,1\n", Some("age")).is_err());
    for bad in ["../up.jpg,2,1", "/etc/passwd,2,0", "1,2,maybe", "1,1,1", ",2,1", "1"] {
        let read = list(&format!("a,b,same\n1,2,0\n{bad}\n"));
        assert!(matches!(read, Err(PairsError::Line { line: 3, .. })), "{bad}: {read:?}");
    }
}

/// `people` people with two pictures each, all pairs; people are alike by `same`, and two of them
/// by a number that runs from 0 up to 0.5.
fn crowd(people: usize, same: impl Fn(usize) -> f32) -> (Pairs, Vec<Option<f32>>) {
    let mut text = "a,b,same\n".to_owned();
    let mut cosines = Vec::new();
    for one in 0..people {
        writeln!(text, "{one}a,{one}b,1").expect("text");
        cosines.push(Some(same(one)));
    }
    let all = people * (people - 1) / 2;
    for one in 0..people {
        for other in 0..one {
            writeln!(text, "{one}a,{other}a,0").expect("text");
            let at = cosines.len() - people;
            cosines.push(Some(0.5 * at as f32 / all as f32));
        }
    }
    (list(&text).expect("a list"), cosines)
}

#[test]
fn a_rate_is_told_only_where_the_pairs_carry_it() {
    let (pairs, cosines) = crowd(30, |_| 0.8);
    let found = vec![true; pairs.pictures.len()];
    let report = report(&pairs, &cosines, &found, &[0.3, 0.45]);
    // 435 pairs of different people: 300 carry one of a hundred, 3,000 would carry the next.
    let Point::Told { threshold, tar, tar_all } = &report.points[0].1 else { panic!("told") };
    assert!((threshold.value - 0.495).abs() < 0.005, "{threshold:?}");
    assert!(threshold.interval[0] <= threshold.value && threshold.value <= threshold.interval[1]);
    assert!((tar.value - 1.0).abs() < 1e-9 && (tar_all - 1.0).abs() < 1e-9);
    assert_eq!(report.points[1].1, Point::TooFew { needed: 3_000 });
    assert_eq!(report.points[2].1, Point::TooFew { needed: 30_000 });
    assert_eq!(report.at_limits[0], (0.3, [0, 174]), "435 pairs, four tenths of them from 0.3 on");
    assert_eq!((report.people, report.pairs, report.lost), (30, [30, 435], [0, 0]));
    let accepted =
        |far: f64| cosines[30..].iter().flatten().filter(|c| f64::from(**c) >= far).count();
    assert_eq!(accepted(threshold.value), 4, "at most one of a hundred of 435");
}

#[test]
fn who_is_rejected_and_whose_face_was_not_found_is_counted() {
    let (pairs, mut cosines) = crowd(30, |one| if one < 3 { 0.2 } else { 0.8 });
    cosines[29] = None;
    let mut found = vec![true; pairs.pictures.len()];
    found[0] = false;
    let report = report(&pairs, &cosines, &found, &[]);
    let Point::Told { tar, tar_all, .. } = &report.points[0].1 else { panic!("told") };
    assert!((tar.value - 26.0 / 29.0).abs() < 1e-9, "{tar:?}");
    assert!((tar_all - 26.0 / 30.0).abs() < 1e-9);
    assert!(
        tar.interval[0] < tar.value && tar.interval[1] > tar.value,
        "three of 29 vary: {tar:?}"
    );
    assert_eq!((report.lost, report.pictures), ([1, 0], [60, 1]));
}

#[test]
fn the_interval_is_drawn_by_person_not_by_pair() {
    // One person with forty pairs, twenty with one: what the one gives weighs like one person.
    let mut text = "a,b,same\n".to_owned();
    let mut cosines = Vec::new();
    for pair in 0..40 {
        writeln!(text, "z0,z{},1", pair + 1).expect("text");
        cosines.push(Some(0.1));
    }
    for one in 0..20 {
        writeln!(text, "{one}a,{one}b,1").expect("text");
        cosines.push(Some(0.9));
    }
    for one in 0..20 {
        for other in 0..20 {
            if one != other {
                writeln!(text, "{one}a,{other}b,0").expect("text");
                cosines.push(Some(0.3));
            }
        }
    }
    let pairs = list(&text).expect("a list");
    let found = vec![true; pairs.pictures.len()];
    let report = report(&pairs, &cosines, &found, &[]);
    let Point::Told { tar, .. } = &report.points[0].1 else { panic!("told") };
    assert!((tar.value - 20.0 / 60.0).abs() < 1e-9);
    assert!(tar.interval[1] > 0.99, "in a third of the draws that person is not there: {tar:?}");
    assert!(tar.interval[0] < 0.25, "{tar:?}");
}

#[test]
fn groups_are_counted_at_the_thresholds_of_all() {
    let (mut pairs, cosines) = crowd(30, |_| 0.8);
    for (index, pair) in pairs.pairs.iter_mut().enumerate() {
        pair.group = Some(if index % 2 == 0 { "even" } else { "odd" }.to_owned());
    }
    let found = vec![true; pairs.pictures.len()];
    let report = report(&pairs, &cosines, &found, &[]);
    let counts: Vec<_> = report.groups.iter().map(|g| (g.name.as_str(), g.pairs)).collect();
    assert_eq!(counts, [("even", [15, 218]), ("odd", [15, 217])]);
    let accepted: usize = report.groups.iter().map(|group| group.accepted[0][1]).sum();
    assert_eq!(accepted, 4);
    assert!(report.groups.iter().all(|group| group.accepted.len() == 1), "only what is told");
}
