//! Draws both sides of a specimen of the resident's identity card, with the word SPECIMEN on it.

use crate::eval::dice::Dice;
use crate::eval::font::{Faces, write};
use crate::eval::people::Person;
use ab_glyph::FontVec;
use vision::{Picture, specimen};

/// Pixels of a card of 85.6 mm × 54 mm at 300 to the inch.
const WIDTH: u32 = 1012;
const HEIGHT: u32 = 638;
const INK: [u8; 3] = [30, 32, 36];
const LABEL: [u8; 3] = [58, 104, 150];
const RED: [u8; 3] = [196, 40, 44];
/// Signs on one line of the address.
const ADDRESS_SIGNS: usize = 11;

/// Pixels to draw on.
struct Canvas(Vec<u8>);

/// How something is written.
#[derive(Clone, Copy)]
struct Pen<'a> {
    font: &'a FontVec,
    size: f32,
    gap: f32,
    ink: [u8; 3],
    opacity: f32,
}

impl Canvas {
    /// A ground with fine waves, as security print has.
    fn new(ground: [f32; 3], dice: &mut Dice) -> Self {
        let (phase, slope) = (dice.between(0.0, 6.0), dice.between(12.0, 34.0));
        let mut pixels = Vec::with_capacity((WIDTH * HEIGHT * 3) as usize);
        for index in 0..WIDTH * HEIGHT {
            let (x, y) = ((index % WIDTH) as f32, (index / WIDTH) as f32);
            let wave = ((x / 7.0 + (y / slope + phase).sin() * 3.0).sin()) * 5.0;
            let drift = (x / 170.0 + phase).sin() * 6.0 + (y / 90.0).cos() * 5.0;
            pixels.extend(ground.map(|channel| (channel + wave + drift).clamp(0.0, 255.0) as u8));
        }
        Self(pixels)
    }

    fn text(&mut self, pen: Pen<'_>, start: (f32, f32), text: &str) -> f32 {
        write(pen.font, (pen.size, pen.gap), start, text, |x, y, cover| {
            let place = ((y * WIDTH + x) * 3) as usize;
            if x < WIDTH
                && let Some(pixel) = self.0.get_mut(place..place + 3)
            {
                for (channel, ink) in pixel.iter_mut().zip(pen.ink) {
                    let old = f32::from(*channel);
                    *channel = (old + (f32::from(ink) - old) * cover * pen.opacity) as u8;
                }
            }
        })
    }

    fn into_picture(self) -> Picture {
        Picture::from_raw(WIDTH, HEIGHT, self.0).expect("a canvas has all its pixels")
    }
}

/// The side with the portrait.
pub(crate) fn front(person: &Person, faces: &Faces<'_>, dice: &mut Dice) -> Picture {
    let mut card = Canvas::new([218.0, 232.0, 240.0], dice);
    let label = Pen { font: faces.text, size: 34.0, gap: 3.0, ink: LABEL, opacity: 1.0 };
    let value = Pen { size: 40.0, gap: 2.0, ink: INK, ..label };
    let (dx, dy) = (dice.between(-6.0, 6.0), dice.between(-6.0, 6.0));
    let at = |x: f32, y: f32| (x + dx, y + dy);
    card.text(label, at(76.0, 62.0), "姓名");
    card.text(Pen { size: 46.0, gap: 5.0, ..value }, at(180.0, 54.0), &person.name);
    card.text(label, at(76.0, 150.0), "性别");
    card.text(value, at(180.0, 146.0), if person.is_male { "男" } else { "女" });
    card.text(label, at(300.0, 150.0), "民族");
    card.text(value, at(402.0, 146.0), &person.ethnicity);
    card.text(label, at(76.0, 235.0), "出生");
    let (year, month, day) = (person.birth.year(), person.birth.month(), person.birth.day());
    let parts = [
        (180.0, year.to_string(), 292.0, "年"),
        (348.0, month.to_string(), 404.0, "月"),
        (452.0, day.to_string(), 508.0, "日"),
    ];
    for (x, text, x_label, sign) in parts {
        card.text(value, at(x, 230.0), &text);
        card.text(label, at(x_label, 235.0), sign);
    }
    card.text(label, at(76.0, 320.0), "住址");
    let signs: Vec<char> = person.address.chars().collect();
    for (line, signs) in signs.chunks(ADDRESS_SIGNS).enumerate() {
        let text: String = signs.iter().collect();
        let pen = Pen { size: 37.0, gap: 1.0, ..value };
        card.text(pen, at(180.0, 316.0 + 56.0 * line as f32), &text);
    }
    card.text(label, at(76.0, 540.0), "公民身份号码");
    let number = Pen { font: faces.number, size: 46.0, gap: 5.0, ..value };
    card.text(number, at(345.0, 532.0), &person.number);
    let mark = Pen { size: 26.0, gap: 4.0, ink: RED, opacity: 0.75, ..label };
    card.text(mark, (800.0, 498.0), "SPECIMEN");
    let mut picture = card.into_picture();
    specimen::person(&mut picture, (805.0, 230.0), 0.62, dice.next() as u32);
    picture
}

/// The side with the authority.
pub(crate) fn back(person: &Person, faces: &Faces<'_>, dice: &mut Dice) -> Picture {
    let mut card = Canvas::new([226.0, 226.0, 232.0], dice);
    let title = Pen { font: faces.text, size: 60.0, gap: 18.0, ink: INK, opacity: 1.0 };
    let (dx, dy) = (dice.between(-6.0, 6.0), dice.between(-6.0, 6.0));
    let at = |x: f32, y: f32| (x + dx, y + dy);
    card.text(Pen { size: 52.0, gap: 10.0, ..title }, at(330.0, 80.0), "中华人民共和国");
    card.text(Pen { size: 78.0, gap: 20.0, ..title }, at(330.0, 180.0), "居民身份证");
    let label = Pen { size: 34.0, gap: 3.0, ..title };
    let value = Pen { size: 38.0, gap: 2.0, ..title };
    card.text(label, at(225.0, 470.0), "签发机关");
    card.text(value, at(405.0, 466.0), &person.issuer);
    card.text(label, at(225.0, 550.0), "有效期限");
    let day = |day: jiff::civil::Date| day.strftime("%Y.%m.%d").to_string();
    let until = person.until.map_or_else(|| "长期".to_owned(), day);
    card.text(value, at(405.0, 546.0), &format!("{}-{until}", day(person.from)));
    let mark = Pen { size: 26.0, gap: 4.0, ink: RED, opacity: 0.75, ..label };
    card.text(mark, (60.0, 330.0), "SPECIMEN");
    card.into_picture()
}
