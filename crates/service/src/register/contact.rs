//! Proving a contact by a one-time code, and taking an application up again by it.

use super::load::{Loaded, load};
use super::stage::audit;
use crate::app::App;
use crate::error::Error;
use crate::notice::{self, Address, Contact as Reached, NoticeRequest, To};
use crate::retry;
use domain::access::{Action, Actor};
use domain::id::{ApplicationId, DataKeyId, OperatorId};
use domain::msisdn::{E164, Msisdn};
use domain::notice::{Channel, CodePurpose, Template};
use domain::refusal::Refusal;
use domain::time::{At, Zone};
use std::borrow::Cow;
use store::application::contact::{Code, Contact};
use store::{Batch, CommitError};
use words::Lang;

/// A code is good for so long.
const CODE_MINUTES: u32 = 15;
/// Wrong tries before a code is dead.
const TRIES_MAX: i64 = 5;
/// The least time between two codes to one contact.
const WAIT_SECONDS: i64 = 60;
/// Codes to one contact within the window below, whatever they are for.
const SENDS_MAX: i64 = 5;
const WINDOW_MINUTES: i64 = 60;
/// The longest e-mail address (RFC 5321).
const EMAIL_MAX: usize = 254;

const CONFIRM: &str = "confirm";
const RESUME: &str = "resume";

/// Why a contact or a code is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactRefusal {
    /// Write a number or an e-mail address.
    Missing,
    /// Not an e-mail address.
    Email,
    /// Not a telephone number: with the country code, such as +44…
    Phone,
    /// The number that is being registered cannot receive anything yet.
    ThisNumber,
    /// A code was just sent: wait so many seconds.
    Wait(i64),
    /// Too many codes: wait so many minutes, or use another contact.
    TooManySends(i64),
    /// Write the code.
    CodeMissing,
    /// Wrong; so many tries are left.
    CodeWrong(i64),
    /// Too old, used up, or never sent: ask for a new one.
    CodeExpired,
    /// No application has this reference.
    ReferenceUnknown,
}

impl ContactRefusal {
    /// One of each.
    pub const ALL: [Self; 10] = [
        Self::Missing,
        Self::Email,
        Self::Phone,
        Self::ThisNumber,
        Self::Wait(0),
        Self::TooManySends(0),
        Self::CodeMissing,
        Self::CodeWrong(0),
        Self::CodeExpired,
        Self::ReferenceUnknown,
    ];
}

impl Refusal for ContactRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "contact.missing",
            Self::Email => "contact.email",
            Self::Phone => "contact.phone",
            Self::ThisNumber => "contact.this_number",
            Self::Wait(_) => "contact.wait",
            Self::TooManySends(_) => "contact.too_many_sends",
            Self::CodeMissing => "contact.code_missing",
            Self::CodeWrong(_) => "contact.code_wrong",
            Self::CodeExpired => "contact.code_expired",
            Self::ReferenceUnknown => "contact.reference_unknown",
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some(match self {
            Self::CodeMissing | Self::CodeWrong(_) | Self::CodeExpired => "code",
            Self::ReferenceUnknown => "reference",
            _ => "contact",
        })
    }

    fn values(&self) -> Vec<(&'static str, Cow<'static, str>)> {
        match self {
            Self::Wait(seconds) => vec![("seconds", seconds.to_string().into())],
            Self::TooManySends(minutes) => vec![("minutes", minutes.to_string().into())],
            Self::CodeWrong(left) => vec![("left", left.to_string().into())],
            _ => Vec::new(),
        }
    }
}

/// Where a code went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressed {
    /// By which way.
    pub channel: Channel,
    /// The address, with its middle covered.
    pub masked: String,
    /// Until when the code is good.
    pub expires_at: At,
}

/// Records a contact for the application and sends a code to it. The contact before stays until
/// the new one is confirmed.
pub async fn send_code(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    contact: &str,
) -> Result<Addressed, Error> {
    let (channel, address) = parse(contact)?;
    retry(|| async {
        let mut loaded = load(app, actor, Action::ChangeApplication, id).await?;
        let own = Msisdn::parse(&loaded.form.number).map(|msisdn| msisdn.to_string());
        if own.is_ok_and(|own| own == address) {
            return Err(ContactRefusal::ThisNumber.into());
        }
        let mut batch = Batch::new(app.now());
        let index = index_of(app, &address);
        let addressed = stage_code(app, &mut batch, &loaded, CONFIRM, channel, &address).await?;
        let known = Contact::list(&app.store.db, id).await?;
        let is_known = known.iter().any(|c| c.index == index && c.confirmed_at.is_some());
        if !is_known {
            Contact::of(id, channel, &address, loaded.key()?, index).upsert(&mut batch, id);
        }
        store::application::update(&mut batch, &mut loaded.application);
        audit(&mut batch, &loaded.application, actor, "application.send_code", channel_of(channel));
        app.store.db.commit(batch).await?;
        Ok(addressed)
    })
    .await
}

