use super::*;
use proptest::prelude::*;

#[test]
fn published_and_synthetic_cards() {
    for text in [
        "89860000000000000019",
        "89860012345678901238",
        "89860112345678901237",
        "89860312345678901235",
        "89860412345678901234",
        "89860612345678901232",
        "89861112345678901235",
        "89861512345678901231",
        "8986001234567890120",
        "8986011234567890128",
        "8986031234567890124",
        "8944500000000000014",
    ] {
        let iccid = Iccid::parse(text).unwrap();
        assert!(iccid.fits_luhn(), "{text}");
        assert_eq!(iccid.as_str(), text);
        let spaced = format!("{} {}-{}", &text[..4], &text[4..9], &text[9..]);
        assert_eq!(Iccid::parse(&spaced), Ok(iccid));
    }
}

#[test]
fn the_issuer_is_told_by_the_first_six() {
    for (prefix, network) in [
        ("898600", Network::ChinaMobile),
        ("898602", Network::ChinaMobile),
        ("898604", Network::ChinaMobile),
        ("898607", Network::ChinaMobile),
        ("898601", Network::ChinaUnicom),
        ("898606", Network::ChinaUnicom),
        ("898609", Network::ChinaUnicom),
        ("898603", Network::ChinaTelecom),
        ("898611", Network::ChinaTelecom),
        ("898615", Network::ChinaBroadnet),
    ] {
        let iccid = Iccid::parse(&format!("{prefix}00000000000000")).unwrap();
        assert_eq!(iccid.network(), Some(network), "{prefix}");
    }
}

#[test]
fn the_file_on_the_card_is_nibble_swapped() {
    let straight = Iccid::parse("89860012345678901238").unwrap();
    assert_eq!(Iccid::parse("98680021436587092183"), Ok(straight));
    let nineteen = Iccid::parse("8986001234567890120").unwrap();
    assert_eq!(Iccid::parse("986800214365870921f0"), Ok(nineteen));
    assert_eq!(Iccid::parse("8986001234567890120F"), Ok(nineteen));
}

#[test]
fn china_is_lenient_about_letters_and_the_check_digit_and_others_are_not() {
    let odd = Iccid::parse("89860012345678901230").unwrap();
    assert!(!odd.fits_luhn());
    let hex = Iccid::parse("898600b1234567890123").unwrap();
    assert_eq!(hex.as_str(), "898600B1234567890123");
    assert!(hex.has_letters() && !hex.fits_luhn());
    for (text, refusal) in [
        ("", SimRefusal::Empty),
        ("8944500000000000015", SimRefusal::IccidCheck),
        ("89445000000000000A4", SimRefusal::NotDigits),
        ("7944500000000000014", SimRefusal::IccidPrefix),
        ("894450000000000001", SimRefusal::IccidLength),
        ("898600123456789012380", SimRefusal::TooLong),
        ("8986001234567890123G", SimRefusal::NotDigits),
    ] {
        assert_eq!(Iccid::parse(text), Err(refusal), "{text}");
    }
}

#[test]
fn subscriptions_name_their_network() {
    for (text, network) in [
        ("460001234567890", Some(Network::ChinaMobile)),
        ("460131234567890", Some(Network::ChinaMobile)),
        ("460091234567890", Some(Network::ChinaUnicom)),
        ("460111234567890", Some(Network::ChinaTelecom)),
        ("460151234567890", Some(Network::ChinaBroadnet)),
        ("460991234567890", None),
        ("234501234567890", None),
    ] {
        assert_eq!(Imsi::parse(text).unwrap().network(), network, "{text}");
    }
    assert!(Imsi::parse("001010123456789").unwrap().is_test());
    assert_eq!(Imsi::parse("460001234567890").unwrap().mcc(), "460");
    assert_eq!(Imsi::parse("46000"), Err(SimRefusal::ImsiLength));
    assert_eq!(Imsi::parse("4600012345678901"), Err(SimRefusal::ImsiLength));
    assert_eq!(Imsi::parse("46000123456789A"), Err(SimRefusal::NotDigits));
}

#[test]
fn phones_and_chips() {
    assert_eq!(Imei::parse("49-015420-323751-8").unwrap().as_str(), "490154203237518");
    assert_eq!(Imei::parse("490154203237519"), Err(SimRefusal::ImeiCheck));
    assert_eq!(Imei::parse("49015420323751"), Err(SimRefusal::ImeiLength));
    for text in [
        "89034011560010000000000000000121",
        "89001012012341234012345678901224",
        "89001567010203040506070809101152",
        "89044011112233441122334411223321",
        "89086012000000000000000000000184",
        "89086012000000000000000000000281",
        "89049032000000000000000000000357",
    ] {
        assert_eq!(Eid::parse(text).unwrap().as_str(), text);
        let wrong = format!("{}9{}", &text[..10], &text[11..]);
        assert!(wrong == text || Eid::parse(&wrong) == Err(SimRefusal::EidCheck), "{wrong}");
    }
    assert_eq!(Eid::parse("8903401156001000000000000000012"), Err(SimRefusal::EidLength));
}

/// Luhn as the books tell it: double every second digit from the right, cast out nines.
fn naive_luhn(text: &str) -> bool {
    let digits = text.chars().rev().map(|c| c.to_digit(10).unwrap());
    let sum: u32 = digits
        .enumerate()
        .map(|(i, d)| match (i % 2, d) {
            (1, 5..) => d * 2 - 9,
            (1, _) => d * 2,
            _ => d,
        })
        .sum();
    sum.is_multiple_of(10)
}

proptest! {
    #[test]
    fn luhn_agrees_with_the_books(text in "[0-9]{15}", card in "8944[0-9]{15}") {
        prop_assert_eq!(Imei::parse(&text).is_ok(), naive_luhn(&text));
        prop_assert_eq!(Iccid::parse(&card).is_ok(), naive_luhn(&card));
    }

    #[test]
    fn nothing_written_panics(text in ".{0,40}", hex in "[0-9A-Fa-f -]{0,40}") {
        for text in [&text, &hex] {
            let _ = (Imsi::parse(text), Imei::parse(text), Eid::parse(text));
            if let Ok(iccid) = Iccid::parse(text) {
                prop_assert_eq!(Iccid::parse(iccid.as_str()), Ok(iccid));
            }
        }
    }
}
