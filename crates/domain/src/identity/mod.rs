//! Identity documents: what each number means, what is wrong with it and why.
//!
//! Every kind has its own file with one `check`, which reads the number byte by byte, allocates
//! nothing and returns a [`Checked`]: the canonical form, the facts in it, and the findings. A
//! check digit proves that a number was typed rightly, never that the person exists.
//!
//! Sources: GB 11643-1999 (resident), 国办发〔2018〕81号 (residence permits), the National
//! Immigration Administration's rule of 2023 (permanent residence), ICAO Doc 9303 (passports and
//! machine-readable zones), GB 32100-2015 (organisations).

pub mod country;
pub mod credit_code;
pub mod hong_kong;
pub mod mrz;
mod number;
pub mod passport;
pub mod permanent;
pub mod permit;
mod region;
pub mod residence_permit;
pub mod resident;
pub mod taiwan;

pub use number::IdentityNumber;

use crate::finding::{Finding, Findings};
use crate::inline::Inline;
use country::Country;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The documents that may prove who somebody is (Order 25 art. 7), and organisations' licences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// 居民身份证
    ResidentId,
    /// 临时居民身份证
    TemporaryResidentId,
    /// 户口簿
    HouseholdRegister,
    /// 军官证、士兵证、武警证
    MilitaryId,
    /// 港澳居民来往内地通行证
    HongKongMacaoPermit,
    /// 台湾居民来往大陆通行证
    TaiwanPermit,
    /// 港澳台居民居住证
    ResidencePermit,
    /// 外国人永久居留身份证
    PermanentResidence,
    /// 中华人民共和国护照, with those of Hong Kong and Macao
    ChinesePassport,
    /// Another country's passport.
    ForeignPassport,
    /// 营业执照 and other certificates with a unified social credit code.
    BusinessLicence,
    /// Another document valid under law (Order 25 art. 7 item 5).
    Other,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::ResidentId,
        Self::TemporaryResidentId,
        Self::HouseholdRegister,
        Self::MilitaryId,
        Self::HongKongMacaoPermit,
        Self::TaiwanPermit,
        Self::ResidencePermit,
        Self::PermanentResidence,
        Self::ChinesePassport,
        Self::ForeignPassport,
        Self::BusinessLicence,
        Self::Other,
    ];

    /// The name in forms, the API and the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResidentId => "resident_id",
            Self::TemporaryResidentId => "temporary_resident_id",
            Self::HouseholdRegister => "household_register",
            Self::MilitaryId => "military_id",
            Self::HongKongMacaoPermit => "hong_kong_macao_permit",
            Self::TaiwanPermit => "taiwan_permit",
            Self::ResidencePermit => "residence_permit",
            Self::PermanentResidence => "permanent_residence",
            Self::ChinesePassport => "chinese_passport",
            Self::ForeignPassport => "foreign_passport",
            Self::BusinessLicence => "business_licence",
            Self::Other => "other",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}

/// Sex as a number or a machine-readable zone says it; `None` elsewhere means unspecified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// 女
    Female,
    /// 男
    Male,
}

/// A province-level region by the first two digits of GB/T 2260, such as 11 for Beijing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Province(u8);

impl Province {
    /// The provinces, regions and cities that exist.
    pub const ALL: &[u8] = &[
        11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51,
        52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82,
    ];

    /// The province with this code, if there is one.
    pub fn of_code(code: u8) -> Option<Self> {
        Self::ALL.contains(&code).then_some(Self(code))
    }

    /// The two digits.
    pub const fn code(self) -> u8 {
        self.0
    }
}

/// What a number tells about its holder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Day of birth.
    pub birth: Option<Date>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Where the number was first issued, or the residence applied for.
    pub province: Option<Province>,
    /// Citizenship.
    pub country: Option<Country>,
    /// The day the document expires.
    pub expires: Option<Date>,
    /// How often the document was issued, where its number says so.
    pub issue: Option<u8>,
    /// The check character the other characters ask for, where there is one.
    pub wanted_check: Option<char>,
}

impl Facts {
    /// Whole years of age on `today`, if the day of birth is known and past.
    pub fn age_on(&self, today: Date) -> Option<i16> {
        age(self.birth?, today)
    }
}

/// Whole years from `birth` to `today`; one born on 29 February is a year older on 1 March.
pub fn age(birth: Date, today: Date) -> Option<i16> {
    if birth > today {
        return None;
    }
    let is_before_birthday = (today.month(), today.day()) < (birth.month(), birth.day());
    Some(today.year() - birth.year() - i16::from(is_before_birthday))
}

/// The outcome of a check of one number.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    /// The canonical form; empty if it could not be read at all. If the number was typed
    /// full-width, which is an error, what was probably meant.
    pub value: Inline<20>,
    /// What the number tells.
    pub facts: Facts,
    /// What was found.
    pub findings: Findings,
}

/// Shows the findings only: number and facts are personal.
impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked").field("findings", &self.findings).finish_non_exhaustive()
    }
}

impl Checked {
    fn refused(finding: Finding) -> Self {
        Self { findings: Findings::of(finding), ..Self::default() }
    }

