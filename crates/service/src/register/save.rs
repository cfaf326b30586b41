//! Saving a page: what was typed is kept, right or wrong, and what is wrong is said.

use super::authority::is_portrait_shown;
use super::load::{Loaded, load};
use super::redo::is_asked;
use super::stage::audit;
use super::start::{guess_pair, pair, told_pair};
use crate::app::App;
use crate::error::Error;
use crate::retry;
use domain::access::{Action, Actor};
use domain::application::form::{
    DateText, Form, FormRefusal, Problem, Section, Who, problems, sim_tail,
};
use domain::application::organisation::Organisation;
use domain::application::{ApplicationRefusal, State};
use domain::id::ApplicationId;
use domain::identity::DocumentKind;
use domain::msisdn::Msisdn;
use domain::reason::Item;
use domain::time::At;
use store::Batch;
use store::application::Application;
use store::application::contact::Consent;
use store::application::document::redo_done;
use store::application::face::PhotoFaces;

/// The fields of one page, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Number and card.
    Number {
        /// The number.
        number: String,
        /// The last six characters of the card.
        sim_tail: String,
    },
    /// The phone's chip, where an eSIM replaces the card.
    Esim {
        /// The EID; nothing if it is not known.
        eid: String,
    },
    /// For whom.
    Who(Option<Who>),
    /// Which document.
    Document(Option<DocumentKind>),
    /// Name, number and dates.
    Identity(Box<IdentityFields>),
    /// Why an earlier decision should be looked at again.
    AppealText(String),
}

/// The fields of the identity page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityFields {
    /// The name.
    pub name: seal::Sensitive<String>,
    /// Whether the applicant could not type it rightly.
    pub is_name_incomplete: bool,
    /// The document's number.
    pub document_number: seal::Sensitive<String>,
    /// Day of birth.
    pub birth: DateText,
    /// The document's last day.
    pub expires: DateText,
    /// Whether it says 长期.
    pub is_long_term: bool,
    /// The address.
    pub address: seal::Sensitive<String>,
    /// The guardian's name.
    pub guardian_name: seal::Sensitive<String>,
    /// The guardian's number.
    pub guardian_number: seal::Sensitive<String>,
    /// Who acts and answers for an organisation.
    pub organisation: Organisation,
}

impl Change {
    fn section(&self) -> Section {
        match self {
            Self::Number { .. } | Self::Esim { .. } => Section::Number,
            Self::Who(_) => Section::Who,
            Self::Document(_) => Section::Document,
            Self::Identity(_) | Self::AppealText(_) => Section::Identity,
        }
    }

    /// The items that this page redoes.
    fn items(&self) -> &'static [Item] {
        match self {
            Self::Number { .. } | Self::Esim { .. } => &[Item::Sim],
            Self::Identity(_) => &[Item::Name, Item::DocumentNumber],
            Self::Who(_) | Self::Document(_) | Self::AppealText(_) => &[],
        }
    }

    fn put(&self, form: &mut Form) {
        match self {
            // Whoever signed in began it for that number and no other.
            Self::Number { .. } if form.is_esim => {}
            Self::Esim { eid } => form.eid.clone_from(eid),
            Self::Number { number, sim_tail } => {
                form.number.clone_from(number);
                form.sim_tail.clone_from(sim_tail);
            }
            Self::Who(who) => form.who = *who,
            Self::Document(document) => form.document = *document,
            Self::Identity(fields) => {
                form.name.clone_from(fields.name.expose());
                form.is_name_incomplete = fields.is_name_incomplete;
                form.document_number.clone_from(fields.document_number.expose());
                form.birth.clone_from(&fields.birth);
                form.expires.clone_from(&fields.expires);
                form.is_long_term = fields.is_long_term;
                form.address.clone_from(fields.address.expose());
                form.guardian_name.clone_from(fields.guardian_name.expose());
                form.guardian_number.clone_from(fields.guardian_number.expose());
                form.organisation.clone_from(&fields.organisation);
            }
            Self::AppealText(text) => form.appeal_text.clone_from(text),
        }
    }
}

