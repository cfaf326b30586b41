#![expect(clippy::too_many_lines, reason = "a table of all texts")]

use super::*;
use domain::notice::{Encoding, segments};
use jiff::civil::{date, datetime};

fn sender() -> Sender {
    Sender {
        brand: "保号通".into(),
        hotline: "4000-123456".into(),
        zone: Zone::shanghai(),
        domain: "bao.example".into(),
    }
}

/// Every text with the longest values it can have.
pub(crate) fn longest() -> Vec<Template> {
    let tail = || "8000".to_owned();
    let reference = || "W7KMQ9".to_owned();
    let link = || "bao.example/s/W7KMQ9".to_owned();
    let day = date(2026, 12, 30);
    let at = At::of_civil(datetime(2026, 12, 30, 18, 0, 0, 0), &Zone::shanghai());
    let mut all = vec![
        Template::Submitted { tail: tail(), reference: reference(), promise_at: at },
        Template::Approved { tail: tail(), keep_by: Some(day) },
        Template::Approved { tail: tail(), keep_by: None },
        Template::Delayed { tail: tail(), promise_at: at },
        Template::Reminder { tail: tail(), days_left: 60, due_on: day },
        Template::Reminder { tail: tail(), days_left: 1, due_on: day },
        Template::LastDay { tail: tail(), held_days: 180, extend_fee: None },
        Template::LastDay { tail: tail(), held_days: 90, extend_fee: Some("5元".into()) },
        Template::Suspended { tail: tail(), held_until: day, link: link() },
        Template::Lost { tail: tail(), link: link() },
        Template::SimRequested { tail: tail(), requested_at: at, minutes: 10 },
        Template::NewNumber { tail: tail() },
        Template::OutgoingBarred { tail: tail(), until: day },
        Template::Quarantined { tail: tail(), recover_until: day, link: link() },
        Template::Released { tail: tail() },
        Template::Unlost { tail: tail() },
        Template::Paused { tail: tail(), until: day },
        Template::Resumed { tail: tail(), keep_by: Some(day) },
        Template::Resumed { tail: tail(), keep_by: None },
        Template::Restored { tail: tail() },
        Template::SimReplaced { tail: tail() },
        Template::EsimReady { tail: tail(), link: "bao.example/numbers".to_owned() },
        Template::Transferred { tail: tail() },
        Template::Closing { tail: tail(), until: day },
        Template::Closed { tail: tail(), recover_until: day },
        Template::ReverifyDue { tail: tail(), until: day, link: link() },
        Template::Arrears { tail: tail(), link: link() },
        Template::SafetyStop { tail: tail(), link: link() },
        Template::DraftExpiring { reference: reference(), until: day, link: link() },
        Template::Withdrawn { tail: tail(), reference: reference() },
        Template::AppealOpen { tail: tail(), promise_at: at },
        Template::TellHolder { tail: tail() },
    ];
    for purpose in [CodePurpose::SignIn, CodePurpose::ConfirmContact, CodePurpose::ReportLoss] {
        all.push(Template::Code { code: "482913".into(), minutes: 15, purpose });
    }
    for counted in [Counted::Call, Counted::Text, Counted::Data, Counted::TopUp, Counted::Other] {
        all.push(Template::Saved { tail: tail(), counted, counted_on: day, until: day });
    }
    for reason in REASONS {
        let reason = (*reason).to_owned();
        for items in [1, 9] {
            let (tail, reason) = (tail(), reason.clone());
            all.push(Template::NeedsUpdate { tail, items, reason, until: day, link: link() });
        }
        all.push(Template::Rejected { tail: tail(), reason, appeal_days: 30 });
    }
    let status = "已通过，开通中".to_owned();
    let answers = vec![
        Answer::Help,
        Answer::NotRegistered { link: link() },
        Answer::NoApplication { tail: tail() },
        Answer::Progress { tail: tail(), reference: reference(), status: status.clone() },
        Answer::ProgressBy { tail: tail(), reference: reference(), status, promise_at: at },
        Answer::Keep { tail: tail(), due_on: day, days_left: 180 },
        Answer::NoKeepDate { tail: tail(), status: "已停机，号码为您保留".into() },
        Answer::Balance { tail: tail(), amount: "1234.56元".into() },
        Answer::Plans { link: link() },
        Answer::CallBack { tail: tail() },
        Answer::Language,
        Answer::LossCodeSent { tail: tail() },
        Answer::LossByHotline,
        Answer::WrongCode,
        Answer::NothingToLift { tail: tail() },
        Answer::NothingAsked,
        Answer::Stopped { tail: tail() },
        Answer::TryLater,
    ];
    all.extend(answers.into_iter().map(|answer| Template::Answer { answer }));
    all
}

const REASONS: &[&str] = &[
    "D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "D10", "P1", "P2", "P3", "P4", "M1",
    "M2", "M3", "M4", "G1", "B1", "F1", "E1", "E2", "E3", "E9", "T1",
];

#[test]
fn every_text_is_one_message_with_its_longest_values() {
    let mut failed = Vec::new();
    for template in longest() {
        for lang in Lang::ALL {
            let text = render(&template, lang, &sender()).text;
            // English is signed with Latin letters; the brand of the sample is Chinese.
            let text = if lang == Lang::En { text.replace("保号通", "BHT") } else { text };
            // The status word of an answer is in the language of the text.
            let text = if lang == Lang::En {
                text.replace("已通过，开通中", "Approved, switching on")
                    .replace("已停机，号码为您保留", "Suspended, number held")
                    .replace('元', " CNY")
            } else {
                text
            };
            let size = segments(&text);
            // A code may also carry the line that binds it to the site.
            let one = size.parts == 1 || (template.is_secret() && size.parts <= 2);
            let plain = lang == Lang::Zh || size.encoding == Encoding::Gsm7;
            if !one || !plain {
                failed.push(format!("{} {}: {text}", size.units, lang.code()));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn the_texts_are_the_products() {
    let tail = || "8000".to_owned();
    let day = |month, day| date(2026, month, day);
    let at = |month, day, hour, minute| {
        At::of_civil(datetime(2026, month, day, hour, minute, 0, 0), &Zone::shanghai())
    };
    let link = || "b.cn/x".to_owned();
    let cases = [
        Template::Submitted {
            tail: tail(),
            reference: "R7K2Q9".into(),
            promise_at: at(3, 14, 18, 0),
        },
        Template::Approved { tail: tail(), keep_by: Some(day(6, 12)) },
        Template::Delayed { tail: tail(), promise_at: at(3, 17, 18, 0) },
        Template::Code { code: "482913".into(), minutes: 15, purpose: CodePurpose::SignIn },
        Template::Reminder { tail: tail(), days_left: 30, due_on: day(6, 12) },
        Template::Saved {
            tail: tail(),
            counted: Counted::Text,
            counted_on: day(3, 2),
            until: day(9, 1),
        },
        Template::LastDay { tail: tail(), held_days: 90, extend_fee: Some("5元".into()) },
        Template::Suspended { tail: tail(), held_until: day(12, 10), link: link() },
        Template::Lost { tail: tail(), link: link() },
        Template::SimRequested { tail: tail(), requested_at: at(3, 2, 10, 21), minutes: 10 },
        Template::NewNumber { tail: "6688".into() },
    ];
    let mut texts = include_str!("product_texts.txt").lines();
    let mut next = || texts.next().expect("a text per case").replace("\\n", "\n");
    for template in cases {
        let (zh, en) = (next(), next());
        assert_eq!(render(&template, Lang::Zh, &sender()).text, zh);
        assert_eq!(render(&template, Lang::En, &sender()).text, en);
    }
}
