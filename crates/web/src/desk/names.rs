//! The words of closed lists, for the desk.

use crate::component::{Component as _, Delivery, Html, Message, MessageList};
use crate::shell::Shell;
use domain::access::Role;
use domain::application::form::Who;
use domain::application::{Kind, State};
use domain::check::{Check, CheckKind, Outcome};
use domain::identity::DocumentKind;
use domain::reason::{Item, Reason};
use domain::review::{ItemResult, SecondRule, Stage, Verdict, ViewReason};
use domain::time::At;
use service::review::{Content, Field, Typed};
use words::Lang;

fn by_id(t: Lang, area: &str, code: &str) -> String {
    let id = format!("{area}-{}", code.replace('_', "-").to_ascii_lowercase());
    t.by_id(&id, &[]).unwrap_or_else(|| code.to_owned())
}

pub(super) fn kind(t: Lang, kind: Kind) -> &'static str {
    match kind {
        Kind::Registration => t.desk_kind_registration(),
        Kind::BackRegistration => t.desk_kind_back_registration(),
        Kind::Reverification => t.desk_kind_reverification(),
        Kind::SimReplacement => t.desk_kind_sim_replacement(),
        Kind::Transfer => t.desk_kind_transfer(),
        Kind::Recovery => t.desk_kind_recovery(),
        Kind::Appeal => t.desk_kind_appeal(),
    }
}

pub(super) fn stage(t: Lang, stage: Stage) -> &'static str {
    match stage {
        Stage::First => t.desk_stage_first(),
        Stage::Second => t.desk_stage_second(),
        Stage::Lead => t.desk_stage_lead(),
    }
}

pub(super) fn role(t: Lang, role: Role) -> &'static str {
    match role {
        Role::Clerk => t.access_role_clerk(),
        Role::Reviewer => t.access_role_reviewer(),
        Role::Lead => t.access_role_lead(),
        Role::Agent => t.access_role_agent(),
        Role::Administrator => t.access_role_administrator(),
        Role::Auditor => t.access_role_auditor(),
    }
}

pub(super) fn verdict(t: Lang, verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approve => t.review_verdict_approve(),
        Verdict::AskAgain => t.review_verdict_ask_again(),
        Verdict::Refuse => t.review_verdict_refuse(),
    }
}

pub(super) fn result(t: Lang, result: ItemResult) -> &'static str {
    match result {
        ItemResult::Ok => t.review_result_ok(),
        ItemResult::Retake => t.review_result_retake(),
        ItemResult::Mismatch => t.review_result_mismatch(),
    }
}

pub(super) fn item(t: Lang, item: Item) -> String {
    by_id(t, "item", item.code())
}

pub(super) fn reason(t: Lang, reason: Reason) -> String {
    by_id(t, "reason", reason.code())
}

pub(super) fn check(t: Lang, check: CheckKind) -> String {
    by_id(t, "review-check", check.code())
}

pub(super) fn outcome(t: Lang, outcome: Outcome) -> String {
    by_id(t, "review-outcome", outcome.code())
}

/// What was measured, as `name value`; why a check could not run, in words.
pub(super) fn evidence(t: Lang, check: &Check) -> String {
    let line = |name: &str, value: &str| match name {
        "because" => t.by_id(&format!("review-because-{}", value.replace(' ', "-")), &[]),
        _ => None,
    };
    let parts: Vec<String> = check
        .evidence
        .iter()
        .map(|e| line(&e.name, &e.value).unwrap_or_else(|| format!("{} {}", e.name, e.value)))
        .collect();
    parts.join(" · ")
}

/// A number of eighteen characters is easier to compare as 6-8-4.
pub(super) fn grouped(number: &str) -> String {
    match (number.len(), number.get(..6), number.get(6..14), number.get(14..)) {
        (18, Some(region), Some(birth), Some(rest)) => format!("{region} {birth} {rest}"),
        _ => number.to_owned(),
    }
}

pub(super) fn rule(t: Lang, rule: SecondRule) -> String {
    by_id(t, "review-rule", rule.code())
}

