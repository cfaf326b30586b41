//! S8 and S9: photos, by plain upload, with a warning that can be overruled and never a dead end.

use super::go;
use super::session::Applicant;
use super::steps::{self, Way};
use crate::component::{
    Button, Component as _, Errors, Example, Examples, FileState, FileTile, FormPage, Html, Notice,
    TextPage, Tone, portrait_words,
};
use crate::shell::Shell;
use crate::shell::failure::Reply;
use axum::body::Bytes;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::application::form;
use domain::identity::DocumentKind;
use domain::machine_read::side_of;
use domain::portrait::FindingKind;
use domain::reason::{Item, Reason};
use domain::refusal::Refusal as _;
use service::App;
use service::image::PhotoRefusal;
use service::register::{self, PhotoStage, PhotoView, View, Whole};
use std::sync::Arc;
use words::Lang;

/// What is kept of one photo while it arrives; one byte more than allowed, so that it is told.
const PHOTO_BYTES_MAX: usize = 10 * 1024 * 1024 + 1;
/// What is read of a form with photos; more is cut off with an error page.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// After so many tries the page offers other ways.
const TRIES_MAX: i64 = 3;

/// `GET /register/photo/{item}`.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Path(item): Path<String>,
    Query(way): Query<Way>,
) -> Reply {
    let view = applicant.open(&app).await?;
    let Some(item) = needed(&view, &item) else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    Ok(photo_page(&shell, &way, &view, item, None))
}

fn needed(view: &View, item: &str) -> Option<Item> {
    Item::from_code(item).filter(|item| view.wanted_photos.contains(item))
}

/// The name of a photo as in headings and text alternatives.
pub(crate) fn photo_name(t: Lang, item: Item, document: Option<DocumentKind>) -> &'static str {
    let kind = document.unwrap_or(DocumentKind::ResidentId);
    match item {
        Item::DocumentFront if kind == DocumentKind::BusinessLicence => t.apply_licence_side(),
        Item::DocumentFront if form::has_back(kind) => t.apply_side_front(),
        Item::DocumentFront => t.apply_side_data(),
        Item::DocumentBack if kind == DocumentKind::ResidentId => t.apply_side_back(),
        Item::DocumentBack => t.apply_side_other(),
        Item::Portrait => t.apply_task_portrait(),
        Item::GuardianPapers => t.apply_guardian_papers(),
        Item::CompanyPapers => t.apply_company_papers(),
        Item::HandlerDocument => t.apply_handler_document(),
        Item::Sim | Item::Name | Item::DocumentNumber => "",
    }
}

fn photo_page(shell: &Shell, way: &Way, view: &View, item: Item, failed: Option<&str>) -> Response {
    let t = shell.lang;
    let looks = if view.is_portrait_shown { t.portrait_told_shown() } else { t.portrait_told() };
    let told = view.is_face_looked_at.then_some(looks);
    let name = photo_name(t, item, view.form.document);
    let path = steps::photo(item);
    let photo = view.photos.iter().find(|photo| photo.found.item == item);
    let is_portrait = item == Item::Portrait;
    let title =
        if is_portrait { t.apply_portrait_title().to_owned() } else { t.apply_photo_title(name) };
    let errors = failed.map_or_else(Errors::none, |why| Errors::one("photo", why));
    let mut tile = FileTile::new(t, name).state(state(t, photo, failed));
    if is_portrait {
        tile = tile.towards_person();
    }
    if let Some(photo) = photo.filter(|photo| has_picture(photo)) {
        let src = format!("{path}/image?round={}", photo.found.round);
        tile = tile.preview(src, t.apply_photo_alt(name, photo.found.round));
    }
    let mut page = FormPage::new(shell, title, way.here(&path))
        .photo()
        .errors(&errors)
        .back(way.before(&view.facts, &steps::before_photo(item, view)))
        .button(Button::new(t, t.apply_photo_send()));
    if is_portrait && view.form.is_of_organisation() {
        page = page.lead(t.apply_handler_portrait());
    }
    page = if is_portrait {
        portrait_rules(page, t, photo, told)
    } else {
        document_rules(page, t, photo)
    };
    if view.is_read_first && side_of(item).is_some() {
        page = page.before(super::read::told(t));
    }
    page = page.part(tile.html());
    if let Some(photo) = photo.filter(|photo| may_go_on(photo)) {
        page = page.after(keep_or_retake(t, way, item, photo));
    }
    if photo.is_some_and(|photo| photo.found.round >= TRIES_MAX) {
        page = page.after(Notice::new(Tone::Blue, t.apply_photo_tries()).html());
    }
    page = page
        .after(Html::paragraph(t.apply_photo_wechat()))
        .after(Html::paragraph(&t.apply_photo_camera_off(&view.reference)));
    if is_portrait {
        page = page.after(Html::link(t.apply_portrait_other(), "/register/photo/portrait/other"));
    }
    page.response()
}

