//! The integers and byte strings that keytab and credential cache files are made of.

use std::fmt;

use zeroize::Zeroizing;

use crate::time::KerberosTime;

/// A field that reaches past the end of what holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Truncated {
    pub(crate) offset: usize,
}

/// A position in the bytes of a file. `end` may lie before the end of the file, to keep the fields of a
/// record inside it.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
    little_endian: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            offset: 0,
            little_endian: false,
        }
    }

    pub(crate) fn set_little_endian(&mut self) {
        self.little_endian = true;
    }

    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.offset)
    }

    /// Moves on by `length`, at most to the end.
    pub(crate) fn skip(&mut self, length: usize) {
        self.offset += length.min(self.remaining());
    }

    /// A reader of the next `length` bytes, or of those that are there. Offsets go on counting from the
    /// start of the file.
    pub(crate) fn window(&self, length: usize) -> Self {
        let end = self.offset + length.min(self.remaining());
        Self {
            bytes: self.bytes.get(..end).unwrap_or(self.bytes),
            ..*self
        }
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8], Truncated> {
        let truncated = Truncated {
            offset: self.offset,
        };
        let end = self.offset.checked_add(length).ok_or(truncated)?;
        let bytes = self.bytes.get(self.offset..end).ok_or(truncated)?;
        self.offset = end;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Truncated> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        if self.little_endian {
            array.reverse();
        }
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Truncated> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Truncated> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn i16(&mut self) -> Result<i16, Truncated> {
        self.array().map(i16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Truncated> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Truncated> {
        self.array().map(i32::from_be_bytes)
    }

    pub(crate) fn time(&mut self) -> Result<KerberosTime, Truncated> {
        self.u32()
            .map(|seconds| KerberosTime::from_unix(seconds.into()))
    }

    /// Bytes after their 16-bit length.
    pub(crate) fn bytes16(&mut self) -> Result<&'a [u8], Truncated> {
        let length = self.u16()?;
        self.bytes(length.into())
    }

    /// Bytes after their 32-bit length.
    pub(crate) fn bytes32(&mut self) -> Result<&'a [u8], Truncated> {
        let offset = self.offset;
        let length = self.u32()?;
        let length = usize::try_from(length).map_err(|_| Truncated { offset })?;
        self.bytes(length)
    }
}

/// Big-endian bytes of a file. What it outgrows is zeroed.
#[derive(Default)]
pub(crate) struct Writer {
    bytes: Zeroizing<Vec<u8>>,
}

impl Writer {
    pub(crate) fn finish(self) -> Zeroizing<Vec<u8>> {
        self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let needed = self.bytes.len() + bytes.len();
        if needed > self.bytes.capacity() {
            // Growing in place would leave key bytes behind in freed memory.
            let mut grown = Zeroizing::new(Vec::with_capacity(needed.max(2 * self.bytes.len())));
            grown.extend_from_slice(&self.bytes);
            self.bytes = grown;
        }
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn u8(&mut self, number: u8) {
        self.bytes(&[number]);
    }

    pub(crate) fn u16(&mut self, number: u16) {
        self.bytes(&number.to_be_bytes());
    }

    pub(crate) fn u32(&mut self, number: u32) {
        self.bytes(&number.to_be_bytes());
    }

    pub(crate) fn i32(&mut self, number: i32) {
        self.bytes(&number.to_be_bytes());
    }

    /// A length or number of elements, in 16 bits.
    pub(crate) fn length16(
        &mut self,
        field: &'static str,
        length: usize,
    ) -> Result<(), Unrepresentable> {
        let number = u16::try_from(length).map_err(|_| Unrepresentable::TooLong {
            field,
            length,
            limit: u16::MAX.into(),
        })?;
        self.u16(number);
        Ok(())
    }

    /// A length or number of elements, in 32 bits.
    pub(crate) fn length32(
        &mut self,
        field: &'static str,
        length: usize,
    ) -> Result<(), Unrepresentable> {
        let number = u32::try_from(length).map_err(|_| Unrepresentable::TooLong {
            field,
            length,
            limit: u32::MAX.into(),
        })?;
        self.u32(number);
        Ok(())
    }

    /// Bytes after their 16-bit length.
    pub(crate) fn bytes16(
        &mut self,
        field: &'static str,
        bytes: &[u8],
    ) -> Result<(), Unrepresentable> {
        self.length16(field, bytes.len())?;
        self.bytes(bytes);
        Ok(())
    }

    /// Bytes after their 32-bit length.
    pub(crate) fn bytes32(
        &mut self,
        field: &'static str,
        bytes: &[u8],
    ) -> Result<(), Unrepresentable> {
        self.length32(field, bytes.len())?;
        self.bytes(bytes);
        Ok(())
    }

    /// A signed type number in 16 bits.
    pub(crate) fn type_number(
        &mut self,
        field: &'static str,
        number: i32,
    ) -> Result<(), Unrepresentable> {
        let narrow =
            i16::try_from(number).map_err(|_| Unrepresentable::TypeNumber { field, number })?;
        self.bytes(&narrow.to_be_bytes());
        Ok(())
    }

    /// Unsigned seconds since 1970 in 32 bits.
    pub(crate) fn time(
        &mut self,
        field: &'static str,
        time: KerberosTime,
    ) -> Result<(), Unrepresentable> {
        let seconds =
            u32::try_from(time.unix()).map_err(|_| Unrepresentable::Time { field, time })?;
        self.u32(seconds);
        Ok(())
    }
}

/// Why a value has no place in a keytab or credential cache file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unrepresentable {
    /// A string or list is longer than the file can say.
    TooLong {
        /// Which one.
        field: &'static str,
        /// Its length in bytes or elements.
        length: usize,
        /// The greatest length of the format.
        limit: u64,
    },
    /// A type number does not fit in 16 bits.
    TypeNumber {
        /// Which one.
        field: &'static str,
        /// The number.
        number: i32,
    },
    /// A time before 1970 or after 2106-02-07T06:28:15Z.
    Time {
        /// Which one.
        field: &'static str,
        /// The time.
        time: KerberosTime,
    },
}

impl fmt::Display for Unrepresentable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong {
                field,
                length,
                limit,
            } => write!(f, "{field} of length {length}, more than {limit}"),
            Self::TypeNumber { field, number } => {
                write!(f, "{field} {number} does not fit in 16 bits")
            }
            Self::Time { field, time } => {
                write!(f, "{field} {time} lies outside the years 1970 to 2106")
            }
        }
    }
}

impl std::error::Error for Unrepresentable {}
