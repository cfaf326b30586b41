//! The identity authority is asked about a submitted application: once for each name and number,
//! again while it does not answer, and not at all where a matching answer may still be used.
//!
//! Each call has its entries in the audit log: one before it, one with what came of it. They name
//! the application and the answer, never the person.

use super::load::Loaded;
use super::save::{Purpose, consents, may_show_portrait};
use crate::app::App;
use crate::error::Error;
use crate::port::{AuthorityQuestion, PortError};
use crate::retry;
use crate::work::Next;
use domain::application::Kind;
use domain::application::form::Identity;
use domain::authority::{self, Answer, Lookedup, Lookup as Terms, Question};
use domain::check::Check;
use domain::reason::Item;
use std::time::Duration;
use store::application::authority::{self as rows, Ended, Lookup};
use store::application::document::Document;
use store::{AuditEntry, Batch};

/// An answer that takes longer is none.
const CALL_TIME: Duration = Duration::from_secs(15);
/// Between two calls about the same application: doubled from the first to the last.
const AGAIN_MILLIS: (i64, i64) = (2_000, 60_000);
/// What the blind index is made over.
const COLUMN: &str = "application_authority.input";

/// What is asked about one application.
struct Asked<'a> {
    terms: &'a Terms,
    question: Question,
    identity: Identity,
    portrait: Option<Document>,
    input_index: [u8; 16],
}

/// By which terms somebody is asked about this application; `None` if nobody is to be.
fn terms<'a>(app: &App, loaded: &'a Loaded) -> Option<&'a Terms> {
    let terms = loaded.policy.authority.as_ref()?;
    let is_asked = app.authority.is_connected()
        && loaded.application.facts.kind != Kind::Appeal
        && !loaded.form.is_of_organisation()
        && loaded.form.document.is_some_and(|kind| terms.covers(kind));
    is_asked.then_some(terms)
}

/// Whether the portrait goes to an authority, which the text of its consent must say.
pub(super) fn is_portrait_shown(app: &App, loaded: &Loaded) -> bool {
    terms(app, loaded).is_some_and(|terms| *terms.question == Question::NameNumberPortrait)
}

/// What would be asked; `None` if nobody is to be.
async fn asked<'a>(app: &App, loaded: &'a Loaded) -> Result<Option<Asked<'a>>, Error> {
    let Some(terms) = terms(app, loaded) else { return Ok(None) };
    let Some(identity) = loaded.form.identity(loaded.today(app.now())) else { return Ok(None) };
    let portrait = match *terms.question {
        Question::NameNumber => None,
        Question::NameNumberPortrait => {
            let id = loaded.application.id;
            let is_agreed = may_show_portrait(app, id).await?;
            let photos = Document::current(&app.store.db, id).await?;
            photos.into_iter().find(|photo| photo.item == Item::Portrait).filter(|_| is_agreed)
        }
    };
    // Without a portrait that may be shown, only name and number are asked about.
    let question = match portrait {
        Some(_) => Question::NameNumberPortrait,
        None => Question::NameNumber,
    };
    let document = &identity.document;
    let shown = portrait.as_ref().map(|photo| photo.round.to_string()).unwrap_or_default();
    let input = [&document.match_key(), identity.name.as_str(), question.code(), &shown].join("\n");
    let input_index = app.store.keys.blind(COLUMN, &input);
    Ok(Some(Asked { terms, question, identity, portrait, input_index }))
}

/// Asks, if that is still to be done: put off while the authority does not answer, until its time
/// is over. Safe to repeat; a call that was cut off is made again.
pub(super) async fn look_up(app: &App, loaded: &Loaded) -> Result<Next, Error> {
    let Some(asked) = asked(app, loaded).await? else { return Ok(Next::Done) };
    let (id, now) = (loaded.application.id, app.now());
    let known = Lookup::load(&app.store.db, id, asked.input_index).await?;
    if known.is_some_and(|lookup| lookup.ended.is_some()) {
        return Ok(Next::Done);
    }
    let mut lookup = known.unwrap_or(Lookup {
        input_index: asked.input_index,
        question: asked.question,
        tries: 0,
        first_at: now,
        asked_at: now,
        ended: None,
        is_kept: false,
        version: 0,
    });
    if now >= lookup.first_at.plus_minutes(*asked.terms.patience_minutes) && lookup.tries > 0 {
        lookup.ended = Some(Ended::NoAnswer);
        store_it(app, loaded, &lookup, "authority.given_up", None).await?;
        return Ok(Next::Done);
    }
    let may_keep = consents(app, id).await?.contains(&(Purpose::Authority, true));
    if let Some((answer, at)) = kept(app, loaded, &asked, may_keep).await? {
        lookup.ended = Some(Ended::Answered(answer, at));
        lookup.is_kept = true;
        store_it(app, loaded, &lookup, "authority.kept", Some(answer)).await?;
        return Ok(Next::Done);
    }
    lookup.tries += 1;
    lookup.asked_at = now;
    store_it(app, loaded, &lookup, "authority.asked", None).await?;
    lookup.version += 1;
    let answered = call(app, loaded, &asked).await?;
    conclude(app, loaded, &asked, (lookup, may_keep), answered).await
}

