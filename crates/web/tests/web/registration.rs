//! From the first page to the receipt without JavaScript, in both languages; what is wrong on the
//! way is said and loses nothing.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use domain::access::Actor;
use domain::id::{ApplicationId, OperatorId};
use domain::reason::Item;
use testkit::{Applicant, Browser, Card, Form, Fresh, TestApp, on_both_engines};

const ONE: OperatorId = OperatorId(1);

fn applicant(application_id: ApplicationId) -> Actor {
    Actor::Applicant { operator_id: ONE, application_id }
}

/// A PNG whose outline is sound and whose pixels are not.
fn damaged() -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = b"IHDR".to_vec();
    header.extend([0, 0, 1, 44, 0, 0, 1, 44, 8, 2, 0, 0, 0]);
    for chunk in [header, b"IDATno pixels".to_vec(), b"IEND".to_vec()] {
        png.extend(u32::try_from(chunk.len() - 4).unwrap().to_be_bytes());
        png.extend(&chunk);
        png.extend(crc32(&chunk).to_be_bytes());
    }
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    })
}

async fn visitor(fresh: Fresh, language: &str) -> (TestApp, Browser, Card) {
    visitor_under(fresh, language, "cn").await
}

async fn visitor_under(fresh: Fresh, language: &str, pack: &str) -> (TestApp, Browser, Card) {
    let app = TestApp::on(fresh).await;
    app.operator_under(1, pack).await;
    let card = app.unregistered(1, 8000).await;
    let browser = Browser::new(web::router(app.app.clone()), language);
    (app, browser, card)
}

/// Sends the form, which must lead on to this page.
async fn leads_to(browser: &mut Browser, form: Form, path: &str) {
    let page = browser.send(form).await;
    assert_eq!(page.path, path, "{}", page.text());
}

/// S1 to S3: the application exists and its contact is proven.
async fn begin(app: &TestApp, browser: &mut Browser, card: &Card, contact: &str) {
    browser.open("/").await;
    browser.open("/register").await;
    browser.open("/register/number").await;
    let form = browser.form("/register/number");
    let form = form.fill("number", "138 0013 8000").fill("sim_tail", &card.tail());
    leads_to(browser, form, "/register/contact").await;
    let form = browser.form("/register/contact").fill("contact", contact);
    leads_to(browser, form, "/register/code").await;
    app.run_jobs().await;
    let code = app.code_to(contact).expect("a code");
    let form = browser.form("/register/code").fill("code", &code);
    leads_to(browser, form, "/register/who").await;
}

/// S4 to S10.
async fn fill(browser: &mut Browser, person: &Applicant) {
    let form = browser.form("/register/who").fill("who", "myself");
    leads_to(browser, form, "/register/tasks").await;
    browser.open("/register/document").await;
    let form = browser.form("/register/document").fill("document", "resident_id");
    leads_to(browser, form, "/register/identity").await;
    let form = browser.form("/register/identity").fill("name", &person.name);
    let form = form.fill("document_number", &person.number).fill("is_long_term", "on");
    leads_to(browser, form, "/register/photo/document_front").await;
    for (item, next) in [
        (Item::DocumentFront, "/register/photo/document_back"),
        (Item::DocumentBack, "/register/photo/portrait"),
        (Item::Portrait, "/register/consents"),
    ] {
        let path = format!("/register/photo/{}", item.code());
        let form = browser.form(&path).attach("photo", person.photo(item));
        leads_to(browser, form, next).await;
    }
    let form = browser.form("/register/consents");
    let form = form.fill("registration", "on").fill("portrait", "on");
    leads_to(browser, form, "/register/check").await;
}

