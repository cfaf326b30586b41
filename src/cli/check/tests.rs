use super::*;
use jiff::civil::date;
use std::io::Read;

fn answers(kind: Kind, lang: Lang, json: bool, input: &str) -> (String, Count) {
    let checker = Checker {
        kind,
        country: None,
        today: date(2026, 11, 24),
        teller: Teller::new(kind, lang, json),
    };
    let mut out = Vec::new();
    let count = stream::check(&checker, &mut input.as_bytes(), &mut out).unwrap();
    (String::from_utf8(out).unwrap(), count)
}

fn english(kind: Kind, input: &str) -> String {
    answers(kind, Lang::En, false, input).0
}

#[test]
fn a_stranger_reads_what_it_is_and_what_is_wrong() {
    assert_eq!(
        english(Kind::Id, "11010519491231002x"),
        "11010519491231002x → 11010519491231002X  valid · resident identity number · \
         born 1949-12-31 · female · Beijing\n"
    );
    assert_eq!(
        english(Kind::Id, "110101199003077578"),
        "110101199003077578  invalid · resident identity number · The last character does not fit \
         the others: check every one of them (the check character would be 1)\n"
    );
    assert_eq!(
        english(Kind::Msisdn, "+86 138 0013 8000"),
        "+86 138 0013 8000 → 8613800138000  valid · mobile number · China Mobile · May have been \
         ported: the operator now serving it can be another\n"
    );
    assert_eq!(
        answers(Kind::Msisdn, Lang::Zh, false, "700123456789012").0,
        "700123456789012  无效 · 手机号码 · 700开头的15位号码是中间号，不属于任何用户\n"
    );
    let mrz = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
               L898902C36UTO7408122F1204159ZE184226B<<<<<10\n\n\
               IDPHLP000000016<<<<<<<<<<<<<<< / 9001011M3301018PHL<<<<<<<<<<<4 / \
               TEST<<SAMPLE<<<<<<<<<<<<<<<<<<\n";
    let told = english(Kind::Mrz, mrz);
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(told.contains("ERIKSSON, ANNA MARIA · born 1974-08-12 · female"), "{told}");
    assert!(told.contains("TEST, SAMPLE · born 1990-01-01 · male · Philippines"), "{told}");
}

#[test]
fn json_is_one_object_a_line() {
    let (told, count) = answers(Kind::Id, Lang::En, true, "110101190001010014\n\n\"\u{7}汉\n");
    let objects: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects[0]["verdict"], "look");
    assert_eq!(objects[0]["birth"], "1900-01-01");
    assert_eq!(objects[0]["findings"][0]["code"], "check.born_before_1910");
    assert_eq!((&objects[1]["line"], &objects[1]["verdict"]), (&3.into(), &"invalid".into()));
    assert_eq!(objects[1]["input"], "\"\u{7}汉");
    assert_eq!((count.valid, count.look, count.invalid), (0, 1, 1));
}

/// Gives a few bytes at a time, as a slow pipe does.
struct Dribble<'a>(&'a [u8], usize);

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.take(self.1 as u64).read(buffer).inspect(|&n| self.0 = &self.0[n..])
    }
}

#[test]
fn chunks_and_threads_keep_the_order() {
    let input = (0..40_000).map(|n| format!("138{n:08}\n")).collect::<Vec<_>>().concat();
    let whole = english(Kind::Msisdn, &input);
    assert_eq!(whole.lines().count(), 40_000);
    for (line, told) in input.lines().zip(whole.lines()) {
        assert!(told.starts_with(line));
    }
    let zones = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
                 L898902C36UTO7408122F1204159ZE184226B<<<<<10\n"
        .repeat(20);
    for (kind, text, step) in [(Kind::Msisdn, &input, 4099), (Kind::Mrz, &zones, 7)] {
        let teller = Teller::new(kind, Lang::En, false);
        let checker = Checker { kind, country: None, today: date(2026, 11, 24), teller };
        let mut out = Vec::new();
        let mut slow = Dribble(text.as_bytes(), step);
        stream::check(&checker, &mut slow, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), english(kind, text));
    }
}

#[test]
fn every_refusal_of_a_number_has_its_message() {
    use domain::finding::Finding;
    use domain::msisdn::PhoneRefusal;
    use domain::refusal::Refusal;
    use domain::sim::SimRefusal;
    let findings = Finding::ALL.iter().map(Refusal::code);
    let phone = PhoneRefusal::ALL.iter().map(Refusal::code);
    for code in findings.chain(phone).chain(SimRefusal::ALL.iter().map(Refusal::code)) {
        assert!(Lang::Zh.refusal(code, &[]).is_some(), "{code}");
    }
    let countries = Country::all().chain(Country::all_icao());
    for country in countries {
        assert!(Lang::has(&format!("country-{}", country.as_str().to_lowercase())), "{country}");
    }
}
