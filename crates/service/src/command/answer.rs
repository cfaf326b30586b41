//! What is answered.

use super::sender::Sender;
use crate::app::App;
use crate::error::Error;
use crate::keep;
use crate::notice::reach::{self, Preference};
use crate::notice::{NoticeRequest, To, about_number};
use crate::number::{self, NumberStatus};
use domain::access::Actor;
use domain::application::State;
use domain::msisdn::Msisdn;
use domain::notice::{Answer, Template};
use domain::number::Lifecycle;
use domain::time::At;
use store::{Batch, application, conversation};
use words::Lang;

/// For so long `N` answers the news of a number in one's name.
const NEW_NUMBER_DAYS: i64 = 30;

/// One text being answered.
pub(super) struct Answering<'a> {
    pub(super) app: &'a App,
    pub(super) sender: &'a Sender,
    /// The blind index of the sender's number.
    pub(super) index: [u8; 16],
    /// Names the text, for the answer's dedup key.
    pub(super) name: &'a str,
}

impl Answering<'_> {
    /// Adds the answer to `batch`, to the phone that wrote.
    pub(super) async fn stage(&self, batch: &mut Batch, answer: Answer) -> Result<(), Error> {
        let Sender { operator_id, lang, ref from, ref own, .. } = *self.sender;
        let (about, to) = match own {
            Some(own) => (Some(own.msisdn), To::Number(lang)),
            None => (None, To::Stranger(from.clone(), lang)),
        };
        let template = Template::Answer { answer };
        let hash = self.app.store.keys.blind("answer", self.name);
        let dedup = format!("answer:{:032x}", u128::from_be_bytes(hash));
        let request =
            NoticeRequest { operator_id, template, about, application_id: None, to, dedup };
        crate::notice::stage(self.app, batch, request).await.map(|_| ())
    }

    /// The list of commands, once a day; more unknown texts get silence.
    pub(super) async fn help_once_a_day(&self, batch: &mut Batch) -> Result<Option<Answer>, Error> {
        let operator = crate::operator::load(self.app, self.sender.operator_id).await?;
        let today = self.app.now().date_in(&operator.zone).to_string();
        if conversation::is_helped(&self.app.store.db, self.index, &today).await? {
            return Ok(None);
        }
        conversation::help(batch, self.index, &today);
        Ok(Some(Answer::Help))
    }

    pub(super) fn plans(&self) -> Answer {
        Answer::Plans { link: self.app.site.link("numbers") }
    }

    fn not_registered(&self) -> Answer {
        Answer::NotRegistered { link: self.app.site.link("register") }
    }

    pub(super) async fn progress(&self) -> Result<Answer, Error> {
        let Some(own) = &self.sender.own else { return Ok(self.not_registered()) };
        let tail = own.msisdn.tail4();
        let (db, operator_id) = (&self.app.store.db, self.sender.operator_id);
        let newest = application::of_number(db, operator_id, own.msisdn, 1).await?;
        let loaded = match newest.first() {
            Some(id) => application::load(db, *id).await?,
            None => None,
        };
        Ok(match loaded {
            None if own.holder.is_none() => self.not_registered(),
            None => Answer::NoApplication { tail },
            Some(application) => {
                let reference = application.reference;
                let status = status_word(self.sender.lang, application.facts.state);
                let promise =
                    application.facts.promise.filter(|_| application.facts.state.is_ours());
                match promise.map(|promise| promise.due_at) {
                    Some(promise_at) => Answer::ProgressBy { tail, reference, status, promise_at },
                    None => Answer::Progress { tail, reference, status },
                }
            }
        })
    }

    pub(super) async fn keep(&self, digits: Option<&str>) -> Result<Answer, Error> {
        let Some(status) = self.number(digits).await? else { return Ok(self.not_registered()) };
        let tail = status.msisdn.tail4();
        if status.lifecycle == Lifecycle::Active {
            let view = keep::view(self.app, status.msisdn).await?;
            if let (true, Ok(days_left)) = (view.is_running, u32::try_from(view.days_left)) {
                return Ok(Answer::Keep { tail, due_on: view.deadline_on, days_left });
            }
        }
        let word = self.sender.lang.by_id(&status.word.message_id(), &[]).unwrap_or_default();
        Ok(Answer::NoKeepDate { tail, status: word })
    }

    pub(super) async fn balance(&self, digits: Option<&str>) -> Result<Answer, Error> {
        let status = self.number(digits).await?;
        let held = status.filter(|status| status.holder.is_some());
        let Some(status) = held else { return Ok(self.not_registered()) };
        let balance = number::balance(self.app, &Actor::System, status.msisdn).await?;
        let amount = amount(balance.minor, balance.decimals, &balance.currency);
        Ok(Answer::Balance { tail: status.msisdn.tail4(), amount })
    }

    pub(super) fn call_back(&self, batch: &mut Batch) -> Answer {
        match self.sender.meant(None) {
            Some(msisdn) => {
                conversation::ask_call_back(batch, self.sender.operator_id, msisdn);
                Answer::CallBack { tail: msisdn.tail4() }
            }
            None => self.not_registered(),
        }
    }

    /// The language of notices from now on; the answer itself comes in it.
    pub(super) async fn language(&self, batch: &mut Batch, lang: Lang) -> Result<(), Error> {
        if let Some(party_id) = self.sender.party_id {
            if reach::load(self.app, party_id).await?.is_some() {
                store::reach::set_lang(batch, party_id, lang.code());
            } else {
                let at = batch.at();
                let key = self.app.store.keys.create(batch, at);
                let operator_id = self.sender.operator_id;
                let preference = Preference { operator_id, lang, zone: None, channels: Vec::new() };
                reach::record(self.app, batch, party_id, &key, &preference);
            }
        }
        let sender = Sender { lang, ..self.sender.clone() };
        let answering = Answering { sender: &sender, ..*self };
        answering.stage(batch, Answer::Language).await
    }

    /// `Y`: one window more for the fee, if the last day was announced.
    pub(super) async fn extend(&self) -> Result<Option<Answer>, Error> {
        let Some(own) = &self.sender.own else { return Ok(Some(Answer::NothingAsked)) };
        let is_asked = own.keep.as_ref().is_some_and(|keep| keep.is_reminded && keep.is_running);
        if !is_asked {
            return Ok(Some(Answer::NothingAsked));
        }
        let key = format!("text:{}", own.version);
        match number::extend(self.app, &Actor::System, own.msisdn, &key).await {
            // "Saved until" follows by itself.
            Ok(_) => Ok(None),
            Err(Error::Refused(_)) => self.balance(None).await.map(Some),
            Err(error) => Err(error),
        }
    }

    /// `N`: that number in my name is not mine, or that new SIM was not asked for by me.
    pub(super) async fn not_me(&self) -> Result<Answer, Error> {
        let Some(party_id) = self.sender.party_id else { return Ok(Answer::NothingAsked) };
        let since = self.app.now().plus_days(-NEW_NUMBER_DAYS);
        for msisdn in number::held_by(self.app, party_id, self.sender.operator_id).await? {
            if self.is_announced(msisdn, since).await? {
                match number::flag_fraud(self.app, &Actor::System, msisdn).await {
                    // Stopped before, by this very text.
                    Ok(_) | Err(Error::Refused(_)) => {}
                    Err(error) => return Err(error),
                }
                return Ok(Answer::Stopped { tail: msisdn.tail4() });
            }
        }
        Ok(Answer::NothingAsked)
    }

    async fn is_announced(&self, msisdn: Msisdn, since: At) -> Result<bool, Error> {
        let now = self.app.now();
        let policy = crate::policy::of(self.app, self.sender.operator_id, now).await?;
        let cancel_minutes = *policy.sim_swap.cancel_minutes;
        let sent = about_number(self.app, msisdn, since).await?;
        Ok(sent.iter().any(|notice| match notice.template.as_str() {
            "new_number" => true,
            "sim_requested" => notice.at.plus_minutes(cancel_minutes) >= now,
            _ => false,
        }))
    }

    async fn number(&self, digits: Option<&str>) -> Result<Option<NumberStatus>, Error> {
        match self.sender.meant(digits) {
            None => Ok(None),
            Some(msisdn) => number::status(self.app, &Actor::System, msisdn).await.map(Some),
        }
    }
}

/// The status as the pages say it.
fn status_word(lang: Lang, state: State) -> String {
    let id = format!("status-{}-tag", state.code().replace('_', "-"));
    lang.by_id(&id, &[]).unwrap_or_else(|| state.code().to_owned())
}

/// `12.34 CNY`.
fn amount(minor: i64, decimals: u32, currency: &str) -> String {
    let unit = 10_i64.pow(decimals.min(4));
    let sign = if minor < 0 { "-" } else { "" };
    let (whole, rest) = ((minor / unit).abs(), (minor % unit).abs());
    if decimals == 0 {
        return format!("{sign}{whole} {currency}");
    }
    let places = usize::try_from(decimals.min(4)).unwrap_or(2);
    format!("{sign}{whole}.{rest:0places$} {currency}")
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn amounts() {
        assert_eq!(amount(1234, 2, "CNY"), "12.34 CNY");
        assert_eq!(amount(-5, 2, "CNY"), "-0.05 CNY");
        assert_eq!(amount(700, 0, "JPY"), "700 JPY");
    }
}
