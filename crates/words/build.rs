//! Turns every pair `zh/<area>.ftl`, `en/<area>.ftl` into methods of `Lang`.
//!
//! The build fails when a message or a variable is missing in one of the two languages, when an id
//! appears twice, or when a file does not parse; so no page can ever meet a missing translation.

use fluent_syntax::ast::{
    Entry, Expression, InlineExpression, Pattern, PatternElement, VariantKey,
};
use fluent_syntax::unicode::unescape_unicode_to_string;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::{env, fs, io};

type Failure = Box<dyn std::error::Error>;

/// Words of Rust that a person writing a message might pick as the name of a value.
const KEYWORDS: [&str; 14] = [
    "as", "box", "for", "if", "in", "match", "move", "mod", "ref", "self", "try", "type", "use",
    "where",
];
/// More values than this in one message and it should be two messages.
const VALUES_MAX: usize = 6;

#[derive(Debug)]
enum Piece {
    Text(String),
    Value(String),
    Choose { by: String, when: Vec<(String, Vec<Piece>)>, otherwise: Vec<Piece> },
}

type Messages = BTreeMap<String, Vec<Piece>>;

fn main() -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for watched in ["zh", "en", "build.rs"] {
        writeln!(out, "cargo::rerun-if-changed={watched}")?;
    }
    let mut all = BTreeMap::new();
    for area in areas()? {
        let zh = read(&format!("zh/{area}.ftl"))?;
        let mut en = read(&format!("en/{area}.ftl"))?;
        for (id, zh) in zh {
            let en = en.remove(&id).ok_or_else(|| format!("en/{area}.ftl lacks {id}"))?;
            if all.insert(id.clone(), (zh, en)).is_some() {
                return Err(format!("{id} of {area}.ftl already exists in another file").into());
            }
        }
        if let Some(id) = en.keys().next() {
            return Err(format!("zh/{area}.ftl lacks {id}").into());
        }
    }
    let code = generate(&all)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("messages.rs"), code)?;
    Ok(())
}

/// The areas, which must be the same in both languages.
fn areas() -> Result<Vec<String>, Failure> {
    let list = |folder: &str| -> Result<Vec<String>, Failure> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name().into_string().map_err(|_| "a file name is not UTF-8")?;
            if let Some(area) = name.strip_suffix(".ftl") {
                names.push(area.to_owned());
            }
        }
        names.sort();
        Ok(names)
    };
    let (zh, en) = (list("zh")?, list("en")?);
    if zh != en {
        return Err(format!("zh/ has the areas {zh:?}, en/ has {en:?}").into());
    }
    Ok(zh)
}

fn read(path: &str) -> Result<Messages, Failure> {
    let text = fs::read_to_string(path)?;
    let resource = fluent_syntax::parser::parse(text.as_str()).map_err(|(_, errors)| {
        let first = errors.first();
        let line = first.map_or(0, |e| text.get(..e.pos.start).unwrap_or("").lines().count());
        format!("{path}, near line {line}: {}", first.map_or(String::new(), ToString::to_string))
    })?;
    let mut messages = Messages::new();
    for entry in resource.body {
        match entry {
            Entry::Message(message) => {
                let id = message.id.name.to_owned();
                let value = message.value.ok_or_else(|| format!("{path}: {id} has no text"))?;
                if !message.attributes.is_empty() {
                    return Err(format!("{path}: {id} has attributes; use ids of their own").into());
                }
                let pieces = pieces(&value).map_err(|why| format!("{path}: {id}: {why}"))?;
                if messages.insert(id.clone(), pieces).is_some() {
                    return Err(format!("{path}: {id} appears twice").into());
                }
            }
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => {}
            Entry::Term(_) | Entry::Junk { .. } => {
                return Err(format!("{path}: only messages and comments are understood").into());
            }
        }
    }
    Ok(messages)
}

fn pieces(pattern: &Pattern<&str>) -> Result<Vec<Piece>, String> {
    let mut out = Vec::new();
    for element in &pattern.elements {
        out.push(match element {
            PatternElement::TextElement { value } => Piece::Text((*value).to_owned()),
            PatternElement::Placeable { expression } => placeable(expression)?,
        });
    }
    Ok(out)
}

fn placeable(expression: &Expression<&str>) -> Result<Piece, String> {
    match expression {
        Expression::Inline(InlineExpression::VariableReference { id }) => {
            Ok(Piece::Value(id.name.to_owned()))
        }
        Expression::Inline(InlineExpression::StringLiteral { value }) => {
            Ok(Piece::Text(unescape_unicode_to_string(value).into_owned()))
        }
        Expression::Inline(_) => Err("only { $value } and { \"text\" } are understood".into()),
        Expression::Select { selector, variants } => {
            let InlineExpression::VariableReference { id } = selector else {
                return Err("a choice must be by a value".into());
            };
            let (mut when, mut otherwise) = (Vec::new(), None);
            for variant in variants {
                let value = pieces(&variant.value)?;
                let key = match variant.key {
                    VariantKey::Identifier { name } => name,
                    VariantKey::NumberLiteral { value } => value,
                };
                if variant.default {
                    otherwise = Some(value);
                } else {
                    // English has two plural forms, Chinese one: `one` means exactly 1.
                    when.push((if key == "one" { "1" } else { key }.to_owned(), value));
                }
            }
            let otherwise = otherwise.ok_or("a choice needs a default")?;
            Ok(Piece::Choose { by: id.name.to_owned(), when, otherwise })
        }
    }
}

