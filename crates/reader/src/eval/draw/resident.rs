//! Draws cards laid out like the resident's: that one, the temporary one and the residence permit.

use super::{CARD, Canvas, INK, LABEL, Pen, mark};
use crate::eval::dice::Dice;
use crate::eval::font::Faces;
use crate::eval::people::Person;
use crate::geometry::Quad;
use crate::raster::{cut, whole};
use domain::identity::DocumentKind;
use vision::{Picture, specimen};

/// Signs on one line of the address.
const ADDRESS_SIGNS: usize = 11;

/// The side with the portrait.
pub(crate) fn front(
    kind: DocumentKind,
    person: &Person,
    faces: &Faces<'_>,
    dice: &mut Dice,
) -> Picture {
    let mut card = Canvas::new(CARD, [218.0, 232.0, 240.0], dice);
    let label = Pen { font: faces.text, size: 34.0, gap: 3.0, ink: LABEL, opacity: 1.0 };
    let value = Pen { size: 40.0, gap: 2.0, ink: INK, ..label };
    let (dx, dy) = (dice.between(-6.0, 6.0), dice.between(-6.0, 6.0));
    let at = |x: f32, y: f32| (x + dx, y + dy);
    card.text(label, at(76.0, 62.0), "姓名");
    card.text(Pen { size: 46.0, gap: 5.0, ..value }, at(180.0, 54.0), &person.name);
    card.text(label, at(76.0, 150.0), "性别");
    card.text(value, at(180.0, 146.0), if person.is_male { "男" } else { "女" });
    if kind != DocumentKind::ResidencePermit {
        card.text(label, at(300.0, 150.0), "民族");
        card.text(value, at(402.0, 146.0), &person.ethnicity);
    }
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
    // The temporary card has authority and validity on this side, too, and its lines lie closer.
    let is_temporary = kind == DocumentKind::TemporaryResidentId;
    let (size, step) = if is_temporary { (34.0, 40.0) } else { (37.0, 56.0) };
    let signs: Vec<char> = person.address.chars().collect();
    for (line, signs) in signs.chunks(ADDRESS_SIGNS).enumerate() {
        let text: String = signs.iter().collect();
        let pen = Pen { size, gap: 1.0, ..value };
        card.text(pen, at(180.0, 316.0 + step * line as f32), &text);
    }
    let down = if is_temporary { 452.0 } else { 540.0 };
    card.text(label, at(76.0, down), "公民身份号码");
    let number = Pen { font: faces.number, size: 46.0, gap: 5.0, ..value };
    card.text(number, at(345.0, down - 8.0), &person.number);
    if is_temporary {
        let label = Pen { size: 28.0, ..label };
        let value = Pen { size: 30.0, ..value };
        card.text(label, at(76.0, 520.0), "签发机关");
        card.text(value, at(240.0, 518.0), &person.issuer);
        card.text(label, at(76.0, 576.0), "有效期限");
        card.text(value, at(240.0, 574.0), &person.validity());
    }
    mark(&mut card, faces, (800.0, 498.0));
    let mut picture = card.into_picture();
    let (place, scale) = if is_temporary { ((840.0, 190.0), 0.5) } else { ((805.0, 230.0), 0.62) };
    specimen::person(&mut picture, place, scale, dice.next() as u32);
    picture
}

/// The same card with a photo of a face over its portrait.
pub(crate) fn with_face(card: &Picture, face: &Picture) -> Picture {
    let place = Quad::rectangle(695.0, 84.0, 915.0, 84.0 + 220.0 * 4.0 / 3.0);
    let [left, top, ..] = place.bounds();
    let (width, height) = (place.width() as u32, place.height() as u32);
    let Some(small) = cut(face, &whole(face), width, height) else { return card.clone() };
    let mut raw = card.raw().to_vec();
    let rows = small.raw().chunks_exact(width as usize * 3).enumerate();
    for (y, row) in rows {
        let start = ((top as usize + y) * card.width() as usize + left as usize) * 3;
        if let Some(to) = raw.get_mut(start..start + row.len()) {
            to.copy_from_slice(row);
        }
    }
    Picture::from_raw(card.width(), card.height(), raw).unwrap_or_else(|| card.clone())
}

/// The side with the authority; of the temporary card the one with the title.
pub(crate) fn back(
    kind: DocumentKind,
    person: &Person,
    faces: &Faces<'_>,
    dice: &mut Dice,
) -> Picture {
    let mut card = Canvas::new(CARD, [226.0, 226.0, 232.0], dice);
    let title = Pen { font: faces.text, size: 60.0, gap: 18.0, ink: INK, opacity: 1.0 };
    let (dx, dy) = (dice.between(-6.0, 6.0), dice.between(-6.0, 6.0));
    let at = |x: f32, y: f32| (x + dx, y + dy);
    let label = Pen { size: 34.0, gap: 3.0, ..title };
    let value = Pen { size: 38.0, gap: 2.0, ..title };
    card.text(Pen { size: 52.0, gap: 10.0, ..title }, at(330.0, 80.0), "中华人民共和国");
    let pen = Pen { size: 78.0, gap: 20.0, ..title };
    match kind {
        DocumentKind::TemporaryResidentId => {
            card.text(Pen { size: 66.0, gap: 12.0, ..title }, at(300.0, 200.0), "临时居民身份证");
        }
        DocumentKind::ResidencePermit => {
            let text = if person.is_of_taiwan() {
                "台湾居民居住证"
            } else {
                "港澳居民居住证"
            };
            card.text(Pen { size: 64.0, gap: 12.0, ..title }, at(300.0, 180.0), text);
            card.text(label, at(180.0, 330.0), "签发机关");
            card.text(value, at(380.0, 326.0), &person.issuer);
            card.text(label, at(180.0, 400.0), "有效期限");
            card.text(value, at(380.0, 396.0), &person.validity());
            card.text(label, at(180.0, 470.0), "通行证号码");
            card.text(value, at(380.0, 466.0), &person.permit_number);
            card.text(label, at(180.0, 540.0), "签发次数");
            card.text(value, at(380.0, 536.0), &format!("{:02}", person.issue_count));
        }
        _ => {
            card.text(pen, at(330.0, 180.0), "居民身份证");
            card.text(label, at(225.0, 470.0), "签发机关");
            card.text(value, at(405.0, 466.0), &person.issuer);
            card.text(label, at(225.0, 550.0), "有效期限");
            card.text(value, at(405.0, 546.0), &person.validity());
        }
    }
    mark(&mut card, faces, (60.0, 330.0));
    card.into_picture()
}
