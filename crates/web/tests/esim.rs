//! Somebody abroad has lost a phone: from the loss report to an eSIM on another one, without
//! JavaScript, in both languages.

use domain::access::Role;
use domain::id::ApplicationId;
use domain::review::{ItemResult, Mark, Opinion, Stage, Verdict};
use service::review::{self, Decide};
use testkit::{Applicant, Browser, Colleague, Drafted, Fresh, SmdpFault, TestApp, on_both_engines};

const EID: &str = "89049032123451234512345678901235";

async fn decide(app: &TestApp, who: &Colleague, id: ApplicationId) {
    review::claim(app, &who.actor(), id).await.expect("nobody else has it");
    let view = review::view(app, &who.actor(), id, None).await.expect("it is claimed");
    let content = view.content.expect("a case");
    let mark =
        |item: &_| Mark { item: *item, result: ItemResult::Ok, reasons: Vec::new(), region: None };
    let marks = content.items.iter().map(mark).collect();
    let opinion = Opinion { verdict: Verdict::Approve, marks, reasons: Vec::new() };
    let note = String::new().into();
    let input = Decide { application_id: id, opinion, note, stamp: None };
    review::decide(app, &who.actor(), input).await.expect("it is open");
    app.advance_seconds(11 * 60);
}

async fn approve(app: &TestApp, reviewers: &[Colleague], id: ApplicationId) {
    for reviewer in reviewers {
        app.run_jobs().await;
        let case = store::review::Case::load(&app.store.db, id).await.expect("readable");
        if case.is_some_and(|case| case.is_open && case.stage != Stage::Lead) {
            decide(app, reviewer, id).await;
        }
    }
}

async fn settle(app: &TestApp) {
    for _ in 0..8 {
        app.run_jobs().await;
        app.advance_seconds(20);
    }
}

/// Signs in by the registered contact.
async fn sign_in(app: &TestApp, browser: &mut Browser, number: &str, way: &str, contact: &str) {
    browser.open("/numbers/sign-in?contact").await;
    let form = browser.form("/numbers/sign-in").fill("number", number).fill("way", way);
    browser.send(form).await;
    app.run_jobs().await;
    let code = app.code_to(contact).expect("a code");
    let form = browser.form("/numbers/code").fill("code", &code);
    let page = browser.send(form).await;
    assert_eq!(page.path, "/numbers", "{}", page.text());
}

async fn number_page(browser: &mut Browser) -> String {
    let page = browser.open("/numbers").await;
    let link = page.links().into_iter().find(|(href, _)| href.contains("/eps_"));
    let (address, _) = link.expect("a number");
    browser.open(&address).await;
    address
}

struct Words {
    language: &'static str,
    replace: &'static str,
    wrong_eid: &'static str,
    open: &'static str,
    ordering: &'static str,
    contact: &'static str,
    ready: &'static str,
    how: &'static str,
    installed: &'static str,
}

const ZH: Words = Words {
    language: "zh",
    replace: "补换卡",
    wrong_eid: "EID校验不符",
    open: "看eSIM的进度和安装方法",
    ordering: "正在订制",
    contact: "还要核对一次",
    ready: "可以安装了",
    how: "怎么装",
    installed: "已装到手机上",
};
const EN: Words = Words {
    language: "en",
    replace: "Replace the SIM",
    wrong_eid: "check digits of the EID",
    open: "Progress of the eSIM and how to install it",
    ordering: "Being ordered",
    contact: "One more check",
    ready: "Ready to install",
    how: "How to install it",
    installed: "Installed on a phone",
};

fn write(browser: &Browser, name: &str, language: &str) {
    if let Ok(folder) = std::env::var("BAOHAO_PAGES") {
        let path = format!("{folder}/esim-{name}-{language}.html");
        std::fs::write(path, &browser.page.html).expect("a folder");
    }
}

