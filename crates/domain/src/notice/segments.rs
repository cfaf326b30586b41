//! How many text messages a text is, and where it is cut.
//!
//! One message carries 140 octets: 160 characters of the GSM 7-bit alphabet (3GPP TS 23.038
//! §6.2.1) or 70 units of UCS-2. A longer text is sent in parts, each of which loses 6 octets to
//! the concatenation header (TS 23.040 §9.2.3.24.1): 153 and 67 remain.

/// The alphabet a text needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// The GSM 7-bit default alphabet with its extension table.
    Gsm7,
    /// Two octets per unit; characters beyond the basic plane take two units.
    Ucs2,
}

impl Encoding {
    /// The alphabet for `text`: GSM 7-bit if every character is in it.
    pub fn of(text: &str) -> Self {
        if text.chars().all(|c| gsm7_septets(c).is_some()) { Self::Gsm7 } else { Self::Ucs2 }
    }

    /// How many units one message holds when the text fits in it.
    pub const fn single(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// How many units each part of a longer text holds.
    pub const fn part(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    fn units(self, c: char) -> usize {
        match self {
            // A text in this alphabet has only characters of it.
            Self::Gsm7 => gsm7_septets(c).unwrap_or(1),
            Self::Ucs2 => c.len_utf16(),
        }
    }
}

/// The size of a text as text messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    /// The alphabet.
    pub encoding: Encoding,
    /// Units in all: septets or UCS-2 units, without headers.
    pub units: usize,
    /// Messages it is sent as; an empty text is one.
    pub parts: usize,
    /// Units still free in the last message.
    pub left: usize,
}

/// Measures `text`.
///
/// ```
/// use domain::notice::{segments, Encoding};
/// let s = segments("保号成功");
/// assert_eq!((s.encoding, s.units, s.parts, s.left), (Encoding::Ucs2, 4, 1, 66));
/// ```
pub fn segments(text: &str) -> Segments {
    let encoding = Encoding::of(text);
    let parts = split(text);
    let count = |part: &str| part.chars().map(|c| encoding.units(c)).sum::<usize>();
    let limit = if parts.len() == 1 { encoding.single() } else { encoding.part() };
    let last = parts.last().map_or(0, |part| count(part));
    Segments { encoding, units: count(text), parts: parts.len(), left: limit.saturating_sub(last) }
}

/// Cuts `text` into the parts it is sent as: never inside a surrogate pair, nor between an escape
/// and the extension character it announces.
pub fn split(text: &str) -> Vec<String> {
    let encoding = Encoding::of(text);
    let total: usize = text.chars().map(|c| encoding.units(c)).sum();
    if total <= encoding.single() {
        return vec![text.to_owned()];
    }
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut used = 0;
    for c in text.chars() {
        let units = encoding.units(c);
        if used + units > encoding.part() {
            parts.push(std::mem::take(&mut part));
            used = 0;
        }
        part.push(c);
        used += units;
    }
    parts.push(part);
    parts
}

/// Septets `c` takes in the GSM 7-bit alphabet: one, two with the escape, or none if it is not in
/// it.
fn gsm7_septets(c: char) -> Option<usize> {
    const EXTENSION: &str = "\u{c}^{}\\[~]|€";
    const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
        ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    if BASIC.contains(c) {
        Some(1)
    } else if EXTENSION.contains(c) {
        Some(2)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, encoding: Encoding, units: usize, parts: usize, left: usize) {
        assert_eq!(segments(text), Segments { encoding, units, parts, left }, "{text}");
    }

    #[test]
    fn limits_of_both_alphabets() {
        check("", Encoding::Gsm7, 0, 1, 160);
        check(&"a".repeat(160), Encoding::Gsm7, 160, 1, 0);
        check(&"a".repeat(161), Encoding::Gsm7, 161, 2, 145);
        check(&"a".repeat(306), Encoding::Gsm7, 306, 2, 0);
        check(&"a".repeat(307), Encoding::Gsm7, 307, 3, 152);
        check(&"保".repeat(70), Encoding::Ucs2, 70, 1, 0);
        check(&"保".repeat(71), Encoding::Ucs2, 71, 2, 63);
        check(&"保".repeat(134), Encoding::Ucs2, 134, 2, 0);
    }

    #[test]
    fn the_extension_table_takes_two_septets_and_stays_together() {
        check("€", Encoding::Gsm7, 2, 1, 158);
        check(&"[".repeat(80), Encoding::Gsm7, 160, 1, 0);
        let parts = split(&format!("{}€{}", "a".repeat(152), "b".repeat(10)));
        assert_eq!(parts[0], "a".repeat(152));
        assert_eq!(parts[1], format!("€{}", "b".repeat(10)));
    }

    #[test]
    fn a_character_outside_the_alphabet_turns_the_whole_text_to_ucs_2() {
        check("naïve", Encoding::Ucs2, 5, 1, 65);
        check("it`s", Encoding::Ucs2, 4, 1, 66);
        check("ñ Ω Δ @", Encoding::Gsm7, 7, 1, 153);
    }

    #[test]
    fn a_surrogate_pair_is_never_cut() {
        let parts = split(&format!("{}𠮷{}", "保".repeat(66), "号".repeat(10)));
        assert_eq!(parts[0].encode_utf16().count(), 66);
        assert!(parts[1].starts_with('𠮷'));
    }

    proptest! {
        #[test]
        fn parts_join_to_the_text_and_fit(text in "\\PC{0,400}") {
            let encoding = Encoding::of(&text);
            let parts = split(&text);
            prop_assert_eq!(parts.concat(), text.clone());
            let limit = if parts.len() == 1 { encoding.single() } else { encoding.part() };
            for part in &parts {
                let units: usize = part.chars().map(|c| encoding.units(c)).sum();
                prop_assert!(units <= limit);
                if encoding == Encoding::Ucs2 {
                    prop_assert_eq!(units, part.encode_utf16().count());
                }
            }
        }

        #[test]
        fn gsm_text_never_counts_less_than_its_characters(text in "[a-zA-Z0-9 €\\[\\]]{0,400}") {
            let s = segments(&text);
            let naive = text.chars().count() + text.chars().filter(|c| "€[]".contains(*c)).count();
            prop_assert_eq!(s.encoding, Encoding::Gsm7);
            prop_assert_eq!(s.units, naive);
        }
    }
}
