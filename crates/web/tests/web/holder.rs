//! A holder's pages, without JavaScript.

use domain::access::Actor;
use domain::msisdn::Msisdn;
use service::number;
use testkit::{Browser, Fresh, TestApp, on_both_engines};

const NUMBER: &str = "13800138000";

async fn holder(fresh: Fresh, language: &str) -> (TestApp, Browser) {
    let app = TestApp::on(fresh).await;
    app.operator(1).await;
    app.holder(NUMBER, "mei@example.com").await;
    let browser = Browser::new(web::router(app.app.clone()), language);
    (app, browser)
}

/// The six digits of the newest code.
fn code_in(text: &str) -> String {
    let digits: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|part| part.len() == 6).collect();
    (*digits.first().expect("a code")).to_owned()
}

async fn sign_in(app: &TestApp, browser: &mut Browser) {
    browser.open("/numbers").await;
    let form = browser.form("/numbers/sign-in").fill("number", NUMBER).fill("way", "number");
    browser.send(form).await;
    app.run_jobs().await;
    let code = code_in(&app.outside.sms().last().expect("a text").text);
    let form = browser.form("/numbers/code").fill("code", &code);
    browser.send(form).await;
}

on_both_engines! {
    async fn a_holder_sees_how_the_number_is_kept(fresh: Fresh) {
        let (app, mut browser) = holder(fresh, "zh").await;
        sign_in(&app, &mut browser).await;
        assert_eq!(browser.page.path, "/numbers");
        assert!(browser.page.says("138 0013 8000"), "{}", browser.page.text());
        let link = browser.page.links().into_iter().find(|(href, _)| href.contains("/eps_"));
        let page = browser.open(&link.expect("a number").0).await;
        assert!(page.says("保号期限"), "{}", page.text());
        assert!(page.says("还没有记录到有效使用"));
        assert!(!page.path.contains("138"), "no number in an address");
        let file = browser.follow("加到日历（.ics）").await;
        assert!(file.html.starts_with("BEGIN:VCALENDAR\r\n"), "{}", file.html);
    }

    async fn a_wrong_code_opens_nothing_and_five_of_them_end_it(fresh: Fresh) {
        let (app, mut browser) = holder(fresh, "en").await;
        browser.open("/numbers").await;
        let form = browser.form("/numbers/sign-in").fill("number", NUMBER).fill("way", "contact");
        browser.send(form).await;
        app.run_jobs().await;
        let code = code_in(&app.outside.mail().last().expect("an e-mail").text);
        let wrong = if code == "111111" { "222222" } else { "111111" };
        for _ in 0..5 {
            let form = browser.form("/numbers/code").fill("code", wrong);
            assert_eq!(browser.send(form).await.status, 422);
            assert!(browser.page.says("That is not the code"));
            assert_eq!(browser.form("/numbers/code").value("code"), Some(wrong), "typed stays");
        }
        let form = browser.form("/numbers/code").fill("code", &code);
        assert!(browser.send(form).await.says("Too many wrong tries"));
        assert_eq!(browser.open("/numbers").await.path, "/numbers/sign-in");
    }

    async fn an_unknown_number_gets_the_same_answer(fresh: Fresh) {
        let (app, mut browser) = holder(fresh, "en").await;
        for number in [NUMBER, "13800138001"] {
            browser.open("/numbers/sign-in").await;
            let form = browser.form("/numbers/sign-in").fill("number", number);
            let page = browser.send(form.fill("way", "number")).await;
            assert_eq!(page.path, "/numbers/code");
            assert!(page.says("If the number is registered"));
        }
        app.run_jobs().await;
        assert_eq!(app.outside.sms().len(), 1);
    }

    async fn a_lost_phone_is_blocked_by_the_other_contact_and_lifted_again(fresh: Fresh) {
        let (app, mut browser) = holder(fresh, "en").await;
        browser.open("/loss").await;
        let form = browser.form("/loss").fill("number", "+86 138 0013 8000");
        browser.send(form).await;
        app.run_jobs().await;
        assert!(app.outside.sms().is_empty(), "never to the lost phone");
        let code = code_in(&app.outside.mail().last().expect("an e-mail").text);
        let form = browser.form("/loss/code").fill("code", &code);
        let page = browser.send(form).await;
        assert_eq!(page.path, "/loss/done", "{}", page.text());
        let page = browser.follow("My numbers").await;
        assert!(page.says("Blocked as lost"), "{}", page.text());
        let link = page.links().into_iter().find(|(href, _)| href.contains("/eps_"));
        let page = browser.open(&link.expect("a number").0).await;
        assert!(page.says("Restrictions now"));
        let form = browser.form("/lift-loss");
        let page = browser.send(form).await;
        assert!(!page.says("Restrictions now"), "{}", page.text());
    }

    async fn who_only_has_the_phone_cannot_lift_the_loss_report(fresh: Fresh) {
        let (app, mut thief) = holder(fresh, "en").await;
        sign_in(&app, &mut thief).await;
        let link = thief.page.links().into_iter().find(|(href, _)| href.contains("/eps_"));
        let (address, _) = link.expect("a number");
        let mut owner = Browser::new(web::router(app.app.clone()), "en");
        owner.open("/loss").await;
        let form = owner.form("/loss").fill("number", NUMBER);
        owner.send(form).await;
        app.run_jobs().await;
        let code = code_in(&app.outside.mail().last().expect("an e-mail").text);
        let form = owner.form("/loss/code").fill("code", &code);
        assert_eq!(owner.send(form).await.path, "/loss/done");
        thief.open(&address).await;
        let form = thief.form("/lift-loss");
        assert_eq!(thief.send(form).await.path, "/numbers/sign-in?contact");
        assert!(owner.open("/numbers").await.says("Blocked as lost"));
    }

    async fn a_number_is_paused_for_months_and_used_again(fresh: Fresh) {
        let (app, mut browser) = holder(fresh, "zh").await;
        sign_in(&app, &mut browser).await;
        let number = Msisdn::parse(NUMBER).expect("a number");
        number::top_up(&app, &Actor::System, number, "1", 10_000).await.expect("money comes in");
        let link = browser.page.links().into_iter().find(|(href, _)| href.contains("/eps_"));
        browser.open(&link.expect("a number").0).await;
        browser.follow("停机保号").await;
        let form = browser.form("/pause").fill("months", "3");
        let page = browser.send(form).await;
        assert!(page.says("停机保号到") && page.says("6月11日"), "{}", page.text());
        let form = browser.form("/resume");
        let page = browser.send(form).await;
        assert!(!page.says("停机保号到 6月"), "{}", page.text());
        assert!(page.says("使用中") || page.says("开通中"), "{}", page.text());
    }
}
