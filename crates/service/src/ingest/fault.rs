//! Why a row, or a whole file, cannot be taken in.

use domain::msisdn::PhoneRefusal;
use domain::refusal::Refusal;
use domain::sim::SimRefusal;
use std::borrow::Cow;

/// Why one row is rejected; the others count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowFault {
    /// Fewer columns than the header has.
    Columns,
    /// Neither a number nor an IMSI.
    WhoMissing,
    /// The number is not one.
    Number(PhoneRefusal),
    /// The IMSI is not one.
    Imsi(SimRefusal),
    /// No kind of use is given.
    KindMissing,
    /// No such kind of use.
    KindUnknown,
    /// No instant is given.
    InstantMissing,
    /// An instant that cannot be read.
    InstantUnreadable,
    /// A time without a zone.
    InstantWithoutZone,
    /// An instant that is yet to come.
    InstantFuture,
    /// An instant before 2000.
    InstantTooOld,
    /// Bytes that are not UTF-8.
    Encoding,
    /// Not a JSON object.
    Json,
    /// Longer than any row.
    TooLong,
    /// The last line has no end: the file was cut off.
    CutOff,
    /// We have no such number, or not this operator's.
    NumberUnknown,
    /// No SIM with this IMSI served a number at that instant.
    ImsiUnknown,
}

impl RowFault {
    /// Every reason, with each reason of a number and an IMSI.
    pub fn all() -> Vec<Self> {
        let mut all = vec![
            Self::Columns,
            Self::WhoMissing,
            Self::KindMissing,
            Self::KindUnknown,
            Self::InstantMissing,
            Self::InstantUnreadable,
            Self::InstantWithoutZone,
            Self::InstantFuture,
            Self::InstantTooOld,
            Self::Encoding,
            Self::Json,
            Self::TooLong,
            Self::CutOff,
            Self::NumberUnknown,
            Self::ImsiUnknown,
        ];
        all.extend(PhoneRefusal::ALL.iter().map(|refusal| Self::Number(*refusal)));
        all.extend(SimRefusal::ALL.iter().map(|refusal| Self::Imsi(*refusal)));
        all
    }
}

impl Refusal for RowFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Number(refusal) => refusal.code(),
            Self::Imsi(refusal) => refusal.code(),
            Self::Columns => "usage.columns",
            Self::WhoMissing => "usage.who_missing",
            Self::KindMissing => "usage.kind_missing",
            Self::KindUnknown => "usage.kind_unknown",
            Self::InstantMissing => "usage.instant_missing",
            Self::InstantUnreadable => "usage.instant_unreadable",
            Self::InstantWithoutZone => "usage.instant_without_zone",
            Self::InstantFuture => "usage.instant_future",
            Self::InstantTooOld => "usage.instant_too_old",
            Self::Encoding => "usage.encoding",
            Self::Json => "usage.json",
            Self::TooLong => "usage.too_long",
            Self::CutOff => "usage.cut_off",
            Self::NumberUnknown => "usage.number_unknown",
            Self::ImsiUnknown => "usage.imsi_unknown",
        }
    }
}

/// Why a whole file is refused; nothing of it is taken in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FileRefusal {
    /// There is nothing in it.
    Empty,
    /// UTF-16.
    Utf16,
    /// Another encoding, such as GB 18030.
    NotUtf8,
    /// The first line is longer than any header.
    NoHeader,
    /// The header lacks this column.
    ColumnMissing(&'static str),
    /// The header has this column twice.
    ColumnTwice(&'static str),
    /// The compressed data is damaged or cut off.
    Compressed,
    /// A Parquet file, where those cannot be read.
    Parquet,
}

impl FileRefusal {
    /// Every reason.
    pub const ALL: &[Self] = &[
        Self::Empty,
        Self::Utf16,
        Self::NotUtf8,
        Self::NoHeader,
        Self::ColumnMissing(""),
        Self::ColumnTwice(""),
        Self::Compressed,
        Self::Parquet,
    ];
}

impl Refusal for FileRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "usage_file.empty",
            Self::Utf16 => "usage_file.utf16",
            Self::NotUtf8 => "usage_file.not_utf8",
            Self::NoHeader => "usage_file.no_header",
            Self::ColumnMissing(_) => "usage_file.column_missing",
            Self::ColumnTwice(_) => "usage_file.column_twice",
            Self::Compressed => "usage_file.compressed",
            Self::Parquet => "usage_file.parquet",
        }
    }

    fn values(&self) -> Vec<(&'static str, Cow<'static, str>)> {
        match self {
            Self::ColumnMissing(name) | Self::ColumnTwice(name) => {
                vec![("column", Cow::Borrowed(*name))]
            }
            _ => Vec::new(),
        }
    }
}
