//! The order of the pages of a registration, and how one leads to the next.

use domain::application::form::Section;
use domain::application::{Facts, State};
use domain::machine_read::side_of;
use domain::reason::Item;
use service::register::{SectionState, View};

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

/// After the photo `item`: the next one; where documents are read, what was read of them comes
/// between them and the portrait.
pub(crate) fn after_photo(item: Item, view: &View) -> String {
    let at = view.wanted_photos.iter().position(|photo| *photo == item);
    let next = at.and_then(|at| view.wanted_photos.get(at + 1));
    let is_read = view.is_read_first && side_of(item).is_some();
    match next {
        Some(next) if is_read && side_of(*next).is_some() => photo(*next),
        _ if is_read && !is_identity_done(view) => section(Section::Identity).to_owned(),
        Some(next) => photo(*next),
        None => section(Section::Consents).to_owned(),
    }
}

/// Before the photo `item`.
pub(crate) fn before_photo(item: Item, view: &View) -> String {
    let at = view.wanted_photos.iter().position(|photo| *photo == item).unwrap_or(0);
    let before = at.checked_sub(1).and_then(|at| view.wanted_photos.get(at));
    match before {
        Some(before) if view.is_read_first && side_of(item).is_none() => {
            let is_first = side_of(*before).is_some();
            if is_first { section(Section::Identity).to_owned() } else { photo(*before) }
        }
        Some(before) => photo(*before),
        None if view.is_read_first => section(Section::Document).to_owned(),
        None => section(Section::Identity).to_owned(),
    }
}

/// After the document was chosen.
pub(crate) fn after_document(view: &View) -> String {
    let is_there = view.photos.iter().any(|photo| side_of(photo.found.item).is_some());
    let next = if view.is_read_first && !is_there { Section::Photos } else { Section::Identity };
    section(next).to_owned()
}

/// After name and number: the first photo; where documents are read, the first that is missing.
pub(crate) fn after_identity(view: &View) -> String {
    if !view.is_read_first {
        return section(Section::Photos).to_owned();
    }
    let is_there = |item: &Item| view.photos.iter().any(|photo| photo.found.item == *item);
    let missing = view.wanted_photos.iter().find(|item| !is_there(item));
    missing.map_or_else(|| section(Section::Consents).to_owned(), |item| photo(*item))
}

fn is_identity_done(view: &View) -> bool {
    let of = view.sections.iter().find(|row| row.section == Section::Identity);
    of.is_some_and(|row| row.state == SectionState::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_leads_back_to_the_overview() {
        let change = Way { from: Some("check".to_owned()) };
        assert_eq!(change.next("/x"), CHECK);
        assert_eq!(change.here("/x"), "/x?from=check");
        assert_eq!(Way::default().next("/x"), "/x");
    }
}
