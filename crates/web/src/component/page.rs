//! The page of one question: a way back, what was wrong, the question, one button.

use super::{Button, Component as _, Errors, Html};
use crate::shell::Shell;
use crate::shell::assets::{Asset, UPLOAD_JS};
use askama::Template;
use axum::response::Response;
use std::fmt::Display;
use words::Lang;

/// A page with one form.
#[derive(Debug)]
#[must_use]
pub struct FormPage<'a> {
    shell: &'a Shell,
    title: String,
    action: String,
    back: Option<String>,
    lead: Option<String>,
    before: Vec<Html>,
    parts: Vec<Html>,
    button: Option<Button>,
    after: Vec<Html>,
    errors: Errors,
    is_multipart: bool,
    script: Option<&'static Asset>,
}

#[derive(Template)]
#[template(path = "component/form_page.html")]
struct Body<'a> {
    t: Lang,
    page: &'a FormPage<'a>,
    summary: Html,
    button: Html,
}

impl<'a> FormPage<'a> {
    /// The page `title`, whose form is sent to `action`.
    pub fn new(shell: &'a Shell, title: impl Display, action: impl Display) -> Self {
        Self {
            shell,
            title: title.to_string(),
            action: action.to_string(),
            back: None,
            lead: None,
            before: Vec::new(),
            parts: Vec::new(),
            button: None,
            after: Vec::new(),
            errors: Errors::none(),
            is_multipart: false,
            script: None,
        }
    }

    /// Where one comes from.
    pub fn back(mut self, href: impl Display) -> Self {
        self.back = Some(href.to_string());
        self
    }

    /// One sentence below the heading.
    pub fn lead(mut self, text: impl Display) -> Self {
        self.lead = Some(text.to_string());
        self
    }

    /// Something between the heading and the form.
    pub fn before(mut self, part: Html) -> Self {
        self.before.push(part);
        self
    }

    /// A field, or anything else inside the form.
    pub fn part(mut self, part: Html) -> Self {
        self.parts.push(part);
        self
    }

    /// The one button; 继续 if none is given.
    pub fn button(mut self, button: Button) -> Self {
        self.button = Some(button);
        self
    }

    /// Something below the form.
    pub fn after(mut self, part: Html) -> Self {
        self.after.push(part);
        self
    }

    /// What was wrong with what was sent; the fields take their own part of it themselves.
    pub fn errors(mut self, errors: &Errors) -> Self {
        self.errors = errors.clone();
        self
    }

    /// The form carries a photo.
    pub fn photo(mut self) -> Self {
        self.is_multipart = true;
        self.script = Some(&UPLOAD_JS);
        self
    }

    /// Writes the page; with status 422 if something was wrong.
    pub fn response(mut self) -> Response {
        let t = self.shell.lang;
        let button = self.button.take().unwrap_or_else(|| Button::new(t, t.common_continue()));
        let body = Body { t, summary: self.errors.summary(t), button: button.html(), page: &self };
        let mut page = self.shell.page(&self.title);
        if !self.errors.is_empty() {
            page = page.invalid();
        }
        if let Some(script) = self.script {
            page = page.script(script);
        }
        page.body(&body)
    }
}

/// A page without a form: something to read, and links.
#[derive(Debug, Template)]
#[template(path = "component/text_page.html")]
#[must_use]
pub struct TextPage {
    t: Lang,
    title: String,
    back: Option<String>,
    parts: Vec<Html>,
}

impl TextPage {
    /// The page `title`.
    pub fn new(t: Lang, title: impl Display) -> Self {
        Self { t, title: title.to_string(), back: None, parts: Vec::new() }
    }

    /// Where one comes from.
    pub fn back(mut self, href: impl Display) -> Self {
        self.back = Some(href.to_string());
        self
    }

    /// One more part.
    pub fn part(mut self, part: Html) -> Self {
        self.parts.push(part);
        self
    }

    /// Writes the page.
    pub fn response(self, shell: &Shell) -> Response {
        let title = self.title.clone();
        shell.page(&title).body(&self)
    }
}
