//! Which document a photo shows, by its title, its labels, its number and its zone. Two that speak
//! for different ones are two documents, and nothing is read then.

use crate::resident;
use crate::row::Row;
use crate::zone::{Zone, is_piece};
use domain::identity::DocumentKind;
use domain::reading::Side;

/// A side of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) kind: DocumentKind,
    pub(crate) side: Side,
}

/// What the rows are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// No document that is read.
    Nothing,
    /// One.
    One(Shown),
    /// The side with the authority, without a title that says of which card.
    Authority,
    /// More than one.
    Several,
}

/// Labels that only the side with the person has.
const PERSON: [&str; 6] = ["姓名", "性别", "民族", "出生", "住址", "公民身份"];
/// Labels of the side with the authority.
const AUTHORITY: [&str; 2] = ["签发机关", "有效期"];
const HONG_KONG_MACAO: [&str; 2] = ["来往内地通行证", "港澳居民来往"];
const TAIWAN: [&str; 2] = ["来往大陆通行证", "台湾居民来往"];
const RESIDENCE: [&str; 3] = ["居民居住证", "民居住证", "居住证"];
const PERMANENT: [&str; 4] =
    ["永久居留", "PERMANENTRESIDEN", "PERMANENTRESIDENCE", "FOREIGNPERMANENT"];
const TEMPORARY: [&str; 2] = ["临时居民身份证", "临时居民身份"];
const LICENCE: [&str; 2] = ["营业执照", "统一社会信用代码"];
const PASSPORT: [&str; 4] = ["护照", "PASSPORT", "PASSEPORT", "REISEPASS"];

/// The words of every row.
struct Words(Vec<String>);

impl Words {
    /// How many rows have the word that most rows have.
    fn most(&self, words: &[&str]) -> usize {
        let times = |word: &&str| self.0.iter().filter(|row| row.contains(*word)).count();
        words.iter().map(times).max().unwrap_or(0)
    }

    fn any(&self, words: &[&str]) -> bool {
        self.most(words) > 0
    }

    /// How many of the words stand anywhere.
    fn count(&self, words: &[&str]) -> usize {
        words.iter().filter(|word| self.any(&[word])).count()
    }
}

/// Which document, and which side of it.
pub(crate) fn found(rows: &[Row], zones: &[Zone]) -> Found {
    let plain: Vec<Row> = rows.iter().filter(|row| !is_piece(row)).cloned().collect();
    let words = Words(plain.iter().map(|row| row.words().to_uppercase()).collect());
    let mut evidence: Vec<(Shown, usize)> = Vec::new();
    let mut add = |kind, side, times: usize| {
        if times > 0 {
            evidence.push((Shown { kind, side }, times));
        }
    };
    passports(&words, zones, &mut add);
    let is_person = words.any(&["姓名", "性别", "出生"]);
    let by_person = if is_person { Side::Front } else { Side::Back };
    let is_passport = words.any(&PASSPORT) || zones.iter().any(|zone| zone.begins_with("P"));
    add(DocumentKind::BusinessLicence, Side::Front, words.any(&LICENCE).into());
    let permits = [
        (DocumentKind::HongKongMacaoPermit, HONG_KONG_MACAO.as_slice(), "CR"),
        (DocumentKind::TaiwanPermit, &TAIWAN, "CT"),
    ];
    for (kind, titles, letters) in permits {
        let is_back = zones.iter().any(|zone| zone.begins_with(letters));
        let side = if is_back && !is_person { Side::Back } else { by_person };
        add(kind, side, words.most(titles).max(usize::from(is_back)));
    }
    add(DocumentKind::PermanentResidence, by_person, usize::from(words.any(&PERMANENT)));
    let is_other = is_passport
        || words.any(&LICENCE)
        || words.any(&HONG_KONG_MACAO)
        || words.any(&TAIWAN)
        || zones.iter().any(|zone| zone.begins_with("C"));
    if is_other {
        // Those have labels like a card's, and numbers as long; this label only a card has.
        add(DocumentKind::ResidentId, Side::Front, words.most(&["公民身份号码"]));
    } else {
        residents(&plain, &words, &mut add);
    }
    let is_office = || words.any(&["签发机关", "有效期限", "公安局"]);
    match evidence.as_slice() {
        [] if is_office() => Found::Authority,
        [] => Found::Nothing,
        [(shown, 1)] => Found::One(*shown),
        _ => Found::Several,
    }
}

/// Data pages by their zones; without a legible one, by the word.
fn passports(words: &Words, zones: &[Zone], add: &mut impl FnMut(DocumentKind, Side, usize)) {
    let pages: Vec<&Zone> = zones.iter().filter(|zone| zone.begins_with("P")).collect();
    let is_chinese = |zone: &&&Zone| zone.text().get(2..5) == Some("CHN");
    let chinese = pages.iter().filter(is_chinese).count();
    add(DocumentKind::ChinesePassport, Side::Front, chinese);
    add(DocumentKind::ForeignPassport, Side::Front, pages.len() - chinese);
    // No other document that is read says passport.
    if pages.is_empty() && words.any(&PASSPORT) {
        let is_chinese = words.any(&["中华人民共和国", "中国", "CHN"]);
        let kind =
            if is_chinese { DocumentKind::ChinesePassport } else { DocumentKind::ForeignPassport };
        add(kind, Side::Front, 1);
    }
}

