//! Registering online, from the first page to the answer, on both engines.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use domain::access::Actor;
use domain::application::{Event, State};
use domain::check::{CheckKind, Outcome};
use domain::decision::{Redo, Rule};
use domain::id::OperatorId;
use domain::reason::{Item, Reason};
use domain::time::{At, Zone};
use jiff::civil::datetime;
use service::register::{
    self, Can, Change, IdentityFields, Purpose, SectionState, StatusKey, Submitted,
};
use service::{App, Error, Sensitive, work};
use store::Batch;
use testkit::{Applicant, Drafted, TestApp, on_both_engines};
use vision::specimen;

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    match result.unwrap_err() {
        Error::Refused(refused) => refused.code,
        Error::NotFound => "404",
        other => panic!("{other:?}"),
    }
}

fn shanghai(day: i8, hour: i8) -> At {
    At::of_civil(datetime(2026, 3, day, hour, 0, 0, 0), &Zone::shanghai())
}

/// Decides as a person would, at once.
async fn decide(app: &App, drafted: &Drafted, event: Event) {
    let mut batch = Batch::new(app.now());
    register::stage(app, &mut batch, drafted.id, &event, &Actor::System).await.unwrap();
    app.store.db.commit(batch).await.unwrap();
    work::run_due(app).await.unwrap();
}

async fn state(app: &App, drafted: &Drafted) -> State {
    register::open(app, &drafted.actor, drafted.id).await.unwrap().facts.state
}

