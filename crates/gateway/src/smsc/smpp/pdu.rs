//! The protocol data units of SMPP 3.4 that a client needs, read leniently and written strictly.
//!
//! Source: SMPP Protocol Specification v3.4, chapters 4 and 5.

use bytes::{Buf, BufMut, BytesMut};

/// The largest unit taken in: a `message_payload` of 64 KiB fits, a wrong length does not.
const LENGTH_MAX: usize = 70_000;
/// Length, id, status, sequence number.
const HEADER_BYTES: usize = 16;

pub(super) const GENERIC_NACK: u32 = 0x8000_0000;
pub(super) const SUBMIT_SM: u32 = 0x0000_0004;
pub(super) const DELIVER_SM: u32 = 0x0000_0005;
pub(super) const UNBIND: u32 = 0x0000_0006;
pub(super) const BIND_TRANSCEIVER: u32 = 0x0000_0009;
pub(super) const ENQUIRE_LINK: u32 = 0x0000_0015;
/// Set in the id of an answer.
pub(super) const RESPONSE: u32 = 0x8000_0000;

pub(super) const OK: u32 = 0;
/// The command is not known.
pub(super) const BAD_COMMAND: u32 = 0x03;
/// Nothing more fits into the queue of the centre.
pub(super) const QUEUE_FULL: u32 = 0x14;
/// The centre asks to slow down.
pub(super) const THROTTLED: u32 = 0x58;
/// We cannot take it now; the centre should try again.
pub(super) const TRY_AGAIN: u32 = 0x64;
/// We can never take it.
pub(super) const NEVER: u32 = 0x65;

const TLV_RECEIPTED_MESSAGE_ID: u16 = 0x001E;
const TLV_SAR_REFERENCE: u16 = 0x020C;
const TLV_SAR_TOTAL: u16 = 0x020E;
const TLV_SAR_NUMBER: u16 = 0x020F;
const TLV_MESSAGE_PAYLOAD: u16 = 0x0424;
const TLV_MESSAGE_STATE: u16 = 0x0427;

/// `esm_class`: the message begins with a user data header.
pub(super) const ESM_UDH: u8 = 0x40;

/// What a peer sent is no SMPP. Carries nothing of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Garbage(pub(super) &'static str);

/// One unit with its body unread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pdu {
    pub(super) id: u32,
    pub(super) status: u32,
    pub(super) sequence: u32,
    pub(super) body: Vec<u8>,
}

impl Pdu {
    /// Takes the first whole unit off `buffer`; `None` if more must come.
    pub(super) fn take(buffer: &mut BytesMut) -> Result<Option<Self>, Garbage> {
        let Some(Ok(length)) = buffer.get(..4).map(<[u8; 4]>::try_from) else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if !(HEADER_BYTES..=LENGTH_MAX).contains(&length) {
            return Err(Garbage("length"));
        }
        if buffer.len() < length {
            return Ok(None);
        }
        let mut unit = buffer.split_to(length);
        unit.advance(4);
        let (id, status, sequence) = (unit.get_u32(), unit.get_u32(), unit.get_u32());
        Ok(Some(Self { id, status, sequence, body: unit.to_vec() }))
    }

    /// Appends the unit to `out`.
    pub(super) fn put(&self, out: &mut BytesMut) {
        let length = u32::try_from(HEADER_BYTES + self.body.len()).unwrap_or(u32::MAX);
        out.put_u32(length);
        out.put_u32(self.id);
        out.put_u32(self.status);
        out.put_u32(self.sequence);
        out.put_slice(&self.body);
    }

    pub(super) fn new(id: u32, sequence: u32) -> Self {
        Self { id, status: OK, sequence, body: Vec::new() }
    }

    /// The answer to `deliver_sm`: its body is an unused message id.
    pub(super) fn delivered(sequence: u32, status: u32) -> Self {
        Self { id: DELIVER_SM | RESPONSE, status, sequence, body: vec![0] }
    }

    /// A text field that makes up or opens the body, such as the message id of an answer.
    pub(super) fn first_text(&self) -> Option<String> {
        let mut reader = Reader(&self.body);
        reader.text().ok().map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned())
    }
}

