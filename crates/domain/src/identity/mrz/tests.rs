use super::name::NameMatch;
use super::*;
use jiff::civil::date;
use proptest::prelude::*;

const TODAY: Date = date(2026, 11, 24);

const TD3: [&str; 5] = [
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<</L898902C36UTO7408122F1204159ZE184226B<<<<<10",
    "POCHNZHENGJIAN<<YANGBEN<<<<<<<<<<<<<<<<<<<<</E000000019CHN0101011M3601017<<<<<<<<<<<<<<<2",
    "POCHNYANGBEN<<CESHI<<<<<<<<<<<<<<<<<<<<<<<<</EA00000020CHN0002299F3412318<<<<<<<<<<<<<<<6",
    "P<GBRTEST<<SAMPLE<ONE<<<<<<<<<<<<<<<<<<<<<<</9990000010GBR8506151<3111301<<<<<<<<<<<<<<<2",
    "P<USASPECIMEN<<TEST<<<<<<<<<<<<<<<<<<<<<<<<</Z000000038USA7001017F29123161234567<<<<<<<44",
];
const TD1: [&str; 3] = [
    "I<UTOD231458907<<<<<<<<<<<<<<</ 7408122F1204159UTO<<<<<<<<<<<6/ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
    "IDPHLP000000016<<<<<<<<<<<<<<</ 9001011M3301018PHL<<<<<<<<<<<4/TEST<<SAMPLE<<<<<<<<<<<<<<<<<<",
    "CRCHNH000000010<<<<<<<<<<<<<<</ 8002295F3212312CHN<<<<<<<<<<<8/YANGBEN<<CESHI<<<<<<<<<<<<<<<<",
];
const TD2: [&str; 2] = [
    "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<< / D231458907UTO7408122F1204159<<<<<<<6",
    "IDFRATEST<<SAMPLE<<<<<<<<<<<<<<<<<<< / 0000000011FRA9505058M3305050<<<<<<<8",
];

fn all() -> impl Iterator<Item = &'static str> {
    TD3.into_iter().chain(TD1).chain(TD2)
}

#[test]
fn published_and_synthetic_zones_are_valid() {
    for text in all() {
        let mrz = Mrz::read(text, TODAY);
        assert!(mrz.is_valid(), "{text} {:?}", mrz.findings);
        assert_eq!(mrz, Mrz::read(&text.replace('/', "\n").replace(' ', ""), TODAY));
        assert_eq!(mrz, Mrz::read(&text.replace(['/', ' '], ""), TODAY));
        assert_eq!(mrz, Mrz::read(&text.to_lowercase(), TODAY));
    }
}

#[test]
fn the_specimen_passport_in_full() {
    let mrz = Mrz::read(TD3[0], TODAY);
    assert_eq!(mrz.form, Some(Form::Td3));
    assert_eq!(mrz.document.as_str(), "P");
    assert_eq!(mrz.number.as_str(), "L898902C3");
    assert_eq!(mrz.issuer, Country::of_alpha(b"UTO"));
    assert_eq!(mrz.birth, Some(date(1974, 8, 12)));
    assert_eq!(mrz.expires, Some(date(2012, 4, 15)));
    assert_eq!(mrz.sex, Some(Sex::Female));
    assert_eq!((mrz.surname.as_str(), mrz.given.as_str()), ("ERIKSSON", "ANNA MARIA"));
    assert_eq!(mrz.personal.as_str(), "ZE184226B");
    assert_eq!(mrz.findings.iter().collect::<Vec<_>>(), [Finding::Expired, Finding::Specimen]);
}

#[test]
fn sex_may_be_unspecified_and_years_turn_by_the_document() {
    let mrz = Mrz::read(TD3[3], TODAY);
    assert_eq!((mrz.sex, mrz.birth), (None, Some(date(1985, 6, 15))));
    assert!(mrz.findings.is_empty());
    let young = Mrz::read(TD3[2], TODAY);
    assert_eq!((young.birth, young.expires), (Some(date(2000, 2, 29)), Some(date(2034, 12, 31))));
    let card = Mrz::read(TD1[2], TODAY);
    assert_eq!((card.document.as_str(), card.birth), ("CR", Some(date(1980, 2, 29))));
}

#[test]
fn each_check_digit_is_told_apart() {
    for (place, finding) in [
        (9, Finding::MrzNumberCheck),
        (19, Finding::MrzBirthCheck),
        (27, Finding::MrzExpiryCheck),
        (42, Finding::MrzPersonalCheck),
        (43, Finding::MrzCompositeCheck),
    ] {
        let mut text = TD3[0].to_owned().into_bytes();
        let at = 45 + place;
        text[at] = b'0' + (text[at] - b'0' + 1) % 10;
        let mrz = Mrz::read(std::str::from_utf8(&text).unwrap(), TODAY);
        assert!(mrz.findings.has(finding), "{place} {:?}", mrz.findings);
    }
}

