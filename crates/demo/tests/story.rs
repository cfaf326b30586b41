//! The whole story through the pages and the demo's interface: a card is registered, approved and
//! works; months pass, it is reminded, used and saved; another number stays silent, is warned,
//! suspended, quarantined and released, but only because its holder was told.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::{Extension, Router};
use demo::{Outside, SANDBOX, Scale, World};
use domain::reason::Item;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use service::app::{App, Site};
use service::clock::Clock;
use std::sync::Arc;
use testkit::{Applicant, Browser, Fresh, TestApp, on_both_engines};
use tower::ServiceExt as _;

/// The demo in this process.
struct Demo {
    _test: TestApp,
    router: Router,
}

impl Demo {
    /// A small demo, at 10:00 in the morning of its time.
    async fn start(db: Fresh) -> Self {
        let test = TestApp::on(db).await;
        let outside = Outside::open(test.folder()).unwrap();
        let app = Arc::new(App {
            store: test.store.clone(),
            clock: Arc::clone(&outside.clock) as Arc<dyn Clock>,
            hlr: outside.hlr(),
            sms: outside.sms(),
            mail: outside.mail(),
            smdp: outside.smdp(),
            authority: outside.authority(),
            ocr: Arc::new(service::port::NoModels),
            faces: Arc::new(service::port::NoModels),
            site: Site { base_url: "https://bao.example".into(), requests_max: Site::REQUESTS_MAX },
            maintenance: service::maintenance::Watch::default(),
            limits: service::app::Limits::default(),
            memory: service::app::Memory::default(),
        });
        let world = World::open(Arc::clone(&app), outside, Scale::Small).await.unwrap();
        let router = web::router(Arc::clone(&app))
            .merge(api::router(app))
            .layer(Extension(SANDBOX))
            .merge(demo::router(&world));
        let demo = Self { _test: test, router };
        let local = demo.get("/clock").await["local"].as_str().unwrap().to_owned();
        let hour: i64 = local[11..13].parse().unwrap();
        demo.advance(json!({ "hours": (24 + 10 - hour) % 24 })).await;
        demo
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/demo/api{path}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, value) = self.call("GET", path, None).await;
        assert_eq!(status, StatusCode::OK, "{path}: {value}");
        value
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let (status, value) = self.call("POST", path, Some(body)).await;
        assert_eq!(status, StatusCode::OK, "{path}: {value}");
        value
    }

    async fn advance(&self, step: Value) -> Value {
        self.post("/clock/advance", step).await
    }

    async fn days(&self, days: i64) {
        self.advance(json!({ "days": days })).await;
    }

    /// Whether the network lets the phone call, text and use data, in this order.
    async fn tries(&self, number: &str) -> [bool; 3] {
        let path = format!("/handsets/{number}");
        let call = self.post(&format!("{path}/call"), json!({ "to": "13900000000" })).await;
        let text = json!({ "to": "13900000000", "text": "hello" });
        let text = self.post(&format!("{path}/text"), text).await;
        let data = self.post(&format!("{path}/data"), json!({})).await;
        [call, text, data].map(|verdict| verdict["is_allowed"].as_bool().unwrap())
    }

    async fn texts(&self, phone: &str) -> Vec<String> {
        let texts = self.get(&format!("/handsets/{phone}/messages")).await;
        let texts = texts.as_array().unwrap().iter();
        texts.map(|text| text["text"].as_str().unwrap().to_owned()).collect()
    }

    /// The newest text in a phone.
    async fn last(&self, phone: &str) -> String {
        self.texts(phone).await.pop().unwrap_or_default()
    }

    async fn state(&self, number: &str) -> String {
        let examples = self.get("/numbers/examples").await;
        let found = examples.as_array().unwrap().iter().find(|n| n["msisdn"] == number);
        found.map(|n| n["state"].as_str().unwrap().to_owned()).unwrap()
    }
}

