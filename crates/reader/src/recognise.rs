//! What a line of text says: the recognition net, read by connectionist temporal classification
//! (Graves et al. 2006) with the likeliest sign at each step.

use crate::geometry::Quad;
use crate::raster::cut;
use crate::session::{ModelError, Session, Tensor};
use crate::text::plain;
use crate::wire;
use domain::reading::is_ideograph;
use vision::Picture;

/// Height of a line for the net, in pixels.
const HEIGHT: u32 = 48;
/// Shorter lines are filled up to this width with grey.
const WIDTH_MIN: u32 = 160;
/// A line whose least sure sign is surer than this is read once.
const SURE: f32 = 0.97;
/// So many Chinese characters, and so much mean confidence, only upright writing has.
const UPRIGHT_SIGNS: usize = 4;
const UPRIGHT_SURE: f32 = 0.9;
/// Confidence of a sign that a second reading does not have.
const IN_DOUBT: f32 = 0.3;
/// A sign that is less likely than this is no rival of another.
const RIVAL_MIN: f32 = 0.000_5;
/// Longer lines are squeezed.
const WIDTH_MAX: u32 = 1600;

/// Whether a sign is so sure that reading it again says nothing more.
pub(crate) fn is_sure(confidence: f32) -> bool {
    confidence >= SURE
}

/// One sign of a line.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Sign {
    /// What it says.
    pub(crate) sign: char,
    /// How sure the net is, 0 to 1; of two readings the surer one.
    pub(crate) confidence: f32,
    /// How sure the less sure of two readings was of the same sign; 0 of one reading only.
    pub(crate) again: f32,
    /// Where its middle stands, in shares of the line's length.
    pub(crate) place: f32,
    /// What else it may be, the likeliest first; filled up with `\0`.
    pub(crate) rivals: Rivals,
}

/// The next likeliest signs in a place.
pub(crate) type Rivals = [char; 6];

/// A line with its place in the picture.
#[derive(Clone, PartialEq)]
pub(crate) struct Line {
    /// Its signs from left to right.
    pub(crate) signs: Vec<Sign>,
    /// Its place.
    pub(crate) quad: Quad,
}

impl Line {
    /// Whether every sign is so sure that reading it again says nothing more; blanks do not count.
    pub(crate) fn is_sure(&self) -> bool {
        self.signs.iter().all(|sign| sign.sign == ' ' || is_sure(sign.confidence))
    }

    /// Whether this cannot be writing on its head: some Chinese characters, all in all surely.
    pub(crate) fn is_upright(&self) -> bool {
        let ideographs = self.signs.iter().filter(|sign| is_ideograph(sign.sign)).count();
        ideographs >= UPRIGHT_SIGNS && self.confidence() >= UPRIGHT_SURE
    }

    /// Mean confidence; 0 for an empty line.
    pub(crate) fn confidence(&self) -> f32 {
        if self.signs.is_empty() {
            return 0.0;
        }
        self.signs.iter().map(|sign| sign.confidence).sum::<f32>() / self.signs.len() as f32
    }
}

/// Never the text: what stands on a document must not reach a log.
impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Line({} signs)", self.signs.len())
    }
}

/// Reads single lines.
#[derive(Debug)]
pub(crate) struct Recogniser {
    session: Box<dyn Session>,
    /// The sign of every class; the first is the blank, the last the space.
    alphabet: Vec<char>,
}

impl Recogniser {
    /// A recogniser of the file's alphabet (its metadata entry `character`).
    pub(crate) fn new(session: Box<dyn Session>, onnx: &[u8]) -> Result<Self, ModelError> {
        let lines = wire::metadata(onnx, "character")
            .ok_or_else(|| ModelError::Load("the model names no alphabet".to_owned()))?;
        let signs = lines.lines().map(|line| line.chars().next().unwrap_or(' '));
        let alphabet = std::iter::once('\0').chain(signs).chain([' ']).collect();
        Ok(Self { session, alphabet })
    }

    /// Reads what stands inside `quad`; a line with a sign that is not quite sure is read twice.
    pub(crate) fn read_surely(&self, picture: &Picture, quad: Quad) -> Result<Line, ModelError> {
        let first = self.read(picture, quad)?;
        if first.is_sure() { Ok(first) } else { self.again(picture, quad, first) }
    }

    /// Reads a second time, cut out a little wider, what stands inside `quad`: only what both
    /// readings say stays sure.
    pub(crate) fn again(
        &self,
        picture: &Picture,
        quad: Quad,
        first: Line,
    ) -> Result<Line, ModelError> {
        let second = self.read(picture, wider(&quad))?;
        Ok(agreed(first, second))
    }

