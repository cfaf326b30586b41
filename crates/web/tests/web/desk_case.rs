//! A reviewer's day without JavaScript: queue, case, zoom, preview, decision, undo, next case.

use domain::access::{Action, Role};
use domain::application::State;
use testkit::{Browser, Colleague, TestApp, on_both_engines};

struct Office {
    app: TestApp,
    li: Colleague,
    wang: Colleague,
}

async fn office(fresh: testkit::Fresh) -> Office {
    let app = TestApp::on(fresh).await;
    app.operator(1).await;
    let li = app.staff(1, "li.gong", &[Role::Reviewer]).await;
    let wang = app.staff(1, "wang", &[Role::Reviewer, Role::Lead]).await;
    Office { app, li, wang }
}

impl Office {
    async fn submitted(&self, n: u16) -> String {
        let (drafted, _, _) = self.app.submitted(1, n).await;
        self.app.run_jobs().await;
        drafted.id.to_string()
    }

    async fn browser(&self, who: &Colleague, language: &str) -> Browser {
        let mut browser = Browser::new(web::router(self.app.app.clone()), language);
        who.sign_in(&self.app, &mut browser).await;
        browser
    }

    async fn state(&self, id: &str) -> State {
        let id = id.parse().expect("an id");
        let (actor, action) = (domain::access::Actor::System, Action::SeeApplication);
        let loaded = service::register::load(&self.app, &actor, action, id).await;
        loaded.expect("it is there").application.facts.state
    }
}

/// Keeps the open page for looking at, if `BAOHAO_PAGES` names a folder.
fn keep(browser: &Browser, name: &str) {
    if let Ok(folder) = std::env::var("BAOHAO_PAGES") {
        let is_image = browser.page.html.starts_with('\u{fffd}');
        let extension = if is_image { "jpg" } else { "html" };
        let path = format!("{folder}/{name}.{extension}");
        std::fs::write(path, &browser.page.bytes).expect("a folder");
    }
}

fn all_ok(form: testkit::Form) -> testkit::Form {
    ["name", "document_number", "document_front", "document_back", "portrait"]
        .iter()
        .fold(form, |form, item| form.fill(&format!("result-{item}"), "ok"))
}

on_both_engines! {
    async fn from_the_queue_to_a_decision_and_back(fresh: Fresh) {
        let office = office(fresh).await;
        let (first, second) = (office.submitted(1).await, office.submitted(2).await);
        let mut browser = office.browser(&office.li, "zh").await;
        let page = browser.open("/desk").await;
        assert!(page.says("2 件待办"), "{}", page.text());
        keep(&browser, "queue-zh");
        let page = browser.send(browser.form("/desk/next")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        assert!(page.says("资料比对") && page.says("未机读"), "{}", page.text());
        assert!(page.html.len() < 30 * 1024, "{} bytes", page.html.len());
        keep(&browser, "case-zh");
        let open = if browser.page.path.contains(&first) { first } else { second };

        // Zoom and turn keep everything entered.
        let form = browser.form("/decide").fill("result-portrait", "retake");
        let form = form.fill("reason-portrait", "P1").fill("note", "左下角");
        let look = form.clone().press("look", "portrait-1:right");
        let page = browser.send(look.to("preview")).await;
        assert!(page.html.contains("image/portrait/1?z=1&#38;r=1"), "turned");
        let form = browser.form("/decide");
        assert_eq!(form.value("result-portrait"), Some("retake"));
        assert_eq!(form.value("reason-portrait"), Some("P1"));
        assert_eq!(form.value("note"), Some("左下角"));

        // A contradiction is named at its item, and nothing is lost.
        let form = all_ok(form).fill("result-portrait", "retake").fill("verdict", "approve");
        let page = browser.send(form).await;
        assert_eq!(page.status, 422);
        assert!(page.says("不能通过"), "{}", page.text());
        assert_eq!(browser.form("/decide").value("reason-portrait"), Some("P1"));

        // The preview is the exact text.
        let form = browser.form("/decide").fill("verdict", "ask_again");
        let form = form.fill("part-portrait", "middle");
        let page = browser.send(form.clone().to("preview")).await;
        assert!(page.says("人像不清楚") && page.says("Portrait not clear"), "{}", page.text());
        keep(&browser, "case-preview-zh");

        // Decided; the next case is open, with the way back.
        let page = browser.send(browser.form("/decide")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        assert!(page.path.contains(&format!("undo={open}")), "{}", page.path);
        assert!(page.says("之前可以撤回"), "{}", page.text());
        keep(&browser, "case-undo-zh");
        let page = browser.send(browser.form("/undo")).await;
        assert!(page.path.ends_with(&open), "{}", page.path);
    }

    async fn a_colleague_who_is_slower_is_told_who_was_faster(fresh: Fresh) {
        let office = office(fresh).await;
        let id = office.submitted(1).await;
        let mut li = office.browser(&office.li, "zh").await;
        li.send(li.form("/desk/next")).await;
        let stale = all_ok(li.form("/decide")).fill("verdict", "approve").fill("note", "我的备注");
        office.app.advance_seconds(11 * 60);
        let mut wang = office.browser(&office.wang, "en").await;
        let page = wang.open(&format!("/desk/case/{id}")).await;
        assert!(page.says("Why do you look?"), "{}", page.text());
        keep(&wang, "case-closed-en");
        wang.send(wang.form("/claim")).await;
        keep(&wang, "case-en");
        let form = all_ok(wang.form("/decide")).fill("verdict", "approve");
        let page = wang.send(form).await;
        assert!(page.says("you can take it back"), "{}", page.text());
        let page = li.send(stale).await;
        assert_eq!(page.status, 422);
        assert!(page.says("wang"), "who was faster: {}", page.text());
        assert!(page.says("我的备注"), "what was entered is still shown: {}", page.text());
        assert_eq!(office.state(&id).await, State::InReview);
    }

    async fn images_are_never_stored_and_need_the_case_or_a_reason(fresh: Fresh) {
        let office = office(fresh).await;
        let id = office.submitted(1).await;
        let mut browser = office.browser(&office.li, "en").await;
        let image = format!("/desk/case/{id}/image/portrait/1");
        assert_eq!(browser.open(&image).await.status, 404);
        let page = browser.open(&format!("{image}?why=complaint&z=2&r=90")).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.headers.get("cache-control").expect("set"), "no-store");
        assert_eq!(page.headers.get("content-type").expect("set"), "image/jpeg");
        keep(&browser, "portrait");
        assert_eq!(browser.open(&format!("{image}?why=curiosity")).await.status, 404);
    }
}
