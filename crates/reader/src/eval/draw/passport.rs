//! Draws data pages of passports (TD3, 125 mm × 88 mm).

use super::{Canvas, INK, LABEL, Pen, mark};
use crate::eval::dice::Dice;
use crate::eval::font::Faces;
use crate::eval::travellers::Traveller;
use domain::identity::DocumentKind;
use jiff::civil::Date;
use vision::{Picture, specimen};

/// Pixels of a page, ten a millimetre.
const PAGE: (u32, u32) = (1250, 880);

/// The data page.
pub(crate) fn page(
    kind: DocumentKind,
    holder: &Traveller,
    faces: &Faces<'_>,
    dice: &mut Dice,
) -> Picture {
    let mut page = Canvas::new(PAGE, [236.0, 228.0, 234.0], dice);
    let label = Pen { font: faces.text, size: 19.0, gap: 1.0, ink: LABEL, opacity: 1.0 };
    let value = Pen { size: 32.0, gap: 1.5, ink: INK, ..label };
    let (dx, dy) = (dice.between(-6.0, 6.0), dice.between(-6.0, 6.0));
    let at = |x: f32, y: f32| (x + dx, y + dy);
    let cells = match kind {
        DocumentKind::ChinesePassport => {
            let pen = Pen { size: 40.0, gap: 8.0, ..value };
            page.text(pen, at(60.0, 40.0), "中华人民共和国护照");
            page.text(Pen { size: 26.0, ..value }, at(760.0, 46.0), "PASSPORT");
            chinese(holder)
        }
        _ => {
            page.text(Pen { size: 38.0, gap: 5.0, ..value }, at(60.0, 40.0), "PASSPORT");
            page.text(Pen { size: 26.0, ..value }, at(420.0, 48.0), "PASSEPORT");
            foreign(holder)
        }
    };
    for (x, y, name, text) in &cells {
        page.text(label, at(*x, *y), name);
        page.text(value, at(*x, *y + 26.0), text);
    }
    if kind == DocumentKind::ChinesePassport {
        page.text(value, at(400.0, 260.0), &format!("{}, {}", holder.surname, holder.given));
    }
    let issuer = holder.country.0;
    let zone = Pen { font: faces.zone, size: 44.0, gap: 0.0, ink: INK, opacity: 1.0 };
    page.zone(zone, [58.0 + dx, 1196.0 + dx, 728.0 + dy], &holder.td3(issuer));
    mark(&mut page, faces, (90.0, 640.0));
    let mut picture = page.into_picture();
    specimen::person(&mut picture, (205.0, 340.0), 0.72, dice.next() as u32);
    picture
}

type Cell = (f32, f32, &'static str, String);

fn day(day: Date) -> String {
    day.strftime("%d %b %Y").to_string().to_uppercase()
}

fn chinese(holder: &Traveller) -> Vec<Cell> {
    let sex = if holder.is_male == Some(true) { "男/M" } else { "女/F" };
    let [from, until] = holder.valid;
    vec![
        (400.0, 110.0, "类型/Type", "P".to_owned()),
        (560.0, 110.0, "国家码/Country Code", "CHN".to_owned()),
        (860.0, 110.0, "护照号码/Passport No.", holder.number.clone()),
        (400.0, 190.0, "姓名/Name", holder.name.clone()),
        (400.0, 320.0, "性别/Sex", sex.to_owned()),
        (560.0, 320.0, "国籍/Nationality", "中国/CHINESE".to_owned()),
        (860.0, 320.0, "出生日期/Date of birth", day(holder.birth)),
        (400.0, 410.0, "出生地点/Place of birth", "北京/BEIJING".to_owned()),
        (860.0, 410.0, "签发日期/Date of issue", day(from)),
        (400.0, 500.0, "签发地点/Place of issue", "北京/BEIJING".to_owned()),
        (860.0, 500.0, "有效期至/Date of expiry", day(until)),
        (400.0, 590.0, "签发机关/Authority", "国家移民管理局".to_owned()),
    ]
}

fn foreign(holder: &Traveller) -> Vec<Cell> {
    let sex = match holder.is_male {
        Some(true) => "M",
        Some(false) => "F",
        None => "X",
    };
    let [from, until] = holder.valid;
    vec![
        (400.0, 110.0, "Type/Type", "P".to_owned()),
        (540.0, 110.0, "Code/Code", holder.country.0.to_owned()),
        (860.0, 110.0, "Passport No./No du passeport", holder.number.clone()),
        (400.0, 200.0, "Surname/Nom (1)", holder.surname.clone()),
        (400.0, 285.0, "Given names/Prenoms (2)", holder.given.clone()),
        (400.0, 370.0, "Nationality/Nationalite (3)", holder.country.2.to_owned()),
        (400.0, 455.0, "Date of birth/Date de naissance (4)", day(holder.birth)),
        (400.0, 540.0, "Sex/Sexe (5)", sex.to_owned()),
        (560.0, 540.0, "Place of birth/Lieu de naissance (6)", "SPECIMEN TOWN".to_owned()),
        (400.0, 620.0, "Date of issue/Date de delivrance (7)", day(from)),
        (860.0, 620.0, "Date of expiry/Date d'expiration (9)", day(until)),
    ]
}
