//! One row of a usage file: who, what kind of use, when.

use super::fault::{FileRefusal, RowFault};
use super::instant;
use domain::msisdn::Msisdn;
use domain::number::UsageKind;
use domain::sim::Imsi;
use domain::time::At;
use serde::Deserialize;
use std::borrow::Cow;

/// Columns of a header that are looked at; the last one that matters must be among them.
const COLUMNS_MAX: usize = 256;

/// Who used a SIM, as the row says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Number(Msisdn),
    Sim(Imsi),
}

/// A row that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) who: Who,
    pub(super) kind: UsageKind,
    pub(super) used_at: At,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Csv(Columns),
    JsonLines,
}

/// Where in a row of a CSV file what stands, and what separates the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) delimiter: u8,
    pub(super) count: usize,
    pub(super) msisdn: Option<usize>,
    imsi: Option<usize>,
    pub(super) kind: usize,
    pub(super) instant: usize,
}

impl Columns {
    /// From the header line: names in any case and order, separated by comma, semicolon or tab.
    pub(super) fn of_header(header: &[u8]) -> Result<Self, FileRefusal> {
        let text = std::str::from_utf8(header).map_err(|_| FileRefusal::NotUtf8)?;
        let delimiter =
            [b',', b';', b'\t'].into_iter().find(|d| header.contains(d)).unwrap_or(b',');
        let names: Vec<String> = text
            .split(char::from(delimiter))
            .take(COLUMNS_MAX)
            .map(|name| name.trim().trim_matches('"').trim().to_ascii_lowercase())
            .collect();
        let find = |wanted: &'static str| {
            let mut places =
                names.iter().enumerate().filter(|(_, name)| *name == wanted).map(|(at, _)| at);
            match (places.next(), places.next()) {
                (_, Some(_)) => Err(FileRefusal::ColumnTwice(wanted)),
                (place, None) => Ok(place),
            }
        };
        let (msisdn, imsi) = (find("msisdn")?, find("imsi")?);
        if msisdn.is_none() && imsi.is_none() {
            return Err(FileRefusal::ColumnMissing("msisdn/imsi"));
        }
        Ok(Self {
            delimiter,
            count: names.len(),
            msisdn,
            imsi,
            kind: find("kind")?.ok_or(FileRefusal::ColumnMissing("kind"))?,
            instant: find("instant")?.ok_or(FileRefusal::ColumnMissing("instant"))?,
        })
    }

    /// The fields of a row without quotes.
    fn read<'a>(&self, row: &'a [u8]) -> Result<Fields<'a>, RowFault> {
        let mut fields = Fields::default();
        let (mut from, mut at) = (0, 0);
        for end in memchr::memchr_iter(self.delimiter, row).chain([row.len()]) {
            self.place(&mut fields, at, row.get(from..end).unwrap_or_default().trim_ascii());
            (from, at) = (end + 1, at + 1);
        }
        if at < self.count { Err(RowFault::Columns) } else { Ok(fields) }
    }

    /// Fields in quotes may hold the delimiter; a doubled quote is one quote.
    fn read_quoted(&self, row: &[u8], is_open: bool) -> Result<Use, RowFault> {
        let mut all = vec![Vec::new()];
        let mut is_quoted = false;
        let mut bytes = row.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            let is_end = byte == self.delimiter && !is_quoted;
            match (byte, all.last_mut()) {
                (b'"', Some(field)) if is_quoted && bytes.next_if_eq(&b'"').is_some() => {
                    field.push(b'"');
                }
                (b'"', _) => is_quoted = !is_quoted,
                (_, Some(field)) if !is_end => field.push(byte),
                _ => all.push(Vec::new()),
            }
        }
        let mut fields = Fields::default();
        for (at, field) in all.iter().enumerate() {
            self.place(&mut fields, at, field.trim_ascii());
        }
        if all.len() < self.count { Err(RowFault::Columns) } else { fields.read(is_open) }
    }

    fn place<'a>(&self, fields: &mut Fields<'a>, at: usize, field: &'a [u8]) {
        if at == self.kind {
            fields.kind = field;
        } else if at == self.instant {
            fields.instant = field;
        } else if Some(at) == self.msisdn {
            fields.msisdn = field;
        } else if Some(at) == self.imsi {
            fields.imsi = field;
        }
    }
}