async fn whole_way(fresh: Fresh, words: Words) {
    let app = TestApp::on(fresh).await;
    app.operator(1).await;
    let reviewers = [
        app.staff(1, "li", &[Role::Reviewer]).await,
        app.staff(1, "wang", &[Role::Reviewer]).await,
    ];
    let (drafted, card, _) = app.submitted(1, 1).await;
    approve(&app, &reviewers, drafted.id).await;
    app.run_jobs().await;
    let sim = domain::number::SimRef {
        iccid: domain::sim::Iccid::parse("89860112345678901237").expect("a profile"),
        imsi: domain::sim::Imsi::parse("460000123456789").expect("a profile"),
    };
    let profile_type = Some("plan-a".to_owned());
    let new = service::inventory::NewSim { sim, eid: None, profile_type, keys: None };
    let system = domain::access::Actor::System;
    let one = domain::id::OperatorId(1);
    service::inventory::bring_sims(&app, &system, one, [new]).await.expect("into stock");
    let (person, number) = (Applicant::new(1), card.msisdn.national().to_string());

    // The phone is lost; from another one, the number is blocked.
    let mut owner = Browser::new(web::router(app.app.clone()), words.language);
    owner.open("/loss").await;
    let form = owner.form("/loss").fill("number", &number);
    owner.send(form).await;
    app.run_jobs().await;
    let code = app.code_to(&person.contact).expect("a code by e-mail");
    let form = owner.form("/loss/code").fill("code", &code);
    let page = owner.send(form).await;
    assert!(page.path == "/loss/done" && page.says("eSIM"), "{}", page.text());

    // An eSIM is asked for; what was typed wrongly is said and kept.
    number_page(&mut owner).await;
    owner.follow(words.replace).await;
    write(&owner, "replace", words.language);
    let form = owner.form("/replace").fill("way", "esim").fill("eid", &EID.replace('5', "6"));
    let page = owner.send(form).await;
    assert!(page.status == 422 && page.says(words.wrong_eid), "{}", page.text());
    assert_eq!(owner.form("/replace").value("eid"), Some(EID.replace('5', "6").as_str()));
    write(&owner, "wrong", words.language);
    let form = owner.form("/replace").fill("way", "card").fill("sim", "123");
    let page = owner.send(form).await;
    assert_eq!(page.status, 422, "no such card: {}", page.text());
    let form = owner.form("/replace").fill("way", "esim").fill("eid", EID);
    let page = owner.send(form).await;
    assert_eq!(page.path, "/register/contact", "{}", page.text());
    let page = owner.open("/register/number").await;
    assert!(page.path == "/register/esim" && page.html.contains(EID), "{}", page.text());
    let page = owner.open("/register/check").await;
    assert!(page.says(EID), "{}", page.text());

    // The rest is as at registration.
    let rows = store::application::list(&app.store.db, one, None, None, 9).await;
    let row = rows.expect("readable").into_iter().find(|row| row.id != drafted.id);
    let id = row.expect("the new application").id;
    let actor = domain::access::Actor::Applicant { operator_id: one, application_id: id };
    let reference = String::new();
    let asked = Drafted { id, reference, actor: actor.clone() };
    app.fill(&asked, &person).await;
    service::register::submit(&app, &actor, id).await.expect("it is complete");
    approve(&app, &reviewers, id).await;

    // Ordered, without an answer yet: the page says so and has no code.
    app.smdp.will([SmdpFault::Silence]);
    app.run_jobs().await;
    let address = number_page(&mut owner).await;
    owner.follow(words.open).await;
    assert!(owner.page.says(words.ordering), "{}", owner.page.text());
    write(&owner, "waiting", words.language);
    settle(&app).await;

    // Whoever has the old phone signed in by a code to the number sees no code.
    let mut finder = Browser::new(web::router(app.app.clone()), words.language);
    sign_in(&app, &mut finder, &number, "number", &card.msisdn.to_string()).await;
    let page = finder.open(&format!("{address}/esim")).await;
    assert!(page.says(words.contact) && !page.html.contains("LPA:"), "{}", page.text());
    assert!(!page.html.contains("class=\"qr\""));
    write(&finder, "contact", words.language);

    // The owner does: to scan, and to copy.
    sign_in(&app, &mut owner, &number, "contact", &person.contact).await;
    let page = owner.open(&format!("{address}/esim")).await;
    let profiles = app.smdp.profiles();
    let matching_id = &profiles.get(sim.iccid.as_str()).expect("ordered").matching_id;
    let lpa = format!("LPA:1$smdp.example${matching_id}");
    assert!(page.says(words.ready) && page.says(words.how), "{}", page.text());
    assert!(page.html.contains("<svg class=\"qr\"") && page.says(&lpa), "{}", page.text());
    assert_eq!(page.headers.get("cache-control").and_then(|v| v.to_str().ok()), Some("no-store"));
    assert_eq!(testkit::page::faults(&page.html), Vec::<String>::new());
    write(&owner, "ready", words.language);

    // Strangers do not.
    let mut stranger = Browser::new(web::router(app.app.clone()), words.language);
    let page = stranger.open(&format!("{address}/esim")).await;
    assert!(page.path.starts_with("/numbers/sign-in"), "{}", page.path);

    // Installed: the code is gone.
    let progress =
        service::esim::Progress { iccid: sim.iccid, point: 4, is_well: true, at: app.now() };
    service::esim::progress(&app, &system, &progress).await.expect("it is ours");
    let page = owner.open(&format!("{address}/esim")).await;
    assert!(page.says(words.installed) && !page.html.contains("LPA:"), "{}", page.text());
    write(&owner, "installed", words.language);
    let texts = app.outside.sms();
    assert!(texts.iter().all(|sms| !sms.text.contains(matching_id.as_str())));
}

on_both_engines! {
    async fn from_a_lost_phone_to_an_esim_in_chinese(fresh: Fresh) {
        whole_way(fresh, ZH).await;
    }

    async fn from_a_lost_phone_to_an_esim_in_english(fresh: Fresh) {
        whole_way(fresh, EN).await;
    }
}
