//! The business calendar: data with a status per year.
//!
//! A year whose official arrangement is not known yet is `statutory_only`: the days fixed by law
//! are off, no make-up days are known, and every date computed with it is *provisional*. A year
//! that is missing altogether counts as weekends only and is provisional as well, never an error:
//! a promise must be possible, and it must say what it rests on.

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How far a year can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum YearStatus {
    /// The authority published the arrangement.
    Official,
    /// Only the days fixed by law; make-up days are unknown.
    StatutoryOnly,
}

/// One calendar year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Year {
    /// How far it can be relied on.
    pub status: YearStatus,
    /// Where it comes from.
    pub source: String,
    /// Days off that the week alone would not give (weekend days inside a holiday included).
    off: BTreeSet<Date>,
    /// Weekend days that are worked.
    work: BTreeSet<Date>,
}

/// Business days of one jurisdiction; see the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CalendarFile", into = "CalendarFile")]
pub struct Calendar {
    name: String,
    years: BTreeMap<i16, Year>,
}

/// The calendar as written in a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarFile {
    name: String,
    year: Vec<YearFile>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct YearFile {
    year: i16,
    status: YearStatus,
    source: String,
    off: Vec<String>,
    #[serde(default)]
    work: Vec<String>,
}

/// What is wrong with a calendar file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalendarError {
    /// Not a date or a range `from..to` of dates.
    NotADate(String),
    /// A day of another year stands in this year.
    WrongYear { year: i16, day: Date },
    /// A year stands there twice.
    YearTwice(i16),
    /// A day is both off and worked.
    OffAndWorked(Date),
    /// A make-up workday is not on a weekend.
    NotAWeekend(Date),
}

impl fmt::Display for CalendarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotADate(text) => write!(f, "`{text}` is not a date (2026-10-01) or a range"),
            Self::WrongYear { year, day } => write!(f, "{day} does not belong to {year}"),
            Self::YearTwice(year) => write!(f, "year {year} stands there twice"),
            Self::OffAndWorked(day) => write!(f, "{day} is both off and worked"),
            Self::NotAWeekend(day) => write!(f, "{day} is worked anyway: not a weekend"),
        }
    }
}
impl std::error::Error for CalendarError {}

/// What a day is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Whether it is worked.
    pub is_business: bool,
    /// Whether that could still change.
    pub is_provisional: bool,
}

impl Calendar {
    /// A calendar of weekends only, every date provisional.
    pub fn empty(name: &str) -> Self {
        Self { name: name.to_owned(), years: BTreeMap::new() }
    }

    /// Its name, such as `cn`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The known years, in order.
    pub fn years(&self) -> impl Iterator<Item = (i16, &Year)> {
        self.years.iter().map(|(year, data)| (*year, data))
    }

    /// This calendar with the years of `newer` in place of its own.
    pub fn merged(mut self, newer: Self) -> Self {
        self.years.extend(newer.years);
        self
    }

    /// One calendar for each year.
    pub fn split(self) -> Vec<(i16, Self)> {
        let name = self.name;
        let one = |(year, data)| {
            (year, Self { name: name.clone(), years: BTreeMap::from([(year, data)]) })
        };
        self.years.into_iter().map(one).collect()
    }

    /// What `date` is.
    pub fn day(&self, date: Date) -> Day {
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        let Some(year) = self.years.get(&date.year()) else {
            return Day { is_business: !weekend, is_provisional: true };
        };
        let is_business = year.work.contains(&date) || (!weekend && !year.off.contains(&date));
        Day { is_business, is_provisional: year.status != YearStatus::Official }
    }

    /// The first business day on or after `date`, and whether a doubtful day was met on the way.
    pub fn on_or_after(&self, date: Date) -> (Date, bool) {
        let mut provisional = false;
        let mut date = date;
        // No holiday lasts half a year: the bound only keeps a nonsensical file from looping.
        for _ in 0..DAYS_OFF_MAX {
            let day = self.day(date);
            provisional |= day.is_provisional;
            if day.is_business {
                break;
            }
            date = date.tomorrow().unwrap_or(date);
        }
        (date, provisional)
    }

    /// The `days`-th business day after `date`, and whether a doubtful day was met on the way.
    pub fn plus_business_days(&self, date: Date, days: u16) -> (Date, bool) {
        let mut provisional = false;
        let mut date = date;
        for _ in 0..days {
            let (next, doubtful) = self.on_or_after(date.tomorrow().unwrap_or(date));
            date = next;
            provisional |= doubtful;
        }
        (date, provisional)
    }

    /// How many business days lie after `from`, up to and including `to`.
    pub fn business_days_between(&self, from: Date, to: Date) -> u16 {
        let mut count = 0;
        let mut date = from;
        while date < to && count < u16::MAX {
            let Ok(next) = date.tomorrow() else { break };
            date = next;
            count += u16::from(self.day(date).is_business);
        }
        count
    }
}

/// Longest run of days off that is believed.
const DAYS_OFF_MAX: usize = 180;

impl TryFrom<CalendarFile> for Calendar {
    type Error = CalendarError;

    fn try_from(file: CalendarFile) -> Result<Self, CalendarError> {
        let mut years = BTreeMap::new();
        for year in file.year {
            let number = year.year;
            if years.insert(number, Year::try_from(year)?).is_some() {
                return Err(CalendarError::YearTwice(number));
            }
        }
        Ok(Self { name: file.name, years })
    }
}

