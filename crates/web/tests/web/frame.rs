//! The frame: language, size, errors as pages, security headers.

use testkit::{Browser, Fresh, TestApp, on_both_engines};

async fn visitor(fresh: Fresh, language: &str) -> (TestApp, Browser) {
    let app = TestApp::on(fresh).await;
    app.operator(1).await;
    let browser = Browser::new(web::router(app.app.clone()), language);
    (app, browser)
}

on_both_engines! {
    async fn the_language_is_the_browsers_until_the_visitor_chooses(fresh: Fresh) {
        let (_app, mut browser) = visitor(fresh, "en-GB,en;q=0.9").await;
        let page = browser.open("/?from=sms").await;
        assert!(page.html.contains("<html lang=\"en\""), "{}", page.html);
        assert_eq!(page.title(), "Register your SIM, keep your number – demo");
        let page = browser.follow("中文").await;
        assert_eq!(page.path, "/?from=sms", "the switch leaves the address as it was");
        assert!(page.html.contains("<html lang=\"zh-CN\""));
        let page = browser.open("/nowhere").await;
        assert!(page.says("找不到这一页"), "remembered, also on an error page");
    }

    async fn the_size_is_remembered(fresh: Fresh) {
        let (_app, mut browser) = visitor(fresh, "zh").await;
        browser.open("/").await;
        let page = browser.follow("大字").await;
        assert!(page.html.contains("class=\"size-2\""));
        assert!(browser.open("/nowhere").await.html.contains("class=\"size-2\""));
    }

    async fn an_error_is_a_page_that_says_what_to_do(fresh: Fresh) {
        let (_app, mut browser) = visitor(fresh, "en").await;
        let page = browser.open("/nowhere").await;
        assert_eq!(page.status, 404);
        assert!(page.title().starts_with("Error: This page does not exist"));
        assert!(page.links().iter().any(|(href, _)| href == "/"));
        assert!(browser.open("/static/site.0000.css").await.status == 404);
    }

    async fn every_answer_is_locked_down(fresh: Fresh) {
        let (_app, mut browser) = visitor(fresh, "en").await;
        for path in ["/", "/nowhere"] {
            let headers = browser.open(path).await.headers.clone();
            let policy = headers.get("content-security-policy").expect("a policy");
            assert!(policy.to_str().expect("ascii").starts_with("default-src 'none'"));
            assert_eq!(headers.get("cache-control").expect("set"), "no-store");
            assert_eq!(headers.get("x-content-type-options").expect("set"), "nosniff");
        }
        let sheet = web::shell::assets::SITE_CSS.url();
        let headers = browser.open(&sheet).await.headers.clone();
        let caching = headers.get("cache-control").expect("set").to_str().expect("ascii");
        assert!(caching.contains("immutable"));
    }

    async fn the_pattern_page_exists_in_the_demo_only(fresh: Fresh) {
        let (_app, mut browser) = visitor(fresh, "en").await;
        assert_eq!(browser.open("/patterns").await.status, 404);
    }
}
