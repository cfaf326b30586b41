//! Short ASCII text kept in place, so that checking a million lines allocates nothing.

use std::fmt;

/// Up to `N` printable ASCII characters, without a heap allocation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Inline<const N: usize> {
    bytes: [u8; N],
    len: u8,
}

impl<const N: usize> Inline<N> {
    /// The empty text.
    pub const EMPTY: Self = Self { bytes: [0; N], len: 0 };

    /// Copies `bytes`; `None` if there are more than `N` or one is not printable ASCII.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut text = Self::EMPTY;
        bytes.iter().all(|&b| text.push(b)).then_some(text)
    }

    /// Appends one character; `false`, and nothing done, if it does not fit or is not ASCII.
    #[must_use]
    pub fn push(&mut self, byte: u8) -> bool {
        let fits = matches!(byte, b' '..=b'~') && self.len < u8::MAX;
        match self.bytes.get_mut(usize::from(self.len)) {
            Some(slot) if fits => {
                *slot = byte;
                self.len += 1;
                true
            }
            _ => false,
        }
    }

    /// The characters as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The characters as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).expect("only ASCII is ever pushed")
    }

    /// How many characters there are.
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Whether there is no character.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<const N: usize> Default for Inline<N> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<const N: usize> fmt::Display for Inline<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Inline<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_fits_and_refuses_the_rest() {
        assert_eq!(Inline::<4>::new(b"46000").map(|t| t.len()), None);
        assert_eq!(Inline::<5>::new(b"46000").unwrap().as_str(), "46000");
        assert_eq!(Inline::<5>::new("é".as_bytes()), None);
        assert!(Inline::<5>::EMPTY.is_empty());
    }
}
