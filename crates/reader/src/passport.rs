//! Passports: what the machine-readable zone says, held against what the page prints.
//!
//! The page is searched for what the zone says; where it says it too, the two readings confirm each
//! other, and where it says something like it that differs, neither is sure.

use crate::row::{Placed, Raw, Row, Value, beside_or_below};
use crate::scan;
use crate::zone::{Zone, is_piece};
use domain::identity::mrz::Mrz;
use domain::identity::{DocumentKind, Sex, check};
use domain::reading::FieldName;
use jiff::civil::Date;

/// Sureness of a value that the page seems to print otherwise.
const IN_DOUBT: f32 = 0.3;
/// The most for a name that the page was not seen to print, too.
const UNCONFIRMED: f32 = 0.8;
/// From this sureness on what the page prints counts against the zone.
const SURE: f32 = 0.9;

/// Every value of a data page.
pub(crate) fn page(kind: DocumentKind, rows: &[Row], zone: Option<&Zone>, today: Date) -> Vec<Raw> {
    let printed: Vec<Row> = rows.iter().filter(|row| !is_piece(row)).cloned().collect();
    match zone {
        Some(zone) => by_zone(kind, &printed, zone, today),
        None => by_labels(kind, &printed, today),
    }
}

fn by_zone(kind: DocumentKind, rows: &[Row], zone: &Zone, today: Date) -> Vec<Raw> {
    let mrz = zone.read(today);
    let is_chinese = kind == DocumentKind::ChinesePassport;
    let name = [mrz.surname.as_str(), mrz.given.as_str()].join(" ").trim().to_owned();
    let latin = if is_chinese { FieldName::LatinName } else { FieldName::Name };
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    let sex = mrz.sex.map(|sex| match sex {
        Sex::Male => "男".to_owned(),
        Sex::Female => "女".to_owned(),
    });
    let told = [
        (latin, Some(name).filter(|name| !name.is_empty()), 5, 44),
        (FieldName::Number, Some(mrz.number.as_str().to_owned()), 44, 53),
        (FieldName::Nationality, mrz.nationality.map(|c| c.to_string()), 54, 57),
        (FieldName::Birth, day(mrz.birth), 57, 63),
        (FieldName::Sex, sex, 64, 65),
        (FieldName::ValidUntil, day(mrz.expires), 65, 71),
    ];
    let mut raws: Vec<Raw> = Vec::new();
    for (field, text, from, to) in told {
        let Some(text) = text else { continue };
        let raw = Raw::telling(field, text, zone.part(from, to));
        raws.push(confirmed(rows, raw, &mrz));
    }
    if is_chinese {
        raws.extend(chinese_name(rows, &mrz));
    }
    raws.push(Raw::telling(FieldName::Zone, zone.text(), zone.value()));
    raws
}

/// The zone's value, surer or less sure by what the page prints.
fn confirmed(rows: &[Row], mut raw: Raw, mrz: &Mrz) -> Raw {
    let standing = match raw.name {
        FieldName::Number => number(rows, &raw.text),
        FieldName::Name | FieldName::LatinName => {
            let parts = [mrz.surname.as_str(), mrz.given.as_str()];
            least(parts.iter().filter(|part| !part.is_empty()).map(|part| word(rows, part)))
        }
        FieldName::Nationality => {
            let printed = rows.iter().filter_map(|row| scan::country(&row.signs));
            let same = printed.filter(|value| value.text() == raw.text);
            same.map(|value| value.confidence()).reduce(f32::max)
        }
        FieldName::Birth | FieldName::ValidUntil => {
            let days = rows.iter().flat_map(|row| scan::days(&row.signs));
            let same = days.filter(|day| day.text == raw.text);
            same.map(|day| day.signs.confidence()).reduce(f32::max)
        }
        _ => None,
    };
    let is_name = matches!(raw.name, FieldName::Name | FieldName::LatinName);
    for sign in &mut raw.signs.0 {
        match standing {
            Some(sure) if sure > 0.0 => sign.confidence = sign.confidence.max(sure),
            Some(_) => sign.confidence = sign.confidence.min(IN_DOUBT),
            // No check digit covers a name: a letter that the net dropped would not be missed.
            None if is_name => sign.confidence = sign.confidence.min(UNCONFIRMED),
            None => {}
        }
    }
    raw
}

