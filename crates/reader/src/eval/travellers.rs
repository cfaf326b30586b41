//! People who do not exist with documents of travel and residence, and firms that do not exist.

use crate::eval::dice::Dice;
use crate::eval::people::{self, Person};
use domain::identity::mrz::check_digit;
use domain::identity::{DocumentKind, check};
use domain::reading::{FieldName, LONG_TERM};
use jiff::ToSpan;
use jiff::civil::{Date, date};

/// Countries: letters, numeric code (ISO 3166-1), name in Chinese and on the page.
const COUNTRIES: &[(&str, &str, &str, &str)] = &[
    ("GBR", "826", "英国", "BRITISH CITIZEN"),
    ("USA", "840", "美国", "UNITED STATES OF AMERICA"),
    ("CAN", "124", "加拿大", "CANADIAN"),
    ("FRA", "250", "法国", "FRANCAISE"),
    ("DEU", "276", "德国", "DEUTSCH"),
    ("JPN", "392", "日本", "JAPAN"),
    ("KOR", "410", "韩国", "REPUBLIC OF KOREA"),
    ("AUS", "036", "澳大利亚", "AUSTRALIAN"),
    ("SGP", "702", "新加坡", "SINGAPORE CITIZEN"),
    ("IND", "356", "印度", "INDIAN"),
    ("RUS", "643", "俄罗斯", "RUSSIAN FEDERATION"),
    ("NGA", "566", "尼日利亚", "NIGERIAN"),
    ("BRA", "076", "巴西", "BRASILEIRO"),
    ("MYS", "458", "马来西亚", "MALAYSIA"),
];

const SURNAMES: &[&str] = &[
    "SMITH",
    "JOHNSON",
    "OBRIEN",
    "MUELLER",
    "SCHMIDT",
    "DUBOIS",
    "LEFEBVRE",
    "TANAKA",
    "KOBAYASHI",
    "KIM",
    "PARK",
    "SINGH",
    "SHARMA",
    "IVANOVA",
    "PETROV",
    "OKAFOR",
    "ADEYEMI",
    "SILVA",
    "DE SOUZA",
    "TAN",
    "WONG",
    "VAN DER BERG",
    "ERIKSSON",
    "ROSSI",
    "QUIROGA",
    "ZIMMER",
];

const GIVEN: &[&str] = &[
    "ANNA", "MARIA", "JOHN", "PETER", "SOPHIE", "CLAIRE", "HIROSHI", "YUKI", "MINJUN", "SEOYEON",
    "ARJUN", "PRIYA", "OLGA", "DMITRI", "CHINEDU", "AMARA", "JOAO", "LUCIA", "WEI", "JING",
    "OLIVER", "EMILY", "KURT", "FREYA", "BORIS", "ZOE", "GIOVANNI", "INES",
];

const PINYIN: &[&str] = &[
    "WANG",
    "LI",
    "ZHANG",
    "LIU",
    "CHEN",
    "YANG",
    "ZHAO",
    "HUANG",
    "ZHOU",
    "WU",
    "XU",
    "SUN",
    "MA",
    "ZHU",
    "HU",
    "GUO",
    "OUYANG",
    "SHANGGUAN",
];

const PINYIN_GIVEN: &[&str] = &[
    "WEI", "FANG", "MIN", "XIUYING", "QIANG", "JUN", "YONG", "ZIXUAN", "YUTONG", "HAORAN", "XINYI",
    "JIANGUO", "GUIHUA", "LONGFEI", "QIUYUE", "OUHAO",
];

const CANTONESE: &[&str] = &["CHAN", "WONG", "LEE", "CHEUNG", "LAU", "HO", "NG", "LEUNG", "CHOI"];
const CANTONESE_GIVEN: &[&str] =
    &["TAI MAN", "SIU MING", "KA YAN", "WING SZE", "CHI HO", "MEI LING", "KWOK KEUNG", "YUK LAN"];

