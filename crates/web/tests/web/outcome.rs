//! After sending: what must be redone, what was not approved, and what can be done about it.

use domain::access::Actor;
use domain::application::Event;
use domain::decision::Redo;
use domain::reason::{Item, Reason};
use service::register;
use testkit::{Applicant, Browser, Drafted, Fresh, TestApp, on_both_engines};

/// An application that waits for a person, opened in the applicant's browser by reference and code.
async fn sent(fresh: Fresh, language: &str) -> (TestApp, Browser, Drafted) {
    let app = TestApp::on(fresh).await;
    app.operator(1).await;
    let (drafted, ..) = app.submitted(1, 8000).await;
    let mut browser = Browser::new(web::router(app.app.clone()), language);
    app.advance_seconds(120);
    browser.open(&format!("/resume?reference={}", drafted.reference)).await;
    let form = browser.form("/resume");
    browser.send(form).await;
    app.run_jobs().await;
    let code = app.code_to(&Applicant::new(8000).contact).expect("a code");
    let form = browser.form("/resume/code").fill("code", &code);
    let page = browser.send(form).await;
    assert_eq!(page.path, format!("/status/{}", drafted.reference), "{}", page.text());
    (app, browser, drafted)
}

async fn decide(app: &TestApp, drafted: &Drafted, event: Event, regions: &[(Item, String)]) {
    let mut batch = store::Batch::new(app.now());
    let system = Actor::System;
    register::stage_marked(app, &mut batch, drafted.id, &event, &system, regions)
        .await
        .expect("it waits for a decision");
    app.store.db.commit(batch).await.expect("nobody else decides");
    app.run_jobs().await;
}

on_both_engines! {
    async fn only_what_was_asked_is_redone_and_goes_back(fresh: Fresh) {
        let (app, mut browser, drafted) = sent(fresh, "zh").await;
        let redo = vec![Redo { item: Item::DocumentFront, reason: Reason::D2 }];
        let marked = [(Item::DocumentFront, "100,100,300,300".to_owned())];
        decide(&app, &drafted, Event::UpdateAsked { redo }, &marked).await;
        let status = format!("/status/{}", drafted.reference);
        let page = browser.open(&status).await;
        assert!(page.says("待您补充") && page.says("有1项要重做"), "{}", page.text());
        let page = browser.follow("补充资料").await;
        assert!(page.says("证件照片反光") && page.says("换个角度"), "{}", page.text());
        let crop = browser.open("/register/redo/document_front").await;
        assert_eq!(crop.headers.get("content-type").expect("a type"), "image/jpeg");
        browser.open("/register/redo").await;
        let form = browser.form("/register/redo");
        let page = browser.send(form).await;
        assert_eq!(page.status, 422, "not before it is redone");
        browser.open("/register/photo/portrait").await;
        let form = browser.form("/register/photo/portrait");
        let photo = Applicant::new(8000).photo(Item::Portrait);
        let page = browser.send(form.attach("photo", photo)).await;
        assert!(page.says("这一项没有要求补充"), "{}", page.text());
        browser.open("/register/photo/document_front").await;
        let form = browser.form("/register/photo/document_front");
        let photo = Applicant::new(8000).photo(Item::DocumentFront);
        let page = browser.send(form.attach("photo", photo)).await;
        assert_eq!(page.path, "/register/redo", "{}", page.text());
        assert!(page.says("已重做"), "{}", page.text());
        let form = browser.form("/register/redo");
        assert_eq!(browser.send(form).await.path, "/register/receipt");
        app.run_jobs().await;
        assert!(browser.open(&status).await.says("已补充"));
    }

    async fn a_refusal_says_why_and_can_be_appealed(fresh: Fresh) {
        let (app, mut browser, drafted) = sent(fresh, "en").await;
        decide(&app, &drafted, Event::Rejected { reasons: vec![Reason::D8] }, &[]).await;
        let page = browser.open(&format!("/status/{}", drafted.reference)).await;
        assert!(page.says("Not approved") && page.says("ID has expired"), "{}", page.text());
        assert!(page.says("Use a valid document"), "{}", page.text());
        browser.follow("Appeal").await;
        let form = browser.form("/appeal");
        assert_eq!(browser.send(form).await.status, 422, "an empty appeal says nothing");
        let form = browser.form("/appeal").fill("appeal_text", "The card is valid until 2030.");
        let page = browser.send(form).await;
        assert_eq!(page.path, "/register/receipt", "{}", page.text());
        assert!(page.says("Appeal received") && page.says("Result by"), "{}", page.text());
        let page = browser.follow("See the progress").await;
        assert!(page.says("Appeal open"), "{}", page.text());
    }

    async fn a_withdrawn_application_can_be_taken_up_again(fresh: Fresh) {
        let (_app, mut browser, drafted) = sent(fresh, "en").await;
        browser.open(&format!("/status/{}/withdraw", drafted.reference)).await;
        let form = browser.form("/withdraw");
        let page = browser.send(form).await;
        assert!(page.says("Withdrawn"), "{}", page.text());
        let form = browser.form("/reopen");
        let page = browser.send(form).await;
        assert_eq!(page.path, "/register/tasks", "{}", page.text());
        assert!(page.says("Done"));
    }

    async fn the_applicant_sees_what_was_agreed_and_who_looked(fresh: Fresh) {
        let (_app, mut browser, drafted) = sent(fresh, "zh").await;
        let page = browser.open("/privacy").await;
        assert!(page.says(&format!("申请 {}", drafted.reference)), "{}", page.text());
        assert!(page.says("已同意") && page.says("还没有人看过"), "{}", page.text());
        browser.forget();
        assert!(!browser.open("/privacy").await.says(&drafted.reference));
    }
}