/// From the first page to the receipt, as a person abroad with a foreign phone.
async fn register(demo: &Demo, card: &Value, person: &Applicant, phone: &str) {
    let mut browser = Browser::new(demo.router.clone(), "en");
    browser.open("/register/number").await;
    let form = browser.form("/register/number");
    let form = form.fill("number", card["number"].as_str().unwrap());
    let page = browser.send(form.fill("sim_tail", card["iccid_last6"].as_str().unwrap())).await;
    assert_eq!(page.path, "/register/contact", "{}", page.text());
    let form = browser.form("/register/contact").fill("contact", &format!("+{phone}"));
    browser.send(form).await;
    demo.advance(json!({ "seconds": 1 })).await;
    let code = demo.last(phone).await;
    let form = browser.form("/register/code").fill("code", &code[..6]);
    let page = browser.send(form).await;
    assert_eq!(page.path, "/register/who", "{}", page.text());
    let form = browser.form("/register/who").fill("who", "myself");
    browser.send(form).await;
    browser.open("/register/document").await;
    let form = browser.form("/register/document").fill("document", "resident_id");
    browser.send(form).await;
    let form = browser.form("/register/identity").fill("name", &person.name);
    let form = form.fill("document_number", &person.number).fill("is_long_term", "on");
    browser.send(form).await;
    for item in [Item::DocumentFront, Item::DocumentBack, Item::Portrait] {
        let path = format!("/register/photo/{}", item.code());
        let form = browser.form(&path).attach("photo", person.photo(item));
        browser.send(form).await;
    }
    let form = browser.form("/register/consents");
    browser.send(form.fill("registration", "on").fill("portrait", "on")).await;
    let form = browser.form("/register/send");
    let page = browser.send(form).await;
    assert_eq!(page.path, "/register/receipt", "{}", page.text());
    demo.advance(json!({ "seconds": 1 })).await;
}

/// Signs in as `login`, takes the next case and approves it; `false` if there is none.
async fn approve(demo: &Demo, login: &str) -> bool {
    // A code is good once, so each sign-in waits for the next.
    demo.advance(json!({ "seconds": 31 })).await;
    let staff = demo.get("/staff").await;
    let account = staff.as_array().unwrap().iter().find(|a| a["login"] == login).unwrap();
    let mut browser = Browser::new(demo.router.clone(), "en");
    browser.open("/desk/sign-in").await;
    let form = browser.form("/desk/sign-in").fill("login", login);
    let form = form.fill("password", account["password"].as_str().unwrap());
    let page = browser.send(form.fill("code", account["code_now"].as_str().unwrap())).await;
    assert_eq!(page.path, "/desk", "{}", page.text());
    let form = browser.form("/desk/next");
    let page = browser.send(form).await;
    if !page.path.starts_with("/desk/case/") {
        return false;
    }
    let mut form = browser.form("/decide").fill("verdict", "approve");
    let names: Vec<String> = browser
        .page
        .html
        .split("name=\"result-")
        .skip(1)
        .map(|part| format!("result-{}", part.split('"').next().unwrap()))
        .collect();
    for name in names {
        form = form.fill(&name, "ok");
    }
    let page = browser.send(form).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    // The decision can be taken back for a minute.
    demo.advance(json!({ "seconds": 61 })).await;
    true
}

/// Registers a free card and has it approved: its number.
async fn registered(demo: &Demo, person: &Applicant, phone: &str) -> String {
    let free = demo.get("/numbers/free?limit=1").await;
    let number = free[0]["msisdn"].as_str().unwrap().to_owned();
    assert_eq!(demo.tries(&number).await, [false; 3]);
    register(demo, &free[0], person, phone).await;
    let received = demo.last(phone).await;
    assert!(received.contains("registration received"), "{received}");
    assert_eq!(demo.tries(&number).await, [false; 3]);
    assert!(approve(demo, "reviewer").await);
    // A sample of approvals is looked at twice.
    if demo.tries(&number).await == [false; 3] {
        assert!(approve(demo, "reviewer2").await);
    }
    demo.advance(json!({ "seconds": 5 })).await;
    number
}

