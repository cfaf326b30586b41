use super::*;
use jiff::civil::date;
use proptest::prelude::*;

fn cn() -> Policy {
    toml::from_str(include_str!("../../../../policies/cn.toml")).unwrap()
}

const TODAY: Date = date(2026, 11, 24);

fn good() -> Form {
    Form {
        number: "138 0013 8000".into(),
        sim_tail: "12345a".into(),
        who: Some(Who::Myself),
        document: Some(DocumentKind::ResidentId),
        name: "样本一".into(),
        document_number: "11010519491231002X".into(),
        is_long_term: true,
        ..Form::default()
    }
}

/// The codes found in a section after one change.
fn found(section: Section, change: impl FnOnce(&mut Form)) -> Vec<(&'static str, &'static str)> {
    let mut form = good();
    change(&mut form);
    let found = problems(&form, section, &cn(), TODAY);
    found.into_iter().map(|problem| (problem.field, problem.code)).collect()
}

#[test]
fn a_complete_form_has_no_problem() {
    for section in Section::ALL {
        assert_eq!(found(section, |_| {}), [], "{section:?}");
    }
}

#[test]
fn every_wrong_field_is_named_with_its_fix() {
    use Section::{Document, Identity, Number, Who as For};
    let is = |section, change: fn(&mut Form), field, code| {
        assert_eq!(found(section, change), [(field, code)]);
    };
    is(Number, |f| f.number = String::new(), "number", "phone.empty");
    is(Number, |f| f.number = "1380013800".into(), "number", "phone.too_short");
    is(Number, |f| f.sim_tail = "12345".into(), "sim_tail", "form.sim_tail");
    is(For, |f| f.who = None, "who", "form.who_missing");
    is(Document, |f| f.document = None, "document", "form.document_missing");
    let other = |f: &mut Form| f.document = Some(DocumentKind::BusinessLicence);
    is(Document, other, "document", "form.document_not_accepted");
    is(Identity, |f| f.name = " ".into(), "name", "form.name_missing");
    is(Identity, |f| f.name = "张3".into(), "name", "form.name_characters");
    is(Identity, |f| f.name = "· ·".into(), "name", "form.name_characters");
    is(Identity, |f| f.name = "长".repeat(61), "name", "form.name_length");
    let wrong = |f: &mut Form| f.document_number = "110105194912310021".into();
    is(Identity, wrong, "document_number", "check.check_character");
    is(Identity, |f| f.is_long_term = false, "expires", "form.expires_missing");
    let past = |f: &mut Form| {
        f.is_long_term = false;
        f.expires = DateText::of(date(2026, 11, 23));
    };
    is(Identity, past, "expires", "form.expired");
    let impossible = |f: &mut Form| {
        f.is_long_term = false;
        f.expires = DateText { year: "2030".into(), month: "2".into(), day: "30".into() };
    };
    is(Identity, impossible, "expires", "form.expires_impossible");
}

#[test]
fn a_document_is_valid_on_its_last_day() {
    let last_day = |f: &mut Form| {
        f.is_long_term = false;
        (f.is_long_term, f.expires) = (false, DateText::of(TODAY));
    };
    assert_eq!(found(Section::Identity, last_day), []);
}

#[test]
fn passports_ask_for_the_day_of_birth_and_are_never_long_term() {
    let passport = |f: &mut Form| {
        f.document = Some(DocumentKind::ForeignPassport);
        f.document_number = "C01X00T47".into();
        f.name = "ERIKSSON ANNA MARIA".into();
    };
    let codes = found(Section::Identity, passport);
    assert_eq!(codes, [("birth", "form.birth_missing"), ("expires", "form.expires_missing")]);
}

#[test]
fn children_need_a_guardian() {
    // Born 2015-03-07: eleven years old.
    let child = |f: &mut Form| {
        f.document_number = "110101201503070012".into();
    };
    let number = "110101201503070012";
    let checked = identity::check(DocumentKind::ResidentId, number, TODAY);
    let wanted =
        checked.facts.wanted_check.map_or(number.to_owned(), |c| format!("{}{c}", &number[..17]));
    let alone = found(Section::Identity, |f| {
        child(f);
        f.document_number.clone_from(&wanted);
    });
    assert_eq!(alone, [("birth", "form.age_alone")]);
    let without = found(Section::Identity, |f| {
        f.document_number.clone_from(&wanted);
        f.who = Some(Who::Child);
    });
    let expected =
        [("guardian_name", "form.guardian_name_missing"), ("guardian_number", "check.empty")];
    assert_eq!(without, expected);
    let with = found(Section::Identity, |f| {
        f.document_number.clone_from(&wanted);
        f.who = Some(Who::Child);
        f.guardian_name = "样本二".into();
        f.guardian_number = "11010519491231002X".into();
    });
    assert_eq!(with, []);
}

fn company(form: &mut Form) {
    form.who = Some(Who::Company);
    form.document = Some(DocumentKind::BusinessLicence);
    form.name = "样本（北京）3号科技有限公司".into();
    form.document_number = "91110000600037341L".into();
    form.organisation.handler_name = "样本二".into();
    form.organisation.handler_number = "11010519491231002X".into();
    form.organisation.responsible_name = "样本三".into();
    form.organisation.responsible_number = "11010519491231002X".into();
}

