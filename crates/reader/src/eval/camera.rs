//! A made-up camera: puts a card on a table and photographs it, from well to badly.

use crate::eval::dice::Dice;
use crate::geometry::{Homography, Quad, at};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder, RgbImage, imageops};
use vision::Picture;

/// How hard a photo is to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A careful photo.
    Mild = 1,
    /// Perspective, a lamp mirrored in the card, noise.
    Glare = 2,
    /// Strong perspective, blur, few pixels.
    Hard = 3,
}

impl Level {
    /// From easy to hard.
    pub const ALL: [Self; 3] = [Self::Mild, Self::Glare, Self::Hard];

    /// The number on the command line and in reports.
    pub const fn number(self) -> u8 {
        self as u8
    }

    fn setting(self) -> Setting {
        match self {
            Self::Mild => Setting {
                perspective: 0.015,
                degrees: 3.0,
                blur: 0.7,
                noise: 3.0,
                glare: 0.0,
                scale: 1.0,
                jpeg: 88,
            },
            Self::Glare => Setting {
                perspective: 0.05,
                degrees: 5.0,
                blur: 0.9,
                noise: 8.0,
                glare: 90.0,
                scale: 1.0,
                jpeg: 78,
            },
            Self::Hard => Setting {
                perspective: 0.09,
                degrees: 8.0,
                blur: 0.6,
                noise: 2.5,
                glare: 60.0,
                scale: 0.55,
                jpeg: 60,
            },
        }
    }
}

/// What makes a level.
struct Setting {
    /// How far a corner is moved at most, in shares of the card's width.
    perspective: f32,
    /// How far the card is turned at most.
    degrees: f32,
    /// Deviation of the blur, in pixels of the finished photo.
    blur: f32,
    /// Deviation of the noise, of 255.
    noise: f32,
    /// How much brighter the lamp's mirror is at its middle, of 255.
    glare: f32,
    /// The finished photo's size in shares of 1400 × 1000 pixels.
    scale: f32,
    /// JPEG quality.
    jpeg: u8,
}

const WIDTH: u32 = 1400;
const HEIGHT: u32 = 1000;

/// A photo of `card` on a table, as a JPEG file.
pub(crate) fn photograph(card: &Picture, level: Level, dice: &mut Dice) -> Vec<u8> {
    let setting = level.setting();
    let corners = corners(&setting, card, dice);
    let mut photo = table(dice);
    lay(&mut photo, card, &corners, &setting, dice);
    let width = (WIDTH as f32 * setting.scale) as u32;
    let height = (HEIGHT as f32 * setting.scale) as u32;
    let small = if setting.scale < 1.0 {
        imageops::resize(&photo, width, height, imageops::FilterType::Triangle)
    } else {
        photo
    };
    let mut photo = imageops::blur(&small, setting.blur);
    for pixel in photo.pixels_mut() {
        let grain = dice.normal() * setting.noise;
        for channel in &mut pixel.0 {
            *channel = (f32::from(*channel) + grain).clamp(0.0, 255.0) as u8;
        }
    }
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, setting.jpeg)
        .write_image(photo.as_raw(), photo.width(), photo.height(), ExtendedColorType::Rgb8)
        .expect("writing a small picture to memory");
    file
}

/// Where the card's corners lie in the photo.
fn corners(setting: &Setting, card: &Picture, dice: &mut Dice) -> Quad {
    let width = WIDTH as f32 * dice.between(0.68, 0.80);
    let height = width * card.height() as f32 / card.width() as f32;
    let (sin, cos) = dice.between(-setting.degrees, setting.degrees).to_radians().sin_cos();
    let (cx, cy) =
        (WIDTH as f32 * dice.between(0.47, 0.53), HEIGHT as f32 * dice.between(0.47, 0.53));
    let jitter = setting.perspective * width;
    let mut moved = |p: crate::geometry::Point| {
        let (x, y) = (p.x * width, p.y * height);
        at(
            cx + x * cos - y * sin + dice.between(-jitter, jitter),
            cy + x * sin + y * cos + dice.between(-jitter, jitter),
        )
    };
    let [a, b, c, d] = Quad::rectangle(-0.5, -0.5, 0.5, 0.5).0;
    Quad([moved(a), moved(b), moved(c), moved(d)])
}

/// Wood, cloth or a plain board, dark or light.
fn table(dice: &mut Dice) -> RgbImage {
    let kind = dice.below(3);
    let ground = [dice.between(40.0, 170.0), dice.between(40.0, 150.0), dice.between(35.0, 150.0)];
    let (slope, phase) = (dice.between(5.0, 14.0), dice.between(0.0, 9.0));
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let grain = match kind {
            0 => ((y / slope + (x / 160.0 + phase).sin() * 4.0).sin()) * 10.0,
            1 => ((x / 3.0).sin() + (y / 3.0).sin()) * 6.0,
            _ => (x / 300.0 + phase).sin() * 8.0,
        };
        image::Rgb(ground.map(|channel| (channel + grain).clamp(0.0, 255.0) as u8))
    })
}

/// Puts the card into the photo, under uneven light and a lamp.
fn lay(photo: &mut RgbImage, card: &Picture, corners: &Quad, setting: &Setting, dice: &mut Dice) {
    let (width, height) = (card.width() as f32, card.height() as f32);
    let own = Quad::rectangle(0.0, 0.0, width, height);
    let Some(map) = Homography::between(corners, &own) else { return };
    let lamp = (dice.between(0.1, 0.9) * width, dice.between(0.1, 0.9) * height);
    let reach = dice.between(0.10, 0.22) * width;
    let light = (dice.between(-0.12, 0.12), dice.between(-0.12, 0.12));
    for (x, y, pixel) in photo.enumerate_pixels_mut() {
        let p = map.apply(at(x as f32 + 0.5, y as f32 + 0.5));
        if p.x < 0.0 || p.y < 0.0 || p.x >= width || p.y >= height {
            continue;
        }
        let shade = 1.0 + light.0 * (p.x / width - 0.5) + light.1 * (p.y / height - 0.5);
        let far = (p.x - lamp.0).hypot(p.y - lamp.1) / reach;
        let glare = setting.glare * (-far * far).exp();
        let rgb = crate::raster::sample(card, p.x - 0.5, p.y - 0.5);
        pixel.0 = rgb.map(|channel| (channel * shade + glare).clamp(0.0, 255.0) as u8);
    }
}
