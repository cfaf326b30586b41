//! The application as the applicant fills it in: what was typed, what is missing, what it promises.

use super::authority::is_portrait_shown;
use super::contact::mask;
use super::draw::unreadable;
use super::face::{FaceView, face_view};
use super::load::{Loaded, load};
use super::photo::{PhotoStage, Uploaded, undrawn, uploaded};
use super::read::is_readable;
use super::redo::{self, RedoView};
use super::save::{Purpose, consents, may_show_portrait, missing_consents, problems_of};
use crate::app::App;
use crate::error::Error;
use crate::image::PhotoRefusal;
use domain::access::{Action, Actor};
use domain::application::form::{Form, FormRefusal, Problem, Section};
use domain::application::{Facts, Kind, State};
use domain::id::ApplicationId;
use domain::notice::Channel;
use domain::promise::{self, Promise};
use domain::reason::{Item, Reason};
use domain::time::At;
use store::application::contact::Contact;
use store::application::document::Document;
use store::application::received::Received;

/// Where a row of the task list stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SectionState {
    /// What comes before it is missing.
    CannotStart,
    /// Nothing was entered.
    NotStarted,
    /// Something was entered, something is missing.
    InProgress,
    /// Complete.
    Done,
    /// Something entered is wrong.
    Problem,
}

/// A row of the task list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionView {
    /// Which.
    pub section: Section,
    /// Where it stands.
    pub state: SectionState,
    /// What is wrong or missing.
    pub problems: Vec<Problem>,
}

/// A contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactView {
    /// Another number, or e-mail.
    pub channel: Channel,
    /// With its middle covered.
    pub masked: String,
    /// Whether the applicant proved it.
    pub is_confirmed: bool,
}

/// A present photo.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoView {
    /// What was found of it.
    pub found: Uploaded,
    /// Whether it is sent in spite of that.
    pub is_sent_anyway: bool,
    /// When it came.
    pub uploaded_at: At,
}

impl PhotoView {
    /// Whether a photo of this item was drawn: this one, or the one before it.
    pub fn is_shown(&self) -> bool {
        self.found.round > 0
    }

    /// Whether nothing stands against sending it, as far as is known.
    pub fn is_fine(&self) -> bool {
        match self.found.stage {
            PhotoStage::Received => true,
            PhotoStage::Unreadable(_) => false,
            PhotoStage::Drawn => self.found.reasons.is_empty() || self.is_sent_anyway,
        }
    }
}

/// An application as its pages need it.
#[derive(Clone, Debug)]
pub struct View {
    /// Its id.
    pub id: ApplicationId,
    /// Six characters to read out.
    pub reference: String,
    /// What is asked for.
    pub kind: Kind,
    /// State and clocks.
    pub facts: Facts,
    /// `zh` or `en`.
    pub lang: String,
    /// The applicant's zone, if told.
    pub zone: Option<String>,
    /// What was typed, as it was typed.
    pub form: Box<Form>,
    /// The contacts, the one given last first.
    pub contacts: Vec<ContactView>,
    /// The photos that are needed.
    pub wanted_photos: Vec<Item>,
    /// The photos that are there, drawn or on their way, in the order of the pages.
    pub photos: Vec<PhotoView>,
    /// The consents as they stand; none for what was not asked yet.
    pub consents: Vec<(Purpose, bool)>,
    /// The task list.
    pub sections: Vec<SectionView>,
    /// What must be redone.
    pub redo: Vec<RedoView>,
    /// The promise if it were sent now.
    pub promise: Promise,
    /// Whether sending now counts from the next business day.
    pub is_after_cut_off: bool,
    /// Whether it can be sent.
    pub is_complete: bool,
    /// Whether the document is read by machine here, so that its photos come before what is typed.
    pub is_read_first: bool,
    /// Whether models look at the portrait here.
    pub is_face_looked_at: bool,
    /// Whether the portrait goes to an authority too, which the text of its consent says.
    pub is_portrait_shown: bool,
    /// Whether what its holder agreed to says where it goes; if not, it does not go there.
    pub is_portrait_told: bool,
}

/// Opens an application for its applicant (or a clerk).
pub async fn open(app: &App, actor: &Actor, id: ApplicationId) -> Result<View, Error> {
    let loaded = load(app, actor, Action::ChangeApplication, id).await?;
    view(app, loaded).await
}

