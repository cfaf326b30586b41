//! Cards with labels beside or above their values: travel permits and permanent-resident cards, and
//! what the back of a residence permit has more than that of a resident's card.

use crate::row::{Placed, Raw, Row, Value, beside_or_below};
use crate::scan;
use crate::text::simplified;
use crate::zone::is_piece;
use domain::identity::{DocumentKind, check};
use domain::reading::{FieldName, is_ideograph};
use jiff::civil::Date;

/// Every value of a permit's or a permanent resident's card.
pub(crate) fn values(kind: DocumentKind, rows: &[Row], today: Date) -> Vec<Raw> {
    let rows: Vec<Row> = rows.iter().filter(|row| !is_piece(row)).cloned().collect();
    let number = number(kind, &rows, today);
    let fields = [
        name(&rows),
        latin_name(&rows),
        sex(&rows),
        nationality(kind, &rows),
        birth(&rows),
        number,
        issuer(&rows),
        issue_count(&rows),
    ];
    let mut raws: Vec<Raw> = fields.into_iter().flatten().collect();
    raws.extend(validity(&rows));
    // A card without a name in Chinese characters bears the other one as its name.
    let has_name = raws.iter().any(|raw| raw.name == FieldName::Name);
    if kind == DocumentKind::PermanentResidence && !has_name {
        let latin = raws.iter().find(|raw| raw.name == FieldName::LatinName);
        let name =
            latin.map(|raw| Raw::telling(FieldName::Name, raw.text.clone(), raw.signs.clone()));
        raws.extend(name);
    }
    raws
}

/// What the back of a residence permit has more.
pub(crate) fn permit_back(rows: &[Row], today: Date) -> Vec<Raw> {
    let kinds = [DocumentKind::HongKongMacaoPermit, DocumentKind::TaiwanPermit];
    let is_right = |text: &str| kinds.iter().any(|kind| check(*kind, text, today).is_valid());
    let labelled = beside_or_below(rows, &["通行证号码", "通行证号", "行证号码"]);
    let of_value = |value: Value| {
        let run = value.0.iter().take_while(|sign| sign.sign.is_ascii_alphanumeric()).count();
        let signs = value.0.get(..run)?.to_vec();
        is_right(&Value(signs.clone()).text()).then_some(Value(signs))
    };
    let number = labelled.into_iter().find_map(of_value);
    let number = number.and_then(|value| Raw::of(FieldName::PermitNumber, value));
    number.into_iter().chain(issue_count(rows)).collect()
}

fn first<T>(rows: &[Row], labels: &[&str], of: impl Fn(Value) -> Option<T>) -> Option<T> {
    beside_or_below(rows, labels).into_iter().find_map(of)
}

/// Words of the cards that are no names.
const WORDS: [&str; 12] = [
    "姓名",
    "性别",
    "出生",
    "国籍",
    "有效",
    "证件",
    "签发",
    "机关",
    "居留",
    "通行证",
    "号码",
    "共和国",
];

fn name(rows: &[Row]) -> Option<Raw> {
    let of = |value: Value| {
        let run = value.0.iter().take_while(|s| is_ideograph(s.sign) || s.sign == '·').count();
        let own = Value(value.0.get(..run)?.to_vec());
        let text = own.text();
        let is_name = scan::is_chinese_name(&own.0) && !WORDS.iter().any(|w| text.contains(w));
        is_name.then_some(own)
    };
    let labelled = first(rows, &["姓名"], of);
    // The second line of a name in two scripts.
    let beside_latin = || {
        let latin = rows.iter().filter(|row| is_latin_row(row));
        let mut near = latin.flat_map(|latin| {
            rows.iter().filter(move |row| {
                let apart = (latin.middle().y - row.middle().y).abs();
                let height = latin.quad.height().max(row.quad.height());
                let [left, _, right, _] = latin.quad.bounds();
                let [own_left, ..] = row.quad.bounds();
                let is_within = own_left > left - 0.05 && own_left < right;
                apart > 0.4 * height && apart < 2.2 * height && is_within
            })
        });
        near.find_map(|row| of(Value(row.signs.clone())))
    };
    Raw::of(FieldName::Name, labelled.or_else(beside_latin)?)
}

/// A comma stands between the parts of a name, and in no other line in capitals.
fn is_latin_row(row: &Row) -> bool {
    let own = latin_part(&row.signs);
    own.iter().any(|sign| sign.sign == ',')
}

/// The longest run of capitals and what stands between the parts of a name.
fn latin_part(signs: &[Placed]) -> Vec<Placed> {
    let runs = signs.split(|s| !(s.sign.is_ascii_uppercase() || ",.'-".contains(s.sign)));
    let longest = runs.max_by_key(|run| run.len()).unwrap_or_default();
    if scan::is_latin_name(longest) { longest.to_vec() } else { Vec::new() }
}