fn state(t: Lang, photo: Option<&PhotoView>, failed: Option<&str>) -> FileState {
    match (failed, photo) {
        (Some(why), _) => FileState::Failed(why.to_owned()),
        (None, None) => FileState::Empty,
        (None, Some(photo)) => match photo.found.stage {
            PhotoStage::Received => FileState::Waiting,
            PhotoStage::Unreadable(error) => {
                let code = PhotoRefusal(error, photo.found.item).code();
                FileState::Failed(Errors::message(t, code, &[]))
            }
            PhotoStage::Drawn if photo.found.reasons.is_empty() => FileState::Checked,
            PhotoStage::Drawn => FileState::Warning(faults(t, photo)),
        },
    }
}

/// The photo that was drawn last; not while another one that came after it is being looked at.
fn has_picture(photo: &PhotoView) -> bool {
    photo.is_shown() && photo.found.stage != PhotoStage::Received
}

/// Whether there is a photo to go on with.
fn may_go_on(photo: &PhotoView) -> bool {
    photo.is_shown() || photo.found.stage == PhotoStage::Received
}

/// What seems wrong with a photo: fault and one action. What models found on a portrait says more
/// than the catalogue's reason for it.
pub(super) fn faults(t: Lang, photo: &PhotoView) -> Vec<String> {
    let findings = &photo.found.portrait;
    let mut lines: Vec<String> = Vec::new();
    for finding in findings {
        let (fault, fix) = portrait_words(t, finding.kind);
        lines.push(t.apply_photo_fault(fault, fix));
    }
    let is_told = |reason: &Reason| findings.iter().any(|finding| finding.kind.reason() == *reason);
    if photo.found.is_copy {
        lines.push(t.apply_photo_fault(t.portrait_copy(), t.portrait_copy_fix()));
    }
    let others = photo.found.reasons.iter().filter(|reason| !is_told(reason));
    let others = others.filter(|reason| !(photo.found.is_copy && **reason == Reason::P4));
    let words = others.filter_map(|reason| {
        let id = format!("reason-{}", reason.code().to_ascii_lowercase());
        let fault = t.by_id(&id, &[])?;
        let fix = t.by_id(&format!("{id}-fix"), &[])?;
        Some(t.apply_photo_fault(fault, fix))
    });
    lines.extend(words);
    lines
}

/// What is `told` of who looks, the rules, and pictures of what to do better: what was found comes
/// right after the good one.
fn portrait_rules<'a>(
    page: FormPage<'a>,
    t: Lang,
    photo: Option<&PhotoView>,
    told: Option<&'static str>,
) -> FormPage<'a> {
    let mut examples = vec![Example::FaceGood];
    let found = photo.iter().flat_map(|photo| &photo.found.portrait);
    examples.extend(found.map(|finding| Example::Face(finding.kind)));
    for usual in [FindingKind::TooFar, FindingKind::Turned, FindingKind::Uneven] {
        if examples.len() < 4 && !examples.contains(&Example::Face(usual)) {
            examples.push(Example::Face(usual));
        }
    }
    let page = match told {
        Some(told) => page.before(super::read::told_of(t, told)),
        None => page,
    };
    page.before(Examples::new(t, examples).html()).before(Html::list(&[
        t.apply_portrait_rule_1(),
        t.apply_portrait_rule_2(),
        t.apply_portrait_rule_3(),
        t.apply_portrait_rule_4(),
        t.apply_portrait_rule_5(),
    ]))
}

