//! What an organisation adds to the form: who acts for it, who answers for it, and for machines
//! what they do and which cards they carry.
//!
//! Order 25 art. 6 wants the handler's (经办人) own document and the letter of authority beside the
//! organisation's; for cards in machines the responsible person (责任人) is registered in the place
//! of a user, and the Anti-Telecom-Fraud Law art. 12 wants the use known before the sale.

use super::form::{Form, FormRefusal, Problem, TEXT_MAX, Who, name, sim_tail};
use crate::identity::{self, DocumentKind};
use crate::sim::Iccid;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// The most cards of one application; more come by sheet through the operator.
pub const CARDS_MAX: usize = 200;

/// The fields as typed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Organisation {
    /// Who stands for the organisation on its licence (法定代表人); empty if it names nobody.
    pub legal_person: String,
    /// The handler's name.
    pub handler_name: String,
    /// The handler's resident identity number.
    pub handler_number: String,
    /// The responsible person's name.
    pub responsible_name: String,
    /// The responsible person's resident identity number.
    pub responsible_number: String,
    /// What the machines do and where.
    pub use_scene: String,
    /// The serial numbers of all cards, one a line.
    pub cards: String,
}

/// Never the content: it is personal.
impl fmt::Debug for Organisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Organisation(•••)")
    }
}

impl Organisation {
    /// The lines of the list of cards that say something, each with its place in the list from 1.
    pub fn card_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.cards.lines().enumerate();
        lines.map(|(at, line)| (at + 1, line.trim())).filter(|(_, line)| !line.is_empty())
    }
}

/// What is wrong with these fields.
pub(super) fn problems(form: &Form, today: Date, found: &mut Vec<Problem>) {
    let typed = &form.organisation;
    licence(form, today, found);
    name("handler_name", &typed.handler_name, FormRefusal::HandlerNameMissing, found);
    resident("handler_number", &typed.handler_number, today, found);
    let missing = FormRefusal::ResponsibleNameMissing;
    name("responsible_name", &typed.responsible_name, missing, found);
    resident("responsible_number", &typed.responsible_number, today, found);
    if form.who == Some(Who::Iot) {
        use_scene(&typed.use_scene, found);
        cards(form, found);
    }
}

/// What not every licence prints: who stands for the organisation, and a last day. Both may be left
/// out; what is typed must be a name, and a day that is not over.
fn licence(form: &Form, today: Date, found: &mut Vec<Problem>) {
    let person = &form.organisation.legal_person;
    if !person.trim().is_empty() {
        name("legal_person", person, FormRefusal::NameMissing, found);
    }
    if form.is_long_term || form.expires.is_empty() {
        return;
    }
    let refusal = match form.expires.date() {
        Some(last) if last < today => FormRefusal::Expired,
        Some(_) => return,
        None => FormRefusal::ExpiresImpossible,
    };
    found.push(Problem::of("expires", &refusal));
}

fn resident(field: &'static str, number: &str, today: Date, found: &mut Vec<Problem>) {
    let checked = identity::check(DocumentKind::ResidentId, number, today);
    if let Some(error) = checked.findings.first_error() {
        found.push(Problem::of(field, &error));
    }
}

fn use_scene(text: &str, found: &mut Vec<Problem>) {
    if text.trim().is_empty() {
        found.push(Problem::of("use_scene", &FormRefusal::UseSceneMissing));
    } else if text.chars().count() > TEXT_MAX {
        found.push(Problem::of("use_scene", &FormRefusal::TextLength));
    }
}

/// The first thing that is wrong with the list: one fault at a time can be mended.
fn cards(form: &Form, found: &mut Vec<Problem>) {
    let of = |refusal: FormRefusal, line: Option<usize>| {
        let mut problem = Problem::of("cards", &refusal);
        problem.values.extend(line.map(|line| ("line", Cow::Owned(line.to_string()))));
        problem
    };
    let mut seen = BTreeSet::new();
    for (line, text) in form.organisation.card_lines() {
        let Ok(card) = Iccid::parse(text) else {
            return found.push(of(FormRefusal::CardWrong, Some(line)));
        };
        if !seen.insert(card.as_str().to_owned()) {
            return found.push(of(FormRefusal::CardTwice, Some(line)));
        }
        if seen.len() > CARDS_MAX {
            return found.push(of(FormRefusal::CardsTooMany, None));
        }
    }
    let tail = sim_tail(&form.sim_tail);
    let is_there = tail.is_none_or(|tail| seen.iter().any(|card| card.ends_with(&tail)));
    if seen.is_empty() {
        found.push(of(FormRefusal::CardsMissing, None));
    } else if !is_there {
        found.push(of(FormRefusal::CardsWithoutFirst, None));
    }
}
