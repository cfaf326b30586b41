//! How well faces are told apart, measured on pairs of photos that an operator brings: nothing is
//! drawn here, and nothing is said that the number of pairs cannot carry.

use crate::eval::dice::Dice;
use crate::face::{FaceReader, FaceVector};
use crate::session::ModelError;
use std::collections::BTreeMap;

/// One pair of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Index of the first picture.
    pub a: usize,
    /// Index of the second one.
    pub b: usize,
    /// Whether both show one person.
    pub is_same: bool,
    /// The group the pair belongs to, if the list has such a column.
    pub group: Option<String>,
}

/// A list of pairs: `a,b,same` and perhaps a column to group by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    /// The pictures, as the list names them; each once.
    pub pictures: Vec<String>,
    /// The pairs, in the order of the list.
    pub pairs: Vec<Pair>,
}

/// What is wrong with a list of pairs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PairsError {
    /// A column is missing.
    #[error("the first line names no column `{0}`")]
    NoColumn(String),
    /// A line cannot be understood.
    #[error("line {line}: {what}")]
    Line {
        /// Counted from 1, the heading included.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// There are no pairs.
    #[error("there are no pairs")]
    Empty,
}

impl Pairs {
    /// Reads a list. Names of pictures are paths below one folder: no `..`, nothing absolute.
    pub fn read(text: &str, group: Option<&str>) -> Result<Self, PairsError> {
        let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
        let heading: Vec<String> =
            lines.next().map(|(_, line)| cells(line)).ok_or(PairsError::Empty)?;
        let column = |name: &str| {
            let at = heading.iter().position(|cell| cell == name);
            at.ok_or_else(|| PairsError::NoColumn(name.to_owned()))
        };
        let (a, b, same) = (column("a")?, column("b")?, column("same")?);
        let group = group.map(column).transpose()?;
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let mut out = Self::default();
        for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let cells = cells(line);
            let wrong = |what: &str| PairsError::Line { line: index + 1, what: what.to_owned() };
            let cell = |at: usize| cells.get(at).map(String::as_str).unwrap_or_default();
            let mut picture = |name: &str| {
                if !is_below(name) {
                    return Err(wrong("a picture must be named by its path below the folder"));
                }
                let next = known.len();
                let at = *known.entry(name.to_owned()).or_insert(next);
                if at == next {
                    out.pictures.push(name.to_owned());
                }
                Ok(at)
            };
            let (first, second) = (picture(cell(a))?, picture(cell(b))?);
            if first == second {
                return Err(wrong("a picture is not a pair with itself"));
            }
            let is_same = match cell(same) {
                "1" | "yes" | "true" => true,
                "0" | "no" | "false" => false,
                _ => return Err(wrong("`same` must be 1 or 0")),
            };
            let group = group.map(|at| cell(at).to_owned());
            out.pairs.push(Pair { a: first, b: second, is_same, group });
        }
        if out.pairs.is_empty() { Err(PairsError::Empty) } else { Ok(out) }
    }

    /// The person of each picture: pictures of a pair that is said to be the same are of one.
    fn people(&self) -> Vec<usize> {
        let mut people: Vec<usize> = (0..self.pictures.len()).collect();
        fn root(people: &[usize], mut at: usize) -> usize {
            while let Some(&next) = people.get(at).filter(|next| **next != at) {
                at = next;
            }
            at
        }
        for pair in self.pairs.iter().filter(|pair| pair.is_same) {
            let (a, b) = (root(&people, pair.a), root(&people, pair.b));
            if let Some(to) = people.get_mut(a.max(b)) {
                *to = a.min(b);
            }
        }
        (0..people.len()).map(|at| root(&people, at)).collect()
    }

    /// Pairs that are said to be different and whose pictures other pairs say are of one person.
    pub fn contradictions(&self) -> usize {
        let people = self.people();
        let is_one = |pair: &&Pair| !pair.is_same && people.get(pair.a) == people.get(pair.b);
        self.pairs.iter().filter(is_one).count()
    }
}

/// A picture's file may have so many bytes.
const PICTURE_BYTES_MAX: usize = 50_000_000;

