//! What the case page does.

use super::Signed;
use super::case::{CaseParts, write};
use super::form::Sent;
use crate::component::{Button, Component as _, Errors, Html, Notice, Tone};
use crate::shell::failure::{Failure, Reply};
use axum::extract::{Form, Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use domain::id::ApplicationId;
use domain::reason::Item;
use domain::review::{Region, ViewReason};
use serde::Deserialize;
use service::review::{self, CaseView, Decide, ImageRequest, Standing};
use service::{App, Error, Refused};
use std::sync::Arc;

type Pairs = Vec<(String, String)>;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Look {
    #[serde(default)]
    why: String,
    /// The case decided just before, which can still be taken back.
    #[serde(default)]
    undo: String,
    /// Zoom of all images, 1 to 3.
    #[serde(default)]
    z: String,
    /// Quarter turns, or degrees, of all images.
    #[serde(default)]
    r: String,
    /// Part of an image, as `left,top,width,height` in thousandths.
    #[serde(default)]
    part: String,
    /// `1`: only the face that was compared.
    #[serde(default)]
    face: String,
}

/// `GET /desk/case/{id}`.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    mut signed: Signed,
    Path(id): Path<String>,
    Query(look): Query<Look>,
) -> Reply {
    let id = parse(&id)?;
    let why = ViewReason::from_code(&look.why);
    let view = review::view(&app, &signed.actor(), id, why).await?;
    let sent = look_at_all(&view, &look);
    let undo = undo_bar(&app, &signed, &look.undo).await;
    let (errors, previews) = (Errors::none(), &[]);
    let parts = CaseParts { view: &view, sent: &sent, errors, previews, undo, why };
    Ok(write(&mut signed, &parts))
}

/// `GET /desk/case/{id}/image/{item}/{round}`.
pub(crate) async fn image(
    State(app): State<Arc<App>>,
    signed: Signed,
    Path((id, item, round)): Path<(String, String, i64)>,
    Query(look): Query<Look>,
) -> Reply {
    let request = ImageRequest {
        application_id: parse(&id)?,
        item: Item::from_code(&item).ok_or(Error::NotFound)?,
        round,
        zoom: look.z.parse().unwrap_or(1),
        turns: turns(&look.r),
        region: Region::from_text(&look.part),
        is_face: look.face == "1",
    };
    let why = ViewReason::from_code(&look.why);
    let jpeg = review::image(&app, &signed.actor(), request, why).await?;
    let headers = [
        (header::CONTENT_TYPE, "image/jpeg"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_DISPOSITION, "inline"),
    ];
    Ok((headers, jpeg).into_response())
}

