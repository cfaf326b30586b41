//! The ports: everything outside the process, and nothing inside it.
//!
//! Each has a real adapter and a simulator in `gateway`; `main` wires one of them.

use domain::authority::Answer;
use domain::identity::DocumentKind;
use domain::number::{Capabilities, Service, ServiceProfile};
use domain::portrait::{Faces as SeenFaces, Portrait};
use domain::reading::{Reading, Unread};
use domain::sim::SimKeys;
use domain::time::At;
use jiff::civil::Date;
use std::future::Future;
use std::pin::Pin;

/// A boxed future, so that ports can be trait objects.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a port says when the outside did not do as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// No answer in time, or the connection failed: unknown whether it was done. Try again.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// The outside said no and will say no again.
    #[error("refused: {0}")]
    Rejected(String),
    /// It was surely not handed over: there is no connection, or no room. Try again later.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The outside asks to slow down.
    #[error("throttled")]
    Throttled,
}

/// What the network is told to allow for one SIM. Emergency calls, the hotline and top-up are
/// always possible and so are not listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NetworkProfile {
    /// Voice calls out.
    pub voice_out: bool,
    /// Voice calls in.
    pub voice_in: bool,
    /// Texts out.
    pub sms_out: bool,
    /// Texts in.
    pub sms_in: bool,
    /// Packet data.
    pub data: bool,
    /// Use abroad.
    pub roaming: bool,
}

impl From<ServiceProfile> for NetworkProfile {
    fn from(profile: ServiceProfile) -> Self {
        Self {
            voice_out: profile.allows(Service::VoiceOut),
            voice_in: profile.allows(Service::VoiceIn),
            sms_out: profile.allows(Service::SmsOut),
            sms_in: profile.allows(Service::SmsIn),
            data: profile.allows(Service::Data),
            roaming: profile.allows(Service::Roaming),
        }
    }
}

impl From<NetworkProfile> for ServiceProfile {
    fn from(profile: NetworkProfile) -> Self {
        let all = [
            (profile.voice_out, Service::VoiceOut),
            (profile.voice_in, Service::VoiceIn),
            (profile.sms_out, Service::SmsOut),
            (profile.sms_in, Service::SmsIn),
            (profile.data, Service::Data),
            (profile.roaming, Service::Roaming),
        ];
        let allowed = all.into_iter().filter(|(is_allowed, _)| *is_allowed);
        allowed.fold(Self::NOTHING, |set, (_, service)| set.or(Self::of(&[service])))
    }
}

/// A subscriber record of the HLR, as read back.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct HlrRecord {
    /// The SIM.
    pub imsi: String,
    /// The number it carries, E.164 digits without `+`; none while it carries no number.
    pub msisdn: Option<String>,
    /// What is allowed.
    pub profile: NetworkProfile,
}

/// The home location register (or HSS). Every call is idempotent.
pub trait Hlr: Send + Sync + std::fmt::Debug {
    /// What it can switch by itself, and what only together.
    fn capabilities(&self) -> Capabilities {
        Capabilities::SEPARATE
    }

    /// Whether it has come back since this was last asked: what waits for it is then told at once.
    fn has_come_back(&self) -> bool {
        false
    }

