//! The Distinguished Encoding Rules, as far as Kerberos uses them: single-byte tags and definite
//! lengths (RFC 4120 section 5.1).
//!
//! Reading is as tolerant as deployed KDCs are: lengths and integers need not be minimal, and unknown
//! elements after the known ones of a SEQUENCE are skipped. Every function works on a slice it was
//! given and never looks past it; nesting is as deep as the types in [`crate::messages`] and no deeper.

mod error;
mod values;

pub use error::DecodeError;
pub(crate) use values::SequenceItem;

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
