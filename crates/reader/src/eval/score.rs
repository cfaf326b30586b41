//! Counting: what was read rightly, what was filled in wrongly, and what may be said of it.

use crate::eval::Specimen;
use domain::reading::{FieldName, Reading, Side, Standing, fields_of};

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// How many hit.
    pub hits: u32,
    /// Of how many.
    pub of: u32,
}

/// What a sample says about a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The 95 % interval lies on the right side of the target.
    Proven,
    /// The sample meets the target, and is too small to prove it.
    Met,
    /// The sample misses the target.
    Missed,
    /// The sample is too small to say anything: not even a flawless one would meet the target.
    TooFew,
}

/// Two-sided 95 % of the normal distribution.
const Z: f64 = 1.96;

impl Rate {
    fn add(&mut self, is_hit: bool) {
        self.of += 1;
        self.hits += u32::from(is_hit);
    }

    /// The share; `None` of nothing.
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| f64::from(self.hits) / f64::from(self.of))
    }

    /// The 95 % interval (Wilson 1927).
    pub fn interval(self) -> Option<[f64; 2]> {
        let (share, n) = (self.share()?, f64::from(self.of));
        let middle = share + Z * Z / (2.0 * n);
        let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        Some([((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0)])
    }

    /// Whether at least the share `target` hit.
    pub fn at_least(self, target: f64) -> Verdict {
        let misses = Self { hits: self.of - self.hits, of: self.of };
        misses.at_most(1.0 - target)
    }

    /// Whether at most the share `target` hit. A sample in which a single hit is already more than
    /// the target cannot tell a good reader from a lucky one.
    pub fn at_most(self, target: f64) -> Verdict {
        let (Some(share), Some([_, high])) = (self.share(), self.interval()) else {
            return Verdict::TooFew;
        };
        if share > target + 1e-12 && f64::from(self.of) * target >= 1.0 {
            return Verdict::Missed;
        }
        if f64::from(self.of) * target < 1.0 {
            return Verdict::TooFew;
        }
        if high <= target { Verdict::Proven } else { Verdict::Met }
    }
}

/// The figures of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Documents.
    pub cards: u32,
    /// Their photos.
    pub photos: u32,
    /// Photos whose document and side were recognised.
    pub recognised: Rate,
    /// Fields that are clear and right.
    pub exact: Rate,
    /// Fields that are clear and wrong: worse than empty ones.
    pub wrong: Rate,
    /// Identity numbers that are clear and right.
    pub number: Rate,
    /// Per field: exact, and clear but wrong.
    pub fields: Vec<(FieldName, Rate, Rate)>,
}

impl Score {
    /// Counts one side of one document.
    pub fn add(&mut self, side: Side, specimen: &Specimen, reading: &Reading) {
        // A side without a legible title is taken for one of the chosen document.
        let is_kind = reading.document.is_none_or(|kind| kind == specimen.kind);
        let is_it = is_kind && reading.side == Some(side);
        self.photos += 1;
        self.recognised.add(is_it);
        for name in fields_of(specimen.kind, side) {
            let Some(truth) = specimen.truth(*name) else { continue };
            let read = reading.field(*name).filter(|field| field.standing == Standing::Clear);
            let is_same = read.is_some_and(|field| field.value == truth);
            // What was read as another document is never filled in.
            self.count(*name, is_it && is_same, is_it && read.is_some() && !is_same);
        }
    }

    fn count(&mut self, name: FieldName, is_right: bool, is_wrong: bool) {
        self.exact.add(is_right);
        self.wrong.add(is_wrong);
        if name == FieldName::Number {
            self.number.add(is_right);
        }
        let known = self.fields.iter().position(|(known, ..)| *known == name);
        let index = known.unwrap_or_else(|| {
            self.fields.push((name, Rate::default(), Rate::default()));
            self.fields.len() - 1
        });
        if let Some((_, exact, wrong)) = self.fields.get_mut(index) {
            exact.add(is_right);
            wrong.add(is_wrong);
        }
    }

    /// Both together.
    pub fn merge(&mut self, other: &Self) {
        let join = |a: &mut Rate, b: Rate| {
            a.hits += b.hits;
            a.of += b.of;
        };
        self.cards += other.cards;
        self.photos += other.photos;
        join(&mut self.recognised, other.recognised);
        join(&mut self.exact, other.exact);
        join(&mut self.wrong, other.wrong);
        join(&mut self.number, other.number);
        for (name, exact, wrong) in &other.fields {
            match self.fields.iter_mut().find(|(known, ..)| known == name) {
                Some((_, a, b)) => {
                    join(a, *exact);
                    join(b, *wrong);
                }
                None => self.fields.push((*name, *exact, *wrong)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_sample_proves_nothing_however_good() {
        assert_eq!(Rate { hits: 30, of: 30 }.at_least(0.99), Verdict::TooFew);
        assert_eq!(Rate { hits: 300, of: 300 }.at_least(0.995), Verdict::Met);
        assert_eq!(Rate { hits: 2700, of: 2700 }.at_least(0.99), Verdict::Proven);
        assert_eq!(Rate { hits: 2600, of: 2700 }.at_least(0.99), Verdict::Missed);
        assert_eq!(Rate { hits: 8, of: 2700 }.at_most(0.003), Verdict::Met);
        assert_eq!(Rate::default().at_least(0.5), Verdict::TooFew);
    }

    #[test]
    fn the_interval_of_wilson_is_that_of_the_tables() {
        let [low, high] = Rate { hits: 95, of: 100 }.interval().expect("a sample");
        assert!((low - 0.8882).abs() < 1e-3 && (high - 0.9785).abs() < 1e-3, "{low} {high}");
    }
}
