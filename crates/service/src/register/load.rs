//! Loading an application with everything a decision about it needs.

use crate::app::App;
use crate::error::Error;
use crate::{access, calendar, operator, policy};
use domain::access::{Action, Actor};
use domain::application::form::Form;
use domain::application::{Rules, Terms};
use domain::calendar::Calendar;
use domain::id::ApplicationId;
use domain::operator::Operator;
use domain::policy::Policy;
use domain::time::At;
use jiff::civil::Date;
use seal::DataKey;
use store::application::Application;
use words::Lang;

/// An application, opened.
#[derive(Debug)]
pub struct Loaded {
    /// The row.
    pub application: Application,
    /// The key of everything sealed about it; none once it was erased.
    pub key: Option<DataKey>,
    /// What was typed; empty once it was erased.
    pub form: Box<Form>,
    /// Its operator.
    pub operator: Operator,
    /// The policy it began under.
    pub policy: Box<Policy>,
    /// The part of the policy that applications go by.
    pub terms: Terms,
    /// The operator's calendar.
    pub calendar: Calendar,
}

impl Loaded {
    /// What a decision goes by.
    pub fn rules(&self) -> Rules<'_> {
        Rules { terms: &self.terms, calendar: &self.calendar, zone: &self.operator.zone }
    }

    /// The day it is at `at` where the law of the operator holds.
    pub fn today(&self, at: At) -> Date {
        at.date_in(&self.operator.zone)
    }

    /// The key; a fault if the data was erased meanwhile.
    pub fn key(&self) -> Result<&DataKey, Error> {
        self.key.as_ref().ok_or(Error::NotFound)
    }

    /// The applicant's language.
    pub fn lang(&self) -> Lang {
        if self.application.lang == Lang::En.code() { Lang::En } else { Lang::Zh }
    }

    /// Puts the form back into the row, sealed.
    pub fn seal_form(&mut self) -> Result<(), Error> {
        let text = serde_json::to_vec(&self.form).map_err(|e| Error::fault(e.to_string()))?;
        let Some(key) = &self.key else { return Err(Error::NotFound) };
        self.application.seal_form(key, &text);
        Ok(())
    }
}

/// The application `id`, if it exists and `actor` may do `action` to it. An applicant may only to
/// his own.
pub async fn load(
    app: &App,
    actor: &Actor,
    action: Action,
    id: ApplicationId,
) -> Result<Loaded, Error> {
    let application = store::application::load(&app.store.db, id).await?.ok_or(Error::NotFound)?;
    if *actor != Actor::System {
        access::require(actor, action, Some(application.operator_id))?;
    }
    if matches!(actor, Actor::Applicant { application_id, .. } if *application_id != id) {
        return Err(Error::NotFound);
    }
    complete(app, application).await
}

/// The same with the row at hand.
pub(crate) async fn complete(app: &App, application: Application) -> Result<Loaded, Error> {
    let operator = operator::load(app, application.operator_id).await?;
    let policy = Box::new(policy::of_operator(&operator, application.created_at)?);
    let key = async { Ok(app.store.keys.load(&app.store.db, application.data_key_id).await?) };
    let (calendar, key) = futures::try_join!(calendar::of(app, &operator.policy_pack), key)?;
    let form = match &key {
        Some(key) => match application.open_form(key)? {
            Some(text) => serde_json::from_slice(&text).map_err(|e| Error::fault(e.to_string()))?,
            None => Box::default(),
        },
        None => Box::default(),
    };
    let terms = Terms::of(&policy);
    Ok(Loaded { application, key, form, operator, policy, terms, calendar })
}
