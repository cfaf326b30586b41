//! S22: how data is used; and for an applicant, who looked, what was agreed to, when it is deleted.

use super::details::consent;
use super::go;
use super::session::{Applicant, Maybe};
use crate::component::{
    Component as _, Empty, Html, Moment, Summary, Tag, TextPage, Timeline, Tone,
};
use crate::shell::Shell;
use crate::shell::failure::Reply;
use axum::extract::State;
use domain::review::ViewReason;
use service::App;
use service::register::{self, Purpose, View};
use service::review::{self, Looked};
use std::sync::Arc;
use words::Lang;

/// `GET /privacy`.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Maybe<Applicant>,
) -> Reply {
    let t = shell.lang;
    let mut page = TextPage::new(t, t.privacy_title())
        .part(Html::paragraph(t.privacy_lead()))
        .part(Html::heading(t.privacy_public_title()))
        .part(Html::list(&[
            t.privacy_public_1(),
            t.privacy_public_2(),
            t.privacy_public_3(),
            t.privacy_public_4(),
        ]));
    let Maybe(Some(applicant)) = applicant else {
        page = page.part(Html::paragraph(t.privacy_sign_in()));
        return Ok(page.part(Html::link(t.privacy_resume(), "/resume")).response(&shell));
    };
    let view = applicant.open(&app).await?;
    let looks = review::looked(&app, &applicant.actor(), applicant.application_id).await?;
    page = page
        .part(Html::heading(&t.privacy_of(&view.reference)))
        .part(Html::subheading(t.privacy_consents()))
        .part(consents(t, &view));
    let until = view.facts.kept_until.unwrap_or(view.facts.draft_until);
    if view.facts.state.is_editable() || view.facts.kept_until.is_some() {
        page = page
            .part(Html::subheading(t.privacy_deletion()))
            .part(shell.when(until).block(t.privacy_kept()).html());
    }
    Ok(page
        .part(Html::subheading(t.privacy_viewers()))
        .part(looked(&shell, &looks))
        .response(&shell))
}

/// Whether the text that was agreed to says that the portrait goes to an authority.
fn is_told(view: &View) -> bool {
    view.is_portrait_shown && view.is_portrait_told
}

fn consents(t: Lang, view: &View) -> Html {
    let mut summary = Summary::new();
    for purpose in Purpose::ALL {
        let is_given = view.consents.contains(&(purpose, true));
        let tag = if is_given {
            Tag::new(Tone::Green, t.privacy_consent_yes())
        } else {
            Tag::new(Tone::Grey, t.privacy_consent_none())
        };
        summary = summary.part(consent(t, purpose, is_told(view)).0, tag.html());
    }
    let can = view.facts.state.is_editable() && view.consents.iter().any(|(_, given)| *given);
    let withdraw =
        can.then(|| Html::post_button(t.privacy_consent_withdraw(), "/privacy/consents"));
    Html::join([summary.html()].into_iter().chain(withdraw))
}

fn looked(shell: &Shell, looks: &[Looked]) -> Html {
    let t = shell.lang;
    if looks.is_empty() {
        return Empty::new(t.privacy_viewers_none()).html();
    }
    let moments = looks.iter().map(|look| {
        let when = shell.when(look.at);
        let what = if look.is_image { t.privacy_look_image() } else { t.privacy_look_data() };
        let why = match look.why {
            ViewReason::Claim => t.privacy_look_why_claim(),
            ViewReason::Supervision => t.review_why_supervision(),
            ViewReason::Complaint => t.review_why_complaint(),
            ViewReason::Advice => t.review_why_advice(),
            ViewReason::Authority => t.review_why_authority(),
        };
        Moment::past(when.both(), when.machine(), what).detail(why)
    });
    Timeline::new(t, t.privacy_viewers(), moments.collect()).html()
}

/// `POST /privacy/consents`: takes every consent of a draft back.
pub(crate) async fn withdraw(State(app): State<Arc<App>>, applicant: Applicant) -> Reply {
    let (actor, id) = (applicant.actor(), applicant.application_id);
    register::save_consents(&app, &actor, id, &[]).await?;
    Ok(go("/privacy"))
}
