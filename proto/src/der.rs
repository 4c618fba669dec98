//! The Distinguished Encoding Rules, as far as Kerberos uses them: single-byte tags and definite
//! lengths (RFC 4120 section 5.1).
//!
//! Reading is as tolerant as deployed KDCs are: lengths and integers need not be minimal, and unknown
//! elements after the known ones of a SEQUENCE are skipped. Every function works on a slice it was
//! given and never looks past it; nesting is as deep as the types in [`crate::messages`] and no deeper.

use std::fmt;

use crate::{Enctype, KerberosString, KerberosTime, NameType, Realm};

/// Why bytes are not the message they should be. Offsets count bytes from the start of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// An element is longer than the bytes that hold it. MIT reports this as ASN1_OVERRUN.
    Truncated {
        /// Where the element begins.
        offset: usize,
    },
    /// An element of another type stands here.
    UnexpectedTag {
        /// Where the element begins.
        offset: usize,
        /// The identifier octet that belongs here.
        expected: u8,
        /// The identifier octet found.
        found: u8,
    },
    /// A field that the type requires is absent.
    MissingField {
        /// Where the SEQUENCE without it goes on or ends.
        offset: usize,
        /// The type, as the RFC writes it.
        message: &'static str,
        /// The field, as this library writes it.
        field: &'static str,
    },
    /// The element has the right type and a value outside of it.
    InvalidValue {
        /// Where the element begins.
        offset: usize,
        /// The type that has no such value.
        expected: &'static str,
    },
    /// The length is indefinite or does not fit four octets.
    UnsupportedLength {
        /// Where the element begins.
        offset: usize,
    },
    /// The msg-type field contradicts the APPLICATION tag. RFC 4120 answers it with KRB_AP_ERR_MSG_TYPE;
    /// MIT's decoders ignore the field.
    MsgTypeMismatch {
        /// The message type of the APPLICATION tag.
        expected: i32,
        /// The message type in the field.
        found: i32,
    },
    /// Bytes follow the message, or the only element that a tag may hold.
    TrailingBytes {
        /// Where the bytes begin.
        offset: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { offset } => {
                write!(f, "the element at byte {offset} ends after the message")
            }
            Self::UnexpectedTag {
                offset,
                expected,
                found,
            } => write!(
                f,
                "tag {found:#04x} at byte {offset} where {expected:#04x} belongs"
            ),
            Self::MissingField {
                offset,
                message,
                field,
            } => write!(f, "{message} has no {field} at byte {offset}"),
            Self::InvalidValue { offset, expected } => {
                write!(f, "no valid {expected} at byte {offset}")
            }
            Self::UnsupportedLength { offset } => {
                write!(f, "unsupported form of length at byte {offset}")
            }
            Self::MsgTypeMismatch { expected, found } => {
                write!(f, "message type {found} in a message of type {expected}")
            }
            Self::TrailingBytes { offset } => {
                write!(f, "bytes after the end of an element at byte {offset}")
            }
        }
    }
}

impl std::error::Error for DecodeError {}

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const GENERAL_STRING: u8 = 0x1b;
pub(crate) const SEQUENCE: u8 = 0x30;

pub(crate) const fn application(number: u8) -> u8 {
    0x60 | number
}

pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// A tag with the bytes it covers.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    /// Where the tag stands in the message.
    pub(crate) offset: usize,
    /// Tag, length and contents.
    pub(crate) whole: &'a [u8],
    pub(crate) contents: &'a [u8],
}

impl<'a> Element<'a> {
    pub(crate) fn reader(&self) -> Reader<'a> {
        Reader {
            offset: self.offset + (self.whole.len() - self.contents.len()),
            rest: self.contents,
        }
    }

    pub(crate) fn invalid(&self, expected: &'static str) -> DecodeError {
        DecodeError::InvalidValue {
            offset: self.offset,
            expected,
        }
    }
}