/// Four pictures; the fault that was found comes right after the good one.
fn document_rules<'a>(page: FormPage<'a>, t: Lang, photo: Option<&PhotoView>) -> FormPage<'a> {
    let mut examples = vec![Example::Good];
    let found = photo.iter().flat_map(|photo| &photo.found.reasons);
    examples.extend(found.filter_map(|reason| Example::of_reason(reason.code())));
    for usual in [Example::Blur, Example::Glare, Example::CutOff] {
        if !examples.contains(&usual) {
            examples.push(usual);
        }
    }
    page.lead(t.apply_photo_lead()).before(Examples::new(t, examples).html())
}

/// With a photo there: go on with it, even against a warning.
fn keep_or_retake(t: Lang, way: &Way, item: Item, photo: &PhotoView) -> Html {
    let next = way.here(&format!("{}/keep", steps::photo(item)));
    let is_doubtful = !photo.found.reasons.is_empty();
    let text = if is_doubtful { t.apply_photo_anyway() } else { t.common_continue() };
    Html::join([Html::paragraph(t.apply_photo_retake()), Html::post_quiet(t, text, &next)])
}

/// `POST /register/photo/{item}`.
pub(crate) async fn upload(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Path(item): Path<String>,
    Query(way): Query<Way>,
    parts: Multipart,
) -> Reply {
    let t = shell.lang;
    let view = applicant.open(&app).await?;
    let Some(item) = needed(&view, &item) else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let photo = match receive(parts).await {
        Received::Photo(bytes) => bytes,
        Received::Nothing => {
            return Ok(photo_page(&shell, &way, &view, item, Some(t.apply_photo_none())));
        }
        Received::Broken => {
            return Ok(photo_page(&shell, &way, &view, item, Some(t.apply_photo_broken())));
        }
    };
    let id = applicant.application_id;
    let uploaded = register::upload(&app, &applicant.actor(), id, item, photo).await;
    after_upload(&shell, &way, &view, item, uploaded)
}

/// On to the next page, or back to this one with what is wrong.
fn after_upload(
    shell: &Shell,
    way: &Way,
    view: &View,
    item: Item,
    uploaded: Result<register::Uploaded, service::Error>,
) -> Reply {
    match uploaded {
        Ok(found) if found.is_clear() => {
            let next = steps::after_photo(item, view);
            Ok(go(&way.after(&view.facts, &next)))
        }
        // A warning is shown where the photo is, so that it can be taken again at once; so is that
        // nothing is known of it yet.
        Ok(_) => Ok(go(&way.here(&steps::photo(item)))),
        Err(service::Error::Refused(refused)) => {
            let why = Errors::refused(shell.lang, &refused, "photo").first();
            Ok(photo_page(shell, way, view, item, Some(&why)))
        }
        Err(error) => Err(error.into()),
    }
}

/// `?digest=HEX&size=BYTES`: the file of which a part is sent.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct File {
    digest: String,
    size: usize,
}

impl File {
    fn whole(&self) -> Option<Whole> {
        let hex = self.digest.as_bytes();
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let mut digest = [0; 32];
        if hex.len() != 2 * digest.len() {
            return None;
        }
        for (byte, pair) in digest.iter_mut().zip(hex.chunks_exact(2)) {
            let &[high, low] = pair else { return None };
            *byte = digit(high)? * 16 + digit(low)?;
        }
        Some(Whole { digest, size_bytes: self.size })
    }
}

/// `GET /register/photo/{item}/parts`: which parts of the file are here.
pub(crate) async fn parts(
    State(app): State<Arc<App>>,
    applicant: Applicant,
    Path(item): Path<String>,
    Query(file): Query<File>,
) -> Reply {
    let (Some(item), Some(whole)) = (Item::from_code(&item), file.whole()) else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let of = (applicant.application_id, item);
    let present = register::parts(&app, &applicant.actor(), of, whole).await?;
    Ok(axum::Json(present).into_response())
}

