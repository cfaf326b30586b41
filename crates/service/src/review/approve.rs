//! What an approval makes: the party, its document and how it is reached, and the number.

use super::subject::Subject;
use crate::App;
use crate::error::Error;
use crate::esim;
use crate::notice::Address;
use crate::notice::reach::{Preference, record};
use crate::register;
use domain::access::Actor;
use domain::application::form::Identity;
use domain::application::{Event, Kind};
use domain::id::{ApplicationId, EpisodeId, PartyId};
use domain::notice::{Channel, Template};
use domain::number::{self, NumberRefusal};
use domain::review::ReviewRefusal;
use domain::sim::Iccid;
use domain::time::Zone;
use seal::DataKey;
use store::application::contact::Contact;
use store::number::NumberRow;
use store::party::{self, MATCH_COLUMN, Party, PartyDocument, PartyKind, Profile};
use store::{Batch, Job};
use words::Lang;

/// Adds everything an approval changes to `batch`: one identity is one party of the operator,
/// however many cards it registers; the cap is counted on the party, so of many approvals at once
/// exactly as many pass as it allows. Refused as the number's rules refuse.
pub(super) async fn stage(app: &App, batch: &mut Batch, subject: &Subject) -> Result<(), Error> {
    stage_by(app, batch, subject, &Event::Approved).await
}

/// The same for what the machine approves when its checks are done, before any person saw it.
pub(crate) async fn stage_by_machine(
    app: &App,
    batch: &mut Batch,
    loaded: &register::Loaded,
) -> Result<(), Error> {
    let subject = Subject::unseen(app, loaded).await?;
    let event = Event::ChecksDone { verdict: domain::decision::Verdict::Approve };
    stage_by(app, batch, &subject, &event).await
}

async fn stage_by(
    app: &App,
    batch: &mut Batch,
    subject: &Subject,
    approved: &Event,
) -> Result<(), Error> {
    if let Some(original) = subject.application.appeal_of {
        return uphold(app, batch, subject, original).await;
    }
    let identity = subject.identity(batch.at()).ok_or(ReviewRefusal::IdentityUnreadable)?;
    let (party_id, is_known) = party(app, batch, subject, &identity).await?;
    if let Some(msisdn) = subject.application.msisdn {
        let row = store::number::load(&app.store.db, msisdn).await?.ok_or(Error::NotFound)?;
        if subject.form.is_esim && subject.case.kind == Kind::SimReplacement {
            order_esim(app, batch, subject, &row, party_id).await?;
            let (id, event) = (subject.application.id, Event::Approved);
            register::stage_for_party(app, batch, id, &event, party_id).await?;
            return Ok(());
        }
        let (episode_id, sim): (EpisodeId, _) =
            (crate::id::new(batch.at()), card(app, subject).await?);
        let event = number::approved(subject.case.kind, &row.facts, party_id, episode_id, sim)?;
        if let Some(event) = event {
            let step = crate::number::stage(app, batch, msisdn, &event, &Actor::System).await?;
            match step.next.sim {
                Some(sim) if step.effects.contains(&number::Effect::Provision) => {
                    crate::number::announce_ready(batch, msisdn, sim, subject.application.id);
                }
                // There is no network to wait for.
                _ => ready(batch, subject.application.id),
            }
            if is_known && matches!(event, number::Event::HolderVerified { .. }) {
                tell_of_new_number(app, batch, subject, party_id).await?;
            }
        }
    }
    register::stage_for_party(app, batch, subject.application.id, approved, party_id).await?;
    Ok(())
}

/// An eSIM is ordered for the number, which moves to it when the SM-DP+ has confirmed it; until
/// then the present SIM serves. Refused now if the number's rules refuse the move now.
async fn order_esim(
    app: &App,
    batch: &mut Batch,
    subject: &Subject,
    row: &NumberRow,
    party_id: PartyId,
) -> Result<(), Error> {
    let holder = row.facts.holder.filter(|holder| holder.party_id == party_id);
    let holder = holder.ok_or(NumberRefusal::NotHolder)?;
    let eid = subject.form.eid().map_err(|refusal| Error::refused(&refusal))?;
    let wanted = esim::Wanted {
        operator_id: row.operator_id,
        msisdn: row.msisdn,
        application_id: subject.application.id,
        episode_id: holder.episode_id,
        eid: eid.map(|eid| eid.to_string()),
    };
    let sim = esim::stage(app, batch, &wanted).await?;
    crate::number::refuse_unless(app, row.msisdn, &number::Event::SimReplaced { sim }).await
}

