//! Documents read by machine: in a job after every upload, and once more before the checks for
//! what was not read yet. What was read is kept sealed and is never put into a field by itself.

use super::load::{Loaded, complete, load};
use crate::app::App;
use crate::error::Error;
use crate::image::on_worker;
use crate::retry;
use crate::work::Next;
use domain::access::{Action, Actor};
use domain::application::Kind;
use domain::application::form::{self, Form};
use domain::check::Check;
use domain::id::ApplicationId;
use domain::identity::DocumentKind;
use domain::machine_read::{self, Unreadable, side_of, unreadable};
use domain::reading::{
    self, Agreement, Field, FieldName, LONG_TERM, Reading, Seen, Standing, Typed, Unread,
};
use domain::reason::Item;
use domain::time::At;
use seal::{DataKey, Sensitive};
use std::time::Duration;
use store::application::document::Document;
use store::application::reading::PhotoReading;
use store::application::received::Received;
use store::{Batch, Job};
use tokio::sync::Mutex;

/// The job that reads the photos of an application.
pub(crate) const READ: &str = "application.read";
/// A photo for which there was no room or no time is tried again after this.
const AGAIN_MILLIS: i64 = 2_000;
/// It is given up so long after it came: then a person looks.
const GIVE_UP_MILLIS: i64 = 60_000;
/// A page waits in steps of this length for what is being read.
const STEP: Duration = Duration::from_millis(150);

/// What was read of a document, for whoever may see the document itself.
#[derive(Clone, Debug, Default)]
pub struct ReadView {
    /// Whether models can read documents of this kind at all.
    pub is_readable: bool,
    /// Whether they are here and do.
    pub is_on: bool,
    /// Whether a photo is still being read.
    pub is_waiting: bool,
    /// The present photos that models looked at, or should have.
    pub photos: Vec<PhotoSeen>,
    /// Every value, the ones of the front first.
    pub fields: Vec<FieldSeen>,
}

/// One photo, as far as reading goes.
#[derive(Clone, Debug)]
pub struct PhotoSeen {
    /// What it should show.
    pub item: Item,
    /// Why nothing of it can be used; `None` if it was read.
    pub fault: Option<Unreadable>,
    /// Why no model looked at it.
    pub unread: Option<Unread>,
}

/// One value that was read.
#[derive(Clone, Debug)]
pub struct FieldSeen {
    /// Which.
    pub name: FieldName,
    /// What it says; dates as `2006-01-31`.
    pub value: Sensitive<String>,
    /// How it stands.
    pub standing: Standing,
    /// How it stands to what was typed, where something was.
    pub agreement: Option<Agreement>,
    /// On which photo.
    pub item: Item,
    /// The how-manieth of this item.
    pub round: i64,
    /// Quarter turns, clockwise, that make the photo upright.
    pub quarters: u8,
    /// Where it stands, as `left,top,width,height` in thousandths.
    pub part: String,
}

impl FieldSeen {
    /// Compares it with a value that the rule does not compare: clear ones only.
    pub(crate) fn hold_against(&mut self, typed: &str) {
        self.agreement = Some(match (self.standing, self.value.expose() == typed) {
            (Standing::Doubtful | Standing::Conflicting, _) => Agreement::NotRead,
            (Standing::Clear, true) => Agreement::Agrees,
            (Standing::Clear, false) => Agreement::Differs,
        });
    }
}

impl ReadView {
    /// A value that was read clearly.
    pub fn clear(&self, name: FieldName) -> Option<&FieldSeen> {
        self.fields.iter().find(|f| f.name == name && f.standing == Standing::Clear)
    }

    /// A value, however it was read.
    pub fn field(&self, name: FieldName) -> Option<&FieldSeen> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The typed values that differ from what was read clearly.
    pub fn differing(&self) -> impl Iterator<Item = &FieldSeen> {
        self.fields.iter().filter(|field| field.agreement == Some(Agreement::Differs))
    }
}

/// Whether the document of this form is one that models read; what they read fills in the form, so
/// its photos come before it.
pub(super) fn is_readable(kind: Kind, form: &Form) -> bool {
    kind != Kind::Appeal && form.document.is_some_and(machine_read::is_read)
}

/// The document that was chosen.
fn chosen(form: &Form) -> DocumentKind {
    form.document.unwrap_or(DocumentKind::ResidentId)
}

/// Asks for a photo to be read, in the batch that takes it in.
pub(super) fn stage_read(app: &App, batch: &mut Batch, loaded: &Loaded, item: Item) {
    let is_wanted = is_readable(loaded.application.facts.kind, &loaded.form);
    if side_of(item).is_none() || !is_wanted || app.ocr.models().is_err() {
        return;
    }
    let (key, run_at) = (loaded.application.subject(), batch.at());
    batch.job(Job { kind: READ, key, payload: serde_json::json!({}), run_at });
}