#[test]
fn companies_name_a_handler_and_a_responsible_person() {
    for section in Section::ALL {
        assert_eq!(found(section, company), [], "{section:?}");
    }
    let is = |change: fn(&mut Form), field, code| {
        let both = |f: &mut Form| {
            company(f);
            change(f);
        };
        assert_eq!(found(Section::Identity, both), [(field, code)]);
    };
    is(|f| f.name = String::new(), "name", "form.organisation_name_missing");
    let wrong = |f: &mut Form| f.document_number = "91110000600037341M".into();
    is(wrong, "document_number", "check.check_character");
    let no_handler = |f: &mut Form| f.organisation.handler_name = " ".into();
    is(no_handler, "handler_name", "form.handler_name_missing");
    let wrong = |f: &mut Form| f.organisation.responsible_number = "110105194912310021".into();
    is(wrong, "responsible_number", "check.check_character");
    let no_name = |f: &mut Form| f.organisation.legal_person = "样本4".into();
    is(no_name, "legal_person", "form.name_characters");
    let over = |f: &mut Form| {
        (f.is_long_term, f.expires) = (false, DateText::of(date(2026, 11, 23)));
    };
    is(over, "expires", "form.expired");
    let no_day = |f: &mut Form| (f.is_long_term, f.expires.day) = (false, "32".into());
    is(no_day, "expires", "form.expires_impossible");
    let told = |f: &mut Form| {
        company(f);
        f.organisation.legal_person = "阿卜杜·买买提".into();
        f.expires = DateText::of(TODAY);
    };
    assert_eq!(found(Section::Identity, told), [], "its last day is a day on which it is valid");
    let resident = |f: &mut Form| {
        company(f);
        f.document = Some(DocumentKind::ResidentId);
    };
    let codes = found(Section::Document, resident);
    assert_eq!(codes, [("document", "form.document_not_accepted")]);
    let mut policy = cn();
    policy.registration.organisation_documents.clear();
    let mut form = good();
    company(&mut form);
    let codes = problems(&form, Section::Who, &policy, TODAY);
    assert_eq!(codes[0].code, "form.who_not_online", "another law, another way");
}

#[test]
fn machines_say_what_they_do_and_list_their_cards() {
    let first = "898601123456789012";
    let with = |cards: String| {
        found(Section::Identity, |f| {
            company(f);
            f.who = Some(Who::Iot);
            f.sim_tail = "900001".into();
            f.organisation.use_scene = "水表".into();
            f.organisation.cards = cards;
        })
    };
    let card = |n: usize| format!("8986011234567890{n:04}");
    assert_eq!(with(String::new()), [("cards", "form.cards_missing")]);
    assert_eq!(with(format!("8986011234567890001x\n{first}")), [("cards", "form.card_wrong")]);
    let twice = format!("{}\n\n {} ", card(1), card(1));
    assert_eq!(with(twice), [("cards", "form.card_twice")]);
    assert_eq!(with(card(2)), [("cards", "form.cards_without_first")]);
    let many = |n: usize| (1..=n).map(card).collect::<Vec<_>>().join("\r\n");
    assert_eq!(with(many(200)), []);
    assert_eq!(with(many(201)), [("cards", "form.cards_too_many")]);
    let mut form = good();
    company(&mut form);
    form.who = Some(Who::Iot);
    form.sim_tail = "900001".into();
    form.organisation.cards = format!("{}\n\nnonsense", card(1));
    let found = problems(&form, Section::Identity, &cn(), TODAY);
    let line = found.iter().find(|problem| problem.code == "form.card_wrong").unwrap();
    assert_eq!(line.values[0].1, "3", "counted as the person sees it");
    assert!(found.iter().any(|problem| problem.code == "form.use_scene_missing"));
}

#[test]
fn names_with_dots_and_rare_characters_are_names() {
    for name in
        ["阿卜杜拉·买买提", "𠮷田", "𬱖", "㐂", "O'Brien-Smith", "José Ñandú", "Nguyễn Văn A", "〇"]
    {
        let codes = found(Section::Identity, |f| f.name = name.into());
        assert_eq!(codes, [], "{name}");
    }
    assert_eq!(canonical_name(" 阿卜杜拉•买买提 "), "阿卜杜拉·买买提");
    assert_eq!(canonical_name("ANNA\u{3000}  MARIA"), "ANNA MARIA");
}

#[test]
fn a_whole_serial_number_gives_its_tail() {
    assert_eq!(sim_tail("8986 0312 3456 7890 1234").as_deref(), Some("901234"));
    assert_eq!(sim_tail("ab-12 34").as_deref(), Some("AB1234"));
    assert_eq!(sim_tail("１２３４５６"), None);
}

proptest! {
    /// Whatever is typed, it is judged without a panic, and judging again gives the same.
    #[test]
    fn any_input_is_judged(
        texts in prop::collection::vec(".{0,30}", 8), kind in 0_usize..12, long in any::<bool>()
    ) {
        let form = Form {
            number: texts[0].clone(),
            sim_tail: texts[1].clone(),
            who: Some(Who::Child),
            document: DocumentKind::ALL.get(kind).copied(),
            name: texts[2].clone(),
            document_number: texts[3].clone(),
            birth: DateText { year: texts[4].clone(), ..DateText::default() },
            expires: DateText { day: texts[5].clone(), ..DateText::default() },
            is_long_term: long,
            guardian_name: texts[6].clone(),
            guardian_number: texts[7].clone(),
            ..Form::default()
        };
        let policy = cn();
        for section in Section::ALL {
            prop_assert_eq!(
                problems(&form, section, &policy, TODAY),
                problems(&form, section, &policy, TODAY)
            );
        }
        let _ = form.identity(TODAY);
    }
}
