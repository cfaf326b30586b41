//! S1: what can be done here, what it needs, how long it takes.

use crate::component::{Button, Component as _, Html};
use crate::shell::Shell;
use askama::Template;
use axum::response::Response;
use words::Lang;

#[derive(Template)]
#[template(path = "subscriber/start.html")]
struct Start {
    t: Lang,
    buttons: Html,
}

/// `GET /`.
pub(crate) async fn page(shell: Shell) -> Response {
    let t = shell.lang;
    let buttons = Html::join([
        Button::link(t.start_register(), "/register").html(),
        Button::link(t.start_status(), "/status").quiet().html(),
        Button::link(t.start_keep(), "/numbers").quiet().html(),
    ]);
    shell.page(t.start_title()).body(&Start { t, buttons })
}
