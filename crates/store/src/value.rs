//! Values that go into statements and come out of rows.

use crate::error::{Error, ErrorKind};
use domain::id::{Id, Kind, OperatorId};
use domain::msisdn::Msisdn;
use domain::time::At;

/// One parameter or one column. Instants are integers, ids are blobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// SQL null.
    Null,
    /// `bigint`.
    Int(i64),
    /// `text`.
    Text(String),
    /// `blob`, on PostgreSQL `bytea`.
    Blob(Vec<u8>),
    /// `boolean`.
    Bool(bool),
    /// Many integers for a bulk statement: a JSON array on SQLite, `bigint[]` on PostgreSQL.
    Ints(Vec<i64>),
    /// Many texts for a bulk statement: a JSON array on SQLite, `text[]` on PostgreSQL.
    Texts(Vec<String>),
}

/// A value where it lies, in a [`Value`] or in the memory of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueRef<'a> {
    /// SQL null.
    Null,
    /// `bigint`.
    Int(i64),
    /// `text`.
    Text(&'a str),
    /// `blob`, on PostgreSQL `bytea`.
    Blob(&'a [u8]),
    /// `boolean`.
    Bool(bool),
    /// Many of a kind, which no column holds.
    Many(&'static str),
}

impl ValueRef<'_> {
    fn kind(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int(_) => "bigint",
            Self::Text(_) => "text",
            Self::Blob(_) => "blob",
            Self::Bool(_) => "boolean",
            Self::Many(kind) => kind,
        }
    }
}

/// Builds the parameters of a statement: `params![msisdn, at, None::<i64>]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        ::std::vec![$($crate::Value::from($value)),*]
    };
}

macro_rules! from {
    ($($source:ty => |$value:ident| $out:expr;)*) => {$(
        impl From<$source> for Value {
            fn from($value: $source) -> Self {
                $out
            }
        }
    )*};
}

from! {
    i64 => |value| Self::Int(value);
    i32 => |value| Self::Int(i64::from(value));
    u32 => |value| Self::Int(i64::from(value));
    u16 => |value| Self::Int(i64::from(value));
    u8 => |value| Self::Int(i64::from(value));
    bool => |value| Self::Bool(value);
    &str => |value| Self::Text(value.to_owned());
    String => |value| Self::Text(value);
    &String => |value| Self::Text(value.clone());
    std::borrow::Cow<'_, str> => |value| Self::Text(value.into_owned());
    Vec<u8> => |value| Self::Blob(value);
    &[u8] => |value| Self::Blob(value.to_vec());
    At => |value| Self::Int(value.millis());
    OperatorId => |value| Self::Int(value.0);
    Msisdn => |value| Self::Int(value.as_i64());
    Vec<i64> => |value| Self::Ints(value);
    Vec<String> => |value| Self::Texts(value);
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(value: [u8; N]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl<K: Kind> From<Id<K>> for Value {
    fn from(id: Id<K>) -> Self {
        Self::Blob(id.to_bytes().to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Value {
    /// The value where it lies.
    pub(crate) fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Int(int) => ValueRef::Int(*int),
            Self::Text(text) => ValueRef::Text(text),
            Self::Blob(blob) => ValueRef::Blob(blob),
            Self::Bool(bool) => ValueRef::Bool(*bool),
            Self::Ints(_) => ValueRef::Many("bigint[]"),
            Self::Texts(_) => ValueRef::Many("text[]"),
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        self.as_ref().kind()
    }
}

/// A type a column can be read as.
pub trait FromValue: Sized {
    /// The value, or `None` if it is of another type.
    fn from_value(value: ValueRef<'_>) -> Option<Self>;
}

impl FromValue for Value {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        Some(match value {
            ValueRef::Null => Self::Null,
            ValueRef::Int(int) => Self::Int(int),
            ValueRef::Text(text) => Self::Text(text.to_owned()),
            ValueRef::Blob(blob) => Self::Blob(blob.to_vec()),
            ValueRef::Bool(bool) => Self::Bool(bool),
            ValueRef::Many(_) => return None,
        })
    }
}
impl FromValue for i64 {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        if let ValueRef::Int(int) = value { Some(int) } else { None }
    }
}
impl FromValue for u32 {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        i64::from_value(value).and_then(|int| int.try_into().ok())
    }
}
impl FromValue for String {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        if let ValueRef::Text(text) = value { Some(text.to_owned()) } else { None }
    }
}
impl FromValue for Vec<u8> {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        if let ValueRef::Blob(blob) = value { Some(blob.to_vec()) } else { None }
    }
}
impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        if let ValueRef::Blob(blob) = value { blob.try_into().ok() } else { None }
    }
}
impl FromValue for bool {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Bool(bool) => Some(bool),
            // SQLite has no booleans of its own.
            ValueRef::Int(0) => Some(false),
            ValueRef::Int(1) => Some(true),
            _ => None,
        }
    }
}
impl FromValue for At {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        i64::from_value(value).map(At::from_millis)
    }
}
impl FromValue for OperatorId {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        i64::from_value(value).map(OperatorId)
    }
}
impl FromValue for Msisdn {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        i64::from_value(value).and_then(Self::from_i64)
    }
}
impl<K: Kind> FromValue for Id<K> {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        if let ValueRef::Blob(blob) = value { Self::from_bytes(blob) } else { None }
    }
}
impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        if value == ValueRef::Null { Some(None) } else { T::from_value(value).map(Some) }
    }
}

