//! From a photo of a document to its fields.

use crate::geometry::{Homography, Point, Quad, at};
use crate::kinds::{self, Found, Shown};
use crate::raster::{cut, whole};
use crate::recognise::{Line, Recogniser, is_sure};
use crate::resident::{self, HEIGHT};
use crate::row::{Placed, Raw, Row};
use crate::session::{ModelError, Session};
use crate::text::{is_lookalike, simplified};
use crate::zone::{Zone, zones};
use crate::{cards, detect, licence, outline, passport, places};
use domain::identity::{Checked, DocumentKind, Sex, check};
use domain::reading::{
    self, Field, FieldName, Place, Problem, Reading, Side, Standing, Thresholds, fields_of,
    is_ideograph,
};
use jiff::civil::Date;
use std::time::Instant;
use vision::Picture;

/// The longer side, in pixels, with which a framed card, one of which a value was not found, and a
/// whole photo are searched for text.
const CARD_SIDE: u32 = 640;
const FINER_SIDE: u32 = 800;
const PHOTO_SIDE: u32 = 960;
/// A framed card is cut out with this much around it, in shares of its sides: outlines are not
/// exact.
const MARGIN: f32 = 0.02;
/// Lines that are read of one photo; a card has a dozen, a passport's page thirty or forty.
const LINES_MAX: usize = 64;
/// Lines that tell whether the writing stands on its head.
const PROBES: usize = 4;
/// Confidence of signs on which readings do not agree.
const IN_DOUBT: f32 = 0.3;
/// A reading below this confidence is no second opinion for the others.
const WEAK: f32 = 0.7;
/// Signs of addresses and authorities below this confidence are settled by names of places: above
/// it the net saw nothing else.
const SURE: f32 = 0.998;
/// From this confidence on a sign that may stand for a rarer one is believed.
const LOOKALIKE_SURE: f32 = 0.99;
/// By so much more confidence, of 1 for each line, one way of reading must lead to be believed.
const LEAD: f32 = 0.15;

/// Reads documents. It keeps nothing of what it reads.
#[derive(Debug)]
pub struct DocumentReader {
    detector: Box<dyn Session>,
    recogniser: Recogniser,
}

/// A photo seen in one way: which part, turned how, and what stands there.
struct View {
    quad: Quad,
    /// Height in shares of the width.
    height: f32,
    is_framed: bool,
    lines: Vec<Line>,
}

impl View {
    /// The lines as rows, in shares of the document's width.
    fn rows(&self) -> Vec<Row> {
        let placed = self.lines.iter();
        let placed = placed.map(|line| Line { quad: unframed(self, line), ..line.clone() });
        placed.map(|line| Row::of(&line)).collect()
    }

    /// From shares of the document's width to the photo's pixels.
    fn to_photo(&self) -> Option<Homography> {
        let (left, top) = if self.is_framed { (-MARGIN, -MARGIN * HEIGHT) } else { (0.0, 0.0) };
        let height = if self.is_framed { HEIGHT } else { self.height };
        let own = Quad::rectangle(left, top, 1.0 - left, height - top);
        Homography::between(&own, &self.quad)
    }
}

impl DocumentReader {
    /// A reader of two models; `recogniser_onnx` is the file whose metadata holds the alphabet.
    pub fn new(
        detector: Box<dyn Session>,
        recogniser: Box<dyn Session>,
        recogniser_onnx: &[u8],
    ) -> Result<Self, ModelError> {
        Ok(Self { detector, recogniser: Recogniser::new(recogniser, recogniser_onnx)? })
    }

    /// Reads a document, whichever of the kinds of [`fields_of`] it is, as it is valid on `today`;
    /// the reading says which one was recognised. Gives up with
    /// [`ModelError::Deadline`] at the first step after `deadline`.
    pub fn read(
        &self,
        photo: &Picture,
        today: Date,
        deadline: Instant,
    ) -> Result<Reading, ModelError> {
        let mut best: Option<Reading> = None;
        if let Some(card) = outline::card(photo) {
            let mut reading = self.attempt(photo, card, Some(CARD_SIDE), today, deadline)?;
            if !has_all(&reading) {
                let finer = self.attempt(photo, card, Some(FINER_SIDE), today, deadline)?;
                if worth(&finer) > worth(&reading) {
                    reading = finer;
                }
            }
            if is_enough(&reading) {
                return Ok(reading);
            }
            best = Some(reading);
        }
        let reading = self.attempt(photo, whole(photo), None, today, deadline)?;
        Ok(match best {
            Some(framed) if worth(&framed) >= worth(&reading) => framed,
            _ => reading,
        })
    }

