//! Decides a notice together with the state change that causes it.

use super::reach::{self, Known};
use super::render::{Sender, email_body, render};
use super::{AttemptKey, Body, row_of};
use crate::app::App;
use crate::error::Error;
use crate::policy;
use domain::id::{ApplicationId, DataKeyId, NoticeId, OperatorId, PartyId};
use domain::msisdn::Msisdn;
use domain::notice::quiet_hours::zones_of;
use domain::notice::{Channel, QuietHours, Reach, Template};
use domain::operator::Operator;
use domain::time::{At, Zone};
use seal::{DataKey, Place};
use std::sync::Arc;
use store::notice::{Attempt, Notice, State};
use store::{Batch, bucket};
use words::Lang;

/// Where a text or e-mail goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A phone, E.164 digits without `+`.
    Phone(String),
    /// An e-mail address.
    Email(String),
}

/// One contact as an applicant gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Where.
    pub address: Address,
    /// The applicant's own zone, if known.
    pub zone: Option<Zone>,
}

/// To whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// The holder of the number the notice is about, by the registered channels.
    Holder(PartyId),
    /// Only this registered channel of a holder.
    Channel(PartyId, Channel),
    /// The contacts of an application, sealed under its key.
    Contacts {
        /// In any order; the order of channels decides.
        contacts: Vec<Contact>,
        /// The applicant's language.
        lang: Lang,
        /// The application's key.
        data_key_id: DataKeyId,
    },
    /// The number itself, whoever holds it, and who has just written in this language.
    Number(Lang),
    /// A phone that has just written and is nobody we know.
    Stranger(String, Lang),
}

/// A notice to be sent.
#[derive(Clone, Debug)]
pub struct NoticeRequest {
    /// The tenant that signs.
    pub operator_id: OperatorId,
    /// What is said.
    pub template: Template,
    /// The number it is about.
    pub about: Option<Msisdn>,
    /// The application it is about.
    pub application_id: Option<ApplicationId>,
    /// To whom.
    pub to: To,
    /// Names the occasion, such as `reminder:8613800138000:2026-06-12:30`: the same key is never
    /// sent twice.
    pub dedup: String,
}

struct Recipient {
    channel: Channel,
    address: String,
    zones: Vec<Zone>,
}

struct Audience {
    lang: Lang,
    party_id: Option<PartyId>,
    key: Option<Arc<DataKey>>,
    recipients: Vec<Recipient>,
}

/// What the notices of one operator are signed with, and when they may arrive.
#[derive(Clone, Debug)]
pub(crate) struct Letterhead {
    operator: Operator,
    sender: Sender,
    hours: QuietHours,
}

impl Letterhead {
    /// Of an operator, as it is at `at`.
    pub(crate) fn of(app: &App, operator: Operator, at: At) -> Result<Self, Error> {
        let hours = policy::of_operator(&operator, at)?.quiet_hours;
        Ok(Self { sender: sender_of(app, &operator), hours, operator })
    }
}

/// Adds a notice to `batch`: rendered, sealed, its first attempts queued. `None` if it was staged
/// before or there is nobody to write to.
pub async fn stage(
    app: &App,
    batch: &mut Batch,
    request: NoticeRequest,
) -> Result<Option<NoticeId>, Error> {
    let bucket = bucket_of(&request);
    if store::notice::by_dedup(&app.store.db, bucket, &request.dedup).await?.is_some() {
        return Ok(None);
    }
    let operator = crate::operator::load(app, request.operator_id).await?;
    let letterhead = Letterhead::of(app, operator, batch.at())?;
    let known = match &request.to {
        To::Holder(party_id) | To::Channel(party_id, _) => reach::load(app, *party_id).await?,
        To::Contacts { .. } | To::Number(_) | To::Stranger(..) => None,
    };
    let contact_key = match &request.to {
        To::Contacts { data_key_id, .. } => {
            // Without it the address would lie open.
            let key = app.store.keys.load(&app.store.db, *data_key_id).await?;
            let missing = || Error::fault("a notice under a key that is not there");
            Some(Arc::new(key.ok_or_else(missing)?))
        }
        To::Holder(_) | To::Channel(..) | To::Number(_) | To::Stranger(..) => None,
    };
    let mut audience = audience(&request, &letterhead.operator, known.as_ref());
    audience.key = audience.key.or(contact_key);
    Ok(write(app, batch, &request, &letterhead, audience))
}

/// The same to a holder, by who has read everything that is needed, and knows that it was not
/// staged before or finds out when the batch is a duplicate.
pub(crate) fn stage_known(
    app: &App,
    batch: &mut Batch,
    request: &NoticeRequest,
    letterhead: &Letterhead,
    known: Option<&Known>,
) -> Option<NoticeId> {
    let audience = audience(request, &letterhead.operator, known);
    write(app, batch, request, letterhead, audience)
}

