//! An application that comes whole, from a program of the operator: the same steps in one call.

use super::load::load;
use super::receive::take_photos;
use super::save::{Change, IdentityFields, Purpose, keep, may_change, record_consents, save};
use super::start::{Begin, Beginning, begin_with};
use super::submit::{Submitted, submit};
use crate::app::App;
use crate::error::Error;
use crate::{access, id, retry};
use domain::access::{Action, Actor};
use domain::application::Kind;
use domain::application::form::{Problem, Who};
use domain::id::{ApplicationId, OperatorId};
use domain::identity::DocumentKind;
use domain::notice::Channel;
use domain::reason::Item;
use store::Batch;
use store::application::contact::Contact;
use words::Lang;

/// Everything an application needs.
#[derive(Clone, Debug)]
pub struct WholeApplication {
    /// What is asked for.
    pub kind: Kind,
    /// In which language the applicant is told.
    pub lang: Lang,
    /// The applicant's zone.
    pub zone: Option<String>,
    /// The number.
    pub number: String,
    /// The last six characters of the card, or its whole serial number.
    pub sim_tail: String,
    /// For whom.
    pub who: Who,
    /// Which document.
    pub document: DocumentKind,
    /// Name, number and dates.
    pub identity: IdentityFields,
    /// A number or e-mail address that the operator has confirmed; none to tell nobody.
    pub contact: Option<String>,
    /// What the applicant consented to, as the operator has it on record.
    pub consents: Vec<Purpose>,
    /// The photos.
    pub photos: Vec<(Item, Vec<u8>)>,
    /// Whether the answer waits a moment until the photos are drawn, to tell what is wrong with
    /// them. Without it the application is sent with photos that nobody has looked at, and comes
    /// back if one of them will not do.
    pub is_awaited: bool,
}

/// What the program gets.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The application; if it is incomplete, a draft that can be completed.
    pub id: ApplicationId,
    /// Six characters to read out.
    pub reference: String,
    /// Sent, or what is missing.
    pub submitted: Submitted,
}

/// Takes a whole application and sends it. What is wrong is answered all at once; the draft stays.
pub async fn submit_whole(
    app: &App,
    actor: &Actor,
    operator_id: OperatorId,
    whole: WholeApplication,
) -> Result<Answered, Error> {
    access::require(actor, Action::TakeApplication, Some(operator_id))?;
    let begin = Begin {
        operator_id,
        kind: whole.kind,
        lang: whole.lang,
        zone: whole.zone,
        number: whole.number,
        sim_tail: whole.sim_tail,
    };
    let begun = begin_with(app, &begin, id::reference(), Beginning::default()).await?;
    let id = begun.id;
    let mut found: Vec<Problem> = Vec::new();
    let changes = [
        Change::Who(Some(whole.who)),
        Change::Document(Some(whole.document)),
        Change::Identity(Box::new(whole.identity)),
    ];
    for change in changes {
        found.extend(save(app, actor, id, &change).await?);
    }
    if let Some(contact) = whole.contact {
        take_contact(app, actor, id, &contact).await?;
    }
    found.extend(record_consents(app, actor, id, (&whole.consents, false)).await?);
    found.extend(take_photos(app, actor, id, whole.photos, whole.is_awaited).await?);
    let submitted =
        if found.is_empty() { submit(app, actor, id).await? } else { Submitted::Incomplete(found) };
    Ok(Answered { id, reference: begun.reference, submitted })
}

/// Records a contact that the operator vouches for.
async fn take_contact(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    contact: &str,
) -> Result<(), Error> {
    let (channel, address): (Channel, String) = super::contact::parse(contact)?;
    retry(|| async {
        let mut loaded = load(app, actor, Action::ChangeApplication, id).await?;
        may_change(app, &loaded, &[]).await?;
        let mut batch = Batch::new(app.now());
        let index = super::contact::index_of(app, &address);
        let mut row = Contact::of(id, channel, &address, loaded.key()?, index);
        row.confirmed_at = Some(batch.at());
        row.upsert(&mut batch, id);
        let detail = serde_json::json!({ "channel": channel.key() });
        keep(&mut batch, &mut loaded, actor, "application.take_contact", detail);
        Ok(app.store.db.commit(batch).await?)
    })
    .await
}
