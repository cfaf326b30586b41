//! The portrait beside the document's photo: both faces upright and equally large, what the machine
//! makes of them in words, and what that does not mean.

use super::case::CaseParts;
use super::names;
use crate::component::{Component as _, Html, Tag, Tone};
use domain::portrait::{Band, Compared};
use domain::reading::Unread;
use domain::reason::Item;
use words::Lang;

/// What the template shows.
pub(super) struct Pair {
    /// Address, text alternative and caption of each face.
    pub(super) images: Vec<(String, &'static str, String)>,
    /// The band, in words.
    pub(super) band: Html,
    /// The score with the limits of the bands.
    pub(super) score: String,
    /// What compared them.
    pub(super) models: String,
}

/// The pair of an application whose photos show a person; none where there is no portrait.
pub(super) fn pair(t: Lang, parts: &CaseParts<'_>) -> Option<Pair> {
    let content = parts.view.content.as_ref()?;
    let faces = &content.faces;
    content.images.iter().find(|photo| photo.item == Item::Portrait && photo.is_current)?;
    let Some(pair) = &faces.pair else {
        let text = match faces.unread {
            Some(why) => t.face_unread(because(t, why)),
            None if !faces.is_on => t.face_unread(because(t, Unread::NoModel)),
            None => t.face_no_document().to_owned(),
        };
        let band = Tag::new(Tone::Grey, text).html();
        return Some(Pair {
            images: Vec::new(),
            band,
            score: String::new(),
            models: String::new(),
        });
    };
    let why = parts.why.map_or(String::new(), |why| format!("&why={}", why.code()));
    let id = parts.view.application_id;
    let src = |item: Item, round: i64| {
        format!("/desk/case/{id}/image/{}/{round}?face=1{why}", item.code())
    };
    let [portrait, document] = pair.found;
    let mut images = Vec::new();
    if portrait.is_some() {
        let src = src(Item::Portrait, faces.round);
        images.push((src, t.face_portrait_alt(), t.face_portrait().to_owned()));
    }
    if document.is_some() {
        let caption = names::item(t, pair.item);
        images.push((src(pair.item, pair.round), t.face_document_alt(), caption));
    }
    let mut score = String::new();
    let (tone, text) = match pair.compared {
        Compared::NoDocument => (Tone::Grey, t.face_no_document()),
        Compared::NoPortrait => (Tone::Amber, t.face_no_portrait()),
        Compared::NoFaceOnDocument => (Tone::Amber, t.face_no_face_on_document()),
        Compared::Scored { cosine, band } => {
            let [review, consistent, copy] =
                pair.bands.map(|percent| share(percent as f32 / 100.0));
            score = t.face_score(share(cosine), review, consistent, copy);
            match band {
                Band::Mismatch => (Tone::Red, t.face_band_mismatch()),
                Band::Review => (Tone::Amber, t.face_band_review()),
                Band::Consistent => (Tone::Blue, t.face_band_consistent()),
                Band::Copy => (Tone::Red, t.face_band_copy()),
            }
        }
    };
    let models: Vec<String> = pair
        .models
        .iter()
        .map(|(id, sha256)| format!("{id} {}", sha256.get(..12).unwrap_or(sha256)))
        .collect();
    let models =
        if models.is_empty() { String::new() } else { t.face_models(models.join(t.desk_joint())) };
    Some(Pair { images, band: Tag::new(tone, text).html(), score, models })
}

fn because(t: Lang, why: Unread) -> String {
    let id = format!("review-because-{}", why.code().replace('_', "-"));
    t.by_id(&id, &[]).unwrap_or_default()
}

fn share(value: f32) -> String {
    format!("{value:.2}")
}
