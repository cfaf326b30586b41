//! What a machine read on a document: values with the place where they stand and how sure it is.
//!
//! A reading is a hint for a person, never a proof. [`settle`] holds what was read against itself:
//! a number against its own check character, date and sex, dates against each other. It raises or
//! lowers how a field stands; it never changes a value.

use crate::identity::{self, DocumentKind, Sex};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A field of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldName {
    /// 姓名
    Name,
    /// 性别: `男` or `女`.
    Sex,
    /// 民族, without the sign 族.
    Ethnicity,
    /// 出生, as `2006-01-31`.
    Birth,
    /// 住址
    Address,
    /// 公民身份号码, or another document's number.
    Number,
    /// 签发机关
    Issuer,
    /// The first day of validity, as `2006-01-31`.
    ValidFrom,
    /// The last day of validity, as `2006-01-31`, or [`LONG_TERM`].
    ValidUntil,
}

/// The value of [`FieldName::ValidUntil`] of a document without a last day.
pub const LONG_TERM: &str = "长期";

impl FieldName {
    /// Every field, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Name,
        Self::Sex,
        Self::Ethnicity,
        Self::Birth,
        Self::Address,
        Self::Number,
        Self::Issuer,
        Self::ValidFrom,
        Self::ValidUntil,
    ];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Sex => "sex",
            Self::Ethnicity => "ethnicity",
            Self::Birth => "birth",
            Self::Address => "address",
            Self::Number => "number",
            Self::Issuer => "issuer",
            Self::ValidFrom => "valid_from",
            Self::ValidUntil => "valid_until",
        }
    }
}

/// How a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Read clearly, and nothing speaks against it: it may be offered as a prefilled value.
    Clear,
    /// Not read clearly: it may be shown, not filled in.
    Doubtful,
    /// It contradicts itself or another field of the same document.
    Conflicting,
}

impl Standing {
    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Doubtful => "doubtful",
            Self::Conflicting => "conflicting",
        }
    }
}

/// Why a photo was not read at all. None of these says anything about the photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unread {
    /// The models are not here.
    NoModel,
    /// A model's file is not the one that was examined; it is never loaded.
    WrongModel,
    /// Too many photos waited.
    Busy,
    /// Its time was over.
    Late,
    /// The model, or what runs it, failed.
    Failed,
}

impl Unread {
    /// Every reason.
    pub const ALL: [Self; 5] =
        [Self::NoModel, Self::WrongModel, Self::Busy, Self::Late, Self::Failed];

    /// The stable word in the database and in the message `review-because-…`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoModel => "no_model",
            Self::WrongModel => "wrong_model",
            Self::Busy => "busy",
            Self::Late => "late",
            Self::Failed => "failed",
        }
    }

    /// The reason of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.code() == code)
    }

    /// Whether another try may give another answer.
    pub const fn may_pass(self) -> bool {
        !matches!(self, Self::Failed)
    }
}

/// What became of reading one photo.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// The models looked at it; what they saw may still be nothing.
    Read(Reading),
    /// They did not.
    Unread(Unread),
}

/// A part of the photo in thousandths of its width and height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Left edge.
    pub x: u16,
    /// Top edge.
    pub y: u16,
    /// Width.
    pub width: u16,
    /// Height.
    pub height: u16,
}

impl Place {
    /// The same with a little around it, as `left,top,width,height`: a sign cut in half cannot be
    /// compared.
    pub fn around(self) -> String {
        let (wide, high) = (self.height / 3, self.height / 3);
        let (left, top) = (self.x.saturating_sub(wide), self.y.saturating_sub(high));
        let right = self.x.saturating_add(self.width).saturating_add(wide).min(1000);
        let bottom = self.y.saturating_add(self.height).saturating_add(high).min(1000);
        format!("{left},{top},{},{}", right.saturating_sub(left), bottom.saturating_sub(top))
    }
}

/// One value.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Which.
    pub name: FieldName,
    /// What it says, normalised.
    pub value: String,
    /// How sure the machine is of its least sure sign, 0 to 1.
    pub confidence: f32,
    /// Where it stands.
    pub place: Place,
    /// How it stands.
    pub standing: Standing,
}

/// Never the value: it is personal.
impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({}, {})", self.name.code(), self.standing.code())
    }
}

/// Which side of a document a photo shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The side with the name and the number.
    Front,
    /// The other side.
    Back,
}

/// Why nothing, or less than all, was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// No text in the photo.
    NoText,
    /// Text, but not that of a document this program reads.
    UnknownDocument,
    /// More than one document in the photo.
    SeveralDocuments,
}

