//! Rows as nearly every file writes them, read in one pass: digits, a code and an instant between
//! delimiters, nothing to trim and no quotes. A row that is not quite so is left to [`super::row`],
//! which says the same of every row that is read here, only slower.

use super::chunk::LINE_BYTES_MAX;
use super::instant;
use super::row::Columns;
use domain::number::UsageKind;
use domain::time::At;

/// Rows with more columns are read the other way.
const COLUMNS_MAX: usize = 12;

/// A field that is passed over is not longer, so that no row is longer than a row may be.
const OTHER_BYTES_MAX: usize = LINE_BYTES_MAX / COLUMNS_MAX - INSTANT_BYTES_MAX;

/// 86 before eleven digits.
const CHINA: u64 = 8_600_000_000_000;

/// A code of a kind of use is not longer.
const KIND_BYTES_MAX: usize = 14;

/// An instant is not longer: `2026-03-14T09:26:53.123456789+08:00`.
const INSTANT_BYTES_MAX: usize = 35;

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Number,
    Kind,
    Instant,
    Other,
}

/// How such rows are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain {
    delimiter: u8,
    roles: [Role; COLUMNS_MAX],
    count: usize,
}

/// A row that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlainUse {
    /// Eleven or thirteen digits in E.164 form; whether there is such a number was not asked.
    pub(super) digits: u64,
    pub(super) kind: UsageKind,
    pub(super) used_at: At,
    /// Bytes of the row, its line break among them.
    pub(super) length: usize,
}

impl Plain {
    /// For rows with these columns; `None` if they are too many, or name SIMs only.
    pub(super) fn of(columns: &Columns) -> Option<Self> {
        let msisdn = columns.msisdn?;
        let mut roles = [Role::Other; COLUMNS_MAX];
        *roles.get_mut(msisdn)? = Role::Number;
        *roles.get_mut(columns.kind)? = Role::Kind;
        *roles.get_mut(columns.instant)? = Role::Instant;
        let count = columns.count;
        (count <= COLUMNS_MAX).then_some(Self { delimiter: columns.delimiter, roles, count })
    }

    /// The row at the beginning of `text`, which is UTF-8 without quotes.
    #[inline]
    pub(super) fn read(&self, text: &[u8]) -> Option<PlainUse> {
        let (mut digits, mut kind, mut used_at) = (0, None, None);
        let mut rest = text;
        let last = self.count - 1;
        for (at, role) in self.roles.iter().enumerate().take(self.count) {
            let end = if at == last { b'\n' } else { self.delimiter };
            let field = match role {
                Role::Number => {
                    let (number, length) = number(rest, end)?;
                    digits = number;
                    length
                }
                Role::Kind => {
                    let length = length_to(rest, end, KIND_BYTES_MAX)?;
                    let code = rest.get(..without_return(rest, length, end))?;
                    kind = Some(UsageKind::from_bytes(code)?);
                    length
                }
                Role::Instant => {
                    let (millis, length) = instant_at(rest, end)?;
                    used_at = Some(millis);
                    length
                }
                Role::Other => {
                    let near = rest.get(..rest.len().min(OTHER_BYTES_MAX))?;
                    let length = memchr::memchr2(self.delimiter, b'\n', near)?;
                    if near.get(length) != Some(&end) {
                        return None;
                    }
                    length
                }
            };
            rest = rest.get(field + 1..)?;
        }
        Some(PlainUse { digits, kind: kind?, used_at: used_at?, length: text.len() - rest.len() })
    }
}

/// How long the field is that ends with `end`, if that is not far.
fn length_to(text: &[u8], end: u8, max: usize) -> Option<usize> {
    text.iter().take(max + 2).position(|&byte| byte == end)
}

/// The length without a carriage return before the line break.
fn without_return(text: &[u8], length: usize, end: u8) -> usize {
    let has_return = end == b'\n' && length > 0 && text.get(length - 1) == Some(&b'\r');
    length - usize::from(has_return)
}