fn least(parts: impl Iterator<Item = Option<f32>>) -> Option<f32> {
    parts.reduce(|a, b| Some(a?.min(b?))).flatten()
}

/// How surely the page prints this number; 0 if it prints one that differs in a sign or two.
fn number(rows: &[Row], number: &str) -> Option<f32> {
    let length = number.len();
    let is_it = |text: &str| text == number;
    if let Some(value) = scan::number(rows, &[length], is_it) {
        return Some(value.confidence());
    }
    let apart = |text: &str| text.chars().zip(number.chars()).filter(|(a, b)| a != b).count();
    let near = scan::number(rows, &[length], |text| (1..=2).contains(&apart(text)))?;
    (near.confidence() >= SURE).then_some(0.0)
}

/// How surely the page prints this part of a name, as words of their own; 0 if it stands there only
/// as a piece of a longer word.
fn word(rows: &[Row], part: &str) -> Option<f32> {
    let wanted: Vec<char> = part.chars().filter(char::is_ascii_alphabetic).collect();
    let found = rows.iter().flat_map(|row| in_row(&row.signs, &wanted));
    found.reduce(f32::max)
}

/// Every place of the letters in a row.
fn in_row(signs: &[Placed], wanted: &[char]) -> Vec<f32> {
    let is_letter = |sign: &&Placed| sign.sign.is_ascii_alphabetic();
    // Letters with whether a blank or another sign stands before them.
    let mut letters: Vec<(Placed, bool)> = Vec::new();
    let mut is_first = true;
    for sign in signs {
        if is_letter(&sign) {
            letters.push((*sign, is_first || sign.is_apart));
        }
        is_first = !sign.sign.is_ascii_alphabetic();
    }
    let mut found = Vec::new();
    for (start, window) in letters.windows(wanted.len().max(1)).enumerate() {
        let plain = window.iter().map(|(sign, _)| sign.sign.to_ascii_uppercase());
        if !plain.eq(wanted.iter().copied()) {
            continue;
        }
        let is_begin = window.first().is_some_and(|(_, is_begin)| *is_begin);
        let is_end = letters.get(start + window.len()).is_none_or(|(_, is_begin)| *is_begin);
        let own = Value(window.iter().map(|(sign, _)| *sign).collect());
        found.push(if is_begin && is_end { own.confidence() } else { 0.0 });
    }
    found
}

/// The name in Chinese characters: behind its label, or just above the name in letters.
fn chinese_name(rows: &[Row], mrz: &Mrz) -> Option<Raw> {
    let labelled = beside_or_below(rows, &["姓名"]);
    let labelled = labelled.into_iter().map(|value| value.only(is_of_name));
    let by_label = labelled.filter(|value| is_person(&value.0)).max_by(by_confidence);
    let above = || {
        let surname = mrz.surname.as_str();
        let latin = rows.iter().filter(|row| {
            let letters: String =
                row.signs.iter().map(|sign| sign.sign).filter(char::is_ascii_uppercase).collect();
            !surname.is_empty() && letters.starts_with(&surname.replace(' ', ""))
        });
        let near = latin.flat_map(|latin| {
            let height = latin.quad.height();
            rows.iter().filter(move |row| {
                let up = latin.middle().y - row.middle().y;
                up > 0.4 * height && up < 3.0 * height
            })
        });
        let names = near.map(|row| Value(row.signs.clone()).only(is_of_name));
        names.filter(|value| is_person(&value.0)).max_by(by_confidence)
    };
    Raw::of(FieldName::Name, by_label.or_else(above)?)
}

