//! Calendar files (RFC 5545) for dates that must not be forgotten.

use crate::time::{At, Zone};
use jiff::civil::Date;
use std::fmt::Write;

/// An entry for a whole day.
#[derive(Clone, Debug)]
pub struct AllDay<'a> {
    /// The same entry has the same id, so that a newer file replaces it.
    pub uid: String,
    /// The day.
    pub on: Date,
    /// One line.
    pub summary: &'a str,
    /// More.
    pub description: &'a str,
    /// Alarms so many days before, at nine in the morning.
    pub alarm_days: &'a [u32],
    /// When the file was made.
    pub stamp: At,
}

/// The file of one entry.
///
/// ```
/// # use domain::{ical::{AllDay, all_day}, time::At};
/// let file = all_day(&AllDay {
///     uid: "keep-8613800138000@baohao".into(),
///     on: jiff::civil::date(2026, 6, 12),
///     summary: "保号, 最后一天",
///     description: "",
///     alarm_days: &[7],
///     stamp: At::from_millis(0),
/// });
/// assert!(file.contains("DTSTART;VALUE=DATE:20260612\r\nDTEND;VALUE=DATE:20260613\r\n"));
/// assert!(file.contains("SUMMARY:保号\\, 最后一天\r\n"));
/// ```
pub fn all_day(entry: &AllDay) -> String {
    let mut out = String::new();
    let end = entry.on.tomorrow().unwrap_or(entry.on);
    line(&mut out, "BEGIN:VCALENDAR");
    line(&mut out, "VERSION:2.0");
    line(&mut out, "PRODID:-//Baohao//Keep//EN");
    line(&mut out, "BEGIN:VEVENT");
    line(&mut out, &format!("UID:{}", entry.uid));
    let stamp = entry.stamp.civil_in(&Zone::utc());
    line(&mut out, &format!("DTSTAMP:{}", stamp.strftime("%Y%m%dT%H%M%SZ")));
    line(&mut out, &format!("DTSTART;VALUE=DATE:{}", entry.on.strftime("%Y%m%d")));
    line(&mut out, &format!("DTEND;VALUE=DATE:{}", end.strftime("%Y%m%d")));
    line(&mut out, &format!("SUMMARY:{}", escape(entry.summary)));
    if !entry.description.is_empty() {
        line(&mut out, &format!("DESCRIPTION:{}", escape(entry.description)));
    }
    line(&mut out, "TRANSP:TRANSPARENT");
    for days in entry.alarm_days {
        line(&mut out, "BEGIN:VALARM");
        line(&mut out, "ACTION:DISPLAY");
        line(&mut out, &format!("DESCRIPTION:{}", escape(entry.summary)));
        // From midnight back to nine o'clock of the day that many days before.
        let hours = days.saturating_mul(24).saturating_sub(9);
        line(&mut out, &format!("TRIGGER:-PT{hours}H"));
        line(&mut out, "END:VALARM");
    }
    line(&mut out, "END:VEVENT");
    line(&mut out, "END:VCALENDAR");
    out
}

/// RFC 5545 section 3.3.11.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => {}
            _ => out.push(c),
        }
    }
    out
}

/// One content line, folded at 75 octets (section 3.1) and never within a character.
fn line(out: &mut String, text: &str) {
    /// Octets of a line without its end.
    const OCTETS_MAX: usize = 75;
    let mut width = 0;
    for c in text.chars() {
        if width + c.len_utf8() > OCTETS_MAX {
            out.push_str("\r\n ");
            width = 1;
        }
        width += c.len_utf8();
        out.push(c);
    }
    write!(out, "\r\n").expect("writing to a string does not fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_and_nothing_is_lost() {
        let description = "今天24:00前打1次电话或发1条短信即可保号；收短信不算，".repeat(5);
        let file = all_day(&AllDay {
            uid: "x".into(),
            on: Date::constant(2026, 6, 12),
            summary: "s",
            description: &description,
            alarm_days: &[7, 1],
            stamp: At::from_millis(1_773_453_600_000),
        });
        assert!(file.split("\r\n").all(|line| line.len() <= 75));
        assert!(file.replace("\r\n ", "").contains(&escape(&description)));
        assert!(file.contains("DTSTAMP:20260314T020000Z"));
        assert!(file.contains("TRIGGER:-PT159H") && file.contains("TRIGGER:-PT15H"));
    }
}
