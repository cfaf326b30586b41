//! What programs can do, as a page.

use askama::Template;
use axum::response::Response;
use web::shell::Shell;
use words::Lang;

#[derive(Template)]
#[template(path = "interface.html")]
struct Page {
    t: Lang,
    operations: Vec<(String, String, String)>,
}

/// `GET /demo/api`.
pub(crate) async fn page(shell: Shell) -> Response {
    let t = shell.lang;
    shell.page(t.demo_interface()).body(&Page { t, operations: crate::api::operations() })
}
