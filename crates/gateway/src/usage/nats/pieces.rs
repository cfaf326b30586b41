//! From messages to texts that are taken in like files.
//!
//! A message holds one row or several: JSON lines, or CSV under a header of its own. Messages
//! written alike become one text, because one commit of a thousand rows is cheap and a thousand
//! commits are not.

use std::collections::BTreeMap;

/// Some messages as one text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The header, if it is CSV; then the rows of all messages.
    pub(super) text: Vec<u8>,
    /// The messages, in order: their place among all, and after how many lines each begins.
    pub(super) messages: Vec<(usize, u64)>,
    /// Lines of the header of each message: 1 for CSV.
    header_lines: u64,
}

impl Piece {
    /// Which message a line of the text (from 1) is of, and which line of it.
    pub(super) fn find(&self, line: u64) -> (usize, u64) {
        let after = self.messages.partition_point(|(_, begin)| *begin < line);
        let (message, begin) =
            after.checked_sub(1).and_then(|at| self.messages.get(at)).copied().unwrap_or_default();
        (message, line.saturating_sub(begin) + self.header_lines)
    }
}

/// The messages `payloads`, grouped by how they are written. Whether they make sense at all is
/// found out when they are taken in.
pub(super) fn pieces(payloads: &[(usize, &[u8])]) -> Vec<Piece> {
    let mut groups: BTreeMap<Option<&[u8]>, (Piece, u64)> = BTreeMap::new();
    for (message, payload) in payloads {
        let payload = payload.strip_prefix(b"\xef\xbb\xbf").unwrap_or(payload).trim_ascii();
        let (header, rows) = if payload.starts_with(b"{") {
            (None, payload)
        } else {
            let end = payload.iter().position(|byte| *byte == b'\n').unwrap_or(payload.len());
            let (header, rows) = payload.split_at(end);
            (Some(header.trim_ascii_end()), rows.trim_ascii_start())
        };
        let (piece, lines) = groups.entry(header).or_insert_with(|| {
            let text = header.map(|header| [header, b"\n"].concat()).unwrap_or_default();
            let header_lines = u64::from(header.is_some());
            (Piece { text, messages: Vec::new(), header_lines }, header_lines)
        });
        piece.messages.push((*message, *lines));
        if !rows.is_empty() {
            piece.text.extend_from_slice(rows);
            piece.text.push(b'\n');
            *lines += rows.split(|byte| *byte == b'\n').count() as u64;
        }
    }
    groups.into_values().map(|(piece, _)| piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_written_alike_become_one_text_and_lines_are_found_again() {
        let payloads: [&[u8]; 6] = [
            b"{\"a\":1}",
            b"msisdn,kind,instant\n1,data,2\n3,data,4\n",
            b"{\"a\":2}\n{\"a\":3}\r\n\n",
            b"msisdn,kind,instant\r\n5,data,6",
            b"\xef\xbb\xbf {\"a\":4}",
            b"",
        ];
        let payloads: Vec<_> = payloads.into_iter().enumerate().collect();
        let found = pieces(&payloads);
        let texts: Vec<_> =
            found.iter().map(|piece| String::from_utf8_lossy(&piece.text).into_owned()).collect();
        let wanted = [
            "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":4}\n",
            "\n",
            "msisdn,kind,instant\n1,data,2\n3,data,4\n5,data,6\n",
        ];
        assert_eq!(texts, wanted);
        assert_eq!(
            (found[0].find(1), found[0].find(3), found[0].find(4)),
            ((0, 1), (2, 2), (4, 1))
        );
        assert_eq!(found[2].find(3), (1, 3));
        assert_eq!(found[2].find(4), (3, 2));
    }

    proptest! {
        #[test]
        fn whatever_comes_no_byte_of_a_row_is_lost(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..20)
        ) {
            let numbered: Vec<_> =
                payloads.iter().enumerate().map(|(at, bytes)| (at, bytes.as_slice())).collect();
            let found = pieces(&numbered);
            let mut seen: Vec<usize> =
                found.iter().flat_map(|piece| piece.messages.iter().map(|(at, _)| *at)).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..payloads.len()).collect::<Vec<_>>());
            for piece in &found {
                let lines = piece.text.split(|byte| *byte == b'\n').count() as u64 - 1;
                for line in 1 + piece.header_lines..=lines {
                    let (message, of_it) = piece.find(line);
                    let payload = &payloads[message];
                    let all = payload.split(|byte| *byte == b'\n').count() as u64;
                    prop_assert!(of_it >= 1 && of_it <= all, "{line} {of_it} {all}");
                }
            }
        }
    }
}
