//! Where the visitor is, so that dates can be shown in his zone beside the legal one.
//!
//! A browser with JavaScript tells its zone in a cookie; without, a short list of places does.

use super::Shell;
use crate::component::{Component as _, Html, Pick, SelectField};
use askama::Template;
use domain::time::Zone;
use words::Lang;

/// Where most people abroad are; one zone stands for its neighbours with the same clock.
const PLACES: [&str; 14] = [
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Asia/Bangkok",
    "Asia/Kathmandu",
    "Asia/Dubai",
    "Europe/Moscow",
    "Europe/Paris",
    "Europe/London",
    "America/Sao_Paulo",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "Australia/Sydney",
    "Pacific/Auckland",
];

/// The name of a zone as a cookie or query gives it, if there is such a zone.
pub(super) fn named(text: &str) -> Option<String> {
    let name = text.replace("%2F", "/").replace("%2f", "/");
    Zone::named(&name).map(|_| name)
}

#[derive(Debug, Template)]
#[template(path = "component/zone_form.html")]
struct ZoneForm<'a> {
    t: Lang,
    path: &'a str,
    select: Html,
}

impl askama::filters::HtmlSafe for ZoneForm<'_> {}
impl crate::component::Component for ZoneForm<'_> {}

pub(super) fn form(shell: &Shell) -> Html {
    let t = shell.lang;
    let picks = PLACES.iter().map(|name| Pick::new(name, word(t, name))).collect();
    let chosen = shell.visitor_zone.as_ref().unwrap_or(&shell.brand.zone);
    let select = SelectField::new("zone", t.common_zone_label(), picks).value(chosen.name()).html();
    let path = shell.here.split('?').next().unwrap_or("/");
    ZoneForm { t, path, select }.html()
}

fn word(t: Lang, name: &str) -> String {
    let city = name.rsplit('/').next().unwrap_or(name).replace('_', "-").to_ascii_lowercase();
    let city = if city == "shanghai" { "beijing".to_owned() } else { city };
    t.by_id(&format!("common-zone-{city}"), &[]).unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_a_zone_and_a_name() {
        for name in PLACES {
            assert_eq!(named(&name.replace('/', "%2F")).as_deref(), Some(name));
            assert_ne!(word(Lang::Zh, name), name);
        }
        assert_eq!(named("Nowhere/At_all"), None);
        assert_eq!(named("Asia/Shanghai; Path=/"), None);
    }
}
