//! Values by their form: dates, sexes, countries and numbers wherever they stand in a line.

use crate::row::{Placed, Row, Value};
use domain::identity::country::Country;
use domain::reading::{LONG_TERM, is_ideograph};
use jiff::civil::Date;

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// A day with the signs that say it.
#[derive(Clone)]
pub(crate) struct Day {
    /// As `2006-01-31`.
    pub(crate) text: String,
    /// Its signs.
    pub(crate) signs: Value,
}

/// Every day in a row of signs, and behind the last one 长期 as [`LONG_TERM`].
pub(crate) fn days(signs: &[Placed]) -> Vec<Day> {
    let mut found: Vec<Day> = Vec::new();
    let mut rest = signs;
    while let [_, after @ ..] = rest {
        match day(rest) {
            Some((text, length)) => {
                let (own, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
                found.push(Day { text, signs: Value(own.to_vec()) });
                rest = behind;
            }
            None if matches!(text(rest, 2).as_str(), "长期" | "長期") => {
                let signs = Value(rest.iter().take(2).copied().collect());
                found.push(Day { text: LONG_TERM.to_owned(), signs });
                rest = rest.get(2..).unwrap_or_default();
            }
            None => rest = after,
        }
    }
    found
}

fn text(signs: &[Placed], length: usize) -> String {
    signs.iter().take(length).map(|sign| sign.sign).collect()
}

/// The day that begins here, and how many signs it has.
fn day(signs: &[Placed]) -> Option<(String, usize)> {
    let chars: Vec<char> = signs.iter().take(24).map(|sign| sign.sign).collect();
    year_first(&chars).or_else(|| day_first(&chars))
}

/// `2006.01.31`, `2006年1月31日`, `20060131`.
fn year_first(chars: &[char]) -> Option<(String, usize)> {
    let year = digits(chars, 0, 4)?;
    if !(1850..2200).contains(&year) {
        return None;
    }
    let (month, end) = part(chars, 4)?;
    let (day, end) = part(chars, end)?;
    let end = end + usize::from(chars.get(end) == Some(&'日'));
    date(year, month, day).map(|day| (day, end))
}

/// A part of two digits, or of one between separators.
fn part(chars: &[char], start: usize) -> Option<(u32, usize)> {
    let is_apart = chars.get(start).is_some_and(|c| ".年月/-·,:".contains(*c));
    let start = start + usize::from(is_apart);
    match digits(chars, start, 2) {
        Some(value) => Some((value, start + 2)),
        None if is_apart => Some((digits(chars, start, 1)?, start + 1)),
        None => None,
    }
}

/// `31 JAN 2006`, `31 1月/JAN 2006`.
fn day_first(chars: &[char]) -> Option<(String, usize)> {
    let (day, mut end) = match digits(chars, 0, 2) {
        Some(day) => (day, 2),
        None => (digits(chars, 0, 1)?, 1),
    };
    // The month in figures and signs before its letters.
    while end < 8 && chars.get(end).is_some_and(|c| c.is_ascii_digit() || "月/.-".contains(*c)) {
        end += 1;
    }
    let letters: String = chars.get(end..end + 3)?.iter().map(char::to_ascii_uppercase).collect();
    let month = MONTHS.iter().position(|month| *month == letters)? as u32 + 1;
    end += 3;
    // Bilingual pages print the month twice.
    while end < 14 && chars.get(end).is_some_and(|c| c.is_alphabetic() || "/.-".contains(*c)) {
        end += 1;
    }
    let year = digits(chars, end, 4)?;
    date(year, month, day).map(|day| (day, end + 4))
}

fn digits(chars: &[char], start: usize, count: usize) -> Option<u32> {
    let signs = chars.get(start..start + count)?;
    signs.iter().try_fold(0, |value, c| Some(value * 10 + c.to_digit(10)?))
}

fn date(year: u32, month: u32, day: u32) -> Option<String> {
    let day =
        Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    day.ok().map(|day| day.to_string())
}

/// 男 or 女, or else the letter M or F behind a stroke or alone.
pub(crate) fn sex(signs: &[Placed]) -> Option<(&'static str, Value)> {
    let sign = |wanted: char| signs.iter().find(|sign| sign.sign == wanted);
    let of = |text, sign: &Placed| Some((text, Value(vec![*sign])));
    match (sign('男'), sign('女')) {
        (Some(sign), None) => of("男", sign),
        (None, Some(sign)) => of("女", sign),
        (Some(_), Some(_)) => None,
        (None, None) => match signs {
            [.., sign] if sign.sign == 'M' => of("男", sign),
            [.., sign] if sign.sign == 'F' => of("女", sign),
            _ => None,
        },
    }
}

/// Three capitals that are a country, with no other letter beside them.
pub(crate) fn country(signs: &[Placed]) -> Option<Value> {
    let runs = signs.split(|sign| !sign.sign.is_ascii_uppercase());
    let mut runs = runs.filter(|run| run.len() == 3);
    let is_one =
        |run: &&[Placed]| Country::of_alpha(Value(run.to_vec()).text().as_bytes()).is_some();
    runs.find(is_one).map(|run| Value(run.to_vec()))
}

/// The longest run of capitals and digits that has one of these lengths and passes `is_right`.
pub(crate) fn number(
    rows: &[Row],
    lengths: &[usize],
    is_right: impl Fn(&str) -> bool,
) -> Option<Value> {
    let of = |row: &Row| {
        let runs = row.signs.split(|sign| !sign.sign.is_ascii_alphanumeric());
        let windows = runs.flat_map(|run| {
            lengths.iter().flat_map(move |length| run.windows(*length).map(<[Placed]>::to_vec))
        });
        let right = windows.filter(|window| is_right(&Value(window.clone()).text()));
        right.map(Value).collect::<Vec<_>>()
    };
    let found = rows.iter().flat_map(of);
    found.max_by(|a, b| a.0.len().cmp(&b.0.len()).then(a.confidence().total_cmp(&b.confidence())))
}

/// Capitals with what stands between the parts of a name, and nothing else, two letters at least.
pub(crate) fn is_latin_name(signs: &[Placed]) -> bool {
    let letters = signs.iter().filter(|sign| sign.sign.is_ascii_uppercase()).count();
    letters >= 2
        && signs.iter().all(|sign| sign.sign.is_ascii_uppercase() || ",.'-".contains(sign.sign))
}

/// Ideographs and middle dots only, two at least.
pub(crate) fn is_chinese_name(signs: &[Placed]) -> bool {
    signs.len() >= 2 && signs.iter().all(|sign| is_ideograph(sign.sign) || sign.sign == '·')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::row;

    fn found(text: &str) -> Vec<String> {
        let text: String = text.chars().filter(|c| *c != ' ').collect();
        days(&row(&text, 0.5).signs).into_iter().map(|day| day.text).collect()
    }

    #[test]
    fn days_in_every_form_that_documents_print() {
        for text in [
            "2006.01.31",
            "2006年1月31日",
            "20060131",
            "31 JAN 2006",
            "31 1月/JAN 2006",
            "31JAN/JAN2006",
        ] {
            assert_eq!(found(text), ["2006-01-31"], "{text}");
        }
        assert_eq!(found("2015.10.26-2025.10.25"), ["2015-10-26", "2025-10-25"]);
        assert_eq!(found("2015.10.26-长期"), ["2015-10-26", LONG_TERM]);
        assert_eq!(found("自2015年01月02日至2035年01月01日"), ["2015-01-02", "2035-01-01"]);
        for none in ["2006.13.01", "2006.02.30", "1234567890", "31 XYZ 2006", ""] {
            assert!(found(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn both_sexes_in_one_line_are_neither() {
        assert_eq!(sex(&row("性别男/M", 0.5).signs).map(|found| found.0), Some("男"));
        assert_eq!(sex(&row("F", 0.5).signs).map(|found| found.0), Some("女"));
        assert!(sex(&row("男女", 0.5).signs).is_none());
    }
}
