//! Somebody abroad has lost a phone: from the loss report to an eSIM on another one, without
//! JavaScript, in both languages.

use domain::access::{Actor, Role};
use domain::id::{ApplicationId, OperatorId};
use domain::number::SimRef;
use domain::review::{ItemResult, Mark, Opinion, Stage, Verdict};
use domain::sim::{Iccid, Imsi};
use service::esim::Progress;
use service::inventory::NewSim;
use service::review::{self, Decide};
use testkit::{
    Applicant, Browser, Card, Colleague, Drafted, Fresh, SmdpFault, TestApp, on_both_engines,
};

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

/// A person with a number, colleagues who review, and one profile in stock.
struct World {
    app: TestApp,
    reviewers: [Colleague; 2],
    person: Applicant,
    card: Card,
    first: ApplicationId,
    sim: SimRef,
    words: Words,
}

const ONE: OperatorId = OperatorId(1);

async fn world(fresh: Fresh, words: Words) -> World {
    let app = TestApp::on(fresh).await;
    app.operator(1).await;
    let reviewers = [
        app.staff(1, "li", &[Role::Reviewer]).await,
        app.staff(1, "wang", &[Role::Reviewer]).await,
    ];
    let (drafted, card, _) = app.submitted(1, 1).await;
    approve(&app, &reviewers, drafted.id).await;
    app.run_jobs().await;
    let sim = SimRef {
        iccid: Iccid::parse("89860112345678901237").expect("a profile"),
        imsi: Imsi::parse("460000123456789").expect("a profile"),
    };
    let profile_type = Some("plan-a".to_owned());
    let new = NewSim { sim, eid: None, profile_type, keys: None };
    service::inventory::bring_sims(&app, &Actor::System, ONE, [new]).await.expect("into stock");
    World { app, reviewers, person: Applicant::new(1), card, first: drafted.id, sim, words }
}

impl World {
    fn number(&self) -> String {
        self.card.msisdn.national().to_string()
    }

    fn browser(&self) -> Browser {
        Browser::new(web::router(self.app.app.clone()), self.words.language)
    }

    /// The phone is lost; from another one, the number is blocked.
    async fn report_loss(&self, owner: &mut Browser) {
        owner.open("/loss").await;
        let form = owner.form("/loss").fill("number", &self.number());
        owner.send(form).await;
        self.app.run_jobs().await;
        let code = self.app.code_to(&self.person.contact).expect("a code by e-mail");
        let form = owner.form("/loss/code").fill("code", &code);
        let page = owner.send(form).await;
        assert!(page.path == "/loss/done" && page.says("eSIM"), "{}", page.text());
    }

    /// An eSIM is asked for; what was typed wrongly is said and kept.
    async fn ask(&self, owner: &mut Browser) {
        number_page(owner).await;
        owner.follow(self.words.replace).await;
        write(owner, "replace", self.words.language);
        let wrong = EID.replace('5', "6");
        let form = owner.form("/replace").fill("way", "esim").fill("eid", &wrong);
        let page = owner.send(form).await;
        assert!(page.status == 422 && page.says(self.words.wrong_eid), "{}", page.text());
        assert_eq!(owner.form("/replace").value("eid"), Some(wrong.as_str()));
        write(owner, "wrong", self.words.language);
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
    }

    /// The rest is as at registration.
    async fn send(&self) {
        let rows = store::application::list(&self.app.store.db, ONE, None, None, 9).await;
        let row = rows.expect("readable").into_iter().find(|row| row.id != self.first);
        let id = row.expect("the new application").id;
        let actor = Actor::Applicant { operator_id: ONE, application_id: id };
        let asked = Drafted { id, reference: String::new(), actor: actor.clone() };
        self.app.fill(&asked, &self.person).await;
        service::register::submit(&self.app, &actor, id).await.expect("it is complete");
        approve(&self.app, &self.reviewers, id).await;
    }

    fn matching_id(&self) -> String {
        let profiles = self.app.smdp.profiles();
        profiles.get(self.sim.iccid.as_str()).expect("it was ordered").matching_id.clone()
    }

    /// Whoever has the old phone signed in by a code to the number, and strangers, see no code.
    async fn others_see_nothing(&self, address: &str) {
        let mut finder = self.browser();
        let (number, own) = (self.number(), self.card.msisdn.to_string());
        sign_in(&self.app, &mut finder, &number, "number", &own).await;
        let page = finder.open(&format!("{address}/esim")).await;
        assert!(page.says(self.words.contact) && !page.html.contains("LPA:"), "{}", page.text());
        assert!(!page.html.contains("class=\"qr\""));
        write(&finder, "contact", self.words.language);
        let mut stranger = self.browser();
        let page = stranger.open(&format!("{address}/esim")).await;
        assert!(page.path.starts_with("/numbers/sign-in"), "{}", page.path);
    }

    /// The owner does: to scan, and to copy.
    async fn owner_sees_the_code(&self, owner: &mut Browser, address: &str) {
        let number = self.number();
        sign_in(&self.app, owner, &number, "contact", &self.person.contact).await;
        let page = owner.open(&format!("{address}/esim")).await;
        let lpa = format!("LPA:1$smdp.example${}", self.matching_id());
        assert!(page.says(self.words.ready) && page.says(self.words.how), "{}", page.text());
        assert!(page.html.contains("<svg class=\"qr\"") && page.says(&lpa), "{}", page.text());
        let cache = page.headers.get("cache-control").and_then(|value| value.to_str().ok());
        assert_eq!(cache, Some("no-store"));
        assert_eq!(testkit::page::faults(&page.html), Vec::<String>::new());
        write(owner, "ready", self.words.language);
    }
}

async fn whole_way(fresh: Fresh, words: Words) {
    let world = world(fresh, words).await;
    let mut owner = world.browser();
    world.report_loss(&mut owner).await;
    world.ask(&mut owner).await;
    world.send().await;

    // Ordered, without an answer yet: the page says so and has no code.
    world.app.smdp.will([SmdpFault::Silence]);
    world.app.run_jobs().await;
    let address = number_page(&mut owner).await;
    owner.follow(world.words.open).await;
    assert!(owner.page.says(world.words.ordering), "{}", owner.page.text());
    write(&owner, "waiting", world.words.language);
    settle(&world.app).await;

    world.others_see_nothing(&address).await;
    world.owner_sees_the_code(&mut owner, &address).await;

    // Installed: the code is gone.
    let (iccid, at) = (world.sim.iccid, world.app.now());
    let progress = Progress { iccid, point: 4, is_well: true, at };
    service::esim::progress(&world.app, &Actor::System, &progress).await.expect("it is ours");
    let page = owner.open(&format!("{address}/esim")).await;
    assert!(page.says(world.words.installed) && !page.html.contains("LPA:"), "{}", page.text());
    write(&owner, "installed", world.words.language);
    let texts = world.app.outside.sms();
    let secret = world.matching_id();
    assert!(texts.iter().all(|sms| !sms.text.contains(&secret)));
}

on_both_engines! {
    async fn from_a_lost_phone_to_an_esim_in_chinese(fresh: Fresh) {
        whole_way(fresh, ZH).await;
    }

    async fn from_a_lost_phone_to_an_esim_in_english(fresh: Fresh) {
        whole_way(fresh, EN).await;
    }
}
