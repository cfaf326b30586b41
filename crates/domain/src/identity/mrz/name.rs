//! Comparing a typed Latin name with the one in a machine-readable zone.
//!
//! The zone has only A to Z: hyphens and apostrophes are gone or fillers, Ü is UE or U, and what
//! does not fit is cut off. So names are compared as letters alone, and a truncated one by its
//! beginning.

use super::Mrz;

/// How a typed name stands to the one in the zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameMatch {
    /// The same letters.
    Same,
    /// The same as far as the zone had room.
    SameAsFar,
    /// The same letters with family and given name changed about.
    Swapped,
    /// Not the same.
    Different,
}

impl Mrz {
    /// Compares a typed family and given name with the zone's.
    pub fn compare_name(&self, surname: &str, given: &str) -> NameMatch {
        let zone = [letters(self.surname.as_str()), letters(self.given.as_str())];
        let mut best = NameMatch::Different;
        for fold in [fold_plain, fold_expanded] {
            let typed = [letters(&fold(surname)), letters(&fold(given))];
            if typed == zone {
                return NameMatch::Same;
            }
            let joined = typed.concat();
            let is_cut = self.is_name_truncated() && joined.starts_with(&zone.concat());
            if is_cut && typed.first() == zone.first() {
                best = NameMatch::SameAsFar;
            } else if typed.iter().rev().eq(zone.iter()) && best == NameMatch::Different {
                best = NameMatch::Swapped;
            }
        }
        best
    }
}

/// The words of a Latin name in letters A to Z, in the two ways in which zones write letters with
/// marks. Hyphens part words, as fillers do; apostrophes fall away.
pub fn words(name: &str) -> [Vec<String>; 2] {
    let split = |text: &str| {
        let parts = text.split(|c: char| c.is_whitespace() || matches!(c, '-' | ',' | '.'));
        parts.map(letters).filter(|word| !word.is_empty()).collect()
    };
    [split(&fold_plain(name)), split(&fold_expanded(name))]
}

fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_uppercase()).collect()
}

/// Drops the marks of Latin letters: é is E, ü is U.
fn fold_plain(text: &str) -> String {
    text.chars().map(|c| plain(c).unwrap_or(c)).collect()
}

/// Writes letters with marks as ICAO recommends for those that have two: ü is UE, å is AA.
fn fold_expanded(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c.to_lowercase().next().unwrap_or(c) {
            'ä' | 'æ' => out.push_str("AE"),
            'ö' | 'ø' | 'œ' => out.push_str("OE"),
            'ü' => out.push_str("UE"),
            'å' => out.push_str("AA"),
            'ß' => out.push_str("SS"),
            'ñ' => out.push('N'),
            'þ' => out.push_str("TH"),
            'ĳ' => out.push_str("IJ"),
            _ => out.push(plain(c).unwrap_or(c)),
        }
    }
    out
}

fn plain(c: char) -> Option<char> {
    Some(match c.to_lowercase().next()? {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'A',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'C',
        'ď' | 'đ' | 'ð' => 'D',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'E',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'G',
        'ĥ' | 'ħ' => 'H',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => 'I',
        'ĵ' => 'J',
        'ķ' => 'K',
        'ĺ' | 'ļ' | 'ľ' | 'ł' => 'L',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'N',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => 'O',
        'ŕ' | 'ř' => 'R',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 'S',
        'ţ' | 'ť' | 'ŧ' | 'ț' => 'T',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'U',
        'ŵ' => 'W',
        'ý' | 'ÿ' | 'ŷ' => 'Y',
        'ź' | 'ż' | 'ž' => 'Z',
        _ => return None,
    })
}
