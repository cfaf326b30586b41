//! What becomes of values that agree, and of values that do not.

use super::*;
use crate::identity::DocumentKind;
use jiff::civil::date;

fn field(name: FieldName, value: &str, confidence: f32) -> Field {
    let place = Place::default();
    Field { name, value: value.to_owned(), confidence, place, standing: Standing::Doubtful }
}

fn settled(fields: &[(FieldName, &str, f32)]) -> Vec<Standing> {
    let mut fields: Vec<Field> = fields.iter().map(|(n, v, c)| field(*n, v, *c)).collect();
    settle(DocumentKind::ResidentId, &mut fields, date(2026, 11, 24), &Thresholds::DEFAULT);
    fields.iter().map(|field| field.standing).collect()
}

use FieldName::{Birth, Ethnicity, Name, Number, Sex, ValidFrom, ValidUntil};
use Standing::{Clear, Conflicting, Doubtful};
const NUMBER: &str = "11010519491231002X";

#[test]
fn a_number_that_agrees_with_what_is_printed_makes_both_clear() {
    let read = [(Number, NUMBER, 0.4), (Birth, "1949-12-31", 0.3), (Sex, "女", 0.5)];
    assert_eq!(settled(&read), [Clear, Clear, Clear]);
}

#[test]
fn a_wrong_digit_is_told_and_not_repaired() {
    let mut fields = vec![field(Number, "11010519491231003X", 0.99)];
    settle(DocumentKind::ResidentId, &mut fields, date(2026, 11, 24), &Thresholds::DEFAULT);
    assert_eq!(fields[0].standing, Conflicting);
    assert_eq!(fields[0].value, "11010519491231003X");
}

#[test]
fn a_birth_that_the_number_denies_conflicts() {
    let read = [(Number, NUMBER, 0.9), (Birth, "1949-12-30", 0.9), (Sex, "女", 0.9)];
    assert_eq!(settled(&read), [Clear, Conflicting, Clear]);
    let read = [(Number, NUMBER, 0.9), (Birth, "1949-12-30", 0.9), (Sex, "男", 0.9)];
    assert_eq!(settled(&read), [Conflicting, Conflicting, Conflicting]);
}

#[test]
fn validity_is_of_five_ten_or_twenty_years() {
    let of = |from, until| settled(&[(ValidFrom, from, 0.5), (ValidUntil, until, 0.5)]);
    assert_eq!(of("2016-03-04", "2036-03-04"), [Clear, Clear]);
    assert_eq!(of("2016-03-04", "2035-03-04"), [Conflicting, Conflicting]);
    assert_eq!(of("2016-03-04", "2036-03-05"), [Conflicting, Conflicting]);
    assert_eq!(of("2016-03-04", LONG_TERM), [Doubtful, Doubtful]);
}

#[test]
fn faint_or_odd_values_are_doubtful() {
    let read = [(Name, "张三", 0.5), (Ethnicity, "漢", 0.99), (Name, "张", 0.99)];
    assert_eq!(settled(&read), [Doubtful, Doubtful, Doubtful]);
    assert_eq!(settled(&[(Name, "阿卜杜·买买提", 0.99), (Name, "㛃𬬭", 0.91)]), [Clear, Clear]);
    assert_eq!(settled(&[(Name, "张三", 0.85)]), [Doubtful]);
}

#[test]
fn typed_values_are_held_against_clear_ones_only() {
    let mut name = field(Name, "阿卜杜·买买提", 0.9);
    name.standing = Clear;
    let number = field(Number, NUMBER, 0.2);
    let reading = Reading { fields: vec![name, number], ..Reading::default() };
    let typed = |name: &str| Typed {
        name: Some(name.to_owned()),
        number: Some(NUMBER.to_owned()),
        birth: None,
        legal_person: None,
        valid_until: None,
    };
    use Agreement::{Agrees, Differs, NotRead};
    let of = |name| compare(&typed(name), &[&reading]);
    assert_eq!(of("阿卜杜 • 买买提"), [(Name, Agrees), (Number, NotRead)]);
    assert_eq!(of("阿卜杜·买提"), [(Name, Differs), (Number, NotRead)]);
}

