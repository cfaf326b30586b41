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
    let whole = scan::number(rows, &[18], |text| check(kind, text, today).is_valid());
    let value = whole.or_else(|| scan::number(rows, &[18], is_code))?;
    Raw::of(FieldName::Number, value)
}

fn person(rows: &[Row]) -> Option<Raw> {
    let of = |value: Value| {
        let run = value.0.iter().take_while(|s| is_ideograph(s.sign) || s.sign == '·').count();
        let own = value.0.get(..run)?.to_vec();
        (2..=20).contains(&own.len()).then_some(Value(own))
    };
    let found = beside_or_below(rows, &PERSONS).into_iter().find_map(of)?;
    Raw::of(FieldName::LegalPerson, found)
}

fn validity(rows: &[Row]) -> Vec<Raw> {
    let labels = ["营业期限", "合伙期限", "经营期限", "期限"];
    let values = beside_or_below(rows, &labels);
    let days = |signs: &[Placed]| Some(scan::days(signs)).filter(|days| !days.is_empty());
    let Some(days) = values.iter().find_map(|value| days(&value.0)) else { return Vec::new() };
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
