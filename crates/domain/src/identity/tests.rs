use super::*;
use crate::finding::Severity;
use jiff::civil::date;
use proptest::prelude::*;

const TODAY: Date = date(2026, 11, 24);

fn found(checked: Checked) -> Vec<Finding> {
    checked.findings.iter().collect()
}

#[test]
fn resident_numbers_of_people_born_before_1910_go_to_a_person() {
    for (text, birth) in [
        ("110101190001010014", date(1900, 1, 1)),
        ("310101190106150029", date(1901, 6, 15)),
        ("440305190202289990", date(1902, 2, 28)),
        ("500101190311300036", date(1903, 11, 30)),
        ("650101190412310041", date(1904, 12, 31)),
        ("540102190507040057", date(1905, 7, 4)),
        ("460105190610010066", date(1906, 10, 1)),
        ("110101190802290079", date(1908, 2, 29)),
        ("130403190909090088", date(1909, 9, 9)),
        ("12010119100101007X", date(1910, 1, 1)),
        ("440524188001010014", date(1880, 1, 1)),
    ] {
        let checked = resident::check(text.as_bytes(), TODAY);
        assert!(checked.is_valid(), "{text} {:?}", checked.findings);
        assert_eq!(checked.value.as_str(), text);
        assert_eq!(checked.facts.birth, Some(birth));
        assert_eq!(checked.findings.has(Finding::BornBefore1910), birth.year() < 1910, "{text}");
    }
}

#[test]
fn published_resident_numbers_and_their_facts() {
    let checked = resident::check(b"11010519491231002X", TODAY);
    assert_eq!(found(checked), []);
    assert_eq!(checked.facts.sex, Some(Sex::Female));
    assert_eq!(checked.facts.province, Province::of_code(11));
    assert_eq!(checked.facts.age_on(TODAY), Some(76));
    let checked = resident::check(b" 440308199901101512 ", TODAY);
    assert_eq!((found(checked), checked.facts.sex), (vec![], Some(Sex::Male)));
    assert_eq!(resident::check(b"11010519491231002x", TODAY).value.as_str(), "11010519491231002X");
    let old = resident::check(b"610104620927690", TODAY);
    assert_eq!(old.value.as_str(), "610104196209276908");
    assert_eq!(found(old), [Finding::Upgraded]);
    let centenarian = resident::check(b"440305190202289990", TODAY);
    assert!(centenarian.findings.has(Finding::Centenarian));
}

#[test]
fn wrong_resident_numbers_are_told_why() {
    for (text, finding) in [
        ("110101190001010013", Finding::CheckCharacter),
        ("110101190002290011", Finding::BirthImpossible),
        ("110101209901010017", Finding::BirthFuture),
        ("999999190001010015", Finding::IsPermanentResidence),
        ("110101199003077578", Finding::CheckCharacter),
        ("11010119900307757", Finding::ResidentLength),
        ("1101011990030775781234567890", Finding::ResidentLength),
        ("110101 199003077578", Finding::Spaces),
        ("１１０１０１１９９００３０７７５７８", Finding::FullWidth),
        ("11010119900307757８", Finding::FullWidth),
        ("11010119900307757Y", Finding::Characters),
        ("11010A199003077578", Finding::Characters),
        ("110101-19900307757", Finding::Characters),
        ("810000199408230021", Finding::IsResidencePermit),
        ("", Finding::Empty),
        ("   ", Finding::Empty),
    ] {
        let checked = resident::check(text.as_bytes(), TODAY);
        assert_eq!(checked.findings.first_error(), Some(finding), "{text}");
    }
    let wrong = resident::check(b"110101190001010013", TODAY);
    assert_eq!(wrong.facts.wanted_check, Some('4'));
    let wide = resident::check("１１０１０５１９４９１２３１００２ｘ".as_bytes(), TODAY);
    assert_eq!(wide.value.as_str(), "11010519491231002X", "offered, not taken");
    assert!(!wide.is_valid());
}