/// `POST /desk/case/{id}/claim`.
pub(crate) async fn claim(
    State(app): State<Arc<App>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Reply {
    let id = parse(&id)?;
    review::claim(&app, &signed.actor(), id).await?;
    Ok(Redirect::to(&format!("/desk/case/{id}")).into_response())
}

/// `POST /desk/case/{id}/release`.
pub(crate) async fn release(
    State(app): State<Arc<App>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Reply {
    review::release(&app, &signed.actor(), parse(&id)?).await?;
    Ok(Redirect::to("/desk").into_response())
}

/// `POST /desk/case/{id}/preview`: zoom, turns, and what the applicant would get; nothing is
/// decided, everything entered stays.
pub(crate) async fn preview(
    State(app): State<Arc<App>>,
    mut signed: Signed,
    Path(id): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Reply {
    let (id, sent) = (parse(&id)?, Sent::new(pairs));
    let view = review::view(&app, &signed.actor(), id, None).await?;
    let items = view.content.as_ref().map_or_else(Vec::new, |content| content.items.clone());
    let is_look = !sent.one("look").is_empty();
    let opinion = sent.opinion(&items);
    let (mut errors, mut previews) = (Errors::none(), Vec::new());
    match opinion {
        Some(opinion) if !is_look => {
            match review::preview(&app, &signed.actor(), id, &opinion).await {
                Ok(texts) => previews = texts,
                Err(Error::Refused(refused)) => errors = field_errors(&signed, &refused),
                Err(error) => return Err(Failure(error)),
            }
        }
        None if !is_look => errors.push("verdict", signed.shell.lang.desk_verdict_missing()),
        _ => {}
    }
    Ok(again(&mut signed, &view, &sent, errors, &previews))
}

/// `POST /desk/case/{id}/decide`.
pub(crate) async fn decide(
    State(app): State<Arc<App>>,
    mut signed: Signed,
    Path(id): Path<String>,
    Form(pairs): Form<Pairs>,
) -> Reply {
    let (id, sent) = (parse(&id)?, Sent::new(pairs));
    let actor = signed.actor();
    let view = review::view(&app, &actor, id, None).await?;
    let items = view.content.as_ref().map_or_else(Vec::new, |content| content.items.clone());
    let t = signed.shell.lang;
    let mut errors = Errors::none();
    for item in items.iter().filter(|item| sent.region(**item).is_err()) {
        errors.push(&format!("region-{}", item.code()), t.desk_region_wrong());
    }
    let opinion = sent.opinion(&items);
    if opinion.is_none() && view.content.is_some() {
        errors.push("verdict", t.desk_verdict_missing());
    }
    let (Some(opinion), true) = (opinion, errors.is_empty()) else {
        return Ok(again(&mut signed, &view, &sent, errors, &[]));
    };
    let input = Decide {
        application_id: id,
        opinion,
        note: sent.one("note").to_owned().into(),
        stamp: Some(sent.one("stamp").to_owned()),
    };
    match review::decide(&app, &actor, input).await {
        Ok(_) => Ok(go_on(&app, &signed, id).await),
        Err(Error::Refused(refused)) => {
            // Somebody may have been faster: show how the case stands now.
            let view = review::view(&app, &actor, id, None).await?;
            let errors = field_errors(&signed, &refused);
            Ok(again(&mut signed, &view, &sent, errors, &[]))
        }
        Err(error) => Err(Failure(error)),
    }
}

/// `POST /desk/case/{id}/undo`.
pub(crate) async fn undo(
    State(app): State<Arc<App>>,
    signed: Signed,
    Path(id): Path<String>,
) -> Reply {
    let id = parse(&id)?;
    review::undo(&app, &signed.actor(), id).await?;
    Ok(Redirect::to(&format!("/desk/case/{id}")).into_response())
}

/// After a decision the next case opens at once, with the way back to the last one.
async fn go_on(app: &App, signed: &Signed, decided: ApplicationId) -> Response {
    let next = review::claim_next(app, &signed.actor()).await;
    let to = match next {
        Ok(next) => format!("/desk/case/{next}?undo={decided}"),
        Err(_) => format!("/desk?undo={decided}"),
    };
    Redirect::to(&to).into_response()
}

/// The page again with everything that was entered. If the case is no longer in this person's
/// hands the form is gone, but what was entered is still shown below the notice.
fn again(
    signed: &mut Signed,
    view: &CaseView,
    sent: &Sent,
    errors: Errors,
    previews: &[review::Preview],
) -> Response {
    let undo = Html::default();
    write(signed, &CaseParts { view, sent, errors, previews, undo, why: None })
}

/// The bar that takes the last decision back, while that is possible.
pub(super) async fn undo_bar(app: &App, signed: &Signed, id: &str) -> Html {
    let t = signed.shell.lang;
    let Ok(id) = id.parse::<ApplicationId>() else { return Html::default() };
    let Ok(view) = review::view(app, &signed.actor(), id, None).await else {
        return Html::default();
    };
    match view.standing {
        Standing::Pending { is_mine: true, settle_at, .. } => {
            let until = super::names::seconds(&signed.shell, settle_at);
            let text = t.desk_undo_text(&view.reference, until);
            let button = Button::new(t, t.desk_undo()).quiet().html();
            Html::undo_bar(&text, &format!("/desk/case/{id}/undo"), &button)
        }
        Standing::Closed { .. } | Standing::Pending { .. } => {
            let text = t.desk_undo_over(&view.reference);
            Notice::new(Tone::Blue, text).html()
        }
        _ => Html::default(),
    }
}

fn field_errors(signed: &Signed, refused: &Refused) -> Errors {
    let t = signed.shell.lang;
    let field = match refused.field {
        None => "main".to_owned(),
        Some("verdict") => "verdict".to_owned(),
        Some("reasons") => "reason-whole".to_owned(),
        Some(item) => format!("result-{item}"),
    };
    let text = t.refusal(refused.code, &refused.values);
    Errors::one(&field, text.unwrap_or_else(|| refused.code.to_owned()))
}

fn parse(id: &str) -> Result<ApplicationId, Error> {
    id.parse().map_err(|_| Error::NotFound)
}

/// `r=90` and `r=1` mean the same.
fn turns(text: &str) -> u8 {
    match text.parse::<u16>() {
        Ok(degrees) if degrees >= 90 => u8::try_from(degrees / 90 % 4).unwrap_or(0),
        Ok(turns) => u8::try_from(turns % 4).unwrap_or(0),
        Err(_) => 0,
    }
}

/// `?z=2&r=90` on the page itself is for all of its images.
fn look_at_all(view: &CaseView, look: &Look) -> Sent {
    let mut pairs = Vec::new();
    for photo in view.content.iter().flat_map(|content| &content.images) {
        let key = format!("{}-{}", photo.item.code(), photo.round);
        if !look.z.is_empty() {
            pairs.push((format!("z-{key}"), look.z.clone()));
        }
        if !look.r.is_empty() {
            pairs.push((format!("r-{key}"), turns(&look.r).to_string()));
        }
    }
    Sent::new(pairs)
}

#[cfg(test)]
mod tests {
    #[test]
    fn turns_come_as_quarters_or_degrees() {
        let turned = ["0", "1", "3", "4", "90", "180", "270", "360", "x", ""].map(super::turns);
        assert_eq!(turned, [0, 1, 3, 0, 1, 2, 3, 0, 0, 0]);
    }
}