    /// Makes sure a record for `imsi` exists (with no number and nothing allowed if new), and that
    /// it has `keys`; without them those of the record stay as they are.
    fn create<'a>(
        &'a self,
        imsi: &'a str,
        keys: Option<&'a SimKeys>,
    ) -> Later<'a, Result<(), PortError>>;
    /// Makes a whole record where there is none: with these keys, this number and what it may do,
    /// in as few requests as the register needs, and reads it back, keys and all. `None` if it
    /// cannot be made so, as when there is one already, or another SIM has the number: then the
    /// three steps do it. Cut off anywhere, what is there serves nobody, and the three steps go on
    /// from it.
    fn make_whole<'a>(
        &'a self,
        _record: &'a HlrRecord,
        _keys: &'a SimKeys,
    ) -> Later<'a, Result<Option<HlrRecord>, PortError>> {
        Box::pin(async { Ok(None) })
    }

    /// Gives `imsi` the number `msisdn`, or takes its number away. A number is on one SIM:
    /// whichever else had it has it no more.
    fn set_number<'a>(
        &'a self,
        imsi: &'a str,
        msisdn: Option<&'a str>,
    ) -> Later<'a, Result<(), PortError>>;
    /// Sets what `imsi` may do; reaches the serving network if attached.
    fn set_profile<'a>(
        &'a self,
        imsi: &'a str,
        profile: NetworkProfile,
    ) -> Later<'a, Result<(), PortError>>;
    /// Reads the record back; `None` if there is none.
    fn read<'a>(&'a self, imsi: &'a str) -> Later<'a, Result<Option<HlrRecord>, PortError>>;
    /// Removes the record; success if there was none.
    fn remove<'a>(&'a self, imsi: &'a str) -> Later<'a, Result<(), PortError>>;
}

/// One text message to hand to the SMSC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingSms {
    /// Our id: the same id is the same message, where the outside recognises it.
    pub notice_id: String,
    /// The receiver, E.164 digits without `+`.
    pub to: String,
    /// The whole text; the adapter splits it.
    pub text: String,
    /// After this instant it need not be delivered.
    pub valid_until: At,
}

/// The short-message service centre, outgoing side. Receipts and incoming texts come back through
/// `service::notice::receipt` and `service::command::incoming`.
pub trait Sms: Send + Sync + std::fmt::Debug {
    /// Submits; `Ok` carries the SMSC's message ids, one for each part, to which receipts refer.
    fn submit<'a>(&'a self, sms: &'a OutgoingSms) -> Later<'a, Result<Vec<String>, PortError>>;

    /// Whether the outside itself takes the same `notice_id` only once. If not (SMPP has no such
    /// key), a submission in doubt is never repeated.
    fn recognises_repeats(&self) -> bool;

    /// How receipts may spell a message id that [`Sms::submit`] gave; itself comes first.
    fn spellings(&self, message_id: &str) -> Vec<String> {
        vec![message_id.to_owned()]
    }
}

/// One e-mail to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingMail {
    /// Our id: the same id is the same mail.
    pub notice_id: String,
    /// The receiver's address.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The language it is in: `zh` or `en`.
    pub lang: String,
    /// A calendar file to attach, as text, if the notice has a date.
    pub calendar: Option<String>,
}

/// Outgoing e-mail.
pub trait Mail: Send + Sync + std::fmt::Debug {
    /// Submits; `Ok` carries the server's queue id.
    fn submit<'a>(&'a self, mail: &'a OutgoingMail) -> Later<'a, Result<String, PortError>>;

    /// Whether the outside itself takes the same `notice_id` only once; see [`Sms`].
    fn recognises_repeats(&self) -> bool;
}

/// Why an SM-DP+ does not do as asked, and will not when asked again: the status codes of ES2+ that
/// mean something to us (GSMA SGP.22 v2, sections 5.3.1 to 5.3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SmdpRefusal {
    /// It does not know the profile.
    Unknown,
    /// The profile is not ours to use.
    NotAllowed,
    /// The profile is taken, or further than asked for.
    InUse,
    /// It has no profile of this type left.
    NoneLeft,
    /// The chip is not one that may have the profile.
    Eid,
    /// The matching id leads to another profile.
    MatchingId,
    /// It says no for another reason.
    Other,
}

impl SmdpRefusal {
    /// The stable word, in the audit log and in metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::NotAllowed => "not_allowed",
            Self::InUse => "in_use",
            Self::NoneLeft => "none_left",
            Self::Eid => "eid",
            Self::MatchingId => "matching_id",
            Self::Other => "other",
        }
    }

    /// Whether it may only say that the same call was answered before.
    pub const fn may_be_a_repeat(self) -> bool {
        matches!(self, Self::InUse | Self::MatchingId)
    }
}