    /// Reads what stands inside `quad`.
    pub(crate) fn read(&self, picture: &Picture, quad: Quad) -> Result<Line, ModelError> {
        let natural = HEIGHT as f32 * quad.width() / quad.height().max(1.0);
        let width = (natural.ceil() as u32).clamp(16, WIDTH_MAX);
        let Some(strip) = cut(picture, &quad, width, HEIGHT) else {
            return Ok(Line { signs: Vec::new(), quad });
        };
        let padded = width.div_ceil(8) * 8;
        let padded = padded.max(WIDTH_MIN);
        let outputs = self.session.run(tensor(&strip, padded))?;
        let steps = outputs.first().ok_or_else(|| ModelError::Run("no signs".to_owned()))?;
        let signs = self.signs(steps, padded as f32 / width as f32)?;
        Ok(Line { signs, quad })
    }

    /// The likeliest signs of a step but for `class` and the blank.
    fn rivals(&self, row: &[f32], class: usize) -> Rivals {
        let mut best = [(0, RIVAL_MIN); 6];
        for (index, value) in row.iter().enumerate().skip(1).filter(|(index, _)| *index != class) {
            if let [.., least] = &mut best
                && *value > least.1
            {
                *least = (index, *value);
                best.sort_by(|a, b| b.1.total_cmp(&a.1));
            }
        }
        best.map(|(index, _)| self.alphabet.get(index).copied().unwrap_or('\0'))
    }

    /// The likeliest sign at each step; repeated ones and blanks fall away.
    fn signs(&self, steps: &Tensor, stretch: f32) -> Result<Vec<Sign>, ModelError> {
        let classes = self.alphabet.len();
        if steps.shape.last() != Some(&classes) {
            return Err(ModelError::Run("the alphabet has another length".to_owned()));
        }
        let count = steps.values.len() / classes;
        let mut signs: Vec<Sign> = Vec::new();
        let mut before = 0;
        for (step, row) in steps.values.chunks_exact(classes).enumerate() {
            let best = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
            let Some((class, confidence)) = best else { continue };
            if class != 0 && class == before {
                if let Some(last) = signs.last_mut()
                    && *confidence > last.confidence
                {
                    last.confidence = *confidence;
                    last.rivals = self.rivals(row, class);
                }
            } else if class != 0
                && let Some(sign) = self.alphabet.get(class)
            {
                let place = (step as f32 + 0.5) / count as f32 * stretch;
                let (sign, confidence, rivals) = (*sign, *confidence, self.rivals(row, class));
                signs.push(Sign { sign, confidence, again: 0.0, place, rivals });
            }
            before = class;
        }
        Ok(signs)
    }
}

/// Takes what the other reading saw in a place for a rival of what stands there.
fn with_rival(sign: &mut Sign, other: &[Sign]) {
    let near = |a: &&Sign, b: &&Sign| {
        let apart = |of: &Sign| (of.place - sign.place).abs();
        apart(a).total_cmp(&apart(b))
    };
    let Some(seen) = other.iter().min_by(near).filter(|seen| seen.sign != sign.sign) else {
        return;
    };
    let [a, b, c, d, e, _] = sign.rivals;
    sign.rivals = [seen.sign, a, b, c, d, e];
}

/// The same quadrilateral, an eighth higher and as much longer.
fn wider(quad: &Quad) -> Quad {
    let more = 0.0625;
    let along = more * quad.height() / quad.width().max(1.0);
    let [a, b, c, d] = quad.part(-along, 1.0 + along).0;
    Quad([
        a.towards(d, -more),
        b.towards(c, -more),
        b.towards(c, 1.0 + more),
        a.towards(d, 1.0 + more),
    ])
}

/// The surer of two readings of one line. Signs that the other does not have at the same place in
/// the order (their longest common sequence) are in doubt.
fn agreed(first: Line, second: Line) -> Line {
    let (mut kept, other) =
        if first.confidence() >= second.confidence() { (first, second) } else { (second, first) };
    let common = common(&kept.signs, &other.signs);
    for (index, sign) in kept.signs.iter_mut().enumerate() {
        match common.iter().find(|(mine, _)| *mine == index) {
            Some((_, theirs)) => {
                sign.again = sign.confidence.min(*theirs);
                sign.confidence = sign.confidence.max(*theirs);
            }
            None => {
                sign.confidence = sign.confidence.min(IN_DOUBT);
                with_rival(sign, &other.signs);
            }
        }
    }
    // What only the other reading has may be missing here: its neighbour is in doubt too.
    // Blanks are not counted: nets see them or not.
    let shared = common.iter().filter_map(|(index, _)| kept.signs.get(*index));
    let (shared, own) = (solid(shared), solid(kept.signs.iter()));
    if solid(other.signs.iter()) > shared && own == shared {
        for sign in &mut kept.signs {
            sign.confidence = sign.confidence.min(IN_DOUBT);
        }
    }
    kept
}

