//! Instants in usage rows: ISO 8601 with a zone, or seconds or milliseconds since 1970.
//!
//! A time without a zone is refused: nobody can tell which was meant. Everything is read byte by
//! byte, a few nanoseconds a row.

use super::fault::RowFault;
use domain::time::{At, DAY_MILLIS};

/// Integers below this are seconds (until the year 5138), from it on milliseconds (from 1973).
const MILLIS_MIN: i64 = 100_000_000_000;

/// Reads `2026-03-14T09:26:53+08:00`, `2026-03-14 01:26:53.589Z`, `1773451613`, `1773451613589`.
pub(super) fn read(text: &[u8]) -> Result<At, RowFault> {
    if text.is_empty() {
        return Err(RowFault::InstantMissing);
    }
    let millis = if text.iter().all(u8::is_ascii_digit) { epoch(text)? } else { iso(text)? };
    Ok(At::from_millis(millis))
}

/// Whether the text ends as a whole instant does, so that it cannot have been cut off.
pub(super) fn is_surely_whole(text: &[u8]) -> bool {
    match text {
        digits if digits.iter().all(u8::is_ascii_digit) => matches!(digits.len(), 10 | 13),
        [.., b'Z' | b'z'] | [.., b'+' | b'-', _, _, b':', _, _] => true,
        _ => false,
    }
}

fn epoch(digits: &[u8]) -> Result<i64, RowFault> {
    if digits.len() > 15 {
        return Err(RowFault::InstantUnreadable);
    }
    let number = digits.iter().fold(0_i64, |n, &byte| n * 10 + i64::from(byte - b'0'));
    Ok(if number < MILLIS_MIN { number * 1000 } else { number })
}

fn iso(text: &[u8]) -> Result<i64, RowFault> {
    use RowFault::InstantUnreadable as Unreadable;
    let (date, rest) = text.split_first_chunk::<10>().ok_or(Unreadable)?;
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = date else { return Err(Unreadable) };
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let day = days_since_1970(year, two(m1, m2)?, two(d1, d2)?).ok_or(Unreadable)?;
    let [b'T' | b't' | b' ', rest @ ..] = rest else { return Err(Unreadable) };
    let (hour_minute, rest) = rest.split_first_chunk::<5>().ok_or(Unreadable)?;
    let &[h1, h2, b':', n1, n2] = hour_minute else { return Err(Unreadable) };
    let (hour, minute) = (two(h1, h2)?, two(n1, n2)?);
    let (second, rest) = match rest {
        [b':', s1, s2, rest @ ..] => (two(*s1, *s2)?, rest),
        rest => (0, rest),
    };
    // 60 is a leap second: the last instant of its minute.
    if hour > 23 || minute > 59 || second > 60 {
        return Err(Unreadable);
    }
    let (fraction, zone) = fraction(rest)?;
    let millis = ((hour * 60 + minute) * 60 + second.min(59)) * 1000 + fraction;
    Ok(day * DAY_MILLIS + millis - offset(zone)? * 60_000)
}

/// The milliseconds of `.589` or `,589`, and what follows.
fn fraction(text: &[u8]) -> Result<(i64, &[u8]), RowFault> {
    let [b'.' | b',', digits @ ..] = text else { return Ok((0, text)) };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 || count > 9 {
        return Err(RowFault::InstantUnreadable);
    }
    let (digits, rest) = digits.split_at_checked(count).unwrap_or_default();
    let digit = |place: usize| digits.get(place).map_or(0, |&byte| i64::from(byte - b'0'));
    Ok((digit(0) * 100 + digit(1) * 10 + digit(2), rest))
}

/// The minutes of `Z`, `+08:00`, `+0800` or `+08`.
fn offset(zone: &[u8]) -> Result<i64, RowFault> {
    let (sign, minutes) = match *zone {
        [] => return Err(RowFault::InstantWithoutZone),
        [b'Z' | b'z'] => (1, 0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] | [sign @ (b'+' | b'-'), h1, h2, m1, m2] => {
            (sign_of(sign), two(h1, h2)? * 60 + two(m1, m2)?)
        }
        [sign @ (b'+' | b'-'), h1, h2] => (sign_of(sign), two(h1, h2)? * 60),
        _ => return Err(RowFault::InstantUnreadable),
    };
    if minutes > 18 * 60 {
        return Err(RowFault::InstantUnreadable);
    }
    Ok(sign * minutes)
}

fn sign_of(byte: u8) -> i64 {
    if byte == b'-' { -1 } else { 1 }
}

fn two(high: u8, low: u8) -> Result<i64, RowFault> {
    if high.is_ascii_digit() && low.is_ascii_digit() {
        Ok(i64::from(high - b'0') * 10 + i64::from(low - b'0'))
    } else {
        Err(RowFault::InstantUnreadable)
    }
}

/// Days from 1970-01-01 in the Gregorian calendar, counting years from March so that the leap day
/// comes last; `None` if there is no such day.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    Some(
        year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
            - 719_468,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_of_every_form_are_the_same_instant() {
        for text in [
            "2026-03-14T09:26:53+08:00",
            "2026-03-14T09:26:53.000+0800",
            "2026-03-14 09:26:53+08",
            "2026-03-14T01:26:53Z",
            "2026-03-13t20:26:53-05:00",
            "1773451613",
            "1773451613000",
        ] {
            assert_eq!(read(text.as_bytes()), Ok(At::from_millis(1_773_451_613_000)), "{text}");
        }
        let part = read(b"2026-03-14T09:26:53.5899+08:00");
        assert_eq!(part, Ok(At::from_millis(1_773_451_613_589)));
        assert_eq!(read(b"2026-03-14T09:26+08:00"), Ok(At::from_millis(1_773_451_560_000)));
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for (text, fault) in [
            ("", RowFault::InstantMissing),
            ("2026-03-14T09:26:53", RowFault::InstantWithoutZone),
            ("2026-03-14T09:26", RowFault::InstantWithoutZone),
            ("2026-03-14", RowFault::InstantUnreadable),
            ("2026-02-30T09:26:53Z", RowFault::InstantUnreadable),
            ("2026-03-14T25:26:53Z", RowFault::InstantUnreadable),
            ("2026-03-14T09:26:53.Z", RowFault::InstantUnreadable),
            ("2026-03-14T09:26:53+8", RowFault::InstantUnreadable),
            ("14/03/2026 09:26:53", RowFault::InstantUnreadable),
            ("yesterday", RowFault::InstantUnreadable),
            ("1773451613.5", RowFault::InstantUnreadable),
            ("17734516130000000", RowFault::InstantUnreadable),
        ] {
            assert_eq!(read(text.as_bytes()), Err(fault), "{text}");
        }
    }

    #[test]
    fn a_cut_instant_is_never_taken_for_a_whole_one() {
        let cut_off = ["2026-03-14T09:26:53+05", "2026-03-14T09:26:53+05:3", "17734516130"];
        for text in cut_off {
            assert!(!is_surely_whole(text.as_bytes()), "{text}");
        }
        for text in ["2026-03-14T09:26:53+05:30", "2026-03-14T09:26Z", "1773451613"] {
            assert!(is_surely_whole(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn days_agree_with_the_calendar_library() {
        let mut day = jiff::civil::date(1999, 12, 25);
        let start = jiff::civil::date(1970, 1, 1);
        while day.year() < 2030 {
            let want = i64::from((day - start).get_days());
            let (year, month) = (i64::from(day.year()), i64::from(day.month()));
            assert_eq!(days_since_1970(year, month, i64::from(day.day())), Some(want));
            day = day.tomorrow().unwrap();
        }
    }
}