/// Saves one page and says what is wrong with it; empty if nothing is.
///
/// While an update is asked for, only the pages of what was asked can be changed.
pub async fn save(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    change: &Change,
) -> Result<Vec<Problem>, Error> {
    retry(|| async {
        let mut loaded = load(app, actor, Action::ChangeApplication, id).await?;
        may_change(app, &loaded, change.items()).await?;
        change.put(&mut loaded.form);
        loaded.seal_form()?;
        if change.section() == Section::Number {
            let kind = loaded.application.facts.kind;
            guess_pair(app, loaded.operator.id, kind, &loaded.form).await?.ok();
        }
        let found = problems_of(app, &mut loaded, change.section()).await?;
        let mut batch = Batch::new(app.now());
        if found.is_empty() && loaded.application.facts.state == State::NeedsUpdate {
            for item in change.items() {
                redo_done(&mut batch, id, *item);
            }
        }
        let detail = serde_json::json!({ "section": change.section().code() });
        keep(&mut batch, &mut loaded, actor, "application.save", detail);
        app.store.db.commit(batch).await?;
        Ok(found)
    })
    .await
}

/// Writes a changed application; a draft is kept for its whole term from now on.
pub(super) fn keep(
    batch: &mut Batch,
    loaded: &mut Loaded,
    actor: &Actor,
    action: &str,
    detail: serde_json::Value,
) {
    if loaded.application.facts.state == State::Draft {
        let days = i64::from(loaded.terms.draft_days);
        loaded.application.facts.draft_until = batch.at().plus_days(days);
    }
    store::application::update(batch, &mut loaded.application);
    audit(batch, &loaded.application, actor, action, detail);
}

/// Refuses what cannot be changed at this point: everything once it was sent, and all but what was
/// asked for while an update is asked for.
pub(super) async fn may_change(app: &App, loaded: &Loaded, items: &[Item]) -> Result<(), Error> {
    let facts = &loaded.application.facts;
    match facts.state {
        State::Draft if app.now() >= facts.draft_until => Err(ApplicationRefusal::TooLate.into()),
        State::Draft => Ok(()),
        State::NeedsUpdate if is_over(facts.update_until, app.now()) => {
            Err(ApplicationRefusal::TooLate.into())
        }
        State::NeedsUpdate => {
            if is_asked(app, loaded.application.id, items).await? {
                Ok(())
            } else {
                Err(ApplicationRefusal::NothingAsked.into())
            }
        }
        _ => Err(ApplicationRefusal::AlreadySent.into()),
    }
}

fn is_over(until: Option<At>, now: At) -> bool {
    until.is_some_and(|until| now >= until)
}

/// What is wrong with a section, with what only the register of numbers knows. A pair that was
/// found is noted on the application.
pub(super) async fn problems_of(
    app: &App,
    loaded: &mut Loaded,
    section: Section,
) -> Result<Vec<Problem>, Error> {
    let today = loaded.today(app.now());
    let kind = loaded.application.facts.kind;
    if kind == domain::application::Kind::Appeal {
        return Ok(problems_of_appeal(&loaded.form, section));
    }
    let mut found = problems(&loaded.form, section, &loaded.policy, today);
    if section == Section::Number && found.is_empty() {
        // Whoever had the pair right already is not held up by others who guess.
        let found_before = is_found(&loaded.application, &loaded.form);
        let operator_id = loaded.operator.id;
        let found_now = if found_before {
            pair(app, operator_id, kind, &loaded.form).await?
        } else {
            told_pair(app, operator_id, kind, &loaded.form).await?
        };
        match found_now {
            Ok((msisdn, iccid)) => {
                loaded.application.msisdn = Some(msisdn);
                loaded.application.iccid = iccid;
                let open = store::application::open_of_number(&app.store.db, msisdn).await?;
                if open.is_some_and(|open| open != loaded.application.id) {
                    found.push(Problem::of("number", &FormRefusal::NumberInProgress));
                }
            }
            Err(problem) => {
                loaded.application.msisdn = None;
                loaded.application.iccid = None;
                found.push(problem);
            }
        }
    }
    Ok(found)
}

/// Whether the form names the number and the card that were found before.
fn is_found(application: &Application, form: &Form) -> bool {
    let tail = sim_tail(&form.sim_tail);
    let is_card = |iccid: &String| tail.is_some_and(|tail| iccid.ends_with(&tail));
    application.msisdn.is_some_and(|known| Msisdn::parse(&form.number) == Ok(known))
        && (form.is_esim || application.iccid.as_ref().is_some_and(is_card))
}

fn problems_of_appeal(form: &Form, section: Section) -> Vec<Problem> {
    let text = form.appeal_text.trim();
    match section {
        Section::Identity if text.is_empty() => {
            vec![Problem::of("appeal_text", &FormRefusal::AppealTextMissing)]
        }
        Section::Identity if text.chars().count() > domain::application::form::TEXT_MAX => {
            vec![Problem::of("appeal_text", &FormRefusal::TextLength)]
        }
        _ => Vec::new(),
    }
}

