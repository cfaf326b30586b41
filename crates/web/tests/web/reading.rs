//! What was read of a document fills the form in, without JavaScript, in both languages: with its
//! place on the photo, never over what was typed; at the desk it stands beside it.

use domain::access::Role;
use domain::identity::DocumentKind;
use domain::reading::{FieldName, Reading, Side, Unread};
use domain::reason::Item;
use testkit::reading::{card, passport, reading};
use testkit::{Applicant, Browser, Card, Form, Fresh, TestApp, on_both_engines};

async fn visitor(fresh: Fresh, language: &str) -> (TestApp, Browser, Card) {
    let app = TestApp::on(fresh).await;
    app.operator(1).await;
    let sim = app.unregistered(1, 8000).await;
    let browser = Browser::new(web::router(app.app.clone()), language);
    (app, browser, sim)
}

async fn leads_to(browser: &mut Browser, form: Form, path: &str) {
    let page = browser.send(form).await;
    assert_eq!(page.path, path, "{}", page.text());
}

/// Keeps the open page for looking at, if `BAOHAO_PAGES` names a folder.
fn keep(browser: &Browser, name: &str) {
    if let Ok(folder) = std::env::var("BAOHAO_PAGES") {
        let path = format!("{folder}/{name}.html");
        std::fs::write(path, &browser.page.bytes).expect("a folder");
    }
}

/// S1 to S6: a contact is proven, the document is chosen.
async fn begin(app: &TestApp, browser: &mut Browser, sim: &Card, contact: &str, next: &str) {
    begin_with("resident_id", (app, browser, sim), contact, next).await;
}

async fn begin_with(
    document: &str,
    at: (&TestApp, &mut Browser, &Card),
    contact: &str,
    next: &str,
) {
    begin_as(("myself", document), at, contact, next).await;
}

async fn begin_as(
    (who, document): (&str, &str),
    (app, browser, sim): (&TestApp, &mut Browser, &Card),
    contact: &str,
    next: &str,
) {
    browser.open("/register/number").await;
    let form = browser.form("/register/number");
    browser.send(form.fill("number", "13800138000").fill("sim_tail", &sim.tail())).await;
    let form = browser.form("/register/contact").fill("contact", contact);
    browser.send(form).await;
    app.run_jobs().await;
    let code = app.code_to(contact).expect("a code");
    let form = browser.form("/register/code").fill("code", &code);
    browser.send(form).await;
    let form = browser.form("/register/who").fill("who", who);
    browser.send(form).await;
    browser.open("/register/document").await;
    let form = browser.form("/register/document").fill("document", document);
    leads_to(browser, form, next).await;
}

async fn photo(app: &TestApp, browser: &mut Browser, person: &Applicant, item: Item, next: &str) {
    let path = format!("/register/photo/{}", item.code());
    let form = browser.form(&path).attach("photo", person.photo(item));
    leads_to(browser, form, next).await;
    app.run_jobs().await;
}

const FRONT: &str = "/register/photo/document_front";
const BACK: &str = "/register/photo/document_back";
const PORTRAIT: &str = "/register/photo/portrait";
const IDENTITY: &str = "/register/identity";

async fn both_sides(app: &TestApp, browser: &mut Browser, person: &Applicant) {
    photo(app, browser, person, Item::DocumentFront, BACK).await;
    photo(app, browser, person, Item::DocumentBack, IDENTITY).await;
    browser.open(IDENTITY).await;
}