pub(super) async fn view(app: &App, mut loaded: Loaded) -> Result<View, Error> {
    let id = loaded.application.id;
    let now = app.now();
    let contacts = Contact::list(&app.store.db, id).await?;
    // In this order: what is drawn meanwhile is seen twice rather than not at all.
    let received = Received::list(&app.store.db, id).await?;
    let documents = Document::current(&app.store.db, id).await?;
    let photos = Photos { received: &received, drawn: &documents };
    let consents = consents(app, id).await?;
    let (is_portrait_shown, is_portrait_told) = portrait_shown(app, &loaded).await?;
    let redo = redo::list(app, id).await?;
    let faces = face_view(app, &loaded).await?;
    let wanted_photos = loaded.form.photos(loaded.application.facts.kind);
    let kind = loaded.application.facts.kind;
    let is_read_first = is_readable(kind, &loaded.form) && app.ocr.models().is_ok();
    let mut sections = Vec::new();
    for section in sections_of(loaded.application.facts.kind) {
        let mut found = problems_of(app, &mut loaded, *section).await?;
        match section {
            Section::Contact if contacts.iter().all(|c| c.confirmed_at.is_none()) => {
                found.push(Problem::of("contact", &FormRefusal::ContactUnconfirmed));
            }
            Section::Photos => found.extend(photos.missing(&wanted_photos, false)),
            Section::Portrait => found.extend(photos.missing(&wanted_photos, true)),
            Section::Consents => {
                let given: Vec<Purpose> =
                    consents.iter().filter(|(_, given)| *given).map(|(p, _)| *p).collect();
                found.extend(missing_consents(&given));
            }
            _ => {}
        }
        let is_begun = is_begun(*section, &loaded.form, &contacts, photos, &consents);
        // Where documents are read, the photo comes before what it fills in.
        let may_wait = |s: &SectionView| {
            is_read_first && *section == Section::Photos && s.section == Section::Identity
        };
        let before_is_done =
            sections.iter().all(|s: &SectionView| s.state == SectionState::Done || may_wait(s));
        let state = state_of(*section, &found, (is_begun, before_is_done));
        sections.push(SectionView { section: *section, state, problems: found });
    }
    let is_redone = redo.iter().all(|item| item.is_done);
    let is_done = sections.iter().all(|section| section.state == SectionState::Done);
    let rules = loaded.rules();
    let terms = &loaded.terms.promise;
    let days = loaded.application.facts.paused_days.unwrap_or(terms.business_days);
    Ok(View {
        id,
        reference: loaded.application.reference.clone(),
        kind: loaded.application.facts.kind,
        facts: loaded.application.facts.clone(),
        lang: loaded.application.lang.clone(),
        zone: loaded.application.zone.clone(),
        promise: promise::promise_days(now, days, terms, rules.calendar, rules.zone),
        is_after_cut_off: promise::is_after_cut_off(now, terms, rules.calendar, rules.zone),
        contacts: contact_views(&loaded, &contacts)?,
        photos: photos.views(&faces),
        wanted_photos,
        consents,
        sections,
        is_complete: is_done && (loaded.application.facts.state != State::NeedsUpdate || is_redone),
        redo,
        is_read_first,
        is_face_looked_at: faces.is_on,
        is_portrait_shown,
        is_portrait_told,
        form: loaded.form,
    })
}

/// Where a section stands, if so much was entered and everything before it is done.
fn state_of(
    section: Section,
    found: &[Problem],
    (is_begun, before_is_done): (bool, bool),
) -> SectionState {
    match (found.is_empty(), is_begun) {
        (true, _) => SectionState::Done,
        (false, false) if needs_before(section) && !before_is_done => SectionState::CannotStart,
        (false, false) => SectionState::NotStarted,
        (false, true) if found.iter().all(is_missing) => SectionState::InProgress,
        (false, true) => SectionState::Problem,
    }
}

/// Whether the portrait goes to an authority, and whether what its holder agreed to, if that is so,
/// says it.
async fn portrait_shown(app: &App, loaded: &Loaded) -> Result<(bool, bool), Error> {
    let is_shown = is_portrait_shown(app, loaded);
    let is_told = !is_shown || may_show_portrait(app, loaded.application.id).await?;
    Ok((is_shown, is_told))
}

/// The sections of an application of this kind.
fn sections_of(kind: Kind) -> &'static [Section] {
    match kind {
        Kind::Appeal => &[Section::Contact, Section::Identity],
        _ => &Section::ALL,
    }
}

/// Photos and consents come after the document is known, since it says which are needed.
const fn needs_before(section: Section) -> bool {
    matches!(section, Section::Identity | Section::Photos | Section::Portrait | Section::Consents)
}

