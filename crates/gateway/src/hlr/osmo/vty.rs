//! Osmocom's VTY: a telnet-like terminal for people, which we read as strictly as it allows.

use bytes::{Buf as _, BytesMut};

/// The most of an answer that is read: ours have a few lines.
pub(super) const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Telnet's "interpret as command" (RFC 854) and the commands that take an option.
const IAC: u8 = 0xFF;
const WITH_OPTION: std::ops::RangeInclusive<u8> = 0xFB..=0xFE;

/// Words that open a line about a success.
const SUCCESSES: [&str; 2] = ["% Updated", "% Created"];

/// The text without telnet's negotiation.
fn plain(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, more)) = rest.split_first() {
        rest = match (*first, more) {
            (IAC, [command, _, after @ ..]) if WITH_OPTION.contains(command) => after,
            (IAC, [_, after @ ..]) => after,
            (IAC, []) => more,
            (byte, _) => {
                text.push(byte);
                more
            }
        };
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// The host name in the prompt, once the greeting is complete: `OsmoHLR> ` ends it.
pub(super) fn host(greeting: &[u8]) -> Option<String> {
    let text = plain(greeting);
    let last = text.rsplit(['\r', '\n']).next()?;
    let host = last.strip_suffix("> ")?;
    let is_name = |c: char| c.is_ascii_graphic() && c != '%';
    (!host.is_empty() && host.chars().all(is_name)).then(|| host.to_owned())
}

/// What came before the prompt, without the echo of `command`; nothing while the prompt has not
/// come.
pub(super) fn answer(bytes: &[u8], host: &str, command: &str) -> Option<String> {
    let text = plain(bytes);
    let before = text.strip_suffix("# ")?.strip_suffix(host)?;
    if !(before.is_empty() || before.ends_with('\n')) {
        return None;
    }
    let lines = before.lines().skip_while(|line| line.trim().is_empty());
    let mut lines = lines.peekable();
    lines.next_if(|line| line.trim() == command);
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// Takes the answer to `command` off the front of what was read, if its prompt has come.
pub(super) fn take(buffer: &mut BytesMut, host: &str, command: &str) -> Option<String> {
    let prompt = format!("{host}# ");
    let mut from = 0;
    loop {
        let rest = buffer.get(from..)?;
        let at = rest.windows(prompt.len()).position(|bytes| bytes == prompt.as_bytes())?;
        let end = from + at + prompt.len();
        // Only at the beginning of a line is it a prompt.
        if let Some(said) = answer(buffer.get(..end)?, host, command) {
            buffer.advance(end);
            return Some(said);
        }
        from = end;
    }
}

/// Why the command was refused, by the lines that begin with `%`; nothing if it was not.
pub(super) fn refusal(answer: &str) -> Option<&str> {
    let said = answer.lines().find(|line| line.starts_with('%'))?;
    let is_success = SUCCESSES.iter().any(|success| said.starts_with(success));
    (!is_success).then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers_as_the_real_one_writes_them() {
        let greeting = b"Welcome to the OsmoHLR VTY interface\r\n\r\n\
            \xff\xfb\x01\xff\xfb\x03\xff\xfe\"\xff\xfd\x1fOsmoHLR> ";
        assert_eq!(host(greeting).as_deref(), Some("OsmoHLR"));
        assert_eq!(host(&greeting[..greeting.len() - 1]), None);
        let seen = b"subscriber imsi 1 update msisdn 2\r\n% Updated subscriber\r\nOsmoHLR# ";
        let said = answer(seen, "OsmoHLR", "subscriber imsi 1 update msisdn 2").unwrap();
        assert_eq!(refusal(&said), None);
        let seen = b"x\r\n% No subscriber for imsi = '460990000000009'\r\nOsmoHLR# ";
        let said = answer(seen, "OsmoHLR", "x").unwrap();
        assert!(refusal(&said).unwrap().starts_with("% No subscriber"));
        assert_eq!(answer(b"enable\r\nOsmoHLR# ", "OsmoHLR", "enable").as_deref(), Some(""));
        assert_eq!(answer(b"not OsmoHLR# ", "OsmoHLR", "x"), None);
    }

    #[test]
    fn several_answers_in_one_piece_are_taken_one_by_one() {
        let mut buffer = BytesMut::from(
            &b"first\r\n% Updated\r\nOsmoHLR# second\r\nsays OsmoHLR# here\r\nOsmoHLR# thi"[..],
        );
        assert_eq!(take(&mut buffer, "OsmoHLR", "first").as_deref(), Some("% Updated"));
        let said = take(&mut buffer, "OsmoHLR", "second");
        assert_eq!(said.as_deref(), Some("says OsmoHLR# here"));
        assert_eq!(take(&mut buffer, "OsmoHLR", "third"), None);
        assert_eq!(&buffer[..], b"thi");
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer_or_none(bytes: Vec<u8>, host_name in "[a-zA-Z]{0,8}") {
            let _ = host(&bytes);
            if let Some(said) = answer(&bytes, &host_name, "enable") {
                let _ = refusal(&said);
            }
        }

        #[test]
        fn an_answer_ends_with_the_prompt_and_not_before(
            lines in prop::collection::vec("[ -~]{0,40}", 0..5),
            cut: prop::sample::Index,
        ) {
            let whole = format!("x\r\n{}\r\nH# ", lines.join("\r\n"));
            let said = answer(whole.as_bytes(), "H", "x").unwrap();
            let joined = lines.join("\n");
            prop_assert_eq!(said.trim(), joined.trim());
            let half = &whole[..cut.index(whole.len() - 3)];
            if !half.ends_with("H# ") {
                prop_assert_eq!(answer(half.as_bytes(), "H", "x"), None);
            }
        }
    }
}
