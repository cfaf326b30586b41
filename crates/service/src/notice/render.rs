//! From a template to the text a person reads.

use domain::notice::{Answer, CodePurpose, Counted, Template};
use domain::time::{At, Zone};
use jiff::civil::Date;
use words::Lang;

/// Who signs: what a text needs to know of the operator.
#[derive(Clone, Debug)]
pub struct Sender {
    /// Three characters, such as `保号通`.
    pub brand: String,
    /// The hotline, as dialled.
    pub hotline: String,
    /// The legal zone, in which all times are written.
    pub zone: Zone,
    /// The host name of the pages, to which codes are bound.
    pub domain: String,
}

/// A text ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The subject of the e-mail.
    pub subject: String,
    /// The text message, signed.
    pub text: String,
}

/// Writes `template` in `lang`, signed by `sender`.
pub fn render(template: &Template, lang: Lang, sender: &Sender) -> Rendered {
    let writer = Writer { lang, sender };
    let body = writer.body(template);
    let text = match (template, lang) {
        // The signature is part of the sentence in English, and precedes the code in Chinese.
        (Template::Code { code, .. }, _) => {
            format!("{body}\n{}", lang.notice_code_origin(&sender.domain, code))
        }
        (_, Lang::Zh) => format!("【{}】{body}", sender.brand),
        (_, Lang::En) => body,
    };
    Rendered { subject: writer.subject(template).to_owned(), text }
}

/// The body of the e-mail: the text, without the marks that only phones use, and the footer.
pub fn email_body(rendered: &Rendered, lang: Lang, sender: &Sender) -> String {
    let footer = lang.notice_email_footer(&sender.brand, &sender.hotline);
    format!("{}\n\n{footer}\n", rendered.text)
}

/// The public words of a reason, such as 证件照片反光; staff-only reasons have the neutral ones.
pub fn reason_words(lang: Lang, code: &str) -> String {
    let id = |code: &str| format!("reason-{}", code.to_ascii_lowercase());
    lang.by_id(&id(code), &[]).or_else(|| lang.by_id(&id("E9"), &[])).unwrap_or_default()
}

struct Writer<'a> {
    lang: Lang,
    sender: &'a Sender,
}