/// The job after an upload. Safe to repeat: what was read is not read again.
pub async fn run_read(app: &App, id: ApplicationId) -> Result<Next, Error> {
    let Some(row) = store::application::load(&app.store.db, id).await? else {
        return Ok(Next::Done);
    };
    let loaded = complete(app, row).await?;
    match (&loaded.key, is_readable(loaded.application.facts.kind, &loaded.form)) {
        (Some(_), true) => read_photos(app, &loaded).await,
        _ => Ok(Next::Done),
    }
}

/// Reads every present photo of the document that was not read yet. What had no room or no time is
/// asked for again for a while, then kept as unread.
pub(super) async fn read_photos(app: &App, loaded: &Loaded) -> Result<Next, Error> {
    let (id, key) = (loaded.application.id, loaded.key()?);
    let _turn = turn(id).lock().await;
    let known = PhotoReading::list(&app.store.db, id, key).await?;
    let mut next = Next::Done;
    let mut photos = Document::current(&app.store.db, id).await?;
    photos.sort_by_key(|photo| photo.item);
    for photo in photos {
        if side_of(photo.item).is_none() || known.iter().any(|read| is_final(read, &photo)) {
            continue;
        }
        let read = read_one(app, loaded, key, &photo).await?;
        let is_patient =
            app.now().millis() - photo.drawn_at().millis().max(changed(loaded)) < GIVE_UP_MILLIS;
        if matches!(read.seen, Seen::Unread(Unread::Busy | Unread::Late)) && is_patient {
            next = Next::At(app.now().plus_millis(AGAIN_MILLIS));
            continue;
        }
        retry(|| async {
            let mut batch = Batch::new(app.now());
            read.put(&mut batch, id, key);
            Ok(app.store.db.commit(batch).await?)
        })
        .await?;
    }
    Ok(next)
}

/// The job after an upload and the one before the checks come at the same time: of these, and of
/// applications whose number has the same remainder, one reads at a time here.
fn turn(id: ApplicationId) -> &'static Mutex<()> {
    static TURNS: [Mutex<()>; 32] = [const { Mutex::const_new(()) }; 32];
    let [first, ..] = &TURNS;
    usize::try_from(id.as_u128() % 32).ok().and_then(|at| TURNS.get(at)).unwrap_or(first)
}

/// The instant from which the patience of a submitted application counts.
fn changed(loaded: &Loaded) -> i64 {
    loaded.application.changed_at.millis()
}

fn is_final(read: &PhotoReading, photo: &Document) -> bool {
    let is_it = read.item == photo.item && read.round == photo.round;
    is_it && !matches!(&read.seen, Seen::Unread(why) if why.may_pass())
}

async fn read_one(
    app: &App,
    loaded: &Loaded,
    key: &DataKey,
    photo: &Document,
) -> Result<PhotoReading, Error> {
    let (seen, models) = match app.ocr.models() {
        Err(why) => (Seen::Unread(why), Vec::new()),
        Ok(models) => {
            let jpeg = app.store.blobs.get(key, photo.blob_id).await?;
            let limits = vision::Limits { side_min: 1, ..vision::Limits::default() };
            let picture = on_worker(move || vision::decode(&jpeg, &limits)).await?;
            let seen = match picture {
                Ok(decoded) => app.ocr.read(decoded.picture, loaded.today(app.now())).await,
                Err(_) => Err(Unread::Failed),
            };
            let models = models.into_iter().map(|model| (model.id, model.sha256));
            match seen {
                Ok(reading) => (Seen::Read(reading), models.collect()),
                Err(why) => (Seen::Unread(why), Vec::new()),
            }
        }
    };
    if let Seen::Unread(why) = &seen {
        let reason = why.code();
        tracing::info!(application = %loaded.application.id, reason, "a photo was not read");
    }
    let (item, round, read_at) = (photo.item, photo.round, app.now());
    Ok(PhotoReading { item, round, seen, models, read_at })
}

/// The check of what was typed against what was read; everything must have been read before.
pub(super) async fn machine_read(app: &App, loaded: &Loaded) -> Result<Vec<Check>, Error> {
    let kind = domain::check::CheckKind::MachineRead;
    if !is_readable(loaded.application.facts.kind, &loaded.form) {
        return Ok(vec![Check::unavailable(kind).with("because", "not read here")]);
    }
    let known = PhotoReading::list(&app.store.db, loaded.application.id, loaded.key()?).await?;
    let present = Document::current(&app.store.db, loaded.application.id).await?;
    let mut models: Vec<(String, String)> = Vec::new();
    let mut photos = Vec::new();
    for photo in present.iter().filter(|photo| side_of(photo.item).is_some()) {
        let read = known.iter().find(|r| r.item == photo.item && r.round == photo.round);
        let seen = match read.map(|read| (&read.seen, &read.models)) {
            Some((Seen::Read(reading), used)) => {
                let new: Vec<_> =
                    used.iter().filter(|one| !models.contains(one)).cloned().collect();
                models.extend(new);
                Seen::Read(settled(app, loaded, reading.clone()))
            }
            Some((Seen::Unread(why), _)) => Seen::Unread(*why),
            None => Seen::Unread(Unread::Failed),
        };
        photos.push((photo.item, seen));
    }
    let mut checks = machine_read::check(chosen(&loaded.form), &typed(&loaded.form), &photos);
    for check in checks.iter_mut().filter(|check| check.reason.is_some() || check.item.is_none()) {
        for (id, sha256) in &models {
            let value = format!("{id} {}", sha256.get(..12).unwrap_or(sha256));
            *check = check.clone().with("model", value);
        }
    }
    Ok(checks)
}

