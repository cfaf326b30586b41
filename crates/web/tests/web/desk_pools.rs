//! Number pools and free numbers, as administrators see them.
#![expect(clippy::unwrap_used, reason = "tests")]

use domain::access::{Actor, Role};
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::pool::Pool;
use service::inventory::bring_numbers;
use service::number::put_pool;
use testkit::{Browser, TestApp, on_both_engines};

on_both_engines! {
    async fn an_administrator_finds_free_numbers_by_colour_and_last_digits(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        let admin = app.staff(1, "admin", &[Role::Administrator]).await;
        let mut browser = Browser::new(web::router(app.app.clone()), "en");
        admin.sign_in(&app, &mut browser).await;
        let page = browser.open("/desk/pools").await;
        assert!(page.says("There is no pool yet"), "{}", page.text());
        assert_eq!(testkit::page::faults(&page.html), Vec::<String>::new());

        let numbers = (0..300).map(|n| Msisdn::from_e164(8_613_800_138_800 + n).unwrap());
        bring_numbers(&app, &Actor::System, OperatorId(1), numbers).await.unwrap();
        let ranges = vec!["13800138800-13800138999".parse().unwrap()];
        let pool = Pool { name: "Shop & <web>".to_owned(), is_open: true, ranges };
        put_pool(&app, &Actor::System, OperatorId(1), &pool).await.unwrap();
        let page = browser.open("/desk/pools").await;
        assert!(page.says("Shop & <web>") && page.says("200"), "{}", page.text());
        let page = browser.open("/desk/pools?tier=gold&show=1").await;
        assert!(page.says("8613800138888") && page.says("Gold"), "{}", page.text());
        assert!(page.says("at least 189.00 CNY a month for 36 months"), "{}", page.text());
        assert_eq!(testkit::page::faults(&page.html), Vec::<String>::new());
        // More than a page: the link leads on with what was asked.
        let page = browser.open("/desk/pools?pool=Shop+%26+%3Cweb%3E&show=1").await;
        let link = page.html.split("href=\"").find(|part| part.contains("after=")).unwrap();
        let link = link.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&");
        let page = browser.open(&link).await;
        assert!(page.says("8613800138850") && !page.says("8613800138849"), "{}", page.text());
        // What was typed stays, with what is wrong.
        let page = browser.open("/desk/pools?tail=8x&show=1").await;
        assert!(page.says("Last digits are 1 to 11 digits"), "{}", page.text());
        assert!(page.html.contains("value=\"8x\""));
        let page = browser.open("/desk/pools?tail=77777&show=1").await;
        assert!(page.says("No free number is like that"), "{}", page.text());

        let clerk = app.staff(1, "clerk", &[Role::Clerk]).await;
        let mut browser = Browser::new(web::router(app.app.clone()), "zh");
        clerk.sign_in(&app, &mut browser).await;
        assert_eq!(browser.open("/desk/pools").await.status, 404);
    }
}
