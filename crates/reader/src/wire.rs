//! The little of the protocol-buffer wire format that ONNX files need: a message as a list of
//! numbered fields, read and written without knowing what they mean.

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A whole number.
    Number(u64),
    /// Eight bytes.
    Eight([u8; 8]),
    /// Text, bytes or a message within.
    Bytes(Vec<u8>),
    /// Four bytes.
    Four([u8; 4]),
}

/// A message: fields in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message(pub(crate) Vec<(u64, Value)>);

impl Message {
    /// Reads a message; `None` if the bytes are none.
    pub(crate) fn read(mut bytes: &[u8]) -> Option<Self> {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = number(&mut bytes)?;
            let value = match key & 7 {
                0 => Value::Number(number(&mut bytes)?),
                1 => Value::Eight(take(&mut bytes, 8)?.try_into().ok()?),
                2 => {
                    let length = usize::try_from(number(&mut bytes)?).ok()?;
                    Value::Bytes(take(&mut bytes, length)?.to_vec())
                }
                5 => Value::Four(take(&mut bytes, 4)?.try_into().ok()?),
                _ => return None,
            };
            fields.push((key >> 3, value));
        }
        Some(Self(fields))
    }

    /// The message as bytes; what was read and not changed comes out as it was.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (field, value) in &self.0 {
            match value {
                Value::Number(number) => {
                    put(&mut out, field << 3);
                    put(&mut out, *number);
                }
                Value::Eight(bytes) => {
                    put(&mut out, field << 3 | 1);
                    out.extend(bytes);
                }
                Value::Bytes(bytes) => {
                    put(&mut out, field << 3 | 2);
                    put(&mut out, bytes.len() as u64);
                    out.extend(bytes);
                }
                Value::Four(bytes) => {
                    put(&mut out, field << 3 | 5);
                    out.extend(bytes);
                }
            }
        }
        out
    }

    /// One more field that is text, bytes or a message.
    pub(crate) fn with(mut self, field: u64, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.push((field, Value::Bytes(bytes.into())));
        self
    }

    /// One more field that is a number.
    pub(crate) fn with_number(mut self, field: u64, number: u64) -> Self {
        self.0.push((field, Value::Number(number)));
        self
    }

    /// Every number of a repeated field, one by one or packed (ONNX is proto2, whose writers do
    /// either); `None` if the bytes of a packed one are cut off.
    pub(crate) fn numbers(&self, field: u64) -> Option<Vec<u64>> {
        let mut all = Vec::new();
        for (_, value) in self.0.iter().filter(|(of, _)| *of == field) {
            match value {
                Value::Number(one) => all.push(*one),
                Value::Bytes(packed) => {
                    let mut bytes = packed.as_slice();
                    while !bytes.is_empty() {
                        all.push(number(&mut bytes)?);
                    }
                }
                Value::Eight(_) | Value::Four(_) => return None,
            }
        }
        Some(all)
    }

    /// Every value of one field that is bytes.
    pub(crate) fn all(&self, field: u64) -> impl Iterator<Item = &[u8]> {
        self.0.iter().filter_map(move |(number, value)| match value {
            Value::Bytes(bytes) if *number == field => Some(bytes.as_slice()),
            _ => None,
        })
    }

    /// The first value of a field that is text.
    pub(crate) fn text(&self, field: u64) -> Option<&str> {
        std::str::from_utf8(self.all(field).next()?).ok()
    }
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(head)
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = *take(bytes, 1)?.first()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// An entry of the metadata of an ONNX file (`ModelProto.metadata_props`, field 14).
pub(crate) fn metadata(onnx: &[u8], key: &str) -> Option<String> {
    let model = Message::read(onnx)?;
    let entries = model.all(14).filter_map(Message::read);
    let mut found = entries.filter(|entry| entry.text(1) == Some(key));
    found.next().and_then(|entry| entry.text(2).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_read_and_a_cut_file_is_not() {
        let bytes = [
            0x08, 0x96, 0x01, // field 1, number 150
            0x12, 0x03, b'a', b'b', b'c', // field 2, three bytes
            0x1d, 1, 2, 3, 4, // field 3, four bytes
            0x21, 1, 2, 3, 4, 5, 6, 7, 8, // field 4, eight bytes
        ];
        let message = Message::read(&bytes).expect("a message");
        assert_eq!(message.0.first(), Some(&(1, Value::Number(150))));
        assert_eq!(message.text(2), Some("abc"));
        assert_eq!(message.write(), bytes, "and written as it was");
        for end in [1, 2, 4, 7, 9, 14] {
            assert!(Message::read(bytes.get(..end).expect("shorter")).is_none(), "{end}");
        }
    }

    #[test]
    fn metadata_is_found_by_its_key() {
        // Field 14 holds the entry: key (1) `k`, value (2) `v`.
        let onnx = [0x72, 6, 0x0a, 1, b'k', 0x12, 1, b'v'];
        assert_eq!(metadata(&onnx, "k").as_deref(), Some("v"));
        assert_eq!(metadata(&onnx, "x"), None);
    }
}
