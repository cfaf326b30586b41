//! Who wrote, as far as it can be known from the number.

use super::IncomingText;
use crate::app::App;
use crate::error::Error;
use crate::notice::reach;
use crate::number::{self, NumberStatus};
use domain::access::Actor;
use domain::command::{Command, parse};
use domain::id::{OperatorId, PartyId};
use domain::msisdn::Msisdn;
use domain::notice::Channel;
use words::Lang;

/// The sender of a text.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    /// The sender's phone.
    pub(super) from: String,
    /// The operator that answers.
    pub(super) operator_id: OperatorId,
    /// The language of the answer.
    pub(super) lang: Lang,
    /// The number, if it is one of ours.
    pub(super) own: Option<NumberStatus>,
    /// The holder: of the number, or the one whose registered contact the phone is.
    pub(super) party_id: Option<PartyId>,
    /// The numbers it can be about.
    pub(super) numbers: Vec<Msisdn>,
}

impl Sender {
    pub(super) async fn of(app: &App, text: &IncomingText) -> Result<Self, Error> {
        match Msisdn::parse(&text.from) {
            Ok(msisdn) => match number::status(app, &Actor::System, msisdn).await {
                Ok(own) => Self::of_number(app, text, own).await,
                Err(Error::NotFound) => Self::of_other(app, text).await,
                Err(error) => Err(error),
            },
            Err(_) => Self::of_other(app, text).await,
        }
    }

    async fn of_number(app: &App, text: &IncomingText, own: NumberStatus) -> Result<Self, Error> {
        let party_id = own.holder.map(|(party_id, ..)| party_id);
        Ok(Self {
            from: text.from.clone(),
            operator_id: own.operator_id,
            lang: language(app, own.operator_id, party_id, &text.text).await?,
            numbers: vec![own.msisdn],
            own: Some(own),
            party_id,
        })
    }

    async fn of_other(app: &App, text: &IncomingText) -> Result<Self, Error> {
        let mut numbers = Vec::new();
        let mut operator_id = None;
        let mut party_id = None;
        for (claimant, channel) in reach::claimants(app, &text.from).await? {
            // The trusted contact is told, and can never act.
            if channel != Channel::OtherNumber {
                continue;
            }
            let Some(known) = reach::load(app, claimant).await? else { continue };
            let held = number::held_by(app, claimant, known.operator_id).await?;
            if !held.is_empty() {
                operator_id = Some(known.operator_id);
                party_id = Some(claimant);
                numbers.extend(held);
            }
        }
        let operator_id = match operator_id {
            Some(operator_id) => operator_id,
            None => first_operator(app).await?,
        };
        Ok(Self {
            from: text.from.clone(),
            operator_id,
            lang: language(app, operator_id, party_id, &text.text).await?,
            own: None,
            party_id,
            numbers,
        })
    }

    /// The number meant: the only one, or the one whose last digits were sent.
    pub(super) fn meant(&self, digits: Option<&str>) -> Option<Msisdn> {
        let mut numbers = self
            .numbers
            .iter()
            .filter(|number| digits.is_none_or(|digits| number.to_string().ends_with(digits)));
        let first = numbers.next().copied();
        if numbers.next().is_some() { None } else { first }
    }
}

async fn first_operator(app: &App) -> Result<OperatorId, Error> {
    let operators = crate::operator::list(app).await?;
    operators.first().map(|operator| operator.id).ok_or(Error::NotFound)
}

/// The holder's language; of a stranger, the language of the text, else the operator's.
async fn language(
    app: &App,
    operator_id: OperatorId,
    party_id: Option<PartyId>,
    text: &str,
) -> Result<Lang, Error> {
    if let Some(party_id) = party_id
        && let Some(known) = reach::load(app, party_id).await?
    {
        return Ok(known.lang);
    }
    if text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) {
        return Ok(Lang::Zh);
    }
    let is_english_word = text.trim().chars().filter(char::is_ascii_alphabetic).count() > 2;
    if is_english_word && parse(text).is_some_and(|parsed| parsed.command != Command::Chinese) {
        return Ok(Lang::En);
    }
    let operator = crate::operator::load(app, operator_id).await?;
    Ok(if operator.language == Lang::En.code() { Lang::En } else { Lang::Zh })
}
