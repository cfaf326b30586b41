//! What an applicant has entered, and what is wrong with it.
//!
//! A form keeps every field as it was typed, right or wrong, so that nothing typed is ever lost.
//! [`problems`] reads it afresh each time; nothing here changes what stands in the form.

use super::Kind;
use super::organisation::{self, Organisation};
use crate::finding::Severity;
use crate::identity::{self, DocumentKind, IdentityNumber};
use crate::msisdn::Msisdn;
use crate::policy::Policy;
use crate::reason::Item;
use crate::refusal::Refusal;
use crate::sim::{Eid, SimRefusal};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// For whom the number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The applicant.
    Myself,
    /// A child; a guardian applies.
    Child,
    /// An organisation.
    Company,
    /// A machine.
    Iot,
}

impl Who {
    /// Everybody.
    pub const ALL: [Self; 4] = [Self::Myself, Self::Child, Self::Company, Self::Iot];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Myself => "myself",
            Self::Child => "child",
            Self::Company => "company",
            Self::Iot => "iot",
        }
    }

    /// The one with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|who| who.code() == code)
    }

    /// Whether an organisation will hold the number.
    pub const fn is_organisation(self) -> bool {
        matches!(self, Self::Company | Self::Iot)
    }

    /// The documents that prove who the holder is.
    pub fn documents(self, policy: &Policy) -> &[DocumentKind] {
        let registration = &policy.registration;
        if self.is_organisation() {
            &registration.organisation_documents
        } else {
            &registration.documents
        }
    }

    /// Whether this can be done on these pages. Where the policy names no document of
    /// organisations, they come to an outlet with their handler, also for machines.
    pub fn is_online(self, policy: &Policy) -> bool {
        !self.is_organisation() || !self.documents(policy).is_empty()
    }
}

/// A date as typed, in three fields.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateText {
    /// Four digits.
    pub year: String,
    /// One or two digits.
    pub month: String,
    /// One or two digits.
    pub day: String,
}

impl DateText {
    /// As typed of this date.
    pub fn of(date: Date) -> Self {
        let text = |n: i16| n.to_string();
        Self {
            year: text(date.year()),
            month: text(date.month().into()),
            day: text(date.day().into()),
        }
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        [&self.year, &self.month, &self.day].iter().all(|part| part.trim().is_empty())
    }

    /// The date, if there is such a day.
    pub fn date(&self) -> Option<Date> {
        let year: i16 = self.year.trim().parse().ok()?;
        let (month, day) = (self.month.trim().parse().ok()?, self.day.trim().parse().ok()?);
        if year < 1000 {
            return None;
        }
        Date::new(year, month, day).ok()
    }
}

/// Everything an applicant types. Photos, consents and contacts are kept beside it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Form {
    /// The number.
    pub number: String,
    /// The last six characters of the card's serial number.
    pub sim_tail: String,
    /// Whether an eSIM is to replace the card, instead of another card.
    pub is_esim: bool,
    /// The number of the phone's eSIM chip, if the holder told it: no other phone then gets the
    /// profile.
    pub eid: String,
    /// For whom.
    pub who: Option<Who>,
    /// Which document.
    pub document: Option<DocumentKind>,
    /// The name, as on the document.
    pub name: String,
    /// Whether the applicant could not type the name rightly.
    pub is_name_incomplete: bool,
    /// The document's number.
    pub document_number: String,
    /// Day of birth, where the number does not tell it.
    pub birth: DateText,
    /// The document's last day.
    pub expires: DateText,
    /// Whether it says 长期.
    pub is_long_term: bool,
    /// The address, where the operator asks for it.
    pub address: String,
    /// The guardian's name.
    pub guardian_name: String,
    /// The guardian's resident identity number.
    pub guardian_number: String,
    /// Who acts and answers for an organisation.
    pub organisation: Organisation,
    /// Why an earlier decision should be looked at again, in an appeal.
    pub appeal_text: String,
}

