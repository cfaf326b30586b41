//! Machine-readable zones (ICAO Doc 9303) among the rows of a document: what each column may hold
//! decides before any check digit does, because nets take O for 0 and 0 for O.

use crate::row::{Placed, Row, Value};
use domain::identity::mrz::{Form, Mrz};
use jiff::civil::Date;

/// Rows with fewer signs are no part of a zone, unless they continue one.
const SIGNS_MIN: usize = 8;
/// So many signs more or less than a line has may be fillers that were counted wrongly.
const SLACK: usize = 7;

/// A zone with the place of every column.
#[derive(Clone)]
pub(crate) struct Zone {
    /// TD1 or TD3.
    pub(crate) form: Form,
    /// One sign for each column, line after line.
    columns: Vec<Placed>,
}

/// What may stand in a column.
#[derive(Clone, Copy, PartialEq)]
enum May {
    Letter,
    Digit,
    Sex,
    Any,
}

impl Zone {
    fn width(&self) -> usize {
        if self.form == Form::Td3 { 44 } else { 30 }
    }

    /// The lines, joined by `/`.
    pub(crate) fn text(&self) -> String {
        let lines = self.columns.chunks(self.width());
        let lines: Vec<String> = lines.map(|line| Value(line.to_vec()).text()).collect();
        lines.join("/")
    }

    /// Every sign that is no filler.
    pub(crate) fn value(&self) -> Value {
        Value(self.columns.iter().filter(|sign| sign.sign != '<').copied().collect())
    }

    /// The signs from one column to another, counted over all lines, without fillers.
    pub(crate) fn part(&self, from: usize, to: usize) -> Value {
        let signs = self.columns.get(from..to).unwrap_or_default();
        Value(signs.iter().filter(|sign| sign.sign != '<').copied().collect())
    }

    /// What it says.
    pub(crate) fn read(&self, today: Date) -> Mrz {
        Mrz::read(&self.text(), today)
    }

    /// Whether its document letter is this one.
    pub(crate) fn begins_with(&self, letters: &str) -> bool {
        self.text().starts_with(letters)
    }
}

/// Whether a row looks like a piece of a zone.
pub(crate) fn is_piece(row: &Row) -> bool {
    let signs = translated(row);
    let fillers = signs.iter().filter(|sign| sign.sign == '<').count();
    let own = signs.iter().filter(|sign| is_of_zone(sign.sign)).count();
    signs.len() >= SIGNS_MIN && own * 20 >= signs.len() * 19 && (fillers >= 2 || signs.len() >= 26)
}

fn is_of_zone(sign: char) -> bool {
    sign.is_ascii_uppercase() || sign.is_ascii_digit() || sign == '<'
}

/// Every zone among the rows.
pub(crate) fn zones(rows: &[Row]) -> Vec<Zone> {
    let lines = lines(rows);
    let mut found = Vec::new();
    let mut rest = lines.as_slice();
    while let [first, after @ ..] = rest {
        let is_td3 = first.first().is_some_and(|sign| sign.sign == 'P') && is_near(first, 44);
        let is_td1 =
            first.first().is_some_and(|sign| "ACI".contains(sign.sign)) && is_near(first, 30);
        let zone = match after {
            [second, ..] if is_td3 && is_near(second, 44) => td3(first, second),
            [second, third, ..] if is_td1 => td1(first, second, third),
            _ => None,
        };
        rest = after;
        if let Some(zone) = zone {
            let used = if zone.form == Form::Td3 { 1 } else { 2 };
            rest = after.get(used..).unwrap_or_default();
            found.push(zone);
        }
    }
    found
}

/// The lines of writing that may belong to a zone, from above; each of one or more rows.
fn lines(rows: &[Row]) -> Vec<Vec<Placed>> {
    let mut pieces: Vec<&Row> = rows.iter().filter(|row| is_piece(row)).collect();
    pieces.sort_by(|a, b| a.middle().y.total_cmp(&b.middle().y));
    let mut lines: Vec<Vec<&Row>> = Vec::new();
    for row in pieces {
        let is_beside = |other: &&Row| {
            let apart = (other.height_at(row.middle().x) - row.middle().y).abs();
            apart < row.quad.height().min(other.quad.height()) * 0.5
        };
        match lines.iter_mut().find(|line| line.iter().any(is_beside)) {
            Some(line) => line.push(row),
            None => lines.push(vec![row]),
        }
    }
    let joined = lines.into_iter().map(|mut line| {
        line.sort_by(|a, b| a.middle().x.total_cmp(&b.middle().x));
        line.into_iter().flat_map(translated).filter(|sign| is_of_zone(sign.sign)).collect()
    });
    joined.collect()
}

