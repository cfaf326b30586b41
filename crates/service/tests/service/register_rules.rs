//! What the rules of registration say in unusual cases, and that each has its words.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use domain::access::Actor;
use domain::application::form::{DateText, FormRefusal, Who};
use domain::application::organisation::Organisation;
use domain::application::{ApplicationRefusal, Kind, State};
use domain::check::{Check, CheckKind, Outcome};
use domain::id::OperatorId;
use domain::identity::{DocumentKind, IdentityNumber};
use domain::reason::{Item, Reason};
use domain::refusal::Refusal;
use domain::time::{At, Zone};
use jiff::civil::{date, datetime};
use service::image::PhotoRefusal;
use service::register::{
    self, Change, ContactRefusal, IdentityFields, Purpose, StatusKey, Submitted, WholeApplication,
};
use service::sanction::NewSanction;
use service::{Sensitive, work};
use testkit::{Applicant, Drafted, TestApp, on_both_engines};
use words::Lang;

#[test]
fn every_refusal_reason_and_status_has_words_in_both_languages() {
    let mut refusals: Vec<(&'static str, Vec<_>)> = Vec::new();
    let mut add = |refusal: &dyn Refusal| {
        let mut values = refusal.values();
        values.push(("age", "16".into()));
        values.push(("minutes", "5".into()));
        values.push(("line", "3".into()));
        refusals.push((refusal.code(), values));
    };
    for refusal in FormRefusal::ALL {
        add(refusal);
    }
    for refusal in ApplicationRefusal::ALL {
        add(refusal);
    }
    for refusal in &ContactRefusal::ALL {
        add(refusal);
    }
    for error in vision::ImageError::ALL {
        add(&PhotoRefusal(error, Item::Portrait));
    }
    for lang in [Lang::Zh, Lang::En] {
        for (code, values) in &refusals {
            assert!(lang.refusal(code, values).is_some(), "{code}");
        }
        for reason in Reason::ALL {
            let id = format!("reason-{}", reason.code().to_lowercase());
            assert!(Lang::has(&id), "{id}");
        }
        for item in Item::ALL {
            assert!(Lang::has(&format!("item-{}", item.code().replace('_', "-"))), "{item:?}");
        }
        for key in StatusKey::ALL {
            assert!(!register::tag(lang, key).is_empty());
        }
    }
    let events = [
        "submitted",
        "checks-done",
        "second-check-asked",
        "approved",
        "update-asked",
        "update-sent",
        "rejected",
        "network-confirmed",
        "person-asked",
        "withdrawn",
        "reopened",
        "deadline-passed",
        "calendar-imported",
        "answer",
        "switch-on",
        "update",
    ];
    for event in events {
        assert!(Lang::has(&format!("timeline-{event}")), "{event}");
    }
}

/// The one check of a kind in the last run.
async fn check_of(app: &TestApp, drafted: &Drafted, kind: CheckKind) -> Check {
    let checks = store::application::check::latest(&app.store.db, drafted.id).await.unwrap();
    checks.into_iter().find(|check| check.kind == kind).unwrap()
}

async fn state(app: &TestApp, drafted: &Drafted) -> State {
    register::open(app, &drafted.actor, drafted.id).await.unwrap().facts.state
}

/// A whole application over the operator API.
fn whole(card: &testkit::Card, person: &Applicant) -> WholeApplication {
    let items = [Item::DocumentFront, Item::DocumentBack, Item::Portrait];
    WholeApplication {
        is_awaited: true,
        kind: Kind::Registration,
        lang: Lang::En,
        zone: Some("Europe/London".into()),
        number: card.msisdn.to_string(),
        sim_tail: card.sim.iccid.as_str().to_owned(),
        who: Who::Myself,
        document: DocumentKind::ResidentId,
        identity: person.fields(),
        contact: Some("+44 7700 900123".into()),
        consents: Purpose::ALL.to_vec(),
        photos: items.into_iter().map(|item| (item, person.photo(item))).collect(),
    }
}

fn token() -> Actor {
    Actor::Token {
        operator_id: OperatorId(1),
        name: "bss".into(),
        scopes: vec!["applications:write".into(), "applications:read".into()],
    }
}

on_both_engines! {
    async fn a_listed_identity_goes_to_a_person_and_nobody_is_told_why(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let person = Applicant::new(1);
        let read = IdentityNumber::read(DocumentKind::ResidentId, &person.number, date(2026, 1, 1));
        let entry = |from_on, until_on| NewSanction {
            document: read.clone().unwrap().0,
            source: "order 7".into(),
            from_on,
            until_on,
        };
        let past = entry(date(2020, 1, 1), Some(date(2022, 1, 1)));
        service::sanction::record(&app, &Actor::System, OperatorId(1), &[past]).await.unwrap();
        let (free, _, _) = app.submitted(1, 1).await;
        assert_eq!(check_of(&app, &free, CheckKind::Sanctions).await.outcome, Outcome::Pass);

        let now = entry(date(2026, 1, 1), None);
        service::sanction::record(&app, &Actor::System, OperatorId(1), &[now]).await.unwrap();
        let card = app.unregistered(1, 2).await;
        let listed = app.begin(1, &card).await;
        app.advance_seconds(3_600);
        app.fill(&listed, &person).await;
        register::submit(&app, &listed.actor, listed.id).await.unwrap();
        work::run_due(&app).await.unwrap();
        let check = check_of(&app, &listed, CheckKind::Sanctions).await;
        assert_eq!((check.outcome, check.reason), (Outcome::Fail, Some(Reason::S1)));
        assert_eq!(state(&app, &listed).await, State::InReview);
        let status = register::status(&app, &listed.actor, listed.id).await.unwrap();
        assert_eq!(status.reasons, []);
    }

    async fn a_child_applies_with_a_guardian_and_a_person_looks(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let card = app.unregistered(1, 1).await;
        let drafted = app.begin(1, &card).await;
        let person = Applicant::new(1);
        app.fill(&drafted, &person).await;
        let Drafted { id, actor, .. } = &drafted;
        let passport = DocumentKind::ForeignPassport;
        let fields = IdentityFields {
            name: Sensitive::new("SAMPLE CHILD".into()),
            document_number: Sensitive::new("C01X00T47".into()),
            birth: DateText::of(date(2015, 3, 7)),
            expires: DateText::of(date(2030, 1, 1)),
            ..IdentityFields::default()
        };
        let save = |change: Change| {
            let app = &app;
            async move { register::save(app, actor, *id, &change).await.unwrap() }
        };
        assert_eq!(save(Change::Document(Some(passport))).await, []);
        let found = save(Change::Identity(Box::new(fields.clone()))).await;
        assert_eq!(found[0].code, "form.age_alone");
        let words = Lang::Zh.refusal(found[0].code, &found[0].values).unwrap();
        assert!(words.contains("16"), "{words}");

        save(Change::Who(Some(Who::Child))).await;
        let guarded = IdentityFields {
            guardian_name: Sensitive::new(person.name.clone()),
            guardian_number: Sensitive::new(person.number.clone()),
            ..fields
        };
        assert_eq!(save(Change::Identity(Box::new(guarded))).await, []);
        let view = register::open(&app, actor, *id).await.unwrap();
        assert_eq!(view.wanted_photos, [Item::DocumentFront, Item::GuardianPapers, Item::Portrait]);
        assert!(!view.is_complete, "the household register is missing");
        let papers = vision::specimen::passport(&person.holder, ["P<", "0"]).to_jpeg();
        register::upload(&app, actor, *id, Item::GuardianPapers, papers).await.unwrap();
        let sent = register::submit(&app, actor, *id).await.unwrap();
        assert!(matches!(sent, Submitted::Sent { .. }), "{sent:?}");
        work::run_due(&app).await.unwrap();
        let age = check_of(&app, &drafted, CheckKind::Age).await;
        assert_eq!((age.outcome, age.item), (Outcome::Warn, Some(Item::GuardianPapers)));
        assert_eq!(state(&app, &drafted).await, State::InReview);
    }

    async fn nobody_finds_the_card_of_a_number_by_trying(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let card = app.unregistered(1, 1).await;
        let number = card.msisdn.to_string();
        let guess = |tail: String| {
            let (app, number) = (&app, number.clone());
            async move {
                let found = register::check_pair(app, OperatorId(1), &number, &tail).await.unwrap();
                found.first().map(|problem| problem.code)
            }
        };
        let before = app.begin(1, &card).await;
        for tail in 0..30 {
            assert_eq!(guess(format!("99{tail:04}")).await, Some("form.pair_unknown"));
        }
        assert_eq!(guess(card.tail()).await, Some("form.too_many_guesses"));
        let drafted = app.begin(1, &card).await;
        let view = register::open(&app, &drafted.actor, drafted.id).await.unwrap();
        assert_eq!(view.sections[0].problems[0].code, "form.too_many_guesses");
        let view = register::open(&app, &before.actor, before.id).await.unwrap();
        assert_eq!(view.sections[0].problems, [], "whoever had it right goes on");
        app.advance_seconds(3_600);
        assert_eq!(guess(card.tail()).await, None);
        let view = register::open(&app, &drafted.actor, drafted.id).await.unwrap();
        assert_eq!(view.sections[0].problems, []);
    }

    async fn a_company_applies_with_its_papers_and_a_person_looks(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let card = app.unregistered(1, 1).await;
        let drafted = app.begin(1, &card).await;
        let person = Applicant::new(1);
        app.confirm(&drafted, &person.contact).await;
        let Drafted { id, actor, .. } = &drafted;
        let fields = IdentityFields {
            name: Sensitive::new("样本科技有限公司".into()),
            document_number: Sensitive::new("91110000600037341L".into()),
            organisation: Organisation {
                handler_name: person.name.clone(),
                handler_number: person.number.clone(),
                responsible_name: person.name.clone(),
                responsible_number: person.number.clone(),
                ..Organisation::default()
            },
            ..IdentityFields::default()
        };
        for change in [
            Change::Who(Some(Who::Company)),
            Change::Document(Some(DocumentKind::BusinessLicence)),
            Change::Identity(Box::new(fields)),
        ] {
            assert_eq!(register::save(&app, actor, *id, &change).await.unwrap(), []);
        }
        let view = register::open(&app, actor, *id).await.unwrap();
        let papers = [Item::CompanyPapers, Item::HandlerDocument];
        let wanted = [Item::DocumentFront, papers[0], papers[1], Item::Portrait];
        assert_eq!(view.wanted_photos, wanted);
        assert!(!view.is_complete, "the letter of authority is missing");
        // Any document will do for a test, as long as no two are alike.
        let [back, letter] = [Item::DocumentBack, Item::CompanyPapers];
        let pictures = [back, letter, Item::DocumentFront, Item::Portrait];
        for (item, picture) in wanted.into_iter().zip(pictures) {
            let photo = person.photo(picture);
            register::upload(&app, actor, *id, item, photo).await.unwrap();
        }
        register::save_consents(&app, actor, *id, &Purpose::ALL).await.unwrap();
        let sent = register::submit(&app, actor, *id).await.unwrap();
        assert!(matches!(sent, Submitted::Sent { .. }), "{sent:?}");
        work::run_due(&app).await.unwrap();
        let accepted = check_of(&app, &drafted, CheckKind::DocumentAccepted).await;
        assert_eq!(accepted.outcome, Outcome::Pass);
        assert_eq!(state(&app, &drafted).await, State::InReview);
    }

    async fn a_card_that_was_registered_meanwhile_is_asked_again(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let card = app.unregistered(1, 1).await;
        let drafted = app.begin(1, &card).await;
        app.fill(&drafted, &Applicant::new(1)).await;
        register::submit(&app, &drafted.actor, drafted.id).await.unwrap();
        let event = domain::number::Event::HolderVerified {
            party_id: service::id::new(app.now()),
            episode_id: service::id::new(app.now()),
        };
        service::number::apply_as_system(&app, card.msisdn, &event).await.unwrap();
        work::run_due(&app).await.unwrap();
        assert_eq!(state(&app, &drafted).await, State::NeedsUpdate);
        let status = register::status(&app, &drafted.actor, drafted.id).await.unwrap();
        assert_eq!(status.reasons, [Reason::M4]);
    }

    async fn a_program_sends_a_whole_application(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        app.operator(2).await;
        let card = app.unregistered(1, 1).await;
        let person = Applicant::new(1);
        let elsewhere =
            register::submit_whole(&app, &token(), OperatorId(2), whole(&card, &person)).await;
        assert!(matches!(elsewhere, Err(service::Error::NotFound)), "{elsewhere:?}");
        let whole = whole(&card, &person);
        let answer = register::submit_whole(&app, &token(), OperatorId(1), whole).await.unwrap();
        assert!(matches!(answer.submitted, Submitted::Sent { .. }), "{:?}", answer.submitted);
        work::run_due(&app).await.unwrap();
        let status = register::status(&app, &token(), answer.id).await.unwrap();
        assert_eq!(status.key, StatusKey::InReview);
        // It is two in the morning in London, and the answer comes all the same.
        let sms = app.outside.sms().pop().unwrap();
        assert_eq!(sms.to, "447700900123");
        assert!(sms.text.contains("16 Mar 18:00 (Beijing)"), "{}", sms.text);
    }

    async fn what_is_wrong_with_a_whole_application_is_told_at_once(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let card = app.unregistered(1, 1).await;
        let mut wrong = whole(&card, &Applicant::new(1));
        wrong.sim_tail = "000000".into();
        wrong.identity.name = Sensitive::new(String::new());
        wrong.consents.clear();
        wrong.photos[0].1.truncate(1000);
        let answer = register::submit_whole(&app, &token(), OperatorId(1), wrong).await.unwrap();
        let Submitted::Incomplete(found) = answer.submitted else { panic!("it was sent") };
        let mut codes: Vec<&str> = found.iter().map(|problem| problem.code).collect();
        codes.dedup();
        let expected = ["form.name_missing", "form.consent_missing", "photo.truncated"];
        assert_eq!(codes, expected);
    }

    async fn an_imported_calendar_settles_provisional_dates(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let zone = Zone::shanghai();
        let eve = At::of_civil(datetime(2026, 12, 30, 10, 0, 0, 0), &zone);
        app.clock.set_offset_millis(eve.millis());
        let (drafted, _, promise) = app.submitted(1, 1).await;
        assert!(promise.is_provisional);
        assert_eq!(promise.due_at.date_in(&zone), date(2027, 1, 5));
        let file = |off: &str| {
            let text = format!(
                "name = 'cn'\n[[year]]\nyear = 2027\nstatus = 'official'\nsource = 'notice'\n\
                 off = [{off}]\n"
            );
            service::calendar::parse(&text).unwrap()
        };
        let longer = file("'2027-01-01..2027-01-05'");
        let done = service::calendar::import(&app, longer.clone()).await.unwrap();
        assert_eq!((done.years.as_slice(), done.moved, done.confirmed), ([2027].as_slice(), 1, 0));
        work::run_due(&app).await.unwrap();
        let mail = app.outside.mail().pop().unwrap();
        assert!(mail.text.contains("1月7日18:00"), "{}", mail.text);
        let status = register::status(&app, &drafted.actor, drafted.id).await.unwrap();
        let now = status.promise.unwrap();
        assert!(!now.is_provisional);
        let case = store::review::Case::load(&app.store.db, drafted.id).await.unwrap().unwrap();
        assert_eq!(case.promise_at, now.due_at);
        let again = service::calendar::import(&app, longer).await.unwrap();
        assert_eq!((again.moved, again.confirmed), (0, 0), "the same file changes nothing");
    }

    async fn sentences_say_the_same_everywhere(db: Fresh) {
        let app = TestApp::on(db).await;
        let operator = app.operator(1).await;
        let (drafted, card, _) = app.submitted(1, 1).await;
        let status = register::status(&app, &drafted.actor, drafted.id).await.unwrap();
        let zh = register::sentence(Lang::Zh, &status.facts, 0, &operator.zone);
        assert_eq!(zh, "正在核对，最晚3月16日 18:00出结果。");
        let en = register::sentence(Lang::En, &status.facts, 0, &operator.zone);
        assert_eq!(en, "Result by 16 Mar 18:00.");
        let tail = card.msisdn.tail4();
        let public = register::public_status(&app, OperatorId(1), &drafted.reference, &tail);
        assert_eq!(public.await.unwrap().key, StatusKey::InReview);
        let wrong = register::public_status(&app, OperatorId(1), &drafted.reference, "9999").await;
        assert!(matches!(wrong, Err(service::Error::NotFound)));
    }
}
