//! The promise: the instant by which an applicant has his answer, N business days ahead.
//!
//! It is computed once. It never moves later in silence: a new date always comes with a message.

use crate::calendar::Calendar;
use crate::time::{At, Zone};
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

/// How an operator promises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Business days until the answer.
    pub business_days: u16,
    /// What arrives later than this counts from the next business day, such as 17:30.
    pub cut_off: Time,
    /// The hour of the due day by which the answer is there, such as 18:00.
    pub due_time: Time,
}

/// A promise that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// The answer is there by this instant.
    pub due_at: At,
    /// Whether it rests on a year whose calendar is not official yet.
    pub is_provisional: bool,
    /// The instant from which it was counted, so that it can be computed again on import.
    pub counted_from: At,
    /// The number of business days promised.
    pub business_days: u16,
}

/// The business day as which an arrival counts: the same day up to the cut-off of a business day,
/// otherwise the next business day. This keeps promises in the order of arrivals.
fn counted_day(at: At, terms: &Terms, calendar: &Calendar, zone: &Zone) -> (Date, bool) {
    let civil = at.civil_in(zone);
    let today = calendar.day(civil.date());
    if today.is_business && civil.time() <= terms.cut_off {
        return (civil.date(), today.is_provisional);
    }
    let (next, doubtful) =
        calendar.on_or_after(civil.date().tomorrow().unwrap_or_else(|_| civil.date()));
    (next, doubtful || today.is_provisional)
}

/// The promise for what arrives at `at`.
pub fn promise(at: At, terms: &Terms, calendar: &Calendar, zone: &Zone) -> Promise {
    promise_days(at, terms.business_days, terms, calendar, zone)
}

/// As [`promise`], with another number of business days.
pub fn promise_days(at: At, days: u16, terms: &Terms, calendar: &Calendar, zone: &Zone) -> Promise {
    let (counted, doubtful_start) = counted_day(at, terms, calendar, zone);
    let (due_on, doubtful) = calendar.plus_business_days(counted, days);
    Promise {
        due_at: At::of_civil(due_on.to_datetime(terms.due_time), zone),
        is_provisional: doubtful_start || doubtful,
        counted_from: at,
        business_days: days,
    }
}

/// Whether something that arrives at `at` counts from a later day, which a page says beforehand.
pub fn is_after_cut_off(at: At, terms: &Terms, calendar: &Calendar, zone: &Zone) -> bool {
    counted_day(at, terms, calendar, zone).0 != at.date_in(zone)
}

/// A longer promise: `days` business days after the day of `late`, at the due time.
pub fn extended(
    late: Promise,
    days: u16,
    terms: &Terms,
    calendar: &Calendar,
    zone: &Zone,
) -> Promise {
    let (due_on, doubtful) = calendar.plus_business_days(late.due_at.date_in(zone), days);
    Promise {
        due_at: At::of_civil(due_on.to_datetime(terms.due_time), zone),
        is_provisional: doubtful,
        business_days: late.business_days.saturating_add(days),
        ..late
    }
}