/// What nets make of fillers and of capitals.
fn translated(row: &Row) -> Vec<Placed> {
    let mut signs = Vec::new();
    for sign in &row.signs {
        let plain = match sign.sign {
            '‹' | '〈' | '《' | 'く' | '«' | '≤' | '＜' | '(' => '<',
            other => other.to_ascii_uppercase(),
        };
        signs.push(Placed { sign: plain, ..*sign });
        // One sign that stands for two.
        if matches!(sign.sign, '«' | '《') {
            signs.push(Placed { sign: '<', ..*sign });
        }
    }
    signs
}

fn is_near(line: &[Placed], columns: usize) -> bool {
    line.len().abs_diff(columns) <= SLACK
}

fn td3(first: &[Placed], second: &[Placed]) -> Option<Zone> {
    let first = padded(first, 44, 5)?;
    let second = padded(second, 44, 28)?;
    let upper = first.iter().map(|sign| as_one(*sign, May::Letter));
    let lower = second.iter().enumerate().map(|(column, sign)| {
        let may = match column {
            10..=12 => May::Letter,
            9 | 13..=19 | 21..=27 | 43 => May::Digit,
            20 => May::Sex,
            _ => May::Any,
        };
        as_one(*sign, may)
    });
    Some(Zone { form: Form::Td3, columns: chinese(upper.chain(lower).collect()) })
}

/// Chinese passports, Hong Kong's and Macao's have seven digits behind two signs of which the first
/// is a letter (`domain::identity::passport`).
fn chinese(mut columns: Vec<Placed>) -> Vec<Placed> {
    let issuer: String = columns.iter().skip(2).take(3).map(|sign| sign.sign).collect();
    if issuer == "CHN" {
        for (column, sign) in columns.iter_mut().enumerate().skip(44).take(9) {
            let may = match column {
                44 => May::Letter,
                45 => May::Any,
                _ => May::Digit,
            };
            *sign = as_one(*sign, may);
        }
        // The second sign is a digit or a letter, never I or O.
        if let Some(sign) = columns.get_mut(45) {
            sign.sign = match sign.sign {
                'O' => '0',
                'I' => '1',
                other => other,
            };
        }
    }
    columns
}

fn td1(first: &[Placed], second: &[Placed], third: &[Placed]) -> Option<Zone> {
    let (first, second) = (padded(first, 30, 15)?, padded(second, 30, 18)?);
    let third = padded(third, 30, 0)?;
    let upper = first
        .iter()
        .enumerate()
        .map(|(column, sign)| as_one(*sign, if column < 5 { May::Letter } else { May::Any }));
    let middle = second.iter().enumerate().map(|(column, sign)| {
        let may = match column {
            0..=6 | 8..=14 | 29 => May::Digit,
            7 => May::Sex,
            15..=17 => May::Letter,
            _ => May::Any,
        };
        as_one(*sign, may)
    });
    let lower = third.iter().map(|sign| as_one(*sign, May::Letter));
    Some(Zone { form: Form::Td1, columns: upper.chain(middle).chain(lower).collect() })
}

/// Brings a line to its number of columns by the fillers behind column `from`, which carry nothing:
/// nets count long runs wrongly. `None` if other signs are missing or too many.
fn padded(line: &[Placed], columns: usize, from: usize) -> Option<Vec<Placed>> {
    let mut line = line.to_vec();
    while line.len() != columns {
        let (start, length) = longest_fillers(&line, from)?;
        if line.len() > columns {
            if length < 2 {
                return None;
            }
            line.remove(start);
        } else {
            let own = *line.get(start)?;
            line.insert(start, own);
        }
    }
    Some(line)
}