    /// What the lines of a view say.
    fn read_view(
        &self,
        photo: &Picture,
        view: &mut View,
        today: Date,
        deadline: Instant,
    ) -> Result<Reading, ModelError> {
        let mut reading = Reading { quarters: quarters(&view.quad), ..Reading::default() };
        if view.lines.iter().all(|line| line.signs.is_empty()) {
            reading.problem = Some(Problem::NoText);
            return Ok(reading);
        }
        self.look_closer(photo, view, today, deadline)?;
        let rows = view.rows();
        let zones = zones(&rows);
        let shown = match kinds::found(&rows, &zones) {
            Found::One(shown) => {
                reading.document = Some(shown.kind);
                shown
            }
            // It may be that of whichever card was chosen.
            Found::Authority => Shown { kind: DocumentKind::ResidentId, side: Side::Back },
            Found::Nothing => {
                reading.problem = Some(Problem::UnknownDocument);
                return Ok(reading);
            }
            Found::Several => {
                reading.problem = Some(Problem::SeveralDocuments);
                return Ok(reading);
            }
        };
        reading.side = Some(shown.side);
        for mut raw in values(shown, &rows, zones.first(), (view.is_framed, today)) {
            self.doubt(photo, view, (shown.kind, &mut raw), deadline)?;
            reading.fields.push(field(photo, view, raw));
        }
        reading::settle(shown.kind, &mut reading.fields, today, &Thresholds::DEFAULT);
        Ok(reading)
    }

    /// Reads unsure lines a second time: of a card all of whose values are there, only the lines
    /// that say one of them and are not proven by the number, and otherwise all.
    fn look_closer(
        &self,
        photo: &Picture,
        view: &mut View,
        today: Date,
        deadline: Instant,
    ) -> Result<(), ModelError> {
        let Some(map) = view.to_photo() else { return Ok(()) };
        let rows = view.rows();
        let wanted = unproven(&rows, view.is_framed, today);
        for (index, row) in rows.iter().enumerate() {
            let is_wanted = wanted.as_ref().is_none_or(|signs| {
                row.signs.iter().any(|sign| signs.iter().any(|own| own.middle == sign.middle))
            });
            let Some(line) = view.lines.get_mut(index).filter(|line| is_wanted && !line.is_sure())
            else {
                continue;
            };
            in_time(deadline)?;
            let quad = row.quad.map(|p| map.apply(p));
            let again = self.recogniser.again(photo, quad, line.clone())?;
            line.signs = again.signs;
        }
        Ok(())
    }

