//! Texts that subscribers send: read, answered, acted upon.
//!
//! A text may be handed over twice by the network: it is taken in once. What it asks for is done
//! first, and each such act is safe to repeat; then its answer is committed together with the note
//! that it was taken in.
//!
//! Who writes is known by the number alone, which can be forged. So a text from the number itself
//! reads only what the phone's owner sees anyway, and whatever blocks or unblocks needs a code that
//! is sent to another registered contact and comes back.

mod answer;
mod loss;
mod part;
mod sender;

use crate::app::App;
use crate::error::Error;
use crate::notice::reach;
use crate::retry;
use answer::Answering;
use domain::access::{Action, Actor};
use domain::command::{Command, Parsed, parse};
use domain::id::OperatorId;
use domain::msisdn::Msisdn;
use domain::notice::Answer;
use domain::time::At;
pub(crate) use part::forget_parts;
pub use part::{IncomingPart, incoming_part};
use sender::Sender;
use store::{Batch, conversation};
use words::Lang;

/// Call-backs shown at once.
const CALL_BACKS_MAX: i64 = 200;

/// A text to the service number.
#[derive(Clone, Debug)]
pub struct IncomingText {
    /// The sender, E.164 digits.
    pub from: String,
    /// What it says.
    pub text: String,
    /// When the network took it.
    pub at: At,
}

/// Takes a text in and answers it. The same text from the same sender within a minute is one text.
pub async fn incoming(app: &App, text: &IncomingText) -> Result<(), Error> {
    let minute = text.at.millis() / 60_000;
    let name = format!("{}|{minute}|{}", text.from, text.text);
    let fingerprint = app.store.keys.blind("incoming_text", &name);
    retry(|| async {
        if conversation::is_taken(&app.store.db, fingerprint).await? {
            return Ok(());
        }
        let sender = Sender::of(app, text).await?;
        let index = reach::index_of(app, &text.from);
        let answering = Answering { app, sender: &sender, index, name: &name };
        let mut batch = Batch::new(app.now());
        conversation::take(&mut batch, fingerprint);
        let answer = match parse(&text.text) {
            Some(parsed) => act(&answering, &mut batch, &parsed).await?,
            None => answering.help_once_a_day(&mut batch).await?,
        };
        if let Some(answer) = answer {
            answering.stage(&mut batch, answer).await?;
        }
        app.store.db.commit(batch).await?;
        Ok(())
    })
    .await
}

/// Numbers whose holders asked to be called back, the longest waiting first.
pub async fn call_backs(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
) -> Result<Vec<(Msisdn, At)>, Error> {
    crate::access::require(actor, Action::SeeNumber, Some(operator_id))?;
    Ok(conversation::call_backs(&app.store.db, operator_id, CALL_BACKS_MAX).await?)
}

/// The holder was called back.
pub async fn called(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    msisdn: Msisdn,
) -> Result<(), Error> {
    crate::access::require(actor, Action::SeeNumber, Some(operator_id))?;
    let mut batch = Batch::new(app.now());
    conversation::called(&mut batch, operator_id, msisdn);
    Ok(app.store.db.commit(batch).await?)
}

async fn act(
    answering: &Answering<'_>,
    batch: &mut Batch,
    parsed: &Parsed,
) -> Result<Option<Answer>, Error> {
    let answer = match parsed.command {
        Command::Help => Answer::Help,
        Command::Plans => answering.plans(),
        Command::Progress => answering.progress().await?,
        Command::Keep => answering.keep(parsed.digits.as_deref()).await?,
        Command::Balance => answering.balance(parsed.digits.as_deref()).await?,
        Command::CallBack => answering.call_back(batch),
        Command::Chinese | Command::English => {
            let is_chinese = parsed.command == Command::Chinese;
            let lang = if is_chinese { Lang::Zh } else { Lang::En };
            return answering.language(batch, lang).await.map(|()| None);
        }
        Command::ReportLoss | Command::LiftLoss => {
            return loss::ask(answering, batch, parsed).await.map(Some);
        }
        Command::Code => return loss::code(answering, batch, parsed.digits.as_deref()).await,
        Command::Yes => return answering.extend().await,
        Command::No => answering.not_me().await?,
    };
    Ok(Some(answer))
}
