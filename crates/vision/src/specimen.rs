//! Drawn sample photos, clearly marked, for the demo and for tests. None looks like a real
//! document, and none shows a real person.

use crate::draw::{self, Pen};
use crate::picture::Picture;

/// What a specimen shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The name; the font has 样本一 to 样本十 and Latin letters.
    pub name: String,
    /// Whether the document says 男.
    pub is_male: bool,
    /// Year, month, day.
    pub birth: (u16, u8, u8),
    /// The document's number.
    pub number: String,
    /// First and last day of validity, as printed.
    pub valid: String,
    /// Changes the face.
    pub seed: u32,
}

impl Default for Holder {
    fn default() -> Self {
        Self {
            name: "样本三".to_owned(),
            is_male: false,
            birth: (1949, 12, 31),
            number: "11010519491231002X".to_owned(),
            valid: "2020.01.01-2040.01.01".to_owned(),
            seed: 1,
        }
    }
}

const CARD: (u32, u32) = (1012, 638);
const INK: [u8; 3] = [28, 34, 40];
const LABEL: [u8; 3] = [60, 110, 150];
const RED: [u8; 3] = [190, 40, 40];

/// The portrait side of a specimen identity card on a table.
pub fn document_front(holder: &Holder) -> Picture {
    let mut card = card([226, 238, 244], holder.seed);
    let label = Pen::new(30.0, LABEL);
    let value = Pen::new(34.0, INK);
    draw::text(&mut card, &label, (60.0, 70.0), "姓名");
    draw::text(&mut card, &value, (180.0, 66.0), &holder.name);
    draw::text(&mut card, &label, (60.0, 150.0), "性别");
    draw::text(&mut card, &value, (180.0, 146.0), if holder.is_male { "男" } else { "女" });
    draw::text(&mut card, &label, (60.0, 230.0), "出生");
    let (year, month, day) = holder.birth;
    let birth = format!("{year}年{month}月{day}日");
    draw::text(&mut card, &value, (180.0, 226.0), &birth);
    draw::text(&mut card, &label, (60.0, 310.0), "住址");
    draw::text(&mut card, &value, (180.0, 306.0), "SPECIMEN ROAD 1");
    draw::text(&mut card, &label, (60.0, 540.0), "公民身份号码");
    draw::text(&mut card, &Pen::new(40.0, INK), (330.0, 534.0), &holder.number);
    face(&mut card, (800.0, 250.0), 0.62, holder.seed);
    overprint(&mut card, 0.12);
    on_table(&card, holder.seed)
}

/// The other side.
pub fn document_back(holder: &Holder) -> Picture {
    let mut card = card([246, 236, 232], holder.seed.wrapping_add(7));
    draw::ellipse(&mut card, RED, (170.0, 170.0), (90.0, 90.0));
    draw::ellipse(&mut card, [250, 225, 150], (170.0, 170.0), (60.0, 60.0));
    draw::text(&mut card, &Pen::new(52.0, INK), (330.0, 100.0), "样本 SPECIMEN");
    draw::text(&mut card, &Pen::new(64.0, INK), (330.0, 200.0), "身份证件");
    let label = Pen::new(30.0, LABEL);
    draw::text(&mut card, &label, (180.0, 440.0), "签发机关");
    draw::text(&mut card, &Pen::new(34.0, INK), (360.0, 436.0), "样本市公安局");
    draw::text(&mut card, &label, (180.0, 522.0), "有效期限");
    draw::text(&mut card, &Pen::new(36.0, INK), (360.0, 516.0), &holder.valid);
    overprint(&mut card, 0.12);
    on_table(&card, holder.seed.wrapping_add(13))
}

/// The other side of a specimen residence permit; its front is laid out like an identity card's.
pub fn residence_permit_back(holder: &Holder) -> Picture {
    let mut card = card([232, 240, 234], holder.seed.wrapping_add(9));
    draw::text(&mut card, &Pen::new(52.0, INK), (330.0, 100.0), "样本 SPECIMEN");
    draw::text(&mut card, &Pen::new(64.0, INK), (330.0, 200.0), "居民居住证");
    let label = Pen::new(30.0, LABEL);
    draw::text(&mut card, &label, (180.0, 440.0), "签发机关");
    draw::text(&mut card, &Pen::new(34.0, INK), (360.0, 436.0), "样本市公安局");
    draw::text(&mut card, &label, (180.0, 522.0), "有效期限");
    draw::text(&mut card, &Pen::new(36.0, INK), (360.0, 516.0), &holder.valid);
    overprint(&mut card, 0.12);
    on_table(&card, holder.seed.wrapping_add(17))
}