fn write(
    app: &App,
    batch: &mut Batch,
    request: &NoticeRequest,
    letterhead: &Letterhead,
    audience: Audience,
) -> Option<NoticeId> {
    if audience.recipients.is_empty() {
        return None;
    }
    let key = key_for(app, batch, request, &audience);
    let at = batch.at();
    let notice = Notice {
        bucket: bucket_of(request),
        id: crate::id::new(at),
        operator_id: request.operator_id,
        template: request.template.key().to_owned(),
        lang: audience.lang.code().to_owned(),
        msisdn: request.about,
        application_id: request.application_id,
        party_id: audience.party_id,
        data_key_id: key.as_ref().map(|key| DataKeyId::from_u128(key.id())),
        is_warning: request.template.is_warning_of_release(),
        created_at: at,
    };
    store::notice::insert(batch, &notice, &request.dedup);
    let writer = Writer {
        notice: &notice,
        key: key.as_deref(),
        lang: audience.lang,
        sender: &letterhead.sender,
        hours: letterhead.hours,
    };
    for (recipient, is_first) in in_turn(&request.template, &audience.recipients) {
        writer.write(batch, &request.template, recipient, is_first);
    }
    Some(notice.id)
}

/// What the texts of an operator are signed with.
pub fn sender_of(app: &App, operator: &Operator) -> Sender {
    Sender {
        brand: operator.brand.clone(),
        hotline: operator.hotline.clone(),
        zone: operator.zone.clone(),
        domain: app.site.domain().to_owned(),
    }
}

fn bucket_of(request: &NoticeRequest) -> i64 {
    match (request.about, request.application_id, &request.to) {
        (Some(msisdn), ..) => msisdn.bucket(),
        (None, Some(application_id), _) => application_id.bucket(),
        (None, None, To::Holder(party_id) | To::Channel(party_id, _)) => party_id.bucket(),
        (None, None, _) => bucket::of(&request.dedup),
    }
}

/// Who is written to; `known` is how the holder is reached, where it is to a holder.
fn audience(request: &NoticeRequest, operator: &Operator, known: Option<&Known>) -> Audience {
    let own = request.about.map(|msisdn| Recipient {
        channel: Channel::Number,
        address: msisdn.to_string(),
        zones: vec![operator.zone.clone()],
    });
    let nobody = |lang| Audience { lang, party_id: None, key: None, recipients: Vec::new() };
    match &request.to {
        To::Number(lang) => Audience { recipients: own.into_iter().collect(), ..nobody(*lang) },
        To::Stranger(phone, lang) => {
            let recipient = phone_recipient(Channel::OtherNumber, phone, None, operator);
            Audience { recipients: vec![recipient], ..nobody(*lang) }
        }
        To::Contacts { contacts, lang, .. } => {
            let own_number = request.about.map(|msisdn| msisdn.to_string());
            let recipients =
                contacts.iter().map(|c| contact_recipient(c, own_number.as_deref(), operator));
            Audience { recipients: recipients.collect(), ..nobody(*lang) }
        }
        To::Holder(party_id) => {
            let mut audience = of_party(*party_id, operator, known);
            let is_own = |channel| channel == Channel::Number;
            if !audience.recipients.iter().any(|r| is_own(r.channel)) {
                let zone = audience.recipients.first().map(|r| r.zones.clone());
                audience.recipients.extend(own.map(|own| match zone {
                    // Where the holder is, as far as anybody told us, the phone is too.
                    Some(zones) => Recipient { zones, ..own },
                    None => own,
                }));
            }
            if !request.template.is_warning_of_release() {
                audience.recipients.retain(|r| r.channel != Channel::TrustedContact);
            }
            audience.recipients.sort_by_key(|r| r.channel);
            audience
        }
        To::Channel(party_id, channel) => {
            let mut audience = of_party(*party_id, operator, known);
            audience.recipients.retain(|r| r.channel == *channel);
            audience
        }
    }
}

fn of_party(party_id: PartyId, operator: &Operator, known: Option<&Known>) -> Audience {
    let party_id = Some(party_id);
    let Some(known) = known else {
        let lang = lang_of(&operator.language);
        return Audience { lang, party_id, key: None, recipients: Vec::new() };
    };
    let recipients = known.channels.iter().map(|(channel, address)| match address {
        Address::Phone(phone) => phone_recipient(*channel, phone, known.zone.as_ref(), operator),
        Address::Email(email) => email_recipient(email, known.zone.as_ref(), operator),
    });
    let key = Some(Arc::clone(&known.key));
    Audience { lang: known.lang, party_id, key, recipients: recipients.collect() }
}

fn contact_recipient(contact: &Contact, own: Option<&str>, operator: &Operator) -> Recipient {
    match &contact.address {
        Address::Email(email) => email_recipient(email, contact.zone.as_ref(), operator),
        Address::Phone(phone) => {
            let is_own = own == Some(phone.as_str());
            let channel = if is_own { Channel::Number } else { Channel::OtherNumber };
            phone_recipient(channel, phone, contact.zone.as_ref(), operator)
        }
    }
}

