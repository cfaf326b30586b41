//! What models see on a portrait: told to the applicant before sending, with one thing to do about
//! it, and beside the document's face at the desk; without JavaScript, in both languages.

use domain::access::Role;
use domain::portrait::Faces;
use domain::reading::Unread;
use domain::reason::Item;
use testkit::faces::{beside, portrait};
use testkit::{Applicant, Browser, Drafted, Fresh, TestApp, on_both_engines};

const PORTRAIT: &str = "/register/photo/portrait";

/// Keeps the open page for looking at, if `BAOHAO_PAGES` names a folder.
fn keep(browser: &Browser, name: &str) {
    if let Ok(folder) = std::env::var("BAOHAO_PAGES") {
        let path = format!("{folder}/{name}.html");
        std::fs::write(path, &browser.page.bytes).expect("a folder");
    }
}

async fn office(fresh: Fresh) -> TestApp {
    let app = TestApp::on(fresh).await;
    app.operator(1).await;
    app
}

/// A visitor whose contact is proven and whose document is chosen.
async fn visitor(app: &TestApp, language: &str, person: &Applicant) -> Browser {
    let sim = app.unregistered(1, 8000).await;
    let mut browser = Browser::new(web::router(app.app.clone()), language);
    browser.open("/register/number").await;
    let form = browser.form("/register/number");
    browser.send(form.fill("number", "13800138000").fill("sim_tail", &sim.tail())).await;
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
    let form = browser.form("/register/identity").fill("name", &person.name);
    let form = form.fill("document_number", &person.number).fill("is_long_term", "on");
    browser.send(form).await;
    for item in [Item::DocumentFront, Item::DocumentBack] {
        let path = format!("/register/photo/{}", item.code());
        browser.open(&path).await;
        let form = browser.form(&path).attach("photo", person.photo(item));
        browser.send(form).await;
    }
    browser
}

async fn send_portrait(browser: &mut Browser, person: &Applicant) -> String {
    browser.open(PORTRAIT).await;
    let form = browser.form(PORTRAIT).attach("photo", person.photo(Item::Portrait));
    browser.send(form).await.path.clone()
}

async fn told_and_overruled(fresh: Fresh, language: &str, words: [&str; 5]) {
    let app = office(fresh).await;
    let person = Applicant::new(1);
    let bad = Faces {
        portrait: portrait(|m| (m.roll_degrees, m.eyes_dark_share) = (25.0, 0.9)),
        ..beside(0.6)
    };
    app.outside.will_see([Ok(bad), Ok(bad)]);
    let mut browser = visitor(&app, language, &person).await;
    let [watched, tilted, straight, sunglasses, anyway] = words;
    browser.open(PORTRAIT).await;
    assert!(browser.page.says(watched), "{}", browser.page.text());
    assert_eq!(send_portrait(&mut browser, &person).await, PORTRAIT, "back to the same page");
    browser.open(PORTRAIT).await;
    for word in [tilted, straight, sunglasses] {
        assert!(browser.page.says(word), "{word}: {}", browser.page.text());
    }
    assert!(browser.page.html.contains("rotate(24"), "the picture of a tilted head");
    assert_eq!(testkit::page::faults(&browser.page.html), [""; 0]);
    keep(&browser, &format!("portrait-{language}"));
    let form = browser.form(&format!("{PORTRAIT}/keep"));
    assert!(browser.page.says(anyway), "{}", browser.page.text());
    browser.send(form).await;
    let form = browser.form("/register/consents");
    browser.send(form.fill("registration", "on").fill("portrait", "on")).await;
    app.run_jobs().await;
    browser.open("/register/check").await;
    assert!(!browser.page.says(straight), "what was overruled is not told again");
    let form = browser.form("/register/send");
    assert_eq!(browser.send(form).await.path, "/register/receipt");
}

async fn desk(app: &TestApp, n: u16, language: &str) -> (Browser, Drafted) {
    let li = app.staff(1, "li.gong", &[Role::Reviewer]).await;
    let (drafted, _, _) = app.submitted(1, n).await;
    app.run_jobs().await;
    let mut browser = Browser::new(web::router(app.app.clone()), language);
    li.sign_in(app, &mut browser).await;
    let form = browser.form("/desk/next");
    browser.send(form).await;
    (browser, drafted)
}

