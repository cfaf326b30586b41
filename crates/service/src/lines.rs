//! Text in pieces of whole lines, one for each core.

/// Splits at line breaks into at most `parts` pieces of about the same size.
pub fn split(text: &[u8], parts: usize) -> Vec<&[u8]> {
    let mut pieces = Vec::with_capacity(parts);
    let mut rest = text;
    for left in (2..=parts).rev() {
        let about = rest.len() / left;
        let tail = rest.get(about..).unwrap_or_default();
        let Some(at) = memchr::memchr(b'\n', tail) else { break };
        let (piece, more) = rest.split_at(about + at + 1);
        pieces.push(piece);
        rest = more;
    }
    pieces.push(rest);
    pieces
}
