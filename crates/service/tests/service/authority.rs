//! The identity authority, from the submission to the check.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use domain::access::Actor;
use domain::application::State;
use domain::application::form::Who;
use domain::authority::{Answer, Belongs, Likeness};
use domain::check::{Check, CheckKind, Outcome};
use domain::id::OperatorId;
use domain::identity::DocumentKind;
use domain::reason::Item;
use service::port::PortError;
use service::register::{self, Purpose};
use store::audit;
use testkit::{Applicant, Drafted, TestApp, on_both_engines};

const MATCH: Answer = Answer { belongs: Belongs::Match, likeness: None };

fn said(belongs: Belongs) -> Answer {
    Answer { belongs, likeness: None }
}

/// The pack `cn`, in which the portrait is asked about too.
fn asks_with_the_portrait() {
    let text = include_str!("../../../../policies/cn.toml")
        .replacen("code = \"cn\"", "code = \"portrait\"", 1)
        .replacen("value = \"name_number\"", "value = \"name_number_portrait\"", 1);
    service::policy::add_packs(vec![service::policy::parse(&text).unwrap()]);
}

/// Whether the newest receipt of the consent to the portrait was given, and to which text.
async fn portrait_consent(app: &TestApp, drafted: &Drafted) -> (bool, i64) {
    let all = store::application::contact::Consent::list(&app.store.db, drafted.id).await.unwrap();
    let newest = all.iter().rev().find(|consent| consent.purpose == "portrait").unwrap();
    (newest.is_given, newest.text_version)
}

/// Sends an application of person `who` for card `n`, with these consents.
async fn sent(app: &TestApp, n: u16, who: u16, consents: &[Purpose]) -> Drafted {
    let card = app.unregistered(1, n).await;
    let drafted = app.begin(1, &card).await;
    let contact = format!("card{n}@example.com");
    app.fill(&drafted, &Applicant { contact, ..Applicant::new(who) }).await;
    register::save_consents(app, &drafted.actor, drafted.id, consents).await.unwrap();
    let sent = register::submit(app, &drafted.actor, drafted.id).await.unwrap();
    assert!(matches!(sent, register::Submitted::Sent { .. }), "{sent:?}");
    app.run_jobs().await;
    drafted
}

async fn check(app: &TestApp, drafted: &Drafted) -> Check {
    let all = store::application::check::latest(&app.store.db, drafted.id).await.unwrap();
    all.into_iter().find(|check| check.kind == CheckKind::AuthorityLookup).unwrap()
}

async fn state(app: &TestApp, drafted: &Drafted) -> State {
    store::application::load(&app.store.db, drafted.id).await.unwrap().unwrap().facts.state
}

async fn log(app: &TestApp, drafted: &Drafted) -> Vec<(String, String)> {
    let subject = format!("authority:{}", drafted.id);
    let entries = audit::of_subject(&app.store.db, OperatorId(1), &subject, 50).await.unwrap();
    let mut log: Vec<_> =
        entries.into_iter().map(|stored| (stored.entry.action, stored.entry.detail_json)).collect();
    log.reverse();
    log
}

fn actions(log: &[(String, String)]) -> Vec<&str> {
    log.iter().map(|(action, _)| action.as_str()).collect()
}