    /// Reads a person's name in Chinese characters twice more, cut out closer and wider: nothing on
    /// a document contradicts a wrong one, so every reading must say the same, and the least sure
    /// of them counts. Signs that may stand for rarer ones are sure only when they are very sure.
    fn doubt(
        &self,
        photo: &Picture,
        view: &View,
        (kind, raw): (DocumentKind, &mut Raw),
        deadline: Instant,
    ) -> Result<(), ModelError> {
        for sign in raw.signs.0.iter_mut().filter(|sign| is_lookalike(sign.sign)) {
            if sign.confidence < LOOKALIKE_SURE {
                sign.confidence = sign.confidence.min(IN_DOUBT);
            }
        }
        let is_name = match raw.name {
            FieldName::Name => kind != DocumentKind::BusinessLicence,
            name => name == FieldName::LegalPerson,
        };
        let is_of_place = matches!(raw.name, FieldName::Address | FieldName::Issuer);
        if is_of_place {
            let is_open = |sign: &Placed| sign.confidence < SURE || is_lookalike(sign.sign);
            places::settle(&mut raw.signs.0, is_open);
            places::unconfirm(&mut raw.signs.0);
        }
        if is_confirmed_twice(raw) {
            raw.signs.confirm(WEAK, is_lookalike);
        }
        if is_of_place {
            raw.text = raw.signs.text().chars().map(simplified).collect();
            // Addresses end with what the last figure counts (号, 室): without it, it was not found.
            if let Some(last) = raw.signs.0.last_mut().filter(|last| last.sign.is_ascii_digit()) {
                last.confidence = last.confidence.min(IN_DOUBT);
            }
        }
        let Some(map) = view.to_photo().filter(|_| is_name && raw.text.chars().any(is_ideograph))
        else {
            return Ok(());
        };
        let half = raw.signs.half_sign();
        let again = |margin: f32, more: f32| {
            in_time(deadline)?;
            let [a, b, c, d] = raw.signs.bounds(margin).0;
            let quad = Quad([a, at(b.x + more, b.y), at(c.x + more, c.y), d]);
            let line = self.recogniser.read(photo, quad.map(|p| map.apply(p)))?;
            Ok::<Row, ModelError>(Row::of(&line))
        };
        let closer = again(half * 1.25, 0.0)?;
        // The second time with the place of one sign more: a thin last one (一) may be missing.
        let wider = again(half * 1.5, half * 2.4)?;
        raw.signs.agree([&closer, &wider], WEAK, IN_DOUBT);
        Ok(())
    }

    /// Reads a part of the photo: a framed card, searched for text with `side` pixels, or with none
    /// the whole.
    fn attempt(
        &self,
        photo: &Picture,
        quad: Quad,
        side: Option<u32>,
        today: Date,
        deadline: Instant,
    ) -> Result<Reading, ModelError> {
        let mut view = self.view(photo, quad, side, deadline)?;
        let mut reading = self.read_view(photo, &mut view, today, deadline)?;
        let kind = reading.document.filter(|kind| {
            view.is_framed && reading.side == Some(Side::Front) && is_like_residents(*kind)
        });
        if let Some(kind) = kind.filter(|_| !is_whole(&reading)) {
            let looked = self.look_again(photo, &view, deadline)?;
            let again = resident::front(&looked, true);
            let wanted = fields_of(kind, Side::Front);
            for mut raw in again.into_iter().filter(|raw| wanted.contains(&raw.name)) {
                self.doubt(photo, &view, (kind, &mut raw), deadline)?;
                improve(&mut reading.fields, field(photo, &view, raw));
            }
            reading::settle(kind, &mut reading.fields, today, &Thresholds::DEFAULT);
        }
        Ok(reading)
    }

    /// Reads the places where values must stand, whether or not a line was found there.
    fn look_again(
        &self,
        photo: &Picture,
        view: &View,
        deadline: Instant,
    ) -> Result<Vec<Row>, ModelError> {
        let Some(map) = view.to_photo() else { return Ok(Vec::new()) };
        let mut rows = Vec::new();
        for strip in resident::strips() {
            in_time(deadline)?;
            let line = self.recogniser.read_surely(photo, strip.map(|p| map.apply(p)))?;
            rows.push(Row::of(&Line { quad: strip, ..line }));
        }
        Ok(rows)
    }

    /// Finds and reads every line inside `quad`, and turns it upright.
    fn view(
        &self,
        photo: &Picture,
        quad: Quad,
        side: Option<u32>,
        deadline: Instant,
    ) -> Result<View, ModelError> {
        in_time(deadline)?;
        let is_framed = side.is_some();
        let ratio = if is_framed { HEIGHT } else { quad.height() / quad.width() };
        let quad = if is_framed { with_margin(&quad) } else { quad };
        let side = side.unwrap_or(PHOTO_SIDE);
        let (width, height) = size(side, ratio);
        let Some(picture) = cut(photo, &quad, width, height) else {
            return Ok(View { quad, height: ratio, is_framed, lines: Vec::new() });
        };
        let mut found = detect::lines(self.detector.as_ref(), &picture, side)?;
        found.sort_by(|a, b| b.width().max(b.height()).total_cmp(&a.width().max(a.height())));
        found.truncate(LINES_MAX);
        let mut sheet = Sheet { quad, width: width as f32, height: height as f32, found };
        if sheet.is_sideways() {
            sheet = sheet.turned();
        }
        let (is_on_its_head, probed) = self.probe(photo, &sheet, deadline)?;
        if is_on_its_head {
            sheet = sheet.turned().turned();
        }
        let lines = self.lines(photo, &sheet, probed, deadline)?;
        let height = sheet.height / sheet.width;
        // Shares of a card mean nothing on a sheet that stands upright.
        let is_framed = is_framed && sheet.width >= sheet.height;
        Ok(View { quad: sheet.quad, height, is_framed, lines })
    }