fn is_begun(
    section: Section,
    form: &Form,
    contacts: &[Contact],
    photos: Photos<'_>,
    consents: &[(Purpose, bool)],
) -> bool {
    match section {
        Section::Number => form.is_esim || !form.number.is_empty() || !form.sim_tail.is_empty(),
        Section::Contact => !contacts.is_empty(),
        Section::Who => form.who.is_some(),
        Section::Document => form.document.is_some(),
        Section::Identity => {
            !form.name.is_empty()
                || !form.document_number.is_empty()
                || !form.appeal_text.is_empty()
        }
        Section::Photos => photos.items().iter().any(|item| *item != Item::Portrait),
        Section::Portrait => photos.items().contains(&Item::Portrait),
        Section::Consents => !consents.is_empty(),
    }
}

/// Whether a problem only says that something is still to be done.
fn is_missing(problem: &Problem) -> bool {
    problem.code.ends_with("_missing")
        || matches!(problem.code, "check.empty" | "phone.empty" | "form.contact_unconfirmed")
}

/// The photos of an application: as they were sent and wait, or could not be read; and as they were
/// drawn. Of one item the former is the newer.
#[derive(Clone, Copy)]
struct Photos<'a> {
    received: &'a [Received],
    drawn: &'a [Document],
}

impl<'a> Photos<'a> {
    /// The items of which there is a photo, each once, in order.
    fn items(self) -> Vec<Item> {
        let received = self.received.iter().map(|new| new.item);
        let mut items: Vec<Item> =
            received.chain(self.drawn.iter().map(|photo| photo.item)).collect();
        items.sort_unstable();
        items.dedup();
        items
    }

    fn drawn(self, item: Item) -> Option<&'a Document> {
        self.drawn.iter().find(|photo| photo.item == item)
    }

    fn received(self, item: Item) -> Option<&'a Received> {
        self.received.iter().find(|new| new.item == item)
    }

    /// Missing photos, those that could not be read, and those with a warning that was neither
    /// mended nor overruled. Of what is not drawn yet nothing is wrong yet.
    fn missing(self, wanted: &[Item], is_portrait: bool) -> Vec<Problem> {
        let wanted = wanted.iter().filter(|item| (**item == Item::Portrait) == is_portrait);
        wanted.filter_map(|item| self.problem(*item)).collect()
    }

    fn problem(self, item: Item) -> Option<Problem> {
        if let Some(new) = self.received(item) {
            let [(_, error)] = unreadable(std::slice::from_ref(new))[..] else { return None };
            return Some(Problem::of(item.code(), &PhotoRefusal(error, item)));
        }
        let Some(photo) = self.drawn(item) else {
            return Some(Problem::of(item.code(), &FormRefusal::PhotoMissing));
        };
        let is_clear =
            photo.is_sent_anyway || uploaded(photo, &self.others(item)).reasons.is_empty();
        (!is_clear).then(|| Problem::of(item.code(), &FormRefusal::PhotoRedo))
    }

    fn others(self, item: Item) -> Vec<&'a Document> {
        self.drawn.iter().filter(|other| other.item != item).collect()
    }

    fn views(self, faces: &FaceView) -> Vec<PhotoView> {
        self.items().into_iter().filter_map(|item| self.view(item, faces)).collect()
    }

    fn view(self, item: Item, faces: &FaceView) -> Option<PhotoView> {
        let drawn = self.drawn(item);
        if let Some(new) = self.received(item) {
            let stage = match unreadable(std::slice::from_ref(new))[..] {
                [(_, error)] => PhotoStage::Unreadable(error),
                _ => PhotoStage::Received,
            };
            let found = undrawn(item, stage, drawn.map_or(0, |photo| photo.round));
            let uploaded_at = new.received_at;
            return Some(PhotoView { found, is_sent_anyway: false, uploaded_at });
        }
        let photo = drawn?;
        let mut found = uploaded(photo, &self.others(item));
        if photo.item == Item::Portrait && photo.round == faces.round {
            found.add(faces.findings.clone());
            found.is_copy = faces.is_copy();
            if found.is_copy && !found.reasons.contains(&Reason::P4) {
                found.reasons.push(Reason::P4);
            }
        }
        let (is_sent_anyway, uploaded_at) = (photo.is_sent_anyway, photo.uploaded_at);
        Some(PhotoView { found, is_sent_anyway, uploaded_at })
    }
}

fn contact_views(loaded: &Loaded, contacts: &[Contact]) -> Result<Vec<ContactView>, Error> {
    let Some(key) = &loaded.key else { return Ok(Vec::new()) };
    let view = |contact: &Contact| {
        Ok(ContactView {
            channel: contact.channel,
            masked: mask(&contact.open(loaded.application.id, key)?),
            is_confirmed: contact.confirmed_at.is_some(),
        })
    };
    contacts.iter().map(view).collect()
}
