//! The gate before all pages: closed for maintenance, or waiting when there are too many at once.
//!
//! At most [`service::app::Site::requests_max`] requests are worked on; more at once would only
//! make each slower. A quarter of the places is kept for those who are inside already (an
//! application begun, a number looked at, staff): whoever comes anew finds a small page that opens
//! the one asked for by itself. A form waits some seconds for a place; if there is none, the answer
//! holds what was sent and a button that sends it again. Neither page asks the database anything.
//!
//! This is order among the honest, no defence: whether a cookie is worth anything is not asked, as
//! that would cost what is saved here. A flood is for what stands before this program to stop.

use super::{Shell, cookie};
use crate::component::{Button, Component as _, Html, Notice, TextPage, Tone};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use domain::operator::Operator;
use service::App;
use service::maintenance::Maintenance;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

/// A form waits so long for a place, and so does a page for those who are inside.
const PATIENCE: Duration = Duration::from_secs(5);
/// The waiting page opens the one asked for after so many seconds, and a closed one after so many.
const WAITING_SECONDS: u32 = 5;
const CLOSED_SECONDS: u32 = 60;
/// Of so many parts of the places, one is kept for those who are inside.
const KEPT_PART: usize = 4;
/// Cookies of those who are inside.
const INSIDE: [&str; 4] = ["applicant", "holder", "tracking", "staff"];
/// A form with more than this is not sent back: photos.
const FORM_BYTES_MAX: usize = 64 << 10;

/// The places, and whose pages these are.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    app: Arc<App>,
    places: Arc<Semaphore>,
    kept: usize,
    operator: Arc<OnceCell<Option<Operator>>>,
}

impl Gate {
    /// With room for `requests_max` requests at once.
    pub(crate) fn new(app: Arc<App>, requests_max: usize) -> Self {
        let places = requests_max.clamp(KEPT_PART, Semaphore::MAX_PERMITS);
        Self {
            app,
            places: Arc::new(Semaphore::new(places)),
            kept: places / KEPT_PART,
            operator: Arc::default(),
        }
    }

    /// A place, if there is one for this visitor.
    async fn place(&self, is_newcomer: bool) -> Option<OwnedSemaphorePermit> {
        if is_newcomer {
            if self.places.available_permits() <= self.kept {
                return None;
            }
            return Arc::clone(&self.places).try_acquire_owned().ok();
        }
        let place = Arc::clone(&self.places).acquire_owned();
        tokio::time::timeout(PATIENCE, place).await.ok()?.ok()
    }

    /// The frame, without asking the database more than once in the life of the process.
    async fn shell(&self, parts: &Parts) -> Shell {
        let operator = self.operator.get_or_init(|| async {
            let operators = service::operator::list(&self.app).await;
            operators.unwrap_or_default().into_iter().next()
        });
        Shell::of(parts, operator.await.as_ref(), self.app.now())
    }
}

/// Lets a request in, or answers for it.
pub(crate) async fn enter(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !path.starts_with("/desk")
        && let Some(closed) = gate.app.maintenance.now(&gate.app).await
    {
        let (parts, sent) = taken_apart(request).await;
        return closed_page(&gate.shell(&parts).await, &parts, &sent, closed);
    }
    let is_inside = INSIDE.iter().any(|name| cookie::read(request.headers(), name).is_some());
    let is_newcomer = request.method() == Method::GET && !is_inside;
    if let Some(_place) = gate.place(is_newcomer).await {
        return next.run(request).await;
    }
    tracing::warn!("too many requests at once: a visitor waits");
    let (parts, sent) = taken_apart(request).await;
    waiting_page(&gate.shell(&parts).await, &parts, &sent)
}

/// What a request that is not let in had with it.
enum Sent {
    /// A page was asked for.
    Nothing,
    /// A form that can be sent again from the answer.
    Form(Vec<(String, String)>),
    /// Photos, or a password: the person sends it again.
    Other,
}

async fn taken_apart(request: Request) -> (Parts, Sent) {
    let (parts, body) = request.into_parts();
    if parts.method == Method::GET || parts.method == Method::HEAD {
        return (parts, Sent::Nothing);
    }
    let kind = parts.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_form = kind.is_some_and(|k| k.starts_with(b"application/x-www-form-urlencoded"));
    // A password is never written into a page.
    if !is_form || parts.uri.path() == "/desk/sign-in" {
        return (parts, Sent::Other);
    }
    let whole = Request::from_parts(parts.clone(), axum::body::Body::new(body));
    let (whole, body) = whole.into_parts();
    let limited = axum::body::to_bytes(body, FORM_BYTES_MAX).await.unwrap_or_else(|_| Bytes::new());
    let again = Request::from_parts(whole, axum::body::Body::from(limited));
    let form = axum::Form::<Vec<(String, String)>>::from_request(again, &()).await;
    (parts, form.map_or(Sent::Other, |form| Sent::Form(form.0)))
}

fn waiting_page(shell: &Shell, parts: &Parts, sent: &Sent) -> Response {
    let t = shell.lang;
    let text = match sent {
        Sent::Nothing => t.shell_waiting_text(),
        Sent::Form(_) => t.shell_waiting_sent(),
        Sent::Other => t.shell_waiting_lost(),
    };
    let page = TextPage::new(t, t.shell_waiting_title()).part(Html::paragraph(text));
    answer(shell, parts, sent, page, WAITING_SECONDS)
}