    /// Whether the longest lines read better turned by half, and the first lines as they read then.
    fn probe(
        &self,
        photo: &Picture,
        sheet: &Sheet,
        deadline: Instant,
    ) -> Result<(bool, Vec<Line>), ModelError> {
        let Some(map) = sheet.to_photo() else { return Ok((false, Vec::new())) };
        // Digits on their heads read almost as surely as upright ones: a narrow lead decides
        // nothing.
        let mut lead = 0.0;
        let (mut upright, mut turned) = (Vec::new(), Vec::new());
        for quad in sheet.found.iter().take(PROBES) {
            in_time(deadline)?;
            let quad = quad.map(|p| map.apply(p));
            let line = self.recogniser.read(photo, quad)?;
            let is_upright = line.is_upright();
            lead += line.confidence();
            upright.push(line);
            if is_upright {
                return Ok((false, upright));
            }
            let line = self.recogniser.read(photo, quad.turned(2))?;
            let is_upright = line.is_upright();
            lead -= line.confidence();
            turned.push(line);
            if is_upright {
                return Ok((true, turned));
            }
            if lead.abs() > LEAD {
                break;
            }
        }
        Ok(if lead < 0.0 { (true, turned) } else { (false, upright) })
    }

    /// Reads every line of the sheet from the photo itself, where its pixels are finest; the first
    /// ones were read already.
    fn lines(
        &self,
        photo: &Picture,
        sheet: &Sheet,
        probed: Vec<Line>,
        deadline: Instant,
    ) -> Result<Vec<Line>, ModelError> {
        let Some(map) = sheet.to_photo() else { return Ok(Vec::new()) };
        let mut lines = Vec::new();
        let mut probed = probed.into_iter();
        for quad in &sheet.found {
            in_time(deadline)?;
            let line = match probed.next() {
                Some(line) => line,
                None => self.recogniser.read(photo, quad.map(|p| map.apply(p)))?,
            };
            let share = |p: Point| at(p.x / sheet.width, p.y / sheet.width);
            lines.push(Line { quad: quad.map(share), ..line });
        }
        Ok(lines)
    }
}

/// A cut-out with its lines, in its own pixels.
struct Sheet {
    /// Where it lies in the photo.
    quad: Quad,
    width: f32,
    height: f32,
    found: Vec<Quad>,
}

impl Sheet {
    fn to_photo(&self) -> Option<Homography> {
        let own = Quad::rectangle(0.0, 0.0, self.width, self.height);
        Homography::between(&own, &self.quad)
    }

    /// Whether most of the writing runs up or down.
    fn is_sideways(&self) -> bool {
        let runs = self.found.iter().map(|quad| {
            let length = quad.width().max(quad.height());
            // A single sign says nothing of the direction.
            if length < 2.0 * quad.width().min(quad.height()) {
                0.0
            } else if quad.height() > quad.width() {
                length
            } else {
                -length
            }
        });
        runs.sum::<f32>() > 0.0
    }

    /// A quarter turn: what was the right side becomes the top.
    fn turned(self) -> Self {
        let width = self.width;
        let turn = |quad: &Quad| quad.map(|p| at(p.y, width - p.x)).turned(1);
        let found = self.found.iter().map(turn).collect();
        let quad = self.quad.turned(1);
        Self { quad, width: self.height, height: self.width, found }
    }
}

