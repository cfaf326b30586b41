use super::COOKIE;
use crate::component::{Button, Component as _, Errors, Hidden, Html, TextField};
use crate::shell::failure::{Failure, Reply};
use crate::shell::{Shell, cookie};
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, header};
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
    fields: Html,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: Sensitive<String>,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// `GET /desk/sign-in`.
pub(crate) async fn page(shell: Shell, Query(next): Query<Next>) -> Response {
    write(&shell, "", &next.next, &Errors::none())
}

/// `POST /desk/sign-in`.
pub(crate) async fn submit(
    State(app): State<Arc<App>>,
    shell: Shell,
    Form(typed): Form<Typed>,
) -> Reply {
    let sign_in = SignIn { login: typed.login.clone(), password: typed.password, code: typed.code };
    match service::staff::sign_in(&app, sign_in).await {
        Ok(signed) => {
            let seconds = SESSION_HOURS * 3600;
            let token = signed.token.expose();
            let cookie = cookie::session(COOKIE, token, seconds, shell.is_secure);
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to(own(&typed.next))).into_response())
        }
        Err(Error::Refused(refused)) => {
            let errors = Errors::refused(shell.lang, &refused, "login");
            Ok(write(&shell, &typed.login, &typed.next, &errors))
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

fn write(shell: &Shell, login: &str, next: &str, errors: &Errors) -> Response {
    let t = shell.lang;
    let fields = Html::join([
        TextField::new("login", t.desk_sign_in_login())
            .value(login)
            .autocomplete("username")
            .errors(errors)
            .html(),
        TextField::new("password", t.desk_sign_in_password()).password().errors(errors).html(),
        TextField::new("code", t.desk_sign_in_code())
            .hint(t.desk_sign_in_code_hint())
            .one_time_code()
            .errors(errors)
            .html(),
        Hidden::new("next", own(next)).html(),
        Button::new(t, t.desk_sign_in()).html(),
    ]);
    let page = shell.page(t.desk_sign_in_title());
    let page = if errors.is_empty() { page } else { page.invalid() };
    page.body(&SignInPage { t, errors: errors.summary(t), fields })
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
