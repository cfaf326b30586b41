//! A message as the build left it, and how it becomes text.

use crate::{Lang, MESSAGES};
use std::fmt::{Display, Write as _};

/// One part of a message.
#[derive(Debug)]
pub(crate) enum Piece {
    /// As it stands.
    Text(&'static str),
    /// The value at this place.
    Value(usize),
    /// One of several texts, by the value at `by`, compared as text.
    Choose {
        by: usize,
        when: &'static [(&'static str, &'static [Piece])],
        otherwise: &'static [Piece],
    },
}

/// One message in both languages.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: &'static str,
    pub(crate) values: &'static [&'static str],
    pub(crate) zh: &'static [Piece],
    pub(crate) en: &'static [Piece],
}

pub(crate) fn find(id: &str) -> Option<&'static Message> {
    let at = MESSAGES.binary_search_by(|m| m.id.cmp(id)).ok()?;
    MESSAGES.get(at).copied()
}

pub(crate) fn render(lang: Lang, message: &Message, values: &[&dyn Display]) -> String {
    let pieces = match lang {
        Lang::Zh => message.zh,
        Lang::En => message.en,
    };
    let mut out = String::with_capacity(64);
    write(&mut out, pieces, values);
    out
}

fn write(out: &mut String, pieces: &[Piece], values: &[&dyn Display]) {
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Value(at) => {
                if let Some(value) = values.get(*at) {
                    let _ = write!(out, "{value}");
                }
            }
            Piece::Choose { by, when, otherwise } => {
                let key = values.get(*by).map(ToString::to_string).unwrap_or_default();
                let chosen = when.iter().find(|(k, _)| *k == key).map_or(*otherwise, |(_, p)| *p);
                write(out, chosen, values);
            }
        }
    }
}
