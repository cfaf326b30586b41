//! The one-time code of a holder.

use super::HolderRefusal;
use crate::app::App;
use crate::error::Error;
use crate::notice::{self, NoticeRequest, To};
use crate::retry;
use domain::id::{OperatorId, PartyId};
use domain::msisdn::Msisdn;
use domain::notice::{Channel, CodePurpose, Template};
use domain::time::At;
use store::Batch;
use store::application::contact::Code;
use words::Lang;

/// How long a code is good.
pub const CODE_MINUTES: u32 = 15;
/// Digits of a code.
const DIGITS: u32 = 6;
/// Wrong tries before a new code is needed: one in 200,000 guesses right.
const TRIES_MAX: i64 = 5;
/// Codes about one number within [`WINDOW_MINUTES`].
const SENDS_MAX: i64 = 5;
const WINDOW_MINUTES: i64 = 60;

/// Where the holder can read a code now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The number itself.
    Number,
    /// The contact registered beside it.
    Contact,
}

impl Way {
    /// The word in forms.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Contact => "contact",
        }
    }

    /// The way of this word.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Number, Self::Contact].into_iter().find(|way| way.code() == code)
    }
}

/// What the code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Seeing one's numbers and serving oneself.
    SignIn,
    /// Reporting the phone as lost: never by a code to the number itself.
    ReportLoss,
}

impl Purpose {
    /// Codes of one key are worth nothing under another: what was sent to the number itself never
    /// counts as proof of the registered contact.
    fn key(self, way: Way) -> &'static str {
        match (self, way) {
            (Self::SignIn, Way::Number) => "holder_sign_in",
            (Self::SignIn, Way::Contact) => "holder_sign_in_contact",
            (Self::ReportLoss, _) => "holder_report_loss",
        }
    }
}

/// Who asks for a code, and how.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The number, as typed.
    pub number: String,
    /// Where to.
    pub way: Way,
    /// What for.
    pub purpose: Purpose,
    /// In which language the code is written.
    pub lang: Lang,
}

/// Who proved to be the holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The tenant.
    pub operator_id: OperatorId,
    /// The holder.
    pub party_id: PartyId,
    /// The number by which it was proven.
    pub msisdn: Msisdn,
    /// Where the code went.
    pub way: Way,
}

/// Sends a code if the number has a holder who can be reached that way; says nothing of whether it
/// did. Refused only for what is no number, and when too many were asked for.
pub async fn send_code(app: &App, asked: &Asked) -> Result<(), Error> {
    let msisdn = Msisdn::parse(&asked.number)?;
    retry(|| async {
        let at = app.now();
        let (index, purpose) = (index_of(app, msisdn), asked.purpose.key(asked.way));
        let before = Code::load(&app.store.db, index, purpose).await?;
        let (window_at, sends) = counted(before.as_ref(), at)?;
        let digits = seal::entropy::digits(DIGITS);
        let mut batch = Batch::new(at);
        let proven = holder_of(app, msisdn, asked.way).await?;
        let nth = before.as_ref().map_or(0, |code| code.version);
        let subject = match proven {
            Some(proven) => stage(app, &mut batch, asked, proven, (&digits, nth)).await?,
            None => None,
        };
        let code = Code {
            // Without a subject the code opens nothing, but is counted like any other.
            subject: subject.map_or_else(Vec::new, |party_id: PartyId| party_id.to_bytes().into()),
            hash: hash(app, index, &digits),
            sent_at: at,
            expires_at: at.plus_minutes(i64::from(CODE_MINUTES)),
            tries: 0,
            window_at,
            sends,
            version: before.map_or(0, |code| code.version),
        };
        code.send(&mut batch, index, purpose);
        Ok(app.store.db.commit(batch).await?)
    })
    .await
}