impl Problem {
    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoText => "no_text",
            Self::UnknownDocument => "unknown_document",
            Self::SeveralDocuments => "several_documents",
        }
    }
}

/// What one photo gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The side that was recognised.
    pub side: Option<Side>,
    /// Quarter turns, clockwise, that make the photo upright.
    pub quarters: u8,
    /// What was read, at most one of each name.
    pub fields: Vec<Field>,
    /// Why not more.
    pub problem: Option<Problem>,
}

impl Reading {
    /// One field, if it was read.
    pub fn field(&self, name: FieldName) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// A value that was read clearly.
    pub fn clear(&self, name: FieldName) -> Option<&str> {
        let field = self.field(name).filter(|field| field.standing == Standing::Clear)?;
        Some(&field.value)
    }
}

/// How sure the machine must be of the least sure sign of a value, of a hundred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// For a value of a known form to be clear by itself.
    pub clear_percent_min: i64,
    /// The same for free text, which nothing else contradicts when it is wrong. On drawn cards of
    /// the development set, wrong names, addresses and authorities lay below 90 and right ones
    /// above.
    pub clear_text_percent_min: i64,
}

impl Thresholds {
    /// What the reader itself goes by, before a policy judges.
    pub const DEFAULT: Self = Self { clear_percent_min: 60, clear_text_percent_min: 90 };
}

/// The 56 peoples of the fifth census, as the card writes them.
const PEOPLES: &str = "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 \
    傈僳 佤 畲 高山 拉祜 水 东乡 纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 \
    普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺";

/// Whether a word is one of the 56 peoples.
pub fn is_people(word: &str) -> bool {
    PEOPLES.split_whitespace().any(|people| people == word)
}

/// Judges every field of a resident's identity card on `today`: by confidence, by form, and
/// against each other. Values stay as they were read; judging again gives the same, or what other
/// thresholds make of it.
pub fn settle(fields: &mut [Field], today: Date, thresholds: &Thresholds) {
    for field in &mut *fields {
        field.standing = alone(field, today, thresholds);
    }
    let number = fields.iter().find(|f| f.name == FieldName::Number).map(|f| f.value.clone());
    if let Some(number) = number {
        against_number(fields, &number, today);
    }
    validity(fields);
}

/// What a field says of itself.
fn alone(field: &Field, today: Date, thresholds: &Thresholds) -> Standing {
    let value = field.value.as_str();
    let is_formed = match field.name {
        FieldName::Name => is_name(value),
        FieldName::Sex => matches!(value, "男" | "女"),
        FieldName::Ethnicity => is_people(value),
        FieldName::Birth | FieldName::ValidFrom => value.parse::<Date>().is_ok(),
        FieldName::ValidUntil => value == LONG_TERM || value.parse::<Date>().is_ok(),
        FieldName::Address => value.chars().filter(|c| is_ideograph(*c)).count() >= 5,
        FieldName::Issuer => value.chars().count() >= 5 && value.ends_with('局'),
        FieldName::Number => {
            if !identity::check(DocumentKind::ResidentId, value, today).is_valid() {
                return Standing::Conflicting;
            }
            true
        }
    };
    let is_text = matches!(field.name, FieldName::Name | FieldName::Address | FieldName::Issuer);
    let least =
        if is_text { thresholds.clear_text_percent_min } else { thresholds.clear_percent_min };
    let is_sure = field.confidence * 100.0 >= least as f32;
    if is_formed && is_sure { Standing::Clear } else { Standing::Doubtful }
}

/// A valid number tells day of birth and sex: what agrees is clear, however faint; what does not,
/// conflicts.
fn against_number(fields: &mut [Field], number: &str, today: Date) {
    let checked = identity::check(DocumentKind::ResidentId, number, today);
    if !checked.is_valid() {
        return;
    }
    let birth = checked.facts.birth.map(|birth| birth.to_string());
    let sex = checked.facts.sex.map(|sex| match sex {
        Sex::Male => "男",
        Sex::Female => "女",
    });
    let mut agreed = 0;
    for field in &mut *fields {
        let told = match field.name {
            FieldName::Birth => birth.as_deref(),
            FieldName::Sex => sex,
            _ => continue,
        };
        let Some(told) = told else { continue };
        if told == field.value {
            agreed += 1;
            field.standing = Standing::Clear;
        } else if field.standing == Standing::Clear {
            field.standing = Standing::Conflicting;
        }
    }
    let conflicts = fields.iter().any(|f| f.standing == Standing::Conflicting);
    for field in fields.iter_mut().filter(|f| f.name == FieldName::Number) {
        if agreed == 2 {
            field.standing = Standing::Clear;
        } else if agreed == 0 && conflicts {
            field.standing = Standing::Conflicting;
        }
    }
}