/// The fields of one row that matter.
#[derive(Debug, Default)]
struct Fields<'a> {
    msisdn: &'a [u8],
    imsi: &'a [u8],
    kind: &'a [u8],
    instant: &'a [u8],
}

/// A row of a file of JSON lines. Numbers may be written as such or as strings.
#[derive(Debug, Deserialize)]
struct Object<'a> {
    #[serde(borrow, default)]
    msisdn: Option<Scalar<'a>>,
    #[serde(borrow, default)]
    imsi: Option<Scalar<'a>>,
    #[serde(borrow, default)]
    kind: Option<Scalar<'a>>,
    #[serde(borrow, default)]
    instant: Option<Scalar<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Scalar<'a> {
    Integer(u64),
    Text(#[serde(borrow)] Cow<'a, str>),
}

impl<'a> Scalar<'a> {
    fn text(this: Option<Self>) -> Cow<'a, str> {
        match this {
            None => Cow::Borrowed(""),
            Some(Self::Integer(number)) => Cow::Owned(number.to_string()),
            Some(Self::Text(text)) => text,
        }
    }
}

impl Form {
    /// Reads one row. `has_quotes` says that there may be some in it. `is_last_and_open` says that
    /// it is the last line and lacks its line break: then it counts only if nothing can have been
    /// cut off.
    pub(super) fn read(
        &self,
        row: &[u8],
        has_quotes: bool,
        is_last_and_open: bool,
    ) -> Result<Use, RowFault> {
        let read = match self {
            Self::Csv(columns) if has_quotes && memchr::memchr(b'"', row).is_some() => {
                columns.read_quoted(row, is_last_and_open)
            }
            Self::Csv(columns) => {
                columns.read(row).and_then(|fields| fields.read(is_last_and_open))
            }
            // An object that ends as one is whole.
            Self::JsonLines => read_json(row),
        };
        read.map_err(|fault| if is_last_and_open { RowFault::CutOff } else { fault })
    }
}

fn read_json(row: &[u8]) -> Result<Use, RowFault> {
    // An array would be taken for the fields in their order.
    if !row.trim_ascii_start().starts_with(b"{") {
        return Err(RowFault::Json);
    }
    let object: Object<'_> = serde_json::from_slice(row).map_err(|_| RowFault::Json)?;
    let (msisdn, imsi) = (Scalar::text(object.msisdn), Scalar::text(object.imsi));
    let (kind, instant) = (Scalar::text(object.kind), Scalar::text(object.instant));
    let fields = Fields {
        msisdn: msisdn.trim().as_bytes(),
        imsi: imsi.trim().as_bytes(),
        kind: kind.trim().as_bytes(),
        instant: instant.trim().as_bytes(),
    };
    fields.read(false)
}