/// What an SM-DP+ says: done, a refusal of its own, or a fault on the way.
pub type Told<T> = Result<Result<T, SmdpRefusal>, PortError>;

/// One order, as every call about it names it.
#[derive(Clone, PartialEq, Eq)]
pub struct ProfileOrder {
    /// The same for every try of one call, and for no other call.
    pub call_id: String,
    /// The profile.
    pub iccid: String,
    /// Its type at the SM-DP+.
    pub profile_type: String,
    /// By what the phone gets it.
    pub matching_id: String,
    /// The chip that alone may have it.
    pub eid: Option<String>,
}

/// Neither the matching id, which is a secret, nor the chip, which is personal.
impl std::fmt::Debug for ProfileOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProfileOrder {{ call_id: {}, .. }}", self.call_id)
    }
}

/// What a confirmed order leads to.
#[derive(Clone, PartialEq, Eq)]
pub struct Linked {
    /// By what the phone gets the profile.
    pub matching_id: String,
    /// Where, if the SM-DP+ says so.
    pub address: Option<String>,
}

impl std::fmt::Debug for Linked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Linked(•••)")
    }
}

/// What the SM-DP+ told of a download, for whoever counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Something new.
    Progress,
    /// What was known, or came too late.
    Repeat,
    /// Of a profile that was not ordered here.
    Unknown,
    /// Nothing that makes sense.
    Garbage,
}

/// The SM-DP+, which prepares eSIM profiles and hands them to phones (ES2+). Every call may come
/// twice with the same `call_id`.
pub trait Smdp: Send + Sync + std::fmt::Debug {
    /// Whether there is one.
    fn is_connected(&self) -> bool {
        true
    }

    /// Where phones reach it, if it does not say so itself.
    fn address(&self) -> Option<String>;

    /// Sets the profile aside for us (`downloadOrder`).
    fn order<'a>(&'a self, order: &'a ProfileOrder) -> Later<'a, Told<()>>;

    /// Links it to the matching id, and to the chip if there is one (`confirmOrder`); it is not
    /// released yet.
    fn confirm<'a>(&'a self, order: &'a ProfileOrder) -> Later<'a, Told<Linked>>;

    /// Lets phones download it (`releaseProfile`).
    fn release<'a>(&'a self, order: &'a ProfileOrder) -> Later<'a, Told<()>>;

    /// Takes the order back (`cancelOrder`); the profile can be ordered again if it `is_reusable`.
    fn cancel<'a>(&'a self, order: &'a ProfileOrder, is_reusable: bool) -> Later<'a, Told<()>>;

    /// It told us something; for whoever counts.
    fn heard(&self, _heard: Heard) {}
}

/// An installation without an SM-DP+: there are no eSIMs.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSmdp;

impl NoSmdp {
    fn none<T: Send + 'static>() -> Later<'static, Told<T>> {
        Box::pin(async { Err(PortError::NotSent("no SM-DP+ is configured".to_owned())) })
    }
}

impl Smdp for NoSmdp {
    fn is_connected(&self) -> bool {
        false
    }

    fn address(&self) -> Option<String> {
        None
    }

    fn order<'a>(&'a self, _: &'a ProfileOrder) -> Later<'a, Told<()>> {
        Self::none()
    }

    fn confirm<'a>(&'a self, _: &'a ProfileOrder) -> Later<'a, Told<Linked>> {
        Self::none()
    }

    fn release<'a>(&'a self, _: &'a ProfileOrder) -> Later<'a, Told<()>> {
        Self::none()
    }

    fn cancel<'a>(&'a self, _: &'a ProfileOrder, _: bool) -> Later<'a, Told<()>> {
        Self::none()
    }
}

/// A model that reads, exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelUsed {
    /// Its name in this program.
    pub id: String,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: String,
}

/// What is known of a model, for the page that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelCard {
    /// What it is.
    pub title: String,
    /// Who made it.
    pub author: String,
    /// Its licence, as the package declares it.
    pub licence: String,
    /// The package it comes in, with its version.
    pub package: String,
    /// SHA-256 of its file, in hexadecimal.
    pub sha256: String,
}

