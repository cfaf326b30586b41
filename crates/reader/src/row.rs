//! Lines of a document as rows of placed signs, and how labels and values are found in them.

use crate::geometry::{Point, Quad};
use crate::recognise::{Line, Rivals};
use crate::text::{plain, simplified};
use domain::reading::{FieldName, is_ideograph};

/// One sign with its place; lengths are in shares of the document's width.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Placed {
    /// What it says.
    pub(crate) sign: char,
    /// How sure the net is, 0 to 1; of two readings the surer one.
    pub(crate) confidence: f32,
    /// How sure the less sure of two readings was of the same sign; 0 of one reading only.
    pub(crate) again: f32,
    /// Its middle.
    pub(crate) middle: Point,
    /// Whether a blank stands before it.
    pub(crate) is_apart: bool,
    /// What else it may be, the likeliest first.
    pub(crate) rivals: Rivals,
}

/// One line of text.
#[derive(Clone, PartialEq)]
pub(crate) struct Row {
    /// Its signs from left to right, without spaces.
    pub(crate) signs: Vec<Placed>,
    /// Its place.
    pub(crate) quad: Quad,
}

/// Signs that belong to one value.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Value(pub(crate) Vec<Placed>);

impl Value {
    /// The signs as text.
    pub(crate) fn text(&self) -> String {
        self.0.iter().map(|sign| sign.sign).collect()
    }

    /// The signs as text, with the blanks between them.
    pub(crate) fn spaced(&self) -> String {
        let mut text = String::new();
        for sign in &self.0 {
            if sign.is_apart && !text.is_empty() {
                text.push(' ');
            }
            text.push(sign.sign);
        }
        text
    }

    /// Half the distance between two signs that stand side by side; of a single sign a guess.
    pub(crate) fn half_sign(&self) -> f32 {
        let next = self.0.iter().skip(1);
        let steps = self.0.iter().zip(next).map(|(a, b)| a.middle.distance(b.middle));
        let least = steps.filter(|step| *step > 0.008).fold(f32::INFINITY, f32::min);
        if least.is_finite() { least / 2.0 } else { 0.02 }
    }

    /// Holds two other readings of the same place against this one. Where all three say the same, a
    /// sign is as sure as the second of them, unless one is below `weak`, which counts then; signs
    /// that another does not have in this order are as sure as `in_doubt`, and so is everything if
    /// another goes on with a Chinese character.
    pub(crate) fn agree(&mut self, others: [&Row; 2], weak: f32, in_doubt: f32) {
        let same = others.map(|other| self.same(other));
        if let [Some(one), Some(two)] = &same {
            for (sign, (one, two)) in self.0.iter_mut().zip(one.iter().zip(two)) {
                let mut sure = [sign.confidence, *one, *two];
                sure.sort_by(f32::total_cmp);
                let [least, second, _] = sure;
                sign.confidence = if least < weak { least } else { second };
            }
            return;
        }
        for (other, same) in others.into_iter().zip(same) {
            let is_shorter = other.signs.len() < self.0.len();
            for (index, sign) in self.0.iter_mut().enumerate() {
                let has_it = !is_shorter && other.signs.iter().any(|own| own.sign == sign.sign);
                let sure = same.as_ref().and_then(|same| same.get(index).copied());
                let sure = sure.unwrap_or(if has_it { 1.0 } else { in_doubt });
                sign.confidence = sign.confidence.min(sure);
            }
            // It says all of this and more: nothing of this is sure.
            if self.start(other).is_some() && same.is_none() {
                self.0.iter_mut().for_each(|sign| sign.confidence = sign.confidence.min(in_doubt));
            }
        }
    }

    /// Where another reading says the same signs.
    fn start(&self, other: &Row) -> Option<usize> {
        let own = self.0.iter().map(|sign| sign.sign);
        let mut windows = other.signs.windows(self.0.len().max(1));
        windows.position(|window| window.iter().map(|sign| sign.sign).eq(own.clone()))
    }

