//! Decisions: taken back, looked at twice, settled; what an approval makes. On both engines.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use domain::access::{Actor, Role};
use domain::application::State;
use domain::id::ApplicationId;
use domain::reason::{Item, Reason};
use domain::review::{ItemResult, Mark, Opinion, Region, SecondRule, Stage, Verdict, ViewReason};
use service::review::{self, Decide, Decided, ImageRequest, Standing};
use service::{App, Error};
use testkit::{Applicant, Colleague, TestApp, on_both_engines};

const ITEMS: [Item; 5] =
    [Item::Name, Item::DocumentNumber, Item::DocumentFront, Item::DocumentBack, Item::Portrait];

fn opinion(verdict: Verdict, faults: &[(Item, Reason)], reasons: &[Reason]) -> Opinion {
    let marks = ITEMS.map(|item| {
        let fault = faults.iter().find(|(faulty, _)| *faulty == item);
        Mark {
            item,
            result: if fault.is_some() { ItemResult::Retake } else { ItemResult::Ok },
            reasons: fault.map(|(_, reason)| *reason).into_iter().collect(),
            region: fault.and(Region::new(100, 200, 300, 400)).filter(|_| item.is_image()),
        }
    });
    Opinion { verdict, marks: marks.to_vec(), reasons: reasons.to_vec() }
}

fn approve() -> Opinion {
    opinion(Verdict::Approve, &[], &[])
}

fn refuse() -> Opinion {
    opinion(Verdict::Refuse, &[], &[Reason::D8])
}

async fn give(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    opinion: Opinion,
) -> Result<Decided, Error> {
    let note = String::new().into();
    let input = Decide { application_id: id, opinion, note, stamp: None };
    review::decide(app, actor, input).await
}

async fn state(app: &App, id: ApplicationId) -> State {
    store::application::load(&app.store.db, id).await.unwrap().unwrap().facts.state
}

async fn case(app: &App, id: ApplicationId) -> store::review::Case {
    store::review::Case::load(&app.store.db, id).await.unwrap().unwrap()
}

async fn let_it_settle(app: &TestApp) {
    app.advance_seconds(60);
    app.run_jobs().await;
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    match result.unwrap_err() {
        Error::Refused(refused) => refused.code,
        Error::NotFound => "404",
        other => panic!("{other:?}"),
    }
}

struct Desk {
    app: TestApp,
    li: Colleague,
    wang: Colleague,
    lead: Colleague,
}

async fn desk(db: testkit::Fresh) -> Desk {
    let app = TestApp::on(db).await;
    app.operator(1).await;
    let li = app.staff(1, "li.gong", &[Role::Reviewer]).await;
    let wang = app.staff(1, "wang", &[Role::Reviewer]).await;
    let lead = app.staff(1, "chen", &[Role::Lead]).await;
    Desk { app, li, wang, lead }
}

impl Desk {
    /// An application of person `n`, before reviewers.
    async fn submitted(&self, n: u16) -> ApplicationId {
        let (drafted, _, _) = self.app.submitted(1, n).await;
        self.app.run_jobs().await;
        assert_eq!(state(&self.app, drafted.id).await, State::InReview);
        drafted.id
    }

    /// Decides as `who`, and lets it take effect.
    async fn settled(&self, who: &Colleague, id: ApplicationId, opinion: Opinion) -> Decided {
        review::claim(&self.app, &who.actor(), id).await.unwrap();
        let decided = give(&self.app, &who.actor(), id, opinion).await.unwrap();
        let_it_settle(&self.app).await;
        decided
    }
}