/// Binds as transceiver.
pub(super) fn bind(sequence: u32, system_id: &str, password: &str, system_type: &str) -> Pdu {
    let mut body = Vec::new();
    put_text(&mut body, system_id, 15);
    put_text(&mut body, password, 8);
    put_text(&mut body, system_type, 12);
    body.extend([0x34, 0, 0, 0]);
    Pdu { id: BIND_TRANSCEIVER, status: OK, sequence, body }
}

/// An address with its type of number and numbering plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) ton: u8,
    pub(super) npi: u8,
    pub(super) digits: String,
}

/// How a part says that it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sar {
    pub(super) reference: u16,
    pub(super) total: u8,
    pub(super) number: u8,
}

/// `submit_sm` or `deliver_sm`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) source: Address,
    pub(super) destination: Address,
    pub(super) esm_class: u8,
    /// As the specification writes times; empty for none.
    pub(super) validity: String,
    pub(super) wants_receipt: bool,
    pub(super) data_coding: u8,
    pub(super) text: Vec<u8>,
    /// The text goes as `message_payload`, not as `short_message`.
    pub(super) is_payload: bool,
    pub(super) sar: Option<Sar>,
    pub(super) receipted_message_id: Option<String>,
    pub(super) message_state: Option<u8>,
}

impl Message {
    pub(super) fn submit(&self, sequence: u32) -> Pdu {
        let mut body = Vec::with_capacity(64 + self.text.len());
        body.push(0);
        put_address(&mut body, &self.source);
        put_address(&mut body, &self.destination);
        body.extend([self.esm_class, 0, 0, 0]);
        put_text(&mut body, &self.validity, 16);
        body.extend([u8::from(self.wants_receipt), 0, self.data_coding, 0]);
        match u8::try_from(self.text.len()).ok().filter(|_| !self.is_payload) {
            Some(length) => {
                body.push(length);
                body.extend_from_slice(&self.text);
            }
            None => {
                body.push(0);
                put_tlv(&mut body, TLV_MESSAGE_PAYLOAD, &self.text);
            }
        }
        if let Some(sar) = self.sar {
            put_tlv(&mut body, TLV_SAR_REFERENCE, &sar.reference.to_be_bytes());
            put_tlv(&mut body, TLV_SAR_TOTAL, &[sar.total]);
            put_tlv(&mut body, TLV_SAR_NUMBER, &[sar.number]);
        }
        Pdu { id: SUBMIT_SM, status: OK, sequence, body }
    }

    /// Reads the body of `deliver_sm` (or `submit_sm`, which is laid out alike).
    pub(super) fn parse(body: &[u8]) -> Result<Self, Garbage> {
        let mut reader = Reader(body);
        reader.text()?;
        let source = reader.address()?;
        let destination = reader.address()?;
        let esm_class = reader.byte()?;
        reader.bytes(2)?;
        reader.text()?;
        let validity = String::from_utf8_lossy(reader.text()?).into_owned();
        let registered = reader.byte()?;
        reader.byte()?;
        let data_coding = reader.byte()?;
        reader.byte()?;
        let length = reader.byte()?;
        let text = reader.bytes(usize::from(length))?.to_vec();
        let mut message = Self {
            source,
            destination,
            esm_class,
            validity,
            wants_receipt: registered & 1 == 1,
            data_coding,
            text,
            ..Self::default()
        };
        message.tlvs(reader);
        Ok(message)
    }