/// Reads one element after another.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    offset: usize,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            offset: 0,
            rest: bytes,
        }
    }

    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn peek_tag(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn element(&mut self) -> Result<Element<'a>, DecodeError> {
        let offset = self.offset;
        let truncated = DecodeError::Truncated { offset };
        let [tag, first, ..] = *self.rest else {
            return Err(truncated);
        };
        let (header, length) = match first {
            0..=0x7f => (2, usize::from(first)),
            0x81..=0x88 => {
                let octets = usize::from(first & 0x7f);
                let digits = self.rest.get(2..2 + octets).ok_or(truncated)?;
                let length = digits
                    .iter()
                    .fold(0u64, |length, digit| length << 8 | u64::from(*digit));
                let length = usize::try_from(length)
                    .map_err(|_| DecodeError::UnsupportedLength { offset })?;
                (2 + octets, length)
            }
            _ => return Err(DecodeError::UnsupportedLength { offset }),
        };
        let end = header.checked_add(length).ok_or(truncated)?;
        let whole = self.rest.get(..end).ok_or(truncated)?;
        let contents = whole.get(header..).ok_or(truncated)?;
        self.rest = self.rest.get(end..).unwrap_or_default();
        self.offset += end;
        Ok(Element {
            tag,
            offset,
            whole,
            contents,
        })
    }

    pub(crate) fn expect(&mut self, tag: u8) -> Result<Element<'a>, DecodeError> {
        let element = self.element()?;
        if element.tag == tag {
            Ok(element)
        } else {
            Err(DecodeError::UnexpectedTag {
                offset: element.offset,
                expected: tag,
                found: element.tag,
            })
        }
    }

    /// The value inside `tag`, when that is the next tag.
    pub(crate) fn optional<T: Value>(&mut self, tag: u8) -> Result<Option<T>, DecodeError> {
        if self.peek_tag() != Some(tag) {
            return Ok(None);
        }
        let mut inner = self.element()?.reader();
        let value = T::read(&mut inner)?;
        inner.finish()?;
        Ok(Some(value))
    }

    pub(crate) fn finish(self) -> Result<(), DecodeError> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::TrailingBytes {
                offset: self.offset,
            })
        }
    }
}

/// Appends elements to a message.
#[derive(Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(capacity),
        }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Bytes that are elements already.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn primitive(&mut self, tag: u8, contents: &[u8]) {
        self.nest(tag, |writer| writer.raw(contents));
    }

    /// An element of `tag` around whatever `contents` writes. One octet is kept for the length; a
    /// longer one moves the contents, which happens at most once per level of nesting.
    pub(crate) fn nest(&mut self, tag: u8, contents: impl FnOnce(&mut Self)) {
        self.bytes.extend_from_slice(&[tag, 0]);
        let start = self.bytes.len();
        contents(self);
        let length = self.bytes.len() - start;
        if length < 0x80 {
            self.bytes[start - 1] = length as u8;
            return;
        }
        let digits = length.to_be_bytes();
        let digits = &digits[digits.iter().take_while(|digit| **digit == 0).count()..];
        self.bytes[start - 1] = 0x80 | digits.len() as u8;
        self.bytes.splice(start..start, digits.iter().copied());
    }

    pub(crate) fn integer(&mut self, value: i64) {
        let bytes = value.to_be_bytes();
        let mut start = 0;
        while start < 7
            && ((bytes[start] == 0 && bytes[start + 1] < 0x80)
                || (bytes[start] == 0xff && bytes[start + 1] >= 0x80))
        {
            start += 1;
        }
        self.primitive(INTEGER, &bytes[start..]);
    }
}

/// A type with an encoding.
pub(crate) trait Value: Sized {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;
    fn write(&self, writer: &mut Writer);
}

/// A field of a SEQUENCE: a value, or the absence of an optional one.
pub(crate) trait Field: Sized {
    fn read_field(
        reader: &mut Reader<'_>,
        tag: u8,
        message: &'static str,
        field: &'static str,
    ) -> Result<Self, DecodeError>;
    fn write_field(&self, writer: &mut Writer, tag: u8);
}

impl<T: Value> Field for T {
    fn read_field(
        reader: &mut Reader<'_>,
        tag: u8,
        message: &'static str,
        field: &'static str,
    ) -> Result<Self, DecodeError> {
        reader
            .optional(tag)?
            .ok_or_else(|| DecodeError::MissingField {
                offset: reader.offset(),
                message,
                field,
            })
    }

    fn write_field(&self, writer: &mut Writer, tag: u8) {
        writer.nest(tag, |writer| self.write(writer));
    }
}

impl<T: Value> Field for Option<T> {
    fn read_field(
        reader: &mut Reader<'_>,
        tag: u8,
        _message: &'static str,
        _field: &'static str,
    ) -> Result<Self, DecodeError> {
        reader.optional(tag)
    }

    fn write_field(&self, writer: &mut Writer, tag: u8) {
        if let Some(value) = self {
            value.write_field(writer, tag);
        }
    }
}