#[test]
fn other_thresholds_make_something_else_of_the_same_reading() {
    let mut fields = vec![field(Name, "张三", 0.93), field(Number, NUMBER, 0.7)];
    let today = date(2026, 11, 24);
    settle(DocumentKind::ResidentId, &mut fields, today, &Thresholds::DEFAULT);
    assert_eq!([fields[0].standing, fields[1].standing], [Clear, Clear]);
    let strict = Thresholds { clear_percent_min: 75, clear_text_percent_min: 95 };
    settle(DocumentKind::ResidentId, &mut fields, today, &strict);
    assert_eq!([fields[0].standing, fields[1].standing], [Doubtful, Doubtful]);
    settle(DocumentKind::ResidentId, &mut fields, today, &Thresholds::DEFAULT);
    assert_eq!([fields[0].standing, fields[1].standing], [Clear, Clear], "nothing was lost");
}

#[test]
fn a_place_is_shown_with_a_little_around_it_and_stays_in_the_photo() {
    let place = |x, y, width, height| Place { x, y, width, height }.around();
    assert_eq!(place(100, 200, 300, 30), "90,190,320,50");
    assert_eq!(place(0, 0, 1000, 60), "0,0,1000,80");
    assert_eq!(place(990, 990, 10, 10), "987,987,13,13");
}

#[test]
fn a_field_never_shows_its_value_in_a_log() {
    assert_eq!(format!("{:?}", field(Name, "张三", 0.5)), "Field(name, doubtful)");
}

fn judged(kind: DocumentKind, fields: &[(FieldName, &str, f32)]) -> Vec<Standing> {
    let mut fields: Vec<Field> = fields.iter().map(|(n, v, c)| field(*n, v, *c)).collect();
    settle(kind, &mut fields, date(2026, 11, 24), &Thresholds::DEFAULT);
    fields.iter().map(|field| field.standing).collect()
}

const ZONE: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<</\
                    L898902C36UTO7408122F1204159ZE184226B<<<<<10";

#[test]
fn a_zone_proves_what_its_check_digits_cover_and_contradicts_the_rest() {
    let of = |number, birth, sex, confidence| {
        let fields = [
            (FieldName::Zone, ZONE, 0.9),
            (Number, number, confidence),
            (Birth, birth, confidence),
            (Sex, sex, 0.9),
            (Name, "ERIKSSON ANNA MARIA", 0.95),
        ];
        judged(DocumentKind::ForeignPassport, &fields).split_off(1)
    };
    assert_eq!(of("L898902C3", "1974-08-12", "女", 0.5), [Clear; 4]);
    // One wrong sign in ten passes the digit: what is very faint stays in doubt.
    assert_eq!(of("L898902C3", "1974-08-12", "女", 0.2)[..2], [Doubtful; 2]);
    let other = of("L898902G3", "1974-08-13", "男", 0.99);
    assert_eq!(other, [Conflicting, Conflicting, Conflicting, Clear]);
}

#[test]
fn a_zone_whose_check_digit_fails_makes_nothing_clear() {
    let zone = ZONE.replace("L898902C3", "L898902C8");
    let fields = [(FieldName::Zone, zone.as_str(), 0.99), (Number, "L898902C8", 0.99)];
    assert_eq!(judged(DocumentKind::ForeignPassport, &fields), [Doubtful, Conflicting]);
}

#[test]
fn numbers_without_a_check_must_be_surer() {
    let of = |kind, number, confidence| judged(kind, &[(Number, number, confidence)]);
    let permit = DocumentKind::HongKongMacaoPermit;
    assert_eq!(of(permit, "H00000001", 0.8), [Doubtful]);
    assert_eq!(of(permit, "H00000001", 0.95), [Clear]);
    assert_eq!(of(permit, "K00000001", 0.95), [Conflicting]);
    assert_eq!(of(DocumentKind::ResidencePermit, "81000020000229993X", 0.8), [Clear]);
    assert_eq!(of(DocumentKind::ResidencePermit, NUMBER, 0.99), [Conflicting]);
    assert_eq!(of(DocumentKind::BusinessLicence, "91110000600037341L", 0.8), [Clear]);
    assert_eq!(of(DocumentKind::BusinessLicence, "91110000600037342L", 0.99), [Conflicting]);
}