/// How many of the signs are no blanks.
fn solid<'a>(signs: impl Iterator<Item = &'a Sign>) -> usize {
    signs.filter(|sign| sign.sign != ' ').count()
}

/// Whether two signs are one as cards print it: nets give commas and digits in both widths.
fn is_same(a: char, b: char) -> bool {
    a == b || plain(a).is_some_and(|a| plain(b) == Some(a))
}

/// The longest common sequence: places in `a`, with the confidence in `b`.
fn common(a: &[Sign], b: &[Sign]) -> Vec<(usize, f32)> {
    let mut rows = vec![vec![Vec::new(); b.len() + 1]];
    for (i, x) in a.iter().enumerate() {
        let mut row: Vec<Vec<(usize, f32)>> = vec![Vec::new()];
        for (j, y) in b.iter().enumerate() {
            let above = rows.last().and_then(|above| above.get(j + 1)).cloned().unwrap_or_default();
            let best = if is_same(x.sign, y.sign) {
                let mut with =
                    rows.last().and_then(|above| above.get(j)).cloned().unwrap_or_default();
                with.push((i, y.confidence));
                with
            } else {
                let left = row.last().cloned().unwrap_or_default();
                if left.len() > above.len() { left } else { above }
            };
            row.push(best);
        }
        rows = vec![row];
    }
    rows.pop().and_then(|mut row| row.pop()).unwrap_or_default()
}

/// The strip at the left of a grey field of `width` pixels.
fn tensor(strip: &Picture, width: u32) -> Tensor {
    let inner = crate::detect::tensor(strip);
    let (inside, width) = (strip.width() as usize, width as usize);
    let mut values = Vec::with_capacity(3 * HEIGHT as usize * width);
    for row in inner.values.chunks_exact(inside) {
        values.extend_from_slice(row);
        values.extend(std::iter::repeat_n(0.0, width - inside));
    }
    Tensor { shape: vec![1, 3, HEIGHT as usize, width], values }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed(Vec<f32>);

    impl Session for Fixed {
        fn run(&self, _: Tensor) -> Result<Vec<Tensor>, ModelError> {
            let steps = self.0.len() / 4;
            Ok(vec![Tensor { shape: vec![1, steps, 4], values: self.0.clone() }])
        }
    }

    fn reader(values: Vec<f32>) -> Recogniser {
        Recogniser { session: Box::new(Fixed(values)), alphabet: vec!['\0', '甲', '乙', ' '] }
    }

    #[test]
    fn repeats_fall_away_unless_a_blank_stands_between() {
        let step = |class: usize| (0..4).map(move |i| if i == class { 0.9 } else { 0.03 });
        let values = [1, 1, 0, 1, 2, 2, 0].into_iter().flat_map(step).collect();
        let picture = Picture::from_raw(50, 50, vec![9; 7500]).expect("whole");
        let line = reader(values).read(&picture, crate::raster::whole(&picture)).expect("read");
        let text: String = line.signs.iter().map(|sign| sign.sign).collect();
        assert_eq!(text, "甲甲乙");
    }

    fn line(text: &str, confidence: f32) -> Line {
        let signs = text
            .chars()
            .map(|sign| Sign { sign, confidence, again: 0.0, place: 0.0, rivals: ['\0'; 6] })
            .collect();
        Line { signs, quad: Quad::rectangle(0.0, 0.0, 1.0, 1.0) }
    }

    #[test]
    fn a_sign_that_only_one_reading_has_is_in_doubt() {
        let of = |a: &str, b: &str| {
            let line = agreed(line(a, 0.9), line(b, 0.8));
            line.signs.iter().map(|sign| (sign.sign, sign.confidence)).collect::<Vec<_>>()
        };
        assert_eq!(of("西湖", "西湖"), [('西', 0.9), ('湖', 0.9)]);
        assert_eq!(of("西浦", "西湖"), [('西', 0.9), ('浦', 0.3)]);
        assert_eq!(of("西湖", "西湖区"), [('西', 0.3), ('湖', 0.3)]);
        assert_eq!(of("AB", "A B"), [('A', 0.9), ('B', 0.9)]);
        assert_eq!(of("A,", "A，"), [('A', 0.9), (',', 0.9)], "both widths are one sign");
    }

    #[test]
    fn another_alphabet_is_an_error_and_not_nonsense() {
        let steps = Tensor { shape: vec![1, 2, 3], values: vec![0.0; 6] };
        assert!(reader(Vec::new()).signs(&steps, 1.0).is_err());
    }
}
