//! Turning a decision about an application into the rows of one batch.

use super::load::{Loaded, complete};
use crate::app::App;
use crate::error::Error;
use crate::keep;
use crate::notice::{self, Address, Contact as Reached, NoticeRequest, To};
use domain::access::Actor;
use domain::application::{Effect, Event, Kind, State, Tell, decide};
use domain::decision::Redo;
use domain::id::{ApplicationId, PartyId};
use domain::notice::{Channel, Template};
use domain::reason::{Item, Reason};
use domain::time::{At, Zone};
use store::application::authority::Lookup;
use store::application::contact::Contact;
use store::application::document::{Document, RedoRow, set_redo};
use store::application::face::PhotoFaces;
use store::application::live::Challenge;
use store::application::reading::PhotoReading;
use store::application::received::Received;
use store::application::{Application, Event as Story};
use store::review::Enqueue;
use store::{AuditEntry, Batch, BlobRecord, Job, Keys};

/// The job that waits for the timer of an application.
pub(crate) const TIMER: &str = "application.timer";
/// The job that tells of a draft that will soon be deleted.
pub(crate) const DRAFT: &str = "application.draft";
/// The job that runs the checks.
pub(crate) const CHECK: &str = "application.check";

/// What was decided, for the caller to add to before the commit.
#[derive(Debug)]
pub struct Staged {
    /// The application as it will be.
    pub loaded: Loaded,
    /// The state before.
    pub before: State,
    /// What was decided to follow. All of it is in the batch already, except
    /// [`Effect::SwitchOn`], which is the caller's.
    pub effects: Vec<Effect>,
}

/// Decides what `event` makes of the application and adds every row of that to `batch`: state,
/// story, audit entry, queue, notices and jobs. The caller commits; a conflict means that somebody
/// was faster.
pub async fn stage(
    app: &App,
    batch: &mut Batch,
    id: ApplicationId,
    event: &Event,
    actor: &Actor,
) -> Result<Staged, Error> {
    stage_marked(app, batch, id, event, actor, &[]).await
}

/// The same for a decision that marked regions of photos, each as `left,top,width,height` in
/// thousandths.
pub async fn stage_marked(
    app: &App,
    batch: &mut Batch,
    id: ApplicationId,
    event: &Event,
    actor: &Actor,
    regions: &[(Item, String)],
) -> Result<Staged, Error> {
    let row = store::application::load(&app.store.db, id).await?.ok_or(Error::NotFound)?;
    if actor.operator_id().is_some_and(|operator_id| operator_id != row.operator_id) {
        return Err(Error::NotFound);
    }
    let loaded = complete(app, row).await?;
    stage_loaded(app, batch, loaded, event, actor, regions).await
}

/// The end of the checks, whose difficulty decides the place in the queue.
pub(super) async fn stage_checked(
    app: &App,
    batch: &mut Batch,
    loaded: Loaded,
    event: &Event,
    difficulty: i64,
) -> Result<Staged, Error> {
    let by = By { actor: &Actor::System, regions: &[], difficulty };
    stage_by(app, batch, loaded, event, by).await
}

/// The same for a decision that makes the application a party's.
pub(crate) async fn stage_for_party(
    app: &App,
    batch: &mut Batch,
    id: ApplicationId,
    event: &Event,
    party_id: PartyId,
) -> Result<Staged, Error> {
    let row = store::application::load(&app.store.db, id).await?.ok_or(Error::NotFound)?;
    let mut loaded = complete(app, row).await?;
    loaded.application.party_id = Some(party_id);
    stage_loaded(app, batch, loaded, event, &Actor::System, &[]).await
}

/// What the applicant would be told of `event` if it happened at `at`, before anything is decided;
/// none if he would be told nothing yet.
pub(crate) async fn preview(
    app: &App,
    id: ApplicationId,
    event: &Event,
    at: At,
) -> Result<Vec<Template>, Error> {
    let row = store::application::load(&app.store.db, id).await?.ok_or(Error::NotFound)?;
    let loaded = complete(app, row).await?;
    let step = decide(&loaded.application.facts, loaded.rules(), event, at)?;
    let told = step.effects.iter().filter_map(|effect| match effect {
        Effect::Tell(tell) => template(app, &loaded, tell),
        _ => None,
    });
    let mut templates: Vec<Template> = told.collect();
    // An approval is told once the network has confirmed it.
    if step.effects.contains(&Effect::SwitchOn) {
        templates.extend(template(app, &loaded, &Tell::Ready));
    }
    Ok(templates)
}