/// Why a file gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is no picture.
    #[error("{0}")]
    Picture(#[from] vision::ImageError),
    /// The model failed on it.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// What the face in a picture's file is compared by; `None` if there is none of which the detector
/// is at least so sure.
pub fn vector_of_file(
    reader: &FaceReader,
    file: &[u8],
    sureness_min: f32,
) -> Result<Option<FaceVector>, FileError> {
    let limits = vision::Limits { bytes_max: PICTURE_BYTES_MAX, side_min: 1, ..Default::default() };
    let picture = vision::decode(file, &limits)?.picture;
    Ok(reader.vector(&picture, sureness_min)?)
}

/// The cells of a line; quotes may stand around one.
fn cells(line: &str) -> Vec<String> {
    line.trim_end_matches('\r')
        .split(',')
        .map(|cell| cell.trim().trim_matches('"').to_owned())
        .collect()
}

fn is_below(name: &str) -> bool {
    use std::path::{Component, Path};
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    !name.is_empty() && Path::new(name).components().all(plain)
}

/// The rates of false acceptance at which a threshold is sought.
pub const TARGETS: [f64; 3] = [0.01, 0.001, 0.000_1];
/// How often people are drawn anew for an interval.
const DRAWS: usize = 1_000;

/// A share with its 95 % interval, drawn by person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// As measured.
    pub value: f64,
    /// Between the 2.5th and the 97.5th of a hundred draws of people.
    pub interval: [f64; 2],
}

/// What may be said at one rate of false acceptance.
#[derive(Clone, Debug, PartialEq)]
pub enum Point {
    /// The list carries it.
    Told {
        /// Accepted at and above.
        threshold: Estimate,
        /// Pairs of one person that are accepted; one less this is the rate of false rejection.
        tar: Estimate,
        /// The same, where a pair of which a face was not found counts as rejected.
        tar_all: f64,
    },
    /// So few pairs of different people carry no such rate: zero errors in N pairs say only that it
    /// is at most 3/N (with 95 %).
    TooFew {
        /// Pairs of different people that it takes.
        needed: usize,
    },
}

/// What one group gives at the thresholds of all.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Pairs of one person, and of two.
    pub pairs: [usize; 2],
    /// At each target that is told: accepted pairs of one person, and of two.
    pub accepted: Vec<[usize; 2]>,
}

/// Everything that was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Pictures, and those in which no face was found.
    pub pictures: [usize; 2],
    /// People, as far as the list tells them apart.
    pub people: usize,
    /// Pairs of one person, and of two, in which both faces were found.
    pub pairs: [usize; 2],
    /// The same, in which a face was not found: failure to acquire.
    pub lost: [usize; 2],
    /// At each of [`TARGETS`].
    pub points: Vec<(f64, Point)>,
    /// Shares of pairs of one person, and of two, in steps of 0.05 of the cosine from −1.
    pub histogram: [Vec<usize>; 2],
    /// Pairs of one person below, and of two at or above, the limits of a policy.
    pub at_limits: Vec<(f64, [usize; 2])>,
    /// By group, if the list has one.
    pub groups: Vec<Group>,
}

/// A pair that was compared.
#[derive(Clone, Copy)]
struct Scored {
    cosine: f64,
    a: usize,
    b: usize,
}

/// Counts what the cosines of the pairs say; `None` for a pair of which a face was not found.
/// `found` says of each picture whether a face was. The same list gives the same report.
pub fn report(pairs: &Pairs, cosines: &[Option<f32>], found: &[bool], limits: &[f64]) -> Report {
    let people = pairs.people();
    let person = |picture: usize| people.get(picture).copied().unwrap_or(picture);
    let (mut same, mut other, mut lost) = (Vec::new(), Vec::new(), [0, 0]);
    for (pair, cosine) in pairs.pairs.iter().zip(cosines) {
        let list = if pair.is_same { &mut same } else { &mut other };
        match cosine {
            Some(cosine) => {
                let cosine = f64::from(*cosine);
                list.push(Scored { cosine, a: person(pair.a), b: person(pair.b) });
            }
            None if pair.is_same => lost[0] += 1,
            None => lost[1] += 1,
        }
    }
    same.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
    other.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
    let point = |target: f64| (target, point(target, (&same, &other), people.len(), lost[0]));
    let points: Vec<(f64, Point)> = TARGETS.into_iter().map(point).collect();
    let at = |limit: &f64| {
        let missed = same.iter().filter(|pair| pair.cosine < *limit).count();
        (*limit, [missed, other.iter().filter(|pair| pair.cosine >= *limit).count()])
    };
    let mut distinct = people.clone();
    distinct.sort_unstable();
    distinct.dedup();
    Report {
        pictures: [found.len(), found.iter().filter(|found| !**found).count()],
        people: distinct.len(),
        pairs: [same.len(), other.len()],
        lost,
        histogram: [histogram(&same), histogram(&other)],
        at_limits: limits.iter().map(at).collect(),
        groups: groups(pairs, cosines, &points),
        points,
    }
}