/// What a consent is for. Each is asked by itself and none is given beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Registering the number (Order 25); without it there is nothing to do here.
    Registration,
    /// Looking at the portrait beside the document: sensitive personal data (PIPL art. 29).
    Portrait,
    /// Keeping the authority's answer for a while, so that it need not be asked again.
    Authority,
    /// Answering partners whether the number still belongs to its holder.
    Partners,
}

impl Purpose {
    /// Every purpose, in the order of the page.
    pub const ALL: [Self; 4] =
        [Self::Registration, Self::Portrait, Self::Authority, Self::Partners];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Portrait => "portrait",
            Self::Authority => "authority",
            Self::Partners => "partners",
        }
    }

    /// The purpose of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == code)
    }

    /// Whether an application cannot be sent without it. Who does not want the portrait looked at
    /// goes to an outlet.
    pub const fn is_needed(self) -> bool {
        !matches!(self, Self::Authority | Self::Partners)
    }
}

/// Records the consents to the texts that our pages show now, each with the version of its text;
/// what is not in `given` is taken back.
pub async fn save_consents(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    given: &[Purpose],
) -> Result<Vec<Problem>, Error> {
    record_consents(app, actor, id, (given, true)).await
}

/// The same; where the texts were shown by somebody else, none of them is taken to have named the
/// authority.
pub(super) async fn record_consents(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    (given, is_own_text): (&[Purpose], bool),
) -> Result<Vec<Problem>, Error> {
    let _handing_in = app.memory.intake.hand_in();
    retry(|| async {
        let mut loaded = load(app, actor, Action::ChangeApplication, id).await?;
        may_change(app, &loaded, &[]).await?;
        let before = standing(app, id).await?;
        let is_shown = is_own_text && is_portrait_shown(app, &loaded);
        let at = app.now();
        let mut batch = Batch::new(at);
        for purpose in Purpose::ALL {
            let is_given = given.contains(&purpose);
            let text_version = match purpose {
                Purpose::Portrait if is_shown => super::PORTRAIT_SHOWN_TEXT_VERSION,
                _ => super::CONSENT_TEXT_VERSION,
            };
            let is_known = |(known, given, version): &(Purpose, bool, i64)| {
                (*known, *given) == (purpose, is_given) && (!given || *version == text_version)
            };
            if before.iter().any(is_known) {
                continue;
            }
            let consent =
                Consent { purpose: purpose.code().to_owned(), text_version, is_given, at };
            consent.insert(&mut batch, id);
        }
        if given.contains(&Purpose::Portrait) {
            super::face::stage_look(app, &mut batch, &loaded);
        } else {
            PhotoFaces::erase_compared(&mut batch, id);
        }
        let codes: Vec<&str> = given.iter().map(|purpose| purpose.code()).collect();
        let detail = serde_json::json!({ "given": codes });
        keep(&mut batch, &mut loaded, actor, "application.consent", detail);
        app.store.db.commit(batch).await?;
        Ok(missing_consents(given))
    })
    .await
}

/// The consents as they stand: purpose, and whether it was given; none for what was never asked.
pub(super) async fn consents(app: &App, id: ApplicationId) -> Result<Vec<(Purpose, bool)>, Error> {
    let standing = standing(app, id).await?;
    Ok(standing.into_iter().map(|(purpose, is_given, _)| (purpose, is_given)).collect())
}

/// The same with the version of the text that was shown.
async fn standing(app: &App, id: ApplicationId) -> Result<Vec<(Purpose, bool, i64)>, Error> {
    let mut standing: Vec<(Purpose, bool, i64)> = Vec::new();
    for receipt in Consent::list(&app.store.db, id).await? {
        if let Some(purpose) = Purpose::from_code(&receipt.purpose) {
            standing.retain(|(known, ..)| *known != purpose);
            standing.push((purpose, receipt.is_given, receipt.text_version));
        }
    }
    Ok(standing)
}

/// Whether its holder agreed that the portrait goes to an authority.
pub(super) async fn may_show_portrait(app: &App, id: ApplicationId) -> Result<bool, Error> {
    let is_it = |(purpose, is_given, version): (Purpose, bool, i64)| {
        purpose == Purpose::Portrait && is_given && version >= super::PORTRAIT_SHOWN_TEXT_VERSION
    };
    Ok(standing(app, id).await?.into_iter().any(is_it))
}

pub(super) fn missing_consents(given: &[Purpose]) -> Vec<Problem> {
    let missing = Purpose::ALL.into_iter().filter(|p| p.is_needed() && !given.contains(p));
    missing.map(|p| Problem::of(p.code(), &FormRefusal::ConsentMissing)).collect()
}