on_both_engines! {
    async fn what_is_wrong_is_told_in_english(fresh: Fresh) {
        let words = [
            "A program on our own machine looks whether your face can be seen",
            "Your head is tilted",
            "Hold head and phone straight",
            "Take off sunglasses",
            "Use this one",
        ];
        told_and_overruled(fresh, "en", words).await;
    }

    async fn what_is_wrong_is_told_in_chinese(fresh: Fresh) {
        let words = ["我们自己机器上的程序会看一下", "头歪了", "头和手机都放正", "摘下墨镜", "就用这张"];
        told_and_overruled(fresh, "zh", words).await;
    }

    async fn a_good_portrait_leads_on(fresh: Fresh) {
        let app = office(fresh).await;
        let person = Applicant::new(2);
        app.outside.will_see([Ok(beside(0.6))]);
        let mut browser = visitor(&app, "en", &person).await;
        assert_eq!(send_portrait(&mut browser, &person).await, "/register/consents");
    }

    async fn the_documents_own_photo_is_told_before_sending(fresh: Fresh) {
        let app = office(fresh).await;
        let person = Applicant::new(3);
        app.outside.will_see([Ok(beside(0.99)), Ok(beside(0.99))]);
        let mut browser = visitor(&app, "en", &person).await;
        send_portrait(&mut browser, &person).await;
        browser.open("/register/consents").await;
        let form = browser.form("/register/consents");
        browser.send(form.fill("registration", "on").fill("portrait", "on")).await;
        app.run_jobs().await;
        browser.open("/register/check").await;
        assert!(browser.page.says("This seems to be the photo on your document"));
        keep(&browser, "check-copy");
    }

    async fn without_models_the_page_promises_nothing(fresh: Fresh) {
        let app = office(fresh).await;
        let person = Applicant::new(4);
        let mut browser = visitor(&app, "en", &person).await;
        browser.open(PORTRAIT).await;
        assert!(!browser.page.says("A program on our own machine"), "{}", browser.page.text());
        assert_eq!(send_portrait(&mut browser, &person).await, "/register/consents");
    }

    async fn the_desk_sees_both_faces_with_the_band_in_words_and_no_verdict(fresh: Fresh) {
        let app = office(fresh).await;
        app.outside.will_see([Ok(beside(0.61)), Ok(beside(0.61))]);
        let (mut browser, drafted) = desk(&app, 5, "en").await;
        keep(&browser, "desk-faces");
        for word in ["Consistent with one person", "Likeness 0.61", "A hint, not a verdict"] {
            assert!(browser.page.says(word), "{word}: {}", browser.page.text());
        }
        assert!(browser.page.html.contains("prescribed.face 111111111111"), "the model");
        assert_eq!(testkit::page::faults(&browser.page.html), [""; 0]);
        for photo in ["portrait/1", "document_front/1"] {
            let src = format!("/desk/case/{}/image/{photo}?face=1", drafted.id);
            assert!(browser.page.html.contains(&src), "{src}");
        }
        let src = format!("/desk/case/{}/image/portrait/1?face=1", drafted.id);
        browser.open(&src).await;
        let limits = vision::Limits { side_min: 1, ..vision::Limits::default() };
        let shown = vision::decode(&browser.page.bytes, &limits).expect("a picture").picture;
        assert_eq!((shown.width(), shown.height()), (320, 320));
    }

    async fn the_desk_is_told_why_faces_were_not_compared(fresh: Fresh) {
        let app = office(fresh).await;
        app.outside.will_see([Err(Unread::Failed), Err(Unread::Failed)]);
        let (browser, drafted) = desk(&app, 6, "en").await;
        assert!(browser.page.says("Faces were not compared"), "{}", browser.page.text());
        assert!(!browser.page.html.contains("?face=1"));
        let mut browser = browser;
        let src = format!("/desk/case/{}/image/portrait/1?face=1", drafted.id);
        let status = browser.open(&src).await.status;
        assert_eq!(status, 404, "no face, no cut");
    }

    async fn the_live_capture_is_offered_with_the_camera_and_never_asked_for(fresh: Fresh) {
        let app = office(fresh).await;
        let person = Applicant::new(7);
        app.outside.will_see([Ok(beside(0.6)), Ok(beside(0.6))]);
        let mut browser = visitor(&app, "en", &person).await;
        send_portrait(&mut browser, &person).await;
        browser.open("/register/live").await;
        assert_eq!(browser.page.path, "/register/check", "not before consent");
        browser.open("/register/consents").await;
        let form = browser.form("/register/consents");
        browser.send(form.fill("registration", "on").fill("portrait", "on")).await;
        app.run_jobs().await;
        browser.open("/register/check").await;
        let policy = |browser: &Browser| {
            let policy = browser.page.headers.get("permissions-policy").expect("a policy");
            policy.to_str().expect("text").to_owned()
        };
        assert!(policy(&browser).contains("camera=()"), "no camera elsewhere");
        browser.follow("Show it with the camera").await;
        assert_eq!(browser.page.path, "/register/live");
        assert!(policy(&browser).contains("camera=(self)"), "{}", policy(&browser));
        assert!(browser.page.says("You need not do this"), "told without JavaScript");
        assert!(browser.page.html.contains("data-live hidden"), "shown by the program only");
        assert_eq!(testkit::page::faults(&browser.page.html), [""; 0]);
        keep(&browser, "live");
        browser.follow("Go on without").await;
        let form = browser.form("/register/send");
        assert_eq!(browser.send(form).await.path, "/register/receipt");
    }
}

