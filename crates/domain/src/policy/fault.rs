//! What can be wrong with a policy that reads well.

use super::{LadderAct, LadderStep, Policy};
use std::fmt;

/// Something that makes a policy unusable: where, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFault {
    /// The key, such as `keep_alive.ladder`.
    pub key: &'static str,
    /// What is wrong and how to put it right.
    pub text: String,
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.text)
    }
}

/// The longest span a policy may name: a hundred years.
const DAYS_MAX: i64 = 36_525;

impl Policy {
    /// Everything that is wrong, so that an author sees it all at once; empty if it may be used.
    pub fn faults(&self) -> Vec<PolicyFault> {
        let mut found = Found::default();
        self.check_names(&mut found);
        self.check_spans(&mut found);
        self.check_ladder(&mut found);
        self.check_arrears(&mut found);
        self.check_vanity(&mut found);
        found.0
    }

    fn check_names(&self, found: &mut Found) {
        let is_code = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.-".contains(c);
        found.unless(
            !self.code.is_empty() && self.code.chars().all(is_code),
            "code",
            "use lower-case letters, digits, dot, dash or underscore",
        );
        found.unless(self.version >= 1, "version", "must be at least 1");
        let is_currency =
            self.currency.len() == 3 && self.currency.bytes().all(|b| b.is_ascii_uppercase());
        found.unless(is_currency, "currency", "use the three letters of ISO 4217, such as CNY");
        found.unless(self.currency_decimals <= 4, "currency_decimals", "must be at most 4");
        found.unless(
            !*self.registration.required || !self.registration.documents.is_empty(),
            "registration.documents",
            "registration is required, so at least one document must be accepted",
        );
        let caps = self.caps.iter().all(|rule| rule.limit >= 1);
        found.unless(caps, "cap.limit", "must be at least 1; leave the cap out to have none");
        found.unless(
            self.quiet_hours.from < self.quiet_hours.until,
            "quiet_hours",
            "`from` must be before `until`",
        );
        found.unless(
            (0..=100).contains(&*self.second_check.sample_percent),
            "second_check.sample_percent",
            "must be from 0 to 100",
        );
        found.unless(
            *self.promise.cut_off <= *self.promise.answer_at,
            "promise.answer_at",
            "must not be before the cut-off hour",
        );
    }

    fn check_spans(&self, found: &mut Found) {
        let spans = [
            ("ages.alone_min", *self.ages.alone_min, 0, 150),
            ("ages.guardian_min", *self.ages.guardian_min, 0, *self.ages.alone_min),
            ("application.draft_days", *self.application.draft_days, 1, DAYS_MAX),
            ("application.update_days", *self.application.update_days, 1, DAYS_MAX),
            ("application.appeal_days", *self.application.appeal_days, 1, DAYS_MAX),
            ("application.undo_seconds", *self.application.undo_seconds, 0, 3_600),
            ("promise.business_days", *self.promise.business_days, 1, 60),
            ("promise.late_business_days", *self.promise.late_business_days, 1, 30),
            ("promise.apology_lead_minutes", *self.promise.apology_lead_minutes, 0, 1_440),
            ("reading.clear_percent_min", *self.reading.clear_percent_min, 1, 100),
            ("reading.clear_text_percent_min", *self.reading.clear_text_percent_min, 1, 100),
            ("stock.reservation_minutes_max", *self.stock.reservation_minutes_max, 1, 527_040),
            ("stock.allocation_days", *self.stock.allocation_days, 1, DAYS_MAX),
            ("keep_alive.proof_retry_hours", *self.keep_alive.proof_retry_hours, 1, 24 * 30),
            ("close.undo_days", *self.close.undo_days, 0, 365),
            ("quarantine.days", *self.quarantine.days, 1, DAYS_MAX),
            ("reverify.answer_hours_min", *self.reverify.answer_hours_min, 1, 24 * 365),
            ("sim_swap.cooling_hours", *self.sim_swap.cooling_hours, 0, 24 * 365),
            ("sim_swap.cancel_minutes", *self.sim_swap.cancel_minutes, 0, 24 * 60),
            ("sim_swap.activation_days", *self.sim_swap.activation_days, 1, 365),
            ("port_out.tenure_days_min", *self.port_out.tenure_days_min, 0, DAYS_MAX),
            ("fees.pause_month", *self.fees.pause_month, 0, i64::from(u32::MAX)),
            ("fees.sim_replacement", *self.fees.sim_replacement, 0, i64::from(u32::MAX)),
            ("fees.extension", *self.fees.extension, 0, i64::from(u32::MAX)),
            ("records.registration_days", *self.records.registration_days, 1, DAYS_MAX),
            ("records.application_days", *self.records.application_days, 1, DAYS_MAX),
        ];
        for (key, value, min, max) in spans {
            let text = format!("is {value}, must be from {min} to {max}");
            found.unless((min..=max).contains(&value), key, text);
        }
        if let Some((key, text)) = self.portrait.fault() {
            found.unless(false, key, text);
        }
        if let Some(automatic) = &self.automatic {
            let is_fit = (0..=100).contains(&*automatic.sample_percent);
            found.unless(is_fit, "automatic.sample_percent", "must be from 0 to 100");
        }
        if let Some(authority) = &self.authority {
            let is_fit = (0..=24 * 60).contains(&*authority.patience_minutes)
                && (0..=365).contains(&*authority.keep_days);
            let text = "patience_minutes from 0 to 1440, keep_days from 0 to 365";
            found.unless(is_fit, "authority", text);
        }
        if let Some(pause) = &self.pause {
            let is_fit = (1..=1_200).contains(&*pause.months_max);
            found.unless(is_fit, "pause.months_max", "must be from 1 to 1200");
        }
    }

