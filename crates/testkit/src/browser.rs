//! A browser without JavaScript, in the process: follows redirects, keeps cookies, fills in forms.

#![expect(clippy::panic, reason = "a helper of tests fails loudly")]

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use std::collections::BTreeMap;
use tower::ServiceExt as _;

/// More would be a loop.
const REDIRECTS_MAX: usize = 10;

/// One visitor.
#[derive(Debug)]
pub struct Browser {
    router: Router,
    language: String,
    cookies: BTreeMap<String, String>,
    /// The page that is open.
    pub page: Document,
}

/// A page as it came.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Path and query in the address bar.
    pub path: String,
    /// The last status.
    pub status: StatusCode,
    /// The headers of the last answer.
    pub headers: axum::http::HeaderMap,
    /// The body.
    pub html: String,
    /// The body as bytes, for what is no page.
    pub bytes: Bytes,
}

/// What a form sends: names and values in order, a file as its bytes.
#[derive(Clone, Debug)]
enum Sent {
    Text(String),
    File(Bytes),
}

/// A form of the open page, with the values it came with.
#[derive(Clone, Debug)]
pub struct Form {
    action: String,
    is_get: bool,
    is_multipart: bool,
    fields: Vec<(String, Sent)>,
    names: Vec<String>,
}

impl Browser {
    /// A visitor who prefers `language`, such as `zh` or `en`.
    pub fn new(router: Router, language: &str) -> Self {
        Self {
            router,
            language: language.to_owned(),
            cookies: BTreeMap::new(),
            page: Document::default(),
        }
    }

    /// Opens a path and follows redirects.
    pub async fn open(&mut self, path: &str) -> &Document {
        let request = Request::get(path).body(Body::empty()).expect("a path");
        self.go(path.to_owned(), request).await
    }

    /// Follows the link with this text, or with this address.
    pub async fn follow(&mut self, link: &str) -> &Document {
        let found = self.page.links().into_iter().find(|(href, text)| text == link || href == link);
        let Some((href, _)) = found else {
            panic!("no link {link:?} on {}\n{}", self.page.path, self.page.text());
        };
        self.open(&href).await
    }

    /// The form whose action contains `action`.
    pub fn form(&self, action: &str) -> Form {
        let forms = self.page.forms();
        let known: Vec<_> = forms.iter().map(|form| form.action.clone()).collect();
        let found = forms.into_iter().find(|form| form.action.contains(action));
        found.unwrap_or_else(|| {
            let text = self.page.text();
            panic!("no form {action:?} on {} (has {known:?})\n{text}", self.page.path)
        })
    }