    /// How sure another reading is of the same signs, if it says them and does not go on with a
    /// Chinese character.
    fn same(&self, other: &Row) -> Option<Vec<f32>> {
        let start = self.start(other)?;
        let rest = other.signs.get(start..)?;
        let goes_on = rest.get(self.0.len()).is_some_and(|next| is_ideograph(next.sign));
        let sure = rest.iter().take(self.0.len()).map(|sign| sign.confidence);
        (!goes_on).then(|| sure.collect())
    }

    /// Two readings of one sign, none below `weak`, are wrong together only if both are: each sign
    /// becomes as sure as that, but for those of which `is_odd` says that nets take them for
    /// others, time after time.
    pub(crate) fn confirm(&mut self, weak: f32, is_odd: impl Fn(char) -> bool) {
        for sign in self.0.iter_mut().filter(|sign| sign.again >= weak && !is_odd(sign.sign)) {
            if sign.confidence >= sign.again {
                sign.confidence = 1.0 - (1.0 - sign.confidence) * (1.0 - sign.again);
            }
        }
    }

    /// Confidence of the least sure sign.
    pub(crate) fn confidence(&self) -> f32 {
        self.0.iter().map(|sign| sign.confidence).fold(1.0, f32::min)
    }

    /// Only the signs that pass.
    pub(crate) fn only(mut self, keep: impl Fn(char) -> bool) -> Self {
        self.0.retain(|sign| keep(sign.sign));
        self
    }

    /// The smallest upright rectangle round the signs' middles, a sign wider on every side.
    pub(crate) fn bounds(&self, margin: f32) -> Quad {
        let of = |f: fn(&Placed) -> f32| self.0.iter().map(f);
        let low = |f| of(f).fold(f32::INFINITY, f32::min) - margin;
        let high = |f| of(f).fold(f32::NEG_INFINITY, f32::max) + margin;
        Quad::rectangle(
            low(|s| s.middle.x),
            low(|s| s.middle.y),
            high(|s| s.middle.x),
            high(|s| s.middle.y),
        )
    }
}

impl Row {
    /// A row of a line whose quadrilateral is in shares of the document's width.
    pub(crate) fn of(line: &Line) -> Self {
        let [a, b, c, d] = line.quad.0;
        let mut signs = Vec::new();
        let mut is_apart = false;
        for sign in &line.signs {
            let Some(plain) = plain(sign.sign) else {
                is_apart = true;
                continue;
            };
            let (top, bottom) = (a.towards(b, sign.place), d.towards(c, sign.place));
            let middle = top.towards(bottom, 0.5);
            let (confidence, again, rivals) = (sign.confidence, sign.again, sign.rivals);
            signs.push(Placed { sign: plain, confidence, again, middle, is_apart, rivals });
            is_apart = false;
        }
        Self { signs, quad: line.quad }
    }

    /// Its signs as text, in simplified characters: for looking up words, never for values.
    pub(crate) fn words(&self) -> String {
        self.signs.iter().map(|sign| simplified(sign.sign)).collect()
    }

    /// Its middle.
    pub(crate) fn middle(&self) -> Point {
        self.quad.centre()
    }

    /// The place after `word` among its signs.
    fn after(&self, word: &str) -> Option<usize> {
        let word: Vec<char> = word.chars().collect();
        let signs: Vec<char> = self.signs.iter().map(|sign| sign.sign).collect();
        let start = signs.windows(word.len()).position(|window| window == word)?;
        Some(start + word.len())
    }

    /// The signs after `word`, if it stands here.
    pub(crate) fn behind(&self, word: &str) -> Option<&[Placed]> {
        self.signs.get(self.after(word)?..)
    }

    /// The height at `x` of the line of writing.
    pub(crate) fn height_at(&self, x: f32) -> f32 {
        let [a, b, c, d] = self.quad.0;
        let (left, right) = (a.towards(d, 0.5), b.towards(c, 0.5));
        let run = right.x - left.x;
        if run.abs() < 1e-4 {
            return left.y;
        }
        left.y + (right.y - left.y) * (x - left.x) / run
    }
}

/// A value before it is judged: what it says, and the signs it was made of.
pub(crate) struct Raw {
    /// Which field.
    pub(crate) name: FieldName,
    /// Normalised.
    pub(crate) text: String,
    /// Its signs.
    pub(crate) signs: Value,
}