/// Sends another code to the contact that was given last.
pub async fn send_code_again(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
) -> Result<Addressed, Error> {
    let loaded = load(app, actor, Action::ChangeApplication, id).await?;
    let contacts = Contact::list(&app.store.db, id).await?;
    let last = contacts.first().ok_or(ContactRefusal::Missing)?;
    let address = last.open(id, loaded.key()?)?;
    let text = if last.channel == Channel::Email { address } else { format!("+{address}") };
    send_code(app, actor, id, &text).await
}

/// Confirms the contact a code went to.
pub async fn confirm(app: &App, actor: &Actor, id: ApplicationId, code: &str) -> Result<(), Error> {
    let typed = read_code(code)?;
    let loaded = load(app, actor, Action::ChangeApplication, id).await?;
    let mut refusal = ContactRefusal::CodeExpired;
    for contact in Contact::list(&app.store.db, id).await? {
        match try_code(app, contact.index, CONFIRM, id, &typed).await? {
            Ok(spent) => return confirmed(app, actor, loaded, contact, spent).await,
            Err(wrong @ ContactRefusal::CodeWrong(_)) => refusal = wrong,
            Err(_) => {}
        }
    }
    Err(refusal.into())
}

async fn confirmed(
    app: &App,
    actor: &Actor,
    mut loaded: Loaded,
    mut contact: Contact,
    spent: Code,
) -> Result<(), Error> {
    let at = app.now();
    let id = loaded.application.id;
    let mut batch = Batch::new(at);
    spent.spend(&mut batch, contact.index, CONFIRM);
    contact.confirmed_at = Some(at);
    contact.upsert(&mut batch, id);
    contact.drop_others(&mut batch, id);
    store::application::update(&mut batch, &mut loaded.application);
    let detail = channel_of(contact.channel);
    audit(&mut batch, &loaded.application, actor, "application.confirm_contact", detail);
    Ok(app.store.db.commit(batch).await?)
}

/// Sends a code to the confirmed contact of the application with this reference, so that it can be
/// taken up on another device.
pub async fn send_resume_code(
    app: &App,
    operator_id: OperatorId,
    reference: &str,
) -> Result<Addressed, Error> {
    let loaded = by_reference(app, operator_id, reference).await?;
    let key = loaded.key.as_ref().ok_or(ContactRefusal::ReferenceUnknown)?;
    let contacts = Contact::list(&app.store.db, loaded.application.id).await?;
    let contact = contacts.into_iter().find(|contact| contact.confirmed_at.is_some());
    let contact = contact.ok_or(ContactRefusal::ReferenceUnknown)?;
    let address = contact.open(loaded.application.id, key)?;
    let mut batch = Batch::new(app.now());
    let addressed = stage_code(app, &mut batch, &loaded, RESUME, contact.channel, &address).await?;
    app.store.db.commit(batch).await?;
    Ok(addressed)
}

/// Whose application the code opens.
pub async fn resume(
    app: &App,
    operator_id: OperatorId,
    reference: &str,
    code: &str,
) -> Result<Actor, Error> {
    let typed = read_code(code)?;
    let loaded = by_reference(app, operator_id, reference).await?;
    let id = loaded.application.id;
    let mut refusal = ContactRefusal::CodeExpired;
    for contact in Contact::list(&app.store.db, id).await? {
        match try_code(app, contact.index, RESUME, id, &typed).await? {
            Ok(spent) => {
                let mut batch = Batch::new(app.now());
                spent.spend(&mut batch, contact.index, RESUME);
                app.store.db.commit(batch).await?;
                return Ok(Actor::Applicant { operator_id, application_id: id });
            }
            Err(wrong @ ContactRefusal::CodeWrong(_)) => refusal = wrong,
            Err(_) => {}
        }
    }
    Err(refusal.into())
}

/// In which language and zone the applicant is told; kept with the application.
pub async fn set_reach(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    lang: Lang,
    zone: Option<String>,
) -> Result<(), Error> {
    retry(|| async {
        let mut loaded = load(app, actor, Action::ChangeApplication, id).await?;
        let zone = zone.clone().filter(|zone| Zone::named(zone).is_some());
        let row = &mut loaded.application;
        if row.lang == lang.code() && row.zone == zone {
            return Ok(());
        }
        lang.code().clone_into(&mut row.lang);
        row.zone = zone;
        let mut batch = Batch::new(app.now());
        store::application::update(&mut batch, row);
        audit(&mut batch, row, actor, "application.set_reach", serde_json::json!({}));
        Ok(app.store.db.commit(batch).await?)
    })
    .await
}