    /// A text that is no number at all. What a Chinese keyboard typed full-width is offered in
    /// plain characters, for the writer to confirm; it is never taken by itself.
    fn unread(text: &[u8], finding: Finding) -> Self {
        let mut checked = Self::refused(finding);
        if finding == Finding::FullWidth {
            checked.value = narrowed(text).unwrap_or_default();
        }
        checked
    }

    /// Whether no error was found; warnings may remain.
    pub fn is_valid(&self) -> bool {
        !self.findings.has_error()
    }

    /// Whether a person must look because of a warning.
    pub fn needs_person(&self) -> bool {
        self.findings.worst() == Some(crate::finding::Severity::Warn)
    }
}

/// Checks the number of a document of `kind`. Military and other documents have no form that can
/// be checked: see [`IdentityNumber::read`].
pub fn check(kind: DocumentKind, text: &str, today: Date) -> Checked {
    let bytes = text.as_bytes();
    match kind {
        DocumentKind::ResidentId => resident::check(bytes, today),
        DocumentKind::TemporaryResidentId => {
            noted(resident::check(bytes, today), Finding::Temporary)
        }
        DocumentKind::HouseholdRegister => noted(resident::check(bytes, today), Finding::Household),
        DocumentKind::HongKongMacaoPermit => permit::check_hong_kong_macao(bytes),
        DocumentKind::TaiwanPermit => permit::check_taiwan(bytes),
        DocumentKind::ResidencePermit => residence_permit::check(bytes, today),
        DocumentKind::PermanentResidence => permanent::check(bytes, today),
        DocumentKind::ChinesePassport => passport::check_chinese(bytes),
        DocumentKind::ForeignPassport => passport::check_foreign(bytes),
        DocumentKind::BusinessLicence => credit_code::check(bytes),
        DocumentKind::MilitaryId | DocumentKind::Other => number::check_free_form(text),
    }
}

fn noted(mut checked: Checked, note: Finding) -> Checked {
    if checked.is_valid() {
        checked.findings.add(note);
    }
    checked
}

/// Takes the space around away, makes letters upper case; refuses spaces within, full-width
/// characters, and anything but letters, digits and the signs in `extra`. What does not fit into
/// 20 characters is `None`: too long for every number checked here.
fn read(text: &[u8], extra: &[u8]) -> Result<Option<Inline<20>>, Finding> {
    let text = text.trim_ascii();
    let mut kept = Inline::EMPTY;
    let mut fits = true;
    for &byte in text {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' => fits &= kept.push(byte),
            b'a'..=b'z' => fits &= kept.push(byte.to_ascii_uppercase()),
            b' ' | b'\t' => return Err(Finding::Spaces),
            0x80.. => return Err(wide(text)),
            other if extra.contains(&other) => fits &= kept.push(other),
            _ => return Err(Finding::Characters),
        }
    }
    match (kept.is_empty(), fits) {
        (true, _) => Err(Finding::Empty),
        (_, false) => Ok(None),
        (_, true) => Ok(Some(kept)),
    }
}

/// Tells full-width characters from other strange ones.
fn wide(text: &[u8]) -> Finding {
    let text = std::str::from_utf8(text).unwrap_or_default();
    let is_wide = |c: char| ('\u{ff01}'..='\u{ff5e}').contains(&c) || c == '\u{3000}';
    if text.chars().any(is_wide) { Finding::FullWidth } else { Finding::Characters }
}

/// Full-width characters as the plain ones they stand for; `None` if others remain.
fn narrowed(text: &[u8]) -> Option<Inline<20>> {
    let mut narrow = Inline::EMPTY;
    for c in std::str::from_utf8(text).ok()?.trim().chars() {
        let plain = match c {
            '\u{ff01}'..='\u{ff5e}' => u8::try_from(u32::from(c) - 0xfee0).ok()?,
            other => u8::try_from(other).ok()?,
        };
        if !narrow.push(plain.to_ascii_uppercase()) {
            return None;
        }
    }
    Some(narrow)
}

/// The number that `digits` (ASCII) spell; `None` if one is no digit or there are too many.
fn decimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |n, &byte| {
        let digit = byte.checked_sub(b'0').filter(|&d| d < 10)?;
        n.checked_mul(10)?.checked_add(u32::from(digit))
    })
}

/// A date from `YYYYMMDD`; `None` if it does not exist.
fn date_of(digits: &[u8]) -> Option<Date> {
    let n = decimal(digits)?;
    let year = i16::try_from(n / 10_000).ok()?;
    let month = i8::try_from(n / 100 % 100).ok()?;
    Date::new(year, month, i8::try_from(n % 100).ok()?).ok()
}

/// The ISO 7064 MOD 11-2 check character for the first 17 characters, which must be digits.
fn mod_11_2(digits: &[u8]) -> Option<u8> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let mut sum = 0;
    for (&byte, weight) in digits.iter().take(17).zip(WEIGHTS) {
        sum += u32::from(byte.checked_sub(b'0').filter(|&d| d < 10)?) * weight;
    }
    b"10X98765432".get(usize::try_from(sum % 11).ok()?).copied()
}

#[cfg(test)]
mod tests;
