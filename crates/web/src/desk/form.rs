//! The decision form: every field as sent, so that nothing is lost when the page comes again.

use domain::reason::{Item, Reason};
use domain::review::{ItemResult, Mark, Opinion, Region, Verdict};
use std::collections::BTreeMap;

/// Named parts of an image, for whoever does not draw a region.
pub(crate) const PRESETS: [(&str, &str, &str); 6] = [
    ("all", "A1", "H8"),
    ("top_left", "A1", "D4"),
    ("top_right", "E1", "H4"),
    ("bottom_left", "A5", "D8"),
    ("bottom_right", "E5", "H8"),
    ("middle", "C3", "F6"),
];

/// The fields of the form, by name; reasons may come more than once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent(BTreeMap<String, Vec<String>>);

impl Sent {
    /// From the pairs of the form.
    pub(crate) fn new(pairs: Vec<(String, String)>) -> Self {
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in pairs {
            fields.entry(name).or_default().push(value);
        }
        Self(fields)
    }

    /// The field `name`, empty if it was not sent.
    pub(crate) fn one(&self, name: &str) -> &str {
        self.0.get(name).and_then(|values| values.first()).map_or("", String::as_str)
    }

    fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// The result chosen for an item.
    pub(crate) fn result(&self, item: Item) -> Option<ItemResult> {
        ItemResult::from_code(self.one(&format!("result-{}", item.code())))
    }

    /// The reasons ticked under `name` (an item's code, or `whole`).
    pub(crate) fn reasons(&self, name: &str) -> Vec<Reason> {
        let codes = self.all(&format!("reason-{name}"));
        codes.iter().filter_map(|code| Reason::from_code(code)).collect()
    }

    /// The verdict chosen.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        Verdict::from_code(self.one("verdict"))
    }

    /// What is in the region field of an item, as it was sent.
    pub(crate) fn region_text(&self, item: Item) -> &str {
        self.one(&format!("region-{}", item.code()))
    }

    /// The region of an item: drawn (`left,top,width,height`), or two corner cells (`B2 E4`), or a
    /// named part. `Err` if something was typed that is none of these.
    pub(crate) fn region(&self, item: Item) -> Result<Option<Region>, ()> {
        let typed = self.region_text(item).trim();
        if !typed.is_empty() {
            return cells(typed).or_else(|| Region::from_text(typed)).map(Some).ok_or(());
        }
        let part = self.one(&format!("part-{}", item.code()));
        let preset = PRESETS.iter().find(|(name, _, _)| *name == part);
        Ok(preset.and_then(|(_, one, other)| Region::from_cells(one, other)))
    }

    /// Step of zoom (1 to 3) and quarter turns of an image, after the button `look` was pressed.
    pub(crate) fn look(&self, item: Item, round: i64) -> (u8, u8) {
        let key = format!("{}-{round}", item.code());
        let number = |name: &str| self.one(&format!("{name}-{key}")).parse::<u8>().ok();
        let (zoom, turns) = (number("z").unwrap_or(1), number("r").unwrap_or(0));
        let pressed = self.one("look").strip_prefix(&format!("{key}:")).unwrap_or("");
        let (zoom, turns) = match pressed {
            "in" => (zoom + 1, turns),
            "out" => (zoom.saturating_sub(1), turns),
            "left" => (zoom, turns + 3),
            "right" => (zoom, turns + 1),
            _ => (zoom, turns),
        };
        (zoom.clamp(1, 3), turns % 4)
    }

    /// The opinion on these items, as far as the form says; without a verdict there is none.
    pub(crate) fn opinion(&self, items: &[Item]) -> Option<Opinion> {
        let mark = |item: &Item| {
            Some(Mark {
                item: *item,
                result: self.result(*item)?,
                reasons: self.reasons(item.code()),
                region: self.region(*item).ok().flatten(),
            })
        };
        Some(Opinion {
            verdict: self.verdict()?,
            marks: items.iter().filter_map(mark).collect(),
            reasons: self.reasons("whole"),
        })
    }
}

/// `B2 E4`, `B2-E4`, `b2:e4`, or one cell.
fn cells(text: &str) -> Option<Region> {
    let parts: Vec<&str> =
        text.split([' ', '-', ':', ',']).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [one] => Region::from_cells(one, one),
        [one, other] => Region::from_cells(one, other),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(pairs: &[(&str, &str)]) -> Sent {
        Sent::new(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn a_region_is_drawn_typed_or_chosen() {
        let item = Item::DocumentFront;
        let of = |name: &str, value: &str| {
            sent(&[(&format!("{name}-document_front"), value)]).region(item)
        };
        let b2_e4 = Region::from_cells("B2", "E4");
        for typed in ["B2 E4", "b2-e4", " E4:B2 ", "125,125,500,375"] {
            assert_eq!(of("region", typed), Ok(b2_e4), "{typed}");
        }
        assert_eq!(of("region", "C3"), Ok(Region::from_cells("C3", "C3")));
        assert_eq!(of("part", "top_left"), Ok(Region::new(0, 0, 500, 500)));
        assert_eq!(of("part", ""), Ok(None));
        assert_eq!(of("region", "somewhere"), Err(()));
        for (_, one, other) in PRESETS {
            assert!(Region::from_cells(one, other).is_some());
        }
    }

    #[test]
    fn looking_closer_turns_and_zooms_the_one_image() {
        let look = |pairs: &[(&str, &str)]| sent(pairs).look(Item::Portrait, 2);
        assert_eq!(look(&[]), (1, 0));
        let state = [("z-portrait-2", "2"), ("r-portrait-2", "3")];
        assert_eq!(look(&state), (2, 3));
        let press = |button| look(&[state[0], state[1], ("look", button)]);
        assert_eq!(press("portrait-2:in"), (3, 3));
        assert_eq!(press("portrait-2:out"), (1, 3));
        assert_eq!(press("portrait-2:right"), (2, 0));
        assert_eq!(press("portrait-2:left"), (2, 2));
        assert_eq!(press("portrait-1:in"), (2, 3), "another image's button");
        assert_eq!(look(&[("z-portrait-2", "200"), ("r-portrait-2", "9")]), (3, 1));
    }

    #[test]
    fn several_reasons_of_one_item_all_count() {
        let sent = sent(&[
            ("verdict", "ask_again"),
            ("result-portrait", "retake"),
            ("reason-portrait", "P1"),
            ("reason-portrait", "P2"),
            ("reason-portrait", "nonsense"),
        ]);
        let opinion = sent.opinion(&[Item::Name, Item::Portrait]).expect("a verdict");
        let [mark] = opinion.marks.as_slice() else { unreachable!("one mark") };
        assert_eq!(mark.reasons, [Reason::P1, Reason::P2]);
    }
}