#[test]
fn an_unknown_region_warns_and_does_not_refuse() {
    for region in ["700101", "119901", "445400"] {
        let mut number = format!("{region}19900307757").into_bytes();
        number.push(mod_11_2(&number).unwrap());
        let checked = resident::check(&number, TODAY);
        assert_eq!(found(checked), [Finding::RegionUnknown]);
        assert_eq!(checked.findings.worst(), Some(Severity::Warn));
    }
}

#[test]
fn residence_permits() {
    for (text, province) in [
        ("810000190101010015", 81),
        ("810000190507150026", 81),
        ("81000020000229993X", 81),
        ("820000190101010017", 82),
        ("820000190507150028", 82),
        ("820000200002299931", 82),
        ("830000190101010019", 71),
        ("83000019050715002X", 71),
        ("830000200002299933", 71),
        ("810000199408230021", 81),
        ("830000199201300022", 71),
    ] {
        let checked = residence_permit::check(text.as_bytes(), TODAY);
        assert!(checked.is_valid(), "{text} {:?}", checked.findings);
        assert_eq!(checked.facts.province, Province::of_code(province), "{text}");
        assert!(!checked.findings.has(Finding::RegionUnknown));
    }
    let wrong = residence_permit::check(b"820000199408230021", TODAY);
    assert_eq!(wrong.findings.first_error(), Some(Finding::CheckCharacter));
    let resident = residence_permit::check(b"11010519491231002X", TODAY);
    assert_eq!(resident.findings.first_error(), Some(Finding::NotResidencePermit));
}

#[test]
fn permanent_residence_cards_of_both_forms() {
    for (text, country, birth) in [
        ("911124198108030024", "CAN", date(1981, 8, 3)),
        ("911840190102030017", "USA", date(1901, 2, 3)),
        ("931826190102030013", "GBR", date(1901, 2, 3)),
        ("944392190102030014", "JPN", date(1901, 2, 3)),
        ("933276190102030016", "DEU", date(1901, 2, 3)),
        ("950643190102030011", "RUS", date(1901, 2, 3)),
        ("946410190102030017", "KOR", date(1901, 2, 3)),
        ("CAN110081080310", "CAN", date(1981, 8, 3)),
        ("USA110001010105", "USA", date(2001, 1, 1)),
        ("GBR310001020304", "GBR", date(2001, 2, 3)),
        ("JPN440005071503", "JPN", date(2005, 7, 15)),
    ] {
        let checked = permanent::check(text.as_bytes(), TODAY);
        assert!(checked.is_valid(), "{text} {:?}", checked.findings);
        assert_eq!(checked.facts.country, Country::of_alpha(country.as_bytes()), "{text}");
        assert_eq!(checked.facts.birth, Some(birth), "{text}");
        assert!(!checked.findings.has(Finding::PrintedCheck), "{text}");
    }
    for (text, finding) in [
        ("999999190001010015", Finding::CountryImpossible),
        ("911124198108030025", Finding::CheckCharacter),
        ("911124209908030020", Finding::BirthFuture),
        ("ZZZ110081080310", Finding::CountryImpossible),
        ("CAN110081083210", Finding::BirthImpossible),
        ("CA1110081080310", Finding::NotPermanentResidence),
        ("11010519491231002X", Finding::NotPermanentResidence),
    ] {
        let checked = permanent::check(text.as_bytes(), TODAY);
        assert!(checked.findings.has(finding), "{text} {:?}", checked.findings);
        assert!(!checked.is_valid());
    }
    let odd = permanent::check(b"CAN110081080311", TODAY);
    assert!(odd.is_valid() && odd.findings.has(Finding::PrintedCheck));
}

