//! The resident's identity card, second generation (GA 461-2004 gives what stands where): values
//! by their labels, and by their region where a label was not read.

use crate::geometry::{Quad, at};
use crate::row::{Placed, Raw, Row, Value, labelled, within};
use crate::text::simplified;
use domain::reading::{FieldName, LONG_TERM, is_ideograph, is_people, peoples};

/// Height of an ID-1 card in shares of its width.
pub(crate) const HEIGHT: f32 = 54.0 / 85.6;
/// Where the values begin, and where the portrait does, in shares of the width.
const VALUES_X: f32 = 0.165;
const PORTRAIT_X: f32 = 0.655;
/// Where the people's name begins.
const PEOPLE_X: f32 = 0.375;
/// The only people that can be meant is as sure as this.
const PEOPLE_SURE: f32 = 0.9;
/// Half the height of a strip for a second look.
const STRIP_Y: f32 = 0.052;
/// The middles of the lines, in shares of the height.
const NAME_Y: f32 = 0.125;
const SEX_Y: f32 = 0.262;
const BIRTH_Y: f32 = 0.395;
const ADDRESS_Y: f32 = 0.53;
/// How far above and below a line's middle its value is looked for.
const LINE_Y: f32 = 0.062;

/// How many rows hold something as long as an identity number.
pub(crate) fn number_rows(rows: &[Row]) -> usize {
    rows.iter().filter(|row| number_of(&row.signs).0.len() == 18).count()
}

/// The last run of digits of a line that is long enough for a number, with a closing X.
fn number_of(signs: &[Placed]) -> Value {
    let is_digit = |sign: &Placed| sign.sign.is_ascii_digit() || matches!(sign.sign, 'X' | 'x');
    let runs = signs.split(|sign| !is_digit(sign));
    let longest = runs.max_by_key(|run| run.len()).unwrap_or_default();
    Value(if longest.len() >= 15 { longest.to_vec() } else { Vec::new() })
}

/// Every value of the front. `is_framed` says that the rows' places are shares of the card, so that
/// regions mean something.
pub(crate) fn front(rows: &[Row], is_framed: bool) -> Vec<Raw> {
    let number = number(rows);
    let fields = [
        name(rows, is_framed),
        sex(rows, is_framed),
        ethnicity(rows, is_framed),
        birth(rows, is_framed),
        address(rows, number.as_ref(), is_framed),
    ];
    fields.into_iter().flatten().chain(number).collect()
}

/// The number as printed.
pub(crate) fn number(rows: &[Row]) -> Option<Raw> {
    let candidates = rows.iter().map(|row| number_of(&row.signs));
    let best = candidates.filter(|value| !value.0.is_empty()).max_by_key(|value| value.0.len())?;
    let text = best.text().to_ascii_uppercase();
    Some(Raw::telling(FieldName::Number, text, best))
}

/// Where name, sex, people and birth stand, in shares of the card's width: for a second look at a
/// card whose outline is known and whose labels are not legible.
pub(crate) fn strips() -> [Quad; 4] {
    let strip = |left, right, y: f32| {
        Quad::rectangle(left, (y - STRIP_Y) * HEIGHT, right, (y + STRIP_Y) * HEIGHT)
    };
    [
        strip(VALUES_X, 0.60, NAME_Y),
        strip(VALUES_X, 0.27, SEX_Y),
        strip(PEOPLE_X, 0.60, SEX_Y),
        strip(VALUES_X, 0.56, BIRTH_Y),
    ]
}

/// What stands in the region of a line, right of the labels.
fn region(rows: &[Row], y: f32, is_framed: bool) -> Value {
    if !is_framed {
        return Value::default();
    }
    let (low, high) = ((y - LINE_Y) * HEIGHT, (y + LINE_Y) * HEIGHT);
    // A row counts by its middle; the label's signs are cut off by their own places.
    let mut value = within(rows, at(0.0, low), at(PORTRAIT_X, high));
    value.0.retain(|sign| sign.middle.x >= VALUES_X);
    value
}

fn name(rows: &[Row], is_framed: bool) -> Option<Raw> {
    let found = labelled(rows, "姓名", PORTRAIT_X).map(|found| found.value);
    let value = found.filter(|value| !value.0.is_empty());
    let value = value.unwrap_or_else(|| region(rows, NAME_Y, is_framed));
    Raw::of(FieldName::Name, value.only(|c| is_ideograph(c) || c == '·'))
}

fn sex(rows: &[Row], is_framed: bool) -> Option<Raw> {
    let found = labelled(rows, "性别", PORTRAIT_X).map(|found| found.value);
    let of = |value: Value| value.0.into_iter().find(|sign| matches!(sign.sign, '男' | '女'));
    let sign = found.and_then(of).or_else(|| of(region(rows, SEX_Y, is_framed)))?;
    Raw::of(FieldName::Sex, Value(vec![sign]))
}

