//! Business licences (营业执照, the form of 2018): name, unified credit code, who answers, validity.

use crate::row::{Placed, Raw, Row, Value, beside_or_below};
use crate::scan;
use domain::identity::{DocumentKind, check};
use domain::reading::{FieldName, is_ideograph};
use jiff::civil::Date;

/// How the names of organisations end.
const ENDINGS: [&str; 16] = [
    "公司",
    "厂",
    "店",
    "部",
    "社",
    "中心",
    "行",
    "馆",
    "院",
    "所",
    "合伙)",
    "(有限合伙)",
    "事务所",
    "工作室",
    "户",
    "场",
];
/// In whose place somebody answers, by the kind of organisation.
const PERSONS: [&str; 6] =
    ["法定代表人", "经营者", "负责人", "投资人", "执行事务合伙人", "首席代表"];

/// Every value of a licence.
pub(crate) fn values(rows: &[Row], today: Date) -> Vec<Raw> {
    let fields = [name(rows), code(rows, today), person(rows)];
    fields.into_iter().flatten().chain(validity(rows)).collect()
}

fn name(rows: &[Row]) -> Option<Raw> {
    let tidy = |value: Value| {
        let own = value.only(|c| is_ideograph(c) || "()·".contains(c) || c.is_ascii_alphanumeric());
        let text = own.text();
        let is_name = own.0.len() >= 3 && ENDINGS.iter().any(|end| text.ends_with(end));
        is_name.then_some(own)
    };
    let labelled = beside_or_below(rows, &["名称", "称"]).into_iter().find_map(tidy);
    let anywhere = || {
        // The firm's name stands above everything else that ends like one.
        let mut sorted: Vec<&Row> = rows.iter().collect();
        sorted.sort_by(|a, b| a.middle().y.total_cmp(&b.middle().y));
        sorted.into_iter().find_map(|row| {
            let text = Value(row.signs.clone()).text();
            let is_firm = text.ends_with("公司") && !text.contains("责任公司(");
            is_firm.then(|| tidy(Value(row.signs.clone()))).flatten()
        })
    };
    Raw::of(FieldName::Name, labelled.or_else(anywhere)?)
}

fn code(rows: &[Row], today: Date) -> Option<Raw> {
    let kind = DocumentKind::BusinessLicence;
    let is_code = |text: &str| {
        let has_digit = text.chars().filter(char::is_ascii_digit).count() >= 8;
        has_digit && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    };
    let rows: Vec<Row> = rows.iter().map(of_code).collect();
    let whole = scan::number(&rows, &[18], |text| check(kind, text, today).is_valid());
    let value = whole.or_else(|| scan::number(&rows, &[18], is_code))?;
    Raw::of(FieldName::Number, value)
}

/// The same row with digits for the letters that no code has (GB 32100-2015): nets take 0 for O.
fn of_code(row: &Row) -> Row {
    let as_digit = |sign: &Placed| {
        let digit = match sign.sign {
            'O' => '0',
            'I' => '1',
            'Z' => '2',
            'S' => '5',
            other => other,
        };
        Placed { sign: digit, ..*sign }
    };
    Row { signs: row.signs.iter().map(as_digit).collect(), quad: row.quad }
}

fn person(rows: &[Row]) -> Option<Raw> {
    let of = |value: Value| {
        let own = before_labels(&value.0);
        let run = own.iter().take_while(|s| is_ideograph(s.sign) || s.sign == '·').count();
        let own = own.get(..run)?.to_vec();
        (2..=20).contains(&own.len()).then_some(Value(own))
    };
    let found = beside_or_below(rows, &PERSONS).into_iter().find_map(of)?;
    Raw::of(FieldName::LegalPerson, found)
}

/// Labels that may stand right of a value, in the second column.
const LABELS: [&str; 8] =
    ["营业期限", "合伙期限", "经营期限", "注册资本", "成立日期", "住所", "登记机关", "经营范围"];

/// The signs before the next label.
fn before_labels(signs: &[Placed]) -> Vec<Placed> {
    let text: Vec<char> = signs.iter().map(|sign| sign.sign).collect();
    let starts = LABELS.iter().filter_map(|label| {
        let label: Vec<char> = label.chars().collect();
        text.windows(label.len()).position(|window| window == label)
    });
    signs.get(..starts.min().unwrap_or(signs.len())).unwrap_or_default().to_vec()
}

