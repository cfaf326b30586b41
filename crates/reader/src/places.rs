//! Names of cities, districts, counties and provinces, as addresses and authorities hold them: what
//! the net is not sure of is settled by the one name that its own likeliest signs can make.

use crate::recognise::Rivals;
use crate::row::Placed;
use crate::text::simplified;

/// The names (GB/T 2260, about three thousand), with blanks between them.
const NAMES: &str = include_str!("places.txt");
/// A sign of the only name that can stand there is as sure as this.
const SURE: f32 = 0.95;
/// Signs of the longest name.
const NAME_MAX: usize = 15;
/// Signs before 市 or 县 that may be of its name.
const STEM_MAX: usize = 3;

/// A sign as names are held against it.
struct Seen {
    /// In its simplified form.
    sign: char,
    rivals: Rivals,
    is_open: bool,
}

/// Settles the signs of `signs` that `is_open` says are not sure: where exactly one name fits, with
/// no more than one sign that the net took for another while it saw this one too, that name counts.
pub(crate) fn settle(signs: &mut [Placed], is_open: impl Fn(&Placed) -> bool) {
    let of = |sign: &Placed| Seen {
        sign: simplified(sign.sign),
        rivals: sign.rivals,
        is_open: is_open(sign),
    };
    let mut seen: Vec<Seen> = signs.iter().map(of).collect();
    for start in 0..signs.len() {
        let Some(name) = only_name(seen.get(start..).unwrap_or_default()) else { continue };
        let own = signs.iter_mut().zip(&mut seen).skip(start).zip(name);
        for ((sign, seen), wanted) in own {
            if seen.sign != wanted {
                sign.sign = wanted;
            }
            sign.confidence = sign.confidence.max(SURE);
            *seen = of(sign);
        }
    }
}

/// Takes the second readings from signs of names that are on no list: a name like 闽中市 is more
/// likely misread twice than new, so two readings of it confirm nothing.
pub(crate) fn unconfirm(signs: &mut [Placed]) {
    let text: Vec<char> = signs.iter().map(|sign| simplified(sign.sign)).collect();
    let mut is_known = vec![false; text.len()];
    for name in NAMES.split_whitespace() {
        let name: Vec<char> = name.chars().collect();
        for (start, window) in text.windows(name.len()).enumerate() {
            if window == name {
                is_known.iter_mut().skip(start).take(name.len()).for_each(|known| *known = true);
            }
        }
    }
    let ends =
        text.iter().zip(&is_known).enumerate().filter(|(_, (sign, is_known))| {
            !**is_known && matches!(sign, '市' | '县' | '区' | '旗')
        });
    let ends: Vec<usize> = ends.map(|(index, _)| index).collect();
    for end in ends {
        let before = signs.iter_mut().zip(&is_known).take(end).skip(end.saturating_sub(STEM_MAX));
        for (sign, _) in before.filter(|(_, is_known)| !**is_known) {
            sign.again = 0.0;
        }
    }
}

/// The name that these signs begin with, if an open sign is in it and no other name could be meant.
fn only_name(signs: &[Seen]) -> Option<Vec<char>> {
    if !signs.iter().take(NAME_MAX).any(|sign| sign.is_open) {
        return None;
    }
    let mut found: Vec<Vec<char>> = Vec::new();
    for name in NAMES.split_whitespace() {
        if fits(signs, name.chars()) {
            found.push(name.chars().collect());
        }
        // Authorities name a district without its last sign.
        let stem = name.strip_suffix('区').filter(|stem| stem.chars().nth(1).is_some());
        let office = stem.map(|stem| stem.chars().chain("分局".chars()));
        if let Some(office) = office.filter(|form| fits(signs, form.clone())) {
            found.push(office.collect());
        }
    }
    let longest = found.iter().map(Vec::len).max()?;
    found.retain(|form| form.len() == longest);
    let is_settled = |form: &Vec<char>| !signs.iter().take(form.len()).any(|sign| sign.is_open);
    match found.as_slice() {
        [only] if !is_settled(only) => found.pop(),
        _ => None,
    }
}

/// Whether these signs may say `form`: no more than one open sign has another as its rival, and
/// the last, which says what kind of place it is, is as it was read.
fn fits(signs: &[Seen], form: impl Iterator<Item = char>) -> bool {
    let mut signs = signs.iter();
    let (mut others, mut is_other) = (0, false);
    for wanted in form {
        let Some(sign) = signs.next() else { return false };
        is_other = sign.sign != wanted;
        if is_other {
            others += 1;
            if others > 1 || !sign.is_open || !sign.rivals.contains(&wanted) {
                return false;
            }
        }
    }
    !is_other
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "values that are set, not computed")]
mod tests {
    use super::*;
    use crate::zone::row;

    /// The signs, the first of them with this sureness and these rivals.
    fn settled(text: &str, confidence: f32, rivals: &str) -> (String, f32) {
        let mut signs = row(text, 0.1).signs;
        if let Some(first) = signs.first_mut() {
            first.confidence = confidence;
            for (to, rival) in first.rivals.iter_mut().zip(rivals.chars()) {
                *to = rival;
            }
        }
        settle(&mut signs, |sign| sign.confidence < 0.9);
        let least = signs.iter().map(|sign| sign.confidence).fold(1.0, f32::min);
        (signs.iter().map(|sign| sign.sign).collect(), least)
    }

    #[test]
    fn an_address_in_a_town_with_a_rare_name_is_no_longer_in_doubt() {
        assert_eq!(settled("阆中市公安局", 0.66, "间"), ("阆中市公安局".to_owned(), SURE));
        assert_eq!(settled("间中市望江路", 0.3, "阆问"), ("阆中市望江路".to_owned(), SURE));
        assert_eq!(settled("郵州分局", 0.3, "鄞"), ("鄞州分局".to_owned(), SURE));
    }

    #[test]
    fn a_name_that_the_net_did_not_see_is_not_made_up() {
        assert_eq!(settled("间中市望江路", 0.3, "问同"), ("间中市望江路".to_owned(), 0.3));
        assert_eq!(settled("间中市望江路", 0.97, "阆"), ("间中市望江路".to_owned(), 0.97));
        assert_eq!(settled("间山村", 0.3, "阆").1, 0.3);
    }

    #[test]
    fn where_two_names_could_stand_neither_counts() {
        assert_eq!(settled("东山县", 0.5, "凤眉").1, 0.5);
        assert_eq!(settled("东山县", 0.5, "间").1, SURE);
    }

    #[test]
    fn an_authority_of_a_town_that_is_nowhere_is_not_confirmed_by_a_second_look() {
        let again = |text: &str| {
            let mut signs = row(text, 0.1).signs;
            for sign in &mut signs {
                sign.again = 0.8;
            }
            unconfirm(&mut signs);
            let kept = signs.iter().filter(|sign| sign.again > 0.0);
            kept.map(|sign| sign.sign).collect::<String>()
        };
        assert_eq!(again("闽中市公安局"), "市公安局");
        assert_eq!(again("四川省闽中市望江路"), "四川省市望江路");
        assert_eq!(again("阆中市公安局"), "阆中市公安局");
        assert_eq!(again("长沙县公安局"), "长沙县公安局");
    }
}