impl Form {
    /// The chip of the phone; none if nothing was typed. Refused as [`Eid::parse`] refuses.
    pub fn eid(&self) -> Result<Option<Eid>, SimRefusal> {
        let typed = Some(self.eid.trim()).filter(|typed| !typed.is_empty());
        typed.map(Eid::parse).transpose()
    }
}

/// Never the content: it is personal.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Form(•••)")
    }
}

impl fmt::Debug for DateText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DateText(•••)")
    }
}

/// A page of the form, which is also one row of the task list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// Number and card.
    Number,
    /// A contact that works now.
    Contact,
    /// For whom.
    Who,
    /// Which document.
    Document,
    /// Name, number, dates.
    Identity,
    /// Photos of the document.
    Photos,
    /// The portrait.
    Portrait,
    /// The consents.
    Consents,
}

impl Section {
    /// Every section, in the order of the pages.
    pub const ALL: [Self; 8] = [
        Self::Number,
        Self::Contact,
        Self::Who,
        Self::Document,
        Self::Identity,
        Self::Photos,
        Self::Portrait,
        Self::Consents,
    ];

    /// The stable word in addresses.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Contact => "contact",
            Self::Who => "who",
            Self::Document => "document",
            Self::Identity => "identity",
            Self::Photos => "photos",
            Self::Portrait => "portrait",
            Self::Consents => "consents",
        }
    }
}

/// One thing that is wrong with one field. The words are the message of its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field's form name.
    pub field: &'static str,
    /// The stable code, such as `form.name_missing` or `check.check_character`.
    pub code: &'static str,
    /// Values for the message, never personal.
    pub values: Vec<(&'static str, Cow<'static, str>)>,
}

impl Problem {
    /// The problem that a refusal tells of a field.
    pub fn of(field: &'static str, refusal: &impl Refusal) -> Self {
        Self { field, code: refusal.code(), values: refusal.values() }
    }
}

/// What can be wrong with a field, besides what the checks of numbers find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FormRefusal {
    /// The last six characters of the serial number are wanted.
    SimTail,
    /// Number and card do not belong together, or cannot be registered here.
    PairUnknown,
    /// Number and card were guessed wrongly too often: wait.
    TooManyGuesses,
    /// The number is registered; to the applicant or to somebody else, it is not said.
    NumberRegistered,
    /// Another application about this number is open.
    NumberInProgress,
    /// Choose for whom.
    WhoMissing,
    /// Cannot be done on these pages.
    WhoNotOnline,
    /// Choose a document.
    DocumentMissing,
    /// The operator does not accept it.
    DocumentNotAccepted,
    /// Write the name.
    NameMissing,
    /// The name has characters that no name has.
    NameCharacters,
    /// The name is too long.
    NameLength,
    /// Write the day of birth.
    BirthMissing,
    /// There is no such day.
    BirthImpossible,
    /// It lies ahead.
    BirthFuture,
    /// Write the last day of validity, or choose 长期.
    ExpiresMissing,
    /// There is no such day.
    ExpiresImpossible,
    /// The document has expired.
    Expired,
    /// Too young to apply alone.
    AgeAlone,
    /// Too young even with a guardian.
    AgeGuardian,
    /// Write the guardian's name.
    GuardianNameMissing,
    /// The child's own number cannot be the guardian's.
    GuardianSame,
    /// Write the organisation's name.
    OrganisationNameMissing,
    /// Write the handler's name.
    HandlerNameMissing,
    /// Write the responsible person's name.
    ResponsibleNameMissing,
    /// Say what the machines do.
    UseSceneMissing,
    /// List the cards.
    CardsMissing,
    /// A line of the list is no serial number of a card.
    CardWrong,
    /// A card stands in the list twice.
    CardTwice,
    /// More cards than one application takes.
    CardsTooMany,
    /// The card of the number is not in the list.
    CardsWithoutFirst,
    /// The text is too long.
    TextLength,
    /// Say why.
    AppealTextMissing,
    /// The photo is missing.
    PhotoMissing,
    /// The photo must be taken again.
    PhotoRedo,
    /// This consent is needed to register.
    ConsentMissing,
    /// The contact is not confirmed.
    ContactUnconfirmed,
}