pub(super) async fn stage_loaded(
    app: &App,
    batch: &mut Batch,
    loaded: Loaded,
    event: &Event,
    actor: &Actor,
    regions: &[(Item, String)],
) -> Result<Staged, Error> {
    let checks = store::application::check::latest(&app.store.db, loaded.application.id).await?;
    let by = By { actor, regions, difficulty: domain::review::difficulty(&checks) };
    stage_by(app, batch, loaded, event, by).await
}

/// Who decides, and what comes with the decision.
#[derive(Clone, Copy)]
struct By<'a> {
    actor: &'a Actor,
    regions: &'a [(Item, String)],
    difficulty: i64,
}

async fn stage_by(
    app: &App,
    batch: &mut Batch,
    mut loaded: Loaded,
    event: &Event,
    by: By<'_>,
) -> Result<Staged, Error> {
    let at = batch.at();
    let step = decide(&loaded.application.facts, loaded.rules(), event, at)?;
    let before = loaded.application.facts.state;
    if step.next == loaded.application.facts && step.effects.is_empty() {
        return Ok(Staged { loaded, before, effects: Vec::new() });
    }
    loaded.application.facts = step.next;
    if step.effects.contains(&Effect::Erase) {
        erase(app, batch, &mut loaded).await?;
    }
    store::application::update(batch, &mut loaded.application);
    follow_number(batch, &loaded.application, before);
    tell_story(batch, &loaded.application, event);
    let detail = serde_json::json!({
        "from": before.code(),
        "to": loaded.application.facts.state.code(),
        "policy": loaded.application.policy,
        "reasons": reasons_of(event),
    });
    let action = format!("application.{}", event.code());
    audit(batch, &loaded.application, by.actor, &action, detail);
    arm(batch, &loaded);
    for effect in &step.effects {
        follow(app, batch, &loaded, effect, by).await?;
    }
    Ok(Staged { loaded, before, effects: step.effects })
}

/// A number has one open application: it is claimed on the way in and freed at the end.
fn follow_number(batch: &mut Batch, application: &Application, before: State) {
    let is_open = |state: State| state.is_ours() || state == State::NeedsUpdate;
    let now = application.facts.state;
    match (application.msisdn, is_open(before), is_open(now)) {
        (Some(msisdn), false, true) => {
            store::application::claim_number(batch, application, msisdn);
        }
        (Some(_), true, false) => store::application::close_number(batch, application),
        _ => {}
    }
}

async fn follow(
    app: &App,
    batch: &mut Batch,
    loaded: &Loaded,
    effect: &Effect,
    by: By<'_>,
) -> Result<(), Error> {
    let application = &loaded.application;
    match effect {
        Effect::RunChecks => super::draw::stage_checks(app, batch, application.id).await?,
        Effect::Queue { is_front } => queue(batch, application, *is_front, by.difficulty),
        Effect::LeaveQueue => store::review::leave(batch, application.id),
        // The approval of a number is committed together with the number.
        Effect::SwitchOn | Effect::Erase => {}
        Effect::Tell(tell) => {
            if let Tell::UpdateAsked { redo, .. } = tell {
                ask_again(app, batch, application.id, redo, by.regions).await?;
            }
            if let Tell::Delayed { promise } | Tell::DateMoved { promise } = tell {
                store::review::move_promise(batch, application.id, promise.due_at);
            }
            notify(app, batch, loaded, tell).await?;
        }
    }
    Ok(())
}

/// Puts the application before people.
fn queue(batch: &mut Batch, application: &Application, is_front: bool, difficulty: i64) {
    let promised = application.facts.promise.map(|promise| promise.due_at);
    let case = Enqueue {
        application_id: application.id,
        operator_id: application.operator_id,
        kind: application.facts.kind,
        is_front,
        promise_at: promised.unwrap_or(batch.at()),
        difficulty,
        taken_by: application.taken_by,
    };
    case.push(batch);
}

async fn ask_again(
    app: &App,
    batch: &mut Batch,
    id: ApplicationId,
    redo: &[Redo],
    regions: &[(Item, String)],
) -> Result<(), Error> {
    let photos = Document::current(&app.store.db, id).await?;
    let mut rows: Vec<RedoRow> = Vec::new();
    for redo in redo {
        if rows.iter().any(|row| row.redo == *redo) {
            continue;
        }
        let photo = photos.iter().find(|photo| photo.item == redo.item);
        let region = regions.iter().find(|(item, _)| *item == redo.item);
        rows.push(RedoRow {
            redo: *redo,
            round: photo.map_or(0, |photo| photo.round),
            region: region.map(|(_, region)| region.clone()),
            is_done: false,
        });
    }
    set_redo(batch, id, &rows);
    Ok(())
}

