//! Reporting a loss and lifting it by text: only with a code that went to a registered contact.

use super::answer::Answering;
use crate::error::Error;
use crate::notice::{NoticeRequest, To, reach};
use crate::number;
use domain::access::Actor;
use domain::command::{Command, Parsed};
use domain::msisdn::Msisdn;
use domain::notice::{Answer, Channel, CodePurpose, Template};
use store::Batch;
use store::conversation::{self, Conversation};

/// A code is good for so long.
const CODE_MINUTES: u32 = 15;
/// Digits of a code.
const CODE_DIGITS: u32 = 6;
/// Wrong codes before the question is void.
const TRIES_MAX: i64 = 5;

const REPORT: &str = "report_loss";
const LIFT: &str = "lift_loss";

/// `GS` or `JG`: sends a code to a contact that is not the phone in question, and remembers what it
/// is for.
pub(super) async fn ask(
    answering: &Answering<'_>,
    batch: &mut Batch,
    parsed: &Parsed,
) -> Result<Answer, Error> {
    let sender = answering.sender;
    let app = answering.app;
    let meant = sender.meant(parsed.digits.as_deref());
    let (Some(msisdn), Some(party_id)) = (meant, sender.party_id) else {
        return Ok(Answer::LossByHotline);
    };
    // From a registered contact the code goes back to it: who holds that phone is a contact. From
    // the number itself it goes elsewhere, as a thief holds the number.
    let known = reach::load(app, party_id).await?;
    let channels: Vec<Channel> =
        known.iter().flat_map(|known| &known.channels).map(|(channel, _)| *channel).collect();
    let wanted = [Channel::OtherNumber, Channel::Email];
    let Some(channel) = wanted.into_iter().find(|channel| channels.contains(channel)) else {
        return Ok(Answer::LossByHotline);
    };
    let code = seal::entropy::digits(CODE_DIGITS);
    let asks = if parsed.command == Command::LiftLoss { LIFT } else { REPORT };
    let purpose = CodePurpose::ReportLoss;
    let request = NoticeRequest {
        operator_id: sender.operator_id,
        template: Template::Code { code: code.clone(), minutes: CODE_MINUTES, purpose },
        about: Some(msisdn),
        application_id: None,
        to: To::Channel(party_id, channel),
        dedup: format!("{asks}:{msisdn}:{}", batch.at().millis()),
    };
    crate::notice::stage(app, batch, request).await?;
    let conversation = Conversation {
        asks: asks.to_owned(),
        msisdn,
        code_index: Some(app.store.keys.blind("conversation.code", &code)),
        tries: 0,
        expires_at: batch.at().plus_minutes(i64::from(CODE_MINUTES)),
        version: 0,
    };
    conversation::ask(batch, answering.index, &conversation);
    Ok(Answer::LossCodeSent { tail: msisdn.tail4() })
}

/// A code came back.
pub(super) async fn code(
    answering: &Answering<'_>,
    batch: &mut Batch,
    digits: Option<&str>,
) -> Result<Option<Answer>, Error> {
    let app = answering.app;
    let Some(asked) = conversation::load(&app.store.db, answering.index).await? else {
        return Ok(Some(Answer::NothingAsked));
    };
    let is_open = asked.expires_at > app.now() && asked.tries < TRIES_MAX;
    let typed = app.store.keys.blind("conversation.code", digits.unwrap_or_default());
    let is_right = asked.code_index.is_some_and(|index| seal::is_same_secret(&index, &typed));
    if !(is_open && is_right) {
        conversation::count_try(batch, answering.index, asked.version);
        return Ok(Some(Answer::WrongCode));
    }
    let done = do_it(answering, &asked.asks, asked.msisdn).await?;
    conversation::end(batch, answering.index, asked.version);
    Ok(done)
}

/// Blocks or unblocks. The holder is told by the notice of the step itself.
async fn do_it(
    answering: &Answering<'_>,
    asks: &str,
    msisdn: Msisdn,
) -> Result<Option<Answer>, Error> {
    let actor = Actor::System;
    let app = answering.app;
    let done = if asks == LIFT {
        number::lift_loss(app, &actor, msisdn).await
    } else {
        number::report_loss(app, &actor, msisdn).await
    };
    match done {
        Err(Error::Refused(_)) if asks == LIFT => {
            Ok(Some(Answer::NothingToLift { tail: msisdn.tail4() }))
        }
        // Blocked before: the answer to the same wish is the same.
        Ok(_) | Err(Error::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