/// The value with the nearest line below it that begins where it begins.
fn wrapped(rows: &[Row], value: &Value) -> Vec<Placed> {
    let (Some(first), Some(last)) = (value.0.first(), value.0.last()) else { return Vec::new() };
    let is_next = |row: &&Row| {
        let under = row.height_at(first.middle.x) - first.middle.y;
        let [left, ..] = row.quad.bounds();
        let height = row.quad.height();
        under > 0.5 * height
            && under < 2.2 * height
            && (left - first.middle.x).abs() < 1.5 * height
            && left < last.middle.x
    };
    let near = |a: &&Row, b: &&Row| a.middle().y.total_cmp(&b.middle().y);
    let next = rows.iter().filter(is_next).min_by(near);
    let next = next.map(|row| row.signs.clone()).unwrap_or_default();
    [value.0.clone(), next].concat()
}

fn validity(rows: &[Row]) -> Vec<Raw> {
    let labels = ["营业期限", "合伙期限", "经营期限", "期限"];
    let values = beside_or_below(rows, &labels);
    let days = |signs: &[Placed]| Some(scan::days(signs)).filter(|days| !days.is_empty());
    let whole = |value: &Value| {
        let wrapped = wrapped(rows, value);
        // A line that ends within a day goes on below.
        days(&wrapped).filter(|days| days.len() > 1).or_else(|| days(&value.0))
    };
    let Some(days) = values.iter().find_map(whole) else { return Vec::new() };
    match days.as_slice() {
        [only] if only.text == domain::reading::LONG_TERM => {
            vec![Raw::telling(FieldName::ValidUntil, only.text.clone(), only.signs.clone())]
        }
        [from, until, ..] => vec![
            Raw::telling(FieldName::ValidFrom, from.text.clone(), from.signs.clone()),
            Raw::telling(FieldName::ValidUntil, until.text.clone(), until.signs.clone()),
        ],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 27);

    /// A row that begins at `left`; signs are 0.02 wide.
    fn row(text: &str, left: f32, y: f32) -> Row {
        let right = left + 0.02 * text.chars().count() as f32;
        Row::drawn(text, (left, right), (y - 0.01, y + 0.01))
    }

    #[test]
    fn two_columns_are_not_run_together_and_a_day_goes_on_in_the_next_line() {
        let rows = [
            row("统一社会信用代码", 0.1, 0.1),
            row("91110000600037341L", 0.1, 0.13),
            row("名称", 0.1, 0.2),
            row("样本科技有限公司", 0.2, 0.2),
            row("法定代表人", 0.1, 0.26),
            row("张三丰", 0.22, 0.26),
            row("营业期限", 0.5, 0.26),
            row("2015年07月27日至2035", 0.6, 0.26),
            row("年07月26日", 0.6, 0.285),
            row("住所", 0.5, 0.32),
        ];
        let found = values(&rows, TODAY);
        let told = |name| found.iter().find(|raw| raw.name == name).map(|raw| raw.text.as_str());
        assert_eq!(told(FieldName::Name), Some("样本科技有限公司"));
        assert_eq!(told(FieldName::Number), Some("91110000600037341L"));
        assert_eq!(told(FieldName::LegalPerson), Some("张三丰"));
        assert_eq!(told(FieldName::ValidFrom), Some("2015-07-27"));
        assert_eq!(told(FieldName::ValidUntil), Some("2035-07-26"));
    }

    #[test]
    fn a_day_goes_on_in_the_nearest_line_below_and_not_in_the_next_value() {
        // The longest lines are found first, as the detector gives them.
        let rows = [
            row("四川省成都市武侯区和平街112号", 0.639, 0.357),
            row("2012年02月26日至2032", 0.639, 0.311),
            row("年02月25日", 0.642, 0.3345),
            row("营业期限", 0.541, 0.310),
        ];
        let found = values(&rows, TODAY);
        let days: Vec<&str> = found.iter().map(|raw| raw.text.as_str()).collect();
        assert_eq!(days, ["2012-02-26", "2032-02-25"]);
    }

    #[test]
    fn letters_that_no_code_has_are_digits() {
        let rows = [row("9IIIOOOO600037341L", 0.1, 0.1)];
        let found = values(&rows, TODAY);
        assert_eq!(found.first().map(|raw| raw.text.as_str()), Some("91110000600037341L"));
    }
}
