//! The regions of GB/T 2260 down to prefectures: those that exist and those abolished since 1980.
//!
//! A resident number keeps the code of the place where it was first issued, so a table must know
//! the past too. Counties are not listed: they change every year, and a number is not wrong because
//! a table is old. The codes were taken from two public collections of the yearly lists, which
//! agree but for five.

/// Whether a prefecture with this code exists or existed in the province.
pub(super) const fn is_prefecture(province: u8, prefecture: u8) -> bool {
    match province {
        11 | 12 | 31 => matches!(prefecture, 1 | 2),
        13 => matches!(prefecture, 1..=11 | 21..=30 | 90),
        14 => matches!(prefecture, 1..=11 | 21..=27 | 90),
        15 => matches!(prefecture, 1..=9 | 21..=29),
        21 => matches!(prefecture, 1..=14 | 21 | 22 | 90),
        22 => matches!(prefecture, 1..=8 | 21..=26 | 90),
        23 => matches!(prefecture, 1..=12 | 21..=27 | 90),
        32 => matches!(prefecture, 1..=13 | 21..=27 | 90),
        33 => matches!(prefecture, 1..=11 | 21..=28 | 90),
        34 => matches!(prefecture, 1..=18 | 21..=29 | 90),
        35 => matches!(prefecture, 1..=9 | 21..=28 | 90),
        36 => matches!(prefecture, 1..=11 | 21..=26 | 90),
        37 => matches!(prefecture, 1..=17 | 21..=29 | 90),
        41 => matches!(prefecture, 1..=17 | 21..=30 | 90),
        42 => matches!(prefecture, 1..=13 | 21..=29 | 90),
        43 => matches!(prefecture, 1..=13 | 21..=31 | 90),
        44 => matches!(prefecture, 1..=29 | 51..=53 | 90),
        45 => matches!(prefecture, 1..=14 | 21..=28),
        46 => matches!(prefecture, 1..=4 | 90),
        50 => matches!(prefecture, 1..=3),
        51 => matches!(prefecture, 1..=39 | 70 | 90),
        52 | 54 => matches!(prefecture, 1..=6 | 21..=27),
        53 => matches!(prefecture, 1..=9 | 21..=35),
        61 => matches!(prefecture, 1..=10 | 21..=27 | 90),
        62 => matches!(prefecture, 1..=12 | 21..=30),
        63 => matches!(prefecture, 1 | 2 | 21..=28),
        64 => matches!(prefecture, 1..=5 | 21 | 22),
        65 => matches!(prefecture, 1..=5 | 21..=32 | 40..=43 | 90),
        // Taiwan, Hong Kong and Macao have none.
        71 | 81 | 82 => prefecture == 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_present_and_past() {
        for (province, prefecture) in [
            (11, 1),  // districts of Beijing
            (44, 3),  // Shenzhen
            (51, 2),  // Chongqing, in Sichuan until 1997
            (42, 22), // Xiaogan prefecture, abolished in 1993
            (65, 90), // governed by the region itself
        ] {
            assert!(is_prefecture(province, prefecture), "{province:02}{prefecture:02}");
        }
        for (province, prefecture) in [(11, 3), (44, 54), (31, 99), (70, 1), (13, 0)] {
            assert!(!is_prefecture(province, prefecture), "{province:02}{prefecture:02}");
        }
    }
}