    fn check_vanity(&self, found: &mut Found) {
        let mut names = std::collections::BTreeSet::new();
        for tier in &self.vanity {
            let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
            found.unless(
                !tier.tier.is_empty() && tier.tier.chars().all(is_word),
                "vanity.tier",
                "use lower-case letters and underscores",
            );
            found.unless(
                names.insert(&tier.tier),
                "vanity.tier",
                format!("`{}` stands twice", tier.tier),
            );
            found.unless(
                !tier.patterns.is_empty(),
                "vanity.patterns",
                format!("`{}` has no pattern, so no number is one", tier.tier),
            );
            let months = *tier.pledge_months;
            found.unless(
                *tier.pledge_month >= 0 && (0..=1_200).contains(&months),
                "vanity.pledge",
                "amounts are not negative, months from 0 to 1200",
            );
        }
    }

    fn check_ladder(&self, found: &mut Found) {
        let keep = &self.keep_alive;
        let window = *keep.window_days;
        let is_fit = (1..=36_525).contains(&window);
        found.unless(is_fit, "keep_alive.window_days", "must be from 1 to 36525");
        let counting = !keep.counting.is_empty();
        found.unless(counting, "keep_alive.counting", "at least one kind of use must count");
        let notice = (1..window.max(2)).contains(&*keep.notice_days_min);
        found.unless(notice, "keep_alive.notice_days_min", "must be from 1 to below the window");
        let key = "keep_alive.ladder";
        let steps: &[LadderStep] = &keep.ladder;
        let rises = steps.iter().zip(steps.iter().skip(1)).all(|(a, b)| a.day < b.day);
        found.unless(rises, key, "steps must be in order, one a day at most");
        let first = steps.first().map(|step| (step.act, step.day));
        let reminds = first.is_some_and(|(act, day)| {
            act == LadderAct::Remind && day <= -*keep.notice_days_min && day > -window
        });
        found.unless(
            reminds,
            key,
            "must begin with a reminder within the window, at least notice_days_min before its end",
        );
        let restricts_late =
            steps.iter().all(|step| step.act == LadderAct::Remind || step.day >= 0);
        found.unless(restricts_late, key, "nothing but a reminder may come before day 0");
        let ends = steps.iter().filter(|step| step.act == LadderAct::Quarantine).count();
        let ends_last = steps.last().is_some_and(|step| step.act == LadderAct::Quarantine);
        found.unless(ends == 1 && ends_last, key, "must end with its one quarantine step");
    }

    fn check_arrears(&self, found: &mut Found) {
        let Some(arrears) = &self.arrears else { return };
        let (bar, suspend, close) =
            (*arrears.bar_outgoing_days, *arrears.suspend_days, *arrears.close_days);
        found.unless(
            0 <= bar && bar <= suspend && suspend < close && close <= DAYS_MAX,
            "arrears",
            "bar_outgoing_days, suspend_days and close_days must rise",
        );
    }
}

#[derive(Default)]
struct Found(Vec<PolicyFault>);

impl Found {
    fn unless(&mut self, holds: bool, key: &'static str, text: impl Into<String>) {
        if !holds {
            self.0.push(PolicyFault { key, text: text.into() });
        }
    }
}
