//! The components of every page, each built once: a struct with a template beside it.
//!
//! A component is `Display` and safe to put into a template as `{{ component }}`; what goes into it
//! is escaped. Pages that hold a list of different components collect them as [`Html`].

mod date_block;
mod field;
mod file;
mod list;
mod message;
mod navigation;
mod page;
mod qr;
mod timeline;

pub use date_block::DateBlock;
pub use field::{Checks, Choice, DateField, Hidden, Pick, SelectField, TextArea, TextField};
pub use file::{Example, Examples, FileState, FileTile, portrait_words};
pub use list::{Summary, SummaryRow, Task, TaskList};
pub use message::{Empty, ErrorSummary, Errors, Notice, Panel, SmsBubble, Tag, Tone};
pub use navigation::{Button, ButtonKind, DueChip, Pagination};
pub use page::{FormPage, TextPage};
pub use timeline::{Delivery, Message, MessageList, Moment, Timeline};

use std::fmt;

/// A piece of a page that is already written and escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl askama::filters::HtmlSafe for Html {}

impl Html {
    /// Text, escaped, in a paragraph.
    pub fn paragraph(text: &str) -> Self {
        Self(format!("<p>{}</p>", escape(text)))
    }

    /// A heading of the second level.
    pub fn heading(text: &str) -> Self {
        Self(format!("<h2>{}</h2>", escape(text)))
    }

    /// A heading of the third level.
    pub fn subheading(text: &str) -> Self {
        Self(format!("<h3>{}</h3>", escape(text)))
    }

    /// A link in a paragraph of its own.
    pub fn link(text: &str, href: &str) -> Self {
        Self(format!("<p><a href=\"{}\">{}</a></p>", escape(href), escape(text)))
    }

    /// A list of short texts.
    pub fn list(items: &[&str]) -> Self {
        let items: Vec<String> = items.iter().map(|item| escape(item)).collect();
        Self(format!("<ul><li>{}</li></ul>", items.join("</li><li>")))
    }

    /// A place that an error can link to, where there is no field.
    pub fn anchor(id: &str) -> Self {
        Self(format!("<span id=\"{}\" tabindex=\"-1\"></span>", escape(id)))
    }

    /// A form with nothing but a button that looks like a link.
    pub fn post_button(text: &str, action: &str) -> Self {
        let (text, action) = (escape(text), escape(action));
        Self(format!(
            "<form method=\"post\" action=\"{action}\">\
             <button class=\"link-button\">{text}</button></form>"
        ))
    }

    /// A line with the one button that takes something back.
    pub fn undo_bar(text: &str, action: &str, button: &Self) -> Self {
        Self(format!(
            "<div class=\"notice\" role=\"status\"><form method=\"post\" action=\"{}\" \
             class=\"row\" data-key=\"u\"><p>{}</p>{}</form></div>",
            escape(action),
            escape(text),
            button.0
        ))
    }

    /// A form with nothing but the page's main button.
    pub fn post_main(t: words::Lang, text: &str, action: &str) -> Self {
        let button = Button::new(t, text);
        Self(format!("<form method=\"post\" action=\"{}\">{button}</form>", escape(action)))
    }

    /// A form with nothing but a quiet button.
    pub fn post_quiet(t: words::Lang, text: &str, action: &str) -> Self {
        let button = Button::new(t, text).quiet();
        Self(format!("<form method=\"post\" action=\"{}\">{button}</form>", escape(action)))
    }

    /// A form with everything that was sent, and a button that sends it again.
    pub fn resend(action: &str, fields: &[(String, String)], button: &Self) -> Self {
        let hidden = |(name, value): &(String, String)| {
            let (name, value) = (escape(name), escape(value));
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
        };
        let fields: String = fields.iter().map(hidden).collect();
        let action = escape(action);
        Self(format!("<form method=\"post\" action=\"{action}\">{fields}{}</form>", button.0))
    }

    /// A part of a photo with what was read there.
    pub fn seen(src: &str, alt: &str, text: &str, is_amber: bool) -> Self {
        let class = if is_amber { "seen differs" } else { "seen" };
        let (src, alt, text) = (escape(src), escape(alt), escape(text));
        let text = if text.is_empty() { text } else { format!("<p>{text}</p>") };
        Self(format!("<div class=\"{class}\"><img src=\"{src}\" alt=\"{alt}\">{text}</div>"))
    }

    /// Several pieces as one.
    pub fn join(parts: impl IntoIterator<Item = Self>) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect::<Vec<_>>().join("\n"))
    }
}

/// Something that can be written as a piece of a page.
pub trait Component: fmt::Display {
    /// Writes it.
    fn html(&self) -> Html {
        Html(self.to_string())
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Marks structs with a template as components.
macro_rules! components {
    ($($name:ident),* $(,)?) => {$(
        impl askama::filters::HtmlSafe for $name {}
        impl crate::component::Component for $name {}
    )*};
}
pub(crate) use components;