/// Cards are valid for 5, 10 or 20 years, or without end (Law on Resident Identity Cards, art. 5).
fn validity(fields: &mut [Field]) {
    let of = |name| fields.iter().find(|field| field.name == name).map(|f| f.value.as_str());
    let (Some(from), Some(until)) = (of(FieldName::ValidFrom), of(FieldName::ValidUntil)) else {
        return;
    };
    let (Ok(from), Ok(until)) = (from.parse::<Date>(), until.parse::<Date>()) else { return };
    let is_same_day = (from.month(), from.day()) == (until.month(), until.day())
        // A card issued on 29 February may end on the 28th or on 1 March.
        || (from.month(), from.day()) == (2, 29);
    let agrees = is_same_day && matches!(until.year() - from.year(), 5 | 10 | 20);
    let standing = if agrees { Standing::Clear } else { Standing::Conflicting };
    let both = [FieldName::ValidFrom, FieldName::ValidUntil];
    for field in fields.iter_mut().filter(|field| both.contains(&field.name)) {
        field.standing = standing;
    }
}

/// What the applicant typed, as far as a document shows it too.
#[derive(Clone, PartialEq, Eq)]
pub struct Typed {
    /// The name; `None` if the applicant could not type it.
    pub name: Option<String>,
    /// The document's number.
    pub number: Option<String>,
    /// The last day, or [`LONG_TERM`]; `None` if not told.
    pub valid_until: Option<String>,
}

/// Never the values: they are personal.
impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Typed").finish_non_exhaustive()
    }
}

/// How a typed value and a read one stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// The same.
    Agrees,
    /// Read clearly, and something else.
    Differs,
    /// Not read clearly: nothing can be said.
    NotRead,
}

impl Agreement {
    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Differs => "differs",
            Self::NotRead => "not_read",
        }
    }
}

/// Compares what was typed with what was read on the sides of one document. Only clear values
/// count:
/// a doubtful one proves nothing in either direction.
pub fn compare(typed: &Typed, readings: &[&Reading]) -> Vec<(FieldName, Agreement)> {
    let read = |name| readings.iter().find_map(|reading| reading.clear(name));
    let told = [
        (FieldName::Name, typed.name.as_deref()),
        (FieldName::Number, typed.number.as_deref()),
        (FieldName::ValidUntil, typed.valid_until.as_deref()),
    ];
    let judged = told.into_iter().filter_map(|(name, typed)| {
        let agreement = match read(name) {
            None => Agreement::NotRead,
            Some(read) if folded(read) == folded(typed?) => Agreement::Agrees,
            Some(_) => Agreement::Differs,
        };
        typed.map(|_| (name, agreement))
    });
    judged.collect()
}

/// Spaces, letter case and the many middle dots make no difference.
fn folded(value: &str) -> String {
    let signs = value.chars().filter(|c| !c.is_whitespace()).map(|c| match c {
        '•' | '・' | '‧' | '∙' | '．' | '.' => '·',
        other => other.to_ascii_uppercase(),
    });
    signs.collect()
}

/// Two or more ideographs, with middle dots between parts of names from other languages.
fn is_name(value: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.chars().all(is_ideograph);
    value.chars().count() >= 2 && value.split('·').all(is_part)
}

