//! Dates and times of day as both languages write them.
//!
//! The caller computes the civil fields in the right zone; nothing here knows about zones.

use crate::Lang;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const WEEKDAYS: [(&str, &str); 7] = [
    ("星期一", "Monday"),
    ("星期二", "Tuesday"),
    ("星期三", "Wednesday"),
    ("星期四", "Thursday"),
    ("星期五", "Friday"),
    ("星期六", "Saturday"),
    ("星期日", "Sunday"),
];

impl Lang {
    /// `3月14日`, `14 Mar`. The month is 1 to 12.
    pub fn day_month(self, month: i8, day: i8) -> String {
        match self {
            Self::Zh => format!("{month}月{day}日"),
            Self::En => format!("{day} {}", month_name(month)),
        }
    }

    /// `2027年3月14日`, `14 Mar 2027`.
    pub fn date(self, year: i16, month: i8, day: i8) -> String {
        match self {
            Self::Zh => format!("{year}年{month}月{day}日"),
            Self::En => format!("{day} {} {year}", month_name(month)),
        }
    }

    /// `3月14日 18:00`, `14 Mar 18:00`.
    pub fn day_month_time(self, (month, day): (i8, i8), (hour, minute): (i8, i8)) -> String {
        format!("{} {hour:02}:{minute:02}", self.day_month(month, day))
    }

    /// `2027年3月14日 18:00`, `14 Mar 2027, 18:00`.
    pub fn date_time(self, (y, m, d): (i16, i8, i8), (hour, minute): (i8, i8)) -> String {
        match self {
            Self::Zh => format!("{} {hour:02}:{minute:02}", self.date(y, m, d)),
            Self::En => format!("{}, {hour:02}:{minute:02}", self.date(y, m, d)),
        }
    }

    /// `3月`, `Mar`.
    pub fn month(self, month: i8) -> String {
        match self {
            Self::Zh => format!("{month}月"),
            Self::En => month_name(month).to_owned(),
        }
    }

    /// `星期一`, `Monday`; 1 is Monday, 7 is Sunday.
    pub fn weekday(self, day: i8) -> &'static str {
        let names = usize::try_from(day - 1).ok().and_then(|at| WEEKDAYS.get(at));
        match (self, names) {
            (_, None) => "",
            (Self::Zh, Some((zh, _))) => zh,
            (Self::En, Some((_, en))) => en,
        }
    }
}

fn month_name(month: i8) -> &'static str {
    usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or("")
}