on_both_engines! {
    async fn from_the_first_page_to_the_desk(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let (drafted, card, promise) = app.submitted(1, 1).await;
        // Wednesday 11 March, 10:00, and three business days.
        assert_eq!(promise.due_at, shanghai(16, 18));
        assert!(!promise.is_provisional);
        assert_eq!(state(&app, &drafted).await, State::InReview, "the checks ran");

        let again = register::submit(&app, &drafted.actor, drafted.id).await.unwrap();
        let expected = Submitted::Sent { reference: drafted.reference.clone(), promise };
        assert_eq!(again, expected, "pressing twice gives the same answer");

        let status = register::status(&app, &drafted.actor, drafted.id).await.unwrap();
        assert_eq!(status.key, StatusKey::InReview);
        assert_eq!(status.tail, card.msisdn.tail4());
        let past: Vec<&str> =
            status.timeline.iter().filter(|s| s.is_past).map(|s| s.what.as_str()).collect();
        assert_eq!(past, ["submitted", "checks_done"]);
        let next = status.timeline.iter().find(|step| !step.is_past).unwrap();
        assert_eq!((next.what.as_str(), next.at), ("answer", Some(promise.due_at)));
        let mut told: Vec<&str> = status.messages.iter().map(|m| m.template.as_str()).collect();
        told.sort_unstable();
        assert_eq!(told, ["code", "submitted"]);
        assert_eq!(status.can, [Can::Withdraw]);
        let mail = app.outside.mail().pop().unwrap();
        assert!(mail.text.contains(&drafted.reference) && mail.text.contains("3月16日18:00"));

        let checks = store::application::check::latest(&app.store.db, drafted.id).await.unwrap();
        let outcome = |kind| checks.iter().find(|check| check.kind == kind).unwrap().outcome;
        for kind in CheckKind::ALL {
            let expected = match kind {
                CheckKind::MachineRead
                | CheckKind::PortraitQuality
                | CheckKind::PortraitMatch
                | CheckKind::Liveness
                | CheckKind::AuthorityLookup => Outcome::Unavailable,
                _ => Outcome::Pass,
            };
            assert_eq!(outcome(kind), expected, "{kind:?}");
        }
        let decided = store::application::check::latest_decision(&app.store.db, drafted.id);
        let decided = decided.await.unwrap().unwrap();
        assert_eq!(decided.policy, "cn/1");
        assert!(decided.decision.fired.iter().all(|fired| fired.rule == Rule::ReviewOnMissing));
        let case = store::review::Case::load(&app.store.db, drafted.id).await.unwrap().unwrap();
        assert!(case.is_open && !case.is_front);
        assert_eq!(case.promise_at, promise.due_at);
    }

    async fn every_change_has_its_audit_entry_and_the_chain_verifies(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        app.submitted(1, 1).await;
        store::audit::link(&app.store.db, app.now()).await.unwrap();
        let report = store::audit::verify(&app.store.db, OperatorId(1)).await.unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }

    async fn nothing_typed_is_lost_and_every_fault_is_named(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let card = app.unregistered(1, 1).await;
        let drafted = app.begin(1, &card).await;
        let fields = IdentityFields {
            name: Sensitive::new("𠮷田·太郎 123".into()),
            document_number: Sensitive::new("110101199003077578".into()),
            ..IdentityFields::default()
        };
        let document = Change::Document(Some(domain::identity::DocumentKind::ResidentId));
        register::save(&app, &drafted.actor, drafted.id, &document).await.unwrap();
        let change = Change::Identity(Box::new(fields));
        let found = register::save(&app, &drafted.actor, drafted.id, &change).await.unwrap();
        let codes: Vec<(&str, &str)> = found.iter().map(|p| (p.field, p.code)).collect();
        let expected = [
            ("name", "form.name_characters"),
            ("document_number", "check.check_character"),
            ("expires", "form.expires_missing"),
        ];
        assert_eq!(codes, expected);
        let view = register::open(&app, &drafted.actor, drafted.id).await.unwrap();
        assert_eq!(view.form.name, "𠮷田·太郎 123");
        assert_eq!(view.form.document_number, "110101199003077578");
        let row = view.sections.iter().find(|s| s.problems.len() == 3).unwrap();
        assert_eq!(row.state, SectionState::Problem);
        let Submitted::Incomplete(missing) =
            register::submit(&app, &drafted.actor, drafted.id).await.unwrap()
        else {
            panic!("sent with faults")
        };
        assert!(missing.iter().any(|p| p.code == "form.contact_unconfirmed"));
        assert!(missing.iter().any(|p| p.field == "portrait" && p.code == "form.photo_missing"));
        assert_eq!(state(&app, &drafted).await, State::Draft);
    }

    async fn a_bad_photo_leaves_the_one_before(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let card = app.unregistered(1, 1).await;
        let drafted = app.begin(1, &card).await;
        let person = Applicant::new(1);
        let front = Item::DocumentFront;
        let send = |item, bytes| register::upload(&app, &drafted.actor, drafted.id, item, bytes);
        send(front, person.photo(front)).await.unwrap();
        let cut = person.photo(front)[..40_000].to_vec();
        let bad: [(&[u8], &str); 4] = [
            (b"", "photo.empty"),
            (b"%PDF-1.7 named .jpg", "photo.pdf"),
            (b"just text", "photo.not_an_image"),
            (&cut, "photo.truncated"),
        ];
        for (bytes, refusal) in bad {
            assert_eq!(code(send(front, bytes.to_vec()).await), refusal);
        }
        let kept = register::photo(&app, &drafted.actor, drafted.id, front, 0).await.unwrap();
        assert!(vision::decode(&kept, &vision::Limits::default()).is_ok());

        let blurred = specimen::blurred(&specimen::document_front(&person.holder), 5.0).to_jpeg();
        let found = send(front, blurred).await.unwrap();
        assert_eq!((found.round, found.reasons.as_slice()), (2, [Reason::D1].as_slice()));
        let same = send(Item::DocumentBack, person.photo(front)).await.unwrap();
        assert_eq!((same.same_as, same.reasons), (Some(front), vec![Reason::D6]), "even blurred");
        let same = send(Item::Portrait, person.photo(Item::DocumentBack)).await.unwrap();
        assert_eq!(same.reasons, []);
        let same = send(Item::Portrait, person.photo(front)).await.unwrap();
        assert_eq!(same.reasons, [Reason::P4]);

        let view = register::open(&app, &drafted.actor, drafted.id).await.unwrap();
        let photos = view.sections.iter().find(|s| s.section.code() == "photos").unwrap();
        assert_eq!(photos.problems.len(), 2, "{:?}", photos.problems);
        register::send_anyway(&app, &drafted.actor, drafted.id, front).await.unwrap();
        let view = register::open(&app, &drafted.actor, drafted.id).await.unwrap();
        assert!(view.photos.iter().any(|p| p.found.item == front && p.is_sent_anyway));
    }

    async fn a_draft_goes_on_elsewhere_by_reference_and_code(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        app.operator(2).await;
        let card = app.unregistered(1, 1).await;
        let drafted = app.begin(1, &card).await;
        app.confirm(&drafted, "+44 7700 900123").await;
        app.advance_seconds(120);
        let wrong = register::send_resume_code(&app, OperatorId(1), "AAAAAA").await;
        assert_eq!(code(wrong), "contact.reference_unknown");
        let other = register::send_resume_code(&app, OperatorId(2), &drafted.reference).await;
        assert_eq!(code(other), "contact.reference_unknown", "another operator's");
        let typed = drafted.reference.to_lowercase();
        let sent = register::send_resume_code(&app, OperatorId(1), &typed).await.unwrap();
        assert_eq!(sent.masked, "•••0123");
        let soon = register::send_resume_code(&app, OperatorId(1), &typed).await;
        assert_eq!(code(soon), "contact.wait");
        work::run_due(&app).await.unwrap();
        let right = app.code_to("447700900123").unwrap();
        let guess = if right == "000000" { "000001" } else { "000000" };
        let resume = |code: String| {
            let typed = typed.clone();
            let app = &app;
            async move { register::resume(app, OperatorId(1), &typed, &code).await }
        };
        assert_eq!(code(resume(guess.into()).await), "contact.code_wrong");
        assert_eq!(resume(right.clone()).await.unwrap(), drafted.actor);
        assert_eq!(code(resume(right).await), "contact.code_expired", "good once");
    }

    async fn a_confirmed_contact_stays_until_the_new_one_is_confirmed(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let card = app.unregistered(1, 1).await;
        let drafted = app.begin(1, &card).await;
        let Drafted { id, actor, .. } = &drafted;
        app.confirm(&drafted, "old@example.org").await;
        app.advance_seconds(60);
        register::send_code(&app, actor, *id, "mistyped@example.org").await.unwrap();
        let shown = |view: register::View| -> Vec<(String, bool)> {
            view.contacts.into_iter().map(|c| (c.masked, c.is_confirmed)).collect()
        };
        let contacts = shown(register::open(&app, actor, *id).await.unwrap());
        let both = [("m•••@example.org".into(), false), ("o•••@example.org".into(), true)];
        assert_eq!(contacts, both);
        app.advance_seconds(60);
        app.confirm(&drafted, "new@example.org").await;
        let contacts = shown(register::open(&app, actor, *id).await.unwrap());
        assert_eq!(contacts, [("n•••@example.org".into(), true)]);
    }

    async fn guessing_a_code_ends(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let card = app.unregistered(1, 1).await;
        let drafted = app.begin(1, &card).await;
        let Drafted { id, actor, .. } = &drafted;
        let own = register::send_code(&app, actor, *id, &card.msisdn.to_string()).await;
        assert_eq!(code(own), "contact.this_number");
        assert_eq!(code(register::send_code_again(&app, actor, *id).await), "contact.missing");
        register::send_code(&app, actor, *id, "a@example.org").await.unwrap();
        work::run_due(&app).await.unwrap();
        let right = app.code_to("a@example.org").unwrap();
        let guess = if right == "000000" { "000001" } else { "000000" };
        for _ in 0..4 {
            let wrong = register::confirm(&app, actor, *id, guess).await;
            assert_eq!(code(wrong), "contact.code_wrong");
        }
        assert_eq!(code(register::confirm(&app, actor, *id, guess).await), "contact.code_expired");
        assert_eq!(code(register::confirm(&app, actor, *id, &right).await), "contact.code_expired");
        app.advance_seconds(16 * 60);
        register::send_code_again(&app, actor, *id).await.unwrap();
        work::run_due(&app).await.unwrap();
        let right = app.code_to("a@example.org").unwrap();
        app.advance_seconds(15 * 60);
        assert_eq!(code(register::confirm(&app, actor, *id, &right).await), "contact.code_expired");
    }

    async fn only_what_was_flagged_is_redone_and_the_clock_goes_on(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let (drafted, _, first) = app.submitted(1, 1).await;
        let Drafted { id, actor, .. } = &drafted;
        let redo = vec![Redo { item: Item::DocumentFront, reason: Reason::D2 }];
        decide(&app, &drafted, Event::UpdateAsked { redo }).await;
        let status = register::status(&app, actor, *id).await.unwrap();
        assert_eq!(status.key, StatusKey::NeedsUpdate);
        assert!(!status.is_our_turn);
        assert_eq!(status.redo.len(), 1);
        assert_eq!(status.reasons, [Reason::D2]);
        let mail = app.outside.mail().pop().unwrap();
        assert!(mail.text.contains("反光") && mail.text.contains("3月18日"), "{}", mail.text);

        let person = Applicant::new(1);
        let photo = person.photo(Item::Portrait);
        let other = register::upload(&app, actor, *id, Item::Portrait, photo).await;
        assert_eq!(code(other), "application.nothing_asked");
        let name = Change::Identity(Box::new(person.fields()));
        let other = register::save(&app, actor, *id, &name).await;
        assert_eq!(code(other), "application.nothing_asked");
        let early = register::submit(&app, actor, *id).await.unwrap();
        assert!(matches!(early, Submitted::Incomplete(_)), "{early:?}");

        app.advance_seconds(2 * 86_400);
        let new = specimen::document_front(&specimen::Holder { seed: 77, ..person.holder.clone() });
        let sent = register::upload(&app, actor, *id, Item::DocumentFront, new.to_jpeg());
        sent.await.unwrap();
        let sent = register::submit(&app, actor, *id).await.unwrap();
        let Submitted::Sent { promise, .. } = sent else { panic!("{sent:?}") };
        assert!(promise.due_at > first.due_at);
        assert_eq!(promise.due_at, shanghai(18, 18), "three days were left on the 13th");
        work::run_due(&app).await.unwrap();
        let case = store::review::Case::load(&app.store.db, *id).await.unwrap().unwrap();
        assert!(case.is_open && case.is_front);
        assert_eq!(case.round, 2);
    }

    async fn one_application_for_one_number(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let card = app.unregistered(1, 1).await;
        let one = app.begin(1, &card).await;
        let two = app.begin(1, &card).await;
        app.fill(&one, &Applicant::new(1)).await;
        app.fill(&two, &Applicant::new(2)).await;
        let (first, second) = tokio::join!(
            register::submit(&app, &one.actor, one.id),
            register::submit(&app, &two.actor, two.id),
        );
        let sent = [first.unwrap(), second.unwrap()];
        let is_sent = |s: &&Submitted| matches!(s, Submitted::Sent { .. });
        assert_eq!(sent.iter().filter(is_sent).count(), 1, "{sent:?}");
        let refused = sent.iter().find(|s| !is_sent(s)).unwrap();
        let Submitted::Incomplete(problems) = refused else { panic!("{refused:?}") };
        assert!(problems.iter().any(|p| p.code == "form.number_in_progress"), "{problems:?}");
    }

    async fn the_apology_comes_before_the_promise_passes(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let (drafted, _, promise) = app.submitted(1, 1).await;
        let seconds = (promise.due_at.millis() - app.now().millis()) / 1000;
        app.advance_seconds(seconds - 3_601);
        work::run_due(&app).await.unwrap();
        let told = app.outside.mail().len();
        app.advance_seconds(2);
        work::run_due(&app).await.unwrap();
        assert_eq!(app.outside.mail().len(), told + 1);
        let mail = app.outside.mail().pop().unwrap();
        assert!(mail.text.contains("抱歉") && mail.text.contains("3月17日18:00"), "{}", mail.text);
        let status = register::status(&app, &drafted.actor, drafted.id).await.unwrap();
        assert_eq!(status.promise.unwrap().due_at, shanghai(17, 18));
    }

    async fn drafts_end_after_a_fortnight_and_their_data_with_them(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let card = app.unregistered(1, 1).await;
        let drafted = app.begin(1, &card).await;
        app.fill(&drafted, &Applicant::new(1)).await;
        app.advance_seconds(14 * 86_400 + 1);
        work::run_due(&app).await.unwrap();
        let status = register::status(&app, &drafted.actor, drafted.id).await.unwrap();
        assert_eq!(status.key, StatusKey::Expired);
        assert_eq!(status.can, []);
        let view = register::open(&app, &drafted.actor, drafted.id).await.unwrap();
        assert_eq!(view.form.name, "", "erased");
        let photo = register::photo(&app, &drafted.actor, drafted.id, Item::Portrait, 0).await;
        assert_eq!(code(photo), "404");
    }

    async fn whoever_forgets_a_draft_is_told_once_before_it_is_deleted(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let card = app.unregistered(1, 1).await;
        let drafted = app.begin(1, &card).await;
        app.confirm(&drafted, "draft@example.org").await;
        let told = app.outside.mail().len();
        app.advance_seconds(11 * 86_400 - 60);
        work::run_due(&app).await.unwrap();
        assert_eq!(app.outside.mail().len(), told, "not before");
        for _ in 0..2 {
            app.advance_seconds(3600);
            work::run_due(&app).await.unwrap();
        }
        assert_eq!(app.outside.mail().len(), told + 1, "once");
        let mail = app.outside.mail().pop().unwrap();
        let text = &mail.text;
        assert!(text.contains(&drafted.reference) && text.contains("3月25日"), "{text}");
        // Whoever sent it is not told.
        let (sent, _, _) = app.submitted(1, 2).await;
        let told = app.outside.mail().len();
        app.advance_seconds(11 * 86_400 + 60);
        work::run_due(&app).await.unwrap();
        let about = format!("草稿{}", sent.reference);
        let mails = app.outside.mail();
        assert!(mails[told..].iter().all(|mail| !mail.text.contains(&about)));
    }

    async fn withdrawn_and_taken_up_again(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let (drafted, card, _) = app.submitted(1, 1).await;
        let Drafted { id, actor, .. } = &drafted;
        register::withdraw(&app, actor, *id).await.unwrap();
        work::run_due(&app).await.unwrap();
        let mail = app.outside.mail().pop().unwrap();
        assert!(mail.text.contains("撤回"), "{}", mail.text);
        let open = store::application::open_of_number(&app.store.db, card.msisdn).await.unwrap();
        assert_eq!(open, None, "others may apply for the number");
        let case = store::review::Case::load(&app.store.db, *id).await.unwrap().unwrap();
        assert!(!case.is_open);
        register::reopen(&app, actor, *id).await.unwrap();
        let view = register::open(&app, actor, *id).await.unwrap();
        assert_eq!(view.form.name, "样本二");
        assert!(view.is_complete, "{:?}", view.sections);
        let sent = register::submit(&app, actor, *id).await.unwrap();
        assert!(matches!(sent, Submitted::Sent { .. }));
    }

    async fn a_refusal_can_be_appealed_and_hides_what_staff_know(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let (drafted, _, _) = app.submitted(1, 1).await;
        let Drafted { id, actor, .. } = &drafted;
        decide(&app, &drafted, Event::Rejected { reasons: vec![Reason::S2] }).await;
        let status = register::status(&app, actor, *id).await.unwrap();
        assert_eq!(status.key, StatusKey::Rejected);
        assert_eq!(status.reasons, [Reason::E9]);
        assert_eq!(status.can, [Can::Appeal]);
        let asked = register::ask_person(&app, actor, *id).await;
        assert_eq!(code(asked), "application.not_refused_by_machine");
        let begun = register::appeal(&app, actor, *id).await.unwrap();
        let again = register::appeal(&app, actor, *id).await.unwrap();
        assert_eq!(again, begun, "one appeal against one decision");
        let of = Actor::Applicant { operator_id: OperatorId(1), application_id: begun.id };
        let text = Change::AppealText("照片是本人拍的".into());
        assert_eq!(register::save(&app, &of, begun.id, &text).await.unwrap(), []);
        let sent = register::submit(&app, &of, begun.id).await.unwrap();
        assert!(matches!(sent, Submitted::Sent { .. }), "{sent:?}");
        work::run_due(&app).await.unwrap();
        let status = register::status(&app, &of, begun.id).await.unwrap();
        assert_eq!(status.key, StatusKey::Appeal);
    }

    async fn another_applicants_application_is_not_found(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        let one = app.unregistered(1, 1).await;
        let two = app.unregistered(1, 2).await;
        let mine = app.begin(1, &one).await;
        let other = app.begin(1, &two).await;
        assert_eq!(code(register::open(&app, &mine.actor, other.id).await), "404");
        assert_eq!(code(register::status(&app, &mine.actor, other.id).await), "404");
        assert_eq!(code(register::submit(&app, &mine.actor, other.id).await), "404");
        let consents = register::save_consents(&app, &mine.actor, other.id, &[Purpose::Portrait]);
        assert_eq!(code(consents.await), "404");
    }

    async fn number_and_card_must_belong_together(db: Fresh) {
        let app = TestApp::on(db).await;
        app.operator(1).await;
        app.operator(2).await;
        let card = app.unregistered(1, 1).await;
        let number = card.msisdn.to_string();
        let check = |operator: i64, number: String, tail: String| {
            let app = &app;
            async move {
                let found = register::check_pair(app, OperatorId(operator), &number, &tail);
                found.await.unwrap().first().map(|problem| (problem.field, problem.code))
            }
        };
        assert_eq!(check(1, number.clone(), card.tail()).await, None);
        let unknown = Some(("sim_tail", "form.pair_unknown"));
        assert_eq!(check(1, number.clone(), "000000".into()).await, unknown);
        assert_eq!(check(1, "13912345678".into(), card.tail()).await, unknown);
        assert_eq!(check(2, number, card.tail()).await, unknown, "another operator's number");
    }
}