impl FormRefusal {
    /// Every refusal.
    pub const ALL: &'static [Self] = &[
        Self::SimTail,
        Self::PairUnknown,
        Self::TooManyGuesses,
        Self::NumberRegistered,
        Self::NumberInProgress,
        Self::WhoMissing,
        Self::WhoNotOnline,
        Self::DocumentMissing,
        Self::DocumentNotAccepted,
        Self::NameMissing,
        Self::NameCharacters,
        Self::NameLength,
        Self::BirthMissing,
        Self::BirthImpossible,
        Self::BirthFuture,
        Self::ExpiresMissing,
        Self::ExpiresImpossible,
        Self::Expired,
        Self::AgeAlone,
        Self::AgeGuardian,
        Self::GuardianNameMissing,
        Self::GuardianSame,
        Self::OrganisationNameMissing,
        Self::HandlerNameMissing,
        Self::ResponsibleNameMissing,
        Self::UseSceneMissing,
        Self::CardsMissing,
        Self::CardWrong,
        Self::CardTwice,
        Self::CardsTooMany,
        Self::CardsWithoutFirst,
        Self::TextLength,
        Self::AppealTextMissing,
        Self::PhotoMissing,
        Self::PhotoRedo,
        Self::ConsentMissing,
        Self::ContactUnconfirmed,
    ];
}

impl Refusal for FormRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::SimTail => "form.sim_tail",
            Self::PairUnknown => "form.pair_unknown",
            Self::TooManyGuesses => "form.too_many_guesses",
            Self::NumberRegistered => "form.number_registered",
            Self::NumberInProgress => "form.number_in_progress",
            Self::WhoMissing => "form.who_missing",
            Self::WhoNotOnline => "form.who_not_online",
            Self::DocumentMissing => "form.document_missing",
            Self::DocumentNotAccepted => "form.document_not_accepted",
            Self::NameMissing => "form.name_missing",
            Self::NameCharacters => "form.name_characters",
            Self::NameLength => "form.name_length",
            Self::BirthMissing => "form.birth_missing",
            Self::BirthImpossible => "form.birth_impossible",
            Self::BirthFuture => "form.birth_future",
            Self::ExpiresMissing => "form.expires_missing",
            Self::ExpiresImpossible => "form.expires_impossible",
            Self::Expired => "form.expired",
            Self::AgeAlone => "form.age_alone",
            Self::AgeGuardian => "form.age_guardian",
            Self::GuardianNameMissing => "form.guardian_name_missing",
            Self::GuardianSame => "form.guardian_same",
            Self::OrganisationNameMissing => "form.organisation_name_missing",
            Self::HandlerNameMissing => "form.handler_name_missing",
            Self::ResponsibleNameMissing => "form.responsible_name_missing",
            Self::UseSceneMissing => "form.use_scene_missing",
            Self::CardsMissing => "form.cards_missing",
            Self::CardWrong => "form.card_wrong",
            Self::CardTwice => "form.card_twice",
            Self::CardsTooMany => "form.cards_too_many",
            Self::CardsWithoutFirst => "form.cards_without_first",
            Self::TextLength => "form.text_length",
            Self::AppealTextMissing => "form.appeal_text_missing",
            Self::PhotoMissing => "form.photo_missing",
            Self::PhotoRedo => "form.photo_redo",
            Self::ConsentMissing => "form.consent_missing",
            Self::ContactUnconfirmed => "form.contact_unconfirmed",
        }
    }
}

/// The longest name, in characters: the longest known on a Chinese document has under fifty.
const NAME_MAX: usize = 60;
/// The longest free text.
pub const TEXT_MAX: usize = 1000;