/// What a document of travel or residence says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traveller {
    /// In Chinese characters; empty where the document has none.
    pub name: String,
    /// Family name in capitals.
    pub surname: String,
    /// Given names in capitals.
    pub given: String,
    /// Whether the document says M or 男; `None` is unspecified.
    pub is_male: Option<bool>,
    /// Day of birth.
    pub birth: Date,
    /// Citizenship: three letters, in Chinese, and as a page prints it.
    pub country: (&'static str, &'static str, &'static str),
    /// The document's number.
    pub number: String,
    /// Who issued it, in Chinese.
    pub issuer: String,
    /// First and last day.
    pub valid: [Date; 2],
    /// How often it was issued.
    pub issue_count: u8,
}

impl Traveller {
    /// Draws a holder of a document of `kind`; `is_old` is the earlier form of it, where there are
    /// two.
    pub(crate) fn drawn(
        kind: DocumentKind,
        is_old: bool,
        dice: &mut Dice,
        has: impl Fn(char) -> bool,
    ) -> Self {
        let name = loop {
            let name = people::name(dice);
            if name.chars().all(&has) {
                break name;
            }
        };
        let row = COUNTRIES.get(dice.below(COUNTRIES.len())).copied().unwrap_or_default();
        let (alpha, numeric, chinese, printed) = row;
        let (surname, given, country, name) = match kind {
            DocumentKind::HongKongMacaoPermit | DocumentKind::TaiwanPermit => {
                (dice.pick(CANTONESE), dice.pick(CANTONESE_GIVEN).to_owned(), CHINA, name)
            }
            DocumentKind::ChinesePassport => {
                (dice.pick(PINYIN), dice.pick(PINYIN_GIVEN).to_owned(), CHINA, name)
            }
            _ => {
                let mut given = dice.pick(GIVEN).to_owned();
                if dice.happens(0.4) {
                    given = format!("{given} {}", dice.pick(GIVEN));
                }
                let has_name = kind == DocumentKind::PermanentResidence && dice.happens(0.6);
                let name = if has_name { name } else { String::new() };
                (dice.pick(SURNAMES), given, (alpha, chinese, printed), name)
            }
        };
        let day = |dice: &mut Dice, from: i16, years: usize| {
            let year = from + i16::try_from(dice.below(years)).unwrap_or(0);
            let month = i8::try_from(dice.below(12) + 1).unwrap_or(1);
            date(year, month, i8::try_from(dice.below(28) + 1).unwrap_or(1))
        };
        let birth = day(dice, 1945, 60);
        let from = day(dice, 2018, 8);
        let years = if kind == DocumentKind::TaiwanPermit { 5 } else { 10 };
        let last = from.checked_add(years.years()).and_then(Date::yesterday).unwrap_or(from);
        let is_unspecified = kind == DocumentKind::ForeignPassport && dice.happens(0.03);
        let issuer =
            dice.pick(&["公安部出入境管理局", "国家移民管理局", "中华人民共和国出入境管理局"]);
        Self {
            name,
            surname: surname.to_owned(),
            given,
            is_male: (!is_unspecified).then(|| dice.happens(0.5)),
            birth,
            country,
            number: number(kind, is_old, (alpha, numeric, birth), dice),
            issuer: issuer.to_owned(),
            valid: [from, last],
            issue_count: u8::try_from(dice.below(12) + 1).unwrap_or(1),
        }
    }

    /// The name in capitals, the family name first.
    pub(crate) fn latin(&self) -> String {
        format!("{} {}", self.surname, self.given)
    }

    /// What a perfect reader would say; `None` of what the document does not show.
    pub fn truth(&self, kind: DocumentKind, name: FieldName) -> Option<String> {
        let [from, until] = self.valid;
        Some(match name {
            FieldName::Name if !self.name.is_empty() && kind != DocumentKind::ForeignPassport => {
                self.name.clone()
            }
            FieldName::Name | FieldName::LatinName => self.latin(),
            FieldName::Sex => (if self.is_male? { "男" } else { "女" }).to_owned(),
            FieldName::Nationality => self.country.0.to_owned(),
            FieldName::Birth => self.birth.to_string(),
            FieldName::Number => self.number.clone(),
            FieldName::Issuer => self.issuer.clone(),
            FieldName::ValidFrom => from.to_string(),
            FieldName::ValidUntil => until.to_string(),
            FieldName::IssueCount => self.issue_count.to_string(),
            _ => return None,
        })
    }