#[test]
fn a_permanent_residents_number_tells_birth_and_citizenship() {
    let of = |number, country, birth| {
        let nation = FieldName::Nationality;
        let fields = [(Number, number, 0.7), (nation, country, 0.3), (Birth, birth, 0.3)];
        judged(DocumentKind::PermanentResidence, &fields)
    };
    assert_eq!(of("911124198108030024", "CAN", "1981-08-03"), [Clear; 3]);
    assert_eq!(of("CAN110081080310", "CAN", "1981-08-03"), [Clear; 3]);
    assert_eq!(of("911124198108030024", "USA", "1981-08-03"), [Clear, Doubtful, Clear]);
}

#[test]
fn a_temporary_card_is_valid_for_three_months_and_a_permit_to_the_day_before() {
    let of = |kind, from, until| judged(kind, &[(ValidFrom, from, 0.5), (ValidUntil, until, 0.5)]);
    let temporary = DocumentKind::TemporaryResidentId;
    assert_eq!(of(temporary, "2026-09-04", "2026-12-04"), [Clear, Clear]);
    assert_eq!(of(temporary, "2016-03-04", "2026-03-04"), [Doubtful, Doubtful]);
    let permit = DocumentKind::HongKongMacaoPermit;
    assert_eq!(of(permit, "2016-03-04", "2026-03-03"), [Clear, Clear]);
    assert_eq!(of(permit, "2016-03-04", "2016-03-04"), [Conflicting, Conflicting]);
}

#[test]
fn a_name_in_two_scripts_agrees_with_either_in_any_order() {
    let clear = |name, value| Field { standing: Clear, ..field(name, value, 0.95) };
    let fields = vec![clear(Name, "陈大文"), clear(FieldName::LatinName, "CHAN TAI MAN")];
    let both = Reading { fields, ..Reading::default() };
    let of = |reading: &Reading, name: &str| {
        let name = Some(name.to_owned());
        let typed =
            Typed { name, number: None, birth: None, legal_person: None, valid_until: None };
        compare(&typed, &[reading]).first().map(|(_, agreement)| *agreement)
    };
    for same in ["陈大文", "Chan Tai Man", "Tai-Man Chan", "CHAN, Tai Man"] {
        assert_eq!(of(&both, same), Some(Agreement::Agrees), "{same}");
    }
    for other in ["陈大成", "Chan Tai Ming", "Chan"] {
        assert_eq!(of(&both, other), Some(Agreement::Differs), "{other}");
    }
    let latin = vec![clear(Name, "MUELLER JURGEN")];
    let latin = Reading { fields: latin, ..Reading::default() };
    assert_eq!(of(&latin, "Jürgen Müller"), Some(Agreement::Differs), "one way at a time");
    let latin = vec![clear(Name, "MUELLER JUERGEN")];
    let latin = Reading { fields: latin, ..Reading::default() };
    assert_eq!(of(&latin, "Jürgen Müller"), Some(Agreement::Agrees));
    assert_eq!(of(&latin, "于尔根"), Some(Agreement::NotRead), "another script says nothing");
}

#[test]
fn every_side_of_every_kind_that_is_read_names_its_fields_once() {
    for kind in DocumentKind::ALL {
        for side in [Side::Front, Side::Back] {
            let fields = fields_of(*kind, side);
            let mut seen = fields.to_vec();
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), fields.len());
            assert!(!fields.contains(&FieldName::Zone));
        }
    }
    assert!(fields_of(DocumentKind::MilitaryId, Side::Front).is_empty());
}