/// What is wrong with one section, on `today` under `policy`; empty if it is complete.
///
/// Photos, contacts and consents are not part of the form, nor is what only the register of
/// numbers knows: the use cases add those.
pub fn problems(form: &Form, section: Section, policy: &Policy, today: Date) -> Vec<Problem> {
    let mut found = Vec::new();
    match section {
        Section::Number => number(form, &mut found),
        Section::Who => who(form, policy, &mut found),
        Section::Document => document(form, policy, &mut found),
        Section::Identity => identity(form, policy, today, &mut found),
        Section::Contact | Section::Photos | Section::Portrait | Section::Consents => {}
    }
    found
}

fn number(form: &Form, found: &mut Vec<Problem>) {
    if let Err(refusal) = Msisdn::parse(&form.number) {
        found.push(Problem::of("number", &refusal));
    }
    if form.is_esim {
        if let Err(refusal) = form.eid() {
            found.push(Problem::of("eid", &refusal));
        }
        return;
    }
    if sim_tail(&form.sim_tail).is_none() {
        found.push(Problem::of("sim_tail", &FormRefusal::SimTail));
    }
}

/// The six characters as the card has them: letters upper case, blanks and dashes left out; also
/// taken from a whole serial number that somebody typed.
pub fn sim_tail(text: &str) -> Option<String> {
    let kept: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let is_serial = kept.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    match kept.len() {
        6 | 19 | 20 if is_serial => kept.get(kept.len() - 6..).map(str::to_owned),
        _ => None,
    }
}

fn who(form: &Form, policy: &Policy, found: &mut Vec<Problem>) {
    match form.who {
        None => found.push(Problem::of("who", &FormRefusal::WhoMissing)),
        Some(who) if !who.is_online(policy) => {
            found.push(Problem::of("who", &FormRefusal::WhoNotOnline));
        }
        Some(_) => {}
    }
}

fn document(form: &Form, policy: &Policy, found: &mut Vec<Problem>) {
    match form.document {
        None => found.push(Problem::of("document", &FormRefusal::DocumentMissing)),
        Some(kind) if !form.accepts(kind, policy) => {
            found.push(Problem::of("document", &FormRefusal::DocumentNotAccepted));
        }
        Some(_) => {}
    }
}

fn identity(form: &Form, policy: &Policy, today: Date, found: &mut Vec<Problem>) {
    if form.is_of_organisation() {
        return organisation_identity(form, today, found);
    }
    name("name", &form.name, FormRefusal::NameMissing, found);
    let kind = form.document.unwrap_or(DocumentKind::Other);
    let checked = identity::check(kind, &form.document_number, today);
    if let Some(error) = checked.findings.first_error() {
        found.push(Problem::of("document_number", &error));
    }
    let birth = checked.facts.birth.or_else(|| typed_birth(form, today, found));
    expires(form, kind, today, found);
    if let Some(age) = birth.and_then(|birth| identity::age(birth, today)) {
        age_rule(form, i64::from(age), policy, found);
    }
    if form.who == Some(Who::Child) {
        guardian(form, today, found);
    }
    if form.address.chars().count() > TEXT_MAX {
        found.push(Problem::of("address", &FormRefusal::TextLength));
    }
}

fn organisation_identity(form: &Form, today: Date, found: &mut Vec<Problem>) {
    let name = canonical_name(&form.name);
    let is_of_a_sign =
        |c: char| is_of_a_name(c) || c.is_alphanumeric() || "（）()&、，".contains(c);
    if name.is_empty() {
        found.push(Problem::of("name", &FormRefusal::OrganisationNameMissing));
    } else if name.chars().count() > NAME_MAX {
        found.push(Problem::of("name", &FormRefusal::NameLength));
    } else if !name.chars().all(is_of_a_sign) || !name.chars().any(char::is_alphabetic) {
        found.push(Problem::of("name", &FormRefusal::NameCharacters));
    }
    let kind = form.document.unwrap_or(DocumentKind::BusinessLicence);
    let checked = identity::check(kind, &form.document_number, today);
    if let Some(error) = checked.findings.first_error() {
        found.push(Problem::of("document_number", &error));
    }
    organisation::problems(form, today, found);
}