    /// The two lines of a passport's zone (Doc 9303-4).
    pub(crate) fn td3(&self, issuer: &str) -> [String; 2] {
        let upper = format!("P<{issuer}{}", self.zone_name());
        let number = with_check(&format!("{:<<9}", self.number));
        let sex = match self.is_male {
            Some(true) => 'M',
            Some(false) => 'F',
            None => '<',
        };
        let (birth, expiry) = (six(self.birth), six(self.valid[1]));
        let lower = format!("{number}{}{birth}{sex}{expiry}{}", self.country.0, "<".repeat(15));
        let part = |from, to| lower.get(from..to).unwrap_or_default();
        let all = [part(0, 10), part(13, 20), part(21, 43)].concat();
        [format!("{upper:<<44}"), format!("{lower:<<43}{}", digit(&all))]
    }

    /// The three lines of a card's zone (Doc 9303-5) with the letters `document`.
    pub(crate) fn td1(&self, document: &str) -> [String; 3] {
        let upper = format!("{document}CHN{}", with_check(&format!("{:<<9}", self.number)));
        let upper = format!("{upper:<<30}");
        let sex = if self.is_male == Some(true) { 'M' } else { 'F' };
        let (birth, expiry) = (six(self.birth), six(self.valid[1]));
        let middle = format!("{birth}{sex}{expiry}CHN<<<<<<<<<<<");
        let part = |from, to| middle.get(from..to).unwrap_or_default();
        let all = [upper.get(5..30).unwrap_or_default(), part(0, 7), part(8, 15), part(18, 29)];
        let middle = format!("{middle}{}", digit(&all.concat()));
        [upper, middle, format!("{:<<30}", self.zone_name())]
    }

    fn zone_name(&self) -> String {
        let part = |text: &str| text.replace(' ', "<");
        format!("{}<<{}", part(&self.surname), part(&self.given))
    }
}

const CHINA: (&str, &str, &str) = ("CHN", "中国", "CHINESE");

fn six(day: Date) -> String {
    with_check(&day.strftime("%y%m%d").to_string())
}

fn with_check(field: &str) -> String {
    format!("{field}{}", digit(field))
}

fn digit(field: &str) -> char {
    check_digit(field.bytes()).map_or('<', char::from)
}

/// A number of the kind's form. Where it names a place, the place is 99, which no number has.
fn number(
    kind: DocumentKind,
    is_old: bool,
    (alpha, numeric, birth): (&str, &str, Date),
    dice: &mut Dice,
) -> String {
    let tail = dice.below(100_000);
    match kind {
        DocumentKind::PermanentResidence if is_old => {
            let body = format!("{alpha}1199{}{}", birth.strftime("%y%m%d"), tail % 10);
            with_check(&body)
        }
        DocumentKind::PermanentResidence => {
            let body = format!("999{numeric}{}{:03}", birth.strftime("%Y%m%d"), tail % 1000);
            let today = date(2026, 1, 1);
            let fits = |sign: &char| check(kind, &format!("{body}{sign}"), today).is_valid();
            let sign = "0123456789X".chars().find(fits).unwrap_or('0');
            format!("{body}{sign}")
        }
        DocumentKind::HongKongMacaoPermit => {
            format!("{}99{:06}", dice.pick(&["H", "M"]), tail * 7 % 1_000_000)
        }
        DocumentKind::TaiwanPermit => format!("99{:06}", tail * 7 % 1_000_000),
        DocumentKind::ChinesePassport => {
            format!("E{}99{tail:05}", dice.pick(&["0", "5", "A", "B", "J", "K"]))
        }
        _ => {
            let front = dice.pick(&["99", "9", "C", "X", "AA", "PB"]);
            let rest = format!("{:09}", tail * 9_973 % 1_000_000_000);
            format!("{front}{}", rest.get(front.len()..).unwrap_or_default())
        }
    }
}