/// An appeal that is upheld brings the refused application before people again, with a new promise;
/// the appeal itself is done.
async fn uphold(
    app: &App,
    batch: &mut Batch,
    subject: &Subject,
    original: ApplicationId,
) -> Result<(), Error> {
    let (id, system) = (subject.application.id, Actor::System);
    // In this order: the appeal frees the number, which only one open application may claim.
    register::stage(app, batch, id, &Event::Approved, &system).await?;
    register::stage(app, batch, original, &Event::AppealUpheld, &system).await?;
    ready(batch, id);
    Ok(())
}

/// The application is done as soon as this is committed.
fn ready(batch: &mut Batch, id: ApplicationId) {
    let (run_at, payload) = (batch.at(), serde_json::json!({}));
    batch.job(Job { kind: crate::provision::READY, key: id.to_string(), payload, run_at });
}

/// The card the application names.
async fn card(app: &App, subject: &Subject) -> Result<Option<number::SimRef>, Error> {
    let iccid = subject.application.iccid.as_deref().and_then(|text| Iccid::parse(text).ok());
    let Some(iccid) = iccid else { return Ok(None) };
    let row = store::number::sim::load(&app.store.db, iccid).await?;
    Ok(row.map(|row| row.sim))
}

/// The party behind the identity, made if it is new; whether it was known.
async fn party(
    app: &App,
    batch: &mut Batch,
    subject: &Subject,
    identity: &Identity,
) -> Result<(PartyId, bool), Error> {
    let (store, operator_id) = (&app.store, subject.case.operator_id);
    let index = store.keys.blind(MATCH_COLUMN, &identity.document.match_key());
    let document = PartyDocument {
        number: identity.document.clone(),
        expires: identity.expires,
        recorded_at: batch.at(),
    };
    if let Some(party_id) = party::claimant(&store.db, operator_id, index).await? {
        let party = Party::load(&store.db, party_id).await?.ok_or(Error::NotFound)?;
        let key = store.keys.load(&store.db, party.data_key_id).await?.ok_or(Error::NotFound)?;
        party.insert_document(batch, &key, &document, index);
        reach(app, batch, subject, party_id, &key).await?;
        return Ok((party_id, true));
    }
    let at = batch.at();
    let key = store.keys.create(batch, at);
    let party_id: PartyId = crate::id::new(at);
    let profile = Profile {
        name: identity.name.clone(),
        birth: identity.birth,
        address: subject.form.address.clone(),
    };
    let kind =
        if subject.form.is_of_organisation() { PartyKind::Organisation } else { PartyKind::Person };
    let party = Party::new(party_id, operator_id, kind, &key, &profile);
    party.insert(batch);
    party::claim(batch, operator_id, index, party_id);
    party.insert_document(batch, &key, &document, index);
    reach(app, batch, subject, party_id, &key).await?;
    Ok((party_id, false))
}

/// The contacts that the applicant proved are the holder's from now on.
async fn reach(
    app: &App,
    batch: &mut Batch,
    subject: &Subject,
    party_id: PartyId,
    key: &DataKey,
) -> Result<(), Error> {
    let application = &subject.application;
    let mut channels = Vec::new();
    for contact in Contact::list(&app.store.db, application.id).await? {
        if contact.confirmed_at.is_none() {
            continue;
        }
        let text = contact.open(application.id, &subject.key)?;
        let address = match contact.channel {
            Channel::Email => Address::Email(text),
            _ => Address::Phone(text),
        };
        channels.push((contact.channel, address));
    }
    let preference = Preference {
        operator_id: application.operator_id,
        lang: Lang::from_code(&application.lang).unwrap_or_default(),
        zone: application.zone.as_deref().and_then(Zone::named),
        channels,
    };
    record(app, batch, party_id, key, &preference);
    Ok(())
}

/// Whoever holds numbers already hears of every new one, so that nobody registers in his name
/// unnoticed (text 13).
async fn tell_of_new_number(
    app: &App,
    batch: &mut Batch,
    subject: &Subject,
    party_id: PartyId,
) -> Result<(), Error> {
    let application = &subject.application;
    let tail = application.msisdn.map(domain::msisdn::Msisdn::tail4).unwrap_or_default();
    let request = crate::notice::NoticeRequest {
        operator_id: application.operator_id,
        template: Template::NewNumber { tail },
        about: application.msisdn,
        application_id: Some(application.id),
        to: crate::notice::To::Holder(party_id),
        dedup: format!("{}:new_number", application.id),
    };
    crate::notice::stage(app, batch, request).await?;
    Ok(())
}
