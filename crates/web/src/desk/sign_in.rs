use super::COOKIE;
use crate::component::{Button, Component as _, Errors, Hidden, Html, TextField, TextPage};
use crate::shell::failure::{Failure, Reply};
use crate::shell::{Shell, cookie};
use askama::Template;
use axum::extract::{Form, Query, Request, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware;
use axum::response::{IntoResponse, Redirect, Response};
use domain::staff::SESSION_HOURS;

use serde::Deserialize;
use service::staff::SignIn;
use service::{App, Error, Sensitive};
use std::sync::Arc;
use words::Lang;

#[derive(Template)]
#[template(path = "desk/sign_in.html")]
struct SignInPage {
    t: Lang,
    errors: Html,
    /// Said to somebody whose form is waiting.
    kept: Option<String>,
    fields: Html,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: Sensitive<String>,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    kept: String,
}

/// A form that came after its session had ended, as it was sent, carried through the sign-in: the
/// place it was sent to is `next`.
const KEPT_BYTES_MAX: usize = 32 << 10;

/// `GET /desk/sign-in`.
pub(crate) async fn page(shell: Shell, Query(next): Query<Next>) -> Response {
    write(&shell, &Typed { next: next.next, ..Typed::default() }, &Errors::none())
}

/// A form sent to the desk without a session is not lost: it is carried through the sign-in and
/// sent again from there.
pub(crate) async fn keep_forms(
    State(app): State<Arc<App>>,
    shell: Shell,
    request: Request,
    next: middleware::Next,
) -> Response {
    let path = request.uri().path().to_owned();
    if request.method() != Method::POST || path.starts_with("/desk/sign-") {
        return next.run(request).await;
    }
    let token = cookie::read(request.headers(), COOKIE).unwrap_or("");
    let is_signed_in = match service::staff::session(&app, token).await {
        Ok(session) => session.is_some(),
        Err(error) => return Failure(error).into_response(),
    };
    if is_signed_in {
        return next.run(request).await;
    }
    let body = axum::body::to_bytes(request.into_body(), KEPT_BYTES_MAX).await;
    let kept = body.ok().and_then(|body| String::from_utf8(body.into()).ok());
    let typed = Typed { next: path, kept: kept.unwrap_or_default(), ..Typed::default() };
    write(&shell, &typed, &Errors::none())
}

/// After the sign-in: what had been sent, and a button that sends it again.
fn send_again(shell: &Shell, typed: &Typed) -> Option<Response> {
    if typed.kept.is_empty() {
        return None;
    }
    // The query of an address and the body of a form are written alike.
    let uri = Uri::try_from(format!("/?{}", typed.kept)).ok()?;
    let Query(fields) = Query::<Vec<(String, String)>>::try_from_uri(&uri).ok()?;
    let t = shell.lang;
    let button = Button::new(t, t.desk_sign_in_again()).html();
    let page = TextPage::new(t, t.desk_sign_in_kept_title())
        .part(Html::paragraph(t.desk_sign_in_kept_text()))
        .part(Html::resend(own(&typed.next), &fields, &button));
    Some(page.response(shell))
}

/// `POST /desk/sign-in`.
pub(crate) async fn submit(
    State(app): State<Arc<App>>,
    shell: Shell,
    Form(typed): Form<Typed>,
) -> Reply {
    let sign_in = SignIn {
        login: typed.login.clone(),
        password: typed.password.clone(),
        code: typed.code.clone(),
    };
    match service::staff::sign_in(&app, sign_in).await {
        Ok(signed) => {
            let seconds = SESSION_HOURS * 3600;
            let token = signed.token.expose();
            let cookie = cookie::session(COOKIE, token, seconds, shell.is_secure);
            if let Some(page) = send_again(&shell, &typed) {
                return Ok(([(header::SET_COOKIE, cookie)], page).into_response());
            }
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to(own(&typed.next))).into_response())
        }
        Err(Error::Refused(refused)) => {
            let errors = Errors::refused(shell.lang, &refused, "login");
            Ok(write(&shell, &typed, &errors))
        }
        Err(error) => Err(Failure(error)),
    }
}

/// `POST /desk/sign-out`.
pub(crate) async fn sign_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Reply {
    if let Some(token) = cookie::read(&headers, COOKIE) {
        service::staff::sign_out(&app, token).await?;
    }
    let forget = [(header::SET_COOKIE, cookie::forget(COOKIE))];
    Ok((forget, Redirect::to("/desk/sign-in")).into_response())
}

fn write(shell: &Shell, typed: &Typed, errors: &Errors) -> Response {
    let t = shell.lang;
    let fields = Html::join([
        TextField::new("login", t.desk_sign_in_login())
            .value(&typed.login)
            .autocomplete("username")
            .errors(errors)
            .html(),
        TextField::new("password", t.desk_sign_in_password()).password().errors(errors).html(),
        TextField::new("code", t.desk_sign_in_code())
            .hint(t.desk_sign_in_code_hint())
            .one_time_code()
            .errors(errors)
            .html(),
        Hidden::new("next", own(&typed.next)).html(),
        Hidden::new("kept", &typed.kept).html(),
        Button::new(t, t.desk_sign_in()).html(),
    ]);
    let page = shell.page(t.desk_sign_in_title());
    let page = if errors.is_empty() { page } else { page.invalid() };
    let kept = (!typed.kept.is_empty()).then(|| t.desk_sign_in_over().to_owned());
    page.body(&SignInPage { t, errors: errors.summary(t), kept, fields })
}

/// The page to go on to: one of the desk, never another site.
fn own(next: &str) -> &str {
    let is_own = next == "/desk" || next.starts_with("/desk/") || next.starts_with("/desk?");
    if is_own && !next.starts_with("/desk/sign-") { next } else { "/desk" }
}

#[cfg(test)]
mod tests {
    use super::own;

    #[test]
    fn after_signing_in_one_goes_on_to_the_desk_and_nowhere_else() {
        for (next, want) in [
            ("/desk/case/app_1?z=2", "/desk/case/app_1?z=2"),
            ("/desk", "/desk"),
            ("", "/desk"),
            ("//evil.example/desk", "/desk"),
            ("https://evil.example/desk/", "/desk"),
            ("/deskx", "/desk"),
            ("/desk/sign-in", "/desk"),
        ] {
            assert_eq!(own(next), want);
        }
    }
}
