//! Applications over the interface: sent whole with their documents, followed, answered, withdrawn.
//!
//! Nothing personal is ever given out here; what was typed goes in and is not shown again.

mod send;
mod show;

pub(crate) use send::{__path_answer, __path_appeal, __path_send, answer, appeal, send};
pub(crate) use show::{__path_list, __path_show, ReasonText, list, reasons, show};

use crate::Api;
use crate::caller::Caller;
use crate::field;
use crate::numbers::Answer;
use crate::problem::{Problem, ProblemBody, language_of};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use domain::id::ApplicationId;
use service::register;
use show::Application;

macro_rules! verbs {
    ($($(#[doc = $doc:literal])* $name:ident $path:literal;)*) => {$(
        $(#[doc = $doc])*
        #[utoipa::path(
            post, path = $path, tag = "applications",
            params(("id" = String, Path, description = "The application")),
            responses(
                (status = 200, body = Application),
                (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
            ),
            security(("token" = ["applications:write"])),
        )]
        pub(crate) async fn $name(
            State(api): State<Api>,
            caller: Caller,
            headers: HeaderMap,
            Path(id): Path<String>,
        ) -> Answer<Application> {
            let id: ApplicationId = field::id_of_path(&id)?;
            register::$name(&api.app, &caller.actor, id).await?;
            let status = register::status(&api.app, &caller.actor, id).await?;
            Ok(Json(Application::of(status, language_of(&headers))))
        }
    )*};
}

verbs! {
    /// Takes an application back; it can be gone on with for some time.
    withdraw "/api/v1/applications/{id}/withdraw";
    /// Goes on with a withdrawn or expired application: it is a draft again.
    reopen "/api/v1/applications/{id}/reopen";
    /// Has a person look at what the machine refused.
    ask_person "/api/v1/applications/{id}/ask-person";
}

/// The problems that a form has, in the caller's language.
fn problems_of(
    found: Vec<domain::application::form::Problem>,
    lang: words::Lang,
) -> Vec<send::FieldProblem> {
    found.into_iter().map(|problem| send::FieldProblem::of(&problem, lang)).collect()
}

/// An unknown part of a multipart body.
fn unknown_part(name: &str) -> Problem {
    Problem::bad_field(name, "no such part; see the description of the interface")
}