impl Fields<'_> {
    /// What they say. Of a row that lacks its end, only if nothing of the instant can be missing.
    fn read(&self, is_open: bool) -> Result<Use, RowFault> {
        let who = match (self.msisdn.is_empty(), self.imsi.is_empty()) {
            (false, _) => Who::Number(Msisdn::parse_bytes(self.msisdn).map_err(RowFault::Number)?),
            (true, false) => Who::Sim(Imsi::parse_bytes(self.imsi).map_err(RowFault::Imsi)?),
            (true, true) => return Err(RowFault::WhoMissing),
        };
        let kind = match (UsageKind::from_bytes(self.kind), self.kind.is_empty()) {
            (Some(kind), _) => kind,
            (None, true) => return Err(RowFault::KindMissing),
            (None, false) => {
                let lower = self.kind.to_ascii_lowercase();
                UsageKind::from_bytes(&lower).ok_or(RowFault::KindUnknown)?
            }
        };
        if is_open && !instant::is_surely_whole(self.instant) {
            return Err(RowFault::CutOff);
        }
        Ok(Use { who, kind, used_at: instant::read(self.instant)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::msisdn::PhoneRefusal;
    use proptest::prelude::*;

    fn columns(header: &str) -> Form {
        Form::Csv(Columns::of_header(header.as_bytes()).unwrap())
    }

    fn read(form: Form, row: &str) -> Result<Use, RowFault> {
        form.read(row.as_bytes(), true, false)
    }

    fn call() -> Use {
        Use {
            who: Who::Number(Msisdn::parse("13800138000").unwrap()),
            kind: UsageKind::MoCall,
            used_at: At::from_millis(1_773_451_613_000),
        }
    }

    #[test]
    fn columns_may_stand_in_any_order_among_others() {
        for (header, row) in [
            ("msisdn,kind,instant", "8613800138000,mo_call,1773451613"),
            ("instant,kind,msisdn", "2026-03-14T09:26:53+08:00,MO_CALL,+86 138 0013 8000"),
            ("Cell; MSISDN ;Kind;x;Instant", "a,b;13800138000;mo_call;;1773451613000"),
            ("kind\timsi\tmsisdn\tinstant", "mo_call\t460001234567890\t13800138000\t1773451613"),
            ("\"kind\",\"instant\",\"msisdn\",n", "mo_call,1773451613,\"13800138000\",\"a,\"\"b\""),
        ] {
            assert_eq!(read(columns(header), row), Ok(call()), "{header}");
        }
        let by_sim =
            read(columns("msisdn,imsi,kind,instant"), ",460001234567890,mo_call,1773451613");
        assert_eq!(
            by_sim.map(|used| used.who),
            Ok(Who::Sim(Imsi::parse("460001234567890").unwrap()))
        );
    }

    #[test]
    fn a_header_that_lacks_a_column_is_told() {
        for (header, refusal) in [
            ("kind,instant", FileRefusal::ColumnMissing("msisdn/imsi")),
            ("msisdn,instant", FileRefusal::ColumnMissing("kind")),
            ("imsi,kind", FileRefusal::ColumnMissing("instant")),
            ("imsi,kind,instant,Kind", FileRefusal::ColumnTwice("kind")),
        ] {
            assert_eq!(Columns::of_header(header.as_bytes()), Err(refusal), "{header}");
        }
    }

    #[test]
    fn json_lines_take_numbers_and_strings() {
        for row in [
            r#"{"msisdn":"13800138000","kind":"mo_call","instant":"2026-03-14T09:26:53+08:00"}"#,
            r#"{"instant":1773451613,"other":[1,{}],"kind":"mo_call","msisdn":8613800138000}"#,
            r#"{"msisdn":"138\u00300138000","kind":"mo_call","instant":1773451613000,"imsi":null}"#,
        ] {
            assert_eq!(read(Form::JsonLines, row), Ok(call()), "{row}");
        }
        assert_eq!(read(Form::JsonLines, "{"), Err(RowFault::Json));
        assert_eq!(read(Form::JsonLines, "[]"), Err(RowFault::Json));
        assert_eq!(read(Form::JsonLines, "{}"), Err(RowFault::WhoMissing));
    }

    #[test]
    fn every_bad_row_has_its_reason() {
        let form = columns("msisdn,imsi,kind,instant");
        for (row, fault) in [
            ("13800138000,,mo_call", RowFault::Columns),
            (",,mo_call,1773451613", RowFault::WhoMissing),
            ("1380013800,,mo_call,1773451613", RowFault::Number(PhoneRefusal::TooShort)),
            ("13800138000,,fax,1773451613", RowFault::KindUnknown),
            ("13800138000,,,1773451613", RowFault::KindMissing),
            ("13800138000,,mo_call,", RowFault::InstantMissing),
            ("13800138000,,mo_call,2026-03-14T09:26:53", RowFault::InstantWithoutZone),
            ("\"13800138000,,mo_call,1773451613", RowFault::Columns),
        ] {
            assert_eq!(read(form, row), Err(fault), "{row}");
        }
    }

    #[test]
    fn a_last_line_without_its_end_counts_only_if_nothing_can_be_missing() {
        let form = columns("msisdn,kind,instant");
        let whole = "13800138000,mo_call,2026-03-14T09:26:53+08:00";
        assert_eq!(form.read(whole.as_bytes(), false, true), Ok(call()));
        for length in 0..whole.len() {
            let cut = whole.as_bytes().get(..length).unwrap();
            assert_eq!(form.read(cut, false, true), Err(RowFault::CutOff), "{length}");
        }
    }

    proptest! {
        #[test]
        fn no_row_panics(row in "[ -~]{0,60}", json in "[{}\\[\\]\":,a-z0-9]{0,60}") {
            let _ = read(columns("msisdn,imsi,kind,instant"), &row);
            let _ = read(Form::JsonLines, &json);
            let _ = Columns::of_header(row.as_bytes());
        }
    }
}
