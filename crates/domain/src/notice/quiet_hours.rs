//! Nobody is woken by a notice: 08:00–21:00 where the recipient is.

use crate::time::{At, Zone};
use jiff::civil::Time;
use serde::{Deserialize, Serialize};

/// The hours in which notices may arrive, in the recipient's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// The first moment of the day.
    pub from: Time,
    /// The moment from which it is too late; must be after `from`.
    pub until: Time,
}

impl Default for QuietHours {
    /// 08:00 to 21:00, as in the wording rules of the notices.
    fn default() -> Self {
        Self { from: Time::constant(8, 0, 0, 0), until: Time::constant(21, 0, 0, 0) }
    }
}

impl QuietHours {
    /// Whether a notice may arrive at `at` in `zone`.
    pub fn allow(&self, at: At, zone: &Zone) -> bool {
        let time = at.civil_in(zone).time();
        self.from <= time && time < self.until
    }

    /// The earliest instant from `at` on that is allowed in all of `zones` (a country may have
    /// several, and the calling code does not tell which).
    ///
    /// If the zones have no common hour within two days, the first zone decides.
    pub fn earliest(&self, at: At, zones: &[Zone]) -> At {
        let mut found = at;
        // Each round moves to the start of some zone's day; two days have few of them.
        for _ in 0..=zones.len().saturating_mul(3) {
            match zones.iter().find(|zone| !self.allow(found, zone)) {
                None => return found,
                Some(zone) => found = self.next_start(found, zone),
            }
        }
        zones.first().map_or(
            at,
            |zone| {
                if self.allow(at, zone) { at } else { self.next_start(at, zone) }
            },
        )
    }

    fn next_start(&self, at: At, zone: &Zone) -> At {
        let civil = at.civil_in(zone);
        let date = if civil.time() < self.from {
            civil.date()
        } else {
            civil.date().tomorrow().unwrap_or(civil.date())
        };
        At::of_civil(date.to_datetime(self.from), zone)
    }
}

/// The zones of the country an E.164 number (digits, no `+`) belongs to, by its calling code; empty
/// if it is not known here, and the operator's zone must do.
///
/// Only the outermost zones of wide countries are listed: what is a decent hour at both ends is
/// one in between.
pub fn zones_of(e164: &str) -> Vec<Zone> {
    const ZONES: &[(&str, &[&str])] = &[
        ("1", &["America/New_York", "America/Los_Angeles"]),
        ("7", &["Europe/Moscow", "Asia/Vladivostok"]),
        ("20", &["Africa/Cairo"]),
        ("27", &["Africa/Johannesburg"]),
        ("31", &["Europe/Amsterdam"]),
        ("32", &["Europe/Brussels"]),
        ("33", &["Europe/Paris"]),
        ("34", &["Europe/Madrid"]),
        ("351", &["Europe/Lisbon"]),
        ("353", &["Europe/Dublin"]),
        ("39", &["Europe/Rome"]),
        ("41", &["Europe/Zurich"]),
        ("43", &["Europe/Vienna"]),
        ("44", &["Europe/London"]),
        ("45", &["Europe/Copenhagen"]),
        ("46", &["Europe/Stockholm"]),
        ("47", &["Europe/Oslo"]),
        ("48", &["Europe/Warsaw"]),
        ("49", &["Europe/Berlin"]),
        ("55", &["America/Sao_Paulo", "America/Manaus"]),
        ("60", &["Asia/Kuala_Lumpur"]),
        ("61", &["Australia/Sydney", "Australia/Perth"]),
        ("62", &["Asia/Jakarta", "Asia/Jayapura"]),
        ("63", &["Asia/Manila"]),
        ("64", &["Pacific/Auckland"]),
        ("65", &["Asia/Singapore"]),
        ("66", &["Asia/Bangkok"]),
        ("81", &["Asia/Tokyo"]),
        ("82", &["Asia/Seoul"]),
        ("84", &["Asia/Ho_Chi_Minh"]),
        ("852", &["Asia/Hong_Kong"]),
        ("853", &["Asia/Macau"]),
        ("855", &["Asia/Phnom_Penh"]),
        ("86", &["Asia/Shanghai"]),
        ("880", &["Asia/Dhaka"]),
        ("886", &["Asia/Taipei"]),
        ("91", &["Asia/Kolkata"]),
        ("92", &["Asia/Karachi"]),
        ("94", &["Asia/Colombo"]),
        ("95", &["Asia/Yangon"]),
        ("234", &["Africa/Lagos"]),
        ("251", &["Africa/Addis_Ababa"]),
        ("254", &["Africa/Nairobi"]),
        ("966", &["Asia/Riyadh"]),
        ("971", &["Asia/Dubai"]),
        ("972", &["Asia/Jerusalem"]),
        ("977", &["Asia/Kathmandu"]),
    ];
    let named = ZONES.iter().filter(|(code, _)| e164.starts_with(code));
    let longest = named.max_by_key(|(code, _)| code.len());
    longest.map_or_else(Vec::new, |(_, names)| {
        names.iter().filter_map(|name| Zone::named(name)).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::datetime;
    use proptest::prelude::*;

    fn shanghai(hour: i8, minute: i8) -> At {
        At::of_civil(datetime(2026, 3, 14, hour, minute, 0, 0), &Zone::shanghai())
    }

    #[test]
    fn at_night_a_notice_waits_for_eight_in_the_morning() {
        let hours = QuietHours::default();
        let zones = [Zone::shanghai()];
        assert_eq!(hours.earliest(shanghai(10, 0), &zones), shanghai(10, 0));
        assert_eq!(hours.earliest(shanghai(7, 59), &zones), shanghai(8, 0));
        assert_eq!(hours.earliest(shanghai(21, 0), &zones), shanghai(8, 0).plus_days(1));
        assert_eq!(hours.earliest(shanghai(20, 59), &zones), shanghai(20, 59));
    }

    #[test]
    fn the_recipients_zone_counts_not_the_operators() {
        let hours = QuietHours::default();
        let london = zones_of("447700900123");
        // 10:00 in Shanghai is 02:00 in London; 08:00 there is 16:00.
        assert_eq!(hours.earliest(shanghai(10, 0), &london), shanghai(16, 0));
    }

    #[test]
    fn a_wide_country_is_written_to_when_both_coasts_are_awake() {
        let hours = QuietHours::default();
        let states = zones_of("12125550123");
        let found = hours.earliest(shanghai(10, 0), &states);
        // 10:00 on the 14th in Shanghai is 22:00 on the 13th in New York; both are awake at 08:00
        // Pacific time, which is 23:00 in Shanghai.
        assert_eq!(found, shanghai(23, 0));
    }

    #[test]
    fn every_zone_listed_is_known() {
        for number in ["12025550100", "85251234567", "886912345678", "97798000000", "79160000000"] {
            assert!(!zones_of(number).is_empty(), "{number}");
        }
        assert_eq!(zones_of("999123"), Vec::<Zone>::new());
    }

    proptest! {
        #[test]
        fn never_earlier_never_at_night_never_two_days_late(
            millis in 1_500_000_000_000_i64..2_500_000_000_000,
            number in prop::sample::select(vec!["1", "7", "44", "61", "62", "86", "977"]),
        ) {
            let at = At::from_millis(millis);
            let zones = zones_of(number);
            let found = QuietHours::default().earliest(at, &zones);
            prop_assert!(found >= at);
            prop_assert!(found <= at.plus_days(2));
            for zone in &zones {
                prop_assert!(QuietHours::default().allow(found, zone));
            }
        }
    }
}