/// Cards laid out like the resident's: that one, the temporary one, the residence permit.
fn residents(rows: &[Row], words: &Words, add: &mut impl FnMut(DocumentKind, Side, usize)) {
    let number = resident::number(rows).map(|raw| raw.text).unwrap_or_default();
    let is_permanent = words.any(&PERMANENT);
    // A permanent resident's number begins with 9, and its label is another.
    let numbers = if is_permanent { 0 } else { resident::number_rows(rows) };
    let labels = words.most(&["公民身份号码"]);
    let fronts = numbers.max(labels);
    let is_permit = ["810000", "820000", "830000"].iter().any(|code| number.starts_with(code));
    let is_titled = words.any(&["居民身份证"]) && !words.any(&TEMPORARY);
    let is_person = words.count(&PERSON) > 0 && !is_permanent;
    let is_authority = words.count(&AUTHORITY) == AUTHORITY.len();
    if words.any(&TEMPORARY) {
        let side = if fronts > 0 || is_person { Side::Front } else { Side::Back };
        add(DocumentKind::TemporaryResidentId, side, fronts.max(1));
        return;
    }
    let permits = words.most(&RESIDENCE);
    add(DocumentKind::ResidencePermit, Side::Back, permits);
    if is_titled {
        add(DocumentKind::ResidentId, Side::Back, words.most(&["签发机关"]).max(1));
    }
    if fronts == 0 && (!is_person || is_permanent) {
        return;
    }
    let kind = match (is_permit, is_authority && !is_titled && permits == 0) {
        (true, _) => DocumentKind::ResidencePermit,
        (false, true) => DocumentKind::TemporaryResidentId,
        (false, false) => DocumentKind::ResidentId,
    };
    add(kind, Side::Front, fronts.max(1));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::{row, zones};

    fn of(lines: &[&str]) -> Found {
        let line = |(index, text): (usize, &&str)| row(text, 0.1 + 0.05 * index as f32);
        let rows: Vec<Row> = lines.iter().enumerate().map(line).collect();
        found(&rows, &zones(&rows))
    }

    fn one(kind: DocumentKind, side: Side) -> Found {
        Found::One(Shown { kind, side })
    }

    const UPPER: &str = "P<GBRTEST<<SAMPLE<ONE<<<<<<<<<<<<<<<<<<<<<<<";
    const LOWER: &str = "9990000010GBR8506151<3111301<<<<<<<<<<<<<<<2";
    const RESIDENT: [&str; 5] = [
        "姓名张三",
        "性别男民族汉",
        "出生1990年1月1日",
        "住址某地",
        "公民身份号码110199199001010017",
    ];

    #[test]
    fn each_document_is_told_by_what_only_it_has() {
        use DocumentKind as Kind;
        assert_eq!(of(&RESIDENT), one(Kind::ResidentId, Side::Front));
        let back =
            ["中华人民共和国", "居民身份证", "签发机关某市公安局", "有效期限2020.01.01-2040.01.01"];
        assert_eq!(of(&back), one(Kind::ResidentId, Side::Back));
        let permit = ["姓名陈大文", "性别男", "出生1990年1月1日", "公民身份号码810000199001010013"];
        assert_eq!(of(&permit), one(Kind::ResidencePermit, Side::Front));
        let back =
            ["中华人民共和国", "港澳居民居住证", "签发机关某市公安局", "通行证号码H00000001"];
        assert_eq!(of(&back), one(Kind::ResidencePermit, Side::Back));
        let temporary =
            [RESIDENT.as_slice(), &["签发机关某市公安局", "有效期限2026.01.01-2026.04.01"]];
        assert_eq!(of(&temporary.concat()), one(Kind::TemporaryResidentId, Side::Front));
        assert_eq!(of(&["临时居民身份证"]), one(Kind::TemporaryResidentId, Side::Back));
        let permit =
            ["港澳居民来往内地通行证", "姓名陈大文", "证件号码H00000001", "签发机关", "有效期限"];
        assert_eq!(of(&permit), one(Kind::HongKongMacaoPermit, Side::Front));
        let permit = ["臺灣居民來往大陸通行證", "姓名陳大文", "证件号码00000001"];
        assert_eq!(of(&permit), one(Kind::TaiwanPermit, Side::Front));
        let card = ["外国人永久居留身份证", "姓名/Name", "证件号码", "911124198108030024"];
        assert_eq!(of(&card), one(Kind::PermanentResidence, Side::Front));
        let back = ["外国人永久居留身份证", "签发机关国家移民管理局"];
        assert_eq!(of(&back), one(Kind::PermanentResidence, Side::Back));
        assert_eq!(of(&["PASSPORT", UPPER, LOWER]), one(Kind::ForeignPassport, Side::Front));
        let chinese = ["护照", "姓名/Name", "签发机关", &UPPER.replace("GBR", "CHN"), LOWER];
        assert_eq!(of(&chinese), one(Kind::ChinesePassport, Side::Front));
        let licence = ["营业执照", "统一社会信用代码", "124403050000000022", "名称某某公司"];
        assert_eq!(of(&licence), one(Kind::BusinessLicence, Side::Front));
        let untitled = ["签发机关某市公安局", "有效期限2020.01.01-2040.01.01"];
        assert_eq!(of(&untitled), Found::Authority);
        assert_eq!(of(&["图书馆", "借书证", "第12号"]), Found::Nothing);
    }

    #[test]
    fn two_documents_are_several_and_never_the_likelier_one() {
        let passport = ["PASSPORT", UPPER, LOWER];
        let back = ["居民身份证", "签发机关某市公安局", "有效期限2020.01.01-2040.01.01"];
        let licence = ["营业执照", "统一社会信用代码"];
        let pairs: [[&[&str]; 2]; 5] = [
            [&RESIDENT, &RESIDENT],
            [&RESIDENT, &passport],
            [&RESIDENT, &back],
            [&RESIDENT, &licence],
            [&passport, &licence],
        ];
        for pair in pairs {
            assert_eq!(of(&pair.concat()), Found::Several, "{pair:?}");
        }
        assert_eq!(of(&[passport.as_slice(), &[UPPER, LOWER]].concat()), Found::Several);
    }
}
