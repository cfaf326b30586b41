//! One operator's staff and another operator's case: every desk route × every role.

use domain::access::{Action, Role};
use testkit::{Browser, Colleague, TestApp, on_both_engines};
use web::desk::{CASE_ROUTES, CaseRoute};

async fn signed_in(app: &TestApp, who: &Colleague) -> Browser {
    let mut browser = Browser::new(web::router(app.app.clone()), "en");
    who.sign_in(app, &mut browser).await;
    browser
}

async fn go(browser: &mut Browser, route: &CaseRoute, id: &str) -> u16 {
    let path = route.path.replace("{id}", id).replace("{item}", "portrait").replace("{round}", "1");
    let page = if route.is_post {
        let form = [("verdict", "approve"), ("to", ""), ("stamp", "1.1.first")];
        browser.post(&path, &form).await
    } else {
        browser.open(&format!("{path}?why=supervision")).await
    };
    page.status.as_u16()
}

on_both_engines! {
    async fn another_operators_case_is_not_found_on_any_route_in_any_role(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        app.operator(2).await;
        let (drafted, _, _) = app.submitted(1, 1).await;
        let id = drafted.id.to_string();
        let nobody = "app_00000000000070008000000000000001";
        for (n, role) in Role::ALL.into_iter().enumerate() {
            let stranger = app.staff(2, &format!("stranger{n}"), &[role]).await;
            let mut browser = signed_in(&app, &stranger).await;
            for route in CASE_ROUTES {
                let status = go(&mut browser, route, &id).await;
                assert_eq!(status, 404, "{role:?} {}", route.path);
                let none = go(&mut browser, route, nobody).await;
                assert_eq!(none, status, "as if it did not exist: {role:?} {}", route.path);
            }
            let queue = browser.open("/desk").await;
            assert!(!queue.html.contains(&drafted.reference), "{role:?}");
            let board = browser.open("/desk/board").await;
            assert!(!board.html.contains(&drafted.reference), "{role:?}");
        }
    }

    async fn at_the_own_operator_each_role_gets_what_the_matrix_says(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        let (drafted, _, _) = app.submitted(1, 1).await;
        let id = drafted.id.to_string();
        for (n, role) in Role::ALL.into_iter().enumerate() {
            let person = app.staff(1, &format!("own{n}"), &[role]).await;
            let mut browser = signed_in(&app, &person).await;
            for route in CASE_ROUTES {
                let status = go(&mut browser, route, &id).await;
                let is_allowed = route.action.is_for(role);
                assert_eq!(status != 403, is_allowed, "{role:?} {} {status}", route.path);
            }
            let board = browser.open("/desk/board").await.status;
            assert_eq!(board == 200, Action::SeeBoard.is_for(role), "{role:?}");
        }
    }
}

/// The table of routes is the router: a route that is added must be walked.
#[test]
fn every_route_about_a_case_is_in_the_table() {
    let source = include_str!("../../src/desk/mod.rs");
    let routed = source.matches(".route(\"/desk/case/").count();
    assert_eq!(routed, CASE_ROUTES.len());
    for route in CASE_ROUTES {
        assert!(source.contains(&format!(".route(\"{}\"", route.path)), "{}", route.path);
    }
}
