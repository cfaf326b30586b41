//! What there is to say about an eSIM, and its activation code for its holder alone.

use crate::app::App;
use crate::error::Error;
use crate::holder::Way;
use crate::number;
use crate::register;
use crate::retry;
use domain::access::{Action, Actor};
use domain::esim::{ActivationCode, Download, Problem, Step};
use domain::id::ApplicationId;
use domain::msisdn::Msisdn;
use domain::time::At;
use seal::Sensitive;
use serde_json::json;
use store::number::esim::EsimOrder;
use store::{AuditEntry, Batch};

/// How far an eSIM is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EsimView {
    /// For which number.
    pub msisdn: Msisdn,
    /// How far the order got.
    pub step: Step,
    /// How far the phone got.
    pub download: Download,
    /// When it got there.
    pub download_at: Option<At>,
    /// What went wrong at the phone, while it stands.
    pub problem: Option<Problem>,
    /// Whether the SM-DP+ or the network keeps us waiting.
    pub is_slow: bool,
    /// Whether the code can be shown now.
    pub is_ready: bool,
    /// Whether it can be taken back.
    pub can_cancel: bool,
    /// Until when the code is shown.
    pub valid_until: Option<At>,
}

/// An eSIM with its activation code, if that can be shown.
#[derive(Clone, Debug)]
pub struct Activation {
    /// How far it is.
    pub view: EsimView,
    /// The code, as the QR code has it.
    pub code: Option<Sensitive<ActivationCode>>,
    /// Whether the code would be shown after a code to the registered contact: whoever has the lost
    /// phone could have read one that was sent to it.
    pub needs_contact: bool,
}

/// The newest eSIM that was ordered for the number in its present holding.
pub async fn of_number(
    app: &App,
    actor: &Actor,
    msisdn: Msisdn,
) -> Result<Option<EsimView>, Error> {
    let order = newest(app, actor, Action::SeeNumber, msisdn).await?;
    Ok(order.map(|order| view(app, &order)))
}

/// The eSIM that an application brought about, for its applicant: how far it is, never the code.
pub async fn of_application(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
) -> Result<Option<EsimView>, Error> {
    let loaded = register::load(app, actor, Action::SeeApplication, id).await?;
    let Some(msisdn) = loaded.application.msisdn else { return Ok(None) };
    if loaded.application.facts.kind != domain::application::Kind::SimReplacement {
        return Ok(None);
    }
    let orders = EsimOrder::of_number(&app.store.db, msisdn).await?;
    let mut own = orders.iter().filter(|order| order.application_id == id);
    Ok(own.next_back().map(|order| view(app, order)))
}

/// The same with the activation code, for the holder who proved the registered contact (`way`).
/// Each showing is an audit entry. It is shown until the profile is installed or its time is over.
pub async fn activation(
    app: &App,
    actor: &Actor,
    way: Way,
    msisdn: Msisdn,
) -> Result<Activation, Error> {
    if !matches!(actor, Actor::Holder { .. }) {
        return Err(Error::NotFound);
    }
    let order = newest(app, actor, Action::ServeNumber, msisdn).await?.ok_or(Error::NotFound)?;
    let view = view(app, &order);
    if !view.is_ready || way != Way::Contact {
        return Ok(Activation { needs_contact: view.is_ready, view, code: None });
    }
    let (_, secret) = order.open(&app.store.db, &app.store.keys).await?;
    let address = secret.address.as_deref().unwrap_or_default();
    let code = ActivationCode::new(address, &secret.matching_id)?;
    note_showing(app, actor, &order).await?;
    Ok(Activation { view, code: Some(Sensitive::new(code)), needs_contact: false })
}

async fn newest(
    app: &App,
    actor: &Actor,
    action: Action,
    msisdn: Msisdn,
) -> Result<Option<EsimOrder>, Error> {
    let (row, _) = number::load(app, actor, action, msisdn).await?;
    let episode_id = row.facts.holder.map(|holder| holder.episode_id);
    let mut orders = EsimOrder::of_number(&app.store.db, msisdn).await?;
    orders.retain(|order| Some(order.episode_id) == episode_id);
    Ok(orders.pop())
}

fn view(app: &App, order: &EsimOrder) -> EsimView {
    let facts = &order.facts;
    let is_over = order.valid_until.is_some_and(|until| app.now() >= until);
    EsimView {
        msisdn: order.msisdn,
        step: facts.step,
        download: facts.download,
        download_at: facts.download_at,
        problem: facts.open_problem(),
        is_slow: order.tries > 0,
        is_ready: facts.is_ready() && !is_over,
        can_cancel: matches!(facts.step, Step::Wanted | Step::Ordered | Step::Confirmed),
        valid_until: order.valid_until,
    }
}

/// Showings change nothing of the order; they are counted by themselves, so that none can be lost.
async fn note_showing(app: &App, actor: &Actor, order: &EsimOrder) -> Result<(), Error> {
    let subject = format!("esim_views:{}:{}", order.sim.iccid, order.msisdn);
    retry(|| async {
        let entries = store::audit::of_subject(&app.store.db, order.operator_id, &subject, 1);
        let entries = entries.await?;
        let last = entries.first().map_or(0, |stored| stored.entry.subject_version);
        let mut batch = Batch::new(app.now());
        batch.audit(AuditEntry {
            operator_id: order.operator_id,
            subject: subject.clone(),
            subject_version: last + 1,
            actor: actor.audit_name(),
            action: "esim.show".to_owned(),
            detail_json: json!({ "application": order.application_id }).to_string(),
            at: batch.at(),
        });
        Ok(app.store.db.commit(batch).await?)
    })
    .await
}
