//! Draws permits of travel and permanent residents' cards of both forms.

use super::{CARD, Canvas, INK, LABEL, Pen, mark};
use crate::eval::dice::Dice;
use crate::eval::font::Faces;
use crate::eval::travellers::Traveller;
use domain::identity::DocumentKind;
use jiff::civil::Date;
use vision::{Picture, specimen};

fn day(day: Date) -> String {
    day.strftime("%Y.%m.%d").to_string()
}

const fn sex(holder: &Traveller) -> &'static str {
    if matches!(holder.is_male, Some(true)) { "男" } else { "女" }
}

/// The front of a travel permit: labels left of their values.
pub(crate) fn front(
    kind: DocumentKind,
    holder: &Traveller,
    faces: &Faces<'_>,
    dice: &mut Dice,
) -> Picture {
    let mut card = Canvas::new(CARD, [222.0, 236.0, 232.0], dice);
    let label = Pen { font: faces.text, size: 30.0, gap: 2.0, ink: LABEL, opacity: 1.0 };
    let value = Pen { size: 34.0, gap: 2.0, ink: INK, ..label };
    let (dx, dy) = (dice.between(-6.0, 6.0), dice.between(-6.0, 6.0));
    let at = |x: f32, y: f32| (x + dx, y + dy);
    let (title, count) = match kind {
        DocumentKind::TaiwanPermit => ("台湾居民来往大陆通行证", "签发次数"),
        _ => ("港澳居民来往内地通行证", "换证次数"),
    };
    card.text(Pen { size: 46.0, gap: 8.0, ..value }, at(180.0, 36.0), title);
    let [from, until] = holder.valid;
    let latin = format!("{}, {}", holder.surname, holder.given);
    let rows = [
        (60.0, 122.0, "姓名", 200.0, holder.name.clone()),
        (60.0, 184.0, "", 200.0, latin),
        (60.0, 250.0, "出生日期", 220.0, day(holder.birth)),
        (460.0, 250.0, "性别", 550.0, sex(holder).to_owned()),
        (60.0, 316.0, "有效期限", 220.0, format!("{}-{}", day(from), day(until))),
        (60.0, 382.0, "签发机关", 220.0, holder.issuer.clone()),
        (60.0, 448.0, "签发地点", 220.0, "广东".to_owned()),
        (60.0, 540.0, "证件号码", 220.0, holder.number.clone()),
        (560.0, 540.0, count, 720.0, format!("{:02}", holder.issue_count)),
    ];
    for (x, y, name, x_value, text) in rows {
        card.text(label, at(x, y + 3.0), name);
        card.text(value, at(x_value, y), &text);
    }
    mark(&mut card, faces, (790.0, 490.0));
    let mut picture = card.into_picture();
    specimen::person(&mut picture, (850.0, 250.0), 0.55, dice.next() as u32);
    picture
}

/// The back of a travel permit: other numbers and the zone.
pub(crate) fn back(
    kind: DocumentKind,
    holder: &Traveller,
    faces: &Faces<'_>,
    dice: &mut Dice,
) -> Picture {
    let mut card = Canvas::new(CARD, [230.0, 234.0, 226.0], dice);
    let value = Pen { font: faces.text, size: 32.0, gap: 2.0, ink: INK, opacity: 1.0 };
    let letters = if kind == DocumentKind::TaiwanPermit { "CT" } else { "CR" };
    let (dx, dy) = (dice.between(-6.0, 6.0), dice.between(-6.0, 6.0));
    card.text(value, (60.0 + dx, 60.0 + dy), "持证人其他证件信息");
    card.text(value, (60.0 + dx, 130.0 + dy), "证件号码 A000000(0)");
    let zone = Pen { font: faces.zone, size: 46.0, gap: 0.0, ..value };
    card.zone(zone, [50.0 + dx, 960.0 + dx, 390.0 + dy], &holder.td1(letters));
    mark(&mut card, faces, (700.0, 250.0));
    card.into_picture()
}