#[test]
fn travel_permits() {
    for text in ["H0000000100", "M0000000201", "H00000001", "M00000002", "HA0000001", "MA0000002"] {
        assert!(permit::check(text.as_bytes()).is_valid(), "{text}");
        assert!(permit::check_hong_kong_macao(text.as_bytes()).is_valid(), "{text}");
    }
    for text in ["K0000000100", "H1234567", "HB0000001", "H000000010", "h12345678901", "00000001"] {
        assert!(!permit::check_hong_kong_macao(text.as_bytes()).is_valid(), "{text}");
    }
    for text in ["00000001", "0000000102", "0000000102B", "t1234567890"] {
        assert!(
            permit::check_taiwan(text.as_bytes()).is_valid() != text.starts_with('t'),
            "{text}"
        );
    }
    let once = permit::check_taiwan(b"12345ABC90");
    assert_eq!(found(once), [Finding::OneJourney]);
    assert_eq!(permit::check(b"K0000000100").findings.first_error(), Some(Finding::NotPermit));
    let issued = permit::check_hong_kong_macao(b"H0000000100");
    assert_eq!(issued.facts.issue, Some(0));
}

#[test]
fn a_reissued_permit_is_the_same_person() {
    let key = |text| {
        let kind = DocumentKind::HongKongMacaoPermit;
        IdentityNumber::read(kind, text, TODAY).unwrap().0.match_key()
    };
    assert_eq!(key("H0000000100"), key("H0000000101"));
    assert_eq!(key("H0000000100"), key("H00000001"));
    assert_ne!(key("H00000001"), key("M00000001"));
    let resident =
        |kind| IdentityNumber::read(kind, "11010519491231002x", TODAY).unwrap().0.match_key();
    assert_eq!(resident(DocumentKind::ResidentId), resident(DocumentKind::HouseholdRegister));
    assert_eq!(resident(DocumentKind::ResidentId), "resident_id:11010519491231002X");
}

#[test]
fn passports() {
    for (text, country) in [
        ("E00000001", "CHN"),
        ("EA0000002", "CHN"),
        ("G00000003", "CHN"),
        ("PE0000004", "CHN"),
        ("DE0000004", "CHN"),
        ("S00000004", "CHN"),
        ("K00000005", "HKG"),
        ("KJ0000005", "HKG"),
        ("HJ0000005", "HKG"),
        ("MA0000002", "MAC"),
    ] {
        let checked = passport::check(text.as_bytes());
        assert!(checked.is_valid(), "{text}");
        assert_eq!(checked.facts.country, Country::of_alpha(country.as_bytes()), "{text}");
    }
    for text in ["EI0000002", "EO0000002", "E1234567", "HB0000001", "K0000000100", "ABCDEFGHI"] {
        assert!(!passport::check(text.as_bytes()).is_valid(), "{text}");
    }
    assert_eq!(found(passport::check(b"999000001")), [Finding::ForeignForm]);
    assert_eq!(found(passport::check_foreign(b"E1234567")), [Finding::ForeignForm]);
    assert!(!passport::check_foreign(b"1234").is_valid());
}

#[test]
fn organisations() {
    for text in [
        "91110000600037341L",
        "91110101MA00000005",
        "92310101MA0000001J",
        "124403050000000022",
        "525001010000000033",
    ] {
        assert_eq!(found(credit_code::check(text.as_bytes())), [], "{text}");
    }
    for (text, finding) in [
        ("91110000600037341K", Finding::CheckCharacter),
        ("91110000600037341I", Finding::CreditAlphabet),
        ("9111000060O037341L", Finding::CreditAlphabet),
        ("91110000600037341", Finding::CreditLength),
        ("91110000600037341L1", Finding::CreditLength),
    ] {
        let checked = credit_code::check(text.as_bytes());
        assert_eq!(checked.findings.first_error(), Some(finding), "{text}");
    }
}

#[test]
fn cards_of_hong_kong_and_taiwan() {
    for text in ["A123456(3)", "a1234563", "G123456(A)", "C123456(9)", "AB987654(3)"] {
        assert!(hong_kong::check(text.as_bytes()).is_valid(), "{text}");
    }
    assert_eq!(hong_kong::check(b"A1234563").value.as_str(), "A123456(3)");
    assert_eq!(found(hong_kong::check(b"A123456(4)")), [Finding::CheckCharacter]);
    assert!(!hong_kong::check(b"ABC123456").is_valid());
    let taiwan = taiwan::check(b"A123456789");
    assert_eq!((found(taiwan), taiwan.facts.sex), (vec![], Some(Sex::Male)));
    assert_eq!(found(taiwan::check(b"A123456780")), [Finding::CheckCharacter]);
    assert!(!taiwan::check(b"A323456789").is_valid());
}