pub(super) async fn by_reference(
    app: &App,
    operator_id: OperatorId,
    reference: &str,
) -> Result<Loaded, Error> {
    let reference: String =
        reference.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    let found = store::application::by_reference(&app.store.db, &reference).await?;
    let id = found.ok_or(ContactRefusal::ReferenceUnknown)?;
    let row = store::application::load(&app.store.db, id).await?;
    let row = row.filter(|row| row.operator_id == operator_id);
    super::load::complete(app, row.ok_or(ContactRefusal::ReferenceUnknown)?).await
}

/// A number with its country, or an e-mail address, in the form it is kept and compared in.
pub(super) fn parse(contact: &str) -> Result<(Channel, String), ContactRefusal> {
    let text = contact.trim();
    if text.is_empty() {
        return Err(ContactRefusal::Missing);
    }
    if text.contains('@') {
        let email = text.to_lowercase();
        return if is_email(&email) {
            Ok((Channel::Email, email))
        } else {
            Err(ContactRefusal::Email)
        };
    }
    if let Ok(msisdn) = Msisdn::parse(text) {
        return Ok((Channel::OtherNumber, msisdn.to_string()));
    }
    let number = E164::parse(text).map_err(|_| ContactRefusal::Phone)?;
    Ok((Channel::OtherNumber, number.as_u64().to_string()))
}

fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else { return false };
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let is_local = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    text.len() <= EMAIL_MAX
        && !local.is_empty()
        && local.bytes().all(is_local)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && host.contains('.')
        && host.split('.').all(is_label)
}

/// Draws a code, records it hashed, and has it sent.
async fn stage_code(
    app: &App,
    batch: &mut Batch,
    loaded: &Loaded,
    purpose: &str,
    channel: Channel,
    address: &str,
) -> Result<Addressed, Error> {
    let now = batch.at();
    let id = loaded.application.id;
    let index = index_of(app, address);
    let before = Code::load(&app.store.db, index, purpose).await?;
    let (window_at, sends) = allowance(before.as_ref(), now)?;
    let text = seal::entropy::digits(6);
    let code = Code {
        subject: id.to_bytes().to_vec(),
        hash: hash_of(app, index, &text),
        sent_at: now,
        expires_at: now.plus_minutes(i64::from(CODE_MINUTES)),
        tries: 0,
        window_at,
        sends,
        version: before.map_or(0, |code| code.version),
    };
    code.send(batch, index, purpose);
    let purpose_told =
        if purpose == RESUME { CodePurpose::SignIn } else { CodePurpose::ConfirmContact };
    let to = match channel {
        Channel::Email => Address::Email(address.to_owned()),
        _ => Address::Phone(address.to_owned()),
    };
    let zone = loaded.application.zone.as_deref().and_then(Zone::named);
    let request = NoticeRequest {
        operator_id: loaded.operator.id,
        template: Template::Code { code: text, minutes: CODE_MINUTES, purpose: purpose_told },
        about: None,
        application_id: Some(id),
        to: To::Contacts {
            contacts: vec![Reached { address: to, zone }],
            lang: loaded.lang(),
            data_key_id: DataKeyId::from_u128(loaded.key()?.id()),
        },
        dedup: format!("code:{purpose}:{id}:{}:{}", code.version, now.millis()),
    };
    notice::stage(app, batch, request).await?;
    Ok(Addressed { channel, masked: mask(address), expires_at: code.expires_at })
}

/// The window and the count of sends with one more, unless it is too soon or too often.
fn allowance(before: Option<&Code>, now: At) -> Result<(At, i64), ContactRefusal> {
    let Some(code) = before else { return Ok((now, 1)) };
    let since = now.millis() - code.sent_at.millis();
    let wait = WAIT_SECONDS - since.div_euclid(1000);
    if (1..=WAIT_SECONDS).contains(&wait) {
        return Err(ContactRefusal::Wait(wait));
    }
    let window_end = code.window_at.plus_minutes(WINDOW_MINUTES);
    if now >= window_end {
        return Ok((now, 1));
    }
    if code.sends >= SENDS_MAX {
        let left = (window_end.millis() - now.millis()).div_euclid(60_000) + 1;
        return Err(ContactRefusal::TooManySends(left));
    }
    Ok((code.window_at, code.sends + 1))
}

