//! The same numbers for the same seed (SplitMix64, Steele et al. 2014): drawn specimens must be the
//! same everywhere. Nothing secret comes from here.

/// A sequence of numbers.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The sequence of `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        // Mixed first: neighbouring seeds must not be the same sequence, one step apart.
        Self(mixed(seed ^ 0x5851_f42d_4c95_7f2d))
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// From 0 to below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or(0)
    }

    /// From `low` to `high`.
    pub(crate) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * ((self.next() >> 40) as f32 / 16_777_216.0)
    }

    /// Whether something of this chance happens.
    pub(crate) fn happens(&mut self, chance: f32) -> bool {
        self.between(0.0, 1.0) < chance
    }

    /// About normal, with mean 0 and deviation 1 (a sum of four even numbers).
    pub(crate) fn normal(&mut self) -> f32 {
        let bits = self.next();
        let sum: u64 = (0..4).map(|part| (bits >> (part * 16)) & 0xffff).sum();
        (sum as f32 / 65_535.0 - 2.0) * 1.732
    }

    /// One of a list that is not empty.
    pub(crate) fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let index = self.below(words.len().max(1));
        words.get(index).copied().unwrap_or_default()
    }

    /// One sign of a text that is not empty.
    pub(crate) fn sign(&mut self, text: &str) -> char {
        let index = self.below(text.chars().count().max(1));
        text.chars().nth(index).unwrap_or('一')
    }
}

fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_seeds_share_nothing() {
        let of = |seed| {
            let mut dice = Dice::new(seed);
            (0..50).map(|_| dice.next()).collect::<Vec<_>>()
        };
        let (one, other) = (of(7), of(8));
        assert!(one.iter().all(|number| !other.contains(number)));
        assert_eq!(one, of(7));
    }
}
