//! Money: small and exact. Minor units only, double entry, idempotent by key.

use crate::refusal::Refusal;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Fees of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fee {
    /// One month of a pause; a part of a month is a month.
    PauseMonth,
    /// A replacement SIM.
    SimReplacement,
    /// One keep-alive window more (代续).
    Extension,
}

impl Fee {
    /// Every fee.
    pub const ALL: [Self; 3] = [Self::PauseMonth, Self::SimReplacement, Self::Extension];

    /// The name in rows and APIs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PauseMonth => "pause_month",
            Self::SimReplacement => "sim_replacement",
            Self::Extension => "extension",
        }
    }
}

/// Where money is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// What the holder of the number has paid in and not used: we owe it to them.
    Balance,
    /// Received from outside.
    Cash,
    /// Earned by this fee.
    Revenue(Fee),
    /// Paid back.
    Refund,
}

impl Account {
    /// The name in rows.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Balance => "balance",
            Self::Cash => "cash",
            Self::Revenue(Fee::PauseMonth) => "revenue_pause_month",
            Self::Revenue(Fee::SimReplacement) => "revenue_sim_replacement",
            Self::Revenue(Fee::Extension) => "revenue_extension",
            Self::Refund => "refund",
        }
    }
}

/// One side of a posting: `minor` units (fen, pence) put into `account`, negative when taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which account.
    pub account: Account,
    /// How much, in minor units.
    pub minor: i64,
}

/// A movement of money: its entries sum to nothing, and the same key is the same movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    key: String,
    entries: [Entry; 2],
}

/// Why a rule about money says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyRefusal {
    /// Not a positive amount.
    AmountNotPositive,
    /// The balance is smaller than what is asked.
    BalanceTooSmall,
}

impl MoneyRefusal {
    /// Every refusal.
    pub const ALL: [Self; 2] = [Self::AmountNotPositive, Self::BalanceTooSmall];
}

impl Refusal for MoneyRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::AmountNotPositive => "money.amount_not_positive",
            Self::BalanceTooSmall => "money.balance_too_small",
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("amount")
    }
}

impl Posting {
    /// Money paid in by the holder.
    pub fn top_up(key: String, minor: i64) -> Result<Self, MoneyRefusal> {
        Self::moving(key, Account::Cash, Account::Balance, minor)
    }

    /// A fee taken from `balance_minor`, which must suffice.
    pub fn charge(
        key: String,
        fee: Fee,
        minor: i64,
        balance_minor: i64,
    ) -> Result<Self, MoneyRefusal> {
        if minor > balance_minor {
            return Err(MoneyRefusal::BalanceTooSmall);
        }
        Self::moving(key, Account::Balance, Account::Revenue(fee), minor)
    }

    /// A fee that was paid ahead and is not needed, given back to the balance.
    pub fn give_back(key: String, fee: Fee, minor: i64) -> Result<Self, MoneyRefusal> {
        Self::moving(key, Account::Revenue(fee), Account::Balance, minor)
    }

    /// What is left of the balance, paid back when a number is closed.
    pub fn refund(key: String, balance_minor: i64) -> Result<Self, MoneyRefusal> {
        Self::moving(key, Account::Balance, Account::Refund, balance_minor)
    }

    fn moving(key: String, from: Account, to: Account, minor: i64) -> Result<Self, MoneyRefusal> {
        if minor <= 0 {
            return Err(MoneyRefusal::AmountNotPositive);
        }
        let entries = [Entry { account: from, minor: -minor }, Entry { account: to, minor }];
        Ok(Self { key, entries })
    }

    /// The same key is the same movement: posting it again changes nothing.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The two sides, which sum to nothing.
    pub fn entries(&self) -> &[Entry; 2] {
        &self.entries
    }
}

/// An amount for both languages: `¥5`, `¥5.50`, `HKD 50`.
///
/// ```
/// # use domain::money::price;
/// assert_eq!(price(500, "CNY", 2), "¥5");
/// assert_eq!(price(-550, "HKD", 2), "-HKD 5.50");
/// ```
pub fn price(minor: i64, currency: &str, decimals: u32) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let (minor, unit) = (minor.unsigned_abs(), 10_u64.saturating_pow(decimals));
    let unit_sign = if currency == "CNY" { "¥".to_owned() } else { format!("{currency} ") };
    let (whole, part) = (minor / unit, minor % unit);
    if part == 0 {
        return format!("{sign}{unit_sign}{whole}");
    }
    let width = usize::try_from(decimals).unwrap_or(0);
    format!("{sign}{unit_sign}{whole}.{part:0width$}")
}

/// The last day on which `balance_minor` still pays the monthly fee, when the month that begins on
/// `from` is the first to be paid. The day before `from` if it pays for none.
///
/// ```
/// # use domain::money::keeps_until;
/// # use jiff::civil::date;
/// assert_eq!(keeps_until(1_700, 500, date(2026, 3, 14)), date(2026, 6, 13));
/// ```
pub fn keeps_until(balance_minor: i64, monthly_minor: i64, from: Date) -> Date {
    /// A hundred years: longer than any number is kept.
    const MONTHS_MAX: i64 = 1_200;
    let months = balance_minor.max(0).checked_div(monthly_minor).unwrap_or(MONTHS_MAX);
    let end = from.checked_add(months.min(MONTHS_MAX).months()).unwrap_or(Date::MAX);
    end.yesterday().unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn every_posting_sums_to_nothing() {
        let postings = [
            Posting::top_up("a".into(), 5_000).unwrap(),
            Posting::charge("b".into(), Fee::PauseMonth, 500, 5_000).unwrap(),
            Posting::refund("c".into(), 4_500).unwrap(),
        ];
        for posting in postings {
            assert_eq!(posting.entries().iter().map(|e| e.minor).sum::<i64>(), 0);
        }
    }

    #[test]
    fn a_fee_never_takes_more_than_there_is() {
        let fee = Posting::charge("k".into(), Fee::Extension, 500, 499);
        assert_eq!(fee, Err(MoneyRefusal::BalanceTooSmall));
        assert_eq!(Posting::top_up("k".into(), 0), Err(MoneyRefusal::AmountNotPositive));
        assert_eq!(Posting::top_up("k".into(), -1), Err(MoneyRefusal::AmountNotPositive));
    }

    #[test]
    fn a_balance_keeps_whole_months_only() {
        assert_eq!(keeps_until(499, 500, date(2026, 3, 14)), date(2026, 3, 13));
        assert_eq!(keeps_until(500, 500, date(2026, 1, 31)), date(2026, 2, 27));
        assert_eq!(keeps_until(-1, 500, date(2026, 1, 31)), date(2026, 1, 30));
        assert_eq!(keeps_until(i64::MAX, 1, date(2026, 1, 1)), date(2125, 12, 31));
    }
}