/// The data page of a specimen passport.
pub fn passport(holder: &Holder, mrz: [&str; 2]) -> Picture {
    let mut page = card([238, 232, 240], holder.seed.wrapping_add(3));
    let label = Pen::new(24.0, LABEL);
    let value = Pen::new(32.0, INK);
    draw::text(&mut page, &Pen::new(34.0, INK), (60.0, 40.0), "PASSPORT SPECIMEN");
    draw::text(&mut page, &label, (360.0, 120.0), "NAME");
    draw::text(&mut page, &value, (360.0, 156.0), &holder.name);
    draw::text(&mut page, &label, (360.0, 220.0), "NUMBER");
    draw::text(&mut page, &value, (360.0, 256.0), &holder.number);
    draw::text(&mut page, &label, (360.0, 320.0), "BIRTH");
    let (year, month, day) = holder.birth;
    draw::text(&mut page, &value, (360.0, 356.0), &format!("{year}-{month:02}-{day:02}"));
    face(&mut page, (190.0, 280.0), 0.55, holder.seed);
    for (line, down) in mrz.iter().zip([500.0, 560.0]) {
        draw::text(&mut page, &Pen::new(28.0, INK), (40.0, down), line);
    }
    overprint(&mut page, 0.10);
    on_table(&page, holder.seed)
}

/// A drawn person in front of a wall, as a portrait.
pub fn portrait(holder: &Holder) -> Picture {
    let mut photo = draw::sheet(900, 1200, [206, 214, 218]);
    let noise = Noise(holder.seed.wrapping_add(99));
    draw::paint(&mut photo, |x, y| {
        let shade = 214.0 - y / 40.0 + x / 60.0 + noise.at(x, y) * 5.0;
        [shade as u8, (shade + 4.0) as u8, (shade + 8.0) as u8]
    });
    face(&mut photo, (450.0, 560.0), 1.2, holder.seed);
    let mark = Pen { opacity: 0.6, ..Pen::new(54.0, RED) };
    draw::text(&mut photo, &mark, (60.0, 60.0), "样本 SPECIMEN");
    photo
}

/// Draws a person's head and shoulders into `picture` around `centre`; `scale` 1 is about 520
/// pixels high. The same `seed` draws the same person.
pub fn person(picture: &mut Picture, centre: (f32, f32), scale: f32, seed: u32) {
    face(picture, centre, scale, seed);
}

/// The same with the head turned: the nose lies `turn` distances between the eyes beside the middle
/// of them, to the picture's right where it is more than zero (the person's own left).
pub fn person_turned(picture: &mut Picture, centre: (f32, f32), scale: f32, who: (u32, f32)) {
    turned_face(picture, centre, scale, who);
}

/// The same photo, out of focus by about `radius` pixels.
pub fn blurred(picture: &Picture, radius: f32) -> Picture {
    Picture { rgb: image::imageops::fast_blur(&picture.rgb, radius) }
}

/// The same photo in the dark: `light` is 1 as it is, 0 black.
pub fn darkened(picture: &Picture, light: f32) -> Picture {
    each(picture, |channel, _, _| f32::from(channel) * light)
}

/// The same photo with a lamp mirrored in it; `size` is the lamp's share of the width.
pub fn with_glare(picture: &Picture, size: f32) -> Picture {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    each(picture, |channel, x, y| {
        let far = (x - width * 0.55).hypot(y - height * 0.5) / (width * size);
        f32::from(channel) + 420.0 * (1.0 - far).clamp(0.0, 1.0)
    })
}

fn each(picture: &Picture, change: impl Fn(u8, f32, f32) -> f32) -> Picture {
    let mut out = picture.clone();
    for (x, y, pixel) in out.rgb.enumerate_pixels_mut() {
        for channel in &mut pixel.0 {
            *channel = change(*channel, x as f32, y as f32).clamp(0.0, 255.0) as u8;
        }
    }
    out
}

/// A blank card with fine waves, as security print has.
fn card(ground: [u8; 3], seed: u32) -> Picture {
    let mut card = draw::sheet(CARD.0, CARD.1, ground);
    let phase = seed as f32 * 0.7;
    draw::paint(&mut card, |x, y| {
        let wave = ((x / 9.0 + (y / 23.0 + phase).sin() * 3.0).sin() * 5.0).round();
        let drift = (y / 60.0).sin() * 4.0;
        ground.map(|channel| (f32::from(channel) + wave + drift).clamp(0.0, 255.0) as u8)
    });
    card
}

/// The mark that nobody can miss.
fn overprint(card: &mut Picture, opacity: f32) {
    let pen = Pen { opacity: opacity * 3.5, slope: 0.42, ..Pen::new(96.0, RED) };
    draw::text(card, &pen, (120.0, 500.0), "SPECIMEN 样本");
}

