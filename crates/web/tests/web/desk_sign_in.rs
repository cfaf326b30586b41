//! Staff sign in and out, without JavaScript.

use domain::access::Role;
use testkit::{Browser, TestApp, on_both_engines};

on_both_engines! {
    async fn a_reviewer_signs_in_and_comes_back_to_the_page_asked_for(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        let li = app.staff(1, "li.gong", &[Role::Reviewer]).await;
        let mut browser = Browser::new(web::router(app.app.clone()), "zh");
        let page = browser.open("/desk?kind=registration").await;
        assert_eq!(page.path, "/desk/sign-in?next=/desk%3Fkind%3Dregistration");
        assert!(page.says("员工登录"));
        let form = browser.form("sign-in").fill("login", "li.gong").fill("password", "wrong");
        let page = browser.send(form.fill("code", &li.code(&app))).await;
        assert_eq!(page.status, 422);
        assert!(page.says("账号、密码或动态码不正确"), "{}", page.text());
        let form = browser.form("sign-in");
        assert_eq!(form.value("login"), Some("li.gong"), "what was typed is kept");
        assert_eq!(form.value("password"), Some(""), "but not the password");
        let form = form.fill("password", "seven green lamps").fill("code", &li.code(&app));
        let page = browser.send(form).await;
        assert_eq!(page.path, "/desk?kind=registration");
        let form = browser.form("sign-out");
        let page = browser.send(form).await;
        assert!(page.path.starts_with("/desk/sign-in"));
        assert_eq!(browser.cookie("staff"), None);
        assert!(browser.open("/desk").await.path.starts_with("/desk/sign-in"));
    }

    async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        let li = app.staff(1, "li", &[Role::Reviewer]).await;
        let mut browser = Browser::new(web::router(app.app.clone()), "en");
        li.sign_in(&app, &mut browser).await;
        let token = browser.cookie("staff").expect("signed in").to_owned();
        assert_eq!(token.len(), 43);
        assert!(!browser.page.html.contains(&token), "never in a page");
    }
}
