//! Texts as phones take them: GSM 7-bit where every character has one, else UCS-2; cut into parts.
//!
//! Sources: 3GPP TS 23.038 (alphabets), TS 23.040 section 9.2.3.24 (user data header).

use super::pdu::{ESM_UDH, Message, Sar};

/// The default alphabet, by code. `\u{1b}` leads to the extension table.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const ESCAPE: u8 = 0x1b;
const EXTENSION: [(u8, char); 10] = [
    (0x0a, '\u{0c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2f, '\\'),
    (0x3c, '['),
    (0x3d, '~'),
    (0x3e, ']'),
    (0x40, '|'),
    (0x65, '€'),
];
/// `data_coding` of the centre's default alphabet.
pub(super) const CODING_DEFAULT: u8 = 0;
const CODING_LATIN1: u8 = 3;
/// `data_coding` of UCS-2, which phones read as UTF-16.
pub(super) const CODING_UCS2: u8 = 8;
/// Parts one text may have; its header has room for 255.
const PARTS_MAX: usize = 255;

/// How parts are marked: what the centre wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Joining {
    /// A user data header with a reference of 8 bits: what every phone knows.
    #[default]
    Udh8,
    /// A user data header with a reference of 16 bits.
    Udh16,
    /// The parameters `sar_*`; the centre makes the header.
    Sar,
    /// The whole text as `message_payload`; the centre cuts it.
    Payload,
}

/// One part, ready for its envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) data_coding: u8,
    pub(super) esm_class: u8,
    pub(super) octets: Vec<u8>,
    pub(super) is_payload: bool,
    pub(super) sar: Option<Sar>,
}

/// Cuts `text` into parts that are one text again in the phone. No part begins or ends within a
/// character.
pub(super) fn parts(text: &str, joining: Joining, reference: u16) -> Vec<Part> {
    let (data_coding, characters) = encoded(text);
    let octets = characters.iter().map(Vec::len).sum::<usize>();
    let is_ucs2 = data_coding == CODING_UCS2;
    let (whole_max, part_max) = match (is_ucs2, joining) {
        (true, Joining::Udh16) => (140, 132),
        (true, _) => (140, 134),
        (false, Joining::Udh16) => (160, 152),
        (false, _) => (160, 153),
    };
    let plain =
        |octets, is_payload| Part { data_coding, esm_class: 0, octets, is_payload, sar: None };
    if octets <= whole_max {
        return vec![plain(characters.concat(), false)];
    }
    if joining == Joining::Payload {
        return vec![plain(characters.concat(), true)];
    }
    let pieces = pieces(characters, part_max);
    let total = u8::try_from(pieces.len()).unwrap_or(u8::MAX);
    pieces
        .into_iter()
        .zip(1..=total)
        .map(|(octets, number)| {
            let sar = Sar { reference, total, number };
            let [high, low] = reference.to_be_bytes();
            let header: &[u8] = match joining {
                Joining::Udh8 => &[5, 0, 3, low, total, number],
                Joining::Udh16 => &[6, 8, 4, high, low, total, number],
                Joining::Sar | Joining::Payload => &[],
            };
            Part {
                data_coding,
                esm_class: if header.is_empty() { 0 } else { ESM_UDH },
                octets: [header, &octets].concat(),
                is_payload: false,
                sar: header.is_empty().then_some(sar),
            }
        })
        .collect()
}

fn pieces(characters: Vec<Vec<u8>>, part_max: usize) -> Vec<Vec<u8>> {
    let mut pieces: Vec<Vec<u8>> = vec![Vec::new()];
    for character in characters {
        let is_full = pieces.last().is_some_and(|last| last.len() + character.len() > part_max);
        if is_full {
            if pieces.len() == PARTS_MAX {
                break;
            }
            pieces.push(Vec::new());
        }
        if let Some(last) = pieces.last_mut() {
            last.extend(character);
        }
    }
    pieces
}

/// The coding and the octets of each character.
fn encoded(text: &str) -> (u8, Vec<Vec<u8>>) {
    let septets: Option<Vec<Vec<u8>>> = text.chars().map(septets_of).collect();
    if let Some(septets) = septets {
        return (CODING_DEFAULT, septets);
    }
    let units = text.chars().map(|character| {
        let mut buffer = [0; 2];
        character.encode_utf16(&mut buffer).iter().flat_map(|unit| unit.to_be_bytes()).collect()
    });
    (CODING_UCS2, units.collect())
}

fn septets_of(character: char) -> Option<Vec<u8>> {
    if let Some((code, _)) = EXTENSION.iter().find(|(_, known)| *known == character) {
        return Some(vec![ESCAPE, *code]);
    }
    let code = BASIC.chars().position(|known| known == character)?;
    u8::try_from(code).ok().filter(|code| *code != ESCAPE).map(|code| vec![code])
}

/// A text as it came in, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Read {
    /// UTF-16, because a sender may have cut within a character.
    pub(super) units: Vec<u16>,
    /// Which part of what, if it is one.
    pub(super) sar: Option<Sar>,
}

