//! The order of the pages of a registration, and how one leads to the next.

use domain::application::form::Section;
use domain::application::{Facts, State};
use domain::reason::Item;

/// Where every page of a registration is.
pub(crate) const BEGIN: &str = "/register";
/// S5.
pub(crate) const TASKS: &str = "/register/tasks";
/// S11.
pub(crate) const CHECK: &str = "/register/check";
/// S13.
pub(crate) const REDO: &str = "/register/redo";
/// After sending.
pub(crate) const RECEIPT: &str = "/register/receipt";

/// `?from=check`: the page was opened to change one answer, and leads back to the overview.
#[derive(Clone, Debug, Default, serde::Deserialize)]
pub(crate) struct Way {
    from: Option<String>,
}

impl Way {
    fn is_change(&self) -> bool {
        self.from.as_deref() == Some("check")
    }

    /// The address of the same page, for the form's action.
    pub(crate) fn here(&self, path: &str) -> String {
        if self.is_change() { format!("{path}?from=check") } else { path.to_owned() }
    }

    /// Where one comes from: the overview, or `otherwise`.
    pub(crate) fn back(&self, otherwise: &str) -> String {
        if self.is_change() { CHECK.to_owned() } else { otherwise.to_owned() }
    }

    /// Where it goes on: the overview, or `otherwise`.
    pub(crate) fn next(&self, otherwise: &str) -> String {
        self.back(otherwise)
    }

    /// Where one comes from: what must be redone, while something is asked for.
    pub(crate) fn before(&self, facts: &Facts, otherwise: &str) -> String {
        if facts.state == State::NeedsUpdate { REDO.to_owned() } else { self.back(otherwise) }
    }

    /// Where it goes on: what must be redone, while something is asked for.
    pub(crate) fn after(&self, facts: &Facts, otherwise: &str) -> String {
        if facts.state == State::NeedsUpdate { REDO.to_owned() } else { self.next(otherwise) }
    }
}

/// The page of a section; of the photos it is the first one.
pub(crate) fn section(section: Section) -> &'static str {
    match section {
        Section::Number => "/register/number",
        Section::Contact => "/register/contact",
        Section::Who => "/register/who",
        Section::Document => "/register/document",
        Section::Identity => "/register/identity",
        Section::Photos => "/register/photo/document_front",
        Section::Portrait => "/register/photo/portrait",
        Section::Consents => "/register/consents",
    }
}

/// The page of one photo.
pub(crate) fn photo(item: Item) -> String {
    format!("/register/photo/{}", item.code())
}

/// After the photo `item` out of all `photos` the form needs.
pub(crate) fn after_photo(item: Item, photos: &[Item]) -> String {
    let at = photos.iter().position(|photo| *photo == item);
    match at.and_then(|at| photos.get(at + 1)) {
        Some(next) => photo(*next),
        None => section(Section::Consents).to_owned(),
    }
}

/// Before the photo `item`.
pub(crate) fn before_photo(item: Item, photos: &[Item]) -> String {
    let at = photos.iter().position(|photo| *photo == item).unwrap_or(0);
    match at.checked_sub(1).and_then(|at| photos.get(at)) {
        Some(before) => photo(*before),
        None => section(Section::Identity).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_lead_one_to_the_next() {
        let photos = [Item::DocumentFront, Item::DocumentBack, Item::Portrait];
        assert_eq!(after_photo(Item::DocumentFront, &photos), "/register/photo/document_back");
        assert_eq!(after_photo(Item::Portrait, &photos), "/register/consents");
        assert_eq!(before_photo(Item::DocumentFront, &photos), "/register/identity");
        assert_eq!(before_photo(Item::Portrait, &photos), "/register/photo/document_back");
    }

    #[test]
    fn a_change_leads_back_to_the_overview() {
        let change = Way { from: Some("check".to_owned()) };
        assert_eq!(change.next("/x"), CHECK);
        assert_eq!(change.here("/x"), "/x?from=check");
        assert_eq!(Way::default().next("/x"), "/x");
    }
}