/// What a licence says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firm {
    /// 名称
    pub name: String,
    /// 统一社会信用代码; its region ends in 99.
    pub code: String,
    /// The label before the person, and the person.
    pub person: (&'static str, String),
    /// First day, and last unless 长期.
    pub valid: (Date, Option<Date>),
    /// 住所
    pub address: String,
}

impl Firm {
    /// Draws a firm whose names the font can write.
    pub(crate) fn drawn(dice: &mut Dice, has: impl Fn(char) -> bool) -> Self {
        let place = dice.pick(&["北京", "上海", "广州", "深圳", "成都", "杭州", "武汉", "西安"]);
        let word = dice.pick(&["样本", "恒远", "新科", "瑞丰", "明达", "华信", "锦程", "天佑"]);
        let trade =
            dice.pick(&["科技", "贸易", "商贸", "信息技术", "餐饮管理", "文化传媒", "物流"]);
        let end = dice.pick(&["有限公司", "有限责任公司", "股份有限公司"]);
        let person = loop {
            let person = Person::drawn(dice, &has);
            if person.name.chars().all(&has) {
                break person;
            }
        };
        let from = person.from;
        let last = |years: i16| date(from.year() + years, from.month(), from.day()).yesterday();
        let until = if dice.happens(0.4) { None } else { last(20).ok() };
        Self {
            name: format!("{place}{word}{trade}{end}"),
            code: code(dice),
            person: ("法定代表人", person.name),
            valid: (from, until),
            address: person.address,
        }
    }

    /// What a perfect reader would say; a licence without end prints no first day.
    pub fn truth(&self, name: FieldName) -> Option<String> {
        let (from, until) = self.valid;
        match name {
            FieldName::Name => Some(self.name.clone()),
            FieldName::Number => Some(self.code.clone()),
            FieldName::LegalPerson => Some(self.person.1.clone()),
            FieldName::ValidFrom => until.map(|_| from.to_string()),
            FieldName::ValidUntil => {
                Some(until.map_or_else(|| LONG_TERM.to_owned(), |day| day.to_string()))
            }
            _ => None,
        }
    }
}

fn code(dice: &mut Dice) -> String {
    const SIGNS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let region = dice.pick(&["110199", "310199", "440199", "440399", "510199", "330199"]);
    let body: String = (0..8).map(|_| dice.sign(SIGNS)).collect();
    let body = format!("91{region}M{body}");
    let kind = DocumentKind::BusinessLicence;
    let today = date(2026, 1, 1);
    let fits = |sign: &char| check(kind, &format!("{body}{sign}"), today).is_valid();
    let sign = SIGNS.chars().find(fits).unwrap_or('0');
    format!("{body}{sign}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::identity::mrz::Mrz;

    #[test]
    fn every_number_and_every_zone_is_well_formed() {
        let today = date(2026, 11, 1);
        let kinds = [
            DocumentKind::PermanentResidence,
            DocumentKind::HongKongMacaoPermit,
            DocumentKind::TaiwanPermit,
            DocumentKind::ChinesePassport,
            DocumentKind::ForeignPassport,
        ];
        for (seed, kind) in (0..40).flat_map(|seed| kinds.map(|kind| (seed, kind))) {
            for is_old in [false, true] {
                let drawn = Traveller::drawn(kind, is_old, &mut Dice::new(seed), |_| true);
                assert!(check(kind, &drawn.number, today).is_valid(), "{kind:?} {}", drawn.number);
                // A permanent resident's number stands in no zone.
                if drawn.number.len() > 9 {
                    continue;
                }
                let mrz = Mrz::read(&drawn.td3(drawn.country.0).join("/"), today);
                assert!(mrz.is_valid(), "{mrz:?}");
                assert_eq!((mrz.birth, mrz.expires), (Some(drawn.birth), Some(drawn.valid[1])));
                let mrz = Mrz::read(&drawn.td1("CR").join("/"), today);
                assert!(mrz.is_valid(), "{mrz:?}");
            }
        }
        for seed in 0..40 {
            let firm = Firm::drawn(&mut Dice::new(seed), |_| true);
            assert!(check(DocumentKind::BusinessLicence, &firm.code, today).is_valid());
        }
    }
}
