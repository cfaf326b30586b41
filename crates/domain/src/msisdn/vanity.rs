//! Vanity tiers (靓号): which numbers people want for how they look, as patterns in the policy.
//!
//! A pattern is read against the last digits of a number, one sign for each digit:
//!
//! | sign | the digit |
//! |---|---|
//! | `0` to `9` | itself |
//! | `A` to `Z` | the same wherever the same letter stands, another where another letter stands |
//! | `+` `-` | one more, one less than the digit before it |
//! | `*` | any |
//!
//! `AAAA` is four alike, `AABB` two pairs, `*+++` four in a row upwards, `168` those three.

use super::Msisdn;
use crate::policy::Sourced;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The most signs of a pattern: the digits of a number without its country code.
const SIGNS_MAX: usize = 11;

/// One digit of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Digit(u8),
    /// A letter, 0 for `A`.
    Letter(u8),
    /// So much more than the digit before.
    Step(i8),
    Any,
}

/// What the last digits of a number must look like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(Vec<Sign>);

/// Why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternFault {
    /// No sign, or more than a number has digits.
    Length,
    /// A sign that means nothing.
    Sign(char),
    /// `+` or `-` at the beginning, where no digit is before it.
    NothingBefore,
    /// Nothing but `*`: every number would match.
    MatchesAll,
}

impl fmt::Display for PatternFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => write!(f, "a pattern has 1 to {SIGNS_MAX} signs"),
            Self::Sign(sign) => write!(f, "`{sign}` is none of 0-9, A-Z, +, - and *"),
            Self::NothingBefore => f.write_str("+ and - need a digit before them: begin with *"),
            Self::MatchesAll => f.write_str("nothing but * matches every number"),
        }
    }
}

impl std::error::Error for PatternFault {}

impl FromStr for Pattern {
    type Err = PatternFault;

    fn from_str(text: &str) -> Result<Self, PatternFault> {
        let sign = |sign: char| match sign {
            '0'..='9' => Ok(Sign::Digit(sign as u8 - b'0')),
            'A'..='Z' => Ok(Sign::Letter(sign as u8 - b'A')),
            '+' => Ok(Sign::Step(1)),
            '-' => Ok(Sign::Step(-1)),
            '*' => Ok(Sign::Any),
            other => Err(PatternFault::Sign(other)),
        };
        let signs = text.chars().map(sign).collect::<Result<Vec<_>, _>>()?;
        match signs.first() {
            None => return Err(PatternFault::Length),
            Some(Sign::Step(_)) => return Err(PatternFault::NothingBefore),
            Some(_) if signs.len() > SIGNS_MAX => return Err(PatternFault::Length),
            Some(_) => {}
        }
        if signs.iter().all(|sign| *sign == Sign::Any) {
            return Err(PatternFault::MatchesAll);
        }
        Ok(Self(signs))
    }
}

impl TryFrom<String> for Pattern {
    type Error = PatternFault;

    fn try_from(text: String) -> Result<Self, PatternFault> {
        text.parse()
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.to_string()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|sign| match sign {
            Sign::Digit(digit) => write!(f, "{digit}"),
            Sign::Letter(letter) => write!(f, "{}", char::from(b'A' + letter)),
            Sign::Step(1) => f.write_str("+"),
            Sign::Step(_) => f.write_str("-"),
            Sign::Any => f.write_str("*"),
        })
    }
}

