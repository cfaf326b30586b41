//! Sending: a whole application, or the answer to a request for updates, as multipart.

use super::show::Promise;
use super::{problems_of, unknown_part};
use crate::Api;
use crate::caller::Caller;
use crate::field;
use crate::numbers::{Answer, Body};
use crate::problem::{ApiRefusal, Problem, ProblemBody, language_of};
use axum::Json;
use axum::extract::multipart::{Multipart, MultipartError, MultipartRejection};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use domain::access::Action;
use domain::application::Kind;
use domain::application::form::{self, DateText, Form, Who};
use domain::application::organisation::Organisation;
use domain::id::ApplicationId;
use domain::identity::DocumentKind;
use domain::reason::Item;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use service::register::{self, Change, IdentityFields, Purpose, Submitted, WholeApplication};
use service::{Refused, Sensitive};
use utoipa::ToSchema;
use words::Lang;

/// Photos in one request.
const PHOTOS_MAX: usize = 8;

/// The part `application` of a new application. The photos are parts of their own, named
/// `document_front`, `document_back`, `portrait`, `guardian_papers`, `company_papers`,
/// `handler_document`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApplication {
    /// `registration`, `back_registration`, `reverification`, `sim_replacement`, `transfer`,
    /// `recovery`.
    kind: String,
    /// In which language the applicant is told: `zh` or `en`.
    language: String,
    /// The applicant's IANA time zone.
    zone: Option<String>,
    /// The number.
    number: String,
    /// The card: its ICCID or the last six characters of it; for `sim_replacement` and `recovery`
    /// the whole ICCID of the card in stock that will serve the number.
    sim: String,
    /// For whom: `myself`, `child`, `company` or `iot`.
    #[schema(value_type = String)]
    who: Who,
    /// Which document, such as `resident_id` or `foreign_passport`.
    #[schema(value_type = String)]
    document: DocumentKind,
    /// The name as on the document.
    name: String,
    /// Whether the name could not be typed rightly.
    #[serde(default)]
    is_name_incomplete: bool,
    /// The document's number.
    document_number: String,
    /// Day of birth, where the number does not tell it.
    #[schema(format = Date)]
    birth_on: Option<String>,
    /// The document's last day.
    #[schema(format = Date)]
    expires_on: Option<String>,
    /// Whether the document says 长期.
    #[serde(default)]
    is_long_term: bool,
    /// The address.
    #[serde(default)]
    address: String,
    /// The guardian's name.
    #[serde(default)]
    guardian_name: String,
    /// The guardian's document number.
    #[serde(default)]
    guardian_number: String,
    /// Who acts and answers for a company; for `company` and `iot`.
    #[serde(default)]
    organisation: OrganisationFields,
    /// A number (with `+` and country code) or e-mail address that was confirmed, to which
    /// notices go.
    contact: Option<String>,
    /// What the applicant consented to: `registration`, `portrait`, `partners`.
    consents: Vec<String>,
}

/// What a company adds.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OrganisationFields {
    /// Who stands for the company on its licence (法定代表人); empty if it names nobody.
    legal_person: String,
    /// The name of the person who acts for the company.
    handler_name: String,
    /// The resident identity number of that person.
    handler_number: String,
    /// The name of the person who answers for the cards.
    responsible_name: String,
    /// The resident identity number of that person.
    responsible_number: String,
    /// What the machines do and where; for `iot`.
    use_scene: String,
    /// The ICCIDs of all cards, at most 200; for `iot`.
    cards: Vec<String>,
}

impl From<OrganisationFields> for Organisation {
    fn from(fields: OrganisationFields) -> Self {
        Self {
            legal_person: fields.legal_person,
            handler_name: fields.handler_name,
            handler_number: fields.handler_number,
            responsible_name: fields.responsible_name,
            responsible_number: fields.responsible_number,
            use_scene: fields.use_scene,
            cards: fields.cards.join("\n"),
        }
    }
}

