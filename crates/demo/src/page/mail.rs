//! The mail boxes.

use super::Here;
use askama::Template;
use axum::response::Response;
use domain::time::Zone;
use web::component::{Component as _, Empty, Html};
use web::shell::Shell;
use words::Lang;

struct Letter {
    at: String,
    to: String,
    subject: String,
    text: String,
    has_calendar: bool,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Box {
    t: Lang,
    letters: Vec<Letter>,
    empty: Html,
}

/// `GET /demo/mail`.
pub(crate) async fn page(shell: Shell, Here(world): Here) -> Response {
    let t = shell.lang;
    let letters = world.network().mail().into_iter().rev().take(100).map(|mail| Letter {
        at: {
            let at = mail.at.civil_in(&Zone::shanghai());
            t.day_month_time((at.month(), at.day()), (at.hour(), at.minute()))
        },
        to: mail.to,
        subject: mail.subject,
        text: mail.text,
        has_calendar: mail.calendar.is_some(),
    });
    let letters = letters.collect();
    let empty = Empty::new(t.demo_mail_empty()).html();
    shell.page(t.demo_mail()).body(&Box { t, letters, empty })
}
