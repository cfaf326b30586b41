//! The answer to one value, as a line for people or a JSON object for programs.

use super::outcome::{Outcome, Verdict};
use super::{Count, Kind};
use clap::ValueEnum;
use domain::finding::{Finding, Severity};
use domain::identity::country::Country;
use domain::identity::{Province, Sex};
use domain::msisdn::PhoneRefusal;
use domain::msisdn::range::Network;
use domain::refusal::Refusal;
use domain::sim::SimRefusal;
use jiff::civil::Date;
use std::io::Write;
use words::Lang;

/// All texts of one language, looked up once.
#[derive(Debug)]
pub(super) struct Teller {
    lang: Lang,
    json: bool,
    kind: &'static str,
    kind_code: String,
    findings: Vec<String>,
    refusals: Vec<(&'static str, String)>,
    provinces: Vec<(u8, String)>,
    countries: Vec<(Country, String)>,
}

impl Teller {
    pub(super) fn new(kind: Kind, lang: Lang, json: bool) -> Self {
        let message = |code: &str| lang.refusal(code, &[]).unwrap_or_else(|| code.to_owned());
        let phone = PhoneRefusal::ALL.iter().map(Refusal::code);
        let sim = SimRefusal::ALL.iter().map(Refusal::code);
        let name = |id: String| lang.by_id(&id, &[]).unwrap_or(id);
        let country = |c: Country| {
            let id = format!("country-{}", c.as_str().to_ascii_lowercase());
            (c, name(id))
        };
        let mut countries: Vec<_> =
            Country::all().chain(Country::all_icao()).map(country).collect();
        countries.sort_unstable_by_key(|row| row.0);
        Self {
            lang,
            json,
            kind: kind_label(kind, lang),
            kind_code: kind.to_possible_value().map_or_else(String::new, |v| v.get_name().into()),
            findings: Finding::ALL.iter().map(|f| message(f.code())).collect(),
            refusals: phone.chain(sim).map(|code| (code, message(code))).collect(),
            provinces: Province::ALL
                .iter()
                .map(|&code| (code, name(format!("province-{code}"))))
                .collect(),
            countries,
        }
    }

    /// Appends the answer to `out` and says how it counts.
    pub(super) fn tell(
        &self,
        out: &mut Vec<u8>,
        line: &[u8],
        line_number: u64,
        outcome: &Outcome,
    ) -> Count {
        if self.json {
            self.tell_json(out, line, line_number, outcome);
        } else {
            self.tell_text(out, line, outcome);
        }
        out.push(b'\n');
        let mut count = Count::default();
        match outcome.verdict() {
            Verdict::Valid => count.valid += 1,
            Verdict::Look => count.look += 1,
            Verdict::Invalid => count.invalid += 1,
        }
        count
    }

    fn tell_text(&self, out: &mut Vec<u8>, line: &[u8], outcome: &Outcome) {
        push_printable(out, line);
        if outcome.value.as_bytes() != line && !outcome.value.is_empty() {
            out.extend_from_slice(" → ".as_bytes());
            out.extend_from_slice(outcome.value.as_bytes());
        }
        out.extend_from_slice(b"  ");
        let verdict = outcome.verdict();
        push(
            out,
            match verdict {
                Verdict::Valid => self.lang.check_valid(),
                Verdict::Look => self.lang.check_look(),
                Verdict::Invalid => self.lang.check_invalid(),
            },
        );
        next(out, self.kind);
        if verdict != Verdict::Invalid {
            self.tell_facts(out, outcome);
        }
        if let Some(code) = outcome.refusal {
            next(out, self.refusal(code));
        }
        for (finding, text) in self.found(outcome) {
            next(out, text);
            if let (Finding::CheckCharacter, Some(wanted)) = (finding, outcome.facts.wanted_check) {
                push(out, " (");
                push(out, self.lang.check_wanted());
                push(out, " ");
                push(out, wanted.encode_utf8(&mut [0; 4]));
                push(out, ")");
            }
        }
    }