/// The part `application` of an answer: only what was asked for again; the photos as in a new
/// application. What is absent stays as it was.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AnswerFields {
    /// The number, if the pair of number and card was asked for.
    number: Option<String>,
    /// The card, if the pair was asked for.
    sim: Option<String>,
    /// The name.
    name: Option<String>,
    /// Whether the name could not be typed rightly.
    is_name_incomplete: Option<bool>,
    /// The document's number.
    document_number: Option<String>,
    /// Day of birth.
    #[schema(format = Date)]
    birth_on: Option<String>,
    /// The document's last day.
    #[schema(format = Date)]
    expires_on: Option<String>,
    /// Whether the document says 长期.
    is_long_term: Option<bool>,
    /// The address.
    address: Option<String>,
}

/// An appeal.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAppeal {
    /// Why the decision should be looked at again.
    text: String,
}

/// What became of what was sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sent {
    /// The application (`app_…`).
    id: String,
    /// Six characters to read out.
    reference: String,
    /// Whether it was sent on. If not, it waits as it is, and `problems` says what to mend:
    /// by an answer with the missing parts, or a new application.
    is_sent: bool,
    /// By when the answer is promised.
    promise: Option<Promise>,
    /// What is wrong or missing.
    problems: Vec<FieldProblem>,
}

/// What is wrong with one field.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// Which.
    field: &'static str,
    /// The stable code.
    code: &'static str,
    /// What is wrong and what to do, in the caller's language.
    detail: String,
}

impl FieldProblem {
    pub(super) fn of(problem: &form::Problem, lang: Lang) -> Self {
        let detail = lang.refusal(problem.code, &problem.values).unwrap_or_default();
        Self { field: problem.field, code: problem.code, detail }
    }
}

/// The parts of a multipart body.
struct Parts {
    application: Option<Vec<u8>>,
    photos: Vec<(Item, Vec<u8>)>,
}

/// Sends a whole application with its documents. If something is wrong, everything that is wrong
/// is answered at once and the application waits as a draft.
///
/// The answer waits up to three seconds for the photos to be looked at. With `Prefer:
/// respond-async`, or when that takes longer, the application is sent on without; if a photo then
/// cannot be read or will not do, it is asked for again, as after any check.
#[utoipa::path(
    post, path = "/api/v1/applications", tag = "applications",
    params(("Prefer" = Option<String>, Header, description = "`respond-async`: see above")),
    request_body(
        content = NewApplication, content_type = "multipart/form-data",
        description = "The part `application` as JSON, and the photos as files (JPEG, PNG or WebP)",
    ),
    responses(
        (status = 201, body = Sent, description = "Sent on"),
        (status = 200, body = Sent, description = "Kept as a draft: see `problems`"),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["applications:write"])),
)]
pub(crate) async fn send(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Multipart, MultipartRejection>,
) -> Result<(StatusCode, Json<Sent>), Problem> {
    caller.require(Action::TakeApplication)?;
    let parts = Parts::read(body).await?;
    let json = parts.application.ok_or_else(|| Problem::bad_field("application", "missing"))?;
    let new: NewApplication = read_json(&json)?;
    let whole = new.whole(parts.photos, is_awaited(&headers))?;
    let (actor, operator_id) = (&caller.actor, caller.operator_id());
    let answered = register::submit_whole(&api.app, actor, operator_id, whole).await?;
    let lang = language_of(&headers);
    let sent = Sent::of(answered.id, answered.reference, answered.submitted, lang);
    Ok((if sent.is_sent { StatusCode::CREATED } else { StatusCode::OK }, Json(sent)))
}