/// The card photographed on a dark wooden table, all four corners in view.
fn on_table(card: &Picture, seed: u32) -> Picture {
    let (width, height) = (1400, 960);
    let mut photo = draw::sheet(width, height, [96, 74, 58]);
    let noise = Noise(seed);
    draw::paint(&mut photo, |x, y| {
        let grain = ((y / 7.0 + (x / 160.0).sin() * 4.0).sin() * 9.0) + noise.at(x, y) * 6.0;
        [96.0 + grain, 74.0 + grain * 0.8, 58.0 + grain * 0.7].map(|c| c.clamp(0.0, 255.0) as u8)
    });
    let left = (width - card.width()) / 2;
    let top = (height - card.height()) / 2;
    let corner = |x: u32, y: u32| (x as f32, y as f32);
    let shadow =
        (corner(left + 8, top + 10), corner(left + card.width() + 10, top + card.height() + 14));
    draw::rectangle(&mut photo, [30, 24, 20], 0.5, shadow);
    image::imageops::replace(&mut photo.rgb, &card.rgb, i64::from(left), i64::from(top));
    photo
}

/// A drawn head and shoulders; `scale` 1 is about 520 pixels high.
fn face(picture: &mut Picture, centre: draw::Point, scale: f32, seed: u32) {
    turned_face(picture, centre, scale, (seed, 0.0));
}

/// The same with the head turned.
fn turned_face(picture: &mut Picture, (cx, cy): draw::Point, scale: f32, (seed, turn): (u32, f32)) {
    let pick = |shift: u32, from: f32, to: f32| {
        from + (to - from) * ((seed.wrapping_mul(2_654_435_761) >> shift) & 15) as f32 / 15.0
    };
    let at = |x: f32, y: f32| (cx + x * scale, cy + y * scale);
    // What lies farther in front of the neck moves farther when the head turns.
    let eyes_by = turn * 30.0;
    let nose_by = eyes_by + turn * 82.0;
    let mouth_by = eyes_by + turn * 62.0;
    let hair = [pick(2, 20.0, 90.0) as u8, pick(6, 16.0, 60.0) as u8, pick(10, 14.0, 50.0) as u8];
    let skin =
        [pick(4, 205.0, 238.0) as u8, pick(8, 160.0, 200.0) as u8, pick(12, 125.0, 165.0) as u8];
    let coat =
        [pick(16, 30.0, 120.0) as u8, pick(20, 40.0, 110.0) as u8, pick(24, 60.0, 140.0) as u8];
    let wide = pick(14, 92.0, 108.0);
    draw::ellipse(picture, hair, at(0.0, -50.0), (scale * (wide + 22.0), scale * 150.0));
    draw::ellipse(picture, coat, at(0.0, 300.0), (scale * 210.0, scale * 150.0));
    draw::rectangle(picture, skin, 1.0, (at(-38.0, 90.0), at(38.0, 180.0)));
    draw::ellipse(picture, skin, at(0.0, 0.0), (scale * wide, scale * 135.0));
    draw::ellipse(picture, hair, at(0.0, -118.0), (scale * wide, scale * 48.0));
    for side in [-1.0, 1.0] {
        let eye = at(side * pick(18, 38.0, 44.0) + eyes_by, -10.0);
        draw::ellipse(picture, [250, 250, 248], eye, (scale * 19.0, scale * 10.0));
        draw::ellipse(picture, [40, 30, 26], eye, (scale * 9.0, scale * 9.5));
        let brow = Pen { stroke: 8.0 * scale, ..Pen::new(1.0, hair) };
        let high = -42.0;
        let brow_at = |x: f32, y: f32| at(side * x + eyes_by, y);
        draw::line(picture, &brow, brow_at(22.0, high), brow_at(62.0, high - 2.0));
    }
    let shade = skin.map(|channel| channel.saturating_sub(45));
    let nose = Pen { stroke: 6.0 * scale, ..Pen::new(1.0, shade) };
    draw::line(picture, &nose, at(eyes_by, -2.0), at(nose_by - 9.0, 42.0));
    draw::line(picture, &nose, at(nose_by - 9.0, 42.0), at(nose_by + 10.0, 44.0));
    let mouth = Pen { stroke: 9.0 * scale, ..Pen::new(1.0, [176, 84, 80]) };
    draw::line(picture, &mouth, at(mouth_by - 30.0, 84.0), at(mouth_by + 30.0, 82.0));
}

/// The same grain for the same seed and place.
struct Noise(u32);

impl Noise {
    /// From −1 to 1.
    fn at(&self, x: f32, y: f32) -> f32 {
        let mut bits = (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca77);
        bits ^= self.0.wrapping_mul(0xc2b2_ae3d);
        bits ^= bits >> 15;
        bits = bits.wrapping_mul(0x2c1b_3c6d);
        bits ^= bits >> 12;
        (bits & 0xffff) as f32 / 32_767.5 - 1.0
    }
}
