//! The header of a message with the places of its fields, and the payload they lie in.

use super::{DecodeError, EncodeError, Field, NegotiateFlags};
use crate::{oem, primitives};

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";

/// Reads the header from its beginning, and remembers where the payload begins.
pub(super) struct MessageReader<'a> {
    message: &'a [u8],
    rest: &'a [u8],
    header_len: usize,
    /// The smallest offset of a field that is not empty.
    payload: usize,
}

impl<'a> MessageReader<'a> {
    /// A reader behind the message's type. `header_len` is the shortest header of the type.
    pub(super) fn new(
        message: &'a [u8],
        message_type: u32,
        header_len: usize,
    ) -> Result<Self, DecodeError> {
        let rest = message
            .strip_prefix(SIGNATURE)
            .ok_or(DecodeError::NotNtlm)?;
        let mut reader = Self {
            message,
            rest,
            header_len,
            payload: message.len(),
        };
        let actual = reader.number()?;
        if actual != message_type {
            return Err(DecodeError::UnexpectedType {
                expected: message_type,
                actual,
            });
        }
        Ok(reader)
    }

    pub(super) fn octets<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let truncated = DecodeError::Truncated {
            field: Field::Header,
        };
        let (octets, rest) = self.rest.split_first_chunk().ok_or(truncated)?;
        self.rest = rest;
        Ok(*octets)
    }

    pub(super) fn number(&mut self) -> Result<u32, DecodeError> {
        self.octets().map(u32::from_le_bytes)
    }

    pub(super) fn flags(&mut self) -> Result<NegotiateFlags, DecodeError> {
        self.number().map(NegotiateFlags::from_bits)
    }

    /// The octets whose length and offset come next. Where there are none, the offset does not count.
    pub(super) fn field(&mut self, field: Field) -> Result<&'a [u8], DecodeError> {
        let length = u16::from_le_bytes(self.octets()?);
        let _maximum_length: [u8; 2] = self.octets()?;
        let offset = self.number()?;
        if length == 0 {
            return Ok(&[]);
        }
        let octets = usize::try_from(offset)
            .ok()
            .filter(|start| *start >= self.header_len)
            .and_then(|start| {
                self.payload = self.payload.min(start);
                self.message
                    .get(start..start.checked_add(usize::from(length))?)
            });
        octets.ok_or(DecodeError::OutOfBounds {
            field,
            offset,
            length,
        })
    }

    /// What follows in the header if the payload leaves it room: old senders end their headers earlier.
    pub(super) fn optional<const N: usize>(&mut self) -> Result<Option<[u8; N]>, DecodeError> {
        let end = self.message.len() - self.rest.len() + N;
        if self.payload < end || self.message.len() < end {
            return Ok(None);
        }
        self.octets().map(Some)
    }
}

/// Writes a header and the payload behind it.
pub(super) struct MessageWriter {
    header: Vec<u8>,
    header_len: usize,
    payload: Vec<u8>,
}

impl MessageWriter {
    pub(super) fn new(message_type: u32, header_len: usize) -> Self {
        let mut writer = Self {
            header: SIGNATURE.to_vec(),
            header_len,
            payload: Vec::new(),
        };
        writer.octets(&message_type.to_le_bytes());
        writer
    }

    pub(super) fn octets(&mut self, octets: &[u8]) {
        self.header.extend(octets);
    }

    pub(super) fn flags(&mut self, flags: NegotiateFlags) {
        self.octets(&flags.bits().to_le_bytes());
    }

    pub(super) fn field(&mut self, place: Place) {
        self.octets(&place.length.to_le_bytes());
        self.octets(&place.length.to_le_bytes());
        self.octets(&place.offset.to_le_bytes());
    }

    /// A field that is not there at all.
    pub(super) fn no_field(&mut self) {
        self.octets(&[0; 8]);
    }

    /// Puts octets behind the payload. Their order there is not that of the header.
    pub(super) fn payload(&mut self, field: Field, octets: &[u8]) -> Result<Place, EncodeError> {
        let too_long = |_| EncodeError::TooLong {
            field,
            length: octets.len(),
        };
        let length = u16::try_from(octets.len()).map_err(too_long)?;
        let offset = u32::try_from(self.header_len + self.payload.len()).map_err(too_long)?;
        self.payload.extend(octets);
        Ok(Place { length, offset })
    }

    pub(super) fn finish(self) -> Vec<u8> {
        debug_assert_eq!(self.header.len(), self.header_len);
        [self.header, self.payload].concat()
    }
}

/// Where in the message a field lies.
pub(super) struct Place {
    length: u16,
    offset: u32,
}

/// A string in the character set the flags name: OEM only where Unicode is not set.
pub(super) fn decode_string(
    flags: NegotiateFlags,
    field: Field,
    octets: &[u8],
) -> Result<String, DecodeError> {
    if flags.contains(NegotiateFlags::UNICODE) {
        decode_unicode(octets).ok_or(DecodeError::NotUnicode { field })
    } else {
        Ok(oem::decode(octets))
    }
}

pub(super) fn decode_unicode(octets: &[u8]) -> Option<String> {
    let (units, []) = octets.as_chunks() else {
        return None;
    };
    char::decode_utf16(units.iter().copied().map(u16::from_le_bytes))
        .collect::<Result<_, _>>()
        .ok()
}

pub(super) fn encode_string(
    flags: NegotiateFlags,
    field: Field,
    text: &str,
) -> Result<Vec<u8>, EncodeError> {
    if flags.contains(NegotiateFlags::UNICODE) {
        Ok(primitives::unicode(text))
    } else {
        encode_oem(field, text)
    }
}

pub(super) fn encode_oem(field: Field, text: &str) -> Result<Vec<u8>, EncodeError> {
    oem::encode(text).ok_or(EncodeError::NotOem { field })
}
