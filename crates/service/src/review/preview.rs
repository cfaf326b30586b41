use super::subject::Subject;
use crate::App;
use crate::error::Error;
use domain::access::{Action, Actor};
use domain::id::ApplicationId;
use domain::review::Opinion;
use words::Lang;

/// A text message as the applicant would get it.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Its language.
    pub lang: Lang,
    /// The whole text.
    pub text: String,
    /// How many messages it takes.
    pub segments: usize,
}

/// What the applicant will get if this opinion stands, in both languages. An opinion that
/// contradicts itself is refused as it would be when deciding.
pub async fn preview(
    app: &App,
    actor: &Actor,
    id: ApplicationId,
    opinion: &Opinion,
) -> Result<Vec<Preview>, Error> {
    let case = super::load(app, actor, Action::SeeCase, id).await?;
    let subject = Subject::open(app, case).await?;
    opinion.check(&subject.items())?;
    let event = super::settle::event_of(opinion);
    let at = app.now().plus_millis(*subject.policy.application.undo_seconds * 1000);
    let templates = crate::register::preview(app, id, &event, at).await?;
    let operator = crate::operator::load(app, subject.case.operator_id).await?;
    let sender = crate::notice::sender_of(app, &operator);
    let mut out = Vec::new();
    for template in &templates {
        for lang in Lang::ALL {
            let text = crate::notice::render(template, lang, &sender).text;
            let segments = domain::notice::segments(&text).parts;
            out.push(Preview { lang, text, segments });
        }
    }
    Ok(out)
}