/// The names of the values, in order of appearance.
fn values(pieces: &[Piece], out: &mut Vec<String>) {
    let mut note = |name: &String| {
        if !out.contains(name) {
            out.push(name.clone());
        }
    };
    for piece in pieces {
        match piece {
            Piece::Text(_) => {}
            Piece::Value(name) => note(name),
            Piece::Choose { by, .. } => note(by),
        }
    }
    for piece in pieces {
        if let Piece::Choose { when, otherwise, .. } = piece {
            for (_, inner) in when {
                values(inner, out);
            }
            values(otherwise, out);
        }
    }
}

fn generate(all: &BTreeMap<String, (Vec<Piece>, Vec<Piece>)>) -> Result<String, Failure> {
    let (mut methods, mut table, mut list) = (String::new(), String::new(), String::new());
    for (at, (id, (zh, en))) in all.iter().enumerate() {
        let (mut names, mut others) = (Vec::new(), Vec::new());
        values(zh, &mut names);
        values(en, &mut others);
        let missing = |a: &[String], b: &[String]| a.iter().find(|n| !b.contains(n)).cloned();
        if let Some(name) = missing(&names, &others).or_else(|| missing(&others, &names)) {
            return Err(format!("{id}: ${name} is in one language only").into());
        }
        if let Some(name) = names.iter().find(|name| KEYWORDS.contains(&name.as_str())) {
            return Err(format!("{id}: call the value ${name} otherwise").into());
        }
        if names.len() > VALUES_MAX {
            return Err(format!("{id} has more than {VALUES_MAX} values").into());
        }
        let method = id.replace('-', "_");
        writeln!(methods, "/// {}\n///\n/// {}", doc(zh), doc(en))?;
        if names.is_empty() {
            let (zh, en) = (plain(zh), plain(en));
            let body = if zh == en {
                format!("let _ = self; {zh:?}")
            } else {
                format!("match self {{ Self::Zh => {zh:?}, Self::En => {en:?} }}")
            };
            writeln!(methods, "pub const fn {method}(self) -> &'static str {{ {body} }}")?;
        } else {
            let arguments: Vec<_> = names.iter().map(|n| format!("{n}: impl Display")).collect();
            let given: Vec<_> = names.iter().map(|n| format!("&{n}")).collect();
            writeln!(
                methods,
                "pub fn {method}(self, {}) -> String {{ \
                 crate::message::render(self, &MESSAGE_{at}, &[{}]) }}",
                arguments.join(", "),
                given.join(", "),
            )?;
        }
        writeln!(
            table,
            "static MESSAGE_{at}: Message = \
             Message {{ id: {id:?}, values: &{names:?}, zh: {}, en: {} }};",
            literal(zh, &names),
            literal(en, &names)
        )?;
        write!(list, "&MESSAGE_{at}, ")?;
    }
    Ok(format!(
        "impl Lang {{\n{methods}}}\n\n{table}\n\
         /// Every message, sorted by id.\n\
         pub(crate) static MESSAGES: &[&Message] = &[{list}];\n"
    ))
}

fn plain(pieces: &[Piece]) -> String {
    let texts = pieces.iter().map(|p| if let Piece::Text(t) = p { t.as_str() } else { "" });
    texts.collect()
}

fn doc(pieces: &[Piece]) -> String {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(&text.replace('\n', " ")),
            Piece::Value(name) => {
                let _ = write!(out, "{{{name}}}");
            }
            Piece::Choose { otherwise, .. } => out.push_str(&doc(otherwise)),
        }
    }
    format!("`{}`", out.replace('`', "'"))
}

fn literal(pieces: &[Piece], names: &[String]) -> String {
    let index = |name: &String| names.iter().position(|n| n == name).unwrap_or(0);
    let parts: Vec<_> = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => format!("Piece::Text({text:?})"),
            Piece::Value(name) => format!("Piece::Value({})", index(name)),
            Piece::Choose { by, when, otherwise } => {
                let when: Vec<_> =
                    when.iter().map(|(k, v)| format!("({k:?}, {})", literal(v, names))).collect();
                format!(
                    "Piece::Choose {{ by: {}, when: &[{}], otherwise: {} }}",
                    index(by),
                    when.join(", "),
                    literal(otherwise, names)
                )
            }
        })
        .collect();
    format!("&[{}]", parts.join(", "))
}