/// Answers a request for updates, or mends a draft that was sent with faults, and sends it on.
#[utoipa::path(
    post, path = "/api/v1/applications/{id}/answer", tag = "applications",
    params(
        ("id" = String, Path, description = "The application"),
        ("Prefer" = Option<String>, Header, description = "`respond-async`, as when sending"),
    ),
    request_body(
        content = AnswerFields, content_type = "multipart/form-data",
        description = "The part `application` as JSON, if fields change, and new photos as files",
    ),
    responses(
        (status = 200, body = Sent),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["applications:write"])),
)]
pub(crate) async fn answer(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Result<Multipart, MultipartRejection>,
) -> Answer<Sent> {
    let id: ApplicationId = field::id_of_path(&id)?;
    let (app, actor) = (&api.app, &caller.actor);
    let view = register::open(app, actor, id).await?;
    let parts = Parts::read(body).await?;
    let fields: AnswerFields = match &parts.application {
        Some(json) => read_json(json)?,
        None => AnswerFields::default(),
    };
    let mut found = Vec::new();
    for change in fields.changes(&view.form)? {
        found.extend(register::save(app, actor, id, &change).await?);
    }
    let photos = parts.photos;
    let wrong = register::take_photos(app, actor, id, photos, is_awaited(&headers)).await?;
    if let Some(wrong) = wrong.into_iter().next() {
        let (code, field, values) = (wrong.code, Some(wrong.field), wrong.values);
        return Err(service::Error::Refused(Refused { code, field, values }).into());
    }
    let submitted = if found.is_empty() {
        register::submit(app, actor, id).await?
    } else {
        Submitted::Incomplete(found)
    };
    Ok(Json(Sent::of(id, view.reference, submitted, language_of(&headers))))
}

/// Begins an appeal against a refusal and sends it: another application, which refers to this one.
#[utoipa::path(
    post, path = "/api/v1/applications/{id}/appeal", tag = "applications",
    params(("id" = String, Path, description = "The refused application")),
    request_body = NewAppeal,
    responses(
        (status = 200, body = Sent),
        (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("token" = ["applications:write"])),
)]
pub(crate) async fn appeal(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Body<NewAppeal>,
) -> Answer<Sent> {
    let id: ApplicationId = field::id_of_path(&id)?;
    let (app, actor) = (&api.app, &caller.actor);
    let Json(body) = body?;
    let begun = register::appeal(app, actor, id).await?;
    let change = Change::AppealText(body.text);
    let found = register::save(app, actor, begun.id, &change).await?;
    let submitted = if found.is_empty() {
        register::submit(app, actor, begun.id).await?
    } else {
        Submitted::Incomplete(found)
    };
    Ok(Json(Sent::of(begun.id, begun.reference, submitted, language_of(&headers))))
}

impl Sent {
    fn of(id: ApplicationId, reference: String, submitted: Submitted, lang: Lang) -> Self {
        let (promise, problems) = match submitted {
            Submitted::Sent { promise, .. } => (Some(Promise::from(promise)), Vec::new()),
            Submitted::Incomplete(found) => (None, problems_of(found, lang)),
        };
        Self { id: id.to_string(), reference, is_sent: promise.is_some(), promise, problems }
    }
}

impl NewApplication {
    fn whole(
        self,
        photos: Vec<(Item, Vec<u8>)>,
        is_awaited: bool,
    ) -> Result<WholeApplication, Problem> {
        let consents = self
            .consents
            .iter()
            .map(|word| field::word("consents", word, Purpose::from_code))
            .collect::<Result<_, _>>()?;
        Ok(WholeApplication {
            kind: field::word("kind", &self.kind, Kind::from_code)?,
            lang: field::word("language", &self.language, Lang::from_code)?,
            zone: self.zone,
            number: self.number,
            sim_tail: self.sim.trim().to_owned(),
            who: self.who,
            document: self.document,
            identity: IdentityFields {
                name: Sensitive::new(self.name),
                is_name_incomplete: self.is_name_incomplete,
                document_number: Sensitive::new(self.document_number),
                birth: date("birth_on", self.birth_on.as_deref())?,
                expires: date("expires_on", self.expires_on.as_deref())?,
                is_long_term: self.is_long_term,
                address: Sensitive::new(self.address),
                guardian_name: Sensitive::new(self.guardian_name),
                guardian_number: Sensitive::new(self.guardian_number),
                organisation: self.organisation.into(),
            },
            contact: self.contact,
            consents,
            photos,
            is_awaited,
        })
    }
}