    /// Sends a form and follows the redirect.
    pub async fn send(&mut self, form: Form) -> &Document {
        let request = if form.is_get {
            let path = format!("{}?{}", form.action, form.urlencoded());
            return self.open(&path).await;
        } else if form.is_multipart {
            const BOUNDARY: &str = "----testkit-7f3a";
            let kind = format!("multipart/form-data; boundary={BOUNDARY}");
            Request::post(&form.action)
                .header(header::CONTENT_TYPE, kind)
                .body(Body::from(form.multipart(BOUNDARY)))
        } else {
            Request::post(&form.action)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(form.urlencoded()))
        };
        self.go(form.action, request.expect("an action")).await
    }

    /// Sends these fields to a path, form or no form.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> &Document {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(pairs.join("&")))
            .expect("a path");
        self.go(path.to_owned(), request).await
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Sets a cookie, as a script of the page would.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// Forgets everything: another device.
    pub fn forget(&mut self) {
        self.cookies.clear();
    }

    async fn go(&mut self, mut path: String, mut request: Request<Body>) -> &Document {
        for _ in 0..REDIRECTS_MAX {
            let headers = request.headers_mut();
            let mut set = |name, value: &str| headers.insert(name, value.parse().expect("ascii"));
            set(header::HOST, "baohao.test");
            set(header::ORIGIN, "http://baohao.test");
            set(header::ACCEPT_LANGUAGE, &self.language);
            let cookies: Vec<_> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
            set(header::COOKIE, &cookies.join("; "));
            let answer = self.router.clone().oneshot(request).await.expect("infallible");
            self.keep_cookies(&answer);
            let location = answer.headers().get(header::LOCATION).cloned();
            match location.filter(|_| answer.status().is_redirection()) {
                Some(location) => {
                    location.to_str().expect("ascii").clone_into(&mut path);
                    request = Request::get(&path).body(Body::empty()).expect("a path");
                }
                None => {
                    self.page = Document::read(path, answer).await;
                    self.page.check();
                    return &self.page;
                }
            }
        }
        panic!("{path} redirects for ever");
    }

    fn keep_cookies(&mut self, answer: &Response<Body>) {
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let text = cookie.to_str().expect("ascii");
            let pair = text.split(';').next().unwrap_or("");
            let (name, value) = pair.split_once('=').expect("a cookie");
            if text.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Document {
    async fn read(path: String, answer: Response<Body>) -> Self {
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let html = String::from_utf8_lossy(&bytes).into_owned();
        Self { path, status: parts.status, headers: parts.headers, html, bytes }
    }

    /// Every page that any test opens is sound and light.
    fn check(&self) {
        let kind = self.headers.get(header::CONTENT_TYPE).map(|kind| kind.as_bytes().to_vec());
        if kind.is_some_and(|kind| kind.starts_with(b"text/html")) {
            let faults = crate::page::faults(&self.html);
            assert!(faults.is_empty(), "{}: {faults:#?}", self.path);
        }
    }

    /// The text of the page without tags, white space as single spaces.
    pub fn text(&self) -> String {
        let main = self.html.split("<main").nth(1).and_then(|rest| rest.split("</main>").next());
        let mut text = String::new();
        for part in main.unwrap_or(&self.html).split('<') {
            text.push_str(part.split_once('>').map_or("", |(_, after)| after));
            text.push(' ');
        }
        decode(&text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Whether the page says `text`.
    pub fn says(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    /// The title.
    pub fn title(&self) -> String {
        decode(between(&self.html, "<title>", "</title>").unwrap_or(""))
    }

    /// Every link: address and text.
    pub fn links(&self) -> Vec<(String, String)> {
        let mut links = Vec::new();
        for part in self.html.split("<a ").skip(1) {
            let (tag, rest) = part.split_once('>').unwrap_or((part, ""));
            let inner = rest.split("</a>").next().unwrap_or("");
            let mut text = String::new();
            let mut is_tag = false;
            for c in inner.chars() {
                match c {
                    '<' => is_tag = true,
                    '>' => is_tag = false,
                    c if !is_tag => text.push(c),
                    _ => {}
                }
            }
            if let Some(href) = attribute(tag, "href") {
                links.push((href, decode(text.trim())));
            }
        }
        links
    }

    /// Every form.
    pub fn forms(&self) -> Vec<Form> {
        let forms = self.html.split("<form").skip(1);
        forms
            .map(|part| Form::read(part.split("</form>").next().unwrap_or(""), &self.path))
            .collect()
    }
}

impl Form {
    fn read(html: &str, path: &str) -> Self {
        let (head, body) = html.split_once('>').unwrap_or((html, ""));
        let action = attribute(head, "action").unwrap_or_else(|| path.to_owned());
        let is_get = attribute(head, "method").is_none_or(|method| method != "post");
        let is_multipart = head.contains("multipart/form-data");
        let mut form = Self { action, is_get, is_multipart, fields: Vec::new(), names: Vec::new() };
        for part in body.split('<').skip(1) {
            let (tag, text) = part.split_once('>').unwrap_or((part, ""));
            let name = attribute(tag, "name");
            match (tag.split_whitespace().next(), name) {
                (Some("input"), Some(name)) => form.input(tag, name),
                (Some("textarea"), Some(name)) => form.add(name, decode(text)),
                (Some("select"), Some(name)) => form.names.push(name),
                (Some("option"), _) if tag.contains(" selected") => {
                    let name = form.names.last().cloned().unwrap_or_default();
                    form.add(name, attribute(tag, "value").unwrap_or_default());
                }
                _ => {}
            }
        }
        form
    }

    fn input(&mut self, tag: &str, name: String) {
        let value = attribute(tag, "value").unwrap_or_default();
        match attribute(tag, "type").as_deref() {
            Some("radio" | "checkbox") if !tag.contains(" checked") => self.names.push(name),
            Some("file") => self.names.push(name),
            _ => self.add(name, value),
        }
    }

    fn add(&mut self, name: String, value: String) {
        self.names.push(name.clone());
        self.fields.push((name, Sent::Text(value)));
    }

    /// Types `value` into the field `name`, chooses it, or ticks it.
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        assert!(self.names.iter().any(|n| n == name), "no field {name:?}, only {:?}", self.names);
        self.fields.retain(|(n, _)| n != name);
        self.fields.push((name.to_owned(), Sent::Text(value.to_owned())));
        self
    }

    /// Chooses a file.
    pub fn attach(mut self, name: &str, file: impl Into<Bytes>) -> Self {
        assert!(self.names.iter().any(|n| n == name), "no field {name:?}, only {:?}", self.names);
        self.fields.push((name.to_owned(), Sent::File(file.into())));
        self
    }

    /// Presses the button that sends `value` as `name`.
    pub fn press(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), Sent::Text(value.to_owned())));
        self
    }

    /// Presses a button that sends the form elsewhere: `last` replaces the last part of its path.
    pub fn to(mut self, last: &str) -> Self {
        let (before, _) = self.action.rsplit_once('/').expect("a path");
        self.action = format!("{before}/{last}");
        self
    }

    /// What the field `name` holds.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find_map(|(n, sent)| match sent {
            Sent::Text(text) if n == name => Some(text.as_str()),
            _ => None,
        })
    }

    fn urlencoded(&self) -> String {
        let mut out = String::new();
        for (name, sent) in &self.fields {
            let Sent::Text(text) = sent else { continue };
            if !out.is_empty() {
                out.push('&');
            }
            out.push_str(&encode(name));
            out.push('=');
            out.push_str(&encode(text));
        }
        out
    }

    fn multipart(&self, boundary: &str) -> Vec<u8> {
        let mut out = Vec::new();
        let files = self.fields.iter().filter(|(_, sent)| matches!(sent, Sent::File(_)));
        let given: Vec<_> = files.map(|(name, _)| name.clone()).collect();
        for (name, sent) in &self.fields {
            let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"");
            out.extend(head.as_bytes());
            match sent {
                Sent::Text(text) => out.extend(format!("\r\n\r\n{text}\r\n").as_bytes()),
                Sent::File(bytes) => {
                    let kind = "; filename=\"photo.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n";
                    out.extend(kind.as_bytes());
                    out.extend(bytes);
                    out.extend(b"\r\n");
                }
            }
        }
        // A browser sends an input without a file as an empty part.
        for name in self.names.iter().filter(|n| ["photo", "camera"].contains(&n.as_str())) {
            if !given.contains(name) {
                let head = format!(
                    "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; \
                     filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n"
                );
                out.extend(head.as_bytes());
            }
        }
        out.extend(format!("--{boundary}--\r\n").as_bytes());
        out
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(found, _)| found)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let padded = format!(" {tag}");
    between(&padded, &format!(" {name}=\""), "\"").map(decode)
}

fn decode(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#38;", "&")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&amp;", "&")
}

fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            byte => {
                use std::fmt::Write as _;
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}
