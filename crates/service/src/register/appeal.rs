//! Disagreeing: a person's look at what the machine refused, and the appeal.

use super::load::{Loaded, load};
use super::stage::{arm, audit};
use super::start::{Begin, Beginning, Begun, begin_with};
use super::submit::act;
use crate::app::App;
use crate::error::Error;
use crate::id;
use crate::retry;
use domain::access::{Action, Actor};
use domain::application::{ApplicationRefusal, Event, Kind, State};
use domain::id::ApplicationId;
use domain::time::At;
use store::Batch;
use store::application::contact::Contact;

/// Has a person look at what the machine refused.
pub async fn ask_person(app: &App, actor: &Actor, id: ApplicationId) -> Result<(), Error> {
    act(app, actor, id, &Event::PersonAsked).await
}

/// Begins an appeal against a refusal: a new application that refers to it, with the same contacts.
/// It is then filled in and sent like any other. A second appeal against one decision is the first,
/// and what was entered for the decision is kept while it is appealed.
pub async fn appeal(app: &App, actor: &Actor, id: ApplicationId) -> Result<Begun, Error> {
    let loaded = load(app, actor, Action::ChangeApplication, id).await?;
    check(&loaded, app.now())?;
    if let Some(known) = loaded.application.appealed_by {
        let row = store::application::load(&app.store.db, known).await?.ok_or(Error::NotFound)?;
        return Ok(Begun { id: row.id, reference: row.reference });
    }
    let begin = Begin {
        operator_id: loaded.operator.id,
        kind: Kind::Appeal,
        lang: loaded.lang(),
        zone: loaded.application.zone.clone(),
        number: loaded.form.number.clone(),
        sim_tail: loaded.form.sim_tail.clone(),
    };
    let of = Beginning { appeal_of: Some(&loaded.application), eid: None };
    let begun = begin_with(app, &begin, id::reference(), of).await?;
    take_contacts(app, &loaded, &begun).await?;
    note_appeal(app, actor, id, begun).await
}

fn check(loaded: &Loaded, now: At) -> Result<(), Error> {
    let facts = &loaded.application.facts;
    if facts.state != State::Rejected {
        return Err(ApplicationRefusal::NotInReview.into());
    }
    if facts.is_erased || facts.kept_until.is_none_or(|until| now >= until) {
        return Err(ApplicationRefusal::TooLate.into());
    }
    Ok(())
}

/// The contacts that were proven for the decision need not be proven again.
async fn take_contacts(app: &App, of: &Loaded, begun: &Begun) -> Result<(), Error> {
    let applicant = Actor::Applicant { operator_id: of.operator.id, application_id: begun.id };
    let contacts = Contact::list(&app.store.db, of.application.id).await?;
    retry(|| async {
        let mut new = load(app, &applicant, Action::ChangeApplication, begun.id).await?;
        let mut batch = Batch::new(app.now());
        for contact in contacts.iter().filter(|contact| contact.confirmed_at.is_some()) {
            let address = contact.open(of.application.id, of.key()?)?;
            let mut copy =
                Contact::of(begun.id, contact.channel, &address, new.key()?, contact.index);
            copy.confirmed_at = contact.confirmed_at;
            copy.upsert(&mut batch, begun.id);
        }
        store::application::update(&mut batch, &mut new.application);
        let detail = serde_json::json!({ "of": of.application.id.to_string() });
        audit(&mut batch, &new.application, &applicant, "application.take_contact", detail);
        Ok(app.store.db.commit(batch).await?)
    })
    .await
}

/// Notes the appeal on the decision; whoever was faster, his is the appeal.
async fn note_appeal(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    begun: Begun,
) -> Result<Begun, Error> {
    retry(|| async {
        let mut loaded = load(app, actor, Action::ChangeApplication, id).await?;
        if let Some(known) = loaded.application.appealed_by {
            let row = store::application::load(&app.store.db, known).await?;
            let row = row.ok_or(Error::NotFound)?;
            return Ok(Begun { id: row.id, reference: row.reference });
        }
        let mut batch = Batch::new(app.now());
        let days = i64::from(loaded.terms.draft_days) + i64::from(loaded.terms.appeal_days);
        loaded.application.appealed_by = Some(begun.id);
        loaded.application.facts.kept_until = Some(batch.at().plus_days(days));
        store::application::update(&mut batch, &mut loaded.application);
        let detail = serde_json::json!({ "appeal": begun.id.to_string() });
        audit(&mut batch, &loaded.application, actor, "application.appeal", detail);
        arm(&mut batch, &loaded);
        app.store.db.commit(batch).await?;
        Ok(begun.clone())
    })
    .await
}