impl Pattern {
    /// Whether the last digits of `msisdn` look like this.
    ///
    /// ```
    /// # use domain::msisdn::{Msisdn, vanity::Pattern};
    /// let pattern: Pattern = "AABB".parse().unwrap();
    /// assert!(pattern.matches(Msisdn::parse("13800137788").unwrap()));
    /// assert!(!pattern.matches(Msisdn::parse("13800137777").unwrap()));
    /// ```
    pub fn matches(&self, msisdn: Msisdn) -> bool {
        let mut rest = msisdn.national();
        let mut digits = [0_u8; SIGNS_MAX];
        let Some(digits) = digits.get_mut(..self.0.len()) else { return false };
        for digit in digits.iter_mut().rev() {
            *digit = u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        let mut letters = [None; 26];
        let mut before = None;
        self.0.iter().zip(digits.iter().copied()).all(|(sign, digit)| {
            let is_fit = match *sign {
                Sign::Any => true,
                Sign::Digit(wanted) => digit == wanted,
                Sign::Step(step) => {
                    before.and_then(|before: u8| before.checked_add_signed(step)) == Some(digit)
                }
                Sign::Letter(letter) => is_letter_fit(&mut letters, letter, digit),
            };
            before = Some(digit);
            is_fit
        })
    }
}

/// Whether the letter may stand for the digit, after the letters before it.
fn is_letter_fit(letters: &mut [Option<u8>; 26], letter: u8, digit: u8) -> bool {
    let Some(&known) = letters.get(usize::from(letter)) else { return false };
    let is_fit = match known {
        Some(known) => known == digit,
        None => !letters.contains(&Some(digit)),
    };
    if let Some(place) = letters.get_mut(usize::from(letter)) {
        *place = Some(digit);
    }
    is_fit
}

/// A class of numbers that look well, with the colour it is shown in and what it costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VanityTier {
    /// The stable word, such as `gold`.
    pub tier: String,
    /// The name in Chinese.
    pub name_zh: String,
    /// The name in English.
    pub name_en: String,
    /// What it is shown in: `red`, `amber`, `green`, `blue` or `grey`.
    pub colour: Colour,
    /// The least spending a month that its holder promises (靓号协议), in minor units.
    pub pledge_month: Sourced<i64>,
    /// For so many months.
    pub pledge_months: Sourced<i64>,
    /// Any of these makes a number one of the tier.
    pub patterns: Vec<Pattern>,
}

/// The colours of tiers: those that pages have words and contrast for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Red.
    Red,
    /// Amber, also for gold.
    Amber,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Grey, also for silver.
    Grey,
}

impl Colour {
    /// The name in policies and APIs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Amber => "amber",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Grey => "grey",
        }
    }
}

/// The first of `tiers`, best first, that the number is one of.
pub fn tier_of(tiers: &[VanityTier], msisdn: Msisdn) -> Option<&VanityTier> {
    tiers.iter().find(|tier| tier.patterns.iter().any(|pattern| pattern.matches(msisdn)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, tail: u64) -> bool {
        let msisdn = Msisdn::from_e164(8_613_800_000_000 + tail).unwrap();
        pattern.parse::<Pattern>().unwrap().matches(msisdn)
    }

    #[test]
    fn each_sign_means_what_the_table_says() {
        assert!(matches("AAAA", 8888) && !matches("AAAA", 8889));
        assert!(matches("AABB", 1122) && !matches("AABB", 1111), "two letters are two digits");
        assert!(matches("ABAB", 4747) && matches("ABBA", 4774) && !matches("ABBA", 4747));
        assert!(matches("*+++", 3456) && !matches("*+++", 7890), "after 9 comes nothing");
        assert!(matches("*---", 6543) && !matches("*---", 1098));
        assert!(matches("168", 5168) && !matches("168", 1685));
        assert!(matches("A*A", 303) && matches("A*A", 333));
        assert!(matches("13800001111", 1111) && !matches("13900001111", 1111));
    }

    /// Against every number of a block, written the slow way.
    #[test]
    fn letters_agree_with_a_naive_reading() {
        for pattern in ["AAA", "AABB", "ABAB", "ABBA", "ABCD", "AAAB", "8A8A"] {
            for tail in 0..10_000_u64 {
                let digits: Vec<char> = format!("{tail:04}").chars().collect();
                let signs: Vec<char> = pattern.chars().collect();
                let digits = &digits[4 - signs.len()..];
                let mut naive = true;
                for i in 0..signs.len() {
                    if signs[i].is_ascii_digit() {
                        naive &= signs[i] == digits[i];
                        continue;
                    }
                    for j in 0..signs.len() {
                        if signs[j].is_ascii_uppercase() {
                            naive &= (signs[i] == signs[j]) == (digits[i] == digits[j]);
                        }
                    }
                }
                assert_eq!(matches(pattern, tail), naive, "{pattern} {tail:04}");
            }
        }
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        let fault = |text: &str| text.parse::<Pattern>().unwrap_err();
        assert_eq!(fault(""), PatternFault::Length);
        assert_eq!(fault("AAAAAAAAAAAA"), PatternFault::Length);
        assert_eq!(fault("+++"), PatternFault::NothingBefore);
        assert_eq!(fault("aaa"), PatternFault::Sign('a'));
        assert_eq!(fault("**"), PatternFault::MatchesAll);
        for text in ["AABB", "*+++", "8-", "1*Z"] {
            assert_eq!(text.parse::<Pattern>().unwrap().to_string(), text);
        }
    }
}
