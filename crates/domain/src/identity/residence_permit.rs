//! 港澳台居民居住证: 810000 (Hong Kong), 820000 (Macao) or 830000 (Taiwan), then as residents'.

use super::{Checked, Province, read, resident};
use crate::finding::Finding;
use jiff::civil::Date;

/// Checks the 18 characters of a residence permit of a resident of Hong Kong, Macao or Taiwan.
pub fn check(text: &[u8], today: Date) -> Checked {
    let written = match read(text, b"") {
        Ok(Some(written)) if written.len() == 18 => written,
        Ok(_) => return Checked::refused(Finding::NotResidencePermit),
        Err(finding) => return Checked::unread(text, finding),
    };
    let province = match written.as_bytes().get(..6) {
        Some(b"810000") => Province::of_code(81),
        Some(b"820000") => Province::of_code(82),
        // GB/T 2260 has Taiwan at 71; these permits alone use 83.
        Some(b"830000") => Province::of_code(71),
        _ => return Checked::refused(Finding::NotResidencePermit),
    };
    let mut checked = resident::check_18(written, today);
    checked.facts.province = province;
    checked.findings.remove(Finding::RegionUnknown);
    checked
}
