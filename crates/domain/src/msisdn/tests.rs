use super::range::Network;
use super::*;
use proptest::prelude::*;

fn parse(text: &str) -> Result<u64, PhoneRefusal> {
    Msisdn::parse(text).map(Msisdn::as_u64)
}

#[test]
fn reads_what_people_write() {
    for text in [
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "+86 138 0013 8000",
        "+8613800138000",
        "008613800138000",
        "0086-138-0013-8000",
        "8613800138000",
        "(+86) 138.0013.8000",
    ] {
        assert_eq!(parse(text), Ok(8_613_800_138_000), "{text}");
    }
}

#[test]
fn machines_have_thirteen_digits() {
    for (text, network) in [
        ("1064612345678", Network::ChinaUnicom),
        ("1064712345678", Network::ChinaMobile),
        ("1064812345678", Network::ChinaMobile),
        ("1064912345678", Network::ChinaTelecom),
        ("1400012345678", Network::ChinaUnicom),
        ("1410012345678", Network::ChinaTelecom),
        ("1440012345678", Network::ChinaMobile),
    ] {
        let msisdn = Msisdn::parse(text).unwrap();
        assert_eq!(msisdn.range(), Range { network, class: Class::Iot }, "{text}");
        assert_eq!(msisdn.national().to_string(), text);
        assert_eq!(Msisdn::parse(&format!("+86{text}")), Ok(msisdn));
        assert_eq!(Msisdn::from_i64(msisdn.as_i64()), Some(msisdn));
    }
    assert_eq!(parse("14000123456"), Err(PhoneRefusal::Unallocated), "140 has 13 digits");
    assert_eq!(parse("1064512345678"), Err(PhoneRefusal::Unallocated));
}

#[test]
fn every_wrong_number_is_told_why() {
    use PhoneRefusal as R;
    for (text, refusal) in [
        ("", R::Empty),
        ("  - ", R::Empty),
        ("1380013800", R::TooShort),
        ("138001380001", R::TooLong),
        ("1380013800O", R::NotDigits),
        ("１３８００１３８０００", R::FullWidth),
        ("700123456789012", R::Intermediary),
        ("+86700123456789012", R::Intermediary),
        ("12345678901", R::Unallocated),
        ("16900000000", R::Unallocated),
        ("17450000000", R::Unallocated),
        ("010-62345678", R::Landline),
        ("+44 7911 123456", R::Foreign),
        ("+1 212 555 0100", R::Foreign),
        ("13800138000138001380001380013800013800138000", R::TooLong),
    ] {
        assert_eq!(parse(text), Err(refusal), "{text}");
    }
}

#[test]
fn the_official_allocation() {
    use Class::{Ordinary, Resale, Satellite, Test};
    use Network::*;
    for (network, class, prefixes) in [
        (ChinaTelecom, Ordinary, "133 149 153 173 177 180 181 189 190 191 193 199"),
        (ChinaTelecom, Resale, "162 1700 1701 1702"),
        (ChinaTelecom, Satellite, "17400 17405 13492 13493"),
        (
            ChinaMobile,
            Ordinary,
            "1340 1348 135 136 137 138 139 147 148 150 151 152 157 158 159 172 178 182 183 184 \
             187 188 195 197 198",
        ),
        (ChinaMobile, Resale, "165 1703 1705 1706"),
        (ChinaUnicom, Ordinary, "130 131 132 145 146 155 156 166 175 176 185 186 196"),
        (ChinaUnicom, Resale, "167 1704 1707 1708 1709 171"),
        (ChinaBroadnet, Ordinary, "192"),
        (ChinaSatNet, Satellite, "1619"),
        (OtherSatellite, Satellite, "17406 17409 17410 17411 17412 1749"),
        (Unassigned, Test, "154"),
    ] {
        for prefix in prefixes.split_whitespace() {
            for filler in ['2', '0'] {
                let mut text = prefix.to_owned();
                while text.len() < 11 {
                    text.push(filler);
                }
                let msisdn = Msisdn::parse(&text).unwrap();
                assert_eq!(msisdn.range(), Range { network, class }, "{text}");
            }
        }
    }
    for text in ["13490000000", "13494000000", "17413000000", "17420000000", "16180000000"] {
        assert_eq!(parse(text), Err(PhoneRefusal::Unallocated), "{text}");
    }
}

#[test]
fn a_block_is_ten_thousand_numbers_in_one_bucket() {
    let first = Msisdn::parse("13800130000").unwrap();
    let last = Msisdn::parse("13800139999").unwrap();
    assert_eq!((first.block(), first.offset()), (last.block(), 0));
    assert_eq!(last.offset(), 9999);
    assert_eq!(first.bucket(), last.bucket());
    assert_eq!(first.tail4(), "0000");
    // Keys on disk hold it, so it is fixed for ever.
    assert_eq!(Msisdn::parse("13800138000").unwrap().bucket(), first.bucket());
    assert_eq!(bucket_of_block(861_380_013), 270);
}

#[test]
fn blocks_spread_over_the_buckets() {
    let mut seen = vec![0_u32; 1024];
    for block in 861_380_000..861_390_000 {
        seen[usize::try_from(bucket_of_block(block)).unwrap()] += 1;
    }
    assert!(seen.iter().all(|&n| (5..=15).contains(&n)), "{seen:?}");
}

#[test]
fn anybody_may_be_reached() {
    for (text, shown, country) in [
        ("+44 7911 123456", "+447911123456", 44),
        ("0044 7911 123456", "+447911123456", 44),
        ("+1 (212) 555-0100", "+12125550100", 1),
        ("+852 9123 4567", "+85291234567", 852),
        ("+853 66123456", "+85366123456", 853),
        ("+886 912 345 678", "+886912345678", 886),
        ("+86 10 6234 5678", "+861062345678", 86),
        ("13800138000", "+8613800138000", 86),
    ] {
        let number = E164::parse(text).unwrap();
        assert_eq!(number.to_string(), shown, "{text}");
        assert_eq!(number.calling_code(), country, "{text}");
        assert_eq!(E164::parse(shown), Ok(number));
    }
    for (text, refusal) in [
        ("+999 123 456 78", PhoneRefusal::UnknownCountry),
        ("+0 123 456 78", PhoneRefusal::UnknownCountry),
        ("+44 12", PhoneRefusal::TooShort),
        ("+44 7911 123456 78901", PhoneRefusal::TooLong),
        ("07911 123456", PhoneRefusal::Landline),
        ("+86 12345678901", PhoneRefusal::Unallocated),
        ("name@example.com", PhoneRefusal::NotDigits),
    ] {
        assert_eq!(E164::parse(text), Err(refusal), "{text}");
    }
}

proptest! {
    #[test]
    fn nothing_written_panics(text in ".{0,40}", digits in "[+0-9 -]{0,24}") {
        let _ = Msisdn::parse(&text);
        let _ = E164::parse(&text);
        if let Ok(number) = Msisdn::parse(&digits) {
            prop_assert_eq!(Msisdn::from_e164(number.as_u64()), Some(number));
            prop_assert_eq!(number.to_string().parse(), Ok(number));
            prop_assert!(number.bucket() < BUCKETS);
        }
        if let Ok(number) = E164::parse(&digits) {
            prop_assert_eq!(number.to_string().parse(), Ok(number));
        }
    }
}
