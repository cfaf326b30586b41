//! The frame around every page: language, size of text, brand, help, security headers, errors.
//!
//! A handler takes [`Shell`] as an argument and ends with
//! `shell.page(title).body(&SomeTemplate { … })`.

pub mod assets;
pub mod cookie;
pub mod failure;
pub mod gate;
pub mod headers;
pub(crate) mod money;
mod place;
pub mod when;

use crate::component::Html;
use askama::Template;
use assets::Asset;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use domain::id::OperatorId;
use domain::operator::Operator;
use domain::time::{At, Zone};
use service::App;
use std::convert::Infallible;
use std::sync::Arc;
use when::When;
use words::Lang;

/// How large the text is; 大字 and 特大 are the two sizes of the mode for older people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// 16 px root.
    #[default]
    Standard,
    /// 20 px root: body text of 21 px.
    Large,
    /// 29 px root: body text of 30.8 px.
    Largest,
}

impl Size {
    /// Every size, smallest first.
    pub const ALL: [Self; 3] = [Self::Standard, Self::Large, Self::Largest];

    /// As in the cookie and in `?size=`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Standard => "1",
            Self::Large => "2",
            Self::Largest => "3",
        }
    }

    /// As in the header of the page.
    pub fn name(self, t: Lang) -> &'static str {
        match self {
            Self::Standard => t.shell_size_standard(),
            Self::Large => t.shell_size_large(),
            Self::Largest => t.shell_size_largest(),
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|size| size.code() == code)
    }
}

/// How wide a page may grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Width {
    /// One column, 42 rem: subscribers.
    #[default]
    Column,
    /// 72 rem: clerks and lists.
    Clerk,
    /// All there is: reviewers.
    Full,
}

/// Whose service this is.
#[derive(Clone, Debug)]
pub struct Brand {
    /// As in the header and in page titles.
    pub name: String,
    /// The number of the hotline.
    pub hotline: String,
    /// The legal zone.
    pub zone: Zone,
}

/// Put into the request by the demo: every page then shows a striped bar with these links.
#[derive(Clone, Debug)]
pub struct Sandbox {
    /// Text in Chinese, text in English, path.
    pub links: &'static [(&'static str, &'static str, &'static str)],
}

impl Sandbox {
    fn links(&self, lang: Lang) -> Vec<(&'static str, &'static str)> {
        let text = |zh, en| if lang == Lang::Zh { zh } else { en };
        self.links.iter().map(|(zh, en, href)| (text(*zh, *en), *href)).collect()
    }
}

/// The line below the header for staff who signed in.
#[derive(Clone, Debug)]
pub struct StaffBar {
    /// Who is signed in, and for which operator.
    pub name: String,
    /// Text and path.
    pub links: Vec<(String, String)>,
    /// Where the sign-out form posts.
    pub sign_out: String,
}

/// Put into the request of somebody who has a session: until when it goes on without another page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SafeUntil(pub(crate) At);

/// The frame of one page for one visitor.
#[derive(Clone, Debug)]
pub struct Shell {
    /// The language of this page.
    pub lang: Lang,
    /// The size of text.
    pub size: Size,
    /// Whose service this is.
    pub brand: Brand,
    /// The operator of the site, for pages before anything belongs to one.
    pub operator_id: OperatorId,
    /// Path and query of this page, without `lang` and `size`.
    pub here: String,
    /// Set in the demo.
    pub sandbox: Option<Sandbox>,
    /// The visitor's zone, if it is known and differs from the legal one.
    pub visitor_zone: Option<Zone>,
    /// How wide.
    pub width: Width,
    /// Set on staff pages.
    pub staff: Option<StaffBar>,
    /// Whether the connection is encrypted.
    pub is_secure: bool,
    /// Until when the visitor may be away; `None` for somebody who proved nothing.
    pub safe_until: Option<At>,
    now: At,
}

