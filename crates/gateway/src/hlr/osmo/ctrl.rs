//! Osmocom's control interface: IPA frames with text (Osmocom CTRL manual, "Control interface").
//!
//! A frame is two octets of length, the stream 0xEE, the extension 0x00 and the text; the length
//! counts what comes after the stream.

use super::Garbage;
use bytes::{Buf as _, BytesMut};

const STREAM: u8 = 0xEE;
const EXTENSION: u8 = 0x00;
const HEAD_BYTES: usize = 3;

/// `text` in a frame.
pub(super) fn frame(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len() + 1).expect("commands are short");
    let mut frame = length.to_be_bytes().to_vec();
    frame.extend([STREAM, EXTENSION]);
    frame.extend(text.as_bytes());
    frame
}

/// Takes the text of the first whole frame; nothing while it is not whole.
pub(super) fn take(buffer: &mut BytesMut) -> Result<Option<String>, Garbage> {
    let &[high, low, stream, ..] = &buffer[..] else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if stream != STREAM || length == 0 {
        return Err(Garbage);
    }
    let Some(payload) = buffer.get(HEAD_BYTES..HEAD_BYTES + length) else { return Ok(None) };
    let Some((&EXTENSION, text)) = payload.split_first() else { return Err(Garbage) };
    let text = String::from_utf8_lossy(text).into_owned();
    buffer.advance(HEAD_BYTES + length);
    Ok(Some(text))
}

/// The request that the text answers, if it is an answer.
pub(super) fn id(text: &str) -> Option<u32> {
    text.split(' ').nth(1)?.parse().ok()
}

/// The answer to the request `id`: what was asked for, or why not. `None` if the text answers
/// something else, such as a trap.
pub(super) fn answer(text: &str, id: u32) -> Option<Result<String, String>> {
    let mut parts = text.splitn(4, ' ');
    let (kind, of) = (parts.next()?, parts.next()?);
    if of.parse() != Ok(id) {
        return None;
    }
    match kind {
        // GET_REPLY <id> <variable> <value>
        "GET_REPLY" | "SET_REPLY" => {
            parts.next()?;
            Some(Ok(parts.next().unwrap_or_default().to_owned()))
        }
        "ERROR" => {
            let reason: Vec<&str> = parts.collect();
            Some(Err(reason.join(" ")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn taken(bytes: &[u8]) -> Result<Option<String>, Garbage> {
        take(&mut BytesMut::from(bytes))
    }

    #[test]
    fn frames_as_the_real_one_writes_them() {
        let seen = b"\x00\x1c\xee\x00ERROR 1 No such subscriber.";
        let text = taken(seen).unwrap().unwrap();
        assert_eq!(answer(&text, 1), Some(Err("No such subscriber.".to_owned())));
        assert_eq!(answer(&text, 2), None);
        let info = "GET_REPLY 7 subscriber.by-imsi-1.info \nid\t1\nnam_cs\t0";
        assert_eq!(answer(info, 7), Some(Ok("\nid\t1\nnam_cs\t0".to_owned())));
        let none = "GET_REPLY 7 subscriber.by-imsi-1.info-aud ";
        assert_eq!(answer(none, 7), Some(Ok(String::new())));
    }

    proptest! {
        #[test]
        fn what_is_framed_is_taken(text in "[ -~\n]{0,300}", more: Vec<u8>) {
            let mut buffer = BytesMut::from(&frame(&text)[..]);
            buffer.extend_from_slice(&more);
            prop_assert_eq!(take(&mut buffer).unwrap(), Some(text));
            prop_assert_eq!(&buffer[..], &more[..]);
        }

        #[test]
        fn half_a_frame_is_waited_for(text in "[ -~]{0,300}", cut: prop::sample::Index) {
            let whole = frame(&text);
            let half = &whole[..cut.index(whole.len())];
            prop_assert_eq!(taken(half).unwrap(), None);
        }

        #[test]
        fn anything_else_is_garbage_and_never_a_panic(bytes: Vec<u8>, id: u32) {
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(text)) = take(&mut buffer) {
                let _ = answer(&text, id);
            }
        }

        #[test]
        fn any_text_is_an_answer_or_none(text in ".{0,200}", id: u32) {
            let _ = answer(&text, id);
        }
    }
}