on_both_engines! {
    async fn registered_approved_used_reminded_saved(db: Fresh) {
        let demo = Demo::start(db).await;
        // Abroad, but awake at the same hours.
        let phone = "85251234567";
        let number = registered(&demo, &Applicant::new(1), phone).await;
        let record = demo.get(&format!("/network/records/{number}")).await;
        assert_eq!(record["profile"]["voice_out"], true);
        let approved = demo.last(&number).await;
        assert!(approved.contains("approved and ready to use"), "{approved}");

        // Nobody uses it: a month before the date a reminder comes, in decent hours.
        demo.days(61).await;
        let reminder = demo.last(&number).await;
        assert!(reminder.starts_with("30 days left"), "{reminder}");
        let keep = json!({ "text": "ｋｅｅｐ" });
        let asked = demo.post(&format!("/handsets/{number}/text"), keep).await;
        assert_eq!(asked["is_allowed"], true);
        assert!(demo.last(&number).await.contains("is kept until"), "{}", demo.last(&number).await);

        // One call, and it is safe; no further reminder comes before the new date nears.
        let call = json!({ "to": "13900000000" });
        let call = demo.post(&format!("/handsets/{number}/call"), call).await;
        assert_eq!(call["is_allowed"], true);
        demo.advance(json!({ "hours": 3 })).await;
        let saved = demo.last(&number).await;
        assert!(saved.contains("is now safe until"), "{saved}");
        let before = demo.texts(&number).await.len();
        demo.days(28).await;
        assert_eq!(demo.texts(&number).await.len(), before);
    }

    async fn silent_warned_suspended_quarantined_released(db: Fresh) {
        let demo = Demo::start(db).await;
        // The first of the sample numbers that nobody has used since its registration.
        let examples = demo.get("/numbers/examples").await;
        let silent = examples.as_array().unwrap().iter().find(|n| n["state"] == "keep_due");
        let silent = silent.unwrap();
        let number = silent["msisdn"].as_str().unwrap().to_owned();
        let mut seen = vec![demo.state(&number).await];
        for _ in 0..50 {
            demo.days(7).await;
            let state = demo.state(&number).await;
            if state == "incoming_only" && seen.last() != Some(&state) {
                let verdict = demo
                    .post(
                        &format!("/handsets/{number}/incoming-call"),
                        json!({ "from": "13900000000" }),
                    )
                    .await;
                assert_eq!(verdict["is_allowed"], true);
                assert_eq!(demo.tries(&number).await, [false; 3]);
            }
            if seen.last() != Some(&state) {
                seen.push(state);
            }
        }
        assert_eq!(seen, ["keep_due", "incoming_only", "suspended", "quarantine", "free"]);
        // The network knows the old card no more.
        let (status, _) = demo.call("GET", &format!("/network/records/{number}"), None).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }

    async fn a_number_whose_holder_cannot_be_told_is_not_released_before_every_way_was_tried(
        db: Fresh
    ) {
        let demo = Demo::start(db).await;
        let examples = demo.get("/numbers/examples").await;
        let silent = examples.as_array().unwrap().iter().find(|n| n["state"] == "keep_due");
        let silent = silent.unwrap();
        let number = silent["msisdn"].as_str().unwrap().to_owned();
        // The phone is off, and all receipts of texts elsewhere are lost.
        demo.post(&format!("/handsets/{number}/power"), json!({ "on": false })).await;
        let lost = json!({ "port": "receipt", "fault": { "kind": "never" }, "times": 1000 });
        demo.post("/network/faults", lost).await;
        let refused = json!({ "port": "mail", "fault": { "kind": "reject" }, "times": 1000 });
        demo.post("/network/faults", refused).await;
        let before = demo.texts(&number).await.len();
        for _ in 0..50 {
            demo.days(7).await;
        }
        assert_eq!(demo.texts(&number).await.len(), before, "nothing arrived");
        assert_eq!(demo.state(&number).await, "free", "every registered way was tried and logged");
    }

    async fn the_interface_says_what_is_wrong_with_a_request(db: Fresh) {
        let demo = Demo::start(db).await;
        let bad = [
            ("/clock/advance", json!({ "days": -1 })),
            ("/clock/advance", json!({ "to": "yesterday" })),
            ("/clock/advance", json!({ "weeks": 1 })),
            ("/network/faults", json!({ "port": "moon" })),
        ];
        for (path, body) in bad {
            let (status, answer) = demo.call("POST", path, Some(body)).await;
            assert!(status.is_client_error(), "{path}: {status}");
            assert!(answer["error"].is_string(), "{path}: {answer}");
        }
        assert_eq!(demo.call("GET", "/handsets/nobody", None).await.0, StatusCode::NOT_FOUND);
        let mut browser = Browser::new(demo.router.clone(), "zh");
        let below = ["", "/handset", "/clock", "/network", "/mail", "/api"];
        let below = below.map(|path| format!("/demo{path}"));
        for path in below.iter().map(String::as_str).chain(["/"]) {
            let page = browser.open(path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            assert!(page.html.contains("class=\"sandbox\""), "{path} has the striped bar");
        }
        browser.open("/demo/clock").await;
        let form = browser.page.forms().pop().unwrap().fill("days", "zero");
        let page = browser.send(form).await;
        assert!(page.html.contains("href=\"#days\""), "{}", page.text());
    }
}