impl Shell {
    /// Starts the page `title`.
    pub fn page<'a>(&'a self, title: &'a str) -> Page<'a> {
        Page { shell: self, title, is_error: false, scripts: Vec::new(), status: StatusCode::OK }
    }

    /// The instant `at`, ready to be written for this visitor.
    pub fn when(&self, at: At) -> When<'_> {
        When { at, now: self.now, shell: self }
    }

    /// Where the visitor can say in which zone dates should be shown too.
    pub fn zone_form(&self) -> Html {
        place::form(self)
    }

    /// The day it is where the law holds.
    pub fn today(&self) -> jiff::civil::Date {
        self.now.date_in(&self.brand.zone)
    }

    /// The instant at which this page was asked for.
    pub fn now(&self) -> At {
        self.now
    }

    /// This page with `key=value` in its query: how the two switches in the header work.
    pub fn with(&self, key: &str, value: &str) -> String {
        let joint = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{joint}{key}={value}", self.here)
    }

    /// For the script that warns two minutes before the end: seconds from now, and where to say
    /// that one is still here.
    fn safe_seconds(&self) -> Option<(i64, &'static str)> {
        let left = (self.safe_until?.millis() - self.now.millis()) / 1000;
        Some((left, if self.staff.is_some() { "/desk/session" } else { "/session" }))
    }

    fn safe_text(&self) -> String {
        let Some(until) = self.safe_until else { return String::new() };
        let until = self.when(until).time();
        match self.staff {
            Some(_) => self.lang.shell_safe_staff(until),
            None => self.lang.shell_safe_until(until),
        }
    }

    fn classes(&self) -> String {
        let width = match self.width {
            Width::Column => "",
            Width::Clerk => " clerk",
            Width::Full => " full",
        };
        let staff = if self.staff.is_some() || self.is_staff_page() { " staff" } else { "" };
        format!("size-{}{width}{staff}", self.size.code())
    }

    fn is_staff_page(&self) -> bool {
        self.here.starts_with("/desk")
    }

    fn home(&self) -> &'static str {
        if self.is_staff_page() { "/desk" } else { "/" }
    }

    fn other_language(&self) -> &'static str {
        match self.lang {
            Lang::Zh => self.lang.common_language_en_native(),
            Lang::En => self.lang.common_language_zh_native(),
        }
    }

    /// A frame for tests and for the pattern page.
    pub fn sample(lang: Lang, size: Size, now: At) -> Self {
        Self {
            lang,
            size,
            brand: Brand::nameless(lang),
            operator_id: OperatorId(1),
            here: "/".to_owned(),
            sandbox: None,
            visitor_zone: Zone::named("Europe/London"),
            width: Width::Column,
            staff: None,
            is_secure: false,
            safe_until: None,
            now,
        }
    }
}

/// A page about to be written.
#[derive(Debug)]
#[must_use]
pub struct Page<'a> {
    shell: &'a Shell,
    title: &'a str,
    is_error: bool,
    scripts: Vec<&'static Asset>,
    status: StatusCode,
}

#[derive(Template)]
#[template(path = "layout.html")]
struct Layout<'a> {
    t: Lang,
    shell: &'a Shell,
    title: &'a str,
    is_error: bool,
    scripts: &'a [&'static Asset],
    body: &'a str,
}