/// Proves the holder by the code. A code is good once.
pub async fn confirm(
    app: &App,
    number: &str,
    (purpose, way): (Purpose, Way),
    typed: &str,
) -> Result<Proven, Error> {
    let msisdn = Msisdn::parse(number)?;
    let typed: String = typed.chars().filter(char::is_ascii_digit).collect();
    retry(|| async {
        let at = app.now();
        let index = index_of(app, msisdn);
        let code = Code::load(&app.store.db, index, purpose.key(way)).await?;
        let code = code.filter(|code| at < code.expires_at).ok_or(HolderRefusal::CodeOver)?;
        if code.tries >= TRIES_MAX {
            return Err(HolderRefusal::TriesOver.into());
        }
        let mut batch = Batch::new(at);
        let holder = holder_of(app, msisdn, way).await?;
        // The code dies with the holder episode: it opens only for whom it was sent to.
        let proven = holder.filter(|proven| code.subject == proven.party_id.to_bytes());
        match proven.filter(|_| code.hash == hash(app, index, &typed)) {
            Some(proven) => {
                code.spend(&mut batch, index, purpose.key(way));
                app.store.db.commit(batch).await?;
                Ok(proven)
            }
            None => {
                code.miss(&mut batch, index, purpose.key(way));
                app.store.db.commit(batch).await?;
                Err(HolderRefusal::CodeWrong.into())
            }
        }
    })
    .await
}

/// Adds the message to the batch; the holder, if there is a way to reach him as asked.
async fn stage(
    app: &App,
    batch: &mut Batch,
    asked: &Asked,
    proven: Proven,
    (digits, nth): (&str, i64),
) -> Result<Option<PartyId>, Error> {
    let to = match asked.way {
        Way::Number if asked.purpose == Purpose::SignIn => To::Number(asked.lang),
        Way::Number => return Ok(None),
        Way::Contact => match contact_of(app, proven.party_id).await? {
            Some(channel) => To::Channel(proven.party_id, channel),
            None => return Ok(None),
        },
    };
    let purpose = match asked.purpose {
        Purpose::SignIn => CodePurpose::SignIn,
        Purpose::ReportLoss => CodePurpose::ReportLoss,
    };
    let template = Template::Code { code: digits.to_owned(), minutes: CODE_MINUTES, purpose };
    let request = NoticeRequest {
        operator_id: proven.operator_id,
        template,
        about: Some(proven.msisdn),
        application_id: None,
        to,
        dedup: format!("{}:{}:{nth}", asked.purpose.key(asked.way), proven.msisdn),
    };
    let staged = notice::stage(app, batch, request).await?;
    Ok(staged.map(|_| proven.party_id))
}

async fn contact_of(app: &App, party_id: PartyId) -> Result<Option<Channel>, Error> {
    let known = notice::reach::load(app, party_id).await?;
    let channels = known.map(|known| known.channels).unwrap_or_default();
    let mut channels: Vec<Channel> = channels.into_iter().map(|(channel, _)| channel).collect();
    channels.retain(|channel| matches!(channel, Channel::OtherNumber | Channel::Email));
    channels.sort();
    Ok(channels.first().copied())
}

async fn holder_of(app: &App, msisdn: Msisdn, way: Way) -> Result<Option<Proven>, Error> {
    let row = store::number::load(&app.store.db, msisdn).await?;
    Ok(row.and_then(|row| {
        let party_id = row.facts.holder?.party_id;
        Some(Proven { operator_id: row.operator_id, party_id, msisdn, way })
    }))
}

/// Since when sends are counted and how many there are with this one.
fn counted(before: Option<&Code>, at: At) -> Result<(At, i64), HolderRefusal> {
    let Some(before) = before else { return Ok((at, 1)) };
    let window_over = before.window_at.plus_minutes(WINDOW_MINUTES);
    if at >= window_over {
        return Ok((at, 1));
    }
    if before.sends >= SENDS_MAX {
        let left = window_over.millis().saturating_sub(at.millis());
        return Err(HolderRefusal::TooOften { minutes: left / 60_000 + 1 });
    }
    Ok((before.window_at, before.sends + 1))
}

fn index_of(app: &App, msisdn: Msisdn) -> [u8; 16] {
    app.store.keys.blind("holder_code.number", &msisdn.to_string())
}

/// Keyed, so that the million possible codes cannot be tried on a stolen database.
fn hash(app: &App, index: [u8; 16], digits: &str) -> [u8; 32] {
    let value = format!("{:032x}:{digits}", u128::from_be_bytes(index));
    let halves = [
        app.store.keys.blind("holder_code.first", &value),
        app.store.keys.blind("holder_code.second", &value),
    ];
    let mut whole = [0; 32];
    for (to, from) in whole.iter_mut().zip(halves.iter().flatten()) {
        *to = *from;
    }
    whole
}
