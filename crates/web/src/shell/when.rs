//! Instants for people: the legal zone always, the visitor's own beside it where it is known.

use super::Shell;
use crate::component::DateBlock;
use domain::time::{At, Zone};
use jiff::civil::{Date, DateTime};
use words::Lang;

/// An instant, ready to be written for one visitor.
#[derive(Clone, Copy, Debug)]
pub struct When<'a> {
    pub(super) at: At,
    pub(super) now: At,
    pub(super) shell: &'a Shell,
}

impl When<'_> {
    /// `3月14日 18:00（北京时间）`; with the year if it is not this year.
    pub fn legal(self) -> String {
        let lang = self.shell.lang;
        let time = self.write(&self.shell.brand.zone);
        lang.common_in_zone(time, zone_name(lang, &self.shell.brand.zone))
    }

    /// `您当地 3月14日 10:00`, if the visitor's zone is known and differs.
    pub fn local(self) -> Option<String> {
        let zone = self.shell.visitor_zone.as_ref()?;
        Some(self.shell.lang.common_your_time(self.write(zone)))
    }

    /// Both: `3月14日 18:00（北京时间），您当地 3月14日 10:00`.
    pub fn both(self) -> String {
        match self.local() {
            Some(local) => format!("{}{}{local}", self.legal(), self.shell.lang.common_comma()),
            None => self.legal(),
        }
    }

    /// The day alone, in the legal zone.
    pub fn day(self) -> String {
        let zone = &self.shell.brand.zone;
        write_day(self.shell.lang, self.at.date_in(zone), self.now.date_in(zone))
    }

    /// The time of day alone, in the legal zone: `18:00`.
    pub fn time(self) -> String {
        let civil = self.at.civil_in(&self.shell.brand.zone);
        format!("{:02}:{:02}", civil.hour(), civil.minute())
    }

    /// For the `datetime` attribute.
    pub fn machine(self) -> String {
        let civil = self.at.civil_in(&Zone::utc());
        format!("{}Z", civil.strftime("%Y-%m-%dT%H:%M:%S"))
    }

    /// The signature element: a bordered box with the day very large.
    pub fn block(self, why: &str) -> DateBlock {
        let (lang, zone) = (self.shell.lang, &self.shell.brand.zone);
        let civil = self.at.civil_in(zone);
        // Midnight ends a day for people: a deadline says 24:00 of the day before.
        let is_end = civil.hour() == 0 && civil.minute() == 0;
        let date = if is_end { yesterday(civil.date()) } else { civil.date() };
        let (hour, minute) = if is_end { (24, 0) } else { (civil.hour(), civil.minute()) };
        DateBlock {
            why: why.to_owned(),
            machine: self.machine(),
            day: lang.day_month(date.month(), date.day()),
            time: format!(
                "{} {} {hour:02}:{minute:02}",
                date.year(),
                lang.weekday(date.weekday().to_monday_one_offset())
            ),
            zone: zone_name(lang, zone).to_owned(),
            local: self.local(),
        }
    }

    fn write(self, zone: &Zone) -> String {
        let lang = self.shell.lang;
        let (civil, now) = (self.at.civil_in(zone), self.now.civil_in(zone));
        write_civil(lang, civil, now)
    }
}

fn yesterday(date: Date) -> Date {
    date.yesterday().unwrap_or(date)
}

fn write_civil(lang: Lang, civil: DateTime, now: DateTime) -> String {
    let is_end = civil.hour() == 0 && civil.minute() == 0;
    let date = if is_end { yesterday(civil.date()) } else { civil.date() };
    let time = if is_end { (24, 0) } else { (civil.hour(), civil.minute()) };
    if date.year() == now.year() {
        lang.day_month_time((date.month(), date.day()), time)
    } else {
        lang.date_time((date.year(), date.month(), date.day()), time)
    }
}

/// `3月14日`; with the year if it is not this year.
pub fn write_day(lang: Lang, date: Date, today: Date) -> String {
    if date.year() == today.year() {
        lang.day_month(date.month(), date.day())
    } else {
        lang.date(date.year(), date.month(), date.day())
    }
}

/// The name of a zone in words, or its IANA name.
pub fn zone_name(lang: Lang, zone: &Zone) -> &str {
    match zone.name() {
        "Asia/Shanghai" => lang.common_beijing_time(),
        name => name,
    }
}