fn histogram(pairs: &[Scored]) -> Vec<usize> {
    let mut bins = vec![0; 40];
    for pair in pairs {
        let at = ((pair.cosine + 1.0) / 0.05).floor().clamp(0.0, 39.0) as usize;
        if let Some(bin) = bins.get_mut(at) {
            *bin += 1;
        }
    }
    bins
}

/// Both lists from the most alike down.
fn point(target: f64, (same, other): (&[Scored], &[Scored]), people: usize, lost: usize) -> Point {
    let needed = (3.0 / target).round() as usize;
    if other.len() < needed || same.is_empty() {
        return Point::TooFew { needed };
    }
    let ones = vec![1_u32; people];
    let threshold = threshold(other, target, &ones);
    let tar = accepted(same, threshold, &ones);
    let mut dice = Dice::new(0x0fac_e000 + needed as u64);
    let (mut thresholds, mut tars) = (Vec::new(), Vec::new());
    let mut drawn = vec![0_u32; people];
    for _ in 0..DRAWS {
        drawn.fill(0);
        for _ in 0..people {
            if let Some(times) = drawn.get_mut(dice.below(people)) {
                *times += 1;
            }
        }
        let one = self::threshold(other, target, &drawn);
        thresholds.push(one);
        tars.push(accepted(same, one, &drawn));
    }
    let hits = same.iter().filter(|pair| pair.cosine >= threshold).count();
    Point::Told {
        threshold: Estimate { value: threshold, interval: middle(thresholds) },
        tar: Estimate { value: tar, interval: middle(tars) },
        tar_all: hits as f64 / (same.len() + lost) as f64,
    }
}

/// The lowest threshold at which at most `target` of the pairs are accepted, each counted as often
/// as its people were drawn.
fn threshold(other: &[Scored], target: f64, drawn: &[u32]) -> f64 {
    let all: u64 = other.iter().map(|pair| weight(pair, drawn)).sum();
    let most = all as f64 * target;
    let mut accepted = 0_u64;
    for pair in other {
        accepted += weight(pair, drawn);
        if accepted as f64 > most {
            // Just above the pair that would be one too many.
            return pair.cosine.next_up();
        }
    }
    -1.0
}

fn accepted(same: &[Scored], threshold: f64, drawn: &[u32]) -> f64 {
    let of = |pairs: &mut dyn Iterator<Item = &Scored>| -> u64 {
        pairs.map(|pair| weight(pair, drawn)).sum()
    };
    let all = of(&mut same.iter());
    let hits = of(&mut same.iter().take_while(|pair| pair.cosine >= threshold));
    if all == 0 { f64::NAN } else { hits as f64 / all as f64 }
}

/// A pair of one person counts as often as the person was drawn, a pair of two as often as both.
fn weight(pair: &Scored, drawn: &[u32]) -> u64 {
    let times = |person: usize| u64::from(drawn.get(person).copied().unwrap_or(0));
    if pair.a == pair.b { times(pair.a) } else { times(pair.a) * times(pair.b) }
}

fn middle(mut values: Vec<f64>) -> [f64; 2] {
    values.retain(|value| value.is_finite());
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let index = (values.len().saturating_sub(1) as f64 * share).round() as usize;
        values.get(index).copied().unwrap_or(f64::NAN)
    };
    [at(0.025), at(0.975)]
}

fn groups(pairs: &Pairs, cosines: &[Option<f32>], points: &[(f64, Point)]) -> Vec<Group> {
    let told: Vec<f64> = points
        .iter()
        .filter_map(|(_, point)| match point {
            Point::Told { threshold, .. } => Some(threshold.value),
            Point::TooFew { .. } => None,
        })
        .collect();
    let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
    for (pair, cosine) in pairs.pairs.iter().zip(cosines) {
        let (Some(name), Some(cosine)) = (&pair.group, cosine) else { continue };
        let group = groups.entry(name).or_insert_with(|| Group {
            name: name.clone(),
            pairs: [0, 0],
            accepted: vec![[0, 0]; told.len()],
        });
        let [same, other] = &mut group.pairs;
        *(if pair.is_same { same } else { other }) += 1;
        for (accepted, threshold) in group.accepted.iter_mut().zip(&told) {
            let [same, other] = accepted;
            let is_accepted = f64::from(*cosine) >= *threshold;
            *(if pair.is_same { same } else { other }) += usize::from(is_accepted);
        }
    }
    groups.into_values().collect()
}

#[cfg(test)]
#[path = "faces_tests.rs"]
mod tests;
