//! The model card: what reads documents and compares faces, what is known of it and what is not,
//! and what it must not be used for.

use crate::component::{Component as _, Html, Notice, Summary, TextPage, Tone};
use crate::shell::Shell;
use axum::extract::State;
use axum::response::Response;
use service::App;
use std::sync::Arc;

/// `GET /models`.
pub(crate) async fn page(State(app): State<Arc<App>>, shell: Shell) -> Response {
    let t = shell.lang;
    let state = match app.ocr.models() {
        Ok(_) => Notice::new(Tone::Green, t.models_card_ready()),
        Err(_) => Notice::new(Tone::Blue, t.models_card_absent()),
    };
    let faces = match app.faces.models() {
        Ok(_) => Notice::new(Tone::Green, t.models_card_face_ready()),
        Err(_) => Notice::new(Tone::Blue, t.models_card_face_absent()),
    };
    let mut page = TextPage::new(t, t.models_title())
        .part(Html::paragraph(t.models_card_lead()))
        .part(state.html())
        .part(faces.html());
    for card in app.ocr.cards() {
        let summary = Summary::new()
            .row(t.models_card_author(), card.author)
            .row(t.models_card_licence(), card.licence)
            .row(t.models_card_package(), card.package)
            .row(t.models_card_hash(), grouped(&card.sha256));
        page = page.part(Html::heading(&card.title)).part(summary.html());
    }
    page.part(Html::heading(t.models_card_trained_title()))
        .part(Html::paragraph(t.models_card_trained()))
        .part(Html::heading(t.models_card_known_title()))
        .part(Html::paragraph(t.models_card_known()))
        .part(Html::heading(t.models_card_unknown_title()))
        .part(Html::list(&[
            t.models_card_unknown_1(),
            t.models_card_unknown_2(),
            t.models_card_unknown_3(),
        ]))
        .part(Html::heading(t.models_card_not_for_title()))
        .part(Html::list(&[
            t.models_card_not_for_1(),
            t.models_card_not_for_2(),
            t.models_card_not_for_3(),
        ]))
        .part(Html::heading(t.models_card_face_title()))
        .part(Html::list(&[
            t.models_card_face_trained(),
            t.models_card_face_known(),
            t.models_card_face_not_for(),
        ]))
        .part(Html::heading(t.models_card_kept_title()))
        .part(Html::paragraph(t.models_card_kept()))
        .response(&shell)
}

/// In groups of eight: a line of sixty-four signs fits on no phone.
fn grouped(hash: &str) -> String {
    let signs: Vec<char> = hash.chars().collect();
    let groups: Vec<String> = signs.chunks(8).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}