/// Erases what the applicant entered. A key that the holder's own record took over is left alone.
async fn erase(app: &App, batch: &mut Batch, loaded: &mut Loaded) -> Result<(), Error> {
    let application = &mut loaded.application;
    // What was received is listed first: if it is drawn meanwhile, its row is gone and the batch a
    // conflict, and the next try finds the photo that was drawn.
    for received in Received::list(&app.store.db, application.id).await? {
        received.erase(batch, application.id);
    }
    for photo in Document::every(&app.store.db, application.id).await? {
        BlobRecord::erase(batch, photo.blob_id);
    }
    Contact::erase(batch, application.id);
    PhotoReading::erase(batch, application.id);
    PhotoFaces::erase(batch, application.id);
    Lookup::erase(batch, application.id);
    Challenge::erase(batch, application.id);
    if loaded.key.is_some() {
        Keys::erase(batch, application.data_key_id);
    }
    application.sealed_form = None;
    Ok(())
}

/// Waits for the timer of the present state.
pub(super) fn arm(batch: &mut Batch, loaded: &Loaded) {
    if let Some(run_at) = loaded.application.facts.due_at(&loaded.terms) {
        let key = loaded.application.subject();
        batch.job(Job { kind: TIMER, key, payload: serde_json::json!({}), run_at });
    }
    if let Some(run_at) = loaded.application.facts.draft_warned_at() {
        let key = loaded.application.subject();
        batch.job(Job { kind: DRAFT, key, payload: serde_json::json!({}), run_at });
    }
}

/// Tells of a draft that will be deleted, once per last day. Whoever has proven no contact cannot
/// be told.
pub(super) async fn warn(app: &App, batch: &mut Batch, loaded: &Loaded) -> Result<(), Error> {
    let application = &loaded.application;
    let draft_until = application.facts.draft_until;
    let template = Template::DraftExpiring {
        reference: application.reference.clone(),
        until: draft_until.date_in(&loaded.operator.zone),
        link: app.site.link("resume"),
    };
    let to = To::Contacts {
        contacts: confirmed(app, loaded).await?,
        lang: loaded.lang(),
        data_key_id: application.data_key_id,
    };
    let request = NoticeRequest {
        operator_id: application.operator_id,
        template,
        about: application.msisdn,
        application_id: Some(application.id),
        to,
        dedup: format!("{}:draft:{}", application.subject(), draft_until.millis()),
    };
    notice::stage(app, batch, request).await?;
    Ok(())
}

fn tell_story(batch: &mut Batch, application: &Application, event: &Event) {
    // Every version of one batch is a line of its own; a saved page is none.
    let story = Story {
        version: application.version,
        state: application.facts.state,
        event: event.code().to_owned(),
        detail: serde_json::json!({ "reasons": reasons_of(event) }),
        at: batch.at(),
    };
    story.insert(batch, application.id);
}