/// What reads documents: models that lie in files, run in the process, away from the threads that
/// answer requests. It keeps nothing of what it reads.
pub trait Ocr: Send + Sync + std::fmt::Debug {
    /// The models that would read now, or why none would. Cheap.
    fn models(&self) -> Result<Vec<ModelUsed>, Unread>;

    /// What is known of every model that belongs here, whether or not its file does.
    fn cards(&self) -> Vec<ModelCard>;

    /// Reads a photo of a document as it is valid on `today`. Answers within the limits of time
    /// and room of whatever reads.
    fn read(&self, photo: vision::Picture, today: Date) -> Later<'_, Result<Reading, Unread>>;
}

/// What finds and compares faces: models that lie in files, run in the process, away from the
/// threads that answer requests. It keeps nothing of what it sees; what it compares by is never
/// told.
pub trait Faces: Send + Sync + std::fmt::Debug {
    /// The models that would look now, or why none would. Cheap.
    fn models(&self) -> Result<Vec<ModelUsed>, Unread>;

    /// Looks at a portrait and at the photo of a document beside it, if there is one.
    fn look(
        &self,
        portrait: vision::Picture,
        document: Option<vision::Picture>,
    ) -> Later<'_, Result<SeenFaces, Unread>>;

    /// Looks at the frames of a short film, in their order, and says what is in each.
    fn follow(&self, frames: Vec<vision::Picture>) -> Later<'_, Result<Vec<Portrait>, Unread>>;
}

/// An installation without models: nothing is read, and a person looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoModels;

impl Ocr for NoModels {
    fn models(&self) -> Result<Vec<ModelUsed>, Unread> {
        Err(Unread::NoModel)
    }

    fn cards(&self) -> Vec<ModelCard> {
        Vec::new()
    }

    fn read(&self, _: vision::Picture, _: Date) -> Later<'_, Result<Reading, Unread>> {
        Box::pin(async { Err(Unread::NoModel) })
    }
}

impl Faces for NoModels {
    fn models(&self) -> Result<Vec<ModelUsed>, Unread> {
        Err(Unread::NoModel)
    }

    fn look(
        &self,
        _: vision::Picture,
        _: Option<vision::Picture>,
    ) -> Later<'_, Result<SeenFaces, Unread>> {
        Box::pin(async { Err(Unread::NoModel) })
    }

    fn follow(&self, _: Vec<vision::Picture>) -> Later<'_, Result<Vec<Portrait>, Unread>> {
        Box::pin(async { Err(Unread::NoModel) })
    }
}

/// One question to an identity authority.
#[derive(Clone)]
pub struct AuthorityQuestion {
    /// Our id: the same id is the same question.
    pub id: String,
    /// Which kind of document.
    pub document: DocumentKind,
    /// Its number, in canonical form.
    pub number: String,
    /// The name as typed.
    pub name: String,
    /// The portrait as JPEG, if its holder agreed to that.
    pub portrait: Option<Vec<u8>>,
}

impl std::fmt::Debug for AuthorityQuestion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AuthorityQuestion({}, •••)", self.id)
    }
}

/// An authority that knows which name belongs to which number.
pub trait Authority: Send + Sync + std::fmt::Debug {
    /// Whether there is one. Cheap.
    fn is_connected(&self) -> bool;

    /// Asks. [`PortError::Rejected`] if it will not answer this, whenever it is asked.
    fn ask<'a>(&'a self, question: &'a AuthorityQuestion) -> Later<'a, Result<Answer, PortError>>;
}

/// An installation that asks nobody: a person decides without.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAuthority;

impl Authority for NoAuthority {
    fn is_connected(&self) -> bool {
        false
    }

    fn ask<'a>(&'a self, _: &'a AuthorityQuestion) -> Later<'a, Result<Answer, PortError>> {
        Box::pin(async { Err(PortError::NotSent("no authority is configured".to_owned())) })
    }
}