async fn filled_in(fresh: Fresh, language: &str, words: [&str; 3]) {
    let [told, filled, same] = words;
    let (app, mut browser, sim) = visitor(fresh, language).await;
    let person = Applicant::new(1);
    app.outside.will_read(card(&person.name, &person.number).map(Ok));
    begin(&app, &mut browser, &sim, &person.contact, FRONT).await;
    assert!(browser.page.says(told), "{}", browser.page.text());
    keep(&browser, &format!("front-{language}"));
    both_sides(&app, &mut browser, &person).await;
    keep(&browser, &format!("identity-{language}"));
    assert!(browser.page.says(&filled.replace('1', &person.name)), "{}", browser.page.text());
    assert_eq!(testkit::page::faults(&browser.page.html), [""; 0]);
    let place = format!("{FRONT}/part?part=180,80,340,100&amp;r=0");
    assert!(browser.page.html.contains(&place), "the crop beside it");
    browser.open(&place.replace("&amp;", "&")).await;
    let crop = vision::decode(&browser.page.bytes, &crop_limits()).expect("a picture").picture;
    assert!(crop.width() > 2 * crop.height(), "{} {}", crop.width(), crop.height());
    // The form comes filled in, and pressing the button is enough.
    browser.open(IDENTITY).await;
    let form = browser.form(IDENTITY);
    leads_to(&mut browser, form, PORTRAIT).await;
    browser.open(IDENTITY).await;
    assert!(browser.page.says(same), "{}", browser.page.text());
    browser.open(PORTRAIT).await;
    photo(&app, &mut browser, &person, Item::Portrait, "/register/consents").await;
    browser.open("/register/consents").await;
    let form = browser.form("/register/consents");
    let form = form.fill("registration", "on").fill("portrait", "on");
    leads_to(&mut browser, form, "/register/check").await;
    assert!(browser.page.says(&person.name), "{}", browser.page.text());
    let form = browser.form("/register/send");
    leads_to(&mut browser, form, "/register/receipt").await;
}

fn crop_limits() -> vision::Limits {
    vision::Limits { side_min: 1, ..vision::Limits::default() }
}