/// Chinese characters, in the basic plane and beyond it.
pub fn is_ideograph(c: char) -> bool {
    matches!(c, '〇' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn field(name: FieldName, value: &str, confidence: f32) -> Field {
        let place = Place::default();
        Field { name, value: value.to_owned(), confidence, place, standing: Standing::Doubtful }
    }

    fn settled(fields: &[(FieldName, &str, f32)]) -> Vec<Standing> {
        let mut fields: Vec<Field> = fields.iter().map(|(n, v, c)| field(*n, v, *c)).collect();
        settle(&mut fields, date(2026, 11, 24), &Thresholds::DEFAULT);
        fields.iter().map(|field| field.standing).collect()
    }

    use FieldName::{Birth, Ethnicity, Name, Number, Sex, ValidFrom, ValidUntil};
    use Standing::{Clear, Conflicting, Doubtful};
    const NUMBER: &str = "11010519491231002X";

    #[test]
    fn a_number_that_agrees_with_what_is_printed_makes_both_clear() {
        let read = [(Number, NUMBER, 0.4), (Birth, "1949-12-31", 0.3), (Sex, "女", 0.5)];
        assert_eq!(settled(&read), [Clear, Clear, Clear]);
    }

    #[test]
    fn a_wrong_digit_is_told_and_not_repaired() {
        let mut fields = vec![field(Number, "11010519491231003X", 0.99)];
        settle(&mut fields, date(2026, 11, 24), &Thresholds::DEFAULT);
        assert_eq!(fields[0].standing, Conflicting);
        assert_eq!(fields[0].value, "11010519491231003X");
    }

    #[test]
    fn a_birth_that_the_number_denies_conflicts() {
        let read = [(Number, NUMBER, 0.9), (Birth, "1949-12-30", 0.9), (Sex, "女", 0.9)];
        assert_eq!(settled(&read), [Clear, Conflicting, Clear]);
        let read = [(Number, NUMBER, 0.9), (Birth, "1949-12-30", 0.9), (Sex, "男", 0.9)];
        assert_eq!(settled(&read), [Conflicting, Conflicting, Conflicting]);
    }

    #[test]
    fn validity_is_of_five_ten_or_twenty_years() {
        let of = |from, until| settled(&[(ValidFrom, from, 0.5), (ValidUntil, until, 0.5)]);
        assert_eq!(of("2016-03-04", "2036-03-04"), [Clear, Clear]);
        assert_eq!(of("2016-03-04", "2035-03-04"), [Conflicting, Conflicting]);
        assert_eq!(of("2016-03-04", "2036-03-05"), [Conflicting, Conflicting]);
        assert_eq!(of("2016-03-04", LONG_TERM), [Doubtful, Doubtful]);
    }

    #[test]
    fn faint_or_odd_values_are_doubtful() {
        let read = [(Name, "张三", 0.5), (Ethnicity, "漢", 0.99), (Name, "张", 0.99)];
        assert_eq!(settled(&read), [Doubtful, Doubtful, Doubtful]);
        assert_eq!(settled(&[(Name, "阿卜杜·买买提", 0.99), (Name, "㛃𬬭", 0.91)]), [Clear, Clear]);
        assert_eq!(settled(&[(Name, "张三", 0.85)]), [Doubtful]);
    }

    #[test]
    fn typed_values_are_held_against_clear_ones_only() {
        let mut name = field(Name, "阿卜杜·买买提", 0.9);
        name.standing = Clear;
        let number = field(Number, NUMBER, 0.2);
        let reading = Reading { fields: vec![name, number], ..Reading::default() };
        let typed = |name: &str| Typed {
            name: Some(name.to_owned()),
            number: Some(NUMBER.to_owned()),
            valid_until: None,
        };
        use Agreement::{Agrees, Differs, NotRead};
        let of = |name| compare(&typed(name), &[&reading]);
        assert_eq!(of("阿卜杜 • 买买提"), [(Name, Agrees), (Number, NotRead)]);
        assert_eq!(of("阿卜杜·买提"), [(Name, Differs), (Number, NotRead)]);
    }

    #[test]
    fn other_thresholds_make_something_else_of_the_same_reading() {
        let mut fields = vec![field(Name, "张三", 0.93), field(Number, NUMBER, 0.7)];
        let today = date(2026, 11, 24);
        settle(&mut fields, today, &Thresholds::DEFAULT);
        assert_eq!([fields[0].standing, fields[1].standing], [Clear, Clear]);
        let strict = Thresholds { clear_percent_min: 75, clear_text_percent_min: 95 };
        settle(&mut fields, today, &strict);
        assert_eq!([fields[0].standing, fields[1].standing], [Doubtful, Doubtful]);
        settle(&mut fields, today, &Thresholds::DEFAULT);
        assert_eq!([fields[0].standing, fields[1].standing], [Clear, Clear], "nothing was lost");
    }

    #[test]
    fn a_place_is_shown_with_a_little_around_it_and_stays_in_the_photo() {
        let place = |x, y, width, height| Place { x, y, width, height }.around();
        assert_eq!(place(100, 200, 300, 30), "90,190,320,50");
        assert_eq!(place(0, 0, 1000, 60), "0,0,1000,80");
        assert_eq!(place(990, 990, 10, 10), "987,987,13,13");
    }

    #[test]
    fn a_field_never_shows_its_value_in_a_log() {
        assert_eq!(format!("{:?}", field(Name, "张三", 0.5)), "Field(name, doubtful)");
    }
}
