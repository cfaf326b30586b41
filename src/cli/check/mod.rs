//! `baohao check`: says in words what a number or document is, what is wrong with it, and why.
//!
//! Values come as arguments or line by line from standard input; a million lines a second, so
//! nothing here allocates per line: messages are looked up once, output is one buffer per chunk.

mod outcome;
mod stream;
mod tell;

use super::{Failure, out};
use clap::{Args, ValueEnum};
use domain::identity::country::Country;
use domain::time::Zone;
use jiff::civil::Date;
use service::clock::{Clock, SystemClock};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use tell::Teller;
use words::Lang;

/// Say what a number or document is, and what is wrong with it.
///
/// Without values, lines are read from standard input. The exit code is 1 if any value is invalid.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// What the values are.
    #[arg(value_enum)]
    kind: Kind,
    /// The values; without any, one on each line of standard input. The lines of a machine-readable
    /// zone follow one another or are joined by `/`.
    values: Vec<String>,
    /// The language of the answer: zh or en. By default that of the environment.
    #[arg(long, value_parser = language)]
    lang: Option<Lang>,
    /// For passports: the country that issued it, by its three letters, such as GBR.
    #[arg(long, value_parser = country)]
    country: Option<Country>,
}

/// What can be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// 居民身份证: resident identity number.
    Id,
    /// 港澳台居民居住证: residence permit of a resident of Hong Kong, Macao or Taiwan.
    Residence,
    /// 外国人永久居留身份证: permanent residence card.
    Permanent,
    /// 通行证: travel permit of a resident of Hong Kong, Macao or Taiwan.
    Permit,
    /// 护照: passport.
    Passport,
    /// 机读码: machine-readable zone of a passport or card.
    Mrz,
    /// 统一社会信用代码: unified social credit code.
    CreditCode,
    /// 香港身份证: Hong Kong identity card.
    Hkid,
    /// 台湾身份证: Taiwan identity card.
    Twid,
    /// 手机号码: mobile number.
    Msisdn,
    /// Number of a SIM card.
    Iccid,
    /// Identity of a subscription in the network.
    Imsi,
    /// Number of a phone.
    Imei,
    /// Number of an eSIM chip.
    Eid,
}

fn language(text: &str) -> Result<Lang, String> {
    Lang::from_code(text).ok_or_else(|| "zh or en".to_owned())
}

fn country(text: &str) -> Result<Country, String> {
    let letters = text.to_ascii_uppercase();
    Country::of_alpha(letters.as_bytes()).ok_or_else(|| "three letters, such as GBR".to_owned())
}

/// How many values there were of each verdict.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    valid: u64,
    look: u64,
    invalid: u64,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.valid += other.valid;
        self.look += other.look;
        self.invalid += other.invalid;
    }
}

/// Everything a check of one line needs.
#[derive(Debug)]
struct Checker {
    kind: Kind,
    country: Option<Country>,
    today: Date,
    teller: Teller,
}

impl Check {
    pub(crate) fn run(self, json: bool) -> Result<ExitCode, Failure> {
        let lang = self.lang.unwrap_or_else(out::language);
        let checker = Checker {
            kind: self.kind,
            country: self.country,
            today: SystemClock.now().date_in(&Zone::shanghai()),
            teller: Teller::new(self.kind, lang, json),
        };
        let mut output = std::io::stdout().lock();
        let count = if self.values.is_empty() {
            stream::check(&checker, &mut std::io::stdin().lock(), &mut output)?
        } else {
            let lines = self.values.join("\n");
            stream::check(&checker, &mut lines.as_bytes(), &mut output)?
        };
        let total = count.valid + count.look + count.invalid;
        if !json && total > 1 && std::io::stderr().is_terminal() {
            let text = lang.check_summary(total, count.valid, count.look, count.invalid);
            drop(writeln!(std::io::stderr().lock(), "{text}"));
        }
        Ok(ExitCode::from(u8::from(count.invalid > 0)))
    }
}

#[cfg(test)]
mod tests;
