//! Delivery receipts in the formats that centres use.
//!
//! Source: SMPP v3.4, appendix B, and the parameters `receipted_message_id`, `message_state`.

use super::pdu::Message;
use service::notice::Status;

/// `esm_class` of a receipt, under its mask.
const RECEIPT: u8 = 0x04;
const KIND_MASK: u8 = 0x3C;

/// What a receipt says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    /// The ids it names, the parameter before the text.
    pub(super) message_ids: Vec<String>,
    /// What became of the message; none while it is under way.
    pub(super) status: Option<Status>,
}

/// Whether the message is none from a phone but the centre's.
pub(super) const fn is_from_centre(message: &Message) -> bool {
    message.esm_class & KIND_MASK != 0
}

/// Reads a receipt; `None` if it is none or names no message.
pub(super) fn read(message: &Message) -> Option<Receipt> {
    if message.esm_class & KIND_MASK != RECEIPT {
        return None;
    }
    let units = super::text::read(message).units;
    let text = String::from_utf16_lossy(&units);
    let mut message_ids: Vec<String> = message.receipted_message_id.iter().cloned().collect();
    if let Some(id) = field(&text, "id:").filter(|id| !message_ids.iter().any(|known| known == id))
    {
        message_ids.push(id.to_owned());
    }
    if message_ids.is_empty() {
        return None;
    }
    let by_text = || field(&text, "stat:").and_then(status_of_word);
    let status = match message.message_state.and_then(status_of_number).or_else(by_text) {
        Some(Meaning::Ended(status)) => Some(status),
        Some(Meaning::UnderWay) | None => None,
    };
    Some(Receipt { message_ids, status })
}

/// The word behind `name` in `id:… stat:…`, whatever the case of the name.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let bytes = text.as_bytes();
    let found = bytes.windows(name.len()).enumerate().find(|(at, window)| {
        let is_start = at.checked_sub(1).and_then(|at| bytes.get(at)).is_none_or(|b| *b == b' ');
        is_start && window.eq_ignore_ascii_case(name.as_bytes())
    });
    let rest = text.get(found?.0 + name.len()..)?.trim_start();
    rest.split_whitespace().next().filter(|word| !word.is_empty() && word.len() <= 64)
}

/// What a state means.
#[derive(Clone, Copy)]
enum Meaning {
    UnderWay,
    Ended(Status),
}

const fn status_of_number(state: u8) -> Option<Meaning> {
    match state {
        0 | 1 | 6 => Some(Meaning::UnderWay),
        2 => Some(Meaning::Ended(Status::Delivered)),
        3 => Some(Meaning::Ended(Status::Expired)),
        4 | 5 | 8 | 9 => Some(Meaning::Ended(Status::Undeliverable)),
        7 => Some(Meaning::Ended(Status::Unknown)),
        _ => None,
    }
}

fn status_of_word(word: &str) -> Option<Meaning> {
    match word.to_ascii_uppercase().as_str() {
        "DELIVRD" | "DELIVERED" => Some(Meaning::Ended(Status::Delivered)),
        "EXPIRED" => Some(Meaning::Ended(Status::Expired)),
        "UNDELIV" | "UNDELIVERABLE" | "DELETED" | "REJECTD" | "REJECTED" | "FAILED" => {
            Some(Meaning::Ended(Status::Undeliverable))
        }
        "UNKNOWN" => Some(Meaning::Ended(Status::Unknown)),
        "ENROUTE" | "ACCEPTD" | "ACCEPTED" | "SCHEDULED" | "BUFFERED" => Some(Meaning::UnderWay),
        _ => None,
    }
}

/// The id as it is stored: `name/id`, in small letters and without leading zeros.
pub(super) fn stored_id(centre: &str, id: &str) -> String {
    let id = id.trim().to_ascii_lowercase();
    let bare = id.trim_start_matches('0');
    let bare = if bare.is_empty() { "0" } else { bare };
    format!("{centre}/{}", bare.replace(char::is_whitespace, "_"))
}

/// How else the centre may write the same id: the number in hex, in decimal.
pub(super) fn spellings(stored: &str) -> [Option<String>; 3] {
    let (centre, id) = stored.split_once('/').unwrap_or(("", stored));
    let from_decimal = id.parse::<u128>().ok().map(|number| format!("{centre}/{number:x}"));
    let from_hex = u128::from_str_radix(id, 16).ok().map(|number| format!("{centre}/{number}"));
    let differs = |other: &String| other != stored;
    [Some(stored.to_owned()), from_decimal.filter(differs), from_hex.filter(differs)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn receipt(text: &str) -> Message {
        Message { esm_class: 4, text: text.as_bytes().to_vec(), ..Message::default() }
    }

    #[test]
    fn the_common_formats_are_understood() {
        let cases = [
            (
                "id:12 sub:001 submit date:2601010000 done date:2601010001 stat:DELIVRD err:000",
                "12",
                Some(Status::Delivered),
            ),
            ("id:0A1B stat:UNDELIV err:001", "0A1B", Some(Status::Undeliverable)),
            ("ID:77 Stat:EXPIRED Err:0", "77", Some(Status::Expired)),
            ("id: 9 stat:ACCEPTD", "9", None),
            ("id:9 stat:UNKNOWN", "9", Some(Status::Unknown)),
            ("id:9 stat:REJECTD", "9", Some(Status::Undeliverable)),
            ("mid:1 id:9 stat:ENROUTE", "9", None),
        ];
        for (text, id, status) in cases {
            let read = read(&receipt(text)).unwrap();
            assert_eq!((read.message_ids, read.status), (vec![id.to_owned()], status), "{text}");
        }
        let by_tlv = Message {
            esm_class: 4,
            receipted_message_id: Some("ab".into()),
            message_state: Some(2),
            ..Message::default()
        };
        assert_eq!(read(&by_tlv).unwrap().status, Some(Status::Delivered));
        assert_eq!(read(&receipt("nothing")), None);
        assert_eq!(
            read(&Message { text: b"id:1 stat:DELIVRD".to_vec(), ..Message::default() }),
            None
        );
    }

    #[test]
    fn an_id_in_hex_decimal_or_with_zeros_is_one_id() {
        let all = |id: &str| -> Vec<String> {
            spellings(&stored_id("a", id)).into_iter().flatten().collect()
        };
        assert!(all("255").contains(&stored_id("a", "000000FF")));
        assert!(all("00FF").contains(&stored_id("a", "255")));
        assert!(all("0000255").contains(&stored_id("a", "255")));
        assert!(all("0").contains(&stored_id("a", "000")));
        assert_eq!(all("uuid-1f").len(), 1);
        assert!(!all("255").contains(&stored_id("b", "255")));
    }

    proptest! {
        #[test]
        fn any_text_can_be_looked_at(
            text in ".{0,200}",
            tail in prop::collection::vec(any::<u8>(), 0..50),
        ) {
            let mut message = receipt(&text);
            message.text.extend(tail);
            let _ = read(&message);
        }
    }
}