/// The pack `cn`, in which the portrait is asked about too.
fn asks_with_the_portrait() {
    let text = include_str!("../../../../policies/cn.toml")
        .replacen("code = \"cn\"", "code = \"portrait\"", 1)
        .replacen("value = \"name_number\"", "value = \"name_number_portrait\"", 1);
    service::policy::add_packs(vec![service::policy::parse(&text).expect("a sound policy")]);
}

async fn consent_says_where_it_goes(fresh: Fresh, language: &str, words: [&str; 3]) {
    let [plain, shown, told] = words;
    asks_with_the_portrait();
    let app = TestApp::on(fresh).await;
    app.operator_under(1, "portrait").await;
    let person = Applicant::new(1);
    let mut browser = visitor(&app, language, &person).await;
    send_portrait(&mut browser, &person).await;
    // Nobody is connected: the portrait goes nowhere, and nothing else is said.
    browser.open("/register/consents").await;
    assert!(browser.page.says(plain) && !browser.page.says(shown), "{}", browser.page.text());
    let old = browser.form("/register/consents");
    let old = old.fill("registration", "on").fill("portrait", "on");
    app.authority.answers([]);
    app.outside.will_see([]);
    browser.open(PORTRAIT).await;
    assert!(browser.page.says(told), "{}", browser.page.text());
    browser.open("/register/consents").await;
    keep(&browser, &format!("consents-{language}"));
    assert!(browser.page.says(shown) && !browser.page.says(plain), "{}", browser.page.text());
    assert_eq!(testkit::page::faults(&browser.page.html), [""; 0]);
    // A page from before did not say it: it counts for nothing, and the new text is shown.
    let page = browser.send(old).await;
    assert_eq!(page.status, 422);
    assert!(page.says(shown), "{}", page.text());
    let form = browser.form("/register/consents");
    assert_eq!(form.value("portrait"), None, "not given beforehand");
    let form = form.fill("registration", "on").fill("portrait", "on");
    assert_eq!(browser.send(form).await.path, "/register/check");
    assert!(browser.page.says(shown), "{}", browser.page.text());
    browser.open("/privacy").await;
    assert!(browser.page.says(shown), "{}", browser.page.text());
}

on_both_engines! {
    async fn the_consent_says_that_a_portrait_goes_to_an_authority_in_chinese(fresh: Fresh) {
        let plain = "我同意用我的正面照和证件照比对，确认是本人";
        let told = "照片会交主管部门核验，此外不发到别处";
        consent_says_where_it_goes(fresh, "zh", [plain, "把正面照交主管部门", told]).await;
    }

    async fn the_consent_says_that_a_portrait_goes_to_an_authority_in_english(fresh: Fresh) {
        let plain = "compared with the photo on my document (sensitive";
        let shown = "my portrait is sent to the authority to be checked against its record";
        let told = "the photo is sent to the authority to be checked; it goes nowhere else";
        consent_says_where_it_goes(fresh, "en", [plain, shown, told]).await;
    }
}
