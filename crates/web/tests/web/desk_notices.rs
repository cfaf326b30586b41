//! What was sent about a number, as staff see it.
#![expect(clippy::unwrap_used, reason = "tests")]

use domain::access::{Action, Role};
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::notice::Template;
use jiff::civil::date;
use service::notice::{NoticeRequest, Status, To, receipt, stage};
use store::Batch;
use testkit::{Browser, Colleague, TestApp, on_both_engines};

const NUMBER: &str = "8613800138000";
const EMAIL: &str = "someone@example.com";

async fn signed_in(app: &TestApp, who: &Colleague, lang: &str) -> Browser {
    let mut browser = Browser::new(web::router(app.app.clone()), lang);
    who.sign_in(app, &mut browser).await;
    browser
}

async fn warned(app: &TestApp) {
    let party_id = app.holder(NUMBER, EMAIL).await;
    let request = NoticeRequest {
        operator_id: OperatorId(1),
        template: Template::Reminder {
            tail: "8000".into(),
            days_left: 1,
            due_on: date(2026, 6, 12),
        },
        about: Some(Msisdn::parse(NUMBER).unwrap()),
        application_id: None,
        to: To::Holder(party_id),
        dedup: "test".into(),
    };
    let mut batch = Batch::new(app.now());
    stage(app, &mut batch, request).await.unwrap().unwrap();
    app.store.db.commit(batch).await.unwrap();
    app.run_jobs().await;
}

on_both_engines! {
    async fn every_attempt_is_shown_with_what_came_back_and_no_whole_address(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        warned(&app).await;
        let agent = app.staff(1, "agent", &[Role::Agent]).await;
        let mut browser = signed_in(&app, &agent, "en").await;
        browser.open("/desk/notices").await;
        assert_eq!(testkit::page::faults(&browser.page.html), Vec::<String>::new());
        let form = browser.form("/desk/notices").fill("number", "13800138000");
        let page = browser.send(form).await;
        assert!(page.says("the number") && page.says("••••8000"), "{}", page.text());
        assert!(page.says("Warnings are still under way"), "{}", page.text());
        assert!(!page.html.contains(EMAIL));
        assert_eq!(testkit::page::faults(&page.html), Vec::<String>::new());
        // The receipt says no: the next channel is tried; then it arrives after all.
        let message_id = format!("smsc-{}", app.outside.sms().last().unwrap().notice_id);
        receipt(&app, &message_id, Status::Undeliverable, app.now()).await.unwrap();
        app.run_jobs().await;
        let page = browser.post("/desk/notices", &[("number", NUMBER)]).await;
        assert!(page.says("failed") && page.says("e-mail"), "{}", page.text());
        receipt(&app, &message_id, Status::Delivered, app.now()).await.unwrap();
        let page = browser.post("/desk/notices", &[("number", NUMBER)]).await;
        assert!(page.says("A warning arrived by the number"), "{}", page.text());
    }

    async fn only_whom_the_matrix_names_sees_the_notices_of_the_own_operator(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        app.operator(2).await;
        warned(&app).await;
        for (n, role) in Role::ALL.into_iter().enumerate() {
            let own = app.staff(1, &format!("own{n}"), &[role]).await;
            let mut browser = signed_in(&app, &own, "zh").await;
            let page = browser.post("/desk/notices", &[("number", NUMBER)]).await;
            let is_allowed = Action::SeeNotices.is_for(role);
            assert_eq!(page.status.as_u16(), if is_allowed { 200 } else { 404 }, "{role:?}");
            assert_eq!(page.html.contains("••••8000"), is_allowed, "{role:?}");
            let stranger = app.staff(2, &format!("stranger{n}"), &[role]).await;
            let mut browser = signed_in(&app, &stranger, "zh").await;
            let page = browser.post("/desk/notices", &[("number", NUMBER)]).await;
            assert!(!page.html.contains("••••8000"), "{role:?}");
        }
    }

    async fn a_number_that_is_none_is_said_and_what_was_typed_stays(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        let agent = app.staff(1, "agent", &[Role::Agent]).await;
        let mut browser = signed_in(&app, &agent, "en").await;
        for typed in ["12 <b>", NUMBER, ""] {
            let page = browser.post("/desk/notices", &[("number", typed)]).await;
            assert_eq!(page.status, 422, "{typed}");
            let form = page.forms().into_iter().find(|f| f.value("number").is_some()).unwrap();
            assert_eq!(form.value("number"), Some(typed));
            assert_eq!(testkit::page::faults(&page.html), Vec::<String>::new());
        }
    }
}
