//! Every text a person reads, in Chinese and in English.
//!
//! The texts live in `zh/<area>.ftl` and `en/<area>.ftl` (the Fluent syntax, without terms,
//! attributes and functions). `build.rs` turns each message into a method of [`Lang`]:
//!
//! | in both files | in Rust |
//! |---|---|
//! | `start-title = 办理实名登记` | `lang.start_title()` gives `&'static str` |
//! | `review-left = 剩 { $hours } 小时` | `lang.review_left(5)` gives `String` |
//! | `{ $n -> [one] day *[other] days }` | `one` means exactly 1; other keys compare as text |
//!
//! Values come in the order in which they first appear in the Chinese text. The build fails when a
//! message or a value is missing in one language. Where the id is known only at run time, as for
//! refusals and reasons, use [`Lang::by_id`] and [`Lang::refusal`].
//!
//! Dates and numbers of both languages are written by the methods in [`mod@date`].

pub mod date;
mod message;

use message::{Message, Piece};
use std::borrow::Cow;
use std::fmt::Display;

/// A language of the pages and notices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {
    /// Chinese, simplified.
    #[default]
    Zh,
    /// English.
    En,
}

include!(concat!(env!("OUT_DIR"), "/messages.rs"));

impl Lang {
    /// Both languages, Chinese first.
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// `zh` or `en`, as stored and as used in `?lang=`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// The BCP 47 tag for the `lang` attribute.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The other language.
    pub const fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }

    /// From a code or tag such as `zh`, `zh-CN`, `en_GB`.
    pub fn from_code(code: &str) -> Option<Self> {
        match code.split(['-', '_']).next()?.trim().to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The first of our languages an `Accept-Language` header asks for, by its weights.
    ///
    /// ```
    /// # use words::Lang;
    /// assert_eq!(Lang::from_accept("fr, en;q=0.8, zh;q=0.9"), Some(Lang::Zh));
    /// assert_eq!(Lang::from_accept("fr"), None);
    /// ```
    pub fn from_accept(header: &str) -> Option<Self> {
        let mut best: Option<(Self, f32)> = None;
        for part in header.split(',').take(20) {
            let mut fields = part.split(';');
            let Some(lang) = fields.next().and_then(Self::from_code) else { continue };
            let weight =
                fields.find_map(|f| f.trim().strip_prefix("q=")?.parse().ok()).unwrap_or(1.0_f32);
            if weight > 0.0 && best.is_none_or(|(_, w)| weight > w) {
                best = Some((lang, weight));
            }
        }
        best.map(|(lang, _)| lang)
    }

    /// The message `id` with its values; `None` if there is no such message or a value is missing.
    pub fn by_id(self, id: &str, values: &[(&str, &str)]) -> Option<String> {
        let message = message::find(id)?;
        let mut given: Vec<&dyn Display> = Vec::with_capacity(message.values.len());
        for name in message.values {
            given.push(values.iter().find(|(n, _)| n == name).map(|(_, v)| v as &dyn Display)?);
        }
        Some(message::render(self, message, &given))
    }

    /// The message of the refusal `code`, such as `number.hold_not_yours`.
    pub fn refusal(self, code: &str, values: &[(&str, Cow<'_, str>)]) -> Option<String> {
        let id = format!("refusal-{}", code.replace(['.', '_'], "-"));
        let values: Vec<(&str, &str)> = values.iter().map(|(n, v)| (*n, v.as_ref())).collect();
        self.by_id(&id, &values)
    }

    /// Whether the message `id` exists, in both languages.
    pub fn has(id: &str) -> bool {
        message::find(id).is_some()
    }

    /// The ids of all messages that begin with `prefix`, sorted.
    pub fn ids(prefix: &str) -> impl Iterator<Item = &'static str> {
        MESSAGES.iter().map(|m| m.id).filter(move |id| id.starts_with(prefix))
    }
}

#[cfg(test)]
mod tests;
