//! The country calling codes of E.164, as assigned by ITU-T.

/// Codes of two digits; 1 and 7 are the only ones of one digit, all others have three.
const TWO: &[u64] = &[
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56,
    57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];

/// Whether a code of three digits is assigned to a country or a worldwide service.
const fn is_three(code: u64) -> bool {
    matches!(
        code,
        211..=213 | 216 | 218 | 220..=258 | 260..=269 | 290 | 291 | 297..=299
            | 350..=359 | 370..=383 | 385..=387 | 389 | 420 | 421 | 423
            | 500..=509 | 590..=599 | 670 | 672..=683 | 685..=692
            | 800 | 808 | 850 | 852 | 853 | 855 | 856 | 870 | 878 | 880..=883 | 886 | 888
            | 960..=968 | 970..=977 | 979 | 992..=996 | 998
    )
}

/// The calling code at the front of `digits`, which has `count` digits.
pub(super) fn calling_code(digits: u64, count: u32) -> Option<u64> {
    let front = |n: u32| count.checked_sub(n).map(|rest| digits / 10_u64.pow(rest));
    let one = front(1)?;
    if matches!(one, 1 | 7) {
        return Some(one);
    }
    let two = front(2)?;
    if TWO.contains(&two) {
        return Some(two);
    }
    front(3).filter(|&three| is_three(three))
}