impl TryFrom<YearFile> for Year {
    type Error = CalendarError;

    fn try_from(file: YearFile) -> Result<Self, CalendarError> {
        let off = days(&file.off, file.year)?;
        let work = days(&file.work, file.year)?;
        if let Some(both) = off.intersection(&work).next() {
            return Err(CalendarError::OffAndWorked(*both));
        }
        let weekday =
            work.iter().find(|d| !matches!(d.weekday(), Weekday::Saturday | Weekday::Sunday));
        if let Some(day) = weekday {
            return Err(CalendarError::NotAWeekend(*day));
        }
        Ok(Self { status: file.status, source: file.source, off, work })
    }
}

/// The days of entries such as `2026-01-01` and `2026-02-15..2026-02-23` (both ends included).
fn days(entries: &[String], year: i16) -> Result<BTreeSet<Date>, CalendarError> {
    let mut all = BTreeSet::new();
    for entry in entries {
        let bad = || CalendarError::NotADate(entry.clone());
        let (first, last) = entry.split_once("..").unwrap_or((entry, entry));
        let first: Date = first.parse().map_err(|_| bad())?;
        let last: Date = last.parse().map_err(|_| bad())?;
        if first > last {
            return Err(bad());
        }
        for edge in [first, last] {
            if edge.year() != year {
                return Err(CalendarError::WrongYear { year, day: edge });
            }
        }
        all.extend(first.series(jiff::Span::new().days(1)).take_while(|day| *day <= last));
    }
    Ok(all)
}

impl From<Calendar> for CalendarFile {
    fn from(calendar: Calendar) -> Self {
        let year = calendar
            .years
            .into_iter()
            .map(|(year, data)| YearFile {
                year,
                status: data.status,
                source: data.source,
                off: data.off.iter().map(Date::to_string).collect(),
                work: data.work.iter().map(Date::to_string).collect(),
            })
            .collect();
        Self { name: calendar.name, year }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn parse(text: &str) -> Result<Calendar, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    fn cn() -> Calendar {
        parse(include_str!("../../../policies/calendars/cn.toml")).unwrap()
    }

    /// domain.md section 5: 28 days off and 5 worked weekend days in 2025, 33 and 6 in 2026; 248
    /// business days in each year.
    #[test]
    fn the_shipped_years_have_the_published_number_of_days() {
        let calendar = cn();
        for (year, off, work) in [(2025, 28, 5), (2026, 33, 6)] {
            let data = &calendar.years[&year];
            assert_eq!((data.off.len(), data.work.len()), (off, work), "{year}");
            assert_eq!(data.status, YearStatus::Official);
            let before = date(year - 1, 12, 31);
            assert_eq!(calendar.business_days_between(before, date(year, 12, 31)), 248, "{year}");
        }
        assert_eq!(calendar.years[&2027].status, YearStatus::StatutoryOnly);
    }

    #[test]
    fn weekends_holidays_and_worked_weekends() {
        let calendar = cn();
        let is_business = |y, m, d| calendar.day(date(y, m, d)).is_business;
        assert!(!is_business(2026, 1, 3), "a Saturday inside a holiday");
        assert!(is_business(2026, 1, 4), "a worked Sunday");
        assert!(!is_business(2026, 2, 16), "a Monday off");
        assert!(!is_business(2026, 11, 21), "a plain Saturday");
        assert!(calendar.day(date(2027, 3, 1)).is_provisional);
        assert!(calendar.day(date(2031, 3, 3)).is_provisional, "a missing year");
    }

    #[test]
    fn files_with_mistakes_are_refused_with_the_day() {
        let file = |off: &str, work: &str| {
            let year = "year = 2026\nstatus = 'official'\nsource = 'test'\n";
            parse(&format!("name = 'x'\n[[year]]\n{year}off = [{off}]\nwork = [{work}]\n"))
        };
        let cases = [
            ("'2026-02-30'", "", "`2026-02-30` is not a date (2026-10-01) or a range"),
            ("'2026-01-03..2026-01-01'", "", "`2026-01-03..2026-01-01` is not a date"),
            ("'2025-01-01'", "", "2025-01-01 does not belong to 2026"),
            ("'2026-01-04'", "'2026-01-04'", "2026-01-04 is both off and worked"),
            ("", "'2026-01-05'", "2026-01-05 is worked anyway"),
        ];
        for (off, work, expected) in cases {
            let message = file(off, work).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
        assert!(file("'2026-01-01'", "'2026-01-04'").is_ok());
    }

    #[test]
    fn an_import_replaces_whole_years() {
        let newer = parse(
            "name = 'cn'\n[[year]]\nyear = 2027\nstatus = 'official'\nsource = 'notice'\n\
             off = ['2027-01-01..2027-01-03']\nwork = []\n",
        );
        let merged = cn().merged(newer.unwrap());
        assert!(!merged.day(date(2027, 1, 4)).is_provisional);
        assert!(merged.day(date(2027, 2, 8)).is_business, "the new year says nothing of it");
        assert!(!merged.day(date(2026, 2, 16)).is_business);
    }

    #[test]
    fn writing_and_reading_gives_the_same_calendar() {
        let text = toml::to_string(&cn()).unwrap();
        assert_eq!(parse(&text).unwrap(), cn());
    }
}