/// Whether two readings of a line, none of them weak, confirm each other: addresses, authorities
/// and names in capitals.
fn is_confirmed_twice(raw: &Raw) -> bool {
    match raw.name {
        FieldName::Address | FieldName::Issuer => true,
        FieldName::Name | FieldName::LatinName => !raw.text.chars().any(is_ideograph),
        _ => false,
    }
}

fn in_time(deadline: Instant) -> Result<(), ModelError> {
    if Instant::now() > deadline { Err(ModelError::Deadline) } else { Ok(()) }
}

fn size(longer: u32, ratio: f32) -> (u32, u32) {
    let longer_side = longer as f32;
    if ratio <= 1.0 {
        (longer, (longer_side * ratio).round().max(1.0) as u32)
    } else {
        ((longer_side / ratio).round().max(1.0) as u32, longer)
    }
}

/// The same with a little around it.
fn with_margin(quad: &Quad) -> Quad {
    let own = Quad::rectangle(0.0, 0.0, 1.0, 1.0);
    let wider = Quad::rectangle(-MARGIN, -MARGIN, 1.0 + MARGIN, 1.0 + MARGIN);
    Homography::between(&own, quad).map_or(*quad, |map| wider.map(|p| map.apply(p)))
}

/// The signs of a card's values that are unsure and not proven by its number; `None` if a value is
/// missing, or if it is no card whose values stand each by itself.
fn unproven(rows: &[Row], is_framed: bool, today: Date) -> Option<Vec<Placed>> {
    let shown = match kinds::found(rows, &zones(rows)) {
        Found::One(shown) if is_like_residents(shown.kind) => shown,
        Found::Authority => Shown { kind: DocumentKind::ResidentId, side: Side::Back },
        _ => return None,
    };
    let raws = values(shown, rows, None, (is_framed, today));
    let wanted = fields_of(shown.kind, shown.side);
    if !wanted.iter().all(|name| raws.iter().any(|raw| raw.name == *name)) {
        return None;
    }
    let number = raws.iter().find(|raw| raw.name == FieldName::Number);
    let number = number.map(|raw| check(shown.kind, &raw.text, today));
    let facts = number.filter(Checked::is_valid).map(|number| number.facts);
    let is_proven = |raw: &Raw| match (raw.name, &facts) {
        (FieldName::Number, Some(_)) => true,
        (FieldName::Birth, Some(facts)) => {
            facts.birth.is_some_and(|birth| birth.to_string() == raw.text)
        }
        (FieldName::Sex, Some(facts)) => facts.sex.is_some_and(|sex| told(sex) == raw.text),
        _ => false,
    };
    let unproven = raws.iter().filter(|raw| !is_proven(raw));
    let signs = unproven.flat_map(|raw| raw.signs.0.iter().copied());
    Some(signs.filter(|sign| !is_sure(sign.confidence)).collect())
}

/// As a card says it.
const fn told(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "男",
        Sex::Female => "女",
    }
}

/// The values of a document, as far as it has them.
fn values(
    shown: Shown,
    rows: &[Row],
    zone: Option<&Zone>,
    (is_framed, today): (bool, Date),
) -> Vec<Raw> {
    let mut raws = match (shown.kind, shown.side) {
        (DocumentKind::ChinesePassport | DocumentKind::ForeignPassport, _) => {
            passport::page(shown.kind, rows, zone, today)
        }
        (DocumentKind::BusinessLicence, _) => licence::values(rows, today),
        _ => card(shown, rows, is_framed, today),
    };
    let wanted = fields_of(shown.kind, shown.side);
    raws.retain(|raw| wanted.contains(&raw.name) || raw.name == FieldName::Zone);
    raws
}

/// The values of a card.
fn card(shown: Shown, rows: &[Row], is_framed: bool, today: Date) -> Vec<Raw> {
    match (shown.kind, shown.side) {
        (DocumentKind::TemporaryResidentId, Side::Front) => {
            let mut raws = resident::front(rows, is_framed);
            raws.extend(resident::back(rows));
            raws
        }
        (kind, Side::Front) if is_like_residents(kind) => resident::front(rows, is_framed),
        (kind, Side::Back) if is_like_residents(kind) => {
            let mut raws = resident::back(rows);
            raws.extend(cards::permit_back(rows, today));
            raws
        }
        (kind, _) => cards::values(kind, rows, today),
    }
}