impl Raw {
    /// The signs as they stand; `None` of none.
    pub(crate) fn of(name: FieldName, signs: Value) -> Option<Self> {
        let text = signs.text();
        (!text.is_empty()).then_some(Self { name, text, signs })
    }

    /// What the signs mean.
    pub(crate) fn telling(name: FieldName, text: String, signs: Value) -> Self {
        Self { name, text, signs }
    }
}

/// A label with what stands to its right.
pub(crate) struct Found {
    /// The signs to its right, on the same line of writing.
    pub(crate) value: Value,
    /// The middle of the label's last sign.
    pub(crate) end: Point,
}

/// Looks for `word` and takes what stands to its right, up to `x_max`.
pub(crate) fn labelled(rows: &[Row], word: &str, x_max: f32) -> Option<Found> {
    let row = rows.iter().find(|row| row.after(word).is_some())?;
    let end = row.after(word)?;
    let last = row.signs.get(end - 1)?.middle;
    let mut signs: Vec<Placed> = row.signs.get(end..)?.to_vec();
    let mut beside: Vec<&Row> = rows
        .iter()
        .filter(|other| !std::ptr::eq(*other, row) && is_beside(row, last, other))
        .collect();
    beside.sort_by(|a, b| a.middle().x.total_cmp(&b.middle().x));
    signs.extend(beside.iter().flat_map(|row| row.signs.iter().copied()));
    signs.retain(|sign| sign.middle.x < x_max);
    Some(Found { value: Value(signs), end: last })
}

/// Whether `other` stands right of `from` on the line of writing of `row`.
fn is_beside(row: &Row, from: Point, other: &Row) -> bool {
    let middle = other.middle();
    let [left, ..] = other.quad.bounds();
    let apart = (row.height_at(left) - other.height_at(left)).abs();
    left > from.x - row.quad.height() * 0.3
        && middle.x > from.x
        && apart < row.quad.height().min(other.quad.height()) * 0.55
}

/// The English words that stand beside Chinese labels, without blanks and in capitals.
const ENGLISH: [&str; 21] = [
    "NAMEINCHINESE",
    "NAME",
    "SEX",
    "DATEOFBIRTH",
    "DATEOFISSUE",
    "DATEOFEXPIRY",
    "BIRTH",
    "NATIONALITY",
    "PERIODOFVALIDITY",
    "VALIDITY",
    "VALIDUNTIL",
    "VALIDTHROUGH",
    "IDNO",
    "CARDNO",
    "PASSPORTNO",
    "NUMBER",
    "NO",
    "ISSUINGAUTHORITY",
    "AUTHORITY",
    "ISSUEDBY",
    "CERTIFICATENO",
];

/// What stands right of one of the labels or, if nothing does, in the line below it.
pub(crate) fn beside_or_below(rows: &[Row], labels: &[&str]) -> Vec<Value> {
    let mut found = Vec::new();
    for label in labels {
        for row in rows.iter().filter(|row| row.after(label).is_some()) {
            if let Some(right) = labelled(std::slice::from_ref(row), label, f32::MAX)
                && let own = without_english(&right.value.0)
                && !own.is_empty()
            {
                found.push(Value(own));
            } else if let Some(right) = labelled(rows, label, f32::MAX)
                && let own = without_english(&right.value.0)
                && !own.is_empty()
            {
                found.push(Value(own));
            }
            found.extend(below(rows, row).map(|row| Value(row.signs.clone())));
        }
    }
    found
}

/// The signs behind the English half of a label, and without the strokes and colons before them.
fn without_english(signs: &[Placed]) -> Vec<Placed> {
    let mut rest = signs;
    let mut is_label = true;
    while is_label {
        is_label = false;
        while let [first, after @ ..] = rest
            && "/:.：,-|".contains(first.sign)
        {
            rest = after;
        }
        let text: String = rest.iter().map(|sign| sign.sign.to_ascii_uppercase()).collect();
        if let Some(word) = ENGLISH.iter().find(|word| text.starts_with(**word)) {
            rest = rest.get(word.len()..).unwrap_or_default();
            is_label = true;
        }
    }
    rest.to_vec()
}