fn longest_fillers(line: &[Placed], from: usize) -> Option<(usize, usize)> {
    let mut best: Option<(usize, usize)> = None;
    let mut start = from;
    while start < line.len() {
        let rest = line.get(start..)?;
        let length = rest.iter().take_while(|sign| sign.sign == '<').count();
        if length > best.map_or(0, |(_, most)| most) {
            best = Some((start, length));
        }
        start += length.max(1);
    }
    best
}

/// The sign as its column allows.
fn as_one(sign: Placed, may: May) -> Placed {
    let plain = match (may, sign.sign) {
        (May::Letter, '0') => 'O',
        (May::Letter, '1') => 'I',
        (May::Letter, '2') => 'Z',
        (May::Letter, '5') => 'S',
        (May::Letter, '6') => 'G',
        (May::Letter, '8') => 'B',
        (May::Digit, 'O' | 'Q' | 'D' | 'U') => '0',
        (May::Digit, 'I' | 'L' | 'J') => '1',
        (May::Digit, 'Z') => '2',
        (May::Digit, 'S') => '5',
        (May::Digit, 'G') => '6',
        (May::Digit, 'B') => '8',
        (May::Sex, 'H' | 'N') => 'M',
        (May::Sex, 'P' | 'E') => 'F',
        (_, other) => other,
    };
    Placed { sign: plain, ..sign }
}

/// A zone's row for tests.
#[cfg(test)]
pub(crate) fn row(text: &str, y: f32) -> Row {
    Row::drawn(text, (0.05, 0.95), (y - 0.015, y + 0.015))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::finding::Finding;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 27);
    const UPPER: &str = "P<GBRTEST<<SAMPLE<ONE<<<<<<<<<<<<<<<<<<<<<<<";
    const LOWER: &str = "9990000010GBR8506151<3111301<<<<<<<<<<<<<<<2";

    fn zone(upper: &str, lower: &str) -> Option<Zone> {
        zones(&[row(upper, 0.6), row(lower, 0.65)]).pop()
    }

    #[test]
    fn columns_decide_between_letters_and_digits_before_check_digits() {
        let upper = UPPER.replace('O', "0").replace("TEST", "TE5T");
        let lower = LOWER.replace("8506151", "85O6I51");
        let mrz = zone(&upper, &lower).expect("a zone").read(TODAY);
        assert_eq!((mrz.surname.as_str(), mrz.given.as_str()), ("TEST", "SAMPLE ONE"));
        assert_eq!(mrz.birth, Some(date(1985, 6, 15)));
        assert!(mrz.is_valid(), "{mrz:?}");
    }

    #[test]
    fn a_wrong_digit_stays_wrong() {
        let mrz =
            zone(UPPER, &LOWER.replace("999000001", "999000007")).expect("a zone").read(TODAY);
        assert!(mrz.findings.has(Finding::MrzNumberCheck));
        assert_eq!(mrz.number.as_str(), "999000007");
    }

    #[test]
    fn fillers_are_counted_by_columns_and_other_signs_are_not_made_up() {
        let long = LOWER.replace("<<<<<<<<<<<<<<<2", "<<<<<<<<<<<<<<<<<2");
        assert_eq!(zone(UPPER, &long).expect("a zone").text(), format!("{UPPER}/{LOWER}"));
        let short = UPPER.replacen("<<<<<<<", "<<<", 1);
        assert!(zone(&short, LOWER).expect("a zone").text().starts_with(UPPER));
        // A digit is missing: columns do not say which.
        let lost = "Z00000038USA7001017F29123161234567890123445";
        assert!(zone(UPPER, lost).is_none());
    }

    #[test]
    fn two_pieces_of_one_line_are_joined_and_prose_is_no_zone() {
        let mut rows = vec![row(LOWER, 0.65)];
        for (from, to, text) in
            [(0.05, 0.5, "P<GBRTEST<<SAMPLE<ONE<"), (0.5, 0.95, "<<<<<<<<<<<<<<<<<<<<<<")]
        {
            let mut piece = row(text, 0.6);
            piece.quad = crate::geometry::Quad::rectangle(from, 0.585, to, 0.615);
            rows.push(piece);
        }
        assert_eq!(zones(&rows).len(), 1);
        assert!(
            !is_piece(&row("THE SECRETARY OF STATE REQUESTS", 0.3))
                || zones(&[row("THESECRETARYOFSTATEREQUESTSANDREQUIRES", 0.3)]).is_empty()
        );
    }
}