on_both_engines! {
    async fn with_nobody_connected_the_check_says_so(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        let drafted = sent(&app, 1, 1, &Purpose::ALL).await;
        let check = check(&app, &drafted).await;
        assert_eq!(check.outcome, Outcome::Unavailable);
        assert_eq!(check.evidence[0].value, "no authority");
        assert!(log(&app, &drafted).await.is_empty());
    }

    async fn each_call_is_in_the_log_without_the_person(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        app.authority.answers([Ok(said(Belongs::Mismatch))]);
        let drafted = sent(&app, 1, 1, &Purpose::ALL).await;
        let found = check(&app, &drafted).await;
        assert_eq!(found.outcome, Outcome::Fail);
        assert_eq!(state(&app, &drafted).await, State::InReview, "a person looks");
        let asked = app.authority.asked();
        assert_eq!(asked.len(), 1);
        let log = log(&app, &drafted).await;
        assert_eq!(actions(&log), ["authority.asked", "authority.answered"]);
        for (_, detail) in &log {
            assert!(!detail.contains(&asked[0].name) && !detail.contains(&asked[0].number));
        }
        assert!(log[1].1.contains("mismatch"), "{log:?}");
        assert!(asked[0].portrait.is_none(), "the policy asks about name and number only");
        for verified in service::audit::verify(&app).await.unwrap() {
            assert!(verified.findings.is_empty(), "{verified:?}");
        }
    }

    async fn a_silent_authority_is_asked_again_and_then_a_person_decides(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        app.authority.answers([Err(PortError::Throttled)]);
        let drafted = sent(&app, 1, 1, &Purpose::ALL).await;
        assert_eq!(state(&app, &drafted).await, State::Checking);
        for _ in 0..30 {
            app.advance_seconds(61);
            app.run_jobs().await;
        }
        let check = check(&app, &drafted).await;
        assert_eq!(check.outcome, Outcome::Unavailable);
        assert_eq!(state(&app, &drafted).await, State::InReview);
        assert_eq!(check.evidence[0].value, "no answer");
        let calls = app.authority.asked().len();
        assert!((3..=15).contains(&calls), "{calls} calls in ten minutes");
        let log = log(&app, &drafted).await;
        assert_eq!(actions(&log).iter().filter(|a| **a == "authority.asked").count(), calls);
        assert_eq!(actions(&log).last(), Some(&"authority.given_up"));
    }

    async fn it_answers_late_and_the_application_goes_on(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        let lost = || Err(PortError::Unreachable("lost".to_owned()));
        app.authority.answers([lost(), lost(), Ok(said(Belongs::Match))]);
        let drafted = sent(&app, 1, 1, &Purpose::ALL).await;
        for _ in 0..4 {
            app.advance_seconds(10);
            app.run_jobs().await;
        }
        assert_eq!(check(&app, &drafted).await.outcome, Outcome::Pass);
        assert_eq!(app.authority.asked().len(), 3);
    }

    async fn a_refusal_is_not_repeated(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        app.authority.answers([Err(PortError::Rejected("no".to_owned()))]);
        let drafted = sent(&app, 1, 1, &Purpose::ALL).await;
        let check = check(&app, &drafted).await;
        assert_eq!(check.outcome, Outcome::Unavailable);
        assert_eq!(check.evidence[0].value, "refused");
        assert_eq!(app.authority.asked().len(), 1);
    }

    async fn an_answer_is_kept_only_with_consent_and_only_for_its_time(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        let without = [Purpose::Registration, Purpose::Portrait];
        app.authority.answers([Ok(MATCH), Ok(MATCH), Ok(MATCH), Ok(MATCH), Ok(MATCH)]);
        // Without consent nothing is kept: asked twice for two cards.
        sent(&app, 1, 1, &without).await;
        sent(&app, 2, 1, &without).await;
        assert_eq!(app.authority.asked().len(), 2);
        // With it the second card needs no question.
        sent(&app, 3, 1, &Purpose::ALL).await;
        let second = sent(&app, 4, 1, &Purpose::ALL).await;
        assert_eq!(app.authority.asked().len(), 3);
        assert_eq!(check(&app, &second).await.outcome, Outcome::Pass);
        assert_eq!(actions(&log(&app, &second).await), ["authority.kept"]);
        // Somebody else is asked about.
        sent(&app, 5, 2, &without).await;
        assert_eq!(app.authority.asked().len(), 4);
        // Whoever does not agree any more is asked about again, and nothing is kept after that.
        let third = sent(&app, 6, 1, &without).await;
        assert_eq!(app.authority.asked().len(), 5);
        assert_eq!(check(&app, &third).await.outcome, Outcome::Pass);
        app.authority.answers([Ok(MATCH), Ok(MATCH)]);
        sent(&app, 7, 3, &Purpose::ALL).await;
        app.advance_seconds(31 * 86_400);
        sent(&app, 8, 3, &Purpose::ALL).await;
        assert_eq!(app.authority.asked().len(), 7, "after thirty days it is asked again");
    }

    async fn a_portrait_goes_to_an_authority_only_with_a_consent_that_says_so(fresh: Fresh) {
        asks_with_the_portrait();
        let app = TestApp::on(fresh).await;
        app.operator_under(1, "portrait").await;
        let known = Answer { likeness: Some(Likeness::Match), ..MATCH };
        // Nobody is connected yet: the text names no authority, so later none gets the portrait.
        let card = app.unregistered(1, 1).await;
        let early = app.begin(1, &card).await;
        app.fill(&early, &Applicant::new(1)).await;
        assert_eq!(portrait_consent(&app, &early).await, (true, 1));
        app.authority.answers([Ok(MATCH), Ok(known), Ok(MATCH)]);
        let view = register::open(&app, &early.actor, early.id).await.unwrap();
        assert!(view.is_portrait_shown && !view.is_portrait_told);
        register::submit(&app, &early.actor, early.id).await.unwrap();
        app.run_jobs().await;
        assert!(app.authority.asked()[0].portrait.is_none(), "nobody agreed to that");
        assert_eq!(check(&app, &early).await.outcome, Outcome::Pass);
        // Whoever reads the text and agrees is asked about with the portrait.
        let late = sent(&app, 2, 2, &Purpose::ALL).await;
        assert_eq!(portrait_consent(&app, &late).await, (true, 2));
        assert!(app.authority.asked()[1].portrait.is_some());
        // A passport is not in its register: the text does not say otherwise.
        let card = app.unregistered(1, 3).await;
        let other = app.begin(1, &card).await;
        app.fill(&other, &Applicant::new(3)).await;
        let kind = DocumentKind::ForeignPassport;
        let change = register::Change::Document(Some(kind));
        register::save(&app, &other.actor, other.id, &change).await.unwrap();
        assert!(!register::open(&app, &other.actor, other.id).await.unwrap().is_portrait_shown);
        app.advance_seconds(1);
        register::save_consents(&app, &other.actor, other.id, &Purpose::ALL).await.unwrap();
        assert_eq!(portrait_consent(&app, &other).await, (true, 1));
    }

    async fn what_others_showed_does_not_count_as_the_text_that_names_an_authority(fresh: Fresh) {
        asks_with_the_portrait();
        let app = TestApp::on(fresh).await;
        app.operator_under(1, "portrait").await;
        app.authority.answers([Ok(MATCH)]);
        let (card, person) = (app.unregistered(1, 1).await, Applicant::new(1));
        let items = [Item::DocumentFront, Item::DocumentBack, Item::Portrait];
        let whole = register::WholeApplication {
            is_awaited: true,
            kind: domain::application::Kind::Registration,
            lang: words::Lang::En,
            zone: None,
            number: card.msisdn.to_string(),
            sim_tail: card.sim.iccid.as_str().to_owned(),
            who: Who::Myself,
            document: DocumentKind::ResidentId,
            identity: person.fields(),
            contact: Some("+44 7700 900123".into()),
            consents: Purpose::ALL.to_vec(),
            photos: items.into_iter().map(|item| (item, person.photo(item))).collect(),
        };
        let token = Actor::Token {
            operator_id: OperatorId(1),
            name: "bss".into(),
            scopes: vec!["applications:write".into(), "applications:read".into()],
        };
        let sent = register::submit_whole(&app, &token, OperatorId(1), whole).await.unwrap();
        assert!(matches!(sent.submitted, register::Submitted::Sent { .. }), "{:?}", sent.submitted);
        app.run_jobs().await;
        let asked = app.authority.asked();
        assert_eq!((asked.len(), asked[0].portrait.is_none()), (1, true));
    }

    async fn only_answers_that_match_are_kept(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        app.authority.answers([Ok(said(Belongs::NoRecord)), Ok(said(Belongs::Match))]);
        let first = sent(&app, 1, 1, &Purpose::ALL).await;
        assert_eq!(check(&app, &first).await.outcome, Outcome::Warn);
        let second = sent(&app, 2, 1, &Purpose::ALL).await;
        assert_eq!(check(&app, &second).await.outcome, Outcome::Pass);
        assert_eq!(app.authority.asked().len(), 2);
    }
}

#[test]
fn a_portrait_that_shows_somebody_else_never_passes() {
    let answer = Answer { belongs: Belongs::Match, likeness: Some(Likeness::Mismatch) };
    assert!(!answer.is_match());
}