/// Reads the text of an incoming message.
pub(super) fn read(message: &Message) -> Read {
    let mut octets = message.text.as_slice();
    let mut sar = message.sar;
    if message.esm_class & ESM_UDH != 0
        && let Some((length, rest)) = octets.split_first()
        && let Some((header, body)) = rest.split_at_checked(usize::from(*length))
    {
        sar = joining_of(header).or(sar);
        octets = body;
    }
    Read { units: decoded(octets, message.data_coding), sar }
}

/// The joining element of a user data header.
fn joining_of(mut header: &[u8]) -> Option<Sar> {
    while let [tag, length, rest @ ..] = header {
        let (element, rest) = rest.split_at_checked(usize::from(*length))?;
        let sar = match (tag, element) {
            (0, [low, total, number]) => {
                Some(Sar { reference: u16::from(*low), total: *total, number: *number })
            }
            (8, [high, low, total, number]) => Some(Sar {
                reference: u16::from_be_bytes([*high, *low]),
                total: *total,
                number: *number,
            }),
            _ => None,
        };
        if let Some(sar) = sar {
            return (sar.total > 1 && (1..=sar.total).contains(&sar.number)).then_some(sar);
        }
        header = rest;
    }
    None
}

fn decoded(octets: &[u8], data_coding: u8) -> Vec<u16> {
    match data_coding {
        CODING_UCS2 | 0x18..=0x1b => octets
            .chunks_exact(2)
            .filter_map(|pair| <[u8; 2]>::try_from(pair).ok().map(u16::from_be_bytes))
            .collect(),
        CODING_LATIN1 => octets.iter().map(|octet| u16::from(*octet)).collect(),
        _ => {
            let mut text = String::new();
            let mut octets = octets.iter();
            while let Some(octet) = octets.next() {
                let character = if *octet == ESCAPE {
                    let code = octets.next().copied().unwrap_or(b' ');
                    EXTENSION.iter().find(|(known, _)| *known == code).map(|(_, shown)| *shown)
                } else {
                    BASIC.chars().nth(usize::from(*octet))
                };
                text.push(character.unwrap_or('\u{fffd}'));
            }
            text.encode_utf16().collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn joined(parts: &[Part]) -> String {
        let mut units = Vec::new();
        for (place, part) in parts.iter().enumerate() {
            let message = Message {
                esm_class: part.esm_class,
                data_coding: part.data_coding,
                text: part.octets.clone(),
                sar: part.sar,
                ..Message::default()
            };
            let read = read(&message);
            if parts.len() > 1 {
                let sar = read.sar.unwrap();
                assert_eq!(usize::from(sar.number), place + 1);
                assert_eq!(usize::from(sar.total), parts.len());
            }
            // Whole characters: each part is a text of its own.
            assert!(String::from_utf16(&read.units).is_ok());
            units.extend(read.units);
        }
        String::from_utf16(&units).unwrap()
    }

    #[test]
    fn sizes_are_those_of_the_standard() {
        let count = |text: &str, joining| parts(text, joining, 1).len();
        assert_eq!(BASIC.chars().count(), 128);
        assert_eq!(count(&"a".repeat(160), Joining::Udh8), 1);
        assert_eq!(count(&"a".repeat(161), Joining::Udh8), 2);
        assert_eq!(count(&"a".repeat(306), Joining::Udh8), 2);
        assert_eq!(count(&"a".repeat(307), Joining::Udh8), 3);
        assert_eq!(count(&"保".repeat(70), Joining::Udh8), 1);
        assert_eq!(count(&"保".repeat(71), Joining::Udh8), 2);
        assert_eq!(count(&"保".repeat(134), Joining::Udh8), 2);
        assert_eq!(count(&"保".repeat(133), Joining::Udh16), 3);
        assert_eq!(count(&"保".repeat(700), Joining::Payload), 1);
    }

    #[test]
    fn neither_a_surrogate_pair_nor_an_escape_is_cut() {
        let rare = format!("{}{}", "保".repeat(66), "𠮷".repeat(10));
        let parts_of_rare = parts(&rare, Joining::Udh8, 9);
        assert_eq!(parts_of_rare.first().unwrap().octets.len(), 6 + 132);
        assert_eq!(joined(&parts_of_rare), rare);
        let euro = format!("{}€{}", "a".repeat(152), "b".repeat(20));
        assert_eq!(joined(&parts(&euro, Joining::Udh8, 9)), euro);
    }

    proptest! {
        #[test]
        fn every_text_comes_out_as_it_went_in(
            text in "([a-zA-Z0-9 €{}@£\\n]|[保号您的，。]|𠮷|é){0,400}",
            joining in prop::sample::select(vec![
                Joining::Udh8, Joining::Udh16, Joining::Sar, Joining::Payload,
            ]),
            reference in 0u16..256,
        ) {
            let parts = parts(&text, joining, reference);
            if joining != Joining::Payload {
                prop_assert!(parts.iter().all(|part| part.octets.len() <= 160));
            }
            prop_assert_eq!(joined(&parts), text);
        }

        #[test]
        fn any_octets_can_be_read(
            octets in prop::collection::vec(any::<u8>(), 0..300),
            esm_class in any::<u8>(),
            data_coding in any::<u8>(),
        ) {
            let message = Message { text: octets, esm_class, data_coding, ..Message::default() };
            let _ = read(&message);
        }
    }
}