fn typed_birth(form: &Form, today: Date, found: &mut Vec<Problem>) -> Option<Date> {
    let kind = form.document.unwrap_or(DocumentKind::Other);
    if tells_birth(kind) {
        // A faulty number is told as such; nobody is asked for what it would say.
        return None;
    }
    let refusal = match form.birth.date() {
        Some(birth) if birth > today => FormRefusal::BirthFuture,
        Some(birth) => return Some(birth),
        None if form.birth.is_empty() => FormRefusal::BirthMissing,
        None => FormRefusal::BirthImpossible,
    };
    found.push(Problem::of("birth", &refusal));
    None
}

/// Whether the number of such a document tells the day of birth.
pub const fn tells_birth(kind: DocumentKind) -> bool {
    matches!(
        kind,
        DocumentKind::ResidentId
            | DocumentKind::TemporaryResidentId
            | DocumentKind::HouseholdRegister
            | DocumentKind::ResidencePermit
            | DocumentKind::PermanentResidence
    )
}

/// Whether such a document bears a last day of validity.
pub const fn tells_expiry(kind: DocumentKind) -> bool {
    !matches!(kind, DocumentKind::HouseholdRegister | DocumentKind::BusinessLicence)
}

/// Whether such a document may be valid for ever (长期).
pub const fn may_be_long_term(kind: DocumentKind) -> bool {
    matches!(kind, DocumentKind::ResidentId | DocumentKind::MilitaryId | DocumentKind::Other)
}

/// Whether such a document has a second side to be photographed.
pub const fn has_back(kind: DocumentKind) -> bool {
    matches!(
        kind,
        DocumentKind::ResidentId
            | DocumentKind::TemporaryResidentId
            | DocumentKind::HongKongMacaoPermit
            | DocumentKind::TaiwanPermit
            | DocumentKind::ResidencePermit
            | DocumentKind::PermanentResidence
    )
}

fn expires(form: &Form, kind: DocumentKind, today: Date, found: &mut Vec<Problem>) {
    if !tells_expiry(kind) || (form.is_long_term && may_be_long_term(kind)) {
        return;
    }
    let refusal = match form.expires.date() {
        Some(last) if last < today => FormRefusal::Expired,
        Some(_) => return,
        None if form.expires.is_empty() => FormRefusal::ExpiresMissing,
        None => FormRefusal::ExpiresImpossible,
    };
    found.push(Problem::of("expires", &refusal));
}

fn age_rule(form: &Form, age: i64, policy: &Policy, found: &mut Vec<Problem>) {
    let (alone, guarded) = (*policy.ages.alone_min, *policy.ages.guardian_min);
    let is_guarded = form.who == Some(Who::Child);
    if age < guarded {
        let mut problem = Problem::of("birth", &FormRefusal::AgeGuardian);
        problem.values.push(("age", Cow::Owned(guarded.to_string())));
        found.push(problem);
    } else if age < alone && !is_guarded {
        let mut problem = Problem::of("birth", &FormRefusal::AgeAlone);
        problem.values.push(("age", Cow::Owned(alone.to_string())));
        found.push(problem);
    }
}

fn guardian(form: &Form, today: Date, found: &mut Vec<Problem>) {
    name("guardian_name", &form.guardian_name, FormRefusal::GuardianNameMissing, found);
    let checked = identity::check(DocumentKind::ResidentId, &form.guardian_number, today);
    if let Some(error) = checked.findings.first_error() {
        found.push(Problem::of("guardian_number", &error));
    } else if same(&form.guardian_number, &form.document_number) {
        found.push(Problem::of("guardian_number", &FormRefusal::GuardianSame));
    }
}

fn same(one: &str, other: &str) -> bool {
    one.trim().eq_ignore_ascii_case(other.trim())
}