#[test]
fn documents_without_a_form_go_to_a_person() {
    for (kind, text) in
        [(DocumentKind::MilitaryId, " 军字第  1234567号 "), (DocumentKind::Other, "AB/12-7")]
    {
        let (number, checked) = IdentityNumber::read(kind, text, TODAY).unwrap();
        assert!(checked.needs_person());
        assert_eq!(number.as_str(), text.split_whitespace().collect::<Vec<_>>().join(" "));
        assert!(!format!("{number:?}").contains("12"));
    }
    assert_eq!(IdentityNumber::read(DocumentKind::Other, "", TODAY).unwrap_err(), Finding::Empty);
    let temporary = check(DocumentKind::TemporaryResidentId, "11010519491231002X", TODAY);
    assert_eq!(found(temporary), [Finding::Temporary]);
}

#[test]
fn masks_keep_the_ends_only() {
    let masked = |kind, text| IdentityNumber::read(kind, text, TODAY).unwrap().0.masked();
    assert_eq!(masked(DocumentKind::ResidentId, "11010519491231002X"), "110•••••••••••002X");
    assert_eq!(masked(DocumentKind::TaiwanPermit, "00000012"), "0•••••12");
    assert_eq!(masked(DocumentKind::Other, "12"), "••");
}

#[test]
fn every_kind_has_its_name() {
    for &kind in DocumentKind::ALL {
        assert_eq!(DocumentKind::named(kind.as_str()), Some(kind));
        let json = serde::de::value::StrDeserializer::<serde::de::value::Error>::new;
        assert_eq!(DocumentKind::deserialize(json(kind.as_str())), Ok(kind));
    }
}

/// MOD 11-2 by the definition: the whole number, the check character as its last place, is 1
/// modulo 11 in base 2.
fn naive_mod_11_2(digits: &str) -> char {
    let mut rest = 0_u32;
    for c in digits.chars() {
        rest = (rest + c.to_digit(10).unwrap()) * 2 % 11;
    }
    match (12 - rest) % 11 {
        10 => 'X',
        n => char::from_digit(n, 10).unwrap(),
    }
}

proptest! {
    #[test]
    fn the_check_character_agrees_with_the_definition(digits in "[0-9]{17}") {
        let wanted = char::from(mod_11_2(digits.as_bytes()).unwrap());
        prop_assert_eq!(wanted, naive_mod_11_2(&digits));
    }

    #[test]
    fn one_wrong_character_or_two_swapped_never_pass(
        digits in "110101199[0-9]0[1-9][01][1-9][0-9]{3}", place in 0_usize..16, other in 1_u8..10,
    ) {
        let mut number = digits.into_bytes();
        number.push(mod_11_2(&number).unwrap());
        let check = |n: &[u8]| resident::check(n, TODAY).findings.has(Finding::CheckCharacter);
        prop_assert!(!check(&number));
        let mut wrong = number.clone();
        wrong[place] = b'0' + (wrong[place] - b'0' + other) % 10;
        prop_assert!(check(&wrong));
        if number[place] != number[place + 1] {
            number.swap(place, place + 1);
            prop_assert!(check(&number));
        }
    }

    #[test]
    fn nothing_written_panics(text in ".{0,60}", likely in "[0-9A-Za-z<()/ -]{0,24}") {
        for text in [&text, &likely] {
            for &kind in DocumentKind::ALL {
                let checked = check(kind, text, TODAY);
                if let Ok((number, again)) = IdentityNumber::read(kind, text, TODAY) {
                    prop_assert!(checked.is_valid() && again == checked);
                    let (twice, _) = IdentityNumber::read(kind, number.as_str(), TODAY).unwrap();
                    prop_assert_eq!(twice.match_key(), number.match_key());
                }
            }
            let bytes = text.as_bytes();
            let _ = (hong_kong::check(bytes), taiwan::check(bytes), permit::check(bytes));
            let _ = (passport::check(bytes), mrz::Mrz::read(text, TODAY));
        }
    }
}