impl AnswerFields {
    /// The pages that change, with what stays taken from `form`.
    fn changes(self, form: &Form) -> Result<Vec<Change>, Problem> {
        let mut changes = Vec::new();
        if self.number.is_some() || self.sim.is_some() {
            let number = self.number.unwrap_or_else(|| form.number.clone());
            let sim_tail =
                self.sim.map_or_else(|| form.sim_tail.clone(), |sim| sim.trim().to_owned());
            changes.push(Change::Number { number, sim_tail });
        }
        let is_identity = [&self.name, &self.document_number, &self.birth_on, &self.expires_on]
            .into_iter()
            .chain([&self.address])
            .any(Option::is_some)
            || self.is_name_incomplete.is_some()
            || self.is_long_term.is_some();
        if is_identity {
            let kept = |new: Option<String>, old: &String| {
                Sensitive::new(new.unwrap_or_else(|| old.clone()))
            };
            let day = |name, new: Option<String>, old: &DateText| match new {
                Some(text) => date(name, Some(&text)),
                None => Ok(old.clone()),
            };
            changes.push(Change::Identity(Box::new(IdentityFields {
                name: kept(self.name, &form.name),
                is_name_incomplete: self.is_name_incomplete.unwrap_or(form.is_name_incomplete),
                document_number: kept(self.document_number, &form.document_number),
                birth: day("birth_on", self.birth_on, &form.birth)?,
                expires: day("expires_on", self.expires_on, &form.expires)?,
                is_long_term: self.is_long_term.unwrap_or(form.is_long_term),
                address: kept(self.address, &form.address),
                guardian_name: kept(None, &form.guardian_name),
                guardian_number: kept(None, &form.guardian_number),
                organisation: form.organisation.clone(),
            })));
        }
        Ok(changes)
    }
}

impl Parts {
    async fn read(body: Result<Multipart, MultipartRejection>) -> Result<Self, Problem> {
        let mut body = body.map_err(|_| Problem::from(ApiRefusal::MediaType))?;
        let mut parts = Self { application: None, photos: Vec::new() };
        while let Some(part) = body.next_field().await.map_err(broken)? {
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(broken)?.to_vec();
            if name == "application" {
                parts.application = Some(bytes);
                continue;
            }
            let item = Item::from_code(&name).filter(|item| item.is_image());
            let item = item.ok_or_else(|| unknown_part(&name))?;
            parts.photos.push((item, bytes));
            if parts.photos.len() > PHOTOS_MAX {
                return Err(Problem::bad_field(&name, format!("at most {PHOTOS_MAX} photos")));
            }
        }
        Ok(parts)
    }
}

/// Whether the caller waits for what is wrong with the photos: not with `Prefer: respond-async`
/// (RFC 7240, section 4.1).
fn is_awaited(headers: &HeaderMap) -> bool {
    let preferred = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut preferred = preferred.flat_map(|value| value.split(','));
    !preferred.any(|one| one.trim().eq_ignore_ascii_case("respond-async"))
}

fn broken(error: MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiRefusal::TooLarge.into(),
        _ => Problem::malformed(error.body_text()),
    }
}

/// What is wrong is told by its place and kind, never by what was written there.
fn read_json<T: for<'de> Deserialize<'de>>(json: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(json).map_err(|error| {
        let place = format!("line {} column {}", error.line(), error.column());
        Problem::bad_field("application", format!("{:?} error at {place}", error.classify()))
    })
}

fn date(name: &str, text: Option<&str>) -> Result<DateText, Problem> {
    let Some(text) = text else { return Ok(DateText::default()) };
    let date: Date =
        text.parse().map_err(|_| Problem::bad_field(name, "a date such as 2030-12-31"))?;
    Ok(DateText::of(date))
}
