//! Everything about one case that a decision or its page needs.

use crate::App;
use crate::error::Error;
use crate::register::Loaded;
use domain::application::Kind;
use domain::application::form::{Form, Identity, Who};
use domain::check::Check;
use domain::id::ApplicationId;
use domain::policy::Policy;
use domain::reason::Item;
use domain::review::{SecondFacts, Stage, Verdict, portrait_outcome};
use domain::time::At;
use jiff::civil::Date;
use seal::DataKey;
use store::application::document::Document;
use store::application::{self, Application, check};
use store::review::Case;

/// A case with its application opened.
#[derive(Debug)]
pub(super) struct Subject {
    /// The case.
    pub(super) case: Case,
    /// The application.
    pub(super) application: Application,
    /// The key of everything sealed about it.
    pub(super) key: DataKey,
    /// What was typed.
    pub(super) form: Form,
    /// Every photo, those put aside included.
    pub(super) documents: Vec<Document>,
    /// The last run of checks.
    pub(super) checks: Vec<Check>,
    /// The policy that holds.
    pub(super) policy: Policy,
}

impl Subject {
    /// Opens the application of a case that the actor may see.
    pub(super) async fn open(app: &App, case: Case) -> Result<Self, Error> {
        let (db, id) = (&app.store.db, case.application_id);
        let application = application::load(db, id).await?.ok_or(Error::NotFound)?;
        let key = app.store.keys.load(db, application.data_key_id).await?.ok_or(Error::NotFound)?;
        let form = match application.open_form(&key)? {
            Some(json) => serde_json::from_slice(&json)
                .map_err(|_| Error::fault("read what an applicant typed"))?,
            None => Form::default(),
        };
        Ok(Self {
            documents: Document::every(db, id).await?,
            checks: check::latest(db, id).await?,
            policy: crate::policy::of(app, case.operator_id, app.now()).await?,
            case,
            application,
            key,
            form,
        })
    }

    /// An application that no person has seen, as if it had come before one now.
    pub(super) async fn unseen(app: &App, loaded: &Loaded) -> Result<Self, Error> {
        let application = &loaded.application;
        let case = Case {
            application_id: application.id,
            operator_id: application.operator_id,
            kind: application.facts.kind,
            stage: Stage::First,
            round: 0,
            is_open: false,
            is_front: false,
            promise_at: app.now(),
            difficulty: 0,
            taken_by: None,
            preferred: None,
            claimed_by: None,
            lease_until: None,
            first_by: None,
            second_by: None,
            pending_id: None,
            settle_at: None,
            queued_at: app.now(),
            version: 0,
            step: 0,
        };
        Self::open(app, case).await
    }

    /// What a reviewer decides on, in the order of the page.
    pub(super) fn items(&self) -> Vec<Item> {
        // An appeal has nothing of its own to look at but its text.
        if self.case.kind == Kind::Appeal {
            return Vec::new();
        }
        let mut items = vec![Item::Name, Item::DocumentNumber];
        items.extend(self.form.photos(self.case.kind));
        for document in &self.documents {
            if document.replaced_at.is_none() && !items.contains(&document.item) {
                items.push(document.item);
            }
        }
        items
    }

    /// The holder as typed, if the document number passes its check.
    pub(super) fn identity(&self, at: At) -> Option<Identity> {
        self.form.identity(self.today(at))
    }

    /// The operator's day.
    pub(super) fn today(&self, at: At) -> Date {
        at.date_in(&self.policy.zone)
    }

    /// Changes when anything a decision rests on changes: what a form was made of.
    pub(super) fn stamp(&self) -> String {
        let case = &self.case;
        format!("{}.{}.{}", self.application.version, case.round, case.stage.code())
    }

    /// What the rules of the second look go by.
    pub(super) fn second_facts(&self, app: &App, verdict: Verdict, at: At) -> SecondFacts {
        let birth = self.identity(at).and_then(|identity| identity.birth);
        let age = birth.and_then(|birth| domain::identity::age(birth, self.today(at)));
        SecondFacts {
            verdict,
            kind: self.case.kind,
            portrait: portrait_outcome(&self.checks),
            is_minor: self.form.who == Some(Who::Child) || age.is_some_and(|age| age < ADULT_AGE),
            is_organisation: self.form.is_of_organisation(),
            draw: draw(app, self.case.application_id),
        }
    }
}

/// Civil Code art. 17: who is eighteen is an adult.
pub(crate) const ADULT_AGE: i16 = 18;

/// A number below 10,000 that follows from the id by the key file's index key.
pub(crate) fn draw(app: &App, id: ApplicationId) -> u16 {
    let hash = app.store.keys.blind("review.sample", &id.to_string());
    let first = u64::from_be_bytes(*hash.first_chunk().expect("a blind index has 16 bytes"));
    u16::try_from(first % 10_000).expect("below 10,000")
}