/// The front of a permanent resident's card; the earlier form has its labels left of the values,
/// the later one above them.
pub(crate) fn permanent(
    is_old: bool,
    holder: &Traveller,
    faces: &Faces<'_>,
    dice: &mut Dice,
) -> Picture {
    let mut card = Canvas::new(CARD, [228.0, 230.0, 240.0], dice);
    let label = Pen { font: faces.text, size: 22.0, gap: 1.0, ink: LABEL, opacity: 1.0 };
    let value = Pen { size: 33.0, gap: 2.0, ink: INK, ..label };
    let (dx, dy) = (dice.between(-6.0, 6.0), dice.between(-6.0, 6.0));
    let at = |x: f32, y: f32| (x + dx, y + dy);
    card.text(Pen { size: 42.0, gap: 8.0, ..value }, at(200.0, 24.0), "外国人永久居留身份证");
    let english = "FOREIGN PERMANENT RESIDENT ID CARD";
    card.text(Pen { size: 22.0, ..value }, at(240.0, 80.0), english);
    let [from, until] = holder.valid;
    let latin = format!("{}, {}", holder.surname, holder.given);
    let (alpha, chinese, _) = holder.country;
    let sex = format!("{}/{}", sex(holder), if holder.is_male == Some(true) { "M" } else { "F" });
    let values = [
        ("姓名/Name", latin),
        ("性别/Sex", sex),
        ("出生日期/Date of Birth", day(holder.birth)),
        ("国籍/Nationality", format!("{chinese}/{alpha}")),
        ("有效期限/Period of Validity", format!("{}-{}", day(from), day(until))),
        ("证件号码/ID No.", holder.number.clone()),
    ];
    let places: [(f32, f32); 6] = if is_old {
        [(50.0, 130.0), (50.0, 250.0), (50.0, 320.0), (50.0, 390.0), (50.0, 460.0), (50.0, 545.0)]
    } else {
        [(60.0, 118.0), (60.0, 262.0), (300.0, 262.0), (60.0, 350.0), (60.0, 438.0), (60.0, 530.0)]
    };
    for ((name, text), (x, y)) in values.iter().zip(places) {
        let end = card.text(label, at(x, y + if is_old { 8.0 } else { 0.0 }), name);
        let place = if is_old { (end + 14.0, y + dy) } else { at(x, y + 28.0) };
        card.text(value, place, text);
    }
    if !holder.name.is_empty() {
        let place = if is_old { at(176.0, 190.0) } else { at(60.0, 196.0) };
        card.text(value, place, &holder.name);
    }
    mark(&mut card, faces, (790.0, 500.0));
    let mut picture = card.into_picture();
    specimen::person(&mut picture, (850.0, 270.0), 0.56, dice.next() as u32);
    picture
}

/// The back of a permanent resident's card.
pub(crate) fn permanent_back(holder: &Traveller, faces: &Faces<'_>, dice: &mut Dice) -> Picture {
    let mut card = Canvas::new(CARD, [224.0, 228.0, 236.0], dice);
    let value = Pen { font: faces.text, size: 44.0, gap: 8.0, ink: INK, opacity: 1.0 };
    let (dx, dy) = (dice.between(-6.0, 6.0), dice.between(-6.0, 6.0));
    let at = |x: f32, y: f32| (x + dx, y + dy);
    card.text(value, at(330.0, 90.0), "中华人民共和国");
    card.text(Pen { size: 54.0, ..value }, at(210.0, 180.0), "外国人永久居留身份证");
    let label = Pen { size: 34.0, gap: 3.0, ..value };
    card.text(label, at(200.0, 500.0), "签发机关");
    card.text(Pen { size: 36.0, ..label }, at(390.0, 498.0), &holder.issuer);
    mark(&mut card, faces, (60.0, 330.0));
    card.into_picture()
}
