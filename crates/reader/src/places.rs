//! Names of cities, districts, counties and provinces, as addresses and authorities hold them: what
//! the net is not sure of is settled by the one name that its own likeliest signs can make.

use crate::row::Placed;
use crate::text::simplified;

/// The names (GB/T 2260, about three thousand), with blanks between them.
const NAMES: &str = include_str!("places.txt");
/// A sign of the only name that can stand there is as sure as this.
const SURE: f32 = 0.95;

/// Signs before 市 or 县 that may be of its name.
const STEM_MAX: usize = 3;

/// Settles the signs of `signs` that `is_open` says are not sure: where exactly one name fits, with
/// no more than one sign that the net took for another while it saw this one too, that name counts.
pub(crate) fn settle(signs: &mut [Placed], is_open: impl Fn(&Placed) -> bool) {
    for start in 0..signs.len() {
        let Some(name) = only_name(signs.get(start..).unwrap_or_default(), &is_open) else {
            continue;
        };
        for (sign, wanted) in signs.iter_mut().skip(start).zip(name) {
            if simplified(sign.sign) != wanted {
                sign.sign = wanted;
            }
            sign.confidence = sign.confidence.max(SURE);
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
fn only_name(signs: &[Placed], is_open: &impl Fn(&Placed) -> bool) -> Option<Vec<char>> {
    let mut found: Vec<Vec<char>> = Vec::new();
    for name in NAMES.split_whitespace() {
        let office = name.strip_suffix('区').filter(|stem| stem.chars().count() > 1);
        let office = office.map(|stem| format!("{stem}分局"));
        for form in [Some(name.to_owned()), office].into_iter().flatten() {
            let form: Vec<char> = form.chars().collect();
            if fits(signs, &form, is_open) {
                found.push(form);
            }
        }
    }
    let longest = found.iter().map(Vec::len).max()?;
    found.retain(|form| form.len() == longest);
    let is_settled = |form: &Vec<char>| !signs.iter().take(form.len()).any(is_open);
    match found.as_slice() {
        [only] if !is_settled(only) => found.pop(),
        _ => None,
    }
}

/// Whether these signs may say `form`: no more than one open sign has another as its rival, and
/// the last, which says what kind of place it is, is as it was read.
fn fits(signs: &[Placed], form: &[char], is_open: &impl Fn(&Placed) -> bool) -> bool {
    let Some(own) = signs.get(..form.len()) else { return false };
    let mut others = 0;
    for (index, (sign, wanted)) in own.iter().zip(form).enumerate() {
        if simplified(sign.sign) == *wanted {
            continue;
        }
        others += 1;
        let is_rival = is_open(sign) && sign.rivals.contains(wanted);
        if !is_rival || others > 1 || index + 1 == form.len() {
            return false;
        }
    }
    true
}

#[cfg(test)]
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
            signs.iter_mut().for_each(|sign| sign.again = 0.8);
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