impl Value for i64 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let element = reader.expect(INTEGER)?;
        let [first, rest @ ..] = element.contents else {
            return Err(element.invalid("INTEGER"));
        };
        let mut value = Self::from(*first as i8);
        for digit in rest {
            value = value
                .checked_mul(256)
                .and_then(|value| value.checked_add(Self::from(*digit)))
                .ok_or_else(|| element.invalid("INTEGER of 64 bits"))?;
        }
        Ok(value)
    }

    fn write(&self, writer: &mut Writer) {
        writer.integer(*self);
    }
}

impl Value for i32 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let offset = reader.offset();
        Self::try_from(i64::read(reader)?).map_err(|_| DecodeError::InvalidValue {
            offset,
            expected: "Int32",
        })
    }

    fn write(&self, writer: &mut Writer) {
        writer.integer(Self::into(*self));
    }
}

/// UInt32; a negative number of 32 bits is read as the unsigned one with the same bits, since that is
/// what peers with signed integers send (kvno and seq-number above all).
impl Value for u32 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let offset = reader.offset();
        let value = i64::read(reader)?;
        Self::try_from(value)
            .or_else(|_| i32::try_from(value).map(|value| value as Self))
            .map_err(|_| DecodeError::InvalidValue {
                offset,
                expected: "UInt32",
            })
    }

    fn write(&self, writer: &mut Writer) {
        writer.integer(Self::into(*self));
    }
}

impl Value for bool {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let element = reader.expect(0x01)?;
        match element.contents {
            [value] => Ok(*value != 0),
            _ => Err(element.invalid("BOOLEAN")),
        }
    }

    fn write(&self, writer: &mut Writer) {
        writer.primitive(0x01, &[if *self { 0xff } else { 0 }]);
    }
}

impl Value for Vec<u8> {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(reader.expect(OCTET_STRING)?.contents.to_vec())
    }

    fn write(&self, writer: &mut Writer) {
        writer.primitive(OCTET_STRING, self);
    }
}

impl Value for KerberosString {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(reader.expect(GENERAL_STRING)?.contents.into())
    }

    fn write(&self, writer: &mut Writer) {
        writer.primitive(GENERAL_STRING, self.as_bytes());
    }
}

impl Value for Realm {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(KerberosString::read(reader)?.into())
    }

    fn write(&self, writer: &mut Writer) {
        writer.primitive(GENERAL_STRING, self.as_bytes());
    }
}

impl Value for KerberosTime {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let element = reader.expect(GENERALIZED_TIME)?;
        Self::from_generalized(element.contents).map_err(|_| element.invalid("KerberosTime"))
    }

    fn write(&self, writer: &mut Writer) {
        writer.primitive(GENERALIZED_TIME, self.to_generalized().as_bytes());
    }
}

macro_rules! number_value {
    ($($type:ident),*) => {$(
        impl Value for $type {
            fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                i32::read(reader).map($type)
            }

            fn write(&self, writer: &mut Writer) {
                self.0.write(writer);
            }
        }
    )*};
}

number_value!(Enctype, NameType);

/// SEQUENCE OF.
impl<T: Value> Value for Vec<T>
where
    T: SequenceItem,
{
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut inner = reader.expect(SEQUENCE)?.reader();
        let mut items = Self::new();
        while !inner.is_empty() {
            items.push(T::read(&mut inner)?);
        }
        Ok(items)
    }

    fn write(&self, writer: &mut Writer) {
        writer.nest(SEQUENCE, |writer| {
            for item in self {
                item.write(writer);
            }
        });
    }
}

/// Marks the types that stand in a SEQUENCE OF, which tells them from the octets of an OCTET STRING.
pub(crate) trait SequenceItem {}

impl SequenceItem for Enctype {}
impl SequenceItem for KerberosString {}

pub(crate) fn check_msg_type(expected: i32, found: i32) -> Result<(), DecodeError> {
    if found == expected {
        Ok(())
    } else {
        Err(DecodeError::MsgTypeMismatch { expected, found })
    }
}

/// A message as a whole: nothing may follow it.
pub(crate) fn decode<T: Value>(bytes: &[u8]) -> Result<T, DecodeError> {
    let mut reader = Reader::new(bytes);
    let value = T::read(&mut reader)?;
    reader.finish()?;
    Ok(value)
}

/// A message at the start of `bytes`; DES and 3DES leave zero padding after it.
pub(crate) fn decode_padded<T: Value>(bytes: &[u8]) -> Result<T, DecodeError> {
    T::read(&mut Reader::new(bytes))
}

pub(crate) fn encode<T: Value>(value: &T) -> Vec<u8> {
    let mut writer = Writer::with_capacity(512);
    value.write(&mut writer);
    writer.into_bytes()
}