/// Business days left of a promise when our clock stops at `at`: at least one, so that whoever
/// answers on the last day still gets a fair look.
pub fn days_left(promise: Promise, at: At, calendar: &Calendar, zone: &Zone) -> u16 {
    calendar.business_days_between(at.date_in(zone), promise.due_at.date_in(zone)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn cn() -> Calendar {
        toml::from_str(include_str!("../../../policies/calendars/cn.toml")).unwrap()
    }

    fn terms(business_days: u16) -> Terms {
        Terms {
            business_days,
            cut_off: Time::constant(17, 30, 0, 0),
            due_time: Time::constant(18, 0, 0, 0),
        }
    }

    /// The promise for something sent on `day` at `hour:minute` in Shanghai.
    fn sent(day: Date, (hour, minute): (i8, i8), days: u16) -> Promise {
        let zone = Zone::shanghai();
        let at = At::of_civil(day.at(hour, minute, 0, 0), &zone);
        promise(at, &terms(days), &cn(), &zone)
    }

    fn due_on(promise: Promise) -> Date {
        promise.due_at.date_in(&Zone::shanghai())
    }

    /// All vectors of domain.md section 5: sent on, +1, +3.
    #[test]
    fn promise_dates_match_the_published_vectors() {
        let vectors = [
            (date(2025, 1, 24), date(2025, 1, 26), date(2025, 2, 5)),
            (date(2025, 9, 30), date(2025, 10, 9), date(2025, 10, 11)),
            (date(2025, 12, 31), date(2026, 1, 4), date(2026, 1, 6)),
            (date(2026, 2, 13), date(2026, 2, 14), date(2026, 2, 25)),
            (date(2026, 4, 30), date(2026, 5, 6), date(2026, 5, 8)),
            (date(2026, 6, 18), date(2026, 6, 22), date(2026, 6, 24)),
            (date(2026, 9, 18), date(2026, 9, 20), date(2026, 9, 22)),
            (date(2026, 9, 30), date(2026, 10, 8), date(2026, 10, 10)),
            (date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 25)),
        ];
        for (day, one, three) in vectors {
            for (days, expected) in [(1, one), (3, three)] {
                let promise = sent(day, (10, 0), days);
                assert_eq!(due_on(promise), expected, "{day} + {days}");
                assert!(!promise.is_provisional, "{day} + {days}");
                let due = promise.due_at.civil_in(&Zone::shanghai());
                assert_eq!((due.hour(), due.minute()), (18, 0));
            }
        }
    }

    #[test]
    fn across_an_unofficial_new_year_it_is_provisional() {
        let promise = sent(date(2026, 12, 30), (10, 0), 3);
        assert!(promise.is_provisional);
        assert_eq!(due_on(promise), date(2027, 1, 5));
        assert!(!sent(date(2026, 12, 30), (10, 0), 1).is_provisional);
    }

    #[test]
    fn the_cut_off_minute_still_counts_and_the_next_does_not() {
        let day = date(2026, 11, 24);
        assert_eq!(due_on(sent(day, (17, 30), 1)), date(2026, 11, 25));
        assert_eq!(due_on(sent(day, (17, 31), 1)), date(2026, 11, 26));
        assert_eq!(due_on(sent(day, (23, 59), 1)), date(2026, 11, 26));
        assert_eq!(due_on(sent(date(2026, 11, 25), (0, 0), 1)), date(2026, 11, 26));
    }

    #[test]
    fn a_day_off_counts_as_the_next_business_day() {
        assert_eq!(due_on(sent(date(2026, 11, 21), (10, 0), 1)), date(2026, 11, 24));
        assert_eq!(due_on(sent(date(2026, 10, 1), (10, 0), 1)), date(2026, 10, 9));
    }

    /// Arriving earlier never means being served later.
    #[test]
    fn promises_keep_the_order_of_arrivals_through_two_years() {
        let zone = Zone::shanghai();
        let mut at = At::start_of(date(2025, 1, 1), &zone);
        let end = At::start_of(date(2027, 3, 1), &zone);
        let (calendar, terms) = (cn(), terms(3));
        let mut last = At::default();
        while at < end {
            let due = promise(at, &terms, &calendar, &zone).due_at;
            assert!(due >= last && due > at, "{at:?}");
            last = due;
            at = at.plus_minutes(211);
        }
    }

    #[test]
    fn an_extension_goes_on_from_the_old_date() {
        let first = sent(date(2026, 9, 28), (10, 0), 3);
        assert_eq!(due_on(first), date(2026, 10, 8));
        let later = extended(first, 1, &terms(3), &cn(), &Zone::shanghai());
        assert_eq!(due_on(later), date(2026, 10, 9));
        assert_eq!(later.business_days, 4);
    }

    #[test]
    fn what_is_left_when_our_clock_stops() {
        let zone = Zone::shanghai();
        let promise = sent(date(2026, 11, 23), (10, 0), 3);
        let on = |day| At::of_civil(day, &zone);
        let left = |day| days_left(promise, on(day), &cn(), &zone);
        assert_eq!(left(date(2026, 11, 23).at(11, 0, 0, 0)), 3);
        assert_eq!(left(date(2026, 11, 25).at(11, 0, 0, 0)), 1);
        assert_eq!(left(date(2026, 11, 26).at(11, 0, 0, 0)), 1, "never less than one");
    }
}
