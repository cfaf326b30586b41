//! What staff see who neither review nor lead.

use super::Signed;
use crate::component::{Component as _, Empty, Html};
use askama::Template;
use axum::response::Response;

#[derive(Template)]
#[template(source = "<div class=\"stack\"><h1>{{ title }}</h1>{{ empty }}</div>", ext = "html")]
struct Home<'a> {
    title: &'a str,
    empty: Html,
}

/// Says which roles the person has and that none of them works here.
pub(super) fn page(signed: &Signed) -> Response {
    let t = signed.shell.lang;
    let roles: Vec<&str> = signed.session.roles.iter().map(|r| super::names::role(t, *r)).collect();
    let text = t.desk_home_nothing(roles.join(t.desk_joint()));
    let page = Home { title: t.desk_home_title(), empty: Empty::new(text).html() };
    signed.shell.page(t.desk_home_title()).body(&page)
}
