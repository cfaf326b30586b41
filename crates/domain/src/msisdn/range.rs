//! Who was given which mobile prefix in China: the official allocation as of March 2023.
//!
//! After porting, a prefix no longer tells the present operator, only the one the range was given
//! to; resale and IoT ranges do not port. General libraries lag behind this table (they refuse
//! 146, 148, 149, 1619, 1749 and all 13-digit numbers), so it is ours.

/// The network operator a range was allocated to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Network {
    /// 中国移动
    ChinaMobile,
    /// 中国联通
    ChinaUnicom,
    /// 中国电信
    ChinaTelecom,
    /// 中国广电
    ChinaBroadnet,
    /// 中国星网
    ChinaSatNet,
    /// A satellite range whose operator is not published.
    OtherSatellite,
    /// Nobody: 154 is unassigned and serves for tests.
    Unassigned,
}

/// What a range is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// People's phones.
    Ordinary,
    /// Resale by virtual operators (MVNO) on the network's host.
    Resale,
    /// Satellite phones.
    Satellite,
    /// Machines: 13 digits.
    Iot,
    /// The unassigned range 154, for tests only.
    Test,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    /// Who it was allocated to.
    pub network: Network,
    /// What it is for.
    pub class: Class,
}

#[expect(clippy::unnecessary_wraps, reason = "keeps each line of the table short")]
const fn range(network: Network, class: Class) -> Option<Range> {
    Some(Range { network, class })
}

/// The range of an 11-digit national number, by its first four digits (such as 1380).
pub const fn mobile(first_four: u64) -> Option<Range> {
    use Class::{Ordinary, Resale, Satellite, Test};
    use Network::{
        ChinaBroadnet, ChinaMobile, ChinaSatNet, ChinaTelecom, ChinaUnicom, OtherSatellite,
        Unassigned,
    };
    // Ranges that are split below the third digit come first.
    match first_four {
        1349 | 1740 | 1741 => return None, // decided by the fifth digit: see `split`
        1619 => return range(ChinaSatNet, Satellite),
        1749 => return range(OtherSatellite, Satellite),
        1700..=1702 => return range(ChinaTelecom, Resale),
        1703 | 1705 | 1706 => return range(ChinaMobile, Resale),
        1704 | 1707..=1709 => return range(ChinaUnicom, Resale),
        _ => {}
    }
    match first_four / 10 {
        133 | 149 | 153 | 173 | 177 | 180 | 181 | 189 | 190 | 191 | 193 | 199 => {
            range(ChinaTelecom, Ordinary)
        }
        134..=139
        | 147
        | 148
        | 150..=152
        | 157..=159
        | 172
        | 178
        | 182..=184
        | 187
        | 188
        | 195
        | 197
        | 198 => range(ChinaMobile, Ordinary),
        130..=132 | 145 | 146 | 155 | 156 | 166 | 175 | 176 | 185 | 186 | 196 => {
            range(ChinaUnicom, Ordinary)
        }
        192 => range(ChinaBroadnet, Ordinary),
        162 => range(ChinaTelecom, Resale),
        165 => range(ChinaMobile, Resale),
        167 | 171 => range(ChinaUnicom, Resale),
        154 => range(Unassigned, Test),
        _ => None,
    }
}

/// The range of an 11-digit number whose first four digits do not decide, by the first five.
pub const fn split(first_five: u64) -> Option<Range> {
    use Class::Satellite;
    match first_five {
        13492 | 13493 | 17400..=17405 => range(Network::ChinaTelecom, Satellite),
        17406..=17412 => range(Network::OtherSatellite, Satellite),
        _ => None,
    }
}

/// The range of a 13-digit IoT number, by its first five digits (such as 10648).
pub const fn iot(first_five: u64) -> Option<Range> {
    use Class::Iot;
    match (first_five, first_five / 100) {
        (10646, _) => range(Network::ChinaUnicom, Iot),
        (10647 | 10648, _) | (_, 144) => range(Network::ChinaMobile, Iot),
        (10649, _) | (_, 141) => range(Network::ChinaTelecom, Iot),
        (_, 140) => range(Network::ChinaUnicom, Iot),
        _ => None,
    }
}