async fn whole_way(fresh: Fresh, language: &str, words: [&str; 4]) {
    let [check, receipt, promise, status] = words;
    let (app, mut browser, card) = visitor(fresh, language).await;
    browser.set_cookie("zone", "Europe%2FLondon");
    let person = Applicant::new(1);
    begin(&app, &mut browser, &card, &person.contact).await;
    fill(&mut browser, &person).await;
    assert!(browser.page.says(check), "{}", browser.page.text());
    assert!(browser.page.says(&person.name));
    let form = browser.form("/register/send");
    let page = browser.send(form).await;
    assert_eq!(page.path, "/register/receipt", "{}", page.text());
    assert!(page.says(receipt) && page.says(promise), "{}", page.text());
    let again = browser.open("/register/receipt").await.text();
    assert!(again.contains(receipt), "a refresh sends nothing");
    app.run_jobs().await;
    let link = browser.page.links().into_iter().find(|(href, _)| href.starts_with("/status/"));
    let (address, _) = link.expect("a link to the status");
    let page = browser.open(&address).await;
    assert!(page.says(status), "{}", page.text());

    // Somebody else sees nothing without the digits, and nothing personal with them.
    browser.forget();
    assert!(!browser.open(&address).await.says(&person.name));
    let form = browser.form("/status").fill("tail", "1111");
    assert_eq!(browser.send(form).await.status, 422);
    let form = browser.form("/status").fill("tail", "8000");
    let page = browser.send(form).await;
    assert_eq!(page.path, address, "{}", page.text());
    assert!(!page.says(&person.name) && !page.says("example.org"), "{}", page.text());
}