fn ethnicity(rows: &[Row], is_framed: bool) -> Option<Raw> {
    let found = labelled(rows, "民族", PORTRAIT_X).map(|found| found.value);
    let of_region = || {
        let mut value = region(rows, SEX_Y, is_framed);
        value.0.retain(|sign| sign.middle.x >= PEOPLE_X);
        value
    };
    let found = found.filter(|value| !value.0.is_empty()).unwrap_or_else(of_region);
    let mut found = found.only(is_ideograph);
    as_people(&mut found);
    let text: String = found.text().chars().map(simplified).collect();
    let text = if is_people(&text) { text } else { text.trim_end_matches('族').to_owned() };
    (!text.is_empty()).then(|| Raw::telling(FieldName::Ethnicity, text, found))
}

/// Of what is no people, the only one that the net saw there, too: there are 56, and no others.
fn as_people(found: &mut Value) {
    let is_seen = |people: &&str| {
        let signs = found.0.iter().zip(people.chars());
        let mut seen = signs.map(|(s, c)| simplified(s.sign) == c || s.rivals.contains(&c));
        people.chars().count() == found.0.len() && seen.all(|is_seen| is_seen)
    };
    let text: String = found.text().chars().map(simplified).collect();
    let seen: Vec<&str> = peoples().filter(is_seen).collect();
    let [only] = seen.as_slice() else { return };
    if is_people(text.trim_end_matches('族')) {
        return;
    }
    for (sign, people) in found.0.iter_mut().zip(only.chars()) {
        sign.sign = people;
        sign.confidence = sign.confidence.max(PEOPLE_SURE);
    }
}

fn birth(rows: &[Row], is_framed: bool) -> Option<Raw> {
    let of = |value: Value| {
        let text = value.text();
        let parts =
            [text.split('年').next()?, between(&text, '年', '月')?, between(&text, '月', '日')?];
        let [year, month, day] = parts.map(|part| part.trim_matches(|c: char| !c.is_ascii_digit()));
        let date = date(year, month, day)?;
        let signs = value.only(|c| c.is_ascii_digit() || matches!(c, '年' | '月' | '日'));
        Some(Raw::telling(FieldName::Birth, date, signs))
    };
    let found = labelled(rows, "出生", PORTRAIT_X).and_then(|found| of(found.value));
    found.or_else(|| of(region(rows, BIRTH_Y, is_framed)))
}

fn between(text: &str, from: char, to: char) -> Option<&str> {
    text.split_once(from)?.1.split_once(to).map(|(part, _)| part)
}

fn date(year: &str, month: &str, day: &str) -> Option<String> {
    if year.len() != 4 {
        return None;
    }
    let day = jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    day.ok().map(|day| day.to_string())
}

fn address(rows: &[Row], number: Option<&Raw>, is_framed: bool) -> Option<Raw> {
    let label = labelled(rows, "住址", PORTRAIT_X);
    let (left, top) = match &label {
        Some(found) => (found.end.x + 0.008, found.end.y),
        None if is_framed => (VALUES_X, ADDRESS_Y * HEIGHT),
        None => return None,
    };
    let end = number_line(rows, number).filter(|line| line.middle().y > top);
    let is_above = |row: &&Row| {
        end.is_none_or(|line| {
            let middle = row.middle();
            middle.y < line.height_at(middle.x) - 0.4 * line.quad.height()
        })
    };
    let above: Vec<Row> = rows.iter().filter(is_above).cloned().collect();
    let bottom = if end.is_some() { f32::MAX } else { top + 0.24 };
    let right = if is_framed { PORTRAIT_X } else { left + 0.5 };
    let mut value = within(&above, at(left - 0.1, top - 0.035), at(right, bottom));
    value.0.retain(|sign| sign.middle.x > left);
    let value = value.only(|c| is_ideograph(c) || c.is_ascii_alphanumeric() || "-()#·".contains(c));
    let text: String = value.text().chars().map(simplified).collect();
    (!text.is_empty()).then(|| Raw::telling(FieldName::Address, text, value))
}

/// The line of the number, or of its label: what stands above it, however near, is of the address.
fn number_line<'a>(rows: &'a [Row], number: Option<&Raw>) -> Option<&'a Row> {
    let first = number.and_then(|number| number.signs.0.first());
    let of_number =
        first.and_then(|first| rows.iter().find(|row| row.signs.iter().any(|s| s == first)));
    of_number.or_else(|| rows.iter().find(|row| row.behind("公民身份").is_some()))
}

/// Every value of the back.
pub(crate) fn back(rows: &[Row]) -> Vec<Raw> {
    let mut fields: Vec<Raw> = issuer(rows).into_iter().collect();
    fields.extend(validity(rows));
    fields
}

fn issuer(rows: &[Row]) -> Option<Raw> {
    let found = labelled(rows, "签发机关", 1.0).map(|found| found.value);
    let of_office = || {
        let is_office = |row: &&Row| row.behind("公安").is_some();
        let row = rows.iter().find(is_office)?;
        let signs = row.signs.iter().filter(|sign| sign.middle.x > 0.37);
        Some(Value(signs.copied().collect()))
    };
    let value = found.filter(|value| !value.0.is_empty()).or_else(of_office)?.only(is_ideograph);
    let text: String = value.text().chars().map(simplified).collect();
    (!text.is_empty()).then(|| Raw::telling(FieldName::Issuer, text, value))
}