/// `POST /register/photo/{item}/parts/{part}`: one part of the file.
pub(crate) async fn put_part(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Path((item, part)): Path<(String, usize)>,
    Query(file): Query<File>,
    bytes: Bytes,
) -> Reply {
    let (Some(item), Some(whole)) = (Item::from_code(&item), file.whole()) else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let of = (applicant.application_id, item);
    match register::put_part(&app, &applicant.actor(), of, whole, part, &bytes).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(service::Error::Refused(refused)) => {
            let why = Errors::refused(shell.lang, &refused, "photo").first();
            Ok((StatusCode::UNPROCESSABLE_ENTITY, why).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /register/photo/{item}/whole`: every part has been sent.
pub(crate) async fn join(
    State(app): State<Arc<App>>,
    shell: Shell,
    applicant: Applicant,
    Path(item): Path<String>,
    Query(way): Query<Way>,
    Query(file): Query<File>,
) -> Reply {
    let view = applicant.open(&app).await?;
    let (Some(item), Some(whole)) = (needed(&view, &item), file.whole()) else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let of = (applicant.application_id, item);
    let uploaded = register::join(&app, &applicant.actor(), of, whole).await;
    after_upload(&shell, &way, &view, item, uploaded)
}

enum Received {
    Photo(Vec<u8>),
    Nothing,
    Broken,
}

/// The first of the two inputs that carries something. What is too long is read to its end but not
/// kept: a browser shows an answer only after it has sent everything.
async fn receive(mut parts: Multipart) -> Received {
    let mut photo = Vec::new();
    loop {
        let mut field = match parts.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(_) => return Received::Broken,
        };
        let is_wanted = matches!(field.name(), Some("photo" | "camera")) && photo.is_empty();
        loop {
            match field.chunk().await {
                Ok(Some(chunk)) if is_wanted => {
                    let room = PHOTO_BYTES_MAX.saturating_sub(photo.len());
                    photo.extend(chunk.iter().take(room));
                }
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => return Received::Broken,
            }
        }
    }
    if photo.is_empty() { Received::Nothing } else { Received::Photo(photo) }
}

/// `POST /register/photo/{item}/keep`: goes on with the photo that is there.
pub(crate) async fn keep(
    State(app): State<Arc<App>>,
    applicant: Applicant,
    Path(item): Path<String>,
    Query(way): Query<Way>,
) -> Reply {
    let view = applicant.open(&app).await?;
    let Some(item) = needed(&view, &item) else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let present = view.photos.iter().find(|photo| photo.found.item == item);
    let (actor, id) = (applicant.actor(), applicant.application_id);
    match present.map(|photo| &photo.found) {
        Some(found) if matches!(found.stage, PhotoStage::Unreadable(_)) => {
            register::keep_earlier(&app, &actor, id, item).await?;
        }
        Some(found) if !found.reasons.is_empty() => {
            register::send_anyway(&app, &actor, id, item).await?;
        }
        _ => {}
    }
    Ok(go(&way.after(&view.facts, &steps::after_photo(item, &view))))
}

/// `GET /register/photo/{item}/image`: the applicant's own photo, as it is kept.
pub(crate) async fn image(
    State(app): State<Arc<App>>,
    applicant: Applicant,
    Path(item): Path<String>,
) -> Reply {
    let Some(item) = Item::from_code(&item) else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let id = applicant.application_id;
    let bytes = register::photo(&app, &applicant.actor(), id, item, 0).await?;
    Ok(([(header::CONTENT_TYPE, "image/jpeg")], bytes).into_response())
}

/// `?part=LEFT,TOP,WIDTH,HEIGHT` in thousandths, and `?r=` quarter turns.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Part {
    part: String,
    #[serde(default)]
    r: u8,
}

/// `GET /register/photo/{item}/part`: where something was read on the applicant's own photo.
pub(crate) async fn part(
    State(app): State<Arc<App>>,
    applicant: Applicant,
    Path(item): Path<String>,
    Query(part): Query<Part>,
) -> Reply {
    let Some(item) = Item::from_code(&item) else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let (id, place) = (applicant.application_id, (part.part.as_str(), part.r));
    let jpeg = register::photo_part(&app, &applicant.actor(), id, (item, 0), place).await?;
    let headers = [(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, jpeg).into_response())
}

/// `GET /register/photo/portrait/other`: S9b.
pub(crate) async fn other_way(shell: Shell) -> Response {
    let t = shell.lang;
    TextPage::new(t, t.apply_portrait_other_title())
        .back(steps::photo(Item::Portrait))
        .part(Html::paragraph(t.apply_portrait_other_text()))
        .part(Html::link(t.apply_tasks_title(), steps::TASKS))
        .response(&shell)
}