impl Writer<'_> {
    fn date(&self, date: Date) -> String {
        self.lang.day_month(date.month(), date.day())
    }

    /// `3月14日18:00`; in English with the place, `14 Mar 18:00 (Beijing)`.
    fn promise(&self, at: At) -> String {
        match self.lang {
            Lang::Zh => self.moment(at),
            Lang::En => format!("{} ({})", self.moment(at), self.city()),
        }
    }

    fn moment(&self, at: At) -> String {
        let civil = at.civil_in(&self.sender.zone);
        let date = self.lang.day_month(civil.month(), civil.day());
        let gap = if self.lang == Lang::Zh { "" } else { " " };
        format!("{date}{gap}{:02}:{:02}", civil.hour(), civil.minute())
    }

    fn city(&self) -> String {
        match self.sender.zone.name() {
            "Asia/Shanghai" => "Beijing".to_owned(),
            name => name.rsplit('/').next().unwrap_or(name).replace('_', " "),
        }
    }

    fn zone(&self) -> &'static str {
        match self.sender.zone.name() {
            "Asia/Shanghai" => self.lang.notice_zone_beijing(),
            _ => self.lang.notice_zone_home(),
        }
    }

    fn body(&self, template: &Template) -> String {
        let lang = self.lang;
        let hotline = &self.sender.hotline;
        match template {
            Template::Submitted { tail, reference, promise_at } => {
                lang.notice_submitted(tail, reference, self.promise(*promise_at))
            }
            Template::Approved { tail, keep_by: Some(date) } => {
                lang.notice_approved(tail, self.date(*date))
            }
            Template::Approved { tail, keep_by: None } => lang.notice_approved_plain(tail),
            Template::NeedsUpdate { tail, items, reason, until, link } => {
                let mut what = reason_words(lang, reason);
                if *items > 1 {
                    what = lang.notice_reason_and_more(what);
                }
                let until = self.date(*until);
                if reason.starts_with(['D', 'P']) {
                    lang.notice_needs_photos(tail, items, what, until, link)
                } else {
                    lang.notice_needs_update(tail, items, what, until, link)
                }
            }
            Template::Rejected { tail, reason, appeal_days } => {
                self.rejected(tail, reason, *appeal_days)
            }
            Template::Delayed { tail, promise_at } => {
                lang.notice_delayed(tail, self.promise(*promise_at))
            }
            Template::Code { code, minutes, purpose } => {
                lang.notice_code(&self.sender.brand, code, minutes, self.purpose(*purpose))
            }
            Template::AppealOpen { tail, promise_at } => {
                lang.notice_appeal_open(tail, self.promise(*promise_at))
            }
            Template::DraftExpiring { reference, until, link } => {
                lang.notice_draft_expiring(reference, self.date(*until), link)
            }
            Template::Withdrawn { tail, reference } => lang.notice_withdrawn(tail, reference),
            Template::TellHolder { tail } => lang.notice_tell_holder(tail, hotline),
            Template::Answer { answer } => self.answer(answer),
            Template::Reminder { .. }
            | Template::Saved { .. }
            | Template::LastDay { .. }
            | Template::OutgoingBarred { .. }
            | Template::Suspended { .. }
            | Template::Quarantined { .. }
            | Template::Released { .. }
            | Template::Paused { .. }
            | Template::Resumed { .. }
            | Template::Restored { .. }
            | Template::Closing { .. }
            | Template::Closed { .. } => self.keeping(template),
            Template::Lost { .. }
            | Template::Unlost { .. }
            | Template::SimRequested { .. }
            | Template::SimReplaced { .. }
            | Template::EsimReady { .. }
            | Template::NewNumber { .. }
            | Template::Transferred { .. }
            | Template::ReverifyDue { .. }
            | Template::Arrears { .. }
            | Template::SafetyStop { .. } => self.safety(template),
        }
    }

    /// Texts about the keep-alive date and what follows from it.
    fn keeping(&self, template: &Template) -> String {
        let lang = self.lang;
        let hotline = &self.sender.hotline;
        match template {
            Template::Reminder { tail, days_left, due_on } => {
                lang.notice_reminder(tail, days_left, self.date(*due_on))
            }
            Template::Saved { tail, counted, counted_on, until } => {
                let counted = self.counted(*counted);
                lang.notice_saved(self.date(*counted_on), counted, tail, self.date(*until))
            }
            Template::LastDay { tail, held_days, extend_fee } => {
                let text = lang.notice_last_day(tail, self.zone(), held_days);
                match extend_fee {
                    Some(fee) => lang.notice_last_day_extend(text, fee),
                    None => text,
                }
            }
            Template::OutgoingBarred { tail, until } => {
                lang.notice_outgoing_barred(tail, self.date(*until), hotline)
            }
            Template::Suspended { tail, held_until, link } => {
                lang.notice_suspended(tail, self.date(*held_until), link, hotline)
            }
            Template::Quarantined { tail, recover_until, link } => {
                lang.notice_quarantined(tail, self.date(*recover_until), link, hotline)
            }
            Template::Released { tail } => lang.notice_released(tail, hotline),
            Template::Paused { tail, until } => {
                lang.notice_paused(tail, self.date(*until), hotline)
            }
            Template::Resumed { tail, keep_by: Some(date) } => {
                lang.notice_resumed(tail, self.date(*date))
            }
            Template::Resumed { tail, keep_by: None } | Template::Restored { tail } => {
                lang.notice_restored(tail)
            }
            Template::Closing { tail, until } => lang.notice_closing(tail, self.date(*until)),
            Template::Closed { tail, recover_until } => {
                lang.notice_closed(tail, self.date(*recover_until))
            }
            _ => unreachable!("only the texts listed in `body`"),
        }
    }

    /// Texts about loss, SIMs, other holders and stops.
    fn safety(&self, template: &Template) -> String {
        let lang = self.lang;
        let hotline = &self.sender.hotline;
        match template {
            Template::Lost { tail, link } => lang.notice_lost(tail, link),
            Template::Unlost { tail } => lang.notice_unlost(tail, hotline),
            Template::SimRequested { tail, requested_at, minutes } => {
                lang.notice_sim_requested(tail, self.moment(*requested_at), minutes)
            }
            Template::SimReplaced { tail } => lang.notice_sim_replaced(tail, hotline),
            Template::EsimReady { tail, link } => lang.notice_esim_ready(tail, link),
            Template::NewNumber { tail } => lang.notice_new_number(tail),
            Template::Transferred { tail } => lang.notice_transferred(tail, hotline),
            Template::ReverifyDue { tail, until, link } => {
                lang.notice_reverify_due(tail, self.date(*until), link)
            }
            Template::Arrears { tail, link } => lang.notice_arrears(tail, link, hotline),
            Template::SafetyStop { tail, link } => lang.notice_safety_stop(tail, link, hotline),
            _ => unreachable!("only the texts listed in `body`"),
        }
    }

    fn rejected(&self, tail: &str, reason: &str, appeal_days: u32) -> String {
        let lang = self.lang;
        let words = reason_words(lang, reason);
        match reason {
            "D8" | "D9" => lang.notice_rejected_new_document(tail, words, appeal_days),
            "M3" | "E9" => lang.notice_rejected_appeal(tail, words, appeal_days),
            _ => lang.notice_rejected_apply_again(tail, words, appeal_days),
        }
    }

    fn purpose(&self, purpose: CodePurpose) -> &'static str {
        match purpose {
            CodePurpose::SignIn => self.lang.notice_purpose_sign_in(),
            CodePurpose::ConfirmContact => self.lang.notice_purpose_confirm_contact(),
            CodePurpose::ReportLoss => self.lang.notice_purpose_report_loss(),
        }
    }

    fn counted(&self, counted: Counted) -> &'static str {
        match counted {
            Counted::Call => self.lang.notice_counted_call(),
            Counted::Text => self.lang.notice_counted_text(),
            Counted::Data => self.lang.notice_counted_data(),
            Counted::TopUp => self.lang.notice_counted_top_up(),
            Counted::Other => self.lang.notice_counted_other(),
        }
    }

    fn answer(&self, answer: &Answer) -> String {
        let lang = self.lang;
        let hotline = &self.sender.hotline;
        match answer {
            Answer::Help => lang.notice_answer_help(hotline),
            Answer::NotRegistered { link } => lang.notice_answer_not_registered(link, hotline),
            Answer::NoApplication { tail } => lang.notice_answer_no_application(tail),
            Answer::Progress { tail, reference, status } => {
                lang.notice_answer_progress(tail, reference, status)
            }
            Answer::ProgressBy { tail, reference, status, promise_at } => {
                let promise = self.promise(*promise_at);
                lang.notice_answer_progress_by(tail, reference, status, promise)
            }
            Answer::Keep { tail, due_on, days_left } => {
                lang.notice_answer_keep(tail, self.date(*due_on), days_left)
            }
            Answer::NoKeepDate { tail, status } => {
                lang.notice_answer_no_keep_date(tail, status, hotline)
            }
            Answer::Balance { tail, amount } => lang.notice_answer_balance(tail, amount),
            Answer::Plans { link } => lang.notice_answer_plans(link, hotline),
            Answer::CallBack { tail } => lang.notice_answer_call_back(tail, hotline),
            Answer::Language => lang.notice_answer_language().to_owned(),
            Answer::LossCodeSent { tail } => lang.notice_answer_loss_code_sent(tail),
            Answer::LossByHotline => lang.notice_answer_loss_by_hotline(hotline),
            Answer::WrongCode => lang.notice_answer_wrong_code(hotline),
            Answer::NothingToLift { tail } => lang.notice_answer_nothing_to_lift(tail, hotline),
            Answer::NothingAsked => lang.notice_answer_nothing_asked().to_owned(),
            Answer::Stopped { tail } => lang.notice_answer_stopped(tail, hotline),
            Answer::TryLater => lang.notice_answer_try_later(hotline),
        }
    }

    fn subject(&self, template: &Template) -> &'static str {
        let lang = self.lang;
        match template {
            Template::Submitted { .. }
            | Template::Approved { .. }
            | Template::NeedsUpdate { .. }
            | Template::Rejected { .. }
            | Template::Delayed { .. }
            | Template::DraftExpiring { .. }
            | Template::Withdrawn { .. }
            | Template::AppealOpen { .. }
            | Template::Answer { .. } => lang.notice_subject_registration(),
            Template::Reminder { .. }
            | Template::Saved { .. }
            | Template::LastDay { .. }
            | Template::OutgoingBarred { .. }
            | Template::Suspended { .. }
            | Template::Quarantined { .. }
            | Template::TellHolder { .. } => lang.notice_subject_keep(),
            Template::Lost { .. }
            | Template::SimRequested { .. }
            | Template::NewNumber { .. }
            | Template::ReverifyDue { .. }
            | Template::SafetyStop { .. } => lang.notice_subject_safety(),
            Template::Code { .. } => lang.notice_subject_code(),
            Template::Released { .. }
            | Template::Unlost { .. }
            | Template::Paused { .. }
            | Template::Resumed { .. }
            | Template::Restored { .. }
            | Template::SimReplaced { .. }
            | Template::EsimReady { .. }
            | Template::Transferred { .. }
            | Template::Closing { .. }
            | Template::Closed { .. }
            | Template::Arrears { .. } => lang.notice_subject_number(),
        }
    }
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