on_both_engines! {
    async fn a_card_fills_in_the_form_in_chinese(fresh: Fresh) {
        let words = ["由我们自己机器上的程序读取", "从您的证件读到：1，对吗？", "与证件照片一致"];
        filled_in(fresh, "zh", words).await;
    }

    async fn a_card_fills_in_the_form_in_english(fresh: Fresh) {
        let filled = "From your document: 1. Is it right?";
        let words = ["A program on our own machine", filled, "The same as"];
        filled_in(fresh, "en", words).await;
    }

    async fn a_passport_fills_in_the_form_with_its_day_of_birth(fresh: Fresh) {
        let (app, mut browser, sim) = visitor(fresh, "en").await;
        let person = Applicant::new(11);
        let page = passport("ERIKSSON ANNA MARIA", "L898902C3", ["1974-08-12", "2032-04-15"]);
        app.outside.will_read([Ok(page)]);
        let at = (&app, &mut browser, &sim);
        begin_with("foreign_passport", at, &person.contact, FRONT).await;
        photo(&app, &mut browser, &person, Item::DocumentFront, IDENTITY).await;
        browser.open(IDENTITY).await;
        keep(&browser, "identity-passport");
        assert!(browser.page.says("From your document: 12 Aug 1974."), "{}", browser.page.text());
        let form = browser.form(IDENTITY);
        leads_to(&mut browser, form, PORTRAIT).await;
        // The given names first, as people write them, is the same name.
        browser.open(IDENTITY).await;
        let form = browser.form(IDENTITY).fill("name", "Anna Maria Eriksson");
        leads_to(&mut browser, form.fill("birth-day", "13"), PORTRAIT).await;
        browser.open("/register/check").await;
        let says = "Birth: your document seems to say “12 Aug 1974”";
        assert!(browser.page.says(says), "{}", browser.page.text());
        assert!(!browser.page.says("Name: your document seems to say"));
    }

    async fn a_licence_fills_in_the_form_of_an_organisation(fresh: Fresh) {
        let (app, mut browser, sim) = visitor(fresh, "en").await;
        let person = Applicant::new(1);
        let firm = [
            (FieldName::Name, "样本(北京)科技有限公司"),
            (FieldName::Number, "91110000600037341L"),
            (FieldName::LegalPerson, "张三丰"),
            (FieldName::ValidUntil, "2035-07-26"),
        ];
        app.outside.will_read([Ok(reading(Side::Front, &firm))]);
        let at = (&app, &mut browser, &sim);
        begin_as(("company", "business_licence"), at, &person.contact, FRONT).await;
        photo(&app, &mut browser, &person, Item::DocumentFront, IDENTITY).await;
        browser.open(IDENTITY).await;
        keep(&browser, "identity-licence");
        let form = browser.form(IDENTITY);
        for (field, value) in [
            ("name", "样本(北京)科技有限公司"),
            ("document_number", "91110000600037341L"),
            ("legal_person", "张三丰"),
            ("expires-year", "2035"),
            ("expires-month", "7"),
            ("expires-day", "26"),
        ] {
            assert_eq!(form.value(field), Some(value), "{field}");
        }
        for (down, value) in [(0, "样本(北京)科技有限公司"), (2, "张三丰"), (3, "26 Jul 2035")] {
            assert!(browser.page.says(&format!("From your document: {value}.")), "{value}");
            let place = format!("{FRONT}/part?part=180,{},340,100&amp;r=0", 80 + down * 120);
            assert!(browser.page.html.contains(&place), "the crop of {value}");
        }
        assert_eq!(testkit::page::faults(&browser.page.html), [""; 0]);
        // Full-width brackets are the same name; another person and another day are not the same.
        let form = form.fill("name", "样本（北京）科技有限公司").fill("legal_person", "李四");
        let form = form.fill("expires-day", "25");
        let form = form.fill("handler_name", &person.name).fill("handler_number", &person.number);
        let form = form.fill("responsible_name", &person.name);
        let form = form.fill("responsible_number", &person.number);
        leads_to(&mut browser, form, "/register/photo/company_papers").await;
        browser.open(IDENTITY).await;
        assert_eq!(browser.form(IDENTITY).value("legal_person"), Some("李四"), "as it was typed");
        assert!(browser.page.says("seems to say “张三丰”"), "{}", browser.page.text());
        browser.open("/register/check").await;
        keep(&browser, "check-licence");
        let text = browser.page.text();
        assert!(text.contains("Legal representative: your document seems to say “张三丰”"), "{text}");
        assert!(text.contains("Valid until: your document seems to say “26 Jul 2035”"), "{text}");
        assert!(!text.contains("Name: your document seems to say"), "{text}");
        assert!(text.contains("李四") && text.contains("25 Jul 2035"), "{text}");
    }

    async fn another_document_than_the_chosen_one_is_told_by_name_and_fills_in_nothing(
        fresh: Fresh
    ) {
        let (app, mut browser, sim) = visitor(fresh, "en").await;
        let person = Applicant::new(12);
        let [front, _] = card(&person.name, &person.number);
        let front = Reading { document: Some(DocumentKind::ResidentId), ..front };
        app.outside.will_read([Ok(front)]);
        let at = (&app, &mut browser, &sim);
        begin_with("foreign_passport", at, &person.contact, FRONT).await;
        photo(&app, &mut browser, &person, Item::DocumentFront, IDENTITY).await;
        browser.open(IDENTITY).await;
        keep(&browser, "identity-other-document");
        let says = "another document than the one you chose";
        assert!(browser.page.says(says), "{}", browser.page.text());
        assert!(!browser.page.html.contains(&person.number), "{}", browser.page.text());
        browser.follow("Retake").await;
        assert_eq!(browser.page.path, FRONT);
    }

    async fn what_was_typed_is_never_overwritten_and_a_difference_is_shown_before_sending(
        fresh: Fresh
    ) {
        let (app, mut browser, sim) = visitor(fresh, "en").await;
        let person = Applicant::new(2);
        app.outside.will_read(card("样本百", &person.number).map(Ok));
        begin(&app, &mut browser, &sim, &person.contact, FRONT).await;
        both_sides(&app, &mut browser, &person).await;
        let form = browser.form(IDENTITY).fill("name", &person.name);
        leads_to(&mut browser, form, PORTRAIT).await;
        browser.open(IDENTITY).await;
        let says = "Your document seems to say “样本百”, not what you typed.";
        assert!(browser.page.says(says), "{}", browser.page.text());
        let value = format!("value=\"{}\"", person.name);
        assert!(browser.page.html.contains(&value), "the typed name stays");
        keep(&browser, "identity-differs");
        browser.open("/register/check").await;
        assert!(browser.page.says("Name: your document seems to say “样本百”"));
        assert!(!browser.page.says("Nothing wrong found"), "{}", browser.page.text());
        keep(&browser, "check-differs");
    }

    async fn a_photo_that_cannot_be_read_is_told_and_holds_nobody_up(fresh: Fresh) {
        let (app, mut browser, sim) = visitor(fresh, "en").await;
        let person = Applicant::new(3);
        let blank = Reading {
            problem: Some(domain::reading::Problem::NoText),
            ..Reading::default()
        };
        app.outside.will_read([Ok(blank), Err(Unread::Failed)]);
        begin(&app, &mut browser, &sim, &person.contact, FRONT).await;
        both_sides(&app, &mut browser, &person).await;
        assert!(browser.page.says("no text was found"), "{}", browser.page.text());
        assert!(browser.page.says("could not be read this time"), "{}", browser.page.text());
        keep(&browser, "identity-unread");
        browser.follow("Retake").await;
        assert_eq!(browser.page.path, FRONT);
        browser.open(IDENTITY).await;
        let form = browser.form(IDENTITY).fill("name", &person.name);
        let form = form.fill("document_number", &person.number).fill("is_long_term", "on");
        leads_to(&mut browser, form, PORTRAIT).await;
    }

    async fn doubtful_values_are_not_filled_in(fresh: Fresh) {
        let (app, mut browser, sim) = visitor(fresh, "en").await;
        let person = Applicant::new(4);
        let mut front = reading(Side::Front, &[(FieldName::Name, &person.name)]);
        front.fields.iter_mut().for_each(|field| field.confidence = 0.5);
        app.outside.will_read([Ok(front), Ok(Reading::default())]);
        begin(&app, &mut browser, &sim, &person.contact, FRONT).await;
        both_sides(&app, &mut browser, &person).await;
        assert!(browser.page.says("could not be read clearly"), "{}", browser.page.text());
        assert!(!browser.page.html.contains(&person.name), "not even shown");
    }

    async fn without_models_the_page_simply_asks_and_says_so(fresh: Fresh) {
        let (app, mut browser, sim) = visitor(fresh, "en").await;
        begin(&app, &mut browser, &sim, "someone@example.org", IDENTITY).await;
        assert!(browser.page.says("Documents are not read by a program here at the moment"));
        browser.open("/models").await;
        assert!(browser.page.says("There are no models on this machine"));
        assert!(browser.page.says("Deciding whether a document is genuine"));
        assert_eq!(testkit::page::faults(&browser.page.html), [""; 0]);
        keep(&browser, "models");
    }

    async fn the_desk_sees_typed_and_read_side_by_side_the_differing_first(fresh: Fresh) {
        let app = TestApp::on(fresh).await;
        app.operator(1).await;
        let li = app.staff(1, "li.gong", &[Role::Reviewer]).await;
        let person = Applicant::new(5);
        let other = Applicant::new(6);
        app.outside.will_read(card(&person.name, &other.number).map(Ok));
        let (drafted, _, _) = app.submitted(1, 5).await;
        app.run_jobs().await;
        let mut browser = Browser::new(web::router(app.app.clone()), "en");
        li.sign_in(&app, &mut browser).await;
        let form = browser.form("/desk/next");
        browser.send(form).await;
        assert!(browser.page.path.contains(&drafted.id.to_string()), "{}", browser.page.path);
        keep(&browser, "desk");
        let html = browser.page.html.clone();
        let rows = html.split("<table class=\"compare").nth(1).expect("the comparison");
        let rows = rows.split("</table>").next().expect("its end");
        let first = rows.split("<tr>").nth(2).expect("a row");
        assert!(first.contains("Document number") || first.contains("Number"), "{first}");
        let (region, rest) = other.number.split_at(6);
        let (birth, rest) = rest.split_at(8);
        let read = format!("{region} {birth} {rest}");
        assert!(first.contains("differs") && first.contains(&read), "{first}");
        assert!(rows.contains("read clearly"), "confidence in words");
        let spot = "data-spot=\"document_front-1:180,80,340,100\"";
        assert!(rows.contains(spot), "the box on the photo: {rows}");
        browser.follow("See the place Name").await;
        let crop = vision::decode(&browser.page.bytes, &crop_limits()).expect("a picture").picture;
        assert!(crop.width() > 2 * crop.height());
    }
}