fn latin_name(rows: &[Row]) -> Option<Raw> {
    let of = |value: Value| {
        let own = latin_part(&value.0);
        // Without a comma it is a name only if hardly anything else stands there.
        let is_alone = own.len() >= 4 && own.len() * 10 >= value.0.len() * 8;
        (is_alone || own.iter().any(|sign| sign.sign == ',')).then_some(Value(own))
    };
    let labelled = first(rows, &["姓名", "Name", "NAME"], of);
    let anywhere = || {
        let rows = rows.iter().filter(|row| is_latin_row(row));
        rows.map(|row| Value(latin_part(&row.signs))).max_by_key(|value| value.0.len())
    };
    let signs = labelled.or_else(anywhere)?;
    // The comma parts family and given names. The form has one: that it was seen is enough.
    let text = signs.spaced().replace(',', " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_one = signs.0.iter().filter(|sign| sign.sign == ',').count() == 1;
    let own = if is_one { signs.only(|c| c != ',') } else { signs };
    Some(Raw::telling(FieldName::LatinName, text, own))
}

fn sex(rows: &[Row]) -> Option<Raw> {
    let of = |value: Value| scan::sex(&value.0);
    let anywhere =
        || rows.iter().filter(|row| row.signs.len() <= 4).find_map(|row| scan::sex(&row.signs));
    let (text, signs) = first(rows, &["性别"], of).or_else(anywhere)?;
    Some(Raw::telling(FieldName::Sex, text.to_owned(), signs))
}

fn nationality(kind: DocumentKind, rows: &[Row]) -> Option<Raw> {
    if kind != DocumentKind::PermanentResidence {
        return None;
    }
    let labelled = first(rows, &["国籍"], |value| scan::country(&value.0));
    let behind_stroke = || {
        let rows = rows.iter().filter(|row| row.signs.iter().any(|sign| sign.sign == '/'));
        rows.filter(|row| row.signs.iter().any(|sign| is_ideograph(sign.sign)))
            .find_map(|row| scan::country(&row.signs))
    };
    Raw::of(FieldName::Nationality, labelled.or_else(behind_stroke)?)
}

fn birth(rows: &[Row]) -> Option<Raw> {
    let one = |value: Value| {
        let days = scan::days(&value.0);
        let [day] = days.as_slice() else { return None };
        Some(day.clone())
    };
    let labelled = first(rows, &["出生日期", "出生", "DateofBirth"], one);
    let alone = || rows.iter().find_map(|row| one(Value(row.signs.clone())));
    let day = labelled.or_else(alone)?;
    Some(Raw::telling(FieldName::Birth, day.text, day.signs))
}

/// The line with two days, or the days behind the labels of issue and expiry.
fn validity(rows: &[Row]) -> Vec<Raw> {
    let of_row = |signs: &[Placed]| {
        let days = scan::days(signs);
        let two: Option<[scan::Day; 2]> = days.try_into().ok();
        two
    };
    let labelled = first(rows, &["有效期限", "有效期"], |value| of_row(&value.0));
    let both = labelled.or_else(|| rows.iter().find_map(|row| of_row(&row.signs)));
    if let Some([from, until]) = both {
        return vec![
            Raw::telling(FieldName::ValidFrom, from.text, from.signs),
            Raw::telling(FieldName::ValidUntil, until.text, until.signs),
        ];
    }
    let of = |name, labels: &[&str]| {
        let day = first(rows, labels, |value| scan::days(&value.0).into_iter().next())?;
        Some(Raw::telling(name, day.text, day.signs))
    };
    let from = of(FieldName::ValidFrom, &["签发日期"]);
    let until = of(FieldName::ValidUntil, &["有效期至", "有效期限"]);
    from.into_iter().chain(until).collect()
}

fn number(kind: DocumentKind, rows: &[Row], today: Date) -> Option<Raw> {
    let lengths: &[usize] = match kind {
        DocumentKind::PermanentResidence => &[18, 15],
        DocumentKind::HongKongMacaoPermit => &[11, 9],
        _ => &[8, 10, 11],
    };
    let is_right = |text: &str| check(kind, text, today).is_valid();
    let labels = ["证件号码", "证件号", "号码", "IDNo"];
    let labelled = first(rows, &labels, |value| {
        let run = value.0.iter().take_while(|sign| sign.sign.is_ascii_alphanumeric()).count();
        let own = value.0.get(..run)?.to_vec();
        lengths.contains(&own.len()).then_some(Value(own))
    });
    let value = labelled.or_else(|| scan::number(rows, lengths, is_right))?;
    let text = value.text().to_ascii_uppercase();
    Some(Raw::telling(FieldName::Number, text, value))
}

fn issuer(rows: &[Row]) -> Option<Raw> {
    let of = |value: Value| {
        let run = value.0.iter().take_while(|sign| is_ideograph(sign.sign)).count();
        let own = Value(value.0.get(..run)?.to_vec());
        (own.0.len() >= 3).then_some(own)
    };
    let signs = first(rows, &["签发机关"], of)?;
    let text: String = signs.text().chars().map(simplified).collect();
    Some(Raw::telling(FieldName::Issuer, text, signs))
}

/// One or two digits behind 签发次数 or 换证次数.
fn issue_count(rows: &[Row]) -> Option<Raw> {
    let of = |value: Value| {
        let run = value.0.iter().take_while(|sign| sign.sign.is_ascii_digit()).count();
        let own = value.0.get(..run)?.to_vec();
        (1..=2).contains(&own.len()).then_some(Value(own))
    };
    let signs = first(rows, &["签发次数", "换证次数", "次数"], of)?;
    let count = signs.text().trim_start_matches('0').to_owned();
    (!count.is_empty()).then(|| Raw::telling(FieldName::IssueCount, count, signs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::row;

    const TODAY: Date = jiff::civil::date(2026, 11, 27);

    fn of(kind: DocumentKind, lines: &[&str]) -> Vec<(FieldName, String)> {
        let line = |(index, text): (usize, &&str)| row(text, 0.1 + 0.05 * index as f32);
        let rows: Vec<Row> = lines.iter().enumerate().map(line).collect();
        values(kind, &rows, TODAY).into_iter().map(|raw| (raw.name, raw.text)).collect()
    }

    fn told(fields: &[(FieldName, String)], name: FieldName) -> Option<&str> {
        fields.iter().find(|(of, _)| *of == name).map(|(_, text)| text.as_str())
    }

    #[test]
    fn labels_stand_beside_their_values_or_above_them() {
        let kind = DocumentKind::PermanentResidence;
        let beside = [
            "姓名/Name:DUPONT,JEAN",
            "性别/Sex男/M",
            "国籍/Nationality法国/FRA",
            "证件号码/IDNo.FRA119981080310",
            "有效期限/PeriodofValidity2015.10.26-2025.10.25",
        ];
        let above = [
            "姓名/Name",
            "DUPONT,JEAN",
            "杜邦",
            "性别/Sex",
            "男/M",
            "国籍/Nationality",
            "法国/FRA",
            "有效期限/PeriodofValidity",
            "2015.10.26-2025.10.25",
            "证件号码",
            "911250198108030021",
        ];
        let beside = of(kind, &beside);
        assert_eq!(told(&beside, FieldName::Name), Some("DUPONT JEAN"));
        assert_eq!(told(&beside, FieldName::Number), Some("FRA119981080310"));
        let above = of(kind, &above);
        assert_eq!(told(&above, FieldName::Name), Some("杜邦"));
        assert_eq!(told(&above, FieldName::Number), Some("911250198108030021"));
        for fields in [beside, above] {
            assert_eq!(told(&fields, FieldName::LatinName), Some("DUPONT JEAN"));
            assert_eq!(told(&fields, FieldName::Sex), Some("男"));
            assert_eq!(told(&fields, FieldName::Nationality), Some("FRA"));
            assert_eq!(told(&fields, FieldName::ValidUntil), Some("2025-10-25"));
        }
    }

    #[test]
    fn a_name_in_capitals_needs_a_comma_only_where_something_else_stands_beside() {
        let kind = DocumentKind::PermanentResidence;
        let name = |lines: &[&str]| told(&of(kind, lines), FieldName::LatinName).map(str::to_owned);
        assert_eq!(name(&["姓名/NameCESHI"]).as_deref(), Some("CESHI"));
        assert_eq!(name(&["姓名/Name", "CESHI"]).as_deref(), Some("CESHI"));
        assert_eq!(name(&["姓名/Name", "证件号码/IDNo.FRA119981080310"]), None);
    }

    #[test]
    fn a_permit_without_labels_that_were_read_gives_no_made_up_values() {
        let fields = of(DocumentKind::TaiwanPermit, &["台湾居民来往大陆通行证", "某某", "12"]);
        assert!(fields.iter().all(|(name, _)| *name == FieldName::Name), "{fields:?}");
        let back = [row("通行证号码X1234", 0.3), row("签发次数03", 0.4)];
        let back: Vec<_> = permit_back(&back, TODAY).into_iter().map(|raw| raw.text).collect();
        assert_eq!(back, ["3"], "no number that no permit has");
    }

    #[test]
    fn a_name_is_not_in_doubt_because_its_comma_is() {
        let mut line = row("姓名/NameSMITH,JING", 0.2);
        for sign in line.signs.iter_mut().filter(|sign| sign.sign == ',') {
            sign.confidence = 0.3;
        }
        let name = latin_name(&[line]).expect("a name");
        assert_eq!(name.text, "SMITH JING");
        assert!(name.signs.confidence() > 0.9);
    }
}