    /// What can be read of the optional parameters; a broken one ends them, not the message.
    fn tlvs(&mut self, mut reader: Reader<'_>) {
        let mut sar = Sar { reference: 0, total: 0, number: 0 };
        while let Ok((tag, value)) = reader.tlv() {
            let number = value.iter().fold(0u16, |sum, byte| (sum << 8) | u16::from(*byte));
            let byte = value.last().copied().unwrap_or_default();
            match tag {
                TLV_RECEIPTED_MESSAGE_ID => {
                    let text: &[u8] = value.split(|byte| *byte == 0).next().unwrap_or_default();
                    let id = String::from_utf8_lossy(text).trim().to_owned();
                    self.receipted_message_id = Some(id).filter(|id| !id.is_empty());
                }
                TLV_MESSAGE_STATE => self.message_state = Some(byte),
                TLV_SAR_REFERENCE => sar.reference = number,
                TLV_SAR_TOTAL => sar.total = byte,
                TLV_SAR_NUMBER => sar.number = byte,
                TLV_MESSAGE_PAYLOAD if self.text.is_empty() => {
                    self.text = value.to_vec();
                    self.is_payload = true;
                }
                _ => {}
            }
        }
        if sar.total > 1 && (1..=sar.total).contains(&sar.number) {
            self.sar = Some(sar);
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], Garbage> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Garbage("short body"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Garbage> {
        self.bytes(1)?.first().copied().ok_or(Garbage("short body"))
    }

    /// Up to the next zero byte.
    fn text(&mut self) -> Result<&'a [u8], Garbage> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or(Garbage("endless text"))?;
        let text = self.bytes(end)?;
        self.bytes(1)?;
        Ok(text)
    }

    fn address(&mut self) -> Result<Address, Garbage> {
        let (ton, npi) = (self.byte()?, self.byte()?);
        let digits = String::from_utf8_lossy(self.text()?).trim().to_owned();
        Ok(Address { ton, npi, digits })
    }

    fn tlv(&mut self) -> Result<(u16, &'a [u8]), Garbage> {
        let mut head = self.bytes(4)?;
        let (tag, length) = (head.get_u16(), head.get_u16());
        Ok((tag, self.bytes(usize::from(length))?))
    }
}

/// A text with its zero byte, cut where the field ends and where a zero byte would end it.
fn put_text(body: &mut Vec<u8>, text: &str, bytes_max: usize) {
    body.extend(text.bytes().take_while(|byte| *byte != 0).take(bytes_max));
    body.push(0);
}

fn put_address(body: &mut Vec<u8>, address: &Address) {
    body.extend([address.ton, address.npi]);
    put_text(body, &address.digits, 20);
}

fn put_tlv(body: &mut Vec<u8>, tag: u16, value: &[u8]) {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    body.put_u16(tag);
    body.put_u16(length);
    body.extend(value.iter().take(usize::from(length)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn garbage_is_an_error_and_never_more(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut buffer = BytesMut::from(bytes.as_slice());
            while let Ok(Some(pdu)) = Pdu::take(&mut buffer) {
                let _ = Message::parse(&pdu.body);
                let _ = pdu.first_text();
            }
            let _ = Message::parse(&bytes);
        }

        #[test]
        fn what_is_written_can_be_read(
            text in prop::collection::vec(any::<u8>(), 1..600),
            digits in "[0-9]{1,20}",
            reference in any::<u16>(),
            cut in 0usize..2000,
        ) {
            let message = Message {
                source: Address { ton: 5, npi: 0, digits: "baohao".into() },
                destination: Address { ton: 1, npi: 1, digits },
                validity: "000002000000000R".into(),
                wants_receipt: true,
                data_coding: 8,
                is_payload: text.len() > 255,
                text,
                sar: Some(Sar { reference, total: 3, number: 2 }),
                ..Message::default()
            };
            let mut bytes = BytesMut::new();
            message.submit(7).put(&mut bytes);
            let mut part = BytesMut::from(bytes.get(..cut.min(bytes.len() - 1)).unwrap());
            prop_assert!(matches!(Pdu::take(&mut part), Ok(None)));
            let pdu = Pdu::take(&mut bytes).unwrap().unwrap();
            prop_assert_eq!((pdu.id, pdu.sequence), (SUBMIT_SM, 7));
            prop_assert_eq!(Message::parse(&pdu.body).unwrap(), message);
        }
    }

    #[test]
    fn a_length_that_cannot_be_is_refused_at_once() {
        for length in [0u32, 15, 70_001, u32::MAX] {
            let mut buffer = BytesMut::from(length.to_be_bytes().as_slice());
            assert_eq!(Pdu::take(&mut buffer), Err(Garbage("length")));
        }
    }
}