    fn tell_facts(&self, out: &mut Vec<u8>, outcome: &Outcome) {
        let (facts, lang) = (&outcome.facts, self.lang);
        if let Some((surname, given)) = outcome.name {
            next(out, surname.as_str());
            if !given.is_empty() {
                push(out, ", ");
                push(out, given.as_str());
            }
        }
        if let Some(birth) = facts.birth {
            next(out, lang.check_born());
            push(out, " ");
            push_date(out, birth);
        }
        if let Some(sex) = facts.sex {
            next(
                out,
                match sex {
                    Sex::Female => lang.check_female(),
                    Sex::Male => lang.check_male(),
                },
            );
        }
        if let Some(province) = facts.province {
            next(out, self.province(province));
        }
        if let Some(country) = facts.country {
            next(out, self.country(country));
        }
        if let Some(issuer) = outcome.issuer.filter(|&issuer| Some(issuer) != facts.country) {
            next(out, lang.check_issuer());
            push(out, " ");
            push(out, self.country(issuer));
        }
        if let Some(expires) = facts.expires {
            next(out, lang.check_expires());
            push(out, " ");
            push_date(out, expires);
        }
        if let Some(network) = outcome.network {
            next(out, network_label(network, lang));
        }
    }

    fn refusal(&self, code: &str) -> &str {
        self.refusals.iter().find(|(known, _)| *known == code).map_or("", |(_, text)| text)
    }

    fn found<'a>(&'a self, outcome: &Outcome) -> impl Iterator<Item = (Finding, &'a str)> {
        outcome.findings.iter().map(|finding| {
            let text = self.findings.get(finding as usize).map_or("", String::as_str);
            (finding, text)
        })
    }

    fn province(&self, province: Province) -> &str {
        let found = self.provinces.iter().find(|(code, _)| *code == province.code());
        found.map_or("", |(_, name)| name)
    }

    fn country(&self, country: Country) -> &str {
        let found = self.countries.binary_search_by_key(&country, |row| row.0).ok();
        found.and_then(|at| self.countries.get(at)).map_or("", |(_, name)| name)
    }

