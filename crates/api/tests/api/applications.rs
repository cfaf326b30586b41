//! Applications sent whole, followed, answered; reviews decided by a program.

use crate::common::{TestApi, multipart, request};
use axum::http::{Method, StatusCode};
use domain::access::Role;
use domain::reason::{Item, Reason};
use domain::review::{ItemResult, Mark, Opinion, Verdict};
use serde_json::{Value, json};
use service::Sensitive;
use service::review::Decide;
use testkit::{Applicant, on_both_engines};

const PATH: &str = "/api/v1/applications";

/// The part `application` of somebody sound, for a card.
fn fields(person: &Applicant, card: &testkit::Card) -> Value {
    json!({
        "kind": "registration",
        "language": "zh",
        "number": card.msisdn.to_string(),
        "sim": card.sim.iccid.as_str(),
        "who": "myself",
        "document": "resident_id",
        "name": person.name,
        "document_number": person.number,
        "is_long_term": true,
        "contact": person.contact,
        "consents": ["registration", "portrait"],
    })
}

fn photos(person: &Applicant) -> Vec<(&'static str, Vec<u8>)> {
    [Item::DocumentFront, Item::DocumentBack, Item::Portrait]
        .map(|item| (item.code(), person.photo(item)))
        .to_vec()
}

fn approve(case: &Value) -> Value {
    let marks: Vec<Value> = case["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| json!({ "item": item, "result": "ok" }))
        .collect();
    json!({ "verdict": "approve", "marks": marks, "stamp": case["stamp"] })
}

on_both_engines! {
    async fn an_application_is_sent_whole_followed_and_decided(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.full_token(1).await;
        let card = api.app.unregistered(1, 7).await;
        let person = Applicant::new(7);
        let sent = multipart(&token, PATH, &fields(&person, &card), &photos(&person));
        let sent = api.send(sent).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{:?}", sent.body);
        assert_eq!(sent.body["promise"]["is_provisional"], false);
        let id = sent.body["id"].as_str().unwrap().to_owned();
        service::work::run_due(&api.app).await.unwrap();

        let shown = api.get(&token, &format!("{PATH}/{id}")).await.body;
        assert_eq!((&shown["state"], &shown["is_our_turn"]), (&json!("in_review"), &json!(true)));
        assert!(!shown["sentence"].as_str().unwrap().is_empty());
        let text = shown.to_string();
        assert!(!text.contains(&person.name) && !text.contains(&person.number));
        let listed = api.get(&token, &format!("{PATH}?state=in_review")).await.body;
        assert_eq!(listed["items"][0]["id"], *id);
        assert_eq!(api.get(&token, &format!("{PATH}?state=draft")).await.body["items"], json!([]));

        let queue = api.get(&token, "/api/v1/reviews").await.body;
        assert_eq!(queue["items"][0]["application_id"], *id);
        let path = format!("/api/v1/reviews/{id}");
        let case = api.get(&token, &path).await.body;
        assert_eq!(case["standing"], "free");
        assert!(case["checks"].as_array().unwrap().iter().any(|c| c["outcome"] == "unavailable"));
        let text = case.to_string();
        assert!(!text.contains(&person.name) && !text.contains(&person.number));
        let mut stale = approve(&case);
        stale["stamp"] = json!("old");
        let decision = format!("{path}/decision");
        let refused = api.post(&token, &decision, &stale).await;
        refused.assert_problem(StatusCode::UNPROCESSABLE_ENTITY, "review.stale_form");
        let decided = api.post(&token, &decision, &approve(&case)).await;
        assert_eq!(decided.status, StatusCode::OK, "{:?}", decided.body);
        let undone = api.send(request(Method::DELETE, &token, &decision, None)).await;
        assert_eq!(undone.status, StatusCode::NO_CONTENT, "{:?}", undone.body);
        let case = api.get(&token, &path).await.body;
        let again = api.post(&token, &decision, &approve(&case)).await;
        assert_eq!(again.status, StatusCode::OK, "{:?}", again.body);
        assert_eq!(api.get(&token, &path).await.body["standing"], "pending");
        api.assert_audited().await;
    }

    async fn what_is_wrong_is_told_at_once_and_mended_by_an_answer(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.full_token(1).await;
        let card = api.app.unregistered(1, 8).await;
        let person = Applicant::new(8);
        let mut wrong = fields(&person, &card);
        wrong["document_number"] = json!(format!("{}0", &person.number[..16]));
        let photos = photos(&person);
        let kept = api.send(multipart(&token, PATH, &wrong, &photos[..2])).await;
        assert_eq!((kept.status, &kept.body["is_sent"]), (StatusCode::OK, &json!(false)));
        let problem = &kept.body["problems"][0];
        assert_eq!(problem["field"], "document_number", "{problem}");
        assert!(!problem["detail"].as_str().unwrap().is_empty());
        let path = format!("{PATH}/{}/answer", kept.body["id"].as_str().unwrap());
        let fixed = json!({ "document_number": person.number });
        let missing = api.send(multipart(&token, &path, &fixed, &[])).await.body;
        assert_eq!(missing["is_sent"], false);
        assert_eq!(missing["problems"][0]["field"], "portrait");
        let sent = api.send(multipart(&token, &path, &json!({}), &photos[2..])).await;
        assert_eq!(sent.body["is_sent"], true, "{:?}", sent.body);
        assert_eq!(sent.body["reference"], kept.body["reference"]);
        api.assert_audited().await;
    }

    async fn who_does_not_wait_is_answered_before_the_photos_are_drawn(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.full_token(1).await;
        let send = |n: u16, photos: Vec<(&'static str, Vec<u8>)>| {
            let (api, token) = (&api, &token);
            async move {
                let card = api.app.unregistered(1, n).await;
                let sent = fields(&Applicant::new(n), &card);
                let mut sent = multipart(token, PATH, &sent, &photos);
                let preferred = "handling=lenient, Respond-Async".parse().unwrap();
                sent.headers_mut().insert("prefer", preferred);
                api.send(sent).await
            }
        };
        let sent = send(7, photos(&Applicant::new(7))).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{:?}", sent.body);
        let path = format!("{PATH}/{}", sent.body["id"].as_str().unwrap());
        assert_eq!(api.get(&token, &path).await.body["state"], "submitted");
        assert_eq!(api.get(&token, "/api/v1/reviews").await.body["items"], json!([]));
        service::work::run_due(&api.app).await.unwrap();
        assert_eq!(api.get(&token, &path).await.body["state"], "in_review");

        // What the outline tells is told all the same; what it does not comes back later.
        let mut cut = photos(&Applicant::new(8));
        cut[2].1.truncate(3000);
        let kept = send(8, cut).await;
        assert_eq!((kept.status, &kept.body["is_sent"]), (StatusCode::OK, &json!(false)));
        let problem = &kept.body["problems"][0];
        assert_eq!(problem["field"], "portrait");
        assert_eq!(problem["code"], "photo.truncated");
        let mut alike = photos(&Applicant::new(9));
        let front = alike[0].1.clone();
        alike[1].1 = front;
        let sent = send(9, alike).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{:?}", sent.body);
        service::work::run_due(&api.app).await.unwrap();
        let path = format!("{PATH}/{}", sent.body["id"].as_str().unwrap());
        let shown = api.get(&token, &path).await.body;
        assert_eq!(shown["state"], "needs_update", "{shown}");
        api.assert_audited().await;
    }

    async fn wrong_bodies_are_told_and_nothing_personal_is_echoed(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.full_token(1).await;
        let person = Applicant::new(9);
        let card = api.app.unregistered(1, 9).await;
        let mut odd = fields(&person, &card);
        odd["nmae"] = json!(person.name);
        let reply = api.send(multipart(&token, PATH, &odd, &[])).await;
        assert_eq!((reply.code(), reply.field()), ("api.malformed", "application"));
        assert!(!reply.body.to_string().contains(&person.name));
        let sound = fields(&person, &card);
        let reply = api.send(multipart(&token, PATH, &sound, &[("selfie", vec![1])])).await;
        assert_eq!((reply.code(), reply.field()), ("api.malformed", "selfie"));
        let text = vec![("portrait", b"%PDF-1.7 not a photo".to_vec())];
        let reply = api.send(multipart(&token, PATH, &sound, &text)).await;
        assert_eq!(reply.body["is_sent"], false, "{:?}", reply.body);
        let reply = api.post(&token, PATH, &json!({})).await;
        assert_eq!(reply.code(), "api.media_type");
        let huge = vec![("portrait", vec![0; 49 << 20])];
        let reply = api.send(multipart(&token, PATH, &sound, &huge)).await;
        assert_eq!(reply.code(), "api.too_large");
    }

    /// The same application sent again under its key is one application, though the programs that
    /// send it choose another boundary each time.
    async fn a_repeated_application_is_one(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.full_token(1).await;
        let (person, card) = (Applicant::new(10), api.app.unregistered(1, 10).await);
        let send = || {
            let mut sent = multipart(&token, PATH, &fields(&person, &card), &photos(&person));
            sent.headers_mut().insert("idempotency-key", "order-10".parse().unwrap());
            sent
        };
        let first = api.send(send()).await;
        assert_eq!(first.status, StatusCode::CREATED, "{:?}", first.body);
        let second = api.send(send()).await;
        assert_eq!((second.status, second.body), (first.status, first.body));
        let all = api.get(&token, PATH).await.body;
        assert_eq!(all["items"].as_array().unwrap().len(), 1);
    }

    async fn a_refusal_is_read_with_its_reasons_and_appealed(fresh: Fresh) {
        let api = TestApi::on(fresh).await;
        let token = api.full_token(1).await;
        let (drafted, _, _) = api.app.submitted(1, 11).await;
        let path = format!("{PATH}/{}", drafted.id);
        let appeal = format!("{path}/appeal");
        let early = api.post(&token, &appeal, &json!({ "text": "please" })).await;
        assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY, "{:?}", early.body);
        let review = format!("/api/v1/reviews/{}", drafted.id);
        let case = api.get(&token, &review).await.body;
        let mut refusal = approve(&case);
        refusal["verdict"] = json!("refuse");
        refusal["reasons"] = json!(["D9"]);
        let decided = api.post(&token, &format!("{review}/decision"), &refusal).await;
        assert_eq!(decided.status, StatusCode::OK, "{:?}", decided.body);
        api.app.advance_seconds(120);
        service::work::run_due(&api.app).await.unwrap();
        // A refusal is looked at twice, the second time by a person.
        assert_eq!(decided.body["needs_second"], true);
        assert_eq!(api.get(&token, &path).await.body["state"], "second_check");
        let colleague = api.app.staff(1, "second", &[Role::Reviewer]).await.actor();
        service::review::claim(&api.app, &colleague, drafted.id).await.unwrap();
        let marks = case["items"].as_array().unwrap().iter().map(|item| Mark {
            item: Item::from_code(item.as_str().unwrap()).unwrap(),
            result: ItemResult::Ok,
            reasons: Vec::new(),
            region: None,
        });
        let (marks, reasons) = (marks.collect(), vec![Reason::D9]);
        let decide = Decide {
            application_id: drafted.id,
            opinion: Opinion { verdict: Verdict::Refuse, marks, reasons },
            note: Sensitive::new(String::new()),
            stamp: None,
        };
        service::review::decide(&api.app, &colleague, decide).await.unwrap();
        api.app.advance_seconds(120);
        service::work::run_due(&api.app).await.unwrap();
        let shown = api.get(&token, &path).await.body;
        assert_eq!(shown["state"], "rejected");
        assert_eq!(shown["reasons"][0]["code"], "D9");
        assert!(!shown["reasons"][0]["text"].as_str().unwrap().is_empty());
        let sent = api.post(&token, &appeal, &json!({ "text": "please look again" })).await;
        assert_eq!(sent.body["is_sent"], true, "{:?}", sent.body);
        assert_ne!(sent.body["id"], shown["id"]);
        api.assert_audited().await;
    }
}