fn phone_recipient(
    channel: Channel,
    phone: &str,
    zone: Option<&Zone>,
    operator: &Operator,
) -> Recipient {
    let mut zones = zone.map_or_else(|| zones_of(phone), |zone| vec![zone.clone()]);
    if zones.is_empty() {
        zones.push(operator.zone.clone());
    }
    Recipient { channel, address: phone.to_owned(), zones }
}

fn email_recipient(email: &str, zone: Option<&Zone>, operator: &Operator) -> Recipient {
    let zones = vec![zone.unwrap_or(&operator.zone).clone()];
    Recipient { channel: Channel::Email, address: email.to_owned(), zones }
}

/// The language stored as `zh` or `en`; anything else is Chinese.
pub(super) fn lang_of(code: &str) -> Lang {
    if code == Lang::En.code() { Lang::En } else { Lang::Zh }
}

/// The key that seals the notice: the known one, a new one if a contact or a code must be sealed,
/// none if the text goes to the number it is about and lets nobody act.
fn key_for(
    app: &App,
    batch: &mut Batch,
    request: &NoticeRequest,
    audience: &Audience,
) -> Option<Arc<DataKey>> {
    if let Some(key) = &audience.key {
        return Some(Arc::clone(key));
    }
    let is_own_only = audience.recipients.iter().all(|r| r.channel == Channel::Number);
    if is_own_only && !request.template.is_secret() {
        return None;
    }
    let at = batch.at();
    Some(Arc::new(app.store.keys.create(batch, at)))
}

/// The recipients in their order, each with whether it is tried at once.
fn in_turn<'a>(template: &Template, recipients: &'a [Recipient]) -> Vec<(&'a Recipient, bool)> {
    let first = recipients.iter().map(|r| r.channel).min();
    let has_email = recipients.iter().any(|r| r.channel == Channel::Email);
    let is_first = |channel| match template.reach() {
        Reach::Addressed => true,
        Reach::EmailFirst if has_email => channel == Channel::Email,
        Reach::FirstThatWorks | Reach::EmailFirst => Some(channel) == first,
        Reach::Every => channel != Channel::TrustedContact || recipients.len() == 1,
    };
    recipients.iter().map(|r| (r, is_first(r.channel))).collect()
}

struct Writer<'a> {
    notice: &'a Notice,
    key: Option<&'a DataKey>,
    lang: Lang,
    sender: &'a Sender,
    hours: QuietHours,
}

impl Writer<'_> {
    fn write(&self, batch: &mut Batch, template: &Template, to: &Recipient, is_first: bool) {
        let told = match (to.channel, self.notice.msisdn) {
            (Channel::TrustedContact, Some(msisdn)) => {
                &Template::TellHolder { tail: msisdn.tail4() }
            }
            _ => template,
        };
        let rendered = render(told, self.lang, self.sender);
        let text = match to.channel {
            Channel::Email => email_body(&rendered, self.lang, self.sender),
            _ => rendered.text,
        };
        let calendar = match to.channel {
            Channel::Email => self.calendar(template),
            _ => None,
        };
        let body = Body { subject: rendered.subject, text, calendar };
        let body = serde_json::to_vec(&body).expect("strings become JSON");
        let now = batch.at();
        let is_urgent = template.is_urgent();
        let not_before = if is_urgent { now } else { self.hours.earliest(now, &to.zones) };
        let attempt = Attempt {
            channel: to.channel,
            address: self.seal("address", to.channel, to.address.as_bytes()),
            body: self.seal("body", to.channel, &body),
            state: if is_first { State::Queued } else { State::Reserve },
            not_before,
            valid_minutes: template.valid_minutes(),
            message_id: None,
            submitted_at: None,
            settled_at: None,
            error: None,
            version: 1,
        };
        store::notice::insert_attempt(batch, self.notice, &attempt);
        if is_first {
            let key = AttemptKey::of(self.notice, to.channel);
            key.job(batch, not_before);
        }
    }

    fn seal(&self, column: &'static str, channel: Channel, plain: &[u8]) -> Vec<u8> {
        let row = row_of(self.notice.id, channel);
        let place = Place { table: "notice_attempt", column, row: &row };
        self.key.map_or_else(|| plain.to_vec(), |key| key.seal(plain, &place.aad()))
    }

    /// An event on the date the text names, as a file for calendars.
    fn calendar(&self, template: &Template) -> Option<String> {
        let date = template.date()?;
        let msisdn = self.notice.msisdn?;
        let title = self.lang.notice_calendar_title(msisdn.tail4());
        Some(crate::notice::calendar_file(&title, date, self.notice.id))
    }
}