on_both_engines! {
    async fn the_whole_way_in_chinese(fresh: Fresh) {
        let words = ["核对并提交", "编号 ", "您当地 3月16日 10:00", "编号"];
        whole_way(fresh, "zh", words).await;
    }

    async fn the_whole_way_in_english(fresh: Fresh) {
        let promise = "16 Mar 10:00 your time";
        let words = ["Check and send", "Your reference is ", promise, "Reference"];
        whole_way(fresh, "en", words).await;
    }

    async fn a_photo_that_is_still_looked_at_says_so_and_holds_nobody_up(fresh: Fresh) {
        let (app, mut browser, card) = visitor(fresh, "en").await;
        let person = Applicant::new(1);
        begin(&app, &mut browser, &card, &person.contact).await;
        fill(&mut browser, &person).await;
        let rows = store::application::list(&app.store.db, ONE, None, None, 9).await.unwrap();
        let (id, actor) = (rows[0].id, applicant(rows[0].id));
        let take = |photo| service::register::receive(&app, &actor, id, Item::Portrait, photo);
        let path = "/register/photo/portrait";
        // As after an upload that nobody could look at within three seconds.
        take(person.photo(Item::Portrait)).await.unwrap();
        let page = browser.open(path).await;
        assert!(page.says("Received") && page.says("You can go on"), "{}", page.text());
        assert!(!page.html.contains("<img src=\"/register/photo"), "nothing is shown of it");
        let form = browser.form(&format!("{path}/keep"));
        leads_to(&mut browser, form, "/register/consents").await;
        let page = browser.open("/register/check").await;
        assert!(page.says("We are still looking at some photos"), "{}", page.text());
        assert_eq!(browser.open("/register/tasks").await.status, 200);

        // It cannot be read: the pages say so, the earlier one is kept, a new one may be sent.
        take(damaged()).await.unwrap();
        app.run_jobs().await;
        let page = browser.open("/register/check").await;
        assert!(page.says("The photo is damaged"), "{}", page.text());
        assert!(page.says("Cannot be read"), "{}", page.text());
        let form = browser.form("/register/send");
        let page = browser.send(form).await;
        assert_eq!(page.path, "/register/send", "it is not sent: {}", page.text());
        let page = browser.open(path).await;
        assert!(page.says("The photo is damaged"), "{}", page.text());
        assert!(page.says("Your earlier photo is kept"), "{}", page.text());
        let form = browser.form(path).attach("photo", person.photo(Item::Portrait));
        leads_to(&mut browser, form, "/register/consents").await;

        // Sent while the next one waits; it cannot be read either, and is asked for again.
        take(damaged()).await.unwrap();
        browser.open("/register/check").await;
        let form = browser.form("/register/send");
        leads_to(&mut browser, form, "/register/receipt").await;
        app.run_jobs().await;
        let mail = app.outside.mail().pop().unwrap();
        assert!(mail.text.contains("Photo file cannot be opened"), "{}", mail.text);
        let page = browser.open("/register/redo").await;
        assert!(page.says("Photo file cannot be opened"), "{}", page.text());
        browser.open(path).await;
        let form = browser.form(path).attach("photo", person.photo(Item::Portrait));
        leads_to(&mut browser, form, "/register/redo").await;
        let form = browser.form("/register/redo");
        leads_to(&mut browser, form, "/register/receipt").await;
        app.run_jobs().await;
        let rows = store::application::list(&app.store.db, ONE, None, None, 9).await.unwrap();
        assert_eq!(rows[0].state, domain::application::State::InReview);
    }

    async fn a_company_registers_the_card_of_a_machine(fresh: Fresh) {
        let (app, mut browser, card) = visitor(fresh, "zh").await;
        let person = Applicant::new(1);
        begin(&app, &mut browser, &card, &person.contact).await;
        let form = browser.form("/register/who").fill("who", "iot");
        leads_to(&mut browser, form, "/register/tasks").await;
        browser.open("/register/document").await;
        let form = browser.form("/register/document").fill("document", "business_licence");
        leads_to(&mut browser, form, "/register/identity").await;
        let form = browser.form("/register/identity").fill("name", "样本水务有限公司");
        let form = form.fill("document_number", "91110000600037341L");
        let form = form.fill("handler_name", &person.name).fill("handler_number", &person.number);
        let form = form.fill("cards", "123");
        let page = browser.send(form).await;
        assert_eq!(page.status, 422);
        assert!(page.says("第1行不是完整的卡号"), "{}", page.text());
        assert!(page.html.contains("href=\"#use_scene\""));
        let form = browser.form("/register/identity");
        assert_eq!(form.value("cards"), Some("123"), "nothing typed is lost");
        let form = form.fill("responsible_name", &person.name);
        let form = form.fill("responsible_number", &person.number).fill("use_scene", "水表");
        let form = form.fill("cards", card.sim.iccid.as_str());
        leads_to(&mut browser, form, "/register/photo/document_front").await;
        for (picture, item, next) in [
            (Item::DocumentBack, "document_front", "/register/photo/company_papers"),
            (Item::CompanyPapers, "company_papers", "/register/photo/handler_document"),
            (Item::DocumentFront, "handler_document", "/register/photo/portrait"),
        ] {
            let photo = person.photo(picture);
            let form = browser.form(&format!("/register/photo/{item}")).attach("photo", photo);
            leads_to(&mut browser, form, next).await;
        }
        assert!(browser.page.says("这里拍经办人本人"));
        let form = browser.form("/register/photo/portrait");
        let form = form.attach("photo", person.photo(Item::Portrait));
        leads_to(&mut browser, form, "/register/consents").await;
        let form = browser.form("/register/consents");
        let form = form.fill("registration", "on").fill("portrait", "on");
        leads_to(&mut browser, form, "/register/check").await;
        assert!(browser.page.says("样本水务有限公司") && browser.page.says("盖章授权书"));
        let form = browser.form("/register/send");
        leads_to(&mut browser, form, "/register/receipt").await;
    }

    async fn a_wrong_input_is_told_at_its_field_and_stays_typed(fresh: Fresh) {
        let (app, mut browser, card) = visitor(fresh, "zh").await;
        browser.open("/register/number").await;
        let form = browser.form("/register/number").fill("number", "1380013800");
        let page = browser.send(form.fill("sim_tail", "12")).await;
        assert_eq!(page.status, 422);
        assert!(page.title().starts_with("错误："), "{}", page.title());
        assert!(page.html.contains("href=\"#number\"") && page.html.contains("href=\"#sim_tail\""));
        let form = browser.form("/register/number");
        assert_eq!(form.value("number"), Some("1380013800"));
        assert_eq!(form.value("sim_tail"), Some("12"));
        begin(&app, &mut browser, &card, "person1@example.org").await;
        let form = browser.form("/register/who").fill("who", "myself");
        browser.send(form).await;
        browser.open("/register/document").await;
        let form = browser.form("/register/document").fill("document", "resident_id");
        browser.send(form).await;
        let form = browser.form("/register/identity").fill("name", "阿依古丽·买买提𠮷");
        let page = browser.send(form.fill("document_number", "11010519491231002Y")).await;
        assert_eq!(page.status, 422);
        assert!(page.html.contains("href=\"#document_number\""), "{}", page.text());
        // Also on another visit, what was typed is still there.
        browser.open("/register/identity").await;
        let form = browser.form("/register/identity");
        assert_eq!(form.value("name"), Some("阿依古丽·买买提𠮷"));
        assert_eq!(form.value("document_number"), Some("11010519491231002Y"));
    }

    async fn a_bad_photo_keeps_the_one_before(fresh: Fresh) {
        let (app, mut browser, card) = visitor(fresh, "en").await;
        let person = Applicant::new(1);
        begin(&app, &mut browser, &card, &person.contact).await;
        let form = browser.form("/register/who").fill("who", "myself");
        browser.send(form).await;
        browser.open("/register/document").await;
        let form = browser.form("/register/document").fill("document", "resident_id");
        browser.send(form).await;
        browser.open("/register/photo/document_front").await;
        let form = browser.form("/register/photo/document_front");
        browser.send(form.attach("photo", person.photo(Item::DocumentFront))).await;
        for bad in [b"%PDF-1.7 not a photo".to_vec(), Vec::new(), vec![0; 11_000_000]] {
            browser.open("/register/photo/document_front").await;
            let form = browser.form("/register/photo/document_front").attach("photo", bad);
            let page = browser.send(form).await;
            assert_eq!(page.status, 422, "{}", page.text());
            assert!(page.says("Your earlier photo is kept"), "{}", page.text());
        }
        let image = browser.open("/register/photo/document_front/image").await;
        assert_eq!(image.headers.get("content-type").expect("a type"), "image/jpeg");
        assert_eq!(image.headers.get("cache-control").expect("set"), "no-store");
    }

    async fn a_draft_goes_on_on_another_device_and_nobody_else_opens_it(fresh: Fresh) {
        let (app, mut browser, card) = visitor(fresh, "en").await;
        begin(&app, &mut browser, &card, "+44 7700 900123").await;
        let page = browser.open("/register/tasks").await;
        let text = page.text();
        let reference = text.split("Your reference is ").nth(1).expect("told").get(..6);
        let reference = reference.expect("six characters").to_owned();
        browser.forget();
        assert_eq!(browser.open("/register/tasks").await.path, "/register");
        app.advance_seconds(61);
        browser.open("/resume").await;
        let form = browser.form("/resume").fill("reference", &reference.to_lowercase());
        let page = browser.send(form).await;
        assert_eq!(page.path, "/resume/code", "{}", page.text());
        app.run_jobs().await;
        let code = app.code_to("447700900123").expect("a code");
        let form = browser.form("/resume/code").fill("code", &code);
        let page = browser.send(form).await;
        assert_eq!(page.path, "/register/tasks", "{}", page.text());
        assert!(page.says(&reference));
        app.advance_seconds(31 * 60);
        assert!(browser.open("/register/tasks").await.says("Please confirm that it is you"));
    }

    async fn who_cannot_apply_here_is_told_where_instead(fresh: Fresh) {
        // This law names no document of organisations.
        let (app, mut browser, card) = visitor_under(fresh, "zh", "hk").await;
        begin(&app, &mut browser, &card, "person1@example.org").await;
        for who in ["company", "iot"] {
            browser.open("/register/who").await;
            let form = browser.form("/register/who").fill("who", who);
            let page = browser.send(form).await;
            assert_eq!(page.path, format!("/register/who/{who}"));
            assert_eq!(page.status, 200, "not an error of the applicant's");
        }
    }
}