fn closed_page(shell: &Shell, parts: &Parts, sent: &Sent, closed: Maintenance) -> Response {
    let t = shell.lang;
    let when = match closed.until_at.filter(|until| *until > shell.now()) {
        Some(until) => t.shell_closed_until(shell.when(until).both()),
        None => t.shell_closed_open().to_owned(),
    };
    let mut page = TextPage::new(t, t.shell_closed_title())
        .part(Notice::new(Tone::Blue, when).html())
        .part(Html::paragraph(t.shell_closed_text()));
    page = match sent {
        Sent::Nothing => page,
        Sent::Form(_) => page.part(Html::paragraph(t.shell_waiting_sent())),
        Sent::Other => page.part(Html::paragraph(t.shell_waiting_lost())),
    };
    answer(shell, parts, sent, page, CLOSED_SECONDS)
}

fn answer(shell: &Shell, parts: &Parts, sent: &Sent, page: TextPage, seconds: u32) -> Response {
    let t = shell.lang;
    let here = parts.uri.path_and_query().map_or("/", |here| here.as_str());
    let again = match sent {
        Sent::Nothing => Button::link(t.shell_waiting_open(), here).quiet().html(),
        Sent::Form(fields) => {
            Html::resend(here, fields, &Button::new(t, t.shell_waiting_again()).html())
        }
        Sent::Other => Html::join([]),
    };
    let mut response = page
        .part(again)
        .part(Html::heading(t.shell_waiting_ways()))
        .part(Html::paragraph(t.shell_waiting_sms()))
        .response(shell);
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    if matches!(sent, Sent::Nothing) {
        headers.insert(header::REFRESH, HeaderValue::from(seconds));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use testkit::{Browser, TestApp, on_both_engines};
    use tokio::sync::{mpsc, watch};

    /// Pages behind a gate with four places; each says that it began and waits for the end.
    async fn slow_pages(
        app: &TestApp,
    ) -> (Router, mpsc::UnboundedReceiver<()>, watch::Sender<bool>) {
        app.operator(1).await;
        let (begun, beginnings) = mpsc::unbounded_channel();
        let (end, ended) = watch::channel(false);
        let handler = move || async move {
            begun.send(()).expect("the test listens");
            let _ = ended.clone().wait_for(|is_over| *is_over).await;
            "done"
        };
        let gate = Gate::new(Arc::clone(&app.app), 4);
        let pages = Router::new()
            .route("/page", get(handler.clone()).post(handler))
            .layer(from_fn_with_state(gate, enter));
        (pages, beginnings, end)
    }

    fn visit(pages: &Router, cookie: Option<&str>) -> tokio::task::JoinHandle<u16> {
        let mut browser = Browser::new(pages.clone(), "en");
        if let Some(name) = cookie {
            browser.set_cookie(name, "x");
        }
        tokio::spawn(async move { browser.open("/page").await.status.as_u16() })
    }

    on_both_engines! {
        async fn whoever_comes_anew_waits_and_whoever_is_inside_goes_on(fresh: Fresh) {
            let app = TestApp::on(fresh).await;
            let (pages, mut beginnings, end) = slow_pages(&app).await;
            let mut visits: Vec<_> = (0..3).map(|_| visit(&pages, None)).collect();
            for _ in 0..3 {
                beginnings.recv().await.expect("there is room for three");
            }
            let mut newcomer = Browser::new(pages.clone(), "en");
            let page = newcomer.open("/page?a=1").await;
            assert_eq!(page.status, 503);
            assert!(page.says("Many people are here right now"));
            assert_eq!(page.headers.get("refresh").expect("it opens by itself"), "5");
            assert!(page.links().iter().any(|(href, _)| href == "/page?a=1"), "the place is kept");
            visits.push(visit(&pages, Some("applicant")));
            beginnings.recv().await.expect("one place is kept for those inside");
            end.send_replace(true);
            for visit in visits {
                assert_eq!(visit.await.expect("no panic"), 200);
            }
            assert_eq!(newcomer.open("/page?a=1").await.status, 200);
        }

        async fn a_form_sent_while_closed_comes_back_whole(fresh: Fresh) {
            let app = TestApp::on(fresh).await;
            let (pages, _beginnings, _end) = slow_pages(&app).await;
            let until = app.app.now().plus_minutes(90);
            service::maintenance::begin(&app.app, Some(until)).await.expect("it closes");
            let mut browser = Browser::new(pages, "zh");
            let fields = [("name", "阿卜杜拉·<b>\"𬳽\""), ("day", "7")];
            let page = browser.post("/page?from=check", &fields).await.clone();
            assert_eq!(page.status, 503);
            assert!(page.says("系统维护中"), "{}", page.text());
            let form = page.forms().into_iter().find(|f| f.value("name").is_some()).expect("again");
            assert_eq!(form.value("name"), Some("阿卜杜拉·<b>\"𬳽\""));
            assert_eq!(form.value("day"), Some("7"));
            assert!(page.headers.get("refresh").is_none(), "a form is never left by itself");
            let closed = browser.open("/page").await;
            assert!(closed.headers.get("refresh").is_some());
            assert!(service::maintenance::end(&app.app).await.expect("it opens"));
            assert!(!service::maintenance::end(&app.app).await.expect("it is open"));
        }
    }
}