pub(super) fn why(t: Lang, why: ViewReason) -> String {
    by_id(t, "review-why", why.code())
}

pub(super) fn state(t: Lang, state: State) -> String {
    by_id(t, "desk-state", state.code())
}

pub(super) fn document(t: Lang, kind: DocumentKind) -> String {
    by_id(t, "document", kind.as_str())
}

pub(super) fn part(t: Lang, name: &str) -> &'static str {
    match name {
        "all" => t.desk_part_all(),
        "top_left" => t.desk_part_top_left(),
        "top_right" => t.desk_part_top_right(),
        "bottom_left" => t.desk_part_bottom_left(),
        "bottom_right" => t.desk_part_bottom_right(),
        _ => t.desk_part_middle(),
    }
}

pub(super) fn field(t: Lang, field: Field) -> &'static str {
    match field {
        Field::Name => t.desk_field_name(),
        Field::Document => t.desk_field_document(),
        Field::Number => t.desk_field_number(),
        Field::Birth => t.desk_field_birth(),
        Field::Expires => t.desk_field_expires(),
        Field::Address => t.desk_field_address(),
        Field::Who => t.desk_field_who(),
        Field::GuardianName => t.desk_field_guardian_name(),
        Field::GuardianNumber => t.desk_field_guardian_number(),
        Field::LegalPerson => t.apply_legal_person(),
        Field::HandlerName => t.apply_handler_name(),
        Field::HandlerNumber => t.apply_handler_number(),
        Field::ResponsibleName => t.apply_responsible_name(),
        Field::ResponsibleNumber => t.apply_responsible_number(),
        Field::UseScene => t.apply_use_scene(),
        Field::Cards => t.apply_cards(),
        Field::AppealText => t.desk_field_appeal_text(),
    }
}

pub(super) fn typed(t: Lang, typed: &Typed) -> String {
    match typed {
        Typed::Text(text) => grouped(text.expose()),
        Typed::Date(date) => date.expose().to_string(),
        Typed::Document(kind) => document(t, *kind),
        Typed::Who(Who::Myself) => t.apply_who_self().to_owned(),
        Typed::Who(Who::Child) => t.apply_who_child().to_owned(),
        Typed::Who(Who::Company) => t.apply_who_company().to_owned(),
        Typed::Who(Who::Iot) => t.apply_who_iot().to_owned(),
        Typed::LongTerm => t.desk_long_term().to_owned(),
    }
}

/// A way by which people are told.
pub(super) fn channel(t: Lang, channel: domain::notice::Channel) -> String {
    by_id(t, "desk-channel", channel.key())
}

/// What became of an attempt.
pub(super) fn delivery(t: Lang, state: &str) -> String {
    by_id(t, "desk-delivery", state)
}

/// `10:21:30` in the legal zone.
pub(super) fn seconds(shell: &Shell, at: At) -> String {
    let civil = at.civil_in(&shell.brand.zone);
    format!("{:02}:{:02}:{:02}", civil.hour(), civil.minute(), civil.second())
}

/// What was sent about the case.
pub(super) fn messages(shell: &Shell, content: &Content) -> Html {
    let t = shell.lang;
    let message = |sent: &service::notice::Sent| {
        let failed = sent.attempts.iter().all(|a| matches!(a.state, "failed" | "expired"));
        let channel = sent.attempts.first().map(|a| a.address.clone()).unwrap_or_default();
        Message {
            when: shell.when(sent.at).legal(),
            channel,
            text: sent.text.clone().unwrap_or_default(),
            delivery: match (sent.is_delivered(), failed) {
                (true, _) => Delivery::Delivered,
                (false, true) => Delivery::Failed,
                (false, false) => Delivery::Pending,
            },
        }
    };
    let messages: Vec<Message> = content.messages.iter().map(message).collect();
    if messages.is_empty() {
        return Html::paragraph(t.desk_messages_none());
    }
    MessageList::new(t, messages).html()
}