on_both_engines! {
    async fn a_reviewer_whose_answer_was_lost_is_not_told_that_somebody_else_decided(db: Fresh) {
        let desk = desk(db).await;
        let (app, li) = (&desk.app, desk.li.actor());
        let id = desk.submitted(1).await;
        review::claim(app, &li, id).await.unwrap();
        let first = give(app, &li, id, approve()).await.unwrap();
        let again = give(app, &li, id, approve()).await.unwrap();
        assert_eq!((again.review_id, again.settle_at), (first.review_id, first.settle_at));
        // Neither another decision nor another person's is that one.
        let other = give(app, &li, id, refuse()).await;
        assert_eq!(code(other), "review.decided_by_other");
        let other = give(app, &desk.wang.actor(), id, approve()).await;
        assert_eq!(code(other), "review.decided_by_other");
        assert_eq!(store::review::Given::list(&app.store.db, id).await.unwrap().len(), 1);
        // What was taken back is no decision.
        review::undo(app, &li, id).await.unwrap();
        let next = give(app, &li, id, approve()).await.unwrap();
        assert_ne!(next.review_id, first.review_id);
        let_it_settle(app).await;
        if next.second_rules.is_empty() {
            let late = give(app, &li, id, approve()).await.unwrap();
            assert_eq!(late.review_id, next.review_id, "it has taken effect, and is still theirs");
        }
    }

    async fn an_approval_can_be_taken_back_for_a_minute_and_then_makes_the_holder(db: Fresh) {
        let desk = desk(db).await;
        let (app, li) = (&desk.app, desk.li.actor());
        let id = desk.submitted(1).await;
        assert_eq!(code(give(app, &li, id, approve()).await), "review.not_claimed");
        assert_eq!(review::claim_next(app, &li).await.unwrap(), id);
        give(app, &li, id, approve()).await.unwrap();
        assert_eq!(state(app, id).await, State::InReview, "nothing has happened yet");
        let again = give(app, &desk.wang.actor(), id, approve()).await;
        assert_eq!(code(again), "review.decided_by_other");
        app.advance_seconds(59);
        let others = review::undo(app, &desk.wang.actor(), id).await;
        assert_eq!(code(others), "review.too_late_to_undo");
        review::undo(app, &li, id).await.unwrap();
        let_it_settle(app).await;
        assert_eq!(state(app, id).await, State::InReview, "taken back");
        assert_eq!(case(app, id).await.claimed_by, Some(desk.li.staff_id), "back on the desk");
        let decided = give(app, &li, id, approve()).await.unwrap();
        let_it_settle(app).await;
        if !decided.second_rules.is_empty() {
            assert_eq!(decided.second_rules, [SecondRule::Sample]);
            desk.settled(&desk.wang, id, approve()).await;
        }
        assert_eq!(code(review::undo(app, &li, id).await), "review.too_late_to_undo");
        app.run_jobs().await;
        assert_eq!(state(app, id).await, State::Ready, "the network has confirmed");
        let application = store::application::load(&app.store.db, id).await.unwrap().unwrap();
        let row = store::number::load(&app.store.db, application.msisdn.unwrap()).await;
        let row = row.unwrap().unwrap();
        assert_eq!(row.facts.holder.map(|h| h.party_id), application.party_id);
        let texts: Vec<String> = app.outside.sms().into_iter().map(|sms| sms.text).collect();
        assert!(texts.iter().any(|text| text.contains("登记已通过") || text.contains("approved")),
            "{texts:?}");
        let party = store::party::Party::load(&app.store.db, application.party_id.unwrap());
        let party = party.await.unwrap().unwrap();
        let key = app.store.keys.load(&app.store.db, party.data_key_id).await.unwrap().unwrap();
        assert_eq!(party.open(&key).unwrap().name, Applicant::new(1).name);
    }

    async fn what_is_asked_again_goes_back_with_the_marked_region_and_to_the_same_reviewer(
        db: Fresh
    ) {
        let desk = desk(db).await;
        let app = &desk.app;
        let id = desk.submitted(1).await;
        let glare = opinion(Verdict::AskAgain, &[(Item::DocumentFront, Reason::D2)], &[]);
        let previews = {
            review::claim(app, &desk.li.actor(), id).await.unwrap();
            review::preview(app, &desk.li.actor(), id, &glare).await.unwrap()
        };
        assert_eq!(previews.len(), 2);
        assert!(previews[0].text.contains("证件照片反光"), "{}", previews[0].text);
        assert!(previews.iter().all(|preview| preview.segments == 1), "{previews:?}");
        give(app, &desk.li.actor(), id, glare).await.unwrap();
        let_it_settle(app).await;
        assert_eq!(state(app, id).await, State::NeedsUpdate);
        let sent: Vec<String> = app.outside.mail().into_iter().map(|mail| mail.text).collect();
        let shown = previews.iter().any(|p| sent.iter().any(|text| text.contains(&p.text)));
        assert!(shown, "the preview is what was sent: {previews:?} {sent:?}");
        let redo = store::application::document::redo(&app.store.db, id).await.unwrap();
        assert_eq!(redo.len(), 1);
        assert_eq!(redo[0].region.as_deref(), Some("100,200,300,400"));
        assert!(!case(app, id).await.is_open);
    }

    async fn a_refusal_needs_two_who_agree_and_the_second_is_blind(db: Fresh) {
        let desk = desk(db).await;
        let app = &desk.app;
        let id = desk.submitted(1).await;
        let decided = desk.settled(&desk.li, id, refuse()).await;
        assert_eq!(decided.second_rules, [SecondRule::FinalRefusal]);
        assert_eq!(state(app, id).await, State::SecondCheck);
        assert_eq!(code(review::claim(app, &desk.li.actor(), id).await), "access.decided_first");
        let own = review::claim_next(app, &desk.li.actor()).await;
        assert_eq!(code(own), "review.queue_empty");
        review::claim(app, &desk.wang.actor(), id).await.unwrap();
        let view = review::view(app, &desk.wang.actor(), id, None).await.unwrap();
        assert_eq!(view.second_rules, [SecondRule::FinalRefusal]);
        assert!(view.content.unwrap().opinions.is_empty(), "the first opinion is hidden");
        give(app, &desk.wang.actor(), id, refuse()).await.unwrap();
        let_it_settle(app).await;
        assert_eq!(state(app, id).await, State::Rejected);
        let look = Some(ViewReason::Supervision);
        let view = review::view(app, &desk.lead.actor(), id, look).await.unwrap();
        assert_eq!(view.content.unwrap().opinions.len(), 2);
    }

    async fn a_disagreement_is_a_leads_who_gave_no_opinion(db: Fresh) {
        let desk = desk(db).await;
        let app = &desk.app;
        let id = desk.submitted(1).await;
        desk.settled(&desk.li, id, refuse()).await;
        desk.settled(&desk.wang, id, approve()).await;
        assert_eq!(case(app, id).await.stage, Stage::Lead);
        for reviewer in [&desk.li, &desk.wang] {
            let refused = code(review::claim(app, &reviewer.actor(), id).await);
            assert!(refused.starts_with("access."), "{refused}");
        }
        review::claim(app, &desk.lead.actor(), id).await.unwrap();
        let view = review::view(app, &desk.lead.actor(), id, None).await.unwrap();
        assert_eq!(view.content.unwrap().opinions.len(), 2, "a lead reads both");
        give(app, &desk.lead.actor(), id, approve()).await.unwrap();
        let_it_settle(app).await;
        app.run_jobs().await;
        assert_eq!(state(app, id).await, State::Ready);
    }

    async fn a_form_made_before_a_change_is_refused(db: Fresh) {
        let desk = desk(db).await;
        let (app, li) = (&desk.app, desk.li.actor());
        let id = desk.submitted(1).await;
        review::claim(app, &li, id).await.unwrap();
        let view = review::view(app, &li, id, None).await.unwrap();
        let input = |stamp: &str| Decide {
            application_id: id,
            opinion: approve(),
            note: String::new().into(),
            stamp: Some(stamp.to_owned()),
        };
        let stale = review::decide(app, &li, input("1.1.first")).await;
        assert_eq!(code(stale), "review.stale_form");
        review::decide(app, &li, input(&view.stamp)).await.unwrap();
        let view = review::view(app, &desk.wang.actor(), id, None).await.unwrap();
        let Standing::Pending { by, is_mine: false, .. } = view.standing else {
            panic!("{:?}", view.standing)
        };
        assert_eq!(by.unwrap().expose(), "li.gong");
    }

    async fn content_and_images_need_the_case_or_a_reason_and_every_look_is_logged(db: Fresh) {
        let desk = desk(db).await;
        let (app, li, wang) = (&desk.app, desk.li.actor(), desk.wang.actor());
        let id = desk.submitted(1).await;
        let request = ImageRequest {
            application_id: id,
            item: Item::Portrait,
            round: 1,
            zoom: 1,
            turns: 1,
            region: None,
            is_face: false,
        };
        assert!(review::view(app, &li, id, None).await.unwrap().content.is_none());
        assert_eq!(code(review::image(app, &li, request, None).await), "404");
        review::claim(app, &li, id).await.unwrap();
        let jpeg = review::image(app, &li, request, None).await.unwrap();
        assert_eq!(jpeg.get(..2), Some(&[0xff, 0xd8][..]));
        review::image(app, &wang, request, Some(ViewReason::Advice)).await.unwrap();
        review::view(app, &wang, id, Some(ViewReason::Complaint)).await.unwrap();
        store::audit::link(&app.store.db, app.now()).await.unwrap();
        let entries = store::audit::list(&app.store.db, desk.li.operator_id, 0, 500).await.unwrap();
        let views: Vec<(String, String)> = entries
            .into_iter()
            .filter(|stored| stored.entry.action.starts_with("review.view"))
            .map(|stored| (stored.entry.actor, stored.entry.detail_json))
            .collect();
        let by = |who: &Colleague, why: &str| {
            let why = format!("\"why\":\"{why}\"");
            views.iter().any(|(a, d)| *a == who.staff_id.to_string() && d.contains(&why))
        };
        assert!(by(&desk.li, "claim") && by(&desk.wang, "advice") && by(&desk.wang, "complaint"),
            "{views:?}");
        let report = store::audit::verify(&app.store.db, desk.li.operator_id).await.unwrap();
        assert_eq!(report.findings, []);
    }

    async fn another_operators_case_does_not_exist(db: Fresh) {
        let desk = desk(db).await;
        let app = &desk.app;
        app.operator(2).await;
        let stranger = app.staff(2, "stranger", &Role::ALL).await.actor();
        let id = desk.submitted(1).await;
        let why = Some(ViewReason::Supervision);
        let request = ImageRequest {
            application_id: id,
            item: Item::Portrait,
            round: 1,
            zoom: 1,
            turns: 0,
            region: None,
            is_face: false,
        };
        assert_eq!(code(review::claim(app, &stranger, id).await), "404");
        assert_eq!(code(review::release(app, &stranger, id).await), "404");
        assert_eq!(code(review::reassign(app, &stranger, id, None).await), "404");
        assert_eq!(code(review::view(app, &stranger, id, why).await), "404");
        assert_eq!(code(review::image(app, &stranger, request, why).await), "404");
        assert_eq!(code(review::preview(app, &stranger, id, &approve()).await), "404");
        assert_eq!(code(give(app, &stranger, id, approve()).await), "404");
        assert_eq!(code(review::undo(app, &stranger, id).await), "404");
        let queue = review::queue(app, &stranger, review::QueueFilter::default()).await.unwrap();
        assert!(queue.rows.is_empty() && queue.counts.is_empty());
    }

    async fn an_appeal_that_is_upheld_brings_the_application_before_people_again(db: Fresh) {
        let desk = desk(db).await;
        let app = &desk.app;
        let id = desk.submitted(1).await;
        desk.settled(&desk.li, id, refuse()).await;
        desk.settled(&desk.wang, id, refuse()).await;
        assert_eq!(state(app, id).await, State::Rejected);
        let applicant = Actor::Applicant { operator_id: desk.li.operator_id, application_id: id };
        let appeal = service::register::appeal(app, &applicant, id).await.unwrap().id;
        let of =
            Actor::Applicant { operator_id: desk.li.operator_id, application_id: appeal };
        let text = service::register::Change::AppealText("证件是有效的".to_owned());
        service::register::save(app, &of, appeal, &text).await.unwrap();
        service::register::submit(app, &of, appeal).await.unwrap();
        app.run_jobs().await;
        assert_eq!(state(app, appeal).await, State::InReview);
        let uphold = || Opinion { marks: Vec::new(), ..approve() };
        let first = desk.settled(&desk.li, appeal, uphold()).await;
        assert_eq!(first.second_rules, [SecondRule::Appeal]);
        desk.settled(&desk.wang, appeal, uphold()).await;
        assert_eq!(state(app, appeal).await, State::Ready);
        assert_eq!(state(app, id).await, State::InReview, "before people again");
        assert_eq!(case(app, id).await.round, 2);
    }
}