/// The first and the last day: the row with the most digits, eight of them for each day.
fn validity(rows: &[Row]) -> Vec<Raw> {
    let labelled = labelled(rows, "有效期限", 1.0).map(|found| found.value);
    let digits = |value: &Value| value.0.iter().filter(|sign| sign.sign.is_ascii_digit()).count();
    let widest = rows.iter().map(|row| Value(row.signs.clone())).max_by_key(digits);
    let value = labelled.filter(|value| digits(value) >= 8).or(widest).unwrap_or_default();
    let value = value.only(|c| c.is_ascii_digit() || matches!(c, '长' | '長' | '期'));
    let split = value.0.iter().take_while(|sign| sign.sign.is_ascii_digit()).count().min(8);
    let Some((from, until)) = value.0.split_at_checked(split) else { return Vec::new() };
    let day = |signs: &[Placed]| {
        let text = Value(signs.to_vec()).text();
        let is_whole = text.len() == 8 && text.is_ascii();
        let (year, rest) = is_whole.then(|| text.split_at(4))?;
        let (month, day) = rest.split_at(2);
        date(year, month, day)
    };
    let Some(first) = day(from) else { return Vec::new() };
    let mut fields = vec![Raw::telling(FieldName::ValidFrom, first, Value(from.to_vec()))];
    let rest = Value(until.to_vec());
    let last = match rest.text().as_str() {
        "长期" | "長期" => Some(LONG_TERM.to_owned()),
        _ => day(until),
    };
    fields.extend(last.map(|last| Raw::telling(FieldName::ValidUntil, last, rest)));
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row that begins at `left`, with signs as wide as high.
    fn row(text: &str, left: f32, y: f32, size: f32) -> Row {
        let (right, half) = (left + size * text.chars().count() as f32, size * 0.65);
        Row::drawn(text, (left, right), (y - half, y + half))
    }

    /// A temporary card's lines lie closer than a resident's.
    fn temporary(last: &[Row]) -> Vec<Row> {
        let mut rows = vec![
            row("住址", 0.075, 0.334, 0.036),
            row("湖南省长沙市岳麓区解放", 0.178, 0.332, 0.034),
            row("大道421号18栋5单", 0.178, 0.372, 0.034),
            row("元1504室", 0.178, 0.411, 0.034),
        ];
        rows.extend(last.iter().cloned());
        rows
    }

    fn address_of(rows: &[Row]) -> Option<String> {
        front(rows, true).into_iter().find(|raw| raw.name == FieldName::Address).map(|raw| raw.text)
    }

    #[test]
    fn the_last_line_of_an_address_close_above_the_number_is_not_left_out() {
        let number = [
            row("公民身份号码", 0.075, 0.464, 0.036),
            row("430199199001010017", 0.34, 0.463, 0.032),
        ];
        let whole = Some("湖南省长沙市岳麓区解放大道421号18栋5单元1504室".to_owned());
        assert_eq!(address_of(&temporary(&number)), whole);
        let one = [row("公民身份号码430199199001010017", 0.075, 0.463, 0.03)];
        assert_eq!(address_of(&temporary(&one)), whole);
    }

    #[test]
    fn the_label_of_a_number_that_was_not_read_is_no_line_of_the_address() {
        let label = [row("公民身份号码", 0.075, 0.464, 0.036), row("签发机关", 0.075, 0.53, 0.03)];
        let whole = Some("湖南省长沙市岳麓区解放大道421号18栋5单元1504室".to_owned());
        assert_eq!(address_of(&temporary(&label)), whole);
    }

    #[test]
    fn a_people_with_a_rare_sign_is_the_one_that_the_net_saw_too() {
        let of = |text: &str, rivals: [char; 6]| {
            let mut value = row(text, 0.402, 0.16, 0.04);
            value.signs.iter_mut().for_each(|sign| {
                sign.confidence = 0.4;
                sign.rivals = rivals;
            });
            let rows = [row("民族", 0.3, 0.16, 0.034), value];
            let found = front(&rows, true).into_iter();
            let found = found.filter(|raw| raw.name == FieldName::Ethnicity);
            found.map(|raw| (raw.text, raw.signs.confidence())).next().expect("a people")
        };
        let none = ['\0'; 6];
        let seen = |signs: &str| {
            let mut rivals = none;
            rivals.iter_mut().zip(signs.chars()).for_each(|(to, sign)| *to = sign);
            rivals
        };
        assert_eq!(of("葬", seen("彝弊")), ("彝".to_owned(), PEOPLE_SURE));
        assert_eq!(of("保保", seen("傈僳")), ("傈僳".to_owned(), PEOPLE_SURE));
        assert_eq!(of("葬", none), ("葬".to_owned(), 0.4));
        assert_eq!(of("葬", seen("彝藏")), ("葬".to_owned(), 0.4), "two could be meant");
        assert_eq!(of("藏", seen("彝")), ("藏".to_owned(), 0.4), "a people as it was read");
    }
}
