//! One value judged, whatever its kind.

use super::{Checker, Kind};
use domain::finding::{Finding, Findings, Severity};
use domain::identity::country::Country;
use domain::identity::mrz::Mrz;
use domain::identity::{
    Checked, Facts, credit_code, hong_kong, passport, permanent, permit, residence_permit,
    resident, taiwan,
};
use domain::inline::Inline;
use domain::msisdn::Msisdn;
use domain::msisdn::range::Network;
use domain::refusal::Refusal;
use domain::sim::{Eid, Iccid, Imei, Imsi};

/// How a value came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing wrong.
    Valid,
    /// Not wrong, but a person should look.
    Look,
    /// Wrong.
    Invalid,
}

/// What was found out about one value.
#[derive(Default)]
pub(super) struct Outcome {
    /// The canonical form; empty if there is none.
    pub(super) value: Inline<32>,
    /// Why a phone or SIM number was refused.
    pub(super) refusal: Option<&'static str>,
    pub(super) findings: Findings,
    pub(super) facts: Facts,
    pub(super) network: Option<Network>,
    /// Family and given name, from a machine-readable zone.
    pub(super) name: Option<(Inline<39>, Inline<39>)>,
    pub(super) issuer: Option<Country>,
}

impl Outcome {
    pub(super) fn verdict(&self) -> Verdict {
        match (self.refusal, self.findings.worst()) {
            (Some(_), _) | (None, Some(Severity::Error)) => Verdict::Invalid,
            (None, Some(Severity::Warn)) => Verdict::Look,
            (None, Some(Severity::Info) | None) => Verdict::Valid,
        }
    }
}

/// Judges one line.
pub(super) fn judge(checker: &Checker, line: &[u8]) -> Outcome {
    let today = checker.today;
    match checker.kind {
        Kind::Id => of_document(resident::check(line, today)),
        Kind::Residence => of_document(residence_permit::check(line, today)),
        Kind::Permanent => of_document(permanent::check(line, today)),
        Kind::Permit => of_document(permit::check(line)),
        Kind::Passport => of_passport(checker, line),
        Kind::CreditCode => of_document(credit_code::check(line)),
        Kind::Hkid => of_document(hong_kong::check(line)),
        Kind::Twid => of_document(taiwan::check(line)),
        Kind::Mrz => match std::str::from_utf8(line) {
            Ok(text) => of_zone(&Mrz::read(text, today)),
            Err(_) => found(Findings::of(Finding::Characters)),
        },
        Kind::Msisdn => of_msisdn(line),
        Kind::Iccid => of_iccid(line),
        Kind::Imsi => match Imsi::parse_bytes(line) {
            Ok(imsi) => {
                Outcome { network: imsi.network(), ..plain(imsi.as_str(), imsi.findings()) }
            }
            Err(refusal) => refused(&refusal),
        },
        Kind::Imei => match Imei::parse_bytes(line) {
            Ok(imei) => plain(imei.as_str(), Findings::NONE),
            Err(refusal) => refused(&refusal),
        },
        Kind::Eid => match Eid::parse_bytes(line) {
            Ok(eid) => plain(eid.as_str(), eid.findings()),
            Err(refusal) => refused(&refusal),
        },
    }
}

fn refused(refusal: &dyn Refusal) -> Outcome {
    Outcome { refusal: Some(refusal.code()), ..Outcome::default() }
}

fn found(findings: Findings) -> Outcome {
    Outcome { findings, ..Outcome::default() }
}

fn plain(value: &str, findings: Findings) -> Outcome {
    Outcome { value: Inline::new(value.as_bytes()).unwrap_or_default(), ..found(findings) }
}

fn of_document(checked: Checked) -> Outcome {
    Outcome { facts: checked.facts, ..plain(checked.value.as_str(), checked.findings) }
}

fn of_passport(checker: &Checker, line: &[u8]) -> Outcome {
    let checked = match checker.country {
        None => passport::check(line),
        Some(country) if matches!(country.as_str(), "CHN" | "HKG" | "MAC") => {
            passport::check_chinese(line)
        }
        Some(country) => {
            let mut checked = passport::check_foreign(line);
            checked.facts.country = Some(country);
            checked
        }
    };
    of_document(checked)
}

fn of_zone(mrz: &Mrz) -> Outcome {
    Outcome {
        facts: Facts {
            birth: mrz.birth,
            sex: mrz.sex,
            country: mrz.nationality,
            expires: mrz.expires,
            ..Facts::default()
        },
        issuer: mrz.issuer,
        name: mrz.form.map(|_| (mrz.surname, mrz.given)),
        ..plain(mrz.number.as_str(), mrz.findings)
    }
}

fn of_msisdn(line: &[u8]) -> Outcome {
    match Msisdn::parse_bytes(line) {
        Ok(msisdn) => {
            let mut value = Inline::EMPTY;
            let mut rest = msisdn.as_u64();
            let mut place = 10_u64.pow(rest.ilog10());
            while place > 0 {
                let digit = u8::try_from(rest / place).unwrap_or_default();
                let pushed = value.push(b'0' + digit);
                debug_assert!(pushed, "at most 15 digits");
                rest %= place;
                place /= 10;
            }
            let network = Some(msisdn.range().network);
            Outcome { value, network, ..found(msisdn.findings()) }
        }
        Err(refusal) => refused(&refusal),
    }
}

fn of_iccid(line: &[u8]) -> Outcome {
    match Iccid::parse_bytes(line) {
        Ok(iccid) => {
            let mut findings = iccid.findings();
            findings.add_if(line.starts_with(b"98"), Finding::IccidSwapped);
            Outcome { network: iccid.network(), ..plain(iccid.as_str(), findings) }
        }
        Err(refusal) => refused(&refusal),
    }
}
