//! What somebody else changed in the register, as administrators see it.
#![expect(clippy::unwrap_used, reason = "tests")]

use domain::access::{Action, Role};
use domain::msisdn::Msisdn;
use service::port::NetworkProfile;
use service::provision::{reconcile, tell};
use store::number::provision;
use testkit::{Browser, Colleague, TestApp, on_both_engines};

const NUMBER: &str = "8613800138000";
const EVERYTHING: NetworkProfile = NetworkProfile {
    voice_out: true,
    voice_in: true,
    sms_out: true,
    sms_in: true,
    data: true,
    roaming: true,
};

async fn signed_in(app: &TestApp, who: &Colleague, lang: &str) -> Browser {
    let mut browser = Browser::new(web::router(app.app.clone()), lang);
    who.sign_in(app, &mut browser).await;
    browser
}

/// A number that works, and its IMSI.
async fn working(app: &TestApp, msisdn: &str) -> String {
    app.holder(msisdn, "someone@example.com").await;
    app.run_jobs().await;
    let number = Msisdn::parse(msisdn).unwrap();
    assert!(tell(app, number).await.unwrap());
    let rows = provision::of_number(&app.store.db, number).await.unwrap();
    rows.first().unwrap().imsi.as_str().to_owned()
}

/// Somebody lets the SIM do nothing but take data; the reconciler finds it.
async fn changed(app: &TestApp, imsi: &str) {
    let profile = NetworkProfile { data: true, ..NetworkProfile::default() };
    app.hlr.set_profile(imsi, profile).await.unwrap();
}

on_both_engines! {
    async fn what_was_changed_is_shown_with_what_was_found_and_that_it_is_right_again(
        fresh: Fresh
    ) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        let admin = app.staff(1, "admin", &[Role::Administrator]).await;
        let mut browser = signed_in(&app, &admin, "en").await;
        let page = browser.open("/desk/network").await;
        assert!(page.says("Nobody else has changed the register"), "{}", page.text());
        assert!(page.html.contains("href=\"/desk/network\""), "no link in the bar");
        assert_eq!(testkit::page::faults(&page.html), Vec::<String>::new());

        let imsi = working(&app, NUMBER).await;
        changed(&app, &imsi).await;
        app.advance_seconds(10);
        reconcile(&app).await.unwrap();
        let page = browser.open("/desk/network").await;
        for words in [NUMBER, "other services: Data", "put right", "Calls out"] {
            assert!(page.says(words), "no {words} in {}", page.text());
        }
        assert_eq!(app.outside.record(&imsi).unwrap().profile, EVERYTHING);
        assert_eq!(testkit::page::faults(&page.html), Vec::<String>::new());
        // Its record goes, and cannot be made again at once.
        app.hlr.remove(&imsi).await.unwrap();
        app.advance_seconds(60);
        reconcile(&app).await.unwrap();
        let page = browser.open("/desk/network").await;
        assert!(page.says("the record was gone") && page.says("2"), "{}", page.text());
        let mut browser = signed_in(&app, &admin, "zh").await;
        let page = browser.open("/desk/network").await;
        assert!(page.says("记录被删除") && page.says("已恢复"), "{}", page.text());
        assert_eq!(testkit::page::faults(&page.html), Vec::<String>::new());
    }

    async fn only_administrators_of_the_own_operator_see_it(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        app.operator(2).await;
        let imsi = working(&app, NUMBER).await;
        changed(&app, &imsi).await;
        app.advance_seconds(10);
        reconcile(&app).await.unwrap();
        for (n, role) in Role::ALL.into_iter().enumerate() {
            let own = app.staff(1, &format!("own{n}"), &[role]).await;
            let mut browser = signed_in(&app, &own, "en").await;
            let page = browser.open("/desk/network").await;
            let is_allowed = Action::SeeDrift.is_for(role);
            assert_eq!(page.status.as_u16(), if is_allowed { 200 } else { 404 }, "{role:?}");
            assert_eq!(page.html.contains(NUMBER), is_allowed, "{role:?}");
            let home = browser.open("/desk").await;
            assert_eq!(home.html.contains("href=\"/desk/network\""), is_allowed, "{role:?}");
            let stranger = app.staff(2, &format!("stranger{n}"), &[role]).await;
            let mut browser = signed_in(&app, &stranger, "en").await;
            let page = browser.open("/desk/network").await;
            assert!(!page.html.contains(NUMBER), "{role:?}");
        }
    }

    async fn many_changes_come_in_pages_the_newest_first(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        let mut sims = Vec::new();
        for n in 0..27 {
            sims.push(working(&app, &format!("86138001380{n:02}")).await);
        }
        for imsi in &sims {
            changed(&app, imsi).await;
        }
        app.advance_seconds(10);
        reconcile(&app).await.unwrap();
        // One of them again, later: it comes first.
        changed(&app, sims.last().unwrap()).await;
        app.advance_seconds(600);
        reconcile(&app).await.unwrap();
        let admin = app.staff(1, "admin", &[Role::Administrator]).await;
        let mut browser = signed_in(&app, &admin, "en").await;
        let first = browser.open("/desk/network").await;
        let rows = |html: &str| html.matches("<th scope=\"row\"").count();
        assert_eq!(rows(&first.html), 25);
        let place = |number: &str| first.html.find(number);
        assert!(place("8613800138026") < place("8613800138000"), "the newest is not first");
        assert!(first.html.contains("href=\"/desk/network?page=2\""));
        assert_eq!(testkit::page::faults(&first.html), Vec::<String>::new());
        let second = browser.open("/desk/network?page=2").await;
        assert_eq!(rows(&second.html), 2);
        assert!(second.says("Page 2") && second.html.contains("href=\"/desk/network?page=1\""));
        for nonsense in ["0", "-7", "x", "99999999999999999999"] {
            let page = browser.open(&format!("/desk/network?page={nonsense}")).await;
            assert_eq!(page.status, 200, "{nonsense}");
        }
        // Beyond the last page is the first.
        let beyond = browser.open("/desk/network?page=300").await;
        assert_eq!(rows(&beyond.html), 25);
    }
}
