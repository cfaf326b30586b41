//! Instants, civil dates and zones.
//!
//! Instants are stored and compared as milliseconds since 1970 (UTC). The operator's zone is the
//! legal one: a deadline "on 14 March" ends at 24:00 in that zone.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// Milliseconds in one day of 24 hours.
pub const DAY_MILLIS: i64 = 86_400_000;

/// An instant: milliseconds since 1970-01-01T00:00:00Z, as the `Clock` port gave it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct At(i64);

impl At {
    /// From milliseconds since 1970, any `i64`.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This instant moved by `millis` (may be negative), saturating.
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// This instant moved by `minutes`, saturating.
    pub const fn plus_minutes(self, minutes: i64) -> Self {
        Self(self.0.saturating_add(minutes.saturating_mul(60_000)))
    }

    /// This instant moved by `days` of 24 hours, saturating.
    pub const fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY_MILLIS)))
    }

    /// The civil date on which this instant falls in `zone`.
    pub fn date_in(self, zone: &Zone) -> Date {
        self.civil_in(zone).date()
    }

    /// The civil date and time of this instant in `zone`.
    pub fn civil_in(self, zone: &Zone) -> jiff::civil::DateTime {
        let ms = self.0.clamp(-377_705_023_201_000, 253_402_207_200_000);
        let stamp = jiff::Timestamp::from_millisecond(ms).expect("clamped to jiff's range");
        zone.0.to_datetime(stamp)
    }

    /// As programs write it: RFC 3339 in UTC, to the millisecond.
    pub fn rfc3339(self) -> String {
        let whole = self.civil_in(&Zone::utc()).strftime("%Y-%m-%dT%H:%M:%S");
        format!("{whole}.{:03}Z", self.0.rem_euclid(1000))
    }

    /// The first instant of `date` in `zone`.
    pub fn start_of(date: Date, zone: &Zone) -> Self {
        Self::of_civil(date.at(0, 0, 0, 0), zone)
    }

    /// The instant at which `date` ends in `zone` (24:00, which is 00:00 of the next day).
    pub fn end_of(date: Date, zone: &Zone) -> Self {
        Self::start_of(date.tomorrow().unwrap_or(date), zone)
    }

    /// The instant of a civil date and time in `zone`; a gap or fold takes the "compatible" side.
    pub fn of_civil(civil: jiff::civil::DateTime, zone: &Zone) -> Self {
        let stamp = zone.0.to_ambiguous_timestamp(civil).compatible();
        Self(stamp.map_or(i64::MAX, jiff::Timestamp::as_millisecond))
    }
}

/// An IANA time zone, such as `Asia/Shanghai`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Looks the name up in the bundled time-zone database; `None` if it is unknown.
    pub fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self)
    }

    /// `Asia/Shanghai`, the legal zone of the `cn` policy pack.
    pub fn shanghai() -> Self {
        Self::named("Asia/Shanghai").expect("bundled with the program")
    }

    /// UTC.
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }
}

impl Serialize for Zone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| serde::de::Error::custom("unknown time zone"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_shanghai_day_starts_at_16_utc_the_day_before() {
        let start = At::start_of(date(2026, 3, 14), &Zone::shanghai());
        assert_eq!(start.civil_in(&Zone::utc()).to_string(), "2026-03-13T16:00:00");
        assert_eq!(start.plus_millis(-1).date_in(&Zone::shanghai()), date(2026, 3, 13));
        assert_eq!(At::end_of(date(2026, 3, 13), &Zone::shanghai()), start);
    }
}