fn by_confidence(a: &Value, b: &Value) -> std::cmp::Ordering {
    a.confidence().total_cmp(&b.confidence())
}

fn is_of_name(c: char) -> bool {
    domain::reading::is_ideograph(c) || c == '·'
}

/// Ideographs that are no word of the page itself.
fn is_person(signs: &[Placed]) -> bool {
    const WORDS: [&str; 12] = [
        "护照",
        "中国",
        "人民",
        "公安",
        "管理",
        "姓名",
        "性别",
        "国籍",
        "出生",
        "签发",
        "有效",
        "国家码",
    ];
    let text = Value(signs.to_vec()).text();
    scan::is_chinese_name(signs)
        && signs.len() <= 20
        && !WORDS.iter().any(|word| text.contains(word))
}

/// What can be told without a zone: little of it is sure.
fn by_labels(kind: DocumentKind, rows: &[Row], today: Date) -> Vec<Raw> {
    let mut raws = Vec::new();
    if kind == DocumentKind::ChinesePassport {
        let is_right = |text: &str| check(kind, text, today).is_valid();
        let number = scan::number(rows, &[9], is_right);
        raws.extend(number.and_then(|value| Raw::of(FieldName::Number, value)));
        raws.extend(chinese_name(rows, &Mrz::default()));
    }
    let days = [
        (FieldName::Birth, ["出生日期", "DATEOFBIRTH", "Dateofbirth", "DateofBirth"]),
        (FieldName::ValidUntil, ["有效期至", "DATEOFEXPIRY", "Dateofexpiry", "DateofExpiry"]),
    ];
    for (field, labels) in days {
        let values = beside_or_below(rows, &labels);
        let day = values.iter().find_map(|value| scan::days(&value.0).into_iter().next());
        raws.extend(day.map(|day| Raw::telling(field, day.text, day.signs)));
    }
    raws
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "values that are set, not computed")]
mod tests {
    use super::*;
    use crate::zone::{row, zones};

    const TODAY: Date = jiff::civil::date(2026, 11, 27);
    const LOWER: &str = "9933930163AUS6010151M3203204<<<<<<<<<<<<<<<6";

    fn name(surname: &str, page: &[&str]) -> (String, f32) {
        let upper = format!("{:<<44}", format!("P<AUS{surname}<<CHINEDU"));
        let mut rows = vec![row(&upper, 0.6), row(LOWER, 0.65)];
        rows.extend(page.iter().enumerate().map(|(i, text)| row(text, 0.1 + 0.05 * i as f32)));
        let zone = zones(&rows).pop().expect("a zone");
        let kind = DocumentKind::ForeignPassport;
        let found = super::page(kind, &rows, Some(&zone), TODAY);
        let name = found.into_iter().find(|raw| raw.name == FieldName::Name).expect("a name");
        (name.text.clone(), name.signs.confidence())
    }

    #[test]
    fn a_name_is_sure_only_if_zone_and_page_say_the_same() {
        assert_eq!(name("PARK", &["PARK", "CHINEDU"]), ("PARK CHINEDU".to_owned(), 0.99));
        // The net dropped the first letter of the zone.
        assert_eq!(name("ARK", &["PARK", "CHINEDU"]), ("ARK CHINEDU".to_owned(), IN_DOUBT));
        assert_eq!(name("PARK", &["CHINEDU"]).1, UNCONFIRMED);
    }

    #[test]
    fn a_number_that_the_page_prints_otherwise_is_in_doubt() {
        let rows = |printed: &str| [row(printed, 0.2)];
        assert_eq!(number(&rows("993393016"), "993393016"), Some(0.99));
        assert_eq!(number(&rows("993393018"), "993393016"), Some(0.0));
        assert_eq!(number(&rows("X12345678"), "993393016"), None);
    }
}