impl Page<'_> {
    /// The title gets the prefix of an error.
    pub fn error(mut self) -> Self {
        self.is_error = true;
        self
    }

    /// The page shows what was wrong with the form sent: status 422 and the prefix of an error.
    pub fn invalid(mut self) -> Self {
        self.is_error = true;
        self.status = StatusCode::UNPROCESSABLE_ENTITY;
        self
    }

    /// The page also loads `script`; it must work without.
    pub fn script(mut self, script: &'static Asset) -> Self {
        self.scripts.push(script);
        self
    }

    /// The whole page with `body` in its middle.
    pub fn body(self, body: &impl Template) -> Response {
        let render = || {
            let body = body.render()?;
            Layout {
                t: self.shell.lang,
                shell: self.shell,
                title: self.title,
                is_error: self.is_error,
                scripts: &self.scripts,
                body: &body,
            }
            .render()
        };
        match render() {
            Ok(html) => {
                let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
                (self.status, kind, html).into_response()
            }
            Err(error) => {
                tracing::error!(%error, title = self.title, "a template failed");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

impl FromRequestParts<Arc<App>> for Shell {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let operators = service::operator::list(app).await.unwrap_or_default();
        Ok(Self::of(parts, operators.first(), app.now()))
    }
}

impl Shell {
    /// The frame for a request, with the brand of `operator`: the oldest one of the site. Without
    /// one, or without a database, the page still has a frame.
    fn of(parts: &Parts, operator: Option<&Operator>, now: At) -> Self {
        let headers = &parts.headers;
        let lang = cookie::read(headers, "lang")
            .and_then(Lang::from_code)
            .or_else(|| Lang::from_accept(text(headers, &header::ACCEPT_LANGUAGE)))
            .unwrap_or_default();
        let size = cookie::read(headers, "size").and_then(Size::from_code).unwrap_or_default();
        let brand = operator.map_or_else(|| Brand::nameless(lang), |o| Brand::of(o, lang));
        let visitor_zone = cookie::read(headers, "zone")
            .and_then(place::named)
            .and_then(|name| Zone::named(&name))
            .filter(|zone| *zone != brand.zone);
        Self {
            lang,
            size,
            brand,
            operator_id: operator.map_or(OperatorId(1), |operator| operator.id),
            here: without_switches(parts),
            sandbox: parts.extensions.get::<Sandbox>().cloned(),
            visitor_zone,
            width: Width::default(),
            staff: None,
            is_secure: cookie::is_secure(headers),
            safe_until: parts.extensions.get::<SafeUntil>().map(|until| until.0),
            now,
        }
    }
}

impl Brand {
    /// Before there is an operator.
    fn nameless(lang: Lang) -> Self {
        Self {
            name: lang.common_service().to_owned(),
            hotline: "10000".to_owned(),
            zone: Zone::shanghai(),
        }
    }

    /// The brand of an operator, in this language.
    pub fn of(operator: &Operator, lang: Lang) -> Self {
        let name = match lang {
            Lang::Zh => &operator.name_zh,
            Lang::En => &operator.name_en,
        };
        Self { name: name.clone(), hotline: operator.hotline.clone(), zone: operator.zone.clone() }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn without_switches(parts: &Parts) -> String {
    let uri = parts.extensions.get::<axum::extract::OriginalUri>().map_or(&parts.uri, |uri| &uri.0);
    let path = uri.path();
    let kept: Vec<&str> = uri
        .query()
        .unwrap_or("")
        .split('&')
        .filter(|pair| !pair.is_empty() && switch(pair).is_none())
        .collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

/// The cookie that `?lang=…`, `?size=…` or `?zone=…` sets.
fn switch(pair: &str) -> Option<axum::http::HeaderValue> {
    let (key, value) = pair.split_once('=')?;
    match key {
        "lang" => Lang::from_code(value).map(|lang| cookie::preference("lang", lang.code())),
        "size" => Size::from_code(value).map(|size| cookie::preference("size", size.code())),
        "zone" => place::named(value).map(|zone| cookie::preference("zone", &zone)),
        _ => None,
    }
}

/// `?lang=`, `?size=` and `?zone=` on any page: remembered, then the same page without them.
pub(crate) async fn switches(
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    let query = request.uri().query().unwrap_or("");
    let cookies: Vec<_> = query.split('&').filter_map(switch).collect();
    if cookies.is_empty() || request.method() != axum::http::Method::GET {
        return next.run(request).await;
    }
    let (parts, _) = request.into_parts();
    let mut response = Redirect::to(&without_switches(&parts)).into_response();
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