/// The row just below another, beginning near where that begins.
pub(crate) fn below<'a>(rows: &'a [Row], row: &Row) -> Option<&'a Row> {
    let [left, _, right, _] = row.quad.bounds();
    let height = row.quad.height();
    let is_under = |other: &&Row| {
        let [from, _, to, _] = other.quad.bounds();
        let down = other.middle().y - row.height_at(other.middle().x);
        let reach = 1.2 * height + 1.2 * other.quad.height();
        down > 0.4 * height && down < reach && to > left && from < right + height
    };
    let near = |a: &&Row, b: &&Row| a.middle().y.total_cmp(&b.middle().y);
    rows.iter().filter(is_under).min_by(near)
}

/// The signs whose middles lie in the rectangle, row by row from above.
pub(crate) fn within(rows: &[Row], from: Point, to: Point) -> Value {
    let is_inside = |p: Point| p.x >= from.x && p.x < to.x && p.y >= from.y && p.y < to.y;
    let mut inside: Vec<&Row> = rows.iter().filter(|row| is_inside(row.middle())).collect();
    inside.sort_by(|a, b| {
        let key = |row: &Row| row.height_at(from.x);
        let gap = a.quad.height().min(b.quad.height()) * 0.6;
        if (key(a) - key(b)).abs() < gap {
            a.middle().x.total_cmp(&b.middle().x)
        } else {
            key(a).total_cmp(&key(b))
        }
    });
    let signs = inside.iter().flat_map(|row| row.signs.iter().copied());
    Value(signs.filter(|sign| sign.middle.x >= from.x).collect())
}

#[cfg(test)]
impl Row {
    /// Clear signs side by side, as wide as one another, from the left to the right and from the
    /// top to the bottom.
    pub(crate) fn drawn(text: &str, (left, right): (f32, f32), (top, bottom): (f32, f32)) -> Self {
        let wide = (right - left) / text.chars().count() as f32;
        let y = f32::midpoint(top, bottom);
        let signs = text.chars().enumerate().map(|(index, sign)| Placed {
            sign,
            confidence: 0.99,
            again: 0.0,
            rivals: ['\0'; 6],
            is_apart: false,
            middle: crate::geometry::at(left + wide * (index as f32 + 0.5), y),
        });
        Self { signs: signs.collect(), quad: Quad::rectangle(left, top, right, bottom) }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "values that are set, not computed")]
mod tests {
    use super::*;
    use crate::zone::row;

    fn sure(text: &str, confidence: f32) -> Row {
        let mut row = row(text, 0.1);
        row.signs.iter_mut().for_each(|sign| sign.confidence = confidence);
        row
    }

    fn agreed(first: Row, second: Row, third: Row) -> f32 {
        let mut value = Value(first.signs);
        value.agree([&second, &third], 0.7, 0.3);
        value.confidence()
    }

    #[test]
    fn a_name_is_sure_only_where_all_readings_say_it() {
        let of = |other: &str| {
            let by_second = agreed(row("王赟", 0.1), row(other, 0.1), row("王赟", 0.1));
            let by_third = agreed(row("王赟", 0.1), row("王赟", 0.1), row(other, 0.1));
            assert_eq!(by_second, by_third, "{other}");
            by_second
        };
        assert_eq!(of("王赟"), 0.99);
        assert_eq!(of("名王赟"), 0.99);
        assert_eq!(of("王赞"), 0.3);
        assert_eq!(of("王"), 0.3);
        assert_eq!(of("王赟一"), 0.3, "a sign was missing");
        assert_eq!(of(""), 0.3);
    }

    #[test]
    fn of_three_readings_that_agree_the_second_counts_unless_one_is_weak() {
        let of = |a, b, c| agreed(sure("王赟", a), sure("王赟", b), sure("王赟", c));
        assert_eq!(of(0.99, 0.84, 0.97), 0.97);
        assert_eq!(of(0.84, 0.97, 0.99), 0.97);
        assert_eq!(of(0.99, 0.84, 0.85), 0.85);
        assert_eq!(of(0.99, 0.69, 0.98), 0.69);
        assert_eq!(of(0.3, 0.99, 0.99), 0.3, "what was in doubt stays so");
    }
}