/// Eight digits, most significant first, all at once.
///
/// The bytes are checked and joined in pairs within one word (as in Daniel Lemire, "Quickly parsing
/// eight digits", 2018).
fn eight(text: &[u8], from: usize) -> Option<u64> {
    let bytes = *text.get(from..)?.first_chunk::<8>()?;
    let word = u64::from_le_bytes(bytes);
    let high = word & 0xF0F0_F0F0_F0F0_F0F0;
    let over = word.wrapping_add(0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0;
    if high != 0x3030_3030_3030_3030 || over != 0x3030_3030_3030_3030 {
        return None;
    }
    let word = (word & 0x0F0F_0F0F_0F0F_0F0F).wrapping_mul(2561) >> 8;
    let word = (word & 0x00FF_00FF_00FF_00FF).wrapping_mul(6_553_601) >> 16;
    Some((word & 0x0000_FFFF_0000_FFFF).wrapping_mul(42_949_672_960_001) >> 32)
}

/// A number of eleven digits, or of thirteen with 86 before, and how long it is.
fn number(text: &[u8], end: u8) -> Option<(u64, usize)> {
    if text.get(13) == Some(&end) {
        let digits = eight(text, 0)? / 1000 * 100_000_000 + eight(text, 5)?;
        return (digits / 10_000_000_000 == 861).then_some((digits, 13));
    }
    if text.get(11) == Some(&end) {
        let digits = eight(text, 0)? / 100_000 * 100_000_000 + eight(text, 3)?;
        return (digits / 10_000_000_000 == 1).then_some((CHINA + digits, 11));
    }
    None
}

/// An instant, and how long it is.
fn instant_at(text: &[u8], end: u8) -> Option<(At, usize)> {
    if text.get(10) == Some(&end) {
        let seconds = eight(text, 0)? / 1_000_000 * 100_000_000 + eight(text, 2)?;
        return Some((At::from_millis(i64::try_from(seconds).ok()? * 1000), 10));
    }
    let length = length_to(text, end, INSTANT_BYTES_MAX)?;
    let field = text.get(..without_return(text, length, end))?;
    Some((instant::read(field).ok()?, length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::row::{Form, Use, Who};
    use proptest::prelude::*;

    fn field() -> impl Strategy<Value = String> {
        prop_oneof![
            "(86)?1[3-9][0-9]{9}",
            "1380013[0-9]{4}",
            "[0-9]{8,15}",
            "mo_call|mt_sms|data_session|vas|MO_CALL|fax",
            "17[0-9]{8}",
            "17[0-9]{11}",
            "2026-0[1-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](Z|\\+08:00|)",
            "[ -~]{0,12}",
            "",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// What is read here is what the careful reader says of the same row.
        #[test]
        fn a_row_read_fast_is_the_row_read_slowly(
            header in prop_oneof![
                Just("msisdn,kind,instant"),
                Just("instant,msisdn,kind"),
                Just("cell,imsi,msisdn,x,kind,instant,y"),
                Just("kind;instant;msisdn"),
            ],
            ordered in any::<bool>(),
            number in "(86)?1380013[0-9]{4}",
            fields in prop::collection::vec(field(), 0..9),
            end in prop_oneof![Just("\n"), Just("\r\n"), Just(" \n"), Just("")],
        ) {
            let columns = Columns::of_header(header.as_bytes()).unwrap();
            let delimiter = if header.contains(';') { ";" } else { "," };
            let row = if ordered {
                let value = |name: &str| match name {
                    "msisdn" => number.clone(),
                    "kind" => "mo_sms".to_owned(),
                    "instant" => "1773451613".to_owned(),
                    _ => fields.first().cloned().unwrap_or_default(),
                };
                header.split(delimiter).map(value).collect::<Vec<_>>().join(delimiter)
            } else {
                fields.join(delimiter)
            };
            prop_assume!(!row.contains('"'));
            let text = format!("{row}{end}13800138000,mo_call,1773451613\n");
            let plain = Plain::of(&columns).unwrap();
            if let Some(read) = plain.read(text.as_bytes()) {
                let line = text.split_inclusive('\n').next().unwrap();
                prop_assert_eq!(read.length, line.len());
                let slow = Form::Csv(columns).read(line.trim_ascii_end().as_bytes(), false, false);
                let Ok(Use { who: Who::Number(msisdn), kind, used_at }) = slow else {
                    // Only a number that nobody was given may be read here.
                    let unknown = domain::msisdn::Msisdn::from_e164(read.digits).is_none();
                    prop_assert!(unknown, "{row}: {slow:?}");
                    return Ok(());
                };
                let fast = (read.digits, read.kind, read.used_at);
                prop_assert_eq!((msisdn.as_u64(), kind, used_at), fast);
            }
        }
    }

    #[test]
    fn the_usual_rows_are_read_fast() {
        for (header, row) in [
            ("msisdn,kind,instant", "8613800138000,mo_call,1773451613\n"),
            ("msisdn,kind,instant", "13800138000,mo_call,1773451613\r\n"),
            ("cell;msisdn;kind;instant", "4f2;13800138000;mo_call;2026-03-14T09:26:53+08:00\n"),
            ("instant\tkind\tmsisdn", "2026-03-14T01:26:53Z\tmo_call\t8613800138000\n"),
        ] {
            let plain = Plain::of(&Columns::of_header(header.as_bytes()).unwrap()).unwrap();
            let wanted = PlainUse {
                digits: 8_613_800_138_000,
                kind: UsageKind::MoCall,
                used_at: At::from_millis(1_773_451_613_000),
                length: row.len(),
            };
            assert_eq!(plain.read(row.as_bytes()), Some(wanted), "{row}");
        }
    }

    #[test]
    fn eight_digits_and_nothing_else() {
        assert_eq!(eight(b"x12345678", 1), Some(12_345_678));
        for bad in ["1234567", "1234567:", "1234567/", "12 45678", "1234567\u{fe}"] {
            assert_eq!(eight(bad.as_bytes(), 0), None, "{bad}");
        }
    }
}