/// As the policy of the application judges it.
fn settled(app: &App, loaded: &Loaded, mut reading: Reading) -> Reading {
    let thresholds = loaded.policy.reading.thresholds();
    let kind = machine_read::kind_of(&reading, chosen(&loaded.form));
    reading::settle(kind, &mut reading.fields, loaded.today(app.now()), &thresholds);
    reading
}

/// What was typed, as far as a card shows it too.
fn typed(form: &Form) -> Typed {
    let given = |text: &String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let last = form.expires.date().map(|date| date.to_string());
    let is_birth_typed =
        form.document.is_some_and(|kind| !form::tells_birth(kind)) && !form.is_of_organisation();
    Typed {
        name: given(&form.name).filter(|_| !form.is_name_incomplete),
        number: given(&form.document_number),
        birth: form.birth.date().filter(|_| is_birth_typed).map(|date| date.to_string()),
        legal_person: given(&form.organisation.legal_person).filter(|_| form.is_of_organisation()),
        valid_until: if form.is_long_term { Some(LONG_TERM.to_owned()) } else { last },
    }
}

/// What was read of an application's document, for its applicant. Waits up to `patience` for a
/// photo that is being read.
pub async fn readings(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    patience: Duration,
) -> Result<ReadView, Error> {
    let mut waited = Duration::ZERO;
    loop {
        let loaded = load(app, actor, Action::ChangeApplication, id).await?;
        let view = read_view(app, &loaded).await?;
        if !view.is_waiting || waited >= patience {
            return Ok(view);
        }
        tokio::time::sleep(STEP).await;
        waited += STEP;
    }
}

/// The same for a use case that has checked the right to see the document.
pub(crate) async fn read_view(app: &App, loaded: &Loaded) -> Result<ReadView, Error> {
    let is_readable = is_readable(loaded.application.facts.kind, &loaded.form);
    let Some(key) = loaded.key.as_ref().filter(|_| is_readable) else {
        return Ok(ReadView::default());
    };
    let id = loaded.application.id;
    let is_on = app.ocr.models().is_ok();
    let known = PhotoReading::list(&app.store.db, id, key).await?;
    let mut view = ReadView { is_readable, is_on, ..ReadView::default() };
    let mut usable = Vec::new();
    let mut present = Document::current(&app.store.db, id).await?;
    // A newer file that is still to be drawn is what will be read.
    let mut coming = Received::list(&app.store.db, id).await?;
    coming.retain(|new| new.is_waiting() && side_of(new.item).is_some());
    for new in &coming {
        view.is_waiting |= is_on && is_awaited(app, new.received_at);
    }
    let is_coming = |item: Item| coming.iter().any(|new| new.item == item);
    present.retain(|photo| side_of(photo.item).is_some() && !is_coming(photo.item));
    present.sort_by_key(|photo| photo.item);
    for photo in present {
        let read = known.iter().find(|r| r.item == photo.item && r.round == photo.round);
        let (fault, unread) = match read.map(|read| &read.seen) {
            None => {
                view.is_waiting |= is_on && is_awaited(app, photo.drawn_at());
                continue;
            }
            Some(Seen::Unread(why)) => (None, Some(*why)),
            Some(Seen::Read(reading)) => {
                let fault = unreadable(chosen(&loaded.form), photo.item, reading);
                if fault.is_none() {
                    usable.push((photo.clone(), settled(app, loaded, reading.clone())));
                }
                (fault, None)
            }
        };
        view.photos.push(PhotoSeen { item: photo.item, fault, unread });
    }
    view.fields = fields(&loaded.form, &usable);
    Ok(view)
}

/// Whether what began at `at` may still be under way.
fn is_awaited(app: &App, at: At) -> bool {
    (0..GIVE_UP_MILLIS).contains(&(app.now().millis() - at.millis()))
}

fn fields(form: &Form, usable: &[(Document, Reading)]) -> Vec<FieldSeen> {
    let readings: Vec<&Reading> = usable.iter().map(|(_, reading)| reading).collect();
    let compared = reading::compare(&typed(form), &readings);
    let seen = |photo: &Document, quarters: u8, field: &Field| FieldSeen {
        name: field.name,
        value: Sensitive::new(field.value.clone()),
        standing: field.standing,
        agreement: compared.iter().find(|(name, _)| *name == field.name).map(|(_, a)| *a),
        item: photo.item,
        round: photo.round,
        quarters,
        part: field.place.around(),
    };
    let of = |(photo, reading): &(Document, Reading)| {
        let fields = reading.fields.iter().map(|field| seen(photo, reading.quarters, field));
        fields.collect::<Vec<_>>()
    };
    usable.iter().flat_map(of).collect()
}
