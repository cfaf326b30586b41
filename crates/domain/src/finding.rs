//! What a check of a written number or document found: a closed catalogue, told in words.
//!
//! A finding is an error (the value cannot be what it is said to be), a warning (a person should
//! look) or a note. Its message in both languages is `refusal-check-…` of the `words` crate.

use crate::refusal::Refusal;
use std::fmt;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; changes nothing.
    Info,
    /// Possible but odd: a person should look.
    Warn,
    /// Wrong: it cannot be what it is said to be.
    Error,
}

macro_rules! findings {
    ($($(#[$doc:meta])* $name:ident $severity:ident $code:literal;)*) => {
        /// One finding of a check.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Finding {
            $($(#[$doc])* $name,)*
        }

        impl Finding {
            /// Every finding, in the order in which they are told.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// How much it weighs.
            pub const fn severity(self) -> Severity {
                match self {
                    $(Self::$name => Severity::$severity,)*
                }
            }
        }

        impl Refusal for Finding {
            fn code(&self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }
        }
    };
}

findings! {
    /// Nothing was written.
    Empty Error "check.empty";
    /// Full-width letters or digits, as Chinese keyboards type them.
    FullWidth Error "check.full_width";
    /// Spaces within the number.
    Spaces Error "check.spaces";
    /// A character that cannot stand where it stands.
    Characters Error "check.characters";
    /// A resident identity number has 18 characters, on old cards 15.
    ResidentLength Error "check.resident_length";
    /// The last character does not fit the others.
    CheckCharacter Error "check.check_character";
    /// The day of birth does not exist.
    BirthImpossible Error "check.birth_impossible";
    /// The day of birth is yet to come.
    BirthFuture Error "check.birth_future";
    /// 810000, 820000 or 830000: a residence permit, not a resident identity card.
    IsResidencePermit Error "check.is_residence_permit";
    /// It begins with 9: a foreigner's permanent residence card.
    IsPermanentResidence Error "check.is_permanent_residence";
    /// A residence permit begins with 810000, 820000 or 830000.
    NotResidencePermit Error "check.not_residence_permit";
    /// Neither of the two forms of a permanent residence card.
    NotPermanentResidence Error "check.not_permanent_residence";
    /// No country has this code, where a country must be named.
    CountryImpossible Error "check.country_impossible";
    /// Not a travel permit of a resident of Hong Kong or Macao.
    NotHongKongMacaoPermit Error "check.not_hong_kong_macao_permit";
    /// Not a travel permit of a resident of Taiwan.
    NotTaiwanPermit Error "check.not_taiwan_permit";
    /// No travel permit of either kind.
    NotPermit Error "check.not_permit";
    /// Not a Chinese, Hong Kong or Macao passport.
    NotChinesePassport Error "check.not_chinese_passport";
    /// A passport number has 5 to 9 letters and digits.
    NotPassport Error "check.not_passport";
    /// A unified social credit code has 18 characters.
    CreditLength Error "check.credit_length";
    /// I, O, S, V and Z do not occur in a unified social credit code.
    CreditAlphabet Error "check.credit_alphabet";
    /// Not a Hong Kong identity card.
    NotHongKongId Error "check.not_hong_kong_id";
    /// Not a Taiwan identity card.
    NotTaiwanId Error "check.not_taiwan_id";
    /// The text is longer than any such number.
    FreeFormLength Error "check.free_form_length";

    /// Not 3 lines of 30, 2 of 36 or 2 of 44 characters.
    MrzShape Error "check.mrz_shape";
    /// A visa: not a document that proves who somebody is.
    MrzVisa Error "check.mrz_visa";
    /// The first letter names no kind of travel document.
    MrzDocument Error "check.mrz_document";
    /// A digit where only letters can stand, or the other way round.
    MrzColumn Error "check.mrz_column";
    /// The check digit of the document number.
    MrzNumberCheck Error "check.mrz_number_check";
    /// The check digit of the day of birth.
    MrzBirthCheck Error "check.mrz_birth_check";
    /// The check digit of the day of expiry.
    MrzExpiryCheck Error "check.mrz_expiry_check";
    /// The check digit of the personal number.
    MrzPersonalCheck Error "check.mrz_personal_check";
    /// The check digit over all.
    MrzCompositeCheck Error "check.mrz_composite_check";
    /// The day of expiry does not exist.
    ExpiryImpossible Error "check.expiry_impossible";
    /// There is no name in it.
    MrzNameMissing Error "check.mrz_name_missing";

    /// No region has or had this code; tables lag behind, so this is no error.
    RegionUnknown Warn "check.region_unknown";
    /// Born before 1910: rare in life and common in made-up numbers, so a person looks.
    BornBefore1910 Warn "check.born_before_1910";
    /// The printed check digit does not fit; old cards are not consistent, so a person looks.
    PrintedCheck Warn "check.printed_check";
    /// The issuing or home country is not in the list of ISO 3166 and ICAO.
    CountryUnknown Warn "check.country_unknown";
    /// The document has expired.
    Expired Warn "check.expired";
    /// Part of the day of birth is unknown to the issuer.
    BirthIncomplete Warn "check.birth_incomplete";
    /// Issued by Utopia: ICAO's country for specimens.
    Specimen Warn "check.specimen";
    /// Nothing in this number can be checked: a person looks at the document.
    NeedsPerson Warn "check.needs_person";
    /// A travel permit for one journey only.
    OneJourney Warn "check.one_journey";
    /// The registering authority in the credit code is not a known one.
    CreditAuthorityUnknown Warn "check.credit_authority_unknown";
    /// The number lies in 154, which nobody was given: for tests only.
    PhoneTest Warn "check.phone_test";
    /// The last digit of a Chinese ICCID is not its Luhn digit, which happens.
    IccidLuhn Warn "check.iccid_luhn";
    /// The issuer of the card is not a known Chinese one.
    IccidIssuerUnknown Warn "check.iccid_issuer_unknown";
    /// The network of the IMSI is not a known one.
    ImsiNetworkUnknown Warn "check.imsi_network_unknown";
    /// The test network 001 01.
    ImsiTest Warn "check.imsi_test";

    /// Upgraded from the 15 digits of an old card.
    Upgraded Info "check.upgraded";
    /// Sequence 996 to 999, once kept for people over a hundred.
    Centenarian Info "check.centenarian";
    /// A temporary identity card: valid three months; some operators do not take it.
    Temporary Info "check.temporary";
    /// A household register proves a minor's identity, with the guardian present.
    Household Info "check.household";
    /// The issue count on the permit is no part of the person's number.
    ReissueCount Info "check.reissue_count";
    /// The permit of a permanent resident who is not a Chinese citizen.
    NonChineseResident Info "check.non_chinese_resident";
    /// Other countries' passport numbers carry no check.
    ForeignForm Info "check.foreign_form";
    /// The name did not fit into the machine-readable zone.
    NameTruncated Info "check.name_truncated";
    /// Resale: a virtual operator's number.
    PhoneResale Info "check.phone_resale";
    /// A satellite phone.
    PhoneSatellite Info "check.phone_satellite";
    /// A machine's number of 13 digits.
    PhoneIot Info "check.phone_iot";
    /// Since porting, the prefix tells who the range was given to, not who serves it.
    PhonePortable Info "check.phone_portable";
    /// Letters, as some Chinese vendors print them.
    IccidLetters Info "check.iccid_letters";
    /// It was nibble-swapped, as the file on the card is.
    IccidSwapped Info "check.iccid_swapped";
    /// The EID does not begin with 89, which SGP.29 allows.
    EidPrefix Info "check.eid_prefix";
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
impl std::error::Error for Finding {}

/// A set of findings, told in the order of the catalogue.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Findings(u128);

// Each finding has its bit.
const _: () = assert!(Finding::ALL.len() <= 128);

impl Findings {
    /// Nothing was found.
    pub const NONE: Self = Self(0);

    const fn bit(finding: Finding) -> u128 {
        1 << finding as u8
    }

    /// The set of one finding.
    pub const fn of(finding: Finding) -> Self {
        Self(Self::bit(finding))
    }

    /// Adds one.
    pub const fn add(&mut self, finding: Finding) {
        self.0 |= Self::bit(finding);
    }

    /// Takes one away.
    pub const fn remove(&mut self, finding: Finding) {
        self.0 &= !Self::bit(finding);
    }

    /// Adds one if `is_found`.
    pub const fn add_if(&mut self, is_found: bool, finding: Finding) {
        if is_found {
            self.add(finding);
        }
    }

    /// This set and the other.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it is in the set.
    pub const fn has(self, finding: Finding) -> bool {
        self.0 & Self::bit(finding) != 0
    }

    /// Whether nothing was found.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether one of them is an error.
    pub fn has_error(self) -> bool {
        self.worst() == Some(Severity::Error)
    }

    /// The weight of the heaviest.
    pub fn worst(self) -> Option<Severity> {
        self.iter().map(Finding::severity).max()
    }

    /// The first error, to be told beside a form field.
    pub fn first_error(self) -> Option<Finding> {
        self.iter().find(|f| f.severity() == Severity::Error)
    }

    /// The findings in the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = Finding> {
        let mut bits = self.0;
        std::iter::from_fn(move || {
            let place = usize::try_from(bits.trailing_zeros()).ok()?;
            bits &= bits.wrapping_sub(1);
            Finding::ALL.get(place).copied()
        })
    }
}

impl fmt::Debug for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_keeps_the_order_of_the_catalogue() {
        let mut set = Findings::of(Finding::EidPrefix);
        set.add(Finding::Empty);
        set.add_if(false, Finding::Spaces);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Finding::Empty, Finding::EidPrefix]);
        assert_eq!(set.first_error(), Some(Finding::Empty));
        assert!(set.has_error() && set.has(Finding::EidPrefix) && !set.has(Finding::Spaces));
        assert_eq!(Findings::NONE.worst(), None);
        assert_eq!(Findings::of(Finding::Expired).worst(), Some(Severity::Warn));
    }

    #[test]
    fn codes_are_unique() {
        let codes: std::collections::BTreeSet<_> = Finding::ALL.iter().map(Finding::code).collect();
        assert_eq!(codes.len(), Finding::ALL.len());
    }
}
