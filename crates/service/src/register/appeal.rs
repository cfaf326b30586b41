//! Disagreeing: a person's look at what the machine refused, and the appeal.

use super::load::load;
use super::stage::audit;
use super::start::{Begin, Begun, begin_with};
use super::submit::act;
use crate::app::App;
use crate::error::Error;
use crate::id;
use crate::retry;
use domain::access::{Action, Actor};
use domain::application::{ApplicationRefusal, Event, Kind, State};
use domain::id::ApplicationId;
use store::Batch;
use store::application::contact::Contact;

/// Has a person look at what the machine refused.
pub async fn ask_person(app: &App, actor: &Actor, id: ApplicationId) -> Result<(), Error> {
    act(app, actor, id, &Event::PersonAsked).await
}

/// Begins an appeal against a refusal: a new application that refers to it, with the same contacts.
/// It is then filled in and sent like any other; a second appeal against one decision is the first.
pub async fn appeal(app: &App, actor: &Actor, id: ApplicationId) -> Result<Begun, Error> {
    let loaded = load(app, actor, Action::ChangeApplication, id).await?;
    let facts = &loaded.application.facts;
    if facts.state != State::Rejected {
        return Err(ApplicationRefusal::NotInReview.into());
    }
    if facts.is_erased || facts.kept_until.is_none_or(|until| app.now() >= until) {
        return Err(ApplicationRefusal::TooLate.into());
    }
    let begin = Begin {
        operator_id: loaded.operator.id,
        kind: Kind::Appeal,
        lang: loaded.lang(),
        zone: loaded.application.zone.clone(),
        number: loaded.form.number.clone(),
        sim_tail: loaded.form.sim_tail.clone(),
    };
    let begun = begin_with(app, &begin, id::reference(), Some(&loaded.application)).await?;
    let of = Actor::Applicant { operator_id: loaded.operator.id, application_id: begun.id };
    let key = loaded.key()?;
    let contacts = Contact::list(&app.store.db, id).await?;
    retry(|| async {
        let mut new = load(app, &of, Action::ChangeApplication, begun.id).await?;
        let mut batch = Batch::new(app.now());
        for contact in contacts.iter().filter(|contact| contact.confirmed_at.is_some()) {
            let address = contact.open(id, key)?;
            let mut copy =
                Contact::of(begun.id, contact.channel, &address, new.key()?, contact.index);
            copy.confirmed_at = contact.confirmed_at;
            copy.upsert(&mut batch, begun.id);
        }
        store::application::update(&mut batch, &mut new.application);
        let detail = serde_json::json!({ "of": id.to_string() });
        audit(&mut batch, &new.application, actor, "application.appeal", detail);
        Ok(app.store.db.commit(batch).await?)
    })
    .await?;
    Ok(begun)
}