#[test]
fn wrong_zones_are_told_why() {
    let (first, second) = TD3[0].split_once('/').unwrap();
    for (text, finding) in [
        (String::new(), Finding::Empty),
        (first.to_owned(), Finding::MrzShape),
        (format!("{first}/{second}<"), Finding::MrzShape),
        (TD3[0].replace("P<UTO", "V<UTO"), Finding::MrzVisa),
        (TD3[0].replace("P<UTO", "X<UTO"), Finding::MrzDocument),
        (TD3[0].replace("ANNA", "4NNA"), Finding::MrzColumn),
        (TD3[0].replace("740812", "74O812"), Finding::MrzColumn),
        (TD3[0].replace("740812", "741312"), Finding::BirthImpossible),
        (TD3[0].replace("120415", "120431"), Finding::ExpiryImpossible),
        (TD3[0].replace("ERIKSSON<<ANNA<MARIA", "<<<<<<<<<<<<<<<<<<<<"), Finding::MrzNameMissing),
        (TD3[0].replace('<', " "), Finding::Characters),
    ] {
        let mrz = Mrz::read(&text, TODAY);
        assert!(mrz.findings.has(finding), "{text} {:?}", mrz.findings);
        assert!(!mrz.is_valid());
    }
    let partly = Mrz::read(&TD3[0].replace("7408122", "7408<<8"), TODAY);
    assert!(partly.findings.has(Finding::BirthIncomplete), "{:?}", partly.findings);
    assert_eq!(partly.birth, None);
}

#[test]
fn a_long_card_number_runs_on_in_the_optional_field() {
    // D23145890734 with check digit 9 (Doc 9303-5): nine characters, `<`, then 349.
    let check = char::from(check_digit(b"D23145890734".iter().copied()).unwrap());
    let line = format!("I<UTOD23145890<734{check}<<<<<<<<<<<");
    let second = "7408122F1204159UTO<<<<<<<<<<<";
    let all = [
        &line.as_bytes()[5..],
        &second.as_bytes()[..7],
        &second.as_bytes()[8..15],
        &second.as_bytes()[18..29],
    ]
    .concat();
    let composite = char::from(check_digit(all.into_iter()).unwrap());
    let text = format!("{line}/{second}{composite}/ERIKSSON<<ANNA<MARIA<<<<<<<<<<");
    let mrz = Mrz::read(&text, TODAY);
    assert!(mrz.is_valid(), "{:?}", mrz.findings);
    assert_eq!(mrz.number.as_str(), "D23145890734");
}

#[test]
fn names_compare_with_tolerance() {
    let mrz = Mrz::read(TD3[0], TODAY);
    assert_eq!(mrz.compare_name("Eriksson", "Anna-Maria"), NameMatch::Same);
    assert_eq!(mrz.compare_name("ERIKSSON", "anna maria"), NameMatch::Same);
    assert_eq!(mrz.compare_name("Anna Maria", "Eriksson"), NameMatch::Swapped);
    assert_eq!(mrz.compare_name("Eriksson", "Anna"), NameMatch::Different);
    let named = |field: &str| {
        Mrz::read(&TD3[0].replace("ERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", field), TODAY)
    };
    let cut = named("NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K");
    assert!(cut.is_name_truncated());
    assert_eq!(
        cut.compare_name("Nilavadhanananda", "Chayapa Dejthamrong Krasuang"),
        NameMatch::SameAsFar
    );
    assert_eq!(cut.compare_name("Nilavadhanananda", "Chayapa"), NameMatch::Different);
    let german = named("MUELLER<<JOERG<<<<<<<<<<<<<<<<<<<<<<<<<");
    assert_eq!(german.compare_name("Müller", "Jörg"), NameMatch::Same);
    let plain = named("MULLER<<JORG<<<<<<<<<<<<<<<<<<<<<<<<<<<");
    assert_eq!(plain.compare_name("Müller", "Jörg"), NameMatch::Same);
}

proptest! {
    #[test]
    fn a_changed_digit_is_always_seen(which in 0_usize..5, place in 0_usize..44, by in 1_u8..10) {
        // Sex and nationality are outside every check digit; letters may collide modulo 10.
        let mut text = TD3[which].as_bytes().to_vec();
        let at = 45 + place;
        if text[at].is_ascii_digit() {
            text[at] = b'0' + (text[at] - b'0' + by) % 10;
            prop_assert!(!Mrz::read(std::str::from_utf8(&text).unwrap(), TODAY).is_valid());
        }
    }

    #[test]
    fn nothing_written_panics(
        text in "[A-Z0-9</ ]{60,100}",
        exact in "[A-Z0-9<]{88}|[A-Z0-9<]{90}|[A-Z0-9<]{72}",
    ) {
        let _ = Mrz::read(&text, TODAY).compare_name(&text, &exact);
        let mrz = Mrz::read(&exact, TODAY);
        prop_assert!(mrz.form.is_some());
    }
}
