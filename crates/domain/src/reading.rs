//! What a machine read on a document: values with the place where they stand and how sure it is.
//!
//! A reading is a hint for a person, never a proof. [`settle`] holds what was read against itself:
//! a number against its own check character, date and sex, a page against its machine-readable
//! zone, dates against each other. It raises or lowers how a field stands; it never changes a
//! value.

mod compare;
mod settle;

pub use compare::{Agreement, Typed, compare};
pub use settle::settle;

use crate::identity::DocumentKind;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A field of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldName {
    /// 姓名, of a licence 名称; in Latin letters, the family name first, where the document has no
    /// other.
    Name,
    /// The name in Latin letters, the family name first, of documents that print both.
    LatinName,
    /// 性别: `男` or `女`.
    Sex,
    /// 民族, without the sign 族.
    Ethnicity,
    /// 国籍, as three letters.
    Nationality,
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
    /// 通行证号码 on a residence permit.
    PermitNumber,
    /// 签发次数 or 换证次数: how often the document was issued.
    IssueCount,
    /// 法定代表人, or who stands in that place on a licence.
    LegalPerson,
    /// The machine-readable zone, its lines joined by `/`.
    Zone,
}

/// The value of [`FieldName::ValidUntil`] of a document without a last day.
pub const LONG_TERM: &str = "长期";

impl FieldName {
    /// Every field, in the order in which they are shown.
    pub const ALL: [Self; 15] = [
        Self::Name,
        Self::LatinName,
        Self::Sex,
        Self::Ethnicity,
        Self::Nationality,
        Self::Birth,
        Self::Address,
        Self::Number,
        Self::Issuer,
        Self::ValidFrom,
        Self::ValidUntil,
        Self::PermitNumber,
        Self::IssueCount,
        Self::LegalPerson,
        Self::Zone,
    ];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::LatinName => "latin_name",
            Self::Sex => "sex",
            Self::Ethnicity => "ethnicity",
            Self::Nationality => "nationality",
            Self::Birth => "birth",
            Self::Address => "address",
            Self::Number => "number",
            Self::Issuer => "issuer",
            Self::ValidFrom => "valid_from",
            Self::ValidUntil => "valid_until",
            Self::PermitNumber => "permit_number",
            Self::IssueCount => "issue_count",
            Self::LegalPerson => "legal_person",
            Self::Zone => "zone",
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
    /// The side with the name and the number, or a passport's data page.
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
    /// The document that was recognised; readings kept before there was more than one kind have
    /// none.
    #[serde(default)]
    pub document: Option<DocumentKind>,
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

/// The fields that each side of a document shows; none of kinds that are not read. The
/// machine-readable zone is not among them: it serves the others.
pub const fn fields_of(kind: DocumentKind, side: Side) -> &'static [FieldName] {
    use FieldName::{
        Address, Birth, Ethnicity, IssueCount, Issuer, LatinName, LegalPerson, Name, Nationality,
        Number, PermitNumber, Sex, ValidFrom, ValidUntil,
    };
    match (kind, side) {
        (DocumentKind::ResidentId, Side::Front) => &[Name, Sex, Ethnicity, Birth, Address, Number],
        (DocumentKind::ResidentId, Side::Back) => &[Issuer, ValidFrom, ValidUntil],
        (DocumentKind::TemporaryResidentId, Side::Front) => {
            &[Name, Sex, Ethnicity, Birth, Address, Number, Issuer, ValidFrom, ValidUntil]
        }
        (DocumentKind::ResidencePermit, Side::Front) => &[Name, Sex, Birth, Address, Number],
        (DocumentKind::ResidencePermit, Side::Back) => {
            &[Issuer, ValidFrom, ValidUntil, PermitNumber, IssueCount]
        }
        (DocumentKind::HongKongMacaoPermit | DocumentKind::TaiwanPermit, Side::Front) => {
            &[Name, LatinName, Sex, Birth, Number, Issuer, ValidFrom, ValidUntil, IssueCount]
        }
        (DocumentKind::PermanentResidence, Side::Front) => {
            &[Name, LatinName, Sex, Nationality, Birth, Number, ValidFrom, ValidUntil]
        }
        (DocumentKind::PermanentResidence, Side::Back) => &[Issuer],
        (DocumentKind::ChinesePassport, Side::Front) => {
            &[Name, LatinName, Sex, Nationality, Birth, Number, ValidUntil]
        }
        (DocumentKind::ForeignPassport, Side::Front) => {
            &[Name, Sex, Nationality, Birth, Number, ValidUntil]
        }
        (DocumentKind::BusinessLicence, Side::Front) => {
            &[Name, Number, LegalPerson, ValidFrom, ValidUntil]
        }
        _ => &[],
    }
}

/// Chinese characters, in the basic plane and beyond it.
pub fn is_ideograph(c: char) -> bool {
    matches!(c, '〇' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}')
}

/// The 56 peoples of the fifth census, as the card writes them.
const PEOPLES: &str = "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 \
    傈僳 佤 畲 高山 拉祜 水 东乡 纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 \
    普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺";

/// The 56 peoples.
pub fn peoples() -> impl Iterator<Item = &'static str> {
    PEOPLES.split_whitespace()
}

/// Whether a word is one of the 56 peoples.
pub fn is_people(word: &str) -> bool {
    peoples().any(|people| people == word)
}

#[cfg(test)]
mod tests;
