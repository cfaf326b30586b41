//! Somebody is away longer than the session lasts: what was typed meanwhile is not lost, and nobody
//! else sees anything.

use domain::access::Role;
use testkit::{Applicant, Browser, TestApp, on_both_engines};

const AN_HOUR_SECONDS: i64 = 3600;

/// The six characters by which an application is known.
fn reference_in(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    let found = text.split(|c: char| !is_part(c)).find(|run| run.len() == 6);
    found.expect("a reference").to_owned()
}

on_both_engines! {
    async fn what_is_typed_after_the_end_is_kept_and_shown_only_after_a_code(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        let card = app.unregistered(1, 8000).await;
        let mut browser = Browser::new(web::router(app.app.clone()), "zh");
        let person = Applicant::new(1);
        browser.open("/register/number").await;
        let form = browser.form("/register/number").fill("number", "13800138000");
        browser.send(form.fill("sim_tail", &card.tail())).await;
        let form = browser.form("/register/contact").fill("contact", &person.contact);
        browser.send(form).await;
        app.run_jobs().await;
        let code = app.code_to(&person.contact).expect("a code");
        let form = browser.form("/register/code").fill("code", &code);
        browser.send(form).await;
        let form = browser.form("/register/who").fill("who", "myself");
        browser.send(form).await;
        browser.open("/register/document").await;
        let form = browser.form("/register/document").fill("document", "resident_id");
        browser.send(form).await;
        let reference = reference_in(&browser.open("/register").await.text());
        let page = browser.open("/register/identity").await;
        assert!(page.says("本页为您保留到"), "it says until when one may be away");
        let form = browser.form("/register/identity").fill("name", &person.name);
        let form = form.fill("document_number", "110105199").fill("is_long_term", "on");

        app.advance_seconds(AN_HOUR_SECONDS);
        let page = browser.send(form).await;
        assert_eq!(page.path, "/resume?kept", "{}", page.text());
        assert!(page.says("刚才发送的内容已经保存"));
        assert!(!page.says(&person.name));
        let page = browser.open("/register/identity").await;
        assert_eq!(page.path, "/resume?over", "nothing is shown without a code");
        let page = browser.post("/register/send", &[]).await;
        assert_eq!(page.path, "/resume?over", "and nothing is sent");

        let form = browser.form("/resume").fill("reference", &reference);
        browser.send(form).await;
        app.run_jobs().await;
        let code = app.code_to(&person.contact).expect("a code");
        let form = browser.form("/resume/code").fill("code", &code);
        browser.send(form).await;
        browser.open("/register/identity").await;
        let form = browser.form("/register/identity");
        assert_eq!(form.value("name"), Some(person.name.as_str()));
        assert_eq!(form.value("document_number"), Some("110105199"), "also what is wrong");
    }

    async fn after_half_a_day_the_browser_has_to_begin_with_a_code(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        let card = app.unregistered(1, 8000).await;
        let mut browser = Browser::new(web::router(app.app.clone()), "zh");
        browser.open("/register/number").await;
        let form = browser.form("/register/number").fill("number", "13800138000");
        browser.send(form.fill("sim_tail", &card.tail())).await;
        app.advance_seconds(13 * AN_HOUR_SECONDS);
        let page = browser.post("/register/who", &[("who", "myself")]).await;
        assert_eq!(page.path, "/resume?over");
    }

    async fn whoever_is_still_there_says_so_and_the_session_goes_on(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        let card = app.unregistered(1, 8000).await;
        let mut browser = Browser::new(web::router(app.app.clone()), "en");
        assert_eq!(browser.post("/session", &[]).await.status, 410);
        browser.open("/register/number").await;
        let form = browser.form("/register/number").fill("number", "13800138000");
        browser.send(form.fill("sim_tail", &card.tail())).await;
        for _ in 0..3 {
            app.advance_seconds(29 * 60);
            let page = browser.post("/session", &[]).await;
            assert_eq!((page.status.as_u16(), page.html.as_str()), (200, "1800"));
        }
        assert_eq!(browser.open("/register/contact").await.path, "/register/contact");
    }

    async fn a_decision_sent_after_the_end_waits_for_the_sign_in(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        let li = app.staff(1, "li", &[Role::Reviewer]).await;
        let (drafted, _, _) = app.submitted(1, 1).await;
        app.run_jobs().await;
        let mut browser = Browser::new(web::router(app.app.clone()), "zh");
        li.sign_in(&app, &mut browser).await;
        let case = format!("/desk/case/{}", drafted.id);
        browser.open(&case).await;
        let form = browser.form("/claim");
        browser.send(form).await;
        assert!(browser.page.says("登录将在"), "{}", browser.page.text());
        let form = browser.form("/decide").fill("note", "像是同一人 & <b>\"龑\"</b>");

        app.advance_seconds(9 * AN_HOUR_SECONDS);
        let page = browser.send(form).await;
        assert!(page.says("您刚才发送的内容已保留"), "{}", page.text());
        let sign_in = browser.form("sign-in").fill("login", "li").fill("password", "wrong");
        browser.send(sign_in).await;
        let sign_in = browser.form("sign-in").fill("password", "seven green lamps");
        let page = browser.send(sign_in.fill("code", &li.code(&app))).await;
        assert!(page.says("之前发送的内容原样在此"), "{}", page.text());
        let again = browser.form("/decide");
        assert_eq!(again.value("note"), Some("像是同一人 & <b>\"龑\"</b>"));
        let page = browser.send(again).await;
        assert_ne!(page.path, "/desk/sign-in", "{}", page.text());
    }
}