/// The answer that was kept, if it may be used; one that may not is kept no longer.
async fn kept(
    app: &App,
    loaded: &Loaded,
    asked: &Asked<'_>,
    may_keep: bool,
) -> Result<Option<(Answer, domain::time::At)>, Error> {
    // Another portrait is another question.
    if asked.question != Question::NameNumber {
        return Ok(None);
    }
    let (db, operator_id) = (&app.store.db, loaded.operator.id);
    let found = rows::kept(db, operator_id, asked.input_index, app.now()).await?;
    if found.is_some() && !may_keep {
        let mut batch = Batch::new(app.now());
        rows::forget(&mut batch, operator_id, asked.input_index);
        db.commit(batch).await?;
        return Ok(None);
    }
    Ok(found)
}

async fn call(
    app: &App,
    loaded: &Loaded,
    asked: &Asked<'_>,
) -> Result<Result<Answer, PortError>, Error> {
    let portrait = match &asked.portrait {
        Some(photo) => Some(app.store.blobs.get(loaded.key()?, photo.blob_id).await?),
        None => None,
    };
    let question = AuthorityQuestion {
        id: loaded.application.id.to_string(),
        document: asked.identity.document.kind(),
        number: asked.identity.document.as_str().to_owned(),
        name: asked.identity.name.clone(),
        portrait,
    };
    let late = |_| Err(PortError::Unreachable("no answer in time".to_owned()));
    Ok(tokio::time::timeout(CALL_TIME, app.authority.ask(&question)).await.unwrap_or_else(late))
}

async fn conclude(
    app: &App,
    loaded: &Loaded,
    asked: &Asked<'_>,
    (mut lookup, may_keep): (Lookup, bool),
    answered: Result<Answer, PortError>,
) -> Result<Next, Error> {
    let now = app.now();
    match answered {
        Ok(answer) => {
            lookup.ended = Some(Ended::Answered(answer, now));
            let mut batch = Batch::new(now);
            let is_kept = may_keep
                && answer.is_match()
                && asked.question == Question::NameNumber
                && *asked.terms.keep_days > 0;
            if is_kept {
                let until = now.plus_days(*asked.terms.keep_days);
                rows::keep(&mut batch, loaded.operator.id, asked.input_index, answer, until);
            }
            commit(app, loaded, batch, &lookup, "authority.answered", Some(answer)).await?;
            Ok(Next::Done)
        }
        Err(PortError::Rejected(why)) => {
            tracing::warn!(application = %loaded.application.id, why, "the authority refused");
            lookup.ended = Some(Ended::Refused);
            store_it(app, loaded, &lookup, "authority.refused", None).await?;
            Ok(Next::Done)
        }
        Err(error) => {
            tracing::info!(application = %loaded.application.id, %error, "no authority's answer");
            let (first, last) = AGAIN_MILLIS;
            let wait = first << (lookup.tries - 1).clamp(0, 10);
            Ok(Next::At(now.plus_millis(wait.min(last))))
        }
    }
}

async fn store_it(
    app: &App,
    loaded: &Loaded,
    lookup: &Lookup,
    action: &str,
    answer: Option<Answer>,
) -> Result<(), Error> {
    commit(app, loaded, Batch::new(app.now()), lookup, action, answer).await
}

/// Commits the lookup with its entry in the audit log.
async fn commit(
    app: &App,
    loaded: &Loaded,
    mut batch: Batch,
    lookup: &Lookup,
    action: &str,
    answer: Option<Answer>,
) -> Result<(), Error> {
    let id = loaded.application.id;
    lookup.put(&mut batch, id);
    batch.audit(AuditEntry {
        operator_id: loaded.operator.id,
        subject: format!("authority:{id}"),
        subject_version: lookup.version + 1,
        actor: domain::access::Actor::System.audit_name(),
        action: action.to_owned(),
        detail_json: serde_json::json!({
            "question": lookup.question.code(),
            "try": lookup.tries,
            "answer": answer.map(Answer::code),
        })
        .to_string(),
        at: batch.at(),
    });
    Ok(app.store.db.commit(batch).await?)
}

/// The check that follows from what was asked and answered.
pub(super) async fn authority_check(app: &App, loaded: &Loaded) -> Result<Check, Error> {
    let Some(asked) = asked(app, loaded).await? else {
        return Ok(authority::check(Lookedup::NotAsked));
    };
    let id = loaded.application.id;
    let lookup = Lookup::load(&app.store.db, id, asked.input_index).await?;
    let ended = lookup.and_then(|lookup| Some((lookup.ended?, lookup.is_kept)));
    Ok(authority::check(match ended {
        None | Some((Ended::NoAnswer, _)) => Lookedup::NoAnswer,
        Some((Ended::Refused, _)) => Lookedup::Refused,
        Some((Ended::Answered(answer, at), is_kept)) => Lookedup::Answered { answer, at, is_kept },
    }))
}

/// Removes kept answers whose time is over.
pub(crate) async fn sweep_authority(app: &App) -> Result<(), Error> {
    retry(|| async {
        let mut batch = Batch::new(app.now());
        rows::sweep(&mut batch);
        Ok(app.store.db.commit(batch).await?)
    })
    .await
}