pub(super) fn name(
    field: &'static str,
    typed: &str,
    missing: FormRefusal,
    found: &mut Vec<Problem>,
) {
    let name = canonical_name(typed);
    let refusal = if name.is_empty() {
        missing
    } else if name.chars().count() > NAME_MAX {
        FormRefusal::NameLength
    } else if name.chars().any(|c| !is_of_a_name(c)) || !name.chars().any(char::is_alphabetic) {
        FormRefusal::NameCharacters
    } else {
        return;
    };
    found.push(Problem::of(field, &refusal));
}

/// Letters of every script, rare characters outside the basic plane, marks above and below
/// letters, and the few signs that stand in names.
fn is_of_a_name(c: char) -> bool {
    c.is_alphabetic()
        || is_ideograph_or_mark(c)
        || matches!(c, ' ' | '·' | '.' | '\'' | '’' | '-' | ',')
}

fn is_ideograph_or_mark(c: char) -> bool {
    matches!(u32::from(c),
        0x0300..=0x036f       // combining marks
        | 0x2e80..=0x2fdf     // radicals
        | 0x3005..=0x3007     // 々〆〇
        | 0x3400..=0x9fff
        | 0xe000..=0xf8ff     // private use: characters that systems without them still print
        | 0xf900..=0xfaff
        | 0xfe00..=0xfe0f     // variation selectors
        | 0x2_0000..=0x3_ffff
        | 0xe_0100..=0xe_01ef)
}

/// A name in one way of writing: single blanks, one kind of middle dot (documents print ·, and
/// keyboards have half a dozen), Latin letters as typed.
pub fn canonical_name(typed: &str) -> String {
    let dotted: String = typed
        .chars()
        .map(|c| match c {
            '•' | '‧' | '・' | '･' | '∙' | '⋅' | '●' | '．' => '·',
            '\u{3000}' | '\u{a0}' => ' ',
            other => other,
        })
        .collect();
    dotted.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a complete form says of the holder, in canonical form.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name.
    pub name: String,
    /// Kind and number of the document.
    pub document: IdentityNumber,
    /// Day of birth, if known.
    pub birth: Option<Date>,
    /// The document's last day; `None` if it is valid for ever or bears none.
    pub expires: Option<Date>,
    /// Whether the number asks for a person's look (a warning of its check).
    pub is_doubtful: bool,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(•••)")
    }
}

impl Form {
    /// The holder, if the document number passes its check.
    pub fn identity(&self, today: Date) -> Option<Identity> {
        let kind = self.document?;
        let (document, checked) = IdentityNumber::read(kind, &self.document_number, today).ok()?;
        let is_typed = !tells_birth(kind) && !self.is_of_organisation();
        let typed = || self.birth.date().filter(|_| is_typed);
        Some(Identity {
            name: canonical_name(&self.name),
            document,
            birth: checked.facts.birth.or_else(typed),
            expires: self.expires.date().filter(|_| !self.is_long_term && tells_expiry(kind)),
            is_doubtful: checked.findings.worst() >= Some(Severity::Warn),
        })
    }

    /// Whether an organisation will hold the number.
    pub fn is_of_organisation(&self) -> bool {
        self.who.is_some_and(Who::is_organisation)
    }

    /// Whether this document proves who the holder is.
    pub fn accepts(&self, kind: DocumentKind, policy: &Policy) -> bool {
        self.who.unwrap_or(Who::Myself).documents(policy).contains(&kind)
    }

    /// The photos this form needs.
    pub fn photos(&self, kind: Kind) -> Vec<Item> {
        if kind == Kind::Appeal {
            return Vec::new();
        }
        let document = self.document.unwrap_or(DocumentKind::ResidentId);
        let mut photos = vec![Item::DocumentFront];
        if has_back(document) {
            photos.push(Item::DocumentBack);
        }
        if self.who == Some(Who::Child) {
            photos.push(Item::GuardianPapers);
        }
        if self.is_of_organisation() {
            photos.extend([Item::CompanyPapers, Item::HandlerDocument]);
        }
        photos.push(Item::Portrait);
        photos
    }
}

#[cfg(test)]
#[path = "form_tests.rs"]
mod tests;