/// Compares a typed code; a wrong one is counted at once, so that guessing ends.
async fn try_code(
    app: &App,
    index: [u8; 16],
    purpose: &str,
    id: ApplicationId,
    typed: &str,
) -> Result<Result<Code, ContactRefusal>, Error> {
    loop {
        let Some(code) = Code::load(&app.store.db, index, purpose).await? else {
            return Ok(Err(ContactRefusal::CodeExpired));
        };
        let is_good =
            code.subject == id.to_bytes() && app.now() < code.expires_at && code.tries < TRIES_MAX;
        if !is_good {
            return Ok(Err(ContactRefusal::CodeExpired));
        }
        if seal::is_same_secret(&code.hash, &hash_of(app, index, typed)) {
            return Ok(Ok(code));
        }
        let mut batch = Batch::new(app.now());
        code.miss(&mut batch, index, purpose);
        match app.store.db.commit(batch).await {
            Ok(()) => {
                let left = TRIES_MAX - code.tries - 1;
                let dead = ContactRefusal::CodeExpired;
                return Ok(Err(if left > 0 { ContactRefusal::CodeWrong(left) } else { dead }));
            }
            // Somebody else tried at the same time: count again.
            Err(CommitError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The digits of a code, however they were pasted.
fn read_code(typed: &str) -> Result<String, ContactRefusal> {
    let digits: String = typed
        .chars()
        .filter_map(|c| match c {
            '０'..='９' => char::from_u32(u32::from(c) - 0xff10 + 0x30),
            c if c.is_ascii_digit() => Some(c),
            _ => None,
        })
        .collect();
    if digits.is_empty() { Err(ContactRefusal::CodeMissing) } else { Ok(digits) }
}

fn hash_of(app: &App, index: [u8; 16], code: &str) -> [u8; 32] {
    let mut text = code.to_owned();
    for byte in index {
        text.push(char::from(byte));
    }
    seal::sha256(&app.store.keys.blind("contact_code.code", &text))
}

pub(super) fn index_of(app: &App, address: &str) -> [u8; 16] {
    app.store.keys.blind("contact.address", address)
}

/// An address with its middle covered: `a•••@example.org`, `•••1234`.
pub(super) fn mask(address: &str) -> String {
    if let Some((local, host)) = address.split_once('@') {
        let first = local.chars().next().unwrap_or('•');
        return format!("{first}•••@{host}");
    }
    let tail: String = address.chars().skip(address.chars().count().saturating_sub(4)).collect();
    format!("•••{tail}")
}

fn channel_of(channel: Channel) -> serde_json::Value {
    serde_json::json!({ "channel": channel.key() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_are_read_as_people_write_them() {
        let good = [
            ("+44 7700 900123", Channel::OtherNumber, "447700900123"),
            ("138-0013-8000", Channel::OtherNumber, "8613800138000"),
            (" Anna.Li@Example.org ", Channel::Email, "anna.li@example.org"),
        ];
        for (text, channel, kept) in good {
            assert_eq!(parse(text), Ok((channel, kept.to_owned())), "{text}");
        }
        let bad = [
            ("", ContactRefusal::Missing),
            ("a@b", ContactRefusal::Email),
            ("a b@example.org", ContactRefusal::Email),
            ("12345", ContactRefusal::Phone),
            ("hello", ContactRefusal::Phone),
        ];
        for (text, refusal) in bad {
            assert_eq!(parse(text), Err(refusal), "{text}");
        }
    }

    #[test]
    fn codes_are_read_as_people_paste_them() {
        assert_eq!(read_code(" 482 913").as_deref(), Ok("482913"));
        assert_eq!(read_code("４８２９１３").as_deref(), Ok("482913"));
        assert_eq!(read_code("none"), Err(ContactRefusal::CodeMissing));
    }

    #[test]
    fn codes_are_sent_neither_too_soon_nor_too_often() {
        let at = At::from_millis(1_000_000_000);
        let code = |sent_at, window_at, sends| Code {
            subject: Vec::new(),
            hash: [0; 32],
            sent_at,
            expires_at: at,
            tries: 0,
            window_at,
            sends,
            version: 1,
        };
        assert_eq!(allowance(None, at), Ok((at, 1)));
        let just = code(at.plus_millis(-20_000), at, 1);
        assert_eq!(allowance(Some(&just), at), Err(ContactRefusal::Wait(40)));
        let window = at.plus_minutes(-30);
        let fifth = code(at.plus_minutes(-2), window, 5);
        assert_eq!(allowance(Some(&fifth), at), Err(ContactRefusal::TooManySends(31)));
        let fourth = code(at.plus_minutes(-2), window, 4);
        assert_eq!(allowance(Some(&fourth), at), Ok((window, 5)));
        let old = code(at.plus_minutes(-2), at.plus_minutes(-60), 5);
        assert_eq!(allowance(Some(&old), at), Ok((at, 1)));
    }

    #[test]
    fn addresses_are_shown_covered() {
        assert_eq!(mask("anna@example.org"), "a•••@example.org");
        assert_eq!(mask("447700900123"), "•••0123");
    }
}