/// The public codes of the reasons an event carries.
fn reasons_of(event: &Event) -> Vec<&'static str> {
    use domain::decision::Verdict;
    let reasons: Vec<Reason> = match event {
        Event::UpdateAsked { redo } | Event::ChecksDone { verdict: Verdict::AskAgain { redo } } => {
            redo.iter().map(|redo| redo.reason).collect()
        }
        Event::Rejected { reasons }
        | Event::ChecksDone { verdict: Verdict::Refuse { reasons } } => reasons.clone(),
        _ => Vec::new(),
    };
    let mut codes: Vec<&'static str> = Vec::new();
    for reason in reasons {
        let code = reason.public().code();
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

pub(super) fn audit(
    batch: &mut Batch,
    application: &Application,
    actor: &Actor,
    action: &str,
    detail: serde_json::Value,
) {
    let at = batch.at();
    batch.audit(AuditEntry {
        operator_id: application.operator_id,
        subject: application.subject(),
        subject_version: application.version,
        actor: actor.audit_name(),
        action: action.to_owned(),
        detail_json: detail.to_string(),
        at,
    });
}

async fn notify(app: &App, batch: &mut Batch, loaded: &Loaded, tell: &Tell) -> Result<(), Error> {
    let application = &loaded.application;
    if matches!(tell, Tell::Received { .. }) && application.facts.kind == Kind::SimReplacement {
        warn_holder(app, batch, loaded).await?;
    }
    let Some(mut template) = template(app, loaded, tell) else { return Ok(()) };
    if let (Template::Approved { keep_by, .. }, Some(msisdn)) = (&mut template, application.msisdn)
    {
        // A number that is kept otherwise has no date, and the text does without.
        let kept = keep::view(app, msisdn).await.ok();
        *keep_by = kept.filter(|kept| kept.is_running).map(|kept| kept.deadline_on);
    }
    let is_working = matches!(tell, Tell::Ready);
    let to = match application.party_id {
        Some(party_id) if is_working => To::Holder(party_id),
        _ => {
            let contacts = confirmed(app, loaded).await?;
            let data_key_id = application.data_key_id;
            To::Contacts { contacts, lang: loaded.lang(), data_key_id }
        }
    };
    let request = NoticeRequest {
        operator_id: application.operator_id,
        template,
        about: application.msisdn,
        application_id: Some(application.id),
        to,
        dedup: format!("{}:v{}", application.subject(), application.version),
    };
    notice::stage(app, batch, request).await?;
    Ok(())
}

/// Whoever holds the number hears on every channel, the present card included, that somebody asked
/// for a new card (text 12), and can stop it.
async fn warn_holder(app: &App, batch: &mut Batch, loaded: &Loaded) -> Result<(), Error> {
    let application = &loaded.application;
    let Some(msisdn) = application.msisdn else { return Ok(()) };
    let row = store::number::load(&app.store.db, msisdn).await?;
    let Some(holder) = row.and_then(|row| row.facts.holder) else { return Ok(()) };
    let policy = crate::policy::of_operator(&loaded.operator, batch.at())?;
    let minutes = u32::try_from(*policy.sim_swap.cancel_minutes).unwrap_or(u32::MAX);
    if minutes == 0 {
        return Ok(());
    }
    let request = NoticeRequest {
        operator_id: application.operator_id,
        template: Template::SimRequested {
            tail: msisdn.tail4(),
            requested_at: batch.at(),
            minutes,
        },
        about: Some(msisdn),
        application_id: Some(application.id),
        to: To::Holder(holder.party_id),
        dedup: format!("{}:sim:v{}", application.subject(), application.version),
    };
    notice::stage(app, batch, request).await?;
    Ok(())
}

/// The contacts that the applicant proved.
pub(super) async fn confirmed(app: &App, loaded: &Loaded) -> Result<Vec<Reached>, Error> {
    let application = &loaded.application;
    let Some(key) = &loaded.key else { return Ok(Vec::new()) };
    let zone = application.zone.as_deref().and_then(Zone::named);
    let mut contacts = Vec::new();
    for contact in Contact::list(&app.store.db, application.id).await? {
        if contact.confirmed_at.is_none() {
            continue;
        }
        let text = contact.open(application.id, key)?;
        let address = match contact.channel {
            Channel::Email => Address::Email(text),
            _ => Address::Phone(text),
        };
        contacts.push(Reached { address, zone: zone.clone() });
    }
    Ok(contacts)
}

fn template(app: &App, loaded: &Loaded, tell: &Tell) -> Option<Template> {
    let application = &loaded.application;
    // The end of an appeal is told by what becomes of the application it is about.
    if matches!(tell, Tell::Ready) && application.facts.kind == Kind::Appeal {
        return None;
    }
    let tail = application.msisdn.map(domain::msisdn::Msisdn::tail4).unwrap_or_default();
    let reference = application.reference.clone();
    let link = || app.site.link(&format!("s/{}", application.reference));
    let last_day = |until: At| until.plus_millis(-1).date_in(&loaded.operator.zone);
    Some(match tell {
        Tell::Received { promise } if application.facts.kind == Kind::Appeal => {
            Template::AppealOpen { tail, promise_at: promise.due_at }
        }
        Tell::Received { promise } => {
            Template::Submitted { tail, reference, promise_at: promise.due_at }
        }
        Tell::UpdateAsked { redo, until } => {
            let mut items: Vec<Item> = redo.iter().map(|redo| redo.item).collect();
            items.sort_unstable();
            items.dedup();
            Template::NeedsUpdate {
                tail,
                items: u32::try_from(items.len()).unwrap_or(u32::MAX),
                reason: redo.first()?.reason.public().code().to_owned(),
                until: last_day(*until),
                link: link(),
            }
        }
        Tell::Rejected { reasons, .. } => Template::Rejected {
            tail,
            reason: reasons.first()?.public().code().to_owned(),
            appeal_days: u32::from(loaded.terms.appeal_days),
        },
        Tell::Delayed { promise } | Tell::DateMoved { promise } => {
            Template::Delayed { tail, promise_at: promise.due_at }
        }
        Tell::Ready => Template::Approved { tail, keep_by: None },
        Tell::Withdrawn => Template::Withdrawn { tail, reference },
        // Told as a refusal for E3, with what was entered kept.
        Tell::Expired { .. } => Template::Rejected {
            tail,
            reason: Reason::E3.code().to_owned(),
            appeal_days: u32::from(loaded.terms.appeal_days),
        },
    })
}
