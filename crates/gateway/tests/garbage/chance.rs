//! Changes that are the same in every run.

/// A generator of numbers that only look like chance (xorshift).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % bound.max(1)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }

    /// `right` with some of it changed, cut off, doubled or put in; seldom as it was, and sometimes
    /// nothing of it at all.
    pub(crate) fn changed(&mut self, right: &[u8]) -> Vec<u8> {
        let mut bytes = right.to_vec();
        match self.below(8) {
            0 => return (0..self.below(300)).map(|_| self.byte()).collect(),
            1 => bytes.truncate(self.below(bytes.len() + 1)),
            2 => bytes.extend_from_within(self.below(right.len())..),
            3 => {
                for _ in 0..self.below(40) {
                    let at = self.below(bytes.len() + 1);
                    bytes.insert(at, self.byte());
                }
            }
            _ => {
                for _ in 0..=self.below(6) {
                    if !bytes.is_empty() {
                        let at = self.below(bytes.len());
                        bytes[at] = self.byte();
                    }
                }
            }
        }
        bytes
    }
}