/// Whether such a card's front is laid out like a resident's.
const fn is_like_residents(kind: DocumentKind) -> bool {
    matches!(
        kind,
        DocumentKind::ResidentId
            | DocumentKind::TemporaryResidentId
            | DocumentKind::ResidencePermit
    )
}

/// A line's place in shares of the card's width, without the margin that was cut out with it.
fn unframed(view: &View, line: &Line) -> Quad {
    if !view.is_framed {
        return line.quad;
    }
    let scale = 1.0 + 2.0 * MARGIN;
    let down = MARGIN * HEIGHT;
    line.quad.map(|p| at(p.x * scale - MARGIN, p.y * scale - down))
}

fn field(photo: &Picture, view: &View, raw: Raw) -> Field {
    Field {
        name: raw.name,
        confidence: raw.signs.confidence(),
        place: place(photo, view, &raw),
        value: raw.text,
        standing: Standing::Doubtful,
    }
}

/// Where the signs stand in the photo, in thousandths.
fn place(photo: &Picture, view: &View, raw: &Raw) -> Place {
    let bounds = raw.signs.bounds(0.026);
    let Some(map) = view.to_photo() else { return Place::default() };
    let [left, top, right, bottom] = bounds.map(|p| map.apply(p)).bounds();
    let share = |value: f32, whole: u32| (value * 1000.0 / whole as f32).clamp(0.0, 1000.0) as u16;
    let (x, y) = (share(left, photo.width()), share(top, photo.height()));
    let (to_x, to_y) = (share(right, photo.width()), share(bottom, photo.height()));
    Place { x, y, width: to_x.saturating_sub(x), height: to_y.saturating_sub(y) }
}

/// Clockwise quarter turns that bring the view's top side to the top.
fn quarters(quad: &Quad) -> u8 {
    let [a, b, ..] = quad.0;
    let (x, y) = (b.x - a.x, b.y - a.y);
    match (x.abs() >= y.abs(), x >= 0.0, y >= 0.0) {
        (true, true, _) => 0,
        (true, false, _) => 2,
        (false, _, true) => 3,
        (false, _, false) => 1,
    }
}

/// How much a reading gives.
fn worth(reading: &Reading) -> usize {
    if reading.problem == Some(Problem::SeveralDocuments) {
        // More is in the photo than the outline showed: nothing may be mixed up.
        return 100;
    }
    // Some sides show nothing but which document they are of.
    usize::from(reading.side.is_some()) + reading.fields.len() + 2 * clear(reading)
}

/// Takes a field of a second look where the first gave none, or was less sure.
fn improve(fields: &mut Vec<Field>, again: Field) {
    match fields.iter_mut().find(|field| field.name == again.name) {
        Some(field) if field.standing == Standing::Clear => {}
        Some(field) if field.confidence >= again.confidence => {}
        Some(field) => *field = again,
        None => fields.push(again),
    }
}

fn clear(reading: &Reading) -> usize {
    reading.fields.iter().filter(|field| field.standing == Standing::Clear).count()
}

/// How many fields the side shows; `None` if no document was recognised.
fn shown(reading: &Reading) -> Option<usize> {
    let kind = reading.document.unwrap_or(DocumentKind::ResidentId);
    Some(fields_of(kind, reading.side?).len())
}

/// Whether every field of the side was read clearly.
fn is_whole(reading: &Reading) -> bool {
    shown(reading).is_some_and(|all| clear(reading) >= all)
}

/// Whether every field of the side was found, however sure.
fn has_all(reading: &Reading) -> bool {
    shown(reading).is_some_and(|all| {
        reading.fields.iter().filter(|field| field.name != FieldName::Zone).count() >= all
    })
}

/// Whether the outline was surely that of the card: looking at the whole photo gives no more.
fn is_enough(reading: &Reading) -> bool {
    shown(reading).is_some_and(|all| clear(reading) * 2 >= all)
}