/// The columns of a row, owned or where the database has them.
pub(crate) trait Columns {
    /// The column at `index`, from 0.
    fn column(&self, index: usize) -> Result<ValueRef<'_>, Error>;

    /// The column at `index` as `T`; an error if it is of another type, which is a bug of the
    /// statement or a damaged row.
    fn get<T: FromValue>(&self, index: usize) -> Result<T, Error> {
        let value = self.column(index)?;
        T::from_value(value).ok_or_else(|| {
            let wanted = std::any::type_name::<T>();
            let text = format!("column {index} is {}, not {wanted}", value.kind());
            Error::new(ErrorKind::Bug, text)
        })
    }

    /// A stored word as the closed enum or other type it stands for; an unknown word is a damaged
    /// row.
    fn parse<T>(&self, index: usize, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, Error> {
        let missing = || Error::new(ErrorKind::Bug, format!("column {index} is null, not text"));
        self.parse_opt(index, parse)?.ok_or_else(missing)
    }

    /// The same of a column that may be null.
    fn parse_opt<T>(
        &self,
        index: usize,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        match self.column(index)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(text) => parse(text).map(Some).ok_or_else(|| {
                Error::new(ErrorKind::Corrupt, format!("column {index} holds an unknown word"))
            }),
            other => {
                let text = format!("column {index} is {}, not text", other.kind());
                Err(Error::new(ErrorKind::Bug, text))
            }
        }
    }
}

/// One row of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    values: Vec<Value>,
}

impl Row {
    pub(crate) fn new(values: Vec<Value>) -> Self {
        Self { values }
    }

    /// The column at `index` (from 0) as `T`; an error if it is of another type, which is a bug of
    /// the statement or a damaged row.
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T, Error> {
        Columns::get(self, index)
    }

    /// A stored word as the closed enum or other type it stands for; an unknown word is a damaged
    /// row.
    pub fn parse<T>(
        &self,
        index: usize,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Error> {
        Columns::parse(self, index, parse)
    }
}

impl Columns for Row {
    fn column(&self, index: usize) -> Result<ValueRef<'_>, Error> {
        let value = self.values.get(index).map(Value::as_ref);
        value.ok_or_else(|| Error::new(ErrorKind::Bug, format!("no column {index}")))
    }
}
