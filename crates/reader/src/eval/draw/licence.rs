//! Draws business licences, the form of 2018: A3 across.

use super::{Canvas, INK, Pen, mark};
use crate::eval::dice::Dice;
use crate::eval::font::Faces;
use crate::eval::travellers::Firm;
use vision::Picture;

/// Pixels of the sheet.
const SHEET: (u32, u32) = (1400, 990);

/// The sheet.
pub(crate) fn sheet(firm: &Firm, faces: &Faces<'_>, dice: &mut Dice) -> Picture {
    let mut sheet = Canvas::new(SHEET, [240.0, 236.0, 224.0], dice);
    let label = Pen { font: faces.text, size: 26.0, gap: 2.0, ink: [96, 70, 40], opacity: 1.0 };
    let value = Pen { size: 27.0, ink: INK, ..label };
    let (dx, dy) = (dice.between(-8.0, 8.0), dice.between(-8.0, 8.0));
    let at = |x: f32, y: f32| (x + dx, y + dy);
    sheet.text(Pen { size: 92.0, gap: 40.0, ..value }, at(460.0, 90.0), "营业执照");
    sheet.text(Pen { size: 24.0, ..value }, at(640.0, 210.0), "(副本)");
    sheet.text(Pen { size: 24.0, ..label }, at(100.0, 130.0), "统一社会信用代码");
    let number = Pen { font: faces.number, size: 27.0, ..value };
    sheet.text(number, at(100.0, 170.0), &firm.code);
    let (from, until) = firm.valid;
    let day = |day: jiff::civil::Date| day.strftime("%Y年%m月%d日").to_string();
    let validity = match until {
        Some(until) => format!("{}至{}", day(from), day(until)),
        None => "长期".to_owned(),
    };
    let (person_label, person) = &firm.person;
    let scope = "技术开发、技术推广、技术服务;销售计算机、软件及";
    let rows = [
        (100.0, 330.0, "名称", firm.name.as_str()),
        (100.0, 400.0, "类型", "有限责任公司(自然人投资或控股)"),
        (100.0, 470.0, person_label, person.as_str()),
        (100.0, 540.0, "经营范围", scope),
        (760.0, 330.0, "注册资本", "100万元整"),
        (760.0, 400.0, "成立日期", &day(from)),
        (760.0, 470.0, "营业期限", &validity),
        (760.0, 540.0, "住所", &firm.address),
    ];
    for (x, y, name, text) in rows {
        // Labels of two signs are spread to the width of four.
        let gap = if name.chars().count() == 2 { 58.0 } else { 2.0 };
        sheet.text(Pen { gap, ..label }, at(x, y), name);
        let width = if name.chars().count() == 5 { 160.0 } else { 140.0 };
        let room = if x < 700.0 { 17 } else { 16 };
        let signs: Vec<char> = text.chars().collect();
        for (line, signs) in signs.chunks(room).enumerate() {
            let text: String = signs.iter().collect();
            sheet.text(value, at(x + width, y + 36.0 * line as f32), &text);
        }
    }
    sheet.text(Pen { size: 30.0, ..label }, at(760.0, 800.0), "登记机关");
    sheet.text(value, at(1010.0, 880.0), &day(from));
    mark(&mut sheet, faces, (160.0, 850.0));
    sheet.into_picture()
}