    fn tell_json(&self, out: &mut Vec<u8>, line: &[u8], line_number: u64, outcome: &Outcome) {
        drop(write!(out, r#"{{"line":{line_number},"kind":"{}","input":"#, self.kind_code));
        push_json(out, line);
        if !outcome.value.is_empty() {
            push(out, r#","value":"#);
            push_json(out, outcome.value.as_bytes());
        }
        push(out, r#","verdict":""#);
        push(
            out,
            match outcome.verdict() {
                Verdict::Valid => "valid",
                Verdict::Look => "look",
                Verdict::Invalid => "invalid",
            },
        );
        push(out, "\"");
        self.facts_json(out, outcome);
        push(out, r#","findings":["#);
        let mut is_first = true;
        let refusal = outcome.refusal.map(|code| (code, "error", self.refusal(code)));
        let found = self.found(outcome).map(|(f, text)| (f.code(), severity(f), text));
        for (code, severity, text) in refusal.into_iter().chain(found) {
            push(out, if is_first { "" } else { "," });
            is_first = false;
            drop(write!(out, r#"{{"code":"{code}","severity":"{severity}","message":"#));
            push_json(out, text.as_bytes());
            push(out, "}");
        }
        push(out, "]}");
    }

    fn facts_json(&self, out: &mut Vec<u8>, outcome: &Outcome) {
        let facts = &outcome.facts;
        let mut field = |name: &str, value: &[u8]| {
            push(out, ",\"");
            push(out, name);
            push(out, "\":");
            push_json(out, value);
        };
        if let Some((surname, given)) = outcome.name {
            field("surname", surname.as_bytes());
            field("given", given.as_bytes());
        }
        let mut date = Vec::new();
        for (name, day) in [("birth", facts.birth), ("expires", facts.expires)] {
            if let Some(day) = day {
                date.clear();
                push_date(&mut date, day);
                field(name, &date);
            }
        }
        if let Some(sex) = facts.sex {
            field("sex", if sex == Sex::Male { b"male" } else { b"female" });
        }
        if let Some(province) = facts.province {
            let code = province.code();
            field("province", &[b'0' + code / 10, b'0' + code % 10]);
        }
        if let Some(country) = facts.country {
            field("country", country.as_str().as_bytes());
        }
        if let Some(issuer) = outcome.issuer {
            field("issuer", issuer.as_str().as_bytes());
        }
        if let Some(issue) = facts.issue {
            field("issue", &[b'0' + issue / 10 % 10, b'0' + issue % 10]);
        }
        if let Some(wanted) = facts.wanted_check {
            field("wanted_check", wanted.encode_utf8(&mut [0; 4]).as_bytes());
        }
        if let Some(network) = outcome.network {
            field("network", network_label(network, self.lang).as_bytes());
        }
    }
}

fn severity(finding: Finding) -> &'static str {
    match finding.severity() {
        Severity::Info => "info",
        Severity::Warn => "warn",
        Severity::Error => "error",
    }
}

/// One more part of the answer.
fn next(out: &mut Vec<u8>, text: &str) {
    push(out, " · ");
    push(out, text);
}

fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// What was typed, with control characters and broken encoding made visible.
fn push_printable(out: &mut Vec<u8>, line: &[u8]) {
    if line.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        out.extend_from_slice(line);
        return;
    }
    for c in String::from_utf8_lossy(line).chars() {
        let shown = if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
        push(out, shown.encode_utf8(&mut [0; 4]));
    }
}

fn push_json(out: &mut Vec<u8>, text: &[u8]) {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    if text.iter().all(is_plain) {
        out.push(b'"');
        out.extend_from_slice(text);
        out.push(b'"');
    } else {
        let text = String::from_utf8_lossy(text);
        serde_json::to_writer(out, text.as_ref()).expect("a vector takes everything");
    }
}

fn push_date(out: &mut Vec<u8>, date: Date) {
    let digit = |n: i16| b'0' + u8::try_from(n.rem_euclid(10)).unwrap_or_default();
    let (year, month, day) = (date.year(), i16::from(date.month()), i16::from(date.day()));
    out.extend([digit(year / 1000), digit(year / 100), digit(year / 10), digit(year), b'-']);
    out.extend([digit(month / 10), digit(month), b'-', digit(day / 10), digit(day)]);
}

fn kind_label(kind: Kind, lang: Lang) -> &'static str {
    match kind {
        Kind::Id => lang.check_kind_id(),
        Kind::Residence => lang.check_kind_residence(),
        Kind::Permanent => lang.check_kind_permanent(),
        Kind::Permit => lang.check_kind_permit(),
        Kind::Passport => lang.check_kind_passport(),
        Kind::Mrz => lang.check_kind_mrz(),
        Kind::CreditCode => lang.check_kind_credit_code(),
        Kind::Hkid => lang.check_kind_hkid(),
        Kind::Twid => lang.check_kind_twid(),
        Kind::Msisdn => lang.check_kind_msisdn(),
        Kind::Iccid => lang.check_kind_iccid(),
        Kind::Imsi => lang.check_kind_imsi(),
        Kind::Imei => lang.check_kind_imei(),
        Kind::Eid => lang.check_kind_eid(),
    }
}

fn network_label(network: Network, lang: Lang) -> &'static str {
    match network {
        Network::ChinaMobile => lang.check_network_china_mobile(),
        Network::ChinaUnicom => lang.check_network_china_unicom(),
        Network::ChinaTelecom => lang.check_network_china_telecom(),
        Network::ChinaBroadnet => lang.check_network_china_broadnet(),
        Network::ChinaSatNet => lang.check_network_china_sat_net(),
        Network::OtherSatellite => lang.check_network_other_satellite(),
        Network::Unassigned => lang.check_network_unassigned(),
    }
}
